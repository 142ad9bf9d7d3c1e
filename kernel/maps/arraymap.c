// SPDX-License-Identifier: GPL-2.0
/*
 * Array map: values in one area, found by index.
 *
 * Layer: maps.  Locks: none; updates write in place.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "array.h"

#define ARRAY_FLAGS	(BPF_F_MMAPABLE | BPF_F_INNER_MAP | BPF_F_NUMA_NODE | \
			 BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/**
 * struct lbpf_array - An array map
 * @map: Head.
 * @index_mask: A checked index is masked with it, so that speculation stays inside.  All ones
 *	unless the creator was unprivileged.
 * @values: Values, elem_size bytes apart.
 * @size_bytes: Size of that.
 */
struct lbpf_array {
	struct lbpf_map	map;
	u32		index_mask;
	void		*values;
	u64		size_bytes;
};

static __always_inline struct lbpf_array *array_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_array, map);
}

/**
 * lbpf_array_alloc_check() - Check what an array is to be
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Source: BPF_MAP_CREATE of BPF_MAP_TYPE_ARRAY in Linux 6.1, observed.
 * Context: Process context.
 * Return: 0, -EINVAL, -E2BIG.
 */
int lbpf_array_alloc_check(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (!attr->max_entries || attr->key_size != sizeof(u32) || !attr->value_size)
		return -EINVAL;
	if (attr->map_flags & ~ARRAY_FLAGS || (attr->map_flags & both) == both)
		return -EINVAL;
	return attr->value_size > INT_MAX ? -E2BIG : 0;
}

/**
 * lbpf_array_shape() - Mask and length of an array for its creator
 * @attr: Checked attributes.
 * @index_mask: What indices are masked with.
 * @nr: Elements to allocate.
 *
 * Context: Process context.
 * Return: true if the creator was unprivileged: the mask matters.
 */
bool lbpf_array_shape(const union bpf_attr *attr, u32 *index_mask, u64 *nr)
{
	*nr = attr->max_entries;
	*index_mask = U32_MAX;
	if (perfmon_capable())
		return false;
	*nr = roundup_pow_of_two((u64)attr->max_entries);
	*index_mask = *nr - 1;
	return true;
}

static struct lbpf_map *array_alloc(const union bpf_attr *attr)
{
	struct lbpf_array *array;
	u64 nr;

	array = lbpf_zalloc(sizeof(*array), GFP_KERNEL);
	if (!array)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&array->map, &lbpf_array_ops, attr);
	array->map.unpriv_array = lbpf_array_shape(attr, &array->index_mask, &nr);
	array->size_bytes = nr * array->map.elem_size;
	if (attr->map_flags & BPF_F_MMAPABLE) {
		array->size_bytes = PAGE_ALIGN(array->size_bytes);
		array->values = lbpf_user_area_alloc(array->size_bytes, array->map.numa_node);
	} else {
		array->values = lbpf_area_alloc(array->size_bytes, array->map.numa_node);
	}
	if (!array->values)
		goto free_map;
	return &array->map;

free_map:
	lbpf_free(array);
	return ERR_PTR(-ENOMEM);
}

static __always_inline void *value_at(const struct lbpf_array *array, u32 index)
{
	return array->values + (size_t)array->map.elem_size * (index & array->index_mask);
}

static void array_free(struct lbpf_map *map)
{
	struct lbpf_array *array = array_of(map);
	u32 i;

	for (i = 0; map->kptrs && i < map->max_entries; i++) {
		lbpf_value_drop_kptrs(map, value_at(array, i));
		cond_resched();
	}
	if (map->map_flags & BPF_F_MMAPABLE)
		lbpf_user_area_free(array->values);
	else
		lbpf_area_free(array->values);
	lbpf_free(array);
}

static void *array_lookup(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	return likely(index < map->max_entries) ? value_at(array_of(map), index) : NULL;
}

static bool array_row(const struct lbpf_map *map, struct lbpf_map_row *row)
{
	const struct lbpf_array *array = array_of(map);

	*row = (struct lbpf_map_row){
		.base		= (unsigned long)array->values,
		.elem_size	= map->elem_size,
		.nr		= map->max_entries,
		.index_mask	= array->index_mask,
	};
	return true;
}

