// SPDX-License-Identifier: GPL-2.0
/*
 * Checkpoints: where to take them, and when a path may end at one.
 *
 * Layer: verifier (prune).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "walk.h"

/* A checkpoint is worth its memory after so many jumps and instructions. */
#define MIN_JUMPS	2
#define MIN_INSNS	8
/* In a loop, whose turns differ from each other, it takes more of either. */
#define MIN_LOOP_JUMPS	20
#define MIN_LOOP_INSNS	100
/* Checkpoints of one instruction without CAP_BPF. */
#define MAX_STATES_UNPRIV	64

static bool is_same(const struct lbpf_reg *old, const struct lbpf_reg *cur)
{
	return !memcmp(old, cur, offsetof(struct lbpf_reg, parent));
}

/*
 * Cheap test before the comparison that finds an infinite loop.  What differed
 * last, most likely what the loop counts with, is looked at first.
 */
static bool may_loop(struct lbpf_env *env, const struct lbpf_state *old)
{
	const struct lbpf_reg *old_regs = lbpf_cur_regs(old), *regs = lbpf_cur_regs(env->cur);
	u32 i;

	/* Another turn of a function that a helper calls is no loop: it ends at the helper. */
	if (old->curframe != env->cur->curframe || old->turns != env->cur->turns ||
	    !is_same(&old_regs[env->counter], &regs[env->counter]))
		return false;
	for (i = 0; i < LBPF_NR_REGS; i++) {
		if (is_same(&old_regs[i], &regs[i]))
			continue;
		env->counter = i;
		return false;
	}
	return true;
}

static int end_at(struct lbpf_env *env, struct lbpf_state *old)
{
	int err;

	old->hits++;
	lbpf_facts_pruned(env, old);
	lbpf_live_propagate(env, old);
	err = lbpf_hop_push(env->cur, env->idx, env->prev_idx);
	if (!err)
		err = lbpf_precise_propagate(env, old);
	return err ? err : LBPF_PATH_ENDS;
}

static void forget(struct lbpf_env *env, struct lbpf_state *point)
{
	lbpf_state_free(env, point);
	env->nr_states--;
}

/* A checkpoint that does not help any more is forgotten: at once, or when its paths are done. */
static void drop(struct lbpf_env *env, struct lbpf_state *point)
{
	if (!point->branches) {
		forget(env, point);
		return;
	}
	point->is_dropped = true;
	point->prev = NULL;
	point->next = env->dropped;
	if (env->dropped)
		env->dropped->prev = point;
	env->dropped = point;
}

static void forget_dropped(struct lbpf_env *env, struct lbpf_state *point)
{
	if (point->prev)
		point->prev->next = point->next;
	else
		env->dropped = point->next;
	if (point->next)
		point->next->prev = point->prev;
	forget(env, point);
}

static bool is_useless(const struct lbpf_state *old)
{
	return old->misses > old->hits * 3 + 3;
}

/* Has a function that a helper calls just returned to the helper's call? */
static bool is_turn(const struct lbpf_env *env)
{
	return env->info[env->idx].flags & LBPF_INFO_CALLBACK &&
	       env->prev_idx < env->code->nr_insns &&
	       env->insns[env->prev_idx].code == (BPF_JMP | BPF_EXIT);
}

/*
 * The turn has come to where a checkpoint that is still being walked from began
 * one: nothing new will happen.  What will be found to matter below that
 * checkpoint is not known yet, so everything does.
 */
static int end_turn(struct lbpf_env *env, struct lbpf_state *old)
{
	old->hits++;
	lbpf_live_read_all(env->cur);
	lbpf_precise_until(env, old);
	return LBPF_PATH_ENDS;
}

static bool in_short_turn(const struct lbpf_env *env)
{
	return env->jumps - env->prev_jumps < MIN_LOOP_JUMPS &&
	       env->code->processed_insns - env->prev_insns < MIN_LOOP_INSNS;
}

