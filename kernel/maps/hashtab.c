// SPDX-License-Identifier: GPL-2.0
/*
 * Hash map, and what the map types built on the hash table share.
 *
 * Layer: maps (p).  Locks: see hash_lock(); the lock of a value (BPF_F_LOCK)
 * nests inside the lock of the bucket.
 *
 * An update of an existing key writes the CPU's spare element and exchanges it
 * with the old one, which becomes the spare: readers see the old value or the
 * new one.  A program that still holds the old value reads, and writes, memory
 * that another entry may use by then: it stays memory of this map.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "hashtab.h"

/* As many again are looked for when the count says that the map is not full. */
#define TAKE_TRIES	8
#define FIRST_ELEMS	64
#define COPY_TRIES	16
/* More would not have a position in 32 bits; Linux 6.1 has the same limit. */
#define MAX_ENTRIES	BIT(27)

#define ENTRIES_MAX	(1U << 28)

#define HASH_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
			 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

static bool is_percpu_type(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH;
}

/**
 * lbpf_hash_alloc_check() - Check what a hash map is to be
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Source: BPF_MAP_CREATE of BPF_MAP_TYPE_HASH in Linux 6.1, observed.
 * Context: Process context.
 * Return: 0, -EPERM, -EINVAL, -E2BIG.
 */
int lbpf_hash_alloc_check(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (attr->map_flags & BPF_F_ZERO_SEED && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (attr->map_flags & ~HASH_FLAGS || (attr->map_flags & both) == both)
		return -EINVAL;
	if (is_percpu_type(attr->map_type) && attr->map_flags & BPF_F_NUMA_NODE &&
	    (int)attr->numa_node != NUMA_NO_NODE)
		return -EINVAL;
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	/* Linux's limit, set by its buckets. */
	if (attr->max_entries > ENTRIES_MAX)
		return -E2BIG;
	/* Userspace could not pass such elements in one piece. */
	if ((u64)attr->key_size + attr->value_size >= KMALLOC_MAX_SIZE - sizeof(struct lbpf_elem))
		return -E2BIG;
	return attr->max_entries > MAX_ENTRIES ? -E2BIG : 0;
}

static u32 elem_bytes(const union bpf_attr *attr, bool is_percpu)
{
	u32 bytes = sizeof(struct lbpf_elem) + round_up(attr->key_size, 8);

	bytes += is_percpu ? sizeof(void *) : round_up(attr->value_size, 8);
	/* Small elements do not straddle cache lines. */
	return bytes <= SMP_CACHE_BYTES ? roundup_pow_of_two(bytes) : bytes;
}

static int init_pool(struct lbpf_hash *h, const union bpf_attr *attr)
{
	u32 nr_spare = h->is_percpu ? 0 : num_possible_cpus();
	struct lbpf_pool_spec spec = {
		.elem_bytes = elem_bytes(attr, h->is_percpu),
		.percpu_bytes = h->is_percpu ? round_up(attr->value_size, 8) : 0,
		.percpu_off = round_up(attr->key_size, 8),
		.nr_first = nr_spare + FIRST_ELEMS,
		.numa_node = h->map.numa_node,
		.is_lazy = attr->map_flags & BPF_F_NO_PREALLOC,
	};

	spec.nr_elems = attr->max_entries + nr_spare;
	return lbpf_pool_init(&h->pool, &spec);
}

static int init_cpus(struct lbpf_hash *h)
{
	struct hash_cpu *cpu;
	int i;

	h->cpus = lbpf_percpu_alloc(sizeof(*h->cpus), 16, GFP_KERNEL);
	if (!h->cpus)
		return -ENOMEM;
	if (h->is_percpu)
		return 0;
	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(h->cpus, i);
		preempt_disable();
		cpu->spare = lbpf_pool_take(&h->pool);
		preempt_enable();
	}
	return 0;
}

/**
 * lbpf_hash_alloc() - Make a hash map
 * @attr: Attributes that lbpf_hash_alloc_check() let pass.
 * @ops: Map type.
 * @is_percpu: Values are per CPU.
 *
 * Context: Process context, may sleep.
 * Return: Map, or ERR_PTR(-ENOMEM).
 */
struct lbpf_map *lbpf_hash_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops,
				 bool is_percpu)
{
	struct lbpf_hash *h = lbpf_zalloc(sizeof(*h), GFP_KERNEL);
	int err;

	if (!h)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&h->map, ops, attr);
	h->is_percpu = is_percpu;
	err = init_pool(h, attr);
	if (err)
		goto free_map;
	err = lbpf_table_init(&h->table, attr, &h->pool, h->map.numa_node);
	if (err)
		goto destroy_pool;
	err = init_cpus(h);
	if (err)
		goto destroy_table;
	return &h->map;

