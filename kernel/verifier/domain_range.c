// SPDX-License-Identifier: GPL-2.0
/*
 * Unsigned and signed bounds of a number of some width.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/minmax.h>
#include "domain.h"
#include "domain_num.h"

/**
 * lbpf_range_set_empty() - Allow nothing
 * @width: Bits of the number.
 * @range: Bounds to set; joining them to others leaves the others.
 *
 * Context: Any.
 */
void lbpf_range_set_empty(unsigned int width, struct lbpf_range *range)
{
	struct lbpf_range full;

	lbpf_range_set_full(width, &full);
	range->umin = full.umax;
	range->umax = full.umin;
	range->smin = full.smax;
	range->smax = full.smin;
}

/**
 * lbpf_range_set_arc() - Allow what is met counting up
 * @width: Bits of the number.
 * @range: Bounds to set.
 * @first: Where counting starts, zero-extended.
 * @last: Where it ends, zero-extended; less than @first: it wraps around.
 *
 * Context: Any.
 */
void lbpf_range_set_arc(unsigned int width, struct lbpf_range *range,
			u64 first, u64 last)
{
	s64 sfirst = lbpf_sign_extend(width, first);
	s64 slast = lbpf_sign_extend(width, last);

	if (first <= last && sfirst <= slast) {
		*range = (struct lbpf_range){ first, last, sfirst, slast };
		return;
	}
	lbpf_range_set_full(width, range);
	if (first <= last) {
		range->umin = first;
		range->umax = last;
	}
	if (sfirst <= slast) {
		range->smin = sfirst;
		range->smax = slast;
	}
}

/**
 * lbpf_range_has() - Is a number allowed?
 * @width: Bits of the number.
 * @range: Bounds.
 * @x: The number, zero-extended.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_range_has(unsigned int width, const struct lbpf_range *range, u64 x)
{
	s64 sx = lbpf_sign_extend(width, x);

	return range->umin <= x && x <= range->umax &&
	       range->smin <= sx && sx <= range->smax;
}

/**
 * lbpf_range_in() - Are bounds within others?
 * @outer: The others.
 * @inner: The ones.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_range_in(const struct lbpf_range *outer,
		   const struct lbpf_range *inner)
{
	return outer->umin <= inner->umin && inner->umax <= outer->umax &&
	       outer->smin <= inner->smin && inner->smax <= outer->smax;
}

/**
 * lbpf_range_equal() - Are bounds the same?
 * @a: Bounds.
 * @b: Bounds.
 *
 * Context: Any.
 * Return: True if so.
 */
bool lbpf_range_equal(const struct lbpf_range *a, const struct lbpf_range *b)
{
	return a->umin == b->umin && a->umax == b->umax &&
	       a->smin == b->smin && a->smax == b->smax;
}

/**
 * lbpf_range_join() - Allow also what other bounds allow
 * @dst: Bounds to widen.
 * @src: The other bounds.
 *
 * Context: Any.
 */
void lbpf_range_join(struct lbpf_range *dst, const struct lbpf_range *src)
{
	dst->umin = min(dst->umin, src->umin);
	dst->umax = max(dst->umax, src->umax);
	dst->smin = min(dst->smin, src->smin);
	dst->smax = max(dst->smax, src->smax);
}

/**
 * lbpf_range_meet() - Allow only what other bounds allow too
 * @dst: Bounds to narrow; may become empty.
 * @src: The other bounds.
 *
 * Context: Any.
 */
void lbpf_range_meet(struct lbpf_range *dst, const struct lbpf_range *src)
{
	dst->umin = max(dst->umin, src->umin);
	dst->umax = min(dst->umax, src->umax);
	dst->smin = max(dst->smin, src->smin);
	dst->smax = min(dst->smax, src->smax);
}

/**
 * lbpf_range_cut() - Cut at the sign
 * @width: Bits of the number.
 * @range: Bounds.
 * @spans: What they allow of each sign.
 *
 * A number of each sign must satisfy both pairs of bounds, and the orders agree,
 * so the result is exact.
 *
 * Context: Any.
 */
void lbpf_range_cut(unsigned int width, const struct lbpf_range *range,
		    struct lbpf_spans *spans)
{
	u64 sign = lbpf_sign_bit(width);
	u64 all = lbpf_width_mask(width);

	spans->min[0] = max_t(u64, range->umin, max_t(s64, range->smin, 0));
	spans->max[0] = min(range->umax, sign - 1);
	if (range->smax < 0)
		spans->min[0] = sign;
	else
		spans->max[0] = min(spans->max[0], (u64)range->smax);

	spans->min[1] = max(range->umin, sign);
	spans->max[1] = range->umax;
	if (range->smin >= 0) {
		spans->min[1] = all;
		spans->max[1] = 0;
		return;
	}
	spans->min[1] = max(spans->min[1], (u64)range->smin & all);
	if (range->smax < 0)
		spans->max[1] = min(spans->max[1], (u64)range->smax & all);
}

/**
 * lbpf_range_set_spans() - Least bounds of two spans
 * @width: Bits of the number.
 * @range: Bounds to set; empty if both spans are.
 * @spans: Spans.
 *
 * Context: Any.
 */
void lbpf_range_set_spans(unsigned int width, struct lbpf_range *range,
			  const struct lbpf_spans *spans)
{
	bool has_pos = lbpf_spans_has(spans, 0);
	bool has_neg = lbpf_spans_has(spans, 1);

	if (!has_pos && !has_neg) {
		lbpf_range_set_empty(width, range);
		return;
	}
	range->umin = spans->min[has_pos ? 0 : 1];
	range->umax = spans->max[has_neg ? 1 : 0];
	range->smin = lbpf_sign_extend(width, spans->min[has_neg ? 1 : 0]);
	range->smax = lbpf_sign_extend(width, spans->max[has_pos ? 0 : 1]);
}
