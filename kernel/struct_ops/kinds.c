// SPDX-License-Identifier: GPL-2.0
/*
 * The list of kernel structs that programs may implement.
 *
 * Layer: struct_ops.
 */
#include <linux/kernel.h>

#include <lbpf/struct_kinds.h>

static const struct lbpf_struct_ops *const kinds[] = {
	&lbpf_tcp_congestion_ops,
	&lbpf_dummy_ops,
};

/**
 * lbpf_struct_ops_init() - Make them known
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_struct_ops_init(void)
{
	lbpf_struct_ops_register(kinds, ARRAY_SIZE(kinds));
	return 0;
}
