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
#include <lbpf/ringbuf.h>

#include "ring.h"

/* Samples that one call takes at most, discarded ones included.  As Linux. */
#define MAX_SAMPLES	(128 * 1024)

/**
 * struct sample - The next sample
 * @data: It; NULL: it was discarded.
 * @size_bytes: Its size.
 * @end_pos: Consumer's position behind it.
 */
struct sample {
	void		*data;
	u32		size_bytes;
	unsigned long	end_pos;
};

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

/*
 * Whatever the process does, the sample lies in the ring: what it writes is read once.
 * 0; -ENODATA: there is none; other errors: it makes no sense.
 */
static long next_sample(const struct lbpf_ringbuf *ring, u32 max_size_bytes, struct sample *sample)
{
	unsigned long read_pos = ring_read_to(ring), end = ring_written_to(ring);
	u32 *head = ring->data + (read_pos & ring->mask), len, flags;
	u64 total;

	if (end % BPF_RINGBUF_HDR_SZ)
		return -EINVAL;
	if (read_pos >= end)
		return -ENODATA;
	/* Pairs with the process' release of the length, behind the data. */
	len = smp_load_acquire(head);
	flags = len & (BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	len -= flags;
	total = round_up((u64)len + BPF_RINGBUF_HDR_SZ, BPF_RINGBUF_HDR_SZ);
	if (total > end - read_pos)
		return -EINVAL;
	if (total > ring->mask + 1 || len > max_size_bytes)
		return -E2BIG;
	if (!(flags & BPF_RINGBUF_DISCARD_BIT) && flags)
		return -ENODATA;
	sample->data = flags ? NULL : (void *)head + BPF_RINGBUF_HDR_SZ;
	sample->size_bytes = len;
	sample->end_pos = read_pos + total;
	return 0;
}

/* Number of samples given to @fn, or -errno; *@nr_taken counts discarded ones too. */
static long drain(struct lbpf_ringbuf *ring, u32 max_size_bytes, lbpf_sample_fn fn, void *arg,
		  u32 *nr_taken)
{
	bool wants_more = true;
	struct sample sample;
	long nr_given = 0, err;

	while (wants_more && *nr_taken < MAX_SAMPLES) {
		err = next_sample(ring, max_size_bytes, &sample);
		if (err)
			return err == -ENODATA ? nr_given : err;
		if (sample.data) {
			wants_more = fn(sample.data, sample.size_bytes, arg);
			nr_given++;
		}
		++*nr_taken;
		/* (C) of ringbuf.c: the sample is read, the process may write there. */
		smp_store_release(ring->consumer_pos, sample.end_pos);
	}
	return nr_given;
}

/**
 * lbpf_user_ringbuf_drain() - Take samples out of a user ring buffer
 * @map: Ring.
 * @flags: BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP; else it wakes who polls when a sample was taken.
 * @max_size_bytes: Larger samples are refused.
 * @fn: Gets each of them.
 * @arg: Its last argument.
 *
 * Source: bpf_user_ringbuf_drain() in bpf-helpers(7).
 * Context: Any.
 * Return: Number of samples, -EINVAL, -EBUSY (somebody drains it), -E2BIG.
 */
long lbpf_user_ringbuf_drain(struct lbpf_map *map, u64 flags, u32 max_size_bytes,
			     lbpf_sample_fn fn, void *arg)
{
	struct lbpf_ringbuf *ring = ring_of(map);
	u32 nr_taken = 0;
	long ret;

	if (flags & ~(BPF_RB_NO_WAKEUP | BPF_RB_FORCE_WAKEUP))
		return -EINVAL;
	if (cmpxchg(&ring->is_drained, 0, 1))
		return -EBUSY;
	ret = drain(ring, max_size_bytes, fn, arg, &nr_taken);
	/* Pairs with the cmpxchg of the next one to drain, which sees the consumer's position. */
	smp_store_release(&ring->is_drained, 0);
	if (flags & BPF_RB_FORCE_WAKEUP || (nr_taken && !(flags & BPF_RB_NO_WAKEUP)))
		irq_work_queue(&ring->wakeup);
	return ret;
}

const struct lbpf_map_ops lbpf_user_ringbuf_ops = {
	.type = BPF_MAP_TYPE_USER_RINGBUF,
	.name = "user_ringbuf",
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_USER_RINGBUF,
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
