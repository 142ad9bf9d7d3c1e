// SPDX-License-Identifier: GPL-2.0
/*
 * Step u: which registers are read later, and instructions nobody needs.
 *
 * Layer: rewrite (p).  What an instruction reads counts only if what it writes
 * is needed itself (or it does more than write a register), so that chains of
 * useless instructions go at once.
 */
#include <linux/errno.h>
#include <linux/numa.h>

#include <lbpf/alloc.h>
#include <lbpf/proto.h>

#include "builder.h"

#define REG_BIT(reg)	((u16)(1 << (reg)))
#define ARG_REGS	(REG_BIT(1) | REG_BIT(2) | REG_BIT(3) | REG_BIT(4) | REG_BIT(5))

/**
 * lbpf_insn_is_pure() - Does an instruction only write its dst?
 * @insn: Rewritten instruction; division has been made safe.
 *
 * Context: Any.
 * Return: true if dropping it changes nothing but dst.
 */
bool lbpf_insn_is_pure(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
	case BPF_LDX:
		return true;
	case BPF_LD:
		return lbpf_rw_is_imm64(insn);
	case BPF_JMP:
		return insn->code == LBPF_CODE_NATIVE && insn->imm != LBPF_NATIVE_TAIL_CALL;
	default:
		return false;
	}
}

static bool is_constant_move(const struct bpf_insn *insn)
{
	return BPF_OP(insn->code) == BPF_MOV && BPF_SRC(insn->code) == BPF_K;
}

static u16 alu_reads(const struct bpf_insn *insn)
{
	u16 dst = REG_BIT(insn->dst_reg);
	u16 src = REG_BIT(insn->src_reg);

	if (BPF_OP(insn->code) == BPF_END || BPF_OP(insn->code) == BPF_NEG)
		return dst;
	if (is_constant_move(insn))
		return 0;
	if (BPF_OP(insn->code) == BPF_MOV)
		return src;
	return BPF_SRC(insn->code) == BPF_X ? dst | src : dst;
}

static u16 call_reads(const struct lbpf_insn_aux *aux)
{
	bool more = aux->proto && aux->proto->effects & LBPF_EFF_PROG;
	u16 regs = 0;
	u32 i;

	if (!aux->proto || (aux->flags & LBPF_INSN_SUBPROG_CALL) ||
	    aux->proto->effects & LBPF_EFF_VARARGS)
		return ARG_REGS;
	for (i = 0; i < LBPF_MAX_ARGS; i++) {
		if (aux->proto->arg[i])
			regs |= REG_BIT(BPF_REG_1 + i);
		else if (more)
			return regs | REG_BIT(BPF_REG_1 + i);
	}
	return regs;
}

static u16 native_reads(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	switch (insn->imm) {
	case LBPF_NATIVE_THIS_CPU_ADDR:
		return REG_BIT(insn->src_reg);
	case LBPF_NATIVE_TAIL_CALL:
		return REG_BIT(1) | REG_BIT(2) |
		       (aux->flags & LBPF_INSN_KEY_CONST ? 0 : REG_BIT(3));
	default:
		return 0;
	}
}

static u16 jump_reads(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	if (insn->code == LBPF_CODE_NATIVE)
		return native_reads(insn, aux);
	switch (BPF_OP(insn->code)) {
	case BPF_JA:
		return 0;
	case BPF_EXIT:
		return REG_BIT(BPF_REG_0);
	case BPF_CALL:
		return call_reads(aux);
	default:
		return REG_BIT(insn->dst_reg) |
		       (BPF_SRC(insn->code) == BPF_X ? REG_BIT(insn->src_reg) : 0);
	}
}

static u16 store_reads(const struct bpf_insn *insn)
{
	u16 regs = REG_BIT(insn->dst_reg) | REG_BIT(insn->src_reg);

	if (BPF_MODE(insn->code) == BPF_ATOMIC && insn->imm == BPF_CMPXCHG)
		regs |= REG_BIT(BPF_REG_0);
	return regs;
}

