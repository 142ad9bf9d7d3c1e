/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CHANGE: the rewriter's contract.
 *
 * Layer: rewrite.
 */
#ifndef _LBPF_REWRITE_H
#define _LBPF_REWRITE_H

struct lbpf_code;

/**
 * lbpf_rewrite() - Turn a verified program into what the JIT emits
 * @code: Verified program.  Instructions, aux and subprogram starts change.
 *
 * Afterwards no instruction needs knowledge of maps, contexts or helpers: every
 * 16-byte load has its final address, every call is LBPF_INSN_NATIVE_CALL or
 * LBPF_INSN_SUBPROG_CALL, context accesses are plain loads and stores of the
 * kernel's objects, LD_ABS and LD_IND are calls, divisors cannot be zero unseen,
 * unreachable instructions are gone.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, -E2BIG.
 */
int lbpf_rewrite(struct lbpf_code *code);

/*
 * Afterwards, where it is wanted: keep its constants out of the machine code.  0, -ENOMEM, -E2BIG.
 */
int lbpf_blind(struct lbpf_code *code);

#endif /* _LBPF_REWRITE_H */
