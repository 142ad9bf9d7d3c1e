// SPDX-License-Identifier: GPL-2.0
/*
 * Types of modules, beside bpf(2): ids, what programs attach to in a module, its variables and
 * functions, and that nothing of it goes while it is used.
 */
#include <fcntl.h>
#include <sys/syscall.h>
#include <bpf/btf.h>
#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define MODULE		"lbpf_target"
#define MODULE_PATH	"/lbpf/lbpf_target.ko"
#define OBJECT		"lbpf_target_object"
#define SYS		"/sys/module/" MODULE "/parameters/"
#define MAX_IDS		256
#define TRIES		400

static const enum test_side sides[2] = { SIDE_LBPF, SIDE_KERNEL };

/* --- the module */

static void load_module(void)
{
	int fd = open(MODULE_PATH, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		ksft_exit_skip("%s is not there\n", MODULE_PATH);
	if (syscall(SYS_finit_module, fd, "", 0))
		ksft_exit_fail_msg("load %s: %s\n", MODULE_PATH, strerror(errno));
	close(fd);
}

static int unload_module(void)
{
	return syscall(SYS_delete_module, MODULE, O_NONBLOCK) ? -errno : 0;
}

/* What is closed may be given up by a worker. */
static bool unloads(void)
{
	int err = unload_module();

	for (int i = 0; err && i < TRIES; i++) {
		usleep(50000);
		err = unload_module();
	}
	if (err)
		ksft_print_msg("the module does not go: %s\n", strerror(-err));
	return !err;
}

static void hit(int number)
{
	char text[16];
	int fd = open(SYS "hit", O_WRONLY), len = snprintf(text, sizeof(text), "%d", number);

	if (fd < 0 || write(fd, text, len) != len)
		ksft_exit_fail_msg("hit: %s\n", strerror(errno));
	close(fd);
}

static int read_result(void)
{
	FILE *file = fopen(SYS "result", "r");
	int number = -1;

	if (!file || fscanf(file, "%d", &number) != 1)
		ksft_exit_fail_msg("result: %s\n", strerror(errno));
	fclose(file);
	return number;
}

/* --- its types */

static unsigned int type_of(const char *name, unsigned int kind)
{
	static struct btf *base, *btf;
	int id;

	/* The types are the same each time that it is loaded. */
	if (!btf) {
		base = btf__load_vmlinux_btf();
		btf = btf__load_module_btf(MODULE, base);
	}
	id = btf ? btf__find_by_name_kind(btf, name, kind) : 0;
	if (id <= 0)
		ksft_exit_fail_msg("no type %s\n", name);
	return id;
}

struct types {
	unsigned int	nr;
	struct {
		unsigned int	id;
		unsigned int	bytes;
		char		name[64];
	} of[MAX_IDS];
};

static int open_id(enum test_side side, unsigned int id)
{
	union bpf_attr attr = { .btf_id = id };

	return side_bpf(side, BPF_BTF_GET_FD_BY_ID, &attr);
}

static int read_info(enum test_side side, int fd, struct bpf_btf_info *info)
{
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(*info);
	attr.info.info = PTR(info);
	return side_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr);
}

/* All that the kernel made, of those that have an id. */
static void list_types(enum test_side side, struct types *types)
{
	union bpf_attr attr = {};
	int fd;

	types->nr = 0;
	for (;; attr.start_id = attr.next_id) {
		struct bpf_btf_info info = { .name = PTR(types->of[types->nr].name),
					     .name_len = sizeof(types->of[0].name) };

		if (side_bpf(side, BPF_BTF_GET_NEXT_ID, &attr) || types->nr == MAX_IDS - 1)
			return;
		fd = open_id(side, attr.next_id);
		if (fd < 0)
			continue;
		if (!read_info(side, fd, &info) && info.kernel_btf) {
			types->of[types->nr].id = attr.next_id;
			types->of[types->nr++].bytes = info.btf_size;
		}
		close(fd);
	}
}

/* Index in @types, or -1. */
static int find_types(const struct types *types, const char *name)
{
	for (unsigned int i = 0; i < types->nr; i++)
		if (!strcmp(types->of[i].name, name))
			return i;
	return -1;
}

static int open_types(enum test_side side, const char *name)
{
	static struct types types;
	int i;

	list_types(side, &types);
	i = find_types(&types, name);
	return i < 0 ? -ENOENT : open_id(side, types.of[i].id);
}

