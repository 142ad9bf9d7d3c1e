// SPDX-License-Identifier: GPL-2.0
/*
 * Pools of equally sized elements.
 *
 * Layer: lib (p).  Locks: none.  A chunk is built apart, put into ->chunks by
 * cmpxchg, and becomes usable when ->nr_backed moves past it (release); whoever
 * advances ->nr_fresh read ->nr_backed first (acquire), and a ref travels to
 * others only after that.
 */
#include <linux/bitops.h>
#include <linux/bug.h>
#include <linux/cpumask.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include <lbpf/alloc.h>
#include <lbpf/pool.h>

/* A chunk stays in the slab's caches, and so does a piece of per-CPU memory. */
#define CHUNK_BYTES	8192
#define BATCH_MAX	32U

/**
 * lbpf_pool_chunk_shift() - Shape of the chunks of a pool
 * @spec: What it is made of; the number of elements makes no difference.
 *
 * Context: Any.
 * Return: log2 of the elements per chunk; the last chunk may have fewer.
 */
u32 lbpf_pool_chunk_shift(const struct lbpf_pool_spec *spec)
{
	u32 each = spec->is_lazy ? max(spec->elem_bytes, spec->percpu_bytes) : spec->percpu_bytes;
	u32 fit = each ? CHUNK_BYTES / each : 1;

	return fit > 1 ? ilog2(fit) : 0;
}

static u32 chunk_elems(const struct lbpf_pool *pool)
{
	return 1U << pool->chunk_shift;
}

static u32 nr_chunks(const struct lbpf_pool *pool)
{
	return ((pool->nr_elems - 1) >> pool->chunk_shift) + 1;
}

static u32 elems_in_chunk(const struct lbpf_pool *pool, u32 i)
{
	return min(chunk_elems(pool), pool->nr_elems - (i << pool->chunk_shift));
}

static void set_percpu(const struct lbpf_pool *pool, void *elems, u32 nr, void __percpu *area)
{
	struct lbpf_elem *elem;
	u32 i;

	for (i = 0; i < nr; i++) {
		elem = elems + (size_t)i * pool->elem_bytes;
		*(void __percpu **)(elem->data + pool->percpu_off) = area + i * pool->percpu_bytes;
	}
}

static void __percpu *alloc_percpu_area(const struct lbpf_pool *pool, u32 nr, gfp_t gfp)
{
	return lbpf_percpu_alloc((size_t)nr * pool->percpu_bytes, 8, gfp);
}

static void free_chunk(const struct lbpf_pool *pool, void *chunk)
{
	struct lbpf_elem *first = chunk;

	if (chunk && pool->percpu_bytes)
		lbpf_percpu_free(*(void __percpu **)(first->data + pool->percpu_off));
	lbpf_free(chunk);
}

static void *alloc_chunk(const struct lbpf_pool *pool, u32 nr, gfp_t gfp)
{
	void __percpu *area;
	void *chunk;

	chunk = lbpf_alloc_node((size_t)pool->elem_bytes * nr, gfp | __GFP_ZERO, pool->numa_node);
	if (!chunk || !pool->percpu_bytes)
		return chunk;
	area = alloc_percpu_area(pool, nr, gfp);
	if (!area) {
		lbpf_free(chunk);
		return NULL;
	}
	set_percpu(pool, chunk, nr, area);
	return chunk;
}

/* One chunk more.  Several may try at once: one of them wins. */
static int add_chunk(struct lbpf_pool *pool, gfp_t gfp)
{
	/* Pairs with the cmpxchg below, of whoever added the chunk before. */
	u32 backed = smp_load_acquire(&pool->nr_backed);
	u32 i = backed >> pool->chunk_shift;
	void *chunk;

	if (backed >= pool->nr_elems)
		return 0;
	if (!READ_ONCE(pool->chunks[i])) {
		chunk = alloc_chunk(pool, elems_in_chunk(pool, i), gfp);
		if (!chunk)
			return -ENOMEM;
		if (cmpxchg(&pool->chunks[i], NULL, chunk))
			free_chunk(pool, chunk);
	}
	/* Full barrier, after the chunk is in place: pairs with the acquire in take_fresh(). */
	cmpxchg(&pool->nr_backed, backed, min(backed + chunk_elems(pool), pool->nr_elems));
	return 0;
}

