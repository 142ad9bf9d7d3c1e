// SPDX-License-Identifier: GPL-2.0
/*
 * Known bits.
 *
 * A tnum (tracked number) says of every bit that it is 0, 1 or unknown, and
 * stands for all numbers that agree.  Each operation gives a tnum that holds
 * the result of every pair of members; most give the least such one.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include "domain.h"
#include "domain_num.h"

static struct lbpf_tnum make(u64 value, u64 mask)
{
	return (struct lbpf_tnum){
		.value = value & ~mask & lbpf_width_mask(LBPF_FULL_BITS),
		.mask = mask & lbpf_width_mask(LBPF_FULL_BITS),
	};
}

/**
 * lbpf_tnum_is_aligned() - Is every member a multiple of a size?
 * @a: Tnum.
 * @size: Power of two, or 0, of which everything is a multiple.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_tnum_is_aligned(struct lbpf_tnum a, u64 size)
{
	return !size || !((a.value | a.mask) & (size - 1));
}

/**
 * lbpf_tnum_in() - Does one tnum hold all members of another?
 * @outer: The one.
 * @inner: The other.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_tnum_in(struct lbpf_tnum outer, struct lbpf_tnum inner)
{
	return !(inner.mask & ~outer.mask) && lbpf_tnum_has(outer, inner.value);
}

/**
 * lbpf_tnum_lshift() - Shift left
 * @a: Tnum.
 * @shift: Bits, less than the width of a register.
 *
 * Context: Any.
 * Return: The shifted members.
 */
struct lbpf_tnum lbpf_tnum_lshift(struct lbpf_tnum a, unsigned int shift)
{
	return make(a.value << shift, a.mask << shift);
}

/**
 * lbpf_tnum_rshift() - Shift right, zeros enter
 * @a: Tnum.
 * @shift: Bits, less than the width of a register.
 *
 * Context: Any.
 * Return: The shifted members.
 */
struct lbpf_tnum lbpf_tnum_rshift(struct lbpf_tnum a, unsigned int shift)
{
	return make(a.value >> shift, a.mask >> shift);
}

/**
 * lbpf_tnum_arshift() - Shift right, copies of the sign bit enter
 * @a: Tnum of @width bits, the bits above are known to be zero.
 * @shift: Bits, less than @width.
 * @width: Where the sign is, in bits.
 *
 * Context: Any.
 * Return: The shifted members, @width bits of them.
 */
struct lbpf_tnum lbpf_tnum_arshift(struct lbpf_tnum a, unsigned int shift,
				   unsigned int width)
{
	u64 keep = lbpf_width_mask(width);

	return make((lbpf_sign_extend(width, a.value) >> shift) & keep,
		    (lbpf_sign_extend(width, a.mask) >> shift) & keep);
}

/**
 * lbpf_tnum_add() - Sum
 * @a: Tnum.
 * @b: Tnum.
 *
 * The carries into a bit are the same for all members unless they differ
 * between the sum of the least and the sum of the greatest members.
 *
 * Context: Any.
 * Return: Least tnum of all sums.
 */
struct lbpf_tnum lbpf_tnum_add(struct lbpf_tnum a, struct lbpf_tnum b)
{
	u64 least = a.value + b.value;
	u64 greatest = least + a.mask + b.mask;

	return make(least, (least ^ greatest) | a.mask | b.mask);
}

/**
 * lbpf_tnum_sub() - Difference
 * @a: Tnum.
 * @b: Tnum to take away.
 *
 * As the sum, with borrows.
 *
 * Context: Any.
 * Return: Least tnum of all differences.
 */
struct lbpf_tnum lbpf_tnum_sub(struct lbpf_tnum a, struct lbpf_tnum b)
{
	u64 middle = a.value - b.value;
	u64 differing = (middle + a.mask) ^ (middle - b.mask);

	return make(middle, differing | a.mask | b.mask);
}

/**
 * lbpf_tnum_neg() - Two's complement
 * @a: Tnum.
 *
 * Context: Any.
 * Return: Least tnum of all negated members.
 */
struct lbpf_tnum lbpf_tnum_neg(struct lbpf_tnum a)
{
	return lbpf_tnum_sub(lbpf_tnum_const(0), a);
}

/**
 * lbpf_tnum_mul() - Product
 * @a: Tnum.
 * @b: Tnum.
 *
 * Long multiplication, from the most significant bit of @a down: double what
 * there is, then add @b, do not, or either, as the bit is 1, 0 or unknown.
 *
 * Context: Any.
 * Return: A tnum that holds all products.
 */
