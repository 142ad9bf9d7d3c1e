// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SCHED_CLS and BPF_PROG_TYPE_SCHED_ACT.
 *
 * Layer: progtypes.  They load, are verified and can be test-run; attaching
 * them needs a classifier and an action of their own.
 */
#include <linux/filter.h>
#include <net/sock.h>

#include <lbpf/compat.h>
#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtypes.h>

#include "skb_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define WHOLE	LBPF_CTX_READ
#define RW	(RO | LBPF_CTX_WRITE)

/* NO_QUEUE_MAPPING and more is not stored. */
static int emit_queue_mapping(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			      const struct lbpf_ctx_field *field, bool is_write)
{
	s16 off = offsetof(struct sk_buff, queue_mapping);

	if (!is_write) {
		lbpf_insn_put(buf, BPF_LDX_MEM(BPF_H, insn->dst_reg, insn->src_reg, off));
		return 0;
	}
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JGE, insn->src_reg, NO_QUEUE_MAPPING, 1));
	lbpf_insn_put(buf, BPF_STX_MEM(BPF_H, insn->dst_reg, insn->src_reg, off));
	return 0;
}

/* Source: what bpf(2) accepts of struct __sk_buff for this type. */
static const struct lbpf_ctx_field fields[] = {
	SKB_ROW(len, len, RO),
	SKB_BITS_ROW(pkt_type, PKT_TYPE_OFFSET, PKT_TYPE_MAX, RO),
	SKB_ROW(mark, mark, RW),
	SKB_EMIT_ROW(queue_mapping, emit_queue_mapping, RW),
	SKB_ROW(protocol, protocol, RO),
	SKB_EMIT_ROW(vlan_present, lbpf_skb_emit_vlan_present, RO),
	SKB_ROW(vlan_tci, vlan_tci, RO),
	SKB_ROW(vlan_proto, vlan_proto, RO),
	SKB_ROW(priority, priority, RW),
	SKB_ROW(ingress_ifindex, skb_iif, RO),
	SKB_DEV_ROW(ifindex, ifindex, RO),
	SKB_ROW(tc_index, tc_index, RW),
	SKB_CB_ROW(RO | LBPF_CTX_WRITE | LBPF_CTX_NARROW_WRITE),
	SKB_ROW(hash, hash, RO),
	SKB_CB_MEMBER_ROW(tc_classid, struct qdisc_skb_cb, tc_classid, RW),
	SKB_POINTER_ROW(data, LBPF_PTR_PACKET, 0),
	SKB_POINTER_ROW(data_end, LBPF_PTR_PACKET_END, 0),
	SKB_EMIT_ROW(napi_id, lbpf_skb_emit_napi_id, RO),
	SKB_POINTER_ROW(data_meta, LBPF_PTR_PACKET_META, 0),
	SKB_ROW(tstamp, tstamp, WHOLE | LBPF_CTX_WRITE),
	SKB_CB_MEMBER_ROW(wire_len, struct qdisc_skb_cb, pkt_len, RO),
	SKB_EMIT_ROW(gso_segs, lbpf_skb_emit_gso_segs, RO),
	SKB_PTR_ROW(sk, sk, WHOLE, LBPF_PTR_SOCK_COMMON | LBPF_MAYBE_NULL),
	SKB_EMIT_ROW(gso_size, lbpf_skb_emit_gso_size, RO),
	{
		SKB_NAME(tstamp_type), .access = WHOLE,
		.kind = LBPF_CTX_BITS, .type = LBPF_SCALAR,
		.k_off = LBPF_SKB_TSTAMP_TYPE_OFF, .k_size = 1,
		.k_mask = LBPF_SKB_TSTAMP_TYPE_MASK,
		.k_shift = __builtin_ctz(LBPF_SKB_TSTAMP_TYPE_MASK),
	},
	SKB_EMIT_ROW(hwtstamp, lbpf_skb_emit_hwtstamp, WHOLE),
};

#define TC_FLAGS	(LBPF_PT_NET_ADMIN | LBPF_PT_LD_ABS | LBPF_PT_PKT_READ | \
			 LBPF_PT_PKT_WRITE | LBPF_PT_MAC_HEADER)

const struct lbpf_progtype lbpf_sched_cls_type = {
	.type		= BPF_PROG_TYPE_SCHED_CLS,
	.name		= "sched_cls",
	.flags		= TC_FLAGS,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_tc_helper,
	.kfunc		= lbpf_tc_kfunc,
	.ld_abs		= { lbpf_skb_load_1, lbpf_skb_load_2, lbpf_skb_load_4 },
	.test_run	= lbpf_skb_test_run,
};

const struct lbpf_progtype lbpf_sched_act_type = {
	.type		= BPF_PROG_TYPE_SCHED_ACT,
	.name		= "sched_act",
	.flags		= TC_FLAGS,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_tc_helper,
	.ld_abs		= { lbpf_skb_load_1, lbpf_skb_load_2, lbpf_skb_load_4 },
	.test_run	= lbpf_skb_test_run,
};
