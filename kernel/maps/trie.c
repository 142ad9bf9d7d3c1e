// SPDX-License-Identifier: GPL-2.0
/*
 * A multibit trie of prefixes, with paths compressed: writing, iterating.
 *
 * Layer: maps (p).  Locks: see trie.h.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "trie.h"

/* More than any length. */
#define NO_LIMIT	U32_MAX

static u32 len_at(const struct trie *t, u32 link)
{
	return trie_item_at(t, link)->order;
}

static const u8 *bits_at(const struct trie *t, u32 link)
{
	return item_of(trie_item_at(t, link))->bits;
}

static u32 *parent_at(const struct trie *t, u32 link)
{
	return &item_of(trie_item_at(t, link))->parent;
}

static void set_root(const struct trie *t, struct trie_spot *spot)
{
	spot->node = NULL;
	spot->child = (u32 *)t->child;
	spot->cover = (u32 *)t->cover;
	spot->bit = 0;
	spot->end = TRIE_ROOT_BITS;
}

static void set_node(struct trie_node *node, struct trie_spot *spot)
{
	spot->node = node;
	spot->child = node->child;
	spot->cover = node->cover;
	spot->bit = node->bit;
	spot->end = node->bit + TRIE_NODE_BITS;
}

static u32 index_in(const struct trie_spot *spot, const u8 *data)
{
	return spot->node ? nibble(data, spot->bit) : data[0];
}

static u32 nr_slots(const struct trie_spot *spot)
{
	return 1U << (spot->end - spot->bit);
}

/* The last node on the way of @data that begins before @len and not after @limit. */
static void descend(const struct trie *t, const u8 *data, u32 len, u32 limit,
		    struct trie_spot *spot)
{
	struct trie_node *node;
	u32 link;

	set_root(t, spot);
	for (;;) {
		link = READ_ONCE(spot->child[index_in(spot, data)]);
		if (!(link & LINK_NODE))
			return;
		node = trie_node_at(t, link);
		if (node->bit >= len || node->bit > limit)
			return;
		set_node(node, spot);
	}
}

/**
 * lbpf_trie_lookup_again() - Find the longest prefix of a key that left a path
 * @t: Trie.
 * @data: Key.
 * @common: Bits that it has in common with the path.
 * @limit: Bits of the key that count.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Item, or NULL.
 */
struct lbpf_elem *lbpf_trie_lookup_again(const struct trie *t, const u8 *data, u32 common,
					 u32 limit)
{
	struct lbpf_elem *best = NULL, *elem;
	struct trie_node *node;
	struct trie_spot spot;
	u32 link, index;

	set_root(t, &spot);
	for (;;) {
		index = index_in(&spot, data);
		elem = trie_cover(t, READ_ONCE(spot.cover[index]), limit);
		best = elem ? elem : best;
		link = READ_ONCE(spot.child[index]);
		if (!(link & LINK_NODE))
			break;
		node = trie_node_at(t, link);
		if (node->bit > common || node->bit >= limit)
			break;
		set_node(node, &spot);
	}
	link = READ_ONCE(t->any);
	return best || !link ? best : trie_item_at(t, link);
}

/* An item below @link. */
static u32 sample_of(const struct trie *t, u32 link)
{
	return link & LINK_NODE ? trie_node_at(t, link)->sample : link;
}

static u32 common_with(const struct trie *t, u32 link, const u8 *data)
{
	return common_bits(t, bits_at(t, link), data, KEY_ANY);
}

/* The cover of exactly @len bits at @index. */
static u32 find_cover(const struct trie *t, const struct trie_spot *spot, u32 index, u32 len)
{
	u32 link = spot->cover[index];

	while (link && len_at(t, link) > len)
		link = *parent_at(t, link);
	return link && len_at(t, link) == len ? link : 0;
}

/**
 * lbpf_trie_locate() - Find where a prefix belongs
 * @t: Trie.
 * @data: Prefix.
 * @len: Its length in bits, at most max_bits.
 * @place: Place.
 *
 * Context: Any; writers are excluded until @place is used.
 */
