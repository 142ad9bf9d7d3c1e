/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Loaded programs, and running them.
 *
 * Layer: core.
 */
#ifndef _LBPF_PROG_H
#define _LBPF_PROG_H

#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/rcupdate.h>

#include <lbpf/object.h>

struct lbpf_fact;
struct lbpf_image;
struct lbpf_map;
struct lbpf_progtype;

/**
 * struct lbpf_prog_stats - Per-CPU run statistics, counted while BPF_STATS_RUN_TIME is on
 * @runs: Number of runs.
 * @run_ns: Time spent in them.
 * @misses: Runs refused because of recursion.
 */
struct lbpf_prog_stats {
	u64	runs;
	u64	run_ns;
	u64	misses;
} __aligned(2 * sizeof(u64));

/**
 * struct lbpf_prog - A loaded program
 * @func: Entry of the machine code.  Constant.
 * @pt: Program type.
 * @type, @expected_attach_type: As loaded.
 * @uses_cb, @is_gpl, @is_sleepable, @has_tail_call, @changes_packet: From the verifier.
 * @stats: Per-CPU.
 * @name, @tag, @load_time_ns, @uid, @license...: For info.
 * @insns, @nr_insns: Rewritten instructions, for dumps.
 * @orig_facts: struct lbpf_insn_fact per original instruction, or NULL.
 * @image: Machine code.  Freed after a grace period.
 * @used_maps, @nr_used_maps: Each holds a reference.
 * @verified_insns: Processed by the verifier.
 * @obj: Id and references.
 */
struct lbpf_prog {
	unsigned int		(*func)(const void *ctx, const struct bpf_insn *insn);
	const struct lbpf_progtype *pt;
	struct lbpf_prog_stats __percpu *stats;
	u32			type;
	u32			expected_attach_type;
	bool			is_gpl;
	bool			uses_cb;
	bool			is_sleepable;
	bool			has_tail_call;
	bool			changes_packet;
	u32			nr_insns;
	struct bpf_insn		*insns;
	void			*orig_facts;
	u32			nr_orig_insns;
	u32			verified_insns;
	struct lbpf_image	*image;
	struct lbpf_map		**used_maps;
	u32			nr_used_maps;
	u32			uid;
	u64			load_time_ns;
	char			name[BPF_OBJ_NAME_LEN];
	u8			tag[BPF_TAG_SIZE];
	struct rcu_head		rcu;
	struct work_struct	free_work;
	struct lbpf_object	obj ____cacheline_aligned;
};

static inline struct lbpf_prog *lbpf_prog_of(struct lbpf_object *obj)
{
	return container_of(obj, struct lbpf_prog, obj);
}

static inline void lbpf_prog_get(struct lbpf_prog *prog)
{
	lbpf_object_get(&prog->obj);
}

static inline void lbpf_prog_put(struct lbpf_prog *prog)
{
	lbpf_object_put(&prog->obj);
}

/* Program behind @fd with a new reference, or ERR_PTR(-EBADF / -EINVAL). */
struct lbpf_prog *lbpf_prog_from_fd(u32 fd);

#endif /* _LBPF_PROG_H */