static void open_both(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		fds[sides[i]] = open_types(sides[i], MODULE);
		if (fds[sides[i]] < 0)
			ksft_exit_fail_msg("%s has no types of " MODULE "\n", side_name[sides[i]]);
	}
}

static void close_both(const int fds[2])
{
	close(fds[0]);
	close(fds[1]);
}

static bool is_same_list(void)
{
	static struct types got, want;
	bool same;
	int j;

	list_types(SIDE_LBPF, &got);
	list_types(SIDE_KERNEL, &want);
	same = got.nr == want.nr && got.nr > 1;
	for (unsigned int i = 0; i < want.nr; i++) {
		j = find_types(&got, want.of[i].name);
		if (j >= 0 && got.of[j].bytes == want.of[i].bytes)
			continue;
		ksft_print_msg("types of %s are not there\n", want.of[i].name);
		same = false;
	}
	return same;
}

static bool is_known(enum test_side side, const char *name)
{
	int fd = open_types(side, name);

	close(fd);
	return fd >= 0;
}

static void test_ids(void)
{
	unsigned int nr_wrong = 0;
	int fds[2];

	ksft_test_result(is_same_list(), "ids of the kernel's types before anybody has used them\n");
	load_module();
	ksft_test_result(is_same_list() && is_known(SIDE_LBPF, MODULE),
			 "a module that comes has types\n");
	open_both(fds);
	nr_wrong += !unloads();
	for (int i = 0; i < 2; i++) {
		char name[64] = "";
		struct bpf_btf_info info = { .name = PTR(name), .name_len = sizeof(name) };

		nr_wrong += read_info(sides[i], fds[sides[i]], &info) || strcmp(name, MODULE);
		close(fds[sides[i]]);
	}
	for (int i = 0; i < TRIES && is_known(SIDE_LBPF, MODULE); i++)
		usleep(10000);
	ksft_test_result(!nr_wrong && is_same_list() && !is_known(SIDE_LBPF, MODULE),
			 "one that goes has none, but for who has them open\n");
}

/* The bytes are those of the file in sysfs. */
static bool has_bytes(const char *name)
{
	char path[128];
	struct bpf_btf_info info = {};
	int fd = open_types(SIDE_LBPF, name), file;
	unsigned char *got, *want;
	bool same;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	file = open(path, O_RDONLY);
	if (fd < 0 || file < 0 || read_info(SIDE_LBPF, fd, &info))
		return false;
	got = calloc(2, info.btf_size);
	want = got + info.btf_size;
	info = (struct bpf_btf_info){ .btf = PTR(got), .btf_size = info.btf_size };
	same = !read_info(SIDE_LBPF, fd, &info);
	for (unsigned int off = 0; off < info.btf_size && same;) {
		ssize_t bytes = read(file, want + off, info.btf_size - off);

		same = bytes > 0;
		off += bytes;
	}
	same &= !memcmp(got, want, info.btf_size);
	free(got);
	close(fd);
	close(file);
	return same;
}

/* --- programs */

/* Later kernels have rules of their own. */
static unsigned int differs(const char *what, const struct target *target,
			    const struct bpf_insn *insns, unsigned int nr)
{
	return test_kernel_is_reference() && !agrees(what, target, insns, nr);
}

static int nr_sides(void)
{
	return test_kernel_is_reference() ? 2 : 1;
}

