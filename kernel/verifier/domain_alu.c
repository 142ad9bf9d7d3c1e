// SPDX-License-Identifier: GPL-2.0
/*
 * Effects of arithmetic instructions on scalars.
 *
 * Every operation is written once, for operands of any width whose members all
 * have the same sign; apply() cuts the operands, and joins what comes out.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/bitops.h>
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/swab.h>
#include "domain.h"
#include "domain_num.h"

/**
 * typedef effect_fn - What an operation makes of two pieces
 * @width: Bits of the operands and of the result.
 * @a: First operand; members of one sign, min to max is its umin to umax.
 * @b: Second operand, likewise.
 * @out: Bounds and known bits of the result, need not be reduced.
 */
typedef void (*effect_fn)(unsigned int width, const struct lbpf_num *a,
			  const struct lbpf_num *b, struct lbpf_num *out);

/**
 * struct effect - An operation
 * @apply: What it makes of two pieces.
 * @is_low_by_low: The low half of its result depends on low halves only.
 * @keeps_free: And if one of them may be anything, so may that of the result.
 */
struct effect {
	effect_fn apply;
	bool is_low_by_low;
	bool keeps_free;
};

static void set_bits(unsigned int width, struct lbpf_num *out,
		     struct lbpf_tnum bits)
{
	out->bits.value = lbpf_width_trunc(width, bits.value);
	out->bits.mask = lbpf_width_trunc(width, bits.mask);
}

/* The sum of two pieces is never as long as the circle: the arc is exact. */
static void add(unsigned int width, const struct lbpf_num *a,
		const struct lbpf_num *b, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out, a->range.umin + b->range.umin,
			 a->range.umax + b->range.umax);
	set_bits(width, out, lbpf_tnum_add(a->bits, b->bits));
}

static void subtract(unsigned int width, const struct lbpf_num *a,
		     const struct lbpf_num *b, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out, a->range.umin - b->range.umax,
			 a->range.umax - b->range.umin);
	set_bits(width, out, lbpf_tnum_sub(a->bits, b->bits));
}

static void negate(unsigned int width, const struct lbpf_num *a,
		   const struct lbpf_num *b, struct lbpf_num *out)
{
	struct lbpf_num zero;

	lbpf_num_set_const(width, &zero, 0);
	subtract(width, &zero, a, out);
}

static bool has_sign(unsigned int width, const struct lbpf_num *piece)
{
	return piece->range.umin & lbpf_sign_bit(width);
}

/* The absolute value of a piece; that of the least number has the sign bit. */
static struct lbpf_num magnitude(unsigned int width,
				 const struct lbpf_num *piece)
{
	struct lbpf_num out = *piece;

	if (!has_sign(width, piece))
		return out;
	out.range.umin = lbpf_width_trunc(width, -piece->range.umax);
	out.range.umax = lbpf_width_trunc(width, -piece->range.umin);
	set_bits(width, &out, lbpf_tnum_neg(piece->bits));
	return out;
}

static void multiply(unsigned int width, const struct lbpf_num *a,
		     const struct lbpf_num *b, struct lbpf_num *out)
{
	struct lbpf_num ma = magnitude(width, a);
	struct lbpf_num mb = magnitude(width, b);
	u64 least = ma.range.umin * mb.range.umin;
	u64 greatest;

	if (check_mul_overflow(ma.range.umax, mb.range.umax, &greatest) ||
	    greatest > lbpf_width_mask(width))
		lbpf_num_set_full(width, out);
	else if (has_sign(width, a) == has_sign(width, b))
		lbpf_num_set_arc(width, out, least, greatest);
	else
		lbpf_num_set_arc(width, out, -greatest, -least);
	set_bits(width, out, lbpf_tnum_mul(a->bits, b->bits));
}

/* Operands are read as unsigned here, and the bounds of the result too. */
static void divide_magnitudes(const struct lbpf_num *a,
			      const struct lbpf_num *b, u64 *least,
			      u64 *greatest)
{
	*least = 0;
	*greatest = 0;
	if (!b->range.umax)
		return;
	*greatest = div64_u64(a->range.umax, max(b->range.umin, 1ULL));
	if (b->range.umin)
		*least = div64_u64(a->range.umin, b->range.umax);
}

