/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays of cgroups as helpers see them.
 *
 * Layer: maps.
 */
#ifndef _LBPF_CGROUP_ARRAY_H
#define _LBPF_CGROUP_ARRAY_H

#include <linux/types.h>

struct cgroup;
struct lbpf_map;

struct cgroup *lbpf_cgroup_array_get(const struct lbpf_map *map, u32 index);

#endif /* _LBPF_CGROUP_ARRAY_H */
