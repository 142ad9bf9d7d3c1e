// SPDX-License-Identifier: GPL-2.0
/*
 * LPM trie map: the value of the longest prefix of a key.
 *
 * Layer: maps.
 * Locks: ->guard keeps writers and iterations apart.  Lookups take no lock.
 *
 * Elements that are taken out rest for a grace period before they are used
 * again: they are chained, a chain at a time waits for call_rcu(), and goes to the
 * pool whole.  call_rcu() is called from an interrupt of its own (irq_work),
 * never from where a program may run.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <lbpf/alloc.h>
#include <lbpf/map.h>
#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "guard.h"
#include "trie.h"

#define LPM_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | \
			 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)
#define MIN_DATA_BYTES	1
#define MAX_DATA_BYTES	256
/* What Linux keeps beside a value. */
#define VALUE_ROOM	(MAX_DATA_BYTES + 40)
/* Elements beyond max_entries, for those that rest. */
#define MIN_SLACK	4096U
#define MAX_SLACK	65536U
#define FIRST_ELEMS	32
#define WAIT_TRIES	4

/**
 * struct chain - Elements that rest
 * @first: Ref plus 1, 0: none.
 * @last: Ref.
 */
struct chain {
	u32	first;
	u32	last;
};

/**
 * struct lbpf_lpm - An LPM trie map
 * @map: Head.
 * @trie: Prefixes.
 * @guard: Lock; guards all that follows.
 * @new_items: Items that were taken out since the last call of call_rcu().
 * @new_nodes: Likewise.
 * @old_items: Items that wait for a grace period.
 * @old_nodes: Likewise.
 * @is_draining: @kick or @rcu is under way.  Written under ->guard.
 * @kick: Calls call_rcu().
 * @rcu: Grace period of the old ones.
 */
struct lbpf_lpm {
	struct lbpf_map	map;
	struct trie	trie;
	struct guard	guard;
	struct chain	new_items;
	struct chain	new_nodes;
	struct chain	old_items;
	struct chain	old_nodes;
	bool		is_draining;
	struct irq_work	kick;
	struct rcu_head	rcu;
};

static __always_inline struct lbpf_lpm *lpm_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_lpm, map);
}

static void take_new(struct lbpf_lpm *lpm)
{
	lpm->old_items = lpm->new_items;
	lpm->old_nodes = lpm->new_nodes;
	lpm->new_items = (struct chain){};
	lpm->new_nodes = (struct chain){};
}

static void give_chain(struct lbpf_pool *pool, struct chain *chain)
{
	if (chain->first)
		lbpf_pool_give_chain(pool, chain->first - 1, chain->last);
	*chain = (struct chain){};
}

/* Softirq, after a grace period. */
static void give_back(struct rcu_head *rcu)
{
	struct lbpf_lpm *lpm = container_of(rcu, struct lbpf_lpm, rcu);
	unsigned long irq_flags;
	bool again;

	/* Nobody else touches the old ones until ->is_draining is cleared. */
	give_chain(&lpm->trie.items.pool, &lpm->old_items);
	give_chain(&lpm->trie.nodes.pool, &lpm->old_nodes);
	if (!guard_enter(&lpm->guard, &irq_flags)) {
		irq_work_queue(&lpm->kick);
		return;
	}
	take_new(lpm);
	again = lpm->old_items.first || lpm->old_nodes.first;
	if (!again)
		WRITE_ONCE(lpm->is_draining, false);
	guard_leave(&lpm->guard, irq_flags);
	if (again)
		call_rcu(&lpm->rcu, give_back);
}

static void start_waiting(struct irq_work *work)
{
	struct lbpf_lpm *lpm = container_of(work, struct lbpf_lpm, kick);
	unsigned long irq_flags;

	if (!guard_enter(&lpm->guard, &irq_flags)) {
		irq_work_queue(&lpm->kick);
		return;
	}
	take_new(lpm);
	guard_leave(&lpm->guard, irq_flags);
	call_rcu(&lpm->rcu, give_back);
}

/* Guard held. */
static void retire(struct lbpf_lpm *lpm, struct chain *chain, struct lbpf_elem *elem, u32 ref)
{
	if (!chain->first)
		chain->last = ref;
	elem->next = chain->first;
	chain->first = ref + 1;
	if (lpm->is_draining)
		return;
	WRITE_ONCE(lpm->is_draining, true);
	irq_work_queue(&lpm->kick);
}

