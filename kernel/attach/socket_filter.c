// SPDX-License-Identifier: GPL-2.0
/*
 * Programs on sockets: as filter, and as chooser of a reuseport group.
 *
 * Layer: attach.  The kernel runs and frees what is attached: a stand-in
 * (standin.c).  It sees no difference to a filter of its own.
 * Locks: lock_sock() guards sk->sk_filter and the socket's flags.
 */
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/sock.h>
#include <net/sock_reuseport.h>

#include <lbpf/alloc.h>
#include <lbpf/attach.h>
#include <lbpf/compat.h>
#include <lbpf/prog.h>
#include <lbpf/sock.h>
#include <lbpf.h>

#include "standin.h"

/* A filter whose program runs @prog, or NULL. */
static struct sk_filter *make_filter(struct lbpf_prog *prog)
{
	struct sk_filter *filter;

	if (lbpf_alloc_fails())
		return NULL;
	/* Freed by the kernel. */
	filter = kmalloc(sizeof(*filter), GFP_KERNEL_ACCOUNT);
	if (!filter)
		return NULL;
	filter->prog = lbpf_standin_make(prog);
	if (!filter->prog) {
		kfree(filter);
		return NULL;
	}
	refcount_set(&filter->refcnt, 1);
	return filter;
}

/* A filter that no socket has had. */
static void free_filter(struct sk_filter *filter)
{
	bpf_prog_put(filter->prog);
	kfree(filter);
}

static u32 filter_bytes(const struct sk_filter *filter)
{
	return bpf_prog_size(filter->prog->len);
}

/* Source: net.core.optmem_max in socket(7). */
static bool charge_filter(struct sock *sk, const struct sk_filter *filter)
{
	int bytes = filter_bytes(filter);
	int max = lbpf_optmem_max(sk);

	if (bytes > max || atomic_read(&sk->sk_omem_alloc) + bytes >= max)
		return false;
	atomic_add(bytes, &sk->sk_omem_alloc);
	return true;
}

/*
 * Only the end of a socket, and detaching, release a filter the kernel's way.
 * Detaching would let packets through unfiltered until the next one is there:
 * so the filter that was replaced moves to a socket whose end is now.
 */
static void retire_filter(struct sock *sk, struct sk_filter *filter, struct sock *bearer)
{
	int bytes = filter_bytes(filter);

	atomic_sub(bytes, &sk->sk_omem_alloc);
	atomic_add(bytes, &bearer->sk_omem_alloc);
	RCU_INIT_POINTER(bearer->sk_filter, filter);
	sk_free(bearer);
}

static int replace_filter(struct sock *sk, struct sk_filter *filter)
{
	struct sock *bearer = NULL;
	struct sk_filter *old;

	sock_owned_by_me(sk);
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (rcu_access_pointer(sk->sk_filter)) {
		bearer = lbpf_scratch_sock(sock_net(sk), GFP_KERNEL);
		if (!bearer)
			return -ENOMEM;
	}
	if (!charge_filter(sk, filter)) {
		if (bearer)
			sk_free(bearer);
		return -ENOMEM;
	}
	old = rcu_replace_pointer(sk->sk_filter, filter, lockdep_sock_is_held(sk));
	if (old)
		retire_filter(sk, old, bearer);
	return 0;
}

static int attach_filter(struct sock *sk, struct lbpf_prog *prog)
{
	struct sk_filter *filter = make_filter(prog);
	int err;

	if (!filter)
		return -ENOMEM;
	lock_sock(sk);
	err = replace_filter(sk, filter);
	release_sock(sk);
	if (err)
		free_filter(filter);
	return err;
}

static int detach_filter(struct sock *sk)
{
	int err;

	lock_sock(sk);
	err = sk_detach_filter(sk);
	release_sock(sk);
	return err;
}

static bool has_groups(const struct sock *sk)
{
	return (sk->sk_type == SOCK_STREAM || sk->sk_type == SOCK_DGRAM) &&
	       (sk->sk_protocol == IPPROTO_UDP || sk->sk_protocol == IPPROTO_TCP) &&
	       (sk->sk_family == AF_INET || sk->sk_family == AF_INET6);
}

