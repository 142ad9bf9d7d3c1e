// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on one element of a map.
 *
 * Layer: api.  Users make millions of these: short keys and values stay on the
 * stack, the descriptor is borrowed, and no lock is taken.
 */
#include <linux/err.h>
#include <linux/kernel.h>

#include <lbpf/alloc.h>
#include <lbpf/user.h>

#include "api.h"
#include "elem.h"

#define STACK_KEY_BYTES		64
#define STACK_VALUE_BYTES	192

/**
 * struct elem_call - A command on one element
 * @f: The descriptor; keeps the map.
 * @map: Its map.
 * @key: Room for a key, in @key_words or @big.
 * @value: Room for a value as userspace passes it, in whole words, or for a second key.
 * @big: Memory for what does not fit here, or NULL.
 * @is_kernel: The attributes are in kernel memory: a program makes the command.
 * @key_words: Short keys.
 * @value_words: Short values.
 */
struct elem_call {
	struct fd	f;
	struct lbpf_map	*map;
	void		*key;
	void		*value;
	void		*big;
	bool		is_kernel;
	u64		key_words[STACK_KEY_BYTES / sizeof(u64)];
	u64		value_words[STACK_VALUE_BYTES / sizeof(u64)];
};

static __always_inline int open_elem(struct elem_call *elem, const struct lbpf_call *call, u32 fd,
				     fmode_t mode)
{
	elem->is_kernel = call->is_kernel;
	elem->f = fdget(fd);
	elem->big = NULL;
	elem->map = lbpf_map_of_file(fd_file(elem->f));
	if (IS_ERR(elem->map))
		return PTR_ERR(elem->map);
	return lbpf_map_permits(fd_file(elem->f), elem->map, mode) ? 0 : -EPERM;
}

static __always_inline void close_elem(struct elem_call *elem)
{
	if (unlikely(elem->big))
		lbpf_area_free(elem->big);
	fdput(elem->f);
}

static __always_inline int make_room(struct elem_call *elem, u32 value_bytes)
{
	u32 key_bytes = elem->map->key_size;

	elem->key = elem->key_words;
	elem->value = elem->value_words;
	if (likely(key_bytes <= STACK_KEY_BYTES && value_bytes <= STACK_VALUE_BYTES))
		return 0;
	key_bytes = round_up(key_bytes, sizeof(u64));
	elem->big = lbpf_area_alloc((size_t)key_bytes + round_up((size_t)value_bytes, sizeof(u64)),
				    NUMA_NO_NODE);
	if (!elem->big)
		return -ENOMEM;
	elem->key = elem->big;
	elem->value = elem->big + key_bytes;
	return 0;
}

/* A map without keys takes none. */
static __always_inline int read_key(const struct elem_call *elem, u64 ukey)
{
	u32 key_bytes = elem->map->key_size;

	if (!key_bytes)
		return ukey ? -EINVAL : 0;
	return lbpf_read(elem->key, ukey, key_bytes, elem->is_kernel) ? 0 : -EFAULT;
}

static __always_inline int write_value(const struct elem_call *elem, u64 uvalue, u32 value_bytes)
{
	return lbpf_user_write(u64_to_user_ptr(uvalue), elem->value, value_bytes) ? 0 : -EFAULT;
}

/* Whole words, so that nobody sees half of a counter. */
static void copy_words(u64 *dst, const u64 *src, u32 bytes)
{
	const u64 *end = src + DIV_ROUND_UP(bytes, sizeof(u64));

	while (src < end)
		*dst++ = READ_ONCE(*src++);
}

/**
 * lbpf_elem_get() - Copy a value out of a map
 * @map: Map.
 * @key: Key.
 * @value: Room for a value as userspace gets it, in whole words.
 * @flags: 0 or BPF_F_LOCK.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOENT, or -ENOTSUPP for a type without lookup.
 */
int lbpf_elem_get(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	const void *src;

	if (map->ops->user_lookup)
		return map->ops->user_lookup(map, key, value, flags);
	if (!map->ops->lookup)
		return -ENOTSUPP;
	rcu_read_lock();
	src = map->ops->lookup(map, key);
	if (src)
		copy_words(value, src, map->value_size);
	rcu_read_unlock();
	return src ? 0 : -ENOENT;
}

/**
 * lbpf_elem_set() - Write a value into a map
 * @map: Map.
 * @key: Key.
 * @value: Value as userspace gives it, in whole words.
 * @flags: BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -ENOTSUPP for a type without update.
 */
