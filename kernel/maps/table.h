/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash table: buckets of one cache line over a pool of elements.
 *
 * Layer: maps (p).
 *
 * A bucket has eight slots: a tag of 8 bits (0: the slot is empty; the top bit is
 * set otherwise) and a ref.
 * A lookup compares all tags at once and touches an element only where the tag
 * matches: a miss costs one line, a hit two.  Entries beyond eight hang on a
 * chain through the elements' heads; a table has a bucket for every four
 * entries or fewer, so that this is rare, and it needs no memory that might be
 * missing.  The chain is sorted by ->order, the lowest free number being given
 * to a new entry.  An entry stays in its slot, or keeps its order, as long as
 * its key is in the table, also when an update replaces its element: that is
 * what a position in an iteration, and a lock-free miss, rely on.
 *
 * Readers take no lock.  Elements are reused at once, for any key, while
 * readers may still look at them, so a reader trusts what it saw of an element
 * only if ->seq of its bucket did not change meanwhile: a writer that takes an
 * element out of the bucket (remove, replace) advances ->seq after the element
 * became unreachable and before anybody may write to it.
 *
 *	reader						writer
 *	seq = ->seq (A)					slot or link changes
 *	tags, ref or link; key, next			smp_wmb() (C)
 *	smp_rmb() (B)					->seq + 1
 *	->seq == seq?					smp_wmb() (D); element is reused
 *
 * (A) is an acquire and pairs with (C): who saw the new seq sees the slot
 * changed.  (B) pairs with (D): who saw a byte of the next use sees the new
 * seq.  So:
 * - A hit is a hit: key and slot belonged together, with no torn comparison.
 * - A miss by tags alone needs no check: tags are one word, and a key that stays
 *   in the table keeps its tag where it is.
 * - A tag that matched with another key, and a walk of the chain, are checked
 *   and done again if the bucket changed.
 * There is no "being changed" state of ->seq, so that a reader that interrupts
 * a writer does not wait for it.
 *
 * Filling in an element comes before its publication (a release), which readers
 * depend on by address.
 *
 * Locks: ->lock of a bucket guards writes to it and to its chain.  Interrupts
 * are off (the map type sees to recursion on the same CPU).
 */
#ifndef _LBPF_MAPS_TABLE_H
#define _LBPF_MAPS_TABLE_H

#include <linux/bitops.h>
#include <linux/spinlock.h>

#include <lbpf/map.h>
#include <lbpf/pool.h>

#include "hash.h"

#define BUCKET_SLOTS	8
#define TAG_EACH	0x0101010101010101ULL
#define TAG_USED	0x8080808080808080ULL

/**
 * struct bucket - Entries whose keys have the same low hash bits
 * @lock: Guards writes to all of this.
 * @seq: Elements taken out so far.
 * @tags: One byte for each slot, 0: empty.
 * @refs: Element of each slot; meaningless while it is empty.
 * @chain: Ref plus 1 of the first entry that found no slot, 0: none.
 * @ghosts: Tags of the entries that were evicted last, of maps that evict; the lowest byte is the
 *	latest.
 */
struct bucket {
	raw_spinlock_t	lock;
	u32		seq;
	u64		tags;
	u32		refs[BUCKET_SLOTS];
	u32		chain;
	u32		ghosts;
} ____cacheline_aligned;

/**
 * struct table - What a lookup needs, on one line
 * @buckets: mask + 1 of them.
 * @seed: Secrets of the hash.
 * @flat: Elements, NULL if they are in chunks (see struct lbpf_pool).
 * @chunks: Chunks, or NULL.
 * @elem_bytes: Size of an element.
 * @mask: Number of buckets less one.
 * @chunk_shift: As in the pool.
 * @chunk_mask: Elements in a chunk less one.
 * @key_size: Bytes.
 * @value_off: Offset of the value in an element's data: key_size rounded up to 8.
 */
struct table {
	struct bucket	*buckets;
	struct hash_seed seed;
	void		*flat;
	void		**chunks;
	u64		elem_bytes;
	u32		mask;
	u8		chunk_shift;
	u16		chunk_mask;
	u32		key_size;
	u32		value_off;
} ____cacheline_aligned;

/**
 * struct place - Where an entry is in its bucket
 * @elem: Element, NULL: the key is not in the table.
 * @ref: Its ref.
 * @slot: Its slot, or BUCKET_SLOTS: it is on the chain.
 * @link: On the chain: what points at it.
 */
struct place {
	struct lbpf_elem *elem;
	u32		ref;
	u32		slot;
	u32		*link;
};

/* Address of an element; it is never NULL, which the compiler cannot know. */
static __always_inline struct lbpf_elem *
elem_at(const struct table *t, u32 ref, bool is_flat)
{
	struct lbpf_elem *elem;
	u64 in_chunk;

	if (is_flat) {
		elem = t->flat + ref * t->elem_bytes;
	} else {
		in_chunk = ref & t->chunk_mask;
		elem = t->chunks[ref >> t->chunk_shift] + in_chunk * t->elem_bytes;
	}
	if (!elem)
		__builtin_unreachable();
	return elem;
}

static __always_inline struct lbpf_elem *table_elem(const struct table *t, u32 ref)
{
	return elem_at(t, ref, t->flat);
}

/* Place of an entry among those of its chain. */
static inline u32 elem_order(const struct lbpf_elem *elem)
{
	return (u32)READ_ONCE(elem->order_high) << 16 | READ_ONCE(elem->order);
}

static inline void set_elem_order(struct lbpf_elem *elem, u32 order)
{
	WRITE_ONCE(elem->order, order);
	WRITE_ONCE(elem->order_high, order >> 16);
}

