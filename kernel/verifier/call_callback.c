// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of the program that helpers call.
 *
 * Layer: verifier (call).  A helper may call its function any number of times,
 * or never.  So a path that goes on behind the helper waits, while this one
 * enters the function; where that returns it comes to the helper again.  The
 * numbers that a turn has changed, and that nothing was decided by, are then
 * unknown, so that the next turn changes nothing and the path ends.  What
 * follows the helper is walked from the last turn first: what is known there
 * mostly covers the turns before.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "call.h"

/*
 * Times that a helper is come to with its numbers as they are.  A function that counts, and decides
 * by the count, is followed that far; then what differs is unknown whether it decides or not.
 */
#define MAX_EXACT_VISITS	128

/* What R1 to R5 of a function are. */
enum callback_arg {
	NO_ARG,
	ARG_NUMBER,	/* some number */
	ARG_MAP,
	ARG_KEY,
	ARG_VALUE,
	ARG_DYNPTR,	/* to memory that is the helper's */
	ARG_CONTEXT,	/* what the helper was given for it: its third argument */
};

static const u8 callback_args[][LBPF_MAX_ARGS] = {
	[LBPF_CB_FOR_EACH]	= { ARG_MAP, ARG_KEY, ARG_VALUE, ARG_CONTEXT },
	[LBPF_CB_LOOP]		= { ARG_NUMBER, ARG_CONTEXT },
	[LBPF_CB_USER_RINGBUF]	= { ARG_DYNPTR, ARG_CONTEXT },
	[LBPF_CB_TIMER]		= { ARG_MAP, ARG_KEY, ARG_VALUE },
};

static void set_pointer(struct lbpf_reg *reg, u32 type, struct lbpf_map *map)
{
	lbpf_reg_set_pointer(reg, type);
	reg->map = map;
}

/* @caller is NULL where the call comes later. */
static void set_arg(struct lbpf_env *env, struct lbpf_reg *reg, u8 arg, struct lbpf_map *map,
		    const struct lbpf_frame *caller)
{
	switch (arg) {
	case ARG_NUMBER:
		lbpf_reg_set_unknown(env, reg);
		break;
	case ARG_MAP:
		set_pointer(reg, LBPF_PTR_CONST_MAP, map);
		break;
	case ARG_KEY:
		set_pointer(reg, LBPF_PTR_MAP_KEY, map);
		break;
	case ARG_VALUE:
		set_pointer(reg, LBPF_PTR_MAP_VALUE, map);
		if (map->spin_lock_off >= 0)
			reg->id = ++env->last_id;
		break;
	case ARG_DYNPTR:
		lbpf_reg_set_pointer(reg, LBPF_DYNPTR | LBPF_DYNPTR_LOCAL);
		break;
	case ARG_CONTEXT:
		*reg = caller->regs[BPF_REG_3];
		break;
	default:
		break;
	}
}

/* What is called later knows nothing of this path: it is walked by itself, once for each map. */
static int note_async(struct lbpf_env *env, const struct lbpf_call *call)
{
	u32 kind = call->proto->callback_kind;
	struct lbpf_async *async;

	if (env->cur->is_speculative)
		return 0;
	for (async = env->asyncs; async; async = async->next)
		if (async->subprog == call->subprog && async->map == call->map &&
		    async->kind == kind)
			return 0;
	async = lbpf_zalloc(sizeof(*async), GFP_KERNEL);
	if (!async)
		return -ENOMEM;
	async->subprog = call->subprog;
	async->map = call->map;
	async->kind = kind;
	async->next = env->asyncs;
	env->asyncs = async;
	env->code->subprogs[call->subprog].is_callback = true;
	env->code->subprogs[call->subprog].is_async = true;
	return 0;
}

/**
 * lbpf_call_async_args() - Arguments of a function that is called later
 * @env: The run.
 * @frame: Its frame.
 * @async: What is known of the call.
 */
void lbpf_call_async_args(struct lbpf_env *env, struct lbpf_frame *frame,
			  const struct lbpf_async *async)
{
	u32 i;

	frame->in_async_callback = true;
	for (i = 0; i < LBPF_MAX_ARGS; i++)
		set_arg(env, &frame->regs[BPF_REG_1 + i], callback_args[async->kind][i],
			async->map, NULL);
}

/**
 * lbpf_call_callback() - A helper gets a function to call
 * @env: The run, before the helper's effects.
 * @call: The call.
 *
 * The branch that enters it becomes the newest one that waits: lbpf_call_enter() must follow.
 *
 * Return: 0, -E2BIG, -EFAULT, -ENOMEM, -EOPNOTSUPP with the reason in the log.
 */
