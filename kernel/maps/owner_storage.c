// SPDX-License-Identifier: GPL-2.0
/*
 * Storages of tasks, inodes and sockets: a value for each of them, that goes with it.
 *
 * Layer: maps.  Locks: a guard of the whole map stands in the place of the buckets' own locks.
 *
 * The map is a hash table by the address of the owner.  A value that is deleted or replaced keeps
 * its memory until all programs that may have found it have ended.
 *
 * An owner that ends and a program that makes it a storage meet so that one of them sees the other:
 *
 *	program						end (owner.c)
 *	entry is in the table				owner says that it ends
 *	smp_mb() (A)					smp_mb() (B)
 *	does the owner end?  out with the entry		out with the entry, if there is one
 *
 * Source: BPF_MAP_TYPE_SK_STORAGE, _INODE_STORAGE, _TASK_STORAGE, and bpf_*_storage_get() in
 * <linux/bpf.h>.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/rcupdate.h>
#include <linux/rcupdate_trace.h>
#include <linux/slab.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/owner_storage.h>
#include <lbpf/pool.h>
#include <lbpf/value.h>

#include "array.h"
#include "guard.h"
#include "owner.h"
#include "table_write.h"

#define STORAGE_FLAGS		(BPF_F_NO_PREALLOC | BPF_F_CLONE)
/* Linux 6.1 counts its own head of an element in. */
#define MAX_VALUE_BYTES		(U16_MAX - 128)
/* So many owners fit without chains, */
#define NR_EXPECTED		4096
/* ... and so many at all, or what fits in so much memory. */
#define MAX_OWNERS		BIT(18)
#define MAX_BYTES		(256U << 20)
#define FIRST_BYTES		(64U << 10)

/**
 * struct grave - What follows a value in its element
 * @link: Of the values that wait for programs to end.
 * @ref: The element's own.
 */
struct grave {
	struct llist_node	link;
	u32			ref;
};

/**
 * struct storage - A map of storages
 * @map: Head.
 * @watch: Tells of owners that end.
 * @table: By the address of the owner.
 * @guard: Guards writes to the table.
 * @nr: Entries.
 * @pool: Elements: head, address of the owner, value, grave.
 * @dead: Elements that were taken out of the table.
 * @kick: Interrupt that begins to wait for programs.
 * @waiting: Elements that are waited for.
 * @is_waiting: ->waiting and ->rcu are in use.
 * @rcu: The wait.
 */
struct storage {
	struct lbpf_map		map;
	struct owner_watch	watch;
	struct table		table;
	struct guard		guard;
	atomic_t		nr;
	struct lbpf_pool	pool;
	struct llist_head	dead;
	struct irq_work		kick;
	struct llist_node	*waiting;
	int			is_waiting;
	struct rcu_head		rcu;
};

static struct storage *storage_of(const struct lbpf_map *map)
{
	return container_of(map, struct storage, map);
}

static struct grave *grave_of(const struct storage *s, struct lbpf_elem *elem)
{
	return elem_value(&s->table, elem) + s->map.elem_size;
}

static struct lbpf_elem *find(const struct storage *s, const void *owner)
{
	u64 key = (unsigned long)owner;

	return table_find(&s->table, &key, table_hash(&s->table, &key, KEY_8), KEY_8);
}

/* No program uses them any more. */
static void give_back(struct rcu_head *rcu)
{
	struct storage *s = container_of(rcu, struct storage, rcu);
	struct grave *grave, *next;

	preempt_disable();
	llist_for_each_entry_safe(grave, next, s->waiting, link)
		lbpf_pool_give(&s->pool, grave->ref);
	preempt_enable();
	s->waiting = NULL;
	/* Whoever died meanwhile found the wait in use: pairs with the xchg() in begin_wait(). */
	smp_store_mb(s->is_waiting, 0);
	if (!llist_empty(&s->dead))
		irq_work_queue(&s->kick);
}

/* Programs that sleep are waited for first, then all others. */
static void wait_for_others(struct rcu_head *rcu)
{
	call_rcu(rcu, give_back);
}

/* Not where the element died: that may be anywhere, in what RCU itself calls too. */
static void begin_wait(struct irq_work *kick)
{
	struct storage *s = container_of(kick, struct storage, kick);

	if (xchg(&s->is_waiting, 1))
		return;
	s->waiting = llist_del_all(&s->dead);
	call_rcu_tasks_trace(&s->rcu, wait_for_others);
}

static void bury(struct storage *s, const struct place *place)
{
	struct grave *grave = grave_of(s, place->elem);

	grave->ref = place->ref;
	if (llist_add(&grave->link, &s->dead))
		irq_work_queue(&s->kick);
}

