// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN of tracing programs: the kernel calls the functions that tests attach to.
 *
 * Layer: progtypes.  Those functions are the kernel's (bpf_fentry_test1 and its kin), and what
 * calls them is the test run of its own tracing programs, whichever program is run.  So the
 * kernel is given a program that does nothing and is attached to nothing, to be run in the place
 * of lbpf's.  It goes after the run: nobody shall find it among the kernel's own.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/filter.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include <lbpf/alloc.h>
#include <lbpf/prog.h>
#include <lbpf/progtypes.h>

#include "tracing_run.h"

/* The kernel's name for what it lets its own loaders do, which this is one of. */
MODULE_IMPORT_NS(BPF_INTERNAL);

/**
 * struct stub_load - A program being loaded
 * @work: The loading.
 * @attach_type: enum bpf_attach_type.
 * @attach_btf_id: A function that programs may be attached to.
 * @stub: Result, or ERR_PTR.
 */
struct stub_load {
	struct work_struct	work;
	u32			attach_type;
	u32			attach_btf_id;
	struct bpf_prog		*stub;
};

static const struct bpf_insn stub_insns[] = {
	BPF_MOV64_IMM(BPF_REG_0, 0),
	BPF_EXIT_INSN(),
};

static int load_fd(const struct stub_load *load)
{
	union bpf_attr attr = {
		.prog_type		= BPF_PROG_TYPE_TRACING,
		.insn_cnt		= ARRAY_SIZE(stub_insns),
		.insns			= (unsigned long)stub_insns,
		.license		= (unsigned long)"GPL",
		.prog_name		= "lbpf_test_run",
		.expected_attach_type	= load->attach_type,
		.attach_btf_id		= load->attach_btf_id,
	};

	return kern_sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
}

/* In a worker: the descriptor is in no table of a process. */
static void load_stub(struct work_struct *work)
{
	struct stub_load *load = container_of(work, struct stub_load, work);
	int fd = load_fd(load);

	load->stub = ERR_PTR(fd);
	if (fd < 0)
		return;
	load->stub = bpf_prog_get_type_dev(fd, BPF_PROG_TYPE_TRACING, false);
	close_fd(fd);
}

static struct bpf_prog *make_stub(const struct lbpf_prog *prog)
{
	struct stub_load load = {
		.attach_type	= prog->expected_attach_type,
		.attach_btf_id	= prog->attach_btf_id,
	};

	if (lbpf_alloc_fails())
		return ERR_PTR(-ENOMEM);
	INIT_WORK_ONSTACK(&load.work, load_stub);
	schedule_work(&load.work);
	flush_work(&load.work);
	destroy_work_on_stack(&load.work);
	return load.stub;
}

/**
 * lbpf_tracing_test_run() - Call the functions that a tracing program may be attached to
 * @prog: Program.
 * @run: Test run.
 *
 * The kernel writes the result to the caller's attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -errno as the kernel has it; -EINVAL for what is not at functions.
 */
int lbpf_tracing_test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	struct bpf_prog *stub;
	int err;

	if (prog->expected_attach_type > BPF_MODIFY_RETURN)
		return -EINVAL;
	stub = make_stub(prog);
	if (IS_ERR(stub))
		return PTR_ERR(stub);
	err = stub->aux->ops->test_run(stub, run->attr, run->uattr);
	bpf_prog_put(stub);
	return err;
}
