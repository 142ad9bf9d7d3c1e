/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The value domain: what the verifier knows about a number.
 *
 * Layer: verifier (domain).  Pure: no allocation, no locks, no kernel service
 * but text output.  Also builds in user space, and there with smaller widths,
 * so that every value can be tried.
 *
 * A scalar is the meet of three views, each held for the whole register and
 * for its low half: known bits, unsigned bounds, signed bounds.  Every
 * function here takes and gives *reduced* scalars: lbpf_scalar_sync() has let
 * the views refine each other.  Who writes the fields directly must call it.
 *
 * A scalar may be empty (no value is possible: the path is dead).  Every
 * function accepts an empty scalar; what is computed from it is empty.
 */
#ifndef LBPF_VERIFIER_DOMAIN_H
#define LBPF_VERIFIER_DOMAIN_H

#include <linux/bitops.h>
#include <linux/types.h>

/* Widths of a register and of its low half in bits; tests use smaller ones. */
#ifndef LBPF_FULL_BITS
#define LBPF_FULL_BITS 64
#define LBPF_LOW_BITS 32
#endif

/**
 * struct lbpf_tnum - Known bits of a number
 * @value: The bits that are known to be one.
 * @mask: The bits that are unknown; these are zero in @value.
 *
 * Stands for every x with (x & ~mask) == value.
 */
struct lbpf_tnum {
	u64 value;
	u64 mask;
};

/**
 * struct lbpf_range - Bounds of a number of some width, all inclusive
 * @umin: Least value, read as unsigned and zero-extended.
 * @umax: Greatest value, read as unsigned and zero-extended.
 * @smin: Least value, read as signed and sign-extended.
 * @smax: Greatest value, read as signed and sign-extended.
 */
struct lbpf_range {
	u64 umin;
	u64 umax;
	s64 smin;
	s64 smax;
};

/**
 * struct lbpf_scalar - What is known of the number in a register
 * @bits: Known bits of the whole register.
 * @r64: Bounds of the whole register.
 * @r32: Bounds of its low half; signed bounds are those of (s32), sign-extended.
 */
struct lbpf_scalar {
	struct lbpf_tnum bits;
	struct lbpf_range r64;
	struct lbpf_range r32;
};

/* Known bits: domain_tnum.c.  Widths and sizes: bits unless _bytes is said. */

/* Small ones are here: the walk asks them for each instruction. */

static inline u64 lbpf_width_mask(unsigned int width)
{
	return width ? ~0ULL >> (64 - width) : 0;
}

static inline struct lbpf_tnum lbpf_tnum_const(u64 value)
{
	return (struct lbpf_tnum){ .value = lbpf_width_mask(LBPF_FULL_BITS) & value };
}

static inline struct lbpf_tnum lbpf_tnum_unknown(void)
{
	return (struct lbpf_tnum){ .mask = lbpf_width_mask(LBPF_FULL_BITS) };
}

/*
 * Least tnum that holds all of [min, max], min <= max: below the
 * highest bit in which they differ, anything.
 */
static inline struct lbpf_tnum lbpf_tnum_range(u64 min, u64 max)
{
	u64 mask = lbpf_width_mask(fls64(min ^ max));

	return (struct lbpf_tnum){ min & ~mask, mask };
}

static inline bool lbpf_tnum_is_const(struct lbpf_tnum a)
{
	return !a.mask;
}

static inline bool lbpf_tnum_is_unknown(struct lbpf_tnum a)
{
	return a.mask == lbpf_width_mask(LBPF_FULL_BITS);
}

/* Is every member of @a a multiple of @size (a power of two; 0: true)? */
bool lbpf_tnum_is_aligned(struct lbpf_tnum a, u64 size);
/* Is @x a member of @a? */
static inline bool lbpf_tnum_has(struct lbpf_tnum a, u64 x)
{
	return (x & ~a.mask) == a.value;
}

/* Is every member of @inner a member of @outer? */
bool lbpf_tnum_in(struct lbpf_tnum outer, struct lbpf_tnum inner);

static inline bool lbpf_tnum_equal(struct lbpf_tnum a, struct lbpf_tnum b)
{
	return a.value == b.value && a.mask == b.mask;
}

