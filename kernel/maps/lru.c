// SPDX-License-Identifier: GPL-2.0
/*
 * LRU hash map: a full map gives up an entry that was not used lately.
 *
 * Layer: maps (p).  Locks: see hash_lock(); an eviction takes the lock of its
 * victim's bucket while no other is held.
 *
 * The algorithm is CLOCK (F. Corbato, 1968): elements lie in a circle, which
 * insertion fills in order; a use marks the element; who needs room goes round,
 * takes marks away, and evicts the first element without one.  CPUs claim the
 * circle window by window, so that an eviction writes no line that others write.
 * Plain CLOCK is as good as exact LRU, and both lose to what knows of frequency
 * when a few keys are used much: so the hand remembers in how many of its rounds an
 * element was used (->laps), and takes one of them away for each round in which it
 * was not (generalized CLOCK, A. Smith, 1978, counted by rounds, not by uses).
 * One eviction passes MARKS_PASSED marks at most, and then takes what comes.
 *
 * An eviction happens only when an insertion finds nothing free on any CPU: the
 * map holds max_entries, and updates of existing keys never evict.  With
 * BPF_F_NO_COMMON_LRU every CPU has an equal share of the entries, which it
 * neither exceeds nor lends; ->owners says whose share an element counts in.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/numa.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>

#include "hash_ops.h"

#define MARKS_PASSED	256
#define LAPS_MAX	7
#define WINDOW_MAX	32U

/**
 * struct lru_share - A CPU's share, with BPF_F_NO_COMMON_LRU
 * @nr: Elements taken in the share; other CPUs delete them too.
 */
struct lru_share {
	atomic_t nr;
};

/**
 * struct lru - What evicts entries of a map
 * @window: Elements that a CPU claims at once.
 * @share: Entries that a CPU may have, with BPF_F_NO_COMMON_LRU.
 * @laps: Rounds in which each element was used less those in which it was not; written by the
 *	CPU that has claimed the element's window, and while the element is free.
 * @owners: CPU of each element, with BPF_F_NO_COMMON_LRU, else NULL.
 * @shares: Use of the shares, likewise.
 * @hand: Next element that nobody has claimed.
 */
struct lru {
	u32			window;
	u32			share;
	u8			*laps;
	u16			*owners;
	struct lru_share __percpu *shares;
	u32			hand ____cacheline_aligned_in_smp;
};

/**
 * lbpf_lru_init() - Make a new hash map evict
 * @h: Map with its pool.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_lru_init(struct lbpf_hash *h)
{
	struct lru *lru = lbpf_zalloc(sizeof(*lru), GFP_KERNEL);
	u32 nr = h->pool.nr_elems;

	if (!lru)
		return -ENOMEM;
	h->lru = lru;
	lru->window = clamp(nr / (8 * num_possible_cpus()), 1U, WINDOW_MAX);
	lru->laps = lbpf_area_alloc(nr, NUMA_NO_NODE);
	if (!lru->laps)
		goto destroy;
	if (!(h->map.map_flags & BPF_F_NO_COMMON_LRU))
		return 0;
	lru->share = h->map.max_entries / num_possible_cpus();
	lru->owners = lbpf_area_alloc_array(nr, sizeof(*lru->owners), NUMA_NO_NODE);
	lru->shares = lbpf_percpu_alloc(sizeof(*lru->shares), SMP_CACHE_BYTES, GFP_KERNEL);
	if (lru->owners && lru->shares)
		return 0;

destroy:
	lbpf_lru_destroy(h);
	return -ENOMEM;
}

/**
 * lbpf_lru_destroy() - Reverse of lbpf_lru_init()
 * @h: Map that nobody uses any more; need not be one that evicts.
 *
 * Context: Process context, may sleep.
 */
void lbpf_lru_destroy(struct lbpf_hash *h)
{
	struct lru *lru = h->lru;

	if (!lru)
		return;
	lbpf_area_free(lru->laps);
	lbpf_area_free(lru->owners);
	lbpf_percpu_free(lru->shares);
	lbpf_free(lru);
	h->lru = NULL;
}

