/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools of equally sized elements that any context may allocate from.
 *
 * Layer: lib (p).  Elements are numbered; a number (ref) is 32 bits wide and
 * becomes an address by lbpf_pool_elem().  The memory of an element belongs to
 * the pool until the pool is freed: whoever holds a stale ref or pointer under
 * RCU may read it, and finds the element free or used for something else.
 *
 * Free elements are on lock-free stacks, one per CPU.  Elements never used so
 * far are handed out by a cursor, a batch at a time, so that a pool costs
 * nothing per element when it is made.  A CPU whose stack is empty takes from
 * the cursor, then from other CPUs: an allocation fails only when nothing is
 * free anywhere.
 *
 * The memory is one area (flat), or grows in chunks (lazy): ahead of demand
 * from an interrupt of its own (irq_work) without sleeping, failing that from a
 * worker, and from lbpf_pool_prepare() where the caller may sleep.
 */
#ifndef _LBPF_POOL_H
#define _LBPF_POOL_H

#include <linux/cache.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#define LBPF_POOL_NONE		U32_MAX
#define LBPF_POOL_MAX		(U32_MAX - 1)

/**
 * struct lbpf_elem - Head of every element
 * @next: Ref of the next element plus 1, 0: none.  On a free stack the pool's, else the owner's.
 * @order: The owner's.
 * @order_high: Likewise.
 * @mark: Likewise; a byte of its own, so that readers may write it.
 * @data: Likewise.
 */
struct lbpf_elem {
	u32	next;
	u16	order;
	u8	order_high;
	u8	mark;
	u8	data[] __aligned(8);
};

/**
 * struct lbpf_pool_spec - What a pool is made of
 * @nr_elems: Elements at most, 1 to LBPF_POOL_MAX.
 * @elem_bytes: Size of one, head included; a multiple of 8.
 * @percpu_bytes: Size of the per-CPU memory that belongs to each element, 0 for none; at most
 *	PCPU_MIN_UNIT_SIZE.
 * @percpu_off: Offset in the element's data where the pool puts the per-CPU pointer.
 * @nr_first: Lazy pools: elements that must have memory from the start.
 * @numa_node: Node, or NUMA_NO_NODE.
 * @is_lazy: Memory grows with use.
 */
struct lbpf_pool_spec {
	u32	nr_elems;
	u32	elem_bytes;
	u32	percpu_bytes;
	u32	percpu_off;
	u32	nr_first;
	int	numa_node;
	bool	is_lazy;
};

/**
 * struct lbpf_pool_cpu - A CPU's share of a pool
 * @free: Top of the stack of free elements: ref plus 1 in the low half; the high half counts
 *	changes, so that a compare-and-exchange of somebody who was late fails.
 */
struct lbpf_pool_cpu {
	u64	free;
};

/**
 * struct lbpf_pool - Elements of one size
 * @flat: The area, or NULL for lazy pools.
 * @chunks: Lazy pools: the chunks; entry i has elements i << chunk_shift and up.  Set once.
 * @elem_bytes: As in the specification, like the next ones.
 * @nr_elems: Elements.
 * @chunk_shift: log2 of the elements per chunk (of memory, or of per-CPU memory).
 * @batch: Elements taken from the cursor at once.
 * @nr_low: Lazy pools grow when fewer elements than this are left before @nr_backed.
 * @percpu_bytes: Per-CPU memory of each element.
 * @percpu_off: Where its address goes.
 * @numa_node: Node.
 * @cpus: Free stacks.
 * @percpu: Flat pools with per-CPU memory: the areas, one per chunk_shift elements.
 * @nr_fresh: The cursor: elements below it have been handed out at least once.  Changed by cmpxchg.
 * @nr_backed: Elements with memory.  Grows by cmpxchg after the chunk is in place.
 * @may_steal: Other CPUs' stacks may have something; false only if somebody looked and found
 *	nothing, and nothing was given back since.
 * @kick: Interrupt that grows the pool.
 * @grow: Worker that does so where the interrupt could not.
 */
struct lbpf_pool {
	void			*flat;
	void			**chunks;
	u32			elem_bytes;
	u32			nr_elems;
	u32			chunk_shift;
	u32			batch;
	u32			nr_low;
	u32			percpu_bytes;
	u32			percpu_off;
	int			numa_node;
	struct lbpf_pool_cpu __percpu *cpus;
	void __percpu		**percpu;

	u32			nr_fresh ____cacheline_aligned_in_smp;
	u32			nr_backed;
	bool			may_steal;
	struct irq_work		kick;
	struct work_struct	grow;
};

/**
 * lbpf_pool_elem() - Address of an element
 * @pool: Pool.
 * @ref: Element that was handed out at least once.
 *
 * Context: Any.
 * Return: The element.
 */
static __always_inline struct lbpf_elem *lbpf_pool_elem(const struct lbpf_pool *pool, u32 ref)
{
	u32 in_chunk;

	if (pool->flat)
		return pool->flat + (size_t)ref * pool->elem_bytes;
	in_chunk = ref & ((1U << pool->chunk_shift) - 1);
	return pool->chunks[ref >> pool->chunk_shift] + in_chunk * pool->elem_bytes;
}

