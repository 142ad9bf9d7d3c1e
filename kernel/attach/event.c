// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at perf events: as links, and bound to the event itself.
 *
 * Layer: attach.  Locks: hooks_lock guards the list of hooks: an event has at
 * most one.  A hook without a link ends when its event does: there the kernel
 * calls perf_event::destroy, which is ours as long as the hook is.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/perf_event.h>
#include <linux/rcupdate.h>
#include <linux/trace_events.h>

#include <lbpf/alloc.h>
#include <lbpf/attach.h>
#include <lbpf/link.h>
#include <lbpf/perf_file.h>
#include <lbpf/prog.h>
#include <lbpf.h>

#include "event.h"

static DEFINE_MUTEX(hooks_lock);
static LIST_HEAD(hooks);

/* Runs under way on each CPU, of whichever program. */
static DEFINE_PER_CPU(int, nr_running);

static const struct event_source * const sources[] = {
	&lbpf_tracepoint_source,
	&lbpf_probe_event_source,
	&lbpf_kprobe_source,
	&lbpf_overflow_source,
};

/**
 * lbpf_event_run() - Run a program at a perf event
 * @prog: Program.
 * @ctx: Its context.
 *
 * Programs at events do not interrupt each other on a CPU: that is a miss.
 *
 * Context: Any, with preemption off.
 * Return: What the program returns, 0 when it did not run.
 */
u32 lbpf_event_run(struct lbpf_prog *prog, const void *ctx)
{
	u32 ret = 0;

	if (this_cpu_inc_return(nr_running) == 1) {
		rcu_read_lock();
		ret = lbpf_prog_run(prog, ctx);
		rcu_read_unlock();
	} else {
		lbpf_prog_count_miss(prog);
	}
	this_cpu_dec(nr_running);
	return ret;
}

static const struct event_source *find_source(const struct perf_event *event)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sources); i++)
		if (sources[i]->fits(event))
			return sources[i];
	return NULL;
}

static struct event_hook *find_hook(const struct perf_event *event)
{
	struct event_hook *hook;

	lockdep_assert_held(&hooks_lock);
	list_for_each_entry(hook, &hooks, node)
		if (hook->event == event)
			return hook;
	return NULL;
}

static int start_hook(struct event_hook *hook)
{
	int err;

	lockdep_assert_held(&hooks_lock);
	if (hook->event->prog || find_hook(hook->event))
		return -EEXIST;
	err = hook->source->start(hook);
	if (!err)
		list_add_tail(&hook->node, &hooks);
	return err;
}

/* The program runs at the event when this returns.  The caller keeps both. */
static struct event_hook *make_hook(struct perf_event *event, struct lbpf_prog *prog)
{
	const struct event_source *source = find_source(event);
	struct event_hook *hook;
	int err;

	if (!source || source->prog_type != prog->type)
		return ERR_PTR(-EINVAL);
	hook = lbpf_zalloc(sizeof(*hook), GFP_KERNEL);
	if (!hook)
		return ERR_PTR(-ENOMEM);
	hook->event = event;
	hook->prog = prog;
	hook->source = source;
	mutex_lock(&hooks_lock);
	err = start_hook(hook);
	mutex_unlock(&hooks_lock);
	if (!err)
		return hook;
	lbpf_free(hook);
	return ERR_PTR(err);
}

static void end_hook(struct event_hook *hook)
{
	mutex_lock(&hooks_lock);
	list_del(&hook->node);
	mutex_unlock(&hooks_lock);
	hook->source->stop(hook);
	lbpf_free(hook);
}

/* The event's end, in process context; nobody else has it any more. */
static void end_with_event(struct perf_event *event)
{
	struct event_hook *hook;
	struct lbpf_prog *prog;

	mutex_lock(&hooks_lock);
	hook = find_hook(event);
	mutex_unlock(&hooks_lock);
	prog = hook->prog;
	event->destroy = hook->destroy;
	end_hook(hook);
	if (event->destroy)
		event->destroy(event);
	/* The program may be what keeps the module, until a grace period is over. */
	rcu_read_lock();
	lbpf_prog_put(prog);
	rcu_read_unlock();
}

/**
 * struct perf_link - A program at a perf event, as a link
 * @link: Head.
 * @file: The event's; one reference.
 * @hook: Hook.
 */
struct perf_link {
	struct lbpf_link	link;
	struct file		*file;
	struct event_hook	*hook;
};

static struct perf_link *perf_link_of(struct lbpf_link *link)
{
	return container_of(link, struct perf_link, link);
}

static void detach(struct lbpf_link *link)
{
	end_hook(perf_link_of(link)->hook);
	fput(perf_link_of(link)->file);
}

static void free_link(struct lbpf_link *link)
{
	lbpf_free(perf_link_of(link));
}

static const struct lbpf_link_ops perf_link_ops = {
	.type		= BPF_LINK_TYPE_PERF_EVENT,
	.name		= "perf",
	.detach		= detach,
	.free		= free_link,
};

/* The file of a perf event with a reference, or ERR_PTR(-EBADF). */
static struct file *get_event_file(u32 fd)
{
	struct file *file = fget(fd);

