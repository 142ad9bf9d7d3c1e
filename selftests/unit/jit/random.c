// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs: what the interpreter says, and what the machine code does.
 *
 * Environment: LBPF_UNIT_DEPTH multiplies the number of programs.
 */
#include "jit_test.h"
#include <lbpf/rewrite.h>
#include <kselftest.h>

#define NR_PROGRAMS	3000

static u32 nr_run;

static void dump(const struct program *prog)
{
	char line[128];
	u32 i;

	for (i = 0; i < prog->code.nr_orig_insns; i++) {
		lbpf_disasm(line, sizeof(line), &prog->insns[i], NULL, NULL);
		ksft_print_msg("%u: %s\n", i, line);
	}
}

static bool same(const struct outcome *a, const struct outcome *b)
{
	return a->r0 == b->r0 && a->nr_calls == b->nr_calls && !memcmp(a->mem, b->mem, MEM_BYTES) &&
	       !memcmp(a->values, b->values, VALUE_BYTES);
}

/* As if the verifier knew nothing. */
static void forget_facts(struct lbpf_code *code)
{
	u32 i;

	for (i = 0; i < code->nr_insns; i++) {
		code->facts[i] = (struct lbpf_insn_facts){ };
		code->aux[i].flags &= ~(LBPF_INSN_ALWAYS | LBPF_INSN_NEVER);
		code->aux[i].flags |= LBPF_INSN_SEEN;
	}
}

/* False when machine and interpreter differ. */
static bool try_one(u64 seed, u32 nr_insns)
{
	static struct program prog;
	static struct outcome want[NR_INPUTS], got;
	u8 input[NR_INPUTS][MEM_BYTES];
	native_func func;
	bool is_good = true;
	u32 i, k;

	chance_seed(seed);
	generate(&prog, nr_insns);
	for (i = 0; i < NR_INPUTS; i++) {
		for (k = 0; k < MEM_BYTES; k++)
			input[i][k] = chance(4) ? chance_next() : 0;
		if (!interpret(&prog.code, input[i], &want[i]))
			goto free_prog;
	}
	if (chance(2))
		forget_facts(&prog.code);
	/* Any set of the steps that make better code may be off. */
	if (chance(2))
		prog.code.steps_off = chance_next();
	is_good = !lbpf_rewrite(&prog.code) && (chance(4) || !lbpf_blind(&prog.code));
	func = is_good ? native_make(&prog.code) : NULL;
	if (!func) {
		ksft_print_msg("seed %llu: not compiled\n", (unsigned long long)seed);
		is_good = false;
		goto free_prog;
	}
	nr_run++;
	for (i = 0; i < NR_INPUTS && is_good; i++) {
		native_run(func, input[i], &got);
		is_good = same(&want[i], &got);
	}
	if (!is_good) {
		ksft_print_msg("seed %llu, input %u: r0 %llx, not %llx\n", (unsigned long long)seed,
			       i - 1,
			       (unsigned long long)got.r0, (unsigned long long)want[i - 1].r0);
		dump(&prog);
	}
free_prog:
	program_free(&prog);
	return is_good;
}

static void try_many(u32 nr, u32 max_insns)
{
	u32 i, bad = 0;

	nr_run = 0;
	for (i = 0; i < nr && !bad; i++)
		bad += !try_one((u64)max_insns << 32 | i, 1 + i % max_insns);
	ksft_test_result(!bad && nr_run, "%u programs of up to %u instructions\n", nr_run,
			 max_insns);
}

/* Each allocation of the rewriter failing once: an error, and nothing is lost or left. */
static bool fail_each_allocation(void)
{
	static struct program prog;
	static struct outcome outcome;
	u8 input[MEM_BYTES] = { };
	bool is_good = true;
	u32 nth = 1;
	int err;

	do {
		u64 nr_before;

		chance_seed(7);
		generate(&prog, 400);
		is_good = interpret(&prog.code, input, &outcome);
		nr_before = lbpf_alloc_count();
		shim_fail_alloc(nth++);
		err = lbpf_rewrite(&prog.code);
		shim_fail_alloc(0);
		is_good = is_good && (!err || err == -ENOMEM) && lbpf_alloc_count() == nr_before;
		program_free(&prog);
	} while (err && is_good && nth < 1000);
	ksft_print_msg("%u allocations\n", nth - 2);
	return is_good && !err && nth > 10;
}

int main(void)
{
	const char *depth = getenv("LBPF_UNIT_DEPTH");
	u32 nr = NR_PROGRAMS * (depth ? atoi(depth) : 1);

	ksft_print_header();
	ksft_set_plan(5);
	if (getenv("SEED"))
		ksft_test_result(try_one(strtoull(getenv("SEED"), NULL, 0), atoi(getenv("INSNS"))),
				 "one\n");
	try_many(nr, 8);
	try_many(nr, 60);
	try_many(nr, 800);
	ksft_test_result(fail_each_allocation(), "each allocation of the rewriter fails once\n");
	native_free();
	ksft_test_result(!lbpf_alloc_count(), "no memory is left\n");
	ksft_finished();
}
