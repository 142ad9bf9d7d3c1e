// SPDX-License-Identifier: GPL-2.0
/*
 * Updates of hash maps.
 *
 * Layer: maps (p).  Locks: see hash_lock(); the lock of a value (BPF_F_LOCK)
 * nests inside the lock of the bucket.
 *
 * An update of an existing key writes the CPU's spare element and exchanges it
 * with the old one, which becomes the spare: readers see the old value or the
 * new one.  A program that still holds the old value reads, and writes, memory
 * that another entry may use by then: it stays memory of this map.  Per-CPU
 * values are written in place.
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include <lbpf/value.h>

#include "hashtab.h"

/* As many times elements are looked for when the count says that the map is not full. */
#define TAKE_TRIES	8

/* May an update go on that finds @old, or (NULL) nothing? */
static int check_flags(const struct lbpf_elem *old, u64 flags)
{
	if (old && (flags & ~BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	if (!old && (flags & ~BPF_F_LOCK) == BPF_EXIST)
		return -ENOENT;
	return 0;
}

/* What can be refused without taking a lock. */
static int check_ahead(const struct lbpf_hash *h, const struct hash_change *change)
{
	u64 flags = change->flags;

	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(flags & BPF_F_LOCK && (h->is_percpu || h->map.spin_lock_off < 0)))
		return -EINVAL;
	return check_flags(table_find(&h->table, change->key, change->hash, KEY_ANY), flags);
}

/* An element for a new entry: 0, -E2BIG: the map is full, -ENOMEM: memory has not come yet. */
static int take(struct lbpf_hash *h, u32 *ref)
{
	int i;

	for (i = 0; i < TAKE_TRIES; i++) {
		*ref = lbpf_pool_take(&h->pool);
		if (likely(*ref != LBPF_POOL_NONE))
			return 0;
		if (lbpf_pool_can_grow(&h->pool))
			return -ENOMEM;
		/* Elements may have gone from CPU to CPU while all were asked. */
		if (lbpf_hash_count(&h->map) >= h->map.max_entries)
			break;
	}
	return -E2BIG;
}

/* Fills in a value for this CPU or all; with @is_new, the other CPUs' become zero. */
static void write_percpu(const struct lbpf_map *map, void __percpu *area,
			 const struct hash_change *change, bool is_new)
{
	const void *from = change->value;
	int i;

	if (!change->is_user && !is_new) {
		lbpf_copy_words(this_cpu_ptr(area), from, map->value_size);
		return;
	}
	for_each_possible_cpu(i) {
		if (change->is_user) {
			lbpf_copy_words(per_cpu_ptr(area, i), from, map->elem_size);
			from += map->elem_size;
		} else if (i == smp_processor_id()) {
			lbpf_copy_words(per_cpu_ptr(area, i), from, map->value_size);
		} else {
			memset(per_cpu_ptr(area, i), 0, map->elem_size);
		}
	}
}

static void fill(struct lbpf_hash *h, u32 ref, const struct hash_change *change)
{
	struct lbpf_elem *elem = table_elem(&h->table, ref);

	lbpf_copy_words(elem->data, change->key, h->table.key_size);
	elem->mark = 0;
	if (unlikely(h->is_percpu))
		write_percpu(&h->map, elem_percpu(&h->table, elem), change, true);
	else
		lbpf_value_init(&h->map, elem_value(&h->table, elem), change->value);
}

static void replace(struct lbpf_hash *h, struct bucket *b, const struct place *place,
		    const struct hash_change *change)
{
	struct hash_cpu *cpu = this_cpu_ptr(h->cpus);
	u32 ref = cpu->spare;

	fill(h, ref, change);
	if (unlikely(h->lru))
		lbpf_lru_adopt(h, ref, place->ref);
	lbpf_table_replace(&h->table, b, place, ref);
	cpu->spare = place->ref;
}

static void change_existing(struct lbpf_hash *h, struct bucket *b, const struct place *place,
			    const struct hash_change *change)
{
	if (unlikely(h->is_percpu)) {
		write_percpu(&h->map, elem_percpu(&h->table, place->elem), change, false);
		WRITE_ONCE(place->elem->mark, 1);
	} else if (unlikely(change->flags & BPF_F_LOCK)) {
		lbpf_value_copy_locked(&h->map, elem_value(&h->table, place->elem),
				       change->value, false);
		WRITE_ONCE(place->elem->mark, 1);
	} else {
		replace(h, b, place, change);
	}
}

/* Bucket lock held.  -EAGAIN: nothing is free, something must be evicted first. */
static int insert(struct lbpf_hash *h, struct bucket *b, struct hash_change *change)
{
	int err;

	if (change->ref == LBPF_POOL_NONE) {
		if (unlikely(h->lru)) {
			change->ref = lbpf_lru_take(h);
			err = change->ref == LBPF_POOL_NONE ? -EAGAIN : 0;
		} else {
			err = take(h, &change->ref);
		}
		if (unlikely(err))
			return err;
	}
	fill(h, change->ref, change);
	lbpf_table_insert(&h->table, b, change->hash, change->ref);
	change->ref = LBPF_POOL_NONE;
	add_count(h, 1);
	return 0;
}

static int change_bucket(struct lbpf_hash *h, struct bucket *b, struct hash_change *change)
{
	struct place place;
	int err;

	if (unlikely(!bucket_lock(b)))
		return -EBUSY;
	lbpf_table_locate(&h->table, b, change->key, change->hash, &place);
	err = check_flags(place.elem, change->flags);
	if (likely(!err)) {
		if (place.elem)
			change_existing(h, b, &place, change);
		else
			err = insert(h, b, change);
	}
	raw_spin_unlock(&b->lock);
	return err;
}

/* No bucket lock is held while another entry is evicted: that takes a lock of its own. */
static int evict_and_change(struct lbpf_hash *h, struct bucket *b, struct hash_change *change)
{
	int err;

	change->ref = lbpf_lru_evict(h);
	if (change->ref == LBPF_POOL_NONE)
		return -ENOMEM;
	err = change_bucket(h, b, change);
	if (change->ref != LBPF_POOL_NONE) {
		/* Somebody else inserted the key meanwhile. */
		lbpf_lru_forget(h, change->ref);
		lbpf_pool_give(&h->pool, change->ref);
	}
	return err;
}

/**
 * lbpf_hash_change() - Update an entry, or insert it
 * @h: Map.
 * @change: What to do; ->hash and ->ref are filled in here.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, -EINVAL, -EEXIST, -ENOENT, -E2BIG: the map is full, -ENOMEM: it is not, but memory
 * (BPF_F_NO_PREALLOC) has not come yet, -EBUSY as hash_lock() says.
 */
long lbpf_hash_change(struct lbpf_hash *h, struct hash_change *change)
{
	unsigned long irq_flags;
	struct bucket *b;
	int err;

	change->hash = hash_of_key(h, change->key);
	change->ref = LBPF_POOL_NONE;
	b = table_bucket(&h->table, change->hash);
	if (change->flags != BPF_ANY) {
		err = check_ahead(h, change);
		if (err)
			return err;
	}
	err = hash_enter(h, &irq_flags);
	if (unlikely(err))
		return err;
	err = change_bucket(h, b, change);
	if (unlikely(err == -EAGAIN))
		err = evict_and_change(h, b, change);
	hash_leave(h, irq_flags);
	return err;
}

/**
 * lbpf_hash_update() - Update by a program
 * @map: Map.
 * @key: Key.
 * @value: Value; of this CPU if they are per CPU.
 * @flags: BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK.
 *
 * Context: Any, under rcu_read_lock().
 * Return: As lbpf_hash_change().
 */
long lbpf_hash_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct hash_change change = { .key = key, .value = value, .flags = flags };

	return lbpf_hash_change(hash_of(map), &change);
}

/**
 * lbpf_hash_user_update() - Update from userspace
 * @map: Map.
 * @key: Key.
 * @value: Value, or values of all CPUs.
 * @flags: As for lbpf_hash_update().
 *
 * Context: Process context, outside of RCU.
 * Return: As lbpf_hash_change(), -EPERM: frozen.
 */
int lbpf_hash_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct hash_change change = { .key = key, .value = value, .flags = flags, .is_user = true };
	int err;

	/* A failure shows in the update, if it needs memory at all. */
	(void)lbpf_pool_prepare(&hash_of(map)->pool);
	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : lbpf_hash_change(hash_of(map), &change);
	rcu_read_unlock();
	return err;
}