/* -ENOENT, -EBUSY. */
static int take_out(struct storage *s, const void *owner)
{
	u64 key = (unsigned long)owner, hash = table_hash(&s->table, &key, KEY_8);
	struct bucket *b = table_bucket(&s->table, hash);
	unsigned long irq_flags;
	struct place place;

	if (!table_find(&s->table, &key, hash, KEY_8))
		return -ENOENT;
	if (!guard_enter(&s->guard, &irq_flags))
		return -EBUSY;
	place = table_locate(&s->table, b, &key, hash, KEY_8);
	if (place.elem) {
		table_remove(b, &place);
		bury(s, &place);
	}
	guard_leave(&s->guard, irq_flags);
	if (!place.elem)
		return -ENOENT;
	atomic_dec(&s->nr);
	return 0;
}

/* A new element with @value, NULL: zeros.  Interrupts are off. */
static u32 make_elem(struct storage *s, u64 key, const void *value)
{
	u32 ref = lbpf_pool_take(&s->pool);
	struct lbpf_elem *elem;
	void *to;

	if (ref == LBPF_POOL_NONE)
		return ref;
	elem = table_elem(&s->table, ref);
	*(u64 *)elem->data = key;
	to = elem_value(&s->table, elem);
	memset(to, 0, s->map.elem_size);
	if (value)
		lbpf_value_copy(&s->map, to, value);
	return ref;
}

static int put_locked(struct storage *s, u64 key, const void *value, u64 flags)
{
	u64 hash = table_hash(&s->table, &key, KEY_8);
	struct bucket *b = table_bucket(&s->table, hash);
	struct place place = table_locate(&s->table, b, &key, hash, KEY_8);
	u32 ref;

	if (place.elem && flags & BPF_NOEXIST)
		return -EEXIST;
	if (!place.elem && flags & BPF_EXIST)
		return -ENOENT;
	ref = make_elem(s, key, value);
	if (ref == LBPF_POOL_NONE)
		return -ENOMEM;
	if (place.elem) {
		table_replace(&s->table, b, &place, ref);
		bury(s, &place);
	} else {
		table_insert(&s->table, b, hash, ref);
		atomic_inc(&s->nr);
	}
	return 0;
}

/* 0, -EEXIST, -ENOENT, -ENOMEM, -EBUSY. */
static int put_in(struct storage *s, const void *owner, const void *value, u64 flags)
{
	unsigned long irq_flags;
	int err;

	if (!guard_enter(&s->guard, &irq_flags))
		return -EBUSY;
	err = put_locked(s, (unsigned long)owner, value, flags);
	guard_leave(&s->guard, irq_flags);
	return err;
}

static void forget_owner(struct owner_watch *watch, void *owner)
{
	/* (B) of this file. */
	smp_mb();
	/* Nothing that the table's writers call ends an owner, so that it is not refused. */
	(void)take_out(container_of(watch, struct storage, watch), owner);
}

/* Nobody sees the copy yet, nor its end.  There may be no memory: then it has no storage. */
static void copy_owner(struct owner_watch *watch, void *owner, void *copy)
{
	struct storage *s = container_of(watch, struct storage, watch);
	struct lbpf_elem *elem = find(s, owner), *copied;

	if (!elem || put_in(s, copy, NULL, BPF_NOEXIST))
		return;
	copied = find(s, copy);
	if (s->map.spin_lock_off >= 0)
		lbpf_value_copy_locked(&s->map, elem_value(&s->table, copied),
				       elem_value(&s->table, elem), true);
	else
		lbpf_value_copy(&s->map, elem_value(&s->table, copied),
				elem_value(&s->table, elem));
}

/**
 * lbpf_storage_get() - Find the storage of an owner for a program, or make one
 * @map: Map of storages.
 * @owner: Owner, NULL, or any address that a program took for one.
 * @value: What a new one has in it, NULL: zeros.
 * @flags: BPF_LOCAL_STORAGE_GET_F_CREATE or 0.
 *
 * Context: Any, under rcu_read_lock() or, of programs that sleep, rcu_read_lock_trace().
 * Return: The value, or NULL.
 */
void *lbpf_storage_get(struct lbpf_map *map, void *owner, const void *value, u64 flags)
{
	struct storage *s = storage_of(map);
	struct lbpf_elem *elem = NULL;

	if (!owner || flags & ~(u64)BPF_LOCAL_STORAGE_GET_F_CREATE)
		return NULL;
	rcu_read_lock();
	elem = find(s, owner);
	if (!elem && flags && s->watch.kind->may_own(owner)) {
		(void)put_in(s, owner, value, BPF_NOEXIST);
		/* (A) of this file. */
		smp_mb();
		if (likely(s->watch.kind->may_own(owner)))
			elem = find(s, owner);
		else
			(void)take_out(s, owner);
	}
	rcu_read_unlock();
	return elem ? elem_value(&s->table, elem) : NULL;
}

