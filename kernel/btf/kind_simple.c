// SPDX-License-Identifier: GPL-2.0
/*
 * Types that lead to no other: numbers, enumerations, forward declarations.
 *
 * Layer: btf (p).
 */
#include <linux/errno.h>
#include <linux/log2.h>

#include "check.h"

/* The byte that nothing is kept in is not looked at. */
#define INT_BITS_KNOWN	0x0fffffff
#define MAX_INT_BITS	128
#define ENUM_BITS	32
#define POINTER_BYTES	8

static u32 bytes_of_bits(u32 bits)
{
	return bits / 8 + !!(bits % 8);
}

/**
 * lbpf_btf_int_is_regular() - Has an INT no bits that do not count?
 * @type: INT.
 *
 * Context: Any.
 * Return: true for 1, 2, 4, 8 or 16 whole bytes from bit 0 on.
 */
bool lbpf_btf_int_is_regular(const struct btf_type *type)
{
	u32 bits = BTF_INT_BITS(lbpf_btf_int(type));

	return !BTF_INT_OFFSET(lbpf_btf_int(type)) && bits >= 8 && bits <= MAX_INT_BITS &&
	       is_power_of_2(bits);
}

/**
 * lbpf_btf_check_int() - Check an INT by itself
 * @check: Check.
 * @type: INT.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_btf_check_int(struct lbpf_btf_check *check, const struct btf_type *type)
{
	u32 data = lbpf_btf_int(type);
	u32 bits = BTF_INT_BITS(data) + BTF_INT_OFFSET(data);
	u32 encoding = BTF_INT_ENCODING(data);

	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (data & ~INT_BITS_KNOWN)
		return lbpf_btf_refuse_brief(check, type, "Invalid int_data:%x", data);
	if (bits > MAX_INT_BITS)
		return lbpf_btf_refuse(check, type, "nr_bits exceeds %u", MAX_INT_BITS);
	if (bytes_of_bits(bits) > type->size)
		return lbpf_btf_refuse(check, type, "nr_bits exceeds type_size");
	if (encoding & (encoding - 1) || encoding > BTF_INT_BOOL) {
		lbpf_btf_refuse(check, type, "Unsupported encoding");
		return -ENOTSUPP;
	}
	lbpf_btf_show(check, type);
	return 0;
}

/**
 * lbpf_btf_check_float() - Check a FLOAT by itself
 * @check: Check.
 * @type: FLOAT.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_float(struct lbpf_btf_check *check, const struct btf_type *type)
{
	u32 size = type->size;

	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (lbpf_btf_kflag(type))
		return lbpf_btf_refuse(check, type, "Invalid btf_info kind_flag");
	if (size != 2 && size != 4 && size != 8 && size != 12 && size != 16)
		return lbpf_btf_refuse(check, type, "Invalid type_size");
	lbpf_btf_show(check, type);
	return 0;
}

/* What both widths of enumerations have in common, but for their values. */
static int check_enum_head(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (type->size > 8 || !is_power_of_2(type->size))
		return lbpf_btf_refuse(check, type, "Unexpected size");
	if (type->name_off && !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	lbpf_btf_show(check, type);
	return 0;
}

static int check_value_name(struct lbpf_btf_check *check, const struct btf_type *type,
			    u32 name_off)
{
	if (!lbpf_btf_name_is_there(check->btf, name_off)) {
		lbpf_log(check->log, "\tInvalid name_offset:%u", name_off);
		return -EINVAL;
	}
	if (!name_off || !lbpf_btf_name_is_identifier(check->btf, name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	return 0;
}

/**
 * lbpf_btf_check_enum() - Check an ENUM by itself
 * @check: Check.
 * @type: ENUM.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_enum(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_enum *value = lbpf_btf_enums(type);
	int err = check_enum_head(check, type);
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(type) && !err; i++, value++) {
		err = check_value_name(check, type, value->name_off);
		if (err)
			return err;
		lbpf_log(check->log, lbpf_btf_kflag(type) ? "\t%s val=%d\n" : "\t%s val=%u\n",
			 lbpf_btf_log_name(check->btf, value->name_off), value->val);
	}
	return err;
}

/**
 * lbpf_btf_check_enum64() - Check an ENUM64 by itself
 * @check: Check.
 * @type: ENUM64.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_enum64(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_enum64 *value = lbpf_btf_enums64(type);
	int err = check_enum_head(check, type);
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(type) && !err; i++, value++) {
		err = check_value_name(check, type, value->name_off);
		if (err)
			return err;
		lbpf_log(check->log, lbpf_btf_kflag(type) ? "\t%s val=%lld\n" : "\t%s val=%llu\n",
			 lbpf_btf_log_name(check->btf, value->name_off),
			 (long long)((u64)value->val_hi32 << 32 | value->val_lo32));
	}
	return err;
}

/**
 * lbpf_btf_check_fwd() - Check a forward declaration by itself
 * @check: Check.
 * @type: FWD.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_check_fwd(struct lbpf_btf_check *check, const struct btf_type *type)
{
	if (lbpf_btf_vlen(type))
		return lbpf_btf_refuse(check, type, "vlen != 0");
	if (type->type)
		return lbpf_btf_refuse(check, type, "type != 0");
	if (!type->name_off || !lbpf_btf_name_is_identifier(check->btf, type->name_off))
		return lbpf_btf_refuse(check, type, "Invalid name");
	lbpf_btf_show(check, type);
	return 0;
}

/* Bytes of @use's parent behind the byte that bit @bit_off is in; none: 0. */
static u32 room_behind(const struct lbpf_btf_member *use, u32 bit_off)
{
	return use->parent->size > bit_off / 8 ? use->parent->size - bit_off / 8 : 0;
}

/* @bits from @bit_off on, with what comes before them in the first byte. */
static int check_bits(struct lbpf_btf_check *check, struct lbpf_btf_member *use, u32 bit_off,
		      u32 bits)
{
	bits += bit_off % 8;
	if (bits > MAX_INT_BITS)
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "nr_copy_bits exceeds 128");
	if (use->parent->size < bit_off / 8 ||
	    room_behind(use, bit_off) < bytes_of_bits(bits))
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member exceeds struct_size");
	return 0;
}

/* Width of the bit field, @whole_bits if it is none. */
static int check_field_bits(struct lbpf_btf_check *check, struct lbpf_btf_member *use,
			    u32 whole_bits, u32 *bits)
{
	*bits = lbpf_btf_member_bits(use->parent, &use->member);
	if (!*bits) {
		*bits = whole_bits;
		if (BTF_MEMBER_BIT_OFFSET(use->member.offset) % 8)
			return lbpf_btf_refuse_member(check, use->parent, &use->member,
						      "Invalid member offset");
	} else if (*bits > whole_bits) {
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Invalid member bitfield_size");
	}
	return 0;
}

/**
 * lbpf_btf_int_member() - Check a member that is an INT
 * @check: Check.
 * @use: Member.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_int_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	u32 bit_off = lbpf_btf_member_bit_off(use->parent, &use->member);
	u32 data = lbpf_btf_int(use->type);
	u32 bits = BTF_INT_BITS(data);
	int err;

	if (!lbpf_btf_kflag(use->parent)) {
		if (U32_MAX - bit_off < BTF_INT_OFFSET(data))
			return lbpf_btf_refuse_member(check, use->parent, &use->member,
						      "bits_offset exceeds U32_MAX");
		return check_bits(check, use, bit_off + BTF_INT_OFFSET(data), bits);
	}
	if (!lbpf_btf_int_is_regular(use->type))
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Invalid member base type");
	err = check_field_bits(check, use, bits, &bits);
	return err ?: check_bits(check, use, bit_off, bits);
}

/**
 * lbpf_btf_enum_member() - Check a member that is an ENUM
 * @check: Check.
 * @use: Member.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_enum_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	u32 bit_off = lbpf_btf_member_bit_off(use->parent, &use->member);
	u32 bits;
	int err;

	if (!lbpf_btf_kflag(use->parent)) {
		if (bit_off % 8)
			return lbpf_btf_refuse_member(check, use->parent, &use->member,
						      "Member is not byte aligned");
		if (room_behind(use, bit_off) < use->type->size)
			return lbpf_btf_refuse_member(check, use->parent, &use->member,
						      "Member exceeds struct_size");
		return 0;
	}
	err = check_field_bits(check, use, ENUM_BITS, &bits);
	if (err)
		return err;
	if (bytes_of_bits(bit_off + bits) > use->parent->size)
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member exceeds struct_size");
	return 0;
}

/* A kind that cannot be a bit field. */
static int refuse_field(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	if (!lbpf_btf_member_bits(use->parent, &use->member))
		return 0;
	return lbpf_btf_refuse_member(check, use->parent, &use->member,
				      "Invalid member bitfield_size");
}

/**
 * lbpf_btf_float_member() - Check a member that is a FLOAT
 * @check: Check.
 * @use: Member.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_float_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	u32 bit_off = lbpf_btf_member_bit_off(use->parent, &use->member);
	u32 align_bytes = min_t(u32, POINTER_BYTES, use->type->size);
	int err = refuse_field(check, use);

	if (err)
		return err;
	if (bit_off % (align_bytes * 8))
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member is not properly aligned");
	if (room_behind(use, bit_off) < use->type->size)
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member exceeds struct_size");
	return 0;
}

static u32 whole_bytes(const struct lbpf_btf_check *check, const struct lbpf_btf_member *use)
{
	u32 bytes = 0;

	lbpf_btf_sized(check->btf, use->member.type, NULL, &bytes);
	return bytes;
}

/**
 * lbpf_btf_whole_member() - Check a member that is a pointer, an array, or a struct
 * @check: Check.
 * @use: Member.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_whole_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	u32 bit_off = lbpf_btf_member_bit_off(use->parent, &use->member);
	int err = refuse_field(check, use);

	if (err)
		return err;
	if (bit_off % 8)
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member is not byte aligned");
	if (room_behind(use, bit_off) < whole_bytes(check, use))
		return lbpf_btf_refuse_member(check, use->parent, &use->member,
					      "Member exceeds struct_size");
	return 0;
}

/**
 * lbpf_btf_modifier_member() - Check a member whose type modifies another one
 * @check: Check.
 * @use: Member; changed.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EINVAL.
 */
int lbpf_btf_modifier_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use)
{
	const struct lbpf_btf_kind *row;
	u32 end_id = check->btf->resolved_ids[use->member.type];

	use->type = lbpf_btf_type(check->btf, end_id);
	if (!may_have_size(use->type))
		return lbpf_btf_refuse_member(check, use->parent, &use->member, "Invalid member");
	use->member.type = end_id;
	row = lbpf_btf_kind_row(lbpf_btf_kind(use->type));
	if (row && row->check_member && !(row->flags & KIND_MODIFIER))
		return row->check_member(check, use);
	return lbpf_btf_refuse_member(check, use->parent, &use->member, "Unsupported check_member");
}
