// SPDX-License-Identifier: GPL-2.0
/*
 * Questions about types.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "check.h"

/* More modifiers in a row than any checked type has. */
#define MAX_STEPS	64

/**
 * lbpf_btf_is_struct() - Is it a struct or a union?
 * @type: Type.
 *
 * Context: Any.
 * Return: true if it is.
 */
bool lbpf_btf_is_struct(const struct btf_type *type)
{
	return is_kind(type, BTF_KIND_STRUCT) || is_kind(type, BTF_KIND_UNION);
}

/**
 * lbpf_btf_is_modifier() - Does it only modify another type?
 * @type: Type.
 *
 * Context: Any.
 * Return: true if it does.
 */
bool lbpf_btf_is_modifier(const struct btf_type *type)
{
	return has_kind_flag(type, KIND_MODIFIER);
}

/**
 * lbpf_btf_is_enum() - Is it an enumeration of either width?
 * @type: Type.
 *
 * Context: Any.
 * Return: true if it is.
 */
bool lbpf_btf_is_enum(const struct btf_type *type)
{
	return is_kind(type, BTF_KIND_ENUM) || is_kind(type, BTF_KIND_ENUM64);
}

/**
 * lbpf_btf_is_number() - Is it an integer or an enumeration?
 * @type: Type, or NULL.
 *
 * Context: Any.
 * Return: true if it is.
 */
bool lbpf_btf_is_number(const struct btf_type *type)
{
	return type && (is_kind(type, BTF_KIND_INT) || lbpf_btf_is_enum(type));
}

/**
 * lbpf_btf_type() - Find a type
 * @btf: BTF.
 * @id: Id; 0 is void.
 *
 * Context: Any.
 * Return: Type, or NULL.
 */
const struct btf_type *lbpf_btf_type(const struct lbpf_btf *btf, u32 id)
{
	static const struct btf_type void_type;

	if (!id)
		return &void_type;
	while (btf && id < btf->first_id)
		btf = btf->base;
	if (!btf || id >= btf->nr_ids)
		return NULL;
	return (const struct btf_type *)(btf->types + btf->type_offs[id - btf->first_id]);
}

/**
 * lbpf_btf_skip_mods() - Follow modifiers
 * @btf: BTF.
 * @id: Where to begin.
 * @found_id: Id of the result; may be NULL.
 *
 * Context: Any.
 * Return: The first type that is no modifier, or NULL.
 */
const struct btf_type *lbpf_btf_skip_mods(const struct lbpf_btf *btf, u32 id, u32 *found_id)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	u32 i;

	for (i = 0; type && lbpf_btf_is_modifier(type) && i < MAX_STEPS; i++) {
		id = type->type;
		type = lbpf_btf_type(btf, id);
	}
	if (found_id)
		*found_id = id;
	return i < MAX_STEPS ? type : NULL;
}

static bool leads_on(const struct btf_type *type)
{
	return lbpf_btf_is_modifier(type) || is_kind(type, BTF_KIND_VAR);
}

/* Size of an array of BTF that is not resolved.  Dimensions are walked, not recursed into. */
static bool read_array_size(const struct lbpf_btf *btf, const struct btf_type *type, u32 *bytes)
{
	u64 total = 1;
	u32 i;

	for (i = 0; type && is_kind(type, BTF_KIND_ARRAY) && i < MAX_STEPS; i++) {
		total *= lbpf_btf_array(type)->nelems;
		if (total > U32_MAX)
			return false;
		type = lbpf_btf_skip_mods(btf, lbpf_btf_array(type)->type, NULL);
	}
	if (!type)
		return false;
	if (is_kind(type, BTF_KIND_PTR))
		total *= sizeof(void *);
	else if (has_kind_flag(type, KIND_SIZED))
		total *= type->size;
	else
		return false;
	*bytes = total;
	return total <= U32_MAX;
}

/* Size of what modifiers and variables led to; false: it has none. */
static bool read_size(const struct lbpf_btf *btf, const struct btf_type *type, u32 id, u32 *bytes)
{
	if (is_kind(type, BTF_KIND_PTR)) {
		*bytes = sizeof(void *);
		return true;
	}
	if (is_kind(type, BTF_KIND_ARRAY)) {
		if (!btf->resolved_bytes)
			return read_array_size(btf, type, bytes);
		*bytes = btf->resolved_bytes[id];
		return true;
	}
	*bytes = type->size;
	return has_kind_flag(type, KIND_SIZED);
}

/**
 * lbpf_btf_sized() - Follow modifiers and variables to what has a size
 * @btf: BTF, checked.
 * @id: Where to begin.
 * @found_id: Id of the result; may be NULL.
 * @bytes: Its size; may be NULL.
 *
 * Context: Any.
 * Return: Type, or NULL.
 */
const struct btf_type *lbpf_btf_sized(const struct lbpf_btf *btf, u32 id, u32 *found_id, u32 *bytes)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	u32 i, size;

	for (i = 0; id && type && leads_on(type) && i < MAX_STEPS; i++) {
		id = type->type;
		type = lbpf_btf_type(btf, id);
	}
	if (!id || !type || leads_on(type) || !read_size(btf, type, id, &size))
		return NULL;
	if (found_id)
		*found_id = id;
	if (bytes)
		*bytes = size;
	return type;
}

/**
 * lbpf_btf_find() - Find a type by its name
 * @btf: BTF; that of its base is looked through first.
 * @name: Name.
 * @kind: BTF_KIND_*.
 *
 * Context: Any; takes long.
 * Return: Id, or -ENOENT.
 */
int lbpf_btf_find(const struct lbpf_btf *btf, const char *name, u32 kind)
{
	const struct btf_type *type;
	int found = -ENOENT;
	u32 id;

	if (btf->name_heads) {
		if (btf->base)
			found = lbpf_btf_find(btf->base, name, kind);
		return found < 0 ? lbpf_btf_find_indexed(btf, name, kind) : found;
	}
	for (id = 1; id < btf->nr_ids; id++) {
		type = lbpf_btf_type(btf, id);
		if (type && is_kind(type, kind) && !strcmp(lbpf_btf_type_name(btf, type), name))
			return id;
	}
	return -ENOENT;
}

/**
 * lbpf_btf_enumerator() - Name and value of an enumerator
 * @btf: BTF.
 * @type: Enumeration of either width.
 * @index: Which one; there is one.
 * @value: Gets its value, with its sign.
 *
 * Context: Any.
 * Return: Name.
 */
const char *lbpf_btf_enumerator(const struct lbpf_btf *btf, const struct btf_type *type,
				u32 index, u64 *value)
{
	if (is_kind(type, BTF_KIND_ENUM64)) {
		const struct btf_enum64 *wide = lbpf_btf_enums64(type) + index;

		*value = (u64)wide->val_hi32 << 32 | wide->val_lo32;
		return lbpf_btf_name(btf, wide->name_off) ?: "";
	}
	*value = lbpf_btf_kflag(type) ? (s64)lbpf_btf_enums(type)[index].val :
					(u32)lbpf_btf_enums(type)[index].val;
	return lbpf_btf_name(btf, lbpf_btf_enums(type)[index].name_off) ?: "";
}
