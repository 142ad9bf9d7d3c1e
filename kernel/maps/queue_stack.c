// SPDX-License-Identifier: GPL-2.0
/*
 * Queue and stack maps: values without keys, first in first out or last in first out.
 *
 * Layer: maps.  The values are a ring; a stack uses it from one end.
 * Locks: ->guard guards the ring and its ends.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "guard.h"

#define QUEUE_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
			 BPF_F_WRONLY_PROG)

/**
 * struct lbpf_queue - A queue or a stack
 * @map: Head.
 * @values: max_entries values, value_size bytes apart.
 * @guard: Lock.
 * @first: Place of the oldest value.
 * @nr: Number of values.
 */
struct lbpf_queue {
	struct lbpf_map	map;
	void		*values;
	struct guard	guard;
	u32		first;
	u32		nr;
};

static __always_inline struct lbpf_queue *queue_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_queue, map);
}

/* Source: BPF_MAP_CREATE of BPF_MAP_TYPE_QUEUE in Linux 6.1, observed. */
static int queue_alloc_check(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if (!bpf_capable())
		return -EPERM;
	if (!attr->max_entries || attr->key_size || !attr->value_size ||
	    attr->map_flags & ~QUEUE_FLAGS || (attr->map_flags & both) == both)
		return -EINVAL;
	/* Userspace could not pass such values in one piece. */
	return attr->value_size > KMALLOC_MAX_SIZE ? -E2BIG : 0;
}

static struct lbpf_map *alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops)
{
	struct lbpf_queue *queue = lbpf_zalloc(sizeof(*queue), GFP_KERNEL);

	if (!queue)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&queue->map, ops, attr);
	queue->values = lbpf_area_alloc_array(attr->max_entries, attr->value_size,
					      queue->map.numa_node);
	if (!queue->values)
		goto free_queue;
	if (guard_init(&queue->guard))
		goto free_values;
	return &queue->map;

free_values:
	lbpf_area_free(queue->values);
free_queue:
	lbpf_free(queue);
	return ERR_PTR(-ENOMEM);
}

static void queue_free(struct lbpf_map *map)
{
	struct lbpf_queue *queue = queue_of(map);

	guard_destroy(&queue->guard);
	lbpf_area_free(queue->values);
	lbpf_free(queue);
}

/* The @i-th oldest value. */
static __always_inline void *value_at(const struct lbpf_queue *queue, u32 i)
{
	u32 to_end = queue->map.max_entries - queue->first;
	u32 at = i < to_end ? queue->first + i : i - to_end;

	return queue->values + (size_t)at * queue->map.value_size;
}

static __always_inline void drop_oldest(struct lbpf_queue *queue)
{
	queue->first = queue->first + 1 == queue->map.max_entries ? 0 : queue->first + 1;
	WRITE_ONCE(queue->nr, queue->nr - 1);
}

static long queue_push(struct lbpf_map *map, const void *value, u64 flags)
{
	struct lbpf_queue *queue = queue_of(map);
	unsigned long irq_flags;
	long err = 0;

	if (unlikely(flags & ~BPF_EXIST))
		return -EINVAL;
	if (unlikely(!guard_enter(&queue->guard, &irq_flags)))
		return -EBUSY;
	if (unlikely(queue->nr == map->max_entries)) {
		if (flags & BPF_EXIST)
			drop_oldest(queue);
		else
			err = -E2BIG;
	}
	if (likely(!err)) {
		lbpf_copy_words(value_at(queue, queue->nr), value, map->value_size);
		WRITE_ONCE(queue->nr, queue->nr + 1);
	}
	guard_leave(&queue->guard, irq_flags);
	return err;
}

/* The caller's memory need not be aligned. */
static __always_inline void copy_out(void *to, const void *from, u32 size_bytes)
{
	if (size_bytes == sizeof(u64))
		__builtin_memcpy(to, from, sizeof(u64));
	else
		memcpy(to, from, size_bytes);
}

static __always_inline long
get(struct lbpf_map *map, void *value, bool is_stack, bool is_pop)
{
	struct lbpf_queue *queue = queue_of(map);
	unsigned long irq_flags;
	u32 nr;

	if (unlikely(!guard_enter(&queue->guard, &irq_flags))) {
		memset(value, 0, map->value_size);
		return -EBUSY;
	}
	nr = queue->nr;
	if (likely(nr)) {
		copy_out(value, value_at(queue, is_stack ? nr - 1 : 0), map->value_size);
		if (is_pop && is_stack)
			WRITE_ONCE(queue->nr, nr - 1);
		else if (is_pop)
			drop_oldest(queue);
	}
	guard_leave(&queue->guard, irq_flags);
	if (likely(nr))
		return 0;
	memset(value, 0, map->value_size);
	return -ENOENT;
}

static long queue_pop(struct lbpf_map *map, void *value)
{
	return get(map, value, false, true);
}

static long queue_peek(struct lbpf_map *map, void *value)
{
	return get(map, value, false, false);
}

static long stack_pop(struct lbpf_map *map, void *value)
{
	return get(map, value, true, true);
}

static long stack_peek(struct lbpf_map *map, void *value)
{
	return get(map, value, true, false);
}

static int user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	return map->ops->peek(map, value);
}

static int user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err = -EPERM;

	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = queue_push(map, value, flags);
	rcu_read_unlock();
	return err;
}

static int user_pop(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	int err = -EPERM;

	if (flags)
		return -EINVAL;
	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = map->ops->pop(map, value);
	rcu_read_unlock();
	return err;
}

static int user_delete(struct lbpf_map *map, const void *key)
{
	return -EINVAL;
}

static int next_key(struct lbpf_map *map, const void *key, void *next)
{
	return -EINVAL;
}

static u64 queue_count(const struct lbpf_map *map)
{
	return READ_ONCE(queue_of(map)->nr);
}

static u64 queue_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_queue) + (u64)map->max_entries * map->value_size +
	       sizeof(bool) * num_possible_cpus();
}

static struct lbpf_map *queue_alloc(const union bpf_attr *attr);
static struct lbpf_map *stack_alloc(const union bpf_attr *attr);

#define QUEUE_OPS						\
	.uses = LBPF_USE_PUSH | LBPF_USE_POP | LBPF_USE_PEEK,	\
	.create_flags = QUEUE_FLAGS,				\
	.alloc_check = queue_alloc_check,			\
	.free = queue_free,					\
	.push = queue_push,					\
	.next_key = next_key,					\
	.user_lookup = user_lookup,				\
	.user_update = user_update,				\
	.user_delete = user_delete,				\
	.user_pop = user_pop,					\
	.count = queue_count,					\
	.mem_bytes = queue_mem_bytes,				\
	.meta_equal = lbpf_map_meta_equal

const struct lbpf_map_ops lbpf_queue_ops = {
	QUEUE_OPS,
	.type = BPF_MAP_TYPE_QUEUE,
	.name = "queue",
	.check_btf = lbpf_no_btf,
	.alloc = queue_alloc,
	.pop = queue_pop,
	.peek = queue_peek,
};

const struct lbpf_map_ops lbpf_stack_ops = {
	QUEUE_OPS,
	.type = BPF_MAP_TYPE_STACK,
	.name = "stack",
	.check_btf = lbpf_no_btf,
	.alloc = stack_alloc,
	.pop = stack_pop,
	.peek = stack_peek,
};

static struct lbpf_map *queue_alloc(const union bpf_attr *attr)
{
	return alloc(attr, &lbpf_queue_ops);
}

static struct lbpf_map *stack_alloc(const union bpf_attr *attr)
{
	return alloc(attr, &lbpf_stack_ops);
}
