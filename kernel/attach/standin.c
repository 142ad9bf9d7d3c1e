// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel program that stands in for an lbpf program, where the kernel's own
 * code keeps, runs and frees a struct bpf_prog.
 *
 * Layer: attach.  The stand-in has no instructions; its entry is the machine
 * code of the lbpf program, and its statistics are those of the lbpf program.
 * It pretends to use one map: when the kernel frees the stand-in, it drops that
 * map, and the map's end drops the reference on the lbpf program.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/prog.h>

#include "standin.h"

/**
 * struct standin - What a stand-in holds on to
 * @map: What the kernel takes for a map of the stand-in.
 * @prog: Program that runs; one reference.
 */
struct standin {
	struct bpf_map		map;
	struct lbpf_prog	*prog;
};

/* First thing when the stand-in is freed: the statistics are not its own. */
static void give_back_stats(struct bpf_map *map, struct bpf_prog_aux *aux)
{
	aux->prog->stats = NULL;
}

static void free_standin(struct bpf_map *map)
{
	struct standin *standin = container_of(map, struct standin, map);

	/*
	 * The program may be what keeps the module loaded.  Its end needs a
	 * grace period, and that is not over before this function is left.
	 */
	rcu_read_lock();
	lbpf_prog_put(standin->prog);
	lbpf_free(standin);
	rcu_read_unlock();
}

static const struct bpf_map_ops standin_map_ops = {
	.map_poke_untrack	= give_back_stats,
	.map_free		= free_standin,
};

static void fill_in(struct bpf_prog *fp, struct lbpf_prog *prog)
{
	fp->type = prog->type;
	fp->gpl_compatible = prog->is_gpl;
	fp->cb_access = prog->uses_cb;
	/* What sockets are charged for. */
	fp->len = prog->nr_insns;
	memcpy(fp->tag, prog->tag, sizeof(fp->tag));
	memcpy(fp->aux->name, prog->name, sizeof(fp->aux->name));
	fp->bpf_func = prog->func;
	free_percpu(fp->stats);
	fp->stats = prog->stats;
	atomic64_set(&fp->aux->refcnt, 1);
}

static void init_map(struct bpf_map *map)
{
	map->ops = &standin_map_ops;
	lbpf_plain_map_init(map);
	atomic64_set(&map->refcnt, 1);
}

/**
 * lbpf_standin_make() - Make a kernel program that runs an lbpf program
 * @prog: Program; the stand-in takes a reference of its own.
 *
 * Context: Process context, may sleep.
 * Return: Kernel program with one reference, for bpf_prog_put(), or NULL.
 */
struct bpf_prog *lbpf_standin_make(struct lbpf_prog *prog)
{
	struct bpf_map **maps;
	struct standin *standin;
	struct bpf_prog *fp;

	standin = lbpf_zalloc(sizeof(*standin), GFP_KERNEL);
	if (!standin)
		return NULL;
	if (lbpf_alloc_fails())
		goto free_standin;
	/* The kernel frees the array and the program: they do not go through our door. */
	maps = kmalloc(sizeof(*maps), GFP_KERNEL_ACCOUNT);
	if (!maps)
		goto free_standin;
	if (lbpf_alloc_fails())
		goto free_maps;
	fp = bpf_prog_alloc(bpf_prog_size(0), __GFP_ACCOUNT);
	if (!fp)
		goto free_maps;
	init_map(&standin->map);
	standin->prog = prog;
	lbpf_prog_get(prog);
	maps[0] = &standin->map;
	fill_in(fp, prog);
	fp->aux->used_maps = maps;
	fp->aux->used_map_cnt = 1;
	return fp;

free_maps:
	kfree(maps);
free_standin:
	lbpf_free(standin);
	return NULL;
}