int lbpf_elem_set(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err = -EPERM;

	if (map->ops->user_update)
		return map->ops->user_update(map, key, value, flags);
	if (!map->ops->update)
		return -ENOTSUPP;
	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = map->ops->update(map, key, value, flags);
	rcu_read_unlock();
	return err;
}

/**
 * lbpf_elem_remove() - Delete an element of a map
 * @map: Map.
 * @key: Key.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -ENOTSUPP for a type without delete.
 */
int lbpf_elem_remove(struct lbpf_map *map, const void *key)
{
	const typeof(map->ops->delete) remove = map->ops->delete;
	int err = -EPERM;

	if (map->ops->user_delete)
		return map->ops->user_delete(map, key);
	if (!remove)
		return -ENOTSUPP;
	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = remove(map, key);
	rcu_read_unlock();
	return err;
}

/**
 * lbpf_cpu_flags_check() - Check flags that name a CPU
 * @map: Map.
 * @flags: Flags of an element, with one of these.
 * @allowed: LBPF_F_CPU, LBPF_F_ALL_CPUS: those that the command knows.
 *
 * Source: BPF_F_CPU and BPF_F_ALL_CPUS of later kernels.
 * Context: Any.
 * Return: 0, -EINVAL, -ERANGE: no such CPU.
 */
int lbpf_cpu_flags_check(const struct lbpf_map *map, u64 flags, u64 allowed)
{
	u64 which = flags & (LBPF_F_CPU | LBPF_F_ALL_CPUS), cpu = flags >> LBPF_F_CPU_SHIFT;

	if (!map->ops->lookup_percpu || which & ~allowed || !which ||
	    which == (LBPF_F_CPU | LBPF_F_ALL_CPUS) || flags & BPF_F_LOCK)
		return -EINVAL;
	if (which == LBPF_F_ALL_CPUS)
		return cpu ? -EINVAL : 0;
	return cpu < nr_cpu_ids && cpu_possible(cpu) ? 0 : -ERANGE;
}

/**
 * lbpf_cpu_rank() - Place of a CPU's value among those of all
 * @cpu: Possible CPU.
 *
 * Context: Any.
 * Return: Number of possible CPUs before it.
 */
u32 lbpf_cpu_rank(u32 cpu)
{
	u32 nr = 0;
	int i;

	for_each_possible_cpu(i)
		nr += i < (int)cpu;
	return nr;
}

/* All are read, so that the value is found as it was at one time, and one is given. */
static noinline int lookup_cpu(struct elem_call *elem, const union bpf_attr *attr)
{
	int err;

	if (attr->flags & ~(LBPF_CPU_FLAGS | BPF_F_LOCK))
		return -EINVAL;
	err = lbpf_cpu_flags_check(elem->map, attr->flags, LBPF_F_CPU);
	if (!err)
		err = make_room(elem, lbpf_map_user_value_bytes(elem->map));
	if (!err)
		err = read_key(elem, attr->key);
	if (!err)
		err = lbpf_elem_get(elem->map, elem->key, elem->value, 0);
	if (err)
		return err;
	elem->value += lbpf_cpu_rank(attr->flags >> LBPF_F_CPU_SHIFT) * elem->map->elem_size;
	return write_value(elem, attr->value, elem->map->value_size);
}

static int lookup_elem(struct elem_call *elem, const union bpf_attr *attr)
{
	u32 value_bytes = lbpf_map_user_value_bytes(elem->map);
	int err;

	if (!lbpf_map_lock_ok(elem->map, attr->flags))
		return -EINVAL;
	err = make_room(elem, value_bytes);
	if (!err)
		err = read_key(elem, attr->key);
	if (!err && elem->map->ops->peek_reads &&
	    !lbpf_user_read(elem->value, u64_to_user_ptr(attr->value), value_bytes))
		err = -EFAULT;
	if (!err)
		err = lbpf_elem_get(elem->map, elem->key, elem->value, attr->flags);
	return err ?: write_value(elem, attr->value, value_bytes);
}

