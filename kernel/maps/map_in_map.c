// SPDX-License-Identifier: GPL-2.0
/*
 * Maps of maps.
 *
 * Layer: maps.  An outer map has a template: the head of a map like those that
 * it may hold.  Programs are verified with the template, so only maps that equal
 * it in everything that was relied on are let in (->meta_equal of their type; a
 * type without it cannot be inside).
 *
 * Programs find inner maps under RCU; only userspace changes an outer map, and
 * each call, or batch, that does so waits for one grace period (->settles): no
 * program uses what was taken out when it returns.
 *
 * Locks: the freeze lock of a hash of maps keeps changes apart, so that whoever
 * takes a map out knows which one.
 */
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>

#include "array.h"
#include <lbpf/btf_object.h>

#include "hash_ops.h"
#include "object_array.h"

static struct lbpf_map *make_template(const struct lbpf_map *inner)
{
	struct lbpf_map *meta;

	/* Source: Linux 6.1 lets no map of maps in, and no map with locks. */
	if (inner->inner_map_meta)
		return ERR_PTR(-EINVAL);
	if (!inner->ops->meta_equal || inner->spin_lock_off >= 0)
		return ERR_PTR(-ENOTSUPP);
	meta = lbpf_zalloc(sizeof(*meta), GFP_KERNEL);
	if (!meta)
		return ERR_PTR(-ENOMEM);
	meta->is_template = true;
	meta->ops = inner->ops;
	meta->map_type = inner->map_type;
	meta->key_size = inner->key_size;
	meta->value_size = inner->value_size;
	meta->elem_size = inner->elem_size;
	meta->max_entries = inner->max_entries;
	meta->map_flags = inner->map_flags;
	meta->map_extra = inner->map_extra;
	meta->spin_lock_off = inner->spin_lock_off;
	meta->timer_off = inner->timer_off;
	meta->kptr_off = inner->kptr_off;
	meta->unpriv_array = inner->unpriv_array;
	meta->numa_node = inner->numa_node;
	if (inner->kptrs) {
		meta->kptrs = lbpf_kptrs_copy(inner->kptrs);
		if (!meta->kptrs) {
			lbpf_free(meta);
			return ERR_PTR(-ENOMEM);
		}
	}
	meta->btf = inner->btf;
	if (meta->btf)
		lbpf_btf_get(meta->btf);
	return meta;
}

static struct lbpf_map *template_of_fd(u32 fd)
{
	struct lbpf_map *inner = lbpf_map_from_fd(fd), *meta;

	if (IS_ERR(inner))
		return inner;
	meta = make_template(inner);
	lbpf_map_put(inner);
	return meta;
}

static void free_template(struct lbpf_map *meta)
{
	if (!meta)
		return;
	lbpf_btf_put(meta->btf);
	lbpf_kptrs_free(meta->kptrs);
	lbpf_free(meta);
}

/* ->fd_get: a map that may be put into @outer, with a reference. */
static void *get_inner(struct lbpf_map *outer, u32 fd)
{
	const struct lbpf_map *meta = outer->inner_map_meta;
	struct lbpf_map *inner = lbpf_map_from_fd(fd);

	if (IS_ERR(inner))
		return inner;
	if (meta->ops->meta_equal(meta, inner)) {
		WRITE_ONCE(inner->was_inner, true);
		return inner;
	}
	lbpf_map_put(inner);
	return ERR_PTR(-EINVAL);
}

static void put_inner(void *inner)
{
	lbpf_map_put(inner);
}

static u32 id_of_inner(void *inner)
{
	return ((struct lbpf_map *)inner)->obj.id;
}

static struct lbpf_map *array_alloc(const union bpf_attr *attr)
{
	struct lbpf_map *meta = template_of_fd(attr->inner_map_fd), *map;

	if (IS_ERR(meta))
		return meta;
	map = lbpf_object_array_alloc(attr, &lbpf_array_of_maps_ops);
	if (IS_ERR(map))
		free_template(meta);
	else
		map->inner_map_meta = meta;
	return map;
}

static void array_free(struct lbpf_map *map)
{
	free_template(map->inner_map_meta);
	lbpf_object_array_free(map);
}