struct lbpf_tnum lbpf_tnum_lshift(struct lbpf_tnum a, unsigned int shift);
struct lbpf_tnum lbpf_tnum_rshift(struct lbpf_tnum a, unsigned int shift);
/* Arithmetic shift of a number of @width bits; bits above are zero. */
struct lbpf_tnum lbpf_tnum_arshift(struct lbpf_tnum a, unsigned int shift,
				   unsigned int width);
struct lbpf_tnum lbpf_tnum_add(struct lbpf_tnum a, struct lbpf_tnum b);
struct lbpf_tnum lbpf_tnum_sub(struct lbpf_tnum a, struct lbpf_tnum b);
struct lbpf_tnum lbpf_tnum_neg(struct lbpf_tnum a);
struct lbpf_tnum lbpf_tnum_mul(struct lbpf_tnum a, struct lbpf_tnum b);
struct lbpf_tnum lbpf_tnum_and(struct lbpf_tnum a, struct lbpf_tnum b);
struct lbpf_tnum lbpf_tnum_or(struct lbpf_tnum a, struct lbpf_tnum b);
struct lbpf_tnum lbpf_tnum_xor(struct lbpf_tnum a, struct lbpf_tnum b);
/* Members of both; false if there are none, and then *out is not written. */
static inline bool lbpf_tnum_intersect(struct lbpf_tnum a, struct lbpf_tnum b,
				       struct lbpf_tnum *out)
{
	if ((a.value ^ b.value) & ~a.mask & ~b.mask)
		return false;
	out->mask = a.mask & b.mask;
	out->value = (a.value | b.value) & ~out->mask;
	return true;
}

/* Least tnum that holds the members of both. */
struct lbpf_tnum lbpf_tnum_join(struct lbpf_tnum a, struct lbpf_tnum b);
/* Low @size_bytes bytes, zero-extended. */
struct lbpf_tnum lbpf_tnum_cast(struct lbpf_tnum a, unsigned int size_bytes);
/* Low half; @a without its low half; @a with the low half of @low. */
static inline struct lbpf_tnum lbpf_tnum_subreg(struct lbpf_tnum a)
{
	u64 low = lbpf_width_mask(LBPF_LOW_BITS);

	return (struct lbpf_tnum){ a.value & low, a.mask & low };
}

struct lbpf_tnum lbpf_tnum_clear_subreg(struct lbpf_tnum a);
struct lbpf_tnum lbpf_tnum_with_subreg(struct lbpf_tnum a, struct lbpf_tnum low);
/* "(0x0; 0xff)"; returns as scnprintf(). */
size_t lbpf_tnum_print(char *buf, size_t size_bytes, struct lbpf_tnum a);

/* Scalars, making them: domain_scalar.c. */

void lbpf_scalar_set_const(struct lbpf_scalar *s, u64 value);
void lbpf_scalar_set_unknown(struct lbpf_scalar *s);
void lbpf_scalar_set_empty(struct lbpf_scalar *s);
void lbpf_scalar_set_tnum(struct lbpf_scalar *s, struct lbpf_tnum bits);
/* All of [min, max], unsigned and signed; empty if min > max. */
void lbpf_scalar_set_urange(struct lbpf_scalar *s, u64 min, u64 max);
void lbpf_scalar_set_srange(struct lbpf_scalar *s, s64 min, s64 max);
/* What a load of 1, 2, 4 or 8 bytes leaves, zero- or sign-extended. */
void lbpf_scalar_set_load(struct lbpf_scalar *s, unsigned int size_bytes);
void lbpf_scalar_set_load_sx(struct lbpf_scalar *s, unsigned int size_bytes);
/*
 * Let all views refine each other until nothing changes.  Returns false, and
 * makes @s the empty scalar, when they contradict each other.
 */
bool lbpf_scalar_sync(struct lbpf_scalar *s);

/* Scalars, asking them. */

static inline bool lbpf_scalar_is_empty(const struct lbpf_scalar *s)
{
	return s->r64.umin > s->r64.umax || s->r64.smin > s->r64.smax;
}

static inline bool lbpf_scalar_is_const(const struct lbpf_scalar *s)
{
	return lbpf_tnum_is_const(s->bits);
}

