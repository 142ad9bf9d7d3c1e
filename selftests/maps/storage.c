// SPDX-License-Identifier: GPL-2.0
/*
 * Storages of tasks, inodes and sockets: creation and commands as bpf(2) has them; values go when
 * their owner ends; programs make them while owners end and others delete them.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <bpf/btf.h>
#include <kselftest.h>
#include "insns.h"
#include "maps.h"

#define NR(array)	((unsigned int)(sizeof(array) / sizeof((array)[0])))
#define PTR(ptr)	((__u64)(unsigned long)(ptr))
#define PATIENCE	400	/* times 50 ms */
#define NR_CHILDREN	60

/* As load_types() describes it. */
struct value {
	__u32			number;
	struct bpf_spin_lock	lock;
	__u64			more;
};

struct kind {
	__u32		type;
	const char	*name;
	int		(*open)(void);	/* a descriptor of a new owner */
};

/* A child that waits for its end. */
static pid_t child;

static int open_task(void)
{
	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	return syscall(SYS_pidfd_open, child, 0);
}

static void end_child(void)
{
	if (!child)
		return;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	child = 0;
}

static int open_inode(void)
{
	return memfd_create("owner", 0);
}

static int open_sock(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static const struct kind kinds[] = {
	{ BPF_MAP_TYPE_TASK_STORAGE, "task", open_task },
	{ BPF_MAP_TYPE_INODE_STORAGE, "inode", open_inode },
	{ BPF_MAP_TYPE_SK_STORAGE, "socket", open_sock },
};

static int key_id, wide_id, value_id, plain_id;

static int load_types(enum test_side side)
{
	struct btf *btf = btf__new_empty();
	union bpf_attr attr = {};
	int lock_id, fd;
	__u32 bytes;

	key_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	wide_id = btf__add_int(btf, "u64", 8, 0);
	lock_id = btf__add_struct(btf, "bpf_spin_lock", 4);
	btf__add_field(btf, "val", key_id, 0, 0);
	value_id = btf__add_struct(btf, "value", sizeof(struct value));
	btf__add_field(btf, "number", key_id, 0, 0);
	btf__add_field(btf, "lock", lock_id, 32, 0);
	btf__add_field(btf, "more", wide_id, 64, 0);
	plain_id = btf__add_struct(btf, "plain", sizeof(struct value));
	btf__add_field(btf, "number", key_id, 0, 0);
	btf__add_field(btf, "more", wide_id, 64, 0);
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = test_bpf(side, BPF_BTF_LOAD, &attr, 28);
	btf__free(btf);
	return fd;
}

/* What bpf_attr says; negative ids stand for those of load_types(). */
struct shape {
	__u32	key_size;
	__u32	value_size;
	__u32	max_entries;
	__u32	flags;
	int	key;		/* 0: none, 1: int, 2: u64 */
	int	value;		/* 0: none, 1: with a lock, 2: without */
};

static const struct shape locked = { 4, sizeof(struct value), 0, BPF_F_NO_PREALLOC, 1, 1 };
static const struct shape plain = { 4, sizeof(struct value), 0, BPF_F_NO_PREALLOC, 1, 2 };
static const struct shape cloned = { 4, sizeof(struct value), 0,
				     BPF_F_NO_PREALLOC | BPF_F_CLONE, 1, 1 };

static int make_map(enum test_side side, __u32 type, const struct shape *shape)
{
	int btf_fd = load_types(side), fd;
	const int keys[] = { 0, key_id, wide_id }, values[] = { 0, value_id, plain_id };
	union bpf_attr attr = {
		.map_type = type, .key_size = shape->key_size, .value_size = shape->value_size,
		.max_entries = shape->max_entries, .map_flags = shape->flags, .btf_fd = btf_fd,
		.btf_key_type_id = keys[shape->key], .btf_value_type_id = values[shape->value],
	};

	fd = map_cmd(side, BPF_MAP_CREATE, &attr);
	close(btf_fd);
	return fd;
}

static const struct shape shapes[] = {
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 1, 1 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 1, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC | BPF_F_CLONE, 1, 2 },
	{ 4, 16, 0, 0, 1, 2 },
	{ 4, 16, 1, BPF_F_NO_PREALLOC, 1, 2 },
	{ 8, 16, 0, BPF_F_NO_PREALLOC, 1, 2 },
	{ 8, 16, 0, BPF_F_NO_PREALLOC, 2, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 2, 2 },
	{ 4, 0, 0, BPF_F_NO_PREALLOC, 1, 2 },
	{ 4, 8, 0, BPF_F_NO_PREALLOC, 1, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 0, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 1, 0 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC, 0, 0 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG, 1, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC | BPF_F_RDONLY, 1, 2 },
	{ 4, 16, 0, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE, 1, 2 },
	{ 4, UINT16_MAX - 128, 0, BPF_F_NO_PREALLOC, 1, 2 },
	{ 4, UINT16_MAX - 127, 0, BPF_F_NO_PREALLOC, 1, 2 },
};