static void divide(unsigned int width, const struct lbpf_num *a,
		   const struct lbpf_num *b, struct lbpf_num *out)
{
	u64 least, greatest;

	divide_magnitudes(a, b, &least, &greatest);
	lbpf_num_set_arc(width, out, least, greatest);
	if (lbpf_tnum_is_const(b->bits) && is_power_of_2(b->bits.value))
		out->bits = lbpf_tnum_rshift(a->bits, fls64(b->bits.value) - 1);
}

static void divide_signed(unsigned int width, const struct lbpf_num *a,
			  const struct lbpf_num *b, struct lbpf_num *out)
{
	struct lbpf_num ma = magnitude(width, a);
	struct lbpf_num mb = magnitude(width, b);
	u64 least, greatest;

	divide_magnitudes(&ma, &mb, &least, &greatest);
	if (has_sign(width, a) == has_sign(width, b))
		lbpf_num_set_arc(width, out, least, greatest);
	else
		lbpf_num_set_arc(width, out, -greatest, -least);
}

/* Does every pair of members have the same quotient?  Then so it is with 1. */
static bool has_one_quotient(const struct lbpf_num *a, const struct lbpf_num *b)
{
	u64 divisor = b->range.umin;

	return divisor && divisor == b->range.umax &&
	       div64_u64(a->range.umin, divisor) ==
	       div64_u64(a->range.umax, divisor);
}

static void take_remainder(unsigned int width, const struct lbpf_num *a,
			   const struct lbpf_num *b, struct lbpf_num *out)
{
	u64 divisors = b->bits.value | b->bits.mask;
	u64 greatest = a->range.umax;
	u64 same;

	if (b->range.umin > a->range.umax || !b->range.umax) {
		*out = *a;
		return;
	}
	lbpf_num_set_full(width, out);
	if (has_one_quotient(a, b)) {
		lbpf_num_set_arc(width, out,
				 a->range.umin % b->range.umin,
				 a->range.umax % b->range.umin);
	} else {
		if (b->range.umin)
			greatest = min(greatest, b->range.umax - 1);
		lbpf_num_set_arc(width, out, 0, greatest);
	}
	/* Bits below every divisor's lowest one stay (as all do with 0). */
	same = (divisors & -divisors) - 1;
	out->bits.value &= ~same;
	out->bits.mask &= ~same;
	out->bits.value |= a->bits.value & same;
	out->bits.mask |= a->bits.mask & same;
}

static void take_remainder_signed(unsigned int width, const struct lbpf_num *a,
				  const struct lbpf_num *b,
				  struct lbpf_num *out)
{
	struct lbpf_num ma = magnitude(width, a);
	struct lbpf_num mb = magnitude(width, b);
	struct lbpf_num positive;

	take_remainder(width, &ma, &mb, out);
	if (!has_sign(width, a))
		return;
	positive = *out;
	negate(width, &positive, NULL, out);
}

static void and_bits(unsigned int width, const struct lbpf_num *a,
		     const struct lbpf_num *b, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out, 0, min(a->range.umax, b->range.umax));
	out->bits = lbpf_tnum_and(a->bits, b->bits);
}

static void or_bits(unsigned int width, const struct lbpf_num *a,
		    const struct lbpf_num *b, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out, max(a->range.umin, b->range.umin), ~0ULL);
	out->bits = lbpf_tnum_or(a->bits, b->bits);
}

static void xor_bits(unsigned int width, const struct lbpf_num *a,
		     const struct lbpf_num *b, struct lbpf_num *out)
{
	lbpf_num_set_full(width, out);
	out->bits = lbpf_tnum_xor(a->bits, b->bits);
}

static void lsh_by(unsigned int width, const struct lbpf_num *a,
		   unsigned int shift, struct lbpf_num *out)
{
	u64 length = a->range.umax - a->range.umin;

	if (length <= lbpf_width_mask(width) >> shift)
		lbpf_num_set_arc(width, out, a->range.umin << shift,
				 a->range.umax << shift);
	else
		lbpf_num_set_full(width, out);
	set_bits(width, out, lbpf_tnum_lshift(a->bits, shift));
}

static void rsh_by(unsigned int width, const struct lbpf_num *a,
		   unsigned int shift, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out, a->range.umin >> shift,
			 a->range.umax >> shift);
	out->bits = lbpf_tnum_rshift(a->bits, shift);
}

