/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What evicts entries of a hash map: lru.c has the algorithm.
 *
 * Layer: maps (p).
 */
#ifndef _LBPF_MAPS_LRU_H
#define _LBPF_MAPS_LRU_H

#include "hashtab.h"
#include "table_write.h"

/**
 * struct lru_share - A CPU's share, with BPF_F_NO_COMMON_LRU
 * @nr: Elements taken in the share; other CPUs delete them too.
 */
struct lru_share {
	atomic_t nr;
};

/**
 * struct lru - What evicts entries of a map
 * @window: Elements that a CPU claims at once, of the circle or of those on trial.
 * @nr_trials: Elements on trial.
 * @share: Entries that a CPU may have, with BPF_F_NO_COMMON_LRU.
 * @laps: Rounds in which each element was used less those in which it was not; written by the
 *	CPU that has claimed the element's window, and while the element is free.
 * @trials: Refs plus 1 of the elements on trial, a circle too, 0: none; with BPF_F_NO_COMMON_LRU
 *	each CPU has a part of it.
 * @owners: CPU of each element, with BPF_F_NO_COMMON_LRU, else NULL.
 * @shares: Use of the shares, likewise.
 * @hand: Next element that nobody has claimed.
 * @trial_hand: Next of @trials that nobody has claimed.
 */
struct lru {
	u32			window;
	u32			nr_trials;
	u32			share;
	u8			*laps;
	u32			*trials;
	u16			*owners;
	struct lru_share __percpu *shares;
	u32			hand ____cacheline_aligned_in_smp;
	u32			trial_hand;
};

u32 lbpf_lru_take_share(struct lbpf_hash *h);
u32 lbpf_lru_evict(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *held);
u32 lbpf_lru_evict_slow(struct lbpf_hash *h, struct hash_cpu *cpu);

/* Takes a free element: its ref, or LBPF_POOL_NONE: something must be evicted. */
static __always_inline u32 lru_take(struct lbpf_hash *h)
{
	struct lru *lru = h->lru;
	u32 ref;

	if (unlikely(lru->owners))
		return lbpf_lru_take_share(h);
	ref = lbpf_pool_pop(&h->pool, this_cpu_ptr(h->pool.cpus));
	if (unlikely(ref == LBPF_POOL_NONE)) {
		if (lbpf_pool_is_empty(&h->pool))
			return ref;
		ref = lbpf_pool_take_slow(&h->pool);
		if (ref == LBPF_POOL_NONE)
			return ref;
	}
	return ref;
}

/* What was evicted before it was used has a round to prove itself when it comes back. */
static __always_inline void
lru_welcome(struct lbpf_hash *h, struct bucket *b, u64 hash, struct lbpf_elem *elem, u32 ref)
{
	WRITE_ONCE(elem->mark, 0);
	WRITE_ONCE(h->lru->laps[ref], has_ghost(b->ghosts, tag_of(hash)));
}

/* Counts an element that goes back to the pool out of its share. */
static __always_inline void lru_forget(struct lbpf_hash *h, u32 ref)
{
	struct lru *lru = h->lru;

	if (unlikely(lru->owners))
		atomic_dec(&per_cpu_ptr(lru->shares, lru->owners[ref])->nr);
}

/* An element, not published yet, takes the place of another one and counts as used. */
static __always_inline void
lru_adopt(struct lbpf_hash *h, struct lbpf_elem *elem, u32 ref, const struct place *old)
{
	struct lru *lru = h->lru;

	WRITE_ONCE(elem->mark, 1);
	WRITE_ONCE(lru->laps[ref], READ_ONCE(lru->laps[old->ref]));
	if (likely(old->slot < BUCKET_SLOTS))
		WRITE_ONCE(elem->next, READ_ONCE(old->elem->next));
	if (unlikely(lru->owners))
		lru->owners[ref] = lru->owners[old->ref];
}

#endif /* _LBPF_MAPS_LRU_H */
