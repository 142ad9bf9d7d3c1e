// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on perf events.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <net/xdp.h>

#include <lbpf/perf_array.h>

#include "helper.h"
#include "protos.h"

/* Bytes of the context that follow the data. */
static u64 ctx_bytes_of(u64 flags)
{
	return (flags & BPF_F_CTXLEN_MASK) >> 32;
}

HELPER_5(event_output, void *, ctx, struct lbpf_map *, map, u64, flags, void *, data, u64, size)
{
	struct lbpf_perf_record record = { .data = data, .size_bytes = size };

	if (flags & ~BPF_F_INDEX_MASK)
		return -EINVAL;
	return lbpf_perf_array_output(map, flags, &record);
}

static unsigned long copy_skb(void *dst, const void *ctx, unsigned long off, unsigned long len)
{
	const void *src = skb_header_pointer(ctx, off, len, dst);

	if (!src)
		return len;
	if (src != dst)
		memcpy(dst, src, len);
	return 0;
}

HELPER_5(skb_output, struct sk_buff *, skb, struct lbpf_map *, map, u64, flags, void *, data,
	 u64, size)
{
	struct lbpf_perf_record record = {
		.data = data,
		.size_bytes = size,
		.ctx = skb,
		.ctx_bytes = ctx_bytes_of(flags),
		.copy = copy_skb,
	};

	if (flags & ~(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	if (record.ctx_bytes > skb->len)
		return -EFAULT;
	return lbpf_perf_array_output(map, flags & BPF_F_INDEX_MASK, &record);
}

static unsigned long copy_frame(void *dst, const void *ctx, unsigned long off, unsigned long len)
{
	const struct xdp_buff *xdp = ctx;

	memcpy(dst, xdp->data + off, len);
	return 0;
}

HELPER_5(frame_output, struct xdp_buff *, xdp, struct lbpf_map *, map, u64, flags, void *, data,
	 u64, size)
{
	struct lbpf_perf_record record = {
		.data = data,
		.size_bytes = size,
		.ctx = xdp,
		.ctx_bytes = ctx_bytes_of(flags),
		.copy = copy_frame,
	};

	if (flags & ~(BPF_F_CTXLEN_MASK | BPF_F_INDEX_MASK))
		return -EINVAL;
	if (record.ctx_bytes > xdp->data_end - xdp->data)
		return -EFAULT;
	return lbpf_perf_array_output(map, flags & BPF_F_INDEX_MASK, &record);
}

#define EVENT_OUTPUT(function)						\
	{								\
		.name		= "perf_event_output",			\
		.id		= BPF_FUNC_perf_event_output,		\
		.fn		= function,				\
		.gpl_only	= true,					\
		.map_use	= LBPF_USE_PERF,			\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_CTX, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING,	\
				    LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE_OR_ZERO },	\
	}

const struct lbpf_proto lbpf_event_output_proto = EVENT_OUTPUT(event_output);
const struct lbpf_proto lbpf_skb_event_output_proto = EVENT_OUTPUT(skb_output);
const struct lbpf_proto lbpf_xdp_event_output_proto = EVENT_OUTPUT(frame_output);

HELPER_2(event_read, struct lbpf_map *, map, u64, flags)
{
	struct bpf_perf_event_value value;
	int err = lbpf_perf_array_read(map, flags, &value);

	return err ? (u64)err : value.counter;
}

const struct lbpf_proto lbpf_event_read_proto = {
	.name		= "perf_event_read",
	.id		= BPF_FUNC_perf_event_read,
	.fn		= event_read,
	.gpl_only	= true,
	.map_use	= LBPF_USE_PERF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};

HELPER_4(event_read_value, struct lbpf_map *, map, u64, flags, void *, buf, u32, size)
{
	int err = -EINVAL;

	if (size == sizeof(struct bpf_perf_event_value))
		err = lbpf_perf_array_read(map, flags, buf);
	if (err)
		memset(buf, 0, size);
	return err;
}

const struct lbpf_proto lbpf_event_read_value_proto = {
	.name		= "perf_event_read_value",
	.id		= BPF_FUNC_perf_event_read_value,
	.fn		= event_read_value,
	.gpl_only	= true,
	.map_use	= LBPF_USE_PERF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
			    LBPF_ARG_CONST_SIZE },
};
