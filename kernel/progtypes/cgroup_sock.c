// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_CGROUP_SOCK.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <net/sock.h>

#include <lbpf/helpers.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#define RO	(LBPF_CTX_READ | LBPF_CTX_NARROW)
#define RW	(LBPF_CTX_READ | LBPF_CTX_WRITE)

#define ROW(field, member, may)						\
	{								\
		.name = #field, .off = offsetof(struct bpf_sock, field),	\
		.size = sizeof_field(struct bpf_sock, field), .access = (may),	\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct sock, member),			\
		.k_size = sizeof_field(struct sock, member),		\
	}

/* What may be touched at the creation of a socket; the addresses are not there yet. */
static const struct lbpf_ctx_field fields[] = {
	ROW(bound_dev_if, sk_bound_dev_if, RW),
	ROW(family, sk_family, RO),
	ROW(type, sk_type, RO),
	ROW(protocol, sk_protocol, RO),
	ROW(mark, sk_mark, RW),
	ROW(priority, sk_priority, RW),
};

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

const struct lbpf_progtype lbpf_cgroup_sock_type = {
	.type		= BPF_PROG_TYPE_CGROUP_SOCK,
	.name		= "cgroup_sock",
	.flags		= LBPF_PT_NET_ADMIN,
	.ctx_size	= sizeof(struct bpf_sock),
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_base_helper,
	.expected_attach_ok = attach_ok,
	.return_range	= return_range,
};
