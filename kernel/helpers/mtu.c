// SPDX-License-Identifier: GPL-2.0
/*
 * Does a packet fit a device?
 *
 * Layer: helpers.  Source: bpf_check_mtu() in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/xdp.h>

#include <lbpf/compat.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

/* @ifindex 0 is @dev itself. */
static struct net_device *find_device(struct net_device *dev, u32 ifindex)
{
	return ifindex ? dev_get_by_index_rcu(dev_net(dev), ifindex) : dev;
}

/* Is a packet of @len bytes, or of @mtu_len behind its link header, too long for @dev? */
static bool is_too_long(const struct net_device *dev, int len, u32 mtu_len, s32 len_diff)
{
	if (mtu_len)
		len = mtu_len + dev->hard_header_len;
	return len + len_diff > (int)(READ_ONCE(dev->mtu) + dev->hard_header_len);
}

/* What is left of the length when nothing can be said. */
static long fail(u32 *mtu_len, int err)
{
	*mtu_len = 0;
	return err;
}

/* How a packet that is too long as a whole leaves: in segments, which may fit. */
static long judge_segments(const struct sk_buff *skb, u32 mtu, u64 flags)
{
	if (!skb_is_gso(skb))
		return BPF_MTU_CHK_RET_FRAG_NEEDED;
	if (!flags)
		return BPF_MTU_CHK_RET_SUCCESS;
	/* Segments have the headers up to there. */
	if (!skb_transport_header_was_set(skb))
		return -EINVAL;
	return skb_gso_validate_network_len(skb, mtu) ? BPF_MTU_CHK_RET_SUCCESS :
							BPF_MTU_CHK_RET_SEGS_TOOBIG;
}

HELPER_5(skb_mtu, struct sk_buff *, skb, u32, ifindex, u32 *, mtu_len, s32, len_diff, u64, flags)
{
	long ret = BPF_MTU_CHK_RET_SUCCESS;
	struct net_device *dev;

	if (flags & ~(u64)BPF_MTU_CHK_SEGS || (flags && (len_diff || *mtu_len)))
		return fail(mtu_len, -EINVAL);
	dev = find_device(skb->dev, ifindex);
	if (!dev)
		return fail(mtu_len, -ENODEV);
	if (is_too_long(dev, skb->len, *mtu_len, len_diff))
		ret = judge_segments(skb, READ_ONCE(dev->mtu), flags);
	if (ret < 0)
		return fail(mtu_len, ret);
	*mtu_len = READ_ONCE(dev->mtu);
	return ret;
}

HELPER_5(xdp_mtu, struct xdp_buff *, xdp, u32, ifindex, u32 *, mtu_len, s32, len_diff, u64, flags)
{
	long ret = BPF_MTU_CHK_RET_SUCCESS;
	struct net_device *dev;

	if (flags)
		return fail(mtu_len, -EINVAL);
	dev = find_device(xdp->rxq->dev, ifindex);
	if (!dev)
		return fail(mtu_len, -ENODEV);
	if (is_too_long(dev, xdp->data_end - xdp->data, *mtu_len, len_diff))
		ret = BPF_MTU_CHK_RET_FRAG_NEEDED;
	*mtu_len = READ_ONCE(dev->mtu);
	return ret;
}

const struct lbpf_proto lbpf_skb_mtu_proto =
	SKB_PROTO(check_mtu, skb_mtu, 0, LBPF_ARG_ANYTHING, LBPF_ARG_INT_PTR, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_xdp_mtu_proto =
	SKB_PROTO(check_mtu, xdp_mtu, 0, LBPF_ARG_ANYTHING, LBPF_ARG_INT_PTR, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
