// SPDX-License-Identifier: GPL-2.0
/*
 * Updates of hash maps: what is rare, or from userspace.
 *
 * Layer: maps (p).  hash_ops.h has the updates themselves.
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>

#include "hash_ops.h"

/* As many times elements are looked for when the count says that the map is not full. */
#define TAKE_TRIES	8

/*
 * Writes a value under its own lock only.  Whoever takes the element out of the map and uses it
 * again waits for that lock, so what still is in its bucket under the lock stays the same element
 * until the lock is given back.  False: it was taken out.
 */
static bool write_locked(struct lbpf_hash *h, const struct bucket *b, u32 seq,
			 struct lbpf_elem *elem, const void *value)
{
	void *to = elem_value(&h->table, elem);
	struct bpf_spin_lock *lock = to + h->map.spin_lock_off;
	unsigned long irq_flags = lbpf_value_lock(lock);
	bool ok = is_unchanged(b, seq);

	if (ok)
		lbpf_value_copy_around(&h->map, to, value);
	lbpf_value_unlock(lock, irq_flags);
	return ok;
}

/**
 * lbpf_hash_check_ahead() - Refuse an update, or do it, without taking the lock of the bucket
 * @h: Map.
 * @key: Key.
 * @value: Value.
 * @hash: Hash of @key.
 * @flags: Of the update, less LBPF_CPU_FLAGS.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0: the update may go on, as far as can be seen; HASH_DONE: it is done; -EINVAL,
 * -EEXIST, -ENOENT.
 */
int lbpf_hash_check_ahead(struct lbpf_hash *h, const void *key, const void *value, u64 hash,
			  u64 flags)
{
	const struct bucket *b = table_bucket(&h->table, hash);
	struct lbpf_elem *elem;
	u32 seq;

	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(flags & BPF_F_LOCK &&
		     (h->is_percpu || h->lru || h->map.spin_lock_off < 0)))
		return -EINVAL;
	/* (A) of table.h. */
	seq = smp_load_acquire(&b->seq);
	elem = table_find(&h->table, key, hash, KEY_ANY);
	if (flags & BPF_NOEXIST)
		return elem ? -EEXIST : 0;
	if (flags & BPF_F_LOCK && elem && write_locked(h, b, seq, elem, value))
		return HASH_DONE;
	return flags & BPF_EXIST && !elem ? -ENOENT : 0;
}

/**
 * lbpf_hash_take_slow() - Take an element when this CPU's stack is empty
 * @h: Map.
 *
 * Context: Any, after hash_enter().
 * Return: Ref, -E2BIG: the map is full, -ENOMEM: it is not, but memory (BPF_F_NO_PREALLOC) has not
 * come yet.
 */
s64 lbpf_hash_take_slow(struct lbpf_hash *h)
{
	u32 ref;
	int i;

	for (i = 0; i < TAKE_TRIES; i++) {
		ref = lbpf_pool_take(&h->pool);
		if (likely(ref != LBPF_POOL_NONE))
			return ref;
		if (lbpf_pool_can_grow(&h->pool))
			return -ENOMEM;
		/* Elements may have gone from CPU to CPU while all were asked. */
		if (lbpf_hash_count(&h->map) >= h->map.max_entries)
			break;
	}
	return -E2BIG;
}

static long update_percpu(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct hash_form form = { .kind = KEY_ANY, .is_percpu = true, .is_user = true };

	if (hash_of(map)->lru)
		form.is_lru = true;
	return hash_update(map, key, value, flags, form);
}

/**
 * lbpf_hash_user_update() - Update from userspace
 * @map: Map.
 * @key: Key.
 * @value: Value, or values of all CPUs.
 * @flags: As for hash_update().
 *
 * Context: Process context, outside of RCU.
 * Return: As hash_update(), -EPERM: frozen.
 */
int lbpf_hash_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err;

	/* A failure shows in the update, if it needs memory at all. */
	(void)lbpf_pool_prepare(&hash_of(map)->pool);
	rcu_read_lock();
	if (unlikely(READ_ONCE(map->frozen)))
		err = -EPERM;
	else if (hash_of(map)->is_percpu)
		err = update_percpu(map, key, value, flags);
	else
		err = map->ops->update(map, key, value, flags);
	rcu_read_unlock();
	return err;
}
