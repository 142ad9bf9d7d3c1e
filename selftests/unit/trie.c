// SPDX-License-Identifier: GPL-2.0
/*
 * The trie of prefixes beside a list of them: results, order, memory that comes back.
 */
#include <lbpf/alloc.h>
#include <kselftest.h>

#include "maps/trie.h"

#define MAX_BYTES	24
#define NR_MODEL	600
#define NR_STEPS	12000

struct prefix {
	u32 len;
	u8 data[MAX_BYTES];
	u64 value;
};

struct fixture {
	struct trie t;
	struct prefix model[NR_MODEL];
	u32 nr, bytes;
};

static u64 seed;

static u32 rnd(u32 limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % limit;
}

static u32 common(const u8 *a, const u8 *b, u32 bits)
{
	u32 i;

	for (i = 0; i < bits; i++)
		if ((a[i / 8] ^ b[i / 8]) & (0x80 >> i % 8))
			break;
	return i;
}

static struct prefix *model_exact(struct fixture *f, const struct prefix *p)
{
	u32 i;

	for (i = 0; i < f->nr; i++)
		if (f->model[i].len == p->len &&
		    common(f->model[i].data, p->data, p->len) == p->len)
			return &f->model[i];
	return NULL;
}

static struct prefix *model_match(struct fixture *f, const struct prefix *key)
{
	struct prefix *best = NULL, *m;
	u32 i;

	for (i = 0; i < f->nr; i++) {
		m = &f->model[i];
		if (m->len <= key->len && common(m->data, key->data, m->len) == m->len &&
		    (!best || m->len > best->len))
			best = m;
	}
	return best;
}

/* Longer before what contains it, smaller bits first. */
static bool is_before(const struct prefix *a, const struct prefix *b)
{
	u32 len = min(a->len, b->len), c = common(a->data, b->data, len);

	if (c == len)
		return a->len > b->len;
	return !(a->data[c / 8] & (0x80 >> c % 8));
}

static struct prefix *model_next(struct fixture *f, const struct prefix *p)
{
	struct prefix *best = NULL, *m;
	u32 i;

	for (i = 0; i < f->nr; i++) {
		m = &f->model[i];
		if ((!p || is_before(p, m)) && (!best || is_before(m, best)))
			best = m;
	}
	return best;
}

/* Dense where @spread is small: nested prefixes, full nodes. */
static void make(struct fixture *f, struct prefix *p, u32 spread)
{
	u32 i;

	memset(p, 0, sizeof(*p));
	for (i = 0; i < f->bytes; i++)
		p->data[i] = rnd(4) ? rnd(spread) * 0x11 : rnd(256);
	p->len = rnd(f->bytes * 8 + 1);
	p->value = seed;
}

static u64 *value_of(struct fixture *f, struct lbpf_elem *elem)
{
	return elem ? trie_value(&f->t, elem) : NULL;
}

static bool same_item(struct fixture *f, u32 link, const struct prefix *m)
{
	struct lbpf_elem *elem;

	if (!link || !m)
		return !link == !m;
	elem = trie_item_at(&f->t, link);
	return elem->order == m->len && *value_of(f, elem) == m->value;
}

static bool put(struct fixture *f, const struct prefix *p)
{
	struct prefix *m = model_exact(f, p);
	struct trie_place place;
	struct lbpf_elem *elem;
	u32 item, node = LBPF_POOL_NONE;

	lbpf_trie_locate(&f->t, p->data, p->len, &place);
	if (!same_item(f, place.old, m))
		return false;
	if (!m && f->nr == NR_MODEL)
		return true;
	item = lbpf_pool_take(&f->t.items.pool);
	if (place.needs_node)
		node = lbpf_pool_take(&f->t.nodes.pool);
	if (item == LBPF_POOL_NONE || (place.needs_node && node == LBPF_POOL_NONE))
		return false;
	elem = trie_item_at(&f->t, link_of(item));
	elem->order = p->len;
	memcpy(item_of(elem)->bits, p->data, f->bytes);
	*value_of(f, elem) = p->value;
	lbpf_trie_insert(&f->t, &place, item, node);
	if (place.old)
		lbpf_pool_give(&f->t.items.pool, ref_of(place.old));
	if (!m)
		m = &f->model[f->nr++];
	*m = *p;
	return true;
}

