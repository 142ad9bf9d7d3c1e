// SPDX-License-Identifier: GPL-2.0
/*
 * The walk: every path of the program, until it ends, is refused, or comes to
 * a point from where everything is known to be safe.
 *
 * Layer: verifier.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#ifdef __KERNEL__
#include <linux/sched.h>
#include <linux/sched/signal.h>
#endif

#include "call.h"
#include "walk.h"

static struct lbpf_pending *take_pending(struct lbpf_env *env)
{
	struct lbpf_pending *branch = env->free_pending;

	if (branch)
		env->free_pending = branch->next;
	else
		branch = lbpf_zalloc(sizeof(*branch), GFP_KERNEL);
	return branch;
}

/**
 * lbpf_push_branch() - Remember a path to walk later
 * @env: The run; the path starts in its current state.
 * @idx: First instruction of the path.
 * @prev_idx: Instruction before it.
 * @is_speculative: Only a mispredicting processor goes there.
 *
 * Return: The state at its start, which may be changed; ERR_PTR(-ENOMEM), or
 * ERR_PTR(-EFAULT) with too many paths, as Linux has it, which the log then says.
 */
struct lbpf_state *lbpf_push_branch(struct lbpf_env *env, u32 idx, u32 prev_idx,
				    bool is_speculative)
{
	struct lbpf_pending *branch = take_pending(env);
	struct lbpf_state *state = lbpf_state_alloc(env);

	if (!branch || !state || lbpf_state_copy(env, state, env->cur)) {
		lbpf_free(branch);
		lbpf_state_free(env, state);
		return ERR_PTR(-ENOMEM);
	}
	state->is_speculative |= is_speculative;
	branch->state = state;
	branch->idx = idx;
	branch->prev_idx = prev_idx;
	branch->log_bytes = env->log->used_bytes;
	branch->next = env->pending;
	env->pending = branch;
	if (state->parent)
		state->parent->branches++;
	if (++env->nr_pending > LBPF_MAX_PENDING) {
		verbose(env, "The sequence of %d jumps is too complex.\n", env->nr_pending);
		return ERR_PTR(-EFAULT);
	}
	return state;
}

/**
 * lbpf_exchange_branch() - Walk the newest path that waits, and let the current one wait in its
 *	place
 * @env: The run; env->idx becomes the start of the path, and its own start is up to the caller.
 */
void lbpf_exchange_branch(struct lbpf_env *env)
{
	swap(env->cur, env->pending->state);
	env->idx = env->pending->idx;
}

/* The newest path that waits becomes the current one.  False: there is none. */
static bool pop_branch(struct lbpf_env *env)
{
	struct lbpf_pending *branch = env->pending;

	if (!branch)
		return false;
	if (!(env->log->level & LBPF_LOG_ALL))
		lbpf_log_rewind(env->log, branch->log_bytes);
	lbpf_state_free(env, env->cur);
	env->cur = branch->state;
	env->idx = branch->idx;
	env->prev_idx = branch->prev_idx;
	env->pending = branch->next;
	env->nr_pending--;
	branch->next = env->free_pending;
	env->free_pending = branch;
	return true;
}

/**
 * lbpf_explore_release() - Free the paths that wait, and their states
 * @env: The run, which ends.
 */
void lbpf_explore_release(struct lbpf_env *env)
{
	struct lbpf_pending *branch;
	struct lbpf_async *async;

	while ((branch = env->pending)) {
		env->pending = branch->next;
		lbpf_state_free(env, branch->state);
		lbpf_free(branch);
	}
	while ((branch = env->free_pending)) {
		env->free_pending = branch->next;
		lbpf_free(branch);
	}
	env->nr_pending = 0;
	while ((async = env->asyncs)) {
		env->asyncs = async->next;
		lbpf_free(async);
	}
}

static bool wants_path(const struct lbpf_env *env)
{
	return env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL);
}

static int count_insn(struct lbpf_env *env)
{
	struct lbpf_code *code = env->code;

	if (env->idx >= code->nr_insns)
		return reject(env, -EFAULT, "invalid insn idx %d insn_cnt %d", env->idx,
			      code->nr_insns);
	if (++code->processed_insns > LBPF_MAX_INSNS)
		return reject(env, -E2BIG, "BPF program is too large. Processed %d insn",
			      code->processed_insns);
#ifdef __KERNEL__
	if (!(code->processed_insns & 63)) {
		if (signal_pending(current))
			return -EAGAIN;
		cond_resched();
	}
#endif
	return 0;
}

static const char *speculation(const struct lbpf_env *env)
{
	return env->cur->is_speculative ? " (speculative execution)" : "";
}

static void print_pruned(struct lbpf_env *env, bool is_branch)
{
	if (!wants_path(env))
		return;
	if (is_branch)
		verbose(env, "\nfrom %d to %d%s: safe\n", env->prev_idx, env->idx,
			speculation(env));
	else
		verbose(env, "%d: safe\n", env->idx);
}

