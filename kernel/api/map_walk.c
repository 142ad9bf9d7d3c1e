// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_MAP_WALK: the elements of a map, some at a time.
 *
 * Layer: api.  Types that can walk keep their own kind of position; where keys are
 * indices, the position is the index.  Neither depends on a key that may be gone.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <lbpf/alloc.h>
#include <lbpf/user.h>

#include "api.h"
#include "elem.h"

/* Room for elements in one step; a single element may be larger. */
#define STEP_BYTES	(32 * 1024)

/**
 * struct walk - A walk over a map
 * @map: Map.
 * @attr: What the caller asked for.
 * @cursor: Position.
 * @value_bytes: Bytes of a value as userspace gets it, 0: not read.
 * @nr_step: Elements for which there is room.
 * @keys: Room for keys.
 * @values: Room for values, NULL: not read; the key of the position comes after them.
 */
struct walk {
	struct lbpf_map		*map;
	struct lbpf_map_walk	*attr;
	struct lbpf_map_cursor	cursor;
	u32			value_bytes;
	u32			nr_step;
	void			*keys;
	void			*values;
};

static int open_walk(struct walk *walk)
{
	size_t key_bytes = walk->map->key_size, total;

	/* Some types find out by the value whether an element is there. */
	if (walk->attr->values || walk->map->ops->batch_walk)
		walk->value_bytes = lbpf_map_user_value_bytes(walk->map);
	walk->nr_step = clamp_t(size_t, STEP_BYTES / (key_bytes + walk->value_bytes), 1,
				walk->attr->count);
	key_bytes = round_up(key_bytes * walk->nr_step, sizeof(u64));
	total = key_bytes + round_up((size_t)walk->value_bytes * walk->nr_step, sizeof(u64));
	walk->keys = lbpf_area_alloc(total + walk->map->key_size, NUMA_NO_NODE);
	if (!walk->keys)
		return -ENOMEM;
	walk->values = walk->value_bytes ? walk->keys + key_bytes : NULL;
	walk->cursor.key = walk->keys + total;
	return 0;
}

static int read_cursor_key(struct walk *walk)
{
	const void __user *from = u64_to_user_ptr(walk->attr->cursor_key);

	if (!walk->map->ops->cursor_is_key || !walk->cursor.pos)
		return 0;
	return copy_from_user(walk->cursor.key, from, walk->map->key_size) ? -EFAULT : 0;
}

static int write_cursor_key(const struct walk *walk)
{
	void __user *to = u64_to_user_ptr(walk->attr->cursor_key);

	if (!walk->map->ops->cursor_is_key || !walk->cursor.pos)
		return 0;
	return copy_to_user(to, walk->cursor.key, walk->map->key_size) ? -EFAULT : 0;
}

static int get_value(struct walk *walk, u32 nr)
{
	if (!walk->values)
		return 0;
	return lbpf_elem_get(walk->map, walk->keys + nr * sizeof(u32),
			     walk->values + (size_t)nr * walk->value_bytes, 0);
}

/* The position is the index after the last one. */
static int walk_indices(struct walk *walk, u32 nr_max)
{
	u32 index = walk->cursor.pos - 1, nr = 0, *keys = walk->keys;
	bool is_first = !walk->cursor.pos;
	int err;

	while (nr < nr_max) {
		rcu_read_lock();
		err = walk->map->ops->next_key(walk->map, is_first ? NULL : &index, &keys[nr]);
		rcu_read_unlock();
		walk->cursor.end = err;
		if (err)
			break;
		index = keys[nr];
		is_first = false;
		/* An element that has gone meanwhile is no element. */
		err = get_value(walk, nr);
		if (err && err != -ENOENT)
			return err;
		nr += !err;
	}
	walk->cursor.pos = is_first ? 0 : (u64)index + 1;
	return nr;
}

static int walk_step(struct walk *walk, u32 nr_max)
{
	if (walk->map->ops->batch_walk)
		return walk->map->ops->batch_walk(walk->map, &walk->cursor, walk->keys,
						  walk->values, nr_max, false);
	return walk_indices(walk, nr_max);
}

static bool put_step(const struct walk *walk, u32 done, u32 nr)
{
	size_t key_bytes = walk->map->key_size, value_bytes = walk->value_bytes;
	void __user *ukeys = u64_to_user_ptr(walk->attr->keys);
	void __user *uvalues = u64_to_user_ptr(walk->attr->values);

	if (walk->attr->keys &&
	    copy_to_user(ukeys + done * key_bytes, walk->keys, nr * key_bytes))
		return false;
	return !walk->attr->values ||
	       !copy_to_user(uvalues + done * value_bytes, walk->values, nr * value_bytes);
}

/* How many elements were given, or -errno. */
static int run_walk(struct walk *walk)
{
	u32 done = 0, wanted = min_t(u32, walk->attr->count, INT_MAX);
	int nr;

	while (done < wanted && !walk->cursor.end) {
		nr = walk_step(walk, min(wanted - done, walk->nr_step));
		if (nr < 0)
			return nr;
		if (!put_step(walk, done, nr))
			return -EFAULT;
		done += nr;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done;
}

static int walk_map(struct lbpf_map *map, struct lbpf_map_walk *attr)
{
	struct walk walk = { .map = map, .attr = attr, .cursor = { .pos = attr->cursor } };
	bool has_indices = map->key_size == sizeof(u32) && map->ops->next_key;
	int nr;

	if (!map->key_size || (!map->ops->batch_walk && !has_indices))
		return -EOPNOTSUPP;
	if (map->ops->cursor_is_key && !attr->cursor_key)
		return -EINVAL;
	if (!attr->count)
		return 0;
	nr = open_walk(&walk);
	if (nr)
		return nr;
	nr = read_cursor_key(&walk) ?: run_walk(&walk);
	if (nr >= 0)
		nr = write_cursor_key(&walk) ?: nr;
	lbpf_area_free(walk.keys);
	if (nr < 0)
		return nr;
	attr->cursor = walk.cursor.pos;
	attr->count = nr;
	attr->is_end = walk.cursor.end;
	return 0;
}

/**
 * lbpf_cmd_map_walk() - LBPF_MAP_WALK
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -EINVAL when there is no room for the results.
 */
int lbpf_cmd_map_walk(struct lbpf_call *call)
{
	struct lbpf_map_walk *attr = &call->map_walk;
	struct lbpf_map *map;
	struct fd f;
	int err;

	if (attr->flags || call->size_bytes < offsetofend(struct lbpf_map_walk, is_end))
		return -EINVAL;
	f = fdget(attr->map_fd);
	map = lbpf_map_of_file(fd_file(f));
	if (IS_ERR(map))
		err = PTR_ERR(map);
	else if (!lbpf_map_permits(fd_file(f), map, FMODE_READ))
		err = -EPERM;
	else
		err = walk_map(map, attr);
	fdput(f);
	if (!err && !lbpf_user_write(call->uattr, attr,
				     offsetofend(struct lbpf_map_walk, is_end)))
		err = -EFAULT;
	return err;
}
