// SPDX-License-Identifier: GPL-2.0
/*
 * Types made of several others: arrays, structs, data sections, prototypes.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>

#include "check.h"

/**
 * lbpf_btf_check_array() - Check an array by itself
 * @check: Check.
 * @type: ARRAY.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_array(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_array *array = lbpf_btf_array(type);

	if (type->name_off)
		return lbpf_btf_refuse(check, type, "Invalid name");
	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (type->size)
		return lbpf_btf_refuse(check, type, "size != 0");
	if (!array->type || array->type > BTF_MAX_TYPE)
		return lbpf_btf_refuse(check, type, "Invalid elem");
	if (!array->index_type || array->index_type > BTF_MAX_TYPE)
		return lbpf_btf_refuse(check, type, "Invalid index");
	lbpf_btf_show(check, type);
	return 0;
}

static int check_one_member(struct lbpf_btf_check *check, const struct btf_type *type,
			    const struct btf_member *member, u32 last_bit_off)
{
	const struct lbpf_btf *btf = check->btf;
	u32 bit_off = lbpf_btf_member_bit_off(type, member);

	if (!lbpf_btf_name_is_there(btf, member->name_off))
		return lbpf_btf_refuse_member(check, type, member, "Invalid member name_offset:%u",
					      member->name_off);
	if (member->name_off && !lbpf_btf_name_is_identifier(btf, member->name_off))
		return lbpf_btf_refuse_member(check, type, member, "Invalid name");
	if (!member->type || member->type > BTF_MAX_TYPE)
		return lbpf_btf_refuse_member(check, type, member, "Invalid type_id");
	if (is_kind(type, BTF_KIND_UNION) ? bit_off : last_bit_off > bit_off)
		return lbpf_btf_refuse_member(check, type, member, "Invalid member bits_offset");
	if (bit_off / 8 + !!(bit_off % 8) > type->size)
		return lbpf_btf_refuse_member(check, type, member,
					      "Member bits_offset exceeds its struct size");
	lbpf_btf_show_member(check, type, member);
	return 0;
}

/**
 * lbpf_btf_check_struct() - Check a struct or union by itself
 * @check: Check.
 * @type: STRUCT or UNION.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_struct(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_member *member;
	u32 last_bit_off = 0;
	int err;
	u32 i;

	if (type->name_off && !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	lbpf_btf_show(check, type);
	lbpf_btf_for_each_member(i, type, member) {
		err = check_one_member(check, type, member, last_bit_off);
		if (err)
			return err;
		last_bit_off = lbpf_btf_member_bit_off(type, member);
	}
	return 0;
}

/**
 * lbpf_btf_check_proto() - Check a function prototype by itself
 * @check: Check.
 * @type: FUNC_PROTO.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_proto(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (type->name_off)
		return lbpf_btf_refuse(check, type, "Invalid name");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	lbpf_btf_show(check, type);
	return 0;
}

static int check_one_secinfo(struct lbpf_btf_check *check, const struct btf_type *type,
			     const struct btf_var_secinfo *info, u64 last_end)
{
	if (!info->type || info->type > BTF_MAX_TYPE)
		return lbpf_btf_refuse_secinfo(check, type, info, "Invalid type_id");
	if (info->offset < last_end || info->offset >= type->size)
		return lbpf_btf_refuse_secinfo(check, type, info, "Invalid offset");
	if (!info->size || info->size > type->size)
		return lbpf_btf_refuse_secinfo(check, type, info, "Invalid size");
	if ((u64)info->offset + info->size > type->size)
		return lbpf_btf_refuse_secinfo(check, type, info, "Invalid offset+size");
	lbpf_btf_show_secinfo(check, type, info);
	return 0;
}

/**
 * lbpf_btf_check_datasec() - Check a data section by itself
 * @check: Check.
 * @type: DATASEC.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_datasec(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_var_secinfo *info;
	u64 last_end = 0, sum = 0;
	int err;
	u32 i;

	if (!type->size)
		return lbpf_btf_refuse(check, type, "size == 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (!type->name_off || !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	lbpf_btf_show(check, type);
	lbpf_btf_for_each_secinfo(i, type, info) {
		err = check_one_secinfo(check, type, info, last_end);
		if (err)
			return err;
		last_end = (u64)info->offset + info->size;
		sum += info->size;
	}
	if (type->size < sum)
		return lbpf_btf_refuse(check, type, "Invalid btf_info size");
	return 0;
}

static bool is_regular_int(const struct btf_type *type)
{
	return type && is_kind(type, BTF_KIND_INT) && lbpf_btf_int_is_regular(type);
}

/* 0: waits; 1: settled; or -errno. */
static int await_part(struct lbpf_btf_check *check, const struct btf_type *array, u32 id,
		      const char *reason)
{
	const struct btf_type *type = lbpf_btf_type(check->btf, id);

	if (!may_have_size(type) || has_kind_flag(type, KIND_SOURCE))
		return lbpf_btf_refuse(check, array, "%s", reason);
	return lbpf_btf_await(check, id);
}

