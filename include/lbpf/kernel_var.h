/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Variables of the kernel whose address a module may know.
 *
 * Layer: core (p).
 */
#ifndef _LBPF_KERNEL_VAR_H
#define _LBPF_KERNEL_VAR_H

struct module;

/**
 * struct lbpf_kernel_var - A variable that the kernel exports
 * @name: Its name; NULL ends the list.
 * @addr: Its address, of a per-CPU one its offset; NULL: this kernel does not export it.
 */
struct lbpf_kernel_var {
	const char	*name;
	const void	*addr;
};

/* kernel_vars.S */
extern const struct lbpf_kernel_var lbpf_kernel_vars[];

/* Address of the variable @name, or NULL: there is none that modules may know. */
const void *lbpf_kernel_var_find(const char *name);
/* The same of a variable of @module, which the caller holds. */
const void *lbpf_module_var_find(const struct module *module, const char *name);

#endif /* _LBPF_KERNEL_VAR_H */