/* Maps that may differ in length have it checked; a template is no more than a head. */
static bool array_inner_row(const struct lbpf_map *meta, struct lbpf_map_row *row)
{
	*row = (struct lbpf_map_row){
		.is_inner	= true,
		.base_off	= offsetof(struct lbpf_array, values),
		.elem_size	= meta->elem_size,
		.nr		= meta->max_entries,
		.index_mask	= U32_MAX,
	};
	if (meta->map_flags & BPF_F_INNER_MAP)
		row->nr_off = offsetof(struct lbpf_array, map.max_entries);
	if (meta->unpriv_array)
		row->mask_off = offsetof(struct lbpf_array, index_mask);
	return true;
}

/**
 * lbpf_array_check_update() - May an array element be updated?
 * @map: Array.
 * @index: Index.
 * @flags: Flags of the update.
 *
 * Context: Any.
 * Return: 0, -EINVAL, -E2BIG, -EEXIST.
 */
int lbpf_array_check_update(const struct lbpf_map *map, u32 index, u64 flags)
{
	if (unlikely((flags & ~BPF_F_LOCK) > BPF_EXIST))
		return -EINVAL;
	if (unlikely(index >= map->max_entries))
		return -E2BIG;
	if (unlikely(flags & BPF_NOEXIST))
		return -EEXIST;
	if (unlikely(flags & BPF_F_LOCK && map->spin_lock_off < 0))
		return -EINVAL;
	return 0;
}

static long array_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	u32 index = *(const u32 *)key;
	int err = lbpf_array_check_update(map, index, flags);
	void *to;

	if (unlikely(err))
		return err;
	to = value_at(array_of(map), index);
	if (unlikely(flags & BPF_F_LOCK))
		lbpf_value_copy_locked(map, to, value, false);
	else
		lbpf_value_copy(map, to, value);
	lbpf_value_drop_fields(map, to);
	return 0;
}

static void copy_value_out(const struct lbpf_map *map, void *value, const void *from, u64 flags)
{
	if (!(flags & BPF_F_LOCK)) {
		lbpf_value_copy_out(map, value, from);
		return;
	}
	lbpf_value_copy_locked(map, value, from, true);
	lbpf_value_clear_fields(map, value);
}

static int array_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	const void *from = array_lookup(map, key);

	if (!from)
		return -ENOENT;
	copy_value_out(map, value, from, flags);
	return 0;
}

/* No user is left that could want a timer to fire. */
static void array_release_user(struct lbpf_map *map)
{
	u32 i;

	if (map->timer_off < 0)
		return;
	for (i = 0; i < map->max_entries; i++) {
		lbpf_value_drop_timer(map, value_at(array_of(map), i));
		cond_resched();
	}
}

/**
 * lbpf_array_delete() - Deleting from an array
 * @map: Array.
 * @key: Index.
 *
 * Context: Any.
 * Return: -EINVAL: elements of arrays are always there.
 */
long lbpf_array_delete(struct lbpf_map *map, const void *key)
{
	return -EINVAL;
}

/**
 * lbpf_array_next_key() - Iterate over an array
 * @map: Array.
 * @key: Index, or NULL.
 * @next_key: The next index; 0 if @key is NULL or beyond the end.
 *
 * Context: Any.
 * Return: 0, or -ENOENT after the last one.
 */
int lbpf_array_next_key(struct lbpf_map *map, const void *key, void *next_key)
{
	u32 index = key ? *(const u32 *)key : U32_MAX;
	u32 *next = next_key;

	if (index >= map->max_entries) {
		*next = 0;
		return 0;
	}
	if (index == map->max_entries - 1)
		return -ENOENT;
	*next = index + 1;
	return 0;
}

/**
 * lbpf_array_batch_walk() - Next elements of a batch
 * @map: Array with ->user_lookup or ->lookup.
 * @cursor: Position: the next index.
 * @keys: Buffer for @nr indices, or NULL.
 * @values: Buffer for @nr values as userspace sees them, or NULL.
 * @nr: Elements at most.
 * @delete: Must be false: arrays do not offer that.
 *
 * Context: Process context, outside of RCU.
 * Return: Number of elements.
 */
