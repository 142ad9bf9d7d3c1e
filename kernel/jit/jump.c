// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps, and transfers to code outside the image.
 *
 * Layer: jit (p).
 */
#include <linux/limits.h>

#include <lbpf/insn.h>

#include "emit.h"

/* Jumps to jumps are followed this far. */
#define MAX_HOPS	8

/* Machine conditions of BPF_JEQ and so on, after CMP, or after TEST for BPF_JSET. */
static const u8 conditions[16] = {
	[BPF_JEQ >> 4]	= X_E,
	[BPF_JGT >> 4]	= X_A,
	[BPF_JGE >> 4]	= X_AE,
	[BPF_JSET >> 4]	= X_NE,
	[BPF_JNE >> 4]	= X_NE,
	[BPF_JSGT >> 4]	= X_G,
	[BPF_JSGE >> 4]	= X_GE,
	[BPF_JLT >> 4]	= X_B,
	[BPF_JLE >> 4]	= X_BE,
	[BPF_JSLT >> 4]	= X_L,
	[BPF_JSLE >> 4]	= X_LE,
};

static bool is_ja(u8 code)
{
	return code == (BPF_JMP | BPF_JA) || code == (BPF_JMP32 | BPF_JA);
}

static bool is_exit(u8 code)
{
	return code == (BPF_JMP | BPF_EXIT);
}

static bool is_jump(u8 code)
{
	u8 class = BPF_CLASS(code);

	if (class != BPF_JMP && class != BPF_JMP32)
		return false;
	return is_ja(code) || conditions[BPF_OP(code) >> 4];
}

/* BPF_JMP32 | BPF_JA has its distance in imm. */
static u32 target_of(const struct lbpf_jit *jit, u32 index)
{
	const struct bpf_insn *insn = &jit->code->insns[index];

	if (insn->code == (BPF_JMP32 | BPF_JA))
		return index + 1 + insn->imm;
	return index + 1 + insn->off;
}

static u32 final_target(const struct lbpf_jit *jit, u32 index)
{
	u32 to = target_of(jit, index);
	u32 hops;

	for (hops = 0; hops < MAX_HOPS && is_ja(jit->code->insns[to].code); hops++)
		to = target_of(jit, to);
	return to;
}

/**
 * lbpf_jit_mark_target() - Note where a jump leads
 * @jit: Compilation.
 * @index: Instruction of class JMP or JMP32.
 */
void lbpf_jit_mark_target(struct lbpf_jit *jit, u32 index)
{
	if (!is_jump(jit->code->insns[index].code))
		return;
	jit->marks[target_of(jit, index)] |= JIT_MARK_TARGET;
	jit->marks[final_target(jit, index)] |= JIT_MARK_TARGET;
}

static bool is_last(const struct lbpf_jit *jit, u32 index)
{
	return index + 1 == jit->code->subprogs[jit->func_index + 1].start;
}

/* A short epilogue is repeated where an exit is not the last instruction. */
static bool has_short_epilogue(const struct lbpf_jit *jit)
{
	return jit->funcs[jit->func_index].epilogue_len <= LBPF_X86_JMP_NEAR_BYTES;
}

/* Entry of the offsets that the jump or exit under way leads to. */
static u32 place_of_target(const struct lbpf_jit *jit)
{
	u32 epilogue = jit->code->nr_insns + 1 + jit->func_index;
	u32 to;

	if (is_exit(jit->insn->code))
		return epilogue;
	to = final_target(jit, jit->index);
	return is_exit(jit->code->insns[to].code) && !has_short_epilogue(jit) ? epilogue : to;
}

/* The jump at the end of the instruction's code, in its long form. */
static void emit_branch(struct lbpf_jit *jit, int cond)
{
	struct lbpf_jit_jump *jump = &jit->jumps[jit->nr_jumps];

	if (jit->nr_jumps == jit->max_places) {
		jit->bad_insn = true;
		return;
	}
	if (cond < 0)
		lbpf_x86_jmp_near(&jit->buf, 0);
	else
		lbpf_x86_jcc_near(&jit->buf, cond, 0);
	jump->to = place_of_target(jit);
	jump->index = jit->index;
	jump->long_end = jit->buf.len;
	jump->end = jit->buf.len;
	jump->saving = cond < 0 ? LBPF_X86_JMP_NEAR_BYTES - LBPF_X86_JMP_SHORT_BYTES :
				  LBPF_X86_JCC_NEAR_BYTES - LBPF_X86_JCC_SHORT_BYTES;
	jump->is_short = false;
	jump->is_new = false;
	jit->nr_jumps++;
}

/* Bytes of the result that the flags tell of; what follows the instruction is emit_simple(). */
static u32 flags_size(const struct bpf_insn *insn)
{
	if (BPF_CLASS(insn->code) == BPF_ALU ||
	    (insn->code == (BPF_ALU64 | BPF_AND | BPF_K) && insn->imm >= 0))
		return 4;
	return 8;
}

/*
 * Does the instruction before leave the flags that a comparison with 0 would?
 * A 32-bit result has a clear upper half: it is 0 in both widths or in none.
 */
