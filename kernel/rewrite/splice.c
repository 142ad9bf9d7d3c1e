// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a step: its edits become part of the program.
 *
 * Layer: rewrite (p).  A step may move instructions apart.  A conditional jump
 * that no longer reaches its target goes over a plain jump to a long one:
 *
 *	if cond goto far		if cond goto 2
 *	next			     1:	goto next
 *				     2:	gotol far
 *
 * which the JIT, following jumps to jumps, makes one machine instruction again.
 */
#include <linux/errno.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "builder.h"
#include "make.h"

/* What a jump that got too long takes more. */
#define FAR_INSNS	2

/**
 * struct splice - The new program
 * @rw: Step.
 * @insns: New instructions.
 * @aux: What travels with them.
 * @nr: Number of them.
 * @new_index: For each old instruction, where what stands for it starts; nr_insns + 1 entries.
 */
struct splice {
	const struct lbpf_rewrite	*rw;
	struct bpf_insn			*insns;
	struct lbpf_insn_aux		*aux;
	u32				nr;
	u32				*new_index;
};

/* What stands for an edit ends here in the pool. */
static u32 edit_end(const struct lbpf_rewrite *rw, u32 nr)
{
	return nr + 1 < rw->nr_edits ? rw->edits[nr + 1].first : rw->nr;
}

/* Every edit is as long as what it stands for.  False: a jump does not reach its target. */
static bool set_distances_in_place(struct lbpf_rewrite *rw)
{
	u32 e, k;

	for (e = 0; e < rw->nr_edits; e++) {
		u32 at = rw->edits[e].index - rw->edits[e].first;

		for (k = rw->edits[e].first; k < edit_end(rw, e); k++)
			if (rw->target[k] &&
			    !lbpf_jump_set_distance(&rw->insns[k], rw->target[k] - (at + k) - 2))
				return false;
	}
	return true;
}

static void put_in_place(struct lbpf_rewrite *rw)
{
	struct lbpf_code *code = rw->code;
	u32 e, k;

	for (e = 0; e < rw->nr_edits; e++) {
		u32 at = rw->edits[e].index - rw->edits[e].first;

		for (k = rw->edits[e].first; k < edit_end(rw, e); k++) {
			code->insns[at + k] = rw->insns[k];
			code->aux[at + k] = rw->new_aux[k];
		}
	}
}

static u32 count_new(const struct lbpf_rewrite *rw)
{
	u32 nr = rw->code->nr_insns + rw->nr, e;

	for (e = 0; e < rw->nr_edits; e++)
		nr -= rw->edits[e].nr_old;
	return nr;
}

static u32 copy_kept(struct splice *splice, u32 from, u32 to)
{
	const struct lbpf_code *code = splice->rw->code;

	for (; from < to; from++) {
		splice->new_index[from] = splice->nr;
		splice->insns[splice->nr] = code->insns[from];
		splice->aux[splice->nr++] = code->aux[from];
	}
	return to;
}

static u32 copy_edit(struct splice *splice, u32 nr)
{
	const struct lbpf_rewrite *rw = splice->rw;
	const struct lbpf_edit *edit = &rw->edits[nr];
	u32 i, k;

	for (i = 0; i < edit->nr_old; i++)
		splice->new_index[edit->index + i] = splice->nr;
	/* What was taken along starts behind what stands for it; nothing leads there. */
	for (k = edit->first; k < edit_end(rw, nr); k++) {
		splice->insns[splice->nr] = rw->insns[k];
		splice->aux[splice->nr++] = rw->new_aux[k];
	}
	return edit->index + edit->nr_old;
}

static void copy_all(struct splice *splice)
{
	const struct lbpf_rewrite *rw = splice->rw;
	u32 i = 0, e;

	for (e = 0; e < rw->nr_edits; e++) {
		copy_kept(splice, i, rw->edits[e].index);
		i = copy_edit(splice, e);
	}
	copy_kept(splice, i, rw->code->nr_insns);
	splice->new_index[rw->code->nr_insns] = splice->nr;
}

/* What is done with each jump between old instructions: new jump @at leads to new @target. */
typedef bool (*jump_fn)(struct splice *splice, u32 at, u32 target, u32 *to);

