/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sockets that lbpf makes for itself.
 *
 * Layer: core.
 */
#ifndef _LBPF_SOCK_H
#define _LBPF_SOCK_H

#include <linux/gfp.h>

struct net;
struct sock;

/* A socket of @net that no process and no protocol knows, or NULL; sk_free() it. */
struct sock *lbpf_scratch_sock(struct net *net, gfp_t gfp);

#endif /* _LBPF_SOCK_H */
