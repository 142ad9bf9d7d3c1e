// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that are TCP congestion control: the functions of struct tcp_congestion_ops.
 *
 * Layer: progtypes.  Their sockets are TCP sockets, of which they write what a congestion control
 * may change.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/progtypes.h>
#include <lbpf/struct_ops.h>

/* A member of struct tcp_sock, or of what it begins with. */
#define MEMBER(type, member)						\
	{ offsetof(type, member), offsetofend(type, member), true }

/* Source: seen on Linux 6.1. */
static const struct lbpf_span writable[] = {
	MEMBER(struct sock, sk_pacing_rate),
	MEMBER(struct sock, sk_pacing_status),
	{
		offsetof(struct inet_connection_sock, icsk_ca_priv),
		offsetofend(struct inet_connection_sock, icsk_ca_priv), false
	},
	MEMBER(struct inet_connection_sock, icsk_ack.pending),
	MEMBER(struct tcp_sock, snd_cwnd),
	MEMBER(struct tcp_sock, snd_cwnd_cnt),
	MEMBER(struct tcp_sock, snd_ssthresh),
	MEMBER(struct tcp_sock, ecn_flags),
};

static const struct lbpf_kernel_writes writes = {
	.name		= "tcp_sock",
	.spans		= writable,
	.nr_spans	= ARRAY_SIZE(writable),
};

static int check_member(u32 off)
{
	return off == offsetof(struct tcp_congestion_ops, get_info) ? -ENOTSUPP : 0;
}

/* While a socket gives up its congestion control its options are out of reach. */
static const struct lbpf_proto *find_helper(u32 id, const struct lbpf_code *code, u32 off)
{
	if ((id == BPF_FUNC_getsockopt || id == BPF_FUNC_setsockopt) &&
	    off == offsetof(struct tcp_congestion_ops, release))
		return NULL;
	return lbpf_tcp_ca_helper(id, code);
}

const struct lbpf_struct_progs lbpf_tcp_ca_progs = {
	.check_member	= check_member,
	.arg_struct	= "sock",
	.arg_as		= "tcp_sock",
	.writes		= &writes,
	.helper		= find_helper,
};
