// SPDX-License-Identifier: GPL-2.0
/*
 * Variables of the kernel, found by their name.
 *
 * Layer: core.
 */
#include <linux/stddef.h>
#include <linux/string.h>

#include <lbpf/kernel_var.h>

/**
 * lbpf_kernel_var_find() - Where a variable of the kernel is
 * @name: Its name.
 *
 * Context: Any.
 * Return: Address, of a per-CPU one its offset, or NULL: none of that name is exported.
 */
const void *lbpf_kernel_var_find(const char *name)
{
	const struct lbpf_kernel_var *var;

	for (var = lbpf_kernel_vars; var->name; var++)
		if (!strcmp(var->name, name))
			return var->addr;
	return NULL;
}
