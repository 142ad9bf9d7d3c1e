// SPDX-License-Identifier: GPL-2.0
/*
 * Loops of calls, compiled in place where callback and flags are constant: what
 * they compute is compared with bpf(2).
 */
#include <errno.h>
#include <kselftest.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>
#include "../system/raw_types.h"

#define MAX_INSNS	128
#define MAX_FUNCS	4
#define MOST_CALLS	8388608
#define CB_OFF(i)	(offsetof(struct __sk_buff, cb) + 4 * (i))
/* Functions end with the only EXIT that they have; the main one is number 0. */
#define LD_FUNC(reg, nr)						\
	INSN(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_FUNC, 0, nr), INSN(0, 0, 0, 0, 0)

/* R1: number of calls, from cb[0]; R6-R9 have values that must live on. */
#define HEAD								\
	LDX(BPF_W, 6, 1, CB_OFF(1)), LDX(BPF_W, 7, 1, CB_OFF(2)),	\
	LDX(BPF_W, 8, 1, CB_OFF(3)), MOV_IMM(9, 99),			\
	ST_IMM(BPF_DW, 10, -8, 5), STX(BPF_DW, 10, 6, -16),		\
	LDX(BPF_W, 1, 1, CB_OFF(0))

/* R0 has the result; with everything that must have lived on it is one number. */
#define TAIL								\
	ALU64_IMM(BPF_MUL, 0, 1000003), ALU64(BPF_XOR, 0, 6),		\
	ALU64_IMM(BPF_MUL, 0, 31), ALU64(BPF_XOR, 0, 7),		\
	ALU64_IMM(BPF_MUL, 0, 31), ALU64(BPF_XOR, 0, 8),		\
	ALU64_IMM(BPF_MUL, 0, 31), ALU64(BPF_XOR, 0, 9),		\
	LDX(BPF_DW, 1, 10, -8), ALU64_IMM(BPF_MUL, 0, 31), ALU64(BPF_XOR, 0, 1),	\
	LDX(BPF_DW, 1, 10, -16), ALU64_IMM(BPF_MUL, 0, 31), ALU64(BPF_XOR, 0, 1), EXIT()

#define CTX_ON_STACK	MOV(3, 10), ALU64_IMM(BPF_ADD, 3, -8)

/* Adds the index to the context; stops at index @last. */
#define CALLBACK(last)							\
	LDX(BPF_DW, 6, 2, 0), ALU64_IMM(BPF_MUL, 6, 7), ALU64(BPF_ADD, 6, 1),	\
	STX(BPF_DW, 2, 6, 0), MOV_IMM(7, 3), MOV_IMM(8, 4), MOV_IMM(9, 5),	\
	MOV_IMM(0, 0), JMP_IMM(BPF_JNE, 1, last, 1), MOV_IMM(0, 1), EXIT()

struct loop_case {
	const char	*name;
	struct bpf_insn	insns[MAX_INSNS];
};

static const struct loop_case cases[] = {
	{ "a callback with a context", {
		HEAD, LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
		TAIL, CALLBACK(-1) } },
	{ "a callback that ends the loop", {
		HEAD, LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
		TAIL, CALLBACK(5) } },
	{ "a number of more than 32 bits", {
		HEAD, MOV_IMM(4, 1), ALU64_IMM(BPF_LSH, 4, 40), ALU64(BPF_OR, 1, 4),
		LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
		TAIL, CALLBACK(5) } },
	{ "a number of more than 32 bits, flags that are not known", {
		HEAD, MOV_IMM(4, 1), ALU64_IMM(BPF_LSH, 4, 40), ALU64(BPF_OR, 1, 4),
		LD_FUNC(2, 1), CTX_ON_STACK, MOV(4, 7), ALU64_IMM(BPF_AND, 4, 1),
		CALL(BPF_FUNC_loop), TAIL, CALLBACK(5) } },
	{ "flags that are not zero", {
		HEAD, LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 1), CALL(BPF_FUNC_loop),
		TAIL, CALLBACK(-1) } },
	{ "flags that are not known", {
		HEAD, LD_FUNC(2, 1), CTX_ON_STACK, MOV(4, 7), ALU64_IMM(BPF_AND, 4, 1),
		CALL(BPF_FUNC_loop), TAIL, CALLBACK(-1) } },
	{ "one of two callbacks", {
		HEAD, LD_FUNC(2, 1), JMP_IMM(BPF_JNE, 7, 3, 2), LD_FUNC(2, 2), CTX_ON_STACK,
		MOV_IMM(4, 0), CALL(BPF_FUNC_loop), TAIL, CALLBACK(-1), CALLBACK(3) } },
	{ "a loop in a loop", {
		HEAD, LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 0), CALL(BPF_FUNC_loop),
		TAIL,
		MOV(6, 2), ST_IMM(BPF_DW, 10, -8, 1), STX(BPF_DW, 10, 1, -16), MOV(7, 1),
		ALU64_IMM(BPF_AND, 1, 3), LD_FUNC(2, 2), CTX_ON_STACK, MOV_IMM(4, 0),
		CALL(BPF_FUNC_loop), LDX(BPF_DW, 1, 10, -8), ALU64(BPF_ADD, 1, 7),
		STX(BPF_DW, 6, 1, 0), MOV_IMM(0, 0), EXIT(),
		CALLBACK(2) } },
	{ "two loops in a row", {
		HEAD, MOV(9, 1), LD_FUNC(2, 1), CTX_ON_STACK, MOV_IMM(4, 0),
		CALL(BPF_FUNC_loop), MOV(8, 0), MOV(1, 9), LD_FUNC(2, 2), CTX_ON_STACK,
		MOV_IMM(4, 0), CALL(BPF_FUNC_loop), TAIL, CALLBACK(-1), CALLBACK(4) } },
};

