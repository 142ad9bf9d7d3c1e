// SPDX-License-Identifier: GPL-2.0
/*
 * Step v: numbers that the facts know become constants of the instructions that
 * use them.
 *
 * Layer: rewrite (p).  Works in place: an instruction is replaced by one.  What
 * only made such a number has no use any more, and goes with the useless ones;
 * a division by it need not be one.
 */
#include <linux/limits.h>

#include "builder.h"
#include "make.h"

static bool is_64_bits(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class == BPF_ALU64 || class == BPF_JMP;
}

/* The register of the fact, in the operation's width: is it a number, and one and the same? */
static bool is_known(const struct lbpf_fact *fact, bool is64)
{
	u64 unknown = is64 ? fact->tnum_mask : (u32)fact->tnum_mask;

	return fact->type == LBPF_SCALAR && !unknown;
}

/* By the operation: is it one of two numbers, with a result that is computed here? */
static bool is_computed(u8 op)
{
	return op <= BPF_MUL || op == BPF_OR || op == BPF_AND || op == BPF_XOR;
}

static bool is_shift(u8 op)
{
	return op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
}

static u64 compute(u8 op, u64 a, u64 b)
{
	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	default:
		return a ^ b;
	}
}

static u64 compute_shift(const struct bpf_insn *insn, u64 value, u32 nr_bits)
{
	bool is64 = is_64_bits(insn);

	switch (BPF_OP(insn->code)) {
	case BPF_LSH:
		return value << nr_bits;
	case BPF_RSH:
		return (is64 ? value : (u32)value) >> nr_bits;
	default:
		return (is64 ? (s64)value : (s32)value) >> nr_bits;
	}
}

/* The constant operand, in the operation's width. */
static u64 operand_of(const struct bpf_insn *insn, const struct lbpf_insn_facts *facts)
{
	u64 operand = BPF_SRC(insn->code) == BPF_X ? facts->src.tnum_value : (u64)(s64)insn->imm;

	return is_64_bits(insn) ? operand : (u32)operand;
}

/* dst op= operand, both known: a move of what comes out, where a move can hold it. */
static bool fold_result(struct bpf_insn *insn, const struct lbpf_insn_facts *facts)
{
	u64 operand = operand_of(insn, facts), result;
	bool is64 = is_64_bits(insn);
	u8 op = BPF_OP(insn->code);

	if (!is_known(&facts->dst, is64))
		return false;
	if (is_computed(op))
		result = compute(op, facts->dst.tnum_value, operand);
	else if (is_shift(op) && operand < (is64 ? 64 : 32))
		result = compute_shift(insn, facts->dst.tnum_value, operand);
	else
		return false;
	if (!is64)
		result = (u32)result;
	if (result <= U32_MAX)
		*insn = make_alu32_imm(BPF_MOV, insn->dst_reg, result);
	else if ((s64)result == (s32)result)
		*insn = make_alu64_imm(BPF_MOV, insn->dst_reg, result);
	else
		return false;
	return true;
}

/* May @value stand in the instruction in place of its source register? */
static bool is_operand(const struct bpf_insn *insn, u64 value)
{
	bool is64 = is_64_bits(insn);
	u8 op = BPF_OP(insn->code);

	if (is64 && (s64)value != (s32)value)
		return false;
	if (!(lbpf_insn_effects[insn->code] & EFF_ALU))
		return true;
	if (is_shift(op))
		return value < (is64 ? 64 : 32);
	return (op != BPF_DIV && op != BPF_MOD) || (u32)value;
}

static void fold_operand(struct bpf_insn *insn, const struct lbpf_insn_facts *facts)
{
	u64 value = facts->src.tnum_value;

	if (!is_64_bits(insn))
		value = (u32)value;
	if (!is_operand(insn, value))
		return;
	insn->code = (insn->code & ~BPF_X) | BPF_K;
	insn->src_reg = 0;
	insn->imm = value;
}

/* A copy is as good as a constant, but for 0. */
static void fold_move(struct bpf_insn *insn, const struct lbpf_insn_facts *facts)
{
	if (!facts->src.tnum_value)
		*insn = make_alu32_imm(BPF_MOV, insn->dst_reg, 0);
}

static void fold(struct bpf_insn *insn, const struct lbpf_insn_facts *facts)
{
	u16 effects = lbpf_insn_effects[insn->code];
	bool is_by_reg = effects & EFF_READS_SRC;

	if (is_by_reg && !is_known(&facts->src, is_64_bits(insn)))
		return;
	if (BPF_OP(insn->code) == BPF_MOV && effects & EFF_ALU) {
		if (is_by_reg && is_known(&facts->src, true))
			fold_move(insn, facts);
		return;
	}
	if (effects & EFF_ALU && fold_result(insn, facts))
		return;
	if (is_by_reg)
		fold_operand(insn, facts);
}

/**
 * lbpf_fold_constants() - Run the step
 * @code: Rewritten program.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_fold_constants(struct lbpf_code *code)
{
	const u32 left_alone = LBPF_INSN_MADE | LBPF_INSN_ALU_MASK;
	u32 i;

	if (!lbpf_code_wants(code, LBPF_STEP_FOLD))
		return 0;
	for (i = 0; i < code->nr_insns; i++) {
		const struct lbpf_insn_aux *aux = &code->aux[i];

		if (!(lbpf_insn_effects[code->insns[i].code] & (EFF_ALU | EFF_JUMP)))
			continue;
		if (aux->facts && !(aux->flags & left_alone))
			fold(&code->insns[i], aux->facts);
	}
	return 0;
}