/**
 * lbpf_lru_bytes() - Memory in use
 * @h: Map.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_lru_bytes(const struct lbpf_hash *h)
{
	u64 bytes = 0;

	if (h->lru)
		bytes += sizeof(*h->lru) + h->pool.nr_elems;
	if (h->lru && h->lru->owners)
		bytes += (u64)h->pool.nr_elems * sizeof(u16) +
			 SMP_CACHE_BYTES * num_possible_cpus();
	return bytes;
}

/**
 * lbpf_lru_take() - Take a free element
 * @h: Map.
 *
 * Context: Any, after hash_enter().
 * Return: Ref, or LBPF_POOL_NONE: something must be evicted.
 */
u32 lbpf_lru_take(struct lbpf_hash *h)
{
	struct lru *lru = h->lru;
	struct lru_share *mine;
	u32 ref;

	if (likely(!lru->owners)) {
		ref = lbpf_pool_take(&h->pool);
		if (likely(ref != LBPF_POOL_NONE))
			WRITE_ONCE(lru->laps[ref], 0);
		return ref;
	}
	mine = this_cpu_ptr(lru->shares);
	if (atomic_read(&mine->nr) >= lru->share)
		return LBPF_POOL_NONE;
	ref = lbpf_pool_take(&h->pool);
	if (ref == LBPF_POOL_NONE)
		return ref;
	WRITE_ONCE(lru->laps[ref], 0);
	lru->owners[ref] = smp_processor_id();
	atomic_inc(&mine->nr);
	return ref;
}

/**
 * lbpf_lru_forget() - Count an element out of its share
 * @h: Map.
 * @ref: Element that goes back to the pool.
 *
 * Context: Any.
 */
void lbpf_lru_forget(struct lbpf_hash *h, u32 ref)
{
	struct lru *lru = h->lru;

	if (unlikely(lru->owners))
		atomic_dec(&per_cpu_ptr(lru->shares, lru->owners[ref])->nr);
}

/**
 * lbpf_lru_adopt() - An element takes the place of another one
 * @h: Map.
 * @ref: New element, not published yet; counts as used.
 * @old_ref: Old element.
 *
 * Context: Any, bucket lock held.
 */
void lbpf_lru_adopt(struct lbpf_hash *h, u32 ref, u32 old_ref)
{
	WRITE_ONCE(table_elem(&h->table, ref)->mark, 1);
	WRITE_ONCE(h->lru->laps[ref], READ_ONCE(h->lru->laps[old_ref]));
	if (unlikely(h->lru->owners))
		h->lru->owners[ref] = h->lru->owners[old_ref];
}

/* Next element of the circle. */
static u32 advance_hand(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	struct lru *lru = h->lru;
	u32 nr = h->pool.nr_elems, old, seen;

	if (!cpu->nr_window) {
		for (old = READ_ONCE(lru->hand);; old = seen) {
			cpu->nr_window = min(lru->window, nr - old);
			seen = cmpxchg(&lru->hand, old, (old + cpu->nr_window) % nr);
			if (seen == old)
				break;
		}
		cpu->hand = old;
	}
	cpu->nr_window--;
	return cpu->hand++;
}

/*
 * Where the element is in the bucket, if it is there at all.  @hash is that of the key it had a
 * moment ago: an element that got another one in between need not be found.
 */
static bool locate_ref(const struct table *t, struct bucket *b, u64 hash, u32 ref,
		       struct place *place)
{
	u64 match = match_tags(b->tags, tag_of(hash));
	u64 pos = (u64)(b - t->buckets) << 32 | BUCKET_SLOTS;

	for (; match; match &= match - 1) {
		place->slot = first_slot(match);
		if (b->refs[place->slot] != ref)
			continue;
		place->ref = ref;
		place->elem = table_elem(t, ref);
		return true;
	}
	if (likely(!b->chain))
		return false;
	for (; lbpf_table_locate_from(t, b, &pos, place); pos++)
		if (place->ref == ref)
			return true;
	return false;
}

/* Was it used in this round, or often before?  Takes the mark, or one of those rounds, away. */
static bool spare_elem(struct lru *lru, struct lbpf_elem *elem, u32 ref)
{
	u8 laps = READ_ONCE(lru->laps[ref]);

	if (READ_ONCE(elem->mark)) {
		WRITE_ONCE(elem->mark, 0);
		if (laps < LAPS_MAX)
			WRITE_ONCE(lru->laps[ref], laps + 1);
		return true;
	}
	if (!laps)
		return false;
	WRITE_ONCE(lru->laps[ref], laps - 1);
	return true;
}

