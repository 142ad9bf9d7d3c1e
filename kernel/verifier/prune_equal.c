// SPDX-License-Identifier: GPL-2.0
/*
 * State equivalence: is everything that can happen from here already known to be safe?
 *
 * Layer: verifier (prune).  A checkpoint whose paths are all walked covers a
 * state when the state agrees with it in everything that was read, exactly
 * where that mattered (precision), and loosely elsewhere.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "walk.h"

/* Do both ids stand for the same thing in their states? */
static bool match_ids(struct lbpf_env *env, u32 old, u32 cur)
{
	u32 i;

	if (!old != !cur)
		return false;
	if (!old)
		return true;
	for (i = 0; i < env->nr_ids; i++) {
		if (env->ids[i].old == old)
			return env->ids[i].cur == cur;
		if (env->ids[i].cur == cur)
			return false;
	}
	if (env->nr_ids == LBPF_ID_PAIRS)
		return false;
	env->ids[env->nr_ids++] = (struct lbpf_id_pair){ .old = old, .cur = cur };
	return true;
}

/* Numbers that were equal in @old must be equal in @cur; others may. */
static bool match_number_ids(struct lbpf_env *env, u32 old, u32 cur)
{
	if (!old)
		return true;
	return match_ids(env, old, cur ? cur : ++env->spare_id);
}

static bool numbers_match(struct lbpf_env *env, const struct lbpf_reg *old,
			  const struct lbpf_reg *cur)
{
	if (cur->type != LBPF_SCALAR)
		return false;
	if (env->explore_numbers)
		return lbpf_scalar_equal(&old->var, &cur->var) && old->id == cur->id;
	if (!old->is_precise && !env->is_exact)
		return true;
	return lbpf_scalar_subset(&old->var, &cur->var) && match_number_ids(env, old->id, cur->id);
}

static bool details_match(struct lbpf_env *env, const struct lbpf_reg *old,
			  const struct lbpf_reg *cur)
{
	/* Of memory it is an id like others: the dynamic pointer that it belongs to. */
	if (LBPF_TYPE_BASE(old->type) == LBPF_PTR_MEM ?
	    !match_ids(env, old->map_uid, cur->map_uid) : old->map_uid != cur->map_uid)
		return false;
	return old->off == cur->off && old->detail[0] == cur->detail[0] &&
	       old->detail[1] == cur->detail[1];
}

static bool packets_match(struct lbpf_env *env, const struct lbpf_reg *old,
			  const struct lbpf_reg *cur)
{
	/* A branch may have been decided by being at or beyond the end. */
	bool is_range_ok = old->range < 0 ? old->range == cur->range : old->range <= cur->range;

	return old->off == cur->off && is_range_ok &&
	       (!old->id || match_ids(env, old->id, cur->id)) &&
	       lbpf_scalar_subset(&old->var, &cur->var);
}

static bool pointers_match(struct lbpf_env *env, const struct lbpf_reg *old,
			   const struct lbpf_reg *cur)
{
	if (old->type != cur->type)
		return false;
	if (lbpf_type_is_packet(old->type))
		return packets_match(env, old, cur);
	if (!details_match(env, old, cur) || !match_ids(env, old->ref_id, cur->ref_id))
		return false;
	if (old->type == LBPF_PTR_STACK)
		return old->frame == cur->frame && lbpf_scalar_equal(&old->var, &cur->var);
	/* A NULL check of one copy tells of the others; a lock belongs to one value. */
	if (old->id && !match_ids(env, old->id, cur->id))
		return false;
	return lbpf_scalar_subset(&old->var, &cur->var);
}

static bool regs_match(struct lbpf_env *env, const struct lbpf_reg *old, const struct lbpf_reg *cur)
{
	if (!(old->live & LBPF_LIVE_READ) && !env->is_exact)
		return true;
	if (old->type == LBPF_NOT_INIT)
		return true;
	if (old->type == LBPF_SCALAR)
		return numbers_match(env, old, cur);
	return pointers_match(env, old, cur);
}

/* Does some number, unknown to the program, stand in all eight bytes of @slot? */
static bool holds_number(const struct lbpf_slot *slot)
{
	u32 i;

	if (lbpf_slot_is_spill(slot) && slot->spilled.type != LBPF_SCALAR)
		return false;
	for (i = 0; i < LBPF_SLOT_BYTES; i++)
		if (slot->kind[i] == LBPF_SLOT_INVALID || slot->kind[i] == LBPF_SLOT_DYNPTR)
			return false;
	return true;
}

/* The first @nr bytes, from the highest address down. */
static bool bytes_match(const struct lbpf_env *env, const struct lbpf_slot *old,
			const struct lbpf_slot *cur, u32 nr)
{
	bool is_number = !lbpf_slot_is_spill(cur) || cur->spilled.type == LBPF_SCALAR;
	u32 i;

	for (i = 0; i < nr; i++) {
		u8 kind = cur->kind[i];

		if (old->kind[i] == LBPF_SLOT_INVALID || old->kind[i] == kind)
			continue;
		if (old->kind[i] == LBPF_SLOT_MISC &&
		    (kind == LBPF_SLOT_ZERO || (kind == LBPF_SLOT_SPILL && is_number) ||
		     (kind == LBPF_SLOT_INVALID && env->may_read_uninit)))
			continue;
		return false;
	}
	return true;
}

/*
 * Bytes that were never a register, where @old has a number: zeros are the number 0, others any
 * number of their width.
 */
