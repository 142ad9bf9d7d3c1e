// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_CGROUP_SOCK_ADDR.
 *
 * Layer: progtypes.  They load and are verified; cgroups do not take programs
 * of others.
 */
#include <linux/filter.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/kernel.h>
#include <net/sock.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#define WHOLE	LBPF_CTX_READ
#define RW	(LBPF_CTX_READ | LBPF_CTX_NARROW | LBPF_CTX_WRITE)

/* @k_member of the object that @pointer of the kernel's context points to; @nr 4-byte fields. */
#define ROW(field, nr, pointer, object, k_member, bytes, may)		\
	{								\
		.name = #field, .off = offsetof(struct bpf_sock_addr, field),	\
		.size = sizeof(__u32), .count = (nr), .access = (may),	\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct bpf_sock_addr_kern, pointer),	\
		.k_off2 = offsetof(object, k_member), .k_size = (bytes),	\
	}
#define SOCK(field, member)						\
	ROW(field, 1, sk, struct sock, member, sizeof_field(struct sock, member), WHOLE)

/* Source: struct bpf_sock_addr of <linux/bpf.h>. */
static const struct lbpf_ctx_field fields[] = {
	ROW(user_family, 1, uaddr, struct sockaddr, sa_family, sizeof(sa_family_t), WHOLE),
	ROW(user_ip4, 1, uaddr, struct sockaddr_in, sin_addr, sizeof(__be32), RW),
	ROW(user_ip6, 4, uaddr, struct sockaddr_in6, sin6_addr, sizeof(__be32), RW | LBPF_CTX_WIDE),
	/* At the same place for both families. */
	ROW(user_port, 1, uaddr, struct sockaddr_in6, sin6_port, sizeof(__be16), RW),
	SOCK(family, sk_family),
	SOCK(type, sk_type),
	SOCK(protocol, sk_protocol),
	ROW(msg_src_ip4, 1, t_ctx, struct in_addr, s_addr, sizeof(__be32), RW),
	ROW(msg_src_ip6, 4, t_ctx, struct in6_addr, s6_addr32, sizeof(__be32), RW | LBPF_CTX_WIDE),
	{
		.name = "sk", .off = offsetof(struct bpf_sock_addr, sk), .size = sizeof(__u64),
		.access = WHOLE, .kind = LBPF_CTX_MEMBER, .type = LBPF_PTR_SOCKET,
		.k_off = offsetof(struct bpf_sock_addr_kern, sk), .k_size = sizeof(void *),
	},
};

/* What an attach type is about. */
enum traits {
	KNOWN	= BIT(0),
	V4	= BIT(1),
	V6	= BIT(2),
	SOURCE	= BIT(3),	/* the message's source address is there */
	BIND	= BIT(4),	/* may return flags */
	RECEIVE	= BIT(5),	/* cannot refuse */
};

static const u8 attach_traits[] = {
	[BPF_CGROUP_INET4_BIND]		= KNOWN | V4 | BIND,
	[BPF_CGROUP_INET6_BIND]		= KNOWN | V6 | BIND,
	[BPF_CGROUP_INET4_CONNECT]	= KNOWN | V4,
	[BPF_CGROUP_INET6_CONNECT]	= KNOWN | V6,
	[BPF_CGROUP_UDP4_SENDMSG]	= KNOWN | V4 | SOURCE,
	[BPF_CGROUP_UDP6_SENDMSG]	= KNOWN | V6 | SOURCE,
	[BPF_CGROUP_UDP4_RECVMSG]	= KNOWN | V4 | RECEIVE,
	[BPF_CGROUP_UDP6_RECVMSG]	= KNOWN | V6 | RECEIVE,
	[BPF_CGROUP_INET4_GETPEERNAME]	= KNOWN | V4 | RECEIVE,
	[BPF_CGROUP_INET6_GETPEERNAME]	= KNOWN | V6 | RECEIVE,
	[BPF_CGROUP_INET4_GETSOCKNAME]	= KNOWN | V4 | RECEIVE,
	[BPF_CGROUP_INET6_GETSOCKNAME]	= KNOWN | V6 | RECEIVE,
};

static u32 traits_of(u32 attach_type)
{
	return attach_type < ARRAY_SIZE(attach_traits) ? attach_traits[attach_type] : 0;
}

static bool attach_ok(u32 attach_type)
{
	return traits_of(attach_type) & KNOWN;
}

static bool field_ok(const struct lbpf_code *code, const struct lbpf_ctx_field *field,
		     bool is_write)
{
	u32 traits = traits_of(code->expected_attach_type);

	switch (field->off) {
	case offsetof(struct bpf_sock_addr, user_ip4):
		return traits & V4;
	case offsetof(struct bpf_sock_addr, user_ip6):
		return traits & V6;
	case offsetof(struct bpf_sock_addr, msg_src_ip4):
		return traits & SOURCE && traits & V4;
	case offsetof(struct bpf_sock_addr, msg_src_ip6):
		return traits & SOURCE && traits & V6;
	default:
		return true;
	}
}

static bool return_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	u32 traits = traits_of(code->expected_attach_type);

	*min = traits & RECEIVE ? 1 : 0;
	*max = traits & BIND ? 3 : 1;
	return true;
}

/* What the kernel's context points to lies behind it. */
struct addr_area {
	struct bpf_sock_addr_kern	kern;
	struct sockaddr_in6		address;
	struct in6_addr			source;
};

static void link_addr(struct lbpf_synthetic *made)
{
	const struct bpf_sock_addr *user = made->user;
	struct addr_area *area = made->area;

	area->address.sin6_family = user->user_family;
	area->kern.sk = made->sk;
	area->kern.uaddr = (struct sockaddr *)&area->address;
	area->kern.t_ctx = &area->source;
}

static const struct lbpf_synthesis synthesis = {
	.area_bytes	= sizeof(struct addr_area),
	.link		= link_addr,
};

const struct lbpf_progtype lbpf_cgroup_sock_addr_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
	.name		= "cgroup_sock_addr",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_sock_addr),
	.ctx_name	= "bpf_sock_addr",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.objects	= lbpf_sock_rows,
	.helper		= lbpf_sock_addr_helper,
	.expected_attach_ok = attach_ok,
	.field_ok	= field_ok,
	.return_range	= return_range,
	.synthesis	= &synthesis,
};
