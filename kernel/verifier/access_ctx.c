// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses to the context: the rows of the program type.
 *
 * Layer: verifier (access).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/map.h>

#include "walk.h"

/**
 * lbpf_access_fixed_off() - A pointer has no variable offset, and no negative one
 * @env: The run.
 * @regno: Register with the pointer.
 * @is_zero_only: No offset at all is allowed.
 *
 * Return: 0 or -EACCES (-EINVAL when a reference is to be released).
 */
int lbpf_access_fixed_off(struct lbpf_env *env, u32 regno, bool is_zero_only)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	char var[64];

	if (reg->off < 0)
		return reject(env, -EACCES, "negative offset %s ptr R%d off=%d disallowed",
			      lbpf_type_name(env, reg->type), regno, reg->off);
	if (is_zero_only && reg->off)
		return reject(env, -EACCES, "dereference of modified %s ptr R%d off=%d disallowed",
			      lbpf_type_name(env, reg->type), regno, reg->off);
	if (lbpf_tnum_is_const(reg->var.bits) && !reg->var.bits.value)
		return 0;
	lbpf_tnum_print(var, sizeof(var), reg->var.bits);
	return reject(env, -EACCES, "variable %s access var_off=%s disallowed",
		      lbpf_type_name(env, reg->type), var);
}

static int refuse_field(struct lbpf_env *env, s32 off, u32 size)
{
	return reject(env, -EACCES, "invalid bpf_context access off=%d size=%d", off, size);
}

static bool is_allowed(const struct lbpf_env *env, const struct lbpf_ctx_field *field,
		       const struct lbpf_access *access, s32 off)
{
	u32 at = (u32)off - field->off;
	bool is_whole = access->size == field->size && !(at % field->size);

	if (field->access & LBPF_CTX_PERFMON && !env->may_leak)
		return false;
	if (field->access & LBPF_CTX_CAP_BPF && !env->is_capable)
		return false;
	if (access->is_write && field->access & LBPF_CTX_WRITE_CAP_BPF && !env->is_capable)
		return false;
	if (!(field->access & (access->is_write ? LBPF_CTX_WRITE : LBPF_CTX_READ)))
		return false;
	if (is_whole || field->access & LBPF_CTX_MEMORY)
		return true;
	if (access->size > field->size)
		return field->access & LBPF_CTX_WIDE && access->size == 2 * field->size;
	if (access->is_write)
		return field->access & LBPF_CTX_NARROW_WRITE && access->size < field->size;
	if (field->access & LBPF_CTX_NARROW_LOW && at + access->size > field->size / 2)
		return false;
	if (field->access & LBPF_CTX_NARROW_START && at % field->size)
		return false;
	if (field->access & LBPF_CTX_NARROW_HALF && access->size < field->size / 2)
		return false;
	return field->access & LBPF_CTX_NARROW;
}

static void load_field(struct lbpf_env *env, const struct lbpf_access *access,
		       const struct lbpf_ctx_field *field)
{
	struct lbpf_reg *reg;

	if (access->is_write || access->value_regno < 0)
		return;
	reg = lbpf_reg_of(env, access->value_regno);
	if (field->type == LBPF_SCALAR || field->type == LBPF_NOT_INIT) {
		lbpf_reg_set_unknown(env, reg);
		return;
	}
	lbpf_reg_set_pointer(reg, field->type);
	if (field->type & LBPF_MAYBE_NULL)
		reg->id = ++env->last_id;
}

/* One instruction is rewritten in one way: every visit must mean the same field. */
static int note_field(struct lbpf_env *env, const struct lbpf_ctx_field *field)
{
	struct lbpf_insn_aux *aux = &env->aux[env->idx];

	if (aux->flags & LBPF_INSN_CTX && aux->ctx_field != field)
		return reject(env, -EINVAL, "same insn cannot be used with different pointers");
	aux->flags |= LBPF_INSN_CTX;
	aux->ctx_field = field;
	return 0;
}

/**
 * lbpf_access_ctx() - A load from or store to the context
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, -EACCES, -EINVAL.
 */
