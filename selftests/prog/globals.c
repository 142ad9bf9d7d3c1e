// SPDX-License-Identifier: GPL-2.0
/*
 * Global variables: addresses inside the value of an array, and constants read from a frozen one.
 */
#include "prog_test.h"

#define VALUE_BYTES	32
#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)

static int make_globals(enum test_side side, const __u64 *value, bool is_frozen)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = VALUE_BYTES, .max_entries = 1 };
	__u32 key = 0;
	int fd;

	attr.map_flags = is_frozen ? BPF_F_RDONLY_PROG : 0;
	fd = side_bpf(side, BPF_MAP_CREATE, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	if (fd >= 0 && side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr))
		return -1;
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	if (fd >= 0 && is_frozen && side_bpf(side, BPF_MAP_FREEZE, &attr))
		return -1;
	return fd;
}

static bool read_globals(enum test_side side, int fd, __u64 *value)
{
	union bpf_attr attr = { 0 };
	__u32 key = 0;

	attr.map_fd = fd;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	return !side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr);
}

/* R0 of a run with 64 bytes, or -1. */
static long run(enum test_side side, const struct bpf_insn *insns, unsigned int nr_insns)
{
	static unsigned char packet[64];
	union bpf_attr attr = { 0 };
	int prog = load_insns(side, insns, nr_insns);

	if (prog < 0) {
		ksft_print_msg("%s: %d: %s", side_name[side], prog, verifier_log);
		return -1;
	}
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	if (side_bpf(side, BPF_PROG_TEST_RUN, &attr))
		attr.test.retval = -1;
	close(prog);
	return (__s32)attr.test.retval;
}

static void test_offsets(enum test_side side)
{
	static const __u64 before[VALUE_BYTES / 8] = { 10, 20, 30, 40 };
	__u64 after[VALUE_BYTES / 8] = { 0 };
	int fd = make_globals(side, before, false);
	const struct bpf_insn insns[] = {
		LD_VALUE(1, fd, 8),
		LD_VALUE(2, fd, 24),
		LD_VALUE(3, fd, 0),
		LDX(BPF_DW, 0, 1, 0),
		LDX(BPF_DW, 4, 2, -8),
		ALU_X(BPF_ADD, 0, 4),
		STX(BPF_DW, 2, 0, 0),
		ST(BPF_DW, 3, 0, 1),
		EXIT(),
	};
	long ret = run(side, insns, NR(insns));

	ksft_test_result(ret == 50 && read_globals(side, fd, after) && after[0] == 1 &&
			 after[1] == 20 && after[2] == 30 && after[3] == 50,
			 "%s: variables behind the first one\n", side_name[side]);
	close(fd);
}

/* Read by the verifier: the wrong way leads out of the value. */
static void test_constants(enum test_side side)
{
	static const __u64 value[VALUE_BYTES / 8] = { 1, 7, 3, 4 };
	int fd = make_globals(side, value, true);
	const struct bpf_insn insns[] = {
		LD_VALUE(1, fd, 0),
		LD_VALUE(2, fd, 8),
		LDX(BPF_W, 0, 2, 0),
		LDX(BPF_DW, 3, 1, 8),
		ALU_X(BPF_ADD, 0, 3),
		JMP(BPF_JEQ, 0, 14, 1),
		LDX(BPF_DW, 0, 1, VALUE_BYTES),
		EXIT(),
	};

	ksft_test_result(run(side, insns, NR(insns)) == 14,
			 "%s: constants behind the first one\n", side_name[side]);
	close(fd);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(4);
	for (int side = 0; side < 2; side++) {
		test_offsets(side);
		test_constants(side);
	}
	ksft_finished();
}
