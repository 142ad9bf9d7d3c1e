// SPDX-License-Identifier: GPL-2.0
/*
 * x86-64 instructions with forms of their own: constants, shifts, jumps.
 *
 * Layer: jit (p).  Source: Intel SDM 2A to 2C, the pages of the instructions.
 */
#include "x86_emit.h"

#define OP_GROUP1	(0x81 | X_BYTE_FORM | X_DIGIT)
#define OP_GROUP1_S8	0x83
#define OP_GROUP3	(0xf7 | X_BYTE_FORM | X_DIGIT)
#define OP_SHIFT_IMM	(0xc1 | X_BYTE_FORM | X_DIGIT)
#define OP_SHIFT_ONE	(0xd1 | X_BYTE_FORM | X_DIGIT)
#define OP_SHIFT_CL	(0xd3 | X_BYTE_FORM | X_DIGIT)
#define OP_STORE_IMM	(0xc7 | X_BYTE_FORM | X_DIGIT)

/* A constant is at most 4 bytes; the hardware extends it. */
static void put_imm(struct lbpf_x86_buf *buf, u32 size, s32 imm)
{
	lbpf_x86_put(buf, (u32)imm, size > 4 ? 4 : size);
}

/**
 * lbpf_x86_alu_imm() - Register with a constant
 * @buf: Machine code.
 * @op: Operation.
 * @size: Operand size, bytes.
 * @reg: Register.
 * @imm: Constant, sign-extended to @size.
 */
void lbpf_x86_alu_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_alu op, u32 size, u8 reg, s32 imm)
{
	if (size > 1 && lbpf_x86_is_s8(imm)) {
		lbpf_x86_rr(buf, OP_GROUP1_S8, size, op, reg);
		lbpf_x86_put(buf, (u8)imm, 1);
		return;
	}
	if (reg == X_RAX) {
		if (size == 2)
			lbpf_x86_put(buf, 0x66, 1);
		if (size == 8)
			lbpf_x86_put(buf, 0x48, 1);
		lbpf_x86_put(buf, op << 3 | (size == 1 ? 4 : 5), 1);
	} else {
		lbpf_x86_rr(buf, OP_GROUP1, size, op, reg);
	}
	put_imm(buf, size, imm);
}

/**
 * lbpf_x86_alu_mem_imm() - Memory with a constant
 * @buf: Machine code.
 * @op: Operation.
 * @size: Operand size, bytes.
 * @mem: Memory operand.
 * @imm: Constant, sign-extended to @size.
 */
void lbpf_x86_alu_mem_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_alu op, u32 size,
			  struct lbpf_x86_mem mem, s32 imm)
{
	bool is_short = size > 1 && lbpf_x86_is_s8(imm);

	lbpf_x86_rm(buf, is_short ? OP_GROUP1_S8 : OP_GROUP1, size, op, mem);
	put_imm(buf, is_short ? 1 : size, imm);
}

/**
 * lbpf_x86_test_imm() - Flags of a register AND a constant
 * @buf: Machine code.
 * @size: Operand size, bytes; the flags are right for "zero?" only, as narrower forms are used.
 * @reg: Register.
 * @imm: Constant, sign-extended to @size.
 */
void lbpf_x86_test_imm(struct lbpf_x86_buf *buf, u32 size, u8 reg, s32 imm)
{
	if (imm >= 0 && imm <= 0xff)
		size = 1;
	else if (size == 8 && imm >= 0)
		size = 4;
	if (reg == X_RAX) {
		if (size == 8)
			lbpf_x86_put(buf, 0x48, 1);
		lbpf_x86_put(buf, size == 1 ? 0xa8 : 0xa9, 1);
	} else {
		lbpf_x86_rr(buf, OP_GROUP3, size, 0, reg);
	}
	put_imm(buf, size, imm);
}

/**
 * lbpf_x86_store_imm() - Store a constant
 * @buf: Machine code.
 * @size: Operand size, bytes.
 * @mem: Memory operand.
 * @imm: Constant, sign-extended to @size.
 */