	if (!file)
		return ERR_PTR(-EBADF);
	if (lbpf_perf_event_of(file))
		return file;
	fput(file);
	return ERR_PTR(-EBADF);
}

static struct lbpf_link *make_link(struct lbpf_prog *prog, struct file *file)
{
	struct perf_link *perf = lbpf_zalloc(sizeof(*perf), GFP_KERNEL);
	int err;

	if (!perf)
		return ERR_PTR(-ENOMEM);
	perf->file = file;
	perf->hook = make_hook(lbpf_perf_event_of(file), prog);
	if (!IS_ERR(perf->hook)) {
		lbpf_link_init(&perf->link, &perf_link_ops, prog);
		return &perf->link;
	}
	err = PTR_ERR(perf->hook);
	lbpf_free(perf);
	return ERR_PTR(err);
}

/**
 * lbpf_perf_link() - Attach a program to a perf event, as a link
 * @prog: Program; its reference is taken over on success.
 * @perf_fd: Descriptor of the event.
 *
 * Source: BPF_LINK_CREATE of bpf(2) with BPF_PERF_EVENT.
 * Context: A command; may sleep.
 * Return: Link with one user reference and no id yet, or ERR_PTR: -EBADF (no perf event), -EINVAL
 * (not for programs of this type), -EACCES (it reads more than a record has), -EEXIST (there is
 * one), -ENOMEM.
 */
struct lbpf_link *lbpf_perf_link(struct lbpf_prog *prog, u32 perf_fd)
{
	struct file *file = get_event_file(perf_fd);
	struct lbpf_link *link;

	if (IS_ERR(file))
		return ERR_CAST(file);
	link = make_link(prog, file);
	if (IS_ERR(link))
		fput(file);
	return link;
}

/* From here on the event's end ends the hook; the event cannot end before. */
static void bind_to_event(struct event_hook *hook)
{
	hook->destroy = hook->event->destroy;
	hook->event->destroy = end_with_event;
}

static int attach_to_event(struct perf_event *event, u32 prog_fd)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(prog_fd);
	struct event_hook *hook;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	hook = make_hook(event, prog);
	if (!IS_ERR(hook)) {
		bind_to_event(hook);
		return 0;
	}
	lbpf_prog_put(prog);
	return PTR_ERR(hook);
}

/**
 * lbpf_perf_attach() - Attach a program to a perf event until the event ends
 * @attr: Event and program.
 *
 * Source: PERF_EVENT_IOC_SET_BPF in perf_event_open(2).
 * Context: A command; may sleep.
 * Return: 0, or -errno as lbpf_perf_link().
 */
int lbpf_perf_attach(const struct lbpf_perf_attach *attr)
{
	struct file *file;
	int err;

	if (attr->flags || attr->reserved)
		return -EINVAL;
	file = get_event_file(attr->perf_fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = attach_to_event(lbpf_perf_event_of(file), attr->prog_fd);
	fput(file);
	return err;
}

/**
 * lbpf_perf_info() - Tell what a perf event is about
 * @event: Event of the user, whose file the caller holds.
 * @info: Result.
 *
 * Source: BPF_TASK_FD_QUERY of bpf(2).
 * Context: A command; may sleep.
 * Return: 0; -ENOENT: no program is there; -EOPNOTSUPP: nothing can be said of its kind.
 */
int lbpf_perf_info(const struct perf_event *event, struct lbpf_fd_info *info)
{
	const struct event_hook *hook;
	int err = -ENOENT;

	mutex_lock(&hooks_lock);
	hook = find_hook(event);
	if (hook) {
		err = hook->source->fill_info ? 0 : -EOPNOTSUPP;
		info->prog_id = hook->prog->obj.id;
		if (!err)
			hook->source->fill_info(hook, info);
	}
	mutex_unlock(&hooks_lock);
	return err;
}

static u32 list_progs(const struct trace_event_call *call, u32 *ids, u32 room)
{
	const struct event_hook *hook;
	u32 nr = 0;

	mutex_lock(&hooks_lock);
	list_for_each_entry(hook, &hooks, node) {
		if (hook->event->tp_event != call)
			continue;
		if (nr < room)
			ids[nr] = hook->prog->obj.id;
		nr++;
	}
	mutex_unlock(&hooks_lock);
	return nr;
}

/**
 * lbpf_perf_list() - List the programs at a tracepoint
 * @perf_fd: Descriptor of a perf event there.
 * @ids: Their ids, in the order they were attached.
 * @room: Entries of @ids.
 *
 * Source: PERF_EVENT_IOC_QUERY_BPF in perf_event_open(2).
 * Context: A command; may sleep.
 * Return: Their number, which may be greater than @room; -EBADF; -EINVAL: no tracepoint.
 */
int lbpf_perf_list(u32 perf_fd, u32 *ids, u32 room)
{
	struct file *file = get_event_file(perf_fd);
	const struct perf_event *event;
	int ret = -EINVAL;

	if (IS_ERR(file))
		return PTR_ERR(file);
	event = lbpf_perf_event_of(file);
	if (event->attr.type == PERF_TYPE_TRACEPOINT && event->tp_event)
		ret = list_progs(event->tp_event, ids, room);
	fput(file);
	return ret;
}
