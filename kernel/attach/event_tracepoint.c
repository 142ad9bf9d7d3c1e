// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at tracepoints, and at probes made through tracefs, as perf events know them.
 *
 * Layer: attach.  The event of the user counts where the user said.  The program
 * runs on every CPU: so it is run by events of the kernel's own, one on each CPU
 * that is online when it is attached, which overflow every time.
 */
#include <linux/bpf.h>
#include <linux/cpu.h>
#include <linux/err.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <trace/syscall.h>

#include <lbpf/alloc.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>

#include "event.h"

static bool is_syscall(const struct trace_event_call *call)
{
	return !strcmp(call->class->system, "syscalls");
}

/* Source: the format of syscalls:sys_enter_*: the arguments follow the number, each 8 bytes. */
static u32 syscall_args_end(const struct trace_event_call *call, u32 end)
{
	const struct syscall_metadata *meta = call->data;

	return meta->nb_args ? 2 * sizeof(u64) + meta->nb_args * sizeof(u64) : end;
}

/* Bytes of a record of the tracepoint up to the end of its last field. */
static u32 record_bytes(const struct trace_event_call *call)
{
	const struct trace_event_fields *field = call->class->fields_array;
	u32 end = sizeof(struct trace_entry);

	for (; field && field->type; field++) {
		if (field->type != TRACE_FUNCTION_TYPE)
			end = ALIGN(end, field->align) + field->size;
		else if (is_syscall(call))
			end = syscall_args_end(call, end);
	}
	return end;
}

/* Called where preemption is off. */
static void run_on_record(struct perf_event *counter, struct perf_sample_data *data,
			  struct pt_regs *regs)
{
	struct event_hook *hook = counter->overflow_handler_context;

	lbpf_event_run(hook->prog, data->raw->frag.data);
}

static void run_on_regs(struct perf_event *counter, struct perf_sample_data *data,
			struct pt_regs *regs)
{
	struct event_hook *hook = counter->overflow_handler_context;

	lbpf_event_run(hook->prog, regs);
}

static void stop(struct event_hook *hook)
{
	int cpu;

	for_each_possible_cpu(cpu)
		if (hook->counters[cpu])
			perf_event_release_kernel(hook->counters[cpu]);
	/* A CPU may be in the handler still. */
	synchronize_rcu();
	lbpf_free(hook->counters);
}

/*
 * CPUs that are not online have none.  They are not held either: the kernel takes locks for the
 * event under which it changes code, and holds CPUs itself.
 */
static int open_counters(struct event_hook *hook, perf_overflow_handler_t handler)
{
	struct perf_event_attr attr = {
		.type		= PERF_TYPE_TRACEPOINT,
		.size		= sizeof(attr),
		.config		= hook->event->tp_event->event.type,
		.sample_period	= 1,
		.sample_type	= PERF_SAMPLE_RAW,
	};
	struct perf_event *counter;
	int cpu;

	for_each_possible_cpu(cpu) {
		counter = lbpf_alloc_fails() ? ERR_PTR(-ENOMEM) :
			  perf_event_create_kernel_counter(&attr, cpu, NULL, handler, hook);
		if (!IS_ERR(counter))
			hook->counters[cpu] = counter;
		else if (PTR_ERR(counter) != -ENODEV)
			return PTR_ERR(counter);
	}
	return 0;
}

static int start(struct event_hook *hook, perf_overflow_handler_t handler)
{
	int err;

	hook->counters = lbpf_zalloc(nr_cpu_ids * sizeof(*hook->counters), GFP_KERNEL);
	if (!hook->counters)
		return -ENOMEM;
	err = open_counters(hook, handler);
	if (err)
		stop(hook);
	return err;
}

static bool is_tracepoint(const struct perf_event *event)
{
	return event->tp_event && (event->tp_event->flags & TRACE_EVENT_FL_TRACEPOINT ||
				   is_syscall(event->tp_event));
}

static int start_tracepoint(struct event_hook *hook)
{
	if (hook->prog->ctx_end > record_bytes(hook->event->tp_event))
		return -EACCES;
	return start(hook, run_on_record);
}

/* Those of system calls are no tracepoints of their own, but have a name. */
static void fill_info(const struct event_hook *hook, struct lbpf_fd_info *info)
{
	info->fd_type = BPF_FD_TYPE_TRACEPOINT;
	info->name = trace_event_name(hook->event->tp_event);
}

const struct event_source lbpf_tracepoint_source = {
	.prog_type	= BPF_PROG_TYPE_TRACEPOINT,
	.fits		= is_tracepoint,
	.start		= start_tracepoint,
	.stop		= stop,
	.fill_info	= fill_info,
};

static bool is_probe_event(const struct perf_event *event)
{
	return event->tp_event && event->attr.type == PERF_TYPE_TRACEPOINT &&
	       event->tp_event->flags & (TRACE_EVENT_FL_KPROBE | TRACE_EVENT_FL_UPROBE);
}

static int start_probe_event(struct event_hook *hook)
{
	return start(hook, run_on_regs);
}

const struct event_source lbpf_probe_event_source = {
	.prog_type	= BPF_PROG_TYPE_KPROBE,
	.fits		= is_probe_event,
	.start		= start_probe_event,
	.stop		= stop,
};
