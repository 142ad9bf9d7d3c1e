// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of XDP programs.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include "helper.h"
#include "protos.h"

/**
 * struct frame_bytes - Bytes that are copied from or to a frame
 * @off: Offset of the first in the frame.
 * @len: How many.
 * @bytes: The program's.
 * @is_store: To the frame.
 */
struct frame_bytes {
	u32	off;
	u32	len;
	void	*bytes;
	bool	is_store;
};

/* Where metadata may begin: behind what the driver keeps in front of the packet. */
static void *first_byte(const struct xdp_buff *xdp)
{
	return xdp->data_hard_start + sizeof(struct xdp_frame);
}

HELPER_2(adjust_head, struct xdp_buff *, xdp, int, by)
{
	unsigned long meta_len = xdp_data_meta_unsupported(xdp) ? 0 : xdp->data - xdp->data_meta;
	void *data = xdp->data + by;

	if (data < first_byte(xdp) + meta_len || data > xdp->data_end - ETH_HLEN)
		return -EINVAL;
	if (meta_len)
		memmove(xdp->data_meta + by, xdp->data_meta, meta_len);
	xdp->data_meta += by;
	xdp->data = data;
	return 0;
}

HELPER_2(adjust_meta, struct xdp_buff *, xdp, int, by)
{
	void *meta = xdp->data_meta + by;
	unsigned long meta_len = xdp->data - meta;

	if (xdp_data_meta_unsupported(xdp))
		return -ENOTSUPP;
	if (meta < first_byte(xdp) || meta > xdp->data)
		return -EINVAL;
	if (meta_len & (sizeof(__u32) - 1) || meta_len > 32)
		return -EACCES;
	xdp->data_meta = meta;
	return 0;
}

/*
 * The last fragment grows into the rest of its memory.  Who made the frame said how much each
 * fragment has.
 */
static int grow_frags(struct xdp_buff *xdp, u32 bytes)
{
	struct skb_shared_info *shared = xdp_get_shared_info_from_buff(xdp);
	skb_frag_t *last = &shared->frags[shared->nr_frags - 1];
	u32 room = xdp->rxq->frag_size, used = skb_frag_off(last) + skb_frag_size(last);

	if (!room || room > xdp->frame_sz)
		return -EOPNOTSUPP;
	if (used > room || bytes > room - used)
		return -EINVAL;
	memset(skb_frag_address(last) + skb_frag_size(last), 0, bytes);
	skb_frag_size_add(last, bytes);
	shared->xdp_frags_size += bytes;
	return 0;
}

/* Fragments that lose all bytes are the frame's no more; whoever made them frees them. */
static int shrink_frags(struct xdp_buff *xdp, u32 bytes)
{
	struct skb_shared_info *shared = xdp_get_shared_info_from_buff(xdp);
	u32 cut;

	if (bytes > xdp_get_buff_len(xdp) - ETH_HLEN)
		return -EINVAL;
	while (bytes && shared->nr_frags) {
		skb_frag_t *last = &shared->frags[shared->nr_frags - 1];

		cut = min(bytes, skb_frag_size(last));
		skb_frag_size_sub(last, cut);
		shared->xdp_frags_size -= cut;
		bytes -= cut;
		if (!skb_frag_size(last))
			shared->nr_frags--;
	}
	if (!shared->nr_frags) {
		xdp_buff_clear_frags_flag(xdp);
		xdp->data_end -= bytes;
	}
	return 0;
}

HELPER_2(adjust_tail, struct xdp_buff *, xdp, int, by)
{
	void *end = xdp->data_end + by;

	if (xdp_buff_has_frags(xdp))
		return by < 0 ? shrink_frags(xdp, -(u32)by) : grow_frags(xdp, by);
	if (end > xdp_data_hard_end(xdp) || end < xdp->data + ETH_HLEN)
		return -EINVAL;
	if (by > 0)
		memset(xdp->data_end, 0, by);
	xdp->data_end = end;
	return 0;
}

HELPER_1(buff_len, const struct xdp_buff *, xdp)
{
	return xdp_get_buff_len((struct xdp_buff *)xdp);
}

/* Copies between @bytes and the part of a frame that has @part_bytes and begins at @start. */
static void copy_part(void *part, u32 start, u32 part_bytes, const struct frame_bytes *want)
{
	u32 from = max(want->off, start), to = min(want->off + want->len, start + part_bytes);

	if (from >= to)
		return;
	if (want->is_store)
		memcpy(part + from - start, want->bytes + from - want->off, to - from);
	else
		memcpy(want->bytes + from - want->off, part + from - start, to - from);
}

/* Source: bpf_xdp_load_bytes() and bpf_xdp_store_bytes() in bpf-helpers(7). */
static int copy_frame(struct xdp_buff *xdp, const struct frame_bytes *want)
{
	u32 start = xdp->data_end - xdp->data, i;
	struct skb_shared_info *shared;

	if (want->off > 0xffff || want->len > 0xffff)
		return -EFAULT;
	if (want->off + want->len > xdp_get_buff_len(xdp))
		return -EINVAL;
	copy_part(xdp->data, 0, start, want);
	if (!xdp_buff_has_frags(xdp))
		return 0;
	shared = xdp_get_shared_info_from_buff(xdp);
	for (i = 0; i < shared->nr_frags; i++) {
		copy_part(skb_frag_address(&shared->frags[i]), start,
			  skb_frag_size(&shared->frags[i]), want);
		start += skb_frag_size(&shared->frags[i]);
	}
	return 0;
}

HELPER_4(load_bytes, struct xdp_buff *, xdp, u32, off, void *, to, u32, len)
{
	struct frame_bytes want = { .off = off, .len = len, .bytes = to };
	int err = copy_frame(xdp, &want);

	/* The program may read it, whatever happened. */
	if (err)
		memset(to, 0, len);
	return err;
}

HELPER_4(store_bytes, struct xdp_buff *, xdp, u32, off, void *, from, u32, len)
{
	struct frame_bytes want = { .off = off, .len = len, .bytes = from, .is_store = true };

	return copy_frame(xdp, &want);
}

const struct lbpf_proto lbpf_xdp_buff_len_proto = {
	.name	= "xdp_get_buff_len",
	.id	= BPF_FUNC_xdp_get_buff_len,
	.fn	= buff_len,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

#define BYTES_PROTO(helper, function, how)				\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | (how),	\
			    LBPF_ARG_CONST_SIZE },			\
	}

const struct lbpf_proto lbpf_xdp_load_bytes_proto =
	BYTES_PROTO(xdp_load_bytes, load_bytes, LBPF_UNINIT);
const struct lbpf_proto lbpf_xdp_store_bytes_proto =
	BYTES_PROTO(xdp_store_bytes, store_bytes, LBPF_RDONLY);

#define ADJUST_PROTO(helper, function)					\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= LBPF_EFF_PACKET_CHANGE,		\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING },	\
	}

const struct lbpf_proto lbpf_xdp_adjust_head_proto = ADJUST_PROTO(xdp_adjust_head, adjust_head);
const struct lbpf_proto lbpf_xdp_adjust_meta_proto = ADJUST_PROTO(xdp_adjust_meta, adjust_meta);
const struct lbpf_proto lbpf_xdp_adjust_tail_proto = ADJUST_PROTO(xdp_adjust_tail, adjust_tail);
