/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PROVE: the verifier's contract.
 *
 * Layer: verifier.
 */
#ifndef _LBPF_VERIFIER_H
#define _LBPF_VERIFIER_H

struct lbpf_code;

/**
 * lbpf_verify() - Prove that a program is safe, and write down what is known of it
 * @code: Program with insns, pt, caps, log set, aux zeroed, and subprogs empty.
 *	On success: aux, facts (freed by the caller, in any case), subprogs, used_maps and
 *	statistics are filled in. The instructions are not changed.
 *
 * Context: Process context, may sleep.  Killable between instructions.
 * Return: 0, or -errno (EACCES, EINVAL, E2BIG, EPERM, ENOMEM, EFAULT, ...) with
 * the reason in @code->log.  used_maps hold references in both cases: the caller drops them.
 */
int lbpf_verify(struct lbpf_code *code);

#endif /* _LBPF_VERIFIER_H */
