/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Jumps in machine code to the program that a map has at a known index.
 *
 * Layer: core.  What is written into the code of a site is written while no CPU can be executing
 * it.  A site has two ways: the direct jump, and one through memory that is always right.  Before
 * the program of its index changes it is told to take the second; after a grace period nobody is
 * on the first, which then can be aimed at the new program; after every CPU has serialized it is
 * told to take the first again.  So no CPU ever executes code that is being changed (Intel SDM 3A,
 * 8.1.3, cross-modifying code), and who changes a map waits for nothing.
 */
#ifndef _LBPF_JUMP_SITE_H
#define _LBPF_JUMP_SITE_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct lbpf_map;
struct lbpf_jump_site;

/* Lists of sites in a map, by index. */
#define LBPF_JUMP_LISTS		64

/**
 * struct lbpf_jump_cell - What the code of a site reads
 * @target: Where the way through memory leads, NULL: nowhere.  A target that is replaced lives on
 *	for a grace period.
 * @is_direct: The direct jump leads there too.
 */
struct lbpf_jump_cell {
	const void	*target;
	bool		is_direct;
};

/**
 * struct lbpf_jump_site_ops - Who owns the code
 * @aim: Makes the direct jump of a site lead to a target: 0 or -errno.  May sleep.
 * @serialize: Has every CPU forget what it has fetched of the code.  May sleep.
 */
struct lbpf_jump_site_ops {
	int	(*aim)(struct lbpf_jump_site *site, const void *target);
	void	(*serialize)(void);
};

/**
 * struct lbpf_jump_site - A jump in compiled code to a program of a map
 * @node: In the list of its index, under the map's lock.
 * @next: Next one of the same image.
 * @ops: Owner of the code.
 * @map: Program array, kept alive by the program that the code belongs to.
 * @index: Index in it.
 * @cell: What the code reads; written under the map's lock.
 * @text: The distance in the direct jump, 4 bytes.
 * @is_settling: Told to take the way through memory, and not changed since a grace period began.
 * @is_added: In the map's list.
 */
struct lbpf_jump_site {
	struct hlist_node			node;
	struct lbpf_jump_site			*next;
	const struct lbpf_jump_site_ops		*ops;
	struct lbpf_map				*map;
	u32					index;
	struct lbpf_jump_cell			*cell;
	void					*text;
	bool					is_settling;
	bool					is_added;
};

/**
 * struct lbpf_jump_sites - The sites that jump through one map
 * @lock: Guards the lists, the sites in them, and what the map jumps to.
 * @by_index: Sites; an index has one list, a list several indices.
 * @settle: Aims direct jumps, some time after a change.
 */
struct lbpf_jump_sites {
	struct mutex		lock;	/* by_index, cells, what the map jumps to */
	struct hlist_head	by_index[LBPF_JUMP_LISTS];
	struct work_struct	settle;
};

void lbpf_jump_sites_init(struct lbpf_jump_sites *sites);
void lbpf_jump_sites_exit(struct lbpf_jump_sites *sites);
void lbpf_jump_sites_turn(struct lbpf_jump_sites *sites, u32 index, const void *target);
void lbpf_jump_site_add(struct lbpf_jump_site *site);
void lbpf_jump_site_drop(struct lbpf_jump_site *site);

/* Live sites, and those that jump directly, for LBPF_STATS. */
u32 lbpf_jump_site_count(void);
u32 lbpf_jump_direct_count(void);

#endif /* _LBPF_JUMP_SITE_H */
