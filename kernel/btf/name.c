// SPDX-License-Identifier: GPL-2.0
/*
 * Names of types.
 *
 * Layer: btf (p).
 */
#include <linux/ctype.h>

#include "check.h"

/* Source: KSYM_NAME_LEN of Linux 6.1. */
#define MAX_NAME_BYTES	512

static const struct lbpf_btf *owner_of_name(const struct lbpf_btf *btf, u32 off)
{
	while (btf && off < btf->first_str)
		btf = btf->base;
	return btf && off - btf->first_str < btf->str_bytes ? btf : NULL;
}

/**
 * lbpf_btf_name() - Name at an offset
 * @btf: BTF.
 * @off: Offset.
 *
 * Context: Any.
 * Return: Name ("" for none), or NULL for an offset that is out of range.
 */
const char *lbpf_btf_name(const struct lbpf_btf *btf, u32 off)
{
	const struct lbpf_btf *owner = owner_of_name(btf, off);

	return owner ? owner->strings + off - owner->first_str : NULL;
}

/**
 * lbpf_btf_type_name() - Name of a type
 * @btf: BTF.
 * @type: Type of it.
 *
 * Context: Any.
 * Return: Name, never NULL.
 */
const char *lbpf_btf_type_name(const struct lbpf_btf *btf, const struct btf_type *type)
{
	return lbpf_btf_name(btf, type->name_off) ?: "";
}

/**
 * lbpf_btf_name_is_there() - Is there a name at an offset?
 * @btf: BTF.
 * @off: Offset.
 *
 * Context: Any.
 * Return: true if it is in range.
 */
bool lbpf_btf_name_is_there(const struct lbpf_btf *btf, u32 off)
{
	return owner_of_name(btf, off);
}

static bool is_name_char(char c, bool is_first)
{
	return (is_first ? isalpha(c) : isalnum(c)) || c == '_' || c == '.';
}

/**
 * lbpf_btf_name_is_identifier() - May the name be one of a type, variable, function or section?
 * @btf: BTF.
 * @off: Offset of the name.
 *
 * As in C, with dots.
 *
 * Context: Any.
 * Return: true if it may.
 */
bool lbpf_btf_name_is_identifier(const struct lbpf_btf *btf, u32 off)
{
	const char *name = lbpf_btf_name(btf, off);
	u32 i;

	if (!name || !is_name_char(name[0], true))
		return false;
	for (i = 1; i < MAX_NAME_BYTES && name[i]; i++)
		if (!is_name_char(name[i], false))
			return false;
	return !name[i];
}

/* "x___y": three of them, no more, and something on both sides. */
static bool is_flavor(const char *at)
{
	return at[0] != '_' && at[1] == '_' && at[2] == '_' && at[3] == '_' && at[4] &&
	       at[4] != '_';
}

/**
 * lbpf_btf_essential_bytes() - Length of a name without its flavor
 * @name: Name.
 *
 * A program may describe one type in several ways, under names of which only what comes before
 * the last "___" says which type is meant.
 *
 * Context: Any.
 * Return: Bytes.
 */
u32 lbpf_btf_essential_bytes(const char *name)
{
	u32 bytes = strlen(name), i;

	for (i = bytes; i >= 5; i--)
		if (is_flavor(name + i - 5))
			return i - 4;
	return bytes;
}
