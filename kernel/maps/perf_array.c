// SPDX-License-Identifier: GPL-2.0
/*
 * Perf event array map: perf events by index, which programs write samples to and read.
 *
 * Layer: maps.  Locks: none; slots change by xchg, readers are under RCU.
 *
 * The kernel exports the function that writes a program's sample into the ring
 * of a perf event, and it finds the event in a struct bpf_array of its own: the
 * slots of a map are one of those, of which the kernel reads max_entries and the
 * pointers.  What is read from an event is read here, as no function for that is
 * exported that may be called in any context.
 *
 * Source: BPF_MAP_TYPE_PERF_EVENT_ARRAY of bpf(2); bpf_event_output() in
 * <linux/bpf.h>; struct perf_event in <linux/perf_event.h>.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/perf_array.h>
#include <lbpf/perf_file.h>

#include "array.h"

/**
 * struct lbpf_perf_array - An array of perf events
 * @map: Head.
 * @slots: What the kernel looks events up in: ->ptrs[i] is a struct bpf_event_entry or NULL.
 */
struct lbpf_perf_array {
	struct lbpf_map		map;
	struct bpf_array	*slots;
};

static struct lbpf_perf_array *perf_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_perf_array, map);
}

static int perf_alloc_check(const union bpf_attr *attr)
{
	u32 refused = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_MMAPABLE | BPF_F_INNER_MAP;
	union bpf_attr plain = *attr;

	plain.map_flags &= ~BPF_F_PRESERVE_ELEMS;
	if (attr->value_size != sizeof(u32) || attr->map_flags & refused)
		return -EINVAL;
	return lbpf_array_alloc_check(&plain);
}

static struct lbpf_map *perf_alloc(const union bpf_attr *attr)
{
	struct lbpf_perf_array *array = lbpf_zalloc(sizeof(*array), GFP_KERNEL);

	if (!array)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&array->map, &lbpf_perf_array_ops, attr);
	array->slots = lbpf_area_alloc(struct_size(array->slots, ptrs, attr->max_entries),
				       array->map.numa_node);
	if (!array->slots)
		goto free_map;
	array->slots->map.max_entries = attr->max_entries;
	return &array->map;

free_map:
	lbpf_free(array);
	return ERR_PTR(-ENOMEM);
}

static void free_entry(struct rcu_head *rcu)
{
	struct bpf_event_entry *entry = container_of(rcu, struct bpf_event_entry, rcu);

	fput(entry->perf_file);
	lbpf_free(entry);
}

static bool replace_entry(struct lbpf_perf_array *array, u32 index, struct bpf_event_entry *entry)
{
	struct bpf_event_entry *old = xchg(&array->slots->ptrs[index], entry);

	if (old)
		call_rcu(&old->rcu, free_entry);
	return old;
}

static void perf_free(struct lbpf_map *map)
{
	struct lbpf_perf_array *array = perf_of(map);
	u32 i;

	for (i = 0; i < map->max_entries; i++) {
		replace_entry(array, i, NULL);
		cond_resched();
	}
	lbpf_area_free(array->slots);
	lbpf_free(array);
}

/* What was put in through a descriptor goes when that is closed, unless it is to stay. */
static void perf_release_file(struct lbpf_map *map, struct file *file)
{
	struct lbpf_perf_array *array = perf_of(map);
	struct bpf_event_entry *entry;
	bool is_of_file;
	u32 i;

	if (map->map_flags & BPF_F_PRESERVE_ELEMS)
		return;
	for (i = 0; i < map->max_entries; i++) {
		rcu_read_lock();
		entry = READ_ONCE(array->slots->ptrs[i]);
		is_of_file = entry && entry->map_file == file;
		rcu_read_unlock();
		if (is_of_file)
			replace_entry(array, i, NULL);
	}
}

static struct bpf_event_entry *entry_of_fd(u32 fd, struct file *map_file)
{
	struct bpf_event_entry *entry;
	struct perf_event *event;
	struct file *file = fget(fd);
	int err = -EBADF;

	if (!file)
		return ERR_PTR(err);
	event = lbpf_perf_event_of(file);
	if (!event)
		goto put_file;
	err = -EOPNOTSUPP;
	if (event->attr.inherit)
		goto put_file;
	err = -ENOMEM;
	entry = lbpf_zalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		goto put_file;
	entry->event = event;
	entry->perf_file = file;
	entry->map_file = map_file;
	return entry;

put_file:
	fput(file);
	return ERR_PTR(err);
}

static int perf_file_update(struct lbpf_map *map, struct file *map_file, const void *key,
			    const void *value, u64 flags)
{
	u32 index = *(const u32 *)key;
	struct bpf_event_entry *entry;
	int err = 0;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	entry = entry_of_fd(*(const u32 *)value, map_file);
	if (IS_ERR(entry))
		return PTR_ERR(entry);
	/* Freezing waits for who saw it unfrozen. */
	rcu_read_lock();
	if (READ_ONCE(map->frozen))
		err = -EPERM;
	else
		replace_entry(perf_of(map), index, entry);
	rcu_read_unlock();
	if (err)
		free_entry(&entry->rcu);
	return err;
}

