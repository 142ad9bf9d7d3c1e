// SPDX-License-Identifier: GPL-2.0
/*
 * Arguments of helpers.
 *
 * Layer: verifier (call).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "call.h"

/* Memory of this or more bytes is refused. */
#define MAX_REGION_BYTES	LBPF_MAX_VAR_OFF

static int refuse_region(struct lbpf_env *env, const struct lbpf_region *region)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, region->regno);

	/* Nothing at NULL is fine. */
	if (region->may_be_empty && !region->size && lbpf_reg_is_null(reg))
		return 0;
	verbose(env, "R%d type=%s ", region->regno, lbpf_type_name(env, reg->type));
	return reject(env, -EACCES, "expected=%s", lbpf_type_name(env, LBPF_PTR_STACK));
}

static int refuse_write(struct lbpf_env *env, u32 regno)
{
	return reject(env, -EACCES, "R%d cannot write into %s", regno,
		      lbpf_type_name(env, lbpf_reg_of(env, regno)->type));
}

static int map_value_region(struct lbpf_env *env, const struct lbpf_region *region)
{
	s32 off = lbpf_reg_of(env, region->regno)->off;
	int err = lbpf_access_map_type(env, region->regno, off, region->size, region->is_filled);

	return err ? err :
		     lbpf_access_map_value(env, region->regno, 0, region->size,
					   region->may_be_empty);
}

/**
 * lbpf_call_region() - Memory that a helper is going to access
 * @env: The run.
 * @region: Memory; see lbpf_stack_region().
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_region(struct lbpf_env *env, struct lbpf_region *region)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, region->regno);

	if (reg->type & LBPF_MAYBE_NULL)
		return refuse_region(env, region);
	switch (LBPF_TYPE_BASE(reg->type)) {
	case LBPF_PTR_STACK:
		return lbpf_stack_region(env, region);
	case LBPF_PTR_PACKET:
	case LBPF_PTR_PACKET_META:
		env->seen_direct_write |= region->is_filled;
		return lbpf_access_packet(env, region->regno, reg->off, region->size,
					  region->may_be_empty);
	case LBPF_PTR_MAP_VALUE:
		return map_value_region(env, region);
	case LBPF_PTR_MAP_KEY:
		if (region->is_filled)
			return refuse_write(env, region->regno);
		return lbpf_access_region(env, region->regno, reg->off, region->size,
					  reg->map->key_size, false);
	case LBPF_PTR_MEM:
		if (region->is_filled && reg->type & LBPF_RDONLY)
			return refuse_write(env, region->regno);
		return lbpf_access_region(env, region->regno, reg->off, region->size, reg->mem_size,
					  region->may_be_empty);
	default:
		return refuse_region(env, region);
	}
}

static int use_region(struct lbpf_env *env, struct lbpf_call *call, u32 regno, s32 size,
		      bool may_be_empty, bool is_filled)
{
	struct lbpf_region region = {
		.regno = regno,
		.size = size,
		.may_be_empty = may_be_empty,
		.is_filled = is_filled,
	};
	int err = lbpf_call_region(env, &region);

	if (!err && region.fills)
		call->region = region;
	return err;
}

static int arg_ctx(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	return 0;
}

static int arg_map(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	/* A timer belongs to one map: an inner map of another lookup is another map. */
	if (call->map && (call->map != reg->map || call->map_uid != reg->map_uid))
		return reject(env, -EINVAL,
			      "timer pointer in R1 map_uid=%d doesn't match map pointer in R%d map_uid=%d",
			      call->map_uid, regno, reg->map_uid);
	call->map = reg->map;
	call->map_uid = reg->map_uid;
	return 0;
}

/*
 * Is the key at @regno zero at every visit?  Bytes known to be zero are compared exactly when
 * pruning.
 */
