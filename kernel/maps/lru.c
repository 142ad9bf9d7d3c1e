// SPDX-License-Identifier: GPL-2.0
/*
 * LRU hash map: a full map gives up an entry that was not used lately.
 *
 * Layer: maps (p).  Locks: see hash_lock(); an eviction is tried with the lock of
 * the new entry's bucket held, and then only tries to have the lock of its victim's
 * bucket; if nothing comes of that, it waits for locks while no other is held.
 *
 * The algorithm is CLOCK (F. Corbato, 1968): elements lie in a circle, which
 * insertion fills in order; a use marks the element; who needs room goes round,
 * takes marks away, and evicts the first element without one.  CPUs claim the
 * circle window by window, so that an eviction writes no line that others write.
 * Plain CLOCK is as good as exact LRU, and both lose to what knows of frequency
 * when a few keys are used much.  So three things are added, none of which costs a
 * use of an element anything:
 * - The hand remembers in how many of its rounds an element was used (->laps), and
 *   takes one of them away for each round in which it was not (generalized CLOCK,
 *   A. Smith, 1978, counted by rounds, not by uses).
 * - Where the hand meets an element that was used it waits, and what was inserted
 *   lately goes first if it was not used since (the small queue of S3-FIFO, J. Yang
 *   and others, 2023): one element in eight is on trial so.  A step of the hand for
 *   every FAILED_PER_STEP of them sees to it that nothing stays for ever.
 * - A bucket remembers the tags of the last four entries evicted from it: what
 *   comes back is spared for a round (the ghosts of 2Q, T. Johnson and D. Shasha,
 *   1994).
 * All three lose where what was used often is soon done with for good.  So a CPU
 * watches how often elements that were spared for their rounds are used again, and
 * how often those on trial are.  While the former seldom happens, beside the latter,
 * it is impatient: plain CLOCK, but for one element in SAMPLE, which is still spared
 * and tells when that pays again (the sample sets of DIP, M. Qureshi and others, 2007).
 * One eviction passes MARKS_PASSED marks at most, and then takes what comes.
 *
 * An eviction happens only when an insertion finds nothing free on any CPU: the
 * map holds max_entries, and updates of existing keys never evict.  The head of an
 * element in a slot says where it is (table_note_slot()): its key need not be hashed
 * and looked for.  With BPF_F_NO_COMMON_LRU every CPU has an equal share of the
 * entries, which it neither exceeds nor lends; ->owners says whose share an element
 * counts in.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/numa.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>

#include "hash_ops.h"

#define MARKS_PASSED	256
#define LAPS_MAX	3
/* In ->laps: the element was spared for its rounds when the hand was there last. */
#define LAPS_SPARED	0x80
#define WINDOW_MAX	32U
/* One element in so many is on trial, and one of so many that failed moves the hand on. */
#define TRIAL_SHARE	8
#define FAILED_PER_STEP	8
/* Rates are averages of the last 2^RATE_SHIFT or so; a CPU begins with RATE_FIRST for both. */
#define RATE_ONE	65536U
#define RATE_SHIFT	7
#define RATE_FIRST	(RATE_ONE / 4)
/* Impatient: so many times more of those on trial are used, and more than one in 32. */
#define RATE_FACTOR	4
#define RATE_LEAST	(RATE_ONE / 32)
#define SAMPLE		16
/* Elements looked at while the lock of a bucket is held. */
#define HELD_STEPS	(2 * MARKS_PASSED)

static const struct hash_form lru_form = { .is_lru = true };

static int init_trials(struct lru *lru, u32 nr)
{
	lru->nr_trials = max(nr / TRIAL_SHARE, nr_cpu_ids);
	lru->trials = lbpf_area_alloc_array(lru->nr_trials, sizeof(*lru->trials), NUMA_NO_NODE);
	return lru->trials ? 0 : -ENOMEM;
}

