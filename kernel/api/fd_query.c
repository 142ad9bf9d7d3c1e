// SPDX-License-Identifier: GPL-2.0
/*
 * What is behind descriptors of events: BPF_TASK_FD_QUERY and LBPF_PERF_QUERY.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/minmax.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/attach.h>
#include <lbpf/link.h>
#include <lbpf/perf_file.h>

#include "api.h"

/* Source: BPF_TRACE_MAX_PROGS of Linux 6.1, observed: more cannot be asked for. */
#define MAX_QUERY_IDS	64

/* Looks for a descriptor. */
struct search {
	unsigned int	fd;
	struct file	*found;
};

static int match(const void *data, struct file *file, unsigned int fd)
{
	struct search *search = (struct search *)data;

	if (fd != search->fd)
		return 1;
	search->found = get_file(file);
	return 1;
}

/* File behind a descriptor of another process, with a reference. */
static struct file *get_task_file(u32 pid, u32 fd)
{
	struct search search = { .fd = fd };
	struct task_struct *task;

	rcu_read_lock();
	task = get_pid_task(find_vpid(pid), PIDTYPE_PID);
	rcu_read_unlock();
	if (!task)
		return ERR_PTR(-ENOENT);
	task_lock(task);
	if (task->files)
		iterate_fd(task->files, fd, match, &search);
	task_unlock(task);
	put_task_struct(task);
	return search.found ?: ERR_PTR(-EBADF);
}

static int find_info(const struct file *file, struct lbpf_fd_info *info)
{
	struct lbpf_object *obj = lbpf_object_of_file(file, LBPF_OBJ_LINK);
	const struct perf_event *event = lbpf_perf_event_of(file);
	const struct lbpf_link *link;

	if (event)
		return lbpf_perf_info(event, info);
	if (IS_ERR(obj))
		return -ENOTSUPP;
	link = lbpf_link_of(obj);
	if (!link->ops->fill_fd_info)
		return -ENOTSUPP;
	link->ops->fill_fd_info(link, info);
	return 0;
}

static int put_info(struct lbpf_call *call, const struct lbpf_fd_info *info)
{
	union bpf_attr __user *to = call->uattr;
	char __user *buf = u64_to_user_ptr(call->attr.task_fd_query.buf);
	u32 room = call->attr.task_fd_query.buf_len;
	const char *name = info->name ?: "";
	int err;

	if (put_user((u32)strlen(name), &to->task_fd_query.buf_len))
		return -EFAULT;
	err = room && buf ? lbpf_link_put_name(buf, room, name) : 0;
	if (err == -EFAULT || put_user(info->prog_id, &to->task_fd_query.prog_id) ||
	    put_user(info->fd_type, &to->task_fd_query.fd_type) ||
	    put_user(info->probe_offset, &to->task_fd_query.probe_offset) ||
	    put_user(info->probe_addr, &to->task_fd_query.probe_addr))
		return -EFAULT;
	return err;
}

/**
 * lbpf_cmd_task_fd_query() - BPF_TASK_FD_QUERY
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOENT: no such task, or no program at the event; -EBADF; -ENOTSUPP: neither an event
 * nor a link to a raw tracepoint; -EOPNOTSUPP; -ENOSPC: the name was cut; -EINVAL, -EFAULT.
 */
int lbpf_cmd_task_fd_query(struct lbpf_call *call)
{
	struct lbpf_fd_info info = { 0 };
	struct file *file;
	int err;

	if (call->attr.task_fd_query.flags)
		return -EINVAL;
	file = get_task_file(call->attr.task_fd_query.pid, call->attr.task_fd_query.fd);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = find_info(file, &info);
	if (!err)
		err = put_info(call, &info);
	fput(file);
	return err;
}

static int put_ids(const struct lbpf_perf_query *query, const u32 *ids, u32 nr)
{
	u32 __user *to = u64_to_user_ptr(query->ids);
	u32 __user *count = u64_to_user_ptr(query->count);

	if (put_user(nr, count) ||
	    copy_to_user(to, ids, min(nr, query->nr_ids) * sizeof(*ids)))
		return -EFAULT;
	return query->nr_ids && nr > query->nr_ids ? -ENOSPC : 0;
}

/**
 * lbpf_cmd_perf_query() - LBPF_PERF_QUERY
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0; -ENOSPC: there are more; -EPERM, -E2BIG, -EBADF, -EINVAL, -EFAULT.
 */
int lbpf_cmd_perf_query(struct lbpf_call *call)
{
	const struct lbpf_perf_query *query = &call->perf_query;
	u32 ids[MAX_QUERY_IDS];
	int ret;

	if (!perfmon_capable())
		return -EPERM;
	if (query->nr_ids > MAX_QUERY_IDS)
		return -E2BIG;
	ret = lbpf_perf_list(query->perf_fd, ids, query->nr_ids);
	return ret < 0 ? ret : put_ids(query, ids, ret);
}
