// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that make commands (BPF_PROG_TYPE_SYSCALL), beside bpf(2).
 */
#include <fcntl.h>
#include <stddef.h>

#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define CTX_BYTES	512

static char kernel_log[sizeof(verifier_log)];

static int load(enum test_side side, const struct bpf_insn *insns, unsigned int nr,
		unsigned int flags, unsigned int attach)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = BPF_PROG_TYPE_SYSCALL;
	attr.prog_flags = flags;
	attr.expected_attach_type = attach;
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	verifier_log[0] = 0;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

/* Loads on both sides: the same verdict and log? */
static bool is_same(const char *what, struct bpf_insn *insns, unsigned int nr, unsigned int flags,
		    unsigned int attach)
{
	int want = load(SIDE_KERNEL, insns, nr, flags, attach), got;

	memcpy(kernel_log, verifier_log, sizeof(kernel_log));
	got = load(SIDE_LBPF, insns, nr, flags, attach);
	if (want >= 0)
		close(want);
	if (got >= 0)
		close(got);
	if (!test_kernel_is_reference())
		return got < 0 || want >= 0;
	if ((want < 0 ? want : 0) != (got < 0 ? got : 0)) {
		ksft_print_msg("%s: bpf(2) %d, lbpf %d\n%s\n%s\n", what, want, got, kernel_log,
			       verifier_log);
		return false;
	}
	return is_same_log(kernel_log, verifier_log);
}

static void test_verdicts(void)
{
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	static const int offs[] = { -1, 0, 1, 2, 4, 8, 4096, 32767, 32760 };
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), MOV(BPF_REG_0, 0), EXIT() };
	struct bpf_insn moved[] = {
		ALU(BPF_ADD, BPF_REG_1, 32760), ALU(BPF_ADD, BPF_REG_1, 32760),
		LDX(BPF_B, BPF_REG_0, BPF_REG_1, 0), EXIT(),
	};
	unsigned int i, j, nr_wrong = 0;

	nr_wrong += !is_same("not sleepable", insns, NR(insns), 0, 0);
	nr_wrong += !is_same("attach type", insns, NR(insns), BPF_F_SLEEPABLE, BPF_TRACE_ITER);
	for (i = 0; i < NR(sizes); i++) {
		for (j = 0; j < NR(offs); j++) {
			insns[0] = LDX(sizes[i], BPF_REG_2, BPF_REG_1, offs[j]);
			nr_wrong += !is_same("load", insns, NR(insns), BPF_F_SLEEPABLE, 0);
			insns[0] = ST(sizes[i], BPF_REG_1, offs[j], 1);
			nr_wrong += !is_same("store", insns, NR(insns), BPF_F_SLEEPABLE, 0);
		}
	}
	for (i = 0; i < 32; i++) {
		moved[2].off = i;
		nr_wrong += !is_same("moved", moved, NR(moved), BPF_F_SLEEPABLE, 0);
	}
	ksft_test_result(!nr_wrong, "verdicts and logs\n");
}

static void test_map_types(void)
{
	static const struct {
		unsigned int type, key_bytes, value_bytes;
	} maps[] = {
		{ BPF_MAP_TYPE_HASH, 4, 8 }, { BPF_MAP_TYPE_ARRAY, 4, 8 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 4, 4 }, { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4 },
		{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8 }, { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8 },
		{ BPF_MAP_TYPE_STACK_TRACE, 4, 8 }, { BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4 },
		{ BPF_MAP_TYPE_LRU_HASH, 4, 8 }, { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8 },
		{ BPF_MAP_TYPE_QUEUE, 0, 8 }, { BPF_MAP_TYPE_STACK, 0, 8 },
		{ BPF_MAP_TYPE_RINGBUF, 0, 0 }, { BPF_MAP_TYPE_USER_RINGBUF, 0, 0 },
		{ BPF_MAP_TYPE_BLOOM_FILTER, 0, 8 }, { BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 4 },
	};
	unsigned int i, nr_wrong = 0;
	int verdict[2], map, prog;
	enum test_side side;

	for (i = 0; i < NR(maps); i++) {
		for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
			map = make_map(side, maps[i].type, maps[i].key_bytes, maps[i].value_bytes,
				       4096);
			struct bpf_insn insns[] = {
				LD_MAP(BPF_REG_1, map), MOV(BPF_REG_0, 0), EXIT(),
			};

			prog = load(side, insns, NR(insns), BPF_F_SLEEPABLE, 0);
			verdict[side] = map < 0 ? map : prog < 0 ? prog : 0;
			close(prog);
			close(map);
		}
		if (verdict[SIDE_LBPF] != verdict[SIDE_KERNEL] &&
		    (verdict[SIDE_KERNEL] || test_kernel_is_reference())) {
			ksft_print_msg("map type %u: bpf(2) %d, lbpf %d\n", maps[i].type,
				       verdict[SIDE_KERNEL], verdict[SIDE_LBPF]);
			nr_wrong++;
		}
	}
	ksft_test_result(!nr_wrong, "maps of programs that sleep\n");
}

