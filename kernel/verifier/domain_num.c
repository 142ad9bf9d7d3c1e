// SPDX-License-Identifier: GPL-2.0
/*
 * Bounds and known bits of a number of some width, together.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/bitops.h>
#include <linux/minmax.h>
#include "domain.h"
#include "domain_num.h"

/**
 * lbpf_tnum_next() - The first member from a number up
 * @width: Bits of the number.
 * @bits: Tnum of that width.
 * @x: Where to start.
 * @next: The member; not written if there is none.
 *
 * Context: Any.
 * Return: True if there is one.
 */
bool lbpf_tnum_next(unsigned int width, struct lbpf_tnum bits, u64 x, u64 *next)
{
	u64 wrong = (x ^ bits.value) & ~bits.mask & lbpf_width_mask(width);
	u64 below, free;

	if (!wrong) {
		*next = x;
		return true;
	}
	/* The highest wrong bit decides: raising it is enough if it must be 1. */
	below = lbpf_width_mask(fls64(wrong) - 1);
	if (!(bits.value & (below + 1))) {
		free = bits.mask & ~x & ~(below << 1 | 1);
		if (!free)
			return false;
		below = (free & -free) - 1;
	}
	*next = (x & ~below) | (below + 1) | (bits.value & below);
	return true;
}

/**
 * lbpf_tnum_prev() - The first member from a number down
 * @width: Bits of the number.
 * @bits: Tnum of that width.
 * @x: Where to start.
 * @prev: The member; not written if there is none.
 *
 * Context: Any.
 * Return: True if there is one.
 */
bool lbpf_tnum_prev(unsigned int width, struct lbpf_tnum bits, u64 x, u64 *prev)
{
	u64 all = lbpf_width_mask(width);
	struct lbpf_tnum mirrored = {
		.value = ~bits.value & ~bits.mask & all,
		.mask = bits.mask,
	};
	u64 next;

	if (!lbpf_tnum_next(width, mirrored, ~x & all, &next))
		return false;
	*prev = ~next & all;
	return true;
}

static void clear_span(struct lbpf_spans *spans, int i)
{
	spans->min[i] = ~0ULL;
	spans->max[i] = 0;
}

/**
 * lbpf_spans_add_bits() - Make the ends of spans members of a tnum
 * @width: Bits of the number.
 * @spans: Spans to narrow.
 * @bits: The tnum.
 *
 * Context: Any.
 */
void lbpf_spans_add_bits(unsigned int width, struct lbpf_spans *spans,
			 struct lbpf_tnum bits)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!lbpf_spans_has(spans, i))
			continue;
		if (!lbpf_tnum_next(width, bits, spans->min[i], &spans->min[i]) ||
		    !lbpf_tnum_prev(width, bits, spans->max[i], &spans->max[i]))
			clear_span(spans, i);
	}
}

/**
 * lbpf_num_set_full() - Know nothing
 * @width: Bits of the number.
 * @num: Number.
 *
 * Context: Any.
 */
void lbpf_num_set_full(unsigned int width, struct lbpf_num *num)
{
	num->bits.value = 0;
	num->bits.mask = lbpf_width_mask(width);
	lbpf_range_set_full(width, &num->range);
}

/**
 * lbpf_num_set_empty() - Allow nothing
 * @width: Bits of the number.
 * @num: Number.
 *
 * Context: Any.
 */
void lbpf_num_set_empty(unsigned int width, struct lbpf_num *num)
{
	num->bits.value = 0;
	num->bits.mask = lbpf_width_mask(width);
	lbpf_range_set_empty(width, &num->range);
}

/**
 * lbpf_num_set_const() - Know the number
 * @width: Bits of the number.
 * @num: Number.
 * @value: What it is; bits above @width are ignored.
 *
 * Context: Any.
 */
