// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses to the stack.
 *
 * Layer: verifier (access).  Slots keep whole spilled registers; any other
 * store leaves bytes that are some number or zero.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "walk.h"

/* Byte at @off (below 0): its slot, and its place in kind[]. */
#define SLOT_OF(off)	((u32)(-(off) - 1) / LBPF_SLOT_BYTES)
#define BYTE_OF(off)	((u32)(-(off) - 1) % LBPF_SLOT_BYTES)

/**
 * struct span - Bytes of a stack that an access may touch
 * @frame: Whose stack.
 * @regno: Register with the address.
 * @min: First byte of the access, at least.
 * @max: First byte of the access, at most.
 * @size: Bytes.
 * @is_fixed: @min and @max are the same for certain.
 */
struct span {
	struct lbpf_frame	*frame;
	u32			regno;
	s32			min;
	s32			max;
	s32			size;
	bool			is_fixed;
};

enum intent {
	STACK_READ,
	STACK_WRITE,
	STACK_HELPER,
};

static const char *const direct_words[] = { " read from", " write to", " indirect access to" };

/* Without CAP_PERFMON only what was written may be read. */
static bool is_outside(const struct lbpf_env *env, const struct span *span, s64 off,
		       enum intent intent)
{
	bool is_written_only = intent == STACK_READ && !env->may_read_uninit;
	s64 least = is_written_only ? -(s64)span->frame->nr_slots * LBPF_SLOT_BYTES :
				      -LBPF_STACK_BYTES;

	return off < least || off > -1;
}

static void note_depth(struct lbpf_env *env, const struct span *span)
{
	struct lbpf_subprog *subprog = &env->code->subprogs[span->frame->subprog];

	if (subprog->stack_bytes < -span->min)
		subprog->stack_bytes = -span->min;
}

/* Fills in @span for @size bytes at @off behind register @regno, or refuses. */
static int find_span(struct lbpf_env *env, struct span *span, s32 off, enum intent intent)
{
	struct lbpf_reg *reg = lbpf_reg_of(env, span->regno);
	s64 min, max, last;
	char var[64];
	bool is_low;

	span->frame = env->cur->frame[reg->frame];
	span->is_fixed = lbpf_tnum_is_const(reg->var.bits);
	min = span->is_fixed ? (s64)reg->var.bits.value : lbpf_scalar_smin(&reg->var);
	max = span->is_fixed ? min : lbpf_scalar_smax(&reg->var);
	if (!span->is_fixed && (max >= LBPF_MAX_VAR_OFF || min <= -LBPF_MAX_VAR_OFF))
		return reject(env, -EACCES, "invalid unbounded variable-offset%s stack R%d",
			      direct_words[intent], span->regno);
	min += reg->off + off;
	max += reg->off + off;
	last = span->size > 0 ? max + span->size - 1 : max;
	is_low = is_outside(env, span, min, intent);
	if (is_low || is_outside(env, span, last, intent)) {
		/* As Linux: beyond the frame is another error than below it. */
		if (span->is_fixed)
			return reject(env, is_low ? -EACCES : -EINVAL,
				      "invalid%s stack R%d off=%d size=%d", direct_words[intent],
				      span->regno, (int)min, span->size);
		lbpf_tnum_print(var, sizeof(var), reg->var.bits);
		return reject(env, is_low ? -EACCES : -EINVAL,
			      "invalid variable-offset%s stack R%d var_off=%s size=%d",
			      direct_words[intent], span->regno, var, span->size);
	}
	span->min = min;
	span->max = max;
	note_depth(env, span);
	if (intent == STACK_WRITE || env->may_read_uninit)
		return lbpf_frame_grow(span->frame, SLOT_OF(span->min));
	return 0;
}

static void scrub(struct lbpf_slot *slot)
{
	u32 i;

	for (i = 0; i < LBPF_SLOT_BYTES; i++)
		if (slot->kind[i] == LBPF_SLOT_SPILL)
			slot->kind[i] = LBPF_SLOT_MISC;
	lbpf_reg_set_not_init(&slot->spilled);
}

static void touch(struct lbpf_env *env, const struct span *span, u32 slot)
{
	if (span->frame == lbpf_cur_frame(env->cur))
		env->touched_slots |= BIT_ULL(slot);
}

