// SPDX-License-Identifier: GPL-2.0
/*
 * The types of modules, read from sysfs when somebody asks for them.
 *
 * Layer: core.  Each is an object without an owner, as that of vmlinux is.  The list holds a
 * reference until its module goes; who has another one keeps the types, not the module.
 * Locks: modules_lock guards the list, lbpf_btf_object::node and is_complete.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/kernel_btf.h>

#include "kernel_btf.h"

static DEFINE_MUTEX(modules_lock);
static LIST_HEAD(modules);
static bool is_complete; /* no module has come since all were read */

static struct lbpf_btf_object *find_object(const char *name)
{
	struct lbpf_btf_object *btf;

	lockdep_assert_held(&modules_lock);
	list_for_each_entry(btf, &modules, node)
		if (!strcmp(btf->name, name))
			return btf;
	return NULL;
}

static void forget_object(struct lbpf_btf_object *btf)
{
	list_del_init(&btf->node);
	lbpf_object_put(&btf->obj);
}

/* Its file in sysfs has gone already: nobody reads it again. */
static void forget_module(const char *name)
{
	struct lbpf_btf_object *btf;

	mutex_lock(&modules_lock);
	btf = find_object(name);
	if (btf)
		forget_object(btf);
	mutex_unlock(&modules_lock);
}

static int watch(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = data;

	if (state == MODULE_STATE_GOING) {
		forget_module(module->name);
	} else {
		mutex_lock(&modules_lock);
		is_complete = false;
		mutex_unlock(&modules_lock);
	}
	return NOTIFY_OK;
}

static struct notifier_block watcher = { .notifier_call = watch };

/**
 * struct entry - A file of types
 * @node: In reading::entries.
 * @name: Its name.
 */
struct entry {
	struct list_head	node;
	char			name[LBPF_BTF_NAME_BYTES];
};

/**
 * struct reading - The folder of types is read
 * @ctx: What the kernel calls for each name.
 * @entries: Files that are not known yet.
 * @err: -ENOMEM: there are more.
 */
struct reading {
	struct dir_context	ctx;
	struct list_head	entries;
	int			err;
};

static bool note_entry(struct dir_context *ctx, const char *name, int len, loff_t pos, u64 ino,
		       unsigned int type)
{
	struct reading *reading = container_of(ctx, struct reading, ctx);
	struct entry *entry;

	if (*name == '.' || len >= LBPF_BTF_NAME_BYTES || (len == 7 && !memcmp(name, "vmlinux", 7)))
		return true;
	entry = lbpf_zalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry) {
		reading->err = -ENOMEM;
		return false;
	}
	memcpy(entry->name, name, len);
	list_add_tail(&entry->node, &reading->entries);
	return true;
}

/* What cannot be read now is tried again the next time. */
static int read_module(const char *name, const struct lbpf_btf *base)
{
	struct lbpf_btf_object *btf;

	if (find_object(name))
		return 0;
	btf = lbpf_kernel_btf_make(name, base);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	list_add_tail(&btf->node, &modules);
	return 0;
}

static int read_modules(struct reading *reading, const struct lbpf_btf *base)
{
	struct file *folder = lbpf_kernel_btf_open("");
	struct entry *entry, *next;
	int err;

	if (IS_ERR(folder))
		return PTR_ERR(folder);
	err = iterate_dir(folder, &reading->ctx) ?: reading->err;
	fput(folder);
	list_for_each_entry_safe(entry, next, &reading->entries, node) {
		err = read_module(entry->name, base) ?: err;
		lbpf_free(entry);
	}
	return err;
}

/* Modules whose types are none are left out: only a lack of memory is worth another try. */
static int read_all(void)
{
	struct reading reading = { .ctx.actor = note_entry };
	const struct lbpf_btf *base = lbpf_kernel_btf();
	int err = 0;

	if (IS_ERR(base))
		return PTR_ERR(base);
	INIT_LIST_HEAD(&reading.entries);
	mutex_lock(&modules_lock);
	if (!is_complete) {
		err = read_modules(&reading, base);
		is_complete = err != -ENOMEM;
	}
	mutex_unlock(&modules_lock);
	return err;
}

/**
 * lbpf_kernel_btf_read_all() - Read the types of vmlinux and of all modules
 *
 * Context: Process context, may sleep.
 */
void lbpf_kernel_btf_read_all(void)
{
	read_all();
}

static int find_in_modules(const char *name, u32 kind, const struct lbpf_btf **btf)
{
	struct lbpf_btf_object *object;
	int id = -ENOENT;

	mutex_lock(&modules_lock);
	list_for_each_entry(object, &modules, node) {
		id = lbpf_btf_find(&object->types, name, kind);
		if (id < 0)
			continue;
		*btf = &object->types;
		lbpf_btf_get(*btf);
		break;
	}
	mutex_unlock(&modules_lock);
	return id;
}

/**
 * lbpf_kernel_btf_find() - Find a type of the kernel or of a module
 * @name: Name.
 * @kind: BTF_KIND_*.
 * @btf: Its BTF, with a new reference.
 *
 * Context: Process context, may sleep.
 * Return: Id; -ENOENT: there is none; -errno: there are no types, or no memory.
 */
int lbpf_kernel_btf_find(const char *name, u32 kind, const struct lbpf_btf **btf)
{
	const struct lbpf_btf *kernel = lbpf_kernel_btf();
	int id;

	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	id = lbpf_btf_find(kernel, name, kind);
	if (id > 0) {
		*btf = kernel;
		lbpf_btf_get(kernel);
		return id;
	}
	if (read_all() == -ENOMEM)
		return -ENOMEM;
	return find_in_modules(name, kind, btf);
}

/* The folder in sysfs tells which module has a name; its entry keeps the module's memory. */
static struct module *get_named(const char *name)
{
	struct kobject *kobj = kset_find_obj(THIS_MODULE->mkobj.kobj.kset, name);
	struct module *module;

	if (!kobj)
		return NULL;
	module = container_of(kobj, struct module_kobject, kobj)->mod;
	if (module && (module->state != MODULE_STATE_LIVE || !try_module_get(module)))
		module = NULL;
	kobject_put(kobj);
	return module;
}

/**
 * lbpf_kernel_btf_get_module() - Hold the module that types are of
 * @btf: Types of vmlinux or of a module.
 *
 * Context: Process context, may sleep.
 * Return: Module with a new reference; NULL: vmlinux; ERR_PTR(-ENOENT): the module has gone.
 */
struct module *lbpf_kernel_btf_get_module(const struct lbpf_btf *btf)
{
	struct lbpf_btf_object *object = lbpf_btf_object(btf);
	struct module *module = NULL;

	if (!btf->base)
		return NULL;
	mutex_lock(&modules_lock);
	if (!list_empty(&object->node))
		module = get_named(object->name);
	mutex_unlock(&modules_lock);
	return module ?: ERR_PTR(-ENOENT);
}

/**
 * lbpf_module_btf_init() - Watch modules come and go
 *
 * Context: Module init.
 * Return: 0 or -errno.
 */
int lbpf_module_btf_init(void)
{
	return register_module_notifier(&watcher);
}

/**
 * lbpf_module_btf_exit() - Give up the types of modules
 *
 * Context: Module exit: nothing refers to them any more.
 */
void lbpf_module_btf_exit(void)
{
	struct lbpf_btf_object *btf, *next;

	unregister_module_notifier(&watcher);
	mutex_lock(&modules_lock);
	list_for_each_entry_safe(btf, next, &modules, node)
		forget_object(btf);
	mutex_unlock(&modules_lock);
}
