// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at functions and their returns, as perf events of the kprobe kind know them.
 *
 * Layer: attach.  The event of the user says where; the program runs from a probe
 * of its own there.  Source: perf_event_open(2), kprobe_func, kprobe_addr.
 */
#include <linux/bpf.h>
#include <linux/kprobes.h>
#include <linux/perf_event.h>
#include <linux/trace_events.h>

#include <lbpf/alloc.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>

#include "event.h"

/* attr.config of a probe at the return. */
#define CONFIG_IS_RETURN	BIT_ULL(0)

/* What the kernel calls the event of a probe that was given an address, no function. */
#define NAMELESS	"DUMMY_EVENT"

static bool is_return(const struct event_hook *hook)
{
	return hook->event->attr.config & CONFIG_IS_RETURN;
}

static int run_at_function(struct kprobe *kprobe, struct pt_regs *regs)
{
	lbpf_event_run(container_of(kprobe, struct event_hook, kprobe)->prog, regs);
	return 0;
}

NOKPROBE_SYMBOL(run_at_function);

static int run_at_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *kretprobe = get_kretprobe(instance);

	if (kretprobe)
		lbpf_event_run(container_of(kretprobe, struct event_hook, kretprobe)->prog, regs);
	return 0;
}

NOKPROBE_SYMBOL(run_at_return);

static bool is_kprobe(const struct perf_event *event)
{
	return event->tp_event && event->attr.type != PERF_TYPE_TRACEPOINT &&
	       event->tp_event->flags & TRACE_EVENT_FL_KPROBE;
}

/* The event of such a probe bears the name of its function. */
static void aim(struct kprobe *kprobe, const struct perf_event *event)
{
	const char *name = trace_event_name(event->tp_event);

	if (strcmp(name, NAMELESS)) {
		kprobe->symbol_name = name;
		kprobe->offset = event->attr.probe_offset;
	} else {
		kprobe->addr = (void *)(unsigned long)event->attr.kprobe_addr;
	}
}

static int start(struct event_hook *hook)
{
	if (lbpf_alloc_fails())
		return -ENOMEM;
	if (is_return(hook)) {
		aim(&hook->kretprobe.kp, hook->event);
		hook->kretprobe.handler = run_at_return;
		return register_kretprobe(&hook->kretprobe);
	}
	aim(&hook->kprobe, hook->event);
	hook->kprobe.pre_handler = run_at_function;
	return register_kprobe(&hook->kprobe);
}

static void stop(struct event_hook *hook)
{
	if (is_return(hook))
		unregister_kretprobe(&hook->kretprobe);
	else
		unregister_kprobe(&hook->kprobe);
	/* The return may be under way still. */
	synchronize_rcu();
}

static void fill_info(const struct event_hook *hook, struct lbpf_fd_info *info)
{
	const char *name = trace_event_name(hook->event->tp_event);

	info->fd_type = is_return(hook) ? BPF_FD_TYPE_KRETPROBE : BPF_FD_TYPE_KPROBE;
	if (strcmp(name, NAMELESS)) {
		info->name = name;
		info->probe_offset = hook->event->attr.probe_offset;
	} else {
		info->probe_addr = hook->event->attr.kprobe_addr;
	}
}

const struct event_source lbpf_kprobe_source = {
	.prog_type	= BPF_PROG_TYPE_KPROBE,
	.fits		= is_kprobe,
	.start		= start,
	.stop		= stop,
	.fill_info	= fill_info,
};