void lbpf_num_set_const(unsigned int width, struct lbpf_num *num, u64 value)
{
	value = lbpf_width_trunc(width, value);
	num->bits.value = value;
	num->bits.mask = 0;
	num->range.umin = value;
	num->range.umax = value;
	num->range.smin = lbpf_sign_extend(width, value);
	num->range.smax = num->range.smin;
}

/**
 * lbpf_num_set_arc() - Allow what is met counting up
 * @width: Bits of the number.
 * @num: Number.
 * @first: Where counting starts; bits above @width are ignored.
 * @last: Where it ends; less than @first: it wraps around.
 *
 * Known bits are left to lbpf_num_reduce().
 *
 * Context: Any.
 */
void lbpf_num_set_arc(unsigned int width, struct lbpf_num *num,
		      u64 first, u64 last)
{
	num->bits.value = 0;
	num->bits.mask = lbpf_width_mask(width);
	lbpf_range_set_arc(width, &num->range, lbpf_width_trunc(width, first),
			   lbpf_width_trunc(width, last));
}

static struct lbpf_tnum piece_bits(const struct lbpf_spans *spans, int i,
				   struct lbpf_tnum bits)
{
	struct lbpf_tnum piece = lbpf_tnum_range(spans->min[i], spans->max[i]);

	/* Not empty: the ends of the span are members of both. */
	lbpf_tnum_intersect(piece, bits, &piece);
	return piece;
}

/* Bounds of one sign that are members: only the bits have something to learn. */
static bool has_good_bounds(unsigned int width, const struct lbpf_num *num)
{
	const struct lbpf_range *range = &num->range;
	u64 wrong = (range->umin ^ num->bits.value) | (range->umax ^ num->bits.value);

	return range->umin <= range->umax && range->umax < lbpf_sign_bit(width) &&
	       (u64)range->smin == range->umin && (u64)range->smax == range->umax &&
	       !(wrong & ~num->bits.mask & lbpf_width_mask(width));
}

/**
 * lbpf_num_reduce() - Let bounds and known bits refine each other
 * @width: Bits of the number.
 * @num: Number.
 *
 * The result is the best one: each bound is reached, and each unknown bit has
 * both values.
 *
 * Context: Any.
 * Return: False if they contradict each other; @num is then empty.
 */
bool lbpf_num_reduce(unsigned int width, struct lbpf_num *num)
{
	struct lbpf_spans spans;
	bool has_pos, has_neg;

	if (has_good_bounds(width, num)) {
		lbpf_tnum_intersect(lbpf_tnum_range(num->range.umin, num->range.umax), num->bits,
				    &num->bits);
		return true;
	}
	lbpf_range_cut(width, &num->range, &spans);
	lbpf_spans_add_bits(width, &spans, num->bits);
	has_pos = lbpf_spans_has(&spans, 0);
	has_neg = lbpf_spans_has(&spans, 1);
	if (!has_pos && !has_neg) {
		lbpf_num_set_empty(width, num);
		return false;
	}
	lbpf_range_set_spans(width, &num->range, &spans);
	if (has_pos && has_neg)
		num->bits = lbpf_tnum_join(piece_bits(&spans, 0, num->bits),
					   piece_bits(&spans, 1, num->bits));
	else
		num->bits = piece_bits(&spans, has_neg, num->bits);
	return true;
}

/**
 * lbpf_num_join() - Allow also what another allows
 * @width: Bits of the numbers.
 * @dst: Number to widen.
 * @src: The other number.
 *
 * Context: Any.
 */
void lbpf_num_join(unsigned int width, struct lbpf_num *dst,
		   const struct lbpf_num *src)
{
	if (lbpf_num_is_empty(src))
		return;
	if (lbpf_num_is_empty(dst)) {
		*dst = *src;
		return;
	}
	dst->bits = lbpf_tnum_join(dst->bits, src->bits);
	lbpf_range_join(&dst->range, &src->range);
}

/**
 * lbpf_num_meet() - Allow only what another allows too
 * @width: Bits of the numbers.
 * @dst: Number to narrow.
 * @src: The other number.
 *
 * Context: Any.
 * Return: False if that is nothing; @dst is then empty.
 */
