// SPDX-License-Identifier: GPL-2.0
/*
 * Loaded programs as objects.
 *
 * Layer: core.  Who runs a program holds a reference, or is inside an RCU
 * read-side section that began while somebody held one: the last reference
 * starts the grace periods, and only after them code and maps are given back.
 * Locks: lbpf_prog::bind_lock.
 */
#include <linux/err.h>
#include <linux/rcupdate_trace.h>
#include <linux/seq_file.h>
#include <linux/u64_stats_sync.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/map.h>
#include <lbpf/code.h>
#include <lbpf/prog.h>
#include <lbpf.h>

static void free_parts(struct lbpf_prog *prog)
{
	u32 i;

	if (prog->image)
		prog->free_image(prog->image);
	for (i = 0; i < prog->nr_used_maps; i++)
		lbpf_map_put(prog->used_maps[i]);
	lbpf_free(prog->used_maps);
	lbpf_used_btfs_put(prog->used_btfs, prog->nr_used_btfs);
	lbpf_free(prog->used_btfs);
	lbpf_area_free(prog->insns);
	lbpf_area_free(prog->facts);
	lbpf_area_free(prog->func_infos);
	lbpf_area_free(prog->line_infos);
	lbpf_area_free(prog->line_addrs);
	lbpf_btf_put(prog->btf);
	lbpf_btf_put(prog->attach_btf);
	lbpf_percpu_free(prog->stats);
	lbpf_free(prog);
}

static void free_in_worker(struct work_struct *work)
{
	free_parts(container_of(work, struct lbpf_prog, free_work));
	lbpf_object_freed(LBPF_OBJ_PROG);
}

static void free_after_rcu(struct rcu_head *rcu)
{
	struct lbpf_prog *prog = container_of(rcu, struct lbpf_prog, rcu);

	INIT_WORK(&prog->free_work, free_in_worker);
	lbpf_object_defer(&prog->free_work);
}

static void free_after_tasks_trace(struct rcu_head *rcu)
{
	call_rcu(rcu, free_after_rcu);
}

static void free_prog(struct lbpf_object *obj)
{
	struct lbpf_prog *prog = lbpf_prog_of(obj);

	/* Sleepable programs run under RCU tasks trace, the maps they use under both. */
	if (prog->is_sleepable)
		call_rcu_tasks_trace(&prog->rcu, free_after_tasks_trace);
	else
		call_rcu(&prog->rcu, free_after_rcu);
}

/**
 * lbpf_prog_count_run() - Count one run of a program
 * @prog: Program.
 * @run_ns: Time it took, nanoseconds.
 *
 * Context: Any, with migration disabled.
 */
void lbpf_prog_count_run(const struct lbpf_prog *prog, u64 run_ns)
{
	struct bpf_prog_stats *stats = this_cpu_ptr(prog->stats);
	unsigned long flags;

	flags = u64_stats_update_begin_irqsave(&stats->syncp);
	u64_stats_inc(&stats->cnt);
	u64_stats_add(&stats->nsecs, run_ns);
	u64_stats_update_end_irqrestore(&stats->syncp, flags);
}

/**
 * lbpf_prog_count_miss() - Count a run that was refused because of recursion
 * @prog: Program.
 *
 * Context: Any, with migration disabled.
 */
void lbpf_prog_count_miss(const struct lbpf_prog *prog)
{
	struct bpf_prog_stats *stats = this_cpu_ptr(prog->stats);
	unsigned long flags;

	flags = u64_stats_update_begin_irqsave(&stats->syncp);
	u64_stats_inc(&stats->misses);
	u64_stats_update_end_irqrestore(&stats->syncp, flags);
}

/**
 * lbpf_prog_read_counts() - Sum the run statistics of a program
 * @prog: Program.
 * @counts: Result.
 *
 * Context: Any.
 */
void lbpf_prog_read_counts(const struct lbpf_prog *prog, struct lbpf_prog_counts *counts)
{
	const struct bpf_prog_stats *stats;
	struct lbpf_prog_counts part;
	unsigned int start;
	int cpu;

	memset(counts, 0, sizeof(*counts));
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(prog->stats, cpu);
		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			part.nr_runs = u64_stats_read(&stats->cnt);
			part.run_ns = u64_stats_read(&stats->nsecs);
			part.nr_misses = u64_stats_read(&stats->misses);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		counts->nr_runs += part.nr_runs;
		counts->run_ns += part.run_ns;
		counts->nr_misses += part.nr_misses;
	}
}

/**
 * lbpf_prog_mem_bytes() - Memory of a program
 * @prog: Program.
 *
 * Context: Any.
 * Return: Bytes of the program, its instructions and its facts.
 */
u64 lbpf_prog_mem_bytes(const struct lbpf_prog *prog)
{
	u64 bytes = sizeof(*prog) + (u64)prog->nr_insns * sizeof(*prog->insns);

	if (prog->facts)
		bytes += (u64)prog->nr_orig_insns * sizeof(*prog->facts);
	return PAGE_ALIGN(bytes);
}

