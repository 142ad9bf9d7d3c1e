// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that name sockets and network name spaces by a number, and the choice of a socket's
 * packet.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/skmsg.h>
#include <linux/sock_diag.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "helper.h"
#include "protos.h"

static u64 sock_number(struct sock *sk)
{
	u32 halves[2];

	if (!sk)
		return 0;
	/* The one door to the kernel's numbering of sockets that modules have. */
	sock_diag_save_cookie(sk, halves);
	return (u64)halves[1] << 32 | halves[0];
}

/* Without a context: the number of the first name space. */
static u64 net_number(const struct sock *sk)
{
	return (sk ? sock_net(sk) : &init_net)->net_cookie;
}

/* A socket, or a context that has one as its member sk. */
HELPER_1(sock_cookie, struct sock *, sk)
{
	return sock_number(sk);
}

HELPER_1(sock_netns, const struct sock *, sk)
{
	return net_number(sk);
}

#define CONTEXT_HELPERS(what, object)					\
	HELPER_1(what ## _cookie, const object *, ctx)			\
	{								\
		return sock_number(ctx->sk);				\
	}								\
	HELPER_1(what ## _netns, const object *, ctx)			\
	{								\
		return net_number(ctx ? ctx->sk : NULL);		\
	}

CONTEXT_HELPERS(addr, struct bpf_sock_addr_kern)
CONTEXT_HELPERS(ops, struct bpf_sock_ops_kern)

HELPER_1(opt_netns, const struct bpf_sockopt_kern *, ctx)
{
	return net_number(ctx ? ctx->sk : NULL);
}

HELPER_1(msg_netns, const struct sk_msg *, ctx)
{
	return net_number(ctx ? ctx->sk : NULL);
}

#define COOKIE_PROTO(function, arg1)					\
	{								\
		.name	= "get_socket_cookie",				\
		.id	= BPF_FUNC_get_socket_cookie,			\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { arg1 },					\
	}
#define NETNS_PROTO(function)						\
	{								\
		.name	= "get_netns_cookie",				\
		.id	= BPF_FUNC_get_netns_cookie,			\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_CTX | LBPF_MAYBE_NULL },		\
	}

const struct lbpf_proto lbpf_sock_cookie_proto = COOKIE_PROTO(sock_cookie, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_sock_ptr_cookie_proto = COOKIE_PROTO(sock_cookie,
								  LBPF_ARG_BTF_ID_SOCK_COMMON);
const struct lbpf_proto lbpf_addr_cookie_proto = COOKIE_PROTO(addr_cookie, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_ops_cookie_proto = COOKIE_PROTO(ops_cookie, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_sock_netns_proto = NETNS_PROTO(sock_netns);
const struct lbpf_proto lbpf_addr_netns_proto = NETNS_PROTO(addr_netns);
const struct lbpf_proto lbpf_ops_netns_proto = NETNS_PROTO(ops_netns);
const struct lbpf_proto lbpf_opt_netns_proto = NETNS_PROTO(opt_netns);
const struct lbpf_proto lbpf_msg_netns_proto = NETNS_PROTO(msg_netns);
