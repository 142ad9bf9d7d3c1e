// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_RAW_TRACEPOINT_OPEN, and information about links.
 *
 * Layer: api.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/attach.h>
#include <lbpf/btf.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>

#include "api.h"

/* Source: Linux 6.1 cuts names there. */
#define NAME_BYTES	128

static int read_name(const struct lbpf_call *call, char *name)
{
	const char __user *from = u64_to_user_ptr(call->attr.raw_tracepoint.name);

	if (strncpy_from_user(name, from, NAME_BYTES - 1) < 0)
		return -EFAULT;
	name[NAME_BYTES - 1] = 0;
	return 0;
}

static struct lbpf_link *attach_by_name(struct lbpf_call *call, struct lbpf_prog *prog)
{
	char name[NAME_BYTES];
	int err = read_name(call, name);

	return err ? ERR_PTR(err) : lbpf_raw_tp_attach(prog, name);
}

/**
 * lbpf_link_tracing() - Attach a program to what it was loaded for
 * @prog: Program, which has named a function or a tracepoint (by the type btf_trace_NAME) then.
 *
 * Context: Process context, may sleep.
 * Return: Link, which takes over the program, or ERR_PTR(-errno).
 */
struct lbpf_link *lbpf_link_tracing(struct lbpf_prog *prog)
{
	const struct btf_type *type;

	if (prog->type == BPF_PROG_TYPE_EXT || prog->expected_attach_type == BPF_TRACE_ITER)
		return ERR_PTR(-EINVAL);
	if (prog->expected_attach_type != BPF_TRACE_RAW_TP)
		return lbpf_tracing_attach(prog);
	type = lbpf_btf_type(prog->attach_btf, prog->attach_btf_id);
	return lbpf_raw_tp_attach(prog, lbpf_btf_name(prog->attach_btf, type->name_off) +
				  strlen("btf_trace_"));
}

static struct lbpf_link *attach(struct lbpf_call *call, struct lbpf_prog *prog)
{
	switch (prog->type) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
		return attach_by_name(call, prog);
	case BPF_PROG_TYPE_TRACING:
	case BPF_PROG_TYPE_EXT:
	case BPF_PROG_TYPE_LSM:
		if (call->attr.raw_tracepoint.name)
			return ERR_PTR(-EINVAL);
		return lbpf_link_tracing(prog);
	default:
		return ERR_PTR(-EINVAL);
	}
}

/**
 * lbpf_link_give() - Give a new link its id and a descriptor
 * @link: Link, which ends where that fails.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_link_give(struct lbpf_link *link)
{
	int ret = lbpf_object_publish(&link->obj);

	if (!ret)
		ret = lbpf_object_fd(&link->obj, O_RDWR);
	if (ret < 0)
		lbpf_object_put_user(&link->obj);
	return ret;
}

/**
 * lbpf_cmd_raw_tp_open() - BPF_RAW_TRACEPOINT_OPEN
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor of a link, or -errno.
 */
int lbpf_cmd_raw_tp_open(struct lbpf_call *call)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(call->attr.raw_tracepoint.prog_fd);
	struct lbpf_link *link;

	if (IS_ERR(prog))
		return PTR_ERR(prog);
	link = attach(call, prog);
	if (!IS_ERR(link))
		return lbpf_link_give(link);
	lbpf_prog_put(prog);
	return PTR_ERR(link);
}

/**
 * lbpf_link_info_get() - BPF_OBJ_GET_INFO_BY_FD of a link
 * @obj: Link.
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_link_info_get(struct lbpf_object *obj, struct lbpf_call *call)
{
	const struct lbpf_link *link = lbpf_link_of(obj);
	struct bpf_link_info info = {};
	int err, bytes = lbpf_info_size(call, sizeof(info));

	if (bytes < 0)
		return bytes;
	if (copy_from_user(&info, u64_to_user_ptr(call->attr.info.info), bytes))
		return -EFAULT;
	info.type = link->ops->type;
	info.id = obj->id;
	info.prog_id = link->prog->obj.id;
	err = link->ops->fill_info ? link->ops->fill_info(link, &info) : 0;
	return err ?: lbpf_info_put(call, &info, bytes);
}
