// SPDX-License-Identifier: GPL-2.0
/*
 * Copying values that hold a lock or a timer.
 *
 * Layer: maps (p).
 */
#include <linux/minmax.h>

#include <lbpf/kobject.h>
#include <lbpf/value.h>

struct span {
	u32 off;
	u32 size_bytes;
};

/* A lock, a timer, and pointers to kernel objects. */
#define MAX_FIELDS	(2 + LBPF_BTF_MAX_KPTRS)

/* Adds a field where it belongs: they are in order. */
static void add_field(struct span *fields, u32 nr, u32 off, u32 size_bytes)
{
	for (; nr && fields[nr - 1].off > off; nr--)
		fields[nr] = fields[nr - 1];
	fields[nr] = (struct span){ off, size_bytes };
}

/* The fields in order. */
static u32 find_fields(const struct lbpf_map *map, struct span *fields)
{
	u32 i, nr = 0;

	for (i = 0; map->kptrs && i < map->kptrs->nr; i++)
		add_field(fields, nr++, map->kptrs->kptr[i].off, sizeof(u64));
	if (map->spin_lock_off >= 0)
		add_field(fields, nr++, map->spin_lock_off, sizeof(struct bpf_spin_lock));
	if (map->timer_off >= 0)
		add_field(fields, nr++, map->timer_off, sizeof(struct bpf_timer));
	return nr;
}

/**
 * lbpf_value_drop_kptrs() - Give up the kernel objects that a value points to
 * @map: Map with kptrs.
 * @value: Value in it.
 *
 * Context: Any but NMI; locks may be held.
 */
void lbpf_value_drop_kptrs(const struct lbpf_map *map, void *value)
{
	unsigned long obj;
	u32 i;

	for (i = 0; i < map->kptrs->nr; i++) {
		const struct lbpf_kptr *kptr = &map->kptrs->kptr[i];

		obj = xchg((unsigned long *)(value + kptr->off), 0);
		if (obj && kptr->is_ref)
			kptr->kobject->put((void *)obj);
	}
}

/**
 * lbpf_value_copy_around() - Copy a value except its fields
 * @map: Map.
 * @to: Destination.
 * @from: Source.
 *
 * Context: Any.
 */
void lbpf_value_copy_around(const struct lbpf_map *map, void *to, const void *from)
{
	struct span field[MAX_FIELDS];
	u32 at = 0, i, nr = find_fields(map, field);

	for (i = 0; i < nr; i++) {
		memcpy(to + at, from + at, field[i].off - at);
		at = field[i].off + field[i].size_bytes;
	}
	memcpy(to + at, from + at, map->value_size - at);
}

/**
 * lbpf_value_clear_fields() - Zero the fields of a value
 * @map: Map.
 * @value: Value that nobody sees yet, or a buffer.
 *
 * Context: Any.
 */
void lbpf_value_clear_fields(const struct lbpf_map *map, void *value)
{
	struct span field[MAX_FIELDS];
	u32 i, nr = find_fields(map, field);

	for (i = 0; i < nr; i++)
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