void lbpf_trie_locate(const struct trie *t, const u8 *data, u32 len, struct trie_place *place)
{
	struct trie_spot *spot = &place->spot;
	u32 sample;

	*place = (struct trie_place){ .data = data, .len = len, .common = len };
	descend(t, data, len, NO_LIMIT, spot);
	place->index = index_in(spot, data);
	place->link = spot->child[place->index];
	if (!len) {
		place->old = t->any;
		place->is_cover = true;
		return;
	}
	sample = place->link ? sample_of(t, place->link) : spot->node ? spot->node->sample : 0;
	if (sample)
		place->common = min(common_with(t, sample, data), len);
	if (place->common < spot->bit) {
		/* What is below the new link has as much in common. */
		descend(t, data, len, place->common, spot);
		place->index = index_in(spot, data);
		place->link = spot->child[place->index];
	}
	place->is_cover = len <= spot->end;
	if (place->is_cover)
		place->old = find_cover(t, spot, place->index, len);
	else if (place->link && !(place->link & LINK_NODE) &&
		 len_at(t, place->link) == len && place->common == len)
		place->old = place->link;
	place->needs_node = !place->is_cover && place->link && !place->old;
}

/* What is behind a link is filled in. */
static void publish(u32 *at, u32 link)
{
	/* Pairs with the address dependency of readers. */
	smp_store_release(at, link);
}

/* Slots of @spot that a cover of @len bits is for: first and last. */
static void cover_range(const struct trie_spot *spot, const u8 *data, u32 len, u32 *first,
			u32 *last)
{
	u32 width = 1U << (spot->end - len);

	*first = index_in(spot, data) & ~(width - 1);
	*last = *first + width - 1;
}

static void count_thing(const struct trie_spot *spot, int nr)
{
	if (spot->node)
		spot->node->nr += nr;
}

static void add_cover(struct trie *t, const struct trie_spot *spot, u32 link)
{
	u32 len = len_at(t, link), first, last, *at, i;

	cover_range(spot, bits_at(t, link), len, &first, &last);
	for (i = first; i <= last; i++) {
		at = &spot->cover[i];
		while (*at && len_at(t, *at) > len)
			at = parent_at(t, *at);
		if (*at == link)
			continue;
		/* The same in all slots: the next shorter one covers them all. */
		if (i == first)
			WRITE_ONCE(*parent_at(t, link), *at);
		publish(at, link);
	}
	count_thing(spot, 1);
}

/* @old is followed by @new, or by its parent. */
static void swap_cover(struct trie *t, const struct trie_spot *spot, u32 old, u32 new)
{
	u32 first, last, *at, i;

	cover_range(spot, bits_at(t, old), len_at(t, old), &first, &last);
	for (i = first; i <= last; i++) {
		at = &spot->cover[i];
		while (*at != old && *at != new)
			at = parent_at(t, *at);
		publish(at, new);
	}
}

/* Nodes on the way to @place that have @old as sample take @new. */
static void swap_sample(struct trie *t, const struct trie_place *place, u32 old, u32 new)
{
	struct trie_spot spot;
	struct trie_node *node;
	u32 link;

	set_root(t, &spot);
	for (;;) {
		link = spot.child[index_in(&spot, place->data)];
		if (!(link & LINK_NODE))
			return;
		node = trie_node_at(t, link);
		if (node->bit >= place->len)
			return;
		if (node->sample == old)
			WRITE_ONCE(node->sample, new);
		set_node(node, &spot);
	}
}

static void replace(struct trie *t, const struct trie_place *place, u32 link)
{
	const struct trie_spot *spot = &place->spot;

	if (!place->len) {
		publish(&t->any, link);
		return;
	}
	if (place->is_cover) {
		WRITE_ONCE(*parent_at(t, link), *parent_at(t, place->old));
		swap_cover(t, spot, place->old, link);
	} else {
		publish(&spot->child[place->index], link);
	}
	swap_sample(t, place, place->old, link);
}

/* Into a node that nobody sees yet. */
static void put_item(struct trie *t, const struct trie_spot *spot, u32 link)
{
	if (len_at(t, link) <= spot->end) {
		add_cover(t, spot, link);
		return;
	}
	*parent_at(t, link) = 0;
	spot->child[index_in(spot, bits_at(t, link))] = link;
	count_thing(spot, 1);
}

/* A node where @link and what was at the place part, or where the shorter one ends. */
static void insert_node(struct trie *t, const struct trie_place *place, u32 link, u32 ref)
{
	u32 node_link = link_of(ref) | LINK_NODE, other = place->link, other_len, common;
	struct trie_node *node = trie_node_at(t, node_link);
	struct trie_spot spot;

	other_len = other & LINK_NODE ? trie_node_at(t, other)->bit : len_at(t, other);
	common = min(place->common, other_len);
	memset(node, 0, sizeof(*node));
	/* One that contains the other ends in the node's bits, and is a cover there. */
	node->bit = (common == min(place->len, other_len) ? common - 1 : common) &
		    ~(TRIE_NODE_BITS - 1);
	node->sample = link;
	set_node(node, &spot);
	if (other & LINK_NODE) {
		spot.child[index_in(&spot, bits_at(t, sample_of(t, other)))] = other;
		count_thing(&spot, 1);
	} else {
		put_item(t, &spot, other);
	}
	put_item(t, &spot, link);
	publish(&place->spot.child[place->index], node_link);
}

