// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that print.
 *
 * Layer: helpers.  A traced line goes where those of bpf(2) programs go: to the
 * event bpf_trace:bpf_trace_printk, whose tracepoint is found by name.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>

#include "format.h"
#include "helper.h"
#include "protos.h"
#include "trace.h"

/* NULL where the kernel was built without it: then lines go nowhere.  Constant after init. */
static struct tracepoint *printk_tracepoint;

/* What the tracepoint's own call site does: its probes are called with preemption off. */
static void call_probes(const char *text)
{
	const struct tracepoint_func *probe;

	if (!printk_tracepoint)
		return;
	probe = rcu_dereference_sched(printk_tracepoint->funcs);
	for (; probe && probe->func; probe++)
		((void (*)(void *, const char *))probe->func)(probe->data, text);
}

static long print_line(const char *fmt, u32 fmt_size, const u64 *args, u32 nr_args)
{
	struct lbpf_format format = {
		.fmt = fmt, .fmt_len = strnlen(fmt, fmt_size), .args = args, .nr_args = nr_args
	};
	long len;

	if (format.fmt_len == fmt_size)
		return -EINVAL;
	format.buffers = lbpf_format_enter();
	if (!format.buffers)
		return -EBUSY;
	len = lbpf_format(format.buffers->text, sizeof(format.buffers->text), &format);
	if (len >= 0)
		call_probes(format.buffers->text);
	lbpf_format_leave();
	return len;
}

HELPER_5(print, const char *, fmt, u32, fmt_size, u64, arg1, u64, arg2, u64, arg3)
{
	const u64 args[] = { arg1, arg2, arg3 };

	return print_line(fmt, fmt_size, args, ARRAY_SIZE(args));
}

const struct lbpf_proto lbpf_trace_printk_proto = {
	.name		= "trace_printk",
	.id		= BPF_FUNC_trace_printk,
	.fn		= print,
	.gpl_only	= true,
	.effects	= LBPF_EFF_VARARGS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE },
};

HELPER_4(print_array, const char *, fmt, u32, fmt_size, const u64 *, args, u32, args_size)
{
	if (!lbpf_format_args_ok(args, args_size))
		return -EINVAL;
	return print_line(fmt, fmt_size, args, args_size / sizeof(*args));
}

const struct lbpf_proto lbpf_trace_vprintk_proto = {
	.name		= "trace_vprintk",
	.id		= BPF_FUNC_trace_vprintk,
	.fn		= print_array,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE,
			    LBPF_ARG_MEM | LBPF_RDONLY | LBPF_MAYBE_NULL,
			    LBPF_ARG_CONST_SIZE_OR_ZERO },
};

/* Returns the size of the text with its zero, as it would be with room enough. */
HELPER_5(format_to, char *, to, u32, size, const char *, fmt, const u64 *, args, u32, args_size)
{
	struct lbpf_format format = {
		.fmt = fmt, .args = args, .nr_args = args_size / sizeof(*args)
	};
	long len;

	if (!lbpf_format_args_ok(args, args_size))
		return -EINVAL;
	format.fmt_len = strlen(fmt);
	format.buffers = lbpf_format_enter();
	if (!format.buffers)
		return -EBUSY;
	len = lbpf_format(to, size, &format);
	lbpf_format_leave();
	return len < 0 ? len : len + 1;
}

const struct lbpf_proto lbpf_snprintf_proto = {
	.name		= "snprintf",
	.id		= BPF_FUNC_snprintf,
	.fn		= format_to,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.check_format	= lbpf_format_check,
	.arg		= { LBPF_ARG_MEM | LBPF_MAYBE_NULL, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_CONST_STR, LBPF_ARG_MEM | LBPF_RDONLY | LBPF_MAYBE_NULL,
			    LBPF_ARG_CONST_SIZE_OR_ZERO },
};

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "bpf_trace_printk"))
		printk_tracepoint = tp;
}

/**
 * lbpf_trace_init() - Find the tracepoint of printed lines
 *
 * Context: Module init.
 */
void lbpf_trace_init(void)
{
	for_each_kernel_tracepoint(match_tracepoint, NULL);
}

/**
 * lbpf_trace_enable() - Let printed lines be seen
 *
 * A program that prints is being loaded: the event is switched on, as bpf(2)
 * does it, so that lines show in trace_pipe.
 *
 * Context: Process context, may sleep.
 */
void lbpf_trace_enable(void)
{
	if (printk_tracepoint)
		trace_set_clr_event("bpf_trace", "bpf_trace_printk", 1);
}
