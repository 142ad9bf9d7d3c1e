// SPDX-License-Identifier: GPL-2.0
/*
 * Why a program was refused: in plain words for the log, and as a record.
 *
 * Layer: verifier.  Runs once, when the walk has ended with a refusal and the
 * state that it ended in is still there.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/map.h>
#include <lbpf.h>

#include "walk.h"

/* Steps back along the path, at most; and branches that the log names. */
#define MAX_STEPS	1000000U
#define MAX_TOLD	8

static const char *const nouns[LBPF_NR_REG_TYPES] = {
	[LBPF_NOT_INIT]		= "nothing that was written on this path",
	[LBPF_SCALAR]		= "a number",
	[LBPF_PTR_CTX]		= "a pointer to the context",
	[LBPF_PTR_CONST_MAP]	= "a map",
	[LBPF_PTR_MAP_VALUE]	= "a pointer to a map value",
	[LBPF_PTR_MAP_KEY]	= "a pointer to a map key",
	[LBPF_PTR_STACK]	= "a pointer to the stack",
	[LBPF_PTR_PACKET_META]	= "a pointer to packet metadata",
	[LBPF_PTR_PACKET]	= "a pointer to the packet",
	[LBPF_PTR_PACKET_END]	= "the end of the packet",
	[LBPF_PTR_FLOW_KEYS]	= "a pointer to flow keys",
	[LBPF_PTR_SOCKET]	= "a socket",
	[LBPF_PTR_SOCK_COMMON]	= "the common part of a socket",
	[LBPF_PTR_TCP_SOCK]	= "a TCP socket",
	[LBPF_PTR_TP_BUFFER]	= "a tracepoint buffer",
	[LBPF_PTR_XDP_SOCK]	= "an XDP socket",
	[LBPF_PTR_BTF_ID]	= "a pointer to a kernel object",
	[LBPF_PTR_MEM]		= "a pointer to memory",
	[LBPF_PTR_BUF]		= "a pointer to a buffer",
	[LBPF_PTR_FUNC]		= "a function",
	[LBPF_DYNPTR]		= "a dynamic pointer",
};

static const char *noun_of(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);

	return base < LBPF_NR_REG_TYPES && nouns[base] ? nouns[base] : "a value";
}

/* Bytes that may be accessed where @reg points to; U32_MAX: not a matter of size. */
static u32 limit_of(const struct lbpf_env *env, const struct lbpf_reg *reg)
{
	switch (LBPF_TYPE_BASE(reg->type)) {
	case LBPF_PTR_MAP_VALUE:
		return reg->map->value_size;
	case LBPF_PTR_MAP_KEY:
		return reg->map->key_size;
	case LBPF_PTR_PACKET:
	case LBPF_PTR_PACKET_META:
		return reg->range > 0 ? reg->range : 0;
	case LBPF_PTR_MEM:
	case LBPF_PTR_BUF:
		return reg->mem_size;
	case LBPF_PTR_STACK:
		return 0;
	case LBPF_PTR_CTX:
		return env->code->pt->ctx_size;
	default:
		return U32_MAX;
	}
}

static bool is_access(const struct bpf_insn *insn, u32 regno)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_LDX:
		return insn->src_reg == regno;
	case BPF_ST:
	case BPF_STX:
		return insn->dst_reg == regno;
	default:
		return false;
	}
}

static void fill_reg(const struct lbpf_env *env, struct lbpf_rejection *out)
{
	const struct bpf_insn *insn = &env->insns[env->idx];
	const struct lbpf_reg *reg;

	out->regno = env->judged_reg;
	if (out->regno >= LBPF_NR_REGS)
		return;
	reg = &lbpf_cur_regs(env->cur)[out->regno];
	out->reg.type = reg->type;
	out->reg.tnum_value = reg->var.bits.value;
	out->reg.tnum_mask = reg->var.bits.mask;
	out->reg.umin = reg->var.r64.umin;
	out->reg.umax = reg->var.r64.umax;
	out->reg.smin = reg->var.r64.smin;
	out->reg.smax = reg->var.r64.smax;
	out->reg_off = reg->off;
	if (reg->type == LBPF_SCALAR || reg->type == LBPF_NOT_INIT || !is_access(insn, out->regno))
		return;
	out->access_size = lbpf_insn_access_bytes(insn->code);
	out->access_limit = limit_of(env, reg);
	out->access_min = reg->var.r64.smin + reg->off + insn->off;
	out->access_max = reg->var.r64.smax > LBPF_MAX_VAR_OFF ? S64_MAX :
			  reg->var.r64.smax + reg->off + insn->off;
	if (reg->var.r64.smin < -(s64)LBPF_MAX_VAR_OFF)
		out->access_min = S64_MIN;
}

