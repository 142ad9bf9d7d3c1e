// SPDX-License-Identifier: GPL-2.0
/*
 * The driver: survey, emit, place.
 *
 * Layer: jit (p).
 */
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/insn.h>

#include "emit.h"

/*
 * Room for the code of an instruction, more than most take, and for a jump more; it grows when it
 * is too small.
 */
#define GUESSED_BYTES	5
#define GUESSED_JUMP_BYTES	LBPF_X86_JCC_NEAR_BYTES

/* Distances of a function's start and end: the return to the kernel, the one behind the body. */
#define LINKS_PER_FUNC	2

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

/* Arithmetic, of which there is most, is called directly. */
static void emit_insn(struct lbpf_jit *jit)
{
	u8 class = BPF_CLASS(jit->insn->code);

	if (lbpf_jit_may_fuse(jit->insn->code) && lbpf_jit_fuse(jit))
		return;
	if (class == BPF_ALU64 || class == BPF_ALU)
		lbpf_jit_alu(jit);
	else
		emit_class[class](jit);
}

static u32 func_end(const struct lbpf_jit *jit, u32 func_index)
{
	return jit->code->subprogs[func_index + 1].start;
}

/* Room for one instruction, or one end of a function, more. */
static int make_room(struct lbpf_jit *jit)
{
	u32 max = jit->buf.max + jit->buf.max / 2 + JIT_MAX_INSN_BYTES;
	u8 *bytes;

	if (jit->buf.len + JIT_MAX_INSN_BYTES <= jit->buf.max)
		return 0;
	bytes = lbpf_area_alloc_raw(max, 1, NUMA_NO_NODE);
	if (!bytes)
		return -ENOMEM;
	memcpy(bytes, jit->buf.bytes, jit->buf.len);
	lbpf_area_free(jit->buf.bytes);
	jit->buf.bytes = bytes;
	jit->buf.max = max;
	return 0;
}

/* Flags stay as they are over an instruction that has no code. */
static void skip_insn(struct lbpf_jit *jit, u32 index)
{
	if (jit->flags_at + 1 == index && jit->marks[index] == JIT_MARK_USELESS)
		jit->flags_at = index;
}

static int emit_body(struct lbpf_jit *jit, u32 start, u32 end)
{
	const struct lbpf_insn_aux *aux = jit->code->aux;
	const struct bpf_insn *insns = jit->code->insns;
	const u8 *marks = jit->marks;
	u32 *off = jit->off;
	u32 i;

	for (i = start; i < end; i++) {
		off[i] = jit->buf.len;
		if (marks[i] & (JIT_MARK_FUSED | JIT_MARK_USELESS)) {
			skip_insn(jit, i);
			continue;
		}
		if (jit->buf.len + JIT_MAX_INSN_BYTES > jit->buf.max && make_room(jit))
			return -ENOMEM;
		jit->index = i;
		jit->insn = &insns[i];
		jit->aux = &aux[i];
		emit_insn(jit);
	}
	return 0;
}

/* The epilogue is emitted in front too, for its length; it is written over. */
static void measure_epilogue(struct lbpf_jit *jit, struct lbpf_jit_func *func)
{
	u32 start = jit->buf.len, nr_links = jit->nr_links;

	lbpf_jit_epilogue(jit);
	func->epilogue_len = jit->buf.len - start;
	jit->buf.len = start;
	jit->nr_links = nr_links;
}

static int emit_func(struct lbpf_jit *jit)
{
	struct lbpf_jit_func *func = &jit->funcs[jit->func_index];
	u32 start = jit->code->subprogs[jit->func_index].start;
	int err;

	err = make_room(jit);
	if (err)
		return err;
	measure_epilogue(jit, func);
	func->start_off = jit->buf.len;
	lbpf_jit_prologue(jit);
	func->prologue_len = jit->buf.len - func->start_off;
	err = emit_body(jit, start, func_end(jit, jit->func_index));
	if (!err)
		err = make_room(jit);
	if (err)
		return err;
	jit->off[jit->code->nr_insns + 1 + jit->func_index] = jit->buf.len;
	lbpf_jit_epilogue(jit);
	return 0;
}

/* What the survey looks at, by class; the rest does not matter before it is emitted. */
static const bool is_surveyed[8] = {
	[BPF_LD] = true, [BPF_LDX] = true, [BPF_JMP] = true, [BPF_JMP32] = true,
};

