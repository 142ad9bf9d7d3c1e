// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own types, read from sysfs when they are first needed.
 *
 * Layer: core.  They are an object without an owner: it does not hold lbpf, which they go with.
 * What refers to them (maps, programs, descriptors) holds lbpf itself.
 * Locks: read_lock is held while they are read, so that it is done once.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/fs_struct.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/sched/task.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/kernel_btf.h>

#include "kernel_btf.h"

#define VMLINUX		"vmlinux"
#define MAX_KERNEL_BTF_BYTES	(64 * 1024 * 1024)

static DEFINE_MUTEX(read_lock); /* guards the making of vmlinux */
static struct lbpf_btf_object *vmlinux;

/**
 * lbpf_kernel_btf_open() - Open a file of types, or their folder
 * @name: Name in the folder, or "".
 *
 * The one that the machine's first process sees: a container has no say in it.
 *
 * Context: Process context, may sleep.
 * Return: File or ERR_PTR(-errno).
 */
struct file *lbpf_kernel_btf_open(const char *name)
{
	char path[sizeof("/sys/kernel/btf/") + LBPF_BTF_NAME_BYTES];
	struct file *file;
	struct path root;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	task_lock(&init_task);
	get_fs_root(init_task.fs, &root);
	task_unlock(&init_task);
	file = file_open_root(&root, path, O_RDONLY, 0);
	path_put(&root);
	return file;
}

/* All of the file, which may be longer than its size says only if it is none of the kernel's. */
static void *read_all(struct file *file, u32 *bytes)
{
	loff_t size = i_size_read(file_inode(file)), pos = 0;
	void *data;
	ssize_t got;

	if (size <= 0 || size > MAX_KERNEL_BTF_BYTES)
		return ERR_PTR(-EINVAL);
	data = lbpf_area_alloc_raw(1, size, NUMA_NO_NODE);
	if (!data)
		return ERR_PTR(-ENOMEM);
	while (pos < size) {
		got = kernel_read(file, data + pos, size - pos, &pos);
		if (got > 0)
			continue;
		lbpf_area_free(data);
		return ERR_PTR(got ?: -EINVAL);
	}
	*bytes = size;
	return data;
}

static void *read_file(const char *name, u32 *bytes)
{
	struct file *file = lbpf_kernel_btf_open(name);
	void *data;

	if (IS_ERR(file))
		return ERR_CAST(file);
	data = read_all(file, bytes);
	fput(file);
	return data;
}

static void free_btf(struct lbpf_btf_object *btf)
{
	lbpf_object_withdraw(&btf->obj);
	lbpf_btf_release(&btf->types);
	lbpf_free(btf);
}

/**
 * lbpf_kernel_btf_make() - Read types of the kernel, or of a module
 * @name: Name of their file.
 * @base: Types that they continue, or NULL.
 *
 * Context: Process context, may sleep.
 * Return: Object with one reference, of the kernel, and an id; or ERR_PTR(-errno).
 */
struct lbpf_btf_object *lbpf_kernel_btf_make(const char *name, const struct lbpf_btf *base)
{
	struct lbpf_btf_object *btf = lbpf_zalloc(sizeof(*btf), GFP_KERNEL);
	u32 bytes = 0;
	void *data;
	int err;

	if (!btf)
		return ERR_PTR(-ENOMEM);
	lbpf_object_init_unowned(&btf->obj, LBPF_OBJ_BTF);
	btf->is_kernel = true;
	INIT_LIST_HEAD(&btf->node);
	strscpy(btf->name, name, sizeof(btf->name));
	data = read_file(name, &bytes);
	err = PTR_ERR_OR_ZERO(data);
	if (!err)
		err = lbpf_btf_adopt(&btf->types, base, data, bytes);
	if (!err)
		err = lbpf_object_publish(&btf->obj);
	if (!err)
		return btf;
	free_btf(btf);
	return ERR_PTR(err);
}

/**
 * lbpf_kernel_btf_peek() - The types of vmlinux if they have been read already
 *
 * Context: Any.
 * Return: BTF or NULL.
 */
const struct lbpf_btf *lbpf_kernel_btf_peek(void)
{
	/* Pairs with smp_store_release() in lbpf_kernel_btf(). */
	struct lbpf_btf_object *btf = smp_load_acquire(&vmlinux);

	return btf ? &btf->types : NULL;
}

/**
 * lbpf_kernel_btf() - The types of vmlinux
 *
 * Source: /sys/kernel/btf/vmlinux.
 * Context: A command; may sleep.
 * Return: BTF, which stays as long as the module, or ERR_PTR(-errno): the next call tries again.
 */
const struct lbpf_btf *lbpf_kernel_btf(void)
{
	const struct lbpf_btf *types = lbpf_kernel_btf_peek();
	struct lbpf_btf_object *btf;

	if (types)
		return types;
	mutex_lock(&read_lock);
	btf = vmlinux;
	if (!btf) {
		btf = lbpf_kernel_btf_make(VMLINUX, NULL);
		if (!IS_ERR(btf))
			/* Pairs with smp_load_acquire() in lbpf_kernel_btf_peek(). */
			smp_store_release(&vmlinux, btf);
	}
	mutex_unlock(&read_lock);
	return IS_ERR(btf) ? ERR_CAST(btf) : &btf->types;
}

/**
 * lbpf_kernel_btf_from_fd() - Types of vmlinux or of a module, named by a descriptor
 * @fd: Descriptor.
 *
 * Context: A command; may sleep.
 * Return: Types with a new reference; ERR_PTR(-EBADF) or ERR_PTR(-EINVAL): it is none of BTF;
 * ERR_PTR(-ENOTSUPP): it is one of other BTF.
 */
const struct lbpf_btf *lbpf_kernel_btf_from_fd(u32 fd)
{
	struct lbpf_btf *btf = lbpf_btf_from_fd(fd);

	if (IS_ERR(btf))
		return btf;
	if (lbpf_btf_object(btf)->is_kernel)
		return btf;
	lbpf_btf_put(btf);
	return ERR_PTR(-ENOTSUPP);
}

/**
 * lbpf_kernel_btf_init() - Be told of modules that go
 *
 * Context: Module init.
 * Return: 0 or -errno.
 */
int lbpf_kernel_btf_init(void)
{
	return lbpf_module_btf_init();
}

/**
 * lbpf_kernel_btf_exit() - Give up the kernel's types
 *
 * Context: Module exit: nothing refers to them any more.
 */
void lbpf_kernel_btf_exit(void)
{
	lbpf_module_btf_exit();
	if (vmlinux)
		free_btf(vmlinux);
}