static bool each_kept_jump(struct splice *splice, u32 from, u32 to, jump_fn fn, u32 *arg)
{
	const struct bpf_insn *insns = splice->rw->code->insns;

	for (; from < to; from++)
		if (lbpf_insn_has_target(&insns[from]) &&
		    !fn(splice, splice->new_index[from],
			splice->new_index[lbpf_jump_target(insns, from)], arg))
			return false;
	return true;
}

static bool each_jump(struct splice *splice, jump_fn fn, u32 *arg)
{
	const struct lbpf_rewrite *rw = splice->rw;
	u32 i = 0, e, k;

	for (e = 0; e < rw->nr_edits; e++) {
		const struct lbpf_edit *edit = &rw->edits[e];
		u32 at = splice->new_index[edit->index] - edit->first;

		if (!each_kept_jump(splice, i, edit->index, fn, arg))
			return false;
		for (k = edit->first; k < edit_end(rw, e); k++)
			if (rw->target[k] &&
			    !fn(splice, at + k, splice->new_index[rw->target[k] - 1], arg))
				return false;
		i = edit->index + edit->nr_old;
	}
	return each_kept_jump(splice, i, rw->code->nr_insns, fn, arg);
}

static bool set_distance(struct splice *splice, u32 at, u32 target, u32 *unused)
{
	return lbpf_jump_set_distance(&splice->insns[at], target - at - 1);
}

static bool note_target(struct splice *splice, u32 at, u32 target, u32 *to)
{
	to[at] = target;
	return true;
}

/**
 * struct layout - The new program while jumps are made longer
 * @to: Target of each instruction; its own index: it is no jump.
 * @pos: Where each instruction comes to lie, nr + 1 entries.
 * @is_far: The instruction is a conditional jump that needs help.
 */
struct layout {
	u32	*to;
	u32	*pos;
	u8	*is_far;
};

static void place(const struct splice *splice, struct layout *layout)
{
	u32 i;

	for (i = 0; i < splice->nr; i++)
		layout->pos[i + 1] = layout->pos[i] + 1 + (layout->is_far[i] ? FAR_INSNS : 0);
}

static s32 distance_of(const struct layout *layout, u32 index)
{
	return (s32)(layout->pos[layout->to[index]] - layout->pos[index]) - 1;
}

static bool is_plain_jump(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_JA) || insn->code == (BPF_JMP32 | BPF_JA);
}

/* One jump more may push another one too far: until none is left. */
static bool find_far(const struct splice *splice, struct layout *layout)
{
	bool has_changed = false;
	u32 i;

	for (i = 0; i < splice->nr; i++) {
		s32 distance = distance_of(layout, i);

		if (layout->to[i] == i || layout->is_far[i] || is_plain_jump(&splice->insns[i]) ||
		    distance == (s16)distance)
			continue;
		layout->is_far[i] = true;
		has_changed = true;
	}
	return has_changed;
}

/* Spreads what has been copied, in larger arrays, from the end. */
static void spread(struct splice *splice, const struct layout *layout)
{
	u32 i = splice->nr;

	while (i--) {
		u32 pos = layout->pos[i];
		s32 distance = distance_of(layout, i);
		struct lbpf_insn_aux made = { .flags = LBPF_INSN_MADE | LBPF_INSN_SEEN,
					      .orig = splice->aux[i].orig };

		splice->insns[pos] = splice->insns[i];
		splice->aux[pos] = splice->aux[i];
		if (layout->is_far[i]) {
			splice->insns[pos].off = 1;
			splice->insns[pos + 1] = make_ja(1);
			splice->insns[pos + 2] = make_insn(BPF_JMP32 | BPF_JA, 0, 0, 0,
							   distance - FAR_INSNS);
			splice->aux[pos + 1] = made;
			splice->aux[pos + 2] = made;
		} else if (layout->to[i] != i) {
			lbpf_jump_set_distance(&splice->insns[pos], distance);
		}
	}
}