/* Runs with a context of @bytes: its result, R0 in @retval. */
static int run(enum test_side side, int prog, void *ctx, unsigned int bytes,
	       unsigned int *retval)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.ctx_in = PTR(ctx);
	attr.test.ctx_size_in = bytes;
	ret = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	*retval = attr.test.retval;
	return ret;
}

static void test_runs(void)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 16),
		ALU(BPF_ADD, BPF_REG_2, 7),
		STX(BPF_DW, BPF_REG_1, BPF_REG_2, 16),
		MOV_X(BPF_REG_0, BPF_REG_2),
		EXIT(),
	};
	static const unsigned int sizes[] = { 0, 8, 23, 24, 25, CTX_BYTES, 65535, 65536, -1U };
	unsigned int i, nr_wrong = 0, retval[2];
	static char ctx[2][65536];
	int prog[2], ret[2];
	enum test_side side;

	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
		prog[side] = load(side, insns, NR(insns), BPF_F_SLEEPABLE, 0);
	for (i = 0; i < NR(sizes); i++) {
		memset(ctx, 0x11 * (i + 1), sizeof(ctx));
		for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
			ret[side] = run(side, prog[side], sizes[i] ? ctx[side] : NULL, sizes[i],
					&retval[side]);
		if (ret[0] != ret[1] || retval[0] != retval[1] ||
		    memcmp(ctx[0], ctx[1], sizeof(ctx[0]))) {
			ksft_print_msg("size %u: %d %x, %d %x\n", sizes[i], ret[0], retval[0],
				       ret[1], retval[1]);
			nr_wrong++;
		}
	}
	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		ret[side] = run(side, prog[side], (void *)8, 64, &retval[side]);
		close(prog[side]);
	}
	nr_wrong += ret[0] != ret[1];
	ksft_test_result(!nr_wrong, "runs, and contexts that come back\n");
}

/* What a test run of these programs cannot have: one attribute, the @i-th of them. */
static void set_run_attribute(union bpf_attr *attr, unsigned int i, const void *bytes)
{
	attr->test.data_in = i == 0 ? PTR(bytes) : 0;
	attr->test.data_out = i == 1 ? PTR(bytes) : 0;
	attr->test.ctx_out = i == 2 ? PTR(bytes) : 0;
	attr->test.ctx_size_out = i == 2 ? 8 : 0;
	attr->test.duration = i == 3;
	attr->test.repeat = i == 4;
	attr->test.flags = i == 5;
	attr->test.ctx_in = i == 6 ? PTR(bytes) : 0;
}

static void test_run_attributes(void)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 3), EXIT() };
	unsigned int i, nr_wrong = 0;
	enum test_side side;
	char byte[8] = { 0 };
	int ret[2];

	for (i = 0; i < 7; i++) {
		for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
			int prog = load(side, insns, NR(insns), BPF_F_SLEEPABLE, 0);
			union bpf_attr attr;

			memset(&attr, 0, sizeof(attr));
			attr.test.prog_fd = prog;
			set_run_attribute(&attr, i, byte);
			ret[side] = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
			close(prog);
		}
		if (ret[0] != ret[1])
			ksft_print_msg("attribute %u: %d, %d\n", i, ret[0], ret[1]);
		nr_wrong += ret[0] != ret[1];
	}
	ksft_test_result(!nr_wrong, "attributes of runs\n");
}

/*
 * A program that makes the command in the first word of the context, with attributes of @bytes
 * that come behind it; its result goes to the second word.
 */