/**
 * lbpf_trie_insert() - Insert an item, or replace the one that is there
 * @t: Trie.
 * @place: From lbpf_trie_locate().
 * @item: Ref of the new item, filled in.  The old one, if any, is @place->old.
 * @node: Ref of a node that is free, if @place->needs_node.
 *
 * Context: Any; writers are excluded.
 */
void lbpf_trie_insert(struct trie *t, const struct trie_place *place, u32 item, u32 node)
{
	u32 link = link_of(item);

	*parent_at(t, link) = 0;
	if (place->old) {
		replace(t, place, link);
		return;
	}
	t->nr++;
	if (!place->len) {
		publish(&t->any, link);
	} else if (place->is_cover) {
		add_cover(t, &place->spot, link);
	} else if (place->needs_node) {
		insert_node(t, place, link, node);
	} else {
		publish(&place->spot.child[place->index], link);
		count_thing(&place->spot, 1);
	}
}

/* Any thing in a node: link to a child or a cover. */
static u32 any_thing(const struct trie_node *node)
{
	u32 i;

	for (i = 0; i < TRIE_NODE_SLOTS; i++)
		if (node->child[i] || node->cover[i])
			return node->child[i] ?: node->cover[i];
	return 0;
}

/* The spot above a node. */
static void ascend(const struct trie *t, const u8 *data, struct trie_spot *spot)
{
	descend(t, data, spot->bit, NO_LIMIT, spot);
}

/* The last thing in a node takes its place. */
static u32 collapse(struct trie *t, const struct trie_place *place, u32 rest)
{
	struct trie_spot above = place->spot;
	u32 *slot, node_link;

	ascend(t, place->data, &above);
	slot = &above.child[index_in(&above, place->data)];
	node_link = *slot;
	publish(slot, rest);
	return ref_of(node_link);
}

/**
 * lbpf_trie_remove() - Take an item out
 * @t: Trie.
 * @place: From lbpf_trie_locate(), with ->old: the item.
 *
 * Context: Any; writers are excluded.
 * Return: Ref of a node that went with it, or LBPF_POOL_NONE.  Readers may look at both.
 */
u32 lbpf_trie_remove(struct trie *t, const struct trie_place *place)
{
	const struct trie_spot *spot = &place->spot;
	u32 rest, node = LBPF_POOL_NONE;

	t->nr--;
	if (!place->len) {
		publish(&t->any, 0);
		return node;
	}
	if (place->is_cover)
		swap_cover(t, spot, place->old, *parent_at(t, place->old));
	else
		publish(&spot->child[place->index], 0);
	count_thing(spot, -1);
	if (!spot->node)
		return node;
	rest = any_thing(spot->node);
	swap_sample(t, place, place->old, sample_of(t, rest));
	if (spot->node->nr == 1)
		node = collapse(t, place, rest);
	return node;
}

/* Is the last slot of a cover @index? */
static bool ends_at(const struct trie *t, const struct trie_spot *spot, u32 link, u32 index)
{
	u32 width = 1U << (spot->end - len_at(t, link));

	return (index & (width - 1)) == width - 1;
}

static u32 next_in_spot(const struct trie *t, struct trie_spot *spot, u32 index, u32 below);

/* The first item below @link: what is longer comes before what contains it. */
static u32 first_below(const struct trie *t, u32 link)
{
	struct trie_spot spot;

	while (link & LINK_NODE) {
		set_node(trie_node_at(t, link), &spot);
		if (!spot.child[0])
			return next_in_spot(t, &spot, 0, NO_LIMIT);
		link = spot.child[0];
	}
	return link;
}

/* What follows the child at @index: covers shorter than @below that end there, and so on. */
static u32 next_in_spot(const struct trie *t, struct trie_spot *spot, u32 index, u32 below)
{
	u32 link;

	for (;;) {
		for (link = spot->cover[index]; link && ends_at(t, spot, link, index);
		     link = *parent_at(t, link))
			if (len_at(t, link) < below)
				return link;
		if (++index == nr_slots(spot))
			return 0;
		link = spot->child[index];
		while (link & LINK_NODE) {
			set_node(trie_node_at(t, link), spot);
			index = 0;
			link = spot->child[0];
		}
		if (link)
			return link;
		below = NO_LIMIT;
	}
}

