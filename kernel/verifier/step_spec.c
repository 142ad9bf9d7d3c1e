// SPDX-License-Identifier: GPL-2.0
/*
 * Speculation: pointers of loaders that must not read kernel memory.
 *
 * Layer: verifier (step).  A pointer that moves by a register is masked at run
 * time to what was proved of it; the path on which the mask made the offset
 * zero is walked too, and so is the branch that is never taken.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>

#include <lbpf/map.h>

#include "spec.h"

#define NOT_ROOT	"pointer arithmetic with it prohibited for !root"

/* lbpf_insn_info::alu_state of an instruction that added numbers. */
#define ALU_NUMBERS	BIT(31)

static const char *const alu_texts[16] = {
	[BPF_ADD >> 4] = "+=", [BPF_SUB >> 4] = "-=", [BPF_MUL >> 4] = "*=", [BPF_DIV >> 4] = "/=",
	[BPF_OR >> 4] = "|=", [BPF_AND >> 4] = "&=", [BPF_LSH >> 4] = "<<=", [BPF_RSH >> 4] = ">>=",
	[BPF_NEG >> 4] = "neg", [BPF_MOD >> 4] = "%=", [BPF_XOR >> 4] = "^=", [BPF_MOV >> 4] = "=",
	[BPF_ARSH >> 4] = "s>>=", [BPF_END >> 4] = "endian",
};

/**
 * lbpf_alu_text() - An arithmetic operator as the log spells it
 * @op: BPF_OP() of an instruction.
 *
 * Return: For example "+=".
 */
const char *lbpf_alu_text(u8 op)
{
	return alu_texts[op >> 4] ? alu_texts[op >> 4] : "?";
}

static int refuse_paths(struct lbpf_env *env, const struct bpf_insn *insn)
{
	return reject(env, -EACCES,
		      "R%d tried to %s from different maps, paths or scalars, " NOT_ROOT,
		      insn->dst_reg, BPF_OP(insn->code) == BPF_ADD ? "add" : "sub");
}

/* One instruction can be masked in one way only. */
static int note_mask(struct lbpf_env *env, const struct bpf_insn *insn, u32 state, u32 limit)
{
	struct lbpf_insn_info *info = &env->info[env->idx];
	struct lbpf_insn_aux *aux = &env->aux[env->idx];

	if (info->alu_state && (info->alu_state != state || aux->alu_limit != limit))
		return refuse_paths(env, insn);
	info->alu_state = state;
	aux->alu_limit = limit;
	return 0;
}

/**
 * lbpf_spec_numbers() - Two numbers are added or subtracted
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -EACCES when another path moved a pointer here.
 */
int lbpf_spec_numbers(struct lbpf_env *env, const struct bpf_insn *insn)
{
	if (env->no_spec_v1 || BPF_SRC(insn->code) == BPF_K)
		return 0;
	return note_mask(env, insn, ALU_NUMBERS, 0);
}

/* How far the pointer may move. */
static int find_limit(struct lbpf_env *env, const struct bpf_insn *insn, const struct lbpf_reg *ptr,
		      bool is_left, u32 *limit)
{
	s64 room, max;

	switch (LBPF_TYPE_BASE(ptr->type)) {
	case LBPF_PTR_STACK:
		max = LBPF_STACK_BYTES + is_left;
		room = -((s64)ptr->var.bits.value + ptr->off);
		break;
	case LBPF_PTR_MAP_VALUE:
		max = ptr->map->value_size;
		room = (is_left ? lbpf_scalar_smin(&ptr->var) : (s64)lbpf_scalar_umax(&ptr->var)) +
		       ptr->off;
		break;
	default:
		return reject(env, -EACCES,
			      "R%d has pointer with unsupported alu operation, " NOT_ROOT,
			      ptr == lbpf_reg_of(env, insn->src_reg) ? insn->src_reg :
								       insn->dst_reg);
	}
	if (room < 0 || room >= max)
		return reject(env, -EACCES, "R%d tried to %s beyond pointer bounds, " NOT_ROOT,
			      insn->dst_reg, BPF_OP(insn->code) == BPF_ADD ? "add" : "sub");
	*limit = room;
	return 0;
}

