/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays whose elements are references to objects.
 *
 * Layer: maps.  Userspace writes descriptors and reads ids; programs find the
 * objects under RCU.  What the objects are is said by fd_get, fd_put and fd_id of
 * the map type.
 */
#ifndef _LBPF_MAPS_OBJECT_ARRAY_H
#define _LBPF_MAPS_OBJECT_ARRAY_H

#include <linux/compiler.h>
#include <linux/kernel.h>

#include <lbpf/map.h>

/**
 * struct lbpf_object_array - An array of objects
 * @map: Head.
 * @index_mask: As in struct lbpf_array.
 * @slots: Objects or NULL, one reference each.  Changed by xchg(); an object that was taken out
 *	lives on for a grace period.
 * @size_bytes: Size of that.
 */
struct lbpf_object_array {
	struct lbpf_map	map;
	u32		index_mask;
	void		**slots;
	u64		size_bytes;
};

static __always_inline struct lbpf_object_array *object_array_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_object_array, map);
}

/* The object at @index, or NULL.  Under rcu_read_lock(). */
static __always_inline void *object_array_get(const struct lbpf_map *map, u32 index)
{
	const struct lbpf_object_array *array = object_array_of(map);

	if (unlikely(index >= map->max_entries))
		return NULL;
	/* Readers depend on it by address; pairs with xchg() in swap_object(). */
	return READ_ONCE(array->slots[index & array->index_mask]);
}

int lbpf_object_array_check(const union bpf_attr *attr);
struct lbpf_map *lbpf_object_array_alloc(const union bpf_attr *attr,
					 const struct lbpf_map_ops *ops);
void lbpf_object_array_free(struct lbpf_map *map);
int lbpf_object_array_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_object_array_user_update(struct lbpf_map *map, const void *key, const void *value,
				  u64 flags);
int lbpf_object_array_user_delete(struct lbpf_map *map, const void *key);
int lbpf_object_array_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
				 void *values, u32 nr, bool delete);
void lbpf_object_array_clear(struct lbpf_map *map);
u64 lbpf_object_array_count(const struct lbpf_map *map);
u64 lbpf_object_array_mem_bytes(const struct lbpf_map *map);

#endif /* _LBPF_MAPS_OBJECT_ARRAY_H */