static void arsh_by(unsigned int width, const struct lbpf_num *a,
		    unsigned int shift, struct lbpf_num *out)
{
	lbpf_num_set_arc(width, out,
			 lbpf_sign_extend(width, a->range.umin) >> shift,
			 lbpf_sign_extend(width, a->range.umax) >> shift);
	out->bits = lbpf_tnum_arshift(a->bits, shift, width);
}

typedef void (*shift_fn)(unsigned int width, const struct lbpf_num *a,
			 unsigned int shift, struct lbpf_num *out);

/* What shifting by the width or more does is not defined: anything. */
static void shift_with(shift_fn shift_by, unsigned int width,
		       const struct lbpf_num *a, const struct lbpf_num *b,
		       struct lbpf_num *out)
{
	struct lbpf_num one;
	u64 shift;

	if (b->range.umax >= width) {
		lbpf_num_set_full(width, out);
		return;
	}
	lbpf_num_set_empty(width, out);
	for (shift = b->range.umin; shift <= b->range.umax; shift++) {
		if (!lbpf_tnum_has(b->bits, shift))
			continue;
		shift_by(width, a, shift, &one);
		lbpf_num_reduce(width, &one);
		lbpf_num_join(width, out, &one);
	}
}

static void apply_lsh(unsigned int width, const struct lbpf_num *a,
		      const struct lbpf_num *b, struct lbpf_num *out)
{
	shift_with(lsh_by, width, a, b, out);
}

static void apply_rsh(unsigned int width, const struct lbpf_num *a,
		      const struct lbpf_num *b, struct lbpf_num *out)
{
	shift_with(rsh_by, width, a, b, out);
}

static void apply_arsh(unsigned int width, const struct lbpf_num *a,
		       const struct lbpf_num *b, struct lbpf_num *out)
{
	shift_with(arsh_by, width, a, b, out);
}

static void move(unsigned int width, const struct lbpf_num *a,
		 const struct lbpf_num *b, struct lbpf_num *out)
{
	*out = *b;
}

static const struct effect effects[] = {
	[BPF_ADD >> 4] = { add, true, true },
	[BPF_SUB >> 4] = { subtract, true, true },
	[BPF_MUL >> 4] = { multiply, true },
	[BPF_DIV >> 4] = { divide, false },
	[BPF_OR >> 4] = { or_bits, true },
	[BPF_AND >> 4] = { and_bits, true },
	[BPF_LSH >> 4] = { apply_lsh, false },
	[BPF_RSH >> 4] = { apply_rsh, false },
	[BPF_NEG >> 4] = { negate, true },
	[BPF_MOD >> 4] = { take_remainder, false },
	[BPF_XOR >> 4] = { xor_bits, true, true },
	[BPF_MOV >> 4] = { move, true },
	[BPF_ARSH >> 4] = { apply_arsh, false },
};

static const struct effect signed_effects[] = {
	[BPF_DIV >> 4] = { divide_signed, false },
	[BPF_MOD >> 4] = { take_remainder_signed, false },
};

/* Most numbers are one piece as they are. */
static bool has_one_sign(unsigned int width, const struct lbpf_num *num)
{
	return !lbpf_num_is_empty(num) &&
	       !((num->range.umin ^ num->range.umax) & lbpf_sign_bit(width));
}

static noinline void apply_to_pieces(effect_fn effect, unsigned int width, const struct lbpf_num *a,
				     const struct lbpf_num *b, struct lbpf_num *out)
{
	struct lbpf_num a_pieces[2], b_pieces[2], one;
	int nr_a = lbpf_num_cut(width, a, a_pieces);
	int nr_b = lbpf_num_cut(width, b, b_pieces);
	int i, j;

	lbpf_num_set_empty(width, out);
	for (i = 0; i < nr_a; i++) {
		for (j = 0; j < nr_b; j++) {
			effect(width, &a_pieces[i], &b_pieces[j], &one);
			lbpf_num_reduce(width, &one);
			lbpf_num_join(width, out, &one);
		}
	}
}

/* True if @out is reduced. */
static bool apply(effect_fn effect, unsigned int width,
		  const struct lbpf_num *a, const struct lbpf_num *b,
		  struct lbpf_num *out)
{
	if (has_one_sign(width, a) && has_one_sign(width, b)) {
		effect(width, a, b, out);
		lbpf_num_reduce(width, out);
		return true;
	}
	apply_to_pieces(effect, width, a, b, out);
	return false;
}

/* Then the low half of the number is all of it. */
static bool fits_low(const struct lbpf_num *num)
{
	return num->range.umax <= lbpf_width_mask(LBPF_LOW_BITS);
}

