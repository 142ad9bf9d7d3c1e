// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that ask whether something is in a cgroup of an array.
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
