/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ring buffers as helpers see them.
 *
 * Layer: maps.
 */
#ifndef _LBPF_RINGBUF_H
#define _LBPF_RINGBUF_H

#include <linux/types.h>

struct lbpf_map;

void *lbpf_ringbuf_reserve(struct lbpf_map *map, u64 size_bytes);
long lbpf_ringbuf_output(struct lbpf_map *map, const void *data, u64 size_bytes, u64 flags);
void lbpf_ringbuf_commit(void *sample, u64 flags, bool is_discarded);
/* What is done with a sample: false ends it. */
typedef bool (*lbpf_sample_fn)(void *data, u32 size_bytes, void *arg);
long lbpf_user_ringbuf_drain(struct lbpf_map *map, u64 flags, u32 max_size_bytes,
			     lbpf_sample_fn fn, void *arg);
u64 lbpf_ringbuf_query(const struct lbpf_map *map, u64 what);

#endif /* _LBPF_RINGBUF_H */
