// SPDX-License-Identifier: GPL-2.0
/*
 * Arrays whose elements are references to objects.
 *
 * Layer: maps.  Locks: none; a slot is exchanged atomically.
 */
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>

#include <lbpf/alloc.h>

#include "array.h"
#include "object_array.h"

/**
 * lbpf_object_array_check() - Check what an array of objects is to be
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Source: BPF_MAP_CREATE of BPF_MAP_TYPE_ARRAY_OF_MAPS in Linux 6.1, observed.
 * Context: Process context.
 * Return: 0, -EINVAL.
 */
int lbpf_object_array_check(const union bpf_attr *attr)
{
	if (attr->value_size != sizeof(u32))
		return -EINVAL;
	return lbpf_array_alloc_check(attr);
}

/**
 * lbpf_object_array_alloc() - Make an array of objects
 * @attr: Checked attributes.
 * @ops: Map type.
 *
 * Context: Process context, may sleep.
 * Return: Map, or ERR_PTR(-ENOMEM).
 */
struct lbpf_map *lbpf_object_array_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops)
{
	struct lbpf_object_array *array;
	u64 nr;

	array = lbpf_zalloc(sizeof(*array), GFP_KERNEL);
	if (!array)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&array->map, ops, attr);
	array->map.unpriv_array = lbpf_array_shape(attr, &array->index_mask, &nr);
	array->size_bytes = nr * sizeof(void *);
	array->slots = lbpf_area_alloc(array->size_bytes, array->map.numa_node);
	if (!array->slots) {
		lbpf_free(array);
		return ERR_PTR(-ENOMEM);
	}
	return &array->map;
}

static void *swap_object(struct lbpf_map *map, u32 index, void *object)
{
	struct lbpf_object_array *array = object_array_of(map);

	/* Orders what was written to the object before; pairs with object_array_get(). */
	return xchg(&array->slots[index & array->index_mask], object);
}

/**
 * lbpf_object_array_clear() - Take all objects out
 * @map: Map.
 *
 * Context: Process context, may sleep.
 */
void lbpf_object_array_clear(struct lbpf_map *map)
{
	void *object;
	u32 i;

	for (i = 0; i < map->max_entries; i++) {
		object = swap_object(map, i, NULL);
		if (object)
			map->ops->fd_put(object);
		cond_resched();
	}
}

/**
 * lbpf_object_array_free() - Free an array of objects
 * @map: Map that nobody can see any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_object_array_free(struct lbpf_map *map)
{
	lbpf_object_array_clear(map);
	lbpf_area_free(object_array_of(map)->slots);
	lbpf_free(object_array_of(map));
}

/**
 * lbpf_object_array_user_lookup() - Tell userspace the id of an object
 * @map: Map.
 * @key: Index.
 * @value: Room for the id, 4 bytes.
 * @flags: Not used.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -ENOENT.
 */
int lbpf_object_array_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	void *object;

	rcu_read_lock();
	object = object_array_get(map, *(const u32 *)key);
	if (object)
		*(u32 *)value = map->ops->fd_id(object);
	rcu_read_unlock();
	return object ? 0 : -ENOENT;
}

/* Takes over the caller's reference on @object, also on failure. */
static int write_slot(struct lbpf_map *map, u32 index, void *object)
{
	void *old = object;
	int err = -EPERM;

	rcu_read_lock();
	if (!READ_ONCE(map->frozen)) {
		old = swap_object(map, index, object);
		err = object || old ? 0 : -ENOENT;
	}
	rcu_read_unlock();
	if (old)
		map->ops->fd_put(old);
	return err;
}

/**
 * lbpf_object_array_user_update() - Put an object into an array
 * @map: Map.
 * @key: Index.
 * @value: Descriptor of the object, 4 bytes.
 * @flags: BPF_ANY.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -EINVAL, -E2BIG, -EPERM: frozen, or the error of the descriptor.
 */
int lbpf_object_array_user_update(struct lbpf_map *map, const void *key, const void *value,
				  u64 flags)
{
	u32 index = *(const u32 *)key;
	void *object;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	object = map->ops->fd_get(map, *(const u32 *)value);
	return IS_ERR(object) ? PTR_ERR(object) : write_slot(map, index, object);
}

/**
 * lbpf_object_array_user_delete() - Take an object out of an array
 * @map: Map.
 * @key: Index.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -E2BIG, -ENOENT, -EPERM: frozen.
 */
int lbpf_object_array_user_delete(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	return index >= map->max_entries ? -E2BIG : write_slot(map, index, NULL);
}

/**
 * lbpf_object_array_batch_walk() - Next objects of a batch
 * @map: Map.
 * @cursor: Position: the next index.
 * @keys: Buffer for @nr indices, or NULL.
 * @values: Buffer for @nr ids, or NULL.
 * @nr: Objects at most; empty slots are passed over.
 * @delete: Must be false.
 *
 * Context: Process context, outside of RCU.
 * Return: Number of objects.
 */
int lbpf_object_array_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
				 void *values, u32 nr, bool delete)
{
	u32 index = min_t(u64, cursor->pos, map->max_entries), done = 0, id;

	for (; done < nr && index < map->max_entries; index++) {
		if (!(index % 1024))
			cond_resched();
		if (lbpf_object_array_user_lookup(map, &index, &id, 0))
			continue;
		if (keys)
			((u32 *)keys)[done] = index;
		if (values)
			((u32 *)values)[done] = id;
		done++;
	}
	cursor->pos = index;
	/* As in Linux, a batch that just fits does not say that it was the last. */
	cursor->end = done < nr;
	return done;
}

/**
 * lbpf_object_array_count() - Number of objects
 * @map: Map.
 *
 * Context: Process context.
 * Return: Exact while nobody changes the map.
 */
u64 lbpf_object_array_count(const struct lbpf_map *map)
{
	u64 nr = 0;
	u32 i;

	for (i = 0; i < map->max_entries; i++)
		nr += !!READ_ONCE(object_array_of(map)->slots[i]);
	return nr;
}

/**
 * lbpf_object_array_mem_bytes() - Memory in use
 * @map: Map.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_object_array_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_object_array) + object_array_of(map)->size_bytes;
}