static const struct {
	const char *name;
	unsigned int type;
	unsigned int attach;
	const char *target;
	unsigned int kind;
	unsigned int flags;
} targets[] = {
#define TRACE(at, name, kind, flags) \
	{ #at " " name, BPF_PROG_TYPE_TRACING, BPF_ ## at, name, BTF_KIND_ ## kind, flags }
	TRACE(TRACE_FENTRY, "lbpf_target_add", FUNC, 0),
	TRACE(TRACE_FENTRY, "lbpf_target_add", FUNC, BPF_F_SLEEPABLE),
	TRACE(TRACE_FEXIT, "lbpf_target_add", FUNC, 0),
	TRACE(MODIFY_RETURN, "lbpf_target_add", FUNC, 0),
	TRACE(TRACE_FENTRY, OBJECT, STRUCT, 0),
	TRACE(TRACE_RAW_TP, "btf_trace_lbpf_target_hit", TYPEDEF, 0),
	TRACE(TRACE_RAW_TP, "lbpf_target_add", FUNC, 0),
	TRACE(TRACE_ITER, "lbpf_target_add", FUNC, 0),
	{ "lsm", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "lbpf_target_add", BTF_KIND_FUNC, 0 },
};

static void test_targets(const int btf_fds[2])
{
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR(targets); i++) {
		struct target target = {
			targets[i].type, targets[i].attach, targets[i].flags,
			type_of(targets[i].target, targets[i].kind),
			{ btf_fds[0], btf_fds[1] },
		};
		struct bpf_insn loads[] = {
			LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
			LDX(BPF_DW, BPF_REG_3, BPF_REG_2, 0),
			LDX(BPF_W, BPF_REG_3, BPF_REG_3, 0),
			MOV(BPF_REG_0, 0),
			EXIT(),
		};

		if (target.type == BPF_PROG_TYPE_LSM && !kernel_type("bpf_lsm_bpf", BTF_KIND_FUNC))
			continue;
		for (int off = 0; off <= 24; off += 8) {
			loads[0].off = off;
			for (int member = -8; member <= 32; member += 4) {
				loads[1].off = member;
				nr_wrong += differs(targets[i].name, &target, loads, NR(loads));
			}
		}
	}
	ksft_test_result(!nr_wrong, "programs at functions and tracepoints of a module\n");
}

/* What attach_btf_obj_fd may be. */
static void test_attach_fd(const int btf_fds[2])
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	struct target target = { .type = BPF_PROG_TYPE_TRACING, .attach = BPF_TRACE_FENTRY };
	unsigned int nr_wrong = 0, ids[] = {
		0, 1, type_of("lbpf_target_add", BTF_KIND_FUNC),
		kernel_type("vfs_read", BTF_KIND_FUNC), 0x7fffffff,
	};
	int vmlinux[2] = { open_types(SIDE_LBPF, "vmlinux"), open_types(SIDE_KERNEL, "vmlinux") };
	int bad[2] = { open("/dev/null", O_RDONLY), -1 };

	bad[1] = bad[0];
	for (unsigned int i = 0; i < NR(ids); i++) {
		target.id = ids[i];
		memcpy(target.btf_fds, btf_fds, sizeof(target.btf_fds));
		nr_wrong += differs("a module's", &target, insns, NR(insns));
		memcpy(target.btf_fds, vmlinux, sizeof(target.btf_fds));
		nr_wrong += differs("vmlinux'", &target, insns, NR(insns));
		memcpy(target.btf_fds, bad, sizeof(target.btf_fds));
		nr_wrong += differs("none", &target, insns, NR(insns));
	}
	close_both(vmlinux);
	close(bad[0]);
	ksft_test_result(!nr_wrong && vmlinux[0] >= 0, "what types may be attached to\n");
}

struct seen {
	__u64	nr;
	__u64	object;
	__u64	pid;
	__u64	number;
	__u64	narrow;
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)
#define STORE(from, member)	STX(BPF_DW, BPF_REG_7, from, offsetof(struct seen, member))

/* Notes what the module's function, or its tracepoint, is called with. */
static int load_observer(enum test_side side, int map, unsigned int attach, unsigned int id,
			 int btf_fd, bool has_narrow)
{
	struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_7, map, 0),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_7, 0),
		ALU(BPF_ADD, BPF_REG_2, 1),
		STORE(BPF_REG_2, nr),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_2, 0),
		STORE(BPF_REG_3, object),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_2, 8),
		LDX(BPF_W, BPF_REG_3, BPF_REG_3, kernel_member("task_struct", "pid")),
		STORE(BPF_REG_3, pid),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_1, 8),
		STORE(BPF_REG_3, number),
		LDX(BPF_DW, BPF_REG_3, BPF_REG_1, has_narrow ? 16 : 8),
		STORE(BPF_REG_3, narrow),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = attach;
	attr.attach_btf_id = id;
	attr.attach_btf_obj_fd = btf_fd;
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static int attach_prog(enum test_side side, const char *name, int prog)
{
	union bpf_attr attr = {};

	attr.raw_tracepoint.name = PTR(name);
	attr.raw_tracepoint.prog_fd = prog;
	return side_bpf(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
}

static void read_seen(enum test_side side, int map, struct seen *seen)
{
	static const unsigned int zero;
	union bpf_attr attr = { .map_fd = map, .key = PTR(&zero), .value = PTR(seen) };

	if (side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr))
		ksft_exit_fail_msg("%s: lookup\n", side_name[side]);
}

