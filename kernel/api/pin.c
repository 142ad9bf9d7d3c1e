// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that pin objects to files, and open what is pinned.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/namei.h>

#include <lbpf/compat.h>

#include "api.h"
#include "pin.h"

/* The object behind @fd with a new user reference, or ERR_PTR(-EINVAL), also for no file. */
static struct lbpf_object *get_object(u32 fd)
{
	struct fd f = fdget(fd);
	struct lbpf_object *obj = fd_file(f) ? lbpf_object_of_any_file(fd_file(f)) : NULL;

	if (!obj || obj->kind == LBPF_OBJ_BTF)
		obj = ERR_PTR(-EINVAL);
	else
		lbpf_object_get_user(obj);
	fdput(f);
	return obj;
}

static int pin_object(const char __user *pathname, struct lbpf_object *obj)
{
	struct dentry *dentry;
	struct path path;
	int err;

	dentry = user_path_create(AT_FDCWD, pathname, &path, 0);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	err = lbpf_pin_create(&path, dentry, obj);
	done_path_create(&path, dentry);
	return err;
}

/**
 * lbpf_cmd_obj_pin() - BPF_OBJ_PIN
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0; -EPERM when the directory is in another filesystem; or another -errno.
 */
int lbpf_cmd_obj_pin(struct lbpf_call *call)
{
	struct lbpf_object *obj;
	int err;

	if (call->attr.file_flags)
		return -EINVAL;
	obj = get_object(call->attr.bpf_fd);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	err = pin_object(u64_to_user_ptr(call->attr.pathname), obj);
	if (err)
		lbpf_object_put_user(obj);
	return err;
}

/* The object that is pinned at @pathname with a new user reference, or ERR_PTR. */
static struct lbpf_object *find_object(const char __user *pathname, int open_flags)
{
	struct lbpf_object *obj;
	struct path path;
	int err;

	err = user_path_at(AT_FDCWD, pathname, LOOKUP_FOLLOW, &path);
	if (err)
		return ERR_PTR(err);
	err = path_permission(&path, ACC_MODE(open_flags));
	obj = err ? ERR_PTR(err) : lbpf_pin_object(d_inode(path.dentry));
	if (!obj) {
		obj = ERR_PTR(-EACCES);
	} else if (!IS_ERR(obj)) {
		lbpf_object_get_user(obj);
		touch_atime(&path);
	}
	path_put(&path);
	return obj;
}

/**
 * lbpf_cmd_obj_get() - BPF_OBJ_GET
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor; -EACCES for a file that is no pinned object; or another -errno.
 */
int lbpf_cmd_obj_get(struct lbpf_call *call)
{
	const union bpf_attr *attr = &call->attr;
	struct lbpf_object *obj;
	int open_flags, fd;

	if (attr->bpf_fd || attr->file_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY))
		return -EINVAL;
	open_flags = lbpf_open_flags(attr->file_flags);
	if (open_flags < 0)
		return open_flags;
	obj = find_object(u64_to_user_ptr(attr->pathname), open_flags);
	if (IS_ERR(obj))
		return PTR_ERR(obj);
	/* Of the kinds, only maps know what reading and writing is. */
	if (obj->kind == LBPF_OBJ_LINK && open_flags != O_RDWR)
		fd = -EINVAL;
	else
		fd = lbpf_object_fd(obj, obj->kind == LBPF_OBJ_MAP ? open_flags : O_RDWR);
	if (fd < 0)
		lbpf_object_put_user(obj);
	return fd;
}
