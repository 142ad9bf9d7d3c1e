// SPDX-License-Identifier: GPL-2.0
/*
 * A module for tests to attach to: a function, a tracepoint, variables.
 *
 * A number written to its parameter "hit" goes through them; "result" is what came of it.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/percpu.h>

#include "target.h"

#define CREATE_TRACE_POINTS
#include "target_events.h"

DEFINE_PER_CPU(u32, lbpf_target_percpu) = 0xcafe;
EXPORT_PER_CPU_SYMBOL_GPL(lbpf_target_percpu);

/* No other module may know where it is. */
static DEFINE_PER_CPU(u32, lbpf_target_hidden) = 1;

static int result;

/**
 * lbpf_target_add() - Add two numbers
 * @object: Has the one.
 * @number: The other one.
 *
 * Context: Any.
 * Return: Their sum.
 */
noinline int lbpf_target_add(struct lbpf_target_object *object, int number)
{
	barrier();
	return object->number + number;
}

/**
 * lbpf_target_read() - Read the variables
 *
 * Context: Any.
 * Return: Their sum.
 */
noinline u32 lbpf_target_read(void)
{
	return raw_cpu_read(lbpf_target_hidden) + raw_cpu_read(lbpf_target_percpu);
}

static int hit(const char *text, const struct kernel_param *param)
{
	struct lbpf_target_object object = { .task = current };
	int number, err = kstrtoint(text, 0, &number);

	if (err)
		return err;
	object.number = number;
	object.inner.twice = 2 * number;
	trace_lbpf_target_hit(&object, number, number);
	result = lbpf_target_add(&object, 1000);
	return lbpf_target_read() ? 0 : -EINVAL;
}

static const struct kernel_param_ops hit_ops = { .set = hit };

module_param_cb(hit, &hit_ops, NULL, 0200);
module_param(result, int, 0400);

static int __init target_init(void)
{
	return 0;
}

static void __exit target_exit(void)
{
}

module_init(target_init);
module_exit(target_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What the tests of lbpf attach to");
