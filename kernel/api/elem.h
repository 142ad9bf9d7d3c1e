/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What commands on one element and on many have in common.
 *
 * Layer: api (private).
 */
#ifndef _LBPF_ELEM_H
#define _LBPF_ELEM_H

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/rcupdate.h>

#include <lbpf/compat.h>
#include <lbpf/map.h>

/* May this descriptor of @map be used so?  @mode: FMODE_READ, FMODE_WRITE, both. */
static inline bool lbpf_map_permits(const struct file *file, const struct lbpf_map *map,
				    fmode_t mode)
{
	if ((file->f_mode & mode) != mode)
		return false;
	return !(mode & FMODE_WRITE && READ_ONCE(map->frozen));
}

/* Is there a lock in the values, if the caller asks for it to be taken? */
static inline bool lbpf_map_lock_ok(const struct lbpf_map *map, u64 elem_flags)
{
	return !(elem_flags & BPF_F_LOCK) || map->spin_lock_off >= 0;
}

/* After a command has changed @map. */
static inline void lbpf_map_settle(const struct lbpf_map *map)
{
	if (unlikely(map->ops->settles))
		synchronize_rcu_expedited();
}

/*
 * Flags that name a CPU, of which @allowed may be set: 0, -EINVAL, -ERANGE; and the place of a
 * CPU's value among those of all.
 */
int lbpf_cpu_flags_check(const struct lbpf_map *map, u64 flags, u64 allowed);
u32 lbpf_cpu_rank(u32 cpu);

int lbpf_elem_get(struct lbpf_map *map, const void *key, void *value, u64 flags);
int lbpf_elem_set(struct lbpf_map *map, const void *key, const void *value, u64 flags);
int lbpf_elem_remove(struct lbpf_map *map, const void *key);

#endif /* _LBPF_ELEM_H */
