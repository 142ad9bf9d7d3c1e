// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that give a socket its own type, where it is of that type.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/tcp.h>
#include <linux/un.h>
#include <net/sock.h>
#include <net/tcp_states.h>

#include "helper.h"
#include "protos.h"

static bool is_tcp(const struct sock *sk)
{
	return sk_fullsock(sk) && sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP;
}

static bool is_udp(const struct sock *sk)
{
	return sk_fullsock(sk) && sk->sk_type == SOCK_DGRAM && sk->sk_protocol == IPPROTO_UDP;
}

/* The protocol's handlers decide: half-open sockets have no type of their own. */
static bool is_tcp_state(const struct sock *sk, u8 state)
{
	return sk->sk_state == state &&
	       !strcmp(sk->sk_prot->name, sk->sk_family == AF_INET6 ? "TCPv6" : "TCP");
}

#define CAST(name, condition)						\
	HELPER_1(name, const struct sock *, sk)				\
	{								\
		return sk && (condition) ? (u64)(unsigned long)sk : 0;	\
	}

CAST(to_tcp, is_tcp(sk))
CAST(to_tcp6, is_tcp(sk) && sk->sk_family == AF_INET6)
CAST(to_timewait, is_tcp_state(sk, TCP_TIME_WAIT))
CAST(to_request, is_tcp_state(sk, TCP_NEW_SYN_RECV))
CAST(to_udp6, is_udp(sk) && sk->sk_family == AF_INET6)
CAST(to_unix, sk_fullsock(sk) && sk->sk_family == AF_UNIX)

#define CAST_PROTO(helper, function, object)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= LBPF_EFF_PTR_CAST,			\
		.ret		= LBPF_RET_BTF_ID | LBPF_MAYBE_NULL,	\
		.arg		= { LBPF_ARG_BTF_ID_SOCK_COMMON },	\
		.ret_btf_name	= object,				\
	}

const struct lbpf_proto lbpf_skc_to_tcp_proto = CAST_PROTO(skc_to_tcp_sock, to_tcp, "tcp_sock");
const struct lbpf_proto lbpf_skc_to_tcp6_proto = CAST_PROTO(skc_to_tcp6_sock, to_tcp6, "tcp6_sock");
const struct lbpf_proto lbpf_skc_to_timewait_proto =
	CAST_PROTO(skc_to_tcp_timewait_sock, to_timewait, "tcp_timewait_sock");
const struct lbpf_proto lbpf_skc_to_request_proto =
	CAST_PROTO(skc_to_tcp_request_sock, to_request, "tcp_request_sock");
const struct lbpf_proto lbpf_skc_to_udp6_proto = CAST_PROTO(skc_to_udp6_sock, to_udp6, "udp6_sock");
const struct lbpf_proto lbpf_skc_to_unix_proto = CAST_PROTO(skc_to_unix_sock, to_unix, "unix_sock");
