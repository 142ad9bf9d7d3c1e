// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on stacks.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <lbpf/stack_map.h>

#include "helper.h"
#include "protos.h"

HELPER_3(get_stackid, void *, ctx, struct lbpf_map *, map, u64, flags)
{
	return lbpf_stack_map_store(map, flags);
}

const struct lbpf_proto lbpf_get_stackid_proto = {
	.name		= "get_stackid",
	.id		= BPF_FUNC_get_stackid,
	.fn		= get_stackid,
	.gpl_only	= true,
	.map_use	= LBPF_USE_STACK,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};

/**
 * lbpf_get_stack() - The current stack for a program
 * @buf: Where it goes.
 * @size: Its room, bytes.
 * @flags: BPF_F_USER_STACK, ... and how many entries are left out.
 *
 * Context: Any.
 * Return: Bytes written, or -errno.
 */
long lbpf_get_stack(void *buf, u32 size, u64 flags)
{
	bool has_ids = flags & BPF_F_USER_BUILD_ID;
	u32 entry_bytes = has_ids ? sizeof(struct bpf_stack_build_id) : sizeof(u64), nr;
	u64 ips[LBPF_STACK_MAX];

	if (flags & ~(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_USER_BUILD_ID))
		return -EINVAL;
	if (has_ids && !(flags & BPF_F_USER_STACK))
		return -EINVAL;
	if (!size || size % entry_bytes)
		return -EINVAL;
	nr = min_t(u32, size / entry_bytes, LBPF_STACK_MAX);
	nr = lbpf_stack_walk(ips, nr, flags & BPF_F_SKIP_FIELD_MASK, flags & BPF_F_USER_STACK);
	if (!nr)
		return -EFAULT;
	if (has_ids)
		lbpf_stack_name_user(ips, nr, buf);
	else
		memcpy(buf, ips, nr * entry_bytes);
	memset(buf + nr * entry_bytes, 0, size - nr * entry_bytes);
	return nr * entry_bytes;
}

HELPER_4(get_stack, void *, ctx, void *, buf, u32, size, u64, flags)
{
	long ret = lbpf_get_stack(buf, size, flags);

	if (ret < 0)
		memset(buf, 0, size);
	return ret;
}

const struct lbpf_proto lbpf_get_stack_proto = {
	.name		= "get_stack",
	.id		= BPF_FUNC_get_stack,
	.fn		= get_stack,
	.gpl_only	= true,
	.effects	= LBPF_EFF_STACK_WALK | LBPF_EFF_R0_MAX_SIZE | LBPF_EFF_ERRNO,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING },
};