/**
 * lbpf_cmd_map_lookup() - BPF_MAP_LOOKUP_ELEM
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_map_lookup(struct lbpf_call *call)
{
	struct elem_call elem;
	int err;

	if (call->attr.flags & ~(LBPF_CPU_FLAGS | BPF_F_LOCK))
		return -EINVAL;
	err = open_elem(&elem, call, call->attr.map_fd, FMODE_READ);
	if (err)
		;
	else if (unlikely(call->attr.flags & LBPF_CPU_FLAGS))
		err = lookup_cpu(&elem, &call->attr);
	else
		err = lookup_elem(&elem, &call->attr);
	close_elem(&elem);
	return err;
}

static int update_elem(struct elem_call *elem, const union bpf_attr *attr)
{
	u32 value_bytes = lbpf_map_user_value_bytes(elem->map);
	/* Other maps refuse these flags themselves, after key and value are read. */
	bool names_cpu = unlikely(attr->flags & LBPF_CPU_FLAGS) && elem->map->ops->lookup_percpu;
	int err;

	if (!lbpf_map_lock_ok(elem->map, attr->flags))
		return -EINVAL;
	if (names_cpu)
		value_bytes = elem->map->value_size;
	err = make_room(elem, value_bytes);
	if (!err)
		err = read_key(elem, attr->key);
	if (!err && names_cpu)
		err = lbpf_cpu_flags_check(elem->map, attr->flags, LBPF_F_CPU | LBPF_F_ALL_CPUS);
	if (!err && !lbpf_read(elem->value, attr->value, value_bytes, elem->is_kernel))
		err = -EFAULT;
	if (!err && elem->map->ops->file_update)
		return elem->map->ops->file_update(elem->map, fd_file(elem->f), elem->key,
						   elem->value, attr->flags);
	if (!err)
		err = lbpf_elem_set(elem->map, elem->key, elem->value, attr->flags);
	if (!err)
		lbpf_map_settle(elem->map);
	return err;
}

/**
 * lbpf_cmd_map_update() - BPF_MAP_UPDATE_ELEM
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_map_update(struct lbpf_call *call)
{
	struct elem_call elem;
	int err;

	err = open_elem(&elem, call, call->attr.map_fd, FMODE_WRITE);
	if (!err)
		err = update_elem(&elem, &call->attr);
	close_elem(&elem);
	return err;
}

/**
 * lbpf_cmd_map_delete() - BPF_MAP_DELETE_ELEM
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_map_delete(struct lbpf_call *call)
{
	struct elem_call elem;
	int err;

	err = open_elem(&elem, call, call->attr.map_fd, FMODE_WRITE);
	if (!err)
		err = make_room(&elem, 0);
	if (!err)
		err = read_key(&elem, call->attr.key);
	if (!err)
		err = lbpf_elem_remove(elem.map, elem.key);
	if (!err)
		lbpf_map_settle(elem.map);
	close_elem(&elem);
	return err;
}

static int step_key(struct elem_call *elem, const union bpf_attr *attr)
{
	struct lbpf_map *map = elem->map;
	int err;

	err = make_room(elem, map->key_size);
	if (!err && attr->key)
		err = read_key(elem, attr->key);
	if (err)
		return err;
	if (!map->ops->next_key)
		return -ENOTSUPP;
	rcu_read_lock();
	err = map->ops->next_key(map, attr->key ? elem->key : NULL, elem->value);
	rcu_read_unlock();
	if (err)
		return err;
	return lbpf_user_write(u64_to_user_ptr(attr->next_key), elem->value, map->key_size) ?
	       0 : -EFAULT;
}

/**
 * lbpf_cmd_map_next_key() - BPF_MAP_GET_NEXT_KEY
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_map_next_key(struct lbpf_call *call)
{
	struct elem_call elem;
	int err;

	err = open_elem(&elem, call, call->attr.map_fd, FMODE_READ);
	if (!err)
		err = step_key(&elem, &call->attr);
	close_elem(&elem);
	return err;
}

static int pop_elem(struct elem_call *elem, const union bpf_attr *attr)
{
	struct lbpf_map *map = elem->map;
	u32 value_bytes = lbpf_map_user_value_bytes(map);
	int err;

	if (!lbpf_map_lock_ok(map, attr->flags))
		return -EINVAL;
	err = make_room(elem, value_bytes);
	if (!err)
		err = read_key(elem, attr->key);
	if (!err && !map->ops->user_pop)
		err = -ENOTSUPP;
	if (!err)
		err = map->ops->user_pop(map, elem->key, elem->value, attr->flags);
	if (!err)
		lbpf_map_settle(map);
	return err ?: write_value(elem, attr->value, value_bytes);
}

/**
 * lbpf_cmd_map_lookup_delete() - BPF_MAP_LOOKUP_AND_DELETE_ELEM
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_map_lookup_delete(struct lbpf_call *call)
{
	struct elem_call elem;
	int err;

	if (call->attr.flags & ~(u64)BPF_F_LOCK)
		return -EINVAL;
	err = open_elem(&elem, call, call->attr.map_fd, FMODE_READ | FMODE_WRITE);
	if (!err)
		err = pop_elem(&elem, &call->attr);
	close_elem(&elem);
	return err;
}