static bool is_branch(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code), op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_JA && op != BPF_CALL &&
	       op != BPF_EXIT;
}

/**
 * struct trail - A path, followed from its end to its start
 * @state: State or checkpoint whose stretch it is in.
 * @left: Hops of the stretch that are still ahead.
 * @idx: Instruction arrived at.
 */
struct trail {
	const struct lbpf_state	*state;
	u32			left;
	u32			idx;
};

/* The instruction before; false at the start of the path. */
static bool step_back(struct trail *trail)
{
	const struct lbpf_state *state = trail->state;
	const struct lbpf_hop *hop = NULL;

	if (trail->left && state->hops[trail->left - 1].idx == trail->idx)
		hop = &state->hops[--trail->left];
	if (hop) {
		trail->idx = hop->prev_idx;
		return true;
	}
	if (trail->idx != state->first_idx || trail->left) {
		trail->idx--;
		return true;
	}
	trail->idx = state->parent ? state->parent->last_idx : U32_MAX;
	trail->state = state->parent;
	trail->left = state->parent ? state->parent->nr_hops : 0;
	return state->parent;
}

/* The last branches of the path, in the order in which they were walked. */
static void fill_path(const struct lbpf_env *env, struct lbpf_rejection *out)
{
	struct trail trail = { .state = env->cur, .left = env->cur->nr_hops, .idx = env->idx };
	u32 steps, next, i, nr = 0;

	for (steps = 0; steps < MAX_STEPS && nr < LBPF_MAX_DECISIONS; steps++) {
		next = trail.idx;
		if (!step_back(&trail) || trail.idx >= env->code->nr_insns)
			break;
		if (!is_branch(&env->insns[trail.idx]))
			continue;
		out->path[nr].insn_idx = trail.idx;
		out->path[nr++].taken = next != trail.idx + 1;
	}
	out->is_path_cut = nr == LBPF_MAX_DECISIONS || steps == MAX_STEPS;
	out->nr_decisions = nr;
	for (i = 0; i < nr / 2; i++)
		swap(out->path[i], out->path[nr - 1 - i]);
}

static void fill_line(const struct lbpf_env *env, struct lbpf_rejection *out)
{
	const struct bpf_line_info *line = lbpf_line_of(env, env->idx);

	if (!line)
		return;
	out->line = BPF_LINE_INFO_LINE_NUM(line->line_col);
	out->column = BPF_LINE_INFO_LINE_COL(line->line_col);
}

static void fill(struct lbpf_env *env, int err, struct lbpf_rejection *out)
{
	out->err = -err;
	out->insn_idx = U32_MAX;
	out->regno = U32_MAX;
	out->access_limit = U32_MAX;
	out->processed_insns = env->code->processed_insns;
	strscpy(out->rule, env->refusal, sizeof(out->rule));
	if (!env->cur || env->idx >= env->code->nr_insns)
		return;
	out->insn_idx = env->idx;
	out->subprog = env->info[env->idx].subprog;
	out->depth = env->cur->curframe;
	out->is_speculative = env->cur->is_speculative;
	fill_line(env, out);
	fill_reg(env, out);
	fill_path(env, out);
}

static void tell_insn(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	verbose(env, "; refused: instruction %u%s: ", why->insn_idx,
		why->is_speculative ? " (on a path that only a mispredicting CPU takes)" : "");
	lbpf_print_insn(env, why->insn_idx);
}

static void tell_line(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	const struct bpf_line_info *line = lbpf_line_of(env, why->insn_idx);
	const char *file;

	if (!line)
		return;
	file = lbpf_btf_name(env->code->btf, line->file_name_off);
	verbose(env, "; source line %u column %u of %s: %s\n", why->line, why->column,
		file ?: "", lbpf_line_text(env, line));
}