static void retire_item(struct lbpf_lpm *lpm, u32 link)
{
	retire(lpm, &lpm->new_items, trie_item_at(&lpm->trie, link), ref_of(link));
}

static void retire_node(struct lbpf_lpm *lpm, u32 ref)
{
	if (ref != LBPF_POOL_NONE)
		retire(lpm, &lpm->new_nodes, trie_elem(&lpm->trie.nodes, link_of(ref)), ref);
}

/* Source: BPF_MAP_CREATE of BPF_MAP_TYPE_LPM_TRIE in Linux 6.1, observed. */
static int lpm_alloc_check(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	u32 data_off = offsetof(struct bpf_lpm_trie_key, data);

	if (!bpf_capable())
		return -EPERM;
	if (!attr->max_entries || !(attr->map_flags & BPF_F_NO_PREALLOC) ||
	    attr->map_flags & ~LPM_FLAGS || (attr->map_flags & both) == both)
		return -EINVAL;
	if (attr->key_size < data_off + MIN_DATA_BYTES ||
	    attr->key_size > data_off + MAX_DATA_BYTES)
		return -EINVAL;
	if (!attr->value_size || attr->value_size > KMALLOC_MAX_SIZE - VALUE_ROOM)
		return -EINVAL;
	return 0;
}

/* Not more than the machine has memory for: the list of chunks is made at once. */
static u32 elems_wanted(const union bpf_attr *attr)
{
	u64 slack = clamp(attr->max_entries, MIN_SLACK, MAX_SLACK);
	u64 each = sizeof(struct lbpf_elem) + attr->key_size + attr->value_size;
	u64 fit = (u64)totalram_pages() * PAGE_SIZE / each;

	return min3(attr->max_entries + slack, max(fit, 1ULL), (u64)TRIE_MAX_ITEMS);
}

static const struct lbpf_map_ops *ops_for(u32 data_bytes);

static struct lbpf_map *lpm_alloc(const union bpf_attr *attr)
{
	u32 data_bytes = attr->key_size - offsetof(struct bpf_lpm_trie_key, data);
	struct lbpf_lpm *lpm = lbpf_area_alloc(sizeof(*lpm), NUMA_NO_NODE);
	struct lbpf_pool_spec spec = { .nr_first = FIRST_ELEMS };
	int err;

	if (!lpm)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&lpm->map, ops_for(data_bytes), attr);
	init_irq_work(&lpm->kick, start_waiting);
	spec.nr_elems = elems_wanted(attr);
	spec.numa_node = lpm->map.numa_node;
	err = guard_init(&lpm->guard);
	if (err)
		goto free_lpm;
	err = lbpf_trie_init(&lpm->trie, data_bytes, attr->value_size, &spec);
	if (err)
		goto destroy_guard;
	return &lpm->map;

destroy_guard:
	guard_destroy(&lpm->guard);
free_lpm:
	lbpf_area_free(lpm);
	return ERR_PTR(err);
}

static void lpm_free(struct lbpf_map *map)
{
	struct lbpf_lpm *lpm = lpm_of(map);

	while (READ_ONCE(lpm->is_draining)) {
		irq_work_sync(&lpm->kick);
		rcu_barrier();
	}
	irq_work_sync(&lpm->kick);
	lbpf_trie_destroy(&lpm->trie);
	guard_destroy(&lpm->guard);
	lbpf_area_free(lpm);
}

static __always_inline void *lookup(struct lbpf_map *map, const void *key, enum key_kind kind)
{
	const struct trie *t = &lpm_of(map)->trie;
	const struct bpf_lpm_trie_key *prefix = key;
	struct lbpf_elem *elem;

	if (unlikely(prefix->prefixlen > t->max_bits))
		return NULL;
	elem = trie_lookup(t, prefix->data, prefix->prefixlen, kind);
	return elem ? trie_value(t, elem) : NULL;
}

static void *lookup_4(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_4);
}

static void *lookup_16(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_16);
}

static void *lookup_any(struct lbpf_map *map, const void *key)
{
	return lookup(map, key, KEY_ANY);
}

/* Guard held.  An element, or an error. */
static s64 take(struct trie_pool *p)
{
	u32 ref = lbpf_pool_take(&p->pool);

	return likely(ref != LBPF_POOL_NONE) ? (s64)ref : -ENOMEM;
}