static bool drop(struct fixture *f, const struct prefix *p)
{
	struct prefix *m = model_exact(f, p);
	struct trie_place place;
	u32 node;

	lbpf_trie_locate(&f->t, p->data, p->len, &place);
	if (!same_item(f, place.old, m))
		return false;
	if (!m)
		return true;
	node = lbpf_trie_remove(&f->t, &place);
	if (node != LBPF_POOL_NONE)
		lbpf_pool_give(&f->t.nodes.pool, node);
	lbpf_pool_give(&f->t.items.pool, ref_of(place.old));
	*m = f->model[--f->nr];
	return true;
}

static bool look(struct fixture *f, const struct prefix *p)
{
	enum key_kind kind = key_kind_of(f->bytes);
	struct prefix *m = model_match(f, p);
	struct lbpf_elem *elem = NULL;

	switch (kind) {
	case KEY_4:
		elem = trie_lookup(&f->t, p->data, p->len, KEY_4);
		break;
	case KEY_16:
		elem = trie_lookup(&f->t, p->data, p->len, KEY_16);
		break;
	default:
		elem = trie_lookup(&f->t, p->data, p->len, KEY_ANY);
	}
	return elem && m ? *value_of(f, elem) == m->value : !elem == !m;
}

static bool walk(struct fixture *f)
{
	struct prefix *m = model_next(f, NULL);
	u32 link = lbpf_trie_first(&f->t), nr = 0;
	struct lbpf_elem *elem;

	for (; link; nr++) {
		if (!same_item(f, link, m))
			return false;
		elem = trie_item_at(&f->t, link);
		link = lbpf_trie_next(&f->t, item_of(elem)->bits, elem->order);
		m = model_next(f, m);
	}
	return !m && nr == f->nr && f->t.nr == nr;
}

/* Nodes that are not free: each has two things below it. */
static bool few_nodes(struct fixture *f)
{
	u32 nr = 0;

	while (lbpf_pool_take(&f->t.nodes.pool) != LBPF_POOL_NONE)
		nr++;
	return nr + f->nr >= f->t.nodes.pool.nr_elems;
}

static bool set_up(struct fixture *f, u32 bytes)
{
	struct lbpf_pool_spec spec = {
		.nr_elems = NR_MODEL + 1,
		.nr_first = NR_MODEL + 1,
		.numa_node = NUMA_NO_NODE,
	};

	memset(f, 0, sizeof(*f));
	f->bytes = bytes;
	return !lbpf_trie_init(&f->t, bytes, 8, &spec);
}

static bool run(struct fixture *f, u32 spread)
{
	struct prefix p;
	u32 i, op;

	for (i = 0; i < NR_STEPS; i++) {
		make(f, &p, spread);
		if (f->nr && rnd(2))
			p = f->model[rnd(f->nr)];
		/* Now it grows, now it shrinks. */
		op = rnd(8) + (i / 3000 % 2 ? 3 : 0);
		if (!(op < 4 ? put(f, &p) : op < 8 ? drop(f, &p) : look(f, &p))) {
			ksft_print_msg("step %u: operation %u, length %u\n", i, op, p.len);
			return false;
		}
		p.len = rnd(4) ? f->bytes * 8 : rnd(f->bytes * 8 + 1);
		if (!look(f, &p)) {
			ksft_print_msg("step %u: lookup, length %u\n", i, p.len);
			return false;
		}
		if (!(i % 2000) && !walk(f)) {
			ksft_print_msg("step %u: order\n", i);
			return false;
		}
		make(f, &p, spread);
		if (!same_item(f, lbpf_trie_next(&f->t, p.data, p.len), model_next(f, &p))) {
			ksft_print_msg("step %u: next, length %u\n", i, p.len);
			return false;
		}
	}
	if (!few_nodes(f)) {
		ksft_print_msg("nodes are lost\n");
		return false;
	}
	return true;
}

int main(void)
{
	static const u32 sizes[] = { 1, 2, 3, 4, 5, 8, 16, 24 };
	static const u32 spreads[] = { 2, 4, 16 };
	static struct fixture f;
	u32 i, j;

	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE(sizes) * ARRAY_SIZE(spreads));
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (j = 0; j < ARRAY_SIZE(spreads); j++) {
			seed = i * 8 + j + 1;
			ksft_test_result(set_up(&f, sizes[i]) && run(&f, spreads[j]),
					 "%u bytes, %u values each\n", sizes[i], spreads[j]);
			lbpf_trie_destroy(&f.t);
		}
	ksft_finished();
}
