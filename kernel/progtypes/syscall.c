// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SYSCALL: programs that userspace runs to make commands.
 *
 * Layer: progtypes.  The context is memory of the caller's, copied in and back; the program may
 * sleep.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/rcupdate_trace.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#define MAX_CTX_BYTES	U16_MAX

static const struct lbpf_ctx_field fields[] = {
	{
		.name = "memory", .off = 0, .size = MAX_CTX_BYTES,
		.access = LBPF_CTX_READ | LBPF_CTX_WRITE | LBPF_CTX_MEMORY,
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR, .k_off = 0, .k_size = 1,
	},
};

static int check_attr(const struct lbpf_prog *prog, const union bpf_attr *attr)
{
	u32 bytes = attr->test.ctx_size_in;

	if (attr->test.data_in || attr->test.data_out || attr->test.ctx_out ||
	    attr->test.duration || attr->test.repeat || attr->test.flags ||
	    attr->test.batch_size)
		return -EINVAL;
	return bytes < prog->ctx_end || bytes > MAX_CTX_BYTES ? -EINVAL : 0;
}

/* Holds off whoever frees what sleepable programs use. */
static u32 run_once(const struct lbpf_prog *prog, const void *ctx)
{
	u32 retval;

	rcu_read_lock_trace();
	migrate_disable();
	retval = lbpf_prog_run(prog, ctx);
	migrate_enable();
	rcu_read_unlock_trace();
	return retval;
}

/* Source: BPF_PROG_TEST_RUN of this type in Linux 6.1, observed. */
static int run_syscall(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	void __user *uctx = u64_to_user_ptr(attr->test.ctx_in);
	u32 bytes = attr->test.ctx_size_in;
	int err = check_attr(prog, attr);
	void *ctx = NULL;

	if (err)
		return err;
	if (bytes) {
		ctx = lbpf_dup_user(uctx, bytes);
		if (IS_ERR(ctx))
			return PTR_ERR(ctx);
	}
	run->retval = run_once(prog, ctx);
	run->has_data = true;
	if (ctx && copy_to_user(uctx, ctx, bytes)) {
		run->has_data = false;
		err = -EFAULT;
	}
	lbpf_area_free(ctx);
	return err;
}

static bool is_attach_ok(u32 attach_type)
{
	return !attach_type;
}

const struct lbpf_progtype lbpf_syscall_type = {
	.type		= BPF_PROG_TYPE_SYSCALL,
	.name		= "syscall",
	.flags		= LBPF_PT_SLEEPABLE | LBPF_PT_ALWAYS_SLEEPABLE,
	.ctx_size	= MAX_CTX_BYTES,
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.expected_attach_ok = is_attach_ok,
	.helper		= lbpf_syscall_helper,
	.kfunc		= lbpf_tracing_kfunc,
	.test_run	= run_syscall,
};