static void init_rates(struct lbpf_hash *h)
{
	struct hash_cpu *cpu;
	int i;

	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(h->cpus, i);
		cpu->spared_used = RATE_FIRST;
		cpu->trial_used = RATE_FIRST;
	}
}

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
	lru->window = clamp(nr / (4 * num_possible_cpus()), 1U, WINDOW_MAX);
	init_rates(h);
	lru->laps = lbpf_area_alloc(nr, NUMA_NO_NODE);
	if (!lru->laps || init_trials(lru, nr))
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
	lbpf_area_free(lru->trials);
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
		bytes += sizeof(*h->lru) + h->pool.nr_elems +
			 (u64)h->lru->nr_trials * sizeof(u32);
	if (h->lru && h->lru->owners)
		bytes += (u64)h->pool.nr_elems * sizeof(u16) +
			 SMP_CACHE_BYTES * num_possible_cpus();
	return bytes;
}

/**
 * lbpf_lru_take_share() - Take a free element, with BPF_F_NO_COMMON_LRU
 * @h: Map.
 *
 * Context: Any, after hash_enter().
 * Return: Ref, or LBPF_POOL_NONE: something must be evicted.
 */
u32 lbpf_lru_take_share(struct lbpf_hash *h)
{
	struct lru *lru = h->lru;
	struct lru_share *mine = this_cpu_ptr(lru->shares);
	u32 ref;

	if (atomic_read(&mine->nr) >= lru->share)
		return LBPF_POOL_NONE;
	ref = lbpf_pool_take(&h->pool);
	if (ref == LBPF_POOL_NONE)
		return ref;
	lru->owners[ref] = smp_processor_id();
	atomic_inc(&mine->nr);
	return ref;
}

/* The next places of a circle of @nr, @most of them; *@nr_claimed becomes their number. */
static u32 claim(u32 *hand, u32 nr, u32 most, u32 *nr_claimed)
{
	u32 old = READ_ONCE(*hand), next, seen;

	for (;;) {
		*nr_claimed = min(most, nr - old);
		next = old + *nr_claimed;
		seen = cmpxchg(hand, old, next < nr ? next : 0);
		if (seen == old)
			return old;
		old = seen;
	}
}

static noinline void claim_window(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	struct lru *lru = h->lru;

	cpu->hand = claim(&lru->hand, h->pool.nr_elems, lru->window, &cpu->nr_window);
}

static noinline void claim_trials(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	struct lru *lru = h->lru;
	u32 first;

	if (lru->owners) {
		cpu->nr_trial = lru->nr_trials / nr_cpu_ids;
		first = smp_processor_id() * cpu->nr_trial;
	} else {
		first = claim(&lru->trial_hand, lru->nr_trials, lru->window, &cpu->nr_trial);
	}
	cpu->trial = lru->trials + first;
}

