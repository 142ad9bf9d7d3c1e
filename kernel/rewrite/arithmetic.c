// SPDX-License-Identifier: GPL-2.0
/*
 * Step m: division by what may be zero, and pointer arithmetic that stays in
 * bounds in speculation too.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

static bool is_division(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_ALU || class == BPF_ALU64) && (op == BPF_DIV || op == BPF_MOD);
}

/* Is the divisor (its low half in a 32-bit division) known not to be 0? */
static bool is_nonzero(const struct lbpf_insn_aux *aux, bool is64)
{
	const struct lbpf_fact *fact;

	if ((aux->flags & LBPF_INSN_MADE) || !aux->facts || aux->facts->src.type != LBPF_SCALAR)
		return false;
	fact = &aux->facts->src;
	if (is64)
		return fact->umin || fact->tnum_value;
	return (u32)fact->tnum_value || (fact->umin && fact->umax <= (u32)-1);
}

static bool may_divide_by_zero(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];

	return is_division(insn) && BPF_SRC(insn->code) == BPF_X &&
	       !is_nonzero(&code->aux[index], BPF_CLASS(insn->code) == BPF_ALU64);
}

static bool applies(const struct lbpf_code *code, u32 index)
{
	return (code->aux[index].flags & LBPF_INSN_ALU_MASK) || may_divide_by_zero(code, index);
}

/* x / 0 is 0, x % 0 is x (32 bits: the upper half becomes 0). */
static void put_division(struct lbpf_rewrite *rw)
{
	const struct bpf_insn *insn = rw->insn;
	bool is64 = BPF_CLASS(insn->code) == BPF_ALU64;
	u8 test = (is64 ? BPF_JMP : BPF_JMP32) | BPF_K;
	u8 dst = insn->dst_reg;

	if (BPF_OP(insn->code) == BPF_MOD && is64) {
		lbpf_rw_put(rw, make_insn(test | BPF_JEQ, insn->src_reg, 0, 1, 0));
		lbpf_rw_put_heir(rw, *insn, 0);
		return;
	}
	lbpf_rw_put(rw, make_insn(test | BPF_JNE, insn->src_reg, 0, 2, 0));
	if (BPF_OP(insn->code) == BPF_MOD)
		lbpf_rw_put(rw, make_alu32(BPF_MOV, dst, dst));
	else
		lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, dst, 0));
	lbpf_rw_put(rw, make_ja(1));
	lbpf_rw_put_heir(rw, *insn, 0);
}

/*
 * AX = the number when it is in 0..limit, else 0: the sign of the negated OR of
 * (limit - number) and number says which, without a branch to mispredict.
 */
static void put_limited(struct lbpf_rewrite *rw, u8 number)
{
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, REG_AX, rw->aux->alu_limit));
	lbpf_rw_put(rw, make_alu64(BPF_SUB, REG_AX, number));
	lbpf_rw_put(rw, make_alu64(BPF_OR, REG_AX, number));
	lbpf_rw_put(rw, make_alu64_imm(BPF_NEG, REG_AX, 0));
	lbpf_rw_put(rw, make_alu64_imm(BPF_ARSH, REG_AX, 63));
	lbpf_rw_put(rw, make_alu64(BPF_AND, REG_AX, number));
}

/* A negative number is taken positive, and the operation turned round. */
static void put_masked(struct lbpf_rewrite *rw)
{
	struct bpf_insn insn = *rw->insn;
	u32 flags = rw->aux->flags;
	bool is_negated = (flags & LBPF_INSN_MASK_NEG) && !(flags & LBPF_INSN_MASK_IMM);
	bool is_in_dst = flags & LBPF_INSN_MASK_DST;
	u8 number = is_in_dst ? insn.dst_reg : insn.src_reg;

	if (is_negated)
		lbpf_rw_put(rw, make_alu64_imm(BPF_NEG, number, 0));
	if (flags & LBPF_INSN_MASK_IMM)
		lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, REG_AX, rw->aux->alu_limit));
	else
		put_limited(rw, number);
	if (is_in_dst)
		lbpf_rw_put(rw, make_alu64(BPF_MOV, insn.dst_reg, insn.src_reg));
	insn.src_reg = REG_AX;
	if (flags & LBPF_INSN_MASK_NEG)
		insn.code ^= BPF_ADD ^ BPF_SUB;
	lbpf_rw_put(rw, insn);
	if (is_negated && !is_in_dst)
		lbpf_rw_put(rw, make_alu64_imm(BPF_NEG, number, 0));
}

static void replace(struct lbpf_rewrite *rw)
{
	if (rw->aux->flags & LBPF_INSN_ALU_MASK)
		put_masked(rw);
	else
		put_division(rw);
}

const struct lbpf_step lbpf_step_arithmetic = {
	.letter		= 'm',
	.name		= "arithmetic",
	.effects	= EFF_DIVIDES,
	.flags		= LBPF_INSN_ALU_MASK,
	.applies	= applies,
	.replace	= replace,
};