bool lbpf_num_meet(unsigned int width, struct lbpf_num *dst,
		   const struct lbpf_num *src)
{
	if (!lbpf_tnum_intersect(dst->bits, src->bits, &dst->bits)) {
		lbpf_num_set_empty(width, dst);
		return false;
	}
	lbpf_range_meet(&dst->range, &src->range);
	return lbpf_num_reduce(width, dst);
}

/**
 * lbpf_num_cut() - Cut at the sign
 * @width: Bits of the number.
 * @num: Number, reduced.
 * @pieces: Two numbers; each one that is set has members of one sign only.
 *
 * Context: Any.
 * Return: How many of @pieces are set: 0 for an empty number, 1 or 2.
 */
int lbpf_num_cut(unsigned int width, const struct lbpf_num *num,
		 struct lbpf_num *pieces)
{
	struct lbpf_spans spans;
	int i, nr_pieces = 0;

	lbpf_range_cut(width, &num->range, &spans);
	lbpf_spans_add_bits(width, &spans, num->bits);
	for (i = 0; i < 2; i++) {
		if (!lbpf_spans_has(&spans, i))
			continue;
		lbpf_range_set_arc(width, &pieces[nr_pieces].range,
				   spans.min[i], spans.max[i]);
		pieces[nr_pieces].bits = piece_bits(&spans, i, num->bits);
		nr_pieces++;
	}
	return nr_pieces;
}

/**
 * lbpf_num_truncate() - Keep the low bits
 * @from: Bits of the number.
 * @to: Bits to keep, not more than @from.
 * @num: Number of @from bits, reduced; becomes one of @to bits, reduced.
 *
 * Context: Any.
 */
void lbpf_num_truncate(unsigned int from, unsigned int to, struct lbpf_num *num)
{
	u64 keep = lbpf_width_mask(to);
	struct lbpf_num pieces[2], low;
	int i, nr_pieces;
	u64 min, max;

	nr_pieces = lbpf_num_cut(from, num, pieces);
	lbpf_num_set_empty(to, num);
	for (i = 0; i < nr_pieces; i++) {
		min = pieces[i].range.umin;
		max = pieces[i].range.umax;
		if (max - min <= keep)
			lbpf_num_set_arc(to, &low, min, max);
		else
			lbpf_num_set_full(to, &low);
		low.bits.value = pieces[i].bits.value & keep;
		low.bits.mask = pieces[i].bits.mask & keep;
		lbpf_num_reduce(to, &low);
		lbpf_num_join(to, num, &low);
	}
	lbpf_num_reduce(to, num);
}

/**
 * lbpf_num_extend() - Make a number wider
 * @from: Bits of the number.
 * @to: Bits that it gets, not fewer than @from.
 * @is_signed: Copies of the sign enter, not zeros.
 * @num: Number of @from bits, reduced; becomes one of @to bits, reduced.
 *
 * Context: Any.
 */
void lbpf_num_extend(unsigned int from, unsigned int to, bool is_signed,
		     struct lbpf_num *num)
{
	u64 high = lbpf_width_mask(to) & ~lbpf_width_mask(from);
	struct lbpf_num pieces[2], wide;
	int i, nr_pieces;
	u64 copies;

	nr_pieces = lbpf_num_cut(from, num, pieces);
	lbpf_num_set_empty(to, num);
	for (i = 0; i < nr_pieces; i++) {
		copies = 0;
		if (is_signed && (pieces[i].range.umin & lbpf_sign_bit(from)))
			copies = high;
		lbpf_num_set_arc(to, &wide, pieces[i].range.umin | copies,
				 pieces[i].range.umax | copies);
		wide.bits = pieces[i].bits;
		wide.bits.value |= copies;
		lbpf_num_join(to, num, &wide);
	}
	lbpf_num_reduce(to, num);
}
