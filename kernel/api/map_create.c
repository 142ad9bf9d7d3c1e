// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_MAP_CREATE.
 *
 * Layer: api.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/netdevice.h>
#include <linux/nodemask.h>
#include <linux/nsproxy.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/map.h>
#include <lbpf/tables.h>

#include "api.h"

/**
 * lbpf_open_flags() - How a descriptor is opened
 * @flags: BPF_F_RDONLY, BPF_F_WRONLY, and others.
 *
 * Context: Any.
 * Return: O_RDONLY, O_WRONLY or O_RDWR, or -EINVAL for both.
 */
int lbpf_open_flags(u32 flags)
{
	switch (flags & (BPF_F_RDONLY | BPF_F_WRONLY)) {
	case 0:
		return O_RDWR;
	case BPF_F_RDONLY:
		return O_RDONLY;
	case BPF_F_WRONLY:
		return O_WRONLY;
	}
	return -EINVAL;
}

/**
 * lbpf_name_is_valid() - Check the name of an object
 * @name: BPF_OBJ_NAME_LEN bytes.
 *
 * Source: bpf(2), map_name and prog_name: letters, digits, '_' and '.', ended by NULs to the end.
 * Context: Any.
 * Return: true if it may be given.
 */
bool lbpf_name_is_valid(const char *name)
{
	u32 len = 0;

	while (len < BPF_OBJ_NAME_LEN && name[len]) {
		if (!isalnum(name[len]) && name[len] != '_' && name[len] != '.')
			return false;
		len++;
	}
	return len < BPF_OBJ_NAME_LEN;
}

static int check_node(const union bpf_attr *attr)
{
	u32 node = attr->numa_node;

	if (!(attr->map_flags & BPF_F_NUMA_NODE) || node == NUMA_NO_NODE)
		return 0;
	return node < nr_node_ids && node_online(node) ? 0 : -EINVAL;
}

/* The rules that hold for every type. */
static int check_attr(const union bpf_attr *attr)
{
	if (attr->btf_vmlinux_value_type_id) {
		if (attr->map_type != BPF_MAP_TYPE_STRUCT_OPS || attr->btf_key_type_id ||
		    attr->btf_value_type_id)
			return -EINVAL;
	} else if (attr->btf_key_type_id && !attr->btf_value_type_id) {
		return -EINVAL;
	}
	if (attr->map_type != BPF_MAP_TYPE_BLOOM_FILTER && attr->map_extra)
		return -EINVAL;
	return check_node(attr);
}

/* Maps of network devices: what Linux says of those that can hold none. */
static int check_device(const union bpf_attr *attr)
{
	struct net_device *dev;

	if (!attr->map_ifindex)
		return 0;
	if (attr->map_type != BPF_MAP_TYPE_ARRAY && attr->map_type != BPF_MAP_TYPE_HASH)
		return -EINVAL;
	if (!ns_capable(current->nsproxy->net_ns->user_ns, CAP_NET_ADMIN))
		return -EPERM;
	dev = dev_get_by_index(current->nsproxy->net_ns, attr->map_ifindex);
	if (!dev)
		return -EINVAL;
	dev_put(dev);
	return -EOPNOTSUPP;
}

/* Flags about the descriptor are no business of the type. */
static int check_type(const struct lbpf_map_ops *ops, const union bpf_attr *attr)
{
	u32 flags = attr->map_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY);
	int err;

	if (flags & ~ops->create_flags)
		return -EINVAL;
	err = ops->alloc_check ? ops->alloc_check(attr) : 0;
	return err ?: check_device(attr);
}

/* The rest of what can go wrong, in the order of bpf(2). */
static int finish_map(struct lbpf_map *map, const union bpf_attr *attr, int open_flags)
{
	int err;

	if (!lbpf_name_is_valid(attr->map_name))
		return -EINVAL;
	err = lbpf_map_take_types(map, attr);
	if (err)
		return err;
	err = lbpf_object_publish(&map->obj);
	return err ?: lbpf_object_fd(&map->obj, open_flags);
}

/**
 * lbpf_cmd_map_create() - BPF_MAP_CREATE
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: Descriptor, or -errno.
 */
int lbpf_cmd_map_create(struct lbpf_call *call)
{
	const union bpf_attr *attr = &call->attr;
	const struct lbpf_map_ops *ops;
	struct lbpf_map *map;
	int err, open_flags;

	err = check_attr(attr);
	if (err)
		return err;
	open_flags = lbpf_open_flags(attr->map_flags);
	if (open_flags < 0)
		return open_flags;
	ops = lbpf_map_type(attr->map_type);
	if (!ops)
		return -EINVAL;
	err = check_type(ops, attr);
	if (err)
		return err;
	map = lbpf_map_create(ops, attr);
	if (IS_ERR(map))
		return PTR_ERR(map);
	err = finish_map(map, attr, open_flags);
	if (err < 0)
		lbpf_object_put_user(&map->obj);
	return err;
}
