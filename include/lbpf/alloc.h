/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Accounted memory: the one door through which lbpf allocates.
 *
 * Layer: lib.  Every allocation is charged to the caller's memory cgroup where
 * the context has one, is counted while it lives (LBPF_STATS, nr_allocs), and
 * can be made to fail by number from a test.  Sizes are bounded by the caller
 * before the call.
 *
 * Failing by number: a task opens /sys/kernel/debug/lbpf/fail_nth, writes N, and
 * the N-th allocation that it makes from then on fails.  Reading gives how many
 * are left until then; 0: it has failed.  Closing the file disarms it.  Other
 * tasks and interrupts are not disturbed; one task at a time can be armed.
 */
#ifndef _LBPF_ALLOC_H
#define _LBPF_ALLOC_H

#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

struct vm_area_struct;

/* Zeroed memory of the slab.  @gfp without __GFP_ACCOUNT: added unless the context is atomic. */
void *lbpf_zalloc(size_t size_bytes, gfp_t gfp);
/* The same near @numa_node (NUMA_NO_NODE: any), and without zeroing. */
void *lbpf_alloc_node(size_t size_bytes, gfp_t gfp, int numa_node);
void lbpf_free(const void *ptr);

/* Frees @ptr after a grace period; @member is its struct rcu_head.  Counts as freed at once. */
#define lbpf_free_rcu(ptr, member)		\
do {						\
	lbpf_alloc_uncount();			\
	kfree_rcu(ptr, member);			\
} while (0)

/* Zeroed memory, physically contiguous or not, near @numa_node (NUMA_NO_NODE: any).  May sleep. */
void *lbpf_area_alloc(size_t size_bytes, int numa_node);
void *lbpf_area_alloc_array(size_t nr, size_t size_bytes, int numa_node);
/* The same, not zeroed. */
void *lbpf_area_alloc_raw(size_t nr, size_t size_bytes, int numa_node);
void lbpf_area_free(const void *ptr);

/* Zeroed, page-aligned memory that lbpf_user_area_map() can map into a process.  May sleep. */
void *lbpf_user_area_alloc(size_t size_bytes, int numa_node);
void lbpf_user_area_free(const void *ptr);
/* Maps it from page @vma->vm_pgoff on; the caller has checked that @vma is inside.  For ->mmap. */
int lbpf_user_area_map(struct vm_area_struct *vma, void *area);

/* Zeroed per-CPU memory. */
void __percpu *lbpf_percpu_alloc(size_t size_bytes, size_t align_bytes, gfp_t gfp);
void lbpf_percpu_free(void __percpu *ptr);

/* Is this more than the machine has?  To be asked before the first of many allocations. */
bool lbpf_alloc_is_hopeless(u64 total_bytes);

/* A copy of user memory, for lbpf_area_free(), or ERR_PTR(-ENOMEM, -EFAULT).  May sleep. */
void *lbpf_dup_user(const void __user *src, size_t size_bytes);
/* The same of kernel memory at an address that may be none. */
void *lbpf_dup_kernel(u64 src, size_t size_bytes);

/*
 * Is this allocation one that a test wants to fail?  For what the kernel
 * allocates on our behalf (ids, files); everything above asks by itself.
 */
bool lbpf_alloc_fails(void);

/* An allocation has gone another way than by the functions above. */
void lbpf_alloc_uncount(void);

/* Live allocations of the module. */
u64 lbpf_alloc_count(void);

int lbpf_alloc_init(void);
void lbpf_alloc_exit(void);

#endif /* _LBPF_ALLOC_H */
