// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that ask whether something is in a cgroup of an array, and which one it is in.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/err.h>
#include <linux/skbuff.h>
#include <net/inet_sock.h>
#include <net/sock.h>

#include <lbpf/cgroup_array.h>

#include "helper.h"
#include "protos.h"

HELPER_2(task_in_cgroup, struct lbpf_map *, map, u32, index)
{
	struct cgroup *cgroup = lbpf_cgroup_array_get(map, index);

	return IS_ERR(cgroup) ? PTR_ERR(cgroup) : task_under_cgroup_hierarchy(current, cgroup);
}

const struct lbpf_proto lbpf_task_in_cgroup_proto = {
	.name		= "current_task_under_cgroup",
	.id		= BPF_FUNC_current_task_under_cgroup,
	.fn		= task_in_cgroup,
	.map_use	= LBPF_USE_CGROUP,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};

HELPER_3(skb_in_cgroup, struct sk_buff *, skb, struct lbpf_map *, map, u32, index)
{
	struct sock *sk = skb_to_full_sk(skb);
	struct cgroup *cgroup;

	if (!sk || !sk_fullsock(sk))
		return -ENOENT;
	cgroup = lbpf_cgroup_array_get(map, index);
	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	return cgroup_is_descendant(sock_cgroup_ptr(&sk->sk_cgrp_data), cgroup);
}

const struct lbpf_proto lbpf_skb_in_cgroup_proto = {
	.name		= "skb_under_cgroup",
	.id		= BPF_FUNC_skb_under_cgroup,
	.fn		= skb_in_cgroup,
	.map_use	= LBPF_USE_CGROUP,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CTX, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};

/* The cgroup of a socket of any state, or NULL: it has none of its own. */
static struct cgroup *cgroup_of(struct sock *sk)
{
	if (!sk || !sk_fullsock(sk))
		return NULL;
	return sock_cgroup_ptr(&sk->sk_cgrp_data);
}

static u64 number(struct cgroup *cgroup)
{
	return cgroup ? cgroup_id(cgroup) : 0;
}

static u64 ancestor_number(struct cgroup *cgroup, int level)
{
	return number(cgroup ? cgroup_ancestor(cgroup, level) : NULL);
}

HELPER_1(skb_number, const struct sk_buff *, skb)
{
	return number(cgroup_of(skb_to_full_sk(skb)));
}

HELPER_2(skb_ancestor, const struct sk_buff *, skb, int, level)
{
	return ancestor_number(cgroup_of(skb_to_full_sk(skb)), level);
}

HELPER_1(sk_number, struct sock *, sk)
{
	return number(cgroup_of(sk ? sk_to_full_sk(sk) : NULL));
}

HELPER_2(sk_ancestor, struct sock *, sk, int, level)
{
	return ancestor_number(cgroup_of(sk ? sk_to_full_sk(sk) : NULL), level);
}

#define NUMBER_PROTO(helper, function, ...)				\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { __VA_ARGS__ },				\
	}

const struct lbpf_proto lbpf_skb_cgroup_id_proto =
	NUMBER_PROTO(skb_cgroup_id, skb_number, LBPF_ARG_CTX);
const struct lbpf_proto lbpf_skb_ancestor_id_proto =
	NUMBER_PROTO(skb_ancestor_cgroup_id, skb_ancestor, LBPF_ARG_CTX, LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_sk_cgroup_id_proto =
	NUMBER_PROTO(sk_cgroup_id, sk_number, LBPF_ARG_BTF_ID_SOCK_COMMON);
const struct lbpf_proto lbpf_sk_ancestor_id_proto =
	NUMBER_PROTO(sk_ancestor_cgroup_id, sk_ancestor, LBPF_ARG_BTF_ID_SOCK_COMMON,
		     LBPF_ARG_ANYTHING);
