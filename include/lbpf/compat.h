/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the target kernels; the only place with version checks.
 *
 * Layer: compat.
 */
#ifndef _LBPF_COMPAT_H
#define _LBPF_COMPAT_H

#include <linux/file.h>
#include <linux/mm.h>
#include <linux/version.h>

#ifndef fd_file
/* struct fd is opaque since 6.12. */
#define fd_file(f)	((f).file)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* Flags of a mapping are written through functions since 6.3. */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags &= ~flags;
}
#endif

#endif /* _LBPF_COMPAT_H */