static int enlarge(struct splice *splice, u32 nr)
{
	struct bpf_insn *insns = lbpf_area_alloc_raw(nr, sizeof(*insns), NUMA_NO_NODE);
	struct lbpf_insn_aux *aux = lbpf_area_alloc_raw(nr, sizeof(*aux), NUMA_NO_NODE);

	if (!insns || !aux) {
		lbpf_area_free(insns);
		lbpf_area_free(aux);
		return -ENOMEM;
	}
	memcpy(insns, splice->insns, splice->nr * sizeof(*insns));
	memcpy(aux, splice->aux, splice->nr * sizeof(*aux));
	lbpf_area_free(splice->insns);
	lbpf_area_free(splice->aux);
	splice->insns = insns;
	splice->aux = aux;
	return 0;
}

static int move_apart(struct splice *splice, struct layout *layout)
{
	u32 i, nr;
	int err;

	for (i = 0; i < splice->nr; i++)
		layout->to[i] = lbpf_insn_has_target(&splice->insns[i]) ?
				lbpf_jump_target(splice->insns, i) : i;
	each_jump(splice, note_target, layout->to);
	do
		place(splice, layout);
	while (find_far(splice, layout));
	nr = layout->pos[splice->nr];
	err = enlarge(splice, nr);
	if (err)
		return err;
	spread(splice, layout);
	for (i = 0; i <= splice->rw->code->nr_insns; i++)
		splice->new_index[i] = layout->pos[splice->new_index[i]];
	splice->nr = nr;
	return 0;
}

static int lengthen_jumps(struct splice *splice)
{
	u32 nr = splice->nr;
	struct layout layout = {
		.to = lbpf_area_alloc_raw(nr, sizeof(*layout.to), NUMA_NO_NODE),
		.pos = lbpf_area_alloc_array(nr + 1, sizeof(*layout.pos), NUMA_NO_NODE),
		.is_far = lbpf_area_alloc_array(nr, sizeof(*layout.is_far), NUMA_NO_NODE),
	};
	int err = -ENOMEM;

	if (layout.to && layout.pos && layout.is_far)
		err = move_apart(splice, &layout);
	lbpf_area_free(layout.to);
	lbpf_area_free(layout.pos);
	lbpf_area_free(layout.is_far);
	return err;
}

/* Calls and addresses of functions keep the distance in imm, for dumps. */
static void move_funcs(struct lbpf_code *code, const u32 *new_index)
{
	u32 i;

	for (i = 0; i <= code->nr_subprogs; i++)
		code->subprogs[i].start = new_index[code->subprogs[i].start];
	if (code->nr_subprogs == 1)
		return;
	for (i = 0; i < code->nr_insns; i++)
		if (code->aux[i].flags & (LBPF_INSN_SUBPROG_CALL | LBPF_INSN_FUNC_ADDR))
			code->insns[i].imm = code->subprogs[code->aux[i].subprog].start - i - 1;
}

static void adopt(struct splice *splice)
{
	struct lbpf_code *code = splice->rw->code;

	swap(code->insns, splice->insns);
	swap(code->aux, splice->aux);
	code->nr_insns = splice->nr;
	move_funcs(code, splice->new_index);
}

static int splice_moved(struct lbpf_rewrite *rw)
{
	u32 nr = count_new(rw);
	struct splice splice = {
		.rw = rw,
		.insns = lbpf_area_alloc_raw(nr, sizeof(*splice.insns), NUMA_NO_NODE),
		.aux = lbpf_area_alloc_raw(nr, sizeof(*splice.aux), NUMA_NO_NODE),
		.new_index = lbpf_area_alloc_raw(rw->code->nr_insns + 1, sizeof(*splice.new_index),
						 NUMA_NO_NODE),
	};
	int err = -ENOMEM;

	if (splice.insns && splice.aux && splice.new_index) {
		copy_all(&splice);
		err = each_jump(&splice, set_distance, NULL) ? 0 : lengthen_jumps(&splice);
	}
	if (!err)
		adopt(&splice);
	lbpf_area_free(splice.insns);
	lbpf_area_free(splice.aux);
	lbpf_area_free(splice.new_index);
	return err;
}

/**
 * lbpf_rw_splice() - Make the edits of a step part of the program
 * @rw: Step that has written some.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM: the program is unchanged.
 */
int lbpf_rw_splice(struct lbpf_rewrite *rw)
{
	if (!rw->moves && set_distances_in_place(rw)) {
		put_in_place(rw);
		return 0;
	}
	return splice_moved(rw);
}
