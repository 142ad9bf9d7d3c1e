// SPDX-License-Identifier: GPL-2.0
/*
 * Links as objects.
 *
 * Layer: core.  A program no longer runs when the last descriptor or pin of its
 * link has been closed; the rest goes later, in a worker.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/link.h>
#include <lbpf/prog.h>

static void detach(struct lbpf_link *link)
{
	if (!atomic_xchg(&link->is_detached, 1))
		link->ops->detach(link);
}

/* An id may give the link to userspace once more: it is one without effect then. */
static void release_user(struct lbpf_object *obj)
{
	detach(lbpf_link_of(obj));
}

static void free_work(struct work_struct *work)
{
	struct lbpf_link *link = container_of(work, struct lbpf_link, work);
	struct lbpf_prog *prog = link->prog;

	detach(link);
	link->ops->free(link);
	lbpf_prog_put(prog);
	lbpf_object_freed(LBPF_OBJ_LINK);
}

static void end_link(struct lbpf_object *obj)
{
	struct lbpf_link *link = lbpf_link_of(obj);

	INIT_WORK(&link->work, free_work);
	lbpf_object_defer(&link->work);
}

#ifdef CONFIG_PROC_FS
static void show_fdinfo(struct seq_file *seq, struct file *file)
{
	struct lbpf_link *link = lbpf_link_of(file->private_data);

	seq_printf(seq, "link_type:\t%s\nlink_id:\t%u\n", link->ops->name, link->obj.id);
	seq_printf(seq, "prog_tag:\t%*phN\nprog_id:\t%u\n", (int)sizeof(link->prog->tag),
		   link->prog->tag, link->prog->obj.id);
	if (link->ops->show_fdinfo)
		link->ops->show_fdinfo(link, seq);
}
#endif

static const struct file_operations link_fops = {
	.owner		= THIS_MODULE,
	.release	= lbpf_object_release,
#ifdef CONFIG_PROC_FS
	.show_fdinfo	= show_fdinfo,
#endif
};

static const struct lbpf_object_ops link_object_ops = {
	.name		= "lbpf-link",
	.fops		= &link_fops,
	.is_rdonly	= true,
	.release_user	= release_user,
	.free		= end_link,
};

/**
 * lbpf_link_init() - Start the life of a link
 * @link: Zeroed link, which has its program attached.
 * @ops: Kind.
 * @prog: Program; the caller's reference is taken over.
 *
 * Context: A command.
 */
void lbpf_link_init(struct lbpf_link *link, const struct lbpf_link_ops *ops,
		    struct lbpf_prog *prog)
{
	link->ops = ops;
	link->prog = prog;
	lbpf_object_init(&link->obj, LBPF_OBJ_LINK);
}

/**
 * lbpf_link_from_fd() - Take the link behind a descriptor
 * @fd: Descriptor of the current process.
 *
 * Context: Process context.
 * Return: Link with a new reference, ERR_PTR(-EBADF), or ERR_PTR(-EINVAL) for another kind of
 * descriptor.
 */
struct lbpf_link *lbpf_link_from_fd(u32 fd)
{
	struct lbpf_object *obj = lbpf_object_from_fd(fd, LBPF_OBJ_LINK);

	return IS_ERR(obj) ? ERR_CAST(obj) : lbpf_link_of(obj);
}

/**
 * lbpf_link_put_name() - Give the caller a name, cut to his room
 * @to: Where to.
 * @room: Bytes there, 1 or more.
 * @name: Name; what there is room for always ends with a NUL.
 *
 * Context: A command.
 * Return: 0, -EFAULT, or -ENOSPC: it was cut.
 */
int lbpf_link_put_name(char __user *to, u32 room, const char *name)
{
	u32 size = strlen(name) + 1;

	if (room >= size)
		return copy_to_user(to, name, size) ? -EFAULT : 0;
	if (copy_to_user(to, name, room - 1) || put_user(0, to + room - 1))
		return -EFAULT;
	return -ENOSPC;
}

/**
 * lbpf_link_core_init() - Make links known as objects
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_link_core_init(void)
{
	lbpf_object_register(LBPF_OBJ_LINK, &link_object_ops);
	return 0;
}
