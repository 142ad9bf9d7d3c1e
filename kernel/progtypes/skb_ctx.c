// SPDX-License-Identifier: GPL-2.0
/*
 * Fields of struct __sk_buff that are more than a member of struct sk_buff.
 *
 * Layer: progtypes.
 */
#include <linux/filter.h>
#include <net/busy_poll.h>

#include <lbpf/insn.h>

#include "skb_ctx.h"

/**
 * lbpf_skb_emit_vlan_present() - Is there a VLAN tag beside the packet?
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_vlan_present(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			       const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(LBPF_SKB_VLAN_SIZE, dst, insn->src_reg, LBPF_SKB_VLAN_OFF));
	lbpf_insn_put(buf, BPF_ALU32_IMM(BPF_AND, dst, LBPF_SKB_VLAN_MASK));
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JEQ, dst, 0, 1));
	lbpf_insn_put(buf, BPF_MOV32_IMM(dst, 1));
	return 0;
}

/**
 * lbpf_skb_emit_napi_id() - Queue that the packet came from
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Numbers below MIN_NAPI_ID are CPUs of senders, not queues: they read as 0.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_napi_id(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			  const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_W, dst, insn->src_reg,
				       offsetof(struct sk_buff, napi_id)));
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JGE, dst, MIN_NAPI_ID, 1));
	lbpf_insn_put(buf, BPF_MOV32_IMM(dst, 0));
	return 0;
}

/* The shared information is at skb->head + skb->end. */
static void put_shared_info_load(struct lbpf_insn_buf *buf, const struct bpf_insn *insn, int off)
{
	u8 dst = insn->dst_reg;

	BUILD_BUG_ON(sizeof(sk_buff_data_t) != sizeof(u32));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_W, BPF_REG_AX, insn->src_reg,
				       offsetof(struct sk_buff, end)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, insn->src_reg,
				       offsetof(struct sk_buff, head)));
	lbpf_insn_put(buf, BPF_ALU64_REG(BPF_ADD, dst, BPF_REG_AX));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_H, dst, dst, off));
}

/**
 * lbpf_skb_emit_gso_segs() - Number of segments
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_gso_segs(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write)
{
	BUILD_BUG_ON(sizeof_field(struct skb_shared_info, gso_segs) != sizeof(u16));
	put_shared_info_load(buf, insn, offsetof(struct skb_shared_info, gso_segs));
	return 0;
}

/**
 * lbpf_skb_emit_gso_size() - Size of a segment
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_gso_size(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write)
{
	BUILD_BUG_ON(sizeof_field(struct skb_shared_info, gso_size) != sizeof(u16));
	put_shared_info_load(buf, insn, offsetof(struct skb_shared_info, gso_size));
	return 0;
}

/**
 * lbpf_skb_emit_hwtstamp() - Time stamp of the hardware
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_hwtstamp(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_W, BPF_REG_AX, insn->src_reg,
				       offsetof(struct sk_buff, end)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, insn->src_reg,
				       offsetof(struct sk_buff, head)));
	lbpf_insn_put(buf, BPF_ALU64_REG(BPF_ADD, dst, BPF_REG_AX));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, dst,
				       offsetof(struct skb_shared_info, hwtstamps.hwtstamp)));
	return 0;
}

/**
 * lbpf_skb_emit_data() - First byte of the packet
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_data(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
		       const struct lbpf_ctx_field *field, bool is_write)
{
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, insn->dst_reg, insn->src_reg,
				       offsetof(struct sk_buff, data)));
	return 0;
}

/* Who runs the program has called bpf_compute_data_pointers(). */
static int put_saved_pointer(struct lbpf_insn_buf *buf, const struct bpf_insn *insn, int off)
{
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, insn->dst_reg, insn->src_reg,
				       offsetof(struct sk_buff, cb) + off));
	return 0;
}

/**
 * lbpf_skb_emit_data_end() - First byte behind the linear part of the packet
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_data_end(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write)
{
	return put_saved_pointer(buf, insn, offsetof(struct bpf_skb_data_end, data_end));
}

/**
 * lbpf_skb_emit_data_meta() - First byte of the metadata in front of the packet
 * @buf: Where the instructions go.
 * @insn: Load that they stand for.
 * @field: Its row.
 * @is_write: False: the field can only be read.
 *
 * Context: Any.
 * Return: 0.
 */
int lbpf_skb_emit_data_meta(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			    const struct lbpf_ctx_field *field, bool is_write)
{
	return put_saved_pointer(buf, insn, offsetof(struct bpf_skb_data_end, data_meta));
}