static bool plain_bytes_match(struct lbpf_env *env, const struct lbpf_slot *old,
			      const struct lbpf_slot *cur)
{
	u32 i, bytes = lbpf_slot_spilled_bytes(old), nr_beside = LBPF_SLOT_BYTES - bytes;
	struct lbpf_reg number = { .type = LBPF_SCALAR };
	bool is_zero = true;

	for (i = nr_beside; i < LBPF_SLOT_BYTES; i++) {
		if (cur->kind[i] != LBPF_SLOT_ZERO && cur->kind[i] != LBPF_SLOT_MISC)
			return false;
		is_zero &= cur->kind[i] == LBPF_SLOT_ZERO;
	}
	if (is_zero)
		lbpf_scalar_set_const(&number.var, 0);
	else
		lbpf_scalar_set_load(&number.var, bytes);
	return bytes_match(env, old, cur, nr_beside) &&
	       numbers_match(env, &old->spilled, &number);
}

static bool slots_match(struct lbpf_env *env, const struct lbpf_slot *old,
			const struct lbpf_slot *cur)
{
	bool was_spill = lbpf_slot_is_spill(old);

	if (was_spill && lbpf_slot_is_spill(cur))
		return bytes_match(env, old, cur, LBPF_SLOT_BYTES) &&
		       regs_match(env, &old->spilled, &cur->spilled);
	/* A number whose value did not matter is as good as any other. */
	if (was_spill && old->spilled.type == LBPF_SCALAR && !old->spilled.is_precise &&
	    !env->is_exact && !env->explore_numbers)
		return holds_number(cur);
	if (was_spill)
		return old->spilled.type == LBPF_SCALAR && plain_bytes_match(env, old, cur);
	return bytes_match(env, old, cur, LBPF_SLOT_BYTES);
}

/*
 * What a store does, or whether it is refused, depends on them also where nothing reads them: they
 * are always compared.
 */
static bool dynptrs_match(struct lbpf_env *env, const struct lbpf_slot *old,
			  const struct lbpf_slot *cur)
{
	return lbpf_slot_is_dynptr(cur) && old->spilled.type == cur->spilled.type &&
	       old->spilled.off == cur->spilled.off &&
	       match_ids(env, old->spilled.ref_id, cur->spilled.ref_id) &&
	       match_ids(env, old->spilled.id, cur->spilled.id);
}

static bool stacks_match(struct lbpf_env *env, const struct lbpf_frame *old,
			 const struct lbpf_frame *cur)
{
	static const struct lbpf_slot none;
	u32 i;

	for (i = old->nr_slots; i < cur->nr_slots; i++)
		if (lbpf_slot_is_dynptr(&cur->slots[i]))
			return false;
	for (i = 0; i < old->nr_slots; i++) {
		const struct lbpf_slot *slot = i < cur->nr_slots ? &cur->slots[i] : &none;

		if (lbpf_slot_is_dynptr(&old->slots[i]) || lbpf_slot_is_dynptr(slot)) {
			if (!lbpf_slot_is_dynptr(&old->slots[i]) ||
			    !dynptrs_match(env, &old->slots[i], slot))
				return false;
			continue;
		}
		if (!(old->slots[i].spilled.live & LBPF_LIVE_READ) && !env->is_exact)
			continue;
		if (!slots_match(env, &old->slots[i], slot))
			return false;
	}
	return true;
}

static bool frames_match(struct lbpf_env *env, const struct lbpf_frame *old,
			 const struct lbpf_frame *cur)
{
	u32 i;

	if (old->callsite != cur->callsite || old->subprog != cur->subprog ||
	    old->in_callback != cur->in_callback ||
	    old->in_async_callback != cur->in_async_callback)
		return false;
	for (i = 0; i < LBPF_NR_REGS; i++)
		if (!regs_match(env, &old->regs[i], &cur->regs[i]))
			return false;
	return stacks_match(env, old, cur);
}

static bool refs_match(struct lbpf_env *env, const struct lbpf_state *old,
		       const struct lbpf_state *cur)
{
	u32 i;

	if (old->nr_refs != cur->nr_refs)
		return false;
	for (i = 0; i < old->nr_refs; i++)
		if (old->refs[i].callback_frame != cur->refs[i].callback_frame ||
		    !match_ids(env, old->refs[i].id, cur->refs[i].id))
			return false;
	return true;
}

/**
 * lbpf_states_equal() - Does a checkpoint cover a state?
 * @env: The run.
 * @old: Checkpoint.
 * @cur: State.
 * @is_exact: Compare everything, as if all was read and mattered.
 *
 * Return: True if whatever can happen from @cur can happen from @old.
 */
bool lbpf_states_equal(struct lbpf_env *env, const struct lbpf_state *old,
		       const struct lbpf_state *cur, bool is_exact)
{
	u32 i;

	if (old->curframe != cur->curframe)
		return false;
	/* A path that only a mispredicting processor takes proves nothing of the others. */
	if (old->is_speculative && !cur->is_speculative)
		return false;
	if (old->is_last_turn && !cur->is_last_turn)
		return false;
	env->nr_ids = 0;
	env->spare_id = env->last_id;
	env->is_exact = is_exact;
	if (!match_ids(env, old->lock_id, cur->lock_id))
		return false;
	for (i = 0; i <= old->curframe; i++)
		if (!frames_match(env, old->frame[i], cur->frame[i]))
			return false;
	return refs_match(env, old, cur);
}
