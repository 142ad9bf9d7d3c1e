// SPDX-License-Identifier: GPL-2.0
/*
 * Ids, references and descriptors of objects.
 *
 * Layer: core.  An id is visible from publication to the last reference; one
 * whose references are gone cannot be taken any more, so an id never revives
 * an object.
 * Locks: the lock inside a table's ids, with interrupts off, since the last
 * reference may go in any context.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/rcupdate_trace.h>
#include <linux/xarray.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/object.h>

/**
 * struct object_table - All objects of one kind
 * @ops: Set at init.
 * @ids: Objects by id.
 * @next_id: Where the search for a free id goes on; guarded by the lock of @ids.
 * @nr_live: Objects initialised and not yet freed.
 */
struct object_table {
	const struct lbpf_object_ops	*ops;
	struct xarray			ids;
	u32				next_id;
	atomic64_t			nr_live;
};

static struct object_table tables[LBPF_NR_OBJECT_KINDS];

/* Where objects end that must sleep, or wait, to do so. */
static struct workqueue_struct *teardown_wq;

static const struct xa_limit id_limit = XA_LIMIT(1, INT_MAX - 1);

/**
 * lbpf_object_register() - Tell what a kind of object does
 * @kind: Kind.
 * @ops: Its operations; kept.
 *
 * Context: Module init.
 */
void lbpf_object_register(enum lbpf_object_kind kind, const struct lbpf_object_ops *ops)
{
	tables[kind].ops = ops;
}

/**
 * lbpf_object_init() - Start the life of an object
 * @obj: Object; the caller has zeroed it.
 * @kind: Its kind.
 *
 * The caller gets the first reference, a user reference.  The module stays
 * loaded until lbpf_object_freed().
 *
 * Context: A command, whose open device holds the module.
 */
void lbpf_object_init(struct lbpf_object *obj, enum lbpf_object_kind kind)
{
	atomic64_set(&obj->refs, 1);
	atomic64_set(&obj->user_refs, 1);
	obj->id = 0;
	obj->kind = kind;
	__module_get(THIS_MODULE);
	atomic64_inc(&tables[kind].nr_live);
}

/**
 * lbpf_object_init_unowned() - Start the life of an object that belongs to the module itself
 * @obj: Object; the caller has zeroed it.
 * @kind: Its kind.
 *
 * It is not counted, does not hold the module, and its first reference, one of the kernel, is
 * never dropped: lbpf_object_withdraw() ends it when the module goes.
 *
 * Context: Any.
 */
void lbpf_object_init_unowned(struct lbpf_object *obj, enum lbpf_object_kind kind)
{
	atomic64_set(&obj->refs, 1);
	atomic64_set(&obj->user_refs, 0);
	obj->id = 0;
	obj->kind = kind;
}

/**
 * lbpf_object_publish() - Give an object its id
 * @obj: Object, complete: others can take it at once.
 *
 * Ids go up and start again at 1 after the last, as those of bpf(2) do.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, or -ENOSPC when all ids are taken.
 */
int lbpf_object_publish(struct lbpf_object *obj)
{
	struct object_table *table = &tables[obj->kind];
	int err;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	/* The id is written before the entry: whoever finds the object finds its id too. */
	err = xa_alloc_cyclic_irq(&table->ids, &obj->id, obj, id_limit, &table->next_id,
				  GFP_KERNEL_ACCOUNT);
	if (err < 0) {
		obj->id = 0;
		return err == -EBUSY ? -ENOSPC : err;
	}
	return 0;
}

/**
 * lbpf_object_freed() - End the life of an object
 * @kind: Its kind; the object itself is gone.
 *
 * Context: The worker of lbpf_object_defer(), as its last act: nothing else
 * keeps the module loaded afterwards.
 */
void lbpf_object_freed(enum lbpf_object_kind kind)
{
	atomic64_dec(&tables[kind].nr_live);
	module_put(THIS_MODULE);
}

/**
 * lbpf_object_defer() - Run the end of an object in the worker
 * @work: Part of the object.
 *
 * Context: Any but NMI.
 */
void lbpf_object_defer(struct work_struct *work)
{
	queue_work(teardown_wq, work);
}

