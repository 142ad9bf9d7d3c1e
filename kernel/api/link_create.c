// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_LINK_CREATE, BPF_LINK_UPDATE and BPF_LINK_DETACH.
 *
 * Layer: api.
 */
#include <linux/bpf.h>
#include <linux/err.h>

#include <lbpf/attach.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>

#include "api.h"

static struct lbpf_link *link_perf(struct lbpf_call *call, struct lbpf_prog *prog)
{
	if (prog->type == BPF_PROG_TYPE_KPROBE &&
	    call->attr.link_create.attach_type == BPF_TRACE_KPROBE_MULTI)
		return ERR_PTR(-EOPNOTSUPP);
	if (call->attr.link_create.attach_type != BPF_PERF_EVENT || call->attr.link_create.flags)
		return ERR_PTR(-EINVAL);
	return lbpf_perf_link(prog, call->attr.link_create.target_fd);
}

/* Source: Linux 6.1, observed: what it is attached to was said when it was loaded. */
static struct lbpf_link *link_tracing(struct lbpf_call *call, struct lbpf_prog *prog)
{
	if (call->attr.link_create.attach_type != prog->expected_attach_type ||
	    call->attr.link_create.target_fd || call->attr.link_create.target_btf_id)
		return ERR_PTR(-EINVAL);
	if (prog->expected_attach_type == BPF_TRACE_ITER)
		return ERR_PTR(call->attr.link_create.flags ? -EINVAL : -EOPNOTSUPP);
	return lbpf_link_tracing(prog);
}

/**
 * struct link_row - Which programs are linked how
 * @prog_type: BPF_PROG_TYPE_*.
 * @link: A link to what the command names, which takes over the program; or ERR_PTR.
 */
struct link_row {
	u32			prog_type;
	struct lbpf_link	*(*link)(struct lbpf_call *call, struct lbpf_prog *prog);
};

static const struct link_row link_rows[] = {
	{ BPF_PROG_TYPE_TRACEPOINT, link_perf },
	{ BPF_PROG_TYPE_PERF_EVENT, link_perf },
	{ BPF_PROG_TYPE_KPROBE, link_perf },
	{ BPF_PROG_TYPE_TRACING, link_tracing },
	{ BPF_PROG_TYPE_LSM, link_tracing },
};

static struct lbpf_link *make_link(struct lbpf_call *call, struct lbpf_prog *prog)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(link_rows); i++)
		if (link_rows[i].prog_type == prog->type)
			return link_rows[i].link(call, prog);
	return ERR_PTR(lbpf_link_refuse(call, prog));
}

/**
 * lbpf_cmd_link_create() - BPF_LINK_CREATE
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor of a link, or -errno.
 */
int lbpf_cmd_link_create(struct lbpf_call *call)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(call->attr.link_create.prog_fd);
	struct lbpf_link *link;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	link = make_link(call, prog);
	if (!IS_ERR(link))
		return lbpf_link_give(link);
	lbpf_prog_put(prog);
	return PTR_ERR(link);
}

/* The programs that a command names must be some; links of no kind here can change theirs. */
static int check_progs(const struct lbpf_call *call)
{
	bool names_old = call->attr.link_update.flags & BPF_F_REPLACE;
	struct lbpf_prog *prog = lbpf_prog_from_fd(call->attr.link_update.new_prog_fd);

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	lbpf_prog_put(prog);
	if (!names_old)
		return -EINVAL;
	prog = lbpf_prog_from_fd(call->attr.link_update.old_prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	lbpf_prog_put(prog);
	return -EINVAL;
}

/**
 * lbpf_cmd_link_update() - BPF_LINK_UPDATE
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: -errno: Linux, too, changes programs of no link of the kinds that are here.
 */
int lbpf_cmd_link_update(struct lbpf_call *call)
{
	struct lbpf_link *link;
	int err;

	if (call->attr.link_update.flags & ~BPF_F_REPLACE)
		return -EINVAL;
	link = lbpf_link_from_fd(call->attr.link_update.link_fd);
	if (IS_ERR(link))
		return PTR_ERR(link);
	err = check_progs(call);
	lbpf_object_put(&link->obj);
	return err;
}

/**
 * lbpf_cmd_link_detach() - BPF_LINK_DETACH
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: -EOPNOTSUPP for a link: Linux, too, detaches none of the kinds that are here.
 */
int lbpf_cmd_link_detach(struct lbpf_call *call)
{
	struct lbpf_link *link = lbpf_link_from_fd(call->attr.link_detach.link_fd);

	if (IS_ERR(link))
		return PTR_ERR(link);
	lbpf_object_put(&link->obj);
	return -EOPNOTSUPP;
}
