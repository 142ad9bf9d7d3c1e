// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_FLOW_DISSECTOR.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/filter.h>
#include <linux/kernel.h>
#include <net/flow_dissector.h>

#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtypes.h>

#include "skb_ctx.h"

/* 4 bytes of the context, a whole pointer behind them. */
#define ROW(field, reg_type)						\
	{								\
		SKB_NAME(field), .access = LBPF_CTX_READ,		\
		.kind = LBPF_CTX_EMIT, .type = (reg_type), .emit = emit_pointer,	\
		.k_off = offsetof(struct bpf_flow_dissector, field),	\
	}

static int emit_pointer(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			const struct lbpf_ctx_field *field, bool is_write)
{
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, insn->dst_reg, insn->src_reg, field->k_off));
	return 0;
}

static const struct lbpf_ctx_field fields[] = {
	ROW(data, LBPF_PTR_PACKET),
	ROW(data_end, LBPF_PTR_PACKET_END),
	ROW(flow_keys, LBPF_PTR_FLOW_KEYS),
};

const struct lbpf_progtype lbpf_flow_dissector_type = {
	.type		= BPF_PROG_TYPE_FLOW_DISSECTOR,
	.name		= "flow_dissector",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_flow_helper,
};