destroy_table:
	lbpf_table_destroy(&h->table);
destroy_pool:
	lbpf_pool_destroy(&h->pool);
free_map:
	lbpf_free(h);
	return ERR_PTR(err);
}

/**
 * lbpf_hash_free() - Free a hash map
 * @map: Map that nobody can see any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_hash_free(struct lbpf_map *map)
{
	struct lbpf_hash *h = hash_of(map);

	lbpf_table_destroy(&h->table);
	lbpf_pool_destroy(&h->pool);
	lbpf_percpu_free(h->cpus);
	lbpf_free(h);
}

/**
 * lbpf_hash_count() - Number of entries
 * @map: Map.
 *
 * Context: Any.
 * Return: Exact while nobody changes the map.
 */
u64 lbpf_hash_count(const struct lbpf_map *map)
{
	const struct lbpf_hash *h = hash_of(map);
	s64 nr = 0;
	int i;

	for_each_possible_cpu(i)
		nr += READ_ONCE(per_cpu_ptr(h->cpus, i)->nr);
	return nr > 0 ? nr : 0;
}

/**
 * lbpf_hash_mem_bytes() - Memory in use
 * @map: Map.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_hash_mem_bytes(const struct lbpf_map *map)
{
	const struct lbpf_hash *h = hash_of(map);

	return sizeof(*h) + lbpf_table_bytes(&h->table) + lbpf_pool_bytes(&h->pool) +
	       sizeof(struct hash_cpu) * num_possible_cpus();
}

/**
 * lbpf_hash_check_flags() - May an update go on?
 * @old: The entry, NULL: there is none.
 * @flags: Flags of the update.
 *
 * Context: Any.
 * Return: 0, -EEXIST, -ENOENT.
 */
int lbpf_hash_check_flags(const struct lbpf_elem *old, u64 flags)
{
	if (old && (flags & ~BPF_F_LOCK) == BPF_NOEXIST)
		return -EEXIST;
	if (!old && (flags & ~BPF_F_LOCK) == BPF_EXIST)
		return -ENOENT;
	return 0;
}

/**
 * lbpf_hash_check_ahead() - Refuse an update without taking a lock
 * @h: Map.
 * @key: Key.
 * @hash: Its hash.
 * @flags: Flags of the update.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0: the update may go on, as far as can be seen; -EINVAL, -EEXIST, -ENOENT.
 */
int lbpf_hash_check_ahead(const struct lbpf_hash *h, const void *key, u64 hash, u64 flags)
{
	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(flags & BPF_F_LOCK && h->map.spin_lock_off < 0))
		return -EINVAL;
	return lbpf_hash_check_flags(table_find(&h->table, key, hash, KEY_ANY), flags);
}

/**
 * lbpf_hash_take() - Take an element for a new entry
 * @h: Map.
 * @ref: The element.
 *
 * Context: Any, interrupts off.
 * Return: 0, -E2BIG: the map is full, -ENOMEM: it is not, but memory (BPF_F_NO_PREALLOC) has not
 * come yet.
 */
int lbpf_hash_take(struct lbpf_hash *h, u32 *ref)
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

static void fill(struct lbpf_hash *h, u32 ref, const void *key, const void *value)
{
	struct lbpf_elem *elem = table_elem(&h->table, ref);

	lbpf_copy_words(elem->data, key, h->table.key_size);
	lbpf_value_init(&h->map, elem_value(&h->table, elem), value);
}

static void replace(struct lbpf_hash *h, struct bucket *b, const struct place *place,
		    const void *key, const void *value)
{
	struct hash_cpu *cpu = this_cpu_ptr(h->cpus);
	u32 ref = cpu->spare;

	fill(h, ref, key, value);
	lbpf_table_replace(&h->table, b, place, ref);
	cpu->spare = place->ref;
}

static int insert(struct lbpf_hash *h, struct bucket *b, u64 hash, const void *key,
		  const void *value)
{
	u32 ref;
	int err;

	err = lbpf_hash_take(h, &ref);
	if (unlikely(err))
		return err;
	fill(h, ref, key, value);
	lbpf_table_insert(&h->table, b, hash, ref);
	add_count(h, 1);
	return 0;
}