static int load_maker(enum test_side side, unsigned int bytes)
{
	struct bpf_insn insns[64];
	unsigned int nr = 0, at;

	insns[nr++] = MOV_X(BPF_REG_6, BPF_REG_1);
	for (at = 0; at < bytes; at += 8) {
		insns[nr++] = LDX(BPF_DW, BPF_REG_1, BPF_REG_6, 16 + at);
		insns[nr++] = STX(BPF_DW, BPF_REG_10, BPF_REG_1, (int)at - (int)bytes);
	}
	insns[nr++] = LDX(BPF_DW, BPF_REG_1, BPF_REG_6, 0);
	insns[nr++] = MOV_X(BPF_REG_2, BPF_REG_10);
	insns[nr++] = ALU(BPF_ADD, BPF_REG_2, -(int)bytes);
	insns[nr++] = MOV(BPF_REG_3, bytes);
	insns[nr++] = CALL(BPF_FUNC_sys_bpf);
	insns[nr++] = STX(BPF_DW, BPF_REG_6, BPF_REG_0, 8);
	insns[nr++] = MOV(BPF_REG_0, 0);
	insns[nr++] = EXIT();
	return load(side, insns, nr, BPF_F_SLEEPABLE, 0);
}

static long long make(enum test_side side, int maker, int cmd, const union bpf_attr *attr,
		      unsigned int bytes)
{
	long long ctx[CTX_BYTES / 8] = { cmd };
	unsigned int retval;
	int ret;

	memcpy(ctx + 2, attr, bytes);
	ret = run(side, maker, ctx, sizeof(ctx), &retval);
	return ret ?: ctx[1];
}

static void test_commands(void)
{
	static const char license[] = "GPL";
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	long long got[2][BPF_PROG_BIND_MAP + 3];
	unsigned int nr_wrong = 0, cmd, nr;
	enum test_side side;

	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		int maker = load_maker(side, 72);
		union bpf_attr attr;

		memset(&attr, 0, sizeof(attr));
		for (cmd = 0; cmd <= BPF_PROG_BIND_MAP; cmd++) {
			got[side][cmd] = make(side, maker, cmd, &attr, 72);
			if (cmd == BPF_LINK_CREATE || cmd == BPF_RAW_TRACEPOINT_OPEN)
				got[side][cmd] = 0;
		}
		attr.map_type = BPF_MAP_TYPE_ARRAY;
		attr.key_size = 4;
		attr.value_size = 8;
		attr.max_entries = 1;
		got[side][cmd] = make(side, maker, BPF_MAP_CREATE, &attr, 72);
		nr_wrong += got[side][cmd] < 0;
		close(got[side][cmd]);
		got[side][cmd++] = 0;
		/* Addresses are the kernel's: those of a process are none. */
		memset(&attr, 0, sizeof(attr));
		attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
		attr.insns = PTR(insns);
		attr.insn_cnt = NR(insns);
		attr.license = PTR(license);
		got[side][cmd++] = make(side, maker, BPF_PROG_LOAD, &attr, 72);
		close(maker);
	}
	nr = cmd;
	for (cmd = 0; cmd < nr; cmd++) {
		if (got[0][cmd] == got[1][cmd])
			continue;
		/* Later kernels check in another order. */
		if (!test_kernel_is_reference() && got[0][cmd] < 0 && got[1][cmd] < 0)
			continue;
		ksft_print_msg("command %u: %lld, %lld\n", cmd, got[0][cmd], got[1][cmd]);
		nr_wrong++;
	}
	ksft_test_result(!nr_wrong, "commands\n");
}

/* What a program finds in a map's value, and whose addresses it gives. */
struct made {
	struct bpf_insn insns[2];
	char license[8];
	unsigned int key;
	unsigned int pad;
	unsigned char value[16];
	char rest[72];
};

