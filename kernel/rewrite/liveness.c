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

#include "builder.h"

/**
 * struct flow - Liveness on its way
 * @code: Program.
 * @live_in: For each instruction: bit n: register n is read there or later.
 * @useless: Flag of instructions without use; 0: they stay, and what they read is needed.
 * @has_loop: Some jump goes back.
 * @has_changed: This round found more than the one before.
 */
struct flow {
	struct lbpf_code	*code;
	u16			*live_in;
	u32			useless;
	bool			has_loop;
	bool			has_changed;
};

static bool falls_through(const struct bpf_insn *insn)
{
	return insn->code != (BPF_JMP | BPF_EXIT) && insn->code != (BPF_JMP | BPF_JA) &&
	       insn->code != (BPF_JMP32 | BPF_JA);
}

/* Jumps, calls and the like: what is live before the instruction; @live: before the next one. */
static unsigned long flow_special(struct flow *flow, u32 index, unsigned long live)
{
	const struct bpf_insn *insn = &flow->code->insns[index];
	struct lbpf_insn_aux *aux = &flow->code->aux[index];
	u16 effects = lbpf_insn_effects[insn->code];
	u16 writes;

	if (!falls_through(insn))
		live = 0;
	if (effects & EFF_JUMP) {
		u32 target = lbpf_jump_target(flow->code->insns, index);

		live |= flow->live_in[target];
		flow->has_loop |= target <= index;
	}
	aux->live_out = live;
	if (!(effects & EFF_SPECIAL))
		return live | lbpf_plain_reads(insn, effects);
	aux->flags &= ~LBPF_INSN_USELESS;
	writes = lbpf_special_writes(insn);
	if (!flow->useless || !lbpf_insn_is_pure(insn) || (writes & live))
		return (live & ~writes) | lbpf_special_reads(insn, aux);
	aux->flags |= flow->useless;
	return live;
}

/* All others. */
static inline unsigned long flow_plain(const struct flow *flow, const struct bpf_insn *insn,
				       struct lbpf_insn_aux *aux, unsigned long live)
{
	u32 effects = lbpf_insn_effects[insn->code];
	u32 dst = insn->dst_reg;

	aux->live_out = live;
	if (effects & EFF_WRITES_DST) {
		aux->flags &= ~LBPF_INSN_USELESS;
		if (flow->useless && !(live & BIT(dst))) {
			aux->flags |= flow->useless;
			return live;
		}
		live &= ~BIT(dst);
	}
	if (effects & EFF_READS_DST)
		live |= BIT(dst);
	if (effects & EFF_READS_SRC)
		live |= BIT(insn->src_reg);
	return live;
}

/* One round from the end to the start. */
static void flow_back(struct flow *flow)
{
	struct lbpf_insn_aux *aux = flow->code->aux;
	const struct bpf_insn *insns = flow->code->insns;
	u16 *live_in = flow->live_in;
	unsigned long live = 0, changed = 0;
	u32 i = flow->code->nr_insns;

	while (i--) {
		if (lbpf_insn_effects[insns[i].code] & (EFF_SPECIAL | EFF_JUMP))
			live = flow_special(flow, i, live);
		else
			live = flow_plain(flow, &insns[i], &aux[i], live);
		changed |= live ^ live_in[i];
		live_in[i] = live;
	}
	flow->has_changed = changed;
}

/**
 * lbpf_find_live() - Fill in live_out of all instructions, mark those whose results nobody needs
 * @code: Rewritten program.
 *
 * What is useless stays where it is: the JIT leaves it out, and nothing has to move.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_find_live(struct lbpf_code *code)
{
	struct flow flow = { .code = code };

	flow.useless = lbpf_code_wants(code, LBPF_STEP_USELESS) ? LBPF_INSN_USELESS : 0;
	flow.live_in = lbpf_area_alloc_array(code->nr_insns + 1, sizeof(*flow.live_in),
					     NUMA_NO_NODE);
	if (!flow.live_in)
		return -ENOMEM;
	/* Another round is needed only where some jump goes back. */
	do
		flow_back(&flow);
	while (flow.has_changed && flow.has_loop);
	lbpf_area_free(flow.live_in);
	return 0;
}