static void print_insn(struct lbpf_env *env, bool is_branch)
{
	if (!wants_path(env))
		return;
	if (env->log->level & LBPF_LOG_ALL && is_branch) {
		verbose(env, "\nfrom %d to %d%s:", env->prev_idx, env->idx, speculation(env));
		lbpf_print_frame(env, lbpf_cur_frame(env->cur), true);
	}
	if (env->touched_regs || env->touched_slots)
		lbpf_print_insn_state(env);
	lbpf_print_line(env, env->idx, "; ");
	env->prev_log_bytes = env->log->used_bytes;
	verbose(env, "%d: ", env->idx);
	lbpf_print_insn(env, env->idx);
	env->prev_insn_len = env->log->used_bytes - env->prev_log_bytes;
	env->prev_log_bytes = env->log->used_bytes;
}

/* One instruction.  @is_branch: the first one of a path that waited, or behind a return. */
static int walk_insn(struct lbpf_env *env, bool is_branch)
{
	u32 idx = env->idx;
	int err;

	env->cur->last_idx = env->prev_idx;
	err = count_insn(env);
	if (err)
		return err;
	if (env->info[idx].flags & (LBPF_INFO_PRUNE | LBPF_INFO_JUMP)) {
		err = lbpf_prune(env);
		if (err == LBPF_PATH_ENDS)
			print_pruned(env, is_branch);
		if (err)
			return err;
	}
	print_insn(env, is_branch);
	lbpf_facts_visit(env, idx);
	env->judged_reg = U32_MAX;
	err = lbpf_step(env);
	env->prev_idx = idx;
	return err;
}

static int walk(struct lbpf_env *env)
{
	bool is_branch = false;
	int err;

	for (;;) {
		err = walk_insn(env, is_branch);
		if (err < 0)
			return err;
		if (err != LBPF_PATH_ENDS) {
			/* As Linux prints it, a return begins anew. */
			is_branch = env->insns[env->prev_idx].code == (BPF_JMP | BPF_EXIT);
			continue;
		}
		lbpf_touch_all(env);
		lbpf_branches_done(env, env->cur);
		if (!pop_branch(env))
			return 0;
		is_branch = true;
	}
}

/* What the function that is walked begins with: the context in R1, mostly. */
static int set_args(struct lbpf_env *env, struct lbpf_frame *frame, const struct lbpf_async *async)
{
	if (!async && env->code->subprogs[frame->subprog].is_global)
		return lbpf_global_args(env, frame, frame->subprog);
	if (async) {
		lbpf_call_async_args(env, frame, async);
		return 0;
	}
	lbpf_reg_set_pointer(&frame->regs[BPF_REG_1], LBPF_PTR_CTX);
	lbpf_call_static(env, frame->subprog);
	return 0;
}

/* Walks a function from its start; @async: as its helper calls it. */
static int walk_function(struct lbpf_env *env, u32 subprog, const struct lbpf_async *async)
{
	struct lbpf_frame *frame;
	int err = -ENOMEM;

	env->cur = lbpf_state_alloc(env);
	if (!env->cur)
		return -ENOMEM;
	env->cur->branches = 1;
	frame = lbpf_frame_push(env, env->cur, LBPF_NO_CALLSITE, subprog);
	if (!frame)
		goto free_state;
	err = set_args(env, frame, async);
	if (err)
		goto free_state;
	env->code->subprogs[subprog].is_reachable = true;
	env->idx = env->code->subprogs[subprog].start;
	env->prev_idx = (u32)-1;
	env->cur->first_idx = env->idx;
	env->prev_line = NULL;
	lbpf_touch_all(env);
	err = walk(env);
	if (err)
		lbpf_explain(env, err);
	if (!err && !(env->log->level & LBPF_LOG_ALL))
		lbpf_log_rewind(env->log, 0);

free_state:
	lbpf_state_free(env, env->cur);
	env->cur = NULL;
	return err;
}

/**
 * lbpf_explore() - Walk a function with the context in R1
 * @env: The run.
 * @subprog: Function.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_explore(struct lbpf_env *env, u32 subprog)
{
	return walk_function(env, subprog, NULL);
}

/**
 * lbpf_explore_globals() - Walk each global function by itself, for any arguments
 * @env: The run.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_explore_globals(struct lbpf_env *env)
{
	int err = 0;
	u32 i;

	for (i = 1; i < env->code->nr_subprogs && !err; i++) {
		if (!env->code->subprogs[i].is_global)
			continue;
		err = walk_function(env, i, NULL);
		if (!err && wants_path(env))
			verbose(env, "Func#%d is safe for any args that match its prototype\n", i);
	}
	return err;
}

static struct lbpf_async *next_async(struct lbpf_env *env)
{
	struct lbpf_async *async = env->asyncs;

	while (async && async->is_walked)
		async = async->next;
	return async;
}

/**
 * lbpf_explore_asyncs() - Walk the functions that are called after the program
 * @env: The run, after lbpf_explore().  They may give more of them to helpers.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_explore_asyncs(struct lbpf_env *env)
{
	bool is_sleepable = env->is_sleepable;
	struct lbpf_async *async;
	int err = 0;

	/* Whoever calls them does not sleep. */
	env->is_sleepable = false;
	env->is_async = true;
	while (!err && (async = next_async(env))) {
		async->is_walked = true;
		err = walk_function(env, async->subprog, async);
	}
	if (!err)
		err = lbpf_pass_async(env);
	env->is_sleepable = is_sleepable;
	env->is_async = false;
	return err;
}