static u32 next_above(const struct trie *t, const u8 *data, struct trie_spot *spot)
{
	struct trie_spot inner;
	u32 link;

	while (spot->node) {
		ascend(t, data, spot);
		inner = *spot;
		link = next_in_spot(t, &inner, index_in(spot, data), NO_LIMIT);
		if (link)
			return link;
	}
	return t->any;
}

/**
 * lbpf_trie_first() - The first item of an iteration
 * @t: Trie.
 *
 * Context: Any; writers are excluded.
 * Return: Link, or 0: there is none.
 */
u32 lbpf_trie_first(const struct trie *t)
{
	struct trie_spot spot;
	u32 link;

	set_root(t, &spot);
	link = spot.child[0] ? first_below(t, spot.child[0]) :
			       next_in_spot(t, &spot, 0, NO_LIMIT);
	return link ?: t->any;
}

/* Does what is below @place->link come after the prefix? */
static bool is_after(const struct trie *t, const struct trie_place *place)
{
	u32 link = place->link, len, common;

	len = link & LINK_NODE ? trie_node_at(t, link)->bit : len_at(t, link);
	common = min(place->common, len);
	if (common == place->len)
		return false;
	if (common == len)
		return true;
	return bits_at(t, sample_of(t, link))[common / 8] & (0x80 >> common % 8);
}

/**
 * lbpf_trie_next() - The item after a prefix in an iteration
 * @t: Trie.
 * @data: Prefix; it need not be in the trie.
 * @len: Its length, bits.
 *
 * Smaller bits come first, and what is longer before what contains it.
 *
 * Source: order of BPF_MAP_GET_NEXT_KEY of BPF_MAP_TYPE_LPM_TRIE in Linux.
 * Context: Any; writers are excluded.
 * Return: Link, or 0: there is none.
 */
u32 lbpf_trie_next(const struct trie *t, const u8 *data, u32 len)
{
	struct trie_place place;
	struct trie_spot spot;
	u32 first, last, link;

	if (!len)
		return 0;
	lbpf_trie_locate(t, data, len, &place);
	spot = place.spot;
	if (!place.is_cover && place.link && is_after(t, &place))
		return first_below(t, place.link);
	if (place.is_cover) {
		cover_range(&spot, data, len, &first, &last);
		link = next_in_spot(t, &spot, last, len);
	} else {
		link = next_in_spot(t, &spot, place.index, NO_LIMIT);
	}
	if (link)
		return link;
	spot = place.spot;
	return next_above(t, data, &spot);
}

static int init_pool(struct trie_pool *p, const struct lbpf_pool_spec *spec, u32 elem_bytes)
{
	struct lbpf_pool_spec own = *spec;
	int err;

	own.elem_bytes = elem_bytes;
	own.is_lazy = true;
	err = lbpf_pool_init(&p->pool, &own);
	if (err)
		return err;
	p->chunks = p->pool.chunks;
	p->elem_bytes = elem_bytes;
	p->shift = p->pool.chunk_shift;
	p->mask = (1U << p->pool.chunk_shift) - 1;
	return 0;
}

/**
 * lbpf_trie_init() - Make an empty trie
 * @t: Zeroed memory.
 * @data_bytes: Bytes of the longest prefix.
 * @value_bytes: Bytes of a value.
 * @spec: Number of elements, those to make room for at once, node of the memory.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM with everything undone.
 */
int lbpf_trie_init(struct trie *t, u32 data_bytes, u32 value_bytes,
		   const struct lbpf_pool_spec *spec)
{
	int err;

	t->data_bytes = data_bytes;
	t->max_bits = data_bytes * 8;
	t->value_off = round_up(sizeof(struct trie_item) + data_bytes, 8);
	err = init_pool(&t->items, spec,
			sizeof(struct lbpf_elem) + t->value_off + round_up(value_bytes, 8));
	if (err)
		return err;
	err = init_pool(&t->nodes, spec, sizeof(struct lbpf_elem) + sizeof(struct trie_node));
	if (err)
		lbpf_pool_destroy(&t->items.pool);
	return err;
}

/**
 * lbpf_trie_destroy() - Free a trie and all that is in it
 * @t: Trie that nobody uses any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_trie_destroy(struct trie *t)
{
	lbpf_pool_destroy(&t->nodes.pool);
	lbpf_pool_destroy(&t->items.pool);
}
