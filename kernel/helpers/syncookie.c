// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on SYN cookies, and the choice of a packet's socket.
 *
 * Layer: helpers.  Source: bpf_tcp_check_syncookie() and its kin in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/sock.h>
#include <net/tcp.h>

#include <lbpf/compat.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

/* The largest segment where a SYN names none. */
#define DEFAULT_MSS_V4	TCP_MSS_DEFAULT
#define DEFAULT_MSS_V6	(IPV6_MIN_MTU - sizeof(struct tcphdr) - sizeof(struct ipv6hdr))

static bool is_listener(const struct sock *sk)
{
	return sk && sk->sk_state == TCP_LISTEN && sk->sk_protocol == IPPROTO_TCP;
}

static bool has_syncookies(const struct sock *sk)
{
	return READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syncookies);
}

/* Can a packet with this header reach the socket?  The version, or -errno. */
static int ip_version(const struct sock *sk, const struct iphdr *ip, u32 ip_bytes)
{
	if (ip_bytes < sizeof(struct iphdr))
		return -EINVAL;
	if (ip->version == 4)
		return sk->sk_family == AF_INET6 && ipv6_only_sock(sk) ? -EINVAL : 4;
	if (ip->version != 6)
		return -EPROTONOSUPPORT;
	return ip_bytes < sizeof(struct ipv6hdr) || sk->sk_family != AF_INET6 ? -EINVAL : 6;
}

HELPER_5(check_cookie, const struct sock *, sk, const void *, ip, u32, ip_bytes,
	 const struct tcphdr *, tcp, u32, tcp_bytes)
{
	int version, mss;

	if (tcp_bytes < sizeof(*tcp) || !is_listener(sk) || !has_syncookies(sk))
		return -EINVAL;
	if (!tcp->ack || tcp->rst || tcp->syn)
		return -ENOENT;
	if (ip_bytes < sizeof(struct iphdr))
		return -EINVAL;
	if (tcp_synq_no_recent_overflow(sk))
		return -ENOENT;
	version = ip_version(sk, ip, ip_bytes);
	if (version < 0)
		return version;
	mss = version == 4 ? lbpf_cookie_v4_check(ip, tcp) : lbpf_cookie_v6_check(ip, tcp);
	return mss > 0 ? 0 : -ENOENT;
}

/* @mss: largest segment that the SYN names; 0: it names none. */
static u64 make_cookie(int version, const void *ip, const struct tcphdr *tcp, u16 mss)
{
	u32 cookie;

	if (!mss)
		mss = version == 4 ? DEFAULT_MSS_V4 : DEFAULT_MSS_V6;
	if (version == 4)
		cookie = __cookie_v4_init_sequence(ip, tcp, &mss);
	else
		cookie = __cookie_v6_init_sequence(ip, tcp, &mss);
	return cookie | (u64)mss << 32;
}

/* Are its options there, and nothing behind them? */
static bool is_whole(const struct tcphdr *tcp, u32 bytes)
{
	return bytes >= sizeof(*tcp) && bytes == tcp->doff * 4;
}

/* Would the stack answer this SYN with a cookie? */
static bool is_flooded(const struct sock *sk)
{
	if (READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_syncookies) != 2 &&
	    !inet_csk_reqsk_queue_is_full(sk))
		return false;
	return !sk_acceptq_is_full(sk);
}

HELPER_5(gen_cookie, struct sock *, sk, const void *, ip, u32, ip_bytes, const struct tcphdr *, tcp,
	 u32, tcp_bytes)
{
	int version;

	if (!is_whole(tcp, tcp_bytes) || !is_listener(sk))
		return -EINVAL;
	if (!has_syncookies(sk))
		return -ENOENT;
	if (!tcp->syn || tcp->ack || tcp->fin || tcp->rst)
		return -EINVAL;
	version = ip_version(sk, ip, ip_bytes);
	if (version < 0)
		return version;
	if (!is_flooded(sk))
		return -ENOENT;
	tcp_synq_overflow(sk);
	return make_cookie(version, ip, tcp,
			   tcp_parse_mss_option(tcp, tcp_sk(sk)->rx_opt.user_mss));
}

