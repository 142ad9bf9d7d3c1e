// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on many elements of a map.
 *
 * Layer: api.  Elements are moved through kernel buffers of bounded size, some
 * at a time; what userspace keeps between calls is the map's cursor.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include <lbpf/alloc.h>
#include <lbpf/user.h>

#include "api.h"
#include "elem.h"

/* Room for elements in one step; a single element may be larger. */
#define STEP_BYTES	(32 * 1024)

/**
 * struct batch - A command on many elements
 * @map: Map.
 * @attr: Attributes.
 * @uattr: Where the number of elements goes.
 * @value_bytes: Bytes of a value as the map type passes it.
 * @user_bytes: Bytes of a value in the caller's buffer: fewer with LBPF_F_CPU, LBPF_F_ALL_CPUS.
 * @nr_step: Elements for which there is room.
 * @keys: Room for keys, one after the other, as userspace has them.
 * @values: Likewise.
 * @cursor_key: Room for the key of a cursor.
 */
struct batch {
	struct lbpf_map		*map;
	const union bpf_attr	*attr;
	union bpf_attr __user	*uattr;
	u32			value_bytes;
	u32			user_bytes;
	u32			nr_step;
	void			*keys;
	void			*values;
	void			*cursor_key;
};

static int open_batch(struct batch *batch, bool with_values)
{
	size_t key_bytes = batch->map->key_size;
	bool has_all_cpus = !(batch->attr->batch.elem_flags & LBPF_CPU_FLAGS);
	size_t value_bytes = with_values ? lbpf_map_user_value_bytes(batch->map) : 0;
	size_t nr = max_t(size_t, STEP_BYTES / max_t(size_t, key_bytes + value_bytes, 1), 1);

	batch->value_bytes = value_bytes;
	batch->user_bytes = has_all_cpus ? value_bytes : batch->map->value_size;
	batch->nr_step = min_t(size_t, nr, batch->attr->batch.count);
	/* Both begin at a word. */
	key_bytes = round_up(key_bytes * batch->nr_step, sizeof(u64));
	value_bytes = round_up(value_bytes * batch->nr_step, sizeof(u64));
	batch->keys = lbpf_area_alloc(key_bytes + value_bytes + batch->map->key_size, NUMA_NO_NODE);
	batch->values = batch->keys + key_bytes;
	batch->cursor_key = batch->values + value_bytes;
	return batch->keys ? 0 : -ENOMEM;
}

static void close_batch(const struct batch *batch)
{
	lbpf_area_free(batch->keys);
}

/* @cpu_flags: LBPF_F_CPU, LBPF_F_ALL_CPUS: those that the command knows. */
static int check_flags(const struct batch *batch, u64 cpu_flags)
{
	u64 flags = batch->attr->batch.elem_flags;

	if (unlikely(flags & LBPF_CPU_FLAGS && cpu_flags)) {
		if (flags & ~LBPF_CPU_FLAGS)
			return -EINVAL;
		return lbpf_cpu_flags_check(batch->map, flags, cpu_flags);
	}
	if (flags & ~(u64)BPF_F_LOCK || !lbpf_map_lock_ok(batch->map, flags))
		return -EINVAL;
	return 0;
}

/* Leaves the values of one CPU, one after the other. */
static void pick_cpu(const struct batch *batch, u32 nr)
{
	u64 cpu = batch->attr->batch.elem_flags >> LBPF_F_CPU_SHIFT;
	size_t off = lbpf_cpu_rank(cpu) * batch->map->elem_size;
	u32 i;

	for (i = 0; i < nr; i++)
		memmove(batch->values + (size_t)i * batch->user_bytes,
			batch->values + (size_t)i * batch->value_bytes + off, batch->user_bytes);
}

static bool put_step(const struct batch *batch, u32 done, u32 nr)
{
	void __user *ukeys = u64_to_user_ptr(batch->attr->batch.keys);
	void __user *uvalues = u64_to_user_ptr(batch->attr->batch.values);
	size_t key_bytes = batch->map->key_size, value_bytes = batch->user_bytes;

	if (batch->user_bytes != batch->value_bytes)
		pick_cpu(batch, nr);
	return !copy_to_user(ukeys + done * key_bytes, batch->keys, nr * key_bytes) &&
	       !copy_to_user(uvalues + done * value_bytes, batch->values, nr * value_bytes);
}

