/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BTF as an object: id, references, descriptor.
 *
 * Layer: core.
 */
#ifndef _LBPF_BTF_OBJECT_H
#define _LBPF_BTF_OBJECT_H

#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include <lbpf/btf.h>
#include <lbpf/object.h>

struct lbpf_log;

#define LBPF_BTF_NAME_BYTES	64

/**
 * struct lbpf_btf_object - BTF with an id
 * @types: The types; maps and programs keep a pointer to this member.
 * @is_kernel: The kernel's own, or a module's.
 * @name: "vmlinux", the module's name; "" of what was loaded.
 * @node: Of a module: in the list of those that are there, or empty.
 * @obj: Id and references.
 * @work: Used once the last reference is gone.
 */
struct lbpf_btf_object {
	struct lbpf_btf		types;
	bool			is_kernel;
	char			name[LBPF_BTF_NAME_BYTES];
	struct list_head	node;
	struct lbpf_object	obj;
	struct work_struct	work;
};

static inline struct lbpf_btf_object *lbpf_btf_object_of(struct lbpf_object *obj)
{
	return container_of(obj, struct lbpf_btf_object, obj);
}

/* The object around @btf, which is one of an object. */
static inline struct lbpf_btf_object *lbpf_btf_object(const struct lbpf_btf *btf)
{
	return container_of((struct lbpf_btf *)btf, struct lbpf_btf_object, types);
}

static inline u32 lbpf_btf_id(const struct lbpf_btf *btf)
{
	return btf ? lbpf_btf_object(btf)->obj.id : 0;
}

static inline void lbpf_btf_get(const struct lbpf_btf *btf)
{
	lbpf_object_get(&lbpf_btf_object(btf)->obj);
}

/* NULL is fine.  Any context but NMI. */
static inline void lbpf_btf_put(const struct lbpf_btf *btf)
{
	if (btf)
		lbpf_object_put(&lbpf_btf_object(btf)->obj);
}

/*
 * New BTF, with one user reference, not yet visible.  Takes over @data in any case.
 * ERR_PTR on error, with the reason in @log.
 */
struct lbpf_btf_object *lbpf_btf_create(void *data, u32 data_bytes, struct lbpf_log *log);
/* BTF behind @fd with a new reference, or ERR_PTR(-EBADF / -EINVAL). */
struct lbpf_btf *lbpf_btf_from_fd(u32 fd);

int lbpf_btf_core_init(void);

#endif /* _LBPF_BTF_OBJECT_H */
