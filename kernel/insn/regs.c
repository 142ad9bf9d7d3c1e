// SPDX-License-Identifier: GPL-2.0
/*
 * Registers that instructions name.
 *
 * Layer: insn (p).  The second byte of an instruction has both, dst in its low half.
 */
#include <linux/bits.h>
#include <linux/bpf.h>

#include <lbpf/insn.h>

#define PAIR(src, dst)		(BIT(src) | BIT(dst))

#define FOUR(src, dst)		PAIR(src, dst), PAIR(src, (dst) + 1),		\
				PAIR(src, (dst) + 2), PAIR(src, (dst) + 3)

#define EVERY_DST(src)		FOUR(src, 0), FOUR(src, 4), FOUR(src, 8), FOUR(src, 12)

const u16 lbpf_insn_reg_bits[256] = {
	EVERY_DST(0), EVERY_DST(1), EVERY_DST(2), EVERY_DST(3),
	EVERY_DST(4), EVERY_DST(5), EVERY_DST(6), EVERY_DST(7),
	EVERY_DST(8), EVERY_DST(9), EVERY_DST(10), EVERY_DST(11),
	EVERY_DST(12), EVERY_DST(13), EVERY_DST(14), EVERY_DST(15),
};
