// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that make room between the headers of a packet, or take it away.
 *
 * Layer: helpers.  Source: bpf_skb_adjust_room() and bpf_skb_change_proto() in
 * bpf-helpers(7); what bpf(2) of Linux 6.1 does, which selftests/prog compares.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

#define MAX_ROOM_BYTES	0xfff
#define ENCAP_L4	(BPF_F_ADJ_ROOM_ENCAP_L4_GRE | BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
#define ENCAP_L3	(BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
#define SHRINK_FLAGS	(BPF_F_ADJ_ROOM_FIXED_GSO | BPF_F_ADJ_ROOM_NO_CSUM_RESET)
#define ROOM_FLAGS							\
	(SHRINK_FLAGS | ENCAP_L3 | ENCAP_L4 | BPF_F_ADJ_ROOM_ENCAP_L2_ETH |	\
	 BPF_F_ADJ_ROOM_ENCAP_L2(BPF_ADJ_ROOM_ENCAP_L2_MASK))

/* Bytes of the inner mac header. */
static u32 inner_mac_bytes(u64 flags)
{
	return flags >> BPF_ADJ_ROOM_ENCAP_L2_SHIFT & BPF_ADJ_ROOM_ENCAP_L2_MASK;
}

/* What lies before the room moved by @bytes, and a transport header that nobody looked for. */
static void move_headers(struct sk_buff *skb, int bytes)
{
	bool is_unknown = skb->transport_header == skb->network_header;

	skb->mac_header += bytes;
	skb->network_header += bytes;
	if (is_unknown)
		skb->transport_header = skb->network_header;
}

/* Zeros at @off: the packet begins earlier, and there is head room for that. */
static void open_room(struct sk_buff *skb, u32 off, u32 bytes)
{
	skb_push(skb, bytes);
	memmove(skb->data, skb->data + bytes, off);
	memset(skb->data + off, 0, bytes);
	move_headers(skb, -(int)bytes);
}

static int close_room(struct sk_buff *skb, u32 off, u32 bytes)
{
	if (!pskb_may_pull(skb, off + bytes))
		return -ENOMEM;
	skb_postpull_rcsum(skb, skb->data + off, bytes);
	memmove(skb->data + bytes, skb->data, off);
	__skb_pull(skb, bytes);
	move_headers(skb, bytes);
	return 0;
}

/* Segments are cut anew, by whoever sends them. */
static void distrust_segments(struct sk_buff *skb)
{
	skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
	skb_shinfo(skb)->gso_segs = 0;
}

/* Segments of datagrams have the size that their sender chose. */
static bool may_resize_segments(const struct sk_buff *skb, u64 flags)
{
	if (!skb_is_gso(skb) || skb_is_gso_tcp(skb))
		return true;
	return skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4 && flags & BPF_F_ADJ_ROOM_FIXED_GSO;
}

static int check_tunnel(const struct sk_buff *skb, u32 bytes, u64 flags)
{
	u32 mac_bytes = inner_mac_bytes(flags);

	if ((flags & ENCAP_L3) == ENCAP_L3 || (flags & ENCAP_L4) == ENCAP_L4)
		return -EINVAL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH && mac_bytes < ETH_HLEN)
		return -EINVAL;
	if (skb->encapsulation)
		return -EALREADY;
	return mac_bytes > bytes ? -EINVAL : 0;
}

static u32 tunnel_gso_type(u64 flags)
{
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L4_UDP)
		return SKB_GSO_UDP_TUNNEL;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L4_GRE)
		return SKB_GSO_GRE;
	return flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 ? SKB_GSO_IPXIP6 : SKB_GSO_IPXIP4;
}

/* The headers that there were become the inner ones; the room is for the outer ones. */
static void mark_tunnel(struct sk_buff *skb, u16 inner_net, u16 inner_trans, u64 flags)
{
	bool is_v6 = flags & BPF_F_ADJ_ROOM_ENCAP_L3_IPV6;
	u32 mac_bytes = skb_network_offset(skb);

	skb->inner_mac_header = inner_net - inner_mac_bytes(flags);
	skb->inner_network_header = inner_net;
	skb->inner_transport_header = inner_trans;
	if (flags & BPF_F_ADJ_ROOM_ENCAP_L2_ETH)
		skb_set_inner_protocol(skb, htons(ETH_P_TEB));
	else
		skb_set_inner_protocol(skb, skb->protocol);
	skb->encapsulation = 1;
	if (flags & ENCAP_L4)
		skb_set_transport_header(skb, mac_bytes + (is_v6 ? sizeof(struct ipv6hdr) :
								   sizeof(struct iphdr)));
	skb->protocol = htons(is_v6 ? ETH_P_IPV6 : ETH_P_IP);
}

