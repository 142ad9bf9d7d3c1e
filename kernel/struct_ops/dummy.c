// SPDX-License-Identifier: GPL-2.0
/*
 * struct bpf_dummy_ops, which the kernel has for its own tests: nothing takes one.
 *
 * Layer: struct_ops.
 */
#include <linux/bpf.h>
#include <linux/errno.h>

#include <lbpf/progtypes.h>
#include <lbpf/struct_kinds.h>

static int init_member(u32 off, void *kdata, const void *data)
{
	return -EOPNOTSUPP;
}

static int refuse(void *kdata)
{
	return -EOPNOTSUPP;
}

static void unregister(void *kdata)
{
}

const struct lbpf_struct_ops lbpf_dummy_ops = {
	.name		= "bpf_dummy_ops",
	.bytes		= sizeof(struct bpf_dummy_ops),
	.progs		= &lbpf_dummy_progs,
	.entries	= &lbpf_struct_entries,
	.init_member	= init_member,
	.reg		= refuse,
	.unreg		= unregister,
};
