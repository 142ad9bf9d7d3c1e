// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of every command fails once.
 *
 * A case is prepared, then its command is made with the first allocation
 * failing, then with the second, and so on until the command comes to its end.
 * One that lost an allocation may say ENOMEM, or do without; nothing is lost.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <kselftest.h>
#include "insns.h"
#include "lbpf_test.h"
#include "raw_types.h"

#define CONTROL		"/sys/kernel/debug/lbpf/fail_nth"
#define NR_ALLOCS_MAX	2000	/* of one command */
#define NR_ENTRIES	300
#define PTR(p)		((uint64_t)(uintptr_t)(p))

struct fail_case {
	const char *name;
	enum bpf_map_type type;
	uint32_t flags;
	/* With the objects below made; returns what the call returns. */
	int (*run)(const struct fail_case *c);
};

/* What maps of maps hold, and what programs look up in where the map is not for that. */
static int control = -1, map_fd, prog_fd, sock_fd, inner_fd, plain_fd, ops_fd, xdp_fd,
	   raw_fd, raw_link_fd, maker_fd;
static enum bpf_map_type map_type;
static unsigned char buf[1 << 16], out[1 << 16];
static uint32_t keys[64];

static void arm(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(control, text, len, 0) != len)
		ksft_exit_fail_msg("%s: %s\n", CONTROL, strerror(errno));
}

/* Allocations that were left until the one to fail; 0: it has. */
static unsigned int read_left(void)
{
	char text[16] = "";

	if (pread(control, text, sizeof(text) - 1, 0) <= 0)
		ksft_exit_fail_msg("read %s\n", CONTROL);
	return strtoul(text, NULL, 10);
}

static bool has_no_key(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_QUEUE || type == BPF_MAP_TYPE_STACK ||
	       type == BPF_MAP_TYPE_BLOOM_FILTER;
}

static bool is_outer(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_ARRAY_OF_MAPS || type == BPF_MAP_TYPE_HASH_OF_MAPS;
}

static int create(const struct fail_case *c)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = c->type;
	attr.key_size = has_no_key(c->type) ? 0 : c->type == BPF_MAP_TYPE_LPM_TRIE ? 8 : 4;
	attr.value_size = is_outer(c->type) ? 4 : 20;
	attr.max_entries = NR_ENTRIES;
	attr.map_flags = c->flags;
	attr.inner_map_fd = is_outer(c->type) ? inner_fd : 0;
	return lbpf_sys(BPF_MAP_CREATE, &attr);
}

static int elem(int cmd, uint32_t key)
{
	uint32_t prefix[2] = { 32, key };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	if (map_type == BPF_MAP_TYPE_LPM_TRIE)
		attr.key = PTR(prefix);
	else if (!has_no_key(map_type))
		attr.key = PTR(&key);
	if (is_outer(map_type) && cmd == BPF_MAP_UPDATE_ELEM)
		memcpy(buf, &inner_fd, sizeof(inner_fd));
	attr.value = PTR(buf);
	return lbpf_sys(cmd, &attr);
}

static int run_create(const struct fail_case *c)
{
	return create(c);
}

static int run_lookup(const struct fail_case *c)
{
	return elem(BPF_MAP_LOOKUP_ELEM, 1);
}

static int run_update(const struct fail_case *c)
{
	return elem(BPF_MAP_UPDATE_ELEM, 200);
}

static int run_replace(const struct fail_case *c)
{
	return elem(BPF_MAP_UPDATE_ELEM, 1);
}

static int run_delete(const struct fail_case *c)
{
	return elem(BPF_MAP_DELETE_ELEM, 1);
}

static int run_next(const struct fail_case *c)
{
	/* After a key that is not there comes the first. */
	return elem(BPF_MAP_GET_NEXT_KEY, NR_ENTRIES + 1);
}

static int run_lookup_delete(const struct fail_case *c)
{
	return elem(BPF_MAP_LOOKUP_AND_DELETE_ELEM, 1);
}

