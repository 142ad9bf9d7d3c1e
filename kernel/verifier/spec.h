/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a mispredicting processor could do with pointers (for loaders without CAP_PERFMON).
 *
 * Layer: verifier (step).  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_SPEC_H
#define LBPF_VERIFIER_SPEC_H

#include "walk.h"

/**
 * struct lbpf_mask - How a pointer addition is masked
 * @flags: LBPF_INSN_ALU_MASK and its companions; 0: not masked.
 * @limit: Bytes the pointer may move.
 * @is_left: It moves to lower addresses.
 */
struct lbpf_mask {
	u32	flags;
	u32	limit;
	bool	is_left;
};

const char *lbpf_alu_text(u8 op);
/* Two numbers are added: the instruction must never have been masked. */
int lbpf_spec_numbers(struct lbpf_env *env, const struct bpf_insn *insn);
/* Before and after a pointer moved. */
int lbpf_spec_before(struct lbpf_env *env, const struct bpf_insn *insn, struct lbpf_reg *ptr,
		     const struct lbpf_reg *num, struct lbpf_mask *mask);
int lbpf_spec_after(struct lbpf_env *env, const struct bpf_insn *insn,
		    const struct lbpf_mask *mask);
/* The branch not taken is walked as a mispredicting processor would. */
int lbpf_spec_branch(struct lbpf_env *env, const struct bpf_insn *insn, u32 idx);

#endif /* LBPF_VERIFIER_SPEC_H */