/* Then the register and its low half are the same number, signed and unsigned. */
static bool is_small(const struct lbpf_num *num)
{
	return num->range.umax <= lbpf_width_mask(LBPF_LOW_BITS - 1) && !lbpf_num_is_empty(num);
}

/* May its low half be anything? */
static bool is_low_free(const struct lbpf_scalar *s)
{
	return !s->r32.umin && s->r32.umax == lbpf_width_mask(LBPF_LOW_BITS) &&
	       s->r32.smin == lbpf_sign_extend(LBPF_LOW_BITS, lbpf_sign_bit(LBPF_LOW_BITS)) &&
	       s->r32.smax == (s64)lbpf_width_mask(LBPF_LOW_BITS - 1) &&
	       !(~s->bits.mask & lbpf_width_mask(LBPF_LOW_BITS));
}

static void apply_64(const struct effect *effect, struct lbpf_scalar *dst,
		     const struct lbpf_scalar *src)
{
	struct lbpf_num a, b, out, a_low, b_low, out_low;
	bool is_reduced, fits;

	lbpf_scalar_get_num(dst, true, &a);
	lbpf_scalar_get_num(src, true, &b);
	is_reduced = apply(effect->apply, LBPF_FULL_BITS, &a, &b, &out);
	fits = !effect->is_low_by_low || (fits_low(&a) && fits_low(&b) && fits_low(&out));
	if (is_reduced && fits && is_small(&out)) {
		lbpf_scalar_set_low(dst, &out);
		return;
	}
	lbpf_num_set_full(LBPF_LOW_BITS, &out_low);
	if (!fits && !(effect->keeps_free && (is_low_free(dst) || is_low_free(src)))) {
		lbpf_scalar_get_num(dst, false, &a_low);
		lbpf_scalar_get_num(src, false, &b_low);
		apply(effect->apply, LBPF_LOW_BITS, &a_low, &b_low, &out_low);
	}
	if (lbpf_num_is_empty(&out)) {
		lbpf_scalar_set_empty(dst);
		return;
	}
	dst->bits = out.bits;
	dst->r64 = out.range;
	lbpf_range_set_full(LBPF_LOW_BITS, &dst->r32);
	lbpf_scalar_meet_num(dst, false, &out_low);
}

static void apply_32(const struct effect *effect, struct lbpf_scalar *dst,
		     const struct lbpf_scalar *src)
{
	struct lbpf_num a, b, out;
	bool is_reduced;

	lbpf_scalar_get_num(dst, false, &a);
	lbpf_scalar_get_num(src, false, &b);
	is_reduced = apply(effect->apply, LBPF_LOW_BITS, &a, &b, &out);
	lbpf_scalar_set_low(dst, &out);
	if (!is_reduced)
		lbpf_scalar_sync(dst);
}

static bool apply_table(const struct effect *table, size_t nr_rows, u8 op,
			bool is_64, struct lbpf_scalar *dst,
			const struct lbpf_scalar *src)
{
	u8 row = op >> 4;

	if (row >= nr_rows || !table[row].apply) {
		lbpf_scalar_set_unknown(dst);
		return false;
	}
	if (is_64)
		apply_64(&table[row], dst, src);
	else
		apply_32(&table[row], dst, src);
	return true;
}

/* An operation on an unknown number and a constant: only bits are known then. */
static bool fold_unknown(u8 op, bool is_64, struct lbpf_scalar *dst, u64 b)
{
	struct lbpf_tnum a = is_64 ? lbpf_tnum_unknown() : lbpf_tnum_subreg(lbpf_tnum_unknown());
	u32 width = is_64 ? LBPF_FULL_BITS : LBPF_LOW_BITS;

	switch (op) {
	case BPF_AND:
		a.mask &= b;
		break;
	case BPF_OR:
		a = lbpf_tnum_or(a, lbpf_tnum_const(b & a.mask));
		break;
	case BPF_RSH:
		if (b >= width)
			return false;
		a.mask >>= b;
		break;
	case BPF_LSH:
		if (b >= width)
			return false;
		a.mask = a.mask << b & a.mask;
		break;
	default:
		return false;
	}
	lbpf_scalar_set_tnum(dst, a);
	return true;
}

/* Is nothing known of what an operation of this width starts from? */
static bool is_operand_unknown(bool is_64, const struct lbpf_scalar *s)
{
	return is_64 ? lbpf_scalar_is_unknown(s) : is_low_free(s);
}

