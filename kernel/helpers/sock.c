// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on sockets: kinds of a socket, look-up, release.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/xdp.h>

#include "helper.h"
#include "protos.h"

/**
 * struct wanted - A socket that is looked for
 * @net: Name space.
 * @tuple: Addresses and ports.
 * @is_v6: @tuple is IPv6.
 * @dif: Device that the packet came in on.
 */
struct wanted {
	struct net			*net;
	const struct bpf_sock_tuple	*tuple;
	bool				is_v6;
	int				dif;
};

/* A reference is held, unless the socket is freed under RCU. */
static struct sock *find_tcp(const struct wanted *wanted)
{
	const struct bpf_sock_tuple *tuple = wanted->tuple;
	struct inet_hashinfo *info = wanted->net->ipv4.tcp_death_row.hashinfo;
	bool is_counted;

	if (!wanted->is_v6)
		return __inet_lookup(wanted->net, info, NULL, 0, tuple->ipv4.saddr,
				     tuple->ipv4.sport, tuple->ipv4.daddr, tuple->ipv4.dport,
				     wanted->dif, 0, &is_counted);
	return __inet6_lookup(wanted->net, info, NULL, 0,
			      (const struct in6_addr *)tuple->ipv6.saddr, tuple->ipv6.sport,
			      (const struct in6_addr *)tuple->ipv6.daddr, ntohs(tuple->ipv6.dport),
			      wanted->dif, 0, &is_counted);
}

static struct sock *find_udp(const struct wanted *wanted)
{
	const struct bpf_sock_tuple *tuple = wanted->tuple;

	if (!wanted->is_v6)
		return __udp4_lib_lookup(wanted->net, tuple->ipv4.saddr, tuple->ipv4.sport,
					 tuple->ipv4.daddr, tuple->ipv4.dport, wanted->dif, 0,
					 &udp_table, NULL);
	return __udp6_lib_lookup(wanted->net, (const struct in6_addr *)tuple->ipv6.saddr,
				 tuple->ipv6.sport, (const struct in6_addr *)tuple->ipv6.daddr,
				 tuple->ipv6.dport, wanted->dif, 0, &udp_table, NULL);
}

/* A UDP socket comes without a reference. */
static struct sock *hold_udp(struct sock *sk)
{
	if (sk && sk_is_refcounted(sk) && !refcount_inc_not_zero(&sk->sk_refcnt))
		return NULL;
	return sk;
}

/**
 * struct place - Where a program runs
 * @net: Its name space.
 * @dif: Device that its packet came in on, 0: it has none.
 */
struct place {
	struct net	*net;
	int		dif;
};

static struct place place_of_dev(const struct net_device *dev)
{
	return (struct place){ dev_net(dev), dev->ifindex };
}

static struct place place_of_skb(const struct sk_buff *skb)
{
	return skb->dev ? place_of_dev(skb->dev) : (struct place){ sock_net(skb->sk), 0 };
}

static struct place place_of_frame(const struct xdp_buff *xdp)
{
	return place_of_dev(xdp->rxq->dev);
}

static struct place place_of_addr(const struct bpf_sock_addr_kern *addr)
{
	return (struct place){ sock_net(addr->sk), 0 };
}

/* Name space @netns_id of @net; the latter itself, for a negative id.  With a reference. */
static struct net *find_net(struct net *net, u64 netns_id)
{
	if ((s32)netns_id < 0)
		return get_net(net);
	return netns_id > S32_MAX ? NULL : get_net_ns_by_id(net, netns_id);
}

static struct sock *find_sock(struct place place, const struct bpf_sock_tuple *tuple, u32 size,
			      u64 netns_id, struct sock *(*find)(const struct wanted *wanted))
{
	struct wanted wanted = {
		.tuple	= tuple,
		.is_v6	= size == sizeof(tuple->ipv6),
		.dif	= place.dif,
	};
	struct sock *sk;

	if (size != sizeof(tuple->ipv4) && size != sizeof(tuple->ipv6))
		return NULL;
	wanted.net = find_net(place.net, netns_id);
	if (!wanted.net)
		return NULL;
	sk = find(&wanted);
	put_net(wanted.net);
	return sk;
}

/* The whole socket that a half-open connection belongs to; the reference moves along. */
static struct sock *whole_sock(struct sock *sk)
{
	struct sock *full;

	if (!sk)
		return NULL;
	full = sk_to_full_sk(sk);
	if (full == sk)
		return sk;
	if (!sk_fullsock(full) || !refcount_inc_not_zero(&full->sk_refcnt))
		full = NULL;
	sock_gen_put(sk);
	return full;
}

static struct sock *as_found(struct sock *sk)
{
	return sk;
}

