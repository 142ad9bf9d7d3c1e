// SPDX-License-Identifier: GPL-2.0
/*
 * Arithmetic, moves and byte order.
 *
 * Layer: jit (p).  Source: the BPF instruction set, "Arithmetic and jump
 * instructions".  A 32-bit operation of the machine clears the upper half of
 * its result, as BPF wants.
 */
#include <linux/limits.h>

#include <lbpf/insn.h>

#include "emit.h"

/* Machine operations of BPF_ADD and so on; 0: handled apart. */
static const struct {
	u8	reg_op;
	u8	imm_op;
} simple_alu[] = {
	[BPF_ADD >> 4]	= { X_OPCODE(X_ADD), X_ALU_ADD },
	[BPF_SUB >> 4]	= { X_OPCODE(X_SUB), X_ALU_SUB },
	[BPF_OR >> 4]	= { X_OPCODE(X_OR), X_ALU_OR },
	[BPF_AND >> 4]	= { X_OPCODE(X_AND), X_ALU_AND },
	[BPF_XOR >> 4]	= { X_OPCODE(X_XOR), X_ALU_XOR },
};

/* What comes next may test the result by the flags. */
static inline void note_flags(struct lbpf_jit *jit)
{
	jit->flags_of = jit->index;
	jit->flags_at = jit->index;
}

static void emit_simple(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u32 op = BPF_OP(insn->code) >> 4;
	u32 size = lbpf_jit_size(jit);

	if (BPF_SRC(insn->code) == BPF_X) {
		lbpf_jit_put_rr(jit, simple_alu[op].reg_op, size);
		note_flags(jit);
		return;
	}
	/* The upper half becomes 0 either way: save the prefix. */
	if (BPF_OP(insn->code) == BPF_AND && insn->imm >= 0 && jit->has_narrow)
		size = 4;
	if (!insn->imm && size == 8 && BPF_OP(insn->code) != BPF_AND)
		return;
	lbpf_jit_put_imm(jit, simple_alu[op].imm_op, size, insn->imm);
	note_flags(jit);
}

static void emit_multiply(struct lbpf_jit *jit)
{
	u32 size = lbpf_jit_size(jit);
	u8 dst = lbpf_jit_dst(jit);

	if (BPF_SRC(jit->insn->code) == BPF_X)
		lbpf_x86_rr(&jit->buf, X_IMUL, size, dst, lbpf_jit_src(jit));
	else
		lbpf_x86_imul_imm(&jit->buf, size, dst, dst, jit->insn->imm);
}

static void emit_negate(struct lbpf_jit *jit)
{
	lbpf_x86_unary(&jit->buf, X_UNARY_NEG, lbpf_jit_size(jit), lbpf_jit_dst(jit));
}

/* MOV with an offset is a move that extends the sign of the low @off bits. */
static void emit_move_signed(struct lbpf_jit *jit)
{
	u8 dst = lbpf_jit_dst(jit);
	u8 src = lbpf_jit_src(jit);
	u32 size = lbpf_jit_size(jit);

	switch (jit->insn->off) {
	case 8:
		lbpf_x86_rr(&jit->buf, X_MOVSX8, size, dst, src);
		break;
	case 16:
		lbpf_x86_rr(&jit->buf, X_MOVSX16, size, dst, src);
		break;
	case 32:
		lbpf_x86_rr(&jit->buf, X_MOVSX32, size, dst, src);
		break;
	default:
		jit->bad_insn = true;
	}
}

static void emit_move(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u8 dst = lbpf_jit_dst(jit);
	u64 imm = lbpf_jit_is64(jit) ? (u64)(s64)insn->imm : (u32)insn->imm;
	u32 size = lbpf_jit_size(jit);

	if (BPF_SRC(insn->code) == BPF_K) {
		if (imm)
			lbpf_x86_mov_imm(&jit->buf, dst, imm);
		else
			lbpf_x86_rr(&jit->buf, X_XOR, 4, dst, dst);
		return;
	}
	if (insn->off) {
		emit_move_signed(jit);
		return;
	}
	if (lbpf_jit_is64(jit) && insn->dst_reg == insn->src_reg)
		return;
	if (lbpf_jit_may_narrow(jit) && lbpf_jit_is_narrow(lbpf_jit_src_fact(jit), U32_MAX))
		size = 4;
	lbpf_jit_put_rr(jit, X_OPCODE(X_MOV), size);
}

