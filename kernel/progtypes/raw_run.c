// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN of raw tracepoints: once, on a CPU of the caller's choice.
 *
 * Layer: progtypes.
 */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/smp.h>

#include <lbpf/alloc.h>
#include <lbpf/prog.h>

#include "raw_run.h"

struct raw_run {
	const struct lbpf_prog	*prog;
	const void		*ctx;
	u32			retval;
};

static void run_here(void *data)
{
	struct raw_run *raw = data;

	rcu_read_lock();
	raw->retval = lbpf_prog_run(raw->prog, raw->ctx);
	rcu_read_unlock();
}

/* Only a context goes in, and only the result comes out. */
static int check_raw(const struct lbpf_prog *prog, const union bpf_attr *attr)
{
	bool wants_cpu = attr->test.flags & BPF_F_TEST_RUN_ON_CPU;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.batch_size)
		return -EINVAL;
	if (attr->test.ctx_size_in < prog->ctx_end ||
	    attr->test.ctx_size_in > LBPF_RAW_CTX_BYTES)
		return -EINVAL;
	return attr->test.flags & ~BPF_F_TEST_RUN_ON_CPU || (!wants_cpu && attr->test.cpu) ?
	       -EINVAL : 0;
}

static int run_on(struct raw_run *raw, u32 cpu, bool is_wanted)
{
	int err = 0, self = get_cpu();

	if (!is_wanted || cpu == self)
		run_here(raw);
	else if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		err = -ENXIO;
	else
		err = smp_call_function_single(cpu, run_here, raw, 1);
	put_cpu();
	return err;
}

/**
 * lbpf_raw_test_run() - Run a raw tracepoint program with made-up arguments
 * @prog: Program.
 * @run: Test run.
 *
 * Source: BPF_PROG_TEST_RUN of BPF_PROG_TYPE_RAW_TRACEPOINT in Linux 6.1, observed.
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -ENXIO, -EFAULT, -ENOMEM.
 */
int lbpf_raw_test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct raw_run raw = { .prog = prog };
	void *ctx;
	int err;

	err = check_raw(prog, attr);
	if (err)
		return err;
	ctx = lbpf_run_ctx_in(run, LBPF_RAW_CTX_BYTES);
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	raw.ctx = ctx ?: page_address(ZERO_PAGE(0));
	err = run_on(&raw, attr->test.cpu, attr->test.flags & BPF_F_TEST_RUN_ON_CPU);
	lbpf_free(ctx);
	run->retval = raw.retval;
	run->has_data = !err;
	return err;
}
