// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that send packets to other devices.
 *
 * Layer: helpers.  Test runs are all that meets them so far: they give the verdict, and nobody goes
 * where it says.  What attaches these program types will have to keep device and flags.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/netdevice.h>
#include <linux/pkt_cls.h>
#include <linux/skbuff.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

HELPER_2(redirect, u32, ifindex, u64, flags)
{
	return flags & ~BPF_F_INGRESS ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

HELPER_2(redirect_peer, u32, ifindex, u64, flags)
{
	return flags ? TC_ACT_SHOT : TC_ACT_REDIRECT;
}

HELPER_4(redirect_neigh, u32, ifindex, const void *, neigh, u32, size, u64, flags)
{
	if (flags || (size && size < sizeof(struct bpf_redir_neigh)))
		return TC_ACT_SHOT;
	return TC_ACT_REDIRECT;
}

HELPER_2(redirect_frame, u32, ifindex, u64, flags)
{
	return flags ? XDP_ABORTED : XDP_REDIRECT;
}

#define REDIRECT_PROTO(helper, function, ...)				\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_ANYTHING, __VA_ARGS__ },		\
	}

const struct lbpf_proto lbpf_redirect_proto =
	REDIRECT_PROTO(redirect, redirect, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_redirect_peer_proto =
	REDIRECT_PROTO(redirect_peer, redirect_peer, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_redirect_neigh_proto =
	REDIRECT_PROTO(redirect_neigh, redirect_neigh, LBPF_ARG_MEM | LBPF_RDONLY | LBPF_MAYBE_NULL,
		       LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_xdp_redirect_proto =
	REDIRECT_PROTO(redirect, redirect_frame, LBPF_ARG_ANYTHING);

static int send_out(struct sk_buff *skb, struct net_device *dev)
{
	int ret;

	if (dev_xmit_recursion()) {
		kfree_skb(skb);
		return -ENETDOWN;
	}
	skb->dev = dev;
	skb_clear_tstamp(skb);
	dev_xmit_recursion_inc();
	ret = dev_queue_xmit(skb);
	dev_xmit_recursion_dec();
	return ret;
}

/* The device knows no mac header: the packet goes there without. */
static int redirect_bare(struct sk_buff *skb, struct net_device *dev, u64 flags)
{
	u32 mac_bytes = skb_network_offset(skb);
	int ret;

	if (skb->len <= mac_bytes) {
		kfree_skb(skb);
		return -ERANGE;
	}
	if (mac_bytes) {
		__skb_pull(skb, mac_bytes);
		/* Where packets arrive the checksum is without the mac header. */
		if (!skb_at_tc_ingress(skb))
			skb_postpull_rcsum(skb, skb_mac_header(skb), mac_bytes);
	}
	skb_pop_mac_header(skb);
	skb_reset_mac_len(skb);
	if (!(flags & BPF_F_INGRESS))
		return send_out(skb, dev);
	ret = ____dev_forward_skb(dev, skb, true);
	if (ret)
		return ret;
	skb->dev = dev;
	return netif_rx(skb);
}

static int redirect_whole(struct sk_buff *skb, struct net_device *dev, u64 flags)
{
	if (skb->mac_header >= skb->network_header || !skb->len) {
		kfree_skb(skb);
		return -ERANGE;
	}
	if (skb_at_tc_ingress(skb))
		skb_push_rcsum(skb, skb->mac_len);
	return flags & BPF_F_INGRESS ? dev_forward_skb(dev, skb) : send_out(skb, dev);
}

/* Source: bpf_clone_redirect() in bpf-helpers(7). */
HELPER_3(clone_redirect, struct sk_buff *, skb, u32, ifindex, u64, flags)
{
	struct net_device *dev;
	struct sk_buff *clone;

	if (flags & ~BPF_F_INGRESS)
		return -EINVAL;
	dev = dev_get_by_index_rcu(dev_net(skb->dev), ifindex);
	if (!dev)
		return -EINVAL;
	clone = skb_clone(skb, GFP_ATOMIC);
	if (!clone)
		return -ENOMEM;
	/* What the program writes next is not the clone's. */
	if (make_writable(skb, skb_headlen(skb))) {
		kfree_skb(clone);
		return -ENOMEM;
	}
	return dev_is_mac_header_xmit(dev) ? redirect_whole(clone, dev, flags) :
					     redirect_bare(clone, dev, flags);
}

const struct lbpf_proto lbpf_clone_redirect_proto =
	SKB_PROTO(clone_redirect, clone_redirect, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
