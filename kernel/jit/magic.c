// SPDX-License-Identifier: GPL-2.0
/*
 * Division by a constant as multiplication.
 *
 * Layer: jit (p).  With m = floor(2^k / d) + 1 and e = m * d - 2^k, the product
 * x * m / 2^k is x / d + x * e / (d * 2^k).  The error does not reach the next
 * integer as long as x * e < 2^k.  Source: Granlund and Montgomery, "Division
 * by Invariant Integers using Multiplication".
 */
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/overflow.h>

#include "magic.h"

/**
 * lbpf_magic_small() - Factor whose product fits in 64 bits
 * @max: Greatest dividend.
 * @divisor: Divisor, no power of two.
 * @magic: Filled in; needs no addition.
 *
 * Return: Is there one?
 */
bool lbpf_magic_small(u64 max, u32 divisor, struct lbpf_magic *magic)
{
	u32 k;

	for (k = ilog2(divisor); k < 64; k++) {
		u64 mul = BIT_ULL(k) / divisor + 1;
		u64 excess = mul * divisor - BIT_ULL(k);
		u64 unused;

		if (check_mul_overflow(mul, max, &unused))
			return false;
		if (check_mul_overflow(excess, max, &unused) || unused >= BIT_ULL(k))
			continue;
		*magic = (struct lbpf_magic){ .mul = mul, .shift = k };
		return true;
	}
	return false;
}

/**
 * lbpf_magic_32() - Factor of 33 bits for any dividend of 32 bits
 * @divisor: Divisor, no power of two.
 * @magic: Filled in; needs the addition, width 32.
 */
void lbpf_magic_32(u32 divisor, struct lbpf_magic *magic)
{
	u32 log2 = ilog2(divisor) + 1;

	/* 2^(32 + log2) is 2^64 where the divisor has all 32 bits. */
	*magic = (struct lbpf_magic){
		.mul		= (u32)(((BIT_ULL(log2) - divisor) << 32) / divisor + 1),
		.shift		= log2 - 1,
		.needs_add	= true,
	};
}

/* floor(2^(64 + log2) / divisor) mod 2^64, digit by digit; *rest gets the remainder. */
static u64 divide_power(u32 log2, u32 divisor, u64 *rest)
{
	u64 digit, quotient;

	*rest = BIT_ULL(log2) % divisor;
	digit = *rest << 32;
	quotient = digit / divisor;
	digit = digit % divisor << 32;
	quotient = quotient << 32 | digit / divisor;
	*rest = digit % divisor;
	return quotient;
}

/* Factor for dividends of 64 - @nr_clear bits. */
static bool find_factor(u32 divisor, u32 nr_clear, struct lbpf_magic *magic)
{
	u32 log2 = ilog2(divisor);
	u64 rest;

	magic->mul = divide_power(log2, divisor, &rest) + 1;
	magic->shift = log2;
	return divisor - rest <= BIT_ULL(log2 + nr_clear);
}

/**
 * lbpf_magic_64() - Factor for any dividend of 64 bits
 * @divisor: Divisor, no power of two.
 * @magic: Filled in.  Without the addition, the quotient is the product's upper half >> @shift.
 */
void lbpf_magic_64(u32 divisor, struct lbpf_magic *magic)
{
	u32 nr_zeros = __ffs(divisor);
	u64 rest;

	*magic = (struct lbpf_magic){ };
	if (find_factor(divisor, 0, magic))
		return;
	/* Twos among the factors of an even divisor are shifted out: that makes room above. */
	if (nr_zeros && find_factor(divisor >> nr_zeros, nr_zeros, magic)) {
		magic->pre_shift = nr_zeros;
		return;
	}
	magic->needs_add = true;
	magic->mul = divide_power(ilog2(divisor) + 1, divisor, &rest) + 1;
	magic->shift = ilog2(divisor);
}