static int batch(int cmd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = map_fd;
	attr.batch.count = 5;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(buf);
	attr.batch.out_batch = PTR(out);
	return lbpf_sys(cmd, &attr);
}

static int run_lookup_batch(const struct fail_case *c)
{
	return batch(BPF_MAP_LOOKUP_BATCH);
}

static int run_update_batch(const struct fail_case *c)
{
	return batch(BPF_MAP_UPDATE_BATCH);
}

static int run_delete_batch(const struct fail_case *c)
{
	return batch(BPF_MAP_DELETE_BATCH);
}

static int run_lookup_delete_batch(const struct fail_case *c)
{
	return batch(BPF_MAP_LOOKUP_AND_DELETE_BATCH);
}

static int run_freeze(const struct fail_case *c)
{
	return elem(BPF_MAP_FREEZE, 0);
}

static int load(uint32_t log_level)
{
	const struct bpf_insn insns[] = {
		MOV(6, 1), ST_IMM(BPF_DW, 10, -8, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -8),
		LD_MAP_FD(1, has_no_key(map_type) || is_outer(map_type) ? plain_fd : map_fd),
		CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, 0, 0, 2), MOV_IMM(1, 1),
		ATOMIC(BPF_W, BPF_ADD, 0, 1, 0), LD_ABS(BPF_B, 3), LDX(BPF_W, 0, 6, 0),
		JMP_IMM(BPF_JGT, 0, 60, 1),
		MOV_IMM(0, 60), EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	attr.log_level = log_level;
	attr.log_buf = log_level ? PTR(out) : 0;
	attr.log_size = log_level ? sizeof(out) : 0;
	strcpy(attr.prog_name, "failing");
	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

/* A program that passes everything, for a type with a test run of its own kind. */
static int load_passing(enum bpf_prog_type type, enum bpf_attach_type attach)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 1), EXIT() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = type;
	attr.expected_attach_type = attach;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

