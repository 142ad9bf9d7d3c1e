// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN of programs that run on socket buffers.
 *
 * Layer: progtypes.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/sch_generic.h>
#include <net/sock.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/prog.h>
#include <lbpf/sock.h>

#include "skb_ctx.h"

/* Largest packet: Linux builds it inside one page, with headroom and the shared information. */
#define MAX_PACKET_BYTES						\
	(PAGE_SIZE - NET_SKB_PAD - NET_IP_ALIGN -			\
	 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

/* Largest wire_len; GSO_MAX_SIZE of <linux/netdevice.h> has grown since. */
#define MAX_WIRE_LEN	65536

/**
 * struct ctx_part - Bytes of struct __sk_buff that a caller may set
 * @off: First byte.
 * @size: Number of bytes.
 */
struct ctx_part {
	u16	off;
	u16	size;
};

#define PART(field) \
	{ offsetof(struct __sk_buff, field), sizeof_field(struct __sk_buff, field) }

/* In order of their offsets.  Source: what bpf(2) accepts; selftests/prog compares every byte. */
static const struct ctx_part settable[] = {
	PART(mark),
	PART(priority),
	PART(ingress_ifindex),
	PART(ifindex),
	PART(cb),
	PART(tstamp),
	PART(wire_len),
	PART(gso_segs),
	PART(gso_size),
	PART(hwtstamp),
};

static bool is_zero(const struct __sk_buff *ctx, size_t from, size_t to)
{
	return !memchr_inv((const u8 *)ctx + from, 0, to - from);
}

static int check_ctx(const struct __sk_buff *ctx)
{
	size_t pos = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(settable); i++) {
		if (!is_zero(ctx, pos, settable[i].off))
			return -EINVAL;
		pos = settable[i].off + settable[i].size;
	}
	return is_zero(ctx, pos, sizeof(*ctx)) ? 0 : -EINVAL;
}

static int set_wire_len(struct sk_buff *skb, u32 wire_len)
{
	if (!wire_len)
		wire_len = skb->len;
	if (wire_len < skb->len || wire_len > MAX_WIRE_LEN)
		return -EINVAL;
	qdisc_skb_cb(skb)->pkt_len = wire_len;
	return 0;
}

static int apply_ctx(struct sk_buff *skb, const struct __sk_buff *ctx)
{
	int err;

	if (!ctx)
		return 0;
	err = check_ctx(ctx);
	if (err)
		return err;
	skb->mark = ctx->mark;
	skb->priority = ctx->priority;
	skb->skb_iif = ctx->ingress_ifindex;
	skb->tstamp = ctx->tstamp;
	memcpy(qdisc_skb_cb(skb)->data, ctx->cb, sizeof(ctx->cb));
	err = set_wire_len(skb, ctx->wire_len);
	if (err)
		return err;
	if (ctx->gso_segs > U16_MAX)
		return -EINVAL;
	skb_shinfo(skb)->gso_segs = ctx->gso_segs;
	skb_shinfo(skb)->gso_size = ctx->gso_size;
	skb_hwtstamps(skb)->hwtstamp = ctx->hwtstamp;
	return 0;
}

static void read_ctx(struct sk_buff *skb, struct __sk_buff *ctx)
{
	if (!ctx)
		return;
	ctx->mark = skb->mark;
	ctx->priority = skb->priority;
	ctx->ingress_ifindex = skb->skb_iif;
	ctx->ifindex = skb->dev->ifindex;
	ctx->tstamp = skb->tstamp;
	memcpy(ctx->cb, qdisc_skb_cb(skb)->data, sizeof(ctx->cb));
	ctx->wire_len = qdisc_skb_cb(skb)->pkt_len;
	ctx->gso_segs = skb_shinfo(skb)->gso_segs;
	ctx->hwtstamp = skb_hwtstamps(skb)->hwtstamp;
}

/* An IP packet without all of its header is none. */
static int set_addresses(struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (skb->protocol == htons(ETH_P_IP)) {
		if (skb_headlen(skb) < sizeof(struct iphdr))
			return -EINVAL;
		sk->sk_family = AF_INET;
		sk->sk_rcv_saddr = ip_hdr(skb)->saddr;
		sk->sk_daddr = ip_hdr(skb)->daddr;
	}
#if IS_ENABLED(CONFIG_IPV6)
	if (skb->protocol == htons(ETH_P_IPV6)) {
		if (skb_headlen(skb) < sizeof(struct ipv6hdr))
			return -EINVAL;
		sk->sk_family = AF_INET6;
		sk->sk_v6_rcv_saddr = ipv6_hdr(skb)->saddr;
		sk->sk_v6_daddr = ipv6_hdr(skb)->daddr;
	}
#endif
	return 0;
}

