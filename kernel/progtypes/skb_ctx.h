/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of struct __sk_buff, for the program types that run on socket buffers.
 *
 * Layer: progtypes (private).  A type lists the rows it offers, in order of
 * their offsets, and says for each what may be done with it.  What a row is
 * made of is said here, once.
 */
#ifndef _LBPF_SKB_CTX_H
#define _LBPF_SKB_CTX_H

#include <linux/bpf.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/sch_generic.h>

#include <lbpf/compat.h>
#include <lbpf/progtype.h>

#define SKB_NAME(field)							\
	.name = #field,							\
	.off = offsetof(struct __sk_buff, field),			\
	.size = sizeof_field(struct __sk_buff, field)

/* A number that is @member of struct sk_buff. */
#define SKB_ROW(field, member, may)					\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_buff, member),		\
		.k_size = sizeof_field(struct sk_buff, member),		\
	}

/* A pointer that is @member of struct sk_buff. */
#define SKB_PTR_ROW(field, member, may, reg_type)			\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_MEMBER, .type = (reg_type),		\
		.k_off = offsetof(struct sk_buff, member),		\
		.k_size = sizeof_field(struct sk_buff, member),		\
	}

/* Bits @mask of the byte at @offset of struct sk_buff: bit fields have no offset of their own. */
#define SKB_BITS_ROW(field, offset, mask, may)				\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_BITS, .type = LBPF_SCALAR,		\
		.k_off = (offset), .k_size = 1, .k_mask = (mask),	\
	}

/* @member of the device. */
#define SKB_DEV_ROW(field, member, may)					\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_buff, dev),			\
		.k_off2 = offsetof(struct net_device, member),		\
		.k_size = sizeof_field(struct net_device, member),	\
	}

/* What @fn computes. */
#define SKB_EMIT_ROW(field, fn, may)					\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_EMIT, .type = LBPF_SCALAR, .k_size = 4, .emit = (fn),	\
	}

/* A member of what the queueing layer keeps in cb[], which qdisc_skb_cb() finds. */
#define SKB_CB_MEMBER_ROW(field, cb_type, member, may)			\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_buff, cb) + offsetof(cb_type, member),	\
		.k_size = sizeof_field(cb_type, member),		\
	}

/* Start, end, or metadata of the packet: 4 bytes of the context, a whole pointer behind them. */
#define SKB_POINTER_ROW(field, reg_type, may)				\
	{								\
		SKB_NAME(field), .access = LBPF_CTX_READ | (may),	\
		.kind = LBPF_CTX_EMIT, .type = (reg_type), .emit = lbpf_skb_emit_ ## field,	\
	}

/* @member of the socket; 0 without one. */
#define SKB_SOCK_ROW(field, member, may)				\
	{								\
		SKB_NAME(field), .access = (may),			\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_buff, sk),			\
		.k_off2 = offsetof(struct sock_common, member),		\
		.k_size = sizeof_field(struct sock_common, member),	\
	}

/* cb[]: memory of the program's own. */
#define SKB_CB_ROW(may)							\
	{								\
		.name = "cb", .off = offsetof(struct __sk_buff, cb),	\
		.size = sizeof(__u32),					\
		.count = sizeof_field(struct __sk_buff, cb) / sizeof(__u32),	\
		.access = (may) | LBPF_CTX_MEMORY,			\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_buff, cb) + offsetof(struct qdisc_skb_cb, data),	\
		.k_size = sizeof(__u32),				\
	}

int lbpf_skb_emit_vlan_present(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			       const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_napi_id(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			  const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_gso_segs(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_gso_size(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write);

int lbpf_skb_emit_hwtstamp(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_data(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
		       const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_data_end(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			   const struct lbpf_ctx_field *field, bool is_write);
int lbpf_skb_emit_data_meta(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			    const struct lbpf_ctx_field *field, bool is_write);

/* skb_run.c: test run on a synthetic packet, whose mac header is pulled. */
int lbpf_skb_test_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* _LBPF_SKB_CTX_H */
