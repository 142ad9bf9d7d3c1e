// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN: what does not depend on the program type.
 *
 * Layer: core.
 */
#include <linux/bottom_half.h>
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>

static bool is_cpu_wanted(void)
{
	return need_resched() || signal_pending(current) || local_softirq_pending();
}

/* Runs until somebody else wants the CPU, at least once: how many runs. */
static u32 run_slice(struct lbpf_run *run, const struct lbpf_prog *prog, void *ctx, u32 max)
{
	u32 nr = 0;

	rcu_read_lock();
	migrate_disable();
	local_bh_disable();
	do {
		if (run->begin)
			run->begin(ctx);
		run->retval = lbpf_prog_run(prog, ctx);
		nr++;
	} while (nr < max && !is_cpu_wanted());
	local_bh_enable();
	migrate_enable();
	rcu_read_unlock();
	return nr;
}

/**
 * lbpf_run_repeat() - Run a program as often as a test run asks for
 * @run: Test run; retval and duration_ns are set.
 * @prog: Program.
 * @ctx: Kernel object behind its context.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -EINTR when a signal came before the last run.
 */
int lbpf_run_repeat(struct lbpf_run *run, const struct lbpf_prog *prog, void *ctx)
{
	u32 repeat = max(run->attr->test.repeat, 1U);
	u64 total_ns = 0;
	u64 start_ns;
	u32 done = 0, i;

	for (i = 0; i < prog->nr_used_maps; i++)
		if (prog->used_maps[i]->ops->run_begin)
			prog->used_maps[i]->ops->run_begin(prog->used_maps[i]);
	for (;;) {
		start_ns = ktime_get_ns();
		done += run_slice(run, prog, ctx, repeat - done);
		total_ns += ktime_get_ns() - start_ns;
		if (done == repeat)
			break;
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	run->duration_ns = min_t(u64, div_u64(total_ns, repeat), U32_MAX);
	return 0;
}

/**
 * lbpf_run_ctx_in() - Take the context of a test run from the caller
 * @run: Test run.
 * @size_bytes: Size of the user-visible context.
 *
 * Source: ctx_in and ctx_size_in of BPF_PROG_TEST_RUN: missing bytes are zero,
 * bytes that lbpf does not know must be.
 * Context: Process context, may sleep.
 * Return: Context, for lbpf_free(); NULL when the caller neither gives nor wants
 * one; ERR_PTR(-E2BIG, -EFAULT, -ENOMEM).
 */
void *lbpf_run_ctx_in(const struct lbpf_run *run, u32 size_bytes)
{
	const void __user *src = u64_to_user_ptr(run->attr->test.ctx_in);
	u32 given = run->attr->test.ctx_size_in;
	void *ctx;
	int ret;

	if (!given && !run->attr->test.ctx_size_out)
		return NULL;
	if (given > PAGE_SIZE)
		return ERR_PTR(-E2BIG);
	if (given > size_bytes) {
		ret = check_zeroed_user(src + size_bytes, given - size_bytes);
		if (ret <= 0)
			return ERR_PTR(ret ?: -E2BIG);
	}
	ctx = lbpf_zalloc(size_bytes, GFP_KERNEL);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(ctx, src, min(given, size_bytes))) {
		lbpf_free(ctx);
		return ERR_PTR(-EFAULT);
	}
	return ctx;
}

static int copy_cut(u64 dst, u32 room, const void *src, u32 size_bytes)
{
	void __user *to = u64_to_user_ptr(dst);

	if (to && copy_to_user(to, src, min(room, size_bytes)))
		return -EFAULT;
	return room < size_bytes ? -ENOSPC : 0;
}

/**
 * lbpf_run_ctx_out() - Give the context of a test run to the caller
 * @run: Test run; ctx_size_out is set.
 * @ctx: Context, NULL for none.
 * @size_bytes: Its size.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EFAULT, or -ENOSPC when it did not fit and was cut.
 */
int lbpf_run_ctx_out(struct lbpf_run *run, const void *ctx, u32 size_bytes)
{
	int err;

	if (!ctx || !run->attr->test.ctx_out)
		return 0;
	err = copy_cut(run->attr->test.ctx_out, run->attr->test.ctx_size_out, ctx, size_bytes);
	if (err != -EFAULT) {
		run->ctx_size_out = size_bytes;
		run->has_ctx = true;
	}
	return err;
}

/**
 * lbpf_run_data_out() - Give the data and results of a test run to the caller
 * @run: Test run; data_size_out is set.
 * @data: Data after the run.
 * @size_bytes: Size of @data.
 *
 * A caller that gives no room at all gets the size, not an error.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EFAULT, or -ENOSPC when it did not fit and was cut.
 */
int lbpf_run_data_out(struct lbpf_run *run, const void *data, u32 size_bytes)
{
	u32 room = run->attr->test.data_size_out;
	int err;

	err = copy_cut(run->attr->test.data_out, room ?: size_bytes, data, size_bytes);
	if (err != -EFAULT) {
		run->data_size_out = size_bytes;
		run->has_data = true;
	}
	return err;
}
