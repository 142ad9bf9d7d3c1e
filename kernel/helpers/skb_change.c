// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that change the room of a packet, and its hash.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/skbuff.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

/* Source: bpf_skb_change_head() in bpf-helpers(7). */
HELPER_3(change_head, struct sk_buff *, skb, u32, room, u64, flags)
{
	u32 new_len = skb->len + room;
	int err;

	if (flags || new_len < skb->len || (!skb_is_gso(skb) && new_len > SKB_MAX_ALLOC))
		return -EINVAL;
	err = skb_cow(skb, room);
	if (!err) {
		memset(__skb_push(skb, room), 0, room);
		skb_reset_mac_header(skb);
		skb_reset_mac_len(skb);
	}
	bpf_compute_data_pointers(skb);
	return err;
}

HELPER_2(pull_data, struct sk_buff *, skb, u32, len)
{
	return make_writable(skb, len ?: skb_headlen(skb));
}

HELPER_1(forget_hash, struct sk_buff *, skb)
{
	skb_clear_hash(skb);
	return 0;
}

HELPER_2(set_hash, struct sk_buff *, skb, u32, hash)
{
	__skb_set_sw_hash(skb, hash, true);
	return 0;
}

/* Only among the kinds that the device gives a packet. */
HELPER_2(change_type, struct sk_buff *, skb, u32, type)
{
	if (type > PACKET_OTHERHOST || skb->pkt_type > PACKET_OTHERHOST)
		return -EINVAL;
	skb->pkt_type = type;
	return 0;
}

/* What the stack counts on: headers that were found, the checksum that it still has to fill in. */
static u32 min_bytes(const struct sk_buff *skb)
{
	u32 bytes = skb_network_offset(skb);

	if (skb_transport_header_was_set(skb))
		bytes = skb_transport_offset(skb);
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		bytes = skb_checksum_start_offset(skb) + skb->csum_offset + sizeof(__sum16);
	return bytes;
}

static int set_len(struct sk_buff *skb, u32 len)
{
	u32 before = skb->len;
	int err;

	if (skb->encapsulation)
		return -ENOTSUPP;
	err = make_writable(skb, skb->len);
	if (!err && len > before)
		err = __skb_grow_rcsum(skb, len);
	else if (!err && len < before)
		err = __skb_trim_rcsum(skb, len);
	if (err)
		return err;
	if (len > before)
		memset(skb->data + before, 0, len - before);
	if (skb_is_gso(skb))
		skb_gso_reset(skb);
	return 0;
}

/* Source: bpf_skb_change_tail() in bpf-helpers(7). */
static int change_len(struct sk_buff *skb, u32 len, u32 min, u64 flags)
{
	int err;

	if (flags || len > SKB_MAX_ALLOC || len < min)
		return -EINVAL;
	err = set_len(skb, len);
	bpf_compute_data_pointers(skb);
	return err;
}

HELPER_3(change_tail, struct sk_buff *, skb, u32, len, u64, flags)
{
	return change_len(skb, len, min_bytes(skb), flags);
}

const struct lbpf_proto lbpf_skb_change_head_proto =
	SKB_PROTO(skb_change_head, change_head, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_skb_pull_data_proto =
	SKB_PROTO(skb_pull_data, pull_data, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_set_hash_invalid_proto = SKB_PROTO(set_hash_invalid, forget_hash, 0);
const struct lbpf_proto lbpf_set_hash_proto = SKB_PROTO(set_hash, set_hash, 0, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_skb_change_type_proto =
	SKB_PROTO(skb_change_type, change_type, 0, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_skb_change_tail_proto =
	SKB_PROTO(skb_change_tail, change_tail, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
