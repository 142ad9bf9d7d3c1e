// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU array map: a value for each CPU at one index.
 *
 * Layer: maps.  Locks: none; updates write in place.  The values are in per-CPU
 * areas of many elements each.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/numa.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/percpu_value.h>

#include "array.h"
#include "hashtab.h"

/* Small areas are easy to find room for. */
#define AREA_BYTES	8192

/**
 * struct lbpf_percpu_array - A per-CPU array map
 * @map: Head.
 * @index_mask: As in struct lbpf_array.
 * @area_shift: log2 of the elements in an area.
 * @nr_areas: Number of areas.
 * @areas: Per-CPU areas.
 */
struct lbpf_percpu_array {
	struct lbpf_map	map;
	u32		index_mask;
	u32		area_shift;
	u32		nr_areas;
	void __percpu	**areas;
};

static __always_inline struct lbpf_percpu_array *array_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_percpu_array, map);
}

static int percpu_array_alloc_check(const union bpf_attr *attr)
{
	int err = lbpf_array_alloc_check(attr);

	if (err)
		return err;
	if (attr->map_flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	if (attr->map_flags & BPF_F_NUMA_NODE && (int)attr->numa_node != NUMA_NO_NODE)
		return -EINVAL;
	return round_up((u64)attr->value_size, 8) > PCPU_MIN_UNIT_SIZE ? -E2BIG : 0;
}

static void free_areas(struct lbpf_percpu_array *array)
{
	u32 i;

	for (i = 0; array->areas && i < array->nr_areas; i++)
		lbpf_percpu_free(array->areas[i]);
	lbpf_area_free(array->areas);
}

static int alloc_areas(struct lbpf_percpu_array *array, u64 nr)
{
	u32 fit = max(AREA_BYTES / array->map.elem_size, 1U), i;
	size_t bytes;

	/* Neither factor can be near overflow: a value fits into a per-CPU area. */
	if (lbpf_alloc_is_hopeless(nr * array->map.elem_size * num_possible_cpus()))
		return -ENOMEM;
	fit = min_t(u64, rounddown_pow_of_two(fit), roundup_pow_of_two(nr));
	array->area_shift = ilog2(fit);
	array->nr_areas = DIV_ROUND_UP(nr, fit);
	array->areas = lbpf_area_alloc_array(array->nr_areas, sizeof(*array->areas), NUMA_NO_NODE);
	if (!array->areas)
		return -ENOMEM;
	for (i = 0; i < array->nr_areas; i++) {
		bytes = min_t(u64, fit, nr - ((u64)i << array->area_shift)) * array->map.elem_size;
		array->areas[i] = lbpf_percpu_alloc(bytes, 8, GFP_KERNEL);
		if (!array->areas[i])
			return -ENOMEM;
		cond_resched();
	}
	return 0;
}

static struct lbpf_map *percpu_array_alloc(const union bpf_attr *attr)
{
	struct lbpf_percpu_array *array;
	u64 nr;
	int err;

	array = lbpf_zalloc(sizeof(*array), GFP_KERNEL);
	if (!array)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&array->map, &lbpf_percpu_array_ops, attr);
	array->map.unpriv_array = lbpf_array_shape(attr, &array->index_mask, &nr);
	err = alloc_areas(array, nr);
	if (err)
		goto free_map;
	return &array->map;

free_map:
	free_areas(array);
	lbpf_free(array);
	return ERR_PTR(err);
}

static void percpu_array_free(struct lbpf_map *map)
{
	free_areas(array_of(map));
	lbpf_free(array_of(map));
}

static __always_inline void __percpu *value_at(const struct lbpf_percpu_array *array, u32 index)
{
	u32 i = index & array->index_mask;

	return array->areas[i >> array->area_shift] +
	       (i & ((1U << array->area_shift) - 1)) * array->map.elem_size;
}

static void *percpu_array_lookup(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	if (unlikely(index >= map->max_entries))
		return NULL;
	return this_cpu_ptr(value_at(array_of(map), index));
}

