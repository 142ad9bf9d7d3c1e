// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that read and set the options of a socket, and what becomes of its messages.
 *
 * Layer: helpers.  Source: BPF_FUNC_getsockopt and BPF_FUNC_setsockopt in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/skmsg.h>
#include <linux/string.h>
#include <net/inet_connection_sock.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "helper.h"
#include "protos.h"

/**
 * struct option - A socket option whose value is an int
 * @level: SOL_*.
 * @name: Its name on that level.
 * @read: Gives its value.
 */
struct option {
	int	level;
	int	name;
	int	(*read)(const struct sock *sk);
};

static int read_sndbuf(const struct sock *sk)
{
	return READ_ONCE(sk->sk_sndbuf);
}

static int read_rcvbuf(const struct sock *sk)
{
	return READ_ONCE(sk->sk_rcvbuf);
}

static int read_mark(const struct sock *sk)
{
	return READ_ONCE(sk->sk_mark);
}

static int read_priority(const struct sock *sk)
{
	return READ_ONCE(sk->sk_priority);
}

static int read_lowat(const struct sock *sk)
{
	return READ_ONCE(sk->sk_rcvlowat);
}

static int read_reuse(const struct sock *sk)
{
	return sk->sk_reuse;
}

static int read_keepalive(const struct sock *sk)
{
	return sock_flag(sk, SOCK_KEEPOPEN);
}

static int read_tos(const struct sock *sk)
{
	return inet_sk(sk)->tos;
}

static int read_syncnt(const struct sock *sk)
{
	return inet_csk(sk)->icsk_syn_retries;
}

static const struct option options[] = {
	{ SOL_SOCKET, SO_SNDBUF, read_sndbuf },
	{ SOL_SOCKET, SO_RCVBUF, read_rcvbuf },
	{ SOL_SOCKET, SO_MARK, read_mark },
	{ SOL_SOCKET, SO_PRIORITY, read_priority },
	{ SOL_SOCKET, SO_RCVLOWAT, read_lowat },
	{ SOL_SOCKET, SO_REUSEADDR, read_reuse },
	{ SOL_SOCKET, SO_KEEPALIVE, read_keepalive },
	{ SOL_IP, IP_TOS, read_tos },
	{ SOL_TCP, TCP_SYNCNT, read_syncnt },
};

static int read_int(const struct sock *sk, int level, int name, void *value, int len)
{
	size_t i;

	if (len != sizeof(int))
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (options[i].level != level || options[i].name != name)
			continue;
		*(int *)value = options[i].read(sk);
		return 0;
	}
	return -EINVAL;
}

static int read_congestion(const struct sock *sk, char *value, int len)
{
	if (len <= 1)
		return -EINVAL;
	strscpy_pad(value, inet_csk(sk)->icsk_ca_ops->name, len);
	return 0;
}

static int read_option(const struct sock *sk, int level, int name, void *value, int len)
{
	bool is_tcp;

	if (!sk_fullsock(sk))
		return -EINVAL;
	is_tcp = sk->sk_protocol == IPPROTO_TCP;
	if ((level == SOL_TCP && !is_tcp) || (level == SOL_IP && sk->sk_family != AF_INET))
		return -EINVAL;
	if (level == SOL_TCP && name == TCP_CONGESTION)
		return read_congestion(sk, value, len);
	return read_int(sk, level, name, value, len);
}

HELPER_5(ops_getsockopt, const struct bpf_sock_ops_kern *, ctx, int, level, int, name, void *,
	 value, int, len)
{
	int err = ctx->sk ? read_option(ctx->sk, level, name, value, len) : -EINVAL;

	/* The program takes all of it for written. */
	if (err)
		memset(value, 0, len);
	return err;
}

const struct lbpf_proto lbpf_ops_getsockopt_proto = {
	.name	= "getsockopt",
	.id	= BPF_FUNC_getsockopt,
	.fn	= ops_getsockopt,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING,
		    LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE },
};

HELPER_5(btf_getsockopt, const struct sock *, sk, int, level, int, name, void *, value, int, len)
{
	int err = sk ? read_option(sk, level, name, value, len) : -EINVAL;

	if (err)
		memset(value, 0, len);
	return err;
}