/* Later kernels, and those without LSM programs, may see it otherwise. */
static bool has_equal(const struct kind *kind)
{
	int fd = make_map(SIDE_KERNEL, kind->type, &plain);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void test_creation(const struct kind *kind)
{
	int nr_wrong = 0;

	if (!has_equal(kind)) {
		ksft_test_result_skip("this kernel's bpf(2) has no storages of a %s\n",
				      kind->name);
		return;
	}
	for (unsigned int i = 0; i < NR(shapes); i++) {
		int want = make_map(SIDE_KERNEL, kind->type, &shapes[i]);
		int got = make_map(SIDE_LBPF, kind->type, &shapes[i]);

		if (want >= 0)
			close(want);
		if (got >= 0)
			close(got);
		if (want == got || (want >= 0 && got >= 0))
			continue;
		nr_wrong++;
		ksft_print_msg("shape %u: bpf(2) %d, lbpf %d\n", i, want, got);
	}
	ksft_test_result(!nr_wrong, "creation as in bpf(2): %s\n", kind->name);
}

#define NR_STEPS	40

/* Every command with every flag, on owners, and on what is none: results and values. */
static void do_steps(enum test_side side, const struct kind *kind, const struct shape *shape,
		     const int *fds, long long *results)
{
	static const __u64 flags[] = {
		BPF_NOEXIST, BPF_EXIST, BPF_ANY, 3, BPF_F_LOCK, BPF_F_LOCK | BPF_NOEXIST,
		BPF_F_LOCK | BPF_EXIST, 8, 1ULL << 40,
	};
	int map = make_map(side, kind->type, shape), n = 0, next;
	struct value value = {}, got;

	results[n++] = map < 0;
	for (int i = 0; i < 4; i++) {
		results[n++] = map_lookup(side, map, &fds[i], &got);
		results[n++] = map_delete(side, map, &fds[i]);
		results[n++] = i ? map_update(side, map, &fds[i], &value, 0) : 0;
	}
	results[n++] = map_next_key(side, map, NULL, &next);
	results[n++] = map_update(side, map, &fds[0], &value, BPF_EXIST);
	for (unsigned int i = 0; i < NR(flags); i++) {
		value.number = 100 + i;
		value.more = 1000 + i;
		results[n++] = map_update(side, map, &fds[0], &value, flags[i]);
		memset(&got, 0xff, sizeof(got));
		results[n++] = map_lookup(side, map, &fds[0], &got) * 1000000LL +
			       got.number * 10000LL + got.more + got.lock.val;
	}
	results[n++] = map_elem(side, BPF_MAP_LOOKUP_ELEM, map, &fds[0], &got, BPF_F_LOCK);
	results[n++] = map_pop(side, map, &fds[0], &got);
	results[n++] = map_delete(side, map, &fds[0]);
	results[n++] = map_delete(side, map, &fds[0]);
	results[n++] = map_lookup(side, map, &fds[0], &got);
	close(map);
}

static void test_commands(const struct kind *kind, const struct shape *shape, const char *what)
{
	int owner = kind->open(), null = open("/dev/null", O_RDONLY | O_PATH);
	int fds[4] = { owner, 9999, -1, kind->type == BPF_MAP_TYPE_INODE_STORAGE ? -7 : null };
	long long want[NR_STEPS] = {}, got[NR_STEPS] = {};
	int nr_wrong = 0;

	if (!has_equal(kind)) {
		ksft_test_result_skip("this kernel's bpf(2) has no storages of a %s\n",
				      kind->name);
		goto close;
	}
	do_steps(SIDE_KERNEL, kind, shape, fds, want);
	do_steps(SIDE_LBPF, kind, shape, fds, got);
	for (int i = 0; i < NR_STEPS; i++) {
		if (want[i] == got[i])
			continue;
		nr_wrong++;
		ksft_print_msg("step %d: bpf(2) %lld, lbpf %lld\n", i, want[i], got[i]);
	}
	ksft_test_result(!nr_wrong, "commands as in bpf(2): %s, %s\n", kind->name, what);
close:
	end_child();
	close(owner);
	close(null);
}

static bool becomes(int map, __u64 nr)
{
	for (int i = 0; i < PATIENCE && map_count(map) != nr; i++)
		usleep(50000);
	return map_count(map) == nr;
}

static void test_end(const struct kind *kind)
{
	struct value value = { .number = 1 };
	int maps[2], fds[8], n, err = 0;
	bool ok;

	maps[0] = make_map(SIDE_LBPF, kind->type, &locked);
	maps[1] = make_map(SIDE_LBPF, kind->type, &plain);
	for (n = 0; n < 8; n++) {
		fds[n] = kind->open();
		err |= map_update(SIDE_LBPF, maps[0], &fds[n], &value, BPF_NOEXIST);
		if (n & 1)
			err |= map_update(SIDE_LBPF, maps[1], &fds[n], &value, BPF_NOEXIST);
		/* Only the last task lives on. */
		if (n < 7)
			end_child();
	}
	ok = !err && map_count(maps[1]) <= 4;
	for (n = 0; n < 7; n++)
		close(fds[n]);
	ok = ok && becomes(maps[0], 1) && becomes(maps[1], 1);
	ok = ok && !map_lookup(SIDE_LBPF, maps[0], &fds[7], &value) && value.number == 1;
	/* Maps go before their owner, */
	close(maps[0]);
	end_child();
	close(fds[7]);
	/* ... and owners before their map. */
	ok = ok && becomes(maps[1], 0);
	close(maps[1]);
	ksft_test_result(ok, "values go with their owners: %s\n", kind->name);
}

/* A connection that a listener accepted. */
static int accept_one(int listener, int *client)
{
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);

	*client = socket(AF_INET, SOCK_STREAM, 0);
	if (getsockname(listener, (struct sockaddr *)&addr, &len) ||
	    connect(*client, (struct sockaddr *)&addr, len))
		return -1;
	return accept(listener, NULL, NULL);
}

