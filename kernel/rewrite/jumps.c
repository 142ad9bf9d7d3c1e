// SPDX-License-Identifier: GPL-2.0
/*
 * Where jumps lead after a step.
 *
 * Layer: rewrite (p).  A step moves instructions apart.  A conditional jump
 * that no longer reaches its target goes over a plain jump to a long one:
 *
 *	if cond goto far		if cond goto 2
 *	next			     1:	goto next
 *				     2:	gotol far
 *
 * which the JIT, following jumps to jumps, makes one machine instruction again.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "builder.h"
#include "make.h"

/* What a jump that got too long takes more. */
#define FAR_INSNS	2

/**
 * struct layout - The program of a step while jumps are made longer
 * @to: Target of each instruction; its own index: it is no jump.
 * @pos: Where each instruction comes to lie, nr + 1 entries.
 * @is_far: The instruction is a conditional jump that needs help.
 */
struct layout {
	u32	*to;
	u32	*pos;
	u8	*is_far;
};

static bool is_far_form(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP32 | BPF_JA);
}

/**
 * lbpf_insn_has_target() - Is an instruction a jump within its function?
 * @insn: Instruction.
 *
 * Context: Any.
 * Return: true for conditional and plain jumps.
 */
bool lbpf_insn_has_target(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT &&
	       insn->code != LBPF_CODE_NATIVE;
}

/**
 * lbpf_jump_target() - Where a jump leads
 * @insns: Program.
 * @index: Jump.
 *
 * Context: Any.
 * Return: Index of the target.
 */
u32 lbpf_jump_target(const struct bpf_insn *insns, u32 index)
{
	return index + 1 + lbpf_insn_jump_dist(&insns[index]);
}

/**
 * lbpf_jump_set_distance() - Let a jump lead elsewhere
 * @insn: Jump; a plain one may get its long form.
 * @distance: How far, from the instruction behind it.
 *
 * Context: Any.
 * Return: false when the distance does not fit.
 */
bool lbpf_jump_set_distance(struct bpf_insn *insn, s32 distance)
{
	if (is_far_form(insn)) {
		insn->imm = distance;
		return true;
	}
	if (distance == (s16)distance) {
		insn->off = distance;
		return true;
	}
	if (insn->code != (BPF_JMP | BPF_JA))
		return false;
	*insn = make_insn(BPF_JMP32 | BPF_JA, 0, 0, 0, distance);
	return true;
}

static u32 new_target(const struct lbpf_rewrite *rw, u32 index)
{
	if (rw->origin[index])
		return rw->new_index[lbpf_jump_target(rw->code->insns, rw->origin[index] - 1)];
	return lbpf_insn_has_target(&rw->insns[index]) ? lbpf_jump_target(rw->insns, index) : index;
}

static void place(const struct lbpf_rewrite *rw, struct layout *layout)
{
	u32 i;

	for (i = 0; i < rw->nr; i++)
		layout->pos[i + 1] = layout->pos[i] + 1 + (layout->is_far[i] ? FAR_INSNS : 0);
}

static s32 distance_of(const struct layout *layout, u32 index)
{
	return (s32)(layout->pos[layout->to[index]] - layout->pos[index]) - 1;
}

/* One jump more may push another one too far: until none is left. */
static bool find_far(const struct lbpf_rewrite *rw, struct layout *layout)
{
	bool has_changed = false;
	u32 i;

	for (i = 0; i < rw->nr; i++) {
		const struct bpf_insn *insn = &rw->insns[i];
		s32 distance = distance_of(layout, i);

		if (layout->to[i] == i || layout->is_far[i] || is_far_form(insn) ||
		    insn->code == (BPF_JMP | BPF_JA) || distance == (s16)distance)
			continue;
		layout->is_far[i] = true;
		has_changed = true;
	}
	return has_changed;
}

/* Spreads what has been written; the new places are free, or have been moved already. */
static void spread(struct lbpf_rewrite *rw, const struct layout *layout)
{
	u32 i = rw->nr;

	while (i--) {
		u32 pos = layout->pos[i];
		s32 distance = distance_of(layout, i);
		struct lbpf_insn_aux made = { .flags = LBPF_INSN_MADE | LBPF_INSN_SEEN,
					      .orig = rw->new_aux[i].orig };

		rw->insns[pos] = rw->insns[i];
		rw->new_aux[pos] = rw->new_aux[i];
		if (layout->is_far[i]) {
			rw->insns[pos].off = 1;
			rw->insns[pos + 1] = make_ja(1);
			rw->insns[pos + 2] = make_insn(BPF_JMP32 | BPF_JA, 0, 0, 0,
						       distance - FAR_INSNS);
			rw->new_aux[pos + 1] = made;
			rw->new_aux[pos + 2] = made;
		} else if (layout->to[i] != i) {
			lbpf_jump_set_distance(&rw->insns[pos], distance);
		}
	}
}

static int move_apart(struct lbpf_rewrite *rw, struct layout *layout)
{
	u32 i, nr;
	int err;

	for (i = 0; i < rw->nr; i++)
		layout->to[i] = new_target(rw, i);
	do
		place(rw, layout);
	while (find_far(rw, layout));
	nr = layout->pos[rw->nr];
	err = lbpf_rw_make_room(rw, nr);
	if (err)
		return err;
	spread(rw, layout);
	for (i = 0; i <= rw->code->nr_insns; i++)
		rw->new_index[i] = layout->pos[rw->new_index[i]];
	rw->nr = nr;
	return 0;
}

static int lengthen_jumps(struct lbpf_rewrite *rw)
{
	struct layout layout = {
		.to = lbpf_area_alloc_array(rw->nr, sizeof(*layout.to), NUMA_NO_NODE),
		.pos = lbpf_area_alloc_array(rw->nr + 1, sizeof(*layout.pos), NUMA_NO_NODE),
		.is_far = lbpf_area_alloc_array(rw->nr, sizeof(*layout.is_far), NUMA_NO_NODE),
	};
	int err = -ENOMEM;

	if (layout.to && layout.pos && layout.is_far)
		err = move_apart(rw, &layout);
	lbpf_area_free(layout.to);
	lbpf_area_free(layout.pos);
	lbpf_area_free(layout.is_far);
	return err;
}

/**
 * lbpf_rw_repair_jumps() - Let jumps lead where they led before the step
 * @rw: Step that has written its program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_rw_repair_jumps(struct lbpf_rewrite *rw)
{
	u32 i;

	for (i = 0; i < rw->nr; i++)
		if (rw->origin[i] && !lbpf_jump_set_distance(&rw->insns[i], new_target(rw, i) - i - 1))
			return lengthen_jumps(rw);
	return 0;
}
