// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_CGROUP_SOCK.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <net/sock.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#include "sock_ctx.h"

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define START	(RO | LBPF_CTX_NARROW_START)
#define RW	(LBPF_CTX_READ | LBPF_CTX_WRITE)

#define ROW(field, object, member, may)					\
	{								\
		.name = #field, .off = offsetof(struct bpf_sock, field),	\
		.size = sizeof_field(struct bpf_sock, field), .access = (may),	\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(object, member), .k_size = sizeof_field(object, member),	\
	}
#define SOCK(field, may)	ROW(field, struct sock, sk_ ## field, may)
#define COMMON(field, member)	ROW(field, struct sock_common, member, RO)

/* Source: struct bpf_sock of <linux/bpf.h>, and what bpf(2) accepts of it for this type. */
static const struct lbpf_ctx_field fields[] = {
	SOCK(bound_dev_if, RW),
	ROW(family, struct sock_common, skc_family, START),
	SOCK(type, START),
	SOCK(protocol, START),
	SOCK(mark, RW),
	SOCK(priority, RW),
	COMMON(src_ip4, skc_rcv_saddr),
	COMMON(src_ip6[0], skc_v6_rcv_saddr.s6_addr32[0]),
	COMMON(src_ip6[1], skc_v6_rcv_saddr.s6_addr32[1]),
	COMMON(src_ip6[2], skc_v6_rcv_saddr.s6_addr32[2]),
	COMMON(src_ip6[3], skc_v6_rcv_saddr.s6_addr32[3]),
	ROW(src_port, struct sock_common, skc_num, START),
	LBPF_SOCK_PORT_ROW,
	COMMON(dst_ip4, skc_daddr),
	COMMON(dst_ip6[0], skc_v6_daddr.s6_addr32[0]),
	COMMON(dst_ip6[1], skc_v6_daddr.s6_addr32[1]),
	COMMON(dst_ip6[2], skc_v6_daddr.s6_addr32[2]),
	COMMON(dst_ip6[3], skc_v6_daddr.s6_addr32[3]),
	ROW(state, struct sock_common, skc_state, START),
	LBPF_SOCK_QUEUE_ROW,
};

/* Settings belong to creation and release, addresses to binding. */
static bool field_ok(const struct lbpf_code *code, const struct lbpf_ctx_field *field,
		     bool is_write)
{
	bool is_v4 = code->expected_attach_type == BPF_CGROUP_INET4_POST_BIND;
	bool is_v6 = code->expected_attach_type == BPF_CGROUP_INET6_POST_BIND;

	switch (field->off) {
	case offsetof(struct bpf_sock, bound_dev_if):
	case offsetof(struct bpf_sock, mark):
	case offsetof(struct bpf_sock, priority):
		return !is_v4 && !is_v6;
	case offsetof(struct bpf_sock, src_ip4):
		return is_v4;
	case offsetof(struct bpf_sock, src_port):
		return is_v4 || is_v6;
	default:
		break;
	}
	if (field->off >= offsetof(struct bpf_sock, src_ip6[0]) &&
	    field->off <= offsetof(struct bpf_sock, src_ip6[3]))
		return is_v6;
	return true;
}

static bool return_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = 0;
	*max = 1;
	return true;
}

static bool attach_ok(u32 attach_type)
{
	return attach_type == 0 || attach_type == BPF_CGROUP_INET_SOCK_CREATE ||
	       attach_type == BPF_CGROUP_INET_SOCK_RELEASE ||
	       attach_type == BPF_CGROUP_INET4_POST_BIND ||
	       attach_type == BPF_CGROUP_INET6_POST_BIND;
}

static void link_sock(struct lbpf_synthetic *made)
{
	made->ctx = made->sk;
}

static const struct lbpf_synthesis synthesis = { .area_bytes = 1, .link = link_sock };

const struct lbpf_progtype lbpf_cgroup_sock_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SOCK,
	.name		= "cgroup_sock",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_sock),
	.ctx_name	= "bpf_sock",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_cgroup_sock_helper,
	.expected_attach_ok = attach_ok,
	.field_ok	= field_ok,
	.return_range	= return_range,
	.synthesis	= &synthesis,
};
