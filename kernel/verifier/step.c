// SPDX-License-Identifier: GPL-2.0
/*
 * One instruction.
 *
 * Layer: verifier (step).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "walk.h"

static int step_call(struct lbpf_env *env, const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_CALL)
		return lbpf_call_subprog(env, insn);
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL && (insn->imm || insn->off))
		return lbpf_call_kfunc(env, insn);
	if (insn->src_reg)
		return reject(env, -EINVAL,
			      "invalid kernel function call not eliminated in verifier pass");
	return lbpf_call_helper(env, insn);
}

/* A result outside of what is allowed @where. */
static int refuse_result(struct lbpf_env *env, const struct lbpf_reg *reg, const char *where,
			 s64 min, s64 max)
{
	char var[64];

	verbose(env, "At %s the register R0 ", where);
	if (!lbpf_tnum_is_unknown(reg->var.bits)) {
		lbpf_tnum_print(var, sizeof(var), reg->var.bits);
		verbose(env, "has value %s", var);
	} else {
		verbose(env, "has unknown scalar value");
	}
	lbpf_tnum_print(var, sizeof(var), lbpf_tnum_range(min, max));
	return reject(env, -EINVAL, " should have been in %s", var);
}

/* Nobody is there to take another result than 0. */
static int check_async_result(struct lbpf_env *env, const struct lbpf_reg *reg)
{
	if (reg->type != LBPF_SCALAR)
		return reject(env, -EINVAL,
			      "In async callback the register R0 is not a known value (%s)",
			      lbpf_type_name(env, reg->type));
	if (!lbpf_tnum_in(lbpf_tnum_range(0, 0), reg->var.bits))
		return refuse_result(env, reg, "async callback", 0, 0);
	return lbpf_precise_reg(env, BPF_REG_0);
}

static int check_result(struct lbpf_env *env)
{
	const struct lbpf_progtype *pt = env->code->pt;
	const struct lbpf_reg *reg;
	s64 min, max;
	int err;

	if (env->code->attach.has_no_result && !lbpf_cur_frame(env->cur)->subprog)
		return 0;
	err = lbpf_use_reg(env, BPF_REG_0, LBPF_REG_SRC);
	if (err)
		return err;
	reg = lbpf_reg_of(env, BPF_REG_0);
	if (lbpf_is_leak(env, reg))
		return reject(env, -EACCES, "R0 leaks addr as return value");
	if (lbpf_cur_frame(env->cur)->in_async_callback)
		return check_async_result(env, reg);
	if (lbpf_cur_frame(env->cur)->subprog)
		return lbpf_global_result(env);
	if (!pt->return_range || !pt->return_range(env->code, &min, &max))
		return 0;
	if (reg->type != LBPF_SCALAR)
		return reject(env, -EINVAL,
			      "At program exit the register R0 is not a known value (%s)",
			      lbpf_type_name(env, reg->type));
	if (!lbpf_tnum_in(lbpf_tnum_range(min, max), reg->var.bits))
		return refuse_result(env, reg, "program exit", min, max);
	return lbpf_precise_reg(env, BPF_REG_0);
}

static int step_exit(struct lbpf_env *env)
{
	int err;

	if (env->cur->lock_id)
		return reject(env, -EINVAL, "bpf_spin_unlock is missing");
	err = lbpf_call_check_leaks(env);
	if (err)
		return err;
	if (env->cur->curframe)
		return lbpf_call_return(env);
	err = check_result(env);
	return err ? err : LBPF_PATH_ENDS;
}

static int step_jmp(struct lbpf_env *env, const struct bpf_insn *insn)
{
	env->jumps++;
	switch (BPF_OP(insn->code)) {
	case BPF_CALL:
		return step_call(env, insn);
	case BPF_EXIT:
		return step_exit(env);
	default:
		return lbpf_step_jump(env, insn);
	}
}

static int step_ld(struct lbpf_env *env, const struct bpf_insn *insn)
{
	if (BPF_MODE(insn->code) == BPF_IMM)
		return lbpf_step_imm64(env, insn);
	return lbpf_step_packet_load(env, insn);
}

/* Classes whose instructions go on to the next one. */
static int (*const classes[8])(struct lbpf_env *env, const struct bpf_insn *insn) = {
	[BPF_LD]	= step_ld,
	[BPF_LDX]	= lbpf_step_load,
	[BPF_ST]	= lbpf_step_store,
	[BPF_STX]	= lbpf_step_store,
	[BPF_ALU]	= lbpf_step_alu,
	[BPF_ALU64]	= lbpf_step_alu,
};

/* What the form of an instruction leaves no room for.  Once is enough. */
static int check_fields(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_insn_info *info = &env->info[env->idx];
	const char *refusal;

	if (info->flags & LBPF_INFO_CHECKED)
		return 0;
	info->flags |= LBPF_INFO_CHECKED;
	refusal = lbpf_insn_check_fields(insn);
	if (refusal)
		return reject(env, -EINVAL, "%s", refusal);
	return 0;
}

/**
 * lbpf_step() - Walk the instruction at env->idx; env->idx becomes where the path goes on
 * @env: The run.
 *
 * Return: 0, LBPF_PATH_ENDS, or -errno with the reason in the log.
 */
int lbpf_step(struct lbpf_env *env)
{
	const struct bpf_insn *insn = &env->insns[env->idx];
	u8 class = BPF_CLASS(insn->code);
	int err = check_fields(env, insn);

	if (err)
		return err;
	if (class == BPF_JMP || class == BPF_JMP32)
		return step_jmp(env, insn);
	err = classes[class](env, insn);
	if (!err)
		env->idx++;
	return err;
}