/* A program that makes a map, and closes it again. */
static int load_maker(void)
{
	const struct bpf_insn insns[] = {
		ST_IMM(BPF_W, BPF_REG_10, -16, BPF_MAP_TYPE_ARRAY),
		ST_IMM(BPF_W, BPF_REG_10, -12, 4),
		ST_IMM(BPF_W, BPF_REG_10, -8, 8),
		ST_IMM(BPF_W, BPF_REG_10, -4, 1),
		MOV_IMM(BPF_REG_1, BPF_MAP_CREATE),
		MOV(BPF_REG_2, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_2, -16),
		MOV_IMM(BPF_REG_3, 16),
		CALL(BPF_FUNC_sys_bpf),
		JMP_IMM(BPF_JSLT, BPF_REG_0, 0, 2),
		MOV(BPF_REG_1, BPF_REG_0),
		CALL(BPF_FUNC_sys_close),
		EXIT(),
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

static int run_maker(const struct fail_case *c)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = maker_fd;
	attr.test.ctx_in = PTR(buf);
	attr.test.ctx_size_in = 64;
	ret = lbpf_sys(BPF_PROG_TEST_RUN, &attr);
	if (ret || !attr.test.retval)
		return ret;
	errno = -(int)attr.test.retval;
	return -1;
}

static int run_load(const struct fail_case *c)
{
	return load(0);
}

static int run_load_log(const struct fail_case *c)
{
	return load(2);
}

static int run_test(const struct fail_case *c)
{
	struct __sk_buff ctx = { .mark = 3 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog_fd;
	attr.test.data_in = PTR(buf);
	attr.test.data_size_in = 100;
	attr.test.data_out = PTR(out);
	attr.test.data_size_out = sizeof(out);
	attr.test.ctx_in = PTR(&ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	return lbpf_sys(BPF_PROG_TEST_RUN, &attr);
}

static int run_synthetic(const struct fail_case *c)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = ops_fd;
	attr.test.flags = LBPF_F_TEST_SYNTHETIC;
	attr.test.data_in = PTR(buf);
	attr.test.data_size_in = 100;
	attr.test.ctx_out = PTR(out);
	attr.test.ctx_size_out = sizeof(out);
	return lbpf_sys(BPF_PROG_TEST_RUN, &attr);
}

/* Metadata and a tail. */
static int run_xdp(const struct fail_case *c)
{
	struct xdp_md ctx = { .data = 8, .data_end = 60 };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = xdp_fd;
	attr.test.data_in = PTR(buf);
	attr.test.data_size_in = 5000;
	attr.test.data_out = PTR(out);
	attr.test.data_size_out = sizeof(out);
	attr.test.ctx_in = PTR(&ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	return lbpf_sys(BPF_PROG_TEST_RUN, &attr);
}

static int run_prog_info(const struct fail_case *c)
{
	static struct bpf_prog_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	info.xlated_prog_len = 4096;
	info.xlated_prog_insns = PTR(out);
	info.jited_prog_len = 4096;
	info.jited_prog_insns = PTR(out + 4096);
	info.nr_map_ids = 4;
	info.map_ids = PTR(out + 8192);
	attr.info.bpf_fd = prog_fd;
	attr.info.info = PTR(&info);
	attr.info.info_len = sizeof(info);
	return lbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int run_map_info(const struct fail_case *c)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = map_fd;
	attr.info.info = PTR(out);
	attr.info.info_len = sizeof(struct bpf_map_info);
	return lbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int open_raw_tp(void)
{
	union bpf_attr attr = {};

	attr.raw_tracepoint.name = PTR("sys_enter");
	attr.raw_tracepoint.prog_fd = raw_fd;
	return lbpf_sys(BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static int run_raw_tp(const struct fail_case *c)
{
	int link = open_raw_tp();

	if (link >= 0)
		close(link);
	return link < 0 ? link : 0;
}

/* What is behind a descriptor: each allocation of the query fails once. */
static int run_query(const struct fail_case *c)
{
	static char name[64];
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.task_fd_query.pid = getpid();
	attr.task_fd_query.fd = raw_link_fd;
	attr.task_fd_query.buf = PTR(name);
	attr.task_fd_query.buf_len = sizeof(name);
	return lbpf_sys(BPF_TASK_FD_QUERY, &attr);
}

static int run_link_info(const struct fail_case *c)
{
	static struct bpf_link_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	info.raw_tracepoint.tp_name = PTR(out);
	info.raw_tracepoint.tp_name_len = 64;
	attr.info.bpf_fd = raw_link_fd;
	attr.info.info = PTR(&info);
	attr.info.info_len = sizeof(info);
	return lbpf_sys(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

static int run_bind(const struct fail_case *c)
{
	union bpf_attr attr;
	int err, other = create(c), saved;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = prog_fd;
	attr.prog_bind_map.map_fd = other < 0 ? map_fd : other;
	err = lbpf_sys(BPF_PROG_BIND_MAP, &attr);
	saved = errno;
	close(other);
	errno = saved;
	return err;
}

static int run_facts(const struct fail_case *c)
{
	struct lbpf_prog_facts_attr facts = {
		.prog_fd = prog_fd, .facts = PTR(out), .nr_facts = 64,
		.fact_size_bytes = sizeof(struct lbpf_insn_fact),
	};

	return test_bpf(SIDE_LBPF, LBPF_PROG_FACTS, &facts, sizeof(facts));
}

/* A program that is accepted, or one with an end that is refused. */
static int explain(uint32_t log_level, bool is_bad)
{
	const struct bpf_insn insns[] = {
		LDX(BPF_W, 0, 1, 0), JMP_IMM(BPF_JGT, 0, 60, 1), MOV_IMM(0, 60),
		ALU64(BPF_ADD, 0, is_bad ? 7 : 0), EXIT(),
	};
	static struct lbpf_rejection why;
	union bpf_attr attr;
	struct lbpf_prog_explain args = {
		.attr = PTR(&attr), .attr_size_bytes = sizeof(attr),
		.rejection = PTR(&why), .rejection_size_bytes = sizeof(why),
	};

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	attr.log_level = log_level;
	attr.log_buf = log_level ? PTR(out) : 0;
	attr.log_size = log_level ? sizeof(out) : 0;
	return test_bpf(SIDE_LBPF, LBPF_PROG_EXPLAIN, &args, sizeof(args));
}

static int run_explain(const struct fail_case *c)
{
	return explain(1, false);
}

static int run_explain_bad(const struct fail_case *c)
{
	return explain(1, true);
}

static int run_attach(const struct fail_case *c)
{
	struct lbpf_sock_attach attach = { .sock_fd = sock_fd, .prog_fd = prog_fd,
					   .hook = LBPF_SOCK_FILTER };

	return test_bpf(SIDE_LBPF, LBPF_SOCK_ATTACH, &attach, sizeof(attach));
}

static int run_mmap(const struct fail_case *c)
{
	void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd, 0);

	if (at == MAP_FAILED)
		return -1;
	return munmap(at, 4096);
}

#define ALL_TYPES(what, fn)							\
	{ what " array", BPF_MAP_TYPE_ARRAY, 0, fn },				\
	{ what " hash", BPF_MAP_TYPE_HASH, 0, fn },				\
	{ what " hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, fn }, \
	{ what " percpu_array", BPF_MAP_TYPE_PERCPU_ARRAY, 0, fn },		\
	{ what " percpu_hash", BPF_MAP_TYPE_PERCPU_HASH, 0, fn },		\
	{ what " percpu_hash, not preallocated", BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC, fn }

/* Types with rules of their own. */
#define OTHER_TYPES(what, fn)							\
	{ what " queue", BPF_MAP_TYPE_QUEUE, 0, fn },				\
	{ what " stack", BPF_MAP_TYPE_STACK, 0, fn },				\
	{ what " bloom filter", BPF_MAP_TYPE_BLOOM_FILTER, 0, fn },		\
	{ what " LPM trie", BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, fn },	\
	{ what " array of maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 0, fn },		\
	{ what " hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS, BPF_F_NO_PREALLOC, fn }

/* Maps that are made, used and closed with the allocation failing somewhere on the way. */
static int create_own(enum bpf_map_type type, uint32_t key_bytes, uint32_t value_bytes,
		      uint32_t nr)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key_bytes;
	attr.value_size = value_bytes;
	attr.max_entries = nr;
	return lbpf_sys(BPF_MAP_CREATE, &attr);
}

static int run_create_ring(const struct fail_case *c)
{
	return create_own(BPF_MAP_TYPE_RINGBUF, 0, 0, 16384);
}

static int run_create_stacks(const struct fail_case *c)
{
	return create_own(BPF_MAP_TYPE_STACK_TRACE, 4, 64, 100);
}

static int run_create_user_ring(const struct fail_case *c)
{
	return create_own(BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 16384);
}

static int run_create_sockets(const struct fail_case *c)
{
	return create_own(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 100);
}

static int run_create_cgroups(const struct fail_case *c)
{
	return create_own(BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 100);
}

static int run_perf_event(const struct fail_case *c)
{
	struct perf_event_attr event = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(event),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
	};
	int perf = syscall(SYS_perf_event_open, &event, -1, 0, -1, 0), key = 0, ret, err;
	int fd = create_own(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 2);
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&key);
	attr.value = PTR(&perf);
	ret = fd < 0 ? fd : lbpf_sys(BPF_MAP_UPDATE_ELEM, &attr);
	err = errno;
	if (fd >= 0)
		close(fd);
	close(perf);
	errno = err;
	return ret;
}

static int load_types(void)
{
	struct raw_types types;
	union bpf_attr attr;

	make_raw_types(&types);
	memset(&attr, 0, sizeof(attr));
	attr.btf = PTR(&types);
	attr.btf_size = sizeof(types);
	attr.btf_log_level = 1;
	attr.btf_log_buf = PTR(out);
	attr.btf_log_size = sizeof(out);
	return lbpf_sys(BPF_BTF_LOAD, &attr);
}

static int run_load_types(const struct fail_case *c)
{
	return load_types();
}

/* Closes @fd and, on success, gives @ret back, with errno as it was. */
static int close_after(int fd, int ret)
{
	int err = errno;

	if (fd >= 0)
		close(fd);
	errno = err;
	return ret;
}

/* A map whose values have a lock and a timer, and an element of it. */
static int run_typed_map(const struct fail_case *c)
{
	int btf_fd = load_types(), fd, ret;
	union bpf_attr attr;

	if (btf_fd < 0)
		return btf_fd;
	memset(&attr, 0, sizeof(attr));
	attr.map_type = c->type;
	attr.map_flags = c->flags;
	attr.key_size = 4;
	attr.value_size = RAW_VALUE_BYTES;
	attr.max_entries = 4;
	attr.btf_fd = btf_fd;
	attr.btf_key_type_id = RAW_U32_ID;
	attr.btf_value_type_id = RAW_VALUE_ID;
	fd = close_after(btf_fd, lbpf_sys(BPF_MAP_CREATE, &attr));
	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&keys[0]);
	attr.value = PTR(out);
	ret = lbpf_sys(BPF_MAP_UPDATE_ELEM, &attr);
	attr.flags = BPF_F_LOCK;
	if (!ret)
		ret = lbpf_sys(BPF_MAP_LOOKUP_ELEM, &attr);
	return close_after(fd, ret);
}

static int open_owner(enum bpf_map_type type)
{
	if (type == BPF_MAP_TYPE_TASK_STORAGE)
		return syscall(SYS_pidfd_open, getpid(), 0);
	return socket(AF_INET, SOCK_DGRAM, 0);
}

/* Storages, and one of a task, an inode, or a socket. */
static int store(enum bpf_map_type type)
{
	int btf_fd = load_types(), owner = open_owner(type), fd;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.map_flags = BPF_F_NO_PREALLOC;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.btf_fd = btf_fd;
	attr.btf_key_type_id = RAW_U32_ID;
	attr.btf_value_type_id = RAW_U32_ID;
	fd = btf_fd < 0 ? btf_fd : close_after(btf_fd, lbpf_sys(BPF_MAP_CREATE, &attr));
	if (fd < 0)
		return close_after(owner, fd);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&owner);
	attr.value = PTR(out);
	return close_after(owner, close_after(fd, lbpf_sys(BPF_MAP_UPDATE_ELEM, &attr)));
}

static int run_task_storage(const struct fail_case *c)
{
	return store(BPF_MAP_TYPE_TASK_STORAGE);
}

static int run_inode_storage(const struct fail_case *c)
{
	return store(BPF_MAP_TYPE_INODE_STORAGE);
}

static int run_sk_storage(const struct fail_case *c)
{
	return store(BPF_MAP_TYPE_SK_STORAGE);
}

/* A program with a record of its function, of its line, and a relocation. */
static int run_load_records(const struct fail_case *c)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 1), EXIT() };
	const struct bpf_func_info func = { 0, RAW_FUNC_ID };
	const struct bpf_line_info line = { 0, 1, 1, 0 };
	const struct bpf_core_relo relo = { 0, RAW_U32_ID, RAW_PATH, BPF_CORE_TYPE_EXISTS };
	int btf_fd = load_types();
	union bpf_attr attr;

	if (btf_fd < 0)
		return btf_fd;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	attr.prog_btf_fd = btf_fd;
	attr.func_info = PTR(&func);
	attr.func_info_cnt = 1;
	attr.func_info_rec_size = sizeof(func);
	attr.line_info = PTR(&line);
	attr.line_info_cnt = 1;
	attr.line_info_rec_size = sizeof(line);
	attr.core_relos = PTR(&relo);
	attr.core_relo_cnt = 1;
	attr.core_relo_rec_size = sizeof(relo);
	return close_after(btf_fd, lbpf_sys(BPF_PROG_LOAD, &attr));
}

