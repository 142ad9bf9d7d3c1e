// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that call a function of the program.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>

#include <lbpf/map.h>

#include "helper.h"
#include "protos.h"

typedef u64 (*callback_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

HELPER_4(loop, u32, nr_loops, callback_fn, fn, void *, ctx, u64, flags)
{
	u32 i;

	if (flags)
		return -EINVAL;
	if (nr_loops > LBPF_MAX_LOOPS)
		return -E2BIG;
	for (i = 0; i < nr_loops; i++)
		if (fn(i, (u64)(unsigned long)ctx, 0, 0, 0))
			return i + 1;
	return i;
}

const struct lbpf_proto lbpf_loop_proto = {
	.name		= "loop",
	.id		= BPF_FUNC_loop,
	.fn		= loop,
	.effects	= LBPF_EFF_CALLBACK,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING, LBPF_ARG_FUNC, LBPF_ARG_STACK | LBPF_MAYBE_NULL,
			    LBPF_ARG_ANYTHING },
	.callback_kind	= LBPF_CB_LOOP,
	.inline_as	= LBPF_INLINE_LOOP,
};

HELPER_4(for_each, struct lbpf_map *, map, callback_fn, fn, void *, ctx, u64, flags)
{
	return map->ops->for_each(map, fn, ctx, flags);
}

const struct lbpf_proto lbpf_for_each_proto = {
	.name		= "for_each_map_elem",
	.id		= BPF_FUNC_for_each_map_elem,
	.fn		= for_each,
	.effects	= LBPF_EFF_CALLBACK,
	.map_use	= LBPF_USE_FOR_EACH,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_FUNC, LBPF_ARG_STACK | LBPF_MAYBE_NULL,
			    LBPF_ARG_ANYTHING },
	.callback_kind	= LBPF_CB_FOR_EACH,
};