/**
 * lbpf_storage_delete() - Delete the storage of an owner, for a program
 * @map: Map of storages.
 * @owner: As for lbpf_storage_get().
 *
 * Context: Any.
 * Return: 0, -EINVAL: no owner, -ENOENT, -EBUSY: the program interrupts a change of the map.
 */
long lbpf_storage_delete(struct lbpf_map *map, void *owner)
{
	int err;

	if (!owner)
		return -EINVAL;
	rcu_read_lock();
	err = take_out(storage_of(map), owner);
	rcu_read_unlock();
	return err;
}

static int copy_out(struct storage *s, const void *owner, void *value, u64 flags)
{
	struct lbpf_elem *elem = find(s, owner);
	void *from;

	if (!elem)
		return -ENOENT;
	from = elem_value(&s->table, elem);
	if (!(flags & BPF_F_LOCK)) {
		lbpf_value_copy_out(&s->map, value, from);
		return 0;
	}
	lbpf_value_copy_locked(&s->map, value, from, true);
	lbpf_value_clear_fields(&s->map, value);
	return 0;
}

static int user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct storage *s = storage_of(map);
	struct owner_ref ref;
	int err = s->watch.kind->open(*(const u32 *)key, &ref);

	if (err)
		return err;
	rcu_read_lock();
	err = copy_out(s, ref.owner, value, flags);
	rcu_read_unlock();
	s->watch.kind->close(&ref);
	return err;
}

/* Under its lock a value is written in place; else a new one takes its place. */
static int write(struct storage *s, const void *owner, const void *value, u64 flags)
{
	struct lbpf_elem *elem;

	if (READ_ONCE(s->map.frozen))
		return -EPERM;
	elem = flags & BPF_F_LOCK && !(flags & BPF_NOEXIST) ? find(s, owner) : NULL;
	if (!elem)
		return put_in(s, owner, value, flags);
	lbpf_value_copy_locked(&s->map, elem_value(&s->table, elem), value, false);
	return 0;
}

static int user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct storage *s = storage_of(map);
	struct owner_ref ref;
	int err = s->watch.kind->open(*(const u32 *)key, &ref);

	if (err)
		return err;
	err = -EINVAL;
	if ((flags & ~(u64)BPF_F_LOCK) > BPF_EXIST ||
	    (flags & BPF_F_LOCK && map->spin_lock_off < 0))
		goto close;
	/* A failure shows in the update, if it needs memory at all. */
	(void)lbpf_pool_prepare(&s->pool);
	rcu_read_lock();
	err = write(s, ref.owner, value, flags);
	rcu_read_unlock();
close:
	s->watch.kind->close(&ref);
	return err;
}

static int user_delete(struct lbpf_map *map, const void *key)
{
	struct storage *s = storage_of(map);
	struct owner_ref ref;
	int err = s->watch.kind->open(*(const u32 *)key, &ref);

	if (err)
		return err;
	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : take_out(s, ref.owner);
	rcu_read_unlock();
	s->watch.kind->close(&ref);
	return err;
}

/* Source: BPF_MAP_CREATE of the three types in Linux 6.1, observed. */
static int alloc_check(const union bpf_attr *attr)
{
	if (attr->map_flags & ~STORAGE_FLAGS || !(attr->map_flags & BPF_F_NO_PREALLOC) ||
	    attr->max_entries || attr->key_size != sizeof(int) || !attr->value_size ||
	    !attr->btf_key_type_id || !attr->btf_value_type_id)
		return -EINVAL;
	if (!bpf_capable())
		return -EPERM;
	return attr->value_size > MAX_VALUE_BYTES ? -E2BIG : 0;
}

static int init_pool(struct storage *s)
{
	u32 elem_bytes = sizeof(struct lbpf_elem) + sizeof(u64) + s->map.elem_size +
			 sizeof(struct grave);
	struct lbpf_pool_spec spec = {
		.nr_elems = min_t(u32, MAX_BYTES / elem_bytes, MAX_OWNERS),
		.elem_bytes = elem_bytes,
		.nr_first = clamp_t(u32, FIRST_BYTES / elem_bytes, 1, 64),
		.numa_node = s->map.numa_node,
		.is_lazy = true,
	};

	return lbpf_pool_init(&s->pool, &spec);
}

