// SPDX-License-Identifier: GPL-2.0
/*
 * Scalars: making them, asking them, and the lattice they form.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/bitops.h>
#include "domain.h"
#include "domain_num.h"

/**
 * lbpf_scalar_set_const() - Know the number
 * @s: Scalar to set.
 * @value: What it is.
 *
 * Context: Any.
 */
void lbpf_scalar_set_const(struct lbpf_scalar *s, u64 value)
{
	u64 full = lbpf_width_trunc(LBPF_FULL_BITS, value);
	u64 low = lbpf_width_trunc(LBPF_LOW_BITS, value);
	s64 sfull = lbpf_sign_extend(LBPF_FULL_BITS, value);
	s64 slow = lbpf_sign_extend(LBPF_LOW_BITS, value);

	s->bits = (struct lbpf_tnum){ .value = full };
	s->r64 = (struct lbpf_range){ full, full, sfull, sfull };
	s->r32 = (struct lbpf_range){ low, low, slow, slow };
}

/**
 * lbpf_scalar_set_unknown() - Know nothing
 * @s: Scalar to set.
 *
 * Context: Any.
 */
void lbpf_scalar_set_unknown(struct lbpf_scalar *s)
{
	s->bits = lbpf_tnum_unknown();
	lbpf_range_set_full(LBPF_FULL_BITS, &s->r64);
	lbpf_range_set_full(LBPF_LOW_BITS, &s->r32);
}

/**
 * lbpf_scalar_set_empty() - Allow nothing
 * @s: Scalar to set.
 *
 * Context: Any.
 */
void lbpf_scalar_set_empty(struct lbpf_scalar *s)
{
	s->bits = lbpf_tnum_unknown();
	lbpf_range_set_empty(LBPF_FULL_BITS, &s->r64);
	lbpf_range_set_empty(LBPF_LOW_BITS, &s->r32);
}

/**
 * lbpf_scalar_set_tnum() - Know some bits
 * @s: Scalar to set.
 * @bits: These.
 *
 * Context: Any.
 */
void lbpf_scalar_set_tnum(struct lbpf_scalar *s, struct lbpf_tnum bits)
{
	lbpf_scalar_set_unknown(s);
	s->bits = bits;
	lbpf_scalar_sync(s);
}

/**
 * lbpf_scalar_set_urange() - Know unsigned bounds
 * @s: Scalar to set; empty if @min is above @max.
 * @min: Least value.
 * @max: Greatest value.
 *
 * Context: Any.
 */
void lbpf_scalar_set_urange(struct lbpf_scalar *s, u64 min, u64 max)
{
	lbpf_scalar_set_unknown(s);
	s->r64.umin = min;
	s->r64.umax = max;
	lbpf_scalar_sync(s);
}

/**
 * lbpf_scalar_set_srange() - Know signed bounds
 * @s: Scalar to set; empty if @min is above @max.
 * @min: Least value.
 * @max: Greatest value.
 *
 * Context: Any.
 */
void lbpf_scalar_set_srange(struct lbpf_scalar *s, s64 min, s64 max)
{
	lbpf_scalar_set_unknown(s);
	s->r64.smin = min;
	s->r64.smax = max;
	lbpf_scalar_sync(s);
}

/**
 * lbpf_scalar_set_load() - What a zero-extending load leaves
 * @s: Scalar to set.
 * @size_bytes: Size of the load: 1, 2, 4 or 8.
 *
 * Context: Any.
 */
void lbpf_scalar_set_load(struct lbpf_scalar *s, unsigned int size_bytes)
{
	lbpf_scalar_set_tnum(s, lbpf_tnum_cast(lbpf_tnum_unknown(), size_bytes));
}

/**
 * lbpf_scalar_set_load_sx() - What a sign-extending load leaves
 * @s: Scalar to set.
 * @size_bytes: Size of the load: 1, 2, 4 or 8.
 *
 * Context: Any.
 */
void lbpf_scalar_set_load_sx(struct lbpf_scalar *s, unsigned int size_bytes)
{
	struct lbpf_scalar unknown;

	lbpf_scalar_set_unknown(&unknown);
	lbpf_scalar_movsx(s, &unknown, size_bytes * BITS_PER_BYTE, true);
}

/**
 * lbpf_scalar_is_unknown() - Is nothing known?
 * @s: Scalar, reduced.
 *
 * Context: Any.
 * Return: True if every value is possible.
 */
bool lbpf_scalar_is_unknown(const struct lbpf_scalar *s)
{
	struct lbpf_scalar unknown;

	if (!lbpf_tnum_is_unknown(s->bits))
		return false;
	lbpf_scalar_set_unknown(&unknown);
	return lbpf_scalar_equal(s, &unknown);
}