int lbpf_call_callback(struct lbpf_env *env, struct lbpf_call *call)
{
	u32 kind = call->proto->callback_kind, i;
	struct lbpf_frame *caller, *callee;
	struct lbpf_state *other;

	if (kind >= ARRAY_SIZE(callback_args) || callback_args[kind][0] == NO_ARG)
		return reject(env, -EOPNOTSUPP, "callbacks of %s are not supported",
			      lbpf_helper_name(call->proto->id));
	if (call->proto->effects & LBPF_EFF_ASYNC_CALLBACK)
		return note_async(env, call);
	if (env->cur->is_last_turn) {
		env->cur->is_last_turn = false;
		return 0;
	}
	if (env->cur->curframe + 1 >= LBPF_MAX_FRAMES)
		return reject(env, -E2BIG, "the call stack of %d frames is too deep",
			      env->cur->curframe + 2);
	other = lbpf_push_branch(env, env->code->subprogs[call->subprog].start, env->idx, false);
	if (IS_ERR(other))
		return PTR_ERR(other);
	caller = lbpf_cur_frame(other);
	callee = lbpf_frame_push(env, other, env->idx, call->subprog);
	if (!callee)
		return -ENOMEM;
	callee->in_callback = true;
	callee->callback_max = 1;
	for (i = 0; i < LBPF_MAX_ARGS; i++)
		set_arg(env, &callee->regs[BPF_REG_1 + i], callback_args[kind][i], call->map,
			caller);
	env->code->subprogs[call->subprog].is_callback = true;
	env->code->subprogs[call->subprog].is_reachable = true;
	call->callee = callee;
	return 0;
}

/**
 * lbpf_call_enter() - The path enters the function, and another one goes on behind the helper
 * @env: The run, after the helper's effects; env->idx becomes the function's first instruction.
 * @call: The call.
 */
void lbpf_call_enter(struct lbpf_env *env, const struct lbpf_call *call)
{
	u32 callsite = env->idx;

	lbpf_exchange_branch(env);
	env->pending->idx = callsite + 1;
	env->pending->prev_idx = callsite;
	lbpf_touch_all(env);
	lbpf_call_print_entry(env, env->cur->frame[env->cur->curframe - 1], call->callee);
}

static void widen_number(struct lbpf_env *env, const struct lbpf_reg *old, struct lbpf_reg *cur)
{
	bool is_kept = old->is_precise && env->code->facts[env->idx].visits < MAX_EXACT_VISITS;

	if (old->type == LBPF_SCALAR && cur->type == LBPF_SCALAR && !is_kept &&
	    !lbpf_scalar_equal(&old->var, &cur->var))
		lbpf_reg_set_unknown(env, cur);
}

static void widen_frame(struct lbpf_env *env, const struct lbpf_frame *old, struct lbpf_frame *cur)
{
	u32 i;

	for (i = 0; i < LBPF_REG_FP; i++)
		widen_number(env, &old->regs[i], &cur->regs[i]);
	for (i = 0; i < old->nr_slots && i < cur->nr_slots; i++)
		if (lbpf_slot_is_spill(&old->slots[i]) && lbpf_slot_is_spill(&cur->slots[i]))
			widen_number(env, &old->slots[i].spilled, &cur->slots[i].spilled);
}

/* Numbers that differ from the last time the helper was come to. */
static void widen(struct lbpf_env *env)
{
	const struct lbpf_state *old = env->cur->parent;
	u32 i;

	while (old && (old->insn_idx != env->idx || old->curframe != env->cur->curframe))
		old = old->parent;
	for (i = 0; old && i <= old->curframe; i++)
		widen_frame(env, old->frame[i], env->cur->frame[i]);
}

static int check_result(struct lbpf_env *env, const struct lbpf_frame *callee)
{
	struct lbpf_tnum range = lbpf_tnum_range(0, callee->callback_max);
	const struct lbpf_reg *r0 = &callee->regs[BPF_REG_0];
	char var[64];
	int err;

	err = lbpf_use_reg(env, BPF_REG_0, LBPF_REG_SRC);
	if (err)
		return err;
	if (r0->type != LBPF_SCALAR)
		return reject(env, -EACCES, "R0 not a scalar value");
	err = lbpf_precise_reg(env, BPF_REG_0);
	if (err || lbpf_tnum_in(range, r0->var.bits))
		return err;
	lbpf_tnum_print(var, sizeof(var), r0->var.bits);
	verbose(env, "At callback return the register R0 has value %s", var);
	lbpf_tnum_print(var, sizeof(var), range);
	return reject(env, -EINVAL, " should have been in %s", var);
}

/**
 * lbpf_call_turn() - A function that a helper calls returns; env->idx becomes the helper's call
 * @env: The run.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_turn(struct lbpf_env *env)
{
	struct lbpf_frame *callee = lbpf_cur_frame(env->cur);
	int err = check_result(env, callee);

	if (err)
		return err;
	if (env->code->subprogs[callee->subprog].has_tail_call)
		lbpf_call_forget_packets(env);
	/* 1 ends the helper. */
	env->cur->is_last_turn = lbpf_reg_is_const(&callee->regs[BPF_REG_0]) &&
				 callee->regs[BPF_REG_0].var.bits.value;
	env->idx = callee->callsite;
	env->cur->turns++;
	lbpf_call_print_return(env, callee, env->cur->frame[env->cur->curframe - 1]);
	lbpf_frame_pop(env, env->cur);
	lbpf_touch_all(env);
	widen(env);
	return 0;
}
