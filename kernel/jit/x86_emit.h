/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Encoders of x86-64 instructions.
 *
 * Layer: jit (p).  Bytes only: knows nothing of BPF.  Operand sizes are bytes
 * (1, 2, 4, 8).  An operation is its opcode with the prefixes it needs, as in
 * Intel SDM 2A chapter 2; every encoder picks the shortest form.
 */
#ifndef LBPF_JIT_X86_EMIT_H
#define LBPF_JIT_X86_EMIT_H

#include <linux/bits.h>
#include <linux/string.h>
#include <linux/types.h>

/* Register numbers of the hardware; X_NONE: no base or no index. */
enum lbpf_x86_reg {
	X_RAX, X_RCX, X_RDX, X_RBX, X_RSP, X_RBP, X_RSI, X_RDI,
	X_R8, X_R9, X_R10, X_R11, X_R12, X_R13, X_R14, X_R15,
	X_NONE,
};

/* What an operation needs beside its opcode byte. */
#define X_0F		BIT(8)	/* two-byte opcode */
#define X_LOCK		BIT(9)
#define X_GS		BIT(10)	/* per-CPU segment */
#define X_BYTE_FORM	BIT(11)	/* the opcode for 1-byte operands is one less */
#define X_RM_BYTE	BIT(12)	/* the r/m operand is a byte whatever the size is */
#define X_DIGIT		BIT(13)	/* ModRM.reg is part of the opcode, no register */

/* The opcode byte of an operation by itself. */
#define X_OPCODE(op)	((op) & 0xff)

/* Operations "r/m, reg": the result goes to r/m. */
#define X_ADD		(0x01 | X_BYTE_FORM)
#define X_OR		(0x09 | X_BYTE_FORM)
#define X_AND		(0x21 | X_BYTE_FORM)
#define X_SUB		(0x29 | X_BYTE_FORM)
#define X_XOR		(0x31 | X_BYTE_FORM)
#define X_CMP		(0x39 | X_BYTE_FORM)
#define X_TEST		(0x85 | X_BYTE_FORM)
#define X_XCHG		(0x87 | X_BYTE_FORM)
#define X_MOV		(0x89 | X_BYTE_FORM)
#define X_XADD		(0xc1 | X_0F | X_BYTE_FORM)
#define X_CMPXCHG	(0xb1 | X_0F | X_BYTE_FORM)
/* Operations "reg, r/m": the result goes to reg. */
#define X_ADD_LOAD	(0x03 | X_BYTE_FORM)
#define X_OR_LOAD	(0x0b | X_BYTE_FORM)
#define X_AND_LOAD	(0x23 | X_BYTE_FORM)
#define X_SUB_LOAD	(0x2b | X_BYTE_FORM)
#define X_XOR_LOAD	(0x33 | X_BYTE_FORM)
#define X_CMP_LOAD	(0x3b | X_BYTE_FORM)
#define X_MOV_LOAD	(0x8b | X_BYTE_FORM)
#define X_LEA		0x8d
#define X_IMUL		(0xaf | X_0F)
#define X_BSF		(0xbc | X_0F)
#define X_MOVZX8	(0xb6 | X_0F | X_RM_BYTE)
#define X_MOVZX16	(0xb7 | X_0F)
#define X_MOVSX8	(0xbe | X_0F | X_RM_BYTE)
#define X_MOVSX16	(0xbf | X_0F)
#define X_MOVSX32	0x63
#define X_CMOV(cc)	((0x40 | (cc)) | X_0F)

/* Operations with a constant: the /digit of 80, 81, 83. */
enum lbpf_x86_alu {
	X_ALU_ADD, X_ALU_OR, X_ALU_ADC, X_ALU_SBB, X_ALU_AND, X_ALU_SUB, X_ALU_XOR, X_ALU_CMP,
};

/* Shifts: the /digit of C1 and D3. */
enum lbpf_x86_shift {
	X_SHIFT_ROL = 0, X_SHIFT_ROR = 1, X_SHIFT_SHL = 4, X_SHIFT_SHR = 5, X_SHIFT_SAR = 7,
};

/* Operations on one register: the /digit of F7. */
enum lbpf_x86_unary {
	X_UNARY_NOT = 2, X_UNARY_NEG = 3, X_UNARY_MUL = 4, X_UNARY_IMUL = 5, X_UNARY_DIV = 6,
	X_UNARY_IDIV = 7,
};

/* Conditions of jcc, setcc, cmovcc. */
enum lbpf_x86_cond {
	X_O, X_NO, X_B, X_AE, X_E, X_NE, X_BE, X_A, X_S, X_NS, X_P, X_NP, X_L, X_GE, X_LE, X_G,
};

/**
 * struct lbpf_x86_buf - Machine code being appended
 * @bytes: Memory of the owner.
 * @len: Bytes used.
 * @max: Room; what goes beyond it sets @overflow and is dropped.
 * @overflow: Something was dropped.
 */
struct lbpf_x86_buf {
	u8	*bytes;
	u32	len;
	u32	max;
	bool	overflow;
};

/**
 * struct lbpf_x86_mem - Memory operand
 * @base: Register, or X_NONE for an absolute address of 32 bits.
 * @index: Register but X_RSP, or X_NONE.
 * @scale_shift: The index counts 1 << @scale_shift bytes; 0..3.
 * @disp: Displacement, bytes.
 */
