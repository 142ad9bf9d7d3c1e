// SPDX-License-Identifier: GPL-2.0
/*
 * Ring buffer map: records from programs on any CPU, in order, to a process that maps it.
 *
 * Layer: maps.
 * Locks: ->lock guards the producer's side; interrupts are off.  A program that
 * interrupts its holder on the same CPU is refused, and an NMI waits for nobody.
 *
 * The area: a page of the kernel's own, a page with the consumer's position
 * (which the consumer writes), a page with the producer's, and the data twice in
 * a row.  Positions count bytes and never wrap; a record is at its position
 * modulo the size, behind a header of 8 bytes.
 *
 * A record is busy from reservation to commit.  The consumer's position is in the
 * hands of the process and proves nothing: what may not be overwritten is what
 * lies behind ->pending_pos, the first record that is still busy.
 *
 *	reserve				commit			consumer
 *	header, busy			data			producer's position (A)
 *	producer's position (A)		header, not busy (B)	header (B)
 *	consumer's position (C)		consumer's position	data
 *								its position (C)
 *
 * Source: BPF_MAP_TYPE_RINGBUF and struct bpf_ringbuf_hdr flags of <linux/bpf.h>;
 * Documentation/bpf/ringbuf.rst.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/hardirq.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include <lbpf/alloc.h>
#include <lbpf/map.h>
#include <lbpf/maps.h>
#include <lbpf/ring_area.h>
#include <lbpf/ringbuf.h>
#include <lbpf/value.h>

#include "ring.h"
#include "spin.h"

#define RECORD_MAX_BYTES	(UINT_MAX / 4)
#define NO_CPU			(-1)

/**
 * struct record - Head of a record; the first word is ABI
 * @len: Bytes of data, BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT.
 * @page_off: Pages between the area's start and this.
 */
struct record {
	u32 len;
	u32 page_off;
};

static_assert(sizeof(struct record) == BPF_RINGBUF_HDR_SZ);

/**
 * lbpf_ring_alloc_check() - Check what a ring is to be
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Source: BPF_MAP_CREATE of BPF_MAP_TYPE_RINGBUF in Linux 6.1, observed.
 * Context: Process context.
 * Return: 0, -EINVAL.
 */
int lbpf_ring_alloc_check(const union bpf_attr *attr)
{
	if (attr->map_flags & ~BPF_F_NUMA_NODE || attr->key_size || attr->value_size ||
	    !is_power_of_2(attr->max_entries) || !PAGE_ALIGNED(attr->max_entries))
		return -EINVAL;
	return 0;
}

static void wake_waiters(struct irq_work *work)
{
	wake_up_all(&container_of(work, struct lbpf_ringbuf, wakeup)->waiters);
}

/**
 * lbpf_ring_alloc() - Make a ring
 * @attr: Checked attributes.
 * @ops: Map type.
 *
 * Context: Process context, may sleep.
 * Return: Map, or ERR_PTR(-ENOMEM).
 */
struct lbpf_map *lbpf_ring_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops)
{
	struct lbpf_ringbuf *ring = lbpf_zalloc(sizeof(*ring), GFP_KERNEL);
	void *start;
	int err;

	if (!ring)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&ring->map, ops, attr);
	err = lbpf_ring_area_init(&ring->area, NR_RING_PAGES, attr->max_entries >> PAGE_SHIFT,
				  ring->map.numa_node);
	if (err)
		goto free_map;
	start = ring->area.start;
	/* Samples find their ring by it: the process does not see this page. */
	*(struct lbpf_ringbuf **)start = ring;
	ring->consumer_pos = start + PAGE_CONSUMER * PAGE_SIZE;
	ring->producer_pos = start + PAGE_PRODUCER * PAGE_SIZE;
	ring->data = start + NR_RING_PAGES * PAGE_SIZE;
	ring->mask = attr->max_entries - 1;
	init_waitqueue_head(&ring->waiters);
	init_irq_work(&ring->wakeup, wake_waiters);
	raw_spin_lock_init(&ring->lock);
	ring->lock_cpu = NO_CPU;
	return &ring->map;

free_map:
	lbpf_free(ring);
	return ERR_PTR(err);
}

static struct lbpf_map *ring_alloc(const union bpf_attr *attr)
{
	return lbpf_ring_alloc(attr, &lbpf_ringbuf_ops);
}

