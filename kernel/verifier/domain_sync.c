// SPDX-License-Identifier: GPL-2.0
/*
 * Mutual refinement of what is known of a register and of its low half.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/minmax.h>
#include "domain.h"
#include "domain_num.h"

/*
 * Each round is sound by itself, so that stopping early only costs precision.
 * No scalar of the exhaustive tests needs more than four.
 */
#define MAX_ROUNDS 8

/**
 * struct views - A scalar while it is refined
 * @bits: Known bits of the register.
 * @full: What the bounds of the register allow.
 * @low: What the bounds of its low half allow.
 */
struct views {
	struct lbpf_tnum bits;
	struct lbpf_spans full;
	struct lbpf_spans low;
};

static bool has_any(const struct lbpf_spans *spans)
{
	return lbpf_spans_has(spans, 0) || lbpf_spans_has(spans, 1);
}

static bool next_in_spans(const struct lbpf_spans *spans, u64 x, u64 *next)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (!lbpf_spans_has(spans, i) || x > spans->max[i])
			continue;
		*next = max(x, spans->min[i]);
		return true;
	}
	return false;
}

/*
 * The first number from @x up that has the known bits and an allowed low half.
 * A carry out of the low half may meet a high half that is no member, and the
 * next member a low half that is not allowed; then it is settled.
 */
static bool next_full(struct lbpf_tnum bits, const struct lbpf_spans *low,
		      u64 x, u64 *next)
{
	u64 low_mask = lbpf_width_mask(LBPF_LOW_BITS);
	u64 target;
	int i;

	for (i = 0; i < 4; i++) {
		if (!lbpf_tnum_next(LBPF_FULL_BITS, bits, x, &x))
			return false;
		if (next_in_spans(low, x & low_mask, &target)) {
			if (target == (x & low_mask))
				break;
		} else {
			if ((x | low_mask) == lbpf_width_mask(LBPF_FULL_BITS))
				return false;
			x = (x | low_mask) + 1;
			next_in_spans(low, 0, &target);
		}
		x = (x & ~low_mask) | target;
	}
	*next = x;
	return true;
}

/* Downwards is upwards with all bits inverted. */
static bool prev_full(struct lbpf_tnum bits, const struct lbpf_spans *low,
		      u64 x, u64 *prev)
{
	u64 low_mask = lbpf_width_mask(LBPF_LOW_BITS);
	u64 full_mask = lbpf_width_mask(LBPF_FULL_BITS);
	struct lbpf_spans mirrored_low;
	struct lbpf_tnum mirrored = {
		.value = ~bits.value & ~bits.mask & full_mask,
		.mask = bits.mask,
	};
	u64 next;
	int i;

	for (i = 0; i < 2; i++) {
		mirrored_low.min[i] = low_mask;
		mirrored_low.max[i] = 0;
		if (!lbpf_spans_has(low, !i))
			continue;
		mirrored_low.min[i] = ~low->max[!i] & low_mask;
		mirrored_low.max[i] = ~low->min[!i] & low_mask;
	}
	if (!next_full(mirrored, &mirrored_low, ~x & full_mask, &next))
		return false;
	*prev = ~next & full_mask;
	return true;
}

static void refine_full(struct views *v)
{
	struct lbpf_spans *full = &v->full;
	int i;

	for (i = 0; i < 2; i++) {
		if (!lbpf_spans_has(full, i))
			continue;
		if (next_full(v->bits, &v->low, full->min[i], &full->min[i]) &&
		    prev_full(v->bits, &v->low, full->max[i], &full->max[i]))
			continue;
		full->min[i] = ~0ULL;
		full->max[i] = 0;
	}
}

/* Keep of [*min, *max] what counting up from @first to @last may meet. */
static void clip_to_arc(u64 *min, u64 *max, u64 first, u64 last)
{
	if (first <= last) {
		*min = max(*min, first);
		*max = min(*max, last);
		return;
	}
	if (*min > last)
		*min = max(*min, first);
	if (*max < first)
		*max = min(*max, last);
}

