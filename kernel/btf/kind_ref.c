// SPDX-License-Identifier: GPL-2.0
/*
 * Types that name another one: pointers, modifiers, variables, functions, tags.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>

#include "check.h"

/* A tag says something with its name; pointers and the like have none. */
static bool has_right_name(const struct lbpf_btf *btf, const struct btf_type *type)
{
	if (is_kind(type, BTF_KIND_TYPEDEF))
		return lbpf_btf_name_is_identifier(btf, type->name_off);
	if (is_kind(type, BTF_KIND_TYPE_TAG))
		return *lbpf_btf_type_name(btf, type);
	return !type->name_off;
}

/**
 * lbpf_btf_check_ref() - Check a pointer or a modifier by itself
 * @check: Check.
 * @type: Pointer or modifier.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_ref(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (type->type > BTF_MAX_TYPE)
		return lbpf_btf_refuse(check, type, "Invalid type_id");
	if (!has_right_name(check->btf, type))
		return lbpf_btf_refuse(check, type, "Invalid name");
	lbpf_btf_show(check, type);
	return 0;
}

/**
 * lbpf_btf_check_func() - Check a function by itself
 * @check: Check.
 * @type: FUNC.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_func(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (!type->name_off || !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	if (lbpf_btf_vlen(type) > BTF_FUNC_GLOBAL)
		return lbpf_btf_refuse(check, type, "Invalid func linkage");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	lbpf_btf_show(check, type);
	return 0;
}

/**
 * lbpf_btf_check_var() - Check a variable by itself
 * @check: Check.
 * @type: VAR.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_var(struct lbpf_btf_check *check, const struct btf_type *type)
{
	u32 linkage = ((const struct btf_var *)(type + 1))->linkage;

	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (!type->name_off || !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	if (!type->type || type->type > BTF_MAX_TYPE)
		return lbpf_btf_refuse(check, type, "Invalid type_id");
	if (linkage != BTF_VAR_STATIC && linkage != BTF_VAR_GLOBAL_ALLOCATED)
		return lbpf_btf_refuse(check, type, "Linkage not supported");
	lbpf_btf_show(check, type);
	return 0;
}

static s32 tag_index(const struct btf_type *type)
{
	return ((const struct btf_decl_tag *)(type + 1))->component_idx;
}

/**
 * lbpf_btf_check_decl_tag() - Check a declaration tag by itself
 * @check: Check.
 * @type: DECL_TAG.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_decl_tag(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (!*lbpf_btf_type_name(check->btf, type))
		return lbpf_btf_refuse(check, type, "Invalid value");
	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (tag_index(type) < -1)
		return lbpf_btf_refuse(check, type, "Invalid component_idx");
	lbpf_btf_show(check, type);
	return 0;
}

/* The type that @at leads to next, or NULL: none that it may lead to. */
static const struct btf_type *next_type(const struct lbpf_btf_check *check,
					const struct lbpf_btf_waiting *at)
{
	const struct btf_type *next = lbpf_btf_type(check->btf, at->type->type);

	return next && !has_kind_flag(next, KIND_SOURCE) ? next : NULL;
}

/* void, functions and unfinished structs have no size, but may be pointed to and modified. */
static bool may_lack_size(const struct lbpf_btf_check *check, u32 *id)
{
	const struct btf_type *type = lbpf_btf_type(check->btf, *id);

	if (lbpf_btf_is_settled(check, *id)) {
		*id = check->btf->resolved_ids[*id];
		type = lbpf_btf_type(check->btf, *id);
	}
	return is_kind(type, BTF_KIND_UNKN) || is_kind(type, BTF_KIND_FWD) ||
	       is_kind(type, BTF_KIND_FUNC_PROTO);
}

/* What is behind @id is known as far as it has to be: keep it. */
static int settle_ref(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	u32 id = at->type->type;

	if (!lbpf_btf_sized(check->btf, id, &id, NULL) && !may_lack_size(check, &id))
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	lbpf_btf_settle(check, id, 0);
	return 0;
}

