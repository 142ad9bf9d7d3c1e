// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the tunnel that a packet came through, or goes through.
 *
 * Layer: helpers.  Source: bpf_skb_set_tunnel_key() and its kin in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/skbuff.h>
#include <net/dst_metadata.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>

#include <lbpf/compat.h>

#include "helper.h"
#include "protos.h"
#include "skb.h"

#define KEY_FLAGS							\
	(BPF_F_TUNINFO_IPV6 | BPF_F_ZERO_CSUM_TX | BPF_F_DONT_FRAGMENT | BPF_F_SEQ_NUMBER)
#define KEY_END(member)		offsetof(struct bpf_tunnel_key, member)

/* Earlier forms of the key end before this one does; one of them has no room for IPv6. */
static bool is_key_size(u32 bytes, bool is_v6)
{
	switch (bytes) {
	case sizeof(struct bpf_tunnel_key):
	case KEY_END(local_ipv6[0]):
	case KEY_END(tunnel_label):
	case KEY_END(tunnel_ext):
		return true;
	case KEY_END(remote_ipv6[1]):
		return !is_v6;
	default:
		return false;
	}
}

static void read_addresses(struct bpf_tunnel_key *to, const struct ip_tunnel_key *key, bool is_v6)
{
	if (!is_v6) {
		to->remote_ipv4 = be32_to_cpu(key->u.ipv4.src);
		to->local_ipv4 = be32_to_cpu(key->u.ipv4.dst);
		return;
	}
	memcpy(to->remote_ipv6, &key->u.ipv6.src, sizeof(to->remote_ipv6));
	memcpy(to->local_ipv6, &key->u.ipv6.dst, sizeof(to->local_ipv6));
	to->tunnel_label = be32_to_cpu(key->label);
}

static int read_key(const struct sk_buff *skb, struct bpf_tunnel_key *to, u32 size, u64 flags)
{
	const struct ip_tunnel_info *info = skb_tunnel_info((struct sk_buff *)skb);
	bool is_v6 = flags & BPF_F_TUNINFO_IPV6;

	if (!info || flags & ~(BPF_F_TUNINFO_IPV6 | BPF_F_TUNINFO_FLAGS))
		return -EINVAL;
	if (ip_tunnel_info_af(info) != (is_v6 ? AF_INET6 : AF_INET))
		return -EPROTO;
	if (!is_key_size(size, is_v6))
		return -EINVAL;
	to->tunnel_id = be64_to_cpu(info->key.tun_id);
	to->tunnel_tos = info->key.tos;
	to->tunnel_ttl = info->key.ttl;
	if (flags & BPF_F_TUNINFO_FLAGS)
		to->tunnel_flags = lbpf_tunnel_flags(info);
	read_addresses(to, &info->key, is_v6);
	return 0;
}

HELPER_4(get_key, const struct sk_buff *, skb, void *, to, u32, size, u64, flags)
{
	struct bpf_tunnel_key key = {};
	int err = read_key(skb, &key, size, flags);

	/* The program may read it, whatever happened. */
	if (err)
		memset(to, 0, size);
	else
		memcpy(to, &key, size);
	return err;
}

const struct lbpf_proto lbpf_get_tunnel_key_proto =
	SKB_PROTO(skb_get_tunnel_key, get_key, 0, LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE,
		  LBPF_ARG_ANYTHING);

