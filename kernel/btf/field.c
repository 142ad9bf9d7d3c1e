// SPDX-License-Identifier: GPL-2.0
/*
 * Fields of map values that have a meaning of their own.
 *
 * Layer: btf (p).
 *
 * Source: Linux 6.1 finds them in a struct at the top level, and in the variables
 * of a data section.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "check.h"

static bool is_field(const struct lbpf_btf *btf, const struct btf_type *type,
		     const struct lbpf_btf_field *field)
{
	return is_kind(type, BTF_KIND_STRUCT) && type->size == field->size_bytes &&
	       !strcmp(lbpf_btf_type_name(btf, type), field->name);
}

/* One more place where the field is. */
static int add_place(int *found, u32 off, const struct lbpf_btf_field *field)
{
	if (off % field->align_bytes)
		return -EINVAL;
	if (*found >= 0)
		return -E2BIG;
	*found = off;
	return 0;
}

static int find_in_struct(const struct lbpf_btf *btf, const struct btf_type *type,
			  const struct lbpf_btf_field *field)
{
	const struct btf_member *member;
	int found = -ENOENT, err = 0;
	u32 i, bit_off;

	lbpf_btf_for_each_member(i, type, member) {
		if (!is_field(btf, lbpf_btf_type(btf, member->type), field))
			continue;
		bit_off = lbpf_btf_member_bit_off(type, member);
		err = bit_off % 8 ? -EINVAL : add_place(&found, bit_off / 8, field);
		if (err)
			return err;
	}
	return found;
}

static int find_in_section(const struct lbpf_btf *btf, const struct btf_type *type,
			   const struct lbpf_btf_field *field)
{
	const struct btf_var_secinfo *info;
	const struct btf_type *var;
	int found = -ENOENT, err;
	u32 i;

	lbpf_btf_for_each_secinfo(i, type, info) {
		var = lbpf_btf_type(btf, lbpf_btf_type(btf, info->type)->type);
		if (!is_field(btf, var, field) || info->size != field->size_bytes)
			continue;
		err = add_place(&found, info->offset, field);
		if (err)
			return err;
	}
	return found;
}

/**
 * lbpf_btf_find_field() - Find where a field is in a value
 * @btf: BTF, checked.
 * @id: Type of the value.
 * @field: What is looked for.
 *
 * Context: Any.
 * Return: Offset in bytes, -ENOENT, -E2BIG: it is there more than once, -EINVAL: it is where it
 * cannot be, or @id is no struct.
 */
int lbpf_btf_find_field(const struct lbpf_btf *btf, u32 id, const struct lbpf_btf_field *field)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);

	if (type && is_kind(type, BTF_KIND_STRUCT))
		return find_in_struct(btf, type, field);
	if (type && is_kind(type, BTF_KIND_DATASEC))
		return find_in_section(btf, type, field);
	return -EINVAL;
}

/* Is it a pointer that a tag makes a kptr? */
static bool is_kptr(const struct lbpf_btf *btf, u32 id, struct lbpf_btf_kptr *kptr)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);
	const struct btf_type *tag;
	const char *name;

	if (!type || !is_kind(type, BTF_KIND_PTR))
		return false;
	tag = lbpf_btf_type(btf, type->type);
	if (!tag || !is_kind(tag, BTF_KIND_TYPE_TAG))
		return false;
	name = lbpf_btf_type_name(btf, tag);
	kptr->is_ref = !strcmp(name, "kptr_ref");
	return (kptr->is_ref || !strcmp(name, "kptr")) &&
	       lbpf_btf_skip_mods(btf, tag->type, &kptr->type_id);
}

/**
 * lbpf_btf_find_kptrs() - Find the pointers to kernel objects in a value
 * @btf: BTF, checked.
 * @id: Type of the value.
 * @kptrs: Where they go.
 * @max: Room.
 *
 * Context: Any.
 * Return: How many there are, -E2BIG: more than @max, -EINVAL: at an offset they cannot have.
 */
int lbpf_btf_find_kptrs(const struct lbpf_btf *btf, u32 id, struct lbpf_btf_kptr *kptrs, u32 max)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	const struct btf_member *member;
	struct lbpf_btf_kptr kptr;
	u32 i, nr = 0, bit_off;

	if (!type || !is_kind(type, BTF_KIND_STRUCT))
		return 0;
	lbpf_btf_for_each_member(i, type, member) {
		if (!is_kptr(btf, member->type, &kptr))
			continue;
		bit_off = lbpf_btf_member_bit_off(type, member);
		if (bit_off % 64)
			return -EINVAL;
		if (nr == max)
			return -E2BIG;
		kptr.off = bit_off / 8;
		kptrs[nr++] = kptr;
	}
	return nr;
}
