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
#include <linux/jump_label.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched/clock.h>
#include <linux/workqueue.h>

#include <lbpf/object.h>

struct lbpf_btf;
struct lbpf_image;
struct lbpf_insn_fact;
struct lbpf_map;
struct lbpf_progtype;
struct lbpf_used_btf;

/**
 * struct lbpf_prog_percpu - What each CPU has of a program
 * @stats: Run statistics; first, since lbpf_prog::stats points to it.
 * @nr_active: Runs under way through lbpf_prog_gate(), by how deep they interrupt each other.
 */
struct lbpf_prog_percpu {
	struct bpf_prog_stats	stats;
	int			nr_active;
};

/**
 * struct lbpf_prog - A loaded program
 *
 * Constant from lbpf_prog_publish() on, unless said otherwise.
 *
 * @func: Entry of the machine code.
 * @tail_entry: Where tail calls enter the machine code.
 * @stats: Run statistics, per CPU, written while bpf_stats_enabled_key is on. In the kernel's own
 *	format, so that a kernel object that stands in for the program counts into the same place.
 *	The start of a struct lbpf_prog_percpu.
 * @pt: Program type.
 * @type: BPF_PROG_TYPE_*, as loaded.
 * @expected_attach_type: As loaded.
 * @attach_btf: BTF of what it attaches to, with a reference; or NULL.
 * @attach_btf_id: As loaded.
 * @attach_proto: Prototype of @attach_btf whose arguments are the context; NULL: not known.
 * @tp_buffer_bytes: What a tracepoint's buffer must have.
 * @prog_flags: As loaded.
 * @is_gpl: License is GPL compatible.
 * @ctx_end: First byte of the context behind those that it reads or writes itself.
 * @uses_cb: cb[] of the context is read or written: who runs the program saves it.
 * @is_sleepable: Loaded with BPF_F_SLEEPABLE.
 * @has_tail_call: A tail call occurs in it.
 * @changes_packet: Calls a helper that may move the packet.
 * @insns: Rewritten instructions as info shows them: map addresses are ids again.
 * @nr_insns: Number of @insns.
 * @facts: What the verifier believed, one per original instruction, or NULL.
 * @nr_orig_insns: Instructions as loaded.
 * @verified_insns: Instructions that the verifier walked.
 * @image: Machine code.  Freed by @free_image after a grace period of everyone who may run it.
 * @free_image: Frees @image.
 * @used_maps: Maps that the program refers to; each holds a reference.
 * @nr_used_maps: Number of them.  Both are guarded by @bind_lock, since PROG_BIND_MAP adds to them.
 * @bind_lock: Guards @used_maps.
 * @used_btfs: Types of modules that the program refers to.
 * @nr_used_btfs: Number of them.
 * @btf: Types that the records below name, with a reference, or NULL.
 * @func_infos: One for each function; offsets are those of @insns.
 * @nr_func_infos: Number of them.
 * @line_infos: Source lines; offsets likewise.
 * @nr_line_infos: Number of them.
 * @line_addrs: By line: where its machine code starts.
 * @uid: Who loaded it.
 * @load_time_ns: When, nanoseconds since boot, suspended time included.
 * @name: As loaded.
 * @tag: SHA-1 of the instructions as loaded, without descriptors.
 * @rcu: Used once the last reference is gone.
 * @free_work: Used after that.
 * @obj: Id and references.
 */
struct lbpf_prog {
	unsigned int		(*func)(const void *ctx, const struct bpf_insn *insn);
	const void		*tail_entry;
	struct bpf_prog_stats __percpu *stats;
	const struct lbpf_progtype *pt;
	u32			type;
	u32			expected_attach_type;
	const struct lbpf_btf	*attach_btf;
	u32			attach_btf_id;
	const struct btf_type	*attach_proto;
	u32			tp_buffer_bytes;
	u32			prog_flags;
	bool			is_gpl;
	u32			ctx_end;
	bool			uses_cb;
	bool			is_sleepable;
	bool			has_tail_call;
	bool			changes_packet;
	struct bpf_insn		*insns;
	struct lbpf_insn_facts	*facts;
	u32			nr_insns;
	u32			nr_orig_insns;
	u32			verified_insns;
	struct lbpf_image	*image;
	void			(*free_image)(struct lbpf_image *image);
	struct lbpf_map		**used_maps;
	u32			nr_used_maps;
	struct mutex		bind_lock; /* guards used_maps, nr_used_maps */
	struct lbpf_used_btf	*used_btfs;
	u32			nr_used_btfs;
	struct lbpf_btf		*btf;
	struct bpf_func_info	*func_infos;
	u32			nr_func_infos;
	struct bpf_line_info	*line_infos;
	u32			nr_line_infos;
	u64			*line_addrs;
	u32			uid;
	u64			load_time_ns;
	char			name[BPF_OBJ_NAME_LEN];
	u8			tag[BPF_TAG_SIZE];
	struct rcu_head		rcu;
	struct work_struct	free_work;
	struct lbpf_object	obj ____cacheline_aligned;
};

