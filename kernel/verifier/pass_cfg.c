// SPDX-License-Identifier: GPL-2.0
/*
 * Control flow: everything is reachable, and loops are only where they may be.
 *
 * Layer: verifier (pass) (p).  A depth-first walk over instructions with a stack
 * of its own, linear in the size of the program.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/numa.h>

#include "env.h"

/* State of an instruction in the walk: which of its edges comes next. */
enum visit {
	NOT_VISITED,
	FIRST_EDGE,	/* on the stack */
	SECOND_EDGE,	/* on the stack, first edge taken */
	NO_EDGE,	/* on the stack, both taken */
	VISITED,
};

/**
 * struct walk - The walk
 * @env: Run of the verifier.
 * @stack: Instructions on the path, by index.
 * @depth: How many.
 * @visit: enum visit of each instruction.
 */
struct walk {
	struct lbpf_env *env;
	u32 *stack;
	u32 depth;
	u8 *visit;
};

/* An edge that is not there. */
#define NOWHERE		S64_MIN

/**
 * struct edges - Where control goes after an instruction
 * @next: To the instruction behind it, or by an unconditional jump.
 * @other: Of a conditional jump, or into a function.
 * @is_call: @other leads into a function, which must not lead back here.
 */
struct edges {
	s64 next;
	s64 other;
	bool is_call;
};

static struct edges edges_of(const struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	struct edges edges = { .next = (s64)idx + 1, .other = NOWHERE };

	switch (lbpf_insn_form(insn->code)) {
	case LBPF_FORM_EXIT:
		edges.next = NOWHERE;
		break;
	case LBPF_FORM_JA:
	case LBPF_FORM_JA32:
		edges.next = (s64)idx + lbpf_insn_jump_dist(insn) + 1;
		break;
	case LBPF_FORM_JCC_K:
	case LBPF_FORM_JCC_X:
		edges.other = (s64)idx + insn->off + 1;
		break;
	case LBPF_FORM_LD_IMM64:
		edges.next = (s64)idx + 2;
		fallthrough;
	case LBPF_FORM_CALL:
		edges.is_call = env->aux[idx].flags &
				(LBPF_INSN_SUBPROG_CALL | LBPF_INSN_FUNC_ADDR);
		if (edges.is_call)
			edges.other = env->code->subprogs[env->aux[idx].subprog].start;
		break;
	default:
		break;
	}
	return edges;
}

static void mark(struct lbpf_env *env, s64 idx, u32 flags)
{
	if (idx >= 0 && idx < env->code->nr_insns)
		env->info[idx].flags |= flags;
}

static void mark_call(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	const struct lbpf_proto *proto;

	mark(env, (s64)idx + 1, LBPF_INFO_PRUNE);
	if (insn->src_reg) {
		mark(env, (s64)idx + 1, LBPF_INFO_JUMP);
		return;
	}
	proto = env->code->pt->helper(insn->imm, env->code);
	if (proto && proto->effects & LBPF_EFF_CALLBACK)
		mark(env, idx, LBPF_INFO_PRUNE | LBPF_INFO_CALLBACK);
}

/* Where checkpoints are worth taking, and where walking back must look for the way. */
static void mark_points(struct lbpf_env *env, u32 idx, const struct edges *edges)
{
	switch (lbpf_insn_form(env->insns[idx].code)) {
	case LBPF_FORM_JA:
	case LBPF_FORM_JA32:
		mark(env, edges->next, LBPF_INFO_PRUNE | LBPF_INFO_JUMP);
		mark(env, (s64)idx + 1, LBPF_INFO_PRUNE | LBPF_INFO_JUMP);
		break;
	case LBPF_FORM_JCC_K:
	case LBPF_FORM_JCC_X:
		mark(env, idx, LBPF_INFO_PRUNE);
		mark(env, edges->other, LBPF_INFO_PRUNE | LBPF_INFO_JUMP);
		break;
	case LBPF_FORM_CALL:
		mark_call(env, idx);
		break;
	default:
		break;
	}
	if (!edges->is_call)
		return;
	mark(env, idx, LBPF_INFO_PRUNE);
	mark(env, edges->other, LBPF_INFO_PRUNE | LBPF_INFO_JUMP);
}

