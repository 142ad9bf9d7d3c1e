/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the map types with indices as keys share.
 *
 * Layer: maps.
 */
#ifndef _LBPF_MAPS_ARRAY_H
#define _LBPF_MAPS_ARRAY_H

#include <lbpf/map.h>

int lbpf_array_alloc_check(const union bpf_attr *attr);
bool lbpf_array_shape(const union bpf_attr *attr, u32 *index_mask, u64 *nr);
int lbpf_array_check_update(const struct lbpf_map *map, u32 index, u64 flags);
long lbpf_array_delete(struct lbpf_map *map, const void *key);
int lbpf_array_next_key(struct lbpf_map *map, const void *key, void *next_key);
int lbpf_array_batch_walk(struct lbpf_map *map, struct lbpf_map_cursor *cursor, void *keys,
			  void *values, u32 nr, bool delete);
u64 lbpf_array_count(const struct lbpf_map *map);
int lbpf_array_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			 u32 value_id);
long lbpf_array_for_each(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64), void *ctx,
			 u64 flags);

#endif /* _LBPF_MAPS_ARRAY_H */
