/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the helpers that change packets share.
 *
 * Layer: helpers (private).
 */
#ifndef _LBPF_HELPER_SKB_H
#define _LBPF_HELPER_SKB_H

#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/skbuff.h>

/* Prototype of helper @helper, code @function, effects @more, whose argument 1 is a packet. */
#define SKB_PROTO(helper, function, more, ...)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= (more),				\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_CTX, __VA_ARGS__ },	\
	}

/*
 * Makes the first @len bytes writable and linear: 0 or -errno.  The packet may lie elsewhere then,
 * which the program's data_end must know, also when it failed halfway.
 */
static inline int make_writable(struct sk_buff *skb, u32 len)
{
	int err = skb_ensure_writable(skb, len);

	bpf_compute_data_pointers(skb);
	return err;
}

/*
 * The mac header is part of the packet that programs see, but where packets arrive the functions of
 * the stack want it pulled.
 */
static inline void begin_change(struct sk_buff *skb)
{
	if (skb_at_tc_ingress(skb))
		skb_push(skb, skb->mac_len);
}

static inline void end_change(struct sk_buff *skb)
{
	if (skb_at_tc_ingress(skb))
		skb_pull(skb, skb->mac_len);
	bpf_compute_data_pointers(skb);
}

/* Bytes of the header of its network protocol, without options; 0: it is not IP. */
static inline u32 ip_header_bytes(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return 20;
	return skb->protocol == htons(ETH_P_IPV6) ? 40 : 0;
}

#endif /* _LBPF_HELPER_SKB_H */
