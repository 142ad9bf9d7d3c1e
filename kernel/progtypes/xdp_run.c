// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN of XDP programs.
 *
 * Layer: progtypes.  A frame is one page with head room; what does not fit, or
 * what the caller's context wants behind data_end, are its fragments, which
 * programs reach through helpers.
 *
 * Source: observed on Linux 6.1, which selftests/system/diff_prog_run.c compares.
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
#include <lbpf/prog.h>

#include "xdp_run.h"

#define TAIL_ROOM	SKB_DATA_ALIGN(sizeof(struct skb_shared_info))
#define MAX_PAGE_BYTES	(PAGE_SIZE - XDP_PACKET_HEADROOM - TAIL_ROOM)
/* Source: Linux 6.1; later ones take more. */
#define MAX_META_BYTES	32
#define MAX_TAIL_BYTES	(MAX_SKB_FRAGS * PAGE_SIZE)

/**
 * struct frame - A frame of the caller
 * @xdp: What the program is given.
 * @rxq: Queue it came from, as a driver of fragments of one page each describes it.
 * @page: Head room, the first bytes, and the list of fragments.
 * @frags: Their pages; a program may take fragments away.
 * @nr_frags: Of @frags.
 * @page_bytes: Bytes of the caller in @page, metadata included.
 * @tail_bytes: In @frags.
 * @dev: Device it came from, with a reference; NULL: the loopback device, without.
 */
struct frame {
	struct xdp_buff		xdp;
	struct xdp_rxq_info	rxq;
	void			*page;
	void			*frags[MAX_SKB_FRAGS];
	u32			nr_frags;
	u32			page_bytes;
	u32			tail_bytes;
	struct net_device	*dev;
};

static int check_ctx(const struct xdp_md *ctx, u32 bytes)
{
	if (ctx->data_meta || ctx->data > ctx->data_end || ctx->data_end > bytes)
		return -EINVAL;
	if (ctx->data % sizeof(u32) || ctx->data > MAX_META_BYTES || ctx->egress_ifindex)
		return -EINVAL;
	/* The metadata are no packet. */
	if (bytes - ctx->data < ETH_HLEN)
		return -EINVAL;
	return ctx->rx_queue_index && !ctx->ingress_ifindex ? -EINVAL : 0;
}

/* A queue of the device that the context names, or of the loopback device. */
static struct xdp_rxq_info *find_queue(struct frame *frame, const struct xdp_md *ctx)
{
	struct net *net = current->nsproxy->net_ns;
	struct netdev_rx_queue *queue;

	if (!ctx || !ctx->ingress_ifindex)
		return &__netif_get_rx_queue(net->loopback_dev, 0)->xdp_rxq;
	frame->dev = dev_get_by_index(net, ctx->ingress_ifindex);
	if (!frame->dev)
		return ERR_PTR(-ENODEV);
	if (ctx->rx_queue_index >= frame->dev->real_num_rx_queues)
		return ERR_PTR(-EINVAL);
	queue = __netif_get_rx_queue(frame->dev, ctx->rx_queue_index);
	return xdp_rxq_info_is_reg(&queue->xdp_rxq) ? &queue->xdp_rxq : ERR_PTR(-EINVAL);
}

/* A fragment with the next @bytes of the caller. */
static int read_frag(struct frame *frame, const void __user *data, u32 bytes)
{
	struct skb_shared_info *shared = xdp_get_shared_info_from_buff(&frame->xdp);
	void *page = lbpf_zalloc(PAGE_SIZE, GFP_KERNEL);

	if (!page)
		return -ENOMEM;
	frame->frags[frame->nr_frags++] = page;
	if (copy_from_user(page, data, bytes))
		return -EFAULT;
	__skb_fill_page_desc_noacc(shared, shared->nr_frags++, virt_to_page(page), 0, bytes);
	shared->xdp_frags_size += bytes;
	return 0;
}

static int read_frags(struct frame *frame, const void __user *data)
{
	u32 pos, bytes;
	int err = 0;

	for (pos = 0; pos < frame->tail_bytes && !err; pos += bytes) {
		bytes = min_t(u32, frame->tail_bytes - pos, PAGE_SIZE);
		err = read_frag(frame, data + pos, bytes);
	}
	xdp_buff_set_frags_flag(&frame->xdp);
	return err;
}