/* Keep of span @i of the low half what a span of the register leaves of it. */
static void refine_low_span(struct views *v, int i)
{
	u64 low_mask = lbpf_width_mask(LBPF_LOW_BITS);
	u64 min_all = ~0ULL, max_all = 0;
	u64 min, max;
	int j;

	for (j = 0; j < 2; j++) {
		if (!lbpf_spans_has(&v->full, j))
			continue;
		min = v->low.min[i];
		max = v->low.max[i];
		if (v->full.max[j] - v->full.min[j] <= low_mask)
			clip_to_arc(&min, &max, v->full.min[j] & low_mask,
				    v->full.max[j] & low_mask);
		if (min > max)
			continue;
		min_all = min(min_all, min);
		max_all = max(max_all, max);
	}
	v->low.min[i] = min_all;
	v->low.max[i] = max_all;
}

static void refine_low(struct views *v)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (lbpf_spans_has(&v->low, i))
			refine_low_span(v, i);
	}
	lbpf_spans_add_bits(LBPF_LOW_BITS, &v->low, lbpf_tnum_subreg(v->bits));
}

static struct lbpf_tnum spans_bits(const struct lbpf_spans *spans)
{
	bool has_pos = lbpf_spans_has(spans, 0);
	bool has_neg = lbpf_spans_has(spans, 1);
	struct lbpf_tnum pos = lbpf_tnum_range(spans->min[0], spans->max[0]);
	struct lbpf_tnum neg = lbpf_tnum_range(spans->min[1], spans->max[1]);

	if (has_pos && has_neg)
		return lbpf_tnum_join(pos, neg);
	return has_pos ? pos : neg;
}

static bool refine_bits(struct views *v)
{
	struct lbpf_tnum low = spans_bits(&v->low);

	low = lbpf_tnum_with_subreg(lbpf_tnum_unknown(), low);
	return lbpf_tnum_intersect(v->bits, spans_bits(&v->full), &v->bits) &&
	       lbpf_tnum_intersect(v->bits, low, &v->bits);
}

static bool spans_equal(const struct lbpf_spans *a, const struct lbpf_spans *b)
{
	return a->min[0] == b->min[0] && a->max[0] == b->max[0] &&
	       a->min[1] == b->min[1] && a->max[1] == b->max[1];
}

static bool views_equal(const struct views *a, const struct views *b)
{
	return lbpf_tnum_equal(a->bits, b->bits) &&
	       spans_equal(&a->full, &b->full) && spans_equal(&a->low, &b->low);
}

static bool refine_views(struct views *v)
{
	struct views old;
	int i;

	lbpf_spans_add_bits(LBPF_LOW_BITS, &v->low, lbpf_tnum_subreg(v->bits));
	if (!has_any(&v->low))
		return false;
	for (i = 0; i < MAX_ROUNDS; i++) {
		old = *v;
		refine_full(v);
		refine_low(v);
		if (!has_any(&v->full) || !has_any(&v->low) || !refine_bits(v))
			return false;
		if (views_equal(&old, v))
			break;
	}
	return true;
}

/* Is nothing known of the low half but some of its bits? */
static bool is_low_free(const struct lbpf_scalar *s)
{
	return !s->r32.umin && s->r32.umax == lbpf_width_mask(LBPF_LOW_BITS) &&
	       s->r32.smin == lbpf_sign_extend(LBPF_LOW_BITS, lbpf_sign_bit(LBPF_LOW_BITS)) &&
	       s->r32.smax == (s64)lbpf_width_mask(LBPF_LOW_BITS - 1);
}

