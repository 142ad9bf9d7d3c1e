/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hot operations of the map types on the hash table, to be made for each
 * kind of key: HASH_FUNCS() defines them, HASH_OPS() lists them.
 *
 * Layer: maps (p).  Locks: see hash_lock(); the lock of a value (BPF_F_LOCK)
 * nests inside the lock of the bucket.
 *
 * An update of an existing key writes the CPU's spare element and exchanges it
 * with the old one, which becomes the spare: readers see the old value or the
 * new one.  A program that still holds the old value reads, and writes, memory
 * that another entry may use by then: it stays memory of this map.  Per-CPU
 * values are written in place.
 */
#ifndef _LBPF_MAPS_HASH_OPS_H
#define _LBPF_MAPS_HASH_OPS_H

#include <linux/errno.h>

#include <lbpf/value.h>

#include <lbpf/percpu_value.h>

#include "hashtab.h"
#include "lru.h"
#include "table_write.h"

/**
 * struct hash_form - What is constant in the code of one map type
 * @kind: Kind of key.
 * @is_lru: Entries are marked when they are used, and evicted.
 * @is_percpu: Values are per CPU.
 * @is_user: Values come for all CPUs.
 * @is_object: Values are pointers, whatever the map says of their size.
 */
struct hash_form {
	enum key_kind	kind;
	bool		is_lru;
	bool		is_percpu;
	bool		is_user;
	bool		is_object;
};

/**
 * struct hash_item - What an update is about
 * @key: Key.
 * @value: Value, or values of all CPUs.
 * @hash: Hash of @key.
 * @flags: Of the update, less @cpu_flags.
 * @cpu_flags: LBPF_CPU_FLAGS of an update from userspace.
 */
struct hash_item {
	const void	*key;
	const void	*value;
	u64		hash;
	u64		flags;
	u64		cpu_flags;
};

/* What lbpf_hash_check_ahead() says when nothing is left to do. */
#define HASH_DONE	1

int lbpf_hash_check_ahead(struct lbpf_hash *h, const void *key, const void *value, u64 hash,
			  u64 flags);

/* Written only if it changes something: a hot entry's line stays shared. */
static __always_inline void mark_used(struct lbpf_elem *elem)
{
	if (!READ_ONCE(elem->mark))
		WRITE_ONCE(elem->mark, 1);
}

static __always_inline void *
hash_lookup(struct lbpf_map *map, const void *key, struct hash_form form, bool is_flat)
{
	const struct table *t = &hash_of(map)->table;
	u64 hash = table_hash(t, key, form.kind);
	struct lbpf_elem *elem;
	bool again;

	elem = find_in(t, key, hash, form.kind, is_flat, &again);
	if (unlikely(again))
		return lbpf_hash_lookup_slow(map, key, hash);
	if (!elem)
		return NULL;
	if (form.is_lru)
		mark_used(elem);
	if (form.is_percpu)
		return this_cpu_ptr(elem_percpu(t, elem));
	return elem->data + value_off(t, form.kind);
}

static __always_inline void
copy_key(const struct table *t, void *to, const void *from, enum key_kind kind)
{
	switch (kind) {
	case KEY_4:
		*(u32 *)to = read_4(from);
		break;
	case KEY_8:
		*(u64 *)to = read_8(from);
		break;
	case KEY_16:
		__builtin_memcpy(to, from, 16);
		break;
	case KEY_64:
		__builtin_memcpy(to, from, 64);
		break;
	default:
		lbpf_copy_words(to, from, t->key_size);
	}
}

/* Fills in a value for this CPU or all; with @is_new, the other CPUs' become zero. */
static __always_inline void
write_percpu(const struct lbpf_map *map, void __percpu *area, const struct hash_item *item,
	     struct hash_form form, bool is_new)
{
	const void *from = item->value;
	u32 i, self = smp_processor_id();