u32 lbpf_pool_chunk_shift(const struct lbpf_pool_spec *spec);
int lbpf_pool_init(struct lbpf_pool *pool, const struct lbpf_pool_spec *spec);
void lbpf_pool_destroy(struct lbpf_pool *pool);

u32 lbpf_pool_take_slow(struct lbpf_pool *pool);
int lbpf_pool_prepare(struct lbpf_pool *pool);
bool lbpf_pool_can_grow(struct lbpf_pool *pool);
u64 lbpf_pool_bytes(const struct lbpf_pool *pool);

/* Elements with memory, those that are free included: refs below it have an address. */
static inline u32 lbpf_pool_nr_backed(const struct lbpf_pool *pool)
{
	/* The chunks are in place before the number grows. */
	return smp_load_acquire(&pool->nr_backed);
}

/* Has the pool nothing, as far as can be seen without looking at other CPUs' stacks? */
static __always_inline bool lbpf_pool_is_empty(const struct lbpf_pool *pool)
{
	return !READ_ONCE(pool->may_steal) && READ_ONCE(pool->nr_fresh) >= pool->nr_elems;
}

/* Top of @cpu's stack, or LBPF_POOL_NONE. */
static __always_inline u32 lbpf_pool_pop(struct lbpf_pool *pool, struct lbpf_pool_cpu *cpu)
{
	u64 old = READ_ONCE(cpu->free), new, seen;
	u32 ref;

	while ((u32)old) {
		ref = (u32)old - 1;
		new = ((old >> 32) + 1) << 32;
		new |= READ_ONCE(lbpf_pool_elem(pool, ref)->next);
		seen = cmpxchg(&cpu->free, old, new);
		if (likely(seen == old))
			return ref;
		old = seen;
	}
	return LBPF_POOL_NONE;
}

static __always_inline void
lbpf_pool_push(struct lbpf_pool_cpu *cpu, struct lbpf_elem *elem, u32 ref)
{
	u64 old = READ_ONCE(cpu->free), new, seen;

	for (;;) {
		WRITE_ONCE(elem->next, (u32)old);
		new = ((old >> 32) + 1) << 32 | (ref + 1);
		seen = cmpxchg(&cpu->free, old, new);
		if (likely(seen == old))
			return;
		old = seen;
	}
}

/**
 * lbpf_pool_take() - Take an element
 * @pool: Pool.
 *
 * The content is what its last owner left, zero for one never used.
 *
 * Context: Any.  The caller cannot migrate to another CPU.
 * Return: Ref, or LBPF_POOL_NONE: every element is taken, or has no memory yet
 * (lbpf_pool_can_grow()).
 */
static __always_inline u32 lbpf_pool_take(struct lbpf_pool *pool)
{
	u32 ref = lbpf_pool_pop(pool, this_cpu_ptr(pool->cpus));

	return likely(ref != LBPF_POOL_NONE) ? ref : lbpf_pool_take_slow(pool);
}

/**
 * lbpf_pool_give_elem() - Give an element back whose address is known
 * @pool: Pool.
 * @elem: lbpf_pool_elem() of @ref.
 * @ref: Element from lbpf_pool_take().  It may be taken again at once, while readers look at it.
 *
 * Context: Any.  The caller cannot migrate to another CPU.
 */
static __always_inline void
lbpf_pool_give_elem(struct lbpf_pool *pool, struct lbpf_elem *elem, u32 ref)
{
	lbpf_pool_push(this_cpu_ptr(pool->cpus), elem, ref);
	/* The cmpxchg of the push comes first: pairs with smp_mb() in take_from_others(). */
	if (unlikely(!READ_ONCE(pool->may_steal)))
		WRITE_ONCE(pool->may_steal, true);
}

/* Give an element back. */
static __always_inline void lbpf_pool_give(struct lbpf_pool *pool, u32 ref)
{
	lbpf_pool_give_elem(pool, lbpf_pool_elem(pool, ref), ref);
}

/**
 * lbpf_pool_give_chain() - Give many elements back at once
 * @pool: Pool.
 * @first: Element; its ->next and those that follow are refs plus 1 of further ones.
 * @last: The last of them; its ->next may be anything.
 *
 * Context: Any.  The caller cannot migrate to another CPU.
 */
static inline void lbpf_pool_give_chain(struct lbpf_pool *pool, u32 first, u32 last)
{
	struct lbpf_pool_cpu *cpu = this_cpu_ptr(pool->cpus);
	struct lbpf_elem *elem = lbpf_pool_elem(pool, last);
	u64 old = READ_ONCE(cpu->free), seen;

	for (;;) {
		WRITE_ONCE(elem->next, (u32)old);
		seen = cmpxchg(&cpu->free, old, ((old >> 32) + 1) << 32 | (first + 1));
		if (likely(seen == old))
			break;
		old = seen;
	}
	/* As in lbpf_pool_give(). */
	if (unlikely(!READ_ONCE(pool->may_steal)))
		WRITE_ONCE(pool->may_steal, true);
}

#endif /* _LBPF_POOL_H */
