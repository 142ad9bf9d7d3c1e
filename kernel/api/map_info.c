// SPDX-License-Identifier: GPL-2.0
/*
 * What a map tells of itself.
 *
 * Layer: api.
 */
#include <linux/string.h>

#include <lbpf/btf_object.h>
#include <lbpf/map.h>

#include "api.h"

/**
 * lbpf_map_info_get() - BPF_OBJ_GET_INFO_BY_FD of a map
 * @map: Map.
 * @call: Attributes.
 *
 * Source: struct bpf_map_info in <linux/bpf.h>.
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_map_info_get(struct lbpf_map *map, struct lbpf_call *call)
{
	struct bpf_map_info info;
	int info_bytes = lbpf_info_size(call, sizeof(info));

	if (info_bytes < 0)
		return info_bytes;
	/* Its padding goes to the user too. */
	memset(&info, 0, sizeof(info));
	info.type = map->map_type;
	info.id = map->obj.id;
	info.key_size = map->key_size;
	info.value_size = map->value_size;
	info.max_entries = map->max_entries;
	info.map_flags = map->map_flags;
	info.map_extra = map->map_extra;
	info.btf_id = lbpf_btf_id(map->btf);
	info.btf_key_type_id = map->btf_key_type_id;
	info.btf_value_type_id = map->btf_value_type_id;
	info.btf_vmlinux_value_type_id = map->btf_vmlinux_value_type_id;
	memcpy(info.name, map->name, sizeof(info.name));
	return lbpf_info_put(call, &info, info_bytes);
}
