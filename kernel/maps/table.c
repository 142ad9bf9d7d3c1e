// SPDX-License-Identifier: GPL-2.0
/*
 * The hash table: slow paths, writers, iteration.  table.h has the scheme.
 *
 * Layer: maps (p).
 */
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/sched.h>

#include <lbpf/alloc.h>

#include "table.h"

/* Entries per bucket when the table is full, at most: 2 % of the buckets have a chain then. */
#define BUCKET_MEAN	4
#define CHAIN_POS_BITS	20U

/* One attempt: the element, NULL, or with *changed set neither. */
static struct lbpf_elem *scan(const struct table *t, const struct bucket *b, const void *key,
			      u64 tag, bool *changed)
{
	/* (A) of table.h. */
	u32 seq = smp_load_acquire(&b->seq), link;
	u64 match = match_tags(READ_ONCE(b->tags), tag);
	struct lbpf_elem *elem = NULL;
	bool found = false;

	for (; match && !found; match &= match - 1) {
		elem = table_elem(t, READ_ONCE(b->refs[first_slot(match)]));
		found = equal_any(elem->data, key, t->key_size);
	}
	/* An element that left the chain links to anywhere: do not follow it. */
	for (link = READ_ONCE(b->chain); !found && link && is_unchanged(b, seq);) {
		elem = table_elem(t, link - 1);
		found = equal_any(elem->data, key, t->key_size);
		link = READ_ONCE(elem->next);
	}
	*changed = !is_unchanged(b, seq);
	return found ? elem : NULL;
}

/**
 * lbpf_table_find_slow() - Look an entry up in a bucket that has a chain or is being changed
 * @t: Table.
 * @key: Key.
 * @hash: Its hash.
 *
 * Context: Any, under rcu_read_lock().  Takes no lock; tries again as long as other CPUs take
 * out elements of the same bucket in between.
 * Return: Element that held the key during the call, or NULL.
 */
struct lbpf_elem *lbpf_table_find_slow(const struct table *t, const void *key, u64 hash)
{
	const struct bucket *b = table_bucket(t, hash);
	struct lbpf_elem *elem;
	bool changed;

	do {
		elem = scan(t, b, key, tag_of(hash), &changed);
	} while (unlikely(changed));
	return elem;
}

/**
 * lbpf_table_locate_chain() - Find an entry on a chain
 * @t: Table.
 * @b: Bucket; the caller holds its lock.
 * @key: Key.
 *
 * Context: Any, bucket lock held.
 * Return: What links to its element, or NULL.
 */
u32 *lbpf_table_locate_chain(const struct table *t, struct bucket *b, const void *key)
{
	struct lbpf_elem *elem;
	u32 *link;

	for (link = &b->chain; *link; link = &elem->next) {
		elem = table_elem(t, *link - 1);
		if (equal_any(elem->data, key, t->key_size))
			return link;
	}
	return NULL;
}

/**
 * lbpf_table_insert_chain() - Publish an entry for which the bucket has no slot
 * @t: Table.
 * @b: Bucket; the caller holds its lock.
 * @ref: Element with key and value filled in.
 *
 * Context: Any, bucket lock held.
 */
void lbpf_table_insert_chain(const struct table *t, struct bucket *b, u32 ref)
{
	struct lbpf_elem *elem = table_elem(t, ref), *other;
	u32 *link = &b->chain;
	u32 order = 0;

	for (; *link; link = &other->next, order++) {
		other = table_elem(t, *link - 1);
		if (elem_order(other) != order)
			break;
	}
	set_elem_order(elem, order);
	WRITE_ONCE(elem->next, *link);
	/* Publishes the element; readers depend on the ref. */
	smp_store_release(link, ref + 1);
}

/**
 * lbpf_table_replace_chain() - Put another element in the place of an entry of a chain
 * @t: Table.
 * @link: What links to the entry.
 * @ref: Element with the same key and the new value filled in.
 *
 * Context: Any, bucket lock held.
 */
void lbpf_table_replace_chain(const struct table *t, u32 *link, u32 ref)
{
	struct lbpf_elem *elem = table_elem(t, ref), *old = table_elem(t, *link - 1);

	set_elem_order(elem, elem_order(old));
	WRITE_ONCE(elem->next, old->next);
	/* Publishes the element; readers depend on the ref. */
	smp_store_release(link, ref + 1);
}

static void set_place(const struct table *t, struct place *place, u32 ref, u32 slot)
{
	place->elem = table_elem(t, ref);
	place->ref = ref;
	place->slot = slot;
}

/* First entry at or after @in in the bucket, for readers and writers.  *in becomes its place. */
static struct lbpf_elem *next_in_bucket(const struct table *t, struct bucket *b, u32 seq,
					u32 *in, struct place *place)
{
	u64 used = READ_ONCE(b->tags) & TAG_USED;
	struct lbpf_elem *elem;
	u32 link;

	if (*in < BUCKET_SLOTS) {
		used &= ~0ULL << 8 * *in;
		if (used) {
			*in = first_slot(used);
			set_place(t, place, READ_ONCE(b->refs[*in]), *in);
			return place->elem;
		}
		*in = BUCKET_SLOTS;
	}
	place->link = &b->chain;
	link = READ_ONCE(b->chain);
	for (; link && is_unchanged(b, seq); link = READ_ONCE(elem->next)) {
		set_place(t, place, link - 1, BUCKET_SLOTS);
		elem = place->elem;
		if (elem_order(elem) + BUCKET_SLOTS >= *in) {
			*in = elem_order(elem) + BUCKET_SLOTS;
			return elem;
		}
		place->link = &elem->next;
	}
	return NULL;
}