int lbpf_access_ctx(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	const struct lbpf_progtype *pt = env->code->pt;
	const struct lbpf_ctx_field *field;
	s32 off = reg->off + access->off;
	int err;

	if (access->is_write && access->value_regno >= 0 &&
	    lbpf_is_leak(env, lbpf_reg_of(env, access->value_regno)))
		return reject(env, -EACCES, "R%d leaks addr into ctx", access->value_regno);
	err = lbpf_access_fixed_off(env, access->regno, true);
	if (err)
		return err;
	if (pt->flags & LBPF_PT_CTX_ARGS)
		return lbpf_access_args(env, access);
	if (off < 0 || off % access->size)
		return refuse_field(env, off, access->size);
	field = lbpf_ctx_field_find(pt, off, access->size);
	if (!field || !is_allowed(env, field, access, off) ||
	    (pt->field_ok && !pt->field_ok(env->code, field, access->is_write)))
		return refuse_field(env, off, access->size);
	err = note_field(env, field);
	if (err)
		return err;
	env->code->ctx_end = max_t(u32, env->code->ctx_end, off + access->size);
	load_field(env, access, field);
	return 0;
}

static const struct lbpf_object_rows *find_object(const struct lbpf_progtype *pt, u32 type)
{
	const struct lbpf_object_rows *rows;

	for (rows = pt->objects; rows && rows->reg_type != LBPF_NOT_INIT; rows++)
		if (rows->reg_type == type)
			return rows;
	return NULL;
}

/**
 * lbpf_access_object() - A load from a kernel object that has rows
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, -EACCES, -EINVAL.
 */
int lbpf_access_object(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	const struct lbpf_object_rows *object = find_object(env->code->pt, reg->type);
	const struct lbpf_ctx_field *field = NULL;
	s32 off = reg->off + access->off;
	int err;

	if (access->is_write)
		return reject(env, -EACCES, "R%d cannot write into %s", access->regno,
			      lbpf_type_name(env, reg->type));
	err = lbpf_access_fixed_off(env, access->regno, true);
	if (err)
		return err;
	if (object && off >= 0 && !(off % access->size))
		field = lbpf_row_find(object->fields, object->nr_fields, off, access->size);
	if (!field || !is_allowed(env, field, access, off))
		return reject(env, -EACCES, "R%d invalid %s access off=%d size=%d", access->regno,
			      lbpf_type_name(env, reg->type), off, access->size);
	err = note_field(env, field);
	if (err)
		return err;
	load_field(env, access, field);
	return 0;
}

static int refuse_member(struct lbpf_env *env, const char *object, s32 off, u32 size)
{
	const struct lbpf_ctx_field *field = lbpf_map_row_find(off, 1);

	if (field && field->btf_name)
		return reject(env, -EACCES,
			      "cannot access ptr member %s with moff %u in struct bpf_map with off %u size %u",
			      field->name, field->off, off, size);
	return reject(env, -EACCES,
		      "access beyond the members of struct %s that can be read at off %u size %u",
		      object, off, size);
}

/**
 * lbpf_access_map() - A load from a map's own description
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, -EACCES, -EINVAL, -EPERM.
 */
int lbpf_access_map(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	const char *object = reg->map->ops->kernel_struct ?: "bpf_map";
	const struct lbpf_ctx_field *field = NULL;
	int err;

	if (!env->may_leak)
		return reject(env, -EPERM,
			      "%s access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN", object);
	if (access->off < 0)
		return reject(env, -EACCES, "R%d is %s invalid negative access: off=%d",
			      access->regno, object, access->off);
	if (access->is_write)
		return reject(env, -EACCES, "only read from %s is supported", object);
	if (!(access->off % access->size))
		field = lbpf_map_row_find(access->off, access->size);
	if (!field || !is_allowed(env, field, access, access->off))
		return refuse_member(env, object, access->off, access->size);
	err = note_field(env, field);
	if (err)
		return err;
	load_field(env, access, field);
	return 0;
}
