/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers of one width: bounds and known bits, the same code for all widths.
 *
 * Layer: verifier (domain), private to it.  Pure.
 *
 * Widths are 1 to 64 bits.  A number of a width is held zero-extended where it
 * is read as unsigned and sign-extended where it is read as signed.
 *
 * Two-sided bounds become exact when they are cut at the sign: the unsigned and
 * the signed order agree among numbers of the same sign.  So most functions
 * here cut a number into its spans, work on these, and join the results.
 */
#ifndef LBPF_VERIFIER_DOMAIN_NUM_H
#define LBPF_VERIFIER_DOMAIN_NUM_H

#include <linux/types.h>
#include "domain.h"

/**
 * struct lbpf_num - What is known of a number of some width
 * @bits: Known bits; those above the width are zero.
 * @range: Bounds.
 */
struct lbpf_num {
	struct lbpf_tnum bits;
	struct lbpf_range range;
};

/**
 * struct lbpf_spans - Intervals of numbers of the same sign
 * @min: First number; [0] of those that are not negative, [1] of the others.
 * @max: Last number; less than @min when there are none of that sign.
 *
 * All are zero-extended, so [0] lies below [1].
 */
struct lbpf_spans {
	u64 min[2];
	u64 max[2];
};

static inline u64 lbpf_width_trunc(unsigned int width, u64 x)
{
	return x & lbpf_width_mask(width);
}

/* The number whose only bit is the sign. */
static inline u64 lbpf_sign_bit(unsigned int width)
{
	return 1ULL << (width - 1);
}

static inline s64 lbpf_sign_extend(unsigned int width, u64 x)
{
	return (s64)(x << (64 - width)) >> (64 - width);
}

static inline bool lbpf_spans_has(const struct lbpf_spans *spans, int i)
{
	return spans->min[i] <= spans->max[i];
}

/* Allow everything. */
static inline void lbpf_range_set_full(unsigned int width, struct lbpf_range *range)
{
	range->umin = 0;
	range->umax = lbpf_width_mask(width);
	range->smin = lbpf_sign_extend(width, lbpf_sign_bit(width));
	range->smax = ~range->smin;
}

/*
 * Is a minimum above its maximum?  Signed and unsigned bounds that contradict each other are found
 * by cutting, not here.
 */
static inline bool lbpf_range_is_empty(const struct lbpf_range *range)
{
	return range->umin > range->umax || range->smin > range->smax;
}

static inline bool lbpf_num_is_empty(const struct lbpf_num *num)
{
	return lbpf_range_is_empty(&num->range);
}

/* domain_range.c */
void lbpf_range_set_empty(unsigned int width, struct lbpf_range *range);
void lbpf_range_set_arc(unsigned int width, struct lbpf_range *range,
			u64 first, u64 last);
bool lbpf_range_has(unsigned int width, const struct lbpf_range *range, u64 x);
bool lbpf_range_in(const struct lbpf_range *outer,
		   const struct lbpf_range *inner);
bool lbpf_range_equal(const struct lbpf_range *a, const struct lbpf_range *b);
void lbpf_range_join(struct lbpf_range *dst, const struct lbpf_range *src);
void lbpf_range_meet(struct lbpf_range *dst, const struct lbpf_range *src);
void lbpf_range_cut(unsigned int width, const struct lbpf_range *range,
		    struct lbpf_spans *spans);
void lbpf_range_set_spans(unsigned int width, struct lbpf_range *range,
			  const struct lbpf_spans *spans);

/* domain_num.c */
bool lbpf_tnum_next(unsigned int width, struct lbpf_tnum bits, u64 x, u64 *next);
bool lbpf_tnum_prev(unsigned int width, struct lbpf_tnum bits, u64 x, u64 *prev);
void lbpf_spans_add_bits(unsigned int width, struct lbpf_spans *spans,
			 struct lbpf_tnum bits);
void lbpf_num_set_full(unsigned int width, struct lbpf_num *num);
void lbpf_num_set_empty(unsigned int width, struct lbpf_num *num);
void lbpf_num_set_const(unsigned int width, struct lbpf_num *num, u64 value);
void lbpf_num_set_arc(unsigned int width, struct lbpf_num *num,
		      u64 first, u64 last);
bool lbpf_num_reduce(unsigned int width, struct lbpf_num *num);
void lbpf_num_join(unsigned int width, struct lbpf_num *dst,
		   const struct lbpf_num *src);
bool lbpf_num_meet(unsigned int width, struct lbpf_num *dst,
		   const struct lbpf_num *src);
int lbpf_num_cut(unsigned int width, const struct lbpf_num *num,
		 struct lbpf_num *pieces);
void lbpf_num_truncate(unsigned int from, unsigned int to, struct lbpf_num *num);
void lbpf_num_extend(unsigned int from, unsigned int to, bool is_signed,
		     struct lbpf_num *num);

/* domain_scalar.c: the two numbers that a scalar is made of. */
void lbpf_scalar_get_num(const struct lbpf_scalar *s, bool is_64,
			 struct lbpf_num *num);
void lbpf_scalar_set_low(struct lbpf_scalar *s, const struct lbpf_num *num);
bool lbpf_scalar_meet_num(struct lbpf_scalar *s, bool is_64,
			  const struct lbpf_num *num);

#endif /* LBPF_VERIFIER_DOMAIN_NUM_H */
