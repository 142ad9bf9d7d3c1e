// SPDX-License-Identifier: GPL-2.0
/*
 * What a comparison tells about its operands.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/bitops.h>
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include "domain.h"
#include "domain_num.h"

/* What may hold between two numbers. */
enum relation {
	REL_NONE,
	REL_EQUAL,
	REL_DIFFERENT,
	REL_LESS,
	REL_LESS_EQUAL,
	REL_LESS_SIGNED,
	REL_LESS_EQUAL_SIGNED,
	REL_COMMON_BIT,
	REL_NO_COMMON_BIT,
};

/**
 * struct rule - What holds when a jump is taken
 * @relation: Relation of the operands.
 * @is_swapped: It is of the second operand to the first.
 */
struct rule {
	enum relation relation;
	bool is_swapped;
};

/**
 * struct relation_ops - A relation
 * @is_possible: May it hold between two numbers, reduced and not empty?  NULL: refine() tells.
 * @refine: Narrow two numbers to what it allows; they need not be reduced
 *          after.  False if nothing is allowed.
 * @inverse: What holds when it does not.
 */
struct relation_ops {
	bool (*is_possible)(unsigned int width, const struct lbpf_num *a, const struct lbpf_num *b);
	bool (*refine)(unsigned int width, struct lbpf_num *a, struct lbpf_num *b);
	struct rule inverse;
};

static bool may_be_equal(unsigned int width, const struct lbpf_num *a,
			 const struct lbpf_num *b)
{
	struct lbpf_num both = *a;

	if (lbpf_tnum_is_const(b->bits))
		return lbpf_tnum_has(a->bits, b->bits.value) &&
		       lbpf_range_has(width, &a->range, b->bits.value);
	return lbpf_num_meet(width, &both, b);
}

static bool may_be_different(unsigned int width, const struct lbpf_num *a,
			     const struct lbpf_num *b)
{
	return !lbpf_tnum_is_const(a->bits) || !lbpf_tnum_is_const(b->bits) ||
	       a->bits.value != b->bits.value;
}

static bool may_be_less(unsigned int width, const struct lbpf_num *a,
			const struct lbpf_num *b)
{
	return a->range.umin < b->range.umax;
}

static bool may_be_less_equal(unsigned int width, const struct lbpf_num *a,
			      const struct lbpf_num *b)
{
	return a->range.umin <= b->range.umax;
}

static bool may_be_less_signed(unsigned int width, const struct lbpf_num *a,
			       const struct lbpf_num *b)
{
	return a->range.smin < b->range.smax;
}

static bool may_be_less_equal_signed(unsigned int width, const struct lbpf_num *a,
				     const struct lbpf_num *b)
{
	return a->range.smin <= b->range.smax;
}

static bool refine_equal(unsigned int width, struct lbpf_num *a,
			 struct lbpf_num *b)
{
	bool is_possible = lbpf_num_meet(width, a, b);

	*b = *a;
	return is_possible;
}

/* Every bound that excludes @x moves by one; bounds are where both are tight. */
static bool exclude(unsigned int width, struct lbpf_num *num, u64 x)
{
	s64 sx = lbpf_sign_extend(width, x);

	if (lbpf_tnum_is_const(num->bits) && num->bits.value == x)
		return false;
	if (num->range.umin == x)
		num->range.umin++;
	if (num->range.umax == x)
		num->range.umax--;
	if (num->range.smin == sx)
		num->range.smin++;
	if (num->range.smax == sx)
		num->range.smax--;
	return true;
}

static bool refine_different(unsigned int width, struct lbpf_num *a,
			     struct lbpf_num *b)
{
	bool is_possible = true;

	if (lbpf_tnum_is_const(b->bits))
		is_possible = exclude(width, a, b->bits.value);
	else if (lbpf_tnum_is_const(a->bits))
		is_possible = exclude(width, b, a->bits.value);
	return is_possible;
}

static bool refine_less(unsigned int width, struct lbpf_num *a,
			struct lbpf_num *b)
{
	if (!b->range.umax || a->range.umin == lbpf_width_mask(width))
		return false;
	a->range.umax = min(a->range.umax, b->range.umax - 1);
	b->range.umin = max(b->range.umin, a->range.umin + 1);
	return true;
}