/* Accesses that R10 does not show must be written down for walking back. */
static int note_slot(struct lbpf_env *env, const struct span *span, u32 slot)
{
	struct lbpf_state *state = env->cur;
	struct lbpf_hop *hop;
	int err;

	if (span->regno == LBPF_REG_FP || !env->is_capable)
		return 0;
	if (!state->nr_hops || state->hops[state->nr_hops - 1].idx != env->idx) {
		err = lbpf_hop_push(state, env->idx, env->prev_idx);
		if (err)
			return err;
	}
	hop = &state->hops[state->nr_hops - 1];
	hop->slot = LBPF_PLACE_SLOT(span->frame->frameno, slot);
	return 0;
}

static bool is_spillable(const struct lbpf_reg *reg)
{
	return reg->type != LBPF_NOT_INIT && reg->type != LBPF_SCALAR &&
	       reg->type != LBPF_PTR_MAP_KEY && LBPF_TYPE_BASE(reg->type) != LBPF_DYNPTR &&
	       LBPF_TYPE_BASE(reg->type) != LBPF_PTR_TP_BUFFER;
}

static bool is_bounded(const struct lbpf_reg *reg)
{
	return reg->type == LBPF_SCALAR && !lbpf_scalar_is_unknown(&reg->var);
}

static void spill(struct lbpf_slot *slot, const struct lbpf_reg *reg, u32 size)
{
	u32 i;

	for (i = 0; i < LBPF_SLOT_BYTES; i++) {
		if (i >= LBPF_SLOT_BYTES - size)
			slot->kind[i] = LBPF_SLOT_SPILL;
		else if (slot->kind[i] != LBPF_SLOT_INVALID)
			slot->kind[i] = LBPF_SLOT_MISC;
	}
	lbpf_reg_assign(&slot->spilled, reg);
	if (size == LBPF_SLOT_BYTES)
		slot->spilled.live |= LBPF_LIVE_WRITTEN;
}

/* Could a load that overtakes this store see an address in the slot? */
static void sanitize_spill(struct lbpf_env *env, const struct lbpf_slot *slot, s32 off, u32 size,
			   bool is_pointer)
{
	bool is_needed = is_pointer;
	u32 i;

	if (env->no_spec_v4)
		return;
	for (i = 0; i < size; i++) {
		u8 kind = slot->kind[BYTE_OF(off + (s32)i)];

		is_needed |= kind != LBPF_SLOT_MISC && kind != LBPF_SLOT_ZERO;
	}
	if (is_needed)
		env->aux[env->idx].flags |= LBPF_INSN_SANITIZE_SPILL;
}

static int store_bytes(struct lbpf_env *env, struct lbpf_slot *slot, const struct span *span,
		       int value_regno)
{
	const struct lbpf_reg *reg = value_regno >= 0 ? lbpf_reg_of(env, value_regno) : NULL;
	const struct bpf_insn *insn = &env->insns[env->idx];
	u8 kind = LBPF_SLOT_MISC;
	int err = 0;
	s32 i;

	if (reg && lbpf_reg_is_null(reg)) {
		kind = LBPF_SLOT_ZERO;
		err = lbpf_precise_reg(env, value_regno);
	} else if (!reg && BPF_CLASS(insn->code) == BPF_ST && !insn->imm) {
		kind = LBPF_SLOT_ZERO;
	}
	if (lbpf_slot_is_spill(slot))
		scrub(slot);
	lbpf_reg_set_not_init(&slot->spilled);
	if (span->size == LBPF_SLOT_BYTES)
		slot->spilled.live |= LBPF_LIVE_WRITTEN;
	for (i = 0; i < span->size; i++)
		slot->kind[BYTE_OF(span->min + i)] = kind;
	return err;
}

static void spill_number(struct lbpf_slot *slot, const struct lbpf_reg *reg, u32 size)
{
	spill(slot, reg, size);
	if (size < LBPF_SLOT_BYTES) {
		lbpf_scalar_truncate(&slot->spilled.var, size);
		slot->spilled.id = 0;
	}
}

static bool is_imm_kept(const struct lbpf_env *env, const struct span *span)
{
	const struct bpf_insn *insn = &env->insns[env->idx];

	return BPF_CLASS(insn->code) == BPF_ST && insn->imm && !(span->min % LBPF_SLOT_BYTES) &&
	       env->is_capable;
}

