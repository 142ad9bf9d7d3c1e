/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rewriting a program instruction by instruction.
 *
 * Layer: rewrite (p).  A step walks the program once and writes a new one; each
 * instruction is kept, dropped or replaced.  Jumps are repaired at the end of
 * the step.  So the cost of a step is linear, and a step that finds nothing to
 * do costs one look at each instruction.
 */
#ifndef LBPF_REWRITE_BUILDER_H
#define LBPF_REWRITE_BUILDER_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/code.h>
#include <lbpf/insn.h>

/* Scratch register of replacements: programs cannot name it. */
#define REG_AX		LBPF_REG_AX

/**
 * struct lbpf_rewrite - A step at work
 * @code: Program as it was before the step.
 * @index: Instruction under way.
 * @insn: ... itself.
 * @aux: ... and what is known of it.
 * @insns: The new program.
 * @new_aux: ... and what travels with it.
 * @origin: For each new jump whose target is an old instruction: index of the old jump + 1; else 0.
 * @nr: Instructions written.
 * @max: Room.
 * @is_target: For each old instruction: some jump leads to it.
 * @nr_ahead: Further instructions that the one under way has taken along.
 * @new_index: For each old instruction, where what stands for it starts.
 * @err: First error: -ENOMEM, -E2BIG.
 */
struct lbpf_rewrite {
	struct lbpf_code		*code;
	u32				index;
	const struct bpf_insn		*insn;
	const struct lbpf_insn_aux	*aux;
	struct bpf_insn			*insns;
	struct lbpf_insn_aux		*new_aux;
	u32				*origin;
	u32				nr;
	u32				max;
	u8				*is_target;
	u32				nr_ahead;
	u32				*new_index;
	int				err;
};

#define LBPF_CLASS(code)	(1 << BPF_CLASS(code))

/**
 * struct lbpf_step - A step of the rewriter
 * @letter: Names it in dumps.
 * @name: For messages.
 * @classes: It applies to instructions of these classes only, LBPF_CLASS() of each; 0: to all.
 * @applies: Must instruction @index be looked at?
 * @replace: Writes what stands for the instruction under way, by lbpf_rw_*().
 */
struct lbpf_step {
	char	letter;
	const char *name;
	u8	classes;
	bool	(*applies)(const struct lbpf_code *code, u32 index);
	void	(*replace)(struct lbpf_rewrite *rw);
};

/* Takes instructions out, in place. */
int lbpf_rewrite_drop(struct lbpf_code *code,
		      bool (*is_dropped)(const struct lbpf_code *code, u32 index));
/* Runs one step over the whole program. */
int lbpf_rewrite_step(struct lbpf_code *code, const struct lbpf_step *step);

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
const struct bpf_insn *lbpf_rw_next(const struct lbpf_rewrite *rw);
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

int lbpf_rw_make_room(struct lbpf_rewrite *rw, u32 max);

/* jumps.c */
bool lbpf_insn_has_target(const struct bpf_insn *insn);
u32 lbpf_jump_target(const struct bpf_insn *insns, u32 index);
bool lbpf_jump_set_distance(struct bpf_insn *insn, s32 distance);
int lbpf_rw_repair_jumps(struct lbpf_rewrite *rw);

/* liveness.c */
bool lbpf_insn_is_pure(const struct bpf_insn *insn);
u16 lbpf_insn_reads(const struct lbpf_code *code, u32 index);
u16 lbpf_insn_writes(const struct bpf_insn *insn);
int lbpf_find_live(struct lbpf_code *code);
/* Takes functions without instructions out of the list.  0. */
int lbpf_drop_dead_funcs(struct lbpf_code *code);
int lbpf_drop_useless(struct lbpf_code *code);

/* For each instruction: does some jump lead to it, or a function start there?  NULL: no memory. */
u8 *lbpf_find_targets(const struct lbpf_code *code);

/* dump.c */
void lbpf_dump_pass(const struct lbpf_code *code, char letter, const char *name, bool has_changed);
u64 lbpf_dump_sum(const struct lbpf_code *code);

/* forward.c, merge.c: steps that work in place. */
int lbpf_forward_stack(struct lbpf_code *code);
int lbpf_merge_loads(struct lbpf_code *code);

/* The steps. */
extern const struct lbpf_step lbpf_step_dead;
extern const struct lbpf_step lbpf_step_nops;
extern const struct lbpf_step lbpf_step_barriers;
extern const struct lbpf_step lbpf_step_context;
extern const struct lbpf_step lbpf_step_packet_loads;
extern const struct lbpf_step lbpf_step_addresses;
extern const struct lbpf_step lbpf_step_arithmetic;
extern const struct lbpf_step lbpf_step_lookups;
extern const struct lbpf_step lbpf_step_calls;
extern const struct lbpf_step lbpf_step_high_half;
extern const struct lbpf_step lbpf_step_blind;

#endif /* LBPF_REWRITE_BUILDER_H */