void lbpf_x86_store_imm(struct lbpf_x86_buf *buf, u32 size, struct lbpf_x86_mem mem, s32 imm)
{
	lbpf_x86_rm(buf, OP_STORE_IMM, size, 0, mem);
	put_imm(buf, size, imm);
}

/**
 * lbpf_x86_imul_imm() - dst = src * constant
 * @buf: Machine code.
 * @size: Operand size, 4 or 8 bytes.
 * @dst: Result.
 * @src: Factor.
 * @imm: Other factor, sign-extended.
 */
void lbpf_x86_imul_imm(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src, s32 imm)
{
	bool is_short = lbpf_x86_is_s8(imm);

	lbpf_x86_rr(buf, is_short ? 0x6b : 0x69, size, dst, src);
	put_imm(buf, is_short ? 1 : 4, imm);
}

/**
 * lbpf_x86_mov() - Copy a register
 * @buf: Machine code.
 * @size: 4 (the upper half becomes 0) or 8 bytes.
 * @dst: Result.
 * @src: Source.
 */
void lbpf_x86_mov(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src)
{
	lbpf_x86_rr(buf, X_MOV, size, src, dst);
}

/**
 * lbpf_x86_mov_imm() - Set a register to a constant of 64 bits
 * @buf: Machine code.
 * @dst: Register.
 * @imm: Constant.
 *
 * Flags stay as they are: no XOR.
 */
void lbpf_x86_mov_imm(struct lbpf_x86_buf *buf, u8 dst, u64 imm)
{
	u8 rex = dst > 7 ? 0x41 : 0;

	if (imm == (u32)imm) {
		if (rex)
			lbpf_x86_put(buf, rex, 1);
		lbpf_x86_put(buf, 0xb8 | (dst & 7), 1);
		lbpf_x86_put(buf, imm, 4);
	} else if (lbpf_x86_is_s32(imm)) {
		lbpf_x86_rr(buf, 0xc7, 8, 0, dst);
		lbpf_x86_put(buf, (u32)imm, 4);
	} else {
		lbpf_x86_put(buf, 0x48 | rex, 1);
		lbpf_x86_put(buf, 0xb8 | (dst & 7), 1);
		lbpf_x86_put(buf, imm, 8);
	}
}

/**
 * lbpf_x86_unary() - Operation on one register (and RDX:RAX)
 * @buf: Machine code.
 * @op: Operation.
 * @size: Operand size, bytes.
 * @reg: Register.
 */
void lbpf_x86_unary(struct lbpf_x86_buf *buf, enum lbpf_x86_unary op, u32 size, u8 reg)
{
	lbpf_x86_rr(buf, OP_GROUP3, size, op, reg);
}

/**
 * lbpf_x86_unary_mem() - Operation on memory
 * @buf: Machine code.
 * @op: Operation; MUL, IMUL, DIV and IDIV work on RDX:RAX too.
 * @size: Operand size, bytes.
 * @mem: Operand.
 */
void lbpf_x86_unary_mem(struct lbpf_x86_buf *buf, enum lbpf_x86_unary op, u32 size,
			struct lbpf_x86_mem mem)
{
	lbpf_x86_rm(buf, OP_GROUP3, size, op, mem);
}

/**
 * lbpf_x86_shift_imm() - Shift or rotate by a constant
 * @buf: Machine code.
 * @op: Operation.
 * @size: Operand size, bytes.
 * @reg: Register.
 * @nr_bits: Count.
 */
void lbpf_x86_shift_imm(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 reg,
			u8 nr_bits)
{
	if (nr_bits == 1) {
		lbpf_x86_rr(buf, OP_SHIFT_ONE, size, op, reg);
		return;
	}
	lbpf_x86_rr(buf, OP_SHIFT_IMM, size, op, reg);
	lbpf_x86_put(buf, nr_bits, 1);
}

/**
 * lbpf_x86_percpu_sar() - Shift 8 bytes of the CPU's own memory right, with their sign
 * @buf: Machine code.
 * @disp: Offset in the per-CPU segment.
 * @nr_bits: Count, more than 1.
 */
