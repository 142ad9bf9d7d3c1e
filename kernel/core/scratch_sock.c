// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets that lbpf makes for itself: what a synthetic packet belongs to, and
 * what carries a filter to its end.
 *
 * Layer: core.
 */
#include <linux/module.h>
#include <net/sock.h>

#include <lbpf/alloc.h>
#include <lbpf/sock.h>

/* Room for the addresses that a program may read. */
static struct proto scratch_proto = {
	.name		= "lbpf",
	.owner		= THIS_MODULE,
	.obj_size	= sizeof(struct sock),
};

/**
 * lbpf_scratch_sock() - Make a socket that only the caller knows
 * @net: Network namespace; no reference is taken.
 * @gfp: GFP_KERNEL or GFP_ATOMIC.
 *
 * Context: As @gfp allows.
 * Return: Socket, for sk_free(), or NULL.
 */
struct sock *lbpf_scratch_sock(struct net *net, gfp_t gfp)
{
	struct sock *sk;

	if (lbpf_alloc_fails())
		return NULL;
	sk = sk_alloc(net, AF_UNSPEC, gfp, &scratch_proto, 1);
	if (sk)
		sock_init_data(NULL, sk);
	return sk;
}
