// SPDX-License-Identifier: GPL-2.0
/*
 * Variables of the kernel, found by their name.
 *
 * Layer: core.
 */
#include <linux/module.h>
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

/* Names of exported variables are unique, but the one of that name may be somebody else's. */
static bool is_own(const struct module *module, const void *addr)
{
	unsigned long at = (unsigned long)addr;
	unsigned long percpu = (unsigned long)module->percpu;

	return within_module(at, module) ||
	       (at >= percpu && at - percpu < module->percpu_size);
}

/**
 * lbpf_module_var_find() - Where a variable of a module is
 * @module: Module, which the caller holds.
 * @name: Its name.
 *
 * Context: Process context, may sleep.
 * Return: Address, of a per-CPU one its offset, or NULL: it exports none of that name.
 */
const void *lbpf_module_var_find(const struct module *module, const char *name)
{
	const void *addr = __symbol_get(name);

	if (!addr)
		return NULL;
	__symbol_put(name);
	return is_own(module, addr) ? addr : NULL;
}
