/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading the types of the kernel and of its modules.
 *
 * Layer: core.  Private to kernel/core/.
 */
#ifndef LBPF_CORE_KERNEL_BTF_H
#define LBPF_CORE_KERNEL_BTF_H

struct file;
struct lbpf_btf;
struct lbpf_btf_object;

struct file *lbpf_kernel_btf_open(const char *name);
struct lbpf_btf_object *lbpf_kernel_btf_make(const char *name, const struct lbpf_btf *base);

int lbpf_module_btf_init(void);
void lbpf_module_btf_exit(void);

#endif /* LBPF_CORE_KERNEL_BTF_H */