/* As in Linux 6.1 only a jump closes a loop: falling into one that is under way is refused. */
static bool may_loop(u8 code)
{
	enum lbpf_form form = lbpf_insn_form(code);

	return form == LBPF_FORM_JA || form == LBPF_FORM_JA32 || form == LBPF_FORM_JCC_K ||
	       form == LBPF_FORM_JCC_X;
}

static void tell_line(struct lbpf_env *env, u32 idx)
{
	char prefix[16];

	snprintf(prefix, sizeof(prefix), "%u: ", idx);
	lbpf_print_line(env, idx, prefix);
}

static int follow(struct walk *walk, u32 from, s64 to)
{
	struct lbpf_env *env = walk->env;

	if (to == NOWHERE)
		return 0;
	if (to < 0 || to >= env->code->nr_insns) {
		tell_line(env, from);
		return reject(env, -EINVAL, "jump out of range from insn %u to %lld", from, to);
	}
	switch (walk->visit[to]) {
	case NOT_VISITED:
		walk->visit[to] = FIRST_EDGE;
		walk->stack[walk->depth++] = to;
		return 0;
	case VISITED:
		return 0;
	default:
		/*
		 * A loop is left to the walk of states, which bounds it, and so is a function whose
		 * address is taken inside of it; plain recursion is not.
		 */
		if (env->aux[from].flags & LBPF_INSN_FUNC_ADDR)
			return 0;
		if (env->is_capable && may_loop(env->insns[from].code))
			return 0;
		tell_line(env, from);
		return reject(env, -EINVAL, "back-edge from insn %u to %lld", from, to);
	}
}

/* Does control always go on to the next instruction? */
static bool is_plain(u8 code)
{
	u8 class = BPF_CLASS(code);

	return class != BPF_JMP && class != BPF_JMP32 && class != BPF_LD;
}

static int step(struct walk *walk)
{
	u32 idx = walk->stack[walk->depth - 1];
	u8 visit = walk->visit[idx]++;
	struct edges edges;

	if (visit == NO_EDGE) {
		walk->depth--;
		return 0;
	}
	if (is_plain(walk->env->insns[idx].code)) {
		walk->visit[idx] = NO_EDGE;
		return follow(walk, idx, (s64)idx + 1);
	}
	edges = edges_of(walk->env, idx);
	if (visit == SECOND_EDGE)
		return follow(walk, idx, edges.other);
	mark_points(walk->env, idx, &edges);
	return follow(walk, idx, edges.next);
}

static int check_visited(struct walk *walk)
{
	struct lbpf_env *env = walk->env;
	u32 i;

	for (i = 0; i < env->code->nr_insns; i++) {
		if (env->info[i].flags & LBPF_INFO_HIGH_HALF) {
			if (walk->visit[i] != NOT_VISITED)
				return reject(env, -EINVAL,
					      "jump into the middle of ldimm64 insn %u", i - 1);
			continue;
		}
		if (walk->visit[i] != VISITED)
			return reject(env, -EINVAL, "unreachable insn %u", i);
	}
	return 0;
}

static int walk_all(struct walk *walk)
{
	int err;

	walk->visit[0] = FIRST_EDGE;
	walk->stack[walk->depth++] = 0;
	mark(walk->env, 0, LBPF_INFO_PRUNE | LBPF_INFO_JUMP);
	while (walk->depth) {
		err = step(walk);
		if (err)
			return err;
	}
	return check_visited(walk);
}

/**
 * lbpf_pass_cfg() - Check the control flow of a program
 * @env: Run of the verifier, after lbpf_pass_subprogs() and lbpf_pass_resolve().
 *
 * Sets LBPF_INFO_PRUNE, LBPF_INFO_JUMP and LBPF_INFO_CALLBACK.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EINVAL when an instruction is unreachable, a jump ends
 * inside an instruction, a function calls itself, or there is a loop and the
 * loader lacks CAP_BPF.
 */
int lbpf_pass_cfg(struct lbpf_env *env)
{
	struct walk walk = { .env = env };
	int err = -ENOMEM;

	walk.stack = lbpf_area_alloc_array(env->code->nr_insns, sizeof(*walk.stack), NUMA_NO_NODE);
	walk.visit = lbpf_area_alloc_array(env->code->nr_insns, sizeof(*walk.visit), NUMA_NO_NODE);
	if (walk.stack && walk.visit)
		err = walk_all(&walk);
	lbpf_area_free(walk.visit);
	lbpf_area_free(walk.stack);
	return err;
}