/* Attached, it sees one call; while it is attached the module stays. */
static bool observes(enum test_side side, unsigned int attach, const char *name, unsigned int kind,
		     int btf_fd)
{
	bool is_tp = attach == BPF_TRACE_RAW_TP;
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
	int prog = load_observer(side, map, attach, type_of(name, kind), btf_fd, is_tp);
	int link = prog < 0 ? prog : attach_prog(side, NULL, prog), unload_err;
	struct seen seen;
	bool good;

	if (link < 0) {
		ksft_print_msg("%s: %s: %s\n%s\n", side_name[side], name, strerror(-link),
			       verifier_log);
		return false;
	}
	hit(0x1234);
	unload_err = unload_module();
	read_seen(side, map, &seen);
	close(link);
	hit(2);
	good = unload_err == -EWOULDBLOCK && seen.nr == 1 && seen.object == 0x1234 &&
	       seen.pid == getpid() && seen.number == (is_tp ? 0x1234 : 1000) &&
	       seen.narrow == (is_tp ? 0x34 : 1000);
	if (!good)
		ksft_print_msg("%s: %s: %llu runs, %llx %lld %llx %llx, unload: %d\n",
			       side_name[side], name, seen.nr, seen.object, seen.pid,
			       seen.number, seen.narrow, unload_err);
	close(prog);
	close(map);
	return good;
}

static const struct {
	unsigned int attach, kind;
	const char *name;
} places[] = {
	{ BPF_TRACE_FENTRY, BTF_KIND_FUNC, "lbpf_target_add" },
	{ BPF_TRACE_FEXIT, BTF_KIND_FUNC, "lbpf_target_add" },
	{ BPF_TRACE_RAW_TP, BTF_KIND_TYPEDEF, "btf_trace_lbpf_target_hit" },
};

static void test_attach(const int btf_fds[2])
{
	for (unsigned int i = 0; i < NR(places); i++) {
		bool good = true;

		for (int j = 0; j < nr_sides(); j++)
			good &= observes(sides[j], places[i].attach, places[i].name,
					 places[i].kind, btf_fds[sides[j]]);
		ksft_test_result(good, "runs of attach type %u in a module\n", places[i].attach);
	}
}

/* Attaches @prog with the @nth allocation failing: a descriptor, or -errno. */
static int attach_failing(int prog, unsigned int nth)
{
	int control = open("/sys/kernel/debug/lbpf/fail_nth", O_RDWR | O_CLOEXEC), link;

	if (control < 0 || dprintf(control, "%u", nth) < 0)
		ksft_exit_fail_msg("fail_nth: %m\n");
	link = attach_prog(SIDE_LBPF, NULL, prog);
	close(control);
	return link;
}

/* How many of them it takes; 0: something else happened. */
static unsigned int sweep_attach(unsigned int place, int btf_fd)
{
	int map = make_map(SIDE_LBPF, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
	int prog = load_observer(SIDE_LBPF, map, places[place].attach,
				 type_of(places[place].name, places[place].kind), btf_fd, false);
	int link = -ENOMEM;
	struct seen seen;
	unsigned int nth;

	for (nth = 1; nth < 200 && link == -ENOMEM; nth++)
		link = attach_failing(prog, nth);
	hit(1);
	read_seen(SIDE_LBPF, map, &seen);
	if (link < 0 || seen.nr != 1)
		ksft_print_msg("%s: %d, %llu runs\n", places[place].name, link, seen.nr);
	close(link);
	close(prog);
	close(map);
	return link < 0 || seen.nr != 1 ? 0 : nth - 1;
}

static void test_failures(int btf_fd)
{
	unsigned int nr[NR(places)], nr_wrong = 0;

	for (unsigned int i = 0; i < NR(places); i++) {
		nr[i] = sweep_attach(i, btf_fd);
		nr_wrong += nr[i] < 2;
	}
	ksft_print_msg("attached at the %u., %u. and %u. try\n", nr[0], nr[1], nr[2]);
	ksft_test_result(!nr_wrong, "allocations that fail as a program is attached\n");
}

/* A tracepoint by its name, whose first argument is changed. */
static bool writes(enum test_side side, int off, int want_err)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
		ST(BPF_DW, BPF_REG_2, off, 5),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	int prog, link, err;

	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
	prog = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (prog < 0)
		return false;
	link = attach_prog(side, "lbpf_target_hit", prog);
	close(prog);
	if (link >= 0) {
		hit(1);
		err = unload_module() == -EWOULDBLOCK ? 0 : -EINVAL;
		close(link);
		return !want_err && !err && read_result() == 1005;
	}
	if (link != want_err)
		ksft_print_msg("%s: at %d: %d\n", side_name[side], off, link);
	return link == want_err;
}

