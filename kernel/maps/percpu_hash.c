// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU hash map: a value for each CPU under one key.
 *
 * Layer: maps (p).  Locks: as hashtab.c.
 */
#include <lbpf/maps.h>

#include "hashtab.h"

/**
 * lbpf_hash_lookup_percpu() - Value of another CPU
 * @map: Map.
 * @key: Key.
 * @cpu: CPU number, unchecked.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Value, or NULL.
 */
void *lbpf_hash_lookup_percpu(struct lbpf_map *map, const void *key, u32 cpu)
{
	struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem;

	if (cpu >= nr_cpu_ids)
		return NULL;
	elem = table_find(&h->table, key, hash_of_key(h, key), KEY_ANY);
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

#define OPS(lookup_fn) {							\
	HASH_OPS(BPF_MAP_TYPE_PERCPU_HASH, "percpu_hash", lookup_fn, alloc),	\
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |		\
		LBPF_USE_LOOKUP_PERCPU | LBPF_USE_FOR_EACH,			\
	.create_flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY_PROG | \
			BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED,			\
	.lookup_percpu = lbpf_hash_lookup_percpu,				\
	.user_value_bytes = lbpf_percpu_value_bytes,				\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = OPS(lookup_4),
	[KEY_8] = OPS(lookup_8),
	[KEY_16] = OPS(lookup_16),
	[KEY_ANY] = OPS(lookup_any),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[key_kind_of(attr->key_size)]);
}

const struct lbpf_map_ops lbpf_percpu_hash_ops = OPS(lookup_any);
