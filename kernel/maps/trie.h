/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A multibit trie of prefixes, with paths compressed.
 *
 * Layer: maps (p).
 *
 * The root has a slot for each value of the first byte, a node one for each
 * value of the four bits from ->bit on; where the bits in between do not tell
 * anything apart there is no node, so that every node has two items or more
 * below it.  An item, a prefix with its value, is
 * - a leaf: alone in a slot, longer than what the slot stands for; or
 * - a cover: it ends in the bits of the node, and covers one or more of its
 *   slots.  A slot knows the longest of its covers; a cover knows the next
 *   longer one that contains it (->parent), which may cover more slots.
 *
 * A lookup goes down by the bits of the key without comparing what was skipped,
 * remembers the last cover, and compares one item at the end: the leaf it came
 * to, or the sample of the last node.  If that says that the key left the path
 * further up, which is rare, the way is gone once more, that far.
 *
 * Readers take no lock.  A node is filled in before a slot leads to it, and what
 * is taken out stays as it is for a grace period (the map type sees to that), so
 * that a reader on the way sees the trie before a change or after it.  ->bit
 * grows along a path, also along an old one: every walk ends.
 *
 * Locks: writers exclude each other (the map type's lock).
 * Source: Donald R. Morrison, "PATRICIA" (1968); controlled prefix expansion of
 * Srinivasan and Varghese (1999), within a node.
 */
#ifndef _LBPF_MAPS_TRIE_H
#define _LBPF_MAPS_TRIE_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <lbpf/pool.h>

#include "hash.h"

#define TRIE_ROOT_BITS	8
#define TRIE_NODE_BITS	4
#define TRIE_ROOT_SLOTS	(1 << TRIE_ROOT_BITS)
#define TRIE_NODE_SLOTS	(1 << TRIE_NODE_BITS)

/*
 * A link is 0: nothing, or a ref plus 1, times 2, plus 1 if it is a node's.
 */
#define LINK_NODE	1U
#define TRIE_MAX_ITEMS	BIT(30)

/**
 * struct trie_node - A node, in the data of a pool element
 * @bit: Number of the first of its four bits; a multiple of four.
 * @nr: Slots with a child, and covers.
 * @sample: Link to any item below it.
 * @child: What comes after these four bits: link to a node or a leaf.
 * @cover: Link to the longest item that ends in these bits.
 */
struct trie_node {
	u16	bit;
	u16	nr;
	u32	sample;
	u32	child[TRIE_NODE_SLOTS];
	u32	cover[TRIE_NODE_SLOTS];
};

/**
 * struct trie_item - An item, in the data of a pool element; its length in bits is ->order
 * @parent: A cover: link to the next shorter one, 0: none in this node.
 * @bits: The prefix as it was given, also what is beyond its length.  The value follows.
 */
struct trie_item {
	u32	parent;
	u8	bits[];
};

/**
 * struct trie_pool - Elements and how to reach them
 * @chunks: As in the pool, like the next ones.
 * @elem_bytes: Size.
 * @shift: log2 of the elements in a chunk.
 * @mask: Elements in a chunk less one.
 * @pool: Pool.
 */
struct trie_pool {
	void		**chunks;
	u32		elem_bytes;
	u16		shift;
	u16		mask;
	struct lbpf_pool pool;
};

/**
 * struct trie - Prefixes
 * @items: Items.
 * @nodes: Nodes.
 * @max_bits: Length of the longest prefix.
 * @data_bytes: The same in bytes.
 * @value_off: Offset of the value in an element's data.
 * @any: Link to the item of length 0.
 * @nr: Number of items.
 * @child: Root: as in a node.
 * @cover: Root: likewise.
 */
struct trie {
	struct trie_pool items;
	struct trie_pool nodes;
	u32		max_bits;
	u32		data_bytes;
	u32		value_off;
	u32		any;
	u64		nr;
	u32		child[TRIE_ROOT_SLOTS];
	u32		cover[TRIE_ROOT_SLOTS];
};

/**
 * struct trie_spot - The root or a node
 * @node: Node, NULL: root.
 * @child: Its slots.
 * @cover: Likewise.
 * @bit: First bit.
 * @end: First bit behind.
 */
struct trie_spot {
	struct trie_node *node;
	u32		*child;
	u32		*cover;
	u32		bit;
	u32		end;
};

/**
 * struct trie_place - Where a prefix is, or would be
 * @spot: The root or node that it belongs to.
 * @data: The prefix.
 * @len: Its length, bits.
 * @index: A slot of it.
 * @link: Child there.
 * @common: Bits that it has in common with what is below @link, at most @len.
 * @old: Link to the item that is this prefix, or 0.
 * @is_cover: It is, or would be, a cover.
 * @needs_node: It is not there, and needs a node for itself and what is at @link.
 */
struct trie_place {
	struct trie_spot spot;
	const u8	*data;
	u32		len;
	u32		index;
	u32		link;
	u32		common;
	u32		old;
	bool		is_cover;
	bool		needs_node;
};

static __always_inline u32 link_of(u32 ref)
{
	return (ref + 1) << 1;
}

static __always_inline u32 ref_of(u32 link)
{
	return (link >> 1) - 1;
}

static __always_inline struct lbpf_elem *trie_elem(const struct trie_pool *p, u32 link)
{
	u32 ref = ref_of(link);

	return p->chunks[ref >> p->shift] + (ref & p->mask) * p->elem_bytes;
}

static __always_inline struct trie_node *trie_node_at(const struct trie *t, u32 link)
{
	return (struct trie_node *)trie_elem(&t->nodes, link)->data;
}

static __always_inline struct lbpf_elem *trie_item_at(const struct trie *t, u32 link)
{
	return trie_elem(&t->items, link);
}

static __always_inline struct trie_item *item_of(struct lbpf_elem *elem)
{
	return (struct trie_item *)elem->data;
}

static __always_inline void *trie_value(const struct trie *t, struct lbpf_elem *elem)
{
	return elem->data + t->value_off;
}

/* Four bits of @data from @bit on, a multiple of four. */
static __always_inline u32 nibble(const u8 *data, u32 bit)
{
	return data[bit >> 3] >> (~bit & 4) & 15;
}

static __always_inline u32 common_of_words(const u8 *a, const u8 *b)
{
	u64 x = read_8(a) ^ read_8(b);

	return x ? __builtin_clzll(__builtin_bswap64(x)) : 64;
}

static inline u32 common_any(const u8 *a, const u8 *b, u32 bytes)
{
	u32 i = 0, common;
	u8 x;

	for (; i + 8 <= bytes; i += 8) {
		common = common_of_words(a + i, b + i);
		if (common < 64)
			return i * 8 + common;
	}
	for (; i < bytes; i++) {
		x = a[i] ^ b[i];
		if (x)
			return i * 8 + __builtin_clz(x) - 24;
	}
	return bytes * 8;
}

/* Bits that @a and @b begin with in common; @kind: of the prefixes, a constant where it matters. */
static __always_inline u32
common_bits(const struct trie *t, const u8 *a, const u8 *b, enum key_kind kind)
{
	u32 x, common;

	switch (kind) {
	case KEY_4:
		x = read_4(a) ^ read_4(b);
		return x ? __builtin_clz(__builtin_bswap32(x)) : 32;
	case KEY_8:
		return common_of_words(a, b);
	case KEY_16:
		common = common_of_words(a, b);
		return common < 64 ? common : 64 + common_of_words(a + 8, b + 8);
	default:
		return common_any(a, b, t->data_bytes);
	}
}

struct lbpf_elem *lbpf_trie_lookup_again(const struct trie *t, const u8 *data, u32 common,
					 u32 limit);

/* @link or the longest of its parents that is not longer than @limit. */
static __always_inline struct lbpf_elem *
trie_cover(const struct trie *t, u32 link, u32 limit)
{
	struct lbpf_elem *elem;

	while (link) {
		elem = trie_item_at(t, link);
		if (likely(elem->order <= limit))
			return elem;
		link = READ_ONCE(item_of(elem)->parent);
	}
	/* What is remembered from further up was longer than nothing only in odd lookups. */
	return NULL;
}

/**
 * trie_lookup() - Find the longest prefix of a key
 * @t: Trie.
 * @data: Key.
 * @limit: Bits of it that count, at most max_bits.
 * @kind: Of the keys, a constant.
 *
 * Context: Any, under rcu_read_lock().  Takes no lock.
 * Return: Item, or NULL.
 */
static __always_inline struct lbpf_elem *
trie_lookup(const struct trie *t, const u8 *data, u32 limit, enum key_kind kind)
{
	u32 link = READ_ONCE(t->child[data[0]]), cover = READ_ONCE(t->cover[data[0]]);
	const struct trie_node *node = NULL;
	struct lbpf_elem *elem;
	u32 index, common, c;

	while (link & LINK_NODE) {
		node = trie_node_at(t, link);
		index = nibble(data, node->bit);
		c = READ_ONCE(node->cover[index]);
		link = READ_ONCE(node->child[index]);
		cover = c ? c : cover;
	}
	if (link || node) {
		elem = trie_item_at(t, link ? link : READ_ONCE(node->sample));
		common = common_bits(t, item_of(elem)->bits, data, kind);
		if (link && likely(elem->order <= min(common, limit)))
			return elem;
		if (unlikely(limit < t->max_bits || (node && common < node->bit)))
			return lbpf_trie_lookup_again(t, data, common, limit);
	}
	elem = cover ? trie_cover(t, cover, limit) : NULL;
	if (elem)
		return elem;
	c = READ_ONCE(t->any);
	return c ? trie_item_at(t, c) : NULL;
}

int lbpf_trie_init(struct trie *t, u32 data_bytes, u32 value_bytes,
		   const struct lbpf_pool_spec *spec);
void lbpf_trie_destroy(struct trie *t);
void lbpf_trie_locate(const struct trie *t, const u8 *data, u32 len, struct trie_place *place);
void lbpf_trie_insert(struct trie *t, const struct trie_place *place, u32 item, u32 node);
u32 lbpf_trie_remove(struct trie *t, const struct trie_place *place);
u32 lbpf_trie_first(const struct trie *t);
u32 lbpf_trie_next(const struct trie *t, const u8 *data, u32 len);

#endif /* _LBPF_MAPS_TRIE_H */
