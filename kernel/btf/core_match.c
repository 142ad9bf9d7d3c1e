// SPDX-License-Identifier: GPL-2.0
/*
 * Types of the kernel that have all that a type of the program has.
 *
 * Layer: btf (p).  Source: what libbpf documents of bpf_core_type_matches(): modifiers and
 * typedefs do not count; integers agree in size and sign; each member of a struct must be found
 * by its name, and match; what is behind a pointer in a struct need only have the name and a kind
 * that agrees, where a declaration agrees with what it declares; each enumerator must be found by
 * its name; functions agree in each argument and result.
 */
#include <linux/errno.h>
#include <linux/string.h>

#include "core.h"

/* One after the other: types may lead in circles. */
#define MAX_POINTERS	32

/**
 * struct match - A local type and one that may match
 * @a_btf: BTF of the local one.
 * @a: The local one, without modifiers.
 * @b_btf: BTF of the other one.
 * @b: The other one, likewise.
 * @is_behind_pointer: A pointer in a struct led here.
 * @depth: How many may be inside of it.
 */
struct match {
	const struct lbpf_btf	*a_btf;
	const struct btf_type	*a;
	const struct lbpf_btf	*b_btf;
	const struct btf_type	*b;
	bool			is_behind_pointer;
	u32			depth;
};

static int match_inner(const struct match *match, u32 a_id, u32 b_id, bool is_behind_pointer)
{
	return lbpf_core_types_match(match->a_btf, a_id, match->b_btf, b_id, is_behind_pointer,
				     match->depth);
}

static bool ints_match(const struct match *match)
{
	u32 a = lbpf_btf_int(match->a), b = lbpf_btf_int(match->b);

	return match->a->size == match->b->size &&
	       (BTF_INT_ENCODING(a) & BTF_INT_SIGNED) == (BTF_INT_ENCODING(b) & BTF_INT_SIGNED);
}

static bool has_enumerator(const struct match *match, const char *name)
{
	const char *other;
	u64 value;
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(match->b); i++) {
		other = lbpf_btf_enumerator(match->b_btf, match->b, i, &value);
		if (lbpf_core_same_name(name, other))
			return true;
	}
	return false;
}

static bool enums_match(const struct match *match)
{
	const char *name;
	u64 value;
	u32 i;

	if (match->a->size != match->b->size)
		return false;
	for (i = 0; i < lbpf_btf_vlen(match->a); i++) {
		name = lbpf_btf_enumerator(match->a_btf, match->a, i, &value);
		if (!has_enumerator(match, name))
			return false;
	}
	return true;
}

static int match_member(const struct match *match, const struct btf_member *wanted)
{
	const char *name = lbpf_btf_name(match->a_btf, wanted->name_off) ?: "";
	const struct btf_member *member;
	u32 i;

	lbpf_btf_for_each_member(i, match->b, member) {
		const char *other = lbpf_btf_name(match->b_btf, member->name_off) ?: "";
		int err;

		if (*other && strcmp(name, other))
			continue;
		if (*name && !*other)
			continue;
		err = match_inner(match, wanted->type, member->type, match->is_behind_pointer);
		if (err)
			return err;
	}
	return 0;
}

static int structs_match(const struct match *match)
{
	const struct btf_member *member;
	int ret = 1;
	u32 i;

	lbpf_btf_for_each_member(i, match->a, member) {
		ret = match_member(match, member);
		if (ret <= 0)
			break;
	}
	return ret;
}

static int funcs_match(const struct match *match)
{
	const struct btf_param *a = lbpf_btf_params(match->a), *b = lbpf_btf_params(match->b);
	u32 i, nr = lbpf_btf_vlen(match->a);
	int ret;

	if (lbpf_btf_vlen(match->b) != nr)
		return 0;
	for (i = 0; i < nr; i++) {
		ret = match_inner(match, a[i].type, b[i].type, false);
		if (ret <= 0)
			return ret;
	}
	return match_inner(match, match->a->type, match->b->type, false);
}

static bool names_match(const struct match *match)
{
	return lbpf_core_same_name(lbpf_btf_type_name(match->a_btf, match->a),
				   lbpf_btf_type_name(match->b_btf, match->b));
}

/* A declaration says whether it is of a struct or a union. */
static u32 declared_kind(const struct btf_type *type)
{
	if (!is_kind(type, BTF_KIND_FWD))
		return lbpf_btf_kind(type);
	return lbpf_btf_kflag(type) ? BTF_KIND_UNION : BTF_KIND_STRUCT;
}

/* Behind pointers, of structs and enumerations only the name counts. */
static bool is_named_kind(const struct btf_type *type)
{
	return lbpf_btf_is_struct(type) || lbpf_btf_is_enum(type) || is_kind(type, BTF_KIND_FWD);
}

static bool kinds_agree(const struct match *match)
{
	if (lbpf_btf_is_enum(match->a))
		return lbpf_btf_is_enum(match->b);
	if (match->is_behind_pointer)
		return declared_kind(match->a) == declared_kind(match->b);
	return lbpf_btf_kind(match->a) == lbpf_btf_kind(match->b);
}

/* Pointers and arrays, down to what they are of. */
static bool follow(struct match *match, u32 *a_id, u32 *b_id)
{
	if (is_kind(match->a, BTF_KIND_PTR)) {
		*a_id = match->a->type;
		*b_id = match->b->type;
		match->is_behind_pointer = true;
		return true;
	}
	if (!is_kind(match->a, BTF_KIND_ARRAY))
		return false;
	*a_id = lbpf_btf_array(match->a)->type;
	*b_id = lbpf_btf_array(match->b)->type;
	return true;
}

static int match_kind(const struct match *match)
{
	switch (lbpf_btf_kind(match->a)) {
	case BTF_KIND_UNKN:
	case BTF_KIND_FWD:
		return 1;
	case BTF_KIND_INT:
		return ints_match(match);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enums_match(match);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return structs_match(match);
	case BTF_KIND_FUNC_PROTO:
		return funcs_match(match);
	default:
		return 0;
	}
}

/**
 * lbpf_core_types_match() - Has a type all that the local one has?
 * @a_btf: BTF of the local one.
 * @a_id: Its id.
 * @b_btf: BTF of the other one.
 * @b_id: Its id.
 * @is_behind_pointer: Only names count.
 * @depth: How many of them there may be inside each other.
 *
 * Context: Any; recurses up to @depth times.
 * Return: 1, 0, or -EINVAL: no such type, or too many inside each other.
 */
int lbpf_core_types_match(const struct lbpf_btf *a_btf, u32 a_id, const struct lbpf_btf *b_btf,
			  u32 b_id, bool is_behind_pointer, u32 depth)
{
	struct match match = {
		.a_btf = a_btf, .b_btf = b_btf, .is_behind_pointer = is_behind_pointer,
		.depth = depth - 1,
	};
	u32 i = 0;

	if (!depth)
		return -EINVAL;
	do {
		match.a = lbpf_btf_skip_mods(a_btf, a_id, NULL);
		match.b = lbpf_btf_skip_mods(b_btf, b_id, NULL);
		if (i++ == MAX_POINTERS || !match.a || !match.b)
			return -EINVAL;
		if (!names_match(&match) || !kinds_agree(&match))
			return 0;
		if (match.is_behind_pointer && is_named_kind(match.a))
			return 1;
	} while (follow(&match, &a_id, &b_id));
	return match_kind(&match);
}