/* Only where all values are in one area. */
static bool percpu_array_row(const struct lbpf_map *map, struct lbpf_map_row *row)
{
	const struct lbpf_percpu_array *array = array_of(map);

	if (array->nr_areas != 1)
		return false;
	*row = (struct lbpf_map_row){
		.base		= (unsigned long)array->areas[0],
		.elem_size	= map->elem_size,
		.nr		= map->max_entries,
		.index_mask	= array->index_mask,
		.is_percpu	= true,
	};
	return true;
}

static void *percpu_array_lookup_percpu(struct lbpf_map *map, const void *key, u32 cpu)
{
	u32 index = *(const u32 *)key;

	if (cpu >= nr_cpu_ids || index >= map->max_entries)
		return NULL;
	return per_cpu_ptr(value_at(array_of(map), index), cpu);
}

static long percpu_array_update(struct lbpf_map *map, const void *key, const void *value,
				u64 flags)
{
	u32 index = *(const u32 *)key;
	int err = lbpf_array_check_update(map, index, flags);

	if (unlikely(err))
		return err;
	lbpf_value_copy(map, this_cpu_ptr(value_at(array_of(map), index)), value);
	return 0;
}

static int percpu_array_user_lookup(struct lbpf_map *map, const void *key, void *value,
				    u64 flags)
{
	u32 index = *(const u32 *)key;
	void __percpu *area;
	int i;

	if (index >= map->max_entries)
		return -ENOENT;
	area = value_at(array_of(map), index);
	for_each_possible_cpu(i) {
		lbpf_copy_words(value, per_cpu_ptr(area, i), map->elem_size);
		value += map->elem_size;
	}
	return 0;
}

static int write_all(struct lbpf_map *map, u32 index, const void *value, u64 flags)
{
	if (READ_ONCE(map->frozen))
		return -EPERM;
	lbpf_percpu_write_user(map, value_at(array_of(map), index), value, flags, false);
	return 0;
}

static int percpu_array_user_update(struct lbpf_map *map, const void *key, const void *value,
				    u64 flags)
{
	u32 index = *(const u32 *)key;
	int err;

	if ((flags & ~LBPF_CPU_FLAGS) > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	if (flags & BPF_NOEXIST)
		return -EEXIST;
	rcu_read_lock();
	err = write_all(map, index, value, flags);
	rcu_read_unlock();
	return err;
}

static u64 percpu_array_mem_bytes(const struct lbpf_map *map)
{
	const struct lbpf_percpu_array *array = array_of(map);
	u64 nr = min((u64)array->nr_areas << array->area_shift, (u64)array->index_mask + 1);

	return sizeof(*array) + array->nr_areas * sizeof(*array->areas) +
	       nr * map->elem_size * num_possible_cpus();
}

const struct lbpf_map_ops lbpf_percpu_array_ops = {
	.type = BPF_MAP_TYPE_PERCPU_ARRAY,
	.name = "percpu_array",
	.check_btf = lbpf_array_check_btf,
	.text = LBPF_TEXT_BY_INDEX,
	.kernel_struct = "bpf_array",
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |
		LBPF_USE_LOOKUP_PERCPU |
		LBPF_USE_FOR_EACH,
	.create_flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
			BPF_F_WRONLY_PROG,
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_UPDATE_BATCH),
	.alloc_check = percpu_array_alloc_check,
	.alloc = percpu_array_alloc,
	.free = percpu_array_free,
	.lookup = percpu_array_lookup,
	.row = percpu_array_row,
	.update = percpu_array_update,
	.delete = lbpf_array_delete,
	.lookup_percpu = percpu_array_lookup_percpu,
	.next_key = lbpf_array_next_key,
	.user_value_bytes = lbpf_percpu_value_bytes,
	.user_lookup = percpu_array_user_lookup,
	.user_update = percpu_array_user_update,
	.batch_walk = lbpf_array_batch_walk,
	.count = lbpf_array_count,
	.mem_bytes = percpu_array_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
	.for_each = lbpf_array_for_each,
};
