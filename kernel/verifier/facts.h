/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Facts and taint.
 *
 * Layer: verifier.  Private to kernel/verifier/.
 */
#ifndef LBPF_VERIFIER_FACTS_H
#define LBPF_VERIFIER_FACTS_H

#include "walk.h"

/* lbpf_insn_info::taint beside the registers: some number on the stack. */
#define LBPF_TAINT_STACK	BIT(16)
#define LBPF_TAINT_ALL		(LBPF_TAINT_STACK | (BIT(LBPF_REG_FP) - 1))

void lbpf_fact_forget(struct lbpf_fact *fact);
int lbpf_facts_flow(struct lbpf_env *env);

#endif /* LBPF_VERIFIER_FACTS_H */