static bool refine_less_equal(unsigned int width, struct lbpf_num *a,
			      struct lbpf_num *b)
{
	a->range.umax = min(a->range.umax, b->range.umax);
	b->range.umin = max(b->range.umin, a->range.umin);
	return true;
}

static bool refine_less_signed(unsigned int width, struct lbpf_num *a,
			       struct lbpf_num *b)
{
	struct lbpf_range full;

	lbpf_range_set_full(width, &full);
	if (b->range.smax == full.smin || a->range.smin == full.smax)
		return false;
	a->range.smax = min(a->range.smax, b->range.smax - 1);
	b->range.smin = max(b->range.smin, a->range.smin + 1);
	return true;
}

static bool refine_less_equal_signed(unsigned int width, struct lbpf_num *a,
				     struct lbpf_num *b)
{
	a->range.smax = min(a->range.smax, b->range.smax);
	b->range.smin = max(b->range.smin, a->range.smin);
	return true;
}

static bool meet_bits(struct lbpf_num *num, u64 value, u64 mask)
{
	struct lbpf_tnum bits = { .value = value, .mask = mask };

	return lbpf_tnum_intersect(num->bits, bits, &num->bits);
}

static bool refine_common_bit(unsigned int width, struct lbpf_num *a,
			      struct lbpf_num *b)
{
	u64 common = (a->bits.value | a->bits.mask) &
		     (b->bits.value | b->bits.mask);
	u64 lowest = common & -common;

	if (!common)
		return false;
	/* Whichever bit it is, a number that has it is no less than the lowest. */
	a->range.umin = max(a->range.umin, lowest);
	b->range.umin = max(b->range.umin, lowest);
	if (common != lowest)
		return true;
	return meet_bits(a, common, ~common) && meet_bits(b, common, ~common);
}

static bool refine_no_common_bit(unsigned int width, struct lbpf_num *a,
				 struct lbpf_num *b)
{
	return meet_bits(a, 0, ~b->bits.value) && meet_bits(b, 0, ~a->bits.value);
}

static const struct relation_ops relations[] = {
	[REL_EQUAL] = { may_be_equal, refine_equal, { REL_DIFFERENT } },
	[REL_DIFFERENT] = { may_be_different, refine_different, { REL_EQUAL } },
	[REL_LESS] = { may_be_less, refine_less, { REL_LESS_EQUAL, true } },
	[REL_LESS_EQUAL] = { may_be_less_equal, refine_less_equal, { REL_LESS, true } },
	[REL_LESS_SIGNED] = {
		may_be_less_signed, refine_less_signed, { REL_LESS_EQUAL_SIGNED, true }
	},
	[REL_LESS_EQUAL_SIGNED] = {
		may_be_less_equal_signed, refine_less_equal_signed, { REL_LESS_SIGNED, true }
	},
	[REL_COMMON_BIT] = { NULL, refine_common_bit, { REL_NO_COMMON_BIT } },
	[REL_NO_COMMON_BIT] = { NULL, refine_no_common_bit, { REL_COMMON_BIT } },
};

static const struct rule rules[] = {
	[BPF_JEQ >> 4] = { REL_EQUAL },
	[BPF_JNE >> 4] = { REL_DIFFERENT },
	[BPF_JGT >> 4] = { REL_LESS, true },
	[BPF_JGE >> 4] = { REL_LESS_EQUAL, true },
	[BPF_JLT >> 4] = { REL_LESS },
	[BPF_JLE >> 4] = { REL_LESS_EQUAL },
	[BPF_JSGT >> 4] = { REL_LESS_SIGNED, true },
	[BPF_JSGE >> 4] = { REL_LESS_EQUAL_SIGNED, true },
	[BPF_JSLT >> 4] = { REL_LESS_SIGNED },
	[BPF_JSLE >> 4] = { REL_LESS_EQUAL_SIGNED },
	[BPF_JSET >> 4] = { REL_COMMON_BIT },
};

static struct rule find_rule(u8 op, bool is_taken)
{
	struct rule rule = { REL_NONE }, inverse;
	u8 row = op >> 4;

	if (row < ARRAY_SIZE(rules))
		rule = rules[row];
	if (is_taken || rule.relation == REL_NONE)
		return rule;
	inverse = relations[rule.relation].inverse;
	inverse.is_swapped ^= rule.is_swapped;
	return inverse;
}

/* Equal registers share what is known of both halves, not only what is compared. */
static bool refine_equal_full(struct lbpf_scalar *a, struct lbpf_scalar *b)
{
	bool is_possible = lbpf_scalar_meet(a, b);

	*b = *a;
	return is_possible;
}

