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
#include <lbpf/pool.h>

#include "table.h"

/**
 * struct hash_cpu - A CPU's share of a hash map; written by that CPU with interrupts off
 * @is_busy: A bucket lock of this map is held or being taken here.
 * @spare: Element that the next update of an existing key uses; the replaced one takes its place.
 * @nr: Entries inserted less entries deleted here.
 */
struct hash_cpu {
	bool	is_busy;
	u32	spare;
	s64	nr;
};

/**
 * struct lbpf_hash - A hash map
 * @map: Head.
 * @table: What lookups need.
 * @cpus: Shares of the CPUs.
 * @is_percpu: The value in an element is a pointer to per-CPU memory.  Constant.
 * @pool: Elements.  Hash: max_entries and a spare one for each CPU; per-CPU hash: max_entries.
 */
struct lbpf_hash {
	struct lbpf_map		map;
	struct table		table;
	struct hash_cpu __percpu *cpus;
	bool			is_percpu;
	struct lbpf_pool	pool;
};

static __always_inline struct lbpf_hash *hash_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_hash, map);
}

/**
 * hash_lock() - Lock the bucket of a key
 * @h: Map.
 * @b: Bucket.
 * @irq_flags: For hash_unlock().
 *
 * A program may run inside another one's critical section: in an NMI, or on a probe within it.
 * Waiting for the lock could last forever then, so it is refused.  In an NMI the lock of another
 * CPU is not waited for either: that CPU may be in an NMI itself, waiting for a lock that was
 * interrupted here.
 *
 * Context: Any.
 * Return: 0 with interrupts off, or -EBUSY in the cases above only.
 */
static __always_inline int
hash_lock(struct lbpf_hash *h, struct bucket *b, unsigned long *irq_flags)
{
	struct hash_cpu *cpu;

	local_irq_save(*irq_flags);
	cpu = this_cpu_ptr(h->cpus);
	if (unlikely(cpu->is_busy))
		goto restore_irq;
	cpu->is_busy = true;
	/* An NMI sees the flag before the lock is taken. */
	barrier();
	if (likely(!in_nmi())) {
		raw_spin_lock(&b->lock);
		return 0;
	}
	if (raw_spin_trylock(&b->lock))
		return 0;
	cpu->is_busy = false;
restore_irq:
	local_irq_restore(*irq_flags);
	return -EBUSY;
}

static __always_inline void
hash_unlock(struct lbpf_hash *h, struct bucket *b, unsigned long irq_flags)
{
	raw_spin_unlock(&b->lock);
	/* The flag goes after the lock. */
	barrier();
	this_cpu_ptr(h->cpus)->is_busy = false;
	local_irq_restore(irq_flags);
}

static __always_inline u64 hash_of_key(const struct lbpf_hash *h, const void *key)
{
	return table_hash(&h->table, key, key_kind_of(h->table.key_size));
}

static __always_inline void add_count(struct lbpf_hash *h, int nr)
{
	struct hash_cpu *cpu = this_cpu_ptr(h->cpus);

	WRITE_ONCE(cpu->nr, cpu->nr + nr);
}

int lbpf_hash_alloc_check(const union bpf_attr *attr);
struct lbpf_map *lbpf_hash_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops,
				 bool is_percpu);
void lbpf_hash_free(struct lbpf_map *map);
int lbpf_hash_check_ahead(const struct lbpf_hash *h, const void *key, u64 hash, u64 flags);
int lbpf_hash_check_flags(const struct lbpf_elem *old, u64 flags);
int lbpf_hash_take(struct lbpf_hash *h, u32 *ref);
long lbpf_hash_delete(struct lbpf_map *map, const void *key);
int lbpf_hash_next_key(struct lbpf_map *map, const void *key, void *next_key);
int lbpf_hash_pop(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_hash_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_hash_user_pop(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_hash_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			 void *values, u32 nr, bool delete);
long lbpf_hash_for_each(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64), void *ctx,
			u64 flags);
u64 lbpf_hash_count(const struct lbpf_map *map);
u64 lbpf_hash_mem_bytes(const struct lbpf_map *map);
u32 lbpf_percpu_value_bytes(const struct lbpf_map *map);

/* Value of an element for userspace: copied to @value. */
void lbpf_hash_copy_out(struct lbpf_hash *h, struct lbpf_elem *elem, void *value, u64 flags);

static __always_inline void __percpu *elem_percpu(const struct table *t, struct lbpf_elem *elem)
{
	return *(void __percpu **)elem_value(t, elem);
}

#endif /* _LBPF_MAPS_HASHTAB_H */
