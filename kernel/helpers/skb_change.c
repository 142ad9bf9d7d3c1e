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
	int err = skb_ensure_writable(skb, len ?: skb_headlen(skb));

	bpf_compute_data_pointers(skb);
	return err;
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

#define SKB_PROTO(helper, function, more, ...)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= (more),				\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_CTX, __VA_ARGS__ },	\
	}

const struct lbpf_proto lbpf_skb_change_head_proto =
	SKB_PROTO(skb_change_head, change_head, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,
		  LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_skb_pull_data_proto =
	SKB_PROTO(skb_pull_data, pull_data, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_set_hash_invalid_proto = SKB_PROTO(set_hash_invalid, forget_hash, 0);
const struct lbpf_proto lbpf_set_hash_proto = SKB_PROTO(set_hash, set_hash, 0, LBPF_ARG_ANYTHING);