static long hash_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct lbpf_hash *h = hash_of(map);
	u64 hash = hash_of_key(h, key);
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct place place;
	int err;

	if (flags != BPF_ANY) {
		err = lbpf_hash_check_ahead(h, key, hash, flags);
		if (err)
			return err;
	}
	err = hash_lock(h, b, &irq_flags);
	if (unlikely(err))
		return err;
	lbpf_table_locate(&h->table, b, key, hash, &place);
	err = lbpf_hash_check_flags(place.elem, flags);
	if (unlikely(err))
		goto unlock;
	if (!place.elem)
		err = insert(h, b, hash, key, value);
	else if (unlikely(flags & BPF_F_LOCK))
		lbpf_value_copy_locked(map, elem_value(&h->table, place.elem), value, false);
	else
		replace(h, b, &place, key, value);
unlock:
	hash_unlock(h, b, irq_flags);
	return err;
}

static int hash_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	long err;

	/* A failure shows in the update, if it needs memory at all. */
	(void)lbpf_pool_prepare(&hash_of(map)->pool);
	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : hash_update(map, key, value, flags);
	rcu_read_unlock();
	return err;
}

static void remove_entry(struct lbpf_hash *h, struct bucket *b, const struct place *place)
{
	lbpf_table_remove(b, place);
	lbpf_pool_give(&h->pool, place->ref);
	add_count(h, -1);
}

/* Nothing in the bucket can be the key: seen without its lock. */
static bool is_surely_missing(const struct bucket *b, u64 hash)
{
	return !match_tags(READ_ONCE(b->tags), tag_of(hash)) && !READ_ONCE(b->chain);
}

/**
 * lbpf_hash_delete() - Delete an entry
 * @map: Map.
 * @key: Key.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, -ENOENT, -EBUSY as hash_lock() says.
 */
long lbpf_hash_delete(struct lbpf_map *map, const void *key)
{
	return lbpf_hash_pop(map, key, NULL, 0);
}

/**
 * lbpf_hash_pop() - Delete an entry and return its value
 * @map: Map.
 * @key: Key.
 * @value: Buffer for the value as userspace sees it, NULL: not wanted.
 * @flags: BPF_F_LOCK: read the value under its lock.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, -ENOENT, -EBUSY as hash_lock() says.
 */
int lbpf_hash_pop(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct lbpf_hash *h = hash_of(map);
	u64 hash = hash_of_key(h, key);
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct place place;
	int err;

	if (is_surely_missing(b, hash))
		return -ENOENT;
	err = hash_lock(h, b, &irq_flags);
	if (unlikely(err))
		return err;
	lbpf_table_locate(&h->table, b, key, hash, &place);
	if (place.elem) {
		if (value)
			lbpf_hash_copy_out(h, place.elem, value, flags);
		remove_entry(h, b, &place);
	} else {
		err = -ENOENT;
	}
	hash_unlock(h, b, irq_flags);
	return err;
}

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

static void copy_out_percpu(struct lbpf_hash *h, void __percpu *area, void *value)
{
	u32 bytes = h->map.elem_size;
	int i;

	for_each_possible_cpu(i) {
		lbpf_copy_words(value, per_cpu_ptr(area, i), bytes);
		value += bytes;
	}
}

/**
 * lbpf_hash_copy_out() - Copy the value of an element for userspace
 * @h: Map.
 * @elem: Element.
 * @value: Buffer, of user_value_bytes().
 * @flags: BPF_F_LOCK: under the lock in the value.
 *
 * Context: Any.
 */
void lbpf_hash_copy_out(struct lbpf_hash *h, struct lbpf_elem *elem, void *value, u64 flags)
{
	void *from = elem_value(&h->table, elem);

	if (h->is_percpu) {
		copy_out_percpu(h, elem_percpu(&h->table, elem), value);
		return;
	}
	if (flags & BPF_F_LOCK) {
		lbpf_value_copy_locked(&h->map, value, from, true);
		lbpf_value_clear_fields(&h->map, value);
		return;
	}
	lbpf_value_copy_out(&h->map, value, from);
}

/**
 * lbpf_hash_user_pop() - LOOKUP_AND_DELETE
 * @map: Map.
 * @key: Key.
 * @value: Buffer for the value as userspace sees it.
 * @flags: BPF_F_LOCK or 0.
 *
 * Context: Process context, outside of RCU.
 * Return: As lbpf_hash_pop().
 */
int lbpf_hash_user_pop(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	int err;

	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : lbpf_hash_pop(map, key, value, flags);
	rcu_read_unlock();
	return err;
}

/* With the lock, so that it comes to an end also where the bucket always changes. */
static int lookup_locked(struct lbpf_hash *h, const void *key, u64 hash, void *value, u64 flags)
{
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct place place;
	int err;

	err = hash_lock(h, b, &irq_flags);
	if (err)
		return err;
	lbpf_table_locate(&h->table, b, key, hash, &place);
	if (place.elem)
		lbpf_hash_copy_out(h, place.elem, value, flags);
	hash_unlock(h, b, irq_flags);
	return place.elem ? 0 : -ENOENT;
}

