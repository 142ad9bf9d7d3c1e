// SPDX-License-Identifier: GPL-2.0
/*
 * The list of steps.
 *
 * Layer: rewrite (p).
 */
#include <linux/kernel.h>

#include <lbpf/rewrite.h>

#include "builder.h"

/* In order: what a step makes, the next ones see. */
static const struct lbpf_step *const steps[] = {
	&lbpf_step_dead,
	&lbpf_step_barriers,
	&lbpf_step_context,
	&lbpf_step_packet_loads,
	&lbpf_step_addresses,
	&lbpf_step_arithmetic,
	&lbpf_step_lookups,
	&lbpf_step_calls,
};

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

	for (i = 0; i < ARRAY_SIZE(steps) && !err; i++)
		err = lbpf_rewrite_step(code, steps[i]);
	if (!err)
		err = lbpf_forward_stack(code);
	if (!err)
		err = lbpf_merge_loads(code);
	if (!err)
		err = lbpf_find_live(code);
	if (!err)
		err = lbpf_rewrite_step(code, &lbpf_step_useless);
	if (!err)
		err = lbpf_rewrite_step(code, &lbpf_step_high_half);
	return err;
}
