// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on ring buffers.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>

#include <lbpf/ringbuf.h>

#include "helper.h"
#include "protos.h"

HELPER_3(ringbuf_reserve, struct lbpf_map *, map, u64, size, u64, flags)
{
	return flags ? 0 : (u64)(unsigned long)lbpf_ringbuf_reserve(map, size);
}

const struct lbpf_proto lbpf_ringbuf_reserve_proto = {
	.name		= "ringbuf_reserve",
	.id		= BPF_FUNC_ringbuf_reserve,
	.fn		= ringbuf_reserve,
	.effects	= LBPF_EFF_ACQUIRE,
	.map_use	= LBPF_USE_RINGBUF,
	.ret		= LBPF_RET_ALLOC_MEM | LBPF_ALLOC | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_CONST_ALLOC_SIZE, LBPF_ARG_ANYTHING },
};

HELPER_2(ringbuf_submit, void *, sample, u64, flags)
{
	lbpf_ringbuf_commit(sample, flags, false);
	return 0;
}

const struct lbpf_proto lbpf_ringbuf_submit_proto = {
	.name		= "ringbuf_submit",
	.id		= BPF_FUNC_ringbuf_submit,
	.fn		= ringbuf_submit,
	.effects	= LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_ALLOC_MEM | LBPF_OBJ_RELEASE, LBPF_ARG_ANYTHING },
};

HELPER_2(ringbuf_discard, void *, sample, u64, flags)
{
	lbpf_ringbuf_commit(sample, flags, true);
	return 0;
}

const struct lbpf_proto lbpf_ringbuf_discard_proto = {
	.name		= "ringbuf_discard",
	.id		= BPF_FUNC_ringbuf_discard,
	.fn		= ringbuf_discard,
	.effects	= LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_ALLOC_MEM | LBPF_OBJ_RELEASE, LBPF_ARG_ANYTHING },
};

HELPER_4(ringbuf_output, struct lbpf_map *, map, const void *, data, u64, size, u64, flags)
{
	return lbpf_ringbuf_output(map, data, size, flags);
}

const struct lbpf_proto lbpf_ringbuf_output_proto = {
	.name		= "ringbuf_output",
	.id		= BPF_FUNC_ringbuf_output,
	.fn		= ringbuf_output,
	.map_use	= LBPF_USE_RINGBUF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MEM | LBPF_RDONLY,
			    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },
};

HELPER_2(ringbuf_query, struct lbpf_map *, map, u64, what)
{
	return lbpf_ringbuf_query(map, what);
}

const struct lbpf_proto lbpf_ringbuf_query_proto = {
	.name		= "ringbuf_query",
	.id		= BPF_FUNC_ringbuf_query,
	.fn		= ringbuf_query,
	.map_use	= LBPF_USE_RINGBUF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};