	if (form.is_user) {
		lbpf_percpu_write_user(map, area, from, item->cpu_flags, is_new);
		return;
	}
	if (!is_new) {
		lbpf_copy_words(this_cpu_ptr(area), from, map->value_size);
		return;
	}
	for (i = 0; i < nr_cpu_ids; i++) {
		if (i == self)
			lbpf_copy_words(per_cpu_ptr(area, i), from, map->value_size);
		else if (cpu_possible(i))
			lbpf_zero_words(per_cpu_ptr(area, i), map->elem_size);
	}
}

/* Elements of maps that evict are in one area. */
static __always_inline bool form_is_flat(const struct lbpf_hash *h, struct hash_form form)
{
	return form.is_lru || h->table.flat;
}

static __always_inline struct lbpf_elem *
form_elem(const struct lbpf_hash *h, u32 ref, struct hash_form form)
{
	return elem_at(&h->table, ref, form_is_flat(h, form));
}

static __always_inline void
fill_elem(struct lbpf_hash *h, struct lbpf_elem *elem, const struct hash_item *item,
	  struct hash_form form)
{
	copy_key(&h->table, elem->data, item->key, form.kind);
	if (form.is_percpu)
		write_percpu(&h->map, elem_percpu(&h->table, elem), item, form, true);
	else if (form.is_object)
		WRITE_ONCE(*(void **)elem_value(&h->table, elem), *(void *const *)item->value);
	else
		lbpf_value_init(&h->map, elem->data + value_off(&h->table, form.kind), item->value);
}

/* The spare element takes the place of the old one. */
static __always_inline void
replace_elem(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
	     const struct place *place, const struct hash_item *item, struct hash_form form)
{
	u32 ref = cpu->spare;
	struct lbpf_elem *elem = form_elem(h, ref, form);

	fill_elem(h, elem, item, form);
	if (form.is_lru)
		lru_adopt(h, elem, ref, place);
	table_replace(&h->table, b, place, ref);
	if (!form.is_percpu)
		lbpf_value_drop_fields(&h->map, elem_value(&h->table, place->elem));
	if (form.is_lru)
		WRITE_ONCE(place->elem->next, NOT_IN_TABLE);
	cpu->spare = place->ref;
}

static __always_inline int
change_existing(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
		const struct place *place, const struct hash_item *item, struct hash_form form)
{
	if (unlikely(item->flags & BPF_NOEXIST))
		return -EEXIST;
	if (form.is_percpu) {
		write_percpu(&h->map, elem_percpu(&h->table, place->elem), item, form,
			     false);
	} else if (unlikely(item->flags & BPF_F_LOCK)) {
		lbpf_value_copy_locked(&h->map, elem_value(&h->table, place->elem), item->value,
				       false);
	} else {
		replace_elem(h, cpu, b, place, item, form);
		return 0;
	}
	if (form.is_lru)
		mark_used(place->elem);
	return 0;
}

static __always_inline void
insert_elem(struct lbpf_hash *h, struct bucket *b, u32 ref, const struct hash_item *item,
	    struct hash_form form)
{
	struct lbpf_elem *elem = form_elem(h, ref, form);
	u32 slot;

	fill_elem(h, elem, item, form);
	if (form.is_lru)
		lru_welcome(h, b, item->hash, elem, ref);
	slot = table_insert(&h->table, b, item->hash, ref);
	if (form.is_lru && likely(slot < BUCKET_SLOTS))
		table_note_slot(&h->table, b, slot, elem);
}

static __always_inline struct hash_item
make_item(const struct lbpf_hash *h, const void *key, const void *value, u64 flags,
	  struct hash_form form)
{
	u64 cpu_flags = form.is_user ? flags & LBPF_CPU_FLAGS : 0;

	return (struct hash_item){
		.key		= key,
		.value		= value,
		.hash		= table_hash(&h->table, key, form.kind),
		.flags		= flags & ~cpu_flags,
		.cpu_flags	= cpu_flags,
	};
}