static void fill_item(struct lbpf_lpm *lpm, u32 ref, const struct trie_place *place,
		      const void *value)
{
	struct lbpf_elem *elem = trie_item_at(&lpm->trie, link_of(ref));

	elem->order = place->len;
	memcpy(item_of(elem)->bits, place->data, lpm->trie.data_bytes);
	lbpf_copy_words(trie_value(&lpm->trie, elem), value, lpm->map.value_size);
}

/* Guard held. */
static int insert(struct lbpf_lpm *lpm, const struct trie_place *place, const void *value)
{
	s64 item = take(&lpm->trie.items), node = LBPF_POOL_NONE;

	if (unlikely(item < 0))
		return item;
	if (place->needs_node) {
		node = take(&lpm->trie.nodes);
		if (unlikely(node < 0)) {
			lbpf_pool_give(&lpm->trie.items.pool, item);
			return node;
		}
	}
	fill_item(lpm, item, place, value);
	lbpf_trie_insert(&lpm->trie, place, item, node);
	if (place->old)
		retire_item(lpm, place->old);
	return 0;
}

static int check_update(const struct lbpf_lpm *lpm, const struct trie_place *place, u64 flags)
{
	if (place->old)
		return flags == BPF_NOEXIST ? -EEXIST : 0;
	if (flags == BPF_EXIST)
		return -ENOENT;
	return lpm->trie.nr == lpm->map.max_entries ? -ENOSPC : 0;
}

static long lpm_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	const struct bpf_lpm_trie_key *prefix = key;
	struct lbpf_lpm *lpm = lpm_of(map);
	u32 len = READ_ONCE(prefix->prefixlen);
	struct trie_place place;
	unsigned long irq_flags;
	int err;

	if (unlikely(flags > BPF_EXIST || len > lpm->trie.max_bits))
		return -EINVAL;
	if (unlikely(!guard_enter(&lpm->guard, &irq_flags)))
		return -EBUSY;
	lbpf_trie_locate(&lpm->trie, prefix->data, len, &place);
	err = check_update(lpm, &place, flags);
	if (likely(!err))
		err = insert(lpm, &place, value);
	guard_leave(&lpm->guard, irq_flags);
	return err;
}

static long lpm_delete(struct lbpf_map *map, const void *key)
{
	const struct bpf_lpm_trie_key *prefix = key;
	struct lbpf_lpm *lpm = lpm_of(map);
	u32 len = READ_ONCE(prefix->prefixlen);
	struct trie_place place;
	unsigned long irq_flags;

	if (unlikely(len > lpm->trie.max_bits))
		return -EINVAL;
	if (unlikely(!guard_enter(&lpm->guard, &irq_flags)))
		return -EBUSY;
	lbpf_trie_locate(&lpm->trie, prefix->data, len, &place);
	if (likely(place.old)) {
		retire_node(lpm, lbpf_trie_remove(&lpm->trie, &place));
		retire_item(lpm, place.old);
	}
	guard_leave(&lpm->guard, irq_flags);
	return place.old ? 0 : -ENOENT;
}

static int update_unless_frozen(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	int err = -EPERM;

	rcu_read_lock();
	if (!READ_ONCE(map->frozen))
		err = lpm_update(map, key, value, flags);
	rcu_read_unlock();
	return err;
}

/* Who may sleep waits for elements that rest. */
static int lpm_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct lbpf_lpm *lpm = lpm_of(map);
	int err, i;

	for (i = 0; i < WAIT_TRIES; i++) {
		if (lbpf_pool_prepare(&lpm->trie.items.pool) ||
		    lbpf_pool_prepare(&lpm->trie.nodes.pool))
			cond_resched();
		err = update_unless_frozen(map, key, value, flags);
		if (err != -ENOMEM || !READ_ONCE(lpm->is_draining))
			break;
		irq_work_sync(&lpm->kick);
		rcu_barrier();
	}
	return err;
}

/* Guard held. */
static int copy_key(const struct lbpf_lpm *lpm, u32 link, struct bpf_lpm_trie_key *key)
{
	struct lbpf_elem *elem;

	if (!link)
		return -ENOENT;
	elem = trie_item_at(&lpm->trie, link);
	key->prefixlen = elem->order;
	memcpy(key->data, item_of(elem)->bits, lpm->trie.data_bytes);
	return 0;
}