/**
 * lbpf_scalar_low_is_const() - Is the low half one value?
 * @s: Scalar, reduced.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_scalar_low_is_const(const struct lbpf_scalar *s)
{
	return lbpf_tnum_is_const(lbpf_tnum_subreg(s->bits));
}

/**
 * lbpf_scalar_has() - Is a value possible?
 * @s: Scalar.
 * @x: The value.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_scalar_has(const struct lbpf_scalar *s, u64 x)
{
	return lbpf_tnum_has(s->bits, x) &&
	       lbpf_range_has(LBPF_FULL_BITS, &s->r64, x) &&
	       lbpf_range_has(LBPF_LOW_BITS, &s->r32,
			      lbpf_width_trunc(LBPF_LOW_BITS, x));
}

/**
 * lbpf_scalar_subset() - Is every value of one a value of the other?
 * @old: The other, reduced.
 * @cur: The one, reduced.
 *
 * Context: Any.
 * Return: True if so; false may also mean that this was not seen.
 */
bool lbpf_scalar_subset(const struct lbpf_scalar *old,
			const struct lbpf_scalar *cur)
{
	if (lbpf_scalar_is_empty(cur))
		return true;
	return lbpf_tnum_in(old->bits, cur->bits) &&
	       lbpf_range_in(&old->r64, &cur->r64) &&
	       lbpf_range_in(&old->r32, &cur->r32);
}

/**
 * lbpf_scalar_equal() - Is the same known of both?
 * @a: Scalar.
 * @b: Scalar.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_scalar_equal(const struct lbpf_scalar *a, const struct lbpf_scalar *b)
{
	return lbpf_tnum_equal(a->bits, b->bits) &&
	       lbpf_range_equal(&a->r64, &b->r64) &&
	       lbpf_range_equal(&a->r32, &b->r32);
}

/**
 * lbpf_scalar_join() - Allow also what another allows
 * @dst: Scalar to widen, reduced.
 * @src: The other scalar, reduced.
 *
 * Context: Any.
 */
void lbpf_scalar_join(struct lbpf_scalar *dst, const struct lbpf_scalar *src)
{
	if (lbpf_scalar_is_empty(src))
		return;
	if (lbpf_scalar_is_empty(dst)) {
		*dst = *src;
		return;
	}
	dst->bits = lbpf_tnum_join(dst->bits, src->bits);
	lbpf_range_join(&dst->r64, &src->r64);
	lbpf_range_join(&dst->r32, &src->r32);
	lbpf_scalar_sync(dst);
}

/**
 * lbpf_scalar_meet() - Allow only what another allows too
 * @dst: Scalar to narrow, reduced.
 * @src: The other scalar, reduced.
 *
 * Context: Any.
 * Return: False if that is nothing; @dst is then empty.
 */
bool lbpf_scalar_meet(struct lbpf_scalar *dst, const struct lbpf_scalar *src)
{
	if (!lbpf_tnum_intersect(dst->bits, src->bits, &dst->bits)) {
		lbpf_scalar_set_empty(dst);
		return false;
	}
	lbpf_range_meet(&dst->r64, &src->r64);
	lbpf_range_meet(&dst->r32, &src->r32);
	return lbpf_scalar_sync(dst);
}

/**
 * lbpf_scalar_get_num() - The whole register or its low half as a number
 * @s: Scalar, reduced.
 * @is_64: The whole.
 * @num: The number, reduced.
 *
 * Context: Any.
 */
void lbpf_scalar_get_num(const struct lbpf_scalar *s, bool is_64,
			 struct lbpf_num *num)
{
	num->bits = is_64 ? s->bits : lbpf_tnum_subreg(s->bits);
	num->range = is_64 ? s->r64 : s->r32;
}

/**
 * lbpf_scalar_set_low() - Set the low half, zero the high half
 * @s: Scalar to set.
 * @num: What the low half becomes, reduced.
 *
 * Context: Any.
 */
void lbpf_scalar_set_low(struct lbpf_scalar *s, const struct lbpf_num *num)
{
	if (lbpf_num_is_empty(num)) {
		lbpf_scalar_set_empty(s);
		return;
	}
	s->bits = num->bits;
	s->r32 = num->range;
	lbpf_range_set_arc(LBPF_FULL_BITS, &s->r64, num->range.umin,
			   num->range.umax);
}

/**
 * lbpf_scalar_meet_num() - Allow only what a number allows too
 * @s: Scalar to narrow.
 * @is_64: @num is about the whole register, not the low half.
 * @num: The number.
 *
 * Context: Any.
 * Return: False if that is nothing; @s is then empty.
 */
bool lbpf_scalar_meet_num(struct lbpf_scalar *s, bool is_64,
			  const struct lbpf_num *num)
{
	struct lbpf_tnum bits = num->bits;

	if (!is_64)
		bits = lbpf_tnum_with_subreg(lbpf_tnum_unknown(), bits);
	if (!lbpf_tnum_intersect(s->bits, bits, &s->bits)) {
		lbpf_scalar_set_empty(s);
		return false;
	}
	lbpf_range_meet(is_64 ? &s->r64 : &s->r32, &num->range);
	return lbpf_scalar_sync(s);
}