static bool is_zero_key(struct lbpf_env *env, const struct lbpf_reg *reg, u32 size)
{
	s64 off = reg->off + (s64)reg->var.bits.value;
	const struct lbpf_frame *frame;
	u32 i;

	if (reg->type != LBPF_PTR_STACK || !lbpf_tnum_is_const(reg->var.bits) ||
	    size != sizeof(u32))
		return false;
	frame = env->cur->frame[reg->frame];
	for (i = 0; i < size; i++) {
		u32 at = -(off + i) - 1;

		if (at / LBPF_SLOT_BYTES >= frame->nr_slots ||
		    frame->slots[at / LBPF_SLOT_BYTES].kind[at % LBPF_SLOT_BYTES] != LBPF_SLOT_ZERO)
			return false;
	}
	return true;
}

static void note_key(struct lbpf_env *env, bool is_zero)
{
	struct lbpf_insn_aux *aux = &env->aux[env->idx];

	if (env->cur->is_speculative)
		return;
	if (!is_zero)
		aux->flags |= LBPF_INSN_KEY_POISON;
	if (aux->flags & LBPF_INSN_KEY_POISON)
		aux->flags &= ~LBPF_INSN_KEY_CONST;
	else
		aux->flags |= LBPF_INSN_KEY_CONST;
	aux->key = 0;
}

static int arg_map_key(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	if (!call->map)
		return reject(env, -EACCES, "invalid map_ptr to access map->key");
	note_key(env, is_zero_key(env, reg, call->map->key_size));
	return use_region(env, call, regno, call->map->key_size, false, false);
}

static int arg_map_value(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	if (arg_type & LBPF_MAYBE_NULL && lbpf_reg_is_null(lbpf_reg_of(env, regno)))
		return 0;
	if (!call->map)
		return reject(env, -EACCES, "invalid map_ptr to access map->value");
	return use_region(env, call, regno, call->map->value_size, false,
			  arg_type & LBPF_UNINIT && !call->map->ops->peek_reads);
}

static int arg_mem(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	/* The size comes with the next argument. */
	call->is_filled = arg_type & LBPF_UNINIT;
	if (!(arg_type & LBPF_FIXED_SIZE))
		return 0;
	return use_region(env, call, regno, call->proto->arg_size[regno - BPF_REG_1], false,
			  call->is_filled);
}

/* It outlives the call: what is not a map's may be gone by then. */
static int arg_value_mem(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	if (reg->type != LBPF_PTR_MAP_VALUE)
		return reject(env, -EACCES, "Unsupported reg type %s for bpf_%s data",
			      lbpf_type_name(env, reg->type), call->proto->name);
	return arg_mem(env, call, regno, arg_type);
}

static int arg_size(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	bool may_be_empty = LBPF_TYPE_BASE(arg_type) == LBPF_ARG_CONST_SIZE_OR_ZERO;
	/* What is filled only in part must be initialised before. */
	bool is_filled = call->is_filled && lbpf_tnum_is_const(reg->var.bits);
	u64 umax = lbpf_scalar_umax(&reg->var);
	int err = 0;

	call->max_size = umax;
	if (lbpf_scalar_smin(&reg->var) < 0)
		return reject(env, -EACCES,
			      "R%d min value is negative, either use unsigned or 'var &= const'",
			      regno);
	if (!lbpf_scalar_umin(&reg->var))
		err = use_region(env, call, regno - 1, 0, may_be_empty, is_filled);
	if (err)
		return err;
	if (umax >= MAX_REGION_BYTES)
		return reject(env, -EACCES,
			      "R%d unbounded memory access, use 'var &= const' or 'if (var < const)'",
			      regno);
	err = use_region(env, call, regno - 1, umax, may_be_empty, is_filled);
	return err ? err : lbpf_precise_reg(env, regno);
}

/**
 * lbpf_call_mem_size() - Memory that a function may read and write, with its size in the next
 * register
 * @env: The run.
 * @regno: Register with the address.
 *
 * Return: 0, -EACCES, -EINVAL.
 */