/**
 * lbpf_table_next() - Next entry of an iteration
 * @t: Table.
 * @pos: Where to look from, 0 at first.  Becomes the position of the entry; add 1 to go on.
 * @seq: What table_is_unchanged() needs: the element is the entry only while that is true.
 *
 * Every key that stays in the table during a whole iteration is met exactly once.  What is read of
 * an element must be thrown away if the bucket has changed: call this again with the same @pos.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Element, or NULL at the end.
 */
struct lbpf_elem *lbpf_table_next(const struct table *t, u64 *pos, u32 *seq)
{
	struct lbpf_elem *elem;
	struct place place;
	struct bucket *b;
	u32 in;

	while (POS_BUCKET(*pos) <= t->mask) {
		b = &t->buckets[POS_BUCKET(*pos)];
		in = (u32)*pos;
		/* (A) of table.h. */
		*seq = smp_load_acquire(&b->seq);
		elem = next_in_bucket(t, b, *seq, &in, &place);
		if (!is_unchanged(b, *seq))
			continue;
		if (elem) {
			*pos = (u64)POS_BUCKET(*pos) << 32 | in;
			return elem;
		}
		*pos = POS_NEXT_BUCKET(*pos);
	}
	return NULL;
}

/**
 * lbpf_table_locate_from() - Next entry of one bucket, for a writer
 * @t: Table.
 * @b: Bucket of @pos; the caller holds its lock.
 * @pos: As for lbpf_table_next(); at the end of the bucket, the first one of the next.
 * @place: Where the entry is.
 *
 * Context: Any, bucket lock held.
 * Return: true if there is an entry.
 */
bool lbpf_table_locate_from(const struct table *t, struct bucket *b, u64 *pos,
			    struct place *place)
{
	u32 in = (u32)*pos;

	if (!next_in_bucket(t, b, b->seq, &in, place)) {
		*pos = POS_NEXT_BUCKET(*pos);
		return false;
	}
	*pos = (u64)POS_BUCKET(*pos) << 32 | in;
	return true;
}

/**
 * lbpf_table_find_pos() - Position of a key
 * @t: Table.
 * @key: Key.
 * @hash: Its hash.
 * @pos: Its position.
 *
 * Context: Any, under rcu_read_lock().
 * Return: true if the key is in the table.
 */
bool lbpf_table_find_pos(const struct table *t, const void *key, u64 hash, u64 *pos)
{
	u32 bucket = (u32)hash & t->mask, seq;
	struct lbpf_elem *elem;
	bool is_same;

	*pos = (u64)bucket << 32;
	for (;;) {
		elem = lbpf_table_next(t, pos, &seq);
		if (!elem || POS_BUCKET(*pos) != bucket)
			return false;
		is_same = equal_any(elem->data, key, t->key_size);
		if (!table_is_unchanged(t, *pos, seq))
			continue;
		if (is_same)
			return true;
		++*pos;
	}
}

static u32 pos_bits(const struct table *t)
{
	return min(31U - fls(t->mask), CHAIN_POS_BITS);
}

/**
 * lbpf_table_pack_pos() - A position in 32 bits
 * @t: Table.
 * @pos: Position.
 *
 * The place in a chain of hundreds of entries (in the largest tables: of 56) may not fit; then
 * entries from the last place that does are met again.
 *
 * Context: Any.
 * Return: What lbpf_table_unpack_pos() takes.
 */
u32 lbpf_table_pack_pos(const struct table *t, u64 pos)
{
	u32 bits = pos_bits(t);

	return POS_BUCKET(pos) << bits | min((u32)pos, (1U << bits) - 1);
}

/**
 * lbpf_table_unpack_pos() - Reverse of lbpf_table_pack_pos()
 * @t: Table.
 * @packed: Any number.
 *
 * Context: Any.
 * Return: Position.
 */
u64 lbpf_table_unpack_pos(const struct table *t, u32 packed)
{
	u32 bits = pos_bits(t);

	return (u64)(packed >> bits) << 32 | (packed & ((1U << bits) - 1));
}

/**
 * lbpf_table_init() - Make an empty table
 * @t: Zeroed memory.
 * @attr: Checked attributes of the map.
 * @pool: Its elements: head, key rounded up to 8, value.
 * @numa_node: Node of the buckets, or NUMA_NO_NODE.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_table_init(struct table *t, const union bpf_attr *attr, const struct lbpf_pool *pool,
		    int numa_node)
{
	u64 nr = roundup_pow_of_two(DIV_ROUND_UP((u64)attr->max_entries, BUCKET_MEAN));
	u32 i;

	t->buckets = lbpf_area_alloc_array(nr, sizeof(*t->buckets), numa_node);
	if (!t->buckets)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		raw_spin_lock_init(&t->buckets[i].lock);
		if (!(i % 65536))
			cond_resched();
	}
	hash_seed_init(&t->seed, attr->map_flags & BPF_F_ZERO_SEED);
	t->mask = nr - 1;
	t->flat = pool->flat;
	t->chunks = pool->chunks;
	t->chunk_shift = pool->chunk_shift;
	t->chunk_mask = (1U << pool->chunk_shift) - 1;
	t->elem_bytes = pool->elem_bytes;
	t->key_size = attr->key_size;
	t->value_off = round_up(attr->key_size, 8);
	return 0;
}

/**
 * lbpf_table_destroy() - Free the buckets
 * @t: Table that nobody uses any more; the elements are the pool's.
 *
 * Context: Process context, may sleep.
 */
void lbpf_table_destroy(struct table *t)
{
	lbpf_area_free(t->buckets);
}

/**
 * lbpf_table_bytes() - Memory of the buckets
 * @t: Table.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_table_bytes(const struct table *t)
{
	return ((u64)t->mask + 1) * sizeof(*t->buckets);
}