/* Guard held.  A key that is not there is followed by the first one, as in Linux. */
static u32 next_of(const struct lbpf_lpm *lpm, const struct bpf_lpm_trie_key *key)
{
	struct trie_place place;

	if (!key || key->prefixlen > lpm->trie.max_bits)
		return lbpf_trie_first(&lpm->trie);
	lbpf_trie_locate(&lpm->trie, key->data, key->prefixlen, &place);
	if (!place.old)
		return lbpf_trie_first(&lpm->trie);
	return lbpf_trie_next(&lpm->trie, key->data, key->prefixlen);
}

static int lpm_next_key(struct lbpf_map *map, const void *key, void *next)
{
	struct lbpf_lpm *lpm = lpm_of(map);
	unsigned long irq_flags;
	int err;

	if (!guard_enter(&lpm->guard, &irq_flags))
		return -EBUSY;
	err = copy_key(lpm, next_of(lpm, key), next);
	guard_leave(&lpm->guard, irq_flags);
	return err;
}

/* The element after @key, NULL: the first; its key to @next, its value to @value. */
static int step(struct lbpf_lpm *lpm, const struct bpf_lpm_trie_key *key, void *next, void *value)
{
	unsigned long irq_flags;
	u32 link;
	int err;

	if (!guard_enter(&lpm->guard, &irq_flags))
		return -EBUSY;
	link = key ? lbpf_trie_next(&lpm->trie, key->data,
				    min(key->prefixlen, lpm->trie.max_bits)) :
		     lbpf_trie_first(&lpm->trie);
	err = copy_key(lpm, link, next);
	if (!err)
		memcpy(value, trie_value(&lpm->trie, trie_item_at(&lpm->trie, link)),
		       lpm->map.value_size);
	guard_leave(&lpm->guard, irq_flags);
	return err;
}

/* A position is the key of the last element: it need not be there any more. */
static int lpm_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			  void *values, u32 nr, bool delete)
{
	const void *last = cursor->pos ? cursor->key : NULL;
	u32 done;
	int err = 0;

	for (done = 0; done < nr; done++) {
		err = step(lpm_of(map), last, keys + (size_t)done * map->key_size,
			   values + (size_t)done * map->value_size);
		if (err)
			break;
		last = keys + (size_t)done * map->key_size;
		cond_resched();
	}
	if (done)
		memcpy(cursor->key, last, map->key_size);
	cursor->pos |= !!done;
	cursor->end = err == -ENOENT;
	return err && err != -ENOENT && !done ? err : done;
}

static u64 lpm_count(const struct lbpf_map *map)
{
	return READ_ONCE(lpm_of(map)->trie.nr);
}

static u64 lpm_mem_bytes(const struct lbpf_map *map)
{
	const struct trie *t = &lpm_of(map)->trie;

	return sizeof(struct lbpf_lpm) + lbpf_pool_bytes(&t->items.pool) +
	       lbpf_pool_bytes(&t->nodes.pool) + sizeof(bool) * num_possible_cpus();
}

#define LPM_OPS(lookup_fn) {							\
	.type = BPF_MAP_TYPE_LPM_TRIE,						\
	.name = "lpm_trie",							\
	.check_btf = lbpf_struct_key_check_btf,				\
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE,		\
	.create_flags = LPM_FLAGS,						\
	.has_batch = BIT(BPF_MAP_LOOKUP_BATCH) | BIT(BPF_MAP_UPDATE_BATCH) |	\
		     BIT(BPF_MAP_DELETE_BATCH),					\
	.cursor_is_key = true,							\
	.alloc_check = lpm_alloc_check,						\
	.alloc = lpm_alloc,							\
	.free = lpm_free,							\
	.lookup = lookup_fn,							\
	.update = lpm_update,							\
	.delete = lpm_delete,							\
	.next_key = lpm_next_key,						\
	.user_update = lpm_user_update,						\
	.batch_walk = lpm_batch_walk,						\
	.count = lpm_count,							\
	.mem_bytes = lpm_mem_bytes,						\
	.meta_equal = lbpf_map_meta_equal,					\
	.text = LBPF_TEXT_BY_KEY,						\
}

static const struct lbpf_map_ops lpm_4_ops = LPM_OPS(lookup_4);
static const struct lbpf_map_ops lpm_16_ops = LPM_OPS(lookup_16);
const struct lbpf_map_ops lbpf_lpm_ops = LPM_OPS(lookup_any);

static const struct lbpf_map_ops *ops_for(u32 data_bytes)
{
	if (data_bytes == 4)
		return &lpm_4_ops;
	return data_bytes == 16 ? &lpm_16_ops : &lbpf_lpm_ops;
}