static void test_writable(void)
{
	bool good = true;

	for (int i = 0; i < 2; i++)
		good &= writes(sides[i], 0, 0) && writes(sides[i], 24, -EINVAL);
	ksft_test_result(good, "a tracepoint of a module whose argument programs write\n");
}

/* Programs that were loaded for a module that has gone, and come again. */
static void test_stale(void)
{
	int fds[2], maps[2], progs[2] = { -1, -1 }, gone[2] = {}, back[2] = {};

	open_both(fds);
	for (int i = 0; i < nr_sides(); i++) {
		maps[i] = make_map(i, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct seen), 1);
		progs[i] = load_observer(i, maps[i], BPF_TRACE_FENTRY,
					 type_of("lbpf_target_add", BTF_KIND_FUNC), fds[i], false);
	}
	close_both(fds);
	if (progs[SIDE_LBPF] < 0 || !unloads())
		ksft_exit_fail_msg("stale programs\n");
	for (int i = 0; i < nr_sides(); i++)
		gone[i] = attach_prog(i, NULL, progs[i]);
	load_module();
	for (int i = 0; i < nr_sides(); i++)
		back[i] = attach_prog(i, NULL, progs[i]);
	ksft_print_msg("gone: %d (bpf(2) %d), back: %d (bpf(2) %d)\n", gone[SIDE_LBPF],
		       gone[SIDE_KERNEL], back[SIDE_LBPF], back[SIDE_KERNEL]);
	ksft_test_result(gone[SIDE_LBPF] == -ENOENT && back[SIDE_LBPF] == -ENOENT,
			 "programs of a module that has gone attach to nothing\n");
	for (int i = 0; i < nr_sides(); i++) {
		close(back[i]);
		close(progs[i]);
		close(maps[i]);
	}
}

/* --- what programs refer to */

static int load_var(enum test_side side, unsigned int id, int btf_fd)
{
	struct bpf_insn insns[] = {
		LD_IMM64(BPF_REG_1, BPF_PSEUDO_BTF_ID, id, btf_fd),
		MOV(BPF_REG_2, 0),
		CALL(BPF_FUNC_per_cpu_ptr),
		JMP(BPF_JEQ, BPF_REG_0, 0, 1),
		LDX(BPF_W, BPF_REG_0, BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

/* Value of the variable; the module stays while the program is there. */
static bool reads_var(enum test_side side, int btf_fd)
{
	int prog = load_var(side, type_of("lbpf_target_percpu", BTF_KIND_VAR), btf_fd);
	char packet[64] = {};
	union bpf_attr attr = {};
	bool good;

	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	good = prog >= 0 && !side_bpf(side, BPF_PROG_TEST_RUN, &attr) &&
	       attr.test.retval == 0xcafe && unload_module() == -EWOULDBLOCK;
	if (!good)
		ksft_print_msg("%s: %d, %x\n%s\n", side_name[side], prog, attr.test.retval,
			       verifier_log);
	close(prog);
	return good;
}

static void test_vars(const int btf_fds[2])
{
	bool good = reads_var(SIDE_LBPF, btf_fds[SIDE_LBPF]) &&
		    reads_var(SIDE_KERNEL, btf_fds[SIDE_KERNEL]);
	int hidden = load_var(SIDE_LBPF, type_of("lbpf_target_hidden", BTF_KIND_VAR),
			      btf_fds[SIDE_LBPF]);

	ksft_test_result(good && hidden == -ENOENT, "a variable that a module exports\n");
}

/* Calls of functions by an entry of fd_array. */
static int try_call(enum test_side side, unsigned int id, int off, const int *fd_array)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_1, 1),
		MOV(BPF_REG_2, 1),
		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, off, id),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	attr.fd_array = PTR(fd_array);
	return try_load(side, &attr);
}

