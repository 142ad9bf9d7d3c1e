/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own types, and those of its modules.
 *
 * Layer: core (p).
 */
#ifndef _LBPF_KERNEL_BTF_H
#define _LBPF_KERNEL_BTF_H

#include <linux/types.h>

struct lbpf_btf;
struct module;

/*
 * BTF of vmlinux, read at the first call, there until the module goes; every object holds that.
 * ERR_PTR(-ENOENT): the kernel has none; -ENOMEM, -EINVAL, ...: it could not be read this time.
 * May sleep.
 */
const struct lbpf_btf *lbpf_kernel_btf(void);
/*
 * Types of vmlinux or of a module, named by a descriptor, with a new reference.  ERR_PTR(-EBADF,
 * -EINVAL): it is none of BTF; -ENOTSUPP: of other BTF.
 */
const struct lbpf_btf *lbpf_kernel_btf_from_fd(u32 fd);
/*
 * Id of a type of vmlinux or, if it has none of that name, of a module; its BTF with a new
 * reference in @btf.  -ENOENT, or why nothing could be read.  May sleep.
 */
int lbpf_kernel_btf_find(const char *name, u32 kind, const struct lbpf_btf **btf);
/* The same if somebody has read it already; else NULL.  Any context. */
const struct lbpf_btf *lbpf_kernel_btf_peek(void);

/* Reads what has not been read yet: from then on all of it has ids.  May sleep. */
void lbpf_kernel_btf_read_all(void);
/*
 * The module that @btf is of, held: it does not go.  NULL: vmlinux.  ERR_PTR(-ENOENT): it has gone
 * already, or not come yet.  May sleep.
 */
struct module *lbpf_kernel_btf_get_module(const struct lbpf_btf *btf);

int lbpf_kernel_btf_init(void);
void lbpf_kernel_btf_exit(void);

#endif /* _LBPF_KERNEL_BTF_H */
