/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trampolines: machine code between a C call and programs.
 *
 * Layer: jit.  A trampoline is entered with the arguments of some function.  It
 * writes them, each as a number of 64 bits, into an array that is the context of
 * its programs, and runs them.  Two kinds:
 *
 * - A whole function (LBPF_TRAMP_WHOLE): called as the function itself, by a
 *   pointer to it; what its last program returns is the result.
 * - Around a function: called by the hook at the start of that function, before
 *   anything else of it ran.  Without programs that look at the result, it
 *   returns there; with them it calls the function itself and returns to the
 *   function's caller.
 */
#ifndef _LBPF_TRAMPOLINE_H
#define _LBPF_TRAMPOLINE_H

#include <linux/types.h>

#include <lbpf/func_model.h>

struct lbpf_prog;
struct lbpf_trampoline;

/* Source: BPF_MAX_TRAMP_LINKS of Linux 6.1. */
#define LBPF_TRAMP_MAX_PROGS	38

enum lbpf_tramp_flag {
	LBPF_TRAMP_WHOLE	= BIT(0),	/* no function around it */
	LBPF_TRAMP_REENTRANT	= BIT(1),	/* programs may run while they run on the CPU */
};

/* When programs run, in this order. */
enum lbpf_tramp_when {
	LBPF_TRAMP_BEFORE,	/* a WHOLE has only these */
	LBPF_TRAMP_INSTEAD,	/* a result that is not 0 takes the place of the function */
	LBPF_TRAMP_AFTER,	/* context: arguments, then the result */
	LBPF_TRAMP_NR_WHEN,
};

/**
 * struct lbpf_tramp_progs - Programs in the order they run
 * @progs: Programs.
 * @nr: Their number.
 */
struct lbpf_tramp_progs {
	struct lbpf_prog	*progs[LBPF_TRAMP_MAX_PROGS];
	u32			nr;
};

/**
 * struct lbpf_tramp_spec - A trampoline to be made
 * @model: Function.
 * @progs: Programs, by enum lbpf_tramp_when.
 * @flags: OR of enum lbpf_tramp_flag.
 */
struct lbpf_tramp_spec {
	struct lbpf_func_model	model;
	struct lbpf_tramp_progs	progs[LBPF_TRAMP_NR_WHEN];
	u32			flags;
};

/*
 * Machine code of @spec, which holds references on its programs.  ERR_PTR(-ENOTSUPP): arguments
 * on the stack; ERR_PTR(-E2BIG): too many programs; -ENOMEM, -ENOSPC (the text arena is full).
 */
struct lbpf_trampoline *lbpf_trampoline_make(const struct lbpf_tramp_spec *spec);

/* Where it is entered: for a function pointer (WHOLE), or for a call from a function's start. */
void *lbpf_trampoline_entry(const struct lbpf_trampoline *tramp);

/*
 * Nobody finds its address any more; it is freed, and drops its programs, once nobody is in it.
 * Process context; does not wait.
 */
void lbpf_trampoline_retire(struct lbpf_trampoline *tramp);

#endif /* _LBPF_TRAMPOLINE_H */
