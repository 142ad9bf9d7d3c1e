// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel structs of functions that programs may implement.
 *
 * Layer: core.  They are found by name and size: a struct of the running kernel that is not what
 * lbpf was built with is none.
 */
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/struct_ops.h>

#define VALUE_PREFIX	"bpf_struct_ops_"

/* Set once at module init. */
static const struct lbpf_struct_ops *const *known;
static u32 nr_known;

/**
 * lbpf_struct_ops_register() - Tell which structs there are
 * @rows: Their rows; kept.
 * @nr: Number of them.
 *
 * Context: Module init.
 */
void lbpf_struct_ops_register(const struct lbpf_struct_ops *const *rows, u32 nr)
{
	known = rows;
	nr_known = nr;
}

/**
 * lbpf_struct_ops_find() - Find the row of a struct
 * @btf: The kernel's types.
 * @id: Id in @btf.
 *
 * Context: Any.
 * Return: Row, or NULL.
 */
const struct lbpf_struct_ops *lbpf_struct_ops_find(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	u32 i;

	if (!id || !type || lbpf_btf_kind(type) != BTF_KIND_STRUCT)
		return NULL;
	for (i = 0; i < nr_known; i++)
		if (type->size == known[i]->bytes &&
		    !strcmp(lbpf_btf_type_name(btf, type), known[i]->name))
			return known[i];
	return NULL;
}

/* Its last member is the struct itself. */
static const struct btf_member *find_data(const struct lbpf_btf *btf, const struct btf_type *type)
{
	const struct btf_member *member = lbpf_btf_members(type);
	u32 nr = lbpf_btf_vlen(type);

	if (!nr || strcmp(lbpf_btf_name(btf, member[nr - 1].name_off) ?: "", "data"))
		return NULL;
	return &member[nr - 1];
}

/**
 * lbpf_struct_ops_of_value() - Find the row of a struct by the type of a map's value
 * @btf: The kernel's types.
 * @value_id: Id in @btf.
 * @id: Gets the id of the struct.
 * @data_off: Gets its offset in the value, bytes.
 *
 * Source: the names of such types in vmlinux BTF: "bpf_struct_ops_" and the struct's.
 * Context: Any.
 * Return: Row, or NULL.
 */
const struct lbpf_struct_ops *lbpf_struct_ops_of_value(const struct lbpf_btf *btf, u32 value_id,
						       u32 *id, u32 *data_off)
{
	const struct btf_type *type = lbpf_btf_type(btf, value_id);
	const struct lbpf_struct_ops *ops;
	const struct btf_member *data;
	const char *name;

	if (!value_id || !type || lbpf_btf_kind(type) != BTF_KIND_STRUCT)
		return NULL;
	name = lbpf_btf_type_name(btf, type);
	data = find_data(btf, type);
	if (!data || strncmp(name, VALUE_PREFIX, strlen(VALUE_PREFIX)))
		return NULL;
	ops = lbpf_struct_ops_find(btf, data->type);
	if (!ops || strcmp(name + strlen(VALUE_PREFIX), ops->name))
		return NULL;
	*id = data->type;
	*data_off = lbpf_btf_member_bit_off(type, data) / 8;
	return *data_off + ops->bytes <= type->size ? ops : NULL;
}

/**
 * lbpf_struct_ops_proto() - The prototype of a member that is a pointer to a function
 * @btf: The kernel's types.
 * @member: Member.
 *
 * Context: Any.
 * Return: Prototype, or NULL.
 */
const struct btf_type *lbpf_struct_ops_proto(const struct lbpf_btf *btf,
					     const struct btf_member *member)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, member->type, NULL);

	if (!type || lbpf_btf_kind(type) != BTF_KIND_PTR)
		return NULL;
	type = lbpf_btf_skip_mods(btf, type->type, NULL);
	return type && lbpf_btf_kind(type) == BTF_KIND_FUNC_PROTO ? type : NULL;
}