static int lookup_copy(struct lbpf_hash *h, const void *key, void *value, u64 flags)
{
	u64 hash = hash_of_key(h, key);
	const struct bucket *b = table_bucket(&h->table, hash);
	struct lbpf_elem *elem;
	u32 seq;
	int i;

	for (i = 0; i < COPY_TRIES; i++) {
		/* (A) of table.h. */
		seq = smp_load_acquire(&b->seq);
		elem = table_find(&h->table, key, hash, KEY_ANY);
		if (!elem)
			return -ENOENT;
		lbpf_hash_copy_out(h, elem, value, flags);
		/* A lock taken in an element that is another entry by now has done no harm. */
		if (is_unchanged(b, seq))
			return 0;
	}
	return lookup_locked(h, key, hash, value, flags);
}

/**
 * lbpf_hash_user_lookup() - Copy a value out
 * @map: Map.
 * @key: Key.
 * @value: Buffer for the value as userspace sees it.
 * @flags: BPF_F_LOCK or 0.
 *
 * The copy is of one update, never of two.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -ENOENT.
 */
int lbpf_hash_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	int err;

	rcu_read_lock();
	err = lookup_copy(hash_of(map), key, value, flags);
	rcu_read_unlock();
	return err;
}

/* Where a batch writes: the kernel buffers of the command. */
struct batch {
	void	*keys;
	void	*values;
	u32	value_bytes;
	u32	nr;
	u32	max;
};

static void put_in_batch(struct lbpf_hash *h, struct lbpf_elem *elem, const struct batch *batch)
{
	u32 key_size = h->table.key_size;
	size_t nr = batch->nr;

	if (batch->keys)
		memcpy(batch->keys + nr * key_size, elem->data, key_size);
	if (batch->values)
		lbpf_hash_copy_out(h, elem, batch->values + nr * batch->value_bytes, 0);
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
	struct place place;
	int err;

	if (!READ_ONCE(b->tags) && !READ_ONCE(b->chain)) {
		*pos = POS_NEXT_BUCKET(*pos);
		return 0;
	}
	err = hash_lock(h, b, &irq_flags);
	if (err)
		return err;
	while (batch->nr < batch->max && lbpf_table_locate_from(&h->table, b, pos, &place)) {
		put_in_batch(h, place.elem, batch);
		remove_entry(h, b, &place);
		batch->nr++;
	}
	hash_unlock(h, b, irq_flags);
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
	struct batch batch = { .keys = keys, .values = values, .max = nr };
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

static __always_inline void *lookup(struct lbpf_map *map, const void *key, enum key_kind kind)
{
	const struct table *t = &hash_of(map)->table;
	struct lbpf_elem *elem = table_find(t, key, table_hash(t, key, kind), kind);

	return elem ? elem_value(t, elem) : NULL;
}

static void *lookup_4(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_4);
}

static void *lookup_8(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_8);
}

static void *lookup_16(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_16);
}

static void *lookup_any(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_ANY);
}

static struct lbpf_map *alloc(const union bpf_attr *attr);

/* The same map type with the lookup for one kind of key. */
#define HASH_OPS(lookup_fn) {								\
	.type = BPF_MAP_TYPE_HASH,							\
	.name = "hash",									\
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE | LBPF_USE_FOR_EACH, \
	.create_flags = HASH_FLAGS,							\
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_LOOKUP_AND_DELETE_BATCH) |	\
		     BIT(BPF_MAP_UPDATE_BATCH) | BIT(BPF_MAP_DELETE_BATCH),		\
	.alloc_check = lbpf_hash_alloc_check,						\
	.alloc = alloc,									\
	.free = lbpf_hash_free,								\
	.lookup = lookup_fn,								\
	.update = hash_update,								\
	.delete = lbpf_hash_delete,								\
	.next_key = lbpf_hash_next_key,							\
	.user_lookup = lbpf_hash_user_lookup,						\
	.user_update = hash_user_update,						\
	.user_pop = lbpf_hash_user_pop,							\
	.batch_walk = lbpf_hash_batch_walk,							\
	.count = lbpf_hash_count,								\
	.mem_bytes = lbpf_hash_mem_bytes,							\
	.for_each = lbpf_hash_for_each,							\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = HASH_OPS(lookup_4),
	[KEY_8] = HASH_OPS(lookup_8),
	[KEY_16] = HASH_OPS(lookup_16),
	[KEY_ANY] = HASH_OPS(lookup_any),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[key_kind_of(attr->key_size)], false);
}

const struct lbpf_map_ops lbpf_hash_ops = HASH_OPS(lookup_any);
