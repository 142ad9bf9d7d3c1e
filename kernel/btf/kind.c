// SPDX-License-Identifier: GPL-2.0
/*
 * The table of kinds, and how the log describes them.
 *
 * Layer: btf (p).
 */
#include <linux/kernel.h>

#include "check.h"

static const char *encoding_name(u32 encoding)
{
	switch (encoding) {
	case 0:
		return "(none)";
	case BTF_INT_SIGNED:
		return "SIGNED";
	case BTF_INT_CHAR:
		return "CHAR";
	case BTF_INT_BOOL:
		return "BOOL";
	}
	return "UNKN";
}

static void describe_int(struct lbpf_btf_check *check, const struct btf_type *type)
{
	u32 data = lbpf_btf_int(type);

	lbpf_log(check->log, "size=%u bits_offset=%u nr_bits=%u encoding=%s", type->size,
		 BTF_INT_OFFSET(data), BTF_INT_BITS(data), encoding_name(BTF_INT_ENCODING(data)));
}

static void describe_ref(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "type_id=%u", type->type);
}

static void describe_array(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_array *array = lbpf_btf_array(type);

	lbpf_log(check->log, "type_id=%u index_type_id=%u nr_elems=%u", array->type,
		 array->index_type, array->nelems);
}

static void describe_items(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "size=%u vlen=%u", type->size, lbpf_btf_vlen(type));
}

static void describe_size(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "size=%u", type->size);
}

static void describe_fwd(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "%s", lbpf_btf_kflag(type) ? "union" : "struct");
}

static void describe_var(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "type_id=%u linkage=%u", type->type,
		 ((const struct btf_var *)(type + 1))->linkage);
}

static void describe_decl_tag(struct lbpf_btf_check *check, const struct btf_type *type)
{
	lbpf_log(check->log, "type=%u component_idx=%d", type->type,
		 ((const struct btf_decl_tag *)(type + 1))->component_idx);
}

static void describe_proto(struct lbpf_btf_check *check, const struct btf_type *type)
{
	const struct btf_param *param = lbpf_btf_params(type);
	u32 i, nr = lbpf_btf_vlen(type);

	lbpf_log(check->log, "return=%u args=(", type->type);
	if (!nr)
		lbpf_log(check->log, "void");
	for (i = 0; i < nr; i++, param++) {
		if (i)
			lbpf_log(check->log, ", ");
		if (i == nr - 1 && !param->type)
			lbpf_log(check->log, "vararg");
		else
			lbpf_log(check->log, "%u %s", param->type,
				 lbpf_btf_log_name(check->btf, param->name_off));
	}
	lbpf_log(check->log, ")");
}

#define MODIFIER_ROW(text)						\
	{								\
		.name = text, .flags = KIND_MODIFIER | KIND_RESOLVES,	\
		.check_meta = lbpf_btf_check_ref, .describe = describe_ref, \
		.resolve = lbpf_btf_resolve_modifier,			\
		.check_member = lbpf_btf_modifier_member,		\
	}

#define STRUCT_ROW(text)						\
	{								\
		.name = text, .item_bytes = sizeof(struct btf_member),	\
		.flags = KIND_SIZED | KIND_RESOLVES,			\
		.check_meta = lbpf_btf_check_struct, .describe = describe_items, \
		.resolve = lbpf_btf_resolve_struct,			\
		.check_member = lbpf_btf_whole_member,			\
	}

