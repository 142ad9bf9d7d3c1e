/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lies in front of the arguments that a trampoline gives to its programs.
 *
 * Layer: core.
 */
#ifndef _LBPF_FUNC_CTX_H
#define _LBPF_FUNC_CTX_H

#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct lbpf_func_ctx - Context of programs at a function
 * @return_addr: Where the call of the trampoline returns to: behind the hook of the function.
 * @nr_args: Numbers in @args; what follows them is the function's result.
 * @args: What programs are given.
 */
struct lbpf_func_ctx {
	u64	return_addr;
	u64	nr_args;
	u64	args[];
};

#endif /* _LBPF_FUNC_CTX_H */
