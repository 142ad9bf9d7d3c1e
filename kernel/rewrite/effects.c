// SPDX-License-Identifier: GPL-2.0
/*
 * What instructions do to registers, by opcode.
 *
 * Layer: rewrite (p).
 */
#include <lbpf/proto.h>

#include "builder.h"

#define REG_BIT(reg)	((u16)(1 << (reg)))
#define ARG_REGS	(REG_BIT(1) | REG_BIT(2) | REG_BIT(3) | REG_BIT(4) | REG_BIT(5))

#define D		EFF_READS_DST
#define S		EFF_READS_SRC
#define W		EFF_WRITES_DST

#define EVERY_SIZE(code, effects)					\
	[(code) | BPF_B] = (effects), [(code) | BPF_H] = (effects),	\
	[(code) | BPF_W] = (effects), [(code) | BPF_DW] = (effects)

/* Arithmetic in both widths: with a constant, with a register. */
#define ALU(op, by_imm, by_reg)							\
	[BPF_ALU | (op) | BPF_K] = (by_imm) | EFF_ALU,				\
	[BPF_ALU64 | (op) | BPF_K] = (by_imm) | EFF_ALU,			\
	[BPF_ALU | (op) | BPF_X] = (by_reg) | EFF_ALU,				\
	[BPF_ALU64 | (op) | BPF_X] = (by_reg) | EFF_ALU

/* Conditional jumps in both widths. */
#define BRANCH(op)								\
	[BPF_JMP | (op) | BPF_K] = D | EFF_JUMP, [BPF_JMP32 | (op) | BPF_K] = D | EFF_JUMP,	\
	[BPF_JMP | (op) | BPF_X] = D | S | EFF_JUMP,				\
	[BPF_JMP32 | (op) | BPF_X] = D | S | EFF_JUMP

/* OR of enum lbpf_insn_effect. */
const u16 lbpf_insn_effects[256] = {
	ALU(BPF_ADD, D | W, D | S | W),
	ALU(BPF_SUB, D | W, D | S | W),
	ALU(BPF_MUL, D | W, D | S | W),
	ALU(BPF_DIV, D | W, D | S | W | EFF_DIVIDES),
	ALU(BPF_OR, D | W, D | S | W),
	ALU(BPF_AND, D | W, D | S | W),
	ALU(BPF_LSH, D | W | EFF_MOVES_UP, D | S | W),
	ALU(BPF_RSH, D | W, D | S | W),
	ALU(BPF_NEG, D | W, D | W),
	ALU(BPF_MOD, D | W, D | S | W | EFF_DIVIDES),
	ALU(BPF_XOR, D | W, D | S | W),
	ALU(BPF_MOV, W, S | W),
	ALU(BPF_ARSH, D | W, D | S | W),
	ALU(BPF_END, D | W, D | W),
	EVERY_SIZE(BPF_LDX | BPF_MEM, S | W | EFF_LOAD),
	EVERY_SIZE(BPF_LDX | BPF_MEMSX, S | W | EFF_LOAD),
	EVERY_SIZE(BPF_ST | BPF_MEM, D | EFF_STORE),
	EVERY_SIZE(BPF_STX | BPF_MEM, D | S | EFF_STORE),
	[BPF_STX | BPF_ATOMIC | BPF_W] = EFF_SPECIAL | EFF_STORE,
	[BPF_STX | BPF_ATOMIC | BPF_DW] = EFF_SPECIAL | EFF_STORE,
	[BPF_LD | BPF_IMM | BPF_DW] = W | EFF_IMM64,
	EVERY_SIZE(BPF_LD | BPF_ABS, EFF_PACKET),
	EVERY_SIZE(BPF_LD | BPF_IND, EFF_PACKET),
	BRANCH(BPF_JEQ), BRANCH(BPF_JNE), BRANCH(BPF_JSET),
	BRANCH(BPF_JGT), BRANCH(BPF_JGE), BRANCH(BPF_JLT), BRANCH(BPF_JLE),
	BRANCH(BPF_JSGT), BRANCH(BPF_JSGE), BRANCH(BPF_JSLT), BRANCH(BPF_JSLE),
	[BPF_JMP | BPF_JA] = EFF_JUMP | EFF_GOTO,
	[BPF_JMP32 | BPF_JA] = EFF_JUMP | EFF_GOTO,
	[BPF_JMP | BPF_CALL] = EFF_SPECIAL | EFF_CALL,
	[BPF_JMP | BPF_EXIT] = EFF_SPECIAL,
	[LBPF_CODE_NATIVE] = EFF_SPECIAL,
};

/**
 * lbpf_insn_is_pure() - Does an instruction only write its dst?
 * @insn: Rewritten instruction; division has been made safe.
 *
 * Context: Any.
 * Return: true if dropping it changes nothing but dst.
 */
bool lbpf_insn_is_pure(const struct bpf_insn *insn)
{
	if (insn->code == LBPF_CODE_NATIVE)
		return insn->imm != LBPF_NATIVE_TAIL_CALL;
	return lbpf_insn_effects[insn->code] & EFF_WRITES_DST;
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
		return aux->flags & LBPF_INSN_KEY_CONST ?
		       REG_BIT(1) : REG_BIT(1) | REG_BIT(2) | REG_BIT(3);
	default:
		return 0;
	}
}

/**
 * lbpf_special_reads() - Registers that an instruction with EFF_SPECIAL reads
 * @insn: Instruction.
 * @aux: What is known of it.
 *
 * Context: Any.
 * Return: OR of bits.
 */
u16 lbpf_special_reads(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	if (insn->code == (BPF_JMP | BPF_CALL))
		return call_reads(aux);
	if (insn->code == (BPF_JMP | BPF_EXIT))
		return REG_BIT(BPF_REG_0);
	if (insn->code == LBPF_CODE_NATIVE)
		return native_reads(insn, aux);
	return REG_BIT(insn->dst_reg) | REG_BIT(insn->src_reg) |
	       (insn->imm == BPF_CMPXCHG ? REG_BIT(BPF_REG_0) : 0);
}

/**
 * lbpf_special_writes() - Registers that an instruction with EFF_SPECIAL writes
 * @insn: Instruction.
 *
 * Context: Any.
 * Return: OR of bits.
 */
u16 lbpf_special_writes(const struct bpf_insn *insn)
{
	if (insn->code == (BPF_JMP | BPF_EXIT))
		return 0;
	if (lbpf_insn_is_pure(insn))
		return REG_BIT(insn->dst_reg);
	/* A tail call that fails leaves what a call leaves. */
	if (insn->code == (BPF_JMP | BPF_CALL) || insn->code == LBPF_CODE_NATIVE)
		return ARG_REGS | REG_BIT(BPF_REG_0);
	if (!(insn->imm & BPF_FETCH))
		return 0;
	return REG_BIT(insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg);
}
