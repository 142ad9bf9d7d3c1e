// SPDX-License-Identifier: GPL-2.0
/*
 * Step k: constants are kept out of the machine code.
 *
 * Layer: rewrite (p).  Who chooses the constants of a program chooses bytes of
 * executable memory.  So each constant becomes the difference of two numbers,
 * one of them random and another one at each place:
 *
 *	dst += 0x1234		ax = 0x1234 ^ random
 *				ax ^= random
 *				dst += ax
 *
 * It is the last step, and the facts go with it: an optimisation after it could
 * find the constant again.
 */
#include <linux/random.h>

#include <lbpf/rewrite.h>

#include "builder.h"
#include "make.h"

static bool names_ax(const struct bpf_insn *insn)
{
	return insn->dst_reg == REG_AX || insn->src_reg == REG_AX;
}

/* Byte orders have a width there, negations nothing, moves with another code the sign to extend. */
static bool is_alu_constant(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	return BPF_SRC(insn->code) == BPF_K && op != BPF_END && op != BPF_NEG;
}

static bool is_jump_constant(const struct bpf_insn *insn)
{
	return BPF_SRC(insn->code) == BPF_K && lbpf_insn_has_target(insn) &&
	       BPF_OP(insn->code) != BPF_JA;
}

static bool has_constant(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return is_alu_constant(insn);
	case BPF_JMP:
	case BPF_JMP32:
		return is_jump_constant(insn);
	case BPF_ST:
		return insn->code != LBPF_CODE_BARRIER;
	case BPF_LD:
		return lbpf_rw_is_imm64(insn) &&
		       !(code->aux[index].flags & (LBPF_INSN_MAP_ADDR | LBPF_INSN_FUNC_ADDR |
						   LBPF_INSN_MAP_VALUE_ADDR |
						   LBPF_INSN_KERNEL_VAR));
	default:
		return false;
	}
}

/* Where the rewriter holds something in AX, the constants are its own. */
static bool applies(const struct lbpf_code *code, u32 index)
{
	return has_constant(code, index) && !names_ax(&code->insns[index]) &&
	       !(code->aux[index].live_out & (1 << REG_AX));
}

/* @dst = @value, in the width of @class. */
static void put_hidden(struct lbpf_rewrite *rw, u8 class, u8 dst, s32 value)
{
	s32 noise = get_random_u64();

	lbpf_rw_put(rw, make_insn(class | BPF_MOV | BPF_K, dst, 0, 0, value ^ noise));
	lbpf_rw_put(rw, make_insn(class | BPF_XOR | BPF_K, dst, 0, 0, noise));
}

static void put_hidden_imm64(struct lbpf_rewrite *rw)
{
	u8 dst = rw->insn->dst_reg;

	put_hidden(rw, BPF_ALU, REG_AX, rw->insn[1].imm);
	lbpf_rw_put(rw, make_alu64_imm(BPF_LSH, REG_AX, 32));
	put_hidden(rw, BPF_ALU, dst, rw->insn[0].imm);
	lbpf_rw_put(rw, make_alu64(BPF_OR, dst, REG_AX));
}

/* The same instruction with its constant in AX. */
static struct bpf_insn with_register(const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) == BPF_ST)
		return make_insn(BPF_STX | BPF_MEM | BPF_SIZE(insn->code), insn->dst_reg, REG_AX,
				 insn->off, 0);
	return make_insn(insn->code | BPF_X, insn->dst_reg, REG_AX, insn->off, 0);
}

static void replace(struct lbpf_rewrite *rw)
{
	const struct bpf_insn *insn = rw->insn;
	u8 class = BPF_CLASS(insn->code);

	if (class == BPF_LD) {
		put_hidden_imm64(rw);
		return;
	}
	put_hidden(rw, class == BPF_ALU || class == BPF_JMP32 ? BPF_ALU : BPF_ALU64, REG_AX,
		   insn->imm);
	if (class == BPF_JMP || class == BPF_JMP32)
		lbpf_rw_put_jump(rw, with_register(insn));
	else
		lbpf_rw_put(rw, with_register(insn));
}

const struct lbpf_step lbpf_step_blind = {
	.letter		= 'k',
	.name		= "constants hidden",
	.effects	= EFF_ALU | EFF_JUMP | EFF_STORE | EFF_IMM64,
	.applies	= applies,
	.replace	= replace,
};

/**
 * lbpf_blind() - Keep a program's constants out of its machine code
 * @code: Output of lbpf_rewrite(), with no facts afterwards.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, -E2BIG.
 */
int lbpf_blind(struct lbpf_code *code)
{
	struct lbpf_survey survey;
	int err;
	u32 i;

	lbpf_survey_code(code, &survey);
	err = lbpf_rewrite_step(code, &lbpf_step_blind, &survey);
	if (!err)
		lbpf_dump_pass(code, lbpf_step_blind.letter, lbpf_step_blind.name, true);
	for (i = 0; !err && i < code->nr_insns; i++)
		code->aux[i].flags |= LBPF_INSN_MADE;
	return err ?: lbpf_find_live(code);
}
