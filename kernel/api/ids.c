// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that go through the ids of all objects of a kind.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/uaccess.h>

#include <lbpf/kernel_btf.h>
#include <lbpf/object.h>

#include "api.h"

static int step_id(struct lbpf_call *call, enum lbpf_object_kind kind)
{
	u32 id = call->attr.start_id;
	int err;

	if (id >= INT_MAX)
		return -EINVAL;
	err = lbpf_object_next_id(kind, &id);
	return err ?: put_user(id, &call->uattr->next_id);
}

static int open_id(u32 id, enum lbpf_object_kind kind, u32 flags)
{
	struct lbpf_object *obj;
	int fd, open_flags = lbpf_open_flags(flags);

	if (open_flags < 0)
		return open_flags;
	obj = lbpf_object_from_id(id, kind);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	fd = lbpf_object_fd(obj, open_flags);
	if (fd < 0)
		lbpf_object_put_user(obj);
	return fd;
}

/**
 * lbpf_cmd_map_next_id() - BPF_MAP_GET_NEXT_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOENT after the last.
 */
int lbpf_cmd_map_next_id(struct lbpf_call *call)
{
	return step_id(call, LBPF_OBJ_MAP);
}

/**
 * lbpf_cmd_prog_next_id() - BPF_PROG_GET_NEXT_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOENT after the last.
 */
int lbpf_cmd_prog_next_id(struct lbpf_call *call)
{
	return step_id(call, LBPF_OBJ_PROG);
}

/**
 * lbpf_cmd_btf_next_id() - BPF_BTF_GET_NEXT_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOENT after the last.
 */
int lbpf_cmd_btf_next_id(struct lbpf_call *call)
{
	/* Those of the kernel and its modules have ids before anybody has used them. */
	lbpf_kernel_btf_read_all();
	return step_id(call, LBPF_OBJ_BTF);
}

/**
 * lbpf_cmd_link_next_id() - BPF_LINK_GET_NEXT_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOENT after the last.
 */
int lbpf_cmd_link_next_id(struct lbpf_call *call)
{
	return step_id(call, LBPF_OBJ_LINK);
}

/**
 * lbpf_cmd_map_fd_by_id() - BPF_MAP_GET_FD_BY_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, opened as open_flags says, or -errno.
 */
int lbpf_cmd_map_fd_by_id(struct lbpf_call *call)
{
	u32 flags = call->attr.open_flags;

	if (flags & ~(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	return open_id(call->attr.map_id, LBPF_OBJ_MAP, flags);
}

/**
 * lbpf_cmd_prog_fd_by_id() - BPF_PROG_GET_FD_BY_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_prog_fd_by_id(struct lbpf_call *call)
{
	return open_id(call->attr.prog_id, LBPF_OBJ_PROG, 0);
}

/**
 * lbpf_cmd_btf_fd_by_id() - BPF_BTF_GET_FD_BY_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_btf_fd_by_id(struct lbpf_call *call)
{
	return open_id(call->attr.btf_id, LBPF_OBJ_BTF, 0);
}

/**
 * lbpf_cmd_link_fd_by_id() - BPF_LINK_GET_FD_BY_ID
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_link_fd_by_id(struct lbpf_call *call)
{
	return open_id(call->attr.link_id, LBPF_OBJ_LINK, 0);
}