const struct lbpf_proto lbpf_sk_getsockopt_proto = {
	.name	= "getsockopt",
	.id	= BPF_FUNC_getsockopt,
	.fn	= btf_getsockopt,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_BTF_ID_SOCK_COMMON, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING,
		    LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE },
};

/* Options of TCP sockets whose value is an int. */
static bool is_tcp_number(int name)
{
	switch (name) {
	case TCP_NODELAY:
	case TCP_MAXSEG:
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
	case TCP_SYNCNT:
	case TCP_WINDOW_CLAMP:
	case TCP_USER_TIMEOUT:
		return true;
	default:
		return false;
	}
}

/*
 * The kernel takes the socket for locked where a program runs, and asks for no capability: that is
 * how it knows.
 */
static int set_tcp_option(struct sock *sk, int name, const void *value, int len)
{
	struct bpf_run_ctx here = {}, *before = bpf_set_run_ctx(&here);
	int err = sk->sk_prot->setsockopt(sk, SOL_TCP, name, KERNEL_SOCKPTR((void *)value), len);

	bpf_reset_run_ctx(before);
	return err;
}

/*
 * What is left calls release(), what comes init(), which may set it again: that must end.  "cdg"
 * keeps a pointer where programs write.
 */
static int set_congestion(struct sock *sk, const char *value, int len)
{
	struct tcp_sock *tp = tcp_sk(sk);
	int err;

	if (len < 2)
		return -EINVAL;
	if (len >= (int)strlen("cdg") && !strncmp("cdg", value, len))
		return -ENOTSUPP;
	if (tp->bpf_chg_cc_inprogress)
		return -EBUSY;
	tp->bpf_chg_cc_inprogress = 1;
	err = set_tcp_option(sk, TCP_CONGESTION, value, len);
	tp->bpf_chg_cc_inprogress = 0;
	return err;
}

HELPER_5(btf_setsockopt, struct sock *, sk, int, level, int, name, const void *, value, int, len)
{
	if (!sk || !sk_fullsock(sk) || sk->sk_protocol != IPPROTO_TCP || level != SOL_TCP)
		return -EINVAL;
	if (name == TCP_CONGESTION)
		return set_congestion(sk, value, len);
	if (len != sizeof(int) || !is_tcp_number(name))
		return -EINVAL;
	return set_tcp_option(sk, name, value, len);
}

const struct lbpf_proto lbpf_sk_setsockopt_proto = {
	.name	= "setsockopt",
	.id	= BPF_FUNC_setsockopt,
	.fn	= btf_setsockopt,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_BTF_ID_SOCK_COMMON, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING,
		    LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE },
};

/* Bits that the kernel does not know are given back. */
HELPER_2(set_cb_flags, const struct bpf_sock_ops_kern *, ctx, int, flags)
{
	if (!ctx->sk || !sk_fullsock(ctx->sk))
		return -EINVAL;
	tcp_sk(ctx->sk)->bpf_sock_ops_cb_flags = flags & BPF_SOCK_OPS_ALL_CB_FLAGS;
	return flags & ~BPF_SOCK_OPS_ALL_CB_FLAGS;
}

const struct lbpf_proto lbpf_set_cb_flags_proto = {
	.name	= "sock_ops_cb_flags_set",
	.id	= BPF_FUNC_sock_ops_cb_flags_set,
	.fn	= set_cb_flags,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING },
};

/* For how many bytes the verdict holds; how many are waited for. */
HELPER_2(apply_bytes, struct sk_msg *, msg, u32, bytes)
{
	msg->apply_bytes = bytes;
	return 0;
}

HELPER_2(cork_bytes, struct sk_msg *, msg, u32, bytes)
{
	msg->cork_bytes = bytes;
	return 0;
}

const struct lbpf_proto lbpf_msg_apply_proto = {
	.name	= "msg_apply_bytes",
	.id	= BPF_FUNC_msg_apply_bytes,
	.fn	= apply_bytes,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING },
};

const struct lbpf_proto lbpf_msg_cork_proto = {
	.name	= "msg_cork_bytes",
	.id	= BPF_FUNC_msg_cork_bytes,
	.fn	= cork_bytes,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING },
};