static void test_clone(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int maps[2], listener = socket(AF_INET, SOCK_STREAM, 0), client, conn;
	struct value value = { .number = 7, .more = 8 }, got = {};
	bool ok;

	maps[0] = make_map(SIDE_LBPF, BPF_MAP_TYPE_SK_STORAGE, &cloned);
	maps[1] = make_map(SIDE_LBPF, BPF_MAP_TYPE_SK_STORAGE, &locked);
	ok = !bind(listener, (struct sockaddr *)&addr, sizeof(addr)) && !listen(listener, 1) &&
	     !map_update(SIDE_LBPF, maps[0], &listener, &value, 0) &&
	     !map_update(SIDE_LBPF, maps[1], &listener, &value, 0);
	conn = accept_one(listener, &client);
	ok = ok && conn >= 0 && !map_lookup(SIDE_LBPF, maps[0], &conn, &got) &&
	     got.number == 7 && got.more == 8 && map_count(maps[0]) == 2 &&
	     map_lookup(SIDE_LBPF, maps[1], &conn, &got) == -ENOENT;
	close(conn);
	close(client);
	close(listener);
	ok = ok && becomes(maps[0], 0) && becomes(maps[1], 0);
	close(maps[0]);
	close(maps[1]);
	ksft_test_result(ok, "a socket that is accepted gets a copy with BPF_F_CLONE only\n");
}