/* The register is its low half, with zeros above: one number says all. */
static bool sync_low(struct lbpf_scalar *s)
{
	struct lbpf_num num = { .bits = lbpf_tnum_subreg(s->bits), .range = s->r32 };

	num.range.umin = max(num.range.umin, s->r64.umin);
	num.range.umax = min(num.range.umax, s->r64.umax);
	if (s->r64.smin > 0)
		num.range.umin = max_t(u64, num.range.umin, s->r64.smin);
	if ((u64)s->r64.smax < num.range.umax)
		num.range.umax = s->r64.smax;
	if (s->r64.smax < 0 || s->bits.value & ~lbpf_width_mask(LBPF_LOW_BITS) ||
	    !lbpf_num_reduce(LBPF_LOW_BITS, &num))
		return false;
	lbpf_scalar_set_low(s, &num);
	return true;
}

/* Nothing but known bits: the bounds are those of the bits, unless the sign is one of them. */
static bool sync_bits(struct lbpf_scalar *s)
{
	struct lbpf_num num = { .bits = s->bits, .range = s->r64 };
	struct lbpf_num low = { .bits = lbpf_tnum_subreg(s->bits), .range = s->r32 };

	lbpf_num_reduce(LBPF_FULL_BITS, &num);
	lbpf_num_reduce(LBPF_LOW_BITS, &low);
	s->r64 = num.range;
	s->r32 = low.range;
	return true;
}

static bool is_full_free(const struct lbpf_scalar *s)
{
	return !s->r64.umin && s->r64.umax == lbpf_width_mask(LBPF_FULL_BITS) &&
	       s->r64.smin == lbpf_sign_extend(LBPF_FULL_BITS, lbpf_sign_bit(LBPF_FULL_BITS)) &&
	       s->r64.smax == (s64)lbpf_width_mask(LBPF_FULL_BITS - 1);
}

/*
 * A low half that may be anything, and stays so because the bounds are further apart than it is
 * long: only the register's own views have something to learn.
 */
static bool sync_wide(struct lbpf_scalar *s)
{
	u64 low_mask = lbpf_width_mask(LBPF_LOW_BITS);
	struct lbpf_num num = { .bits = s->bits, .range = s->r64 };

	if (~s->bits.mask & low_mask || !lbpf_num_reduce(LBPF_FULL_BITS, &num) ||
	    num.range.smin < 0 || num.range.umax - num.range.umin <= low_mask)
		return false;
	s->bits = num.bits;
	s->r64 = num.range;
	return true;
}

/* Most scalars are settled without going around.  1: done, 0: a contradiction, -1: not so. */
static int sync_simple(struct lbpf_scalar *s)
{
	if (s->r64.umin > s->r64.umax || s->r64.smin > s->r64.smax)
		return 0;
	if (s->r64.umax <= lbpf_width_mask(LBPF_LOW_BITS))
		return sync_low(s);
	if (!is_low_free(s))
		return -1;
	if (is_full_free(s))
		return lbpf_tnum_is_unknown(s->bits) || sync_bits(s);
	return sync_wide(s) ? 1 : -1;
}

/**
 * lbpf_scalar_sync() - Let all views of a scalar refine each other
 * @s: Scalar; becomes reduced.
 *
 * Context: Any.
 * Return: False if they contradict each other; @s is then the empty scalar.
 */
bool lbpf_scalar_sync(struct lbpf_scalar *s)
{
	struct views v;
	int is_synced;

	if (lbpf_tnum_is_const(s->bits)) {
		if (!lbpf_scalar_has(s, s->bits.value))
			goto set_empty;
		lbpf_scalar_set_const(s, s->bits.value);
		return true;
	}
	is_synced = sync_simple(s);
	if (!is_synced)
		goto set_empty;
	if (is_synced > 0)
		return true;
	v.bits = s->bits;
	lbpf_range_cut(LBPF_FULL_BITS, &s->r64, &v.full);
	lbpf_range_cut(LBPF_LOW_BITS, &s->r32, &v.low);
	if (!has_any(&v.full) || !has_any(&v.low) || !refine_views(&v))
		goto set_empty;
	s->bits = v.bits;
	lbpf_range_set_spans(LBPF_FULL_BITS, &s->r64, &v.full);
	lbpf_range_set_spans(LBPF_LOW_BITS, &s->r32, &v.low);
	return true;

set_empty:
	lbpf_scalar_set_empty(s);
	return false;
}