static void *array_lookup(struct lbpf_map *map, const void *key)
{
	return object_array_get(map, *(const u32 *)key);
}

static bool array_row(const struct lbpf_map *map, struct lbpf_map_row *row)
{
	const struct lbpf_object_array *array = object_array_of(map);

	*row = (struct lbpf_map_row){
		.base		= (unsigned long)array->slots,
		.elem_size	= sizeof(*array->slots),
		.nr		= map->max_entries,
		.index_mask	= array->index_mask,
		.is_object	= true,
	};
	return true;
}

const struct lbpf_map_ops lbpf_array_of_maps_ops = {
	.type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	.name = "array_of_maps",
	.check_btf = lbpf_no_btf,
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP,
	.create_flags = BPF_F_NUMA_NODE,
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_UPDATE_BATCH),
	.settles = true,
	.alloc_check = lbpf_object_array_check,
	.alloc = array_alloc,
	.free = array_free,
	.lookup = array_lookup,
	.row = array_row,
	.next_key = lbpf_array_next_key,
	.user_lookup = lbpf_object_array_user_lookup,
	.user_update = lbpf_object_array_user_update,
	.user_delete = lbpf_object_array_user_delete,
	.batch_walk = lbpf_object_array_batch_walk,
	.count = lbpf_object_array_count,
	.mem_bytes = lbpf_object_array_mem_bytes,
	.fd_get = get_inner,
	.fd_put = put_inner,
	.fd_id = id_of_inner,
	.text = LBPF_TEXT_BY_INDEX,
	.has_ids = true,
};

static int hash_check(const union bpf_attr *attr)
{
	return attr->value_size == sizeof(u32) ? lbpf_hash_alloc_check(attr) : -EINVAL;
}

/* What a program sees as a value of 4 bytes is a pointer inside. */
static struct lbpf_map *hash_alloc(const union bpf_attr *attr)
{
	struct lbpf_map *meta = template_of_fd(attr->inner_map_fd), *map;
	union bpf_attr inside = *attr;

	if (IS_ERR(meta))
		return meta;
	inside.value_size = sizeof(void *);
	map = lbpf_hash_alloc(&inside, &lbpf_hash_of_maps_ops);
	if (IS_ERR(map)) {
		free_template(meta);
		return map;
	}
	map->value_size = attr->value_size;
	map->inner_map_meta = meta;
	return map;
}

/* Its element cannot have become another's: a pointer from there would be to another map. */
static void *find_inner(struct lbpf_map *map, const void *key)
{
	struct lbpf_hash *h = hash_of(map);
	u64 hash = hash_of_key(h, key);
	const struct bucket *b = table_bucket(&h->table, hash);
	struct lbpf_elem *elem;
	void *inner;
	u32 seq;

	do {
		/* (A) of table.h. */
		seq = smp_load_acquire(&b->seq);
		elem = table_find(&h->table, key, hash, KEY_ANY);
		if (!elem)
			return NULL;
		inner = READ_ONCE(*(void **)elem_value(&h->table, elem));
	} while (!is_unchanged(b, seq));
	return inner;
}

static const struct hash_form object_form = { .kind = KEY_ANY, .is_object = true };

static int hash_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	void *inner;

	rcu_read_lock();
	inner = find_inner(map, key);
	if (inner)
		*(u32 *)value = id_of_inner(inner);
	rcu_read_unlock();
	return inner ? 0 : -ENOENT;
}

/* Freeze lock held.  Takes over the caller's reference on @inner if there is no error. */
static int replace_inner(struct lbpf_map *map, const void *key, void *inner, u64 flags)
{
	void *old;
	int err = -EPERM;

	(void)lbpf_pool_prepare(&hash_of(map)->pool);
	rcu_read_lock();
	old = find_inner(map, key);
	if (!READ_ONCE(map->frozen))
		err = hash_update(map, key, &inner, flags, object_form);
	rcu_read_unlock();
	if (!err && old)
		put_inner(old);
	return err;
}

