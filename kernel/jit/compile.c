// SPDX-License-Identifier: GPL-2.0
/*
 * The driver: measure, shorten jumps, place, produce.
 *
 * Layer: jit (p).
 */
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "emit.h"

/* Rounds of jump shortening; what is still long then stays long. */
#define MAX_ROUNDS	16

static void (*const emit_class[8])(struct lbpf_jit *jit) = {
	[BPF_LD]	= lbpf_jit_load_imm64,
	[BPF_LDX]	= lbpf_jit_load,
	[BPF_ST]	= lbpf_jit_store_imm,
	[BPF_STX]	= lbpf_jit_store,
	[BPF_ALU]	= lbpf_jit_alu,
	[BPF_JMP]	= lbpf_jit_jump,
	[BPF_JMP32]	= lbpf_jit_jump,
	[BPF_ALU64]	= lbpf_jit_alu,
};

static bool is_after_flags(const struct lbpf_jit *jit)
{
	return jit->zero_index + 1 == jit->index && !(jit->marks[jit->index] & JIT_MARK_TARGET);
}

static void emit_insn(struct lbpf_jit *jit, u32 index)
{
	jit->index = index;
	jit->insn = &jit->code->insns[index];
	jit->aux = &jit->code->aux[index];
	if (jit->marks[index] & JIT_MARK_FUSED)
		return;
	/* Flags come from the instruction before, or from nowhere. */
	if (!is_after_flags(jit))
		jit->zero_flag = X_NONE;
	if (!lbpf_jit_fuse(jit))
		emit_class[BPF_CLASS(jit->insn->code)](jit);
}

static u32 func_end(const struct lbpf_jit *jit, u32 func_index)
{
	return jit->code->subprogs[func_index + 1].start;
}

/* Length of what @emit writes for the function under way. */
static u32 measure_part(struct lbpf_jit *jit, void (*emit)(struct lbpf_jit *jit))
{
	jit->buf.len = 0;
	emit(jit);
	return jit->buf.len;
}

static void measure_func(struct lbpf_jit *jit)
{
	struct lbpf_jit_func *func = &jit->funcs[jit->func_index];
	u32 end = func_end(jit, jit->func_index);
	u32 i;

	func->prologue_len = measure_part(jit, lbpf_jit_prologue);
	func->epilogue_len = measure_part(jit, lbpf_jit_epilogue);
	for (i = jit->code->subprogs[jit->func_index].start; i < end; i++) {
		jit->buf.len = 0;
		emit_insn(jit, i);
		jit->len[i] = jit->buf.len;
	}
}

/* Offsets from lengths. */
static void place(struct lbpf_jit *jit)
{
	u32 off = 0;
	u32 f, i;

	for (f = 0; f < jit->code->nr_subprogs; f++) {
		struct lbpf_jit_func *func = &jit->funcs[f];

		func->start_off = off;
		off += func->prologue_len;
		for (i = jit->code->subprogs[f].start; i < func_end(jit, f); i++) {
			jit->off[i] = off;
			off += jit->len[i];
		}
		func->epilogue_off = off;
		off += func->epilogue_len;
	}
	jit->off[jit->code->nr_insns] = off;
	jit->size_bytes = off;
}

static bool can_be_short(const struct lbpf_jit *jit, u32 index, u32 saving)
{
	u32 end = jit->off[index] + jit->len[index];
	u32 to = lbpf_jit_branch_off(jit, index);
	s32 disp = to - end;

	/* Forward, the end moves with what is saved; backward it moves towards the target. */
	if (disp < 0)
		disp += saving;
	return lbpf_x86_is_s8(disp);
}

/* Distances only shrink, so that what fits now fits in the end. */
static bool shorten_jumps(struct lbpf_jit *jit)
{
	bool has_changed = false;
	u32 i;

	for (i = 0; i < jit->code->nr_insns; i++) {
		u8 marks = jit->marks[i];
		u32 saving;

		if (!(marks & (JIT_MARK_JCC | JIT_MARK_JMP)) || (marks & JIT_MARK_SHORT))
			continue;
		saving = marks & JIT_MARK_JCC ? LBPF_X86_JCC_NEAR_BYTES - LBPF_X86_JCC_SHORT_BYTES :
						LBPF_X86_JMP_NEAR_BYTES - LBPF_X86_JMP_SHORT_BYTES;
		if (!can_be_short(jit, i, saving))
			continue;
		jit->marks[i] |= JIT_MARK_SHORT;
		jit->len[i] -= saving;
		has_changed = true;
	}
	return has_changed;
}