/**
 * lbpf_btf_resolve_modifier() - Follow a modifier
 * @check: Check.
 * @at: Modifier, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_modifier(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	int ret;

	if (!next_type(check, at))
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	ret = lbpf_btf_await(check, at->type->type);
	return ret <= 0 ? ret : settle_ref(check, at);
}

/*
 * A modifier that was settled for its size may have stopped at a pointer, which has a size.
 * Whoever wants to know more must go on behind that pointer.
 */
static int await_behind_modifier(struct lbpf_btf_check *check, const struct btf_type *next, u32 id)
{
	u32 end_id;

	if (!lbpf_btf_is_modifier(next))
		return 1;
	end_id = check->btf->resolved_ids[id];
	if (!is_kind(lbpf_btf_type(check->btf, end_id), BTF_KIND_PTR))
		return 1;
	return lbpf_btf_await(check, end_id);
}

/**
 * lbpf_btf_resolve_pointer() - Follow a pointer
 * @check: Check.
 * @at: Pointer, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_pointer(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_type *next = next_type(check, at);
	int ret;

	if (!next)
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	ret = lbpf_btf_await(check, at->type->type);
	if (ret > 0)
		ret = await_behind_modifier(check, next, at->type->type);
	return ret <= 0 ? ret : settle_ref(check, at);
}

/**
 * lbpf_btf_resolve_var() - Follow a variable to its type, which needs a size
 * @check: Check.
 * @at: Variable, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_var(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_type *next = next_type(check, at);
	u32 bytes, id = at->type->type;
	int ret;

	if (!next)
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	ret = lbpf_btf_await(check, id);
	if (ret > 0)
		ret = await_behind_modifier(check, next, id);
	if (ret <= 0)
		return ret;
	if (!lbpf_btf_sized(check->btf, id, &id, &bytes))
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	lbpf_btf_settle(check, id, bytes);
	return 0;
}

/**
 * lbpf_btf_resolve_func() - Follow a function to its prototype, whose parameters need names
 * @check: Check.
 * @at: Function, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_resolve_func(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_type *proto = lbpf_btf_type(check->btf, at->type->type);
	const struct btf_param *params;
	u32 i;

	if (!proto || !is_kind(proto, BTF_KIND_FUNC_PROTO))
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	params = lbpf_btf_params(proto);
	for (i = 0; i < lbpf_btf_vlen(proto); i++)
		if (!params[i].name_off && params[i].type)
			return lbpf_btf_refuse(check, at->type, "Invalid arg#%u", i + 1);
	lbpf_btf_settle(check, at->type->type, 0);
	return 0;
}

/* Number of components that a tag can tell apart; -1: what @type is cannot be tagged. */
static int nr_components(const struct lbpf_btf *btf, const struct btf_type *type)
{
	if (lbpf_btf_is_struct(type))
		return lbpf_btf_vlen(type);
	if (is_kind(type, BTF_KIND_VAR) || is_kind(type, BTF_KIND_TYPEDEF))
		return 0;
	if (!is_kind(type, BTF_KIND_FUNC))
		return -1;
	type = lbpf_btf_type(btf, type->type);
	return type && is_kind(type, BTF_KIND_FUNC_PROTO) ? lbpf_btf_vlen(type) : 0;
}

/**
 * lbpf_btf_resolve_decl_tag() - Check what a declaration tag stands at
 * @check: Check.
 * @at: Tag, on top of the stack.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_resolve_decl_tag(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at)
{
	const struct btf_type *next = lbpf_btf_type(check->btf, at->type->type);
	int nr = next ? nr_components(check->btf, next) : -1;
	int ret;

	if (nr < 0)
		return lbpf_btf_refuse(check, at->type, "Invalid type_id");
	ret = lbpf_btf_await(check, at->type->type);
	if (ret <= 0)
		return ret;
	if (tag_index(at->type) >= nr)
		return lbpf_btf_refuse(check, at->type, "Invalid component_idx");
	lbpf_btf_settle(check, at->type->type, 0);
	return 0;
}