void lbpf_x86_percpu_sar(struct lbpf_x86_buf *buf, s32 disp, u8 nr_bits)
{
	struct lbpf_x86_mem mem = { .base = X_NONE, .index = X_NONE, .disp = disp };

	lbpf_x86_rm(buf, OP_SHIFT_IMM | X_GS, 8, X_SHIFT_SAR, mem);
	lbpf_x86_put(buf, nr_bits, 1);
}

/**
 * lbpf_x86_shift_cl() - Shift or rotate by CL
 * @buf: Machine code.
 * @op: Operation.
 * @size: Operand size, bytes.
 * @reg: Register.
 */
void lbpf_x86_shift_cl(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 reg)
{
	lbpf_x86_rr(buf, OP_SHIFT_CL, size, op, reg);
}

/**
 * lbpf_x86_bswap() - Reverse the bytes of a register
 * @buf: Machine code.
 * @size: 4 or 8 bytes.
 * @reg: Register.
 */
void lbpf_x86_bswap(struct lbpf_x86_buf *buf, u32 size, u8 reg)
{
	u8 rex = (reg > 7 ? 0x41 : 0) | (size == 8 ? 0x48 : 0);

	if (rex)
		lbpf_x86_put(buf, rex, 1);
	lbpf_x86_put(buf, 0x0f | (u32)(0xc8 | (reg & 7)) << 8, 2);
}

static void put_stack_op(struct lbpf_x86_buf *buf, u8 opcode, u8 reg)
{
	if (reg > 7)
		lbpf_x86_put(buf, 0x41, 1);
	lbpf_x86_put(buf, opcode | (reg & 7), 1);
}

/**
 * lbpf_x86_push() - Push a register
 * @buf: Machine code.
 * @reg: Register.
 */
void lbpf_x86_push(struct lbpf_x86_buf *buf, u8 reg)
{
	put_stack_op(buf, 0x50, reg);
}

/**
 * lbpf_x86_pop() - Pop a register
 * @buf: Machine code.
 * @reg: Register.
 */
void lbpf_x86_pop(struct lbpf_x86_buf *buf, u8 reg)
{
	put_stack_op(buf, 0x58, reg);
}

/**
 * struct vex - What a three-byte VEX prefix says (SDM 2A 2.3)
 * @map: Opcode map: 2 is 0F 38, 3 is 0F 3A.
 * @prefix: 1 is 66, 2 is F3, 3 is F2.
 * @opcode: Opcode.
 */
struct vex {
	u8	map;
	u8	prefix;
	u8	opcode;
};

static void put_vex(struct lbpf_x86_buf *buf, struct vex vex, u32 size, u8 reg, u8 vvvv, u8 rm)
{
	lbpf_x86_put(buf, 0xc4, 1);
	lbpf_x86_put(buf, (reg > 7 ? 0 : 0x80) | 0x40 | (rm > 7 ? 0 : 0x20) | vex.map, 1);
	lbpf_x86_put(buf, (size == 8 ? 0x80 : 0) | (~vvvv & 0xf) << 3 | vex.prefix, 1);
	lbpf_x86_put(buf, vex.opcode, 1);
	lbpf_x86_put(buf, 0xc0 | (reg & 7) << 3 | (rm & 7), 1);
}

/**
 * lbpf_x86_shiftx() - Shift by a register, flags unchanged (BMI2)
 * @buf: Machine code.
 * @op: X_SHIFT_SHL, X_SHIFT_SHR or X_SHIFT_SAR.
 * @size: 4 or 8 bytes.
 * @dst: Result.
 * @src: What is shifted.
 * @count: Bits, modulo the width.
 */
void lbpf_x86_shiftx(struct lbpf_x86_buf *buf, enum lbpf_x86_shift op, u32 size, u8 dst, u8 src,
		     u8 count)
{
	u8 prefix = op == X_SHIFT_SHL ? 1 : op == X_SHIFT_SAR ? 2 : 3;

	put_vex(buf, (struct vex){ .map = 2, .prefix = prefix, .opcode = 0xf7 }, size, dst, count,
		src);
}

/**
 * lbpf_x86_mulx() - high:low = rdx * src, flags unchanged (BMI2)
 * @buf: Machine code.
 * @size: 4 or 8 bytes.
 * @high: Upper half; it wins where it is the same register as @low.
 * @low: Lower half.
 * @src: Factor.
 */
