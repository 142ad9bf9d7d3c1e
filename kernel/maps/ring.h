/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ring buffers that programs write and those that they read share.
 *
 * Layer: maps (private).
 */
#ifndef _LBPF_MAPS_RING_H
#define _LBPF_MAPS_RING_H

#include <linux/irq_work.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <lbpf/map.h>
#include <lbpf/ring_area.h>

enum ring_page {
	PAGE_OWN,
	PAGE_CONSUMER,
	PAGE_PRODUCER,
	NR_RING_PAGES,
};

/**
 * struct lbpf_ringbuf - A ring buffer
 * @map: Head.
 * @area: Its pages.
 * @data: First byte of the data.
 * @consumer_pos: Bytes read; written by who reads.
 * @producer_pos: Bytes written; written by who writes.
 * @mask: Size less one.
 * @waiters: Who polls.
 * @wakeup: Wakes them; programs may run where that is not allowed.
 * @lock: Producers of a ring that programs write.
 * @lock_cpu: CPU that holds or takes @lock, or NO_CPU.  Its own CPU relies on it.
 * @pending_pos: No record before it is busy; guarded by @lock.
 * @is_drained: A ring that programs read: one of them does, by cmpxchg.
 */
struct lbpf_ringbuf {
	struct lbpf_map		map;
	struct lbpf_ring_area	area;
	void			*data;
	unsigned long		*consumer_pos;
	unsigned long		*producer_pos;
	u64			mask;
	wait_queue_head_t	waiters;
	struct irq_work		wakeup;
	raw_spinlock_t		lock ____cacheline_aligned_in_smp;
	int			lock_cpu;
	unsigned long		pending_pos;
	u32			is_drained;
};

static inline struct lbpf_ringbuf *ring_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_ringbuf, map);
}

static inline unsigned long ring_read_to(const struct lbpf_ringbuf *ring)
{
	/* (C) of ringbuf.c, pairs with the consumer's release. */
	return smp_load_acquire(ring->consumer_pos);
}

static inline unsigned long ring_written_to(const struct lbpf_ringbuf *ring)
{
	/* (A) of ringbuf.c. */
	return smp_load_acquire(ring->producer_pos);
}

static inline u64 ring_waiting_bytes(const struct lbpf_ringbuf *ring)
{
	unsigned long read_pos = ring_read_to(ring);

	return ring_written_to(ring) - read_pos;
}

int lbpf_ring_alloc_check(const union bpf_attr *attr);
struct lbpf_map *lbpf_ring_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops);
void lbpf_ring_free(struct lbpf_map *map);
u64 lbpf_ring_mem_bytes(const struct lbpf_map *map);
bool lbpf_ring_meta_equal(const struct lbpf_map *meta, const struct lbpf_map *map);

#endif /* _LBPF_MAPS_RING_H */
