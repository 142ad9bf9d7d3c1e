/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays of perf events as helpers see them.
 *
 * Layer: maps.
 */
#ifndef _LBPF_PERF_ARRAY_H
#define _LBPF_PERF_ARRAY_H

#include <linux/bpf.h>

struct lbpf_map;
struct perf_event;

/**
 * struct lbpf_perf_record - What goes into a sample
 * @data: Memory that the program gave.
 * @size_bytes: Its size.
 * @ctx: What follows it, NULL for nothing: an object for @copy.
 * @ctx_bytes: Bytes of that.
 * @copy: Copies a part of @ctx; returns how many bytes could not be copied.
 */
struct lbpf_perf_record {
	void		*data;
	u64		size_bytes;
	void		*ctx;
	u64		ctx_bytes;
	bpf_ctx_copy_t	copy;
};

long lbpf_perf_array_output(struct lbpf_map *map, u64 flags,
			    const struct lbpf_perf_record *record);
int lbpf_perf_event_read(struct perf_event *event, struct bpf_perf_event_value *value);
int lbpf_perf_array_read(struct lbpf_map *map, u64 flags, struct bpf_perf_event_value *value);

#endif /* _LBPF_PERF_ARRAY_H */