/**
 * lbpf_btf_resolve_array() - Follow an array to its elements
 * @check: Check.
 * @at: Array, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_array(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_array *array = lbpf_btf_array(at->type);
	const struct btf_type *elem;
	u32 elem_id, elem_bytes;
	int ret;

	ret = await_part(check, at->type, array->index_type, "Invalid index");
	if (ret <= 0)
		return ret;
	if (!is_regular_int(lbpf_btf_sized(check->btf, array->index_type, NULL, NULL)))
		return lbpf_btf_refuse(check, at->type, "Invalid index");
	ret = await_part(check, at->type, array->type, "Invalid elem");
	if (ret <= 0)
		return ret;
	elem = lbpf_btf_sized(check->btf, array->type, &elem_id, &elem_bytes);
	if (!elem)
		return lbpf_btf_refuse(check, at->type, "Invalid elem");
	if (is_kind(elem, BTF_KIND_INT) && !lbpf_btf_int_is_regular(elem))
		return lbpf_btf_refuse(check, at->type, "Invalid array of int");
	if (array->nelems && elem_bytes > U32_MAX / array->nelems)
		return lbpf_btf_refuse(check, at->type, "Array size overflows U32_MAX");
	lbpf_btf_settle(check, elem_id, elem_bytes * array->nelems);
	return 0;
}

static int check_member_type(struct lbpf_btf_check *check, const struct btf_type *parent,
			     const struct btf_member *member)
{
	struct lbpf_btf_member use = {
		.parent = parent,
		.member = *member,
		.type = lbpf_btf_type(check->btf, member->type),
	};

	return lbpf_btf_kind_row(lbpf_btf_kind(use.type))->check_member(check, &use);
}

/**
 * lbpf_btf_resolve_struct() - Follow the members of a struct, and check them
 * @check: Check.
 * @at: Struct or union, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_struct(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_member *members = lbpf_btf_members(at->type);
	const struct btf_type *type;
	int ret;

	for (; at->next_member < lbpf_btf_vlen(at->type); at->next_member++) {
		const struct btf_member *member = members + at->next_member;

		type = lbpf_btf_type(check->btf, member->type);
		if (!may_have_size(type) || has_kind_flag(type, KIND_SOURCE))
			return lbpf_btf_refuse_member(check, at->type, member, "Invalid member");
		ret = lbpf_btf_await(check, member->type);
		if (ret > 0)
			ret = check_member_type(check, at->type, member) ?: 1;
		if (ret <= 0)
			return ret;
	}
	lbpf_btf_settle(check, 0, 0);
	return 0;
}

/**
 * lbpf_btf_resolve_datasec() - Follow the variables of a data section, and check their sizes
 * @check: Check.
 * @at: Data section, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_datasec(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_var_secinfo *infos = lbpf_btf_secinfos(at->type);
	const struct btf_type *var;
	u32 bytes;
	int ret;

	while (at->next_member < lbpf_btf_vlen(at->type)) {
		const struct btf_var_secinfo *info = infos + at->next_member++;

		var = lbpf_btf_type(check->btf, info->type);
		if (!var || !is_kind(var, BTF_KIND_VAR))
			return lbpf_btf_refuse_secinfo(check, at->type, info,
						       "Not a VAR kind member");
		check->mode = WANT_ANY;
		ret = lbpf_btf_await(check, info->type);
		if (ret <= 0)
			return ret;
		if (!lbpf_btf_sized(check->btf, var->type, NULL, &bytes))
			return lbpf_btf_refuse_secinfo(check, at->type, info, "Invalid type");
		if (info->size < bytes)
			return lbpf_btf_refuse_secinfo(check, at->type, info, "Invalid size");
	}
	lbpf_btf_settle(check, 0, 0);
	return 0;
}
