/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Division by a constant as multiplication.
 *
 * Layer: jit (p).
 */
#ifndef LBPF_JIT_MAGIC_H
#define LBPF_JIT_MAGIC_H

#include <linux/types.h>

/**
 * struct lbpf_magic - x / d for 0 <= x <= some limit
 * @mul: Factor.
 * @pre_shift: x is shifted right by this first.
 * @shift: The quotient is x * @mul >> @shift.
 * @needs_add: The factor is 2^width + @mul, which does not fit: with t = x * @mul >> width, the
 *	quotient is ((x - t) / 2 + t) >> @shift.
 */
struct lbpf_magic {
	u64	mul;
	u8	pre_shift;
	u8	shift;
	bool	needs_add;
};

bool lbpf_magic_small(u64 max, u32 divisor, struct lbpf_magic *magic);
void lbpf_magic_32(u32 divisor, struct lbpf_magic *magic);
void lbpf_magic_64(u32 divisor, struct lbpf_magic *magic);

#endif /* LBPF_JIT_MAGIC_H */
