/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel objects that programs may keep a reference of.
 *
 * Layer: core.
 */
#ifndef _LBPF_KOBJECT_H
#define _LBPF_KOBJECT_H

#include <linux/refcount.h>
#include <linux/types.h>

/**
 * struct lbpf_kobject - A type of kernel object
 * @name: Its struct in vmlinux BTF.
 * @size_bytes: Its size, as the functions below know it.
 * @put: Gives up a reference.  Any context but NMI.
 */
struct lbpf_kobject {
	const char	*name;
	u32		size_bytes;
	void		(*put)(void *obj);
};

/* The type with that name and size, or NULL. */
const struct lbpf_kobject *lbpf_kobject_find(const char *name, u32 size_bytes);

/**
 * struct lbpf_test_part - The struct inside of the kernel's own test object
 * @a: A number, in a struct of its own there.
 * @c: A number.
 */
struct lbpf_test_part {
	int	a;
	int	c;
};

/**
 * struct lbpf_test_object - The kernel's own test object, struct prog_test_ref_kfunc in BTF
 * @a: 42.
 * @b: 108.
 * @part: Zeros.
 * @next: The object itself.
 * @refs: References; one is never given up.
 */
struct lbpf_test_object {
	int				a;
	int				b;
	struct lbpf_test_part		part;
	struct lbpf_test_object		*next;
	refcount_t			refs;
};

/* The one object there is, with a new reference. */
struct lbpf_test_object *lbpf_test_object_get(void);
void lbpf_test_object_put(struct lbpf_test_object *obj);

#endif /* _LBPF_KOBJECT_H */