/**
 * lbpf_insn_reads() - Registers that an instruction reads
 * @code: Rewritten program.
 * @index: Instruction.
 *
 * Context: Any.
 * Return: OR of bits.
 */
u16 lbpf_insn_reads(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];

	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return alu_reads(insn);
	case BPF_LDX:
		return REG_BIT(insn->src_reg);
	case BPF_ST:
		return insn->code == LBPF_CODE_BARRIER ? 0 : REG_BIT(insn->dst_reg);
	case BPF_STX:
		return store_reads(insn);
	case BPF_LD:
		return 0;
	default:
		return jump_reads(insn, &code->aux[index]);
	}
}

/**
 * lbpf_insn_writes() - Registers that an instruction writes
 * @insn: Rewritten instruction.
 *
 * Context: Any.
 * Return: OR of bits.
 */
u16 lbpf_insn_writes(const struct bpf_insn *insn)
{
	if (lbpf_insn_is_pure(insn))
		return REG_BIT(insn->dst_reg);
	/* A tail call that fails leaves what a call leaves. */
	if (insn->code == (BPF_JMP | BPF_CALL) || insn->code == LBPF_CODE_NATIVE)
		return ARG_REGS | REG_BIT(BPF_REG_0);
	if (BPF_CLASS(insn->code) != BPF_STX || BPF_MODE(insn->code) != BPF_ATOMIC ||
	    !(insn->imm & BPF_FETCH))
		return 0;
	return REG_BIT(insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
}

static u16 live_before(const struct lbpf_code *code, u32 index, u16 live_out)
{
	const struct bpf_insn *insn = &code->insns[index];
	u16 writes = lbpf_insn_writes(insn);

	if (lbpf_insn_is_pure(insn) && !(writes & live_out))
		return live_out;
	return (live_out & ~writes) | lbpf_insn_reads(code, index);
}

/* Where a jump leads, or the instruction itself: no jump. */
static u32 target_of(const struct bpf_insn *insn, u32 index)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	if ((class != BPF_JMP && class != BPF_JMP32) || op == BPF_CALL || op == BPF_EXIT ||
	    insn->code == LBPF_CODE_NATIVE)
		return index;
	return index + 1 + (insn->code == (BPF_JMP32 | BPF_JA) ? insn->imm : insn->off);
}

static bool falls_through(const struct bpf_insn *insn)
{
	return insn->code != (BPF_JMP | BPF_EXIT) && insn->code != (BPF_JMP | BPF_JA) &&
	       insn->code != (BPF_JMP32 | BPF_JA);
}

/* One round from the end to the start: is another one needed?  Not where no jump goes back. */
static bool flow_back(struct lbpf_code *code, u16 *live_in)
{
	bool has_changed = false, has_loop = false;
	u32 i = code->nr_insns;

	while (i--) {
		const struct bpf_insn *insn = &code->insns[i];
		u32 target = target_of(insn, i);
		u16 live_out = falls_through(insn) ? live_in[i + 1] : 0;
		u16 live;

		if (target != i)
			live_out |= live_in[target];
		has_loop |= target < i;
		live = live_before(code, i, live_out);
		code->aux[i].live_out = live_out;
		has_changed |= live != live_in[i];
		live_in[i] = live;
	}
	return has_changed && has_loop;
}

/**
 * lbpf_find_live() - Fill in live_out of all instructions
 * @code: Rewritten program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_find_live(struct lbpf_code *code)
{
	u16 *live_in = lbpf_area_alloc_array(code->nr_insns + 1, sizeof(*live_in), NUMA_NO_NODE);

	if (!live_in)
		return -ENOMEM;
	while (flow_back(code, live_in))
		;
	lbpf_area_free(live_in);
	return 0;
}

static bool is_useless(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];

	return lbpf_insn_is_pure(insn) && !(lbpf_insn_writes(insn) & code->aux[index].live_out);
}

/**
 * lbpf_drop_useless() - Drop instructions whose results nobody needs
 * @code: Program with live_out filled in.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_drop_useless(struct lbpf_code *code)
{
	return lbpf_rewrite_drop(code, is_useless);
}
