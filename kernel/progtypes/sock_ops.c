// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SOCK_OPS.
 *
 * Layer: progtypes.  They load and are verified; cgroups do not take programs
 * of others.
 */
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/sock.h>
#include <net/tcp.h>

#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#define WHOLE	LBPF_CTX_READ

#define NAME(field, may, reg_type)					\
	.name = #field, .off = offsetof(struct bpf_sock_ops, field),	\
	.size = sizeof_field(struct bpf_sock_ops, field), .access = (may), .type = (reg_type)
#define NUMBER(field)	NAME(field, WHOLE, LBPF_SCALAR)

/* A member of the kernel's context. */
#define OWN(field, member)						\
	{								\
		NUMBER(field), .kind = LBPF_CTX_MEMBER,			\
		.k_off = offsetof(struct bpf_sock_ops_kern, member),	\
		.k_size = sizeof_field(struct bpf_sock_ops_kern, member),	\
	}

/* What every socket has. */
#define ANY_SOCK(field, member)						\
	{								\
		NUMBER(field), .kind = LBPF_CTX_DEREF,			\
		.k_off = offsetof(struct bpf_sock_ops_kern, sk),	\
		.k_off2 = offsetof(struct sock_common, member),		\
		.k_size = sizeof_field(struct sock_common, member),	\
	}

/* What only a whole socket has; 0 otherwise.  Of size 0: the socket itself. */
#define FULL(field, object, member)					\
	{								\
		NUMBER(field), .kind = LBPF_CTX_EMIT, .emit = emit_full,	\
		.k_off = offsetof(object, member), .k_size = sizeof_field(object, member),	\
	}
#define TCP(field)	FULL(field, struct tcp_sock, field)

static int emit_full(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
		     const struct lbpf_ctx_field *field, bool is_write)
{
	u8 ctx = is_write ? insn->dst_reg : insn->src_reg, dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_B, BPF_REG_AX, ctx,
				       offsetof(struct bpf_sock_ops_kern, is_fullsock)));
	if (is_write) {
		lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JEQ, BPF_REG_AX, 0, 2));
		lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, BPF_REG_AX, ctx,
					       offsetof(struct bpf_sock_ops_kern, sk)));
		lbpf_insn_put(buf, BPF_STX_MEM(bytes_to_bpf_size(field->k_size), BPF_REG_AX,
					       insn->src_reg, field->k_off));
		return 0;
	}
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, ctx, offsetof(struct bpf_sock_ops_kern, sk)));
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JNE, BPF_REG_AX, 0, 1));
	lbpf_insn_put(buf, BPF_MOV64_IMM(dst, 0));
	if (!field->k_size)
		return 0;
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JEQ, dst, 0, 1));
	lbpf_insn_put(buf, BPF_LDX_MEM(bytes_to_bpf_size(field->k_size), dst, dst, field->k_off));
	return 0;
}

/* Bytes of the packet; nothing without one. */
static int emit_skb_data(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			 const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, insn->src_reg,
				       offsetof(struct bpf_sock_ops_kern, skb)));
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JEQ, dst, 0, 1));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, dst, offsetof(struct sk_buff, data)));
	return 0;
}

