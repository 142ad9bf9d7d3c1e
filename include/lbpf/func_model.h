/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How arguments and result of a function are passed.
 *
 * Layer: core.
 */
#ifndef _LBPF_FUNC_MODEL_H
#define _LBPF_FUNC_MODEL_H

#include <linux/types.h>

struct btf_type;
struct lbpf_btf;

/* Source: MAX_BPF_FUNC_ARGS of Linux 6.1. */
#define LBPF_FUNC_MAX_ARGS	12
/* Registers for arguments.  Source: System V ABI, AMD64 supplement, 3.2.3. */
#define LBPF_FUNC_ARG_REGS	6

/**
 * struct lbpf_func_model - A function's arguments and result
 * @nr_args: Arguments.
 * @arg_bytes: Size of each; a struct of more than 8 bytes takes two registers.
 * @ret_bytes: Size of the result, 0: none.
 */
struct lbpf_func_model {
	u8	nr_args;
	u8	arg_bytes[LBPF_FUNC_MAX_ARGS];
	u8	ret_bytes;
};

/* Bytes of an argument or a result of type @id, 0: none that can be handed on. */
u32 lbpf_func_passed_bytes(const struct lbpf_btf *btf, u32 id);
/* Fills in @model: 0, or -EINVAL when something cannot be handed on. */
int lbpf_func_model_of(const struct lbpf_btf *btf, const struct btf_type *proto,
		       struct lbpf_func_model *model);
/* Registers that the arguments are in, which is also how many numbers a program gets. */
u32 lbpf_func_nr_slots(const struct lbpf_func_model *model);

#endif /* _LBPF_FUNC_MODEL_H */