static int push_masked(struct lbpf_env *env, const struct bpf_insn *insn,
		       const struct lbpf_reg *ptr)
{
	struct lbpf_state *branch = lbpf_push_branch(env, env->idx + 1, env->idx, true);

	if (branch == ERR_PTR(-ENOMEM))
		return -ENOMEM;
	if (IS_ERR(branch))
		return reject(env, -EACCES,
			      "R%d could not be pushed for speculative verification, " NOT_ROOT,
			      insn->dst_reg);
	lbpf_reg_assign(&lbpf_cur_regs(branch)[insn->dst_reg], ptr);
	return 0;
}

/**
 * lbpf_spec_before() - A pointer is about to move by a register
 * @env: The run.
 * @insn: Instruction.
 * @ptr: Pointer.
 * @num: Number it moves by.
 * @mask: Out: what lbpf_spec_after() must know.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_spec_before(struct lbpf_env *env, const struct bpf_insn *insn, struct lbpf_reg *ptr,
		     const struct lbpf_reg *num, struct lbpf_mask *mask)
{
	bool is_const = lbpf_tnum_is_const(num->var.bits);
	bool is_neg = lbpf_scalar_smin(&num->var) < 0;
	bool is_add = BPF_OP(insn->code) == BPF_ADD;
	bool is_dst = ptr == lbpf_reg_of(env, insn->dst_reg);
	int err;

	*mask = (struct lbpf_mask){ 0 };
	if (env->no_spec_v1 || BPF_SRC(insn->code) == BPF_K ||
	    (!is_add && BPF_OP(insn->code) != BPF_SUB))
		return 0;
	if (!env->cur->is_speculative) {
		if (!is_const && is_neg != (lbpf_scalar_smax(&num->var) < 0))
			return reject(env, -EACCES,
				      "R%d has unknown scalar with mixed signed bounds, " NOT_ROOT,
				      is_dst ? insn->src_reg : insn->dst_reg);
		mask->is_left = is_add == is_neg;
		err = find_limit(env, insn, ptr, mask->is_left, &mask->limit);
		if (err)
			return err;
		mask->flags = LBPF_INSN_ALU_MASK | (is_neg ? LBPF_INSN_MASK_NEG : 0) |
			      (is_const ? LBPF_INSN_MASK_IMM : 0) |
			      (is_dst ? 0 : LBPF_INSN_MASK_DST);
		env->explore_numbers |= !is_const;
	}
	return is_const ? 0 : push_masked(env, insn, ptr);
}

/**
 * lbpf_spec_after() - A pointer has moved by a register
 * @env: The run; the pointer is in the instruction's dst.
 * @insn: Instruction.
 * @mask: From lbpf_spec_before().
 *
 * Return: 0 or -EACCES.
 */
int lbpf_spec_after(struct lbpf_env *env, const struct bpf_insn *insn, const struct lbpf_mask *mask)
{
	u32 limit;
	int err;

	if (!mask->flags)
		return 0;
	err = find_limit(env, insn, lbpf_reg_of(env, insn->dst_reg), mask->is_left, &limit);
	if (!err)
		err = note_mask(env, insn, mask->flags, abs((s32)mask->limit - (s32)limit));
	if (err)
		return err;
	env->aux[env->idx].flags |= mask->flags;
	return 0;
}

/**
 * lbpf_spec_branch() - Walk the side of a branch that is never taken, as a mispredicting processor
 * would
 * @env: The run.
 * @insn: Conditional jump.
 * @idx: First instruction of that side.
 *
 * Return: 0, -ENOMEM or -EFAULT.
 */
int lbpf_spec_branch(struct lbpf_env *env, const struct bpf_insn *insn, u32 idx)
{
	struct lbpf_state *branch;

	if (env->no_spec_v1)
		return 0;
	branch = lbpf_push_branch(env, idx, env->idx, true);
	if (IS_ERR(branch))
		return PTR_ERR(branch);
	/* What is compared is not known there: the processor guessed. */
	if (lbpf_cur_regs(branch)[insn->dst_reg].type == LBPF_SCALAR)
		lbpf_reg_set_unknown(env, &lbpf_cur_regs(branch)[insn->dst_reg]);
	if (BPF_SRC(insn->code) == BPF_X &&
	    lbpf_cur_regs(branch)[insn->src_reg].type == LBPF_SCALAR)
		lbpf_reg_set_unknown(env, &lbpf_cur_regs(branch)[insn->src_reg]);
	return 0;
}
