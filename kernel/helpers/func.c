// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the function that a program is attached to.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/container_of.h>
#include <linux/errno.h>
#include <linux/ftrace.h>
#include <asm/ibt.h>

#include <lbpf/func_ctx.h>

#include "helper.h"
#include "protos.h"

static const struct lbpf_func_ctx *func_of(void *ctx)
{
	return container_of(ctx, struct lbpf_func_ctx, args);
}

HELPER_3(get_func_arg, void *, ctx, u32, nr, u64 *, value)
{
	const struct lbpf_func_ctx *func = func_of(ctx);

	if (nr >= func->nr_args)
		return -EINVAL;
	*value = func->args[nr];
	return 0;
}

const struct lbpf_proto lbpf_func_arg_proto = {
	.name	= "get_func_arg",
	.id	= BPF_FUNC_get_func_arg,
	.fn	= get_func_arg,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_LONG_PTR | LBPF_UNINIT },
};

HELPER_2(get_func_ret, void *, ctx, u64 *, value)
{
	const struct lbpf_func_ctx *func = func_of(ctx);

	*value = func->args[func->nr_args];
	return 0;
}

const struct lbpf_proto lbpf_func_ret_proto = {
	.name	= "get_func_ret",
	.id	= BPF_FUNC_get_func_ret,
	.fn	= get_func_ret,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_LONG_PTR | LBPF_UNINIT },
};

/* At the start of a function there is no result yet. */
HELPER_2(get_no_func_ret, void *, ctx, u64 *, value)
{
	*value = 0;
	return -EOPNOTSUPP;
}

const struct lbpf_proto lbpf_no_func_ret_proto = {
	.name	= "get_func_ret",
	.id	= BPF_FUNC_get_func_ret,
	.fn	= get_no_func_ret,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_LONG_PTR | LBPF_UNINIT },
};

HELPER_1(get_func_arg_cnt, void *, ctx)
{
	return func_of(ctx)->nr_args;
}

const struct lbpf_proto lbpf_func_arg_cnt_proto = {
	.name	= "get_func_arg_cnt",
	.id	= BPF_FUNC_get_func_arg_cnt,
	.fn	= get_func_arg_cnt,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

/* The hook is the first instruction of a function, but for the mark of indirect targets. */
HELPER_1(get_func_ip, void *, ctx)
{
	unsigned long hook = func_of(ctx)->return_addr - MCOUNT_INSN_SIZE;

	if (is_endbr(*(const u32 *)(hook - sizeof(u32))))
		hook -= sizeof(u32);
	return hook;
}

const struct lbpf_proto lbpf_func_ip_proto = {
	.name		= "get_func_ip",
	.id		= BPF_FUNC_get_func_ip,
	.fn		= get_func_ip,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX },
};
