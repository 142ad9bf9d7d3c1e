// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of XDP programs.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <net/xdp.h>

#include "helper.h"
#include "protos.h"

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
