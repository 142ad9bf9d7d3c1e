// SPDX-License-Identifier: GPL-2.0
/*
 * The list of steps.
 *
 * Layer: rewrite (p).
 */
#include <linux/kernel.h>

#include <lbpf/rewrite.h>

#include "builder.h"

/**
 * struct pass - A pass over the program
 * @step: Done by the builder; or
 * @letter: Names it in dumps,
 * @name: ... in words,
 * @run: ... and it works in place: 0 or -errno.
 */
struct pass {
	const struct lbpf_step	*step;
	char			letter;
	const char		*name;
	int			(*run)(struct lbpf_code *code);
};

/* In order: what a pass makes, the next ones see. */
static const struct pass passes[] = {
	{ &lbpf_step_dead },
	{ &lbpf_step_nops },
	{ NULL, 'e', "functions never called", lbpf_drop_dead_funcs },
	{ &lbpf_step_barriers },
	{ &lbpf_step_context },
	{ &lbpf_step_packet_loads },
	{ &lbpf_step_addresses },
	{ &lbpf_step_arithmetic },
	{ &lbpf_step_lookups },
	{ &lbpf_step_calls },
	{ NULL, 'o', "values forwarded through the stack", lbpf_forward_stack },
	{ NULL, 'j', "loads joined", lbpf_merge_loads },
	{ NULL, 'v', "liveness", lbpf_find_live },
	{ NULL, 'u', "useless instructions", lbpf_drop_useless },
	{ &lbpf_step_high_half },
};

static int run_pass(struct lbpf_code *code, const struct pass *pass)
{
	u64 sum = lbpf_dump_sum(code);
	int err;

	err = pass->step ? lbpf_rewrite_step(code, pass->step) : pass->run(code);
	if (err)
		return err;
	lbpf_dump_pass(code, pass->step ? pass->step->letter : pass->letter,
		       pass->step ? pass->step->name : pass->name, sum != lbpf_dump_sum(code));
	return 0;
}

/**
 * lbpf_rewrite() - Turn a verified program into what the JIT emits
 * @code: Verified program.  Instructions, aux and subprogram starts change.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -E2BIG.
 */
int lbpf_rewrite(struct lbpf_code *code)
{
	int err = 0;
	u32 i;

	lbpf_dump_pass(code, '0', "the program as verified", true);
	for (i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = run_pass(code, &passes[i]);
	return err;
}
