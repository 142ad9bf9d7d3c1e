/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What instructions do to registers, by opcode.
 *
 * Layer: rewrite (p).
 */
#ifndef LBPF_REWRITE_EFFECTS_H
#define LBPF_REWRITE_EFFECTS_H

#include <linux/bits.h>
#include <linux/bpf.h>
#include <linux/types.h>

struct lbpf_insn_aux;

enum lbpf_insn_effect {
	EFF_READS_DST	= BIT(0),
	EFF_READS_SRC	= BIT(1),
	EFF_WRITES_DST	= BIT(2),	/* and does nothing else */
	EFF_JUMP	= BIT(3),	/* a jump within its function */
	EFF_SPECIAL	= BIT(4),	/* registers depend on more than the opcode */
	EFF_CALL	= BIT(5),
	EFF_ALU		= BIT(6),
	EFF_LOAD	= BIT(7),
	EFF_STORE	= BIT(8),	/* atomic operations too */
	EFF_IMM64	= BIT(9),
	EFF_PACKET	= BIT(10),	/* LD_ABS, LD_IND */
	EFF_DIVIDES	= BIT(11),	/* by a register */
	EFF_GOTO	= BIT(12),	/* a jump without condition */
	EFF_MOVES_UP	= BIT(13),	/* a shift to the left by a constant */
};

extern const u16 lbpf_insn_effects[256];

bool lbpf_insn_is_pure(const struct bpf_insn *insn);
u16 lbpf_special_reads(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux);
u16 lbpf_special_writes(const struct bpf_insn *insn);

/* Registers of an instruction whose @effects are not special: bit n stands for Rn. */
static inline u16 lbpf_plain_reads(const struct bpf_insn *insn, u16 effects)
{
	return (effects & EFF_READS_DST) << insn->dst_reg |
	       (effects & EFF_READS_SRC) >> 1 << insn->src_reg;
}

static inline u16 lbpf_plain_writes(const struct bpf_insn *insn, u16 effects)
{
	return (effects & EFF_WRITES_DST) >> 2 << insn->dst_reg;
}

static inline u16 lbpf_insn_writes(const struct bpf_insn *insn)
{
	u16 effects = lbpf_insn_effects[insn->code];

	return effects & EFF_SPECIAL ? lbpf_special_writes(insn) : lbpf_plain_writes(insn, effects);
}

#endif /* LBPF_REWRITE_EFFECTS_H */