/* Next element of the circle. */
static u32 advance_hand(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	if (!cpu->nr_window)
		claim_window(h, cpu);
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

static u32 next_rate(u32 rate, bool is_hit)
{
	return rate - (rate >> RATE_SHIFT) + (is_hit ? RATE_ONE >> RATE_SHIFT : 0);
}

static void choose_patience(struct hash_cpu *cpu)
{
	cpu->is_impatient = cpu->trial_used > RATE_FACTOR * cpu->spared_used + RATE_LEAST;
}

/* Was it used in this round, or often before?  Takes the mark, or one of those rounds, away. */
static bool spare_elem(struct lru *lru, struct hash_cpu *cpu, struct lbpf_elem *elem, u32 ref)
{
	u8 old = READ_ONCE(lru->laps[ref]), laps = old & ~LAPS_SPARED;
	bool is_used = READ_ONCE(elem->mark), is_spared = is_used;

	if (old & LAPS_SPARED) {
		cpu->spared_used = next_rate(cpu->spared_used, is_used);
		choose_patience(cpu);
	}
	if (is_used) {
		WRITE_ONCE(elem->mark, 0);
		laps = min(laps + 1, LAPS_MAX);
	} else if (laps) {
		laps--;
		is_spared = !cpu->is_impatient || ref % SAMPLE == 0;
		if (is_spared)
			laps |= LAPS_SPARED;
	}
	if (laps != old)
		WRITE_ONCE(lru->laps[ref], laps);
	return is_spared;
}

static __always_inline bool is_cold(const struct lru *lru, const struct lbpf_elem *elem, u32 ref)
{
	return !(READ_ONCE(elem->mark) | READ_ONCE(lru->laps[ref]));
}

/*
 * Locks a victim's bucket.  Who holds another one does not wait: it could be for somebody who waits
 * for that one.
 */
#ifndef __CHECKER__
static __always_inline bool lock_or_try(struct bucket *b, const struct bucket *held)
{
	return held ? spin_trylock_irqs_off(&b->lock) : wait_for_lock(b);
}
#else
bool lock_or_try(struct bucket *b, const struct bucket *held);
#endif

#define victim_lock(b, held)	__cond_lock(&(b)->lock, lock_or_try(b, held))

/* Bucket of an element that is in a slot, or whatever its head says. */
static struct bucket *noted_bucket(const struct table *t, u32 noted)
{
	return &t->buckets[(noted / BUCKET_SLOTS) & t->mask];
}

static __always_inline void note_ghost(struct bucket *b, u32 slot)
{
	b->ghosts = b->ghosts << 8 | (u8)(b->tags >> 8 * slot);
}

/* Bucket locked.  Not if the element is elsewhere by now, or was used again. */
static bool remove_victim(struct lbpf_hash *h, struct bucket *b, u32 ref, u32 noted,
			  bool also_marked)
{
	struct place place = {
		.elem = form_elem(h, ref, lru_form), .ref = ref, .slot = noted % BUCKET_SLOTS,
	};

	if (unlikely(!(noted & AT_SLOT))) {
		if (!locate_ref(&h->table, b, hash_of_key(h, place.elem->data), ref, &place))
			return false;
	} else if (unlikely(!is_in_slot(b, place.slot, ref))) {
		return false;
	}
	if (unlikely(!also_marked && READ_ONCE(place.elem->mark)))
		return false;
	if (likely(place.slot < BUCKET_SLOTS))
		note_ghost(b, place.slot);
	table_remove(b, &place);
	lbpf_value_drop_fields(&h->map, elem_value(&h->table, place.elem));
	return true;
}

/* Takes the element out of the map unless it is free, or was used again. */
static bool try_evict(struct lbpf_hash *h, u32 ref, bool also_marked, struct bucket *held)
{
	struct lbpf_elem *elem = form_elem(h, ref, lru_form);
	u32 noted = READ_ONCE(elem->next);
	struct bucket *b;
	bool done;

	if (unlikely(noted == NOT_IN_TABLE))
		return false;
	if (likely(noted & AT_SLOT))
		b = noted_bucket(&h->table, noted);
	else
		/* The key may be changing: then the element is not in the bucket. */
		b = table_bucket(&h->table, hash_of_key(h, elem->data));
	if (b == held)
		return remove_victim(h, b, ref, noted, also_marked);
	if (!victim_lock(b, held))
		return false;
	done = remove_victim(h, b, ref, noted, also_marked);
	spin_unlock_irqs_off(&b->lock);
	return done;
}

/* Goes round, takes marks away, and takes the first element without one. */
static noinline u32 go_round(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *held)
{
	u64 left = held ? HELD_STEPS : (LAPS_MAX + 3) * (u64)h->pool.nr_elems;
	struct lru *lru = h->lru;
	struct lbpf_elem *elem;
	u32 marks = 0, ref;

	while (left--) {
		ref = advance_hand(h, cpu);
		if (unlikely(lru->owners) && lru->owners[ref] != smp_processor_id())
			continue;
		elem = form_elem(h, ref, lru_form);
		if (marks < MARKS_PASSED && spare_elem(lru, cpu, elem, ref)) {
			marks++;
			continue;
		}
		if (likely(try_evict(h, ref, marks == MARKS_PASSED, held)))
			return ref;
	}
	return LBPF_POOL_NONE;
}

/* Takes a cold element out of its slot, if that is what it is in. */
static __always_inline bool
evict_cold(struct lbpf_hash *h, struct lbpf_elem *elem, u32 ref, const struct bucket *held)
{
	u32 noted = READ_ONCE(elem->next), slot = noted % BUCKET_SLOTS;
	struct bucket *b = noted_bucket(&h->table, noted);

	if (unlikely(!(noted & AT_SLOT)))
		return false;
	if (unlikely(b == held))
		return false;
	if (!spin_trylock_irqs_off(&b->lock))
		return false;
	if (unlikely(!is_in_slot(b, slot, ref))) {
		spin_unlock_irqs_off(&b->lock);
		return false;
	}
	note_ghost(b, slot);
	table_empty_slot(b, slot);
	lbpf_value_drop_fields(&h->map, elem_value(&h->table, elem));
	spin_unlock_irqs_off(&b->lock);
	return true;
}

static void note_failures(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	u32 ref;

	/* FAILED_PER_STEP of them at once. */
	cpu->trial_used -= cpu->trial_used / ((1 << RATE_SHIFT) / FAILED_PER_STEP);
	choose_patience(cpu);
	if (cpu->is_impatient)
		return;
	ref = advance_hand(h, cpu);
	spare_elem(h->lru, cpu, form_elem(h, ref, lru_form), ref);
}

/* The element on trial the longest, if it was not used; its place goes to the new entry. */
static __always_inline u32
evict_failed(struct lbpf_hash *h, struct hash_cpu *cpu, u32 trial, struct bucket *held)
{
	struct lru *lru = h->lru;
	struct lbpf_elem *elem;
	u32 ref = trial - 1;

	if (unlikely(!trial))
		return LBPF_POOL_NONE;
	elem = form_elem(h, ref, lru_form);
	if (unlikely(lru->owners) && lru->owners[ref] != smp_processor_id())
		return LBPF_POOL_NONE;
	if (!is_cold(lru, elem, ref)) {
		cpu->trial_used = next_rate(cpu->trial_used, true);
		choose_patience(cpu);
		return LBPF_POOL_NONE;
	}
	if (++cpu->nr_failed % FAILED_PER_STEP == 0)
		note_failures(h, cpu);
	if (cpu->is_impatient || !evict_cold(h, elem, ref, held))
		return LBPF_POOL_NONE;
	return ref;
}

/* Moves the hand on to an element of this CPU's share. */
static noinline void skip_foreign(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	const struct lru *lru = h->lru;
	u32 left = h->pool.nr_elems;

	while (left-- && lru->owners[cpu->hand] != smp_processor_id()) {
		cpu->hand++;
		if (!--cpu->nr_window)
			claim_window(h, cpu);
	}
}

/**
 * lbpf_lru_evict() - Take an element that is in use
 * @h: Map.
 * @cpu: From hash_enter().
 * @held: Bucket whose lock is held.
 *
 * The entry is still counted: the caller puts another one in its place, or counts it out.
 *
 * Context: Any, after hash_enter(), no bucket lock held but that of @held.
 * Return: Ref, or LBPF_POOL_NONE if it would have taken long: lbpf_lru_evict_slow().
 */
u32 lbpf_lru_evict(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *held)
{
	struct lru *lru = h->lru;
	struct lbpf_elem *elem;
	u32 *trial, ref;

	if (unlikely(!cpu->nr_window))
		claim_window(h, cpu);
	if (unlikely(!cpu->nr_trial))
		claim_trials(h, cpu);
	if (unlikely(lru->owners))
		skip_foreign(h, cpu);
	trial = cpu->trial++;
	cpu->nr_trial--;
	ref = cpu->hand;
	elem = form_elem(h, ref, lru_form);
	if (is_cold(lru, elem, ref)) {
		if (unlikely(!evict_cold(h, elem, ref, held)))
			goto go_round;
		cpu->hand++;
		cpu->nr_window--;
		WRITE_ONCE(*trial, ref + 1);
		return ref;
	}
	ref = evict_failed(h, cpu, READ_ONCE(*trial), held);
	if (likely(ref != LBPF_POOL_NONE))
		return ref;

go_round:
	ref = go_round(h, cpu, held);
	/* LBPF_POOL_NONE becomes 0. */
	WRITE_ONCE(*trial, ref + 1);
	return ref;
}

/**
 * lbpf_lru_evict_slow() - Take an element that is in use, however long it takes
 * @h: Map.
 * @cpu: From hash_enter(); lbpf_lru_evict() gave nothing.
 *
 * Context: Any, after hash_enter(), no bucket lock held.
 * Return: Ref, or LBPF_POOL_NONE if nothing was to be had (in an NMI; or all is in the hands of
 * other CPUs).
 */
u32 lbpf_lru_evict_slow(struct lbpf_hash *h, struct hash_cpu *cpu)
{
	u32 ref = go_round(h, cpu, NULL);

	WRITE_ONCE(cpu->trial[-1], ref + 1);
	return ref;
}

HASH_FUNCS(4, KEY_4, true, false)
HASH_FUNCS(8, KEY_8, true, false)
HASH_FUNCS(16, KEY_16, true, false)
HASH_FUNCS(64, KEY_64, true, false)
HASH_FUNCS(any, KEY_ANY, true, false)
HASH_FUNCS(percpu_4, KEY_4, true, true)
HASH_FUNCS(percpu_8, KEY_8, true, true)
HASH_FUNCS(percpu_16, KEY_16, true, true)
HASH_FUNCS(percpu_64, KEY_64, true, true)
HASH_FUNCS(percpu_any, KEY_ANY, true, true)

static struct lbpf_map *alloc(const union bpf_attr *attr);
static struct lbpf_map *percpu_alloc(const union bpf_attr *attr);

#define LRU_FLAGS	(BPF_F_NO_PREALLOC | BPF_F_NO_COMMON_LRU | BPF_F_NUMA_NODE | \
			 BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED)