/**
 * struct lbpf_prog_counts - Run statistics, summed over all CPUs
 * @nr_runs: Number of runs.
 * @run_ns: Time spent in them.
 * @nr_misses: Runs refused because of recursion.
 */
struct lbpf_prog_counts {
	u64	nr_runs;
	u64	run_ns;
	u64	nr_misses;
};

static inline struct lbpf_prog *lbpf_prog_of(struct lbpf_object *obj)
{
	return container_of(obj, struct lbpf_prog, obj);
}

static inline struct lbpf_prog_percpu __percpu *lbpf_prog_percpu(const struct lbpf_prog *prog)
{
	static_assert(offsetof(struct lbpf_prog_percpu, stats) == 0);
	return (struct lbpf_prog_percpu __percpu *)prog->stats;
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

/* An empty program with one user reference, for the load pipeline to fill in, or NULL. */
struct lbpf_prog *lbpf_prog_alloc(void);
/* Frees a program that nobody else has seen: at once.  May sleep. */
void lbpf_prog_discard(struct lbpf_prog *prog);
/*
 * Refers to one more map, which gives its reference away: 0, or -ENOMEM.  -EEXIST: it does so
 * already.
 */
int lbpf_prog_add_map(struct lbpf_prog *prog, struct lbpf_map *map);
void lbpf_prog_read_counts(const struct lbpf_prog *prog, struct lbpf_prog_counts *counts);
/* Memory of program, instructions, tables and code, bytes. */
u64 lbpf_prog_mem_bytes(const struct lbpf_prog *prog);

void lbpf_prog_count_run(const struct lbpf_prog *prog, u64 run_ns);
void lbpf_prog_count_miss(const struct lbpf_prog *prog);

/**
 * lbpf_prog_run() - Run a program once
 * @prog: Program, kept alive by the caller.
 * @ctx: Kernel object behind its context.
 *
 * Context: Any; migration is disabled, and preemption where the program type wants that.
 * Return: R0 of the program.
 */
static inline u32 lbpf_prog_run(const struct lbpf_prog *prog, const void *ctx)
{
	u64 start_ns;
	u32 ret;

	if (!static_branch_unlikely(&bpf_stats_enabled_key))
		return prog->func(ctx, NULL);
	start_ns = sched_clock();
	ret = prog->func(ctx, NULL);
	lbpf_prog_count_run(prog, sched_clock() - start_ns);
	return ret;
}

/**
 * struct lbpf_gate - What machine code calls around a run of a program
 * @enter: 0: the program must not run; else for @leave.
 * @leave: Called in any case.
 */
struct lbpf_gate {
	u64	(*enter)(struct lbpf_prog *prog);
	void	(*leave)(struct lbpf_prog *prog, u64 start_ns);
};

const struct lbpf_gate *lbpf_prog_gate(const struct lbpf_prog *prog, bool is_reentrant);

/**
 * struct lbpf_run - One BPF_PROG_TEST_RUN
 *
 * The command fills in the first members, lbpf_progtype::test_run the others;
 * the command then writes them back to the caller.
 *
 * @attr: Attributes; pointers in it are user pointers.
 * @uattr: The caller's, where the kernel itself runs the test and writes the results.
 * @begin: Called with the context before each run; may be NULL.
 * @retval: R0 of the last run.
 * @duration_ns: Mean time of one run.
 * @data_size_out: Bytes of the data after the run, whether or not they fitted.
 * @ctx_size_out: Likewise of the context.
 * @has_data: @retval, @duration_ns and @data_size_out are valid.
 * @has_ctx: @ctx_size_out is valid.
 */
struct lbpf_run {
	const union bpf_attr	*attr;
	union bpf_attr __user	*uattr;
	void			(*begin)(void *ctx);
	u32			retval;
	u32			duration_ns;
	u32			data_size_out;
	u32			ctx_size_out;
	bool			has_data;
	bool			has_ctx;
};

/* Runs @prog attr->test.repeat times: 0 with retval and duration_ns set, or -EINTR. */
int lbpf_run_repeat(struct lbpf_run *run, const struct lbpf_prog *prog, void *ctx);
/*
 * Copy of ctx_in, zero-filled to @size_bytes; NULL when no context is wanted; ERR_PTR.  lbpf_free()
 * it.
 */
void *lbpf_run_ctx_in(const struct lbpf_run *run, u32 size_bytes);
int lbpf_run_ctx_out(struct lbpf_run *run, const void *ctx, u32 size_bytes);
int lbpf_run_data_out(struct lbpf_run *run, const void *data, u32 size_bytes);

/* SHA-1 of instructions, cut to BPF_TAG_SIZE; descriptors count as zero. */
void lbpf_prog_calc_tag(const struct bpf_insn *insns, u32 nr_insns, u8 *tag);

int lbpf_prog_core_init(void);

#endif /* _LBPF_PROG_H */
