// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on checksums.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/skbuff.h>
#include <net/checksum.h>

#include "helper.h"
#include "protos.h"

/* seed - from + to, in ones' complement. */
HELPER_5(diff, const void *, from, u32, from_size, const void *, to, u32, to_size, u32, seed)
{
	__wsum sum = (__force __wsum)seed;

	if ((from_size | to_size) & (sizeof(__be32) - 1))
		return -EINVAL;
	if (from_size)
		sum = csum_sub(sum, csum_partial(from, from_size, 0));
	if (to_size)
		sum = csum_partial(to, to_size, sum);
	return (__force u32)sum;
}

const struct lbpf_proto lbpf_csum_diff_proto = {
	.name = "csum_diff",
	.id = BPF_FUNC_csum_diff,
	.fn = diff,
	.pkt_access = true,
	.ret = LBPF_RET_INTEGER,
	.arg = { LBPF_ARG_MEM | LBPF_RDONLY | LBPF_MAYBE_NULL, LBPF_ARG_CONST_SIZE_OR_ZERO,
		 LBPF_ARG_MEM | LBPF_RDONLY | LBPF_MAYBE_NULL, LBPF_ARG_CONST_SIZE_OR_ZERO,
		 LBPF_ARG_ANYTHING },
};

HELPER_2(update, struct sk_buff *, skb, u32, csum)
{
	if (skb->ip_summed != CHECKSUM_COMPLETE)
		return -ENOTSUPP;
	skb->csum = csum_add(skb->csum, (__force __wsum)csum);
	return (__force u32)skb->csum;
}

const struct lbpf_proto lbpf_csum_update_proto = {
	.name	= "csum_update",
	.id	= BPF_FUNC_csum_update,
	.fn	= update,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING },
};
