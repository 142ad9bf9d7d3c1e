// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of struct bpf_map: what programs may read through the address of a map.
 *
 * Layer: core.  Programs know the kernel's struct from its BTF; behind the
 * address is struct lbpf_map.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>

#include <lbpf/map.h>
#include <lbpf/progtype.h>

#define ROW(field, member, may)						\
	{								\
		.name = #field, .off = offsetof(struct bpf_map, field),	\
		.size = sizeof_field(struct bpf_map, field), .access = (may),	\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct lbpf_map, member),		\
		.k_size = sizeof_field(struct lbpf_map, member),	\
	}
#define NUMBER(field)	ROW(field, field, LBPF_CTX_READ | LBPF_CTX_NARROW)

static const struct lbpf_ctx_field rows[] = {
	{
		.name = "ops", .off = offsetof(struct bpf_map, ops), .size = sizeof(void *),
		.access = LBPF_CTX_READ, .kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,
		.k_off = offsetof(struct lbpf_map, ops), .k_size = sizeof(void *),
		.btf_name = "bpf_map_ops",
	},
	NUMBER(map_type),
	NUMBER(key_size),
	NUMBER(value_size),
	NUMBER(max_entries),
	NUMBER(map_extra),
	NUMBER(map_flags),
	ROW(id, obj.id, LBPF_CTX_READ | LBPF_CTX_NARROW),
	NUMBER(numa_node),
};

/**
 * lbpf_map_row_find() - The row of a map's own description that a load falls into
 * @off: Offset in struct bpf_map, bytes.
 * @size: Bytes.
 *
 * Context: Any.
 * Return: Row, or NULL.
 */
const struct lbpf_ctx_field *lbpf_map_row_find(u32 off, u32 size)
{
	return lbpf_row_find(rows, ARRAY_SIZE(rows), off, size);
}
