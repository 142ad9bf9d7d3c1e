/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the map types built on the hash table share.
 *
 * Layer: maps (p).
 */
#ifndef _LBPF_MAPS_HASHTAB_H
#define _LBPF_MAPS_HASHTAB_H

#include <linux/hardirq.h>
#include <linux/irqflags.h>

#include <lbpf/map.h>
#include <lbpf/maps.h>
#include <lbpf/pool.h>

#include "spin.h"
#include "table.h"

/**
 * struct hash_cpu - A CPU's share of a hash map; written by that CPU with interrupts off
 * @is_busy: A bucket lock of this map is held or being taken here.
 * @spare: Element that the next update of an existing key uses; the replaced one takes its place.
 * @nr: Entries inserted less entries deleted here.
 * @hand: LRU: next element to look at for an eviction.
 * @nr_window: LRU: elements left before the next window must be claimed.
 * @trial: LRU: next of lru::trials.
 * @nr_trial: LRU: those left before more must be claimed.
 * @nr_failed: LRU: elements that were not used while on trial.
 * @spared_used: LRU: how many of those spared for their rounds were used afterwards, lately.
 * @trial_used: LRU: how many of those on trial were, lately.
 * @is_impatient: LRU: nothing is spared for its rounds, or on trial.
 */
struct hash_cpu {
	bool	is_busy;
	u32	spare;
	s64	nr;
	u32	hand;
	u32	nr_window;
	u32	*trial;
	u32	nr_trial;
	u32	nr_failed;
	u32	spared_used;
	u32	trial_used;
	bool	is_impatient;
};

struct lru;

/**
 * struct lbpf_hash - A hash map
 * @map: Head.
 * @table: What lookups need.
 * @cpus: Shares of the CPUs.
 * @lru: What evicts entries, NULL: nothing does.  Constant.
 * @is_percpu: The value in an element is a pointer to per-CPU memory.  Constant.
 * @pool: Elements: max_entries, and a spare one for each CPU unless values are per CPU.
 */
struct lbpf_hash {
	struct lbpf_map		map;
	struct table		table;
	struct hash_cpu __percpu *cpus;
	struct lru		*lru;
	bool			is_percpu;
	struct lbpf_pool	pool;
};

static __always_inline struct lbpf_hash *hash_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_hash, map);
}

/**
 * hash_enter() - Begin a critical section on this CPU
 * @h: Map.
 * @irq_flags: For hash_leave().
 *
 * A program may run inside another one's critical section: in an NMI, or on a probe within it.
 * Waiting for a bucket lock could last forever then, so it is refused.
 *
 * Context: Any.
 * Return: The CPU's share, with interrupts off, or NULL in the case above only.
 */
static __always_inline struct hash_cpu *
hash_enter(struct lbpf_hash *h, unsigned long *irq_flags)
{
	struct hash_cpu *cpu;

	local_irq_save(*irq_flags);
	cpu = this_cpu_ptr(h->cpus);
	if (unlikely(cpu->is_busy)) {
		local_irq_restore(*irq_flags);
		return NULL;
	}
	cpu->is_busy = true;
	/* An NMI sees the flag before a lock is taken. */
	barrier();
	return cpu;
}

static __always_inline void hash_leave(struct hash_cpu *cpu, unsigned long irq_flags)
{
	/* The flag goes after the lock. */
	barrier();
	cpu->is_busy = false;
	local_irq_restore(irq_flags);
}

/*
 * Locks a bucket after hash_enter().  In an NMI the lock of another CPU is not waited for: that CPU
 * may be in an NMI itself, waiting for a lock that was interrupted here.
 */
#ifndef __CHECKER__
static __always_inline bool wait_for_lock(struct bucket *b)
{
	if (unlikely(in_nmi()))
		return spin_trylock_irqs_off(&b->lock);
	spin_lock_irqs_off(&b->lock);
	return true;
}
#else
/* Sparse follows a lock that may not be had only where the macros below say so. */
bool wait_for_lock(struct bucket *b);
#endif

#define bucket_lock(b)	__cond_lock(&(b)->lock, wait_for_lock(b))

static __always_inline struct hash_cpu *
enter_and_lock(struct lbpf_hash *h, struct bucket *b, unsigned long *irq_flags)
{
	struct hash_cpu *cpu = hash_enter(h, irq_flags);

	if (unlikely(!cpu))
		return NULL;
	if (likely(wait_for_lock(b)))
		return cpu;
	hash_leave(cpu, *irq_flags);
	return NULL;
}

/**
 * hash_lock() - Lock one bucket
 * @h: Map.
 * @b: Bucket.
 * @cpu: Out: the CPU's share, with interrupts off.
 * @irq_flags: For hash_unlock().
 *
 * Context: Any.
 * Return: false (-EBUSY) as hash_enter() and bucket_lock() say.
 */
#define hash_lock(h, b, cpu, irq_flags) \
	__cond_lock(&(b)->lock, (*(cpu) = enter_and_lock(h, b, irq_flags)))

static __always_inline void
hash_unlock(struct hash_cpu *cpu, struct bucket *b, unsigned long irq_flags)
{
	spin_unlock_irqs_off(&b->lock);
	hash_leave(cpu, irq_flags);
}

static __always_inline u64 hash_of_key(const struct lbpf_hash *h, const void *key)
{
	return table_hash(&h->table, key, key_kind_of(h->table.key_size));
}

static __always_inline void add_count(struct hash_cpu *cpu, int nr)
{
	WRITE_ONCE(cpu->nr, cpu->nr + nr);
}

void lbpf_hash_remove(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
		      const struct place *place);
void *lbpf_hash_lookup_slow(struct lbpf_map *map, const void *key, u64 hash);
s64 lbpf_hash_take_slow(struct lbpf_hash *h);
int lbpf_hash_alloc_check(const union bpf_attr *attr);
struct lbpf_map *lbpf_hash_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops);
void lbpf_hash_release_user(struct lbpf_map *map);
void lbpf_hash_free(struct lbpf_map *map);
int lbpf_hash_next_key(struct lbpf_map *map, const void *key, void *next_key);
int lbpf_hash_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags);
int lbpf_hash_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_hash_user_pop(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_hash_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			 void *values, u32 nr, bool delete);
long lbpf_hash_for_each(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64), void *ctx,
			u64 flags);
u64 lbpf_hash_count(const struct lbpf_map *map);
u64 lbpf_hash_mem_bytes(const struct lbpf_map *map);
void *lbpf_hash_lookup_percpu(struct lbpf_map *map, const void *key, u32 cpu);
bool lbpf_hash_describe(const struct lbpf_map *map, struct lbpf_map_table *table);
u32 lbpf_percpu_value_bytes(const struct lbpf_map *map);

/* LRU maps. */
int lbpf_lru_init(struct lbpf_hash *h);
void lbpf_lru_destroy(struct lbpf_hash *h);
u64 lbpf_lru_bytes(const struct lbpf_hash *h);

/* Value of an element for userspace: copied to @value. */
void lbpf_hash_copy_out(struct lbpf_hash *h, struct lbpf_elem *elem, void *value, u64 flags);

static __always_inline void __percpu *elem_percpu(const struct table *t, struct lbpf_elem *elem)
{
	return *(void __percpu **)elem_value(t, elem);
}

#endif /* _LBPF_MAPS_HASHTAB_H */
