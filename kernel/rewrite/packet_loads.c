// SPDX-License-Identifier: GPL-2.0
/*
 * Step l: LD_ABS and LD_IND become calls of the program type's functions.
 *
 * Layer: rewrite (p).  Source: the BPF instruction set, "Legacy BPF packet
 * access instructions": R6 is the context, R1-R5 are clobbered, the function
 * returns 0 when the packet is too short.
 */
#include <lbpf/progtype.h>

#include "builder.h"
#include "make.h"

static bool applies(const struct lbpf_code *code, u32 index)
{
	u8 code_mode = code->insns[index].code & ~0x18;

	return code_mode == (BPF_LD | BPF_ABS) || code_mode == (BPF_LD | BPF_IND);
}

static const void *load_function(const struct lbpf_rewrite *rw)
{
	switch (BPF_SIZE(rw->insn->code)) {
	case BPF_B:
		return rw->code->pt->ld_abs[0];
	case BPF_H:
		return rw->code->pt->ld_abs[1];
	default:
		return rw->code->pt->ld_abs[2];
	}
}

static void replace(struct lbpf_rewrite *rw)
{
	const struct bpf_insn *insn = rw->insn;

	if (BPF_MODE(insn->code) == BPF_IND) {
		if (insn->src_reg != BPF_REG_4 || !insn->imm)
			lbpf_rw_put(rw, make_alu32(BPF_MOV, BPF_REG_4, insn->src_reg));
		if (insn->imm)
			lbpf_rw_put(rw, make_alu32_imm(BPF_ADD, BPF_REG_4, insn->imm));
	} else {
		lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_4, insn->imm));
	}
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_1, BPF_REG_6));
	lbpf_rw_put_call(rw, load_function(rw));
	lbpf_rw_put(rw, make_jump_imm(BPF_JSGE, BPF_REG_0, 0, 2));
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_0, 0));
	lbpf_rw_put(rw, make_exit());
}

const struct lbpf_step lbpf_step_packet_loads = {
	.letter		= 'l',
	.name		= "packet loads",
	.effects	= EFF_PACKET,
	.applies	= applies,
	.replace	= replace,
};
