// SPDX-License-Identifier: GPL-2.0
/*
 * Bloom filter: a set that values are put into, and that answers "surely not" or "maybe".
 *
 * Layer: maps.  Locks: none; bits are only ever set.
 *
 * A value has one hash of 64 bits, whose halves make as many places as wanted
 * (first half plus a multiple of the second).
 * Source: Kirsch and Mitzenmacher, "Less Hashing, Same Performance" (2006).
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>

#include <lbpf/alloc.h>
#include <lbpf/map.h>
#include <lbpf/maps.h>

#include "hash.h"

#define BLOOM_FLAGS	(BPF_F_NUMA_NODE | BPF_F_ZERO_SEED | BPF_F_RDONLY | BPF_F_WRONLY | \
			 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
/* In map_extra: the number of places of a value, 0 for the default. */
#define NR_PLACES_MASK	0xf
#define NR_PLACES	5
#define MAX_BITS	BIT_ULL(32)

/**
 * struct lbpf_bloom - A bloom filter
 * @map: Head.
 * @seed: Secrets of the hash.
 * @bits: Bits.
 * @mask: Their number less one.
 * @nr_places: Bits of one value.
 * @nr: Values put in that were not there, as far as the filter can tell.
 */
struct lbpf_bloom {
	struct lbpf_map	map;
	struct hash_seed seed;
	unsigned long	*bits;
	u32		mask;
	u32		nr_places;
	atomic64_t	nr;
};

static __always_inline struct lbpf_bloom *bloom_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_bloom, map);
}

/* Source: BPF_MAP_CREATE of BPF_MAP_TYPE_BLOOM_FILTER in Linux 6.1, observed. */
static int bloom_alloc_check(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (!bpf_capable())
		return -EPERM;
	/* Userspace could not pass such a value. */
	if (attr->value_size > KMALLOC_MAX_SIZE)
		return -E2BIG;
	if (!attr->max_entries || attr->key_size || !attr->value_size ||
	    attr->map_flags & ~BLOOM_FLAGS || (attr->map_flags & both) == both ||
	    attr->map_extra & ~(u64)NR_PLACES_MASK)
		return -EINVAL;
	return 0;
}

/* One in about 2^nr_places values that are not in the set looks as if it were: nr / ln 2 bits. */
static u64 bits_wanted(u64 nr, u32 nr_places)
{
	return clamp(roundup_pow_of_two(nr * nr_places * 7 / 5), (u64)BITS_PER_LONG, MAX_BITS);
}

static struct lbpf_map *bloom_alloc(const union bpf_attr *attr)
{
	struct lbpf_bloom *bloom = lbpf_zalloc(sizeof(*bloom), GFP_KERNEL);
	u64 nr_bits;

	if (!bloom)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&bloom->map, &lbpf_bloom_ops, attr);
	bloom->nr_places = attr->map_extra & NR_PLACES_MASK ?: NR_PLACES;
	nr_bits = bits_wanted(attr->max_entries, bloom->nr_places);
	bloom->mask = nr_bits - 1;
	hash_seed_init(&bloom->seed, attr->map_flags & BPF_F_ZERO_SEED);
	bloom->bits = lbpf_area_alloc(nr_bits / BITS_PER_BYTE, bloom->map.numa_node);
	if (!bloom->bits) {
		lbpf_free(bloom);
		return ERR_PTR(-ENOMEM);
	}
	return &bloom->map;
}

static void bloom_free(struct lbpf_map *map)
{
	lbpf_area_free(bloom_of(map)->bits);
	lbpf_free(bloom_of(map));
}

static __always_inline u64 hash_value(const struct lbpf_bloom *bloom, const void *value)
{
	u32 size_bytes = bloom->map.value_size;

	return hash_key(&bloom->seed, value, size_bytes, key_kind_of(size_bytes));
}

static long bloom_push(struct lbpf_map *map, const void *value, u64 flags)
{
	struct lbpf_bloom *bloom = bloom_of(map);
	u32 place, step, i;
	bool is_new = false;
	u64 hash;

	if (unlikely(flags != BPF_ANY))
		return -EINVAL;
	hash = hash_value(bloom, value);
	place = hash;
	step = hash >> 32 | 1;
	for (i = 0; i < bloom->nr_places; i++, place += step)
		if (!test_bit(place & bloom->mask, bloom->bits))
			is_new |= !test_and_set_bit(place & bloom->mask, bloom->bits);
	if (is_new)
		atomic64_inc(&bloom->nr);
	return 0;
}

static long bloom_peek(struct lbpf_map *map, void *value)
{
	const struct lbpf_bloom *bloom = bloom_of(map);
	u64 hash = hash_value(bloom, value);
	u32 place = hash, step = hash >> 32 | 1, i;

	for (i = 0; i < bloom->nr_places; i++, place += step)
		if (!test_bit(place & bloom->mask, bloom->bits))
			return -ENOENT;
	return 0;
}

static int user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	return bloom_peek(map, value);
}

static int user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err = -EPERM;

	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = bloom_push(map, value, flags);
	rcu_read_unlock();
	return err;
}

static int user_delete(struct lbpf_map *map, const void *key)
{
	return -EOPNOTSUPP;
}

static int next_key(struct lbpf_map *map, const void *key, void *next)
{
	return -EOPNOTSUPP;
}

static u64 bloom_count(const struct lbpf_map *map)
{
	return atomic64_read(&bloom_of(map)->nr);
}

static u64 bloom_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_bloom) + ((u64)bloom_of(map)->mask + 1) / BITS_PER_BYTE;
}

const struct lbpf_map_ops lbpf_bloom_ops = {
	.type = BPF_MAP_TYPE_BLOOM_FILTER,
	.name = "bloom_filter",
	.check_btf = lbpf_keyless_check_btf,
	.uses = LBPF_USE_PUSH | LBPF_USE_PEEK,
	.create_flags = BLOOM_FLAGS,
	.peek_reads = true,
	.alloc_check = bloom_alloc_check,
	.alloc = bloom_alloc,
	.free = bloom_free,
	.push = bloom_push,
	.peek = bloom_peek,
	.next_key = next_key,
	.user_lookup = user_lookup,
	.user_update = user_update,
	.user_delete = user_delete,
	.count = bloom_count,
	.mem_bytes = bloom_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
};