static int run_walk(const struct fail_case *c)
{
	struct lbpf_map_walk walk = {
		.map_fd = map_fd, .keys = PTR(keys), .values = PTR(buf), .count = 5,
	};

	return test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &walk, sizeof(walk));
}

static const struct fail_case cases[] = {
	{ "create ring buffer", BPF_MAP_TYPE_HASH, 0, run_create_ring },
	{ "create stack map", BPF_MAP_TYPE_HASH, 0, run_create_stacks },
	{ "create user ring buffer", BPF_MAP_TYPE_HASH, 0, run_create_user_ring },
	{ "create array of sockets", BPF_MAP_TYPE_HASH, 0, run_create_sockets },
	{ "create array of cgroups", BPF_MAP_TYPE_HASH, 0, run_create_cgroups },
	{ "store a perf event", BPF_MAP_TYPE_HASH, 0, run_perf_event },
	{ "storage of a task", BPF_MAP_TYPE_HASH, 0, run_task_storage },
	{ "storage of an inode", BPF_MAP_TYPE_HASH, 0, run_inode_storage },
	{ "storage of a socket", BPF_MAP_TYPE_HASH, 0, run_sk_storage },
	ALL_TYPES("walk", run_walk),
	OTHER_TYPES("create", run_create),
	OTHER_TYPES("lookup", run_lookup),
	OTHER_TYPES("update", run_update),
	OTHER_TYPES("delete", run_delete),
	OTHER_TYPES("lookup_delete", run_lookup_delete),
	OTHER_TYPES("next", run_next),
	OTHER_TYPES("lookup_batch", run_lookup_batch),
	OTHER_TYPES("update_batch", run_update_batch),
	ALL_TYPES("create", run_create),
	{ "create mmapable array", BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, run_create },
	ALL_TYPES("lookup", run_lookup),
	ALL_TYPES("update", run_update),
	ALL_TYPES("replace", run_replace),
	ALL_TYPES("delete", run_delete),
	ALL_TYPES("next", run_next),
	ALL_TYPES("lookup_delete", run_lookup_delete),
	ALL_TYPES("lookup_batch", run_lookup_batch),
	ALL_TYPES("update_batch", run_update_batch),
	ALL_TYPES("delete_batch", run_delete_batch),
	ALL_TYPES("lookup_delete_batch", run_lookup_delete_batch),
	ALL_TYPES("freeze", run_freeze),
	{ "mmap", BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE, run_mmap },
	ALL_TYPES("prog load", run_load),
	{ "prog load with log", BPF_MAP_TYPE_HASH, 0, run_load_log },
	{ "test_run", BPF_MAP_TYPE_HASH, 0, run_test },
	{ "test_run, synthetic", BPF_MAP_TYPE_HASH, 0, run_synthetic },
	{ "test_run, xdp", BPF_MAP_TYPE_HASH, 0, run_xdp },
	{ "test_run, commands", BPF_MAP_TYPE_HASH, 0, run_maker },
	{ "map info", BPF_MAP_TYPE_HASH, 0, run_map_info },
	{ "prog info", BPF_MAP_TYPE_HASH, 0, run_prog_info },
	{ "raw tracepoint", BPF_MAP_TYPE_HASH, 0, run_raw_tp },
	{ "query of a descriptor", BPF_MAP_TYPE_HASH, 0, run_query },
	{ "link info", BPF_MAP_TYPE_HASH, 0, run_link_info },
	{ "bind map", BPF_MAP_TYPE_HASH, 0, run_bind },
	{ "facts", BPF_MAP_TYPE_HASH, 0, run_facts },
	{ "explain an accepted program", BPF_MAP_TYPE_HASH, 0, run_explain },
	{ "explain a refused program", BPF_MAP_TYPE_HASH, 0, run_explain_bad },
	{ "attach", BPF_MAP_TYPE_HASH, 0, run_attach },
	{ "load types", BPF_MAP_TYPE_HASH, 0, run_load_types },
	{ "lock and timer in array", BPF_MAP_TYPE_ARRAY, 0, run_typed_map },
	{ "lock and timer in hash", BPF_MAP_TYPE_HASH, 0, run_typed_map },
	{ "lock and timer in hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC,
	  run_typed_map },
	{ "prog load with records", BPF_MAP_TYPE_HASH, 0, run_load_records },
};