static __always_inline void *elem_value(const struct table *t, struct lbpf_elem *elem)
{
	return elem->data + t->value_off;
}

static __always_inline struct bucket *table_bucket(const struct table *t, u64 hash)
{
	return &t->buckets[(u32)hash & t->mask];
}

/* From bits that do not choose the bucket. */
static __always_inline u64 tag_of(u64 hash)
{
	return hash >> 56 | 0x80;
}

/*
 * Bit 7 of every byte of @tags that is @tag, and no bit of an empty slot.  After a byte that is,
 * the next one may be there by mistake (the borrow): the key decides.
 */
static __always_inline u64 match_tags(u64 tags, u64 tag)
{
	u64 x = tags ^ tag * TAG_EACH;

	return (x - TAG_EACH) & ~x & TAG_USED;
}

/* Was an entry with this tag evicted from the bucket lately?  Seldom by mistake. */
static __always_inline bool has_ghost(u32 ghosts, u64 tag)
{
	const u32 each = ~0U / 0xff;
	/* The product is the one in match_tags(). */
	u32 x = ghosts ^ (u32)(tag * TAG_EACH);

	return (x - each) & ~x & each << 7;
}

static __always_inline u64 first_slot(u64 match)
{
	return (u32)__builtin_ctzll(match) >> 3;
}

/* Did the bucket lose no element since @seq was read? */
static __always_inline bool is_unchanged(const struct bucket *b, u32 seq)
{
	/* (B), pairs with (D). */
	smp_rmb();
	return likely(READ_ONCE(b->seq) == seq);
}

struct lbpf_elem *lbpf_table_find_slow(const struct table *t, const void *key, u64 hash);

/**
 * find_in() - Look an entry up, with what is constant in the code
 * @t: Table.
 * @key: Key.
 * @hash: Its hash.
 * @kind: Kind of the table's keys.
 * @is_flat: The elements are in one area.
 * @again: Set if one look did not tell: call lbpf_table_find_slow().
 *
 * Context: Any, under rcu_read_lock().  Takes no lock.
 * Return: Element that held the key during the call, or NULL.
 */
static __always_inline struct lbpf_elem *
find_in(const struct table *t, const void *key, u64 hash, enum key_kind kind, bool is_flat,
	bool *again)
{
	const struct bucket *b = table_bucket(t, hash);
	/* (A), pairs with (C). */
	u32 seq = smp_load_acquire(&b->seq);
	u64 match = match_tags(READ_ONCE(b->tags), tag_of(hash));
	struct lbpf_elem *elem;

	for (; match; match &= match - 1) {
		elem = elem_at(t, READ_ONCE(b->refs[first_slot(match)]), is_flat);
		if (likely(is_same_key(elem->data, key, t->key_size, kind)))
			goto check;
		if (!is_unchanged(b, seq))
			break;
	}
	*again = match || READ_ONCE(b->chain);
	return NULL;

check:
	*again = !is_unchanged(b, seq);
	return elem;
}

static __always_inline struct lbpf_elem *
table_find(const struct table *t, const void *key, u64 hash, enum key_kind kind)
{
	struct lbpf_elem *elem;
	bool again;

	elem = find_in(t, key, hash, kind, t->flat, &again);
	return unlikely(again) ? lbpf_table_find_slow(t, key, hash) : elem;
}

/* Offset of the value, as a constant where the kind tells. */
static __always_inline u32 value_off(const struct table *t, enum key_kind kind)
{
	switch (kind) {
	case KEY_4:
	case KEY_8:
		return 8;
	case KEY_16:
		return 16;
	case KEY_64:
		return 64;
	default:
		return t->value_off;
	}
}

static __always_inline u64
table_hash(const struct table *t, const void *key, enum key_kind kind)
{
	return hash_key(&t->seed, key, t->key_size, kind);
}

/* What writers do: table_write.h, and these.  The caller holds the lock of the bucket. */
u32 *lbpf_table_locate_chain(const struct table *t, struct bucket *b, const void *key);
void lbpf_table_insert_chain(const struct table *t, struct bucket *b, u32 ref);
void lbpf_table_replace_chain(const struct table *t, u32 *link, u32 ref);

/*
 * Iteration.  A position is a bucket (upper half) and a place in it: a slot, or
 * BUCKET_SLOTS plus the order of an entry of the chain.
 */
#define POS_BUCKET(pos)		((u32)((pos) >> 32))
#define POS_NEXT_BUCKET(pos)	((u64)(POS_BUCKET(pos) + 1) << 32)

struct lbpf_elem *lbpf_table_next(const struct table *t, u64 *pos, u32 *seq);
bool lbpf_table_find_pos(const struct table *t, const void *key, u64 hash, u64 *pos);
bool lbpf_table_locate_from(const struct table *t, struct bucket *b, u64 *pos,
			    struct place *place);
u32 lbpf_table_pack_pos(const struct table *t, u64 pos);
u64 lbpf_table_unpack_pos(const struct table *t, u32 packed);

/* Is what was read of the element at @pos, found with @seq, true? */
static inline bool table_is_unchanged(const struct table *t, u64 pos, u32 seq)
{
	return is_unchanged(&t->buckets[POS_BUCKET(pos)], seq);
}

int lbpf_table_init(struct table *t, const union bpf_attr *attr, const struct lbpf_pool *pool,
		    int numa_node);
void lbpf_table_destroy(struct table *t);
u64 lbpf_table_bytes(const struct table *t);

#endif /* _LBPF_MAPS_TABLE_H */
