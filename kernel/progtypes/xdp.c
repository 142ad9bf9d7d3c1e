// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_XDP.
 *
 * Layer: progtypes.  They load, are verified and can be test-run; drivers do
 * not take programs of others.
 */
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/nsproxy.h>
#include <linux/sched.h>
#include <linux/skbuff.h>
#include <linux/uaccess.h>
#include <net/net_namespace.h>
#include <net/xdp.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#define MAX_FRAME_BYTES \
	(PAGE_SIZE - XDP_PACKET_HEADROOM - SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))

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

static int run_on_frame(const struct lbpf_prog *prog, struct lbpf_run *run, void *frame, u32 size)
{
	struct net_device *dev = current->nsproxy->net_ns->loopback_dev;
	struct xdp_buff xdp;
	int err;

	if (copy_from_user(frame + XDP_PACKET_HEADROOM, u64_to_user_ptr(run->attr->test.data_in),
			   size))
		return -EFAULT;
	xdp_init_buff(&xdp, PAGE_SIZE, &__netif_get_rx_queue(dev, 0)->xdp_rxq);
	xdp_prepare_buff(&xdp, frame, XDP_PACKET_HEADROOM, size, true);
	err = lbpf_run_repeat(run, prog, &xdp);
	return err ?: lbpf_run_data_out(run, xdp.data, xdp.data_end - xdp.data);
}

static int test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	u32 size = attr->test.data_size_in;
	void *frame;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || attr->test.ctx_in ||
	    attr->test.ctx_out || size < ETH_HLEN || size > MAX_FRAME_BYTES)
		return -EINVAL;
	frame = lbpf_zalloc(PAGE_SIZE, GFP_KERNEL);
	if (!frame)
		return -ENOMEM;
	err = run_on_frame(prog, run, frame, size);
	lbpf_free(frame);
	return err;
}

const struct lbpf_progtype lbpf_xdp_type = {
	.type		= BPF_PROG_TYPE_XDP,
	.name		= "xdp",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE,
	.ctx_size	= sizeof(struct xdp_md),
	.ctx_name	= "xdp_md",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_xdp_helper,
	.test_run	= test_run,
};