static int store_fixed(struct lbpf_env *env, const struct span *span, int value_regno)
{
	const struct lbpf_reg *reg = value_regno >= 0 ? lbpf_reg_of(env, value_regno) : NULL;
	u32 n = SLOT_OF(span->min);
	struct lbpf_slot *slot;

	lbpf_dynptr_overwrite(env, span->frame, n);
	slot = &span->frame->slots[n];
	if (!env->may_leak && slot->kind[0] == LBPF_SLOT_SPILL && span->size != LBPF_SLOT_BYTES)
		return reject(env, -EACCES, "attempt to corrupt spilled pointer on stack");
	sanitize_spill(env, slot, span->min, span->size, reg && is_spillable(reg));
	touch(env, span, n);
	if (reg && !(span->min % LBPF_SLOT_BYTES) && is_bounded(reg) && !lbpf_reg_is_null(reg) &&
	    env->is_capable) {
		if (note_slot(env, span, n))
			return -ENOMEM;
		spill_number(slot, reg, span->size);
		return 0;
	}
	if (!reg && is_imm_kept(env, span)) {
		struct lbpf_reg imm = { 0 };

		if (note_slot(env, span, n))
			return -ENOMEM;
		lbpf_reg_set_const(env, &imm, (s64)env->insns[env->idx].imm);
		spill_number(slot, &imm, span->size);
		return 0;
	}
	if (!reg || !is_spillable(reg))
		return store_bytes(env, slot, span, value_regno);
	if (span->size != LBPF_SLOT_BYTES)
		return reject(env, -EACCES, "invalid size of register spill");
	if (span->frame != lbpf_cur_frame(env->cur) && reg->type == LBPF_PTR_STACK)
		return reject(env, -EINVAL,
			      "cannot spill pointers to stack into stack frame of the caller");
	spill(slot, reg, LBPF_SLOT_BYTES);
	return 0;
}

static int store_variable_byte(struct lbpf_env *env, const struct span *span, s32 off, bool is_zero,
			       bool *is_zero_kept)
{
	struct lbpf_slot *slot = &span->frame->slots[SLOT_OF(off)];
	u8 *kind = &slot->kind[BYTE_OF(off)];

	touch(env, span, SLOT_OF(off));
	lbpf_dynptr_overwrite(env, span->frame, SLOT_OF(off));
	if (!env->may_leak && *kind != LBPF_SLOT_MISC && *kind != LBPF_SLOT_ZERO) {
		if (*kind == LBPF_SLOT_SPILL)
			return reject(env, -EINVAL,
				      "spilled ptr in range of var-offset stack write; insn %d, ptr off: %d",
				      env->idx, off);
	}
	if (*kind == LBPF_SLOT_INVALID && !env->may_read_uninit)
		return reject(env, -EINVAL,
			      "uninit stack in range of var-offset write prohibited for !root; insn %d, off: %d",
			      env->idx, off);
	if (lbpf_slot_is_spill(slot))
		scrub(slot);
	if (is_zero && *kind == LBPF_SLOT_ZERO)
		*is_zero_kept = true;
	else
		*kind = LBPF_SLOT_MISC;
	return 0;
}

static int store_variable(struct lbpf_env *env, const struct span *span, int value_regno)
{
	const struct lbpf_reg *reg = value_regno >= 0 ? lbpf_reg_of(env, value_regno) : NULL;
	bool is_zero = reg && lbpf_reg_is_null(reg), is_zero_kept = false;
	s32 off;
	int err;

	for (off = span->min; off < span->max + span->size; off++) {
		err = store_variable_byte(env, span, off, is_zero, &is_zero_kept);
		if (err)
			return err;
	}
	return is_zero_kept ? lbpf_precise_reg(env, value_regno) : 0;
}

/* A load of bytes that are no spilled register. */
static void load_bytes(struct lbpf_env *env, const struct span *span, int value_regno)
{
	bool is_zero = true;
	s32 off;

	for (off = span->min; off < span->max + span->size; off++)
		is_zero &= span->frame->slots[SLOT_OF(off)].kind[BYTE_OF(off)] == LBPF_SLOT_ZERO;
	if (value_regno < 0)
		return;
	if (is_zero)
		lbpf_reg_set_const(env, lbpf_reg_of(env, value_regno), 0);
	else
		lbpf_reg_set_unknown(env, lbpf_reg_of(env, value_regno));
	lbpf_reg_of(env, value_regno)->live |= LBPF_LIVE_WRITTEN;
}