/* Notes places for distances, and where jumps lead.  Returns: is it a call? */
static bool survey_insn(struct lbpf_jit *jit, u32 index, u8 class)
{
	const struct bpf_insn *insn = &jit->code->insns[index];
	u32 flags = jit->code->aux[index].flags;

	if (class == BPF_JMP || class == BPF_JMP32) {
		/* A tail call may have two ways. */
		jit->max_places += 1 + (insn->code == LBPF_CODE_NATIVE);
		lbpf_jit_mark_target(jit, index);
		return insn->code == (BPF_JMP | BPF_CALL);
	}
	if (class == BPF_LD) {
		jit->max_places += !!(flags & LBPF_INSN_FUNC_ADDR);
		return false;
	}
	if (!(flags & LBPF_INSN_PROBE_MEM))
		return false;
	jit->max_places++;
	return true;
}

/* What a function names and calls, and where its jumps lead. */
static void survey_func(struct lbpf_jit *jit, u32 nr)
{
	const struct lbpf_subprog *subprog = &jit->code->subprogs[nr];
	const struct lbpf_insn_aux *aux = jit->code->aux;
	const struct bpf_insn *insns = jit->code->insns;
	u32 i, end = subprog[1].start;
	bool has_call = false;
	u16 regs = 0;

	for (i = subprog->start; i < end; i++) {
		u8 class = BPF_CLASS(insns[i].code);

		if (aux[i].flags & LBPF_INSN_USELESS) {
			jit->marks[i] |= JIT_MARK_USELESS;
			continue;
		}
		regs |= lbpf_insn_names(&insns[i]);
		if (is_surveyed[class])
			has_call |= survey_insn(jit, i, class);
	}
	lbpf_jit_plan_frame(jit, nr, regs, has_call);
}

static int survey(struct lbpf_jit *jit)
{
	u32 f;

	for (f = 0; f < jit->code->nr_subprogs; f++)
		survey_func(jit, f);
	jit->max_places += LINKS_PER_FUNC * jit->code->nr_subprogs;
	jit->jumps = lbpf_area_alloc_raw(jit->max_places, sizeof(*jit->jumps), NUMA_NO_NODE);
	jit->links = lbpf_area_alloc_raw(jit->max_places, sizeof(*jit->links), NUMA_NO_NODE);
	jit->buf.max = GUESSED_BYTES * jit->code->nr_insns + GUESSED_JUMP_BYTES * jit->max_places +
		       2 * JIT_MAX_INSN_BYTES;
	jit->buf.bytes = lbpf_area_alloc_raw(jit->buf.max, 1, NUMA_NO_NODE);
	return jit->jumps && jit->links && jit->buf.bytes ? 0 : -ENOMEM;
}

/**
 * lbpf_jit_compile() - Make the image, but for its distances
 * @jit: Opened compilation.
 *
 * Afterwards @jit->size_bytes and all offsets are final.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -EINVAL for an instruction that cannot be encoded.
 */
int lbpf_jit_compile(struct lbpf_jit *jit)
{
	int err = survey(jit);

	for (; jit->func_index < jit->code->nr_subprogs && !err; jit->func_index++)
		err = emit_func(jit);
	if (err)
		return err;
	if (jit->bad_insn || jit->buf.overflow)
		return -EINVAL;
	jit->off[jit->code->nr_insns] = jit->buf.len;
	lbpf_jit_place(jit);
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
	u32 nr = code->nr_insns;

	memset(jit, 0, sizeof(*jit));
	jit->code = code;
	jit->target = target;
	jit->flags_at = U32_MAX - 1;
	jit->has_lea = lbpf_code_wants(code, LBPF_STEP_LEA);
	jit->has_operands = lbpf_code_wants(code, LBPF_STEP_OPERANDS);
	jit->has_narrow = lbpf_code_wants(code, LBPF_STEP_NARROW);
	jit->has_bmi2 = target->has_bmi2 && lbpf_code_wants(code, LBPF_STEP_BMI2);
	jit->off = lbpf_area_alloc_raw(nr + 1 + code->nr_subprogs, sizeof(*jit->off), NUMA_NO_NODE);
	jit->marks = lbpf_area_alloc_array(nr + 1, sizeof(*jit->marks), NUMA_NO_NODE);
	jit->funcs = lbpf_area_alloc_array(code->nr_subprogs, sizeof(*jit->funcs), NUMA_NO_NODE);
	return jit->off && jit->marks && jit->funcs ? 0 : -ENOMEM;
}

/**
 * lbpf_jit_close() - Free what a compilation took
 * @jit: Compilation.
 */
void lbpf_jit_close(struct lbpf_jit *jit)
{
	lbpf_area_free(jit->buf.bytes);
	lbpf_area_free(jit->off);
	lbpf_area_free(jit->marks);
	lbpf_area_free(jit->funcs);
	lbpf_area_free(jit->jumps);
	lbpf_area_free(jit->links);
}
