// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_CGROUP_SKB.
 *
 * Layer: progtypes.  They load, are verified and can be test-run; cgroups do
 * not take programs of others.
 */
#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/progtypes.h>

#include "skb_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define WHOLE	LBPF_CTX_READ
#define RW	(RO | LBPF_CTX_WRITE)

/* Source: what bpf(2) accepts of struct __sk_buff for this type; the packet takes CAP_BPF. */
static const struct lbpf_ctx_field fields[] = {
	SKB_ROW(len, len, RO),
	SKB_BITS_ROW(pkt_type, PKT_TYPE_OFFSET, PKT_TYPE_MAX, RO),
	SKB_ROW(mark, mark, RW),
	SKB_ROW(queue_mapping, queue_mapping, RO),
	SKB_ROW(protocol, protocol, RO),
	SKB_EMIT_ROW(vlan_present, lbpf_skb_emit_vlan_present, RO),
	SKB_ROW(vlan_tci, vlan_tci, RO),
	SKB_ROW(vlan_proto, vlan_proto, RO),
	SKB_ROW(priority, priority, RW),
	SKB_ROW(ingress_ifindex, skb_iif, RO),
	SKB_DEV_ROW(ifindex, ifindex, RO),
	SKB_ROW(tc_index, tc_index, RO),
	SKB_CB_ROW(RO | LBPF_CTX_WRITE | LBPF_CTX_NARROW_WRITE),
	SKB_ROW(hash, hash, RO),
	SKB_POINTER_ROW(data, LBPF_PTR_PACKET, LBPF_CTX_CAP_BPF),
	SKB_POINTER_ROW(data_end, LBPF_PTR_PACKET_END, LBPF_CTX_CAP_BPF),
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
	SKB_ROW(tstamp, tstamp, WHOLE | LBPF_CTX_WRITE | LBPF_CTX_WRITE_CAP_BPF),
	SKB_EMIT_ROW(gso_segs, lbpf_skb_emit_gso_segs, RO),
	SKB_PTR_ROW(sk, sk, WHOLE, LBPF_PTR_SOCK_COMMON | LBPF_MAYBE_NULL),
	SKB_EMIT_ROW(gso_size, lbpf_skb_emit_gso_size, RO),
	SKB_EMIT_ROW(hwtstamp, lbpf_skb_emit_hwtstamp, WHOLE),
};

/* 0 drops, 1 lets through; on the way out 2 and 3 do so too, with congestion. */
static bool return_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = 0;
	*max = code->expected_attach_type == BPF_CGROUP_INET_EGRESS ? 3 : 1;
	return true;
}

static bool attach_ok(u32 attach_type)
{
	return attach_type == BPF_CGROUP_INET_INGRESS || attach_type == BPF_CGROUP_INET_EGRESS;
}

const struct lbpf_progtype lbpf_cgroup_skb_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SKB,
	.name		= "cgroup_skb",
	.flags		= LBPF_PT_UNPRIV | LBPF_PT_LD_ABS | LBPF_PT_PKT_READ,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_cgroup_skb_helper,
	.expected_attach_ok = attach_ok,
	.return_range	= return_range,
	.ld_abs		= { lbpf_skb_load_1, lbpf_skb_load_2, lbpf_skb_load_4 },
	.test_run	= lbpf_skb_test_run,
};
