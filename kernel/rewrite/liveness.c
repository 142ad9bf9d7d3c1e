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
 * @live_in: For each instruction: bit n: register n is read there or later; USELESS.
 * @nr_useless: Instructions without use, in this round.
 * @has_loop: Some jump goes back.
 * @has_changed: This round found more than the one before.
 */
struct flow {
	struct lbpf_code	*code;
	u16			*live_in;
	u32			nr_useless;
	bool			has_loop;
	bool			has_changed;
};

/* Nobody needs what the instruction does. */
#define USELESS		BIT(15)

static bool falls_through(const struct bpf_insn *insn)
{
	return insn->code != (BPF_JMP | BPF_EXIT) && insn->code != (BPF_JMP | BPF_JA) &&
	       insn->code != (BPF_JMP32 | BPF_JA);
}

/* Jumps, calls and the like: what is live before the instruction; @live: before the next one. */
static u16 flow_special(struct flow *flow, u32 index, u16 live)
{
	const struct bpf_insn *insn = &flow->code->insns[index];
	struct lbpf_insn_aux *aux = &flow->code->aux[index];
	u16 effects = lbpf_insn_effects[insn->code];
	u16 writes;

	if (!falls_through(insn))
		live = 0;
	if (effects & EFF_JUMP) {
		u32 target = lbpf_jump_target(flow->code->insns, index);

		live |= flow->live_in[target] & ~USELESS;
		flow->has_loop |= target <= index;
	}
	aux->live_out = live;
	if (!(effects & EFF_SPECIAL))
		return live | lbpf_plain_reads(insn, effects);
	writes = lbpf_special_writes(insn);
	if (!lbpf_insn_is_pure(insn) || (writes & live))
		return (live & ~writes) | lbpf_special_reads(insn, aux);
	flow->nr_useless++;
	return live | USELESS;
}

/* One round from the end to the start. */
static void flow_back(struct flow *flow)
{
	struct lbpf_insn_aux *aux = flow->code->aux;
	const struct bpf_insn *insns = flow->code->insns;
	u16 *live_in = flow->live_in;
	u32 i = flow->code->nr_insns, nr_useless = 0;
	bool has_changed = false;
	u16 live = 0;

	while (i--) {
		const struct bpf_insn *insn = &insns[i];
		u16 effects = lbpf_insn_effects[insn->code];

		live &= ~USELESS;
		if (effects & (EFF_SPECIAL | EFF_JUMP)) {
			live = flow_special(flow, i, live);
		} else {
			u16 writes = lbpf_plain_writes(insn, effects);
			bool is_useless = writes && !(writes & live);

			aux[i].live_out = live;
			nr_useless += is_useless;
			live = is_useless ? live | USELESS :
			       (live & ~writes) | lbpf_plain_reads(insn, effects);
		}
		has_changed |= live != live_in[i];
		live_in[i] = live;
	}
	flow->nr_useless += nr_useless;
	flow->has_changed |= has_changed;
}

/* Another round is needed only where some jump goes back. */
static int find_live(struct flow *flow)
{
	flow->live_in = lbpf_area_alloc_array(flow->code->nr_insns + 1, sizeof(*flow->live_in),
					      NUMA_NO_NODE);
	if (!flow->live_in)
		return -ENOMEM;
	do {
		flow->nr_useless = 0;
		flow->has_changed = false;
		flow_back(flow);
	} while (flow->has_changed && flow->has_loop);
	return 0;
}

/**
 * lbpf_find_live() - Fill in live_out of all instructions
 * @code: Rewritten program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_find_live(struct lbpf_code *code)
{
	struct flow flow = { .code = code };
	int err = find_live(&flow);

	lbpf_area_free(flow.live_in);
	return err;
}

/**
 * lbpf_drop_useless() - Fill in live_out, drop instructions whose results nobody needs
 * @code: Rewritten program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_drop_useless(struct lbpf_code *code)
{
	struct flow flow = { .code = code };
	int err = find_live(&flow);

	if (!err && flow.nr_useless && lbpf_code_wants(code, LBPF_STEP_USELESS))
		err = lbpf_rewrite_drop(code, flow.live_in, USELESS);
	lbpf_area_free(flow.live_in);
	return err;
}
