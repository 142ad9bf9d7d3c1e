// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of functions of the program, and returns from them.
 *
 * Layer: verifier (call).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "call.h"

/**
 * lbpf_call_print_entry() - Log the frames of a call
 * @env: The run.
 * @caller: Frame.
 * @callee: Frame.
 */
void lbpf_call_print_entry(struct lbpf_env *env, const struct lbpf_frame *caller,
			   const struct lbpf_frame *callee)
{
	if (!(env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL)))
		return;
	verbose(env, "caller:\n");
	lbpf_print_frame(env, caller, true);
	verbose(env, "callee:\n");
	lbpf_print_frame(env, callee, true);
}

/**
 * lbpf_call_print_return() - Log the frames of a return to env->idx
 * @env: The run.
 * @callee: Frame.
 * @caller: Frame.
 */
void lbpf_call_print_return(struct lbpf_env *env, const struct lbpf_frame *callee,
			    const struct lbpf_frame *caller)
{
	if (!(env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL)))
		return;
	verbose(env, "returning from callee:\n");
	lbpf_print_frame(env, callee, true);
	verbose(env, "to caller at %d:\n", env->idx);
	lbpf_print_frame(env, caller, true);
}

/**
 * lbpf_call_subprog() - A call of a function of the program; env->idx becomes its first instruction
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, -E2BIG, -ENOMEM, -EINVAL.
 */
int lbpf_call_subprog(struct lbpf_env *env, const struct bpf_insn *insn)
{
	u32 subprog = env->aux[env->idx].subprog, i;
	struct lbpf_state *state = env->cur;
	struct lbpf_frame *caller, *callee;

	if (state->lock_id)
		return reject(env, -EINVAL, "function calls are not allowed while holding a lock");
	if (state->curframe + 1 >= LBPF_MAX_FRAMES)
		return reject(env, -E2BIG, "the call stack of %d frames is too deep",
			      state->curframe + 2);
	if (env->code->subprogs[subprog].is_global) {
		env->code->subprogs[subprog].runs_later |= env->is_async;
		return lbpf_call_global(env, subprog);
	}
	lbpf_call_static(env, subprog);
	caller = lbpf_cur_frame(state);
	callee = lbpf_frame_push(env, state, env->idx, subprog);
	if (!callee)
		return -ENOMEM;
	/* Liveness comes along: what the callee reads, it reads of the caller's. */
	for (i = BPF_REG_1; i <= BPF_REG_5; i++)
		callee->regs[i] = caller->regs[i];
	state->curframe--;
	lbpf_call_clobber(env);
	state->curframe++;
	env->code->subprogs[subprog].is_reachable = true;
	env->idx = env->code->subprogs[subprog].start;
	lbpf_touch_all(env);
	lbpf_call_print_entry(env, caller, callee);
	return 0;
}

/**
 * lbpf_call_return() - The current function returns to its caller
 * @env: The run, with two frames at least; env->idx becomes where the caller goes on.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_return(struct lbpf_env *env)
{
	struct lbpf_state *state = env->cur;
	struct lbpf_frame *callee = lbpf_cur_frame(state);
	struct lbpf_frame *caller = state->frame[state->curframe - 1];
	struct lbpf_reg *r0 = &callee->regs[BPF_REG_0];

	if (callee->in_callback)
		return lbpf_call_turn(env);
	if (r0->type == LBPF_PTR_STACK)
		return reject(env, -EINVAL, "cannot return stack pointer to the caller");
	/* With liveness: reading the result is reading the callee's R0. */
	caller->regs[BPF_REG_0] = *r0;
	if (env->code->subprogs[callee->subprog].has_tail_call) {
		/* Another program may have returned in its place. */
		lbpf_reg_set_unknown(env, &caller->regs[BPF_REG_0]);
		lbpf_call_forget_packets(env);
	}
	env->idx = callee->callsite + 1;
	lbpf_call_print_return(env, callee, caller);
	lbpf_frame_pop(env, state);
	return 0;
}