static int check_bytes(struct lbpf_env *env, const struct span *span, bool is_spill_ok)
{
	const struct lbpf_slot *slot = &span->frame->slots[SLOT_OF(span->min)];
	s32 i;

	for (i = 0; i < span->size; i++) {
		u8 kind = slot->kind[BYTE_OF(span->min + i)];

		if (kind == LBPF_SLOT_MISC || kind == LBPF_SLOT_ZERO ||
		    (is_spill_ok && kind == LBPF_SLOT_SPILL))
			continue;
		if (kind == LBPF_SLOT_INVALID && env->may_read_uninit)
			continue;
		return reject(env, -EACCES, "invalid read from stack off %d+%d size %d", span->min,
			      i, span->size);
	}
	return 0;
}

/* A load of some bytes of a spilled register. */
static int load_part(struct lbpf_env *env, const struct span *span, int value_regno, u32 spill_size)
{
	struct lbpf_slot *slot = &span->frame->slots[SLOT_OF(span->min)];
	struct lbpf_reg *dst;
	int err;

	if (slot->spilled.type != LBPF_SCALAR)
		return reject(env, -EACCES, "invalid size of register fill");
	lbpf_live_read(env, &slot->spilled);
	if (value_regno < 0)
		return 0;
	dst = lbpf_reg_of(env, value_regno);
	if (!(span->min % LBPF_SLOT_BYTES) && span->size == spill_size) {
		lbpf_reg_assign(dst, &slot->spilled);
		dst->live |= LBPF_LIVE_WRITTEN;
		return note_slot(env, span, SLOT_OF(span->min));
	}
	err = check_bytes(env, span, true);
	if (err)
		return err;
	lbpf_reg_set_unknown(env, dst);
	dst->live |= LBPF_LIVE_WRITTEN;
	return 0;
}

static int load_spilled(struct lbpf_env *env, const struct span *span, int value_regno)
{
	struct lbpf_slot *slot = &span->frame->slots[SLOT_OF(span->min)];
	u32 spill_size = lbpf_slot_spilled_bytes(slot);

	if (span->size != LBPF_SLOT_BYTES || spill_size != LBPF_SLOT_BYTES)
		return load_part(env, span, value_regno, spill_size);
	if (value_regno < 0) {
		if (lbpf_is_leak(env, &slot->spilled))
			return reject(env, -EACCES, "leaking pointer from stack off %d", span->min);
		lbpf_live_read(env, &slot->spilled);
		return 0;
	}
	lbpf_live_read(env, &slot->spilled);
	lbpf_reg_assign(lbpf_reg_of(env, value_regno), &slot->spilled);
	lbpf_reg_of(env, value_regno)->live |= LBPF_LIVE_WRITTEN;
	return note_slot(env, span, SLOT_OF(span->min));
}

static int load_fixed(struct lbpf_env *env, const struct span *span, int value_regno)
{
	struct lbpf_slot *slot = &span->frame->slots[SLOT_OF(span->min)];
	int err;

	if (lbpf_slot_is_spill(slot))
		return load_spilled(env, span, value_regno);
	err = check_bytes(env, span, false);
	if (err)
		return err;
	lbpf_live_read(env, &slot->spilled);
	load_bytes(env, span, value_regno);
	return 0;
}

/* A helper has written into what was spilled in @slot. */
static void lose_spill(struct lbpf_env *env, struct lbpf_slot *slot)
{
	u32 i;

	lbpf_reg_set_unknown(env, &slot->spilled);
	for (i = 0; i < LBPF_SLOT_BYTES; i++)
		if (slot->kind[i] != LBPF_SLOT_INVALID)
			slot->kind[i] = LBPF_SLOT_MISC;
}

/* What an access to byte @off needs: it is initialised.  @is_helper: what it was is lost. */
static bool use_byte(struct lbpf_env *env, struct span *span, s32 off, bool is_helper)
{
	u32 n = SLOT_OF(off);
	struct lbpf_slot *slot;
	u8 *kind;

	if (n >= span->frame->nr_slots)
		return false;
	slot = &span->frame->slots[n];
	kind = &slot->kind[BYTE_OF(off)];
	if (*kind == LBPF_SLOT_ZERO || (*kind == LBPF_SLOT_INVALID && env->may_read_uninit)) {
		if (is_helper)
			*kind = LBPF_SLOT_MISC;
	} else if (lbpf_slot_is_spill(slot) && *kind == LBPF_SLOT_SPILL &&
		   (slot->spilled.type == LBPF_SCALAR || env->may_leak)) {
		if (is_helper)
			lose_spill(env, slot);
	} else if (*kind != LBPF_SLOT_MISC) {
		return false;
	}
	lbpf_live_read(env, &slot->spilled);
	return true;
}