/* Fills the user's buffers from @cursor on; *@done says how far. */
static int walk_map(const struct batch *batch, struct lbpf_map_cursor *cursor, u32 *done,
		    bool delete)
{
	u32 left;
	int nr;

	for (*done = 0; *done < batch->attr->batch.count; *done += nr) {
		left = batch->attr->batch.count - *done;
		nr = batch->map->ops->batch_walk(batch->map, cursor, batch->keys, batch->values,
						 min(left, batch->nr_step), delete);
		if (nr < 0)
			return nr;
		if (!put_step(batch, *done, nr))
			return -EFAULT;
		if (cursor->end) {
			*done += nr;
			return -ENOENT;
		}
		if (signal_pending(current)) {
			*done += nr;
			return -EINTR;
		}
		cond_resched();
	}
	return 0;
}

/* Users keep four bytes for it, or a key. */
static int read_cursor(const struct batch *batch, struct lbpf_map_cursor *cursor)
{
	const void __user *from = u64_to_user_ptr(batch->attr->batch.in_batch);
	u32 pos = 1;

	cursor->key = batch->cursor_key;
	if (!from)
		return 0;
	if (batch->map->ops->cursor_is_key) {
		if (copy_from_user(cursor->key, from, batch->map->key_size))
			return -EFAULT;
	} else if (copy_from_user(&pos, from, sizeof(pos))) {
		return -EFAULT;
	}
	cursor->pos = pos;
	return 0;
}

static int write_cursor(const struct batch *batch, const struct lbpf_map_cursor *cursor)
{
	void __user *to = u64_to_user_ptr(batch->attr->batch.out_batch);
	u32 pos = cursor->pos;

	if (!batch->map->ops->cursor_is_key)
		return copy_to_user(to, &pos, sizeof(pos)) ? -EFAULT : 0;
	return pos && copy_to_user(to, cursor->key, batch->map->key_size) ? -EFAULT : 0;
}

static int walk_batch(struct batch *batch, bool delete)
{
	const union bpf_attr *attr = batch->attr;
	struct lbpf_map_cursor cursor = {};
	u32 done = 0;
	int err;

	err = check_flags(batch, delete ? 0 : LBPF_F_CPU);
	if (err)
		return err;
	/* Linux looks at it only in the types that it can empty by batches. */
	if (attr->batch.flags && batch->map->ops->has_batch & BIT(BPF_MAP_LOOKUP_AND_DELETE_BATCH))
		return -EINVAL;
	if (!attr->batch.count)
		return 0;
	if (put_user(0, &batch->uattr->batch.count))
		return -EFAULT;
	cursor.elem_flags = attr->batch.elem_flags & BPF_F_LOCK;
	err = open_batch(batch, true);
	if (err)
		return err;
	err = read_cursor(batch, &cursor);
	if (!err)
		err = walk_map(batch, &cursor, &done, delete);
	if (delete && done)
		lbpf_map_settle(batch->map);
	if ((!err || err == -ENOENT || err == -EINTR) &&
	    (write_cursor(batch, &cursor) || put_user(done, &batch->uattr->batch.count)))
		err = -EFAULT;
	close_batch(batch);
	return err;
}

static int lookup_batch(struct batch *batch)
{
	return walk_batch(batch, false);
}

static int lookup_delete_batch(struct batch *batch)
{
	return walk_batch(batch, true);
}

/* Whole elements of @bytes that could be read to @dst. */
static u32 get_step(void *dst, u64 usrc, u32 done, u32 nr, size_t bytes)
{
	size_t left = copy_from_user(dst, u64_to_user_ptr(usrc) + done * bytes, nr * bytes);

	return nr - DIV_ROUND_UP(left, bytes);
}

/* Does the next elements; returns how many before *@err. */
static u32 update_step(const struct batch *batch, u32 done, u32 nr, int *err)
{
	const struct lbpf_map *map = batch->map;
	u32 i, nr_read;

	nr_read = get_step(batch->keys, batch->attr->batch.keys, done, nr, map->key_size);
	nr_read = min(nr_read, get_step(batch->values, batch->attr->batch.values, done, nr,
					batch->user_bytes));
	for (i = 0; i < nr_read; i++) {
		*err = lbpf_elem_set(batch->map, batch->keys + (size_t)i * map->key_size,
				     batch->values + (size_t)i * batch->user_bytes,
				     batch->attr->batch.elem_flags);
		if (*err)
			return i;
	}
	if (nr_read < nr)
		*err = -EFAULT;
	return nr_read;
}