static bool has_flags(const struct lbpf_jit *jit, u32 size)
{
	const struct bpf_insn *insn = jit->insn;
	const struct bpf_insn *before = &jit->code->insns[jit->flags_of];
	u8 op = BPF_OP(insn->code);

	/* Flags come from the instruction before, or from nowhere. */
	if (jit->flags_at + 1 != jit->index || (jit->marks[jit->index] & JIT_MARK_TARGET) ||
	    !lbpf_code_wants(jit->code, LBPF_STEP_FLAGS))
		return false;
	return (op == BPF_JEQ || op == BPF_JNE) && before->dst_reg == insn->dst_reg &&
	       flags_size(before) <= size;
}

static bool is_signed(u8 code)
{
	u8 op = BPF_OP(code);

	return op == BPF_JSGT || op == BPF_JSGE || op == BPF_JSLT || op == BPF_JSLE;
}

/* What is compared fits in the lower half on both sides; if there is a sign, with that. */
static u32 compare_size(const struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u64 max = is_signed(insn->code) ? S32_MAX : U32_MAX;
	u32 size = lbpf_jit_size(jit);

	if (size == 4 || !lbpf_jit_may_narrow(jit) ||
	    !lbpf_jit_is_narrow(lbpf_jit_dst_fact(jit), max))
		return size;
	if (BPF_SRC(insn->code) == BPF_K)
		return insn->imm >= 0 ? 4 : 8;
	return lbpf_jit_is_narrow(lbpf_jit_src_fact(jit), max) ? 4 : 8;
}

static void emit_compare(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u8 dst = lbpf_jit_dst(jit);
	bool is_set = BPF_OP(insn->code) == BPF_JSET;

	if (BPF_SRC(insn->code) == BPF_X)
		lbpf_jit_put_rr(jit, is_set ? X_OPCODE(X_TEST) : X_OPCODE(X_CMP),
				compare_size(jit));
	else if (is_set)
		lbpf_x86_test_imm(&jit->buf, lbpf_jit_size(jit), dst, insn->imm);
	else if (insn->imm)
		lbpf_jit_put_imm(jit, X_ALU_CMP, compare_size(jit), insn->imm);
	else if (!has_flags(jit, lbpf_jit_size(jit)))
		lbpf_x86_rr(&jit->buf, X_TEST, compare_size(jit), dst, dst);
}

/**
 * lbpf_jit_jump() - Emit an instruction of class JMP or JMP32
 * @jit: Compilation.
 */
void lbpf_jit_jump(struct lbpf_jit *jit)
{
	u8 code = jit->insn->code;

	if (is_ja(code)) {
		if (target_of(jit, jit->index) != jit->index + 1)
			emit_branch(jit, -1);
	} else if (is_exit(code)) {
		lbpf_jit_return(jit);
	} else if (code == (BPF_JMP | BPF_CALL)) {
		lbpf_jit_call(jit);
	} else if (code == LBPF_CODE_NATIVE) {
		lbpf_jit_native(jit);
	} else if (is_jump(code)) {
		emit_compare(jit);
		emit_branch(jit, conditions[BPF_OP(code) >> 4]);
	} else {
		jit->bad_insn = true;
	}
}

/**
 * lbpf_jit_return() - Emit BPF_EXIT
 * @jit: Compilation.
 *
 * The last instruction of a function falls into the epilogue.  Elsewhere a
 * short epilogue is repeated, to a longer one there is a jump.
 */
void lbpf_jit_return(struct lbpf_jit *jit)
{
	if (is_last(jit, jit->index))
		return;
	if (has_short_epilogue(jit))
		lbpf_jit_epilogue(jit);
	else
		emit_branch(jit, -1);
}

/* What was just emitted ends in a distance. */
static void add_link(struct lbpf_jit *jit, struct lbpf_jit_link link)
{
	if (jit->nr_links == jit->max_places) {
		jit->bad_insn = true;
		return;
	}
	link.end = jit->buf.len;
	jit->links[jit->nr_links++] = link;
}

/**
 * lbpf_jit_link_func() - Have the distance just emitted lead to a function of the program
 * @jit: Compilation.
 * @func: Its number.
 * @to_body: To its body, behind what only the kernel does.
 */
void lbpf_jit_link_func(struct lbpf_jit *jit, u32 func, bool to_body)
{
	add_link(jit, (struct lbpf_jit_link){ .func = func, .to_body = to_body });
}

/**
 * lbpf_jit_near_jump() - Jump to code outside the image
 * @jit: Compilation.
 * @to: Address.
 */
void lbpf_jit_near_jump(struct lbpf_jit *jit, const void *to)
{
	lbpf_x86_jmp_near(&jit->buf, 0);
	add_link(jit, (struct lbpf_jit_link){ .to = to });
}

/**
 * lbpf_jit_near_call() - Call code outside the image
 * @jit: Compilation.
 * @to: Address.
 */
void lbpf_jit_near_call(struct lbpf_jit *jit, const void *to)
{
	if (!to)
		jit->bad_insn = true;
	lbpf_jit_count_call(&jit->buf, jit->target);
	lbpf_x86_call(&jit->buf, 0);
	add_link(jit, (struct lbpf_jit_link){ .to = to });
}

/**
 * lbpf_jit_site_jump() - Jump to where a site is aimed, later
 * @jit: Compilation.
 * @site: Site.
 */
void lbpf_jit_site_jump(struct lbpf_jit *jit, struct lbpf_jump_site *site)
{
	lbpf_x86_jmp_near(&jit->buf, 0);
	add_link(jit, (struct lbpf_jit_link){ .site = site });
}