/*
 * Looks for a checkpoint that covers the current state.  LBPF_PATH_ENDS: found;
 * 0: none, and *@is_wanted says whether to take one.
 */
static int find_covering(struct lbpf_env *env, bool *is_wanted)
{
	struct lbpf_state **link = &env->info[env->idx].explored;
	u32 callsite = lbpf_cur_frame(env->cur)->callsite;
	struct lbpf_state *old;
	u32 nr_states = 0;

	while ((old = *link)) {
		/* Of a function called from elsewhere: it neither helps nor stands in the way. */
		if (lbpf_cur_frame(old)->callsite != callsite) {
			link = &old->next;
			continue;
		}
		nr_states++;
		if (old->branches && is_turn(env)) {
			if (lbpf_states_equal(env, old, env->cur, true))
				return end_turn(env, old);
		} else if (old->branches) {
			if (may_loop(env, old) && lbpf_states_equal(env, old, env->cur, false))
				return reject(env, -EINVAL, "infinite loop detected at insn %d",
					      env->idx);
			if (in_short_turn(env) && !(env->info[env->idx].flags & LBPF_INFO_CALLBACK))
				*is_wanted = false;
		} else if (lbpf_states_equal(env, old, env->cur, false)) {
			return end_at(env, old);
		}
		if (*is_wanted)
			old->misses++;
		if (is_useless(old)) {
			*link = old->next;
			drop(env, old);
		} else {
			link = &old->next;
		}
	}
	if (env->code->max_states_per_insn < nr_states)
		env->code->max_states_per_insn = nr_states;
	if (!env->is_capable && nr_states > MAX_STATES_UNPRIV)
		*is_wanted = false;
	return 0;
}

static int take_checkpoint(struct lbpf_env *env)
{
	struct lbpf_state *cur = env->cur, *point;

	point = lbpf_state_alloc(env);
	if (!point)
		return -ENOMEM;
	if (lbpf_state_copy(env, point, cur)) {
		lbpf_state_free(env, point);
		return -ENOMEM;
	}
	env->code->total_states++;
	env->nr_states++;
	env->peak_states = max(env->peak_states, env->nr_states);
	env->prev_jumps = env->jumps;
	env->prev_insns = env->code->processed_insns;
	if (env->is_capable)
		lbpf_precise_forget(point);
	point->insn_idx = env->idx;
	point->next = env->info[env->idx].explored;
	env->info[env->idx].explored = point;
	lbpf_live_link(cur, point);
	cur->parent = point;
	cur->first_idx = env->idx;
	cur->nr_hops = 0;
	return 0;
}

/**
 * lbpf_prune() - Arriving at an instruction where paths may meet
 * @env: The run.
 *
 * Return: 0 to go on, LBPF_PATH_ENDS when everything from here is known to be
 * safe, or -errno.
 */
int lbpf_prune(struct lbpf_env *env)
{
	const struct lbpf_insn_info *info = &env->info[env->idx];
	bool is_wanted = env->is_test_freq || info->flags & LBPF_INFO_CALLBACK ||
			 (env->jumps - env->prev_jumps >= MIN_JUMPS &&
			  env->code->processed_insns - env->prev_insns >= MIN_INSNS);
	int err;

	if (info->flags & LBPF_INFO_PRUNE) {
		err = find_covering(env, &is_wanted);
		if (err)
			return err;
		if (is_wanted)
			return take_checkpoint(env);
	}
	if (info->flags & (LBPF_INFO_JUMP | LBPF_INFO_CALLBACK))
		return lbpf_hop_push(env->cur, env->idx, env->prev_idx);
	return 0;
}

/**
 * lbpf_branches_done() - A path has ended
 * @env: The run.
 * @state: State at its end.  Checkpoints above it that this was the last path of become usable.
 */
void lbpf_branches_done(struct lbpf_env *env, struct lbpf_state *state)
{
	struct lbpf_state *parent;

	while (state && !--state->branches) {
		parent = state->parent;
		if (state->is_dropped)
			forget_dropped(env, state);
		state = parent;
	}
}
