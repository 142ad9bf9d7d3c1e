/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The walk: what accesses, calls and instructions require and do.
 *
 * Layer: verifier (access, call, step, prune).  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_WALK_H
#define LBPF_VERIFIER_WALK_H

#include "env.h"

/*
 * Return value of a step: this path ends here.  0: it goes on at env->idx; below 0: the program is
 * refused.
 */
#define LBPF_PATH_ENDS	1

struct lbpf_kptr;

/* How an instruction uses a register. */
enum lbpf_use {
	LBPF_REG_SRC,
	LBPF_REG_DST,		/* afterwards it holds an unknown number */
	LBPF_REG_DST_KEEP,	/* the caller says what it holds */
};

/**
 * struct lbpf_access - One access to memory
 * @regno: Register with the address.
 * @off: Offset in the instruction, bytes.
 * @size: Bytes.
 * @is_write: Store.
 * @value_regno: Register stored or loaded into, -1: none.
 * @is_strict: Natural alignment is required in any case.
 */
struct lbpf_access {
	u32	regno;
	s32	off;
	u32	size;
	bool	is_write;
	int	value_regno;
	bool	is_strict;
};

/**
 * struct lbpf_region - Memory that a helper is going to access
 * @regno: Register with the address.
 * @size: Bytes.
 * @may_be_empty: A size of 0 is fine.
 * @is_filled: The helper writes it: it need not be initialised.
 * @fills: Set when stack memory has to be marked as written after the call.
 */
struct lbpf_region {
	u32	regno;
	s32	size;
	bool	may_be_empty;
	bool	is_filled;
	bool	fills;
};

/* access_reg.c */
int lbpf_use_reg(struct lbpf_env *env, u32 regno, enum lbpf_use use);
bool lbpf_is_leak(const struct lbpf_env *env, const struct lbpf_reg *reg);

/* Register of the current frame. */
static inline struct lbpf_reg *lbpf_reg_of(struct lbpf_env *env, u32 regno)
{
	return &lbpf_cur_regs(env->cur)[regno];
}

/* access_mem.c */
int lbpf_access(struct lbpf_env *env, const struct lbpf_access *access);
int lbpf_access_region(struct lbpf_env *env, u32 regno, s32 off, s32 size, u32 mem_size,
		       bool may_be_empty);
int lbpf_access_map_value(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool may_be_empty);
int lbpf_access_map_type(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool is_write);
int lbpf_access_packet(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool may_be_empty);
int lbpf_access_align(struct lbpf_env *env, const struct lbpf_access *access);

/* access_ctx.c */
int lbpf_access_ctx(struct lbpf_env *env, const struct lbpf_access *access);
int lbpf_access_map(struct lbpf_env *env, const struct lbpf_access *access);
int lbpf_access_object(struct lbpf_env *env, const struct lbpf_access *access);
int lbpf_access_fixed_off(struct lbpf_env *env, u32 regno, bool is_zero_only);

/* access_btf.c */
int lbpf_access_btf(struct lbpf_env *env, const struct lbpf_access *access);
/* access_kptr.c */
int lbpf_kptr_range(struct lbpf_env *env, u32 regno, s64 off, s64 size, bool is_direct);
int lbpf_kptr_match(struct lbpf_env *env, const struct lbpf_kptr *kptr, u32 regno);
int lbpf_access_kptr(struct lbpf_env *env, const struct lbpf_access *access,
		     const struct lbpf_kptr *kptr);
/* access_args.c */
int lbpf_access_args(struct lbpf_env *env, const struct lbpf_access *access);

/* access_stack.c */
int lbpf_stack_access(struct lbpf_env *env, const struct lbpf_access *access);
int lbpf_stack_region(struct lbpf_env *env, struct lbpf_region *region);
int lbpf_stack_fill(struct lbpf_env *env, const struct lbpf_region *region);

/* call_*.c */
int lbpf_call_helper(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_call_subprog(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_call_kfunc(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_call_mem(struct lbpf_env *env, u32 regno, u32 size_bytes);
int lbpf_call_mem_size(struct lbpf_env *env, u32 regno);
int lbpf_call_release(struct lbpf_env *env, u32 ref_id);
int lbpf_call_return(struct lbpf_env *env);
void lbpf_call_print_entry(struct lbpf_env *env, const struct lbpf_frame *caller,
			   const struct lbpf_frame *callee);
void lbpf_call_print_return(struct lbpf_env *env, const struct lbpf_frame *callee,
			    const struct lbpf_frame *caller);
int lbpf_call_region(struct lbpf_env *env, struct lbpf_region *region);
void lbpf_call_clobber(struct lbpf_env *env);
int lbpf_call_check_leaks(struct lbpf_env *env);
void lbpf_call_forget_packets(struct lbpf_env *env);
void lbpf_call_static(struct lbpf_env *env, u32 subprog);
int lbpf_call_global(struct lbpf_env *env, u32 subprog);
int lbpf_global_args(struct lbpf_env *env, struct lbpf_frame *frame, u32 subprog);
int lbpf_global_result(struct lbpf_env *env);

/* step_*.c: one instruction of a class */
int lbpf_step(struct lbpf_env *env);
int lbpf_step_alu(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_step_pointer_alu(struct lbpf_env *env, const struct bpf_insn *insn, struct lbpf_reg *ptr,
			  const struct lbpf_reg *num);
int lbpf_step_load(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_step_store(struct lbpf_env *env, const struct bpf_insn *insn);
void lbpf_var_load(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux,
		   struct lbpf_reg *dst);
int lbpf_step_imm64(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_step_packet_load(struct lbpf_env *env, const struct bpf_insn *insn);
int lbpf_step_jump(struct lbpf_env *env, const struct bpf_insn *insn);

/* explore.c */
int lbpf_explore(struct lbpf_env *env, u32 subprog);
int lbpf_explore_globals(struct lbpf_env *env);
int lbpf_explore_asyncs(struct lbpf_env *env);
struct lbpf_state *lbpf_push_branch(struct lbpf_env *env, u32 idx, u32 prev_idx,
				    bool is_speculative);
void lbpf_exchange_branch(struct lbpf_env *env);
void lbpf_explore_release(struct lbpf_env *env);

/* prune_*.c */
int lbpf_prune(struct lbpf_env *env);
bool lbpf_states_equal(struct lbpf_env *env, const struct lbpf_state *old,
		       const struct lbpf_state *cur, bool is_exact);
void lbpf_branches_done(struct lbpf_env *env, struct lbpf_state *state);

/* facts.c */
void lbpf_facts_visit(struct lbpf_env *env, u32 idx);
void lbpf_facts_branch(struct lbpf_env *env, u32 idx, int taken);
void lbpf_facts_pruned(struct lbpf_env *env, const struct lbpf_state *old);
int lbpf_facts_finish(struct lbpf_env *env);

/* explain.c */
void lbpf_explain(struct lbpf_env *env, int err);

/* pass_async.c */
int lbpf_pass_async(struct lbpf_env *env);

/* pass_stack.c */
int lbpf_pass_stack(struct lbpf_env *env);

#endif /* LBPF_VERIFIER_WALK_H */