/* Stores @value of @map into @other, loads the program in it, and closes that. */
static int load_user(enum test_side side, int map, int other)
{
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		LD_IMM64(BPF_REG_7, BPF_PSEUDO_MAP_VALUE, map, 0),
		/* BPF_MAP_UPDATE_ELEM */
		ST(BPF_DW, BPF_REG_10, -72, 0), ST(BPF_DW, BPF_REG_10, -64, 0),
		ST(BPF_DW, BPF_REG_10, -56, 0), ST(BPF_DW, BPF_REG_10, -48, 0),
		ST(BPF_W, BPF_REG_10, -72, other),
		MOV_X(BPF_REG_1, BPF_REG_7),
		ALU(BPF_ADD, BPF_REG_1, offsetof(struct made, key)),
		STX(BPF_DW, BPF_REG_10, BPF_REG_1, -64),
		MOV_X(BPF_REG_1, BPF_REG_7),
		ALU(BPF_ADD, BPF_REG_1, offsetof(struct made, value)),
		STX(BPF_DW, BPF_REG_10, BPF_REG_1, -56),
		MOV(BPF_REG_1, BPF_MAP_UPDATE_ELEM),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -72),
		MOV(BPF_REG_3, 32),
		CALL(BPF_FUNC_sys_bpf),
		STX(BPF_DW, BPF_REG_6, BPF_REG_0, 0),
		/* BPF_PROG_LOAD */
		ST(BPF_W, BPF_REG_10, -72, BPF_PROG_TYPE_SOCKET_FILTER),
		ST(BPF_W, BPF_REG_10, -68, 2),
		STX(BPF_DW, BPF_REG_10, BPF_REG_7, -64),
		MOV_X(BPF_REG_1, BPF_REG_7),
		ALU(BPF_ADD, BPF_REG_1, offsetof(struct made, license)),
		STX(BPF_DW, BPF_REG_10, BPF_REG_1, -56),
		MOV(BPF_REG_1, BPF_PROG_LOAD),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -72),
		MOV(BPF_REG_3, 32),
		CALL(BPF_FUNC_sys_bpf),
		STX(BPF_DW, BPF_REG_6, BPF_REG_0, 8),
		MOV_X(BPF_REG_1, BPF_REG_0),
		CALL(BPF_FUNC_sys_close),
		STX(BPF_DW, BPF_REG_6, BPF_REG_0, 16),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};

	return load(side, insns, NR(insns), BPF_F_SLEEPABLE, 0);
}

static int elem(enum test_side side, int cmd, int map, unsigned int key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	return side_bpf(side, cmd, &attr);
}

static bool is_address_good(enum test_side side)
{
	struct made made = { .insns = { MOV(BPF_REG_0, 0), EXIT() }, .license = "GPL", .key = 77 };
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(made), 1);
	int other = make_map(side, BPF_MAP_TYPE_HASH, 4, sizeof(made.value), 4);
	long long ctx[3] = { -1, -1, -1 };
	unsigned char found[16] = { 0 };
	int prog = load_user(side, map, other), ret;
	unsigned int retval;
	bool good;

	memset(made.value, 0x5a, sizeof(made.value));
	elem(side, BPF_MAP_UPDATE_ELEM, map, 0, &made);
	ret = run(side, prog, ctx, sizeof(ctx), &retval);
	elem(side, BPF_MAP_LOOKUP_ELEM, other, 77, found);
	good = !ret && !ctx[0] && ctx[1] > 0 && !ctx[2] && !memcmp(found, made.value, 16);
	if (!good)
		ksft_print_msg("%s: %d %d: %lld %lld %lld\n%s\n", side_name[side], prog, ret,
			       ctx[0], ctx[1], ctx[2], verifier_log);
	close(prog);
	close(map);
	close(other);
	return good;
}

static void test_addresses(void)
{
	ksft_test_result(is_address_good(SIDE_LBPF) && is_address_good(SIDE_KERNEL),
			 "addresses of the kernel in attributes\n");
}

static void test_names(void)
{
	static const char *const names[] = { "task_struct", "no_such_struct", "" };
	unsigned int i, nr_wrong = 0, retval[2];
	enum test_side side;

	for (i = 0; i < NR(names); i++) {
		for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
			struct bpf_insn insns[] = {
				LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
				STX(BPF_DW, BPF_REG_10, BPF_REG_2, -16),
				LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 8),
				STX(BPF_DW, BPF_REG_10, BPF_REG_2, -8),
				MOV_X(BPF_REG_1, BPF_REG_10), ALU(BPF_ADD, BPF_REG_1, -16),
				MOV(BPF_REG_2, strlen(names[i]) + 1),
				MOV(BPF_REG_3, BTF_KIND_STRUCT), MOV(BPF_REG_4, 0),
				CALL(BPF_FUNC_btf_find_by_name_kind),
				EXIT(),
			};
			int prog = load(side, insns, NR(insns), BPF_F_SLEEPABLE, 0);
			char ctx[16] = { 0 };

			strcpy(ctx, names[i]);
			run(side, prog, ctx, sizeof(ctx), &retval[side]);
			close(prog);
		}
		if (retval[0] != retval[1])
			ksft_print_msg("%s: %d, %d\n", names[i], retval[0], retval[1]);
		nr_wrong += retval[0] != retval[1];
	}
	ksft_test_result(!nr_wrong, "types by name\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(7);
	test_verdicts();
	test_map_types();
	test_runs();
	test_run_attributes();
	test_commands();
	test_addresses();
	test_names();
	ksft_finished();
}
