/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hash table: what writers do.
 *
 * Layer: maps (p).  The caller holds the lock of the bucket.  Inlined into the
 * operations of the map types, where the kind of key is a constant.
 */
#ifndef _LBPF_MAPS_TABLE_WRITE_H
#define _LBPF_MAPS_TABLE_WRITE_H

#include "table.h"

/**
 * locate_in() - Find an entry, with what is constant in the code
 * @t: Table.
 * @b: Bucket of @hash, locked.
 * @key: Key.
 * @hash: Its hash.
 * @kind: Kind of the table's keys.
 * @is_flat: The elements are in one area.
 *
 * Return: Where it is; ->elem is NULL when the key is not there.
 */
static __always_inline struct place
locate_in(const struct table *t, struct bucket *b, const void *key, u64 hash,
	  enum key_kind kind, bool is_flat)
{
	u64 match = match_tags(b->tags, tag_of(hash));
	struct place place = {};

	for (; match; match &= match - 1) {
		place.slot = first_slot(match);
		place.ref = b->refs[place.slot];
		place.elem = elem_at(t, place.ref, is_flat);
		if (likely(is_same_key(place.elem->data, key, t->key_size, kind)))
			return place;
	}
	place.elem = NULL;
	if (likely(!b->chain))
		return place;
	place.link = lbpf_table_locate_chain(t, b, key);
	if (place.link) {
		place.slot = BUCKET_SLOTS;
		place.ref = *place.link - 1;
		place.elem = elem_at(t, place.ref, is_flat);
	}
	return place;
}

static __always_inline struct place
table_locate(const struct table *t, struct bucket *b, const void *key, u64 hash,
	     enum key_kind kind)
{
	return locate_in(t, b, key, hash, kind, t->flat);
}

/**
 * table_insert() - Publish an entry
 * @t: Table.
 * @b: Bucket of @hash, locked.
 * @hash: Hash of its key, which is not in the table.
 * @ref: Element with key and value filled in.
 *
 * Return: Its slot, or BUCKET_SLOTS: it is on the chain.
 */
static __always_inline u32
table_insert(const struct table *t, struct bucket *b, u64 hash, u32 ref)
{
	u64 empty = ~b->tags & TAG_USED;
	u64 slot;

	if (unlikely(!empty)) {
		lbpf_table_insert_chain(t, b, ref);
		return BUCKET_SLOTS;
	}
	slot = first_slot(empty);
	WRITE_ONCE(b->refs[slot], ref);
	/* Publishes ref and element; readers depend on the tag. */
	smp_store_release(&b->tags, b->tags | tag_of(hash) << 8 * slot);
	return slot;
}

/*
 * The head of an element in a slot, where ->next has no other use, may say which slot it is: so an
 * element that was come upon otherwise is found without its key.  No ref has the top bit.
 */
#define AT_SLOT		0x80000000U
/* In its place: the element has no entry.  No map has so many elements. */
#define NOT_IN_TABLE	0x7fffffffU

static __always_inline void
table_note_slot(const struct table *t, const struct bucket *b, u32 slot, struct lbpf_elem *elem)
{
	WRITE_ONCE(elem->next, AT_SLOT | (u32)(b - t->buckets) * BUCKET_SLOTS | slot);
}

/* Is the element in the slot that its head names?  The bucket is locked. */
static __always_inline bool is_in_slot(const struct bucket *b, u32 slot, u32 ref)
{
	return b->refs[slot] == ref && b->tags >> 8 * slot & 0x80;
}

/* An element became unreachable, and may be written to afterwards. */
static __always_inline void advance_seq(struct bucket *b)
{
	/* (C) of table.h. */
	smp_wmb();
	WRITE_ONCE(b->seq, b->seq + 1);
	/* (D) of table.h. */
	smp_wmb();
}

static __always_inline void table_empty_slot(struct bucket *b, u32 slot)
{
	WRITE_ONCE(b->tags, b->tags & ~(0xffULL << 8 * slot));
	advance_seq(b);
}

/**
 * table_remove() - Take an entry out
 * @b: Its bucket, locked.
 * @place: From table_locate().  The element may be reused when this returns.
 */
static __always_inline void table_remove(struct bucket *b, const struct place *place)
{
	if (likely(place->slot < BUCKET_SLOTS)) {
		table_empty_slot(b, place->slot);
		return;
	}
	WRITE_ONCE(*place->link, place->elem->next);
	advance_seq(b);
}

/**
 * table_replace() - Put another element in the place of an entry
 * @t: Table.
 * @b: Its bucket, locked.
 * @place: From table_locate().  The old element may be reused when this returns.
 * @ref: Element with the same key and the new value filled in.
 */
static __always_inline void
table_replace(const struct table *t, struct bucket *b, const struct place *place, u32 ref)
{
	if (likely(place->slot < BUCKET_SLOTS))
		/* Publishes the element; readers depend on the ref. */
		smp_store_release(&b->refs[place->slot], ref);
	else
		lbpf_table_replace_chain(t, place->link, ref);
	advance_seq(b);
}

#endif /* _LBPF_MAPS_TABLE_WRITE_H */
