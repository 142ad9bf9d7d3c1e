// SPDX-License-Identifier: GPL-2.0
/*
 * Step h: for tests, upper halves that nobody should read get noise
 * (BPF_F_TEST_RND_HI32): who reads one nevertheless shows.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

static bool is_wanted(const struct lbpf_code *code)
{
	return code->needs_rnd_hi32;
}

static bool applies(const struct lbpf_code *code, u32 index)
{
	return (code->aux[index].flags & LBPF_INSN_ZEXT_DEAD) &&
	       !(code->aux[index].flags & LBPF_INSN_MADE);
}

/* Which register the instruction writes; BPF_REG_10: none. */
static u8 written_reg(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_LDX:
		return insn->dst_reg;
	case BPF_STX:
		if (BPF_MODE(insn->code) != BPF_ATOMIC || !(insn->imm & BPF_FETCH))
			return BPF_REG_10;
		return insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg;
	default:
		return BPF_REG_10;
	}
}

/* Any noise does, as long as it differs from place to place. */
static u32 noise_of(u32 index)
{
	return (index + 1) * 0x9e3779b9u;
}

static void replace(struct lbpf_rewrite *rw)
{
	u8 reg = written_reg(rw->insn);

	lbpf_rw_keep(rw);
	if (reg == BPF_REG_10)
		return;
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, REG_AX, noise_of(rw->index)));
	lbpf_rw_put(rw, make_alu64_imm(BPF_LSH, REG_AX, 32));
	lbpf_rw_put(rw, make_alu64(BPF_OR, reg, REG_AX));
}

const struct lbpf_step lbpf_step_high_half = {
	.letter		= 'h',
	.name		= "noise in upper halves",
	.flags		= LBPF_INSN_ZEXT_DEAD,
	.is_wanted	= is_wanted,
	.applies	= applies,
	.replace	= replace,
};