#define OPS(suffix) {								\
	HASH_OPS(suffix, lookup_),						\
	.type = BPF_MAP_TYPE_LRU_HASH,						\
	.name = "lru_hash",							\
	.kernel_struct = "bpf_htab",						\
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE |	\
		LBPF_USE_DELETE |						\
		LBPF_USE_FOR_EACH | LBPF_USE_VALUE_TIMER | LBPF_USE_VALUE_KPTR,			\
	.text = LBPF_TEXT_BY_KEY,						\
	.create_flags = LRU_FLAGS,						\
	.alloc = alloc,								\
	.user_update = lbpf_hash_user_update,					\
}

#define PERCPU_OPS(suffix) {							\
	HASH_OPS(suffix, lookup_),						\
	.type = BPF_MAP_TYPE_LRU_PERCPU_HASH,					\
	.name = "lru_percpu_hash",						\
	.text = LBPF_TEXT_BY_KEY,						\
	.kernel_struct = "bpf_htab",						\
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE |	\
		LBPF_USE_DELETE |						\
		LBPF_USE_LOOKUP_PERCPU | LBPF_USE_FOR_EACH,			\
	.create_flags = LRU_FLAGS,						\
	.alloc = percpu_alloc,							\
	.lookup_percpu = lbpf_hash_lookup_percpu,				\
	.user_value_bytes = lbpf_percpu_value_bytes,				\
	.user_update = lbpf_hash_user_update,					\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = OPS(4),
	[KEY_8] = OPS(8),
	[KEY_16] = OPS(16),
	[KEY_64] = OPS(64),
	[KEY_ANY] = OPS(any),
};

static const struct lbpf_map_ops percpu_ops_of_kind[] = {
	[KEY_4] = PERCPU_OPS(percpu_4),
	[KEY_8] = PERCPU_OPS(percpu_8),
	[KEY_16] = PERCPU_OPS(percpu_16),
	[KEY_64] = PERCPU_OPS(percpu_64),
	[KEY_ANY] = PERCPU_OPS(percpu_any),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[key_kind_of(attr->key_size)]);
}

static struct lbpf_map *percpu_alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &percpu_ops_of_kind[key_kind_of(attr->key_size)]);
}

const struct lbpf_map_ops lbpf_lru_hash_ops = OPS(any);
const struct lbpf_map_ops lbpf_lru_percpu_hash_ops = PERCPU_OPS(percpu_any);