static bool refine_by_rule(const struct rule *rule, bool is_64,
			   struct lbpf_scalar *a, struct lbpf_scalar *b)
{
	unsigned int width = is_64 ? LBPF_FULL_BITS : LBPF_LOW_BITS;
	struct lbpf_num a_num, b_num;

	if (lbpf_scalar_is_empty(a) || lbpf_scalar_is_empty(b))
		return false;
	if (rule->relation == REL_EQUAL && is_64)
		return refine_equal_full(a, b);
	lbpf_scalar_get_num(a, is_64, &a_num);
	lbpf_scalar_get_num(b, is_64, &b_num);
	return relations[rule->relation].refine(width, &a_num, &b_num) &&
	       lbpf_scalar_meet_num(a, is_64, &a_num) &&
	       lbpf_scalar_meet_num(b, is_64, &b_num);
}

/**
 * lbpf_scalar_refine() - Learn from a comparison
 * @op: BPF_OP() of the jump.
 * @is_64: It is BPF_JMP; otherwise BPF_JMP32, which compares low halves.
 * @is_taken: The jump is taken.
 * @a: Destination operand, reduced; narrowed, reduced.
 * @b: Source operand, reduced; narrowed, reduced; not @a.
 *
 * Context: Any.
 * Return: False when the jump cannot go that way; both are then empty.  True
 * otherwise; for an @op that does not compare nothing is learnt.
 */
bool lbpf_scalar_refine(u8 op, bool is_64, bool is_taken,
			struct lbpf_scalar *a, struct lbpf_scalar *b)
{
	struct rule rule = find_rule(op, is_taken);

	if (rule.relation == REL_NONE)
		return true;
	if (rule.is_swapped)
		swap(a, b);
	if (refine_by_rule(&rule, is_64, a, b))
		return true;
	lbpf_scalar_set_empty(a);
	lbpf_scalar_set_empty(b);
	return false;
}

static bool may_be_refined(const struct rule *rule, bool is_64, const struct lbpf_scalar *a,
			   const struct lbpf_scalar *b)
{
	struct lbpf_scalar a_side = *a, b_side = *b;

	return rule->is_swapped ? refine_by_rule(rule, is_64, &b_side, &a_side) :
				  refine_by_rule(rule, is_64, &a_side, &b_side);
}

/* May the jump go this way?  Both are not empty. */
static bool may_hold(struct rule rule, bool is_64, const struct lbpf_scalar *a,
		     const struct lbpf_scalar *b)
{
	const struct relation_ops *ops = &relations[rule.relation];
	unsigned int width = is_64 ? LBPF_FULL_BITS : LBPF_LOW_BITS;
	struct lbpf_num a_num, b_num;

	if (rule.relation == REL_EQUAL && is_64 && lbpf_scalar_is_const(b))
		return lbpf_scalar_has(a, lbpf_scalar_value(b));
	if (!ops->is_possible || (rule.relation == REL_EQUAL && is_64))
		return may_be_refined(&rule, is_64, a, b);
	lbpf_scalar_get_num(rule.is_swapped ? b : a, is_64, &a_num);
	lbpf_scalar_get_num(rule.is_swapped ? a : b, is_64, &b_num);
	return ops->is_possible(width, &a_num, &b_num);
}

/**
 * lbpf_scalar_branch_taken() - Is it known where a jump goes?
 * @op: BPF_OP() of the jump.
 * @is_64: It is BPF_JMP; otherwise BPF_JMP32, which compares low halves.
 * @a: Destination operand, reduced.
 * @b: Source operand, reduced; may be @a, which teaches nothing.
 *
 * Context: Any.
 * Return: 1 if it is always taken, 0 if never, -1 if either or if @op does not
 * compare.
 */
int lbpf_scalar_branch_taken(u8 op, bool is_64, const struct lbpf_scalar *a,
			     const struct lbpf_scalar *b)
{
	bool is_empty = lbpf_scalar_is_empty(a) || lbpf_scalar_is_empty(b);

	if (find_rule(op, true).relation == REL_NONE)
		return -1;
	if (is_empty || !may_hold(find_rule(op, true), is_64, a, b))
		return 0;
	return may_hold(find_rule(op, false), is_64, a, b) ? -1 : 1;
}
