// SPDX-License-Identifier: GPL-2.0
/*
 * Step s: speculation barriers that the verifier asked for, and guards of stores.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

#define WANTED		(LBPF_INSN_NOSPEC | LBPF_INSN_SANITIZE_SPILL | LBPF_INSN_GUARD_STORE)

/* Objects are smaller, and nothing is mapped below. */
#define NULL_AREA_BYTES	4096

static bool applies(const struct lbpf_code *code, u32 index)
{
	return code->aux[index].flags & WANTED;
}

static void put_barrier(struct lbpf_rewrite *rw)
{
	lbpf_rw_put(rw, make_insn(LBPF_CODE_BARRIER, 0, 0, 0, 0));
}

/* Behind a store, loads must not get what was in the slot before. */
static void replace(struct lbpf_rewrite *rw)
{
	if (rw->aux->flags & LBPF_INSN_NOSPEC)
		put_barrier(rw);
	if (rw->aux->flags & LBPF_INSN_GUARD_STORE)
		lbpf_rw_put(rw, make_jump_imm(BPF_JLT, rw->insn->dst_reg, NULL_AREA_BYTES, 1));
	lbpf_rw_keep_without(rw, WANTED);
	if (rw->aux->flags & LBPF_INSN_SANITIZE_SPILL)
		put_barrier(rw);
}

const struct lbpf_step lbpf_step_barriers = {
	.letter		= 's',
	.name		= "speculation barriers",
	.flags		= WANTED,
	.applies	= applies,
	.replace	= replace,
};