static int hash_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	void *inner = get_inner(map, *(const u32 *)value);
	int err;

	if (IS_ERR(inner))
		return PTR_ERR(inner);
	scoped_guard(mutex, lbpf_map_freeze_lock(map))
		err = replace_inner(map, key, inner, flags);
	if (err)
		put_inner(inner);
	return err;
}

/* Freeze lock held.  Writes the id of what was there to @id. */
static int remove_inner(struct lbpf_map *map, const void *key, u32 *id)
{
	int err = -EPERM;
	void *old;

	rcu_read_lock();
	old = find_inner(map, key);
	if (!READ_ONCE(map->frozen))
		err = hash_delete(map, key, object_form);
	rcu_read_unlock();
	if (err)
		return err;
	*id = id_of_inner(old);
	put_inner(old);
	return 0;
}

static int hash_user_delete(struct lbpf_map *map, const void *key)
{
	u32 id;

	guard(mutex)(lbpf_map_freeze_lock(map));
	return remove_inner(map, key, &id);
}

/* Freeze lock held. */
static int remove_keys(struct lbpf_map *map, const void *keys, u32 *ids, int nr)
{
	int i, err;

	for (i = 0; i < nr; i++) {
		err = remove_inner(map, keys + (size_t)i * map->key_size, &ids[i]);
		if (err)
			return i ?: err;
	}
	return nr;
}

static int walk_and_remove(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			   u32 *ids, u32 nr)
{
	struct lbpf_map_cursor start = *cursor;
	int found, removed;

	guard(mutex)(lbpf_map_freeze_lock(map));
	found = lbpf_hash_batch_walk(map, cursor, keys, NULL, nr, false);
	removed = found > 0 ? remove_keys(map, keys, ids, found) : found;
	/* What is left of these comes again: the others are gone. */
	if (removed < found)
		*cursor = start;
	return removed;
}

static int hash_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			   void *values, u32 nr, bool delete)
{
	u32 *ids = values;
	int found, i, kept = 0;

	if (delete)
		return walk_and_remove(map, cursor, keys, values, nr);
	found = lbpf_hash_batch_walk(map, cursor, keys, NULL, nr, false);
	for (i = 0; i < found; i++) {
		if (hash_user_lookup(map, keys + (size_t)i * map->key_size, &ids[kept], 0))
			continue;
		/* What was deleted meanwhile leaves no hole. */
		if (kept < i)
			memmove(keys + (size_t)kept * map->key_size,
				keys + (size_t)i * map->key_size, map->key_size);
		kept++;
	}
	return found < 0 ? found : kept;
}

static void put_all(struct lbpf_map *map)
{
	struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem;
	u64 pos = 0;
	u32 seq;

	for (; (elem = lbpf_table_next(&h->table, &pos, &seq)); pos++)
		put_inner(*(void **)elem_value(&h->table, elem));
}

static void hash_free(struct lbpf_map *map)
{
	put_all(map);
	free_template(map->inner_map_meta);
	lbpf_hash_free(map);
}

static bool hash_table(const struct lbpf_map *map, struct lbpf_map_table *table)
{
	if (!lbpf_hash_describe(map, table))
		return false;
	table->is_object = true;
	return true;
}

const struct lbpf_map_ops lbpf_hash_of_maps_ops = {
	.type = BPF_MAP_TYPE_HASH_OF_MAPS,
	.name = "hash_of_maps",
	.check_btf = lbpf_no_btf,
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP,
	.create_flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY_PROG |
			BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED,
	.has_batch = HASH_BATCH,
	.settles = true,
	.alloc_check = hash_check,
	.alloc = hash_alloc,
	.free = hash_free,
	.lookup = find_inner,
	.table = hash_table,
	.next_key = lbpf_hash_next_key,
	.user_lookup = hash_user_lookup,
	.user_update = hash_user_update,
	.user_delete = hash_user_delete,
	.batch_walk = hash_batch_walk,
	.count = lbpf_hash_count,
	.mem_bytes = lbpf_hash_mem_bytes,
	.fd_get = get_inner,
	.fd_put = put_inner,
	.fd_id = id_of_inner,
	.text = LBPF_TEXT_BY_KEY,
	.has_ids = true,
};
