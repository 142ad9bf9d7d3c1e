/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs at perf events.
 *
 * Layer: attach (private).
 */
#ifndef _LBPF_ATTACH_EVENT_H
#define _LBPF_ATTACH_EVENT_H

#include <linux/kprobes.h>
#include <linux/list.h>
#include <linux/perf_event.h>

struct event_hook;
struct lbpf_fd_info;
struct lbpf_prog;

/**
 * struct event_source - A kind of perf event
 * @prog_type: Programs that may be there.
 * @fits: Is the event of this kind?
 * @start: From now on the program runs: 0, or -errno, and it does not.
 * @stop: It does not any more, and no run is under way.
 * @fill_info: What is known of where it is; the program's id has been filled in.  NULL: nothing.
 */
struct event_source {
	u32	prog_type;
	bool	(*fits)(const struct perf_event *event);
	int	(*start)(struct event_hook *hook);
	void	(*stop)(struct event_hook *hook);
	void	(*fill_info)(const struct event_hook *hook, struct lbpf_fd_info *info);
};

/**
 * struct event_hook - A program at a perf event
 * @node: In the list of all hooks.
 * @event: Event of the user; its descriptor, or its end, keeps it.
 * @prog: Program; who made the hook holds it.
 * @source: Kind.
 * @destroy: What the event does at its end, when this hook takes part in it.
 * @handler: What the event does when it overflows, when this hook comes first.
 * @counters: By CPU: events of the kernel that run the program.
 * @kprobe: Probe that runs the program at a function's instruction; or
 * @kretprobe: ... at a function's return.
 */
struct event_hook {
	struct list_head		node;
	struct perf_event		*event;
	struct lbpf_prog		*prog;
	const struct event_source	*source;
	void				(*destroy)(struct perf_event *event);
	perf_overflow_handler_t		handler;
	struct perf_event		**counters;
	union {
		struct kprobe		kprobe;
		struct kretprobe	kretprobe;
	};
};

extern const struct event_source lbpf_tracepoint_source;
extern const struct event_source lbpf_probe_event_source;
extern const struct event_source lbpf_kprobe_source;
extern const struct event_source lbpf_overflow_source;

/* Runs a program where preemption is off; not while another one is under way on the CPU. */
u32 lbpf_event_run(struct lbpf_prog *prog, const void *ctx);

#endif /* _LBPF_ATTACH_EVENT_H */