/* Takes the element out of the map unless it is free, or was used again. */
static bool try_evict(struct lbpf_hash *h, struct hash_cpu *cpu, u32 ref, bool also_marked)
{
	struct lbpf_elem *elem = table_elem(&h->table, ref);
	/* The key may be changing: then the element is not in the bucket. */
	u64 hash = hash_of_key(h, elem->data);
	struct bucket *b = table_bucket(&h->table, hash);
	struct place place;
	bool done = false;

	if (!bucket_lock(b))
		return false;
	if (locate_ref(&h->table, b, hash, ref, &place) &&
	    (also_marked || !READ_ONCE(elem->mark))) {
		table_remove(b, &place);
		if (!h->is_percpu)
			lbpf_value_drop_fields(&h->map, elem_value(&h->table, elem));
		add_count(cpu, -1);
		done = true;
	}
	raw_spin_unlock(&b->lock);
	return done;
}

/**
 * lbpf_lru_evict() - Take an element that is in use
 * @h: Map.
 * @cpu: From hash_enter().
 *
 * Context: Any, after hash_enter(), no bucket lock held.
 * Return: Ref, or LBPF_POOL_NONE if nothing was to be had (in an NMI; or all is in the hands of
 * other CPUs).
 */
u32 lbpf_lru_evict(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	u64 left = (LAPS_MAX + 3) * (u64)h->pool.nr_elems;
	u32 marks = 0, ref, self = smp_processor_id();
	struct lbpf_elem *elem;

	while (left--) {
		ref = advance_hand(h, cpu);
		if (unlikely(h->lru->owners) && h->lru->owners[ref] != self)
			continue;
		elem = table_elem(&h->table, ref);
		if (marks < MARKS_PASSED && spare_elem(h->lru, elem, ref)) {
			marks++;
			continue;
		}
		if (try_evict(h, cpu, ref, marks == MARKS_PASSED)) {
			WRITE_ONCE(h->lru->laps[ref], 0);
			return ref;
		}
	}
	return LBPF_POOL_NONE;
}

HASH_FUNCS(4, KEY_4, true, false)
HASH_FUNCS(8, KEY_8, true, false)
HASH_FUNCS(16, KEY_16, true, false)
HASH_FUNCS(any, KEY_ANY, true, false)
HASH_FUNCS(percpu, KEY_ANY, true, true)

static struct lbpf_map *alloc(const union bpf_attr *attr);

#define LRU_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | \
			 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

#define OPS(suffix, lookup_fn) {						\
	HASH_OPS(suffix, lookup_fn),						\
	.type = BPF_MAP_TYPE_LRU_HASH,						\
	.name = "lru_hash",							\
	.kernel_struct = "bpf_htab",						\
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |		\
		LBPF_USE_FOR_EACH | LBPF_USE_VALUE_TIMER,			\
	.text = LBPF_TEXT_BY_KEY,						\
	.create_flags = LRU_FLAGS,						\
	.alloc = alloc,								\
	.user_update = lbpf_hash_user_update,					\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = OPS(4, lookup_),
	[KEY_8] = OPS(8, lookup_),
	[KEY_16] = OPS(16, lookup_),
	[KEY_ANY] = OPS(any, lookup_),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[key_kind_of(attr->key_size)]);
}

const struct lbpf_map_ops lbpf_lru_hash_ops = OPS(any, lookup_);

static struct lbpf_map *percpu_alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &lbpf_lru_percpu_hash_ops);
}

const struct lbpf_map_ops lbpf_lru_percpu_hash_ops = {
	HASH_OPS(percpu, lookup_),
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,
	.name = "lru_percpu_hash",
	.text = LBPF_TEXT_BY_KEY,
	.kernel_struct = "bpf_htab",
	.uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE | LBPF_USE_DELETE |
		LBPF_USE_LOOKUP_PERCPU | LBPF_USE_FOR_EACH,
	.create_flags = LRU_FLAGS,
	.alloc = percpu_alloc,
	.lookup_percpu = lbpf_hash_lookup_percpu,
	.user_value_bytes = lbpf_percpu_value_bytes,
	.user_update = lbpf_hash_user_update,
};
