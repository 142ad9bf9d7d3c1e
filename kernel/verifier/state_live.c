// SPDX-License-Identifier: GPL-2.0
/*
 * Liveness: which values of a checkpoint are read afterwards.
 *
 * Layer: verifier (state).  Each register and slot knows the same place at the
 * checkpoint above (its parent).  A read that no write precedes is a read of
 * the parent's value, and so on upwards.  A later path that comes to the
 * checkpoint need agree with it only in what was read.
 */
#include "env.h"

/**
 * lbpf_live_read() - A register or slot is read
 * @env: The run.
 * @reg: The place, in the state being walked or in a checkpoint.
 */
void lbpf_live_read(struct lbpf_env *env, struct lbpf_reg *reg)
{
	struct lbpf_reg *parent;
	u32 steps = 0;

	while ((parent = reg->parent) && !(reg->live & LBPF_LIVE_WRITTEN)) {
		if (parent->live & LBPF_LIVE_READ)
			break;
		parent->live |= LBPF_LIVE_READ;
		reg = parent;
		steps++;
	}
	if (steps > env->code->mark_read)
		env->code->mark_read = steps;
}

static void link_frame(struct lbpf_frame *frame, struct lbpf_frame *above)
{
	u32 i;

	for (i = 0; i < LBPF_NR_REGS; i++)
		frame->regs[i].parent = &above->regs[i];
	for (i = 0; i < frame->nr_slots; i++) {
		frame->slots[i].spilled.parent = &above->slots[i].spilled;
		frame->slots[i].spilled.live = 0;
	}
}

/**
 * lbpf_live_link() - Start a stretch below a new checkpoint
 * @cur: State being walked.
 * @above: Checkpoint: a copy of it.
 */
void lbpf_live_link(struct lbpf_state *cur, struct lbpf_state *above)
{
	u32 i, j;

	for (i = 0; i <= cur->curframe; i++) {
		link_frame(cur->frame[i], above->frame[i]);
		/*
		 * R0 and R6-R9 of callers are unreachable until return; R1-R5 of callers are dead.
		 */
		for (j = 0; j < LBPF_NR_REGS; j++)
			cur->frame[i]->regs[j].live = 0;
	}
}

static void propagate_frame(struct lbpf_env *env, struct lbpf_frame *cur,
			    const struct lbpf_frame *old)
{
	u32 i;

	for (i = 0; i < LBPF_REG_FP; i++)
		if (old->regs[i].live & LBPF_LIVE_READ)
			lbpf_live_read(env, &cur->regs[i]);
	for (i = 0; i < cur->nr_slots && i < old->nr_slots; i++)
		if (old->slots[i].spilled.live & LBPF_LIVE_READ)
			lbpf_live_read(env, &cur->slots[i].spilled);
}

/**
 * lbpf_live_propagate() - A path ends at a checkpoint: what that reads, this path reads
 * @env: The run; its current state is at the checkpoint.
 * @old: Checkpoint.
 */
void lbpf_live_propagate(struct lbpf_env *env, const struct lbpf_state *old)
{
	u32 i;

	for (i = 0; i <= old->curframe; i++)
		propagate_frame(env, env->cur->frame[i], old->frame[i]);
}

/**
 * lbpf_live_read_all() - Everything above may be read
 * @state: State; all checkpoints above it are marked.
 */
void lbpf_live_read_all(struct lbpf_state *state)
{
	u32 i, j;

	while ((state = state->parent))
		for (i = 0; i <= state->curframe; i++) {
			struct lbpf_frame *frame = state->frame[i];

			for (j = 0; j < LBPF_REG_FP; j++)
				frame->regs[j].live |= LBPF_LIVE_READ;
			for (j = 0; j < frame->nr_slots; j++)
				frame->slots[j].spilled.live |= LBPF_LIVE_READ;
		}
}
