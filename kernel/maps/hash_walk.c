// SPDX-License-Identifier: GPL-2.0
/*
 * Iterating over hash maps: by keys, in batches, by callback.
 *
 * Layer: maps (p).  Locks: see hash_lock().
 */
#include <linux/errno.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include "hashtab.h"

/**
 * lbpf_hash_next_key() - Iterate by keys
 * @map: Map.
 * @key: Key, or NULL.
 * @next_key: The key that follows @key; the first one if @key is NULL or not in the map.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, or -ENOENT at the end.
 */
int lbpf_hash_next_key(struct lbpf_map *map, const void *key, void *next_key)
{
	struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem;
	u64 pos = 0;
	u32 seq;

	if (key)
		pos = lbpf_table_find_pos(&h->table, key, hash_of_key(h, key), &pos) ? pos + 1 : 0;
	do {
		elem = lbpf_table_next(&h->table, &pos, &seq);
		if (!elem)
			return -ENOENT;
		memcpy(next_key, elem->data, map->key_size);
	} while (!table_is_unchanged(&h->table, pos, seq));
	return 0;
}

/* Where a batch writes: the kernel buffers of the command. */
struct batch {
	void	*keys;
	void	*values;
	u32	value_bytes;
	u32	nr;
	u32	max;
	u64	elem_flags;
};

static void put_in_batch(struct lbpf_hash *h, struct lbpf_elem *elem, const struct batch *batch)
{
	u32 key_size = h->table.key_size;
	size_t nr = batch->nr;

	if (batch->keys)
		memcpy(batch->keys + nr * key_size, elem->data, key_size);
	if (batch->values)
		lbpf_hash_copy_out(h, elem, batch->values + nr * batch->value_bytes,
				   batch->elem_flags);
}

static u64 walk(struct lbpf_hash *h, u64 pos, struct batch *batch)
{
	struct lbpf_elem *elem;
	u32 seq;

	rcu_read_lock();
	while (batch->nr < batch->max) {
		elem = lbpf_table_next(&h->table, &pos, &seq);
		if (!elem)
			break;
		put_in_batch(h, elem, batch);
		if (!table_is_unchanged(&h->table, pos, seq))
			continue;
		batch->nr++;
		pos++;
	}
	rcu_read_unlock();
	return pos;
}

static int pop_bucket(struct lbpf_hash *h, u64 *pos, struct batch *batch)
{
	struct bucket *b = &h->table.buckets[POS_BUCKET(*pos)];
	unsigned long irq_flags;
	struct hash_cpu *cpu;
	struct place place;

	if (!READ_ONCE(b->tags) && !READ_ONCE(b->chain)) {
		*pos = POS_NEXT_BUCKET(*pos);
		return 0;
	}
	if (!hash_lock(h, b, &cpu, &irq_flags))
		return -EBUSY;
	while (batch->nr < batch->max && lbpf_table_locate_from(&h->table, b, pos, &place)) {
		put_in_batch(h, place.elem, batch);
		lbpf_hash_remove(h, cpu, b, &place);
		batch->nr++;
	}
	hash_unlock(cpu, b, irq_flags);
	return 0;
}

/* The position of the next entry, or the end: a batch that just fits says that it was the last. */
static u64 skip_to_entry(struct lbpf_hash *h, u64 pos)
{
	u32 seq;

	rcu_read_lock();
	lbpf_table_next(&h->table, &pos, &seq);
	rcu_read_unlock();
	return pos;
}

static int walk_and_delete(struct lbpf_hash *h, u64 *pos, struct batch *batch)
{
	int err = 0;

	while (!err && batch->nr < batch->max && POS_BUCKET(*pos) <= h->table.mask) {
		rcu_read_lock();
		err = READ_ONCE(h->map.frozen) ? -EPERM : pop_bucket(h, pos, batch);
		rcu_read_unlock();
		cond_resched();
	}
	return err;
}

/**
 * lbpf_hash_batch_walk() - Next entries of a batch
 * @map: Map.
 * @cursor: Position; see struct lbpf_map_cursor.
 * @keys: Buffer for @nr keys, or NULL.
 * @values: Buffer for @nr values as userspace sees them, or NULL.
 * @nr: Entries at most.
 * @delete: Delete them.
 *
 * Any @nr makes progress: a position is inside a bucket.
 *
 * Context: Process context, outside of RCU.
 * Return: Number of entries; fewer than @nr only at the end.  -EBUSY as hash_lock() says.
 */
int lbpf_hash_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			 void *values, u32 nr, bool delete)
{
	struct lbpf_hash *h = hash_of(map);
	struct batch batch = {
		.keys = keys, .values = values, .max = nr, .elem_flags = cursor->elem_flags
	};
	u64 pos = lbpf_table_unpack_pos(&h->table, cursor->pos);
	int err = 0;

	batch.value_bytes = map->ops->user_value_bytes ? map->ops->user_value_bytes(map) :
							 map->value_size;
	if (delete)
		err = walk_and_delete(h, &pos, &batch);
	else
		pos = walk(h, pos, &batch);
	if (!err)
		pos = skip_to_entry(h, pos);
	cursor->end = POS_BUCKET(pos) > h->table.mask;
	cursor->pos = lbpf_table_pack_pos(&h->table, pos);
	return err && !batch.nr ? err : batch.nr;
}

static void *value_for_program(const struct lbpf_hash *h, struct lbpf_elem *elem)
{
	if (h->is_percpu)
		return this_cpu_ptr(elem_percpu(&h->table, elem));
	return elem_value(&h->table, elem);
}

/**
 * lbpf_hash_for_each() - Call a function for each entry
 * @map: Map.
 * @fn: Called with map, key, value, @ctx; non-zero ends it.
 * @ctx: For @fn.
 * @flags: Must be 0.
 *
 * Context: Any, under rcu_read_lock(), no migration.
 * Return: Number of calls, or -EINVAL.
 */
long lbpf_hash_for_each(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64), void *ctx,
			u64 flags)
{
	struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem;
	u64 pos = 0;
	long nr = 0;
	u32 seq;

	if (flags)
		return -EINVAL;
	for (; (elem = lbpf_table_next(&h->table, &pos, &seq)); pos++) {
		nr++;
		if (fn((unsigned long)map, (unsigned long)elem->data,
		       (unsigned long)value_for_program(h, elem), (unsigned long)ctx, 0))
			break;
	}
	return nr;
}
