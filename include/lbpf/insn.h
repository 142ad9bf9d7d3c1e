/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The instruction set: what an instruction word means, its text, and buffers of instructions.
 *
 * Layer: insn (p).
 */
#ifndef _LBPF_INSN_H
#define _LBPF_INSN_H

#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/types.h>

/* Newer than the headers of Linux 6.1: cpu=v4. */
#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80	/* load with sign extension */
#endif

/* A register that programs cannot name: scratch of what the rewriter makes. */
#define LBPF_REG_AX	MAX_BPF_REG

/* Opcodes that only the rewriter makes, for the JIT. */
#define LBPF_CODE_BARRIER	(BPF_ST | 0xc0)		/* speculation barrier */
#define LBPF_CODE_NATIVE	(BPF_JMP | 0xe0)	/* imm: enum lbpf_native */

enum lbpf_native {
	LBPF_NATIVE_THIS_CPU_ADDR,	/* dst = src + base of this CPU's per-CPU memory */
	LBPF_NATIVE_CPU_NUMBER,		/* dst = number of this CPU */
	LBPF_NATIVE_TAIL_CALL,		/* go to the program with index R3 of map R2, if any */
	LBPF_NR_NATIVES,
};

/* The shape of an instruction: which fields it has. */
enum lbpf_form {
	LBPF_FORM_UNKNOWN,	/* not an instruction */
	LBPF_FORM_ALU_K,
	LBPF_FORM_ALU_X,
	LBPF_FORM_MOV_K,
	LBPF_FORM_MOV_X,
	LBPF_FORM_NEG,
	LBPF_FORM_END,
	LBPF_FORM_BSWAP,	/* unconditional */
	LBPF_FORM_LDX,
	LBPF_FORM_ST,
	LBPF_FORM_STX,
	LBPF_FORM_ATOMIC,
	LBPF_FORM_LD_ABS,
	LBPF_FORM_LD_IND,
	LBPF_FORM_LD_IMM64,
	LBPF_FORM_JA,
	LBPF_FORM_JA32,		/* unconditional, with the distance in imm */
	LBPF_FORM_JCC_K,
	LBPF_FORM_JCC_X,
	LBPF_FORM_CALL,
	LBPF_FORM_EXIT,
	LBPF_NR_FORMS,
};

/* Form of opcode @code (struct bpf_insn, code). */
enum lbpf_form lbpf_insn_form(u8 code);
/* NULL, or what is wrong with the fields that @insn's form reserves, in Linux's words. */
const char *lbpf_insn_check_fields(const struct bpf_insn *insn);
/* Is @next a well-formed second half of a 16-byte load? */
bool lbpf_insn_is_imm64_tail(const struct bpf_insn *next);
/* Is @imm an operation of BPF_ATOMIC? */
bool lbpf_insn_is_atomic_op(s32 imm);
/* Bytes that a load or store moves. */
u32 lbpf_insn_access_bytes(u8 code);

/* Reverse: BPF_B, BPF_H, BPF_W or BPF_DW of 1, 2, 4 or 8 bytes; -EINVAL of others. */
static inline int lbpf_insn_size_code(u32 bytes)
{
	switch (bytes) {
	case 1:
		return BPF_B;
	case 2:
		return BPF_H;
	case 4:
		return BPF_W;
	case 8:
		return BPF_DW;
	default:
		return -EINVAL;
	}
}

/* "bpf_map_lookup_elem", or NULL for a number that no helper has. */
const char *lbpf_helper_name(s32 id);

/* Bit n: register n is named by an instruction whose second byte this is. */
extern const u16 lbpf_insn_reg_bits[256];

/* Registers that @insn names in its fields, used or not: bit n stands for Rn. */
static inline u16 lbpf_insn_names(const struct bpf_insn *insn)
{
	return lbpf_insn_reg_bits[((const u8 *)insn)[1]];
}

/* How far a jump goes, from the instruction behind it. */
static inline s32 lbpf_insn_jump_dist(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off;
}

static inline u64 lbpf_insn_imm64(const struct bpf_insn *insn)
{
	return (u32)insn[0].imm | (u64)(u32)insn[1].imm << 32;
}

/**
 * struct lbpf_disasm_ops - How the disassembler names what it cannot know
 * @call_name: Name of the function that @insn calls, or NULL: a number is printed.
 * @imm64_name: Text of the constant of a 16-byte load, or NULL.
 */
struct lbpf_disasm_ops {
	const char *(*call_name)(void *ctx, const struct bpf_insn *insn, char *buf,
				 size_t buf_bytes);
	const char *(*imm64_name)(void *ctx, const struct bpf_insn *insn, u64 imm, char *buf,
				  size_t buf_bytes);
};

/* One instruction in the kernel's log syntax, e.g. "(07) r0 += 1", without newline: length.
 * A 16-byte load reads @insn[1] too.
 */
int lbpf_disasm(char *buf, size_t buf_bytes, const struct bpf_insn *insn,
		const struct lbpf_disasm_ops *ops, void *ctx);

/**
 * struct lbpf_insn_buf - Instructions being appended
 * @insns: Memory of the owner.
 * @nr: Used.
 * @max: Room; what is appended beyond it is dropped.
 * @overflow: Something was dropped.
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
