// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SOCKET_FILTER.
 *
 * Layer: progtypes.
 */
#include <lbpf/helpers.h>
#include <lbpf/progtypes.h>

#include "skb_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define WHOLE	LBPF_CTX_READ
#define RW	(RO | LBPF_CTX_WRITE | LBPF_CTX_NARROW_WRITE)

/*
 * Source: what bpf(2) accepts of struct __sk_buff for this type; selftests/prog compares every
 * offset.
 */
static const struct lbpf_ctx_field fields[] = {
	SKB_ROW(len, len, RO),
	SKB_BITS_ROW(pkt_type, PKT_TYPE_OFFSET, PKT_TYPE_MAX, RO),
	SKB_ROW(mark, mark, RO),
	SKB_ROW(queue_mapping, queue_mapping, RO),
	SKB_ROW(protocol, protocol, RO),
	SKB_EMIT_ROW(vlan_present, lbpf_skb_emit_vlan_present, RO),
	SKB_ROW(vlan_tci, vlan_tci, RO),
	SKB_ROW(vlan_proto, vlan_proto, RO),
	SKB_ROW(priority, priority, RO),
	SKB_ROW(ingress_ifindex, skb_iif, RO),
	SKB_DEV_ROW(ifindex, ifindex, RO),
	SKB_ROW(tc_index, tc_index, RO),
	SKB_CB_ROW(RW),
	SKB_ROW(hash, hash, RO),
	SKB_EMIT_ROW(napi_id, lbpf_skb_emit_napi_id, RO),
	SKB_EMIT_ROW(gso_segs, lbpf_skb_emit_gso_segs, RO),
	SKB_PTR_ROW(sk, sk, WHOLE, LBPF_PTR_SOCK_COMMON | LBPF_MAYBE_NULL),
	SKB_EMIT_ROW(gso_size, lbpf_skb_emit_gso_size, RO),
};

const struct lbpf_progtype lbpf_socket_filter_type = {
	.type		= BPF_PROG_TYPE_SOCKET_FILTER,
	.name		= "socket_filter",
	.flags		= LBPF_PT_UNPRIV | LBPF_PT_LD_ABS | LBPF_PT_CTX_IN_CB |
			  LBPF_PT_NO_LOCK,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_skb_helper,
	.ld_abs		= { lbpf_skb_load_1, lbpf_skb_load_2, lbpf_skb_load_4 },
	.test_run	= lbpf_skb_test_run,
};
