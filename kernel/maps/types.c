// SPDX-License-Identifier: GPL-2.0
/*
 * Which types of keys and values a map may have.
 *
 * Layer: maps.
 */
#include <linux/errno.h>

#include <lbpf/btf.h>
#include <lbpf/map.h>
#include <lbpf/maps.h>

#include "array.h"

/**
 * lbpf_array_check_btf() - Types of an array: its key is an int of 4 bytes
 * @map: Array.
 * @btf: Types.
 * @key_id: Type of the key; 0: the value is a data section.
 * @value_id: Type of the value.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int lbpf_array_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			 u32 value_id)
{
	const struct btf_type *key = lbpf_btf_type(btf, key_id);
	const struct btf_type *value = lbpf_btf_type(btf, value_id);

	if (!key_id)
		return map->map_type == BPF_MAP_TYPE_ARRAY && map->max_entries == 1 &&
		       lbpf_btf_kind(value) == BTF_KIND_DATASEC ? 0 : -EINVAL;
	if (lbpf_btf_kind(key) != BTF_KIND_INT || BTF_INT_BITS(lbpf_btf_int(key)) != 32 ||
	    BTF_INT_OFFSET(lbpf_btf_int(key)))
		return -EINVAL;
	return 0;
}

/**
 * lbpf_no_btf() - Types of a map that takes none
 * @map: Map.
 * @btf: Types.
 * @key_id: Type of the key.
 * @value_id: Type of the value.
 *
 * Context: Any.
 * Return: -ENOTSUPP.
 */
int lbpf_no_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id, u32 value_id)
{
	return -ENOTSUPP;
}

/**
 * lbpf_keyless_check_btf() - Types of a map without keys
 * @map: Map.
 * @btf: Types.
 * @key_id: Type of the key.
 * @value_id: Type of the value.
 *
 * Context: Any.
 * Return: 0, -EINVAL if there is a type of a key.
 */
int lbpf_keyless_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			   u32 value_id)
{
	return key_id ? -EINVAL : 0;
}

/**
 * lbpf_struct_key_check_btf() - Types of a map whose key is a struct
 * @map: Map.
 * @btf: Types.
 * @key_id: Type of the key.
 * @value_id: Type of the value.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int lbpf_struct_key_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			      u32 value_id)
{
	return lbpf_btf_kind(lbpf_btf_type(btf, key_id)) == BTF_KIND_STRUCT ? 0 : -EINVAL;
}