static int use_bytes(struct lbpf_env *env, struct span *span, bool is_helper)
{
	const char *how = is_helper ? " indirect" : "";
	char var[64];
	s32 off;

	for (off = span->min; off < span->max + span->size; off++) {
		if (use_byte(env, span, off, is_helper))
			continue;
		if (span->is_fixed)
			return reject(env, -EACCES,
				      "invalid%s read from stack R%d off %d+%d size %d", how,
				      span->regno, span->min, off - span->min, span->size);
		lbpf_tnum_print(var, sizeof(var), lbpf_reg_of(env, span->regno)->var.bits);
		return reject(env, -EACCES, "invalid%s read from stack R%d var_off %s+%d size %d",
			      how, span->regno, var, off - span->min, span->size);
	}
	return 0;
}

static int load_variable(struct lbpf_env *env, struct span *span, int value_regno)
{
	char var[64];
	int err;

	if (!env->no_spec_v1) {
		lbpf_tnum_print(var, sizeof(var), lbpf_reg_of(env, span->regno)->var.bits);
		return reject(env, -EACCES,
			      "R%d variable offset stack access prohibited for !root, var_off=%s",
			      span->regno, var);
	}
	err = use_bytes(env, span, false);
	if (err)
		return err;
	load_bytes(env, span, value_regno);
	return 0;
}

/**
 * lbpf_stack_access() - A load or store through a pointer to the stack
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, -EACCES, -EINVAL, -ENOMEM.
 */
int lbpf_stack_access(struct lbpf_env *env, const struct lbpf_access *access)
{
	struct span span = { .regno = access->regno, .size = access->size };
	int err = find_span(env, &span, access->off, access->is_write ? STACK_WRITE : STACK_READ);

	if (err)
		return err;
	if (access->is_write)
		return span.is_fixed ? store_fixed(env, &span, access->value_regno) :
				       store_variable(env, &span, access->value_regno);
	if (span.is_fixed)
		return load_fixed(env, &span, access->value_regno);
	if (access->value_regno < 0) {
		char var[64];

		lbpf_tnum_print(var, sizeof(var), lbpf_reg_of(env, access->regno)->var.bits);
		return reject(env, -EACCES,
			      "variable offset stack pointer cannot be passed into helper function; var_off=%s off=%d size=%d",
			      var, access->off, access->size);
	}
	return load_variable(env, &span, access->value_regno);
}

/**
 * lbpf_stack_region() - A helper gets a pointer to the stack as memory
 * @env: The run.
 * @region: Memory; @region->fills is set when lbpf_stack_fill() must follow the call.
 *
 * Return: 0, -EACCES, -ENOMEM.
 */
int lbpf_stack_region(struct lbpf_env *env, struct lbpf_region *region)
{
	struct span span = { .regno = region->regno, .size = region->size };
	char var[64];
	int err;

	if (!region->size && !region->may_be_empty)
		return reject(env, -EACCES, "invalid zero-sized read");
	err = find_span(env, &span, 0, STACK_HELPER);
	if (err)
		return err;
	if (!span.is_fixed && !env->no_spec_v1) {
		lbpf_tnum_print(var, sizeof(var), lbpf_reg_of(env, span.regno)->var.bits);
		return reject(env, -EACCES,
			      "R%d indirect variable offset stack access prohibited for !root, var_off=%s",
			      span.regno, var);
	}
	if (region->is_filled && span.is_fixed) {
		region->fills = true;
		return 0;
	}
	return use_bytes(env, &span, true);
}

/**
 * lbpf_stack_fill() - A helper wrote to the stack
 * @env: The run.
 * @region: As lbpf_stack_region() left it.
 *
 * Return: 0, -EACCES, -ENOMEM.
 */
int lbpf_stack_fill(struct lbpf_env *env, const struct lbpf_region *region)
{
	struct lbpf_access byte = {
		.regno = region->regno,
		.size = 1,
		.is_write = true,
		.value_regno = -1,
	};
	int err;

	for (; byte.off < region->size; byte.off++) {
		err = lbpf_stack_access(env, &byte);
		if (err)
			return err;
	}
	return 0;
}