/**
 * lbpf_ring_free() - Free a ring
 * @map: Map that nobody can see any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_ring_free(struct lbpf_map *map)
{
	struct lbpf_ringbuf *ring = ring_of(map);

	irq_work_sync(&ring->wakeup);
	lbpf_ring_area_destroy(&ring->area);
	lbpf_free(ring);
}

#ifndef __CHECKER__
static __always_inline bool wait_for_ring(struct lbpf_ringbuf *ring, unsigned long *irq_flags)
{
	int cpu;

	local_irq_save(*irq_flags);
	cpu = raw_smp_processor_id();
	if (READ_ONCE(ring->lock_cpu) == cpu)
		goto refuse;
	if (likely(!in_nmi()))
		spin_lock_irqs_off(&ring->lock);
	else if (!spin_trylock_irqs_off(&ring->lock))
		goto refuse;
	WRITE_ONCE(ring->lock_cpu, cpu);
	return true;

refuse:
	local_irq_restore(*irq_flags);
	return false;
}
#else
/* Sparse follows a lock that may not be had only where the macro below says so. */
bool wait_for_ring(struct lbpf_ringbuf *ring, unsigned long *irq_flags);
#endif

/* False: its holder was interrupted here, or (in an NMI) it is taken. */
#define try_lock_ring(ring, irq_flags) \
	__cond_lock(&(ring)->lock, wait_for_ring(ring, irq_flags))

static __always_inline void unlock_ring(struct lbpf_ringbuf *ring, unsigned long irq_flags)
	__releases(&ring->lock)
{
	WRITE_ONCE(ring->lock_cpu, NO_CPU);
	spin_unlock_irqs_off(&ring->lock);
	local_irq_restore(irq_flags);
}

static u64 record_bytes(u32 len)
{
	return round_up((u64)(len & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT)) +
			BPF_RINGBUF_HDR_SZ, 8);
}

static struct record *record_at(const struct lbpf_ringbuf *ring, unsigned long pos)
{
	return ring->data + (pos & ring->mask);
}

/* First busy record, or @end. */
static unsigned long skip_committed(struct lbpf_ringbuf *ring, unsigned long end)
{
	unsigned long pos = ring->pending_pos;
	u32 len;

	while (pos < end) {
		len = READ_ONCE(record_at(ring, pos)->len);
		if (len & BPF_RINGBUF_BUSY_BIT)
			break;
		pos += record_bytes(len);
	}
	ring->pending_pos = pos;
	return pos;
}

/* A busy record of @total bytes, or NULL: there is no room. */
static __always_inline struct record *
append_locked(struct lbpf_ringbuf *ring, u32 size_bytes, u64 total)
{
	unsigned long read_pos = ring_read_to(ring);
	unsigned long pos = *ring->producer_pos, end = pos + total;
	struct record *record;

	lockdep_assert_held(&ring->lock);
	if (end - read_pos > ring->mask || end - skip_committed(ring, pos) > ring->mask)
		return NULL;
	record = record_at(ring, pos);
	record->page_off = ((void *)record - ring->area.start) >> PAGE_SHIFT;
	WRITE_ONCE(record->len, size_bytes | BPF_RINGBUF_BUSY_BIT);
	/* (A), pairs with the consumer's acquire. */
	smp_store_release(ring->producer_pos, end);
	return record;
}

static __always_inline struct record *append(struct lbpf_ringbuf *ring, u64 size_bytes)
{
	unsigned long irq_flags;
	struct record *record;
	u64 total;

	if (size_bytes > RECORD_MAX_BYTES)
		return NULL;
	total = record_bytes(size_bytes);
	if (total > ring->mask + 1 || !try_lock_ring(ring, &irq_flags))
		return NULL;
	record = append_locked(ring, size_bytes, total);
	unlock_ring(ring, irq_flags);
	return record;
}

/**
 * lbpf_ringbuf_reserve() - Make room for a record
 * @map: Ring buffer.
 * @size_bytes: Size of its data.
 *
 * Context: Any.
 * Return: Data to fill in and to hand to lbpf_ringbuf_commit(), or NULL: no room, or a program
 * that was interrupted here is reserving.
 */
void *lbpf_ringbuf_reserve(struct lbpf_map *map, u64 size_bytes)
{
	struct record *record = append(ring_of(map), size_bytes);

	return record ? record + 1 : NULL;
}

/* @len: New first word, not busy. */
static __always_inline void
publish(struct lbpf_ringbuf *ring, struct record *record, u32 len, u64 flags)
{
	u64 read_off;

	/* (B).  Fully ordered: the data is before it, and the consumer's position after it. */
	xchg(&record->len, len);
	read_off = ring_read_to(ring) & ring->mask;
	if (flags & BPF_RB_FORCE_WAKEUP)
		irq_work_queue(&ring->wakeup);
	else if (ring->data + read_off == record && !(flags & BPF_RB_NO_WAKEUP))
		irq_work_queue(&ring->wakeup);
}