static int attach_reuseport_locked(struct sock *sk, struct bpf_prog *fp)
{
	sock_owned_by_me(sk);
	if (sock_flag(sk, SOCK_FILTER_LOCKED))
		return -EPERM;
	if (fp->type == BPF_PROG_TYPE_SK_REUSEPORT)
		return has_groups(sk) ? reuseport_attach_prog(sk, fp) : -ENOTSUPP;
	if (bpf_prog_size(fp->len) > lbpf_optmem_max(sk))
		return -ENOMEM;
	return reuseport_attach_prog(sk, fp);
}

static int attach_reuseport(struct sock *sk, struct lbpf_prog *prog)
{
	struct bpf_prog *fp = lbpf_standin_make(prog);
	int err;

	if (!fp)
		return -ENOMEM;
	lock_sock(sk);
	err = attach_reuseport_locked(sk, fp);
	release_sock(sk);
	if (err)
		bpf_prog_put(fp);
	return err;
}

static int detach_reuseport(struct sock *sk)
{
	int err;

	lock_sock(sk);
	err = reuseport_detach_prog(sk);
	release_sock(sk);
	return err;
}

/**
 * struct sock_hook - A place on a socket
 * @prog_types: Bits of the program types that may be there.
 * @attach: Attaches, instead of what was attached.
 * @detach: Detaches.
 */
struct sock_hook {
	u64 prog_types;
	int (*attach)(struct sock *sk, struct lbpf_prog *prog);
	int (*detach)(struct sock *sk);
};

/* By enum lbpf_sock_hook. */
static const struct sock_hook hooks[] = {
	[LBPF_SOCK_FILTER] = {
		BIT(BPF_PROG_TYPE_SOCKET_FILTER), attach_filter, detach_filter
	},
	[LBPF_SOCK_REUSEPORT] = {
		BIT(BPF_PROG_TYPE_SOCKET_FILTER) | BIT(BPF_PROG_TYPE_SK_REUSEPORT),
		attach_reuseport, detach_reuseport
	},
};

static bool is_locked(struct sock *sk)
{
	bool locked;

	lock_sock(sk);
	locked = sock_flag(sk, SOCK_FILTER_LOCKED);
	release_sock(sk);
	return locked;
}

static int attach_to(struct sock *sk, const struct lbpf_sock_attach *attr)
{
	struct lbpf_prog *prog;
	int err = -EINVAL;

	/* Asked again when it counts: here only so that the error is the one of setsockopt(2). */
	if (is_locked(sk))
		return -EPERM;
	prog = lbpf_prog_from_fd(attr->prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	if (hooks[attr->hook].prog_types & BIT_ULL(prog->type))
		err = hooks[attr->hook].attach(sk, prog);
	lbpf_prog_put(prog);
	return err;
}

static bool is_valid(const struct lbpf_sock_attach *attr)
{
	return attr->hook < ARRAY_SIZE(hooks) && !attr->flags;
}

/**
 * lbpf_sock_attach() - Attach a program to a socket
 * @attr: Socket, program and hook.
 *
 * Source: SO_ATTACH_BPF and SO_ATTACH_REUSEPORT_EBPF in socket(7).
 * Context: Process context, may sleep.  Takes and releases lock_sock().
 * Return: 0, -EBADF, -ENOTSOCK, -EPERM (SO_LOCK_FILTER), -EINVAL, -ENOMEM.
 */
int lbpf_sock_attach(const struct lbpf_sock_attach *attr)
{
	struct socket *sock;
	int err;

	if (!is_valid(attr))
		return -EINVAL;
	sock = sockfd_lookup(attr->sock_fd, &err);
	if (!sock)
		return err;
	err = attach_to(sock->sk, attr);
	sockfd_put(sock);
	return err;
}

/**
 * lbpf_sock_detach() - Detach whatever program a socket has
 * @attr: Socket and hook.
 *
 * Source: SO_DETACH_BPF and SO_DETACH_REUSEPORT_BPF in socket(7).
 * Context: Process context, may sleep.  Takes and releases lock_sock().
 * Return: 0, -EBADF, -ENOTSOCK, -EPERM (SO_LOCK_FILTER), -EINVAL, -ENOENT.
 */
int lbpf_sock_detach(const struct lbpf_sock_attach *attr)
{
	struct socket *sock;
	int err;

	if (!is_valid(attr))
		return -EINVAL;
	sock = sockfd_lookup(attr->sock_fd, &err);
	if (!sock)
		return err;
	err = hooks[attr->hook].detach(sock->sk);
	sockfd_put(sock);
	return err;
}
