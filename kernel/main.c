// SPDX-License-Identifier: GPL-2.0
/*
 * The module: init ladder and its mirror.
 *
 * Layer: main.
 */
#include <linux/init.h>
#include <linux/module.h>

static int __init lbpf_init(void)
{
	return 0;
}

static void __exit lbpf_exit(void)
{
}

module_init(lbpf_init);
module_exit(lbpf_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Loadable BPF subsystem");
