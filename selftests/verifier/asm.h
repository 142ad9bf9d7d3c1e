/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Assembler of BPF programs written as the verifier log writes them.
 *
 * Statements end with ';' or a newline; "# ..." is a comment.  Registers are r0 to
 * r10, w0 to w10 for 32-bit operations and comparisons.
 *
 *	r1 = r2; w1 = 7; r1 = 0x123456789 ll; r1 += r2; r1 s>>= 3; r1 = -r1
 *	r1 s/= r2; r1 s%= 3; r1 = (s8)r2; r1 = be16 r1; r1 = bswap32 r1
 *	r1 = map NAME; r1 = value NAME + 4; r1 = func LABEL
 *	r1 = *(u32 *)(r2 + 4); r1 = *(s8 *)(r2 - 1)
 *	*(u64 *)(r10 - 8) = r1; *(u8 *)(r10 - 9) = 5
 *	lock *(u64 *)(r1 + 0) += r2                  also |= &= ^=
 *	r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)   also or, and, xor
 *	r2 = xchg_64(r1 + 0, r2); r0 = cmpxchg_64(r1 + 0, r0, r2)   also _32
 *	r0 = *(u16 *)skb[12]; r0 = *(u8 *)skb[r7 + 3]
 *	LABEL:  goto LABEL; goto +3; gotol LABEL; if r1 s> r2 goto LABEL; if w1 & 8 goto +1
 *	call map_lookup_elem; call 12; callfn LABEL; exit
 *	raw CODE DST SRC OFF IMM                     any instruction
 */
#ifndef VERIFIER_ASM_H
#define VERIFIER_ASM_H

#include <linux/bpf.h>
#include <stddef.h>

#define ASM_MAX_INSNS	70000
#define ASM_MAX_LABELS	64
#define ASM_NAME_BYTES	32

/**
 * struct asm_program - What was assembled
 * @insns: Instructions; those that name a map have its index in imm.
 * @nr_insns: How many.
 * @error: What is wrong with the text.
 * @find_map: Index of a map by name, negative if there is none; set by the caller.
 * @data: For @find_map.
 */
struct asm_program {
	struct bpf_insn *insns;
	int nr_insns;
	char error[128];
	int (*find_map)(void *data, const char *name);
	void *data;
};

/* Returns 0, or -1 with @program->error.  @program->insns is the caller's to free. */
int asm_assemble(struct asm_program *program, const char *text);

#endif