/* Does a number that may be any make the result any number, whatever the other one is? */
static bool is_spreading(u8 op)
{
	return op == BPF_ADD || op == BPF_SUB || op == BPF_XOR;
}

static void forget(bool is_64, struct lbpf_scalar *dst)
{
	lbpf_scalar_set_tnum(dst, is_64 ? lbpf_tnum_unknown() :
					  lbpf_tnum_subreg(lbpf_tnum_unknown()));
}

/*
 * What most programs do most of the time: two constants, or something that
 * nothing is known of.  False: the general way it is.
 */
static bool fold(u8 op, bool is_64, struct lbpf_scalar *dst, const struct lbpf_scalar *src)
{
	u64 a = dst->bits.value, b = src->bits.value, value;

	if (!lbpf_scalar_is_const(dst) && is_operand_unknown(is_64, dst)) {
		if (is_spreading(op) && !lbpf_scalar_is_empty(src)) {
			if (!is_64)
				forget(false, dst);
			return true;
		}
		return lbpf_scalar_is_const(src) && fold_unknown(op, is_64, dst, b);
	}
	if (is_spreading(op) && !lbpf_scalar_is_const(src) && is_operand_unknown(is_64, src) &&
	    !lbpf_scalar_is_empty(dst)) {
		forget(is_64, dst);
		return true;
	}
	if (!lbpf_scalar_is_const(dst) || !lbpf_scalar_is_const(src))
		return false;
	switch (op) {
	case BPF_ADD:
		value = a + b;
		break;
	case BPF_SUB:
		value = a - b;
		break;
	case BPF_MUL:
		value = a * b;
		break;
	case BPF_AND:
		value = a & b;
		break;
	case BPF_OR:
		value = a | b;
		break;
	case BPF_XOR:
		value = a ^ b;
		break;
	case BPF_LSH:
		if (b >= (is_64 ? LBPF_FULL_BITS : LBPF_LOW_BITS))
			return false;
		value = a << b;
		break;
	case BPF_RSH:
		if (b >= (is_64 ? LBPF_FULL_BITS : LBPF_LOW_BITS))
			return false;
		value = (is_64 ? a : a & lbpf_width_mask(LBPF_LOW_BITS)) >> b;
		break;
	default:
		return false;
	}
	lbpf_scalar_set_const(dst, is_64 ? value : value & ((1ULL << LBPF_LOW_BITS) - 1));
	return true;
}

/**
 * lbpf_scalar_alu() - Effect of an arithmetic instruction
 * @op: BPF_OP() of its code: BPF_ADD, SUB, MUL, DIV, MOD, AND, OR, XOR, LSH,
 *      RSH, ARSH, MOV or NEG.
 * @is_64: It is BPF_ALU64; otherwise the result is 32 bits, zero-extended.
 * @dst: Destination register, reduced; becomes the result, reduced.
 * @src: Source operand, reduced; may be @dst; NULL or ignored for BPF_NEG.
 *
 * Source: BPF instruction set, "Arithmetic instructions": division by zero
 * gives 0, the remainder of division by zero is @dst.  A shift that may be by
 * the width or more gives an unknown number.
 * Context: Any.
 * Return: True; false for another @op, and then @dst is unknown.
 */
bool lbpf_scalar_alu(u8 op, bool is_64, struct lbpf_scalar *dst,
		     const struct lbpf_scalar *src)
{
	if (op == BPF_MOV && is_64) {
		*dst = *src;
		return true;
	}
	if (op == BPF_NEG)
		src = dst;
	else if (fold(op, is_64, dst, src))
		return true;
	return apply_table(effects, ARRAY_SIZE(effects), op, is_64, dst, src);
}

/**
 * lbpf_scalar_alu_signed() - Effect of a signed division
 * @op: BPF_DIV or BPF_MOD.
 * @is_64: It is BPF_ALU64; otherwise the result is 32 bits, zero-extended.
 * @dst: Dividend, reduced; becomes the result, reduced.
 * @src: Divisor, reduced; may be @dst.
 *
 * Source: BPF instruction set, "Arithmetic instructions", offset 1: division
 * truncates towards zero; by zero as unsigned; by -1 the least number gives
 * itself and remainder 0.
 * Context: Any.
 * Return: True; false for another @op, and then @dst is unknown.
 */