static int load(__u32 type, const struct bpf_insn *insns, __u32 nr)
{
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = type, .insns = PTR(insns), .insn_cnt = nr, .license = PTR("GPL"),
		.log_buf = PTR(log), .log_size = sizeof(log), .log_level = 1,
	};
	int fd = test_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		ksft_print_msg("load: %s\n%s\n", strerror(errno), log);
	return fd;
}

/* Counts system calls of each task; one of eight forgets what it counted. */
static int load_counter(int map)
{
	const struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_current_task_btf),
		MOV(BPF_REG_6, BPF_REG_0),
		LD_MAP_FD(BPF_REG_1, map),
		MOV(BPF_REG_2, BPF_REG_6),
		MOV_IMM(BPF_REG_3, 0),
		MOV_IMM(BPF_REG_4, BPF_LOCAL_STORAGE_GET_F_CREATE),
		CALL(BPF_FUNC_task_storage_get),
		JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_1, 1),
		ATOMIC(BPF_DW, BPF_ADD, BPF_REG_0, BPF_REG_1, 8),
		CALL(BPF_FUNC_get_prandom_u32),
		JMP_IMM(BPF_JSET, BPF_REG_0, 7, 4),
		LD_MAP_FD(BPF_REG_1, map),
		MOV(BPF_REG_2, BPF_REG_6),
		CALL(BPF_FUNC_task_storage_delete),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};

	return load(BPF_PROG_TYPE_RAW_TRACEPOINT, insns, NR(insns));
}

static int attach(int prog, const char *name)
{
	union bpf_attr attr = { .raw_tracepoint = { .name = PTR(name), .prog_fd = prog } };

	return test_bpf(SIDE_LBPF, BPF_RAW_TRACEPOINT_OPEN, &attr, sizeof(attr));
}

static atomic_int is_over;

static void *change_own(void *arg)
{
	int map = *(int *)arg, fd = syscall(SYS_pidfd_open, getpid(), 0);
	struct value value = {};

	while (!is_over) {
		map_update(SIDE_LBPF, map, &fd, &value, 0);
		map_lookup(SIDE_LBPF, map, &fd, &value);
		map_delete(SIDE_LBPF, map, &fd);
	}
	close(fd);
	return NULL;
}

static void *end_at_once(void *arg)
{
	return arg;
}

/* Processes and threads that end as soon as they have begun. */
static void *make_tasks(void *arg)
{
	pthread_t thread;

	for (int i = 0; i < NR_CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (!pthread_create(&thread, NULL, end_at_once, NULL))
			pthread_join(thread, NULL);
		waitpid(pid, NULL, 0);
	}
	return NULL;
}

/* Tasks there are, and no more than a few that are not quite gone. */
static bool is_plausible(int map)
{
	for (int i = 0; i < PATIENCE && map_count(map) >= NR_CHILDREN; i++)
		usleep(50000);
	return map_count(map) < NR_CHILDREN;
}

static void test_programs(const char *tracepoint)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_TASK_STORAGE, &plain);
	int prog = load_counter(map), link = attach(prog, tracepoint);
	pthread_t threads[2];
	bool ok = map >= 0 && prog >= 0 && link >= 0;

	is_over = 0;
	ok = ok && !pthread_create(&threads[0], NULL, make_tasks, NULL) &&
	     !pthread_create(&threads[1], NULL, change_own, &map);
	if (ok) {
		pthread_join(threads[0], NULL);
		is_over = 1;
		pthread_join(threads[1], NULL);
	}
	ok = ok && map_count(map) && is_plausible(map);
	if (!ok)
		ksft_print_msg("%llu entries, link %d\n", (unsigned long long)map_count(map), link);
	close(link);
	close(prog);
	close(map);
	ksft_test_result(ok, "programs at %s while tasks end and userspace changes them\n",
			 tracepoint);
}

