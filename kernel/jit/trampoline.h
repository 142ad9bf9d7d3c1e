/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Machine code of trampolines.
 *
 * Layer: jit.  Private to kernel/jit/.
 */
#ifndef LBPF_JIT_TRAMPOLINE_H
#define LBPF_JIT_TRAMPOLINE_H

#include <linux/types.h>

struct lbpf_jit_target;
struct lbpf_tramp_spec;
struct lbpf_x86_buf;

/**
 * struct lbpf_tramp_code - A trampoline whose machine code is being made
 * @spec: What it does.
 * @target: Machine.
 * @base: Address it will be at.
 * @owner: Argument of @hold and @release.
 * @hold: Called before the function itself runs; NULL: nobody counts.
 * @release: Called last.
 */
struct lbpf_tramp_code {
	const struct lbpf_tramp_spec	*spec;
	const struct lbpf_jit_target	*target;
	unsigned long			base;
	void				*owner;
	void				(*hold)(void *owner);
	void				(*release)(void *owner);
};

/* Appends the machine code to @buf; its length does not depend on addresses. */
void lbpf_tramp_emit(const struct lbpf_tramp_code *code, struct lbpf_x86_buf *buf);
/* Does the trampoline call the function itself? */
bool lbpf_tramp_calls_function(const struct lbpf_tramp_spec *spec);

#endif /* LBPF_JIT_TRAMPOLINE_H */
