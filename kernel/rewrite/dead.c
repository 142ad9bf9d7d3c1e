// SPDX-License-Identifier: GPL-2.0
/*
 * Step d: what the verifier never walked goes, branches it always or never saw
 * taken become plain.  Step n: jumps to the next instruction go.  Step e:
 * functions of which nothing is left go.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

#define DECIDED		(LBPF_INSN_ALWAYS | LBPF_INSN_NEVER)

/* Code that was never walked goes in any case, and so do the branches to it. */
static bool is_wanted(const struct lbpf_code *code, u32 index)
{
	return lbpf_code_wants(code, LBPF_STEP_DEAD) ||
	       !(code->aux[lbpf_jump_target(code->insns, index)].flags & LBPF_INSN_SEEN);
}

static bool is_decided(const struct lbpf_code *code, u32 index)
{
	const struct bpf_insn *insn = &code->insns[index];
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT && (code->aux[index].flags & DECIDED) && is_wanted(code, index);
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
	.flags		= DECIDED,
	.missing	= LBPF_INSN_SEEN,
	.applies	= applies,
	.replace	= replace,
};

static bool is_nop(const struct lbpf_code *code, u32 index)
{
	return code->insns[index].code == (BPF_JMP | BPF_JA) && !code->insns[index].off;
}

static void drop(struct lbpf_rewrite *rw)
{
}

const struct lbpf_step lbpf_step_nops = {
	.letter		= 'n',
	.name		= "jumps to the next instruction",
	.effects	= EFF_GOTO,
	.applies	= is_nop,
	.replace	= drop,
};

/**
 * lbpf_drop_dead_funcs() - Take functions without instructions out of the list
 * @code: Program, without dead code.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int lbpf_drop_dead_funcs(struct lbpf_code *code)
{
	struct lbpf_subprog *subprogs = code->subprogs;
	u16 new_nr[LBPF_MAX_SUBPROGS];
	u32 i, nr = 0;

	for (i = 0; i < code->nr_subprogs; i++) {
		new_nr[i] = nr;
		if (subprogs[i].start == subprogs[i + 1].start)
			continue;
		subprogs[nr++] = subprogs[i];
	}
	if (nr == code->nr_subprogs)
		return 0;
	subprogs[nr] = subprogs[code->nr_subprogs];
	code->nr_subprogs = nr;
	for (i = 0; i < code->nr_insns; i++)
		code->aux[i].subprog = new_nr[code->aux[i].subprog];
	return 0;
}