static int init_table(struct storage *s)
{
	union bpf_attr attr = {
		.key_size = sizeof(u64),
		.max_entries = NR_EXPECTED,
	};

	return lbpf_table_init(&s->table, &attr, &s->pool, s->map.numa_node);
}

static int init_storage(struct storage *s)
{
	int err = init_pool(s);

	if (err)
		return err;
	err = init_table(s);
	if (err)
		goto destroy_pool;
	err = guard_init(&s->guard);
	if (err)
		goto destroy_table;
	err = lbpf_owner_watch(&s->watch);
	if (err)
		goto destroy_guard;
	return 0;

destroy_guard:
	guard_destroy(&s->guard);
destroy_table:
	lbpf_table_destroy(&s->table);
destroy_pool:
	lbpf_pool_destroy(&s->pool);
	return err;
}

static struct lbpf_map *alloc_storage(const union bpf_attr *attr, const struct lbpf_map_ops *ops,
				      const struct owner_kind *kind)
{
	struct storage *s = lbpf_zalloc(sizeof(*s), GFP_KERNEL);
	int err;

	if (!s)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&s->map, ops, attr);
	s->watch.kind = kind;
	s->watch.end = forget_owner;
	if (attr->map_flags & BPF_F_CLONE)
		s->watch.copy = copy_owner;
	init_irq_work(&s->kick, begin_wait);
	err = init_storage(s);
	if (!err)
		return &s->map;
	lbpf_free(s);
	return ERR_PTR(err);
}

static void storage_free(struct lbpf_map *map)
{
	struct storage *s = storage_of(map);

	lbpf_owner_unwatch(&s->watch);
	/* The wait goes on in the map's own memory. */
	while (READ_ONCE(s->is_waiting) || !llist_empty(&s->dead)) {
		irq_work_sync(&s->kick);
		rcu_barrier_tasks_trace();
		rcu_barrier();
	}
	irq_work_sync(&s->kick);
	guard_destroy(&s->guard);
	lbpf_table_destroy(&s->table);
	lbpf_pool_destroy(&s->pool);
	lbpf_free(s);
}

static u64 storage_count(const struct lbpf_map *map)
{
	return atomic_read(&storage_of(map)->nr);
}

static u64 storage_bytes(const struct lbpf_map *map)
{
	const struct storage *s = storage_of(map);

	return sizeof(*s) + lbpf_table_bytes(&s->table) + lbpf_pool_bytes(&s->pool);
}

#define STORAGE_OPS(id, text, use, alloc_fn)					\
	{									\
		.type = (id),							\
		.name = text,							\
		.kernel_struct = "bpf_local_storage_map",			\
		.uses = LBPF_USE_SLEEPABLE | (use) | LBPF_USE_VALUE_LOCK,	\
		.create_flags = STORAGE_FLAGS,					\
		.alloc_check = alloc_check,					\
		.alloc = alloc_fn,						\
		.check_btf = lbpf_array_check_btf,				\
		.free = storage_free,						\
		.user_lookup = user_lookup,					\
		.user_update = user_update,					\
		.user_delete = user_delete,					\
		.count = storage_count,						\
		.mem_bytes = storage_bytes,					\
		.meta_equal = lbpf_map_meta_equal,				\
	}

static struct lbpf_map *alloc_task_storage(const union bpf_attr *attr)
{
	return alloc_storage(attr, &lbpf_task_storage_ops, &lbpf_task_owner);
}

static struct lbpf_map *alloc_inode_storage(const union bpf_attr *attr)
{
	return alloc_storage(attr, &lbpf_inode_storage_ops, &lbpf_inode_owner);
}

static struct lbpf_map *alloc_sk_storage(const union bpf_attr *attr)
{
	return alloc_storage(attr, &lbpf_sk_storage_ops, &lbpf_sock_owner);
}

const struct lbpf_map_ops lbpf_task_storage_ops =
	STORAGE_OPS(BPF_MAP_TYPE_TASK_STORAGE, "task_storage", LBPF_USE_TASK_STORAGE,
		    alloc_task_storage);
const struct lbpf_map_ops lbpf_inode_storage_ops =
	STORAGE_OPS(BPF_MAP_TYPE_INODE_STORAGE, "inode_storage", LBPF_USE_INODE_STORAGE,
		    alloc_inode_storage);
const struct lbpf_map_ops lbpf_sk_storage_ops =
	STORAGE_OPS(BPF_MAP_TYPE_SK_STORAGE, "sk_storage", LBPF_USE_SK_STORAGE, alloc_sk_storage);
