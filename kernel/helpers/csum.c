// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on checksums.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/skbuff.h>
#include <net/checksum.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

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

/* A checksum field of the packet that may be written, or ERR_PTR. */
static __sum16 *find_field(struct sk_buff *skb, u32 off)
{
	if (off > 0xffff || off & 1 || make_writable(skb, off + sizeof(__sum16)))
		return ERR_PTR(-EFAULT);
	return (__sum16 *)(skb->data + off);
}

/* The checksum of an IP header.  Source: bpf_l3_csum_replace() in bpf-helpers(7). */
HELPER_5(replace_l3, struct sk_buff *, skb, u32, off, u64, from, u64, to, u64, flags)
{
	__sum16 *field;

	if (flags & ~BPF_F_HDR_FIELD_MASK)
		return -EINVAL;
	field = find_field(skb, off);
	if (IS_ERR(field))
		return PTR_ERR(field);
	switch (flags) {
	case 0:
		if (from)
			return -EINVAL;
		csum_replace_by_diff(field, (__force __wsum)to);
		return 0;
	case sizeof(__be16):
		csum_replace2(field, (__force __be16)from, (__force __be16)to);
		return 0;
	case sizeof(__be32):
		csum_replace4(field, (__force __be32)from, (__force __be32)to);
		return 0;
	default:
		return -EINVAL;
	}
}

#define L4_FLAGS	(BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | BPF_F_PSEUDO_HDR |	\
			 BPF_F_IPV6 | BPF_F_HDR_FIELD_MASK)

static int replace_in_l4(struct sk_buff *skb, __sum16 *field, u64 from, u64 to, u64 flags)
{
	bool is_pseudo = flags & BPF_F_PSEUDO_HDR;

	switch (flags & BPF_F_HDR_FIELD_MASK) {
	case 0:
		if (from)
			return -EINVAL;
		inet_proto_csum_replace_by_diff(field, skb, (__force __wsum)to, is_pseudo,
						flags & BPF_F_IPV6);
		return 0;
	case sizeof(__be16):
		inet_proto_csum_replace2(field, skb, (__force __be16)from, (__force __be16)to,
					 is_pseudo);
		return 0;
	case sizeof(__be32):
		inet_proto_csum_replace4(field, skb, (__force __be32)from, (__force __be32)to,
					 is_pseudo);
		return 0;
	default:
		return -EINVAL;
	}
}

/*
 * The checksum of TCP or UDP.  With BPF_F_MARK_MANGLED_0 a 0 means that there is none: it stays,
 * but for BPF_F_MARK_ENFORCE, and none comes of it.  Source: bpf_l4_csum_replace() in
 * bpf-helpers(7).
 */
HELPER_5(replace_l4, struct sk_buff *, skb, u32, off, u64, from, u64, to, u64, flags)
{
	bool zero_is_none = flags & BPF_F_MARK_MANGLED_0;
	__sum16 *field;
	int err;

	if (flags & ~L4_FLAGS)
		return -EINVAL;
	field = find_field(skb, off);
	if (IS_ERR(field))
		return PTR_ERR(field);
	if (zero_is_none && !*field && !(flags & BPF_F_MARK_ENFORCE))
		return 0;
	err = replace_in_l4(skb, field, from, to, flags);
	if (!err && zero_is_none && !*field)
		*field = CSUM_MANGLED_0;
	return err;
}

#define REPLACE_PROTO(helper, function)					\
	SKB_PROTO(helper, function, LBPF_EFF_PACKET_CHANGE, LBPF_ARG_ANYTHING,	\
		  LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING)

const struct lbpf_proto lbpf_l3_csum_proto = REPLACE_PROTO(l3_csum_replace, replace_l3);
const struct lbpf_proto lbpf_l4_csum_proto = REPLACE_PROTO(l4_csum_replace, replace_l4);

/* How many checksums in a row the device found to be right. */
HELPER_2(level, struct sk_buff *, skb, u64, what)
{
	switch (what) {
	case BPF_CSUM_LEVEL_QUERY:
		return skb->ip_summed == CHECKSUM_UNNECESSARY ? skb->csum_level : -EACCES;
	case BPF_CSUM_LEVEL_INC:
		__skb_incr_checksum_unnecessary(skb);
		return 0;
	case BPF_CSUM_LEVEL_DEC:
		__skb_decr_checksum_unnecessary(skb);
		return 0;
	case BPF_CSUM_LEVEL_RESET:
		__skb_reset_checksum_unnecessary(skb);
		return 0;
	default:
		return -EINVAL;
	}
}

const struct lbpf_proto lbpf_csum_level_proto = SKB_PROTO(csum_level, level, 0, LBPF_ARG_ANYTHING);