/* The loopback device, or the one that the caller names; with a reference. */
static struct net_device *find_device(const struct __sk_buff *ctx)
{
	struct net *net = current->nsproxy->net_ns;
	struct net_device *dev = net->loopback_dev;

	if (ctx && ctx->ifindex > 1)
		dev = dev_get_by_index(net, ctx->ifindex);
	else
		dev_hold(dev);
	return dev;
}

/* A packet with the bytes of the caller, or ERR_PTR. */
static struct sk_buff *read_packet(const union bpf_attr *attr)
{
	u32 size = attr->test.data_size_in;
	struct sk_buff *skb;

	if (size < ETH_HLEN || size > MAX_PACKET_BYTES)
		return ERR_PTR(-EINVAL);
	if (lbpf_alloc_fails())
		return ERR_PTR(-ENOMEM);
	skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + size, GFP_KERNEL_ACCOUNT);
	if (!skb)
		return ERR_PTR(-ENOMEM);
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	if (copy_from_user(__skb_put(skb, size), u64_to_user_ptr(attr->test.data_in), size)) {
		kfree_skb(skb);
		return ERR_PTR(-EFAULT);
	}
	return skb;
}

static int run_on_packet(const struct lbpf_prog *prog, struct lbpf_run *run,
			 struct sk_buff *skb, struct __sk_buff *ctx)
{
	u32 flags = prog->pt->flags;
	int err;

	skb->protocol = eth_type_trans(skb, skb->dev);
	skb_reset_network_header(skb);
	err = set_addresses(skb);
	if (err)
		return err;
	if (flags & LBPF_PT_MAC_HEADER)
		__skb_push(skb, ETH_HLEN);
	if (flags & LBPF_PT_PKT_READ)
		bpf_compute_data_pointers(skb);
	err = apply_ctx(skb, ctx);
	if (err)
		return err;
	err = lbpf_run_repeat(run, prog, skb);
	if (err)
		return err;
	/* Where the mac header is not part of what the program was given, it reads as zeros. */
	if (!(flags & LBPF_PT_MAC_HEADER)) {
		if (skb_cow_head(skb, ETH_HLEN))
			return -ENOMEM;
		memset(__skb_push(skb, ETH_HLEN), 0, ETH_HLEN);
	}
	read_ctx(skb, ctx);
	err = lbpf_run_data_out(run, skb->data, skb->len);
	return err ?: lbpf_run_ctx_out(run, ctx, sizeof(*ctx));
}

static int run_with_ctx(const struct lbpf_prog *prog, struct lbpf_run *run,
			struct sk_buff *skb, struct __sk_buff *ctx)
{
	struct net_device *dev;
	struct sock *sk;
	int err;

	sk = lbpf_scratch_sock(current->nsproxy->net_ns, GFP_KERNEL);
	if (!sk)
		return -ENOMEM;
	dev = find_device(ctx);
	if (!dev) {
		err = -ENODEV;
		goto free_sock;
	}
	skb->sk = sk;
	skb->dev = dev;
	err = run_on_packet(prog, run, skb, ctx);
	skb->sk = NULL;
	skb->dev = NULL;
	dev_put(dev);
free_sock:
	sk_free(sk);
	return err;
}

/**
 * lbpf_skb_test_run() - Run a program on a packet of the caller
 * @prog: Program of a type whose context is struct __sk_buff.
 * @run: Test run.
 *
 * The program sees the packet as one that arrived on Ethernet: protocol and
 * pkt_type are set, and the data begin behind the mac header.
 *
 * Source: BPF_PROG_TEST_RUN of bpf(2) for BPF_PROG_TYPE_SOCKET_FILTER.
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EFAULT, -ENOMEM, -E2BIG, -ENODEV, -ENOSPC, -EINTR.
 */
int lbpf_skb_test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct __sk_buff *ctx;
	struct sk_buff *skb;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size)
		return -EINVAL;
	skb = read_packet(attr);
	if (IS_ERR(skb))
		return PTR_ERR(skb);
	ctx = lbpf_run_ctx_in(run, sizeof(*ctx));
	if (IS_ERR(ctx)) {
		err = PTR_ERR(ctx);
		goto free_skb;
	}
	err = run_with_ctx(prog, run, skb, ctx);
	lbpf_free(ctx);
free_skb:
	/* As bpf(2) has it: what watches for dropped packets sees this one. */
	kfree_skb(skb);
	return err;
}
