/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copying map values, and the lock inside a value.
 *
 * Layer: maps (p).  A value may hold a bpf_spin_lock, a bpf_timer and pointers to
 * kernel objects, which no copy touches.  Words of 8 bytes are copied whole where
 * size and destination allow it, so that a program that reads a counter meanwhile
 * sees no half of it.
 */
#ifndef _LBPF_VALUE_H
#define _LBPF_VALUE_H

#include <linux/bpf.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <lbpf/map.h>
#include <lbpf/timer.h>

/* Larger values go through memcpy(). */
#define LBPF_WORD_COPY_MAX	128

/**
 * lbpf_copy_words() - Copy memory, small pieces word by word
 * @to: Destination, 8-byte aligned.
 * @from: Source.
 * @size_bytes: Size, not 0.
 *
 * Context: Any.
 */
static __always_inline void lbpf_copy_words(void *to, const void *from, u32 size_bytes)
{
	u64 word, i = size_bytes;

	if (unlikely(size_bytes % 8 || size_bytes > LBPF_WORD_COPY_MAX)) {
		memcpy(to, from, size_bytes);
		return;
	}
	do {
		i -= 8;
		__builtin_memcpy(&word, from + i, sizeof(word));
		WRITE_ONCE(*(u64 *)(to + i), word);
	} while (i);
}

/**
 * lbpf_zero_words() - Clear memory, small pieces word by word
 * @to: Destination, 8-byte aligned.
 * @size_bytes: Size, a multiple of 8, not 0.
 *
 * Context: Any.
 */
static __always_inline void lbpf_zero_words(void *to, u32 size_bytes)
{
	u64 i = size_bytes;

	if (unlikely(size_bytes > LBPF_WORD_COPY_MAX)) {
		memset(to, 0, size_bytes);
		return;
	}
	do {
		i -= 8;
		WRITE_ONCE(*(u64 *)(to + i), 0);
	} while (i);
}

void lbpf_value_copy_around(const struct lbpf_map *map, void *to, const void *from);
void lbpf_value_clear_fields(const struct lbpf_map *map, void *value);
void lbpf_value_reuse(const struct lbpf_map *map, void *to, const void *from);
void lbpf_value_copy_locked(const struct lbpf_map *map, void *to, const void *from, bool lock_from);

static __always_inline bool lbpf_value_has_fields(const struct lbpf_map *map)
{
	return (map->spin_lock_off & map->timer_off & map->kptr_off) >= 0;
}

/**
 * lbpf_value_copy() - Copy a value into a map
 * @map: Map.
 * @to: Value in the map; its lock and timer stay as they are.
 * @from: New value.
 *
 * Context: Any.
 */
static __always_inline void lbpf_value_copy(const struct lbpf_map *map, void *to, const void *from)
{
	if (unlikely(lbpf_value_has_fields(map)))
		lbpf_value_copy_around(map, to, from);
	else
		lbpf_copy_words(to, from, map->value_size);
}

/**
 * lbpf_value_init() - Fill in the value of an element that is not in the map yet
 * @map: Map.
 * @to: Value in the map, zero or of an element that was deleted.
 * @from: New value.
 *
 * Context: Any but NMI where values have a lock or a timer.
 */
static __always_inline void lbpf_value_init(const struct lbpf_map *map, void *to, const void *from)
{
	if (unlikely(lbpf_value_has_fields(map)))
		lbpf_value_reuse(map, to, from);
	else
		lbpf_copy_words(to, from, map->value_size);
}

/**
 * lbpf_value_copy_out() - Copy a value for userspace
 * @map: Map.
 * @to: Buffer; lock and timer read as zero.
 * @from: Value in the map.
 *
 * Context: Any.
 */
static __always_inline void
lbpf_value_copy_out(const struct lbpf_map *map, void *to, const void *from)
{
	if (unlikely(lbpf_value_has_fields(map))) {
		lbpf_value_copy_around(map, to, from);
		lbpf_value_clear_fields(map, to);
		return;
	}
	lbpf_copy_words(to, from, map->value_size);
}

void lbpf_value_drop_kptrs(const struct lbpf_map *map, void *value);

/**
 * lbpf_value_drop_timer() - End the timer of a value
 * @map: Map that the caller holds a reference on.
 * @value: Value in it.
 *
 * Context: Any but NMI; locks may be held.
 */
static __always_inline void lbpf_value_drop_timer(const struct lbpf_map *map, void *value)
{
	if (unlikely(map->timer_off >= 0))
		lbpf_timer_drop(value + map->timer_off);
}

/**
 * lbpf_value_drop_fields() - End what the fields of a value own: its timer, its references
 * @map: Map that the caller holds a reference on.
 * @value: Value in it.
 *
 * Context: Any but NMI; locks may be held.
 */
static __always_inline void lbpf_value_drop_fields(const struct lbpf_map *map, void *value)
{
	lbpf_value_drop_timer(map, value);
	if (unlikely(map->kptr_off >= 0))
		lbpf_value_drop_kptrs(map, value);
}

/**
 * lbpf_value_lock() - Take the lock in a value
 * @lock: Lock.
 *
 * Context: Any but NMI.  Interrupts are off until lbpf_value_unlock().
 * Return: What lbpf_value_unlock() needs.
 */
static inline unsigned long lbpf_value_lock(struct bpf_spin_lock *lock)
{
	unsigned long flags;

	local_irq_save(flags);
	preempt_disable();
	arch_spin_lock((arch_spinlock_t *)lock);
	return flags;
}

static inline void lbpf_value_unlock(struct bpf_spin_lock *lock, unsigned long flags)
{
	arch_spin_unlock((arch_spinlock_t *)lock);
	preempt_enable();
	local_irq_restore(flags);
}

#endif /* _LBPF_VALUE_H */
