// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_OBJ_GET_INFO_BY_FD.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include <lbpf/compat.h>
#include <lbpf/map.h>
#include <lbpf/object.h>
#include <lbpf/prog.h>

#include "api.h"

/**
 * lbpf_info_size() - Find out how much information to exchange
 * @call: Attributes.
 * @size_bytes: Size of the kind's information here.
 *
 * What the caller has room for beyond that must be zero.
 *
 * Context: Process context, may sleep.
 * Return: Bytes, at most @size_bytes; or -E2BIG, -EFAULT.
 */
int lbpf_info_size(const struct lbpf_call *call, u32 size_bytes)
{
	const void __user *uinfo = u64_to_user_ptr(call->attr.info.info);
	u32 user_bytes = call->attr.info.info_len;
	int zero;

	if (user_bytes > PAGE_SIZE)
		return -E2BIG;
	if (user_bytes <= size_bytes)
		return user_bytes;
	zero = check_zeroed_user(uinfo + size_bytes, user_bytes - size_bytes);
	if (zero < 0)
		return zero;
	return zero ? size_bytes : -E2BIG;
}

/**
 * lbpf_info_put() - Give information to the caller
 * @call: Attributes.
 * @info: Information.
 * @info_bytes: What lbpf_info_size() returned.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EFAULT.
 */
int lbpf_info_put(struct lbpf_call *call, const void *info, u32 info_bytes)
{
	if (copy_to_user(u64_to_user_ptr(call->attr.info.info), info, info_bytes) ||
	    put_user(info_bytes, &call->uattr->info.info_len))
		return -EFAULT;
	return 0;
}

static int get_map_info(struct lbpf_object *obj, struct lbpf_call *call)
{
	return lbpf_map_info_get(lbpf_map_of(obj), call);
}

static int get_prog_info(struct lbpf_object *obj, struct lbpf_call *call)
{
	return lbpf_prog_info_get(lbpf_prog_of(obj), call);
}

static int (*const info_by_kind[LBPF_NR_OBJECT_KINDS])(struct lbpf_object *, struct lbpf_call *) = {
	[LBPF_OBJ_MAP] = get_map_info,
	[LBPF_OBJ_PROG] = get_prog_info,
	[LBPF_OBJ_BTF] = lbpf_btf_info_get,
	[LBPF_OBJ_LINK] = lbpf_link_info_get,
};

/**
 * lbpf_cmd_obj_info() - BPF_OBJ_GET_INFO_BY_FD
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_cmd_obj_info(struct lbpf_call *call)
{
	struct fd f = fdget(call->attr.info.bpf_fd);
	struct lbpf_object *obj;
	int err = -EINVAL;

	/* Source: not EBADF; seen on Linux 6.1. */
	if (!fd_file(f))
		return -EBADFD;
	obj = lbpf_object_of_any_file(fd_file(f));
	if (obj && info_by_kind[obj->kind])
		err = info_by_kind[obj->kind](obj, call);
	fdput(f);
	return err;
}