/* Source: struct bpf_sock_ops of <linux/bpf.h>. */
static const struct lbpf_ctx_field fields[] = {
	OWN(op, op),
	{
		NAME(reply, WHOLE | LBPF_CTX_WRITE, LBPF_SCALAR),
		.kind = LBPF_CTX_MEMBER,
		.k_off = offsetof(struct bpf_sock_ops_kern, reply),
		.k_size = sizeof(u32),
	},
	OWN(args[1], args[1]),
	OWN(args[2], args[2]),
	OWN(args[3], args[3]),
	ANY_SOCK(family, skc_family),
	ANY_SOCK(remote_ip4, skc_daddr),
	ANY_SOCK(local_ip4, skc_rcv_saddr),
	ANY_SOCK(remote_ip6[0], skc_v6_daddr.s6_addr32[0]),
	ANY_SOCK(remote_ip6[1], skc_v6_daddr.s6_addr32[1]),
	ANY_SOCK(remote_ip6[2], skc_v6_daddr.s6_addr32[2]),
	ANY_SOCK(remote_ip6[3], skc_v6_daddr.s6_addr32[3]),
	ANY_SOCK(local_ip6[0], skc_v6_rcv_saddr.s6_addr32[0]),
	ANY_SOCK(local_ip6[1], skc_v6_rcv_saddr.s6_addr32[1]),
	ANY_SOCK(local_ip6[2], skc_v6_rcv_saddr.s6_addr32[2]),
	ANY_SOCK(local_ip6[3], skc_v6_rcv_saddr.s6_addr32[3]),
	ANY_SOCK(remote_port, skc_dport),
	ANY_SOCK(local_port, skc_num),
	OWN(is_fullsock, is_fullsock),
	TCP(snd_cwnd),
	TCP(srtt_us),
	TCP(bpf_sock_ops_cb_flags),
	ANY_SOCK(state, skc_state),
	FULL(rtt_min, struct tcp_sock, rtt_min.s[0].v),
	TCP(snd_ssthresh),
	TCP(rcv_nxt),
	TCP(snd_nxt),
	TCP(snd_una),
	TCP(mss_cache),
	TCP(ecn_flags),
	TCP(rate_delivered),
	TCP(rate_interval_us),
	TCP(packets_out),
	TCP(retrans_out),
	TCP(total_retrans),
	TCP(segs_in),
	TCP(data_segs_in),
	TCP(segs_out),
	TCP(data_segs_out),
	TCP(lost_out),
	TCP(sacked_out),
	{
		NAME(sk_txhash, WHOLE | LBPF_CTX_WRITE, LBPF_SCALAR),
		.kind = LBPF_CTX_EMIT,
		.emit = emit_full,
		.k_off = offsetof(struct sock, sk_txhash),
		.k_size = sizeof(u32),
	},
	TCP(bytes_received),
	TCP(bytes_acked),
	{
		NAME(sk, WHOLE, LBPF_PTR_SOCKET | LBPF_MAYBE_NULL),
		.kind = LBPF_CTX_EMIT,
		.emit = emit_full,
	},
	{
		NAME(skb_data, WHOLE, LBPF_PTR_PACKET),
		.kind = LBPF_CTX_EMIT,
		.emit = emit_skb_data,
	},
	{
		NAME(skb_data_end, WHOLE, LBPF_PTR_PACKET_END),
		.kind = LBPF_CTX_MEMBER,
		.k_off = offsetof(struct bpf_sock_ops_kern, skb_data_end),
		.k_size = sizeof(void *),
	},
	{
		NUMBER(skb_len),
		.kind = LBPF_CTX_DEREF,
		.k_off = offsetof(struct bpf_sock_ops_kern, skb),
		.k_off2 = offsetof(struct sk_buff, len),
		.k_size = sizeof_field(struct sk_buff, len),
	},
	{
		NAME(skb_tcp_flags, WHOLE | LBPF_CTX_NARROW | LBPF_CTX_NARROW_START, LBPF_SCALAR),
		.kind = LBPF_CTX_DEREF,
		.k_off = offsetof(struct bpf_sock_ops_kern, skb),
		.k_off2 = offsetof(struct sk_buff, cb) + offsetof(struct tcp_skb_cb, tcp_flags),
		.k_size = sizeof_field(struct tcp_skb_cb, tcp_flags),
	},
};

static bool return_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = 0;
	*max = 1;
	return true;
}

static void link_ops(struct lbpf_synthetic *made)
{
	struct bpf_sock_ops_kern *kern = made->area;

	kern->sk = made->sk;
	kern->is_fullsock = 1;
	kern->skb = made->skb;
	kern->skb_data_end = made->data + made->data_bytes;
}

static const struct lbpf_synthesis synthesis = {
	.area_bytes	= sizeof(struct bpf_sock_ops_kern),
	.has_data	= true,
	.link		= link_ops,
};

const struct lbpf_progtype lbpf_sock_ops_type = {
	.type		= BPF_PROG_TYPE_SOCK_OPS,
	.name		= "sock_ops",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ,
	.ctx_size	= sizeof(struct bpf_sock_ops),
	.ctx_name	= "bpf_sock_ops",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sock_ops_helper,
	.return_range	= return_range,
	.synthesis	= &synthesis,
};
