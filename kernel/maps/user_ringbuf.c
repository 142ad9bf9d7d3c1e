// SPDX-License-Identifier: GPL-2.0
/*
 * User ring buffer map: records from a process that maps it, in order, to programs.
 *
 * Layer: maps.
 *
 * The area is that of ringbuf.c, with the roles changed: the process writes the
 * page with the producer's position and the data, and reads the consumer's.
 *
 * Source: BPF_MAP_TYPE_USER_RINGBUF of bpf(2); bpf_user_ringbuf_drain() in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/mm.h>
#include <linux/poll.h>

#include <lbpf/maps.h>

#include "ring.h"

static struct lbpf_map *user_ring_alloc(const union bpf_attr *attr)
{
	return lbpf_ring_alloc(attr, &lbpf_user_ringbuf_ops);
}

/* There is room to write into. */
static __poll_t user_ring_poll(struct lbpf_map *map, struct file *file,
			       struct poll_table_struct *wait)
{
	struct lbpf_ringbuf *ring = ring_of(map);

	poll_wait(file, &ring->waiters, wait);
	return ring_waiting_bytes(ring) <= ring->mask ? EPOLLOUT | EPOLLWRNORM : 0;
}

/* The consumer's position is all that a process does not write. */
static int user_ring_mmap(struct lbpf_map *map, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE && !vma->vm_pgoff)
		return -EPERM;
	return lbpf_ring_area_map(vma, &ring_of(map)->area, PAGE_CONSUMER);
}

static u64 user_ring_count(const struct lbpf_map *map)
{
	return ring_waiting_bytes(ring_of(map));
}

const struct lbpf_map_ops lbpf_user_ringbuf_ops = {
	.type = BPF_MAP_TYPE_USER_RINGBUF,
	.name = "user_ringbuf",
	.uses = LBPF_USE_USER_RINGBUF,
	.create_flags = BPF_F_NUMA_NODE,
	.alloc_check = lbpf_ring_alloc_check,
	.alloc = user_ring_alloc,
	.free = lbpf_ring_free,
	.poll = user_ring_poll,
	.mmap = user_ring_mmap,
	.count = user_ring_count,
	.mem_bytes = lbpf_ring_mem_bytes,
	.meta_equal = lbpf_ring_meta_equal,
};
