// SPDX-License-Identifier: GPL-2.0
/*
 * Division by multiplication: divisors and dividends where it could go wrong.
 */
#include "shim.h"
#include "jit/magic.h"
#include <kselftest.h>

static u64 state = 1;

static u64 chance(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}

static u64 high_half(u64 a, u64 b)
{
	return (u64)((__uint128_t)a * b >> 64);
}

static bool small_is_right(u64 x, u64 max, u32 d)
{
	struct lbpf_magic magic;

	return !lbpf_magic_small(max, d, &magic) || x * magic.mul >> magic.shift == x / d;
}

static bool long_32_is_right(u32 x, u32 d)
{
	struct lbpf_magic magic;
	u32 t;

	lbpf_magic_32(d, &magic);
	t = x * magic.mul >> 32;
	return (((x - t) >> 1) + t) >> magic.shift == x / d;
}

static bool long_64_is_right(u64 x, u32 d)
{
	struct lbpf_magic magic;
	u64 t;

	lbpf_magic_64(d, &magic);
	t = high_half(x >> magic.pre_shift, magic.mul);
	if (magic.needs_add)
		return (((x - t) >> 1) + t) >> magic.shift == x / d;
	return t >> magic.shift == x / d;
}

/* Dividends next to multiples of the divisor, and to the ends. */
static bool is_right(u32 d)
{
	u32 i;

	for (i = 0; i < 24; i++) {
		u64 x64 = chance() >> i * 2;
		u64 near = x64 - x64 % d;
		u64 max = x64 | 1;
		s64 step;

		for (step = -1; step <= 1; step++)
			if (!long_64_is_right(near + step, d) ||
			    !long_32_is_right(near + step, d) ||
			    (near + step <= max && !small_is_right(near + step, max, d)))
				return false;
		if (!long_64_is_right(-1ull - i, d) || !long_32_is_right(-1u - i, d) ||
		    !small_is_right((u32)-1, (u32)-1, d) || !small_is_right(max, max, d))
			return false;
	}
	return true;
}

int main(void)
{
	bool is_good = true;
	u64 d;
	u32 i;

	ksft_print_header();
	ksft_set_plan(3);
	for (d = 3; d < 100000 && is_good; d++)
		is_good = is_power_of_2(d) || is_right(d);
	ksft_test_result(is_good, "small divisors, up to %llu\n", (unsigned long long)d);
	for (i = 0, d = 3; i < 300000 && is_good; i++) {
		d = (u32)chance() >> i % 30 | 3;
		is_good = is_power_of_2(d) || is_right(d);
	}
	ksft_test_result(is_good, "random divisors, up to %llu\n", (unsigned long long)d);
	for (i = 2; i < 32 && is_good; i++)
		is_good = is_right(BIT(i) - 1) && is_right(BIT(i) + 1) && is_right((u32)-1 - i);
	ksft_test_result(is_good, "divisors next to powers of two\n");
	ksft_finished();
}