static void tell_number(struct lbpf_env *env, const struct lbpf_reg_fact *reg)
{
	if (!reg->tnum_mask)
		verbose(env, ": %lld", (s64)reg->tnum_value);
	else if (reg->smin == S64_MIN && reg->umax == U64_MAX)
		verbose(env, " of which no bound is known");
	else if (reg->smin < 0)
		verbose(env, " from %lld to %lld (signed)", reg->smin, reg->smax);
	else
		verbose(env, " from %llu to %llu", reg->umin, reg->umax);
}

static void tell_reg(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	verbose(env, "; known: R%u holds %s", why->regno, noun_of(why->reg.type));
	if (why->reg.type & LBPF_MAYBE_NULL)
		verbose(env, ", or NULL");
	if (why->reg.type == LBPF_SCALAR) {
		tell_number(env, &why->reg);
	} else if (why->reg.type != LBPF_NOT_INIT) {
		if (why->reg_off)
			verbose(env, ", moved by %d", why->reg_off);
		if (why->reg.tnum_mask) {
			verbose(env, ", plus a number");
			tell_number(env, &why->reg);
		}
	}
	verbose(env, "\n");
}

/* What the access lacks, when it is a bound. */
static void tell_bound(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	u32 base = LBPF_TYPE_BASE(why->reg.type);
	bool is_packet = base == LBPF_PTR_PACKET || base == LBPF_PTR_PACKET_META;

	if (why->reg.type & LBPF_MAYBE_NULL) {
		verbose(env, "; missed: it must be compared with 0 before it is used\n");
		return;
	}
	if (!why->access_size || why->access_limit == U32_MAX)
		return;
	if (base == LBPF_PTR_STACK) {
		if (why->access_min < -LBPF_STACK_BYTES || why->access_max + why->access_size > 0)
			verbose(env, "; missed: the %u bytes must lie from %d to -1 of the frame\n",
				why->access_size, -LBPF_STACK_BYTES);
		return;
	}
	if (why->access_min == S64_MIN || why->access_min < 0)
		verbose(env, "; missed: a lower bound: the access may start before byte 0\n");
	if (why->access_max == S64_MAX)
		verbose(env, "; missed: an upper bound of what was added to the pointer\n");
	else if (why->access_max + why->access_size > why->access_limit)
		verbose(env, "; missed: %u bytes from byte %lld need %lld, and %u are %s\n",
			why->access_size, why->access_max, why->access_max + why->access_size,
			why->access_limit, is_packet ? "proved to be in the packet" : "there");
}

static void tell_path(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	u32 i = why->nr_decisions > MAX_TOLD ? why->nr_decisions - MAX_TOLD : 0;

	if (!why->nr_decisions)
		return;
	verbose(env, "; path: %s", i || why->is_path_cut ? "..., " : "");
	for (; i < why->nr_decisions; i++)
		verbose(env, "%u %s%s", why->path[i].insn_idx,
			why->path[i].taken ? "jumps" : "goes on",
			i + 1 < why->nr_decisions ? ", " : "\n");
}

static void tell(struct lbpf_env *env, const struct lbpf_rejection *why)
{
	tell_insn(env, why);
	tell_line(env, why);
	if (why->regno < LBPF_NR_REGS) {
		tell_reg(env, why);
		tell_bound(env, why);
	}
	tell_path(env, why);
}

/**
 * lbpf_explain() - Say why the program is refused, in plain words and as a record
 * @env: The run; its state is the one that was refused.
 * @err: -errno of the verdict.
 *
 * Nothing is said of what is no verdict: no memory, a signal.  What is said
 * does not depend on the size of the log: one that is too small ends in ENOSPC.
 */
void lbpf_explain(struct lbpf_env *env, int err)
{
	struct lbpf_rejection *why = env->code->rejection;
	struct lbpf_rejection *own = NULL;

	if (err == -ENOMEM || err == -EAGAIN || env->is_explained)
		return;
	env->is_explained = true;
	if (!why && env->log->level) {
		own = lbpf_zalloc(sizeof(*own), GFP_KERNEL);
		why = own;
	}
	if (!why)
		return;
	fill(env, err, why);
	if (env->log->level && why->insn_idx != U32_MAX)
		tell(env, why);
	lbpf_free(own);
}
