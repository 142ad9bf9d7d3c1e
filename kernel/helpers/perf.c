// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on perf events.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/minmax.h>
#include <linux/perf_event.h>
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
	if (!skb || record.ctx_bytes > skb->len)
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
	if (!xdp || record.ctx_bytes > xdp->data_end - xdp->data)
		return -EFAULT;
	return lbpf_perf_array_output(map, flags & BPF_F_INDEX_MASK, &record);
}

#define OUTPUT_PROTO(helper, function, object, ...)			\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.gpl_only	= true,					\
		.map_use	= LBPF_USE_PERF,			\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { object, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING,	\
				    LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE_OR_ZERO },	\
		__VA_ARGS__						\
	}

const struct lbpf_proto lbpf_event_output_proto =
	OUTPUT_PROTO(perf_event_output, event_output, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_skb_event_output_proto =
	OUTPUT_PROTO(perf_event_output, skb_output, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_xdp_event_output_proto =
	OUTPUT_PROTO(perf_event_output, frame_output, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_skb_output_proto =
	OUTPUT_PROTO(skb_output, skb_output, LBPF_ARG_BTF_ID, .arg_btf_name = "sk_buff");
const struct lbpf_proto lbpf_xdp_output_proto =
	OUTPUT_PROTO(xdp_output, frame_output, LBPF_ARG_BTF_ID, .arg_btf_name = "xdp_buff");

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

HELPER_3(sample_value, const struct bpf_perf_event_data_kern *, ctx, void *, buf, u32, size)
{
	int err = -EINVAL;

	if (size == sizeof(struct bpf_perf_event_value) && ctx->event)
		err = lbpf_perf_event_read(ctx->event, buf);
	if (err)
		memset(buf, 0, size);
	return err;
}

const struct lbpf_proto lbpf_sample_value_proto = {
	.name		= "perf_prog_read_value",
	.id		= BPF_FUNC_perf_prog_read_value,
	.fn		= sample_value,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE },
};

/* Whole records, as many as fit. */
HELPER_4(sample_branches, const struct bpf_perf_event_data_kern *, ctx, void *, buf, u32, size,
	 u64, flags)
{
	const struct perf_branch_stack *branches = ctx->data->br_stack;
	const u32 record_bytes = sizeof(struct perf_branch_entry);
	u32 bytes;

	if (flags & ~BPF_F_GET_BRANCH_RECORDS_SIZE)
		return -EINVAL;
	if (!(ctx->data->sample_flags & PERF_SAMPLE_BRANCH_STACK) || !branches)
		return -ENOENT;
	bytes = branches->nr * record_bytes;
	if (flags & BPF_F_GET_BRANCH_RECORDS_SIZE)
		return bytes;
	if (!buf || size % record_bytes)
		return -EINVAL;
	bytes = min(bytes, size);
	memcpy(buf, branches->entries, bytes);
	return bytes;
}

const struct lbpf_proto lbpf_sample_branches_proto = {
	.name		= "read_branch_records",
	.id		= BPF_FUNC_read_branch_records,
	.fn		= sample_branches,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_MEM | LBPF_MAYBE_NULL,
			    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },
};