int lbpf_call_mem_size(struct lbpf_env *env, u32 regno)
{
	struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	u32 type = reg->type, turn;
	int err = 0;

	if (type & LBPF_MAYBE_NULL)
		reg->type &= ~LBPF_MAYBE_NULL;
	for (turn = 0; turn < 2 && !err; turn++) {
		struct lbpf_call call = { .is_filled = turn };

		err = arg_size(env, &call, regno + 1, LBPF_ARG_CONST_SIZE);
	}
	lbpf_reg_of(env, regno)->type = type;
	return err;
}

static int arg_alloc_size(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EACCES, "R%d is not a known constant'", regno);
	call->mem_size = reg->var.bits.value;
	return lbpf_precise_reg(env, regno);
}

static int arg_number_ptr(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	u32 size = LBPF_TYPE_BASE(arg_type) == LBPF_ARG_INT_PTR ? sizeof(u32) : sizeof(u64);
	struct lbpf_access access = { .regno = regno, .size = size, .is_strict = true };
	int err = use_region(env, call, regno, size, false, arg_type & LBPF_UNINIT);

	return err ? err : lbpf_access_align(env, &access);
}

static int arg_lock(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	return lbpf_call_lock(env, call, regno);
}

static int arg_timer(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	call->map = lbpf_reg_of(env, regno)->map;
	call->map_uid = lbpf_reg_of(env, regno)->map_uid;
	return lbpf_call_timer(env, call, regno);
}

/* A string that nobody can write to any more. */
static int arg_const_str(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	struct lbpf_map *map = reg->map;
	u32 off, size;
	u64 addr;
	int err;

	if (!(map->map_flags & BPF_F_RDONLY_PROG) || !READ_ONCE(map->frozen) ||
	    READ_ONCE(map->write_mappings))
		return reject(env, -EACCES, "R%d does not point to a readonly map'", regno);
	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EACCES, "R%d is not a constant address'", regno);
	if (!map->ops->value_addr)
		return reject(env, -EACCES, "no direct value access support for this map type");
	off = reg->off + (s32)reg->var.bits.value;
	size = off < map->value_size ? map->value_size - off : 1;
	err = lbpf_access_map_value(env, regno, 0, size, false);
	if (err)
		return err;
	err = map->ops->value_addr(map, &addr, off);
	if (err)
		return reject(env, err, "direct value access on string failed");
	if (!memchr((const char *)(unsigned long)addr, 0, size))
		return reject(env, -EINVAL, "string is not zero-terminated");
	call->string = (const char *)(unsigned long)addr;
	return 0;
}

static int check_zero(struct lbpf_env *env, const struct lbpf_call *call, u32 regno)
{
	if (lbpf_reg_is_null(lbpf_reg_of(env, regno)))
		return lbpf_precise_reg(env, regno);
	return reject(env, -EINVAL, "%s() doesn't support non-zero flags", call->proto->name);
}

static int arg_func(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	call->subprog = lbpf_reg_of(env, regno)->subprog;
	return 0;
}

/* What an argument requires beyond its type; what has no row is not supported yet. */
static int (*const checks[LBPF_NR_ARG_TYPES])(struct lbpf_env *env, struct lbpf_call *call,
					      u32 regno, u32 arg_type) = {
	[LBPF_ARG_CTX]			= arg_ctx,
	[LBPF_ARG_CONST_MAP]		= arg_map,
	[LBPF_ARG_MAP_KEY]		= arg_map_key,
	[LBPF_ARG_MAP_VALUE]		= arg_map_value,
	[LBPF_ARG_MEM]			= arg_mem,
	[LBPF_ARG_VALUE_MEM]		= arg_value_mem,
	[LBPF_ARG_CONST_SIZE]		= arg_size,
	[LBPF_ARG_CONST_SIZE_OR_ZERO]	= arg_size,
	[LBPF_ARG_CONST_ALLOC_SIZE]	= arg_alloc_size,
	[LBPF_ARG_ALLOC_MEM]		= arg_ctx,
	[LBPF_ARG_SPIN_LOCK]		= arg_lock,
	[LBPF_ARG_TIMER]		= arg_timer,
	[LBPF_ARG_SOCKET]		= arg_ctx,
	[LBPF_ARG_SOCK_COMMON]		= arg_ctx,
	[LBPF_ARG_BTF_ID_SOCK_COMMON]	= lbpf_call_btf_arg,
	[LBPF_ARG_BTF_ID]		= lbpf_call_btf_arg,
	[LBPF_ARG_PERCPU_BTF_ID]	= lbpf_call_btf_arg,
	[LBPF_ARG_KPTR]			= lbpf_call_kptr,
	[LBPF_ARG_INT_PTR]		= arg_number_ptr,
	[LBPF_ARG_LONG_PTR]		= arg_number_ptr,
	[LBPF_ARG_FUNC]			= arg_func,
	[LBPF_ARG_CONST_STR]		= arg_const_str,
	[LBPF_ARG_STACK]		= arg_ctx,
	[LBPF_ARG_DYNPTR]		= lbpf_call_dynptr_arg,
};

