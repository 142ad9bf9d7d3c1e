// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SK_SKB and the three types of lightweight tunnels.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/filter.h>

#include <lbpf/helpers.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#include "skb_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define WHOLE	LBPF_CTX_READ
#define RW	(RO | LBPF_CTX_WRITE)

#define FIRST_ROWS(mark_may, priority_may)				\
	SKB_ROW(len, len, RO),						\
	SKB_BITS_ROW(pkt_type, PKT_TYPE_OFFSET, PKT_TYPE_MAX, RO),	\
	SKB_ROW(mark, mark, mark_may),					\
	SKB_ROW(queue_mapping, queue_mapping, RO),			\
	SKB_ROW(protocol, protocol, RO),				\
	SKB_EMIT_ROW(vlan_present, lbpf_skb_emit_vlan_present, RO),	\
	SKB_ROW(vlan_tci, vlan_tci, RO),				\
	SKB_ROW(vlan_proto, vlan_proto, RO),				\
	SKB_ROW(priority, priority, priority_may),			\
	SKB_ROW(ingress_ifindex, skb_iif, RO),				\
	SKB_DEV_ROW(ifindex, ifindex, RO)

#define LAST_ROWS							\
	SKB_EMIT_ROW(gso_segs, lbpf_skb_emit_gso_segs, RO),		\
	SKB_PTR_ROW(sk, sk, WHOLE, LBPF_PTR_SOCK_COMMON | LBPF_MAYBE_NULL),	\
	SKB_EMIT_ROW(gso_size, lbpf_skb_emit_gso_size, RO)

/* Source: what bpf(2) accepts of struct __sk_buff for these types. */
static const struct lbpf_ctx_field sk_skb_fields[] = {
	FIRST_ROWS(0, RW),
	SKB_ROW(tc_index, tc_index, RW),
	SKB_CB_ROW(RO),
	SKB_ROW(hash, hash, RO),
	SKB_POINTER_ROW(data, LBPF_PTR_PACKET, 0),
	SKB_POINTER_ROW(data_end, LBPF_PTR_PACKET_END, 0),
	SKB_EMIT_ROW(napi_id, lbpf_skb_emit_napi_id, RO),
	SKB_SOCK_ROW(family, skc_family, RO),
	SKB_SOCK_ROW(remote_ip4, skc_daddr, WHOLE),
	SKB_SOCK_ROW(local_ip4, skc_rcv_saddr, WHOLE),
	SKB_SOCK_ROW(remote_ip6[0], skc_v6_daddr.s6_addr32[0], WHOLE),
	SKB_SOCK_ROW(remote_ip6[1], skc_v6_daddr.s6_addr32[1], WHOLE),
	SKB_SOCK_ROW(remote_ip6[2], skc_v6_daddr.s6_addr32[2], WHOLE),
	SKB_SOCK_ROW(remote_ip6[3], skc_v6_daddr.s6_addr32[3], WHOLE),
	SKB_SOCK_ROW(local_ip6[0], skc_v6_rcv_saddr.s6_addr32[0], WHOLE),
	SKB_SOCK_ROW(local_ip6[1], skc_v6_rcv_saddr.s6_addr32[1], WHOLE),
	SKB_SOCK_ROW(local_ip6[2], skc_v6_rcv_saddr.s6_addr32[2], WHOLE),
	SKB_SOCK_ROW(local_ip6[3], skc_v6_rcv_saddr.s6_addr32[3], WHOLE),
	SKB_SOCK_ROW(remote_port, skc_dport, RO),
	SKB_SOCK_ROW(local_port, skc_num, RO),
	LAST_ROWS,
};

static const struct lbpf_ctx_field lwt_fields[] = {
	FIRST_ROWS(RW, RW),
	SKB_ROW(tc_index, tc_index, RO),
	SKB_CB_ROW(RO | LBPF_CTX_WRITE | LBPF_CTX_NARROW_WRITE),
	SKB_ROW(hash, hash, RO),
	SKB_POINTER_ROW(data, LBPF_PTR_PACKET, 0),
	SKB_POINTER_ROW(data_end, LBPF_PTR_PACKET_END, 0),
	SKB_EMIT_ROW(napi_id, lbpf_skb_emit_napi_id, RO),
	LAST_ROWS,
};

const struct lbpf_progtype lbpf_sk_skb_type = {
	.type		= BPF_PROG_TYPE_SK_SKB,
	.name		= "sk_skb",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= sk_skb_fields,
	.nr_fields	= ARRAY_SIZE(sk_skb_fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sk_skb_helper,
};

/* Linux has no test run of these. */
static void link_packet(struct lbpf_synthetic *made)
{
	made->ctx = made->skb;
	bpf_compute_data_pointers(made->skb);
}

static const struct lbpf_synthesis packet_synthesis = {
	.area_bytes	= 1,
	.has_data	= true,
	.link		= link_packet,
};

#define LWT(id, text, more, set, run, made)				\
	{								\
		.type		= (id),					\
		.name		= text,					\
		.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | (more),	\
		.ctx_size	= sizeof(struct __sk_buff),		\
		.ctx_name	= "__sk_buff",				\
		.fields		= lwt_fields,				\
		.nr_fields	= ARRAY_SIZE(lwt_fields),		\
		.objects	= lbpf_sock_rows,			\
		.helper		= (set),				\
		.test_run	= (run),				\
		.synthesis	= (made),				\
	}

const struct lbpf_progtype lbpf_lwt_in_type =
	LWT(BPF_PROG_TYPE_LWT_IN, "lwt_in", 0, lbpf_lwt_helper, lbpf_skb_test_run, NULL);
const struct lbpf_progtype lbpf_lwt_out_type =
	LWT(BPF_PROG_TYPE_LWT_OUT, "lwt_out", 0, lbpf_lwt_helper, lbpf_skb_test_run, NULL);
const struct lbpf_progtype lbpf_lwt_xmit_type =
	LWT(BPF_PROG_TYPE_LWT_XMIT, "lwt_xmit", LBPF_PT_PKT_WRITE, lbpf_lwt_xmit_helper,
	    lbpf_skb_test_run, NULL);
const struct lbpf_progtype lbpf_lwt_seg6local_type =
	LWT(BPF_PROG_TYPE_LWT_SEG6LOCAL, "lwt_seg6local", 0, lbpf_lwt_seg6_helper, NULL,
	    &packet_synthesis);
