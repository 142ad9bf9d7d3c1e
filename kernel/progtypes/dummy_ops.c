// SPDX-License-Identifier: GPL-2.0
/*
 * Programs of struct bpf_dummy_ops, which the kernel has for its own tests: they are only run by
 * BPF_PROG_TEST_RUN.
 *
 * Layer: progtypes.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/btf.h>
#include <lbpf/code.h>
#include <lbpf/func_model.h>
#include <lbpf/prog.h>
#include <lbpf/progtypes.h>
#include <lbpf/struct_ops.h>

/**
 * struct dummy_args - Arguments of a run
 * @arg: What the program gets.
 * @state: What the first one points to, where it is not NULL.
 */
struct dummy_args {
	u64			arg[LBPF_FUNC_MAX_ARGS];
	struct bpf_dummy_ops_state	state;
};

static const struct lbpf_kernel_writes writes = {
	.name		= "bpf_dummy_ops_state",
	.is_alone	= true,
};

static u32 nr_args(const struct lbpf_prog *prog)
{
	const struct btf_type *type = lbpf_btf_type(prog->attach_btf, prog->attach_btf_id);
	const struct btf_type *proto;

	proto = lbpf_struct_ops_proto(prog->attach_btf,
				      lbpf_btf_members(type) + prog->expected_attach_type);
	return proto ? lbpf_btf_vlen(proto) : 0;
}

/* ctx_in is the arguments; the first is where the caller has the state. */
static int read_args(const struct lbpf_run *run, u32 nr, struct dummy_args *args)
{
	const void __user *state;

	if (nr > LBPF_FUNC_MAX_ARGS || run->attr->test.ctx_size_in != nr * sizeof(u64))
		return -EINVAL;
	if (copy_from_user(args->arg, u64_to_user_ptr(run->attr->test.ctx_in), nr * sizeof(u64)))
		return -EFAULT;
	state = u64_to_user_ptr(args->arg[0]);
	return state && copy_from_user(&args->state, state, sizeof(args->state)) ? -EFAULT : 0;
}

static u32 run_once(const struct lbpf_prog *prog, const struct dummy_args *args)
{
	u32 ret;

	rcu_read_lock();
	migrate_disable();
	ret = lbpf_prog_run(prog, args->arg);
	migrate_enable();
	rcu_read_unlock();
	return ret;
}

static int run_args(const struct lbpf_prog *prog, struct lbpf_run *run, struct dummy_args *args)
{
	void __user *state;
	int err = read_args(run, nr_args(prog), args);

	if (err)
		return err;
	state = u64_to_user_ptr(args->arg[0]);
	if (state)
		args->arg[0] = (unsigned long)&args->state;
	run->retval = run_once(prog, args);
	/* The others are left as they are. */
	run->data_size_out = run->attr->test.data_size_out;
	run->duration_ns = run->attr->test.duration;
	run->has_data = true;
	return state && copy_to_user(state, &args->state, sizeof(args->state)) ? -EFAULT : 0;
}

static int test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	struct dummy_args *args = lbpf_zalloc(sizeof(*args), GFP_KERNEL);
	int err;

	if (!args)
		return -ENOMEM;
	err = run_args(prog, run, args);
	lbpf_free(args);
	return err;
}

const struct lbpf_struct_progs lbpf_dummy_progs = {
	.writes		= &writes,
	.test_run	= test_run,
};