/* The value that a program saw, and what it got from later calls, in order. */
static void test_results(void)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_SK_STORAGE, &plain), prog;
	const struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_9, 0),
		LDX(BPF_DW, BPF_REG_6, BPF_REG_1, offsetof(struct __sk_buff, sk)),
		JMP_IMM(BPF_JNE, BPF_REG_6, 0, 2),
		MOV_IMM(BPF_REG_0, 1000),
		EXIT(),
		MOV(BPF_REG_1, BPF_REG_6),
		CALL(BPF_FUNC_sk_fullsock),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_0, 2000),
		EXIT(),
		MOV(BPF_REG_6, BPF_REG_0),
		/* none, then a new one with a value, then the same */
		LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_6), MOV_IMM(BPF_REG_3, 0),
		MOV_IMM(BPF_REG_4, 0), CALL(BPF_FUNC_sk_storage_get),
		JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 1), ALU64_IMM(BPF_OR, BPF_REG_9, 1),
		ST_IMM(BPF_DW, BPF_REG_10, -16, 5), ST_IMM(BPF_DW, BPF_REG_10, -8, 6),
		LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_6), MOV(BPF_REG_3, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_3, -16),
		MOV_IMM(BPF_REG_4, 2), CALL(BPF_FUNC_sk_storage_get),
		JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 1), ALU64_IMM(BPF_OR, BPF_REG_9, 2),
		LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_6), MOV(BPF_REG_3, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_3, -16),
		MOV_IMM(BPF_REG_4, 1), CALL(BPF_FUNC_sk_storage_get),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2), MOV_IMM(BPF_REG_0, 3000), EXIT(),
		LDX(BPF_DW, BPF_REG_8, BPF_REG_0, 8),
		LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_6),
		CALL(BPF_FUNC_sk_storage_delete), ALU64(BPF_ADD, BPF_REG_9, BPF_REG_0),
		LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_6),
		CALL(BPF_FUNC_sk_storage_delete), ALU64(BPF_SUB, BPF_REG_9, BPF_REG_0),
		MOV(BPF_REG_0, BPF_REG_9), ALU64_IMM(BPF_LSH, BPF_REG_0, 8),
		ALU64(BPF_ADD, BPF_REG_0, BPF_REG_8), EXIT(),
	};
	static char packet[64];
	union bpf_attr attr = { .test = { .data_in = PTR(packet), .data_size_in = 64 } };

	prog = load(BPF_PROG_TYPE_SCHED_CLS, insns, NR(insns));
	attr.test.prog_fd = prog;
	if (test_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		attr.test.retval = -1;
	ksft_test_result(attr.test.retval == (ENOENT << 8) + 6,
			 "a program makes a storage of a socket, and deletes it: %u\n",
			 attr.test.retval);
	close(prog);
	close(map);
}

/* The first program that knows a task by its type makes the module read the kernel's types. */
static void begin(struct lbpf_stats *before)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_TASK_STORAGE, &plain);

	close(load_counter(map));
	close(map);
	lbpf_stats_begin(before);
}

int main(void)
{
	struct lbpf_stats before;

	ksft_print_header();
	ksft_set_plan(4 * NR(kinds) + 5);
	begin(&before);
	for (unsigned int i = 0; i < NR(kinds); i++) {
		test_creation(&kinds[i]);
		test_commands(&kinds[i], &locked, "with a lock");
		test_commands(&kinds[i], &plain, "plain");
		test_end(&kinds[i]);
	}
	test_clone();
	test_results();
	test_programs("sys_enter");
	test_programs("sched_switch");
	ksft_test_result(lbpf_nothing_left(&before), "nothing is left\n");
	ksft_finished();
}