/* Nothing fails here. */
static void prepare(const struct fail_case *c)
{
	uint32_t i;

	map_type = c->type;
	map_fd = create(c);
	for (i = 0; i < 10; i++) {
		keys[i] = i;
		elem(BPF_MAP_UPDATE_ELEM, i);
	}
	prog_fd = load(0);
	sock_fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (map_fd < 0 || prog_fd < 0 || sock_fd < 0)
		ksft_exit_fail_msg("%s: preparation: %s\n", c->name, strerror(errno));
}

static void clean_up(int ret)
{
	if (ret > 2)
		close(ret);
	close(map_fd);
	close(prog_fd);
	close(sock_fd);
}

/* What the command says when all is well: a positive number, 0, or -errno. */
static int expected_result(const struct fail_case *c)
{
	int ret, err;

	prepare(c);
	ret = c->run(c);
	err = errno;
	clean_up(ret);
	return ret < 0 ? -err : 0;
}

static bool sweep(const struct fail_case *c)
{
	int expected = expected_result(c), ret, err;
	unsigned int nth, left, nr_survived = 0;

	for (nth = 1; nth <= NR_ALLOCS_MAX; nth++) {
		prepare(c);
		errno = 0;
		arm(nth);
		ret = c->run(c);
		err = ret < 0 ? -errno : 0;
		left = read_left();
		arm(0);
		clean_up(ret);
		if (left) {
			ksft_print_msg("%s: %u allocations, %u can be done without\n", c->name,
				       nth - 1, nr_survived);
			if (err != expected)
				ksft_print_msg("%s: at last %d, expected %d\n", c->name, err,
					       expected);
			return err == expected;
		}
		nr_survived += err == expected;
		if (err != expected && err != -ENOMEM) {
			ksft_print_msg("%s: without allocation %u: %s\n", c->name, nth,
				       strerror(-err));
			return false;
		}
	}
	ksft_print_msg("%s: no end of allocations\n", c->name);
	return false;
}

