// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of what there is: map types, program types.
 *
 * Layer: tables.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/nospec.h>

#include <lbpf/map.h>
#include <lbpf/maps.h>
#include <lbpf/tables.h>

static const struct lbpf_map_ops *const map_types[] = {
	[BPF_MAP_TYPE_HASH] = &lbpf_hash_ops,
	[BPF_MAP_TYPE_ARRAY] = &lbpf_array_ops,
	[BPF_MAP_TYPE_PERCPU_HASH] = &lbpf_percpu_hash_ops,
	[BPF_MAP_TYPE_PERCPU_ARRAY] = &lbpf_percpu_array_ops,
};

/**
 * lbpf_map_type() - Find a map type
 * @type: BPF_MAP_TYPE_*.
 *
 * Context: Any.
 * Return: Its operations, or NULL.
 */
const struct lbpf_map_ops *lbpf_map_type(u32 type)
{
	if (type >= ARRAY_SIZE(map_types))
		return NULL;
	return map_types[array_index_nospec(type, ARRAY_SIZE(map_types))];
}
