// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_XDP.
 *
 * Layer: progtypes.  They load, are verified and can be test-run; drivers do
 * not take programs of others.
 */
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <net/xdp.h>

#include <lbpf/compat.h>
#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#include "xdp_run.h"

static int emit_pointer(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			const struct lbpf_ctx_field *field, bool is_write)
{
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, insn->dst_reg, insn->src_reg, field->k_off));
	return 0;
}

static int emit_ifindex(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, insn->src_reg, offsetof(struct xdp_buff, rxq)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, dst, offsetof(struct xdp_rxq_info, dev)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_W, dst, dst, offsetof(struct net_device, ifindex)));
	return 0;
}

#define XDP_POINTER_ROW(field, reg_type)				\
	{								\
		.name = #field, .off = offsetof(struct xdp_md, field),	\
		.size = sizeof(__u32), .access = LBPF_CTX_READ,		\
		.kind = LBPF_CTX_EMIT, .type = (reg_type),		\
		.k_off = offsetof(struct xdp_buff, field), .emit = emit_pointer,	\
	}

static const struct lbpf_ctx_field fields[] = {
	XDP_POINTER_ROW(data, LBPF_PTR_PACKET),
	XDP_POINTER_ROW(data_end, LBPF_PTR_PACKET_END),
	XDP_POINTER_ROW(data_meta, LBPF_PTR_PACKET_META),
	{
		.name = "ingress_ifindex", .off = offsetof(struct xdp_md, ingress_ifindex),
		.size = sizeof(__u32), .access = LBPF_CTX_READ,
		.kind = LBPF_CTX_EMIT, .type = LBPF_SCALAR, .emit = emit_ifindex,
	},
	{
		.name = "rx_queue_index", .off = offsetof(struct xdp_md, rx_queue_index),
		.size = sizeof(__u32), .access = LBPF_CTX_READ,
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,
		.k_off = offsetof(struct xdp_buff, rxq),
		.k_off2 = offsetof(struct xdp_rxq_info, queue_index),
		.k_size = sizeof_field(struct xdp_rxq_info, queue_index),
	},
};

const struct lbpf_progtype lbpf_xdp_type = {
	.type		= BPF_PROG_TYPE_XDP,
	.name		= "xdp",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE,
	.ctx_size	= sizeof(struct xdp_md),
	.ctx_name	= "xdp_md",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_xdp_helper,
	.test_run	= lbpf_xdp_test_run,
};
