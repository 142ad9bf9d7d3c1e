// SPDX-License-Identifier: GPL-2.0
/*
 * Unsigned division and remainder by a constant, without a division.
 *
 * Layer: jit (p).  By a power of two it is a shift or a mask.  Where the facts
 * bound the dividend, one multiplication of 64 bits gives the quotient.
 */
#include <linux/limits.h>
#include <linux/log2.h>

#include <lbpf/insn.h>

#include "emit.h"
#include "magic.h"

static bool is_remainder(const struct lbpf_jit *jit)
{
	return BPF_OP(jit->insn->code) == BPF_MOD;
}

/* The dividend is below 2^32 and its upper half is clear. */
static bool is_short(const struct lbpf_jit *jit)
{
	const struct lbpf_fact *fact = lbpf_jit_dst_fact(jit);

	return fact && fact->umax <= U32_MAX;
}

static void emit_power(struct lbpf_jit *jit, u32 size, u64 divisor)
{
	u8 dst = lbpf_jit_dst(jit);
	u32 log2 = ilog2(divisor);

	if (is_remainder(jit)) {
		if (divisor == 1)
			lbpf_x86_rr(&jit->buf, X_XOR, 4, dst, dst);
		else
			lbpf_x86_alu_imm(&jit->buf, X_ALU_AND, 4, dst, divisor - 1);
	} else if (log2) {
		lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, size, dst, log2);
	} else if (size == 4) {
		lbpf_x86_mov(&jit->buf, 4, dst, dst);
	}
}

/* dst becomes the remainder or the quotient, of which the latter is in @quotient. */
static void finish(struct lbpf_jit *jit, u32 size, u8 quotient)
{
	u8 dst = lbpf_jit_dst(jit);

	if (!is_remainder(jit)) {
		lbpf_x86_mov(&jit->buf, size, dst, quotient);
		return;
	}
	lbpf_x86_imul_imm(&jit->buf, size, quotient, quotient, jit->insn->imm);
	lbpf_x86_rr(&jit->buf, X_SUB, size, quotient, dst);
}

/* @reg *= @mul */
static void multiply(struct lbpf_jit *jit, u8 reg, u64 mul, u8 scratch)
{
	if (lbpf_x86_is_s32(mul)) {
		lbpf_x86_imul_imm(&jit->buf, 8, reg, reg, mul);
		return;
	}
	lbpf_x86_mov_imm(&jit->buf, scratch, mul);
	lbpf_x86_rr(&jit->buf, X_IMUL, 8, reg, scratch);
}

static void emit_small(struct lbpf_jit *jit, const struct lbpf_magic *magic)
{
	u8 dst = lbpf_jit_dst(jit);

	if (is_remainder(jit)) {
		lbpf_x86_mov(&jit->buf, 4, JIT_TMP, dst);
		multiply(jit, JIT_TMP, magic->mul, JIT_TMP2);
		lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, JIT_TMP, magic->shift);
		finish(jit, 4, JIT_TMP);
		return;
	}
	if (!is_short(jit))
		lbpf_x86_mov(&jit->buf, 4, dst, dst);
	multiply(jit, dst, magic->mul, JIT_TMP);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, dst, magic->shift);
}

/* @x becomes ((@x - @t) / 2 + @t) >> shift */
static void add_and_shift(struct lbpf_jit *jit, u32 size, u8 x, u8 t, u32 shift)
{
	lbpf_x86_rr(&jit->buf, X_SUB, size, t, x);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, size, x, 1);
	lbpf_x86_rr(&jit->buf, X_ADD, size, t, x);
	if (shift)
		lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, size, x, shift);
}

static void emit_33_bits(struct lbpf_jit *jit, u32 divisor)
{
	struct lbpf_magic magic;

	lbpf_magic_32(divisor, &magic);
	lbpf_x86_mov(&jit->buf, 4, JIT_TMP, lbpf_jit_dst(jit));
	lbpf_x86_mov_imm(&jit->buf, JIT_TMP2, magic.mul);
	lbpf_x86_rr(&jit->buf, X_IMUL, 8, JIT_TMP2, JIT_TMP);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, JIT_TMP2, 32);
	add_and_shift(jit, 4, JIT_TMP, JIT_TMP2, magic.shift);
	finish(jit, 4, JIT_TMP);
}

/* @high = upper half of @x * @mul.  MULX takes one factor from RDX, which is R3. */
static void multiply_high(struct lbpf_jit *jit, u8 high, u8 x, u64 mul)
{
	bool is_needed = lbpf_jit_dst(jit) == X_RDX || (jit->aux->live_out & BIT(BPF_REG_3));

	if (x == X_RDX) {
		lbpf_x86_mov_imm(&jit->buf, JIT_TMP, mul);
		lbpf_x86_mulx(&jit->buf, 8, high, high, JIT_TMP);
		return;
	}
	if (is_needed)
		lbpf_x86_mov(&jit->buf, 8, JIT_TMP2, X_RDX);
	lbpf_x86_mov_imm(&jit->buf, X_RDX, mul);
	lbpf_x86_mulx(&jit->buf, 8, high, high, x);
	if (is_needed)
		lbpf_x86_mov(&jit->buf, 8, X_RDX, JIT_TMP2);
}

/* Where the dividend is, shifted right as the factor wants it; dst is still needed for a rest. */
static u8 prepare_dividend(struct lbpf_jit *jit, u32 shift)
{
	u8 x = lbpf_jit_dst(jit);

	if (!shift)
		return x;
	if (is_remainder(jit)) {
		lbpf_x86_mov(&jit->buf, 8, JIT_TMP, x);
		x = JIT_TMP;
	}
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, x, shift);
	return x;
}

static void emit_64_bits(struct lbpf_jit *jit, u32 divisor)
{
	u8 dst = lbpf_jit_dst(jit);
	struct lbpf_magic magic;
	u8 high, x;

	lbpf_magic_64(divisor, &magic);
	high = is_remainder(jit) || magic.needs_add ? JIT_TMP : dst;
	x = prepare_dividend(jit, magic.pre_shift);
	multiply_high(jit, high, x, magic.mul);
	if (magic.needs_add) {
		lbpf_x86_mov(&jit->buf, 8, JIT_TMP2, dst);
		add_and_shift(jit, 8, JIT_TMP2, JIT_TMP, magic.shift);
		finish(jit, 8, JIT_TMP2);
		return;
	}
	if (magic.shift)
		lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, high, magic.shift);
	if (high != dst)
		finish(jit, 8, high);
}

/**
 * lbpf_jit_divide_const() - Emit BPF_DIV or BPF_MOD by a constant, unsigned
 * @jit: Compilation.
 *
 * Return: Could it be done without a division?
 */
bool lbpf_jit_divide_const(struct lbpf_jit *jit)
{
	u32 size = lbpf_jit_size(jit);
	u32 divisor = jit->insn->imm;
	u64 max = U32_MAX;
	struct lbpf_magic magic;

	if (!divisor || (size == 8 && jit->insn->imm < 0) ||
	    !lbpf_code_wants(jit->code, LBPF_STEP_DIVIDE))
		return false;
	if (is_power_of_2(divisor)) {
		emit_power(jit, size, divisor);
		return true;
	}
	if (is_short(jit))
		max = lbpf_jit_dst_fact(jit)->umax;
	if (size == 8 && !is_short(jit)) {
		if (jit->has_bmi2)
			emit_64_bits(jit, divisor);
		return jit->has_bmi2;
	}
	if (lbpf_magic_small(max, divisor, &magic))
		emit_small(jit, &magic);
	else
		emit_33_bits(jit, divisor);
	return true;
}
