/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stack traces as helpers see them.
 *
 * Layer: maps.
 */
#ifndef _LBPF_STACK_MAP_H
#define _LBPF_STACK_MAP_H

#include <linux/types.h>

struct lbpf_map;

/* Return addresses in a trace at most: kernel.perf_event_max_stack as it is by default. */
#define LBPF_STACK_MAX		127

u32 lbpf_stack_walk(u64 *ips, u32 nr_max, u32 nr_skip, bool is_user);
void lbpf_stack_name_user(const u64 *ips, u32 nr, void *ids);
long lbpf_stack_map_store(struct lbpf_map *map, u64 flags);

#endif /* _LBPF_STACK_MAP_H */
