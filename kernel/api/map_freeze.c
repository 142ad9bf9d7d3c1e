// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on a map as a whole: freeze, count.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>

#include "api.h"
#include "elem.h"

static int freeze_map(struct lbpf_map *map)
{
	if (map->map_type == BPF_MAP_TYPE_STRUCT_OPS || map->timer_off >= 0 || map->kptrs)
		return -ENOTSUPP;
	/* Linux 6.1 asks for the capability only of what could be frozen. */
	if (!READ_ONCE(map->frozen) && !bpf_capable())
		return -EPERM;
	return lbpf_map_freeze(map);
}

/**
 * lbpf_cmd_map_freeze() - BPF_MAP_FREEZE
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EBUSY, -EPERM, or another -errno.
 */
int lbpf_cmd_map_freeze(struct lbpf_call *call)
{
	struct fd f = fdget(call->attr.map_fd);
	struct lbpf_map *map = lbpf_map_of_file(fd_file(f));
	int err = IS_ERR(map) ? PTR_ERR(map) : freeze_map(map);

	fdput(f);
	return err;
}

static int count_map(struct lbpf_call *call, const struct lbpf_map *map, const struct file *file)
{
	u64 count;

	if (!lbpf_map_permits(file, map, FMODE_READ))
		return -EPERM;
	if (!map->ops->count)
		return -ENOTSUPP;
	count = map->ops->count(map);
	return put_user(count, &((struct lbpf_map_count __user *)call->uattr)->count);
}

/**
 * lbpf_cmd_map_count() - LBPF_MAP_COUNT
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno; -EINVAL when there is no room for the result.
 */
int lbpf_cmd_map_count(struct lbpf_call *call)
{
	struct lbpf_map *map;
	struct fd f;
	int err;

	if (call->map_count.flags || call->size_bytes < sizeof(call->map_count))
		return -EINVAL;
	f = fdget(call->map_count.map_fd);
	map = lbpf_map_of_file(fd_file(f));
	err = IS_ERR(map) ? PTR_ERR(map) : count_map(call, map, fd_file(f));
	fdput(f);
	return err;
}