static void test_calls(const int btf_fds[2])
{
	int vmlinux[2] = { open_types(SIDE_LBPF, "vmlinux"), open_types(SIDE_KERNEL, "vmlinux") };
	int null = open("/dev/null", O_RDONLY);
	const unsigned int ids[] = {
		type_of("lbpf_target_add", BTF_KIND_FUNC), type_of(OBJECT, BTF_KIND_STRUCT),
		0x7ffffff,
	};
	unsigned int nr_wrong = 0;
	int fd_array[2][4];

	for (int i = 0; i < 2; i++) {
		fd_array[i][0] = -1;
		fd_array[i][1] = btf_fds[i];
		fd_array[i][2] = vmlinux[i];
		fd_array[i][3] = null;
	}
	for (unsigned int i = 0; i < NR(ids); i++) {
		for (int off = -1; off < 5; off++) {
			static char want_log[sizeof(verifier_log)];
			bool has_array = off != 4;
			int want, got;

			want = try_call(SIDE_KERNEL, ids[i], has_array ? off : 1,
					has_array ? fd_array[SIDE_KERNEL] : NULL);
			memcpy(want_log, verifier_log, sizeof(want_log));
			got = try_call(SIDE_LBPF, ids[i], has_array ? off : 1,
				       has_array ? fd_array[SIDE_LBPF] : NULL);
			if (!test_kernel_is_reference()) {
				nr_wrong += !got;
			} else if (want != got || !is_same_log(want_log, verifier_log)) {
				ksft_print_msg("id %u off %d: bpf(2) %d, lbpf %d\n", ids[i], off,
					       want, got);
				nr_wrong++;
			}
		}
	}
	close_both(vmlinux);
	close(null);
	ksft_test_result(!nr_wrong, "calls of functions of a module\n");
}

/* Types of a map whose values point to the module's object. */
static int make_kptr_map(enum test_side side, const char *tag)
{
	struct btf *btf = btf__new_empty();
	int key = btf__add_int(btf, "u32", 4, 0), object = btf__add_struct(btf, OBJECT, 8);
	int ptr = btf__add_ptr(btf, btf__add_type_tag(btf, tag, object));
	int value = btf__add_struct(btf, "value", 8), fd, map;
	union bpf_attr attr = {};
	unsigned int bytes;

	btf__add_field(btf, "pointer", ptr, 0, 0);
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = side_bpf(side, BPF_BTF_LOAD, &attr);
	btf__free(btf);
	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 1;
	attr.btf_fd = fd;
	attr.btf_key_type_id = key;
	attr.btf_value_type_id = value;
	map = side_bpf(side, BPF_MAP_CREATE, &attr);
	close(fd);
	return map;
}

/* Stores the first argument of the module's function there, and reads through it. */
static int try_store(enum test_side side, int map, int btf_fd)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_6, BPF_REG_1, 0),
		ST(BPF_W, BPF_REG_10, -4, 0),
		MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -4),
		LD_MAP(BPF_REG_1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JEQ, BPF_REG_0, 0, 4),
		STX(BPF_DW, BPF_REG_0, BPF_REG_6, 0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_0, 0),
		JMP(BPF_JEQ, BPF_REG_1, 0, 1),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 8),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	struct target target = { BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, 0,
				 type_of("lbpf_target_add", BTF_KIND_FUNC), { btf_fd, btf_fd } };

	return try_target(side, &target, insns, NR(insns));
}

/* What is said behind the address of the map. */
static char *behind_map(char *log)
{
	return strstr(log, "6: (85) call") ?: log;
}

static void test_kptrs(const int btf_fds[2])
{
	static const char *const tags[] = { "kptr", "kptr_ref" };
	static char want_log[sizeof(verifier_log)];
	unsigned int nr_wrong = 0;
	int maps[2], errs[2];

	for (unsigned int i = 0; i < NR(tags); i++) {
		for (int side = 1; side >= 0; side--) {
			memcpy(want_log, verifier_log, sizeof(want_log));
			verifier_log[0] = 0;
			maps[side] = make_kptr_map(side, tags[i]);
			errs[side] = maps[side] < 0 ? maps[side] :
				     try_store(side, maps[side], btf_fds[side]);
		}
		if (test_kernel_is_reference() &&
		    (errs[0] != errs[1] ||
		     !is_same_log(behind_map(want_log), behind_map(verifier_log)))) {
			ksft_print_msg("%s: bpf(2) %d %d, lbpf %d %d\n", tags[i],
				       maps[SIDE_KERNEL], errs[SIDE_KERNEL], maps[SIDE_LBPF],
				       errs[SIDE_LBPF]);
			nr_wrong++;
		}
		close_both(maps);
	}
	ksft_test_result(!nr_wrong, "pointers to a module's objects in map values\n");
}

