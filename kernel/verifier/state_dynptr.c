// SPDX-License-Identifier: GPL-2.0
/*
 * Dynamic pointers on the stack: two slots that only helpers read and write.
 *
 * Layer: verifier (state).  Both slots are LBPF_SLOT_DYNPTR in all their bytes.
 * Their spilled register says which kind it is (type), which half (off), which
 * dynamic pointer (id), and which reference it holds (ref_id).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "env.h"

static void forget_slice(const struct lbpf_env *env, struct lbpf_reg *reg, u32 id)
{
	if (LBPF_TYPE_BASE(reg->type) == LBPF_PTR_MEM && reg->map_uid == id)
		lbpf_reg_set_unknown(env, reg);
}

/* Memory that was reached through the dynamic pointer must not be used any more. */
static void forget_slices(struct lbpf_env *env, u32 id)
{
	struct lbpf_state *state = env->cur;
	u32 i, j;

	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			forget_slice(env, &frame->regs[j], id);
		for (j = 0; j < frame->nr_slots; j++)
			if (lbpf_slot_is_spill(&frame->slots[j]))
				forget_slice(env, &frame->slots[j].spilled, id);
	}
}

static void clear_slot(struct lbpf_slot *slot)
{
	u32 i;

	for (i = 0; i < LBPF_SLOT_BYTES; i++)
		slot->kind[i] = LBPF_SLOT_INVALID;
	lbpf_reg_set_not_init(&slot->spilled);
}

static void set_slot(struct lbpf_slot *slot, u32 type, u32 off, u32 id, u32 ref_id)
{
	u32 i;

	for (i = 0; i < LBPF_SLOT_BYTES; i++)
		slot->kind[i] = LBPF_SLOT_DYNPTR;
	lbpf_reg_set_pointer(&slot->spilled, type);
	slot->spilled.off = off;
	slot->spilled.id = id;
	slot->spilled.ref_id = ref_id;
}

/**
 * lbpf_dynptr_make() - A helper has made a dynamic pointer
 * @env: The run.
 * @frame: Frame, with both slots written.
 * @slot: Slot at its address; the other one is the one before.
 * @type: LBPF_DYNPTR with its kind.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_dynptr_make(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot, u32 type)
{
	int ref_id = type & LBPF_DYNPTR_RINGBUF ? lbpf_ref_acquire(env, env->idx) : 0;
	u32 id;

	if (ref_id < 0)
		return ref_id;
	id = ref_id ?: ++env->last_id;
	set_slot(&frame->slots[slot], type, 0, id, ref_id);
	set_slot(&frame->slots[slot - 1], type, LBPF_SLOT_BYTES, id, ref_id);
	return 0;
}

/**
 * lbpf_dynptr_clear() - A dynamic pointer is none any more
 * @env: The run.
 * @frame: Frame.
 * @slot: Slot of one of its halves.
 */
void lbpf_dynptr_clear(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot)
{
	const struct lbpf_reg *half = &frame->slots[slot].spilled;
	u32 first = half->off ? slot + 1 : slot;

	forget_slices(env, half->id);
	clear_slot(&frame->slots[first]);
	clear_slot(&frame->slots[first - 1]);
}

/**
 * lbpf_dynptr_overwrite() - A slot is written by something that is no dynamic pointer
 * @env: The run.
 * @frame: Frame.
 * @slot: Slot.
 *
 * A reference that was in it stays, and nothing can release it: the program will be refused for it.
 * The slot at its address keeps the id, so that the refusal can tell it from one that never was.
 */
void lbpf_dynptr_overwrite(struct lbpf_env *env, struct lbpf_frame *frame, u32 slot)
{
	const struct lbpf_reg *half = &frame->slots[slot].spilled;
	u32 first = half->off ? slot + 1 : slot, ref_id = half->ref_id;

	if (!lbpf_slot_is_dynptr(&frame->slots[slot]))
		return;
	lbpf_dynptr_clear(env, frame, slot);
	frame->slots[first].spilled.ref_id = ref_id;
}
