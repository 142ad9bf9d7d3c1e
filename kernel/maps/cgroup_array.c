// SPDX-License-Identifier: GPL-2.0
/*
 * Array of cgroups: those that a program asks whether a task or a socket is in them.
 *
 * Layer: maps.
 *
 * A cgroup whose last reference is dropped lives on for a grace period, as
 * readers under RCU need.
 */
#include <linux/cgroup.h>
#include <linux/err.h>

#include <lbpf/cgroup_array.h>
#include <lbpf/maps.h>

#include "array.h"
#include "object_array.h"

static int cgroup_array_check(const union bpf_attr *attr)
{
	u32 refused = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG | BPF_F_MMAPABLE | BPF_F_INNER_MAP;

	return attr->map_flags & refused ? -EINVAL : lbpf_object_array_check(attr);
}

static struct lbpf_map *cgroup_array_alloc(const union bpf_attr *attr)
{
	return lbpf_object_array_alloc(attr, &lbpf_cgroup_array_ops);
}

static void *get_cgroup(struct lbpf_map *map, u32 fd)
{
	return cgroup_get_from_fd(fd);
}

static void put_cgroup(void *cgroup)
{
	cgroup_put(cgroup);
}

/* Ids of cgroups are for nobody to read here. */
static int cgroup_array_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	return -ENOTSUPP;
}

/**
 * lbpf_cgroup_array_get() - Find a cgroup
 * @map: Array.
 * @index: Its index.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Cgroup, ERR_PTR(-E2BIG), or ERR_PTR(-EAGAIN): there is none at @index.
 */
struct cgroup *lbpf_cgroup_array_get(const struct lbpf_map *map, u32 index)
{
	struct cgroup *cgroup;

	if (unlikely(index >= map->max_entries))
		return ERR_PTR(-E2BIG);
	cgroup = object_array_get(map, index);
	return cgroup ?: ERR_PTR(-EAGAIN);
}

const struct lbpf_map_ops lbpf_cgroup_array_ops = {
	.type = BPF_MAP_TYPE_CGROUP_ARRAY,
	.name = "cgroup_array",
	.kernel_struct = "bpf_array",
	.check_btf = lbpf_no_btf,
	.uses = LBPF_USE_CGROUP,
	.create_flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY,
	.alloc_check = cgroup_array_check,
	.alloc = cgroup_array_alloc,
	.free = lbpf_object_array_free,
	.next_key = lbpf_array_next_key,
	.user_lookup = cgroup_array_user_lookup,
	.user_update = lbpf_object_array_user_update,
	.user_delete = lbpf_object_array_user_delete,
	.count = lbpf_object_array_count,
	.mem_bytes = lbpf_object_array_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
	.fd_get = get_cgroup,
	.fd_put = put_cgroup,
};
