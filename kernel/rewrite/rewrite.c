// SPDX-License-Identifier: GPL-2.0
/*
 * The list of steps.
 *
 * Layer: rewrite (p).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/alloc.h>
#include <lbpf/rewrite.h>

#include "builder.h"

/**
 * struct pass - A pass over the program
 * @step: Done by the builder; or
 * @letter: Names it in dumps,
 * @name: ... in words,
 * @effects: Some instruction must have one of these effects, or there is nothing to do,
 * @run: ... and it works in place, on straight code; or
 * @finish: ... by itself: 0 or -errno.
 */
struct pass {
	const struct lbpf_step	*step;
	char			letter;
	const char		*name;
	u16			effects;
	void			(*run)(struct lbpf_code *code, const u8 *is_target);
	int			(*finish)(struct lbpf_code *code);
};

/* In order: what a pass makes, the next ones see. */
static const struct pass passes[] = {
	{ .step = &lbpf_step_dead },
	{ .step = &lbpf_step_nops },
	{ .step = &lbpf_step_loops },
	{ .letter = 'e', .name = "functions never called", .finish = lbpf_drop_dead_funcs },
	{ .step = &lbpf_step_barriers },
	{ .step = &lbpf_step_context },
	{ .step = &lbpf_step_packet_loads },
	{ .step = &lbpf_step_addresses },
	{ .letter = 'v', .name = "values that are known", .finish = lbpf_fold_constants },
	{ .step = &lbpf_step_arithmetic },
	{ .step = &lbpf_step_lookups },
	{ .step = &lbpf_step_calls },
	{ .letter = 'o', .name = "values forwarded through the stack",
	  .effects = EFF_LOAD | EFF_STORE, .run = lbpf_forward_stack },
	{ .letter = 'j', .name = "loads joined", .effects = EFF_MOVES_UP, .run = lbpf_merge_loads },
	{ .letter = 'u', .name = "useless instructions", .finish = lbpf_find_live },
	{ .step = &lbpf_step_high_half },
};

/**
 * struct work - A program on its way through the passes
 * @code: Program.
 * @survey: What occurs in it.
 * @is_target: For each instruction: some jump leads to it; NULL: not known.
 */
struct work {
	struct lbpf_code	*code;
	struct lbpf_survey	survey;
	u8			*is_target;
};

static int run_straight(struct work *work, const struct pass *pass)
{
	if (!(work->survey.effects & pass->effects) || !lbpf_code_wants(work->code, pass->letter))
		return 0;
	if (!work->is_target)
		work->is_target = lbpf_find_targets(work->code);
	if (!work->is_target)
		return -ENOMEM;
	pass->run(work->code, work->is_target);
	return 0;
}

static int run_pass(struct work *work, const struct pass *pass)
{
	u64 sum = lbpf_dump_sum(work->code);
	int err;

	if (pass->step)
		err = lbpf_rewrite_step(work->code, pass->step, &work->survey);
	else
		err = pass->run ? run_straight(work, pass) : pass->finish(work->code);
	if (err)
		return err;
	lbpf_dump_pass(work->code, pass->step ? pass->step->letter : pass->letter,
		       pass->step ? pass->step->name : pass->name,
		       sum != lbpf_dump_sum(work->code));
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
	struct work work = { .code = code };
	int err = 0;
	u32 i;

	lbpf_survey_code(code, &work.survey);
	lbpf_dump_pass(code, '0', "the program as verified", true);
	for (i = 0; i < ARRAY_SIZE(passes) && !err; i++)
		err = run_pass(&work, &passes[i]);
	lbpf_area_free(work.is_target);
	return err;
}