#ifdef CONFIG_PROC_FS
static void show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct lbpf_prog *prog = lbpf_prog_of(file->private_data);
	struct lbpf_prog_counts counts;

	lbpf_prog_read_counts(prog, &counts);
	seq_printf(seq, "prog_type:\t%u\nprog_jited:\t1\nprog_tag:\t%*phN\nmemlock:\t%llu\n",
		   prog->type, (int)sizeof(prog->tag), prog->tag, lbpf_prog_mem_bytes(prog));
	seq_printf(seq, "prog_id:\t%u\nrun_time_ns:\t%llu\nrun_cnt:\t%llu\n",
		   prog->obj.id, counts.run_ns, counts.nr_runs);
	seq_printf(seq, "recursion_misses:\t%llu\nverified_insns:\t%u\n",
		   counts.nr_misses, prog->verified_insns);
}
#endif

/* Reading and writing a program's descriptor fails with EINVAL, as those of bpf(2) do. */
static ssize_t refuse_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	return -EINVAL;
}

static ssize_t refuse_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	return -EINVAL;
}

static const struct file_operations prog_fops = {
	.owner		= THIS_MODULE,
	.release	= lbpf_object_release,
	.read		= refuse_read,
	.write		= refuse_write,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= show_fdinfo,
#endif
};

static const struct lbpf_object_ops prog_object_ops = {
	.name	= "lbpf-prog",
	.fops	= &prog_fops,
	.free	= free_prog,
};

/**
 * lbpf_prog_from_fd() - Take the program behind a descriptor
 * @fd: Descriptor of the current process.
 *
 * Context: Process context.
 * Return: Program with a new reference, ERR_PTR(-EBADF), or ERR_PTR(-EINVAL) for another kind of
 * descriptor.
 */
struct lbpf_prog *lbpf_prog_from_fd(u32 fd)
{
	struct lbpf_object *obj = lbpf_object_from_fd(fd, LBPF_OBJ_PROG);

	return IS_ERR(obj) ? ERR_CAST(obj) : lbpf_prog_of(obj);
}

/**
 * lbpf_prog_alloc() - Make an empty program
 *
 * The load pipeline fills it in.  lbpf_prog_discard() frees it as long as
 * nobody else has seen it.
 *
 * Context: A command; may sleep.
 * Return: Program with one user reference, or NULL.
 */
struct lbpf_prog *lbpf_prog_alloc(void)
{
	struct lbpf_prog *prog = lbpf_zalloc(sizeof(*prog), GFP_KERNEL);

	if (!prog)
		return NULL;
	prog->stats = lbpf_percpu_alloc(sizeof(struct lbpf_prog_percpu),
					__alignof__(struct lbpf_prog_percpu), GFP_KERNEL);
	if (!prog->stats) {
		lbpf_free(prog);
		return NULL;
	}
	mutex_init(&prog->bind_lock);
	lbpf_object_init(&prog->obj, LBPF_OBJ_PROG);
	return prog;
}

/**
 * lbpf_prog_discard() - Free a program that nobody else has seen
 * @prog: From lbpf_prog_alloc(), never published.
 *
 * Context: Process context, may sleep.
 */
void lbpf_prog_discard(struct lbpf_prog *prog)
{
	free_parts(prog);
	lbpf_object_freed(LBPF_OBJ_PROG);
}

static bool uses_map(const struct lbpf_prog *prog, const struct lbpf_map *map)
{
	u32 i;

	for (i = 0; i < prog->nr_used_maps; i++)
		if (prog->used_maps[i] == map)
			return true;
	return false;
}

/**
 * lbpf_prog_add_map() - Let a program refer to one more map
 * @prog: Program.
 * @map: Map; on success its reference belongs to @prog.
 *
 * Source: BPF_PROG_BIND_MAP.
 * Context: Process context, may sleep.  Takes and releases lbpf_prog::bind_lock.
 * Return: 0, -EEXIST when @prog refers to @map already, -ENOMEM.
 */
int lbpf_prog_add_map(struct lbpf_prog *prog, struct lbpf_map *map)
{
	struct lbpf_map **maps;
	int err = 0;

	mutex_lock(&prog->bind_lock);
	if (uses_map(prog, map)) {
		err = -EEXIST;
		goto unlock;
	}
	maps = lbpf_zalloc((prog->nr_used_maps + 1) * sizeof(*maps), GFP_KERNEL);
	if (!maps) {
		err = -ENOMEM;
		goto unlock;
	}
	if (prog->nr_used_maps)
		memcpy(maps, prog->used_maps, prog->nr_used_maps * sizeof(*maps));
	maps[prog->nr_used_maps] = map;
	lbpf_free(prog->used_maps);
	prog->used_maps = maps;
	prog->nr_used_maps++;
unlock:
	mutex_unlock(&prog->bind_lock);
	return err;
}

/**
 * lbpf_prog_core_init() - Make programs known as objects
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_prog_core_init(void)
{
	lbpf_object_register(LBPF_OBJ_PROG, &prog_object_ops);
	return 0;
}