bool lbpf_scalar_alu_signed(u8 op, bool is_64, struct lbpf_scalar *dst,
			    const struct lbpf_scalar *src)
{
	return apply_table(signed_effects, ARRAY_SIZE(signed_effects), op,
			   is_64, dst, src);
}

/* The low @nr_bits, with what is known of the half when they are in it. */
static void get_low_bits(const struct lbpf_scalar *s, unsigned int nr_bits,
			 struct lbpf_num *num)
{
	struct lbpf_num low;

	lbpf_scalar_get_num(s, true, num);
	lbpf_num_truncate(LBPF_FULL_BITS, nr_bits, num);
	if (nr_bits > LBPF_LOW_BITS)
		return;
	lbpf_scalar_get_num(s, false, &low);
	lbpf_num_truncate(LBPF_LOW_BITS, nr_bits, &low);
	lbpf_num_meet(nr_bits, num, &low);
}

static void set_full(struct lbpf_scalar *s, const struct lbpf_num *num)
{
	if (lbpf_num_is_empty(num)) {
		lbpf_scalar_set_empty(s);
		return;
	}
	s->bits = num->bits;
	s->r64 = num->range;
	lbpf_range_set_full(LBPF_LOW_BITS, &s->r32);
	lbpf_scalar_sync(s);
}

/**
 * lbpf_scalar_movsx() - Effect of a sign-extending move
 * @dst: Becomes the result, reduced.
 * @src: Source, reduced; may be @dst.
 * @from_bits: How many low bits of @src are taken: 8, 16 or 32.
 * @is_64: Extend to the register; otherwise to 32 bits, then with zeros.
 *
 * Context: Any.
 */
void lbpf_scalar_movsx(struct lbpf_scalar *dst, const struct lbpf_scalar *src,
		       unsigned int from_bits, bool is_64)
{
	struct lbpf_num num;

	get_low_bits(src, from_bits, &num);
	if (is_64) {
		lbpf_num_extend(from_bits, LBPF_FULL_BITS, true, &num);
		set_full(dst, &num);
		return;
	}
	lbpf_num_extend(from_bits, LBPF_LOW_BITS, true, &num);
	lbpf_scalar_set_low(dst, &num);
	lbpf_scalar_sync(dst);
}

static void keep_low_bits(struct lbpf_scalar *s, unsigned int nr_bits)
{
	struct lbpf_num num;

	if (nr_bits == LBPF_FULL_BITS ||
	    (s->r64.umax <= lbpf_width_mask(nr_bits) && !lbpf_scalar_is_empty(s)))
		return;
	if (nr_bits == LBPF_LOW_BITS) {
		lbpf_scalar_get_num(s, false, &num);
		lbpf_scalar_set_low(s, &num);
		return;
	}
	get_low_bits(s, nr_bits, &num);
	lbpf_num_extend(nr_bits, LBPF_FULL_BITS, false, &num);
	set_full(s, &num);
}

static struct lbpf_tnum swap_bytes(struct lbpf_tnum bits, unsigned int nr_bits)
{
	bits.value = swab64(bits.value) >> (64 - nr_bits);
	bits.mask = swab64(bits.mask) >> (64 - nr_bits);
	return bits;
}

/**
 * lbpf_scalar_end() - Effect of a byte order instruction
 * @dst: Register, reduced; becomes the result, reduced.
 * @nr_bits: How many low bits are kept: 16, 32 or 64; the others become zero.
 * @is_swap: Reverse the order of the bytes kept: BPF_TO_BE on a little-endian
 *           machine, BPF_TO_LE on a big-endian one, unconditional swap.
 *
 * Context: Any.
 */
void lbpf_scalar_end(struct lbpf_scalar *dst, unsigned int nr_bits, bool is_swap)
{
	keep_low_bits(dst, nr_bits);
	if (is_swap && !lbpf_scalar_is_empty(dst))
		lbpf_scalar_set_tnum(dst, swap_bytes(dst->bits, nr_bits));
}

/**
 * lbpf_scalar_truncate() - Keep low bytes, zero the others
 * @s: Scalar, reduced; becomes the result, reduced.
 * @size_bytes: How many bytes: 1, 2, 4 or 8.
 *
 * Context: Any.
 */
void lbpf_scalar_truncate(struct lbpf_scalar *s, unsigned int size_bytes)
{
	keep_low_bits(s, size_bytes * BITS_PER_BYTE);
}
