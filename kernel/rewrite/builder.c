// SPDX-License-Identifier: GPL-2.0
/*
 * Rewriting a program instruction by instruction.
 *
 * Layer: rewrite (p).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "builder.h"
#include "make.h"

/* Where a program may end up; the loader's limit is a tenth of it. */
#define MAX_NEW_INSNS	(10 * LBPF_MAX_INSNS)

/* Room for edits and what they write, once that on the stack is used up. */
#define MORE_EDITS	64
#define MORE_ROOM	64

/* ... and there: many programs need no more. */
#define FIRST_ROOM	8

/**
 * struct first_room - Where edits, and what they write, begin
 * @insns: lbpf_rewrite::insns,
 * @aux: ... ::new_aux,
 * @target: ... ::target,
 * @edits: ... ::edits.
 */
struct first_room {
	struct bpf_insn		insns[FIRST_ROOM];
	struct lbpf_insn_aux	aux[FIRST_ROOM];
	u32			target[FIRST_ROOM];
	struct lbpf_edit	edits[FIRST_ROOM];
};

static void *grow_array(void *old, u32 nr, u32 max, size_t size_bytes)
{
	void *new = lbpf_area_alloc_raw(max, size_bytes, NUMA_NO_NODE);

	if (new && nr)
		memcpy(new, old, nr * size_bytes);
	return new;
}

static void free_pool(struct lbpf_rewrite *rw)
{
	if (rw->max <= FIRST_ROOM)
		return;
	lbpf_area_free(rw->insns);
	lbpf_area_free(rw->new_aux);
	lbpf_area_free(rw->target);
}

static void free_edits(struct lbpf_rewrite *rw)
{
	if (rw->max_edits > FIRST_ROOM)
		lbpf_area_free(rw->edits);
}

static int grow_pool(struct lbpf_rewrite *rw)
{
	u32 max = rw->max > FIRST_ROOM ? rw->max * 2 : MORE_ROOM + rw->code->nr_insns / 4;
	struct bpf_insn *insns = grow_array(rw->insns, rw->nr, max, sizeof(*insns));
	struct lbpf_insn_aux *aux = grow_array(rw->new_aux, rw->nr, max, sizeof(*aux));
	u32 *target = grow_array(rw->target, rw->nr, max, sizeof(*target));

	if (!insns || !aux || !target) {
		lbpf_area_free(insns);
		lbpf_area_free(aux);
		lbpf_area_free(target);
		return -ENOMEM;
	}
	free_pool(rw);
	rw->insns = insns;
	rw->new_aux = aux;
	rw->target = target;
	rw->max = max;
	return 0;
}

/* @jump: index + 1 of the old jump that leads where this one leads; 0: none. */
static void append(struct lbpf_rewrite *rw, struct bpf_insn insn, const struct lbpf_insn_aux *aux,
		   u32 jump)
{
	if (rw->err)
		return;
	if (rw->nr >= MAX_NEW_INSNS)
		rw->err = -E2BIG;
	else if (rw->nr == rw->max)
		rw->err = grow_pool(rw);
	if (rw->err)
		return;
	rw->insns[rw->nr] = insn;
	rw->new_aux[rw->nr] = *aux;
	rw->target[rw->nr++] = jump ? lbpf_jump_target(rw->code->insns, jump - 1) + 1 : 0;
	rw->effects |= lbpf_insn_effects[insn.code];
	rw->flags |= aux->flags;
}

/**
 * lbpf_rw_keep_without() - Keep the instruction under way, less flags
 * @rw: Step.
 * @flags: OR of enum lbpf_insn_flag.
 */
void lbpf_rw_keep_without(struct lbpf_rewrite *rw, u32 flags)
{
	append(rw, *rw->insn, rw->aux, lbpf_insn_has_target(rw->insn) ? rw->index + 1 : 0);
	if (!rw->err)
		rw->new_aux[rw->nr - 1].flags &= ~flags;
	if (lbpf_rw_is_imm64(rw->insn))
		append(rw, rw->insn[1], &rw->aux[1], 0);
}

/**
 * lbpf_rw_keep() - Keep the instruction under way
 * @rw: Step.
 */
void lbpf_rw_keep(struct lbpf_rewrite *rw)
{
	lbpf_rw_keep_without(rw, 0);
}

/**
 * lbpf_rw_put() - Write a new instruction
 * @rw: Step.
 * @insn: Instruction; a jump is local.
 */
void lbpf_rw_put(struct lbpf_rewrite *rw, struct bpf_insn insn)
{
	struct lbpf_insn_aux aux = { .flags = LBPF_INSN_MADE | LBPF_INSN_SEEN,
				     .orig = rw->aux->orig };

	append(rw, insn, &aux, 0);
}

/**
 * lbpf_rw_put_heir() - Write the instruction that does the work of the one under way
 * @rw: Step.
 * @insn: Instruction; no jump.
 * @add_flags: OR of enum lbpf_insn_flag.
 */
