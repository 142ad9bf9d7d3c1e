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

/* Longest replacement, and more. */
#define MIN_ROOM	16

static void *grow_array(void *old, u32 nr, u32 max, size_t size_bytes)
{
	void *new = lbpf_area_alloc_raw(max, size_bytes, NUMA_NO_NODE);

	if (new && nr)
		memcpy(new, old, nr * size_bytes);
	return new;
}

/**
 * lbpf_rw_make_room() - Make room for a step's program
 * @rw: Step.
 * @max: Instructions; no fewer than have been written.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOMEM: what there was stays.
 */
int lbpf_rw_make_room(struct lbpf_rewrite *rw, u32 max)
{
	struct bpf_insn *insns = grow_array(rw->insns, rw->nr, max, sizeof(*insns));
	struct lbpf_insn_aux *aux = grow_array(rw->new_aux, rw->nr, max, sizeof(*aux));
	u32 *origin = grow_array(rw->origin, rw->nr, max, sizeof(*origin));

	if (!insns || !aux || !origin) {
		lbpf_area_free(insns);
		lbpf_area_free(aux);
		lbpf_area_free(origin);
		return -ENOMEM;
	}
	lbpf_area_free(rw->insns);
	lbpf_area_free(rw->new_aux);
	lbpf_area_free(rw->origin);
	rw->insns = insns;
	rw->new_aux = aux;
	rw->origin = origin;
	rw->max = max;
	return 0;
}

