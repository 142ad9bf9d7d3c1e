// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at samples of counters: cycles, page faults, timers.
 *
 * Layer: attach.  The program comes before what the event does with a sample, and
 * decides whether it does it.  Source: PERF_EVENT_IOC_SET_BPF in perf_event_open(2).
 */
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>

#include <lbpf/prog.h>

#include "event.h"

/* Called where preemption is off, NMI included. */
static void run_on_sample(struct perf_event *event, struct perf_sample_data *data,
			  struct pt_regs *regs)
{
	struct event_hook *hook = READ_ONCE(event->overflow_handler_context);
	struct bpf_perf_event_data_kern ctx = {
		.regs	= (bpf_user_pt_regs_t *)regs,
		.data	= data,
		.event	= event,
	};

	if (lbpf_event_run(hook->prog, &ctx))
		hook->handler(event, data, regs);
}

/* Inherited events would copy the handler with its context, and may outlive it. */
static bool is_counter(const struct perf_event *event)
{
	return !event->tp_event && !event->attr.inherit &&
	       event->attr.type != PERF_TYPE_TRACEPOINT &&
	       event->attr.type != PERF_TYPE_BREAKPOINT;
}

static int start(struct event_hook *hook)
{
	struct perf_event *event = hook->event;

	/* Whoever uses the context has a handler of his own. */
	if (event->overflow_handler_context)
		return -EINVAL;
	hook->handler = event->overflow_handler;
	WRITE_ONCE(event->overflow_handler_context, hook);
	/* Pairs with the dependency in run_on_sample(). */
	smp_store_release(&event->overflow_handler, run_on_sample);
	return 0;
}

static void stop(struct event_hook *hook)
{
	WRITE_ONCE(hook->event->overflow_handler, hook->handler);
	synchronize_rcu();
	WRITE_ONCE(hook->event->overflow_handler_context, NULL);
}

const struct event_source lbpf_overflow_source = {
	.prog_type	= BPF_PROG_TYPE_PERF_EVENT,
	.fits		= is_counter,
	.start		= start,
	.stop		= stop,
};