/* Without a descriptor of the map there is nobody to own an event. */
static int perf_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -ENOTSUPP;
}

static int perf_user_delete(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	if (index >= map->max_entries)
		return -E2BIG;
	return replace_entry(perf_of(map), index, NULL) ? 0 : -ENOENT;
}

static u64 perf_count(const struct lbpf_map *map)
{
	u64 nr = 0;
	u32 i;

	for (i = 0; i < map->max_entries; i++)
		nr += !!READ_ONCE(perf_of(map)->slots->ptrs[i]);
	return nr;
}

static u64 perf_mem_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_perf_array) +
	       struct_size(perf_of(map)->slots, ptrs, map->max_entries) +
	       perf_count(map) * sizeof(struct bpf_event_entry);
}

/**
 * lbpf_perf_array_output() - Write a sample into the ring of an event
 * @map: Array.
 * @flags: Index of the event, or BPF_F_CURRENT_CPU.
 * @record: What to write.
 *
 * Context: Any, under rcu_read_lock(), no migration.
 * Return: 0, -E2BIG, -ENOENT, -EINVAL, -EOPNOTSUPP, -EBUSY, -ENOSPC.
 */
long lbpf_perf_array_output(struct lbpf_map *map, u64 flags, const struct lbpf_perf_record *record)
{
	return bpf_event_output(&perf_of(map)->slots->map, flags, record->data, record->size_bytes,
				record->ctx, record->ctx_bytes, record->copy);
}

static struct perf_event *find_event(struct lbpf_map *map, u64 flags)
{
	u32 index = flags & BPF_F_INDEX_MASK;
	struct bpf_event_entry *entry;

	if (flags & ~BPF_F_INDEX_MASK)
		return ERR_PTR(-EINVAL);
	if ((flags & BPF_F_INDEX_MASK) == BPF_F_CURRENT_CPU)
		index = smp_processor_id();
	if (index >= map->max_entries)
		return ERR_PTR(-E2BIG);
	entry = READ_ONCE(perf_of(map)->slots->ptrs[index]);
	return entry ? entry->event : ERR_PTR(-ENOENT);
}

/* Can what counts it be asked here, on this CPU, in this task? */
static int check_local(const struct perf_event *event)
{
	bool is_of_task = event->attach_state & PERF_ATTACH_TASK;

	if (is_of_task ? event->hw.target != current : event->cpu != smp_processor_id())
		return -EINVAL;
	if (event->attr.pinned && event->oncpu != smp_processor_id())
		return -EBUSY;
	return 0;
}

static void read_times(struct perf_event *event, struct bpf_perf_event_value *value)
{
	struct perf_event_context *ctx = event->ctx;
	enum perf_event_state state = READ_ONCE(event->state);
	u64 now = ctx->is_active ? local_clock() + READ_ONCE(ctx->timeoffset) : ctx->time;
	u64 since = now - event->tstamp;

	value->enabled = event->total_time_enabled;
	value->running = event->total_time_running;
	if (state >= PERF_EVENT_STATE_INACTIVE)
		value->enabled += since;
	if (state >= PERF_EVENT_STATE_ACTIVE)
		value->running += since;
}

/**
 * lbpf_perf_event_read() - Read the counter of an event
 * @event: Event.
 * @value: Filled in.
 *
 * Context: Any, no migration.
 * Return: 0, -EINVAL (counts elsewhere), -EBUSY.
 */
int lbpf_perf_event_read(struct perf_event *event, struct bpf_perf_event_value *value)
{
	unsigned long irq_flags;
	int err;

	/* The event stays on this CPU, or off it, while interrupts are off. */
	local_irq_save(irq_flags);
	err = check_local(event);
	if (!err) {
		if (event->oncpu == smp_processor_id())
			event->pmu->read(event);
		value->counter = local64_read(&event->count);
		read_times(event, value);
	}
	local_irq_restore(irq_flags);
	return err;
}

/**
 * lbpf_perf_array_read() - Read a counter
 * @map: Array.
 * @flags: Index of the event, or BPF_F_CURRENT_CPU.
 * @value: Filled in.
 *
 * Context: Any, under rcu_read_lock(), no migration.
 * Return: 0, -EINVAL (also: counts elsewhere), -E2BIG, -ENOENT, -EBUSY.
 */
int lbpf_perf_array_read(struct lbpf_map *map, u64 flags, struct bpf_perf_event_value *value)
{
	struct perf_event *event = find_event(map, flags);

	return IS_ERR(event) ? PTR_ERR(event) : lbpf_perf_event_read(event, value);
}

const struct lbpf_map_ops lbpf_perf_array_ops = {
	.type = BPF_MAP_TYPE_PERF_EVENT_ARRAY,
	.name = "perf_event_array",
	.check_btf = lbpf_no_btf,
	.uses = LBPF_USE_PERF,
	.create_flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_PRESERVE_ELEMS,
	.alloc_check = perf_alloc_check,
	.alloc = perf_alloc,
	.free = perf_free,
	.release_file = perf_release_file,
	.file_update = perf_file_update,
	.user_update = perf_user_update,
	.user_delete = perf_user_delete,
	.next_key = lbpf_array_next_key,
	.count = perf_count,
	.mem_bytes = perf_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
};