static u32 delete_step(const struct batch *batch, u32 done, u32 nr, int *err)
{
	const struct lbpf_map *map = batch->map;
	u32 i, nr_read;

	nr_read = get_step(batch->keys, batch->attr->batch.keys, done, nr, map->key_size);
	for (i = 0; i < nr_read; i++) {
		*err = lbpf_elem_remove(batch->map, batch->keys + (size_t)i * map->key_size);
		if (*err)
			return i;
	}
	if (nr_read < nr)
		*err = -EFAULT;
	return nr_read;
}

/* The number done is told also when an element fails. */
static int change_batch(struct batch *batch, bool with_values,
			u32 (*step)(const struct batch *batch, u32 done, u32 nr, int *err))
{
	const union bpf_attr *attr = batch->attr;
	u32 done = 0;
	int err;

	err = check_flags(batch, with_values ? LBPF_F_CPU | LBPF_F_ALL_CPUS : 0);
	if (err)
		return err;
	if (!attr->batch.count)
		return 0;
	err = open_batch(batch, with_values);
	if (err)
		return err;
	while (!err && done < attr->batch.count) {
		done += step(batch, done, min(attr->batch.count - done, batch->nr_step), &err);
		if (!err && signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	close_batch(batch);
	if (done)
		lbpf_map_settle(batch->map);
	if (put_user(done, &batch->uattr->batch.count))
		err = -EFAULT;
	return err;
}

static int update_batch(struct batch *batch)
{
	return change_batch(batch, true, update_step);
}

static int delete_batch(struct batch *batch)
{
	return change_batch(batch, false, delete_step);
}

static int run_batch(struct lbpf_call *call, u32 cmd, fmode_t mode, int (*run)(struct batch *batch))
{
	struct batch batch = { .attr = &call->attr, .uattr = call->uattr };
	struct fd f = fdget(call->attr.batch.map_fd);
	int err;

	batch.map = lbpf_map_of_file(fd_file(f));
	if (IS_ERR(batch.map))
		err = PTR_ERR(batch.map);
	else if (!lbpf_map_permits(fd_file(f), batch.map, mode))
		err = -EPERM;
	else if (!(batch.map->ops->has_batch & BIT(cmd)))
		err = -ENOTSUPP;
	else
		err = run(&batch);
	fdput(f);
	return err;
}

/**
 * lbpf_cmd_map_lookup_batch() - BPF_MAP_LOOKUP_BATCH
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT when the map has no more elements, or another -errno.
 */
int lbpf_cmd_map_lookup_batch(struct lbpf_call *call)
{
	return run_batch(call, BPF_MAP_LOOKUP_BATCH, FMODE_READ, lookup_batch);
}

/**
 * lbpf_cmd_map_lookup_delete_batch() - BPF_MAP_LOOKUP_AND_DELETE_BATCH
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT when the map has no more elements, or another -errno.
 */
int lbpf_cmd_map_lookup_delete_batch(struct lbpf_call *call)
{
	return run_batch(call, BPF_MAP_LOOKUP_AND_DELETE_BATCH, FMODE_READ | FMODE_WRITE,
			 lookup_delete_batch);
}

/**
 * lbpf_cmd_map_update_batch() - BPF_MAP_UPDATE_BATCH
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or the error of the first element that failed.
 */
int lbpf_cmd_map_update_batch(struct lbpf_call *call)
{
	return run_batch(call, BPF_MAP_UPDATE_BATCH, FMODE_WRITE, update_batch);
}

/**
 * lbpf_cmd_map_delete_batch() - BPF_MAP_DELETE_BATCH
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or the error of the first element that failed.
 */
int lbpf_cmd_map_delete_batch(struct lbpf_call *call)
{
	return run_batch(call, BPF_MAP_DELETE_BATCH, FMODE_WRITE, delete_batch);
}