/* The helper's answer: id, and a descriptor of the types above it. */
static long long find_by_helper(enum test_side side)
{
	static const char name[] = "lbpf_target_add";
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
		STX(BPF_DW, BPF_REG_10, BPF_REG_2, -16),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 8),
		STX(BPF_DW, BPF_REG_10, BPF_REG_2, -8),
		MOV_X(BPF_REG_1, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_1, -16),
		MOV(BPF_REG_2, sizeof(name)),
		MOV(BPF_REG_3, BTF_KIND_FUNC),
		MOV(BPF_REG_4, 0),
		CALL(BPF_FUNC_btf_find_by_name_kind),
		STX(BPF_DW, BPF_REG_6, BPF_REG_0, 24),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	char ctx[32] = {};
	long long ret;
	int prog;

	memcpy(ctx, name, sizeof(name));
	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = BPF_F_SLEEPABLE;
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	prog = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (prog < 0)
		ksft_print_msg("%s\n", verifier_log);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = PTR(ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	if (side_bpf(side, BPF_PROG_TEST_RUN, &attr))
		return -EINVAL;
	memcpy(&ret, ctx + 24, sizeof(ret));
	close(prog);
	return ret;
}

static void test_helper(void)
{
	unsigned int nr_wrong = 0;
	long long ret;

	for (int i = 0; i < 2; i++) {
		char name[64] = "";
		struct bpf_btf_info info = { .name = PTR(name), .name_len = sizeof(name) };

		ret = find_by_helper(sides[i]);
		nr_wrong += (unsigned int)ret != type_of("lbpf_target_add", BTF_KIND_FUNC) ||
			    ret >> 32 <= 0 || read_info(sides[i], ret >> 32, &info) ||
			    strcmp(name, MODULE);
		if (ret > 0)
			close(ret >> 32);
	}
	ksft_test_result(!nr_wrong, "a type of a module found by a helper\n");
}

/* Functions that run on the way into a program. */
static void test_own(void)
{
	struct btf *base = btf__load_vmlinux_btf();
	struct btf *btf = btf__load_module_btf("lbpf", base);
	int id = btf__find_by_name_kind(btf, "lbpf_btf_type", BTF_KIND_FUNC), link = -1;
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	union bpf_attr attr = load_attr(insns, NR(insns));
	int fd = open_types(SIDE_LBPF, "lbpf"), prog;

	attr.prog_type = BPF_PROG_TYPE_TRACING;
	attr.expected_attach_type = BPF_TRACE_FENTRY;
	attr.attach_btf_id = id;
	attr.attach_btf_obj_fd = fd;
	prog = side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	if (prog >= 0)
		link = attach_prog(SIDE_LBPF, NULL, prog);
	ksft_test_result(prog >= 0 && link == -524, "no program at functions of lbpf itself\n");
	close(prog);
	close(fd);
	btf__free(btf);
	btf__free(base);
}

int main(int argc, char **argv)
{
	int btf_fds[2];

	agree_is_verbose = argc > 1;
	ksft_print_header();
	if (!kernel_type("task_struct", BTF_KIND_STRUCT))
		ksft_exit_skip("the kernel has no BTF\n");
	ksft_set_plan(17);
	test_ids();
	load_module();
	ksft_test_result(has_bytes("vmlinux") && has_bytes(MODULE), "types are those of sysfs\n");
	open_both(btf_fds);
	test_targets(btf_fds);
	test_attach_fd(btf_fds);
	test_attach(btf_fds);
	if (access("/sys/kernel/debug/lbpf/fail_nth", W_OK))
		ksft_test_result_skip("no way to make allocations fail\n");
	else
		test_failures(btf_fds[SIDE_LBPF]);
	test_writable();
	test_vars(btf_fds);
	test_calls(btf_fds);
	test_kptrs(btf_fds);
	close_both(btf_fds);
	test_helper();
	test_own();
	test_stale();
	if (!unloads())
		ksft_exit_fail_msg("the module stays\n");
	ksft_finished();
}
