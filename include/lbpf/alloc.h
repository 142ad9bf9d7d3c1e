/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accounted memory: the one door through which lbpf allocates.
 *
 * Layer: lib.  Every allocation is charged to the caller's memory cgroup where
 * the context has one, is counted while it lives (LBPF_STATS, nr_allocs), and
 * can be made to fail by number from a test ("fail the n-th allocation").
 * Sizes are bounded by the caller before the call.
 */
#ifndef _LBPF_ALLOC_H
#define _LBPF_ALLOC_H

#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/types.h>

/* Zeroed memory of the slab; @gfp without __GFP_ACCOUNT, which is added unless the context is atomic. */
void *lbpf_zalloc(size_t size_bytes, gfp_t gfp);
void lbpf_free(const void *ptr);

/* Zeroed memory, physically contiguous or not, near @numa_node (NUMA_NO_NODE: any).  May sleep. */
void *lbpf_area_alloc(size_t size_bytes, int numa_node);
void *lbpf_area_alloc_array(size_t nr, size_t size_bytes, int numa_node);
void lbpf_area_free(const void *ptr);

/* Zeroed, page-aligned memory that remap_vmalloc_range() can map into a process.  May sleep. */
void *lbpf_user_area_alloc(size_t size_bytes, int numa_node);
void lbpf_user_area_free(const void *ptr);

void __percpu *lbpf_percpu_alloc(size_t size_bytes, size_t align_bytes, gfp_t gfp);
void lbpf_percpu_free(void __percpu *ptr);

/* memdup_user() and friends, through the same door. */
void *lbpf_dup_user(const void __user *src, size_t size_bytes);

/* Live allocations of the module. */
u64 lbpf_alloc_count(void);

int lbpf_alloc_init(void);
void lbpf_alloc_exit(void);

#endif /* _LBPF_ALLOC_H */