void lbpf_rw_put_heir(struct lbpf_rewrite *rw, struct bpf_insn insn, u32 add_flags)
{
	struct lbpf_insn_aux aux = *rw->aux;

	aux.flags |= add_flags;
	append(rw, insn, &aux, 0);
}

/**
 * lbpf_rw_put_jump_of() - Write a jump to where an old one jumps
 * @rw: Step.
 * @insn: Jump; its distance is filled in at the end.
 * @index: Index of the old jump.
 */
void lbpf_rw_put_jump_of(struct lbpf_rewrite *rw, struct bpf_insn insn, u32 index)
{
	struct lbpf_insn_aux aux = { .flags = LBPF_INSN_MADE | LBPF_INSN_SEEN,
				     .orig = rw->aux->orig };

	append(rw, insn, &aux, index + 1);
}

/**
 * lbpf_rw_put_jump() - Write a jump to where the instruction under way jumps
 * @rw: Step.
 * @insn: Jump; its distance is filled in at the end.
 */
void lbpf_rw_put_jump(struct lbpf_rewrite *rw, struct bpf_insn insn)
{
	lbpf_rw_put_jump_of(rw, insn, rw->index);
}

/**
 * lbpf_rw_put_imm64() - Write a load of a 64-bit constant
 * @rw: Step.
 * @dst: Register.
 * @value: Constant.
 */
void lbpf_rw_put_imm64(struct lbpf_rewrite *rw, u8 dst, u64 value)
{
	lbpf_rw_put(rw, make_insn(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, value));
	lbpf_rw_put(rw, make_insn(0, 0, 0, 0, value >> 32));
}

/**
 * lbpf_rw_next() - Look at the next instruction
 * @rw: Step that looks ahead.
 *
 * Context: Process context, may sleep.
 * Return: The instruction; NULL where a jump leads to it, or there is none.
 */
const struct bpf_insn *lbpf_rw_next(struct lbpf_rewrite *rw)
{
	u32 next = rw->index + 1;

	if (!rw->is_target)
		rw->is_target = lbpf_find_targets(rw->code);
	if (!rw->is_target) {
		rw->err = rw->err ?: -ENOMEM;
		return NULL;
	}
	return next < rw->code->nr_insns && !rw->is_target[next] ? &rw->code->insns[next] : NULL;
}

/**
 * lbpf_rw_put_call() - Write a call of a native function
 * @rw: Step.
 * @fn: Function.
 */
void lbpf_rw_put_call(struct lbpf_rewrite *rw, const void *fn)
{
	lbpf_rw_put(rw, make_insn(BPF_JMP | BPF_CALL, 0, 0, 0, 0));
	if (rw->err)
		return;
	rw->new_aux[rw->nr - 1].flags |= LBPF_INSN_NATIVE_CALL;
	rw->new_aux[rw->nr - 1].call_fn = fn;
}

/**
 * lbpf_rw_last_aux() - What travels with the instruction written last
 * @rw: Step that has written something.
 *
 * Return: The aux, or NULL after an error.
 */
struct lbpf_insn_aux *lbpf_rw_last_aux(struct lbpf_rewrite *rw)
{
	return rw->err ? NULL : &rw->new_aux[rw->nr - 1];
}

/**
 * lbpf_find_targets() - Find where straight code ends
 * @code: Program.
 *
 * Context: Process context, may sleep.
 * Return: For each instruction: does some jump lead to it, or a function start
 * there?  To be freed with lbpf_area_free().  NULL: no memory.
 */
u8 *lbpf_find_targets(const struct lbpf_code *code)
{
	u8 *is_target = lbpf_area_alloc_array(code->nr_insns + 1, sizeof(*is_target), NUMA_NO_NODE);
	u32 i;

	if (!is_target)
		return NULL;
	for (i = 0; i < code->nr_insns; i++)
		if (lbpf_insn_has_target(&code->insns[i]))
			is_target[lbpf_jump_target(code->insns, i)] = true;
	for (i = 0; i < code->nr_subprogs; i++)
		is_target[code->subprogs[i].start] = true;
	return is_target;
}

/**
 * lbpf_survey_code() - Find out what occurs in a program
 * @code: Program.
 * @survey: Filled in.
 *
 * Context: Any.
 */
void lbpf_survey_code(const struct lbpf_code *code, struct lbpf_survey *survey)
{
	u32 flags = 0, common = ~0u, i;
	u16 effects = 0;

	for (i = 0; i < code->nr_insns; i++) {
		/* The second half of a 16-byte load has no flags. */
		if (!code->insns[i].code)
			continue;
		effects |= lbpf_insn_effects[code->insns[i].code];
		flags |= code->aux[i].flags;
		common &= code->aux[i].flags;
	}
	*survey = (struct lbpf_survey){ .effects = effects, .flags = flags, .common = common };
}

static bool is_needed(const struct lbpf_code *code, const struct lbpf_step *step,
		      const struct lbpf_survey *survey)
{
	if (step->is_wanted && !step->is_wanted(code))
		return false;
	return (survey->effects & step->effects) || (survey->flags & step->flags) ||
	       (~survey->common & step->missing);
}

