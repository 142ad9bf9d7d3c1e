/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel objects that own storages: which they are, and how their end is seen.
 *
 * Layer: maps.
 */
#ifndef _LBPF_MAPS_OWNER_H
#define _LBPF_MAPS_OWNER_H

#include <linux/list.h>
#include <linux/types.h>

struct file;
struct socket;
struct task_struct;

/**
 * struct owner_ref - An object that a descriptor of the process stands for
 * @owner: The object.
 * @file: Inodes: the file, which keeps it.
 * @task: Tasks: itself, with a reference.
 * @socket: Sockets: what keeps it.
 */
struct owner_ref {
	void *owner;
	union {
		struct file		*file;
		struct task_struct	*task;
		struct socket		*socket;
	};
};

/**
 * struct owner_kind - A kind of objects
 * @open: Finds the object of a descriptor: 0, -EBADF, -ENOENT, -ENOTSOCK.  Process context.
 * @close: Gives it back.
 * @may_own: Is it an object as it should be, whose end is yet to come?  @owner may be any address.
 */
struct owner_kind {
	int (*open)(u32 fd, struct owner_ref *ref);
	void (*close)(struct owner_ref *ref);
	bool (*may_own)(const void *owner);
};

extern const struct owner_kind lbpf_task_owner;
extern const struct owner_kind lbpf_inode_owner;
extern const struct owner_kind lbpf_sock_owner;

/**
 * struct owner_watch - Somebody who is told of objects that end
 * @node: Of all those of a kind.
 * @kind: Which objects.
 * @end: Called with each that ends.  Any context but NMI, under rcu_read_lock().
 * @copy: Called with an object and its copy, likewise; may be NULL.
 */
struct owner_watch {
	struct list_head	node;
	const struct owner_kind	*kind;
	void (*end)(struct owner_watch *watch, void *owner);
	void (*copy)(struct owner_watch *watch, void *owner, void *copy);
};

int lbpf_owner_watch(struct owner_watch *watch);
void lbpf_owner_unwatch(struct owner_watch *watch);

#endif /* _LBPF_MAPS_OWNER_H */
