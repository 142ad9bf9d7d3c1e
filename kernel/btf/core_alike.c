// SPDX-License-Identifier: GPL-2.0
/*
 * Types of a program and of the kernel that may stand for each other.
 *
 * Layer: btf (p).  Names say which type is meant; what is compared here is only what would make
 * it another thing.  Source: Linux 6.1, observed; bpf_core_type_exists() and bpf_core_read() in
 * libbpf's documentation.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core.h"

/* Pointers and arrays one after the other: types may lead in circles. */
#define MAX_DEPTH	32

/**
 * lbpf_core_same_name() - Are two names the same, but for their flavors?
 * @a: Name.
 * @b: Name.
 *
 * Context: Any.
 * Return: true if they are.
 */
bool lbpf_core_same_name(const char *a, const char *b)
{
	u32 bytes = lbpf_btf_essential_bytes(a);

	return lbpf_btf_essential_bytes(b) == bytes && !memcmp(a, b, bytes);
}

/* enum and enum64 are one kind. */
static bool is_same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return lbpf_btf_kind(a) == lbpf_btf_kind(b) ||
	       (lbpf_btf_is_enum(a) && lbpf_btf_is_enum(b));
}

static bool has_bit_off(const struct btf_type *type)
{
	return BTF_INT_OFFSET(lbpf_btf_int(type));
}

/**
 * struct pair - Two types that are compared
 * @btfs: BTF of each.
 * @ids: Their ids.
 * @types: Themselves, without modifiers.
 */
struct pair {
	const struct lbpf_btf	*btfs[2];
	u32			ids[2];
	const struct btf_type	*types[2];
};

static bool skip_mods(struct pair *pair)
{
	u32 i;

	for (i = 0; i < 2; i++)
		pair->types[i] = lbpf_btf_skip_mods(pair->btfs[i], pair->ids[i], &pair->ids[i]);
	return pair->types[0] && pair->types[1];
}

static bool names_agree(const struct pair *pair)
{
	const char *a = lbpf_btf_type_name(pair->btfs[0], pair->types[0]);
	const char *b = lbpf_btf_type_name(pair->btfs[1], pair->types[1]);

	return !*a || !*b || lbpf_core_same_name(a, b);
}

/**
 * lbpf_core_fields_alike() - May one member stand for the other?
 * @a_btf: BTF of the local one.
 * @a_id: Its type.
 * @b_btf: BTF of the other one.
 * @b_id: Its type.
 *
 * Context: Any.
 * Return: 1, 0, or -EINVAL: no such type.
 */
int lbpf_core_fields_alike(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			   u32 b_id)
{
	struct pair pair = { { a_btf, b_btf }, { a_id, b_id }, { NULL, NULL } };
	u32 i;

	for (i = 0; i < MAX_DEPTH; i++) {
		if (!skip_mods(&pair))
			return -EINVAL;
		if (lbpf_btf_is_struct(pair.types[0]) && lbpf_btf_is_struct(pair.types[1]))
			return 1;
		if (!is_same_kind(pair.types[0], pair.types[1]))
			return 0;
		if (!is_kind(pair.types[0], BTF_KIND_ARRAY))
			break;
		pair.ids[0] = lbpf_btf_array(pair.types[0])->type;
		pair.ids[1] = lbpf_btf_array(pair.types[1])->type;
	}
	switch (lbpf_btf_kind(pair.types[0])) {
	case BTF_KIND_PTR:
	case BTF_KIND_FLOAT:
		return 1;
	case BTF_KIND_FWD:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return names_agree(&pair);
	case BTF_KIND_INT:
		return !has_bit_off(pair.types[0]) && !has_bit_off(pair.types[1]);
	default:
		return 0;
	}
}

static int funcs_alike(const struct pair *pair, u32 depth)
{
	const struct btf_param *a = lbpf_btf_params(pair->types[0]);
	const struct btf_param *b = lbpf_btf_params(pair->types[1]);
	u32 i, nr = lbpf_btf_vlen(pair->types[0]);
	int alike;

	if (lbpf_btf_vlen(pair->types[1]) != nr)
		return 0;
	for (i = 0; i < nr; i++) {
		alike = lbpf_core_types_alike(pair->btfs[0], a[i].type, pair->btfs[1], b[i].type,
					      depth);
		if (alike <= 0)
			return alike;
	}
	return lbpf_core_types_alike(pair->btfs[0], pair->types[0]->type, pair->btfs[1],
				     pair->types[1]->type, depth);
}

/* What both lead to; false: they lead nowhere. */
static bool follow(struct pair *pair)
{
	u32 i;

	for (i = 0; i < 2; i++) {
		if (is_kind(pair->types[i], BTF_KIND_PTR))
			pair->ids[i] = pair->types[i]->type;
		else if (is_kind(pair->types[i], BTF_KIND_ARRAY))
			pair->ids[i] = lbpf_btf_array(pair->types[i])->type;
		else
			return false;
	}
	return true;
}

/**
 * lbpf_core_types_alike() - Are two types the same kind of thing?
 * @a_btf: BTF of the local one.
 * @a_id: Its id.
 * @b_btf: BTF of the other one.
 * @b_id: Its id.
 * @depth: How many functions there may be inside each other.
 *
 * Names and members do not count, what pointers, arrays and functions lead to does.
 *
 * Context: Any.
 * Return: 1, 0, or -EINVAL: no such type, or too many inside each other.
 */
int lbpf_core_types_alike(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			  u32 b_id, u32 depth)
{
	struct pair pair = { { a_btf, b_btf }, { a_id, b_id }, { NULL, NULL } };

	u32 i = 0;

	if (!depth--)
		return -EINVAL;
	do {
		if (i++ == MAX_DEPTH || !skip_mods(&pair))
			return -EINVAL;
		if (!is_same_kind(pair.types[0], pair.types[1]))
			return 0;
	} while (follow(&pair));
	switch (lbpf_btf_kind(pair.types[0])) {
	case BTF_KIND_UNKN:
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FWD:
		return 1;
	case BTF_KIND_INT:
		return !has_bit_off(pair.types[0]) && !has_bit_off(pair.types[1]);
	case BTF_KIND_FUNC_PROTO:
		return funcs_alike(&pair, depth);
	default:
		return 0;
	}
}
