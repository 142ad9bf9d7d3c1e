// SPDX-License-Identifier: GPL-2.0
/*
 * Rows of struct bpf_sock and struct bpf_tcp_sock.
 *
 * Layer: progtypes.
 */
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>

#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#include "sock_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define WHOLE	LBPF_CTX_READ
#define START	(RO | LBPF_CTX_NARROW_START)

#define ROW(user, field, object, member, may)				\
	{								\
		.name = #field, .off = offsetof(user, field),		\
		.size = sizeof_field(user, field), .access = (may),	\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(object, member),			\
		.k_size = sizeof_field(object, member),			\
	}

#define SK(field, member, may)	ROW(struct bpf_sock, field, struct sock, member, may)
#define SKC(field, member, may)	ROW(struct bpf_sock, field, struct sock_common, member, may)

/**
 * lbpf_sock_emit_queue() - The receive queue of a socket
 * @buf: Takes the instructions.
 * @insn: Load.
 * @field: Its row.
 * @is_write: False.
 *
 * Context: Process context, may sleep.
 * Return: 0.
 */
int lbpf_sock_emit_queue(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			 const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_H, dst, insn->src_reg,
				       offsetof(struct sock, sk_rx_queue_mapping)));
	lbpf_insn_put(buf, BPF_JMP_IMM(BPF_JNE, dst, NO_QUEUE_MAPPING, 1));
	lbpf_insn_put(buf, BPF_MOV64_IMM(dst, -1));
	return 0;
}

#define ADDRESS_ROWS(user, v4, v6)					\
	SKC(user ## _ip4, v4, RO),						\
	SKC(user ## _ip6[0], v6.s6_addr32[0], RO), SKC(user ## _ip6[1], v6.s6_addr32[1], RO),	\
	SKC(user ## _ip6[2], v6.s6_addr32[2], RO), SKC(user ## _ip6[3], v6.s6_addr32[3], RO)

static const struct lbpf_ctx_field sock_fields[] = {
	ROW(struct bpf_sock, bound_dev_if, struct sock_common, skc_bound_dev_if, WHOLE),
	SKC(family, skc_family, START),
	SK(type, sk_type, START),
	SK(protocol, sk_protocol, START),
	SK(mark, sk_mark, WHOLE),
	SK(priority, sk_priority, WHOLE),
	ADDRESS_ROWS(src, skc_rcv_saddr, skc_v6_rcv_saddr),
	SKC(src_port, skc_num, RO),
	LBPF_SOCK_PORT_ROW,
	ADDRESS_ROWS(dst, skc_daddr, skc_v6_daddr),
	SKC(state, skc_state, START),
	LBPF_SOCK_QUEUE_ROW,
};

/* What every socket has, half-open ones too. */
static const struct lbpf_ctx_field common_fields[] = {
	ROW(struct bpf_sock, bound_dev_if, struct sock_common, skc_bound_dev_if, WHOLE),
	SKC(family, skc_family, START),
	ADDRESS_ROWS(src, skc_rcv_saddr, skc_v6_rcv_saddr),
	SKC(src_port, skc_num, RO),
	LBPF_SOCK_PORT_ROW,
	ADDRESS_ROWS(dst, skc_daddr, skc_v6_daddr),
	SKC(state, skc_state, START),
};

#define TCP(field, member)	ROW(struct bpf_tcp_sock, field, struct tcp_sock, member, WHOLE)
#define TCP_SAME(field)		TCP(field, field)

static const struct lbpf_ctx_field tcp_fields[] = {
	TCP_SAME(snd_cwnd),
	TCP_SAME(srtt_us),
	TCP(rtt_min, rtt_min.s[0].v),
	TCP_SAME(snd_ssthresh),
	TCP_SAME(rcv_nxt),
	TCP_SAME(snd_nxt),
	TCP_SAME(snd_una),
	TCP_SAME(mss_cache),
	TCP_SAME(ecn_flags),
	TCP_SAME(rate_delivered),
	TCP_SAME(rate_interval_us),
	TCP_SAME(packets_out),
	TCP_SAME(retrans_out),
	TCP_SAME(total_retrans),
	TCP_SAME(segs_in),
	TCP_SAME(data_segs_in),
	TCP_SAME(segs_out),
	TCP_SAME(data_segs_out),
	TCP_SAME(lost_out),
	TCP_SAME(sacked_out),
	TCP_SAME(bytes_received),
	TCP_SAME(bytes_acked),
	TCP_SAME(dsack_dups),
	TCP_SAME(delivered),
	TCP_SAME(delivered_ce),
	ROW(struct bpf_tcp_sock, icsk_retransmits, struct inet_connection_sock, icsk_retransmits,
	    WHOLE),
};

const struct lbpf_object_rows lbpf_sock_rows[] = {
	{ LBPF_PTR_SOCKET, sock_fields, ARRAY_SIZE(sock_fields) },
	{ LBPF_PTR_SOCK_COMMON, common_fields, ARRAY_SIZE(common_fields) },
	{ LBPF_PTR_TCP_SOCK, tcp_fields, ARRAY_SIZE(tcp_fields) },
	{ LBPF_NOT_INIT },
};
