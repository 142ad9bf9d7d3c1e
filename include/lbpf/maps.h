/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The map types.
 *
 * Layer: maps.
 */
#ifndef _LBPF_MAPS_H
#define _LBPF_MAPS_H

struct lbpf_map_ops;

#include <linux/types.h>

struct lbpf_btf;
struct lbpf_map;

/* ->check_btf of types that share one: types.c. */
int lbpf_no_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id, u32 value_id);
int lbpf_keyless_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			   u32 value_id);
int lbpf_struct_key_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			      u32 value_id);

extern const struct lbpf_map_ops lbpf_array_ops;
extern const struct lbpf_map_ops lbpf_percpu_array_ops;
extern const struct lbpf_map_ops lbpf_hash_ops;
extern const struct lbpf_map_ops lbpf_prog_array_ops;
extern const struct lbpf_map_ops lbpf_percpu_hash_ops;
extern const struct lbpf_map_ops lbpf_lru_hash_ops;
extern const struct lbpf_map_ops lbpf_lru_percpu_hash_ops;
extern const struct lbpf_map_ops lbpf_ringbuf_ops;
extern const struct lbpf_map_ops lbpf_perf_array_ops;
extern const struct lbpf_map_ops lbpf_stack_map_ops;
extern const struct lbpf_map_ops lbpf_array_of_maps_ops;
extern const struct lbpf_map_ops lbpf_hash_of_maps_ops;
extern const struct lbpf_map_ops lbpf_queue_ops;
extern const struct lbpf_map_ops lbpf_stack_ops;
extern const struct lbpf_map_ops lbpf_bloom_ops;
extern const struct lbpf_map_ops lbpf_cgroup_storage_ops;
extern const struct lbpf_map_ops lbpf_percpu_cgroup_storage_ops;
extern const struct lbpf_map_ops lbpf_sk_storage_ops;
extern const struct lbpf_map_ops lbpf_inode_storage_ops;
extern const struct lbpf_map_ops lbpf_task_storage_ops;
extern const struct lbpf_map_ops lbpf_lpm_ops;
extern const struct lbpf_map_ops lbpf_reuseport_array_ops;
extern const struct lbpf_map_ops lbpf_cgroup_array_ops;
extern const struct lbpf_map_ops lbpf_user_ringbuf_ops;
extern const struct lbpf_map_ops lbpf_struct_ops_map_ops;

#endif /* _LBPF_MAPS_H */