void lbpf_x86_mulx(struct lbpf_x86_buf *buf, u32 size, u8 high, u8 low, u8 src)
{
	put_vex(buf, (struct vex){ .map = 2, .prefix = 3, .opcode = 0xf6 }, size, high, low, src);
}

/**
 * lbpf_x86_rorx() - Rotate right by a constant, flags unchanged (BMI2)
 * @buf: Machine code.
 * @size: 4 or 8 bytes.
 * @dst: Result.
 * @src: What is rotated.
 * @nr_bits: Count.
 */
void lbpf_x86_rorx(struct lbpf_x86_buf *buf, u32 size, u8 dst, u8 src, u8 nr_bits)
{
	put_vex(buf, (struct vex){ .map = 3, .prefix = 3, .opcode = 0xf0 }, size, dst, 0, src);
	lbpf_x86_put(buf, nr_bits, 1);
}

/**
 * lbpf_x86_jcc_short() - Conditional jump of two bytes
 * @buf: Machine code.
 * @cond: Condition.
 * @disp: Distance from the end of the instruction, bytes.
 */
void lbpf_x86_jcc_short(struct lbpf_x86_buf *buf, enum lbpf_x86_cond cond, s8 disp)
{
	lbpf_x86_put(buf, 0x70 | cond, 1);
	lbpf_x86_put(buf, (u8)disp, 1);
}

/**
 * lbpf_x86_jcc_near() - Conditional jump of six bytes
 * @buf: Machine code.
 * @cond: Condition.
 * @disp: Distance from the end of the instruction, bytes.
 */
void lbpf_x86_jcc_near(struct lbpf_x86_buf *buf, enum lbpf_x86_cond cond, s32 disp)
{
	lbpf_x86_put(buf, 0x0f | (u32)(0x80 | cond) << 8, 2);
	lbpf_x86_put(buf, (u32)disp, 4);
}

/**
 * lbpf_x86_jmp_short() - Jump of two bytes
 * @buf: Machine code.
 * @disp: Distance from the end of the instruction, bytes.
 */
void lbpf_x86_jmp_short(struct lbpf_x86_buf *buf, s8 disp)
{
	lbpf_x86_put(buf, 0xeb, 1);
	lbpf_x86_put(buf, (u8)disp, 1);
}

/**
 * lbpf_x86_jmp_near() - Jump of five bytes
 * @buf: Machine code.
 * @disp: Distance from the end of the instruction, bytes.
 */
void lbpf_x86_jmp_near(struct lbpf_x86_buf *buf, s32 disp)
{
	lbpf_x86_put(buf, 0xe9, 1);
	lbpf_x86_put(buf, (u32)disp, 4);
}

/**
 * lbpf_x86_call() - Direct call
 * @buf: Machine code.
 * @disp: Distance from the end of the instruction, bytes.
 */
void lbpf_x86_call(struct lbpf_x86_buf *buf, s32 disp)
{
	lbpf_x86_put(buf, 0xe8, 1);
	lbpf_x86_put(buf, (u32)disp, 4);
}

/**
 * lbpf_x86_jmp_reg() - Indirect jump
 * @buf: Machine code.
 * @reg: Register that holds the address.
 */
void lbpf_x86_jmp_reg(struct lbpf_x86_buf *buf, u8 reg)
{
	lbpf_x86_rr(buf, 0xff, 4, 4, reg);
}

/**
 * lbpf_x86_lea_rip() - Address relative to the end of the instruction
 * @buf: Machine code.
 * @dst: Result.
 * @disp: Distance, bytes.
 */
void lbpf_x86_lea_rip(struct lbpf_x86_buf *buf, u8 dst, s32 disp)
{
	lbpf_x86_put(buf, 0x48 | (dst > 7 ? 4 : 0), 1);
	lbpf_x86_put(buf, 0x8d, 1);
	lbpf_x86_put(buf, 0x05 | (dst & 7) << 3, 1);
	lbpf_x86_put(buf, (u32)disp, 4);
}
