/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own types.
 *
 * Layer: core (p).
 */
#ifndef _LBPF_KERNEL_BTF_H
#define _LBPF_KERNEL_BTF_H

#include <linux/types.h>

struct lbpf_btf;

/*
 * BTF of vmlinux, read at the first call, there until the module goes; every object holds that.
 * ERR_PTR(-ENOENT): the kernel has none; -ENOMEM, -EINVAL, ...: it could not be read this time.
 * May sleep.
 */
const struct lbpf_btf *lbpf_kernel_btf(void);
/* The same, named by a descriptor: ERR_PTR(-EBADF): it is none of BTF; -ENOTSUPP: of other BTF. */
const struct lbpf_btf *lbpf_kernel_btf_from_fd(u32 fd);
/* The same if somebody has read it already; else NULL.  Any context. */
const struct lbpf_btf *lbpf_kernel_btf_peek(void);

void lbpf_kernel_btf_exit(void);

#endif /* _LBPF_KERNEL_BTF_H */