struct lbpf_tnum lbpf_tnum_mul(struct lbpf_tnum a, struct lbpf_tnum b)
{
	struct lbpf_tnum acc = lbpf_tnum_const(0);
	struct lbpf_tnum sum;
	int bit;

	if (hweight64(a.mask) > hweight64(b.mask))
		swap(a, b);
	for (bit = fls64(a.value | a.mask) - 1; bit >= 0; bit--) {
		acc = lbpf_tnum_lshift(acc, 1);
		sum = lbpf_tnum_add(acc, b);
		if (a.value & BIT_ULL(bit))
			acc = sum;
		else if (a.mask & BIT_ULL(bit))
			acc = lbpf_tnum_join(acc, sum);
	}
	return acc;
}

/**
 * lbpf_tnum_and() - Bitwise and
 * @a: Tnum.
 * @b: Tnum.
 *
 * Context: Any.
 * Return: Least tnum of all results.
 */
struct lbpf_tnum lbpf_tnum_and(struct lbpf_tnum a, struct lbpf_tnum b)
{
	u64 ones = a.value & b.value;

	return make(ones, (a.value | a.mask) & (b.value | b.mask) & ~ones);
}

/**
 * lbpf_tnum_or() - Bitwise or
 * @a: Tnum.
 * @b: Tnum.
 *
 * Context: Any.
 * Return: Least tnum of all results.
 */
struct lbpf_tnum lbpf_tnum_or(struct lbpf_tnum a, struct lbpf_tnum b)
{
	u64 ones = a.value | b.value;

	return make(ones, (a.mask | b.mask) & ~ones);
}

/**
 * lbpf_tnum_xor() - Bitwise exclusive or
 * @a: Tnum.
 * @b: Tnum.
 *
 * Context: Any.
 * Return: Least tnum of all results.
 */
struct lbpf_tnum lbpf_tnum_xor(struct lbpf_tnum a, struct lbpf_tnum b)
{
	return make(a.value ^ b.value, a.mask | b.mask);
}

/**
 * lbpf_tnum_join() - Members of either
 * @a: Tnum.
 * @b: Tnum.
 *
 * Context: Any.
 * Return: Least tnum that holds both.
 */
struct lbpf_tnum lbpf_tnum_join(struct lbpf_tnum a, struct lbpf_tnum b)
{
	return make(a.value, a.mask | b.mask | (a.value ^ b.value));
}

/**
 * lbpf_tnum_cast() - Low bytes, zero-extended
 * @a: Tnum.
 * @size_bytes: How many to keep, 8 at most.
 *
 * Context: Any.
 * Return: Least tnum of all results.
 */
struct lbpf_tnum lbpf_tnum_cast(struct lbpf_tnum a, unsigned int size_bytes)
{
	u64 keep = lbpf_width_mask(size_bytes * BITS_PER_BYTE);

	return make(a.value & keep, a.mask & keep);
}

/**
 * lbpf_tnum_clear_subreg() - Zero the low half
 * @a: Tnum.
 *
 * Context: Any.
 * Return: @a with a low half of zero.
 */
struct lbpf_tnum lbpf_tnum_clear_subreg(struct lbpf_tnum a)
{
	u64 low = lbpf_width_mask(LBPF_LOW_BITS);

	return make(a.value & ~low, a.mask & ~low);
}

/**
 * lbpf_tnum_with_subreg() - Replace the low half
 * @a: Tnum that gives the high half.
 * @low: Tnum that gives the low half.
 *
 * Context: Any.
 * Return: The two halves.
 */
struct lbpf_tnum lbpf_tnum_with_subreg(struct lbpf_tnum a, struct lbpf_tnum low)
{
	return lbpf_tnum_or(lbpf_tnum_clear_subreg(a), lbpf_tnum_subreg(low));
}

/**
 * lbpf_tnum_print() - Write as "(0x0; 0xff)"
 * @buf: Where to.
 * @size_bytes: Size of @buf with the terminating zero.
 * @a: Tnum.
 *
 * Source: var_off in the verifier log of Linux 6.1.
 * Context: Any.
 * Return: Bytes written, without the terminating zero.
 */
size_t lbpf_tnum_print(char *buf, size_t size_bytes, struct lbpf_tnum a)
{
	return scnprintf(buf, size_bytes, "(0x%llx; 0x%llx)",
			 (unsigned long long)a.value,
			 (unsigned long long)a.mask);
}
