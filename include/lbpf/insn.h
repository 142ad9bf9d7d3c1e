/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instruction set: what an instruction word means, its text, and buffers of instructions.
 *
 * Layer: insn (p).
 */
#ifndef _LBPF_INSN_H
#define _LBPF_INSN_H

#include <linux/bpf.h>
#include <linux/types.h>

/* Is the opcode one of the ISA, with reserved fields zero?  NULL, or what is wrong, in Linux's words. */
const char *lbpf_insn_check(const struct bpf_insn *insn, const struct bpf_insn *next);

/**
 * struct lbpf_disasm_ops - How the disassembler names what it cannot know
 * @call_name: Name of the function that @insn calls, or NULL: a number is printed.
 * @imm64_name: Text of the constant of a 16-byte load, or NULL.
 */
struct lbpf_disasm_ops {
	const char *(*call_name)(void *ctx, const struct bpf_insn *insn, char *buf, size_t buf_bytes);
	const char *(*imm64_name)(void *ctx, const struct bpf_insn *insn, u64 imm, char *buf, size_t buf_bytes);
};

/* One instruction in the kernel's log syntax, e.g. "(07) r0 += 1", without newline: length. */
int lbpf_disasm(char *buf, size_t buf_bytes, const struct bpf_insn *insn,
		const struct lbpf_disasm_ops *ops, void *ctx);

/**
 * struct lbpf_insn_buf - Instructions being appended
 * @insns: Memory of the owner.
 * @nr: Used.
 * @max: Room; appending beyond it sets @overflow and is dropped.
 */
struct lbpf_insn_buf {
	struct bpf_insn	*insns;
	u32		nr;
	u32		max;
	bool		overflow;
};

static inline void lbpf_insn_put(struct lbpf_insn_buf *buf, struct bpf_insn insn)
{
	if (buf->nr < buf->max)
		buf->insns[buf->nr++] = insn;
	else
		buf->overflow = true;
}

#endif /* _LBPF_INSN_H */
