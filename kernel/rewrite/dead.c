// SPDX-License-Identifier: GPL-2.0
/*
 * Step d: what the verifier never walked goes, branches it always or never saw
 * taken become plain.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

#define DECIDED		(LBPF_INSN_ALWAYS | LBPF_INSN_NEVER)

static bool is_decided(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT && (code->aux[index].flags & DECIDED);
}

static bool applies(const struct lbpf_code *code, u32 index)
{
	return !(code->aux[index].flags & LBPF_INSN_SEEN) || is_decided(code, index);
}

static void replace(struct lbpf_rewrite *rw)
{
	if (!(rw->aux->flags & LBPF_INSN_SEEN))
		return;
	if (rw->aux->flags & LBPF_INSN_ALWAYS)
		lbpf_rw_put_jump(rw, make_ja(0));
}

const struct lbpf_step lbpf_step_dead = {
	.letter		= 'd',
	.name		= "dead code",
	.applies	= applies,
	.replace	= replace,
};