bool lbpf_scalar_is_unknown(const struct lbpf_scalar *s);
/* Is the low half a single value? */
bool lbpf_scalar_low_is_const(const struct lbpf_scalar *s);
bool lbpf_scalar_has(const struct lbpf_scalar *s, u64 x);

static inline u64 lbpf_scalar_umin(const struct lbpf_scalar *s)
{
	return s->r64.umin;
}

static inline u64 lbpf_scalar_umax(const struct lbpf_scalar *s)
{
	return s->r64.umax;
}

static inline s64 lbpf_scalar_smin(const struct lbpf_scalar *s)
{
	return s->r64.smin;
}

static inline s64 lbpf_scalar_smax(const struct lbpf_scalar *s)
{
	return s->r64.smax;
}

/* Only meaningful when lbpf_scalar_is_const(). */
static inline u64 lbpf_scalar_value(const struct lbpf_scalar *s)
{
	return s->bits.value;
}

/* Scalars as a lattice. */

/* Is every value of @cur a value of @old?  What pruning asks. */
bool lbpf_scalar_subset(const struct lbpf_scalar *old,
			const struct lbpf_scalar *cur);
bool lbpf_scalar_equal(const struct lbpf_scalar *a, const struct lbpf_scalar *b);
/* dst becomes the union (join), or what both allow (meet; false: nothing). */
void lbpf_scalar_join(struct lbpf_scalar *dst, const struct lbpf_scalar *src);
bool lbpf_scalar_meet(struct lbpf_scalar *dst, const struct lbpf_scalar *src);

/* Effects of instructions: domain_alu.c.  @dst and @src may be the same. */

/*
 * @op is BPF_OP(code): ADD SUB MUL DIV MOD AND OR XOR LSH RSH ARSH MOV, or NEG
 * (which ignores @src, may be NULL).  32-bit operations zero-extend.  x / 0 is
 * 0, x % 0 is x.  A shift that may be by the width or more gives unknown.
 * Returns false and makes @dst unknown when @op is none of these.
 */
bool lbpf_scalar_alu(u8 op, bool is_64, struct lbpf_scalar *dst,
		     const struct lbpf_scalar *src);
/* BPF_DIV or BPF_MOD with offset 1: signed. */
bool lbpf_scalar_alu_signed(u8 op, bool is_64, struct lbpf_scalar *dst,
			    const struct lbpf_scalar *src);
/* Low @from_bits sign-extended to 64 bits, or to 32 and then zero-extended. */
void lbpf_scalar_movsx(struct lbpf_scalar *dst, const struct lbpf_scalar *src,
		       unsigned int from_bits, bool is_64);
/*
 * BPF_END and unconditional bswap: keep the low @nr_bits (16, 32, 64), zero the
 * rest, reverse the bytes if @is_swap (to_be on a little-endian machine).
 */
void lbpf_scalar_end(struct lbpf_scalar *dst, unsigned int nr_bits, bool is_swap);
/* Low @size_bytes zero-extended: what a store and a load of that size keep. */
void lbpf_scalar_truncate(struct lbpf_scalar *s, unsigned int size_bytes);

/* Comparisons: domain_branch.c.  @op is BPF_OP(code) of a conditional jump. */

/* 1: always taken, 0: never, -1: may be either (or @op is no comparison). */
int lbpf_scalar_branch_taken(u8 op, bool is_64, const struct lbpf_scalar *a,
			     const struct lbpf_scalar *b);
/*
 * Keep in @a and @b what is possible on the side of the branch that @is_taken
 * says.  Returns false when that side is impossible (both become empty).
 * Either may be a constant; @a and @b must be different objects.
 */
bool lbpf_scalar_refine(u8 op, bool is_64, bool is_taken,
			struct lbpf_scalar *a, struct lbpf_scalar *b);

/* Text: domain_print.c. */

/*
 * The fields inside "scalar(...)" in the words of Linux 6.1, separated by
 * commas ("umax=255,var_off=(0x0; 0xff)"); nothing for an unknown scalar; a
 * constant is printed as signed decimal.  Returns as scnprintf().
 */
size_t lbpf_scalar_print(char *buf, size_t size_bytes,
			 const struct lbpf_scalar *s);

#endif /* LBPF_VERIFIER_DOMAIN_H */
