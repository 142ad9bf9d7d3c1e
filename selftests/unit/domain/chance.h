/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the value domain share: chance, and how much to do.
 */
#ifndef UNIT_CHANCE_H
#define UNIT_CHANCE_H

#include <linux/types.h>
#include <stdlib.h>

/* How many times more than by default: environment LBPF_UNIT_DEPTH. */
static inline unsigned long unit_depth(void)
{
	const char *depth = getenv("LBPF_UNIT_DEPTH");
	unsigned long n = depth ? strtoul(depth, NULL, 0) : 1;

	return n ? n : 1;
}

/* The same sequence in every run: xorshift64*. */
static inline u64 unit_random(void)
{
	static u64 seed = 0x9e3779b97f4a7c15ULL;

	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return seed * 0x2545f4914f6cdd1dULL;
}

#endif