/**
 * lbpf_jit_measure() - Lay out the image
 * @jit: Opened compilation.
 *
 * Afterwards @jit->size_bytes and all offsets are final.
 *
 * Return: 0, or -EINVAL for an instruction that cannot be encoded.
 */
int lbpf_jit_measure(struct lbpf_jit *jit)
{
	u8 scratch[JIT_MAX_INSN_BYTES];
	u32 round = 0;

	jit->buf = (struct lbpf_x86_buf){ .bytes = scratch, .max = sizeof(scratch) };
	lbpf_jit_plan_frames(jit);
	lbpf_jit_mark_targets(jit);
	for (jit->func_index = 0; jit->func_index < jit->code->nr_subprogs; jit->func_index++)
		measure_func(jit);
	jit->buf.bytes = NULL;
	if (jit->bad_insn || jit->buf.overflow)
		return -EINVAL;
	place(jit);
	while (round++ < MAX_ROUNDS && shorten_jumps(jit))
		place(jit);
	jit->is_placed = true;
	return 0;
}

static bool produce_func(struct lbpf_jit *jit)
{
	u32 end = func_end(jit, jit->func_index);
	u32 i;

	lbpf_jit_prologue(jit);
	for (i = jit->code->subprogs[jit->func_index].start; i < end; i++) {
		if (jit->buf.len != jit->off[i])
			return false;
		emit_insn(jit, i);
	}
	if (jit->buf.len != jit->funcs[jit->func_index].epilogue_off)
		return false;
	lbpf_jit_epilogue(jit);
	return true;
}

/**
 * lbpf_jit_produce() - Write the image
 * @jit: Measured compilation.
 * @staging: Room for @jit->size_bytes.
 * @base: Address that the code will run at.
 *
 * Return: 0, or -EINVAL when the code is not what was measured (a bug).
 */
int lbpf_jit_produce(struct lbpf_jit *jit, u8 *staging, unsigned long base)
{
	jit->buf = (struct lbpf_x86_buf){ .bytes = staging, .max = jit->size_bytes };
	jit->base = base;
	for (jit->func_index = 0; jit->func_index < jit->code->nr_subprogs; jit->func_index++)
		if (!produce_func(jit))
			return -EINVAL;
	if (jit->bad_insn || jit->buf.overflow || jit->buf.len != jit->size_bytes)
		return -EINVAL;
	return 0;
}

/**
 * lbpf_jit_open() - Start a compilation
 * @jit: Filled in.
 * @code: Rewritten program; stays the caller's.
 * @target: Machine.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM.  lbpf_jit_close() in both cases.
 */
int lbpf_jit_open(struct lbpf_jit *jit, const struct lbpf_code *code,
		  const struct lbpf_jit_target *target)
{
	memset(jit, 0, sizeof(*jit));
	jit->code = code;
	jit->target = target;
	jit->off = lbpf_area_alloc_array(code->nr_insns + 1, sizeof(*jit->off), NUMA_NO_NODE);
	jit->len = lbpf_area_alloc_array(code->nr_insns, sizeof(*jit->len), NUMA_NO_NODE);
	jit->marks = lbpf_area_alloc_array(code->nr_insns + 1, sizeof(*jit->marks), NUMA_NO_NODE);
	jit->funcs = lbpf_area_alloc_array(code->nr_subprogs, sizeof(*jit->funcs), NUMA_NO_NODE);
	return jit->off && jit->len && jit->marks && jit->funcs ? 0 : -ENOMEM;
}

/**
 * lbpf_jit_close() - Free what a compilation took
 * @jit: Compilation.
 */
void lbpf_jit_close(struct lbpf_jit *jit)
{
	lbpf_area_free(jit->off);
	lbpf_area_free(jit->len);
	lbpf_area_free(jit->marks);
	lbpf_area_free(jit->funcs);
}