/* Source: BTF_KIND_* in <linux/btf.h>; names: the log of Linux. */
static const struct lbpf_btf_kind kinds[NR_BTF_KINDS] = {
	[BTF_KIND_INT] = {
		.name = "INT", .extra_bytes = sizeof(u32), .flags = KIND_SIZED,
		.check_meta = lbpf_btf_check_int, .describe = describe_int,
		.check_member = lbpf_btf_int_member,
	},
	[BTF_KIND_PTR] = {
		.name = "PTR", .flags = KIND_RESOLVES,
		.check_meta = lbpf_btf_check_ref, .describe = describe_ref,
		.resolve = lbpf_btf_resolve_pointer, .check_member = lbpf_btf_whole_member,
	},
	[BTF_KIND_ARRAY] = {
		.name = "ARRAY", .extra_bytes = sizeof(struct btf_array), .flags = KIND_RESOLVES,
		.check_meta = lbpf_btf_check_array, .describe = describe_array,
		.resolve = lbpf_btf_resolve_array, .check_member = lbpf_btf_whole_member,
	},
	[BTF_KIND_STRUCT] = STRUCT_ROW("STRUCT"),
	[BTF_KIND_UNION] = STRUCT_ROW("UNION"),
	[BTF_KIND_ENUM] = {
		.name = "ENUM", .item_bytes = sizeof(struct btf_enum), .flags = KIND_SIZED,
		.check_meta = lbpf_btf_check_enum, .describe = describe_items,
		.check_member = lbpf_btf_enum_member,
	},
	[BTF_KIND_FWD] = {
		.name = "FWD", .flags = KIND_NO_SIZE,
		.check_meta = lbpf_btf_check_fwd, .describe = describe_fwd,
	},
	[BTF_KIND_TYPEDEF] = MODIFIER_ROW("TYPEDEF"),
	[BTF_KIND_VOLATILE] = MODIFIER_ROW("VOLATILE"),
	[BTF_KIND_CONST] = MODIFIER_ROW("CONST"),
	[BTF_KIND_RESTRICT] = MODIFIER_ROW("RESTRICT"),
	[BTF_KIND_FUNC] = {
		.name = "FUNC", .flags = KIND_NO_SIZE | KIND_RESOLVES,
		.check_meta = lbpf_btf_check_func, .describe = describe_ref,
		.resolve = lbpf_btf_resolve_func,
	},
	[BTF_KIND_FUNC_PROTO] = {
		.name = "FUNC_PROTO", .item_bytes = sizeof(struct btf_param),
		.flags = KIND_NO_SIZE,
		.check_meta = lbpf_btf_check_proto, .describe = describe_proto,
	},
	[BTF_KIND_VAR] = {
		.name = "VAR", .extra_bytes = sizeof(struct btf_var),
		.flags = KIND_RESOLVES | KIND_SOURCE,
		.check_meta = lbpf_btf_check_var, .describe = describe_var,
		.resolve = lbpf_btf_resolve_var,
	},
	[BTF_KIND_DATASEC] = {
		.name = "DATASEC", .item_bytes = sizeof(struct btf_var_secinfo),
		.flags = KIND_SIZED | KIND_RESOLVES | KIND_SOURCE,
		.check_meta = lbpf_btf_check_datasec, .describe = describe_items,
		.resolve = lbpf_btf_resolve_datasec,
	},
	[BTF_KIND_FLOAT] = {
		.name = "FLOAT", .flags = KIND_SIZED,
		.check_meta = lbpf_btf_check_float, .describe = describe_size,
		.check_member = lbpf_btf_float_member,
	},
	[BTF_KIND_DECL_TAG] = {
		.name = "DECL_TAG", .extra_bytes = sizeof(struct btf_decl_tag),
		.flags = KIND_NO_SIZE | KIND_RESOLVES | KIND_SOURCE,
		.check_meta = lbpf_btf_check_decl_tag, .describe = describe_decl_tag,
		.resolve = lbpf_btf_resolve_decl_tag,
	},
	[BTF_KIND_TYPE_TAG] = MODIFIER_ROW("TYPE_TAG"),
	[BTF_KIND_ENUM64] = {
		.name = "ENUM64", .item_bytes = sizeof(struct btf_enum64), .flags = KIND_SIZED,
		.check_meta = lbpf_btf_check_enum64, .describe = describe_items,
		.check_member = lbpf_btf_enum_member,
	},
};

/**
 * lbpf_btf_kind_row() - What a kind is
 * @kind: BTF_KIND_*.
 *
 * Context: Any.
 * Return: Its row, or NULL: there is no such kind.
 */
const struct lbpf_btf_kind *lbpf_btf_kind_row(u32 kind)
{
	return kind < NR_BTF_KINDS && kinds[kind].name ? &kinds[kind] : NULL;
}

/**
 * lbpf_btf_kind_name() - Name of a kind
 * @kind: BTF_KIND_*.
 *
 * Context: Any.
 * Return: Name as the log prints it.
 */
const char *lbpf_btf_kind_name(u32 kind)
{
	const struct lbpf_btf_kind *row = lbpf_btf_kind_row(kind);

	return row ? row->name : "UNKNOWN";
}
