/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one instruction does to numbers and memory.
 */
#ifndef INSN_MODEL_H
#define INSN_MODEL_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80
#endif

/**
 * struct slot - Operands of one instruction, and what it leaves
 * @dst: Destination register before.
 * @src: Source register before.
 * @r0: R0 before.
 * @mem: Memory that a load, store or atomic operation works on, before and afterwards.
 * @out_dst: Destination register afterwards; of a jump: was it taken?
 * @out_src: Source register afterwards.
 * @out_r0: R0 afterwards.
 */
struct slot {
	uint64_t	dst;
	uint64_t	src;
	uint64_t	r0;
	uint64_t	mem;
	uint64_t	out_dst;
	uint64_t	out_src;
	uint64_t	out_r0;
};

/* Fills in what @insn leaves. */
void run_model(const struct bpf_insn *insn, struct slot *slot);

#endif