static bool runs_low(const struct lbpf_pool *pool)
{
	u32 backed = READ_ONCE(pool->nr_backed);

	return backed < pool->nr_elems && backed - READ_ONCE(pool->nr_fresh) < pool->nr_low;
}

static int grow(struct lbpf_pool *pool, gfp_t gfp)
{
	int err = 0;

	while (!err && runs_low(pool))
		err = add_chunk(pool, gfp);
	return err;
}

static void grow_in_worker(struct work_struct *work)
{
	grow(container_of(work, struct lbpf_pool, grow), GFP_KERNEL);
}

static void grow_in_irq(struct irq_work *work)
{
	struct lbpf_pool *pool = container_of(work, struct lbpf_pool, kick);

	if (grow(pool, GFP_NOWAIT))
		schedule_work(&pool->grow);
}

/**
 * lbpf_pool_prepare() - Grow a lazy pool ahead of a caller that may sleep
 * @pool: Pool.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM; the pool may still have free elements then.
 */
int lbpf_pool_prepare(struct lbpf_pool *pool)
{
	return likely(!runs_low(pool)) ? 0 : grow(pool, GFP_KERNEL);
}

/**
 * lbpf_pool_can_grow() - Is there memory still to come?
 * @pool: Pool.
 *
 * Context: Any.
 * Return: true when a failed lbpf_pool_take() was for want of memory, not of elements.
 */
bool lbpf_pool_can_grow(struct lbpf_pool *pool)
{
	return READ_ONCE(pool->nr_backed) < pool->nr_elems;
}

/* Next elements that were never used: returns one, stacks the rest. */
static u32 take_fresh(struct lbpf_pool *pool)
{
	struct lbpf_pool_cpu *cpu = this_cpu_ptr(pool->cpus);
	/* Pairs with the cmpxchg in add_chunk(): memory below the limit is there. */
	u32 limit = smp_load_acquire(&pool->nr_backed);
	u32 first = READ_ONCE(pool->nr_fresh), nr, seen, i;

	for (;;) {
		if (first >= limit)
			return LBPF_POOL_NONE;
		nr = min(pool->batch, limit - first);
		seen = cmpxchg(&pool->nr_fresh, first, first + nr);
		if (seen == first)
			break;
		first = seen;
	}
	for (i = nr - 1; i > 0; i--)
		lbpf_pool_push(cpu, lbpf_pool_elem(pool, first + i), first + i);
	if (nr > 1)
		WRITE_ONCE(pool->may_steal, true);
	return first;
}

static u32 take_from_others(struct lbpf_pool *pool)
{
	int self = smp_processor_id(), cpu;
	u32 ref;

	if (!READ_ONCE(pool->may_steal))
		return LBPF_POOL_NONE;
	WRITE_ONCE(pool->may_steal, false);
	/* Who gives back from here on sets it again: pairs with the push of the giver. */
	smp_mb();
	for_each_possible_cpu(cpu) {
		if (cpu == self)
			continue;
		ref = lbpf_pool_pop(pool, per_cpu_ptr(pool->cpus, cpu));
		if (ref != LBPF_POOL_NONE) {
			WRITE_ONCE(pool->may_steal, true);
			return ref;
		}
	}
	return LBPF_POOL_NONE;
}

/**
 * lbpf_pool_take_slow() - Take an element when this CPU's stack is empty
 * @pool: Pool.
 *
 * Context: Any.  The caller cannot migrate to another CPU.
 * Return: As lbpf_pool_take().
 */
u32 lbpf_pool_take_slow(struct lbpf_pool *pool)
{
	u32 ref = take_fresh(pool);

	if (unlikely(runs_low(pool)))
		irq_work_queue(&pool->kick);
	return ref != LBPF_POOL_NONE ? ref : take_from_others(pool);
}

/**
 * lbpf_pool_bytes() - Memory in use
 * @pool: Pool.
 *
 * Context: Any.
 * Return: Bytes of all elements that have memory, used or free, and of what belongs to them.
 */
