// SPDX-License-Identifier: GPL-2.0
/*
 * Copying values that hold a lock or a timer.
 *
 * Layer: maps (p).
 */
#include <linux/minmax.h>

#include <lbpf/value.h>

struct span {
	u32 off;
	u32 size_bytes;
};

static void swap_spans(struct span *a, struct span *b)
{
	struct span old = *a;

	*a = *b;
	*b = old;
}

/* The two fields in order; one that the value lacks is empty, at its end. */
static void find_fields(const struct lbpf_map *map, struct span field[2])
{
	field[0] = (struct span){ map->value_size, 0 };
	field[1] = field[0];
	if (map->spin_lock_off >= 0)
		field[0] = (struct span){ map->spin_lock_off, sizeof(struct bpf_spin_lock) };
	if (map->timer_off >= 0)
		field[1] = (struct span){ map->timer_off, sizeof(struct bpf_timer) };
	if (field[0].off > field[1].off)
		swap_spans(&field[0], &field[1]);
}

/**
 * lbpf_value_copy_around() - Copy a value except its lock and timer
 * @map: Map.
 * @to: Destination.
 * @from: Source.
 *
 * Context: Any.
 */
void lbpf_value_copy_around(const struct lbpf_map *map, void *to, const void *from)
{
	struct span field[2];
	u32 at = 0, i;

	find_fields(map, field);
	for (i = 0; i < ARRAY_SIZE(field); i++) {
		memcpy(to + at, from + at, field[i].off - at);
		at = field[i].off + field[i].size_bytes;
	}
	memcpy(to + at, from + at, map->value_size - at);
}

/**
 * lbpf_value_clear_fields() - Zero the lock and the timer of a value
 * @map: Map.
 * @value: Value that nobody sees yet, or a buffer.
 *
 * Context: Any.
 */
void lbpf_value_clear_fields(const struct lbpf_map *map, void *value)
{
	struct span field[2];
	u32 i;

	find_fields(map, field);
	for (i = 0; i < ARRAY_SIZE(field); i++)
		memset(value + field[i].off, 0, field[i].size_bytes);
}

/**
 * lbpf_value_reuse() - Fill in the value of an element that is not in the map
 * @map: Map.
 * @to: Value in the map.
 * @from: New value.
 *
 * A program, or an update that found the element before it was deleted, may still hold its lock,
 * which therefore stays, and is waited for.  Whoever did so may have begun a timer too.
 *
 * Context: Any but NMI.
 */
void lbpf_value_reuse(const struct lbpf_map *map, void *to, const void *from)
{
	lbpf_value_drop_fields(map, to);
	if (map->spin_lock_off >= 0)
		lbpf_value_copy_locked(map, to, from, false);
	else
		lbpf_value_copy_around(map, to, from);
}

/**
 * lbpf_value_copy_locked() - Copy a value under its lock
 * @map: Map whose values have a lock.
 * @to: Destination.
 * @from: Source.
 * @lock_from: The lock is the one in @from (the map's value is read), else the one in @to.
 *
 * Source: BPF_F_LOCK of BPF_MAP_UPDATE_ELEM and BPF_MAP_LOOKUP_ELEM.
 * Context: Any but NMI.
 */
void lbpf_value_copy_locked(const struct lbpf_map *map, void *to, const void *from, bool lock_from)
{
	void *locked = lock_from ? (void *)from : to;
	struct bpf_spin_lock *lock = locked + map->spin_lock_off;
	unsigned long flags = lbpf_value_lock(lock);

	lbpf_value_copy_around(map, to, from);
	lbpf_value_unlock(lock, flags);
}
