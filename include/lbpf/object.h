/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ids, references and file descriptors of objects (maps, programs, links, BTF).
 *
 * Layer: core.  An object is alive while it has a reference.  References from
 * userspace (file descriptors, pins) are counted a second time, because some
 * objects give up part of themselves when the last of them goes.
 */
#ifndef _LBPF_OBJECT_H
#define _LBPF_OBJECT_H

#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/types.h>
#include <linux/workqueue.h>

enum lbpf_object_kind {
	LBPF_OBJ_MAP,
	LBPF_OBJ_PROG,
	LBPF_OBJ_BTF,
	LBPF_OBJ_LINK,
	LBPF_NR_OBJECT_KINDS,
};

struct lbpf_object;

/**
 * struct lbpf_object_ops - What a kind of object does
 * @name: Name of the anonymous inode ("lbpf-map").
 * @fops: File operations of its descriptors.  ->owner is THIS_MODULE, ->release is
 *	lbpf_object_release(), ->private_data of a file is the struct lbpf_object.
 * @is_rdonly: Its files are open for reading, whatever is asked for.  Source: the flags that fdinfo
 *	of bpf(2)'s shows.
 * @release_user: The last user reference went; may be NULL.  May sleep.  Can happen again:
 *	an id gives an object that only the kernel holds a user reference anew.
 * @free: The last reference went and the id is gone.  Any context: defers what must wait
 *	(lbpf_object_defer()).  After the memory is freed: lbpf_object_freed().
 */
struct lbpf_object_ops {
	const char *name;
	const struct file_operations *fops;
	bool is_rdonly;
	void (*release_user)(struct lbpf_object *obj);
	void (*free)(struct lbpf_object *obj);
};

/**
 * struct lbpf_object - Head of every object
 * @refs: All references.  64 bits: cannot overflow.
 * @user_refs: References from userspace, each of them also in @refs.
 * @id: Id in the table of its kind, 0 before lbpf_object_publish().
 * @kind: enum lbpf_object_kind.
 */
struct lbpf_object {
	atomic64_t	refs;
	atomic64_t	user_refs;
	u32		id;
	u32		kind;
};

/* At init, once for each kind, before the device appears. */
void lbpf_object_register(enum lbpf_object_kind kind, const struct lbpf_object_ops *ops);
/*
 * Gives a new object one user reference, counts it, and holds the module: from here on only
 * putting that reference ends it, by ops->free and lbpf_object_freed().
 */
void lbpf_object_init(struct lbpf_object *obj, enum lbpf_object_kind kind);
/* The same for an object of the module itself, which holds nothing and is not counted. */
void lbpf_object_init_unowned(struct lbpf_object *obj, enum lbpf_object_kind kind);
/* Its end, at module exit. */
void lbpf_object_withdraw(struct lbpf_object *obj);
/* Gives it an id: others can see it.  -ENOMEM, -ENOSPC.  May sleep. */
int lbpf_object_publish(struct lbpf_object *obj);
/* The memory of an object is free again.  The last act of the worker that freed it. */
void lbpf_object_freed(enum lbpf_object_kind kind);

/* Runs @work, in which ops->free does what must not happen at once.  Any context. */
void lbpf_object_defer(struct work_struct *work);
/* Runs @work of an object that somebody holds until then. */
void lbpf_object_defer_later(struct delayed_work *work, unsigned long delay_jiffies);

void lbpf_object_get(struct lbpf_object *obj);
/* The same for an object whose last reference may be gone: false then. */
bool lbpf_object_get_live(struct lbpf_object *obj);
void lbpf_object_put(struct lbpf_object *obj);
void lbpf_object_get_user(struct lbpf_object *obj);
void lbpf_object_put_user(struct lbpf_object *obj);

/*
 * A new descriptor (close-on-exec) that takes over the caller's user reference, with
 * O_RDONLY, O_WRONLY or O_RDWR in @open_flags: fd, or -errno (the caller keeps the reference).
 */
int lbpf_object_fd(struct lbpf_object *obj, int open_flags);
/* ->release of every kind. */
int lbpf_object_release(struct inode *inode, struct file *file);
/* Object of @file, which the caller holds open, or ERR_PTR(-EBADF: NULL, -EINVAL: other kind). */
struct lbpf_object *lbpf_object_of_file(const struct file *file, enum lbpf_object_kind kind);
/* Object of whatever kind, or NULL. */
struct lbpf_object *lbpf_object_of_any_file(const struct file *file);
/* Object behind @fd with a new (kernel) reference, or ERR_PTR(-EBADF, -EINVAL: other kind). */
struct lbpf_object *lbpf_object_from_fd(u32 fd, enum lbpf_object_kind kind);
/* Object with @id and a new user reference, or ERR_PTR(-ENOENT). */
struct lbpf_object *lbpf_object_from_id(u32 id, enum lbpf_object_kind kind);
/* Smallest id from *@id + 1 up, or -ENOENT. */
int lbpf_object_next_id(enum lbpf_object_kind kind, u32 *id);
u64 lbpf_object_count(enum lbpf_object_kind kind);

int lbpf_object_core_init(void);
void lbpf_object_core_exit(void);

#endif /* _LBPF_OBJECT_H */