u64 lbpf_pool_bytes(const struct lbpf_pool *pool)
{
	u64 each = pool->elem_bytes + (u64)pool->percpu_bytes * num_possible_cpus();
	u64 bytes = READ_ONCE(pool->nr_backed) * each;

	bytes += sizeof(struct lbpf_pool_cpu) * num_possible_cpus();
	if (pool->chunks || pool->percpu)
		bytes += nr_chunks(pool) * sizeof(void *);
	return bytes;
}

static int init_flat_percpu(struct lbpf_pool *pool)
{
	u32 nr = nr_chunks(pool), in_chunk, i;

	pool->percpu = lbpf_area_alloc_array(nr, sizeof(*pool->percpu), pool->numa_node);
	if (!pool->percpu)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		in_chunk = elems_in_chunk(pool, i);
		pool->percpu[i] = alloc_percpu_area(pool, in_chunk, GFP_KERNEL);
		if (!pool->percpu[i])
			return -ENOMEM;
		set_percpu(pool, lbpf_pool_elem(pool, i << pool->chunk_shift), in_chunk,
			   pool->percpu[i]);
		cond_resched();
	}
	return 0;
}

static int init_flat(struct lbpf_pool *pool)
{
	pool->flat = lbpf_area_alloc_array(pool->nr_elems, pool->elem_bytes, pool->numa_node);
	if (!pool->flat)
		return -ENOMEM;
	pool->nr_backed = pool->nr_elems;
	return pool->percpu_bytes ? init_flat_percpu(pool) : 0;
}

static int init_lazy(struct lbpf_pool *pool, u32 nr_first)
{
	int err;

	pool->chunks = lbpf_area_alloc_array(nr_chunks(pool), sizeof(void *), pool->numa_node);
	if (!pool->chunks)
		return -ENOMEM;
	nr_first = min(nr_first, pool->nr_elems);
	while (pool->nr_backed < nr_first) {
		err = add_chunk(pool, GFP_KERNEL);
		if (err)
			return err;
	}
	return 0;
}

/**
 * lbpf_pool_init() - Make a pool
 * @pool: Zeroed memory.
 * @spec: What it is made of.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM with everything undone.
 */
int lbpf_pool_init(struct lbpf_pool *pool, const struct lbpf_pool_spec *spec)
{
	int err;

	pool->elem_bytes = spec->elem_bytes;
	pool->nr_elems = spec->nr_elems;
	pool->percpu_bytes = spec->percpu_bytes;
	pool->percpu_off = spec->percpu_off;
	pool->numa_node = spec->numa_node;
	pool->chunk_shift = lbpf_pool_chunk_shift(spec);
	pool->batch = clamp(spec->nr_elems / (4 * num_possible_cpus()), 1U, BATCH_MAX);
	pool->nr_low = max(chunk_elems(pool), pool->batch * 4);
	init_irq_work(&pool->kick, grow_in_irq);
	INIT_WORK(&pool->grow, grow_in_worker);

	pool->cpus = lbpf_percpu_alloc(sizeof(*pool->cpus), sizeof(u64), GFP_KERNEL);
	if (!pool->cpus)
		return -ENOMEM;
	err = spec->is_lazy ? init_lazy(pool, spec->nr_first) : init_flat(pool);
	if (err)
		lbpf_pool_destroy(pool);
	return err;
}

/**
 * lbpf_pool_destroy() - Free a pool and every element
 * @pool: Pool that nobody uses any more, also one whose making failed halfway.
 *
 * Context: Process context, may sleep.
 */
void lbpf_pool_destroy(struct lbpf_pool *pool)
{
	u32 i;

	irq_work_sync(&pool->kick);
	cancel_work_sync(&pool->grow);
	for (i = 0; pool->chunks && i < nr_chunks(pool); i++) {
		free_chunk(pool, pool->chunks[i]);
		cond_resched();
	}
	for (i = 0; pool->percpu && i < nr_chunks(pool); i++)
		lbpf_percpu_free(pool->percpu[i]);
	lbpf_area_free(pool->chunks);
	lbpf_area_free(pool->percpu);
	lbpf_area_free(pool->flat);
	lbpf_percpu_free(pool->cpus);
}
