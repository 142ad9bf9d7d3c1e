// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU hash map: a value for each CPU under one key.
 *
 * Layer: maps (p).  Locks: as hashtab.c.  Values are written in place.
 */
#include <linux/errno.h>
#include <linux/numa.h>
#include <linux/rcupdate.h>

#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "hashtab.h"

#define PERCPU_HASH_FLAGS (BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
			   BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

/* All values (@is_user), or this CPU's; the others become zero if @is_new. */
struct new_value {
	const void	*from;
	bool		is_user;
	bool		is_new;
};

static void write_value(const struct lbpf_map *map, void __percpu *area,
			const struct new_value *value)
{
	const void *from = value->from;
	int i;

	if (!value->is_user && !value->is_new) {
		lbpf_copy_words(this_cpu_ptr(area), from, map->value_size);
		return;
	}
	for_each_possible_cpu(i) {
		if (value->is_user) {
			lbpf_copy_words(per_cpu_ptr(area, i), from, map->elem_size);
			from += map->elem_size;
		} else if (i == smp_processor_id()) {
			lbpf_copy_words(per_cpu_ptr(area, i), from, map->value_size);
		} else {
			memset(per_cpu_ptr(area, i), 0, map->elem_size);
		}
	}
}

static int insert(struct lbpf_hash *h, struct bucket *b, u64 hash, const void *key,
		  struct new_value *value)
{
	struct lbpf_elem *elem;
	u32 ref;
	int err;

	err = lbpf_hash_take(h, &ref);
	if (err)
		return err;
	elem = table_elem(&h->table, ref);
	lbpf_copy_words(elem->data, key, h->table.key_size);
	value->is_new = true;
	write_value(&h->map, elem_percpu(&h->table, elem), value);
	lbpf_table_insert(&h->table, b, hash, ref);
	add_count(h, 1);
	return 0;
}

static int update(struct lbpf_hash *h, const void *key, u64 flags, struct new_value *value)
{
	u64 hash = hash_of_key(h, key);
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct place place;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (flags != BPF_ANY) {
		err = lbpf_hash_check_ahead(h, key, hash, flags);
		if (err)
			return err;
	}
	err = hash_lock(h, b, &irq_flags);
	if (err)
		return err;
	lbpf_table_locate(&h->table, b, key, hash, &place);
	err = lbpf_hash_check_flags(place.elem, flags);
	if (!err && place.elem)
		write_value(&h->map, elem_percpu(&h->table, place.elem), value);
	else if (!err)
		err = insert(h, b, hash, key, value);
	hash_unlock(h, b, irq_flags);
	return err;
}

static long percpu_hash_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct new_value new = { .from = value };

	return update(hash_of(map), key, flags, &new);
}

static int percpu_hash_user_update(struct lbpf_map *map, const void *key, const void *value,
				   u64 flags)
{
	struct new_value new = { .from = value, .is_user = true };
	int err;

	/* A failure shows in the update, if it needs memory at all. */
	(void)lbpf_pool_prepare(&hash_of(map)->pool);
	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : update(hash_of(map), key, flags, &new);
	rcu_read_unlock();
	return err;
}

static struct lbpf_elem *find(const struct lbpf_hash *h, const void *key)
{
	return table_find(&h->table, key, hash_of_key(h, key), KEY_ANY);
}

static void *percpu_hash_lookup_percpu(struct lbpf_map *map, const void *key, u32 cpu)
{
	struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem;

	if (cpu >= nr_cpu_ids)
		return NULL;
	elem = find(h, key);
	return elem ? per_cpu_ptr(elem_percpu(&h->table, elem), cpu) : NULL;
}

/**
 * lbpf_percpu_value_bytes() - Size of a value as userspace passes it
 * @map: Map.
 *
 * Context: Any.
 * Return: Bytes: values of all possible CPUs, each rounded up to 8.
 */
u32 lbpf_percpu_value_bytes(const struct lbpf_map *map)
{
	return map->elem_size * num_possible_cpus();
}

static int alloc_check(const union bpf_attr *attr)
{
	int err = lbpf_hash_alloc_check(attr);

	if (err)
		return err;
	return round_up((u64)attr->value_size, 8) > PCPU_MIN_UNIT_SIZE ? -E2BIG : 0;
}

static __always_inline void *lookup(struct lbpf_map *map, const void *key, enum key_kind kind)
{
	const struct table *t = &hash_of(map)->table;
	struct lbpf_elem *elem = table_find(t, key, table_hash(t, key, kind), kind);

	return elem ? this_cpu_ptr(elem_percpu(t, elem)) : NULL;
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
#define PERCPU_HASH_OPS(lookup_fn) {							\
	.type = BPF_MAP_TYPE_PERCPU_HASH,						\
	.name = "percpu_hash",								\
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |			\
		LBPF_USE_LOOKUP_PERCPU | LBPF_USE_FOR_EACH,				\
	.create_flags = PERCPU_HASH_FLAGS,						\
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_LOOKUP_AND_DELETE_BATCH) |	\
		     BIT(BPF_MAP_UPDATE_BATCH) | BIT(BPF_MAP_DELETE_BATCH),		\
	.alloc_check = alloc_check,							\
	.alloc = alloc,									\
	.free = lbpf_hash_free,								\
	.lookup = lookup_fn,								\
	.update = percpu_hash_update,							\
	.delete = lbpf_hash_delete,								\
	.lookup_percpu = percpu_hash_lookup_percpu,					\
	.next_key = lbpf_hash_next_key,							\
	.user_value_bytes = lbpf_percpu_value_bytes,						\
	.user_lookup = lbpf_hash_user_lookup,							\
	.user_update = percpu_hash_user_update,						\
	.user_pop = lbpf_hash_user_pop,							\
	.batch_walk = lbpf_hash_batch_walk,							\
	.count = lbpf_hash_count,								\
	.mem_bytes = lbpf_hash_mem_bytes,							\
	.for_each = lbpf_hash_for_each,							\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = PERCPU_HASH_OPS(lookup_4),
	[KEY_8] = PERCPU_HASH_OPS(lookup_8),
	[KEY_16] = PERCPU_HASH_OPS(lookup_16),
	[KEY_ANY] = PERCPU_HASH_OPS(lookup_any),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[key_kind_of(attr->key_size)], true);
}

const struct lbpf_map_ops lbpf_percpu_hash_ops = PERCPU_HASH_OPS(lookup_any);
