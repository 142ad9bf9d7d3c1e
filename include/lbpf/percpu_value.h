/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of all CPUs, or of one, as userspace passes them.
 *
 * Layer: maps (p).
 */
#ifndef _LBPF_PERCPU_VALUE_H
#define _LBPF_PERCPU_VALUE_H

#include <linux/percpu.h>

#include <lbpf/value.h>

/**
 * lbpf_percpu_write_user() - Write what userspace gives
 * @map: Per-CPU map.
 * @area: Values in the map.
 * @from: Values of all CPUs, each of elem_size; with LBPF_F_CPU and LBPF_F_ALL_CPUS one value.
 * @flags: LBPF_CPU_FLAGS, checked.
 * @is_new: Nobody has written the values before: what is not given becomes zero.
 *
 * Context: Any.
 */
static inline void lbpf_percpu_write_user(const struct lbpf_map *map, void __percpu *area,
					  const void *from, u64 flags, bool is_new)
{
	u32 bytes = flags & (LBPF_F_CPU | LBPF_F_ALL_CPUS) ? map->value_size : map->elem_size;
	int cpu;

	for_each_possible_cpu(cpu) {
		void *to = per_cpu_ptr(area, cpu);

		if (is_new)
			memset(to, 0, map->elem_size);
		if (!(flags & LBPF_F_CPU) || cpu == flags >> LBPF_F_CPU_SHIFT)
			lbpf_copy_words(to, from, bytes);
		if (bytes == map->elem_size && !(flags & (LBPF_F_CPU | LBPF_F_ALL_CPUS)))
			from += bytes;
	}
}

#endif /* _LBPF_PERCPU_VALUE_H */