/**
 * lbpf_call_note_ref() - An argument may carry a reference, one of all
 * @env: The run.
 * @ref_id: Reference of the arguments before, 0: none; set to the one of this.
 * @regno: Register.
 *
 * Return: 0, or -EFAULT with the reason in the log.
 */
int lbpf_call_note_ref(struct lbpf_env *env, u32 *ref_id, u32 regno)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	if (!reg->ref_id)
		return 0;
	if (*ref_id)
		return reject(env, -EFAULT, "more than one arg with ref_obj_id R%d %u %u", regno,
			      reg->ref_id, *ref_id);
	*ref_id = reg->ref_id;
	return 0;
}

static int note_refs(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	/* The reference is the dynamic pointer's, not the register's. */
	if (LBPF_TYPE_BASE(arg_type) == LBPF_ARG_DYNPTR)
		return 0;
	if (arg_type & LBPF_OBJ_RELEASE) {
		if (!reg->ref_id && !lbpf_reg_is_null(reg))
			return reject(env, -EINVAL,
				      "R%d must be referenced when passed to release function",
				      regno);
		call->release_regno = regno;
	}
	return lbpf_call_note_ref(env, &call->ref_id, regno);
}

/**
 * lbpf_call_arg() - One argument of a helper
 * @env: The run.
 * @call: The call; what the argument says of it is noted.
 * @arg: Its number, from 0.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_arg(struct lbpf_env *env, struct lbpf_call *call, u32 arg)
{
	u32 arg_type = call->proto->arg[arg], base = LBPF_TYPE_BASE(arg_type);
	u32 regno = BPF_REG_1 + arg;
	const struct lbpf_reg *reg;
	int err;

	if (base == LBPF_ARG_NONE)
		return 0;
	err = lbpf_use_reg(env, regno, LBPF_REG_SRC);
	if (err)
		return err;
	reg = lbpf_reg_of(env, regno);
	if (base == LBPF_ARG_ANYTHING || base == LBPF_ARG_ZERO) {
		if (lbpf_is_leak(env, reg))
			return reject(env, -EACCES, "R%d leaks addr into helper function", regno);
		return base == LBPF_ARG_ZERO ? check_zero(env, call, regno) : 0;
	}
	if (lbpf_type_is_packet(reg->type) &&
	    (!(env->code->pt->flags & LBPF_PT_PKT_READ) || !call->proto->pkt_access))
		return reject(env, -EACCES, "helper access to the packet is not allowed");
	if (!(arg_type & LBPF_MAYBE_NULL && lbpf_reg_is_null(reg))) {
		err = lbpf_call_arg_type(env, regno, arg_type);
		if (err)
			return err;
	}
	err = note_refs(env, call, regno, arg_type);
	if (err)
		return err;
	if (base >= LBPF_NR_ARG_TYPES || !checks[base])
		return reject(env, -EINVAL, "argument %d of %s is of a type that is not supported",
			      arg + 1, lbpf_helper_name(call->proto->id));
	return checks[base](env, call, regno, arg_type);
}
