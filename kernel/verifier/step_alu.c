// SPDX-License-Identifier: GPL-2.0
/*
 * Arithmetic.
 *
 * Layer: verifier (step).  Decides who is a pointer, then hands numbers to the
 * value domain and pointers to step_pointer.c.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "walk.h"
#include "spec.h"

static int refuse_pointer(struct lbpf_env *env, u32 regno)
{
	return reject(env, -EACCES, "R%d pointer arithmetic prohibited", regno);
}

/* Linux 6.1 knows nothing of what negation and byte swaps give, and its suite relies on it. */
static int step_unary(struct lbpf_env *env, const struct bpf_insn *insn)
{
	int err;

	err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_SRC);
	if (err)
		return err;
	if (lbpf_is_leak(env, lbpf_reg_of(env, insn->dst_reg)))
		return refuse_pointer(env, insn->dst_reg);
	return lbpf_use_reg(env, insn->dst_reg, LBPF_REG_DST);
}

/* The sign of the low @off bits goes into the upper ones: cpu=v4. */
static int move_signed(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	struct lbpf_reg *src = lbpf_reg_of(env, insn->src_reg);
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64;

	if (lbpf_is_leak(env, src))
		return reject(env, -EACCES, is_64 ? "R%d sign-extension part of pointer" :
			      "R%d partial copy of pointer", insn->src_reg);
	if (src->type != LBPF_SCALAR)
		lbpf_reg_set_unknown(env, dst);
	else
		lbpf_reg_assign(dst, src);
	dst->id = 0;
	lbpf_scalar_movsx(&dst->var, &dst->var, insn->off, is_64);
	return 0;
}

static int move_reg(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	struct lbpf_reg *src = lbpf_reg_of(env, insn->src_reg);

	if (insn->off)
		return move_signed(env, insn);
	if (BPF_CLASS(insn->code) == BPF_ALU64) {
		/* Two registers with the same number learn together. */
		if (src->type == LBPF_SCALAR && !src->id && !lbpf_tnum_is_const(src->var.bits))
			src->id = ++env->last_id;
		lbpf_reg_assign(dst, src);
		return 0;
	}
	if (lbpf_is_leak(env, src))
		return reject(env, -EACCES, "R%d partial copy of pointer", insn->src_reg);
	if (src->type != LBPF_SCALAR) {
		lbpf_reg_set_unknown(env, dst);
	} else {
		lbpf_reg_assign(dst, src);
		dst->id = 0;
	}
	lbpf_scalar_truncate(&dst->var, sizeof(u32));
	return 0;
}

static int step_move(struct lbpf_env *env, const struct bpf_insn *insn)
{
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64;
	int err = 0;

	if (BPF_SRC(insn->code) == BPF_X)
		err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_DST_KEEP);
	if (err)
		return err;
	if (BPF_SRC(insn->code) == BPF_X)
		return move_reg(env, insn);
	lbpf_reg_set_const(env, lbpf_reg_of(env, insn->dst_reg),
			   is_64 ? (u64)(s64)insn->imm : (u64)(u32)insn->imm);
	return 0;
}

static int check_imm(struct lbpf_env *env, const struct bpf_insn *insn)
{
	s32 bits = BPF_CLASS(insn->code) == BPF_ALU64 ? 64 : 32;
	u8 op = BPF_OP(insn->code);

	if (BPF_SRC(insn->code) != BPF_K)
		return 0;
	if ((op == BPF_DIV || op == BPF_MOD) && !insn->imm)
		return reject(env, -EINVAL, "div by zero");
	if ((op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH) &&
	    (insn->imm < 0 || insn->imm >= bits))
		return reject(env, -EINVAL, "invalid shift %d", insn->imm);
	return 0;
}

static int two_numbers(struct lbpf_env *env, const struct bpf_insn *insn,
		       const struct lbpf_scalar *src)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	bool is_64 = BPF_CLASS(insn->code) == BPF_ALU64;
	u8 op = BPF_OP(insn->code);
	int err;

	if (op == BPF_ADD || op == BPF_SUB) {
		err = lbpf_spec_numbers(env, insn);
		if (err)
			return err;
	}
	dst->id = 0;
	/* Only divisions have an offset. */
	if (insn->off)
		lbpf_scalar_alu_signed(op, is_64, &dst->var, src);
	else
		lbpf_scalar_alu(op, is_64, &dst->var, src);
	return 0;
}

static int two_pointers(struct lbpf_env *env, const struct bpf_insn *insn)
{
	if (BPF_OP(insn->code) == BPF_SUB && env->may_leak) {
		lbpf_reg_set_unknown(env, lbpf_reg_of(env, insn->dst_reg));
		if (BPF_CLASS(insn->code) == BPF_ALU)
			lbpf_scalar_truncate(&lbpf_reg_of(env, insn->dst_reg)->var, sizeof(u32));
		return 0;
	}
	return reject(env, -EACCES, "R%d pointer %s pointer prohibited", insn->dst_reg,
		      lbpf_alu_text(BPF_OP(insn->code)));
}

static int step_with_reg(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	struct lbpf_reg *src = lbpf_reg_of(env, insn->src_reg);
	struct lbpf_reg copy;
	int err;

	if (src->type != LBPF_SCALAR && dst->type != LBPF_SCALAR)
		return two_pointers(env, insn);
	if (src->type != LBPF_SCALAR) {
		err = lbpf_precise_reg(env, insn->dst_reg);
		return err ? err : lbpf_step_pointer_alu(env, insn, src, dst);
	}
	if (dst->type == LBPF_SCALAR)
		return two_numbers(env, insn, &src->var);
	copy = *src;
	err = lbpf_precise_reg(env, insn->src_reg);
	return err ? err : lbpf_step_pointer_alu(env, insn, dst, &copy);
}

static int step_with_imm(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	struct lbpf_scalar imm;
	struct lbpf_reg reg;

	lbpf_scalar_set_const(&imm, (s64)insn->imm);
	if (dst->type == LBPF_SCALAR)
		return two_numbers(env, insn, &imm);
	reg = (struct lbpf_reg){ .type = LBPF_SCALAR, .var = imm };
	return lbpf_step_pointer_alu(env, insn, dst, &reg);
}

/**
 * lbpf_step_alu() - An instruction of the classes ALU and ALU64
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_alu(struct lbpf_env *env, const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);
	int err = 0;

	if (op == BPF_NEG || op == BPF_END)
		return step_unary(env, insn);
	if (op == BPF_MOV)
		return step_move(env, insn);
	if (BPF_SRC(insn->code) == BPF_X)
		err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_SRC);
	if (!err)
		err = check_imm(env, insn);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_DST_KEEP);
	if (err)
		return err;
	if (BPF_SRC(insn->code) == BPF_X)
		return step_with_reg(env, insn);
	return step_with_imm(env, insn);
}
