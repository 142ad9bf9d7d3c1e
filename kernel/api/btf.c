// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on BTF.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/minmax.h>
#include <linux/numa.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/log.h>

#include "api.h"

/* No bytes are BTF too, of which the header is missing. */
static void *dup_bytes(const union bpf_attr *attr, bool is_kernel)
{
	if (is_kernel)
		return lbpf_dup_kernel(attr->btf, attr->btf_size);
	if (attr->btf_size)
		return lbpf_dup_user(u64_to_user_ptr(attr->btf), attr->btf_size);
	return lbpf_area_alloc(1, NUMA_NO_NODE) ?: ERR_PTR(-ENOMEM);
}

/* Checks the bytes and makes them an object; a log that could not be written is an error too. */
static struct lbpf_btf_object *make_btf(const struct lbpf_call *call, struct lbpf_log *log)
{
	const union bpf_attr *attr = &call->attr;
	struct lbpf_btf_object *btf;
	void *data;
	int err;

	if (attr->btf_size > LBPF_BTF_MAX_BYTES)
		return ERR_PTR(-E2BIG);
	err = lbpf_log_open(log, attr->btf_log_level, u64_to_user_ptr(attr->btf_log_buf),
			    attr->btf_log_size);
	if (err)
		return ERR_PTR(err);
	data = dup_bytes(attr, call->is_kernel);
	if (IS_ERR(data))
		return data;
	btf = lbpf_btf_create(data, attr->btf_size, log);
	err = lbpf_log_error(log);
	if (err && !IS_ERR(btf)) {
		lbpf_object_put_user(&btf->obj);
		return ERR_PTR(err);
	}
	return btf;
}

/**
 * lbpf_cmd_btf_load() - BPF_BTF_LOAD
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_btf_load(struct lbpf_call *call)
{
	struct lbpf_btf_object *btf;
	struct lbpf_log *log;
	int ret;

	if (!bpf_capable())
		return -EPERM;
	log = lbpf_zalloc(sizeof(*log), GFP_KERNEL);
	if (!log)
		return -ENOMEM;
	btf = make_btf(call, log);
	lbpf_free(log);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	ret = lbpf_object_publish(&btf->obj);
	if (!ret)
		ret = lbpf_object_fd(&btf->obj, O_RDWR);
	if (ret < 0)
		lbpf_object_put_user(&btf->obj);
	return ret;
}

/* As much of the name as there is room for, always with a NUL. */
static int put_name(const struct lbpf_btf_object *btf, u64 uname, u32 room)
{
	char __user *to = u64_to_user_ptr(uname);
	u32 len = strlen(btf->name);

	if (!room)
		return 0;
	if (copy_to_user(to, btf->name, min(len + 1, room)))
		return -EFAULT;
	if (room > len)
		return 0;
	return put_user(0, to + room - 1) ? -EFAULT : -ENOSPC;
}

/**
 * lbpf_btf_info_get() - BPF_OBJ_GET_INFO_BY_FD of BTF
 * @obj: BTF.
 * @call: Attributes.
 *
 * Source: struct bpf_btf_info in <linux/bpf.h>.
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -ENOSPC when the name did not fit and was cut.
 */
int lbpf_btf_info_get(struct lbpf_object *obj, struct lbpf_call *call)
{
	const struct lbpf_btf_object *btf = lbpf_btf_object_of(obj);
	int info_bytes, err, ret;
	struct bpf_btf_info info;
	u32 room;

	info_bytes = lbpf_info_size(call, sizeof(info));
	if (info_bytes < 0)
		return info_bytes;
	memset(&info, 0, sizeof(info));
	if (copy_from_user(&info, u64_to_user_ptr(call->attr.info.info), info_bytes))
		return -EFAULT;
	if (!info.name != !info.name_len)
		return -EINVAL;
	room = min(info.btf_size, btf->types.data_bytes);
	if (copy_to_user(u64_to_user_ptr(info.btf), btf->types.data, room))
		return -EFAULT;
	ret = put_name(btf, info.name, info.name_len);
	if (ret && ret != -ENOSPC)
		return ret;
	info.id = obj->id;
	info.btf_size = btf->types.data_bytes;
	info.kernel_btf = btf->is_kernel;
	info.name_len = strlen(btf->name);
	err = lbpf_info_put(call, &info, info_bytes);
	return err ?: ret;
}
