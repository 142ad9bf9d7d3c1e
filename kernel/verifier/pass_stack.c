// SPDX-License-Identifier: GPL-2.0
/*
 * Depth of the stack over chains of calls.
 *
 * Layer: verifier (pass).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "walk.h"

/* Each function takes this at least, and multiples of it. */
#define STACK_UNIT_BYTES	32
/*
 * Room that callers of a function with a tail call must leave, since the other program starts anew.
 */
#define TAIL_CALL_STACK_BYTES	256

/**
 * struct chain - A chain of calls being followed
 * @subprog: Functions.
 * @next: Instruction to go on from in each.
 * @depth: Bytes of stack up to and with the last one.
 * @nr: Functions in it.
 */
struct chain {
	u32	subprog[LBPF_MAX_FRAMES];
	u32	next[LBPF_MAX_FRAMES];
	u32	depth;
	u32	nr;
};

static u32 stack_of(const struct lbpf_env *env, u32 subprog)
{
	return round_up(max_t(u32, env->code->subprogs[subprog].stack_bytes, 1), STACK_UNIT_BYTES);
}

static int enter(struct lbpf_env *env, struct chain *chain, u32 subprog)
{
	const struct lbpf_subprog *func = &env->code->subprogs[subprog];

	if (chain->nr == LBPF_MAX_FRAMES)
		return reject(env, -E2BIG, "the call stack of %d frames is too deep !", chain->nr);
	if (chain->nr && func->has_tail_call && chain->depth >= TAIL_CALL_STACK_BYTES)
		return reject(env, -EACCES,
			      "tail_calls are not allowed when call stack of previous frames is %d bytes. Too large",
			      chain->depth);
	chain->depth += stack_of(env, subprog);
	if (chain->depth > LBPF_STACK_BYTES)
		return reject(env, -EACCES, "combined stack size of %d calls is %d. Too large",
			      chain->nr + 1, chain->depth);
	env->code->max_stack_bytes = max(env->code->max_stack_bytes, chain->depth);
	chain->subprog[chain->nr] = subprog;
	chain->next[chain->nr++] = func->start;
	return 0;
}

/* The next function called by the last one of the chain, or -1. */
static int next_call(struct lbpf_env *env, struct chain *chain)
{
	u32 last = chain->nr - 1;
	u32 end = env->code->subprogs[chain->subprog[last] + 1].start;
	u32 i;

	for (i = chain->next[last]; i < end; i++) {
		if (!(env->aux[i].flags & (LBPF_INSN_SUBPROG_CALL | LBPF_INSN_FUNC_ADDR)))
			continue;
		/* What runs later runs on a stack of its own. */
		if (env->code->subprogs[env->aux[i].subprog].is_async)
			continue;
		chain->next[last] = i + 1;
		return env->aux[i].subprog;
	}
	return -1;
}

/* The chains of calls that begin with a function. */
static int check_chains(struct lbpf_env *env, u32 subprog)
{
	struct chain chain = { 0 };
	int err, callee;

	err = enter(env, &chain, subprog);
	while (!err && chain.nr) {
		callee = next_call(env, &chain);
		if (callee >= 0)
			err = enter(env, &chain, callee);
		else
			chain.depth -= stack_of(env, chain.subprog[--chain.nr]);
	}
	return err;
}

/**
 * lbpf_pass_stack() - No chain of calls needs more stack than there is
 * @env: The run, after the walk.
 *
 * Return: 0, -EACCES, -E2BIG.
 */
int lbpf_pass_stack(struct lbpf_env *env)
{
	int err = check_chains(env, 0);
	u32 i;

	for (i = 1; i < env->code->nr_subprogs && !err; i++)
		if (env->code->subprogs[i].is_async)
			err = check_chains(env, i);
	return err;
}
