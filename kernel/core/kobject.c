// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel objects that programs may keep a reference of.
 *
 * Layer: core.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/kobject.h>

/* Source: struct prog_test_ref_kfunc of vmlinux BTF, and what programs see in it. */
static struct lbpf_test_object test_object = {
	.a	= 42,
	.b	= 108,
	.next	= &test_object,
	.refs	= REFCOUNT_INIT(1),
};

/**
 * lbpf_test_object_get() - Take a reference of the test object
 *
 * Context: Any.
 * Return: The object.
 */
struct lbpf_test_object *lbpf_test_object_get(void)
{
	refcount_inc(&test_object.refs);
	return &test_object;
}

/**
 * lbpf_test_object_put() - Give up a reference of the test object
 * @obj: Object of lbpf_test_object_get().
 *
 * Context: Any.
 */
void lbpf_test_object_put(struct lbpf_test_object *obj)
{
	refcount_dec(&obj->refs);
}

static void put_test_object(void *obj)
{
	lbpf_test_object_put(obj);
}

/* There is none by itself: nobody can have a reference. */
static void put_test_part(void *obj)
{
}

static const struct lbpf_kobject kobjects[] = {
	{ "prog_test_ref_kfunc", sizeof(struct lbpf_test_object), put_test_object },
	{ "prog_test_member", sizeof(struct lbpf_test_part), put_test_part },
};

/**
 * lbpf_kobject_find() - Find a type of kernel object
 * @name: Its struct.
 * @size_bytes: Size of that in the kernel's BTF.
 *
 * Context: Any.
 * Return: Its row, or NULL: programs cannot keep a reference of one.
 */
const struct lbpf_kobject *lbpf_kobject_find(const char *name, u32 size_bytes)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(kobjects); i++)
		if (!strcmp(kobjects[i].name, name) && kobjects[i].size_bytes == size_bytes)
			return &kobjects[i];
	return NULL;
}