#define NR_CASES	(sizeof(cases) / sizeof(*cases))

static const uint32_t numbers[] = { 0, 1, 2, 3, 6, 100, MOST_CALLS, MOST_CALLS + 1,
				     0x80000000, 0xffffffff };

static uint32_t count_insns(const struct loop_case *c)
{
	uint32_t nr = MAX_INSNS;

	while (nr && !c->insns[nr - 1].code)
		nr--;
	return nr;
}

static int load_types(enum test_side side)
{
	struct raw_types types;
	union bpf_attr attr = { .btf = (unsigned long)&types, .btf_size = sizeof(types) };

	make_raw_types(&types);
	return test_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
}

/* Puts distances in place of the numbers of functions; returns how many those are. */
static uint32_t link_funcs(struct bpf_insn *insns, uint32_t nr, struct bpf_func_info *funcs)
{
	uint32_t nr_funcs = 1, i;

	funcs[0] = (struct bpf_func_info){ 0, RAW_FUNC_ID };
	for (i = 0; i + 1 < nr; i++)
		if (insns[i].code == (BPF_JMP | BPF_EXIT))
			funcs[nr_funcs++] = (struct bpf_func_info){ i + 1, RAW_FUNC_ID };
	for (i = 0; i < nr; i++)
		if (insns[i].src_reg == BPF_PSEUDO_FUNC &&
		    insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = funcs[insns[i].imm].insn_off - i - 1;
	return nr_funcs;
}

static int load(enum test_side side, const struct loop_case *c)
{
	static char log[1 << 16];
	struct bpf_func_info funcs[MAX_FUNCS];
	struct bpf_insn insns[MAX_INSNS];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insn_cnt = count_insns(c),
				.insns = (unsigned long)insns, .license = (unsigned long)"GPL",
				.log_level = 1, .log_buf = (unsigned long)log,
				.log_size = sizeof(log), .func_info = (unsigned long)funcs,
				.func_info_rec_size = sizeof(funcs[0]) };
	int types = load_types(side), fd;

	memcpy(insns, c->insns, sizeof(insns));
	attr.func_info_cnt = link_funcs(insns, attr.insn_cnt, funcs);
	attr.prog_btf_fd = types;
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		ksft_print_msg("%s: %s\n", c->name, log);
	close(types);
	return fd;
}

/* Result of a run, or the error below 0. */
static long long run(enum test_side side, int fd, uint32_t number, uint32_t seed)
{
	unsigned char packet[64] = { 0 };
	struct __sk_buff ctx = { .cb = { number, seed, seed % 5, ~seed } };
	union bpf_attr attr = { .test.prog_fd = fd };

	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = (unsigned long)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	return test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? -errno : attr.test.retval;
}

static bool is_same(const struct loop_case *c, const int *fds)
{
	bool is_good = true;
	uint32_t i, seed;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* Most calls that there may be: only where they end early. */
		if (numbers[i] == MOST_CALLS && c != &cases[1])
			continue;
		for (seed = 0; seed < 8; seed++) {
			long long ours = run(SIDE_LBPF, fds[SIDE_LBPF], numbers[i], seed);
			long long theirs = run(SIDE_KERNEL, fds[SIDE_KERNEL], numbers[i], seed);

			if (ours == theirs && ours >= 0)
				continue;
			ksft_print_msg("%u, %u: %lld, not %lld\n", numbers[i], seed, ours, theirs);
			is_good = false;
		}
	}
	return is_good;
}

static void test_case(const struct loop_case *c)
{
	int fds[2] = { [SIDE_LBPF] = load(SIDE_LBPF, c), [SIDE_KERNEL] = load(SIDE_KERNEL, c) };

	ksft_test_result(fds[0] >= 0 && fds[1] >= 0 && is_same(c, fds), "%s\n", c->name);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	uint32_t i;

	ksft_print_header();
	ksft_set_plan(NR_CASES);
	for (i = 0; i < NR_CASES; i++)
		test_case(&cases[i]);
	ksft_finished();
}