int lbpf_array_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			  void *values, u32 nr, bool delete)
{
	u32 bytes = map->ops->user_value_bytes ? map->ops->user_value_bytes(map) : map->value_size;
	u32 index = min_t(u64, cursor->pos, map->max_entries), i;

	for (i = 0; i < nr && index < map->max_entries; i++, index++) {
		if (keys)
			((u32 *)keys)[i] = index;
		if (!values)
			continue;
		if (map->ops->user_lookup)
			map->ops->user_lookup(map, &index, values + (size_t)i * bytes,
					      cursor->elem_flags);
		else
			lbpf_value_copy_out(map, values + (size_t)i * bytes,
					    map->ops->lookup(map, &index));
	}
	cursor->pos = index;
	/* As in Linux, a batch that just fits does not say that it was the last. */
	cursor->end = i < nr;
	return i;
}

/**
 * lbpf_array_count() - Number of elements
 * @map: Array.
 *
 * Context: Any.
 * Return: max_entries.
 */
u64 lbpf_array_count(const struct lbpf_map *map)
{
	return map->max_entries;
}

/**
 * lbpf_array_for_each() - Call a function for each element
 * @map: Array with ->lookup.
 * @fn: Called with map, index, value, @ctx; non-zero ends it.
 * @ctx: For @fn.
 * @flags: Must be 0.
 *
 * Context: Any, under rcu_read_lock(), no migration.
 * Return: Number of calls, or -EINVAL.
 */
long lbpf_array_for_each(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64), void *ctx,
			 u64 flags)
{
	u32 index = 0;
	void *value;

	if (flags)
		return -EINVAL;
	while (index < map->max_entries) {
		value = map->ops->lookup(map, &index);
		index++;
		if (fn((unsigned long)map, (unsigned long)&(u32){ index - 1 }, (unsigned long)value,
		       (unsigned long)ctx, 0))
			break;
	}
	return index;
}

static u64 array_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_array) + array_of(map)->size_bytes;
}

static int array_value_addr(const struct lbpf_map *map, u64 *addr, u32 off)
{
	if (map->max_entries != 1)
		return -ENOTSUPP;
	if (off >= map->value_size)
		return -EINVAL;
	*addr = (unsigned long)array_of(map)->values + off;
	return 0;
}

static int array_value_off(const struct lbpf_map *map, u64 addr, u32 *off)
{
	u64 base = (unsigned long)array_of(map)->values;

	if (map->max_entries != 1)
		return -ENOTSUPP;
	if (addr < base || addr >= base + map->elem_size)
		return -ENOENT;
	*off = addr - base;
	return 0;
}

static int array_mmap(struct lbpf_map *map, struct vm_area_struct *vma)
{
	struct lbpf_array *array = array_of(map);

	if (!(map->map_flags & BPF_F_MMAPABLE))
		return -EINVAL;
	if ((u64)vma->vm_pgoff * PAGE_SIZE + (vma->vm_end - vma->vm_start) > array->size_bytes)
		return -EINVAL;
	return lbpf_user_area_map(vma, array->values);
}

static bool array_meta_equal(const struct lbpf_map *meta, const struct lbpf_map *map)
{
	if (!lbpf_map_meta_equal(meta, map))
		return false;
	/* Code for a lookup may have the length built in. */
	return meta->map_flags & BPF_F_INNER_MAP || meta->max_entries == map->max_entries;
}

const struct lbpf_map_ops lbpf_array_ops = {
	.type = BPF_MAP_TYPE_ARRAY,
	.name = "array",
	.kernel_struct = "bpf_array",
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |
		LBPF_USE_FOR_EACH |
		LBPF_USE_VALUE_LOCK | LBPF_USE_VALUE_TIMER | LBPF_USE_VALUE_KPTR,
	.check_btf = lbpf_array_check_btf,
	.text = LBPF_TEXT_BY_INDEX,
	.create_flags = ARRAY_FLAGS,
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_UPDATE_BATCH),
	.alloc_check = lbpf_array_alloc_check,
	.alloc = array_alloc,
	.release_user = array_release_user,
	.free = array_free,
	.lookup = array_lookup,
	.row = array_row,
	.inner_row = array_inner_row,
	.update = array_update,
	.delete = lbpf_array_delete,
	.next_key = lbpf_array_next_key,
	.user_lookup = array_user_lookup,
	.batch_walk = lbpf_array_batch_walk,
	.count = lbpf_array_count,
	.mem_bytes = array_mem_bytes,
	.value_addr = array_value_addr,
	.value_off = array_value_off,
	.mmap = array_mmap,
	.meta_equal = array_meta_equal,
	.for_each = lbpf_array_for_each,
};
