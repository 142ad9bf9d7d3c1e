/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rewriting a program instruction by instruction.
 *
 * Layer: rewrite (p).  A step walks the program once and writes down edits; the
 * program changes at the end of the step: in place where every edit is as long as
 * what it stands for, else by a copy with jumps repaired.  A survey of the program
 * tells beforehand which steps have nothing to do.
 */
#ifndef LBPF_REWRITE_BUILDER_H
#define LBPF_REWRITE_BUILDER_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/code.h>
#include <lbpf/insn.h>

#include "effects.h"

/* Scratch register of replacements: programs cannot name it. */
#define REG_AX		LBPF_REG_AX

/**
 * struct lbpf_edit - What a step does with one instruction, or some in a row
 * @index: The first of them.
 * @nr_old: Their number; a 16-byte load counts twice.
 * @first: First of what stands for them, in the pool; it ends where that of the next edit begins.
 */
struct lbpf_edit {
	u32	index;
	u32	nr_old;
	u32	first;
};

/**
 * struct lbpf_rewrite - A step at work
 * @code: Program as it was before the step.
 * @index: Instruction under way.
 * @insn: ... itself.
 * @aux: ... and what is known of it.
 * @insns: The pool: what has been written, of all edits one after the other.
 * @new_aux: ... and what travels with it.
 * @target: For each: index + 1 of the old instruction that it jumps to; 0: none, or a local jump.
 * @nr: Instructions in the pool.
 * @max: Room.
 * @edits: Edits, in order.
 * @nr_edits: Number of them.
 * @max_edits: Room.
 * @moves: Some instruction gets another index.
 * @is_target: For each old instruction: some jump leads to it; NULL: not asked for yet.
 * @nr_ahead: Further instructions that the one under way has taken along.
 * @effects: OR of the effects of the pool.
 * @flags: OR of the flags of the pool.
 * @err: First error: -ENOMEM, -E2BIG.
 */
struct lbpf_rewrite {
	struct lbpf_code		*code;
	u32				index;
	const struct bpf_insn		*insn;
	const struct lbpf_insn_aux	*aux;
	struct bpf_insn			*insns;
	struct lbpf_insn_aux		*new_aux;
	u32				*target;
	u32				nr;
	u32				max;
	struct lbpf_edit		*edits;
	u32				nr_edits;
	u32				max_edits;
	bool				moves;
	u8				*is_target;
	u32				nr_ahead;
	u16				effects;
	u32				flags;
	int				err;
};

/**
 * struct lbpf_survey - What occurs in a program
 * @effects: OR of the effects of all instructions.
 * @flags: OR of their flags.
 * @common: AND of their flags.
 */
struct lbpf_survey {
	u16	effects;
	u32	flags;
	u32	common;
};

/**
 * struct lbpf_step - A step of the rewriter
 * @letter: Names it in dumps.
 * @name: For messages.
 * @effects: It looks at instructions with any of these effects,
 * @flags: ... with any of these flags,
 * @missing: ... and without any of these.
 * @is_wanted: NULL, or: is it wanted for this program?
 * @applies: Must instruction @index, one of those, be changed?
 * @replace: Writes what stands for the instruction under way, by lbpf_rw_*().
 */
struct lbpf_step {
	char	letter;
	const char *name;
	u16	effects;
	u32	flags;
	u32	missing;
	bool	(*is_wanted)(const struct lbpf_code *code);
	bool	(*applies)(const struct lbpf_code *code, u32 index);
	void	(*replace)(struct lbpf_rewrite *rw);
};

/* Runs one step over the whole program.  @survey is kept up to date. */
int lbpf_rewrite_step(struct lbpf_code *code, const struct lbpf_step *step,
		      struct lbpf_survey *survey);
void lbpf_survey_code(const struct lbpf_code *code, struct lbpf_survey *survey);

/* The instruction under way (both halves of a 16-byte load) as it is. */
void lbpf_rw_keep(struct lbpf_rewrite *rw);
/* ... without @flags. */
void lbpf_rw_keep_without(struct lbpf_rewrite *rw, u32 flags);
/* A new instruction: jumps in it are local. */
void lbpf_rw_put(struct lbpf_rewrite *rw, struct bpf_insn insn);
/* ... that does the work of the instruction under way, and inherits what is known of it. */
void lbpf_rw_put_heir(struct lbpf_rewrite *rw, struct bpf_insn insn, u32 add_flags);
/* ... that jumps where the instruction under way jumps. */
void lbpf_rw_put_jump(struct lbpf_rewrite *rw, struct bpf_insn insn);
/* ... that jumps where old instruction @index jumps. */
void lbpf_rw_put_jump_of(struct lbpf_rewrite *rw, struct bpf_insn insn, u32 index);
/* The instruction after the one under way, NULL where a jump leads to it. */
const struct bpf_insn *lbpf_rw_next(struct lbpf_rewrite *rw);
/* A 16-byte load of @value. */
void lbpf_rw_put_imm64(struct lbpf_rewrite *rw, u8 dst, u64 value);
/* A call of @fn. */
void lbpf_rw_put_call(struct lbpf_rewrite *rw, const void *fn);
/* The last instruction written. */
struct lbpf_insn_aux *lbpf_rw_last_aux(struct lbpf_rewrite *rw);

static inline bool lbpf_rw_is_imm64(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW);
}

/* jumps.c */
u32 lbpf_jump_target(const struct bpf_insn *insns, u32 index);
bool lbpf_jump_set_distance(struct bpf_insn *insn, s32 distance);

/* splice.c */
int lbpf_rw_splice(struct lbpf_rewrite *rw);

static inline bool lbpf_insn_has_target(const struct bpf_insn *insn)
{
	return lbpf_insn_effects[insn->code] & EFF_JUMP;
}

/* liveness.c */
int lbpf_find_live(struct lbpf_code *code);
/* Takes functions without instructions out of the list.  0. */
int lbpf_drop_dead_funcs(struct lbpf_code *code);

/* For each instruction: does some jump lead to it, or a function start there?  NULL: no memory. */
u8 *lbpf_find_targets(const struct lbpf_code *code);

/* dump.c */
void lbpf_dump_pass(const struct lbpf_code *code, char letter, const char *name, bool has_changed);
u64 lbpf_dump_sum(const struct lbpf_code *code);

/* fold.c, forward.c, merge.c: steps that work in place. */
int lbpf_fold_constants(struct lbpf_code *code);
void lbpf_forward_stack(struct lbpf_code *code, const u8 *is_target);
void lbpf_merge_loads(struct lbpf_code *code, const u8 *is_target);

/* The steps. */
extern const struct lbpf_step lbpf_step_dead;
extern const struct lbpf_step lbpf_step_nops;
extern const struct lbpf_step lbpf_step_barriers;
extern const struct lbpf_step lbpf_step_context;
extern const struct lbpf_step lbpf_step_packet_loads;
extern const struct lbpf_step lbpf_step_addresses;
extern const struct lbpf_step lbpf_step_arithmetic;
extern const struct lbpf_step lbpf_step_loops;
extern const struct lbpf_step lbpf_step_lookups;
extern const struct lbpf_step lbpf_step_calls;
extern const struct lbpf_step lbpf_step_high_half;
extern const struct lbpf_step lbpf_step_blind;

#endif /* LBPF_REWRITE_BUILDER_H */