int main(void)
{
	struct lbpf_stats before;
	unsigned int i;

	ksft_print_header();
	control = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (control < 0)
		ksft_exit_fail_msg("%s: %s\n", CONTROL, strerror(errno));
	ksft_set_plan(ARRAY_SIZE(cases) + 1);
	inner_fd = create(&(struct fail_case){ .type = BPF_MAP_TYPE_ARRAY });
	plain_fd = create(&(struct fail_case){ .type = BPF_MAP_TYPE_HASH });
	ops_fd = load_passing(BPF_PROG_TYPE_SOCK_OPS, BPF_CGROUP_SOCK_OPS);
	xdp_fd = load_passing(BPF_PROG_TYPE_XDP, 0);
	raw_fd = load_passing(BPF_PROG_TYPE_RAW_TRACEPOINT, 0);
	raw_link_fd = open_raw_tp();
	maker_fd = load_maker();
	if (inner_fd < 0 || plain_fd < 0 || ops_fd < 0 || xdp_fd < 0 || raw_fd < 0 ||
	    raw_link_fd < 0 || maker_fd < 0)
		ksft_exit_fail_msg("maps and programs: %s\n", strerror(errno));
	lbpf_stats_begin(&before);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		ksft_test_result(sweep(&cases[i]), "%s\n", cases[i].name);
	ksft_test_result(lbpf_nothing_left(&before), "nothing leaked\n");
	ksft_finished();
}