static void write_key(struct ip_tunnel_info *info, const struct bpf_tunnel_key *from, u64 flags)
{
	struct ip_tunnel_key *key = &info->key;

	info->mode = IP_TUNNEL_INFO_TX;
	lbpf_tunnel_add_flag(info, LBPF_TUNNEL_FLAG(KEY));
	lbpf_tunnel_add_flag(info, LBPF_TUNNEL_FLAG(NOCACHE));
	if (flags & BPF_F_DONT_FRAGMENT)
		lbpf_tunnel_add_flag(info, LBPF_TUNNEL_FLAG(DONT_FRAGMENT));
	if (!(flags & BPF_F_ZERO_CSUM_TX))
		lbpf_tunnel_add_flag(info, LBPF_TUNNEL_FLAG(CSUM));
	if (flags & BPF_F_SEQ_NUMBER)
		lbpf_tunnel_add_flag(info, LBPF_TUNNEL_FLAG(SEQ));
	key->tun_id = cpu_to_be64(from->tunnel_id);
	key->tos = from->tunnel_tos;
	key->ttl = from->tunnel_ttl;
	if (!(flags & BPF_F_TUNINFO_IPV6)) {
		key->u.ipv4.dst = cpu_to_be32(from->remote_ipv4);
		key->u.ipv4.src = cpu_to_be32(from->local_ipv4);
		key->flow_flags = FLOWI_FLAG_ANYSRC;
		return;
	}
	info->mode |= IP_TUNNEL_INFO_IPV6;
	memcpy(&key->u.ipv6.dst, from->remote_ipv6, sizeof(from->remote_ipv6));
	memcpy(&key->u.ipv6.src, from->local_ipv6, sizeof(from->local_ipv6));
	key->label = cpu_to_be32(from->tunnel_label) & IPV6_FLOWLABEL_MASK;
}

/*
 * A destination of the packet's own, with room for options: it lives as long as the packet does,
 * also where that outlives the module.
 */
static struct metadata_dst *new_dst(void)
{
	return metadata_dst_alloc(IP_TUNNEL_OPTS_MAX, METADATA_IP_TUNNEL, GFP_ATOMIC);
}

static void set_dst(struct sk_buff *skb, struct metadata_dst *dst)
{
	skb_dst_drop(skb);
	skb_dst_set(skb, &dst->dst);
}

HELPER_4(set_key, struct sk_buff *, skb, const void *, from, u32, size, u64, flags)
{
	struct bpf_tunnel_key key = {};
	struct metadata_dst *dst;

	if (flags & ~KEY_FLAGS || !is_key_size(size, false))
		return -EINVAL;
	memcpy(&key, from, size);
	if ((!(flags & BPF_F_TUNINFO_IPV6) && key.tunnel_label) || key.tunnel_ext)
		return -EINVAL;
	dst = new_dst();
	if (!dst)
		return -ENOMEM;
	write_key(&dst->u.tun_info, &key, flags);
	set_dst(skb, dst);
	return 0;
}

const struct lbpf_proto lbpf_set_tunnel_key_proto =
	SKB_PROTO(skb_set_tunnel_key, set_key, 0, LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE,
		  LBPF_ARG_ANYTHING);

HELPER_3(get_opts, struct sk_buff *, skb, void *, to, u32, size)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(skb);

	memset(to, 0, size);
	if (!info || !lbpf_tunnel_has_options(info))
		return -ENOENT;
	if (size < info->options_len)
		return -ENOMEM;
	ip_tunnel_info_opts_get(to, info);
	return info->options_len;
}

const struct lbpf_proto lbpf_get_tunnel_opt_proto =
	SKB_PROTO(skb_get_tunnel_opt, get_opts, 0, LBPF_ARG_MEM | LBPF_UNINIT,
		  LBPF_ARG_CONST_SIZE);

/* Other destinations may have less room: the packet gets one more. */
HELPER_3(set_opts, struct sk_buff *, skb, const void *, from, u32, size)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(skb);
	struct metadata_dst *dst;

	if (!info || !(info->mode & IP_TUNNEL_INFO_TX) || size & (sizeof(u32) - 1))
		return -EINVAL;
	if (size > IP_TUNNEL_OPTS_MAX)
		return -ENOMEM;
	dst = new_dst();
	if (!dst)
		return -ENOMEM;
	dst->u.tun_info.key = info->key;
	dst->u.tun_info.mode = info->mode;
	lbpf_tunnel_set_options(&dst->u.tun_info, from, size);
	set_dst(skb, dst);
	return 0;
}

const struct lbpf_proto lbpf_set_tunnel_opt_proto =
	SKB_PROTO(skb_set_tunnel_opt, set_opts, 0, LBPF_ARG_MEM | LBPF_RDONLY,
		  LBPF_ARG_CONST_SIZE);
