// SPDX-License-Identifier: GPL-2.0
/*
 * Taint: numbers that may be others than those that were walked.
 *
 * Layer: verifier.  A forward data flow over the instructions.  Nothing that a
 * verdict rests on is ever tainted: such numbers are precise.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "facts.h"

#define CALL_CLOBBERS	0x3f
#define CALL_ARGS	0x3e

/* Taint behind @insn, when there is @in before it. */
static u32 flow_alu(const struct bpf_insn *insn, u32 in)
{
	bool is_reg = BPF_SRC(insn->code) == BPF_X && BPF_OP(insn->code) != BPF_END;
	u32 dst = BIT(insn->dst_reg), out = in;

	if (BPF_OP(insn->code) == BPF_MOV)
		out &= ~dst;
	return is_reg && in & BIT(insn->src_reg) ? out | dst : out;
}

static u32 flow_load(u32 in, u32 dst)
{
	return in & LBPF_TAINT_STACK ? in | dst : in & ~dst;
}

static u32 flow_store(const struct bpf_insn *insn, u32 in)
{
	u32 out = in;

	if (BPF_CLASS(insn->code) == BPF_ST)
		return in;
	if (in & BIT(insn->src_reg))
		out |= LBPF_TAINT_STACK;
	if (BPF_MODE(insn->code) == BPF_ATOMIC && insn->imm & BPF_FETCH)
		out = flow_load(out, BIT(insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg));
	return out;
}

static u32 flow_jump(const struct bpf_insn *insn, u32 in)
{
	u32 pair = BIT(insn->dst_reg) | BIT(insn->src_reg);

	if (BPF_OP(insn->code) == BPF_CALL)
		return (in & ~CALL_CLOBBERS) | (in & CALL_ARGS ? BIT(BPF_REG_0) : 0);
	/* What is compared with a tainted number, and all that equals it, learned from it. */
	if (BPF_OP(insn->code) != BPF_JA && BPF_OP(insn->code) != BPF_EXIT &&
	    BPF_SRC(insn->code) == BPF_X && in & pair)
		return LBPF_TAINT_ALL;
	return in;
}

static u32 flow(const struct bpf_insn *insn, u32 in)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return flow_alu(insn, in);
	case BPF_LDX:
		return flow_load(in, BIT(insn->dst_reg));
	case BPF_ST:
	case BPF_STX:
		return flow_store(insn, in);
	case BPF_JMP:
	case BPF_JMP32:
		return flow_jump(insn, in);
	default:
		break;
	}
	if (BPF_MODE(insn->code) == BPF_IMM)
		return insn->code ? in & ~BIT(insn->dst_reg) : in;
	return in & ~CALL_CLOBBERS;
}

/**
 * struct work - Instructions whose taint has grown
 * @list: Their indexes.
 * @nr: How many.
 * @is_queued: One for each instruction.
 */
struct work {
	u32	*list;
	u32	nr;
	u8	*is_queued;
};

static void give_taint(struct lbpf_env *env, struct work *work, u32 idx, u32 taint)
{
	if (idx >= env->code->nr_insns || !(taint & ~env->info[idx].taint))
		return;
	env->info[idx].taint |= taint;
	if (work->is_queued[idx])
		return;
	work->is_queued[idx] = 1;
	work->list[work->nr++] = idx;
}

static void follow(struct lbpf_env *env, struct work *work, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);
	u32 out = flow(insn, env->info[idx].taint);
	bool is_jump = (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL;

	if (is_jump && op != BPF_EXIT)
		give_taint(env, work, idx + lbpf_insn_jump_dist(insn) + 1, out);
	if (!is_jump || (op != BPF_EXIT && op != BPF_JA))
		give_taint(env, work, idx + 1, out);
}

static void forget(struct lbpf_fact *fact, bool is_tainted)
{
	if (is_tainted && fact->type == LBPF_SCALAR)
		lbpf_fact_forget(fact);
}

static void forget_tainted(struct lbpf_env *env, bool is_all)
{
	u32 i;

	for (i = 0; i < env->code->nr_insns; i++) {
		u32 taint = is_all ? LBPF_TAINT_ALL : env->info[i].taint;

		forget(&env->code->facts[i].dst, taint & BIT(env->insns[i].dst_reg));
		forget(&env->code->facts[i].src, taint & BIT(env->insns[i].src_reg));
	}
}

/**
 * lbpf_facts_flow() - Let taint flow, and forget what it reaches
 * @env: The run, after the walk.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_facts_flow(struct lbpf_env *env)
{
	u32 nr = env->code->nr_insns, i;
	struct work work = { 0 };
	int err = -ENOMEM;

	/* Values that cross functions are not followed. */
	if (env->code->nr_subprogs > 1) {
		forget_tainted(env, true);
		return 0;
	}
	work.list = lbpf_area_alloc_array(nr, sizeof(*work.list), NUMA_NO_NODE);
	work.is_queued = lbpf_area_alloc_array(nr, sizeof(*work.is_queued), NUMA_NO_NODE);
	if (!work.list || !work.is_queued)
		goto free_work;
	for (i = 0; i < nr; i++) {
		if (!env->info[i].taint)
			continue;
		work.is_queued[i] = 1;
		work.list[work.nr++] = i;
	}
	while (work.nr) {
		i = work.list[--work.nr];
		work.is_queued[i] = 0;
		follow(env, &work, i);
	}
	forget_tainted(env, false);
	err = 0;

free_work:
	lbpf_area_free(work.is_queued);
	lbpf_area_free(work.list);
	return err;
}