struct lbpf_x86_mem {
	u8	base;
	u8	index;
	u8	scale_shift;
	s32	disp;
};

static inline struct lbpf_x86_mem lbpf_x86_at(u8 base, s32 disp)
{
	return (struct lbpf_x86_mem){ .base = base, .index = X_NONE, .disp = disp };
}

static inline bool lbpf_x86_is_s8(s64 value)
{
	return value == (s8)value;
}

static inline bool lbpf_x86_is_s32(s64 value)
{
	return value == (s32)value;
}

/* Near the end of the room. */
void lbpf_x86_put_last(struct lbpf_x86_buf *buf, u64 bytes, u32 nr);

/* Raw bytes, little endian: 1..8.  What is written too much, the next ones write over. */
static inline void lbpf_x86_put(struct lbpf_x86_buf *buf, u64 bytes, u32 nr)
{
	if (buf->len + sizeof(bytes) > buf->max) {
		lbpf_x86_put_last(buf, bytes, nr);
		return;
	}
	memcpy(buf->bytes + buf->len, &bytes, sizeof(bytes));
	buf->len += nr;
}

/* Operation on two registers: @rm is the r/m operand, @reg the other. */
void lbpf_x86_rr(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg, u8 rm);
/* Operation on a register and memory. */
void lbpf_x86_rm(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg, struct lbpf_x86_mem mem);

/* Register or memory with a constant, sign-extended to the size. */
void lbpf_x86_alu_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_alu op, u32 size, u8 reg, s32 imm);
void lbpf_x86_alu_mem_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_alu op, u32 size,
			  struct lbpf_x86_mem mem, s32 imm);
void lbpf_x86_test_imm(struct lbpf_x86_buf *buf, u32 size, u8 reg, s32 imm);
void lbpf_x86_store_imm(struct lbpf_x86_buf *buf, u32 size, struct lbpf_x86_mem mem, s32 imm);
void lbpf_x86_imul_imm(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src, s32 imm);

void lbpf_x86_mov(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src);
/* The whole register becomes @imm; flags stay as they are. */
void lbpf_x86_mov_imm(struct lbpf_x86_buf *buf, u8 dst, u64 imm);
void lbpf_x86_unary(struct lbpf_x86_buf *buf, enum lbpf_x86_unary op, u32 size, u8 reg);
void lbpf_x86_unary_mem(struct lbpf_x86_buf *buf, enum lbpf_x86_unary op, u32 size,
			struct lbpf_x86_mem mem);
void lbpf_x86_shift_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 reg,
			u8 nr_bits);
/* The CPU's own 8 bytes at @disp of the per-CPU segment, shifted right with their sign. */
void lbpf_x86_percpu_sar(struct lbpf_x86_buf *buf, s32 disp, u8 nr_bits);
void lbpf_x86_shift_cl(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 reg);
void lbpf_x86_bswap(struct lbpf_x86_buf *buf, u32 size, u8 reg);
void lbpf_x86_push(struct lbpf_x86_buf *buf, u8 reg);
void lbpf_x86_pop(struct lbpf_x86_buf *buf, u8 reg);

/* BMI2: @dst = @src shifted by @count, flags unchanged; SHL, SHR or SAR; size 4 or 8. */
void lbpf_x86_shiftx(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 dst, u8 src,
		     u8 count);
/* BMI2: @high:@low = rdx * @src, flags unchanged; size 4 or 8. */
void lbpf_x86_mulx(struct lbpf_x86_buf *buf, u32 size, u8 high, u8 low, u8 src);
/* BMI2: @dst = @src rotated right. */
void lbpf_x86_rorx(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src, u8 nr_bits);

/* Jumps: @disp counts from the end of the instruction. */
void lbpf_x86_jcc_short(struct lbpf_x86_buf *buf, enum lbpf_x86_cond cond, s8 disp);
void lbpf_x86_jcc_near(struct lbpf_x86_buf *buf, enum lbpf_x86_cond cond, s32 disp);
void lbpf_x86_jmp_short(struct lbpf_x86_buf *buf, s8 disp);
void lbpf_x86_jmp_near(struct lbpf_x86_buf *buf, s32 disp);
void lbpf_x86_call(struct lbpf_x86_buf *buf, s32 disp);
void lbpf_x86_jmp_reg(struct lbpf_x86_buf *buf, u8 reg);
void lbpf_x86_lea_rip(struct lbpf_x86_buf *buf, u8 dst, s32 disp);

#define LBPF_X86_JCC_SHORT_BYTES	2
#define LBPF_X86_JCC_NEAR_BYTES		6
#define LBPF_X86_JMP_SHORT_BYTES	2
#define LBPF_X86_JMP_NEAR_BYTES		5
#define LBPF_X86_CALL_BYTES		5

/* Instructions without operands, as (bytes, length) of lbpf_x86_put(). */
#define X_ENDBR64	0xfa1e0ff3, 4
#define X_LFENCE	0xe8ae0f, 3
#define X_RET		0xc3, 1
#define X_INT3		0xcc, 1
#define X_LEAVE		0xc9, 1
#define X_CDQ		0x99, 1
#define X_CQO		0x9948, 2

#endif /* LBPF_JIT_X86_EMIT_H */
