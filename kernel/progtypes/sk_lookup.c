// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SK_LOOKUP and BPF_PROG_TYPE_SK_MSG.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/skmsg.h>
#include <net/sock.h>

#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#include "lookup_run.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)

#define LOOKUP_NAME(field)						\
	.name = #field,							\
	.off = offsetof(struct bpf_sk_lookup, field),			\
	.size = sizeof_field(struct bpf_sk_lookup, field)

#define LOOKUP(field, member)						\
	{								\
		LOOKUP_NAME(field), .access = RO, .kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,	\
		.k_off = offsetof(struct bpf_sk_lookup_kern, member),	\
		.k_size = sizeof_field(struct bpf_sk_lookup_kern, member),	\
	}

#define LOOKUP_V6(field, member, word)					\
	{								\
		.name = #field, .off = offsetof(struct bpf_sk_lookup, field[word]),	\
		.size = sizeof(__u32), .access = RO,			\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct bpf_sk_lookup_kern, member),	\
		.k_off2 = (word) * sizeof(__u32), .k_size = sizeof(__u32),	\
	}

/* Source: struct bpf_sk_lookup of <linux/bpf.h>. */
static const struct lbpf_ctx_field lookup_fields[] = {
	{
		LOOKUP_NAME(sk), .access = LBPF_CTX_READ, .kind = LBPF_CTX_MEMBER,
		.type = LBPF_PTR_SOCKET | LBPF_MAYBE_NULL,
		.k_off = offsetof(struct bpf_sk_lookup_kern, selected_sk),
		.k_size = sizeof(void *),
	},
	LOOKUP(family, family),
	LOOKUP(protocol, protocol),
	LOOKUP(remote_ip4, v4.saddr),
	LOOKUP_V6(remote_ip6, v6.saddr, 0), LOOKUP_V6(remote_ip6, v6.saddr, 1),
	LOOKUP_V6(remote_ip6, v6.saddr, 2), LOOKUP_V6(remote_ip6, v6.saddr, 3),
	{
		.name = "remote_port", .off = offsetof(struct bpf_sk_lookup, remote_port),
		.size = sizeof(__u32), .access = RO, .kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,
		.k_off = offsetof(struct bpf_sk_lookup_kern, sport),
		.k_size = sizeof_field(struct bpf_sk_lookup_kern, sport),
	},
	LOOKUP(local_ip4, v4.daddr),
	LOOKUP_V6(local_ip6, v6.daddr, 0), LOOKUP_V6(local_ip6, v6.daddr, 1),
	LOOKUP_V6(local_ip6, v6.daddr, 2), LOOKUP_V6(local_ip6, v6.daddr, 3),
	LOOKUP(local_port, dport),
	LOOKUP(ingress_ifindex, ingress_ifindex),
};

static bool lookup_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = SK_DROP;
	*max = SK_PASS;
	return true;
}

static bool lookup_attach_ok(u32 attach_type)
{
	return attach_type == BPF_SK_LOOKUP;
}

const struct lbpf_progtype lbpf_sk_lookup_type = {
	.type		= BPF_PROG_TYPE_SK_LOOKUP,
	.name		= "sk_lookup",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_sk_lookup),
	.ctx_name	= "bpf_sk_lookup",
	.fields		= lookup_fields,
	.nr_fields	= ARRAY_SIZE(lookup_fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sk_lookup_helper,
	.expected_attach_ok = lookup_attach_ok,
	.return_range	= lookup_range,
	.test_run	= lbpf_lookup_test_run,
};

#define MSG_POINTER(field, reg_type)					\
	{								\
		.name = #field, .off = offsetof(struct sk_msg_md, field),	\
		.size = sizeof(__u64), .access = LBPF_CTX_READ,		\
		.kind = LBPF_CTX_MEMBER, .type = (reg_type),		\
		.k_off = offsetof(struct sk_msg, field), .k_size = sizeof(void *),	\
	}

#define MSG_SOCK(field, member)						\
	{								\
		.name = #field, .off = offsetof(struct sk_msg_md, field),	\
		.size = sizeof(__u32), .access = LBPF_CTX_READ,		\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sk_msg, sk),			\
		.k_off2 = offsetof(struct sock_common, member),		\
		.k_size = sizeof_field(struct sock_common, member),	\
	}

/* Source: struct sk_msg_md of <linux/bpf.h>. */
static const struct lbpf_ctx_field msg_fields[] = {
	MSG_POINTER(data, LBPF_PTR_PACKET),
	MSG_POINTER(data_end, LBPF_PTR_PACKET_END),
	MSG_SOCK(family, skc_family),
	MSG_SOCK(remote_ip4, skc_daddr),
	MSG_SOCK(local_ip4, skc_rcv_saddr),
	MSG_SOCK(remote_ip6[0], skc_v6_daddr.s6_addr32[0]),
	MSG_SOCK(remote_ip6[1], skc_v6_daddr.s6_addr32[1]),
	MSG_SOCK(remote_ip6[2], skc_v6_daddr.s6_addr32[2]),
	MSG_SOCK(remote_ip6[3], skc_v6_daddr.s6_addr32[3]),
	MSG_SOCK(local_ip6[0], skc_v6_rcv_saddr.s6_addr32[0]),
	MSG_SOCK(local_ip6[1], skc_v6_rcv_saddr.s6_addr32[1]),
	MSG_SOCK(local_ip6[2], skc_v6_rcv_saddr.s6_addr32[2]),
	MSG_SOCK(local_ip6[3], skc_v6_rcv_saddr.s6_addr32[3]),
	MSG_SOCK(remote_port, skc_dport),
	MSG_SOCK(local_port, skc_num),
	{
		.name = "size", .off = offsetof(struct sk_msg_md, size),
		.size = sizeof(__u32), .access = LBPF_CTX_READ,
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,
		.k_off = offsetof(struct sk_msg, sg.size),
		.k_size = sizeof_field(struct sk_msg_sg, size),
	},
	MSG_POINTER(sk, LBPF_PTR_SOCKET),
};

static void link_msg(struct lbpf_synthetic *made)
{
	struct sk_msg *msg = made->area;

	msg->sk = made->sk;
	msg->data = made->data;
	msg->data_end = made->data + made->data_bytes;
	msg->sg.size = made->data_bytes;
}

static const struct lbpf_synthesis msg_synthesis = {
	.area_bytes	= sizeof(struct sk_msg),
	.has_data	= true,
	.link		= link_msg,
};

const struct lbpf_progtype lbpf_sk_msg_type = {
	.type		= BPF_PROG_TYPE_SK_MSG,
	.name		= "sk_msg",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE,
	.ctx_size	= sizeof(struct sk_msg_md),
	.ctx_name	= "sk_msg_md",
	.fields		= msg_fields,
	.nr_fields	= ARRAY_SIZE(msg_fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sk_msg_helper,
	.synthesis	= &msg_synthesis,
};