/* @finish makes what @find gives the program's. */
#define LOOKUP(name, type, where, find, finish)				\
	HELPER_5(name, type, ctx, const struct bpf_sock_tuple *, tuple, u32, size, u64,	\
		 netns_id, u64, flags)					\
	{								\
		if (flags)						\
			return 0;					\
		return (u64)(unsigned long)finish(find_sock(where(ctx), tuple, size, netns_id,	\
							    find));	\
	}
#define LOOKUPS(who, type, where)					\
	LOOKUP(who ## _tcp, type, where, find_tcp, whole_sock)		\
	LOOKUP(who ## _skc_tcp, type, where, find_tcp, as_found)	\
	LOOKUP(who ## _udp, type, where, find_udp, hold_udp)

LOOKUPS(skb, const struct sk_buff *, place_of_skb)
LOOKUPS(xdp, const struct xdp_buff *, place_of_frame)
LOOKUPS(addr, const struct bpf_sock_addr_kern *, place_of_addr)

#define LOOKUP_PROTO(helper, function, result)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.pkt_access	= true,					\
		.effects	= LBPF_EFF_ACQUIRE,			\
		.ret		= (result) | LBPF_MAYBE_NULL,		\
		.arg		= { LBPF_ARG_CTX, LBPF_ARG_MEM | LBPF_RDONLY,	\
				    LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING,	\
				    LBPF_ARG_ANYTHING },		\
	}

const struct lbpf_proto lbpf_sk_lookup_tcp_proto =
	LOOKUP_PROTO(sk_lookup_tcp, skb_tcp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_sk_lookup_udp_proto =
	LOOKUP_PROTO(sk_lookup_udp, skb_udp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_skc_lookup_tcp_proto =
	LOOKUP_PROTO(skc_lookup_tcp, skb_skc_tcp, LBPF_RET_SOCK_COMMON);
const struct lbpf_proto lbpf_xdp_lookup_tcp_proto =
	LOOKUP_PROTO(sk_lookup_tcp, xdp_tcp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_xdp_lookup_udp_proto =
	LOOKUP_PROTO(sk_lookup_udp, xdp_udp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_xdp_skc_lookup_tcp_proto =
	LOOKUP_PROTO(skc_lookup_tcp, xdp_skc_tcp, LBPF_RET_SOCK_COMMON);
const struct lbpf_proto lbpf_addr_lookup_tcp_proto =
	LOOKUP_PROTO(sk_lookup_tcp, addr_tcp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_addr_lookup_udp_proto =
	LOOKUP_PROTO(sk_lookup_udp, addr_udp, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_addr_skc_lookup_tcp_proto =
	LOOKUP_PROTO(skc_lookup_tcp, addr_skc_tcp, LBPF_RET_SOCK_COMMON);

HELPER_1(release, struct sock *, sk)
{
	if (sk && sk_is_refcounted(sk))
		sock_gen_put(sk);
	return 0;
}

const struct lbpf_proto lbpf_sk_release_proto = {
	.name		= "sk_release",
	.id		= BPF_FUNC_sk_release,
	.fn		= release,
	.effects	= LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID_SOCK_COMMON | LBPF_OBJ_RELEASE },
};

HELPER_1(fullsock, struct sock *, sk)
{
	return sk_fullsock(sk) ? (u64)(unsigned long)sk : 0;
}

HELPER_1(tcp_sock, struct sock *, sk)
{
	if (sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP)
		return (u64)(unsigned long)sk;
	return 0;
}

HELPER_1(listener, struct sock *, sk)
{
	sk = sk_to_full_sk(sk);
	if (sk->sk_state == TCP_LISTEN && sock_flag(sk, SOCK_RCU_FREE))
		return (u64)(unsigned long)sk;
	return 0;
}

#define KIND_PROTO(helper, function, result)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= LBPF_EFF_PTR_CAST,			\
		.ret		= (result) | LBPF_MAYBE_NULL,		\
		.arg		= { LBPF_ARG_SOCK_COMMON },		\
	}

const struct lbpf_proto lbpf_sk_fullsock_proto = KIND_PROTO(sk_fullsock, fullsock, LBPF_RET_SOCKET);
const struct lbpf_proto lbpf_tcp_sock_proto = KIND_PROTO(tcp_sock, tcp_sock, LBPF_RET_TCP_SOCK);
/* A listener is freed under RCU: it outlives the reference that led to it. */
const struct lbpf_proto lbpf_listener_sock_proto = {
	.name	= "get_listener_sock",
	.id	= BPF_FUNC_get_listener_sock,
	.fn	= listener,
	.ret	= LBPF_RET_SOCKET | LBPF_MAYBE_NULL,
	.arg	= { LBPF_ARG_SOCK_COMMON },
};
