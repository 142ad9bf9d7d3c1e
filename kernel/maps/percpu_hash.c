// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU hash map: a value for each CPU under one key.
 *
 * Layer: maps (p).  Locks: as hashtab.c.
 */
#include <lbpf/maps.h>

#include "hash_ops.h"

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

HASH_FUNCS(4, KEY_4, false, true)
HASH_FUNCS(8, KEY_8, false, true)
HASH_FUNCS(16, KEY_16, false, true)
HASH_FUNCS(64, KEY_64, false, true)
HASH_FUNCS(any, KEY_ANY, false, true)
HASH_LAZY_LOOKUP(4)
HASH_LAZY_LOOKUP(8)
HASH_LAZY_LOOKUP(16)
HASH_LAZY_LOOKUP(64)
HASH_LAZY_LOOKUP(any)

static struct lbpf_map *alloc(const union bpf_attr *attr);

#define OPS(suffix, lookup_fn) {						\
	HASH_OPS(suffix, lookup_fn),						\
	.type = BPF_MAP_TYPE_PERCPU_HASH,					\
	.name = "percpu_hash",							\
	.text = LBPF_TEXT_BY_KEY,						\
	.kernel_struct = "bpf_htab",						\
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE |	\
		LBPF_USE_DELETE |						\
		LBPF_USE_LOOKUP_PERCPU | LBPF_USE_FOR_EACH,			\
	.create_flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY_PROG | \
			BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED,			\
	.alloc = alloc,								\
	.lookup_percpu = lbpf_hash_lookup_percpu,				\
	.user_value_bytes = lbpf_percpu_value_bytes,				\
	.user_update = lbpf_hash_user_update,					\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = OPS(4, lookup_),
	[KEY_8] = OPS(8, lookup_),
	[KEY_16] = OPS(16, lookup_),
	[KEY_64] = OPS(64, lookup_),
	[KEY_ANY] = OPS(any, lookup_),
	[NR_KEY_KINDS + KEY_4] = OPS(4, lookup_lazy_),
	[NR_KEY_KINDS + KEY_8] = OPS(8, lookup_lazy_),
	[NR_KEY_KINDS + KEY_16] = OPS(16, lookup_lazy_),
	[NR_KEY_KINDS + KEY_64] = OPS(64, lookup_lazy_),
	[NR_KEY_KINDS + KEY_ANY] = OPS(any, lookup_lazy_),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[hash_kind_of(attr)]);
}

const struct lbpf_map_ops lbpf_percpu_hash_ops = OPS(any, lookup_);