static int read_frame(struct frame *frame, const union bpf_attr *attr, u32 meta_bytes)
{
	const void __user *data = u64_to_user_ptr(attr->test.data_in);
	void *start;

	frame->page = lbpf_zalloc(PAGE_SIZE, GFP_KERNEL);
	if (!frame->page)
		return -ENOMEM;
	start = frame->page + XDP_PACKET_HEADROOM - meta_bytes;
	if (copy_from_user(start, data, frame->page_bytes))
		return -EFAULT;
	xdp_prepare_buff(&frame->xdp, frame->page, XDP_PACKET_HEADROOM - meta_bytes,
			 frame->page_bytes, true);
	frame->xdp.data += meta_bytes;
	return frame->tail_bytes ? read_frags(frame, data + frame->page_bytes) : 0;
}

static void free_frame(struct frame *frame)
{
	u32 i;

	for (i = 0; i < frame->nr_frags; i++)
		lbpf_free(frame->frags[i]);
	lbpf_free(frame->page);
	dev_put(frame->dev);
}

/* The page's bytes and those of the fragments, in one piece. */
static int put_data(struct lbpf_run *run, struct frame *frame)
{
	struct skb_shared_info *shared = xdp_get_shared_info_from_buff(&frame->xdp);
	u32 head_bytes = frame->xdp.data_end - frame->xdp.data_meta, pos = head_bytes, i;
	u32 bytes = head_bytes + (xdp_buff_has_frags(&frame->xdp) ? shared->xdp_frags_size : 0);
	void *all;
	int err;

	if (bytes == head_bytes)
		return lbpf_run_data_out(run, frame->xdp.data_meta, head_bytes);
	all = lbpf_area_alloc(bytes, NUMA_NO_NODE);
	if (!all)
		return -ENOMEM;
	memcpy(all, frame->xdp.data_meta, head_bytes);
	for (i = 0; i < shared->nr_frags; i++) {
		skb_frag_t *frag = &shared->frags[i];

		memcpy(all + pos, skb_frag_address(frag), skb_frag_size(frag));
		pos += skb_frag_size(frag);
	}
	err = lbpf_run_data_out(run, all, bytes);
	lbpf_area_free(all);
	return err;
}

static int run_on_frame(const struct lbpf_prog *prog, struct lbpf_run *run, struct frame *frame,
			struct xdp_md *ctx)
{
	struct xdp_rxq_info *rxq;
	int err;

	rxq = find_queue(frame, ctx);
	if (IS_ERR(rxq))
		return PTR_ERR(rxq);
	frame->rxq = *rxq;
	frame->rxq.frag_size = PAGE_SIZE;
	xdp_init_buff(&frame->xdp, PAGE_SIZE, &frame->rxq);
	err = read_frame(frame, run->attr, ctx ? ctx->data : 0);
	if (!err)
		err = lbpf_run_repeat(run, prog, &frame->xdp);
	if (!err)
		err = put_data(run, frame);
	if (err || !ctx)
		return err;
	ctx->data = frame->xdp.data - frame->xdp.data_meta;
	ctx->data_end = frame->xdp.data_end - frame->xdp.data_meta;
	return lbpf_run_ctx_out(run, ctx, sizeof(*ctx));
}

static int run_with_ctx(const struct lbpf_prog *prog, struct lbpf_run *run, struct xdp_md *ctx)
{
	u32 bytes = run->attr->test.data_size_in;
	struct frame *frame;
	int err;

	err = ctx ? check_ctx(ctx, bytes) : 0;
	if (err)
		return err;
	frame = lbpf_zalloc(sizeof(*frame), GFP_KERNEL);
	if (!frame)
		return -ENOMEM;
	/* Metadata lie in what is head room otherwise. */
	frame->page_bytes = min_t(u32, ctx ? ctx->data_end : bytes,
				  MAX_PAGE_BYTES + (ctx ? ctx->data : 0));
	frame->tail_bytes = bytes - frame->page_bytes;
	err = frame->tail_bytes > MAX_TAIL_BYTES ? -ENOMEM : run_on_frame(prog, run, frame, ctx);
	free_frame(frame);
	lbpf_free(frame);
	return err;
}

/**
 * lbpf_xdp_test_run() - Run an XDP program on a frame of the caller
 * @prog: Program.
 * @run: Test run.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -EFAULT, -ENOMEM, -ENODEV, -ENOSPC, -EINTR.
 */
int lbpf_xdp_test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct xdp_md *ctx;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size ||
	    attr->test.data_size_in < ETH_HLEN)
		return -EINVAL;
	ctx = lbpf_run_ctx_in(run, sizeof(*ctx));
	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	err = run_with_ctx(prog, run, ctx);
	lbpf_free(ctx);
	return err;
}
