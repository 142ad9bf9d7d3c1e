// SPDX-License-Identifier: GPL-2.0
/*
 * Dynamic pointers as arguments of helpers.
 *
 * Layer: verifier (call).
 * Source: helpers with struct bpf_dynptr in bpf-helpers(7); words of Linux 6.1, and where it is too
 * lenient, of later kernels.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "call.h"

#define DYNPTR_BYTES	(2 * LBPF_SLOT_BYTES)

/* The slot at the address in @reg, a pointer to the stack; 0 when no dynamic pointer fits there. */
static int find_slot(struct lbpf_env *env, const struct lbpf_reg *reg, u32 *slot)
{
	s64 off = reg->off + (s64)reg->var.bits.value;

	*slot = 0;
	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EINVAL, "dynptr has to be at a constant offset");
	if (off % LBPF_SLOT_BYTES)
		return reject(env, -EINVAL, "cannot pass in dynptr at an offset=%d", (int)off);
	if (off <= -DYNPTR_BYTES && off >= -LBPF_STACK_BYTES)
		*slot = (u32)-off / LBPF_SLOT_BYTES - 1;
	return 0;
}

/* Is a dynamic pointer at @slot and the one before? */
static bool is_dynptr(const struct lbpf_frame *frame, u32 slot)
{
	const struct lbpf_slot *first = &frame->slots[slot], *second = first - 1;

	return slot && slot < frame->nr_slots && lbpf_slot_is_dynptr(first) &&
	       lbpf_slot_is_dynptr(second) && !first->spilled.off && second->spilled.off &&
	       first->spilled.id == second->spilled.id;
}

static bool is_free(const struct lbpf_frame *frame, u32 slot)
{
	return slot >= frame->nr_slots || !lbpf_slot_is_dynptr(&frame->slots[slot]);
}

/* The helper writes a new one. */
static int arg_new(struct lbpf_env *env, struct lbpf_call *call, u32 regno)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	struct lbpf_frame *frame;
	u32 slot;
	int err;

	if (reg->type != LBPF_PTR_STACK)
		return reject(env, -EINVAL, "Dynptr has to be an uninitialized dynptr");
	err = find_slot(env, reg, &slot);
	if (err)
		return err;
	frame = env->cur->frame[reg->frame];
	if (slot && (!is_free(frame, slot) || !is_free(frame, slot - 1)))
		return reject(env, -EINVAL, "Dynptr has to be an uninitialized dynptr");
	call->dynptr_frame = frame;
	call->dynptr_slot = slot;
	call->new_dynptr = regno;
	return 0;
}

static int check_kind(struct lbpf_env *env, u32 type, u32 regno, u32 arg_type)
{
	u32 kinds = arg_type & (LBPF_DYNPTR_LOCAL | LBPF_DYNPTR_RINGBUF);

	if (!kinds || type & kinds)
		return 0;
	return reject(env, -EINVAL, "Expected a dynptr of type %s as arg #%d",
		      kinds & LBPF_DYNPTR_LOCAL ? "local" : "ringbuf", regno);
}

/* One on the stack that a helper has made. */
static int arg_stack(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	struct lbpf_frame *frame = env->cur->frame[reg->frame];
	struct lbpf_reg *dynptr;
	u32 slot;
	int err;

	err = find_slot(env, reg, &slot);
	if (err)
		return err;
	if (arg_type & LBPF_OBJ_RELEASE &&
	    (slot >= frame->nr_slots || !frame->slots[slot].spilled.ref_id))
		return reject(env, -EINVAL, "arg %d is an unacquired reference", regno);
	if (!is_dynptr(frame, slot))
		return reject(env, -EINVAL, "Expected an initialized dynptr as arg #%d", regno);
	dynptr = &frame->slots[slot].spilled;
	err = check_kind(env, dynptr->type, regno, arg_type);
	if (err)
		return err;
	lbpf_live_read(env, dynptr);
	lbpf_live_read(env, &frame->slots[slot - 1].spilled);
	call->dynptr_frame = frame;
	call->dynptr_slot = slot;
	call->dynptr_id = dynptr->id;
	call->ref_id = dynptr->ref_id;
	if (arg_type & LBPF_OBJ_RELEASE)
		call->release_regno = regno;
	return 0;
}

/**
 * lbpf_call_dynptr_arg() - An argument that is a dynamic pointer
 * @env: The run.
 * @call: The call.
 * @regno: Register: a pointer to the stack, or what a callback got.
 * @arg_type: enum lbpf_arg_type with flags.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_dynptr_arg(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	if (arg_type & LBPF_UNINIT)
		return arg_new(env, call, regno);
	if (reg->type == LBPF_PTR_STACK)
		return arg_stack(env, call, regno, arg_type);
	if (arg_type & LBPF_OBJ_RELEASE)
		return reject(env, -EINVAL, "arg %d is an unacquired reference", regno);
	return check_kind(env, reg->type, regno, arg_type);
}

/**
 * lbpf_call_dynptr_made() - What a call does to the dynamic pointer that is its argument
 * @env: The run, when all arguments are good.
 * @call: The call.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_dynptr_made(struct lbpf_env *env, const struct lbpf_call *call)
{
	struct lbpf_access half = {
		.regno = call->new_dynptr,
		.size = LBPF_SLOT_BYTES,
		.is_write = true,
		.value_regno = -1,
	};
	u32 kinds = LBPF_DYNPTR_LOCAL | LBPF_DYNPTR_RINGBUF;
	int err;

	if (call->dynptr_slot && call->proto->effects & LBPF_EFF_RELEASE)
		lbpf_dynptr_clear(env, call->dynptr_frame, call->dynptr_slot);
	if (!call->new_dynptr)
		return 0;
	for (; half.off < DYNPTR_BYTES; half.off += LBPF_SLOT_BYTES) {
		err = lbpf_stack_access(env, &half);
		if (err)
			return err;
	}
	kinds &= call->proto->arg[call->new_dynptr - BPF_REG_1];
	return lbpf_dynptr_make(env, call->dynptr_frame, call->dynptr_slot, LBPF_DYNPTR | kinds);
}