static u32 slots_of(const struct bpf_insn *insn)
{
	return lbpf_rw_is_imm64(insn) ? 2 : 1;
}

static struct lbpf_edit *new_edit(struct lbpf_rewrite *rw)
{
	u32 max = rw->max_edits > FIRST_ROOM ? rw->max_edits * 2 : MORE_EDITS;
	struct lbpf_edit *edits;

	if (rw->nr_edits < rw->max_edits)
		return &rw->edits[rw->nr_edits++];
	edits = grow_array(rw->edits, rw->nr_edits, max, sizeof(*edits));
	if (!edits) {
		rw->err = -ENOMEM;
		return NULL;
	}
	free_edits(rw);
	rw->edits = edits;
	rw->max_edits = max;
	return &rw->edits[rw->nr_edits++];
}

/* One for one, and no jump: that needs no splice.  What was written goes out of the pool. */
static void put_at_once(struct lbpf_rewrite *rw)
{
	rw->nr--;
	rw->nr_edits--;
	rw->code->insns[rw->index] = rw->insns[rw->nr];
	rw->code->aux[rw->index] = rw->new_aux[rw->nr];
}

/* Returns how many old instructions it was. */
static u32 edit(struct lbpf_rewrite *rw, const struct lbpf_step *step, u32 index, u32 slots)
{
	struct lbpf_edit *new = new_edit(rw);

	if (!new)
		return slots;
	rw->index = index;
	rw->insn = &rw->code->insns[index];
	rw->aux = &rw->code->aux[index];
	rw->nr_ahead = 0;
	new->index = index;
	new->first = rw->nr;
	step->replace(rw);
	slots += rw->nr_ahead;
	new->nr_old = slots;
	if (slots == 1 && rw->nr == new->first + 1 && !rw->target[new->first] && !rw->err)
		put_at_once(rw);
	else
		rw->moves |= rw->nr - new->first != slots;
	return slots;
}

/**
 * struct search - What a step looks for in this program
 * @effects: Instructions with any of these effects,
 * @flags: ... with any of these flags,
 * @missing: ... and without any of these.
 */
struct search {
	u16	effects;
	u32	flags;
	u32	missing;
};

static u32 next_with_flags(const struct lbpf_code *code, u32 flags, u32 i)
{
	const struct lbpf_insn_aux *aux = code->aux;
	u32 nr = code->nr_insns;

	while (i < nr && (!(aux[i].flags & flags) || !code->insns[i].code))
		i++;
	return i;
}

static u32 next_with_effects(const struct lbpf_code *code, u16 effects, u32 i)
{
	const struct bpf_insn *insns = code->insns;
	u32 nr = code->nr_insns;

	while (i < nr && !(lbpf_insn_effects[insns[i].code] & effects))
		i++;
	return i;
}

/*
 * Most instructions are none of a step's business, and most steps look for one thing only.  The
 * second half of a 16-byte load, whose opcode is 0, is none.
 */
static u32 find_next(const struct lbpf_code *code, const struct search *search, u32 i)
{
	if (!search->effects && !search->missing)
		return next_with_flags(code, search->flags, i);
	if (!search->flags && !search->missing)
		return next_with_effects(code, search->effects, i);
	for (; i < code->nr_insns; i += slots_of(&code->insns[i]))
		if ((lbpf_insn_effects[code->insns[i].code] & search->effects) ||
		    (code->aux[i].flags & search->flags) ||
		    (~code->aux[i].flags & search->missing))
			break;
	return i;
}

static void walk(struct lbpf_rewrite *rw, const struct lbpf_step *step,
		 const struct lbpf_survey *survey)
{
	const struct lbpf_code *code = rw->code;
	const struct search search = {
		.effects	= step->effects & survey->effects,
		.flags		= step->flags & survey->flags,
		.missing	= step->missing & ~survey->common,
	};
	u32 i = find_next(code, &search, 0);

	while (i < code->nr_insns && !rw->err) {
		u32 slots = slots_of(&code->insns[i]);

		i += step->applies(code, i) ? edit(rw, step, i, slots) : slots;
		i = find_next(code, &search, i);
	}
}

/**
 * lbpf_rewrite_step() - Run one step over the whole program
 * @code: Program; unchanged on error.
 * @step: Step.
 * @survey: What occurs in it; kept up to date.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -E2BIG when the program grows too long.
 */
int lbpf_rewrite_step(struct lbpf_code *code, const struct lbpf_step *step,
		      struct lbpf_survey *survey)
{
	struct first_room room;
	struct lbpf_rewrite rw = { .code = code, .insns = room.insns, .new_aux = room.aux,
				   .target = room.target, .max = FIRST_ROOM,
				   .edits = room.edits, .max_edits = FIRST_ROOM };

	if (!is_needed(code, step, survey))
		return 0;
	walk(&rw, step, survey);
	if (!rw.err && rw.nr_edits)
		rw.err = lbpf_rw_splice(&rw);
	survey->effects |= rw.effects;
	survey->flags |= rw.flags;
	free_pool(&rw);
	free_edits(&rw);
	lbpf_area_free(rw.is_target);
	return rw.err;
}
