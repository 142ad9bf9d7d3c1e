// SPDX-License-Identifier: GPL-2.0
/*
 * Facts: what is known before each instruction, joined over all visits.
 *
 * Layer: verifier.  A path that ends at a checkpoint may carry other values in
 * imprecise registers than the ones that were walked on from there.  Where
 * that happens the registers are tainted, taint flows with the values
 * (facts_taint.c), and tainted numbers are no facts.
 */
#include <linux/bitops.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include "facts.h"

/* Does the instruction read the register it names as dst? */
static bool reads_dst(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return BPF_OP(insn->code) != BPF_MOV;
	case BPF_ST:
	case BPF_STX:
		return true;
	case BPF_JMP:
	case BPF_JMP32:
		return BPF_OP(insn->code) != BPF_JA && BPF_OP(insn->code) != BPF_CALL &&
		       BPF_OP(insn->code) != BPF_EXIT;
	default:
		return false;
	}
}

/* Likewise src. */
static bool reads_src(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return BPF_SRC(insn->code) == BPF_X && BPF_OP(insn->code) != BPF_END;
	case BPF_LDX:
	case BPF_STX:
		return true;
	case BPF_JMP:
	case BPF_JMP32:
		return BPF_SRC(insn->code) == BPF_X && reads_dst(insn);
	default:
		return BPF_CLASS(insn->code) == BPF_LD && BPF_MODE(insn->code) == BPF_IND;
	}
}

/**
 * lbpf_fact_forget() - Nothing is known of the number of a fact
 * @fact: Fact; keeps its type.
 *
 * Context: Any.
 */
void lbpf_fact_forget(struct lbpf_fact *fact)
{
	fact->tnum_value = 0;
	fact->tnum_mask = U64_MAX;
	fact->umin = 0;
	fact->umax = U64_MAX;
	fact->smin = S64_MIN;
	fact->smax = S64_MAX;
}

static void set(struct lbpf_fact *fact, const struct lbpf_reg *reg)
{
	fact->type = reg->type;
	fact->tnum_value = reg->var.bits.value;
	fact->tnum_mask = reg->var.bits.mask;
	fact->umin = reg->var.r64.umin;
	fact->umax = reg->var.r64.umax;
	fact->smin = reg->var.r64.smin;
	fact->smax = reg->var.r64.smax;
}

static void join(struct lbpf_fact *fact, const struct lbpf_reg *reg)
{
	struct lbpf_tnum bits = { fact->tnum_value, fact->tnum_mask };

	if (fact->type != reg->type) {
		fact->type = LBPF_NOT_INIT;
		lbpf_fact_forget(fact);
		return;
	}
	if (fact->tnum_mask != U64_MAX) {
		bits = lbpf_tnum_join(bits, reg->var.bits);
		fact->tnum_value = bits.value;
		fact->tnum_mask = bits.mask;
	}
	fact->umin = min(fact->umin, reg->var.r64.umin);
	fact->umax = max(fact->umax, reg->var.r64.umax);
	fact->smin = min(fact->smin, reg->var.r64.smin);
	fact->smax = max(fact->smax, reg->var.r64.smax);
}

static void visit(struct lbpf_fact *fact, const struct lbpf_reg *reg, bool is_first)
{
	if (is_first)
		set(fact, reg);
	else if (fact->type != LBPF_NOT_INIT)
		join(fact, reg);
}

/**
 * lbpf_facts_visit() - An instruction is about to be walked
 * @env: The run.
 * @idx: Its index.
 */
void lbpf_facts_visit(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	struct lbpf_insn_facts *facts = &env->code->facts[idx];
	const struct lbpf_reg *regs = lbpf_cur_regs(env->cur);

	if (env->cur->is_speculative)
		return;
	env->aux[idx].flags |= LBPF_INSN_SEEN;
	if (facts->visits != U32_MAX)
		facts->visits++;
	if (insn->dst_reg < LBPF_NR_REGS && reads_dst(insn))
		visit(&facts->dst, &regs[insn->dst_reg], facts->visits == 1);
	if (insn->src_reg < LBPF_NR_REGS && reads_src(insn))
		visit(&facts->src, &regs[insn->src_reg], facts->visits == 1);
}

/**
 * lbpf_facts_branch() - A conditional jump was walked
 * @env: The run.
 * @idx: Its index.
 * @taken: 1: it jumps for certain; 0: it does not; -1: not known.
 *
 * Both flags stand for "not always the same" until lbpf_facts_finish().
 */
void lbpf_facts_branch(struct lbpf_env *env, u32 idx, int taken)
{
	if (env->cur->is_speculative)
		return;
	if (taken != 0)
		env->aux[idx].flags |= LBPF_INSN_ALWAYS;
	if (taken != 1)
		env->aux[idx].flags |= LBPF_INSN_NEVER;
}

static bool is_other(const struct lbpf_reg *old, const struct lbpf_reg *cur)
{
	if (old->type != LBPF_SCALAR || old->is_precise || !(old->live & LBPF_LIVE_READ))
		return false;
	return cur->type != LBPF_SCALAR || (old->id && old->id != cur->id) ||
	       !lbpf_scalar_subset(&old->var, &cur->var);
}

static u32 find_taint(const struct lbpf_frame *old, const struct lbpf_frame *cur)
{
	u32 i, taint = 0;

	for (i = 0; i < LBPF_REG_FP; i++)
		if (is_other(&old->regs[i], &cur->regs[i]))
			taint |= BIT(i);
	for (i = 0; i < old->nr_slots; i++) {
		if (!lbpf_slot_is_spill(&old->slots[i]) ||
		    !(old->slots[i].spilled.live & LBPF_LIVE_READ))
			continue;
		if (i >= cur->nr_slots || !lbpf_slot_is_spill(&cur->slots[i]) ||
		    is_other(&old->slots[i].spilled, &cur->slots[i].spilled))
			taint |= LBPF_TAINT_STACK;
	}
	return taint;
}

/**
 * lbpf_facts_pruned() - The current path ends at a checkpoint
 * @env: The run.
 * @old: Checkpoint.
 */
void lbpf_facts_pruned(struct lbpf_env *env, const struct lbpf_state *old)
{
	u32 i, taint = 0;

	if (env->cur->is_speculative || !env->is_capable)
		return;
	for (i = 0; i <= old->curframe; i++)
		taint |= find_taint(old->frame[i], env->cur->frame[i]);
	env->info[env->idx].taint |= taint;
	env->is_tainted |= taint != 0;
}

/**
 * lbpf_facts_finish() - The walk is over: facts that do not hold go
 * @env: The run.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_facts_finish(struct lbpf_env *env)
{
	const u32 mixed = LBPF_INSN_ALWAYS | LBPF_INSN_NEVER;
	u32 i;

	for (i = 0; i < env->code->nr_insns; i++) {
		struct lbpf_insn_aux *aux = &env->aux[i];

		if ((aux->flags & mixed) == mixed)
			aux->flags &= ~mixed;
		else if (aux->flags & mixed)
			env->code->facts[i].jump = aux->flags & LBPF_INSN_ALWAYS ? 1 : 2;
	}
	return env->is_tainted ? lbpf_facts_flow(env) : 0;
}