static int grow(struct sk_buff *skb, u32 off, u32 bytes, u64 flags)
{
	u16 inner_net, inner_trans;
	int err;

	if (!may_resize_segments(skb, flags))
		return -ENOTSUPP;
	err = skb_cow_head(skb, bytes);
	if (!err && flags & ENCAP_L3)
		err = check_tunnel(skb, bytes, flags);
	if (err)
		return err;
	inner_net = skb->network_header;
	inner_trans = skb->transport_header;
	open_room(skb, off, bytes);
	if (flags & ENCAP_L3)
		mark_tunnel(skb, inner_net, inner_trans, flags);
	if (!skb_is_gso(skb))
		return 0;
	if (!(flags & BPF_F_ADJ_ROOM_FIXED_GSO))
		skb_decrease_gso_size(skb_shinfo(skb), bytes);
	if (flags & ENCAP_L3)
		skb_shinfo(skb)->gso_type |= tunnel_gso_type(flags);
	distrust_segments(skb);
	return 0;
}

static int shrink(struct sk_buff *skb, u32 off, u32 bytes, u64 flags)
{
	int err;

	if (flags & ~SHRINK_FLAGS)
		return -EINVAL;
	if (!may_resize_segments(skb, flags))
		return -ENOTSUPP;
	err = skb_unclone(skb, GFP_ATOMIC);
	if (!err)
		err = close_room(skb, off, bytes);
	if (err || !skb_is_gso(skb))
		return err;
	if (!(flags & BPF_F_ADJ_ROOM_FIXED_GSO))
		skb_increase_gso_size(skb_shinfo(skb), bytes);
	distrust_segments(skb);
	return 0;
}

/* The IP header stays, and the packet a packet. */
static bool is_possible(const struct sk_buff *skb, int by)
{
	s64 len = (s64)skb->len + by;

	if (by < 0)
		return len >= (s64)skb_network_offset(skb) + ip_header_bytes(skb);
	return len <= SKB_MAX_ALLOC || skb_is_gso(skb);
}

/* Where the room is: before the network header, or behind it. */
static int room_off(const struct sk_buff *skb, u32 mode)
{
	if (mode == BPF_ADJ_ROOM_MAC)
		return skb_mac_header_len(skb);
	if (mode == BPF_ADJ_ROOM_NET)
		return skb_mac_header_len(skb) + ip_header_bytes(skb);
	return -ENOTSUPP;
}

HELPER_4(adjust_room, struct sk_buff *, skb, int, by, u32, mode, u64, flags)
{
	u32 bytes = abs(by);
	int off, err;

	if (flags & ~ROOM_FLAGS)
		return -EINVAL;
	if (bytes > MAX_ROOM_BYTES)
		return -EFAULT;
	off = room_off(skb, mode);
	if (!ip_header_bytes(skb) || off < 0 || !is_possible(skb, by))
		return -ENOTSUPP;
	err = by < 0 ? shrink(skb, off, bytes, flags) : grow(skb, off, bytes, flags);
	if (!err && !(flags & BPF_F_ADJ_ROOM_NO_CSUM_RESET))
		__skb_reset_checksum_unnecessary(skb);
	bpf_compute_data_pointers(skb);
	return err;
}

const struct lbpf_proto lbpf_adjust_room_proto =
	SKB_PROTO(skb_adjust_room, adjust_room, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING);

/* What an IPv6 header has more than one of IPv4. */
#define PROTO_BYTES	((u32)(sizeof(struct ipv6hdr) - sizeof(struct iphdr)))

static void set_proto(struct sk_buff *skb, __be16 proto)
{
	u32 *gso_type = &skb_shinfo(skb)->gso_type;
	u32 from = SKB_GSO_TCPV4, to = SKB_GSO_TCPV6;

	if (proto == htons(ETH_P_IP))
		swap(from, to);
	if (skb_is_gso(skb) && *gso_type & from)
		*gso_type = (*gso_type & ~from) | to;
	skb->protocol = proto;
	skb_clear_hash(skb);
}

static int exchange_header(struct sk_buff *skb, __be16 proto)
{
	u32 off = skb_mac_header_len(skb);
	int err;

	if (proto == htons(ETH_P_IPV6)) {
		err = skb_cow(skb, PROTO_BYTES);
		if (!err)
			open_room(skb, off, PROTO_BYTES);
	} else {
		err = skb_unclone(skb, GFP_ATOMIC);
		if (!err)
			err = close_room(skb, off, PROTO_BYTES);
	}
	if (!err)
		set_proto(skb, proto);
	return err;
}

HELPER_3(change_proto, struct sk_buff *, skb, __be16, proto, u64, flags)
{
	bool is_exchange = proto != skb->protocol && ip_header_bytes(skb) &&
			   (proto == htons(ETH_P_IP) || proto == htons(ETH_P_IPV6));
	int err;

	if (flags)
		return -EINVAL;
	err = is_exchange ? exchange_header(skb, proto) : -ENOTSUPP;
	bpf_compute_data_pointers(skb);
	return err;
}

const struct lbpf_proto lbpf_change_proto_proto =
	SKB_PROTO(skb_change_proto, change_proto, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
