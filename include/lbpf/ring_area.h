/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages whose last part is mapped twice, so that what wraps around is contiguous.
 *
 * Layer: lib.
 */
#ifndef _LBPF_RING_AREA_H
#define _LBPF_RING_AREA_H

#include <linux/types.h>

#include <lbpf/alloc.h>

struct page;

/**
 * struct lbpf_ring_area - Pages, and where they are mapped
 * @start: First byte of the mapping.
 * @pages: Pages in the order of the mapping.
 * @nr_plain: Pages at the start, mapped once.
 * @nr_twice: Pages behind them, mapped twice in a row.
 */
struct lbpf_ring_area {
	void		*start;
	struct page	**pages;
	u32		nr_plain;
	u32		nr_twice;
};

int lbpf_ring_area_init(struct lbpf_ring_area *area, u32 nr_plain, u32 nr_twice, int numa_node);
void lbpf_ring_area_destroy(struct lbpf_ring_area *area);
int lbpf_ring_area_map(struct vm_area_struct *vma, const struct lbpf_ring_area *area,
		       u32 first_page);
u64 lbpf_ring_area_bytes(const struct lbpf_ring_area *area);

#endif /* _LBPF_RING_AREA_H */
