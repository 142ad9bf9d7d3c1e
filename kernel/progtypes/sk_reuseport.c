// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_SK_REUSEPORT.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/skbuff.h>
#include <net/sock.h>

#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#define WHOLE	LBPF_CTX_READ
#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)

#define NAME(field)							\
	.name = #field, .off = offsetof(struct sk_reuseport_md, field),	\
	.size = sizeof_field(struct sk_reuseport_md, field)
#define OWN(field, member, reg_type, may)				\
	{								\
		NAME(field), .access = (may), .kind = LBPF_CTX_MEMBER, .type = (reg_type),	\
		.k_off = offsetof(struct sk_reuseport_kern, member),	\
		.k_size = sizeof_field(struct sk_reuseport_kern, member),	\
	}
#define OF(field, pointer, object, member, reg_type, may)		\
	{								\
		NAME(field), .access = (may), .kind = LBPF_CTX_DEREF, .type = (reg_type),	\
		.k_off = offsetof(struct sk_reuseport_kern, pointer),	\
		.k_off2 = offsetof(object, member), .k_size = sizeof_field(object, member),	\
	}

/* Source: struct sk_reuseport_md of <linux/bpf.h>; the protocol's two bytes in network order. */
static const struct lbpf_ctx_field fields[] = {
	OF(data, skb, struct sk_buff, data, LBPF_PTR_PACKET, WHOLE),
	OWN(data_end, data_end, LBPF_PTR_PACKET_END, WHOLE),
	OF(len, skb, struct sk_buff, len, LBPF_SCALAR, RO),
	{
		NAME(eth_protocol),
		.access = RO | LBPF_CTX_NARROW_HALF,
		.kind = LBPF_CTX_DEREF,
		.type = LBPF_SCALAR,
		.k_off = offsetof(struct sk_reuseport_kern, skb),
		.k_off2 = offsetof(struct sk_buff, protocol),
		.k_size = sizeof(__be16),
	},
	OF(ip_protocol, sk, struct sock, sk_protocol, LBPF_SCALAR, RO),
	OWN(bind_inany, bind_inany, LBPF_SCALAR, RO),
	OWN(hash, hash, LBPF_SCALAR, WHOLE),
	OWN(sk, sk, LBPF_PTR_SOCKET, WHOLE),
	OWN(migrating_sk, migrating_sk, LBPF_PTR_SOCK_COMMON | LBPF_MAYBE_NULL, WHOLE),
};

static bool attach_ok(u32 attach_type)
{
	return !attach_type || attach_type == BPF_SK_REUSEPORT_SELECT ||
	       attach_type == BPF_SK_REUSEPORT_SELECT_OR_MIGRATE;
}

static void link_reuseport(struct lbpf_synthetic *made)
{
	const struct sk_reuseport_md *user = made->user;
	struct sk_reuseport_kern *kern = made->area;

	kern->sk = made->sk;
	kern->skb = made->skb;
	kern->data_end = made->data + made->data_bytes;
	made->skb->protocol = (__force __be16)user->eth_protocol;
}

static const struct lbpf_synthesis synthesis = {
	.area_bytes	= sizeof(struct sk_reuseport_kern),
	.has_data	= true,
	.link		= link_reuseport,
};

const struct lbpf_progtype lbpf_sk_reuseport_type = {
	.type		= BPF_PROG_TYPE_SK_REUSEPORT,
	.name		= "sk_reuseport",
	.flags		= LBPF_PT_PKT_READ,
	.ctx_size	= sizeof(struct sk_reuseport_md),
	.ctx_name	= "sk_reuseport_md",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_reuseport_helper,
	.expected_attach_ok = attach_ok,
	.synthesis	= &synthesis,
};