static enum lbpf_x86_shift shift_of(u8 code)
{
	switch (BPF_OP(code)) {
	case BPF_LSH:
		return X_SHIFT_SHL;
	case BPF_RSH:
		return X_SHIFT_SHR;
	default:
		return X_SHIFT_SAR;
	}
}

/* Without BMI2 the count must be in CL, which is R4. */
static void emit_shift_by_cl(struct lbpf_jit *jit)
{
	enum lbpf_x86_shift op = shift_of(jit->insn->code);
	u32 size = lbpf_jit_size(jit);
	u8 dst = lbpf_jit_dst(jit);
	u8 src = lbpf_jit_src(jit);
	u8 work = dst == X_RCX ? JIT_TMP : dst;

	if (src == X_RCX && dst != X_RCX) {
		lbpf_x86_shift_cl(&jit->buf, op, size, dst);
		return;
	}
	lbpf_x86_mov(&jit->buf, 8, JIT_TMP, X_RCX);
	if (src != X_RCX)
		lbpf_x86_mov(&jit->buf, 4, X_RCX, src);
	lbpf_x86_shift_cl(&jit->buf, op, size, work);
	lbpf_x86_mov(&jit->buf, 8, X_RCX, JIT_TMP);
}

static void emit_shift(struct lbpf_jit *jit)
{
	enum lbpf_x86_shift op = shift_of(jit->insn->code);
	u32 size = lbpf_jit_size(jit);
	u8 dst = lbpf_jit_dst(jit);

	if (BPF_SRC(jit->insn->code) == BPF_X) {
		if (jit->has_bmi2 && lbpf_jit_src(jit) != X_RCX)
			lbpf_x86_shiftx(&jit->buf, op, size, dst, dst, lbpf_jit_src(jit));
		else if (jit->has_bmi2 && dst == X_RCX)
			lbpf_x86_shiftx(&jit->buf, op, size, dst, dst, dst);
		else
			emit_shift_by_cl(jit);
		return;
	}
	if (jit->insn->imm)
		lbpf_x86_shift_imm(&jit->buf, op, size, dst, jit->insn->imm);
	else if (size == 4)
		lbpf_x86_mov(&jit->buf, 4, dst, dst);
}

/* Byte order; in class ALU64 the bytes are always swapped. */
static void emit_byte_order(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	bool is_swap = BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE;
	u8 dst = lbpf_jit_dst(jit);

	switch (insn->imm) {
	case 16:
		if (is_swap)
			lbpf_x86_shift_imm(&jit->buf, X_SHIFT_ROL, 2, dst, 8);
		lbpf_x86_rr(&jit->buf, X_MOVZX16, 4, dst, dst);
		break;
	case 32:
		if (is_swap)
			lbpf_x86_bswap(&jit->buf, 4, dst);
		else
			lbpf_x86_mov(&jit->buf, 4, dst, dst);
		break;
	case 64:
		if (is_swap)
			lbpf_x86_bswap(&jit->buf, 8, dst);
		break;
	default:
		jit->bad_insn = true;
	}
}

static void (*const alu_ops[16])(struct lbpf_jit *jit) = {
	[BPF_ADD >> 4]	= emit_simple,
	[BPF_SUB >> 4]	= emit_simple,
	[BPF_MUL >> 4]	= emit_multiply,
	[BPF_DIV >> 4]	= lbpf_jit_divide,
	[BPF_OR >> 4]	= emit_simple,
	[BPF_AND >> 4]	= emit_simple,
	[BPF_LSH >> 4]	= emit_shift,
	[BPF_RSH >> 4]	= emit_shift,
	[BPF_NEG >> 4]	= emit_negate,
	[BPF_MOD >> 4]	= lbpf_jit_divide,
	[BPF_XOR >> 4]	= emit_simple,
	[BPF_MOV >> 4]	= emit_move,
	[BPF_ARSH >> 4]	= emit_shift,
	[BPF_END >> 4]	= emit_byte_order,
};

/**
 * lbpf_jit_alu() - Emit an instruction of class ALU or ALU64
 * @jit: Compilation.
 */
void lbpf_jit_alu(struct lbpf_jit *jit)
{
	void (*emit)(struct lbpf_jit *jit) = alu_ops[BPF_OP(jit->insn->code) >> 4];

	/* Most of it: without a retpoline. */
	if (emit == emit_simple)
		emit_simple(jit);
	else if (emit == emit_move)
		emit_move(jit);
	else if (emit)
		emit(jit);
	else
		jit->bad_insn = true;
}
