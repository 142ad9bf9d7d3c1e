// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of tc programs.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_vlan.h>
#include <linux/net.h>
#include <linux/skbuff.h>
#include <linux/siphash.h>
#include <net/cls_cgroup.h>
#include <net/dst.h>
#include <net/inet_ecn.h>
#include <net/inet_sock.h>

#include <lbpf/compat.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

HELPER_1(classid, const struct sk_buff *, skb)
{
	return task_get_classid(skb);
}

const struct lbpf_proto lbpf_cgroup_classid_proto = {
	.name	= "get_cgroup_classid",
	.id	= BPF_FUNC_get_cgroup_classid,
	.fn	= classid,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

/* The class of the cgroup of its socket, whoever runs now. */
HELPER_1(sock_classid, const struct sk_buff *, skb)
{
	const struct sock *sk = skb_to_full_sk(skb);

	return sk && sk_fullsock(sk) ? sock_cgroup_classid(&sk->sk_cgrp_data) : 0;
}

const struct lbpf_proto lbpf_skb_classid_proto = SKB_PROTO(skb_cgroup_classid, sock_classid, 0);

HELPER_1(realm, const struct sk_buff *, skb)
{
	return dst_tclassid(skb);
}

const struct lbpf_proto lbpf_route_realm_proto = SKB_PROTO(get_route_realm, realm, 0);

/* Source: bpf_skb_set_tstamp() in bpf-helpers(7). */
HELPER_3(set_time, struct sk_buff *, skb, u64, time_ns, u32, kind)
{
	bool is_monotonic = kind == BPF_SKB_TSTAMP_DELIVERY_MONO;

	if (!ip_header_bytes(skb))
		return -EOPNOTSUPP;
	if (kind > BPF_SKB_TSTAMP_DELIVERY_MONO || is_monotonic != !!time_ns)
		return -EINVAL;
	skb->tstamp = time_ns;
	lbpf_skb_mark_monotonic(skb, is_monotonic);
	return 0;
}

const struct lbpf_proto lbpf_skb_set_tstamp_proto =
	SKB_PROTO(skb_set_tstamp, set_time, 0, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING);

/* 1: the mark is there; 0: the packet cannot carry it.  Pointers to the packet stay as they are. */
HELPER_1(set_ce, struct sk_buff *, skb)
{
	__be16 proto = skb_protocol(skb, true);
	u32 bytes = skb_network_offset(skb);

	if (proto == htons(ETH_P_IP))
		bytes += sizeof(struct iphdr);
	else if (proto == htons(ETH_P_IPV6))
		bytes += sizeof(struct ipv6hdr);
	else
		return 0;
	if (skb_headlen(skb) < bytes || (skb_cloned(skb) && !skb_clone_writable(skb, bytes)))
		return 0;
	return INET_ECN_set_ce(skb);
}

const struct lbpf_proto lbpf_set_ce_proto = SKB_PROTO(skb_ecn_set_ce, set_ce, 0);

HELPER_3(vlan_push, struct sk_buff *, skb, __be16, proto, u16, tci)
{
	int err;

	if (proto != htons(ETH_P_8021Q) && proto != htons(ETH_P_8021AD))
		proto = htons(ETH_P_8021Q);
	begin_change(skb);
	err = skb_vlan_push(skb, proto, tci);
	end_change(skb);
	return err;
}

const struct lbpf_proto lbpf_skb_vlan_push_proto = {
	.name		= "skb_vlan_push",
	.id		= BPF_FUNC_skb_vlan_push,
	.fn		= vlan_push,
	.effects	= LBPF_EFF_PACKET_CHANGE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING },
};

HELPER_1(vlan_pop, struct sk_buff *, skb)
{
	int err;

	begin_change(skb);
	err = skb_vlan_pop(skb);
	end_change(skb);
	return err;
}

const struct lbpf_proto lbpf_skb_vlan_pop_proto = {
	.name		= "skb_vlan_pop",
	.id		= BPF_FUNC_skb_vlan_pop,
	.fn		= vlan_pop,
	.effects	= LBPF_EFF_PACKET_CHANGE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX },
};

/* A key of our own: the kernel keeps its hash to itself. */
static siphash_aligned_key_t hash_key;

HELPER_1(hash_recalc, struct sk_buff *, skb)
{
	if (skb->l4_hash || skb->sw_hash)
		return skb->hash;
	net_get_random_once(&hash_key, sizeof(hash_key));
	return skb_get_hash_perturb(skb, &hash_key);
}

const struct lbpf_proto lbpf_hash_recalc_proto = {
	.name	= "get_hash_recalc",
	.id	= BPF_FUNC_get_hash_recalc,
	.fn	= hash_recalc,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

HELPER_5(store_bytes, struct sk_buff *, skb, u32, off, const void *, from, u32, len, u64, flags)
{
	void *to;

	if (flags & ~(BPF_F_RECOMPUTE_CSUM | BPF_F_INVALIDATE_HASH))
		return -EINVAL;
	if (off > INT_MAX || make_writable(skb, off + len))
		return -EFAULT;
	to = skb->data + off;
	if (flags & BPF_F_RECOMPUTE_CSUM)
		__skb_postpull_rcsum(skb, to, len, off);
	memcpy(to, from, len);
	if (flags & BPF_F_RECOMPUTE_CSUM)
		__skb_postpush_rcsum(skb, to, len, off);
	if (flags & BPF_F_INVALIDATE_HASH)
		skb_clear_hash(skb);
	return 0;
}

const struct lbpf_proto lbpf_skb_store_bytes_proto = {
	.name		= "skb_store_bytes",
	.id		= BPF_FUNC_skb_store_bytes,
	.fn		= store_bytes,
	.effects	= LBPF_EFF_PACKET_CHANGE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_RDONLY,
			    LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING },
};