/**
 * lbpf_object_defer_later() - Run something for an object in the worker, some time later
 * @work: Part of the object, which is held until @work has run.
 * @delay_jiffies: How much later.
 *
 * Context: Any but NMI.
 */
void lbpf_object_defer_later(struct delayed_work *work, unsigned long delay_jiffies)
{
	queue_delayed_work(teardown_wq, work, delay_jiffies);
}

/**
 * lbpf_object_get() - Take a reference for the kernel
 * @obj: Object that the caller holds a reference on.
 *
 * Context: Any.
 */
void lbpf_object_get(struct lbpf_object *obj)
{
	atomic64_inc(&obj->refs);
}

/**
 * lbpf_object_get_live() - Take a reference for the kernel if there is still one
 * @obj: Object whose memory the caller keeps from going.
 *
 * Context: Any.
 * Return: true if a reference was taken.
 */
bool lbpf_object_get_live(struct lbpf_object *obj)
{
	return atomic64_inc_not_zero(&obj->refs);
}

static void remove_id(struct lbpf_object *obj)
{
	struct object_table *table = &tables[obj->kind];
	unsigned long flags;

	if (!obj->id)
		return;
	xa_lock_irqsave(&table->ids, flags);
	__xa_erase(&table->ids, obj->id);
	xa_unlock_irqrestore(&table->ids, flags);
}

/**
 * lbpf_object_withdraw() - Take back the id of an object of the module itself
 * @obj: Object of lbpf_object_init_unowned(), with or without id.
 *
 * Context: Module exit, or before anybody has seen it.
 */
void lbpf_object_withdraw(struct lbpf_object *obj)
{
	remove_id(obj);
}

/**
 * lbpf_object_put() - Drop a reference
 * @obj: Object, gone afterwards if it was the last one.
 *
 * Context: Any but NMI.
 */
void lbpf_object_put(struct lbpf_object *obj)
{
	if (!atomic64_dec_and_test(&obj->refs))
		return;
	remove_id(obj);
	tables[obj->kind].ops->free(obj);
}

/**
 * lbpf_object_get_user() - Take a reference for userspace
 * @obj: Object that the caller holds a reference on.
 *
 * Context: Any.
 */
void lbpf_object_get_user(struct lbpf_object *obj)
{
	atomic64_inc(&obj->refs);
	atomic64_inc(&obj->user_refs);
}

/**
 * lbpf_object_put_user() - Drop a reference of userspace
 * @obj: Object, gone afterwards if it was the last reference of all.
 *
 * Context: Process context, may sleep.
 */
void lbpf_object_put_user(struct lbpf_object *obj)
{
	const struct lbpf_object_ops *ops = tables[obj->kind].ops;

	if (atomic64_dec_and_test(&obj->user_refs) && ops->release_user)
		ops->release_user(obj);
	lbpf_object_put(obj);
}

/**
 * lbpf_object_fd() - Make a descriptor
 * @obj: Object.  The descriptor takes over the caller's user reference.
 * @open_flags: O_RDONLY, O_WRONLY or O_RDWR.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno, and the caller keeps the reference.
 */
int lbpf_object_fd(struct lbpf_object *obj, int open_flags)
{
	const struct lbpf_object_ops *ops = tables[obj->kind].ops;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	if (ops->is_rdonly)
		open_flags = O_RDONLY;
	return anon_inode_getfd(ops->name, ops->fops, obj, open_flags | O_CLOEXEC);
}

/**
 * lbpf_object_release() - Close the last descriptor of an open file
 * @inode: Not used.
 * @file: File of lbpf_object_fd().
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int lbpf_object_release(struct inode *inode, struct file *file)
{
	lbpf_object_put_user(file->private_data);
	return 0;
}

/**
 * lbpf_object_of_file() - Find the object of a file
 * @file: File that the caller holds open, or NULL.
 * @kind: Kind it must be of.
 *
 * Context: Any.
 * Return: Object, alive as long as the file; ERR_PTR(-EBADF) for NULL,
 * ERR_PTR(-EINVAL) for another kind of file.
 */
struct lbpf_object *lbpf_object_of_file(const struct file *file, enum lbpf_object_kind kind)
{
	const struct lbpf_object_ops *ops = tables[kind].ops;

	if (!file)
		return ERR_PTR(-EBADF);
	if (!ops || file->f_op != ops->fops)
		return ERR_PTR(-EINVAL);
	return file->private_data;
}

