// SPDX-License-Identifier: GPL-2.0
/*
 * Locks and timers in map values.
 *
 * Layer: verifier (call).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "call.h"

/* The argument points exactly at the @name at @field_off of its map's value. */
static int check_field(struct lbpf_env *env, u32 regno, s32 field_off, const char *name)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	s64 off = reg->off + (s64)reg->var.bits.value;

	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EINVAL,
			      "R%d doesn't have constant offset. %s has to be at the constant offset",
			      regno, name);
	if (!reg->map->btf)
		return reject(env, -EINVAL, "map '%s' has to have BTF in order to use %s",
			      reg->map->name, name);
	if (field_off == -E2BIG)
		return reject(env, -EINVAL, "map '%s' has more than one 'struct %s'",
			      reg->map->name, name);
	if (field_off == -1)
		return reject(env, -EINVAL, "map '%s' doesn't have 'struct %s'",
			      reg->map->name, name);
	if (field_off < 0)
		return reject(env, -EINVAL, "map '%s' is not a struct type or %s is mangled",
			      reg->map->name, name);
	if (off != field_off)
		return reject(env, -EINVAL, "off %lld doesn't point to 'struct %s' that is at %d",
			      off, name, field_off);
	return 0;
}

/**
 * lbpf_call_lock() - A bpf_spin_lock is taken or given back
 * @env: The run.
 * @call: The call.
 * @regno: Register that points to the lock.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_lock(struct lbpf_env *env, const struct lbpf_call *call, u32 regno)
{
	struct lbpf_state *state = env->cur;
	int err = check_field(env, regno, lbpf_reg_of(env, regno)->map->spin_lock_off,
			      "bpf_spin_lock");

	if (err)
		return err;
	if (call->proto->effects & LBPF_EFF_LOCK) {
		if (state->lock_id)
			return reject(env, -EINVAL, "Locking two bpf_spin_locks are not allowed");
		state->lock_id = lbpf_reg_of(env, regno)->id;
		return 0;
	}
	if (!state->lock_id)
		return reject(env, -EINVAL, "bpf_spin_unlock without taking a lock");
	if (state->lock_id != lbpf_reg_of(env, regno)->id)
		return reject(env, -EINVAL, "bpf_spin_unlock of different lock");
	state->lock_id = 0;
	return 0;
}

/**
 * lbpf_call_timer() - A bpf_timer is used
 * @env: The run.
 * @call: The call.
 * @regno: Register that points to the timer.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_timer(struct lbpf_env *env, const struct lbpf_call *call, u32 regno)
{
	return check_field(env, regno, lbpf_reg_of(env, regno)->map->timer_off, "bpf_timer");
}