/**
 * lbpf_ringbuf_output() - Copy a record in
 * @map: Ring buffer.
 * @data: Data.
 * @size_bytes: Its size.
 * @flags: As for lbpf_ringbuf_commit().
 *
 * Context: Any.
 * Return: 0, -EINVAL: unknown flags, -EAGAIN: as lbpf_ringbuf_reserve().
 */
long lbpf_ringbuf_output(struct lbpf_map *map, const void *data, u64 size_bytes, u64 flags)
{
	struct lbpf_ringbuf *ring = ring_of(map);
	struct record *record;

	if (flags & ~(u64)(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	record = append(ring, size_bytes);
	if (!record)
		return -EAGAIN;
	if (likely(size_bytes))
		lbpf_copy_words(record + 1, data, size_bytes);
	publish(ring, record, size_bytes, flags);
	return 0;
}

static struct lbpf_ringbuf *ring_of_record(struct record *record)
{
	unsigned long page = (unsigned long)record & PAGE_MASK;

	return *(struct lbpf_ringbuf **)(page - ((unsigned long)record->page_off << PAGE_SHIFT));
}

/**
 * lbpf_ringbuf_commit() - Let the consumer have a record
 * @sample: From lbpf_ringbuf_reserve().
 * @flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP; else it wakes who has read all before it.
 * @is_discarded: The consumer skips it.
 *
 * Context: Any.
 */
void lbpf_ringbuf_commit(void *sample, u64 flags, bool is_discarded)
{
	struct record *record = (struct record *)sample - 1;
	u32 len = record->len & ~BPF_RINGBUF_BUSY_BIT;

	if (is_discarded)
		len |= BPF_RINGBUF_DISCARD_BIT;
	publish(ring_of_record(record), record, len, flags);
}

/**
 * lbpf_ringbuf_query() - Tell how a ring buffer is doing
 * @map: Ring buffer.
 * @what: BPF_RB_*.
 *
 * Context: Any.
 * Return: Bytes; 0 for an unknown @what.
 */
u64 lbpf_ringbuf_query(const struct lbpf_map *map, u64 what)
{
	const struct lbpf_ringbuf *ring = ring_of(map);

	switch (what) {
	case BPF_RB_AVAIL_DATA:
		return ring_waiting_bytes(ring);
	case BPF_RB_RING_SIZE:
		return ring->mask + 1;
	case BPF_RB_CONS_POS:
		return ring_read_to(ring);
	case BPF_RB_PROD_POS:
		return ring_written_to(ring);
	}
	return 0;
}

static __poll_t ring_poll(struct lbpf_map *map, struct file *file, struct poll_table_struct *wait)
{
	struct lbpf_ringbuf *ring = ring_of(map);

	poll_wait(file, &ring->waiters, wait);
	return ring_waiting_bytes(ring) ? EPOLLIN | EPOLLRDNORM : 0;
}

/* The consumer's position is all that a process writes. */
static int ring_mmap(struct lbpf_map *map, struct vm_area_struct *vma)
{
	if (vma->vm_flags & VM_WRITE &&
	    (vma->vm_pgoff || vma->vm_end - vma->vm_start != PAGE_SIZE))
		return -EPERM;
	return lbpf_ring_area_map(vma, &ring_of(map)->area, PAGE_CONSUMER);
}

static u64 ring_count(const struct lbpf_map *map)
{
	return ring_waiting_bytes(ring_of(map));
}

/**
 * lbpf_ring_mem_bytes() - Memory in use
 * @map: Ring.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_ring_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_ringbuf) + lbpf_ring_area_bytes(&ring_of(map)->area);
}

/**
 * lbpf_ring_meta_equal() - May a ring be an inner map?
 * @meta: Template.
 * @map: Map.
 *
 * Context: Any.
 * Return: true if they differ in their size at most.
 */
bool lbpf_ring_meta_equal(const struct lbpf_map *meta, const struct lbpf_map *map)
{
	return meta->map_type == map->map_type && meta->map_flags == map->map_flags;
}

const struct lbpf_map_ops lbpf_ringbuf_ops = {
	.type = BPF_MAP_TYPE_RINGBUF,
	.name = "ringbuf",
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_RINGBUF,
	.create_flags = BPF_F_NUMA_NODE,
	.alloc_check = lbpf_ring_alloc_check,
	.alloc = ring_alloc,
	.free = lbpf_ring_free,
	.poll = ring_poll,
	.mmap = ring_mmap,
	.count = ring_count,
	.mem_bytes = lbpf_ring_mem_bytes,
	.meta_equal = lbpf_ring_meta_equal,
};