/* The bucket lock was given up while an entry was evicted. */
static noinline int
insert_evicted(struct lbpf_hash *h, struct hash_cpu *cpu, const void *key, const void *value,
	       u64 flags, struct hash_form form)
{
	struct hash_item item = make_item(h, key, value, flags, form);
	struct bucket *b = table_bucket(&h->table, item.hash);
	u32 ref = lbpf_lru_evict_slow(h, cpu);
	struct place place;
	int err = 0;

	if (ref == LBPF_POOL_NONE)
		return -ENOMEM;
	if (!bucket_lock(b)) {
		err = -EBUSY;
		goto give_back;
	}
	place = table_locate(&h->table, b, key, item.hash, KEY_ANY);
	if (likely(!place.elem)) {
		insert_elem(h, b, ref, &item, form);
		ref = LBPF_POOL_NONE;
	} else {
		err = change_existing(h, cpu, b, &place, &item, form);
	}
	spin_unlock_irqs_off(&b->lock);
	if (likely(ref == LBPF_POOL_NONE))
		return err;
give_back:
	lru_forget(h, ref);
	lbpf_pool_give(&h->pool, ref);
	add_count(cpu, -1);
	return err;
}

/* Bucket lock held.  A ref; what went for it, if anything, is counted out by the new entry. */
static __always_inline s64
take_elem(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b, struct hash_form form)
{
	s64 ref;

	if (form.is_lru) {
		ref = lru_take(h);
		if (unlikely(ref == LBPF_POOL_NONE)) {
			ref = lbpf_lru_evict(h, cpu, b);
			return ref == LBPF_POOL_NONE ? -EAGAIN : ref;
		}
	} else {
		ref = lbpf_pool_pop(&h->pool, this_cpu_ptr(h->pool.cpus));
		if (unlikely(ref == LBPF_POOL_NONE)) {
			ref = lbpf_hash_take_slow(h);
			if (ref < 0)
				return ref;
		}
	}
	add_count(cpu, 1);
	return ref;
}

/* Bucket lock held; -EAGAIN: something must be evicted without it. */
static __always_inline int
insert_new(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
	   const struct hash_item *item, struct hash_form form)
{
	s64 ref;

	if (unlikely(item->flags & BPF_EXIST))
		return -ENOENT;
	ref = take_elem(h, cpu, b, form);
	if (unlikely(ref < 0))
		return ref;
	insert_elem(h, b, ref, item, form);
	return 0;
}

/**
 * hash_update() - Update an entry, or insert it
 * @map: Map.
 * @key: Key.
 * @value: Value; of this CPU, or of all.
 * @flags: BPF_ANY, BPF_NOEXIST, BPF_EXIST, BPF_F_LOCK.
 * @form: Constants.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, -EINVAL, -EEXIST, -ENOENT, -E2BIG: the map is full, -ENOMEM: it is not, but memory
 * (BPF_F_NO_PREALLOC) has not come yet, -EBUSY as hash_lock() says.
 */
static __always_inline long
hash_update(struct lbpf_map *map, const void *key, const void *value, u64 flags,
	    struct hash_form form)
{
	struct lbpf_hash *h = hash_of(map);
	struct hash_item item = make_item(h, key, value, flags, form);
	struct bucket *b = table_bucket(&h->table, item.hash);
	unsigned long irq_flags;
	struct hash_cpu *cpu;
	struct place place;
	int err;

	if (flags != BPF_ANY) {
		err = lbpf_hash_check_ahead(h, key, value, item.hash, item.flags);
		if (err)
			return err == HASH_DONE ? 0 : err;
	}
	if (unlikely(!hash_lock(h, b, &cpu, &irq_flags)))
		return -EBUSY;
	place = locate_in(&h->table, b, key, item.hash, form.kind, form_is_flat(h, form));
	if (place.elem)
		err = change_existing(h, cpu, b, &place, &item, form);
	else
		err = insert_new(h, cpu, b, &item, form);
	spin_unlock_irqs_off(&b->lock);
	if (form.is_lru && unlikely(err == -EAGAIN))
		err = insert_evicted(h, cpu, key, value, flags, form);
	hash_leave(cpu, irq_flags);
	return err;
}

/* Nothing in the bucket can be the key: seen without its lock. */
static __always_inline bool is_surely_missing(const struct bucket *b, u64 hash)
{
	return !match_tags(READ_ONCE(b->tags), tag_of(hash)) && !READ_ONCE(b->chain);
}

