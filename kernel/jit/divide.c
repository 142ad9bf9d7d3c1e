// SPDX-License-Identifier: GPL-2.0
/*
 * Division and remainder.
 *
 * Layer: jit (p).  Divisors are not zero: the rewriter has seen to it.  The
 * machine divides RDX:RAX, which are R3 and R0.  Source: Intel SDM 2A, DIV and
 * IDIV.
 */
#include <lbpf/insn.h>

#include "emit.h"

static bool is_signed(const struct bpf_insn *insn)
{
	return insn->off == 1;
}

static bool is_remainder(const struct bpf_insn *insn)
{
	return BPF_OP(insn->code) == BPF_MOD;
}

/* The register that the divisor is in: none that is written before the division. */
static u8 place_divisor(struct lbpf_jit *jit, u32 size)
{
	u8 src = lbpf_jit_src(jit);

	if (BPF_SRC(jit->insn->code) == BPF_K) {
		lbpf_x86_mov_imm(&jit->buf, JIT_TMP,
				 size == 8 ? (u64)(s64)jit->insn->imm : (u32)jit->insn->imm);
		return JIT_TMP;
	}
	if (src != X_RAX && src != X_RDX && src != JIT_TMP3)
		return src;
	lbpf_x86_mov(&jit->buf, size, JIT_TMP, src);
	return JIT_TMP;
}

static void divide_rax(struct lbpf_jit *jit, u32 size, u8 divisor)
{
	if (is_signed(jit->insn)) {
		if (size == 8)
			lbpf_x86_put(&jit->buf, X_CQO);
		else
			lbpf_x86_put(&jit->buf, X_CDQ);
		lbpf_x86_unary(&jit->buf, X_UNARY_IDIV, size, divisor);
	} else {
		lbpf_x86_rr(&jit->buf, X_XOR, 4, X_RDX, X_RDX);
		lbpf_x86_unary(&jit->buf, X_UNARY_DIV, size, divisor);
	}
}

static void emit_divide(struct lbpf_jit *jit, u32 size)
{
	u16 live_out = jit->aux->live_out;
	u8 dst = lbpf_jit_dst(jit);
	bool saves_rax = dst != X_RAX && (live_out & BIT(BPF_REG_0));
	bool saves_rdx = dst != X_RDX && (live_out & BIT(BPF_REG_3));
	u8 divisor = place_divisor(jit, size);
	u8 result = is_remainder(jit->insn) ? X_RDX : X_RAX;

	if (saves_rax)
		lbpf_x86_mov(&jit->buf, 8, JIT_TMP3, X_RAX);
	if (dst != X_RAX)
		lbpf_x86_mov(&jit->buf, size, X_RAX, dst);
	if (saves_rdx)
		lbpf_x86_mov(&jit->buf, 8, JIT_TMP2, X_RDX);
	divide_rax(jit, size, divisor);
	if (dst != result)
		lbpf_x86_mov(&jit->buf, size, dst, result);
	if (saves_rdx)
		lbpf_x86_mov(&jit->buf, 8, X_RDX, JIT_TMP2);
	if (saves_rax)
		lbpf_x86_mov(&jit->buf, 8, X_RAX, JIT_TMP3);
}

/* By -1: the machine traps on the least number, BPF gives that number, remainder 0. */
static void emit_by_minus_one(struct lbpf_jit *jit, u32 size)
{
	u8 dst = lbpf_jit_dst(jit);

	if (is_remainder(jit->insn))
		lbpf_x86_rr(&jit->buf, X_XOR, 4, dst, dst);
	else
		lbpf_x86_unary(&jit->buf, X_UNARY_NEG, size, dst);
}

static void emit_signed_by_reg(struct lbpf_jit *jit, u32 size)
{
	u32 jcc_end, jmp_end;

	lbpf_x86_alu_imm(&jit->buf, X_ALU_CMP, size, lbpf_jit_src(jit), -1);
	lbpf_x86_jcc_short(&jit->buf, X_NE, 0);
	jcc_end = jit->buf.len;
	emit_by_minus_one(jit, size);
	lbpf_x86_jmp_short(&jit->buf, 0);
	jmp_end = jit->buf.len;
	emit_divide(jit, size);
	if (jit->buf.overflow)
		return;
	jit->buf.bytes[jcc_end - 1] = jmp_end - jcc_end;
	jit->buf.bytes[jmp_end - 1] = jit->buf.len - jmp_end;
}

/**
 * lbpf_jit_divide() - Emit BPF_DIV or BPF_MOD
 * @jit: Compilation.
 */
void lbpf_jit_divide(struct lbpf_jit *jit)
{
	u32 size = lbpf_jit_size(jit);

	if (!is_signed(jit->insn)) {
		if (BPF_SRC(jit->insn->code) == BPF_X || !lbpf_jit_divide_const(jit))
			emit_divide(jit, size);
	} else if (BPF_SRC(jit->insn->code) == BPF_X) {
		emit_signed_by_reg(jit, size);
	} else if (jit->insn->imm == -1) {
		emit_by_minus_one(jit, size);
	} else {
		emit_divide(jit, size);
	}
}
