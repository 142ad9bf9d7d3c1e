// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's own types.
 */
#include <stddef.h>
#include <string.h>
#include <bpf/btf.h>

#include "kernel_btf.h"

/* NULL: the kernel has none. */
static const struct btf *kernel_btf(void)
{
	static struct btf *btf;

	if (!btf)
		btf = btf__load_vmlinux_btf();
	return btf;
}

const char *kernel_type_name(unsigned int id, unsigned int *kind)
{
	const struct btf_type *type = btf__type_by_id(kernel_btf(), id);

	if (!id || !type)
		return NULL;
	*kind = btf_kind(type);
	return btf__name_by_offset(kernel_btf(), type->name_off);
}

unsigned int kernel_type(const char *name, unsigned int kind)
{
	int id = kernel_btf() ? btf__find_by_name_kind(kernel_btf(), name, kind) : 0;

	return id < 0 ? 0 : id;
}

static const struct btf_type *find_struct(const char *name)
{
	return btf__type_by_id(kernel_btf(), kernel_type(name, BTF_KIND_STRUCT));
}

int kernel_member_index(const char *struct_name, const char *member)
{
	const struct btf_type *type = find_struct(struct_name);
	int i;

	for (i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(kernel_btf(), btf_members(type)[i].name_off),
			    member))
			return i;
	return -1;
}

int kernel_member(const char *struct_name, const char *member)
{
	int i = kernel_member_index(struct_name, member);

	return i < 0 ? -1 : (int)btf_member_bit_offset(find_struct(struct_name), i) / 8;
}

unsigned int kernel_type_bytes(unsigned int id)
{
	return btf__resolve_size(kernel_btf(), id);
}