#define COOKIE_PROTO(helper, function)					\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.pkt_access	= true,					\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_BTF_ID_SOCK_COMMON, LBPF_ARG_MEM | LBPF_RDONLY,	\
				    LBPF_ARG_CONST_SIZE, LBPF_ARG_MEM | LBPF_RDONLY,	\
				    LBPF_ARG_CONST_SIZE },		\
	}

const struct lbpf_proto lbpf_check_syncookie_proto =
	COOKIE_PROTO(tcp_check_syncookie, check_cookie);
const struct lbpf_proto lbpf_gen_syncookie_proto = COOKIE_PROTO(tcp_gen_syncookie, gen_cookie);

static u64 raw_cookie(int version, const void *ip, const struct tcphdr *tcp, u32 tcp_bytes)
{
	if (!is_whole(tcp, tcp_bytes))
		return -EINVAL;
	return make_cookie(version, ip, tcp, tcp_parse_mss_option(tcp, 0));
}

HELPER_3(raw_gen_v4, const struct iphdr *, ip, const struct tcphdr *, tcp, u32, tcp_bytes)
{
	return raw_cookie(4, ip, tcp, tcp_bytes);
}

HELPER_3(raw_gen_v6, const struct ipv6hdr *, ip, const struct tcphdr *, tcp, u32, tcp_bytes)
{
	return raw_cookie(6, ip, tcp, tcp_bytes);
}

HELPER_2(raw_check_v4, const struct iphdr *, ip, const struct tcphdr *, tcp)
{
	return lbpf_cookie_v4_check(ip, tcp) > 0 ? 0 : -EACCES;
}

HELPER_2(raw_check_v6, const struct ipv6hdr *, ip, const struct tcphdr *, tcp)
{
	return lbpf_cookie_v6_check(ip, tcp) > 0 ? 0 : -EACCES;
}

#define FIXED_MEM	(LBPF_ARG_MEM | LBPF_RDONLY | LBPF_FIXED_SIZE)
#define RAW_GEN_PROTO(helper, function, header)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.pkt_access	= true,					\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { FIXED_MEM, LBPF_ARG_MEM | LBPF_RDONLY,	\
				    LBPF_ARG_CONST_SIZE_OR_ZERO },	\
		.arg_size	= { sizeof(header) },			\
	}
#define RAW_CHECK_PROTO(helper, function, header)			\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.pkt_access	= true,					\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { FIXED_MEM, FIXED_MEM },		\
		.arg_size	= { sizeof(header), sizeof(struct tcphdr) },	\
	}

const struct lbpf_proto lbpf_raw_gen_v4_proto =
	RAW_GEN_PROTO(tcp_raw_gen_syncookie_ipv4, raw_gen_v4, struct iphdr);
const struct lbpf_proto lbpf_raw_gen_v6_proto =
	RAW_GEN_PROTO(tcp_raw_gen_syncookie_ipv6, raw_gen_v6, struct ipv6hdr);
const struct lbpf_proto lbpf_raw_check_v4_proto =
	RAW_CHECK_PROTO(tcp_raw_check_syncookie_ipv4, raw_check_v4, struct iphdr);
const struct lbpf_proto lbpf_raw_check_v6_proto =
	RAW_CHECK_PROTO(tcp_raw_check_syncookie_ipv6, raw_check_v6, struct ipv6hdr);

/* Only where packets arrive, which test runs do not. */
HELPER_3(assign, struct sk_buff *, skb, struct sock *, sk, u64, flags)
{
	if (!sk || flags)
		return -EINVAL;
	if (!skb_at_tc_ingress(skb))
		return -EOPNOTSUPP;
	if (dev_net(skb->dev) != sock_net(sk))
		return -ENETUNREACH;
	if (sk_fullsock(sk) && sk->sk_reuseport)
		return -ESOCKTNOSUPPORT;
	if (sk_is_refcounted(sk) && !refcount_inc_not_zero(&sk->sk_refcnt))
		return -ENOENT;
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_pfree;
	return 0;
}

const struct lbpf_proto lbpf_skb_sk_assign_proto =
	SKB_PROTO(sk_assign, assign, 0, LBPF_ARG_BTF_ID_SOCK_COMMON, LBPF_ARG_ANYTHING);
