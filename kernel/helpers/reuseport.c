// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of programs that choose a socket of a reuseport group.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/sock_reuseport.h>

#include <lbpf/reuseport_array.h>

#include "helper.h"
#include "protos.h"

/* Why the packet cannot go to @selected, a socket of another group. */
static int wrong_group(const struct sk_reuseport_kern *ctx, const struct sock *selected)
{
	const struct sock *sk = ctx->sk;

	if (sk->sk_protocol != selected->sk_protocol)
		return -EPROTOTYPE;
	return sk->sk_family != selected->sk_family ? -EAFNOSUPPORT : -EBADFD;
}

HELPER_4(select_reuseport, struct sk_reuseport_kern *, ctx, struct lbpf_map *, map,
	 const u32 *, key, u64, flags)
{
	const struct sock_reuseport *group;
	struct sock *sk;

	/* Source: Linux 6.1 takes any flags, observed. */
	sk = lbpf_reuseport_array_get(map, *key);
	if (!sk)
		return -ENOENT;
	/* A socket that leaves its group is in the array for a moment longer. */
	group = rcu_dereference(sk->sk_reuseport_cb);
	if (!group)
		return -ENOENT;
	if (group->reuseport_id != ctx->reuseport_id)
		return wrong_group(ctx, sk);
	ctx->selected_sk = sk;
	return 0;
}

const struct lbpf_proto lbpf_select_reuseport_proto = {
	.name		= "sk_select_reuseport",
	.id		= BPF_FUNC_sk_select_reuseport,
	.fn		= select_reuseport,
	.map_use	= LBPF_USE_SELECT_REUSEPORT,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY,
			    LBPF_ARG_ANYTHING },
};