/**
 * lbpf_object_of_any_file() - Find the object of a file, of whatever kind
 * @file: File that the caller holds open.
 *
 * Context: Any.
 * Return: Object, alive as long as the file; NULL for a file that is none of lbpf's.
 */
struct lbpf_object *lbpf_object_of_any_file(const struct file *file)
{
	struct object_table *table;

	for (table = tables; table < tables + LBPF_NR_OBJECT_KINDS; table++)
		if (table->ops && file->f_op == table->ops->fops)
			return file->private_data;
	return NULL;
}

/**
 * lbpf_object_from_fd() - Take the object behind a descriptor
 * @fd: Descriptor of the current process.
 * @kind: Kind it must be of.
 *
 * Context: Process context.
 * Return: Object with a new reference, ERR_PTR(-EBADF) or ERR_PTR(-EINVAL).
 */
struct lbpf_object *lbpf_object_from_fd(u32 fd, enum lbpf_object_kind kind)
{
	struct fd f = fdget(fd);
	struct lbpf_object *obj = lbpf_object_of_file(fd_file(f), kind);

	if (!IS_ERR(obj))
		lbpf_object_get(obj);
	fdput(f);
	return obj;
}

/**
 * lbpf_object_from_id() - Take the object with an id
 * @id: Id.
 * @kind: Kind.
 *
 * Context: Process context.
 * Return: Object with a new user reference, or ERR_PTR(-ENOENT).
 */
struct lbpf_object *lbpf_object_from_id(u32 id, enum lbpf_object_kind kind)
{
	struct object_table *table = &tables[kind];
	struct lbpf_object *obj;

	/* The lock keeps the memory: freeing begins with taking the id away. */
	xa_lock_irq(&table->ids);
	obj = xa_load(&table->ids, id);
	if (obj && atomic64_inc_not_zero(&obj->refs))
		atomic64_inc(&obj->user_refs);
	else
		obj = ERR_PTR(-ENOENT);
	xa_unlock_irq(&table->ids);
	return obj;
}

/**
 * lbpf_object_next_id() - Step to the next id in use
 * @kind: Kind.
 * @id: In: where to start, not included.  Out: the next id.
 *
 * Context: Process context.
 * Return: 0, or -ENOENT when there is no other.
 */
int lbpf_object_next_id(enum lbpf_object_kind kind, u32 *id)
{
	unsigned long index = (unsigned long)*id + 1;

	if (!xa_find(&tables[kind].ids, &index, INT_MAX, XA_PRESENT))
		return -ENOENT;
	*id = index;
	return 0;
}

/**
 * lbpf_object_count() - Tell how many objects are alive
 * @kind: Kind.
 *
 * Context: Any.
 * Return: Their number, those included that only wait to be freed.
 */
u64 lbpf_object_count(enum lbpf_object_kind kind)
{
	return atomic64_read(&tables[kind].nr_live);
}

/**
 * lbpf_object_core_init() - Set up the tables of objects
 *
 * Context: Module init.
 * Return: 0 or -ENOMEM.
 */
int lbpf_object_core_init(void)
{
	struct object_table *table;

	teardown_wq = alloc_workqueue("lbpf", WQ_UNBOUND, 0);
	if (!teardown_wq)
		return -ENOMEM;
	for (table = tables; table < tables + LBPF_NR_OBJECT_KINDS; table++)
		xa_init_flags(&table->ids, XA_FLAGS_ALLOC1 | XA_FLAGS_LOCK_IRQ);
	return 0;
}

/**
 * lbpf_object_core_exit() - Wait for the last traces of all objects
 *
 * No object is alive: each one holds the module.  What may still run is the
 * end of functions that dropped the last hold on it.
 *
 * Context: Module exit, may sleep.
 */
void lbpf_object_core_exit(void)
{
	struct object_table *table;

	rcu_barrier_tasks_trace();
	rcu_barrier();
	destroy_workqueue(teardown_wq);
	/* Workers may have left callbacks; callers may be on their last instructions. */
	rcu_barrier();
	synchronize_rcu_tasks();
	for (table = tables; table < tables + LBPF_NR_OBJECT_KINDS; table++)
		xa_destroy(&table->ids);
}
