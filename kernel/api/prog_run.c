// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/uaccess.h>

#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/synthetic.h>

#include "api.h"

/* bpf(2) answers with a number that userspace has no name for. */
#define LBPF_ENOTSUPP	524

/* Is field @member of the caller's attributes there to be written? */
#define HAS_FIELD(call, member) \
	((call)->size_bytes >= offsetofend(union bpf_attr, test.member))

static int put_results(const struct lbpf_call *call, const struct lbpf_run *run)
{
	union bpf_attr __user *uattr = call->uattr;
	int err = 0;

	if (run->has_data) {
		if (HAS_FIELD(call, retval))
			err = err ?: put_user(run->retval, &uattr->test.retval);
		if (HAS_FIELD(call, data_size_out))
			err = err ?: put_user(run->data_size_out, &uattr->test.data_size_out);
		if (HAS_FIELD(call, duration))
			err = err ?: put_user(run->duration_ns, &uattr->test.duration);
	}
	if (run->has_ctx && HAS_FIELD(call, ctx_size_out))
		err = err ?: put_user(run->ctx_size_out, &uattr->test.ctx_size_out);
	return err;
}

/* A pointer without a size, or the other way round, is a mistake. */
static int check_ctx(const union bpf_attr *attr)
{
	if (!attr->test.ctx_in != !attr->test.ctx_size_in)
		return -EINVAL;
	if (!attr->test.ctx_out != !attr->test.ctx_size_out)
		return -EINVAL;
	return 0;
}

/**
 * lbpf_cmd_prog_test_run() - BPF_PROG_TEST_RUN
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -524 for a program type that has no test run.
 */
int lbpf_cmd_prog_test_run(struct lbpf_call *call)
{
	struct lbpf_run run = { .attr = &call->attr, .uattr = call->uattr };
	struct lbpf_prog *prog;
	int put_err;
	int err;

	err = check_ctx(&call->attr);
	if (err)
		return err;
	prog = lbpf_prog_from_fd(call->attr.test.prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	if (prog->pt->synthesis && call->attr.test.flags & LBPF_F_TEST_SYNTHETIC)
		err = lbpf_synthetic_run(prog, &run);
	else
		err = prog->pt->test_run ? prog->pt->test_run(prog, &run) : -LBPF_ENOTSUPP;
	lbpf_prog_put(prog);
	put_err = put_results(call, &run);
	return put_err ?: err;
}