static __always_inline void
remove_elem(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
	    const struct place *place, struct hash_form form)
{
	table_remove(b, place);
	if (!form.is_percpu)
		lbpf_value_drop_fields(&h->map, elem_value(&h->table, place->elem));
	if (form.is_lru)
		lru_forget(h, place->ref);
	lbpf_pool_give_elem(&h->pool, place->elem, place->ref);
	add_count(cpu, -1);
}

/**
 * hash_delete() - Delete an entry
 * @map: Map.
 * @key: Key.
 * @form: Constants.
 *
 * Context: Any, under rcu_read_lock().
 * Return: 0, -ENOENT, -EBUSY as hash_lock() says.
 */
static __always_inline long
hash_delete(struct lbpf_map *map, const void *key, struct hash_form form)
{
	struct lbpf_hash *h = hash_of(map);
	u64 hash = table_hash(&h->table, key, form.kind);
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct hash_cpu *cpu;
	struct place place;

	if (is_surely_missing(b, hash))
		return -ENOENT;
	if (unlikely(!hash_lock(h, b, &cpu, &irq_flags)))
		return -EBUSY;
	place = locate_in(&h->table, b, key, hash, form.kind, form_is_flat(h, form));
	if (likely(place.elem))
		remove_elem(h, cpu, b, &place, form);
	hash_unlock(cpu, b, irq_flags);
	return place.elem ? 0 : -ENOENT;
}

/* The operations of a map type for one kind of key. */
#define HASH_FUNCS(suffix, key_kind, lru, percpu)					\
static const struct hash_form form_##suffix = {						\
	.kind = key_kind, .is_lru = lru, .is_percpu = percpu				\
};											\
static void *lookup_##suffix(struct lbpf_map *map, const void *key)			\
{											\
	return hash_lookup(map, key, form_##suffix, true);				\
}											\
static long update_##suffix(struct lbpf_map *map, const void *key, const void *value,	\
			    u64 flags)							\
{											\
	return hash_update(map, key, value, flags, form_##suffix);			\
}											\
static long delete_##suffix(struct lbpf_map *map, const void *key)			\
{											\
	return hash_delete(map, key, form_##suffix);					\
}

/* The lookup where elements are not in one area. */
#define HASH_LAZY_LOOKUP(suffix)							\
static void *lookup_lazy_##suffix(struct lbpf_map *map, const void *key)		\
{											\
	return hash_lookup(map, key, form_##suffix, false);				\
}

#define HASH_BATCH	(BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_LOOKUP_AND_DELETE_BATCH) | \
			 BIT(BPF_MAP_UPDATE_BATCH) | BIT(BPF_MAP_DELETE_BATCH))

/* Rows of struct lbpf_map_ops that are the same for all of them. */
#define HASH_OPS(suffix, lookup_fn)				\
	.has_batch = HASH_BATCH,				\
	.alloc_check = lbpf_hash_alloc_check,			\
	.release_user = lbpf_hash_release_user,			\
	.free = lbpf_hash_free,					\
	.lookup = lookup_fn##suffix,				\
	.update = update_##suffix,				\
	.delete = delete_##suffix,				\
	.next_key = lbpf_hash_next_key,				\
	.user_lookup = lbpf_hash_user_lookup,			\
	.user_pop = lbpf_hash_user_pop,				\
	.batch_walk = lbpf_hash_batch_walk,			\
	.count = lbpf_hash_count,				\
	.mem_bytes = lbpf_hash_mem_bytes,			\
	.table = lbpf_hash_describe,				\
	.meta_equal = lbpf_map_meta_equal,			\
	.for_each = lbpf_hash_for_each

/* Place in a table of operations for each kind of key; where elements are lazy, further on. */
static inline u32 hash_kind_of(const union bpf_attr *attr)
{
	u32 kind = key_kind_of(attr->key_size);

	return attr->map_flags & BPF_F_NO_PREALLOC ? NR_KEY_KINDS + kind : kind;
}

#endif /* _LBPF_MAPS_HASH_OPS_H */