static void append(struct lbpf_rewrite *rw, struct bpf_insn insn, const struct lbpf_insn_aux *aux,
		   u32 origin)
{
	if (rw->err)
		return;
	if (rw->nr >= MAX_NEW_INSNS)
		rw->err = -E2BIG;
	else if (rw->nr == rw->max)
		rw->err = lbpf_rw_make_room(rw, rw->max + rw->max / 2);
	if (rw->err)
		return;
	rw->insns[rw->nr] = insn;
	rw->new_aux[rw->nr] = *aux;
	rw->origin[rw->nr++] = origin;
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
 * Return: The instruction; NULL where a jump leads to it, or there is none.
 */
const struct bpf_insn *lbpf_rw_next(const struct lbpf_rewrite *rw)
{
	u32 next = rw->index + 1;

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

/*
 * The functions start elsewhere.  Calls and addresses of them keep the distance in imm, for dumps.
 */
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

static void adopt(struct lbpf_rewrite *rw)
{
	struct lbpf_code *code = rw->code;

	swap(code->insns, rw->insns);
	swap(code->aux, rw->new_aux);
	code->nr_insns = rw->nr;
	move_funcs(code, rw->new_index);
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

/* Most instructions are none of a step's business: that must not cost a call. */
static bool applies_to(const struct lbpf_code *code, const struct lbpf_step *step, u32 index)
{
	return (!step->classes || step->classes & LBPF_CLASS(code->insns[index].code)) &&
	       step->applies(code, index);
}

static u32 slots_of(const struct bpf_insn *insn)
{
	return lbpf_rw_is_imm64(insn) ? 2 : 1;
}

static void walk(struct lbpf_rewrite *rw, const struct lbpf_step *step)
{
	const struct lbpf_code *code = rw->code;
	u32 i = 0;

	while (i < code->nr_insns && !rw->err) {
		u32 slots = slots_of(&code->insns[i]);

		rw->index = i;
		rw->insn = &code->insns[i];
		rw->aux = &code->aux[i];
		rw->new_index[i] = rw->nr;
		if (slots == 2)
			rw->new_index[i + 1] = rw->nr;
		if (applies_to(code, step, i))
			step->replace(rw);
		else
			lbpf_rw_keep(rw);
		for (i += slots; rw->nr_ahead; rw->nr_ahead--)
			rw->new_index[i++] = rw->nr;
	}
	rw->new_index[code->nr_insns] = rw->nr;
}

static bool applies_anywhere(const struct lbpf_code *code, const struct lbpf_step *step)
{
	u32 i;

	for (i = 0; i < code->nr_insns; i += lbpf_rw_is_imm64(&code->insns[i]) ? 2 : 1)
		if (applies_to(code, step, i))
			return true;
	return false;
}

/**
 * lbpf_rewrite_step() - Run one step over the whole program
 * @code: Program; unchanged on error.
 * @step: Step.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -E2BIG when the program or a jump grows too long.
 */
int lbpf_rewrite_step(struct lbpf_code *code, const struct lbpf_step *step)
{
	struct lbpf_rewrite rw = { .code = code };

	if (!applies_anywhere(code, step))
		return 0;
	rw.new_index = lbpf_area_alloc_raw(code->nr_insns + 1, sizeof(*rw.new_index), NUMA_NO_NODE);
	rw.is_target = lbpf_find_targets(code);
	rw.err = -ENOMEM;
	if (rw.new_index && rw.is_target)
		rw.err = lbpf_rw_make_room(&rw, code->nr_insns + code->nr_insns / 4 + MIN_ROOM);
	if (!rw.err)
		walk(&rw, step);
	if (!rw.err)
		rw.err = lbpf_rw_repair_jumps(&rw);
	if (!rw.err)
		adopt(&rw);
	lbpf_area_free(rw.insns);
	lbpf_area_free(rw.new_aux);
	lbpf_area_free(rw.origin);
	lbpf_area_free(rw.is_target);
	lbpf_area_free(rw.new_index);
	return rw.err;
}

/* Where each instruction goes; returns how many are left. */
static u32 plan_drop(const struct lbpf_code *code, u32 *new_index,
		     bool (*is_dropped)(const struct lbpf_code *code, u32 index))
{
	u32 nr = 0, i, slots;

	for (i = 0; i < code->nr_insns; i += slots) {
		slots = slots_of(&code->insns[i]);
		new_index[i] = nr;
		if (slots == 2)
			new_index[i + 1] = nr;
		if (!is_dropped(code, i))
			nr += slots;
	}
	new_index[code->nr_insns] = nr;
	return nr;
}

/* Instruction @from goes to place @to, at or before it. */
static void move_insn(struct lbpf_code *code, const u32 *new_index, u32 from, u32 to)
{
	u32 slots = slots_of(&code->insns[from]), i;
	u32 target = 0;
	bool is_jump = lbpf_insn_has_target(&code->insns[from]);

	if (is_jump)
		target = new_index[lbpf_jump_target(code->insns, from)];
	for (i = 0; i < slots && from != to; i++) {
		code->insns[to + i] = code->insns[from + i];
		code->aux[to + i] = code->aux[from + i];
	}
	/* Nothing gets farther away. */
	if (is_jump)
		lbpf_jump_set_distance(&code->insns[to], target - to - 1);
}

/**
 * lbpf_rewrite_drop() - Drop instructions
 * @code: Program; changed in place, unchanged on error.
 * @is_dropped: Is this one no longer needed?
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_rewrite_drop(struct lbpf_code *code,
		      bool (*is_dropped)(const struct lbpf_code *code, u32 index))
{
	u32 *new_index = lbpf_area_alloc_raw(code->nr_insns + 1, sizeof(*new_index), NUMA_NO_NODE);
	u32 i, nr, slots;

	if (!new_index)
		return -ENOMEM;
	nr = plan_drop(code, new_index, is_dropped);
	for (i = 0; i < code->nr_insns && nr != code->nr_insns; i += slots) {
		slots = slots_of(&code->insns[i]);
		if (new_index[i + slots] != new_index[i])
			move_insn(code, new_index, i, new_index[i]);
	}
	if (nr != code->nr_insns) {
		code->nr_insns = nr;
		move_funcs(code, new_index);
	}
	lbpf_area_free(new_index);
	return 0;
}
