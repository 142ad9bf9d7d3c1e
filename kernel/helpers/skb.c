// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on socket buffers, and the functions behind LD_ABS and LD_IND.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/skbuff.h>
#include <linux/sock_diag.h>
#include <net/inet_sock.h>

#include <lbpf/helpers.h>

#include "helper.h"
#include "protos.h"

HELPER_4(load_bytes, const struct sk_buff *, skb, u32, off, void *, to, u32, len)
{
	if (off <= INT_MAX && !skb_copy_bits(skb, off, to, len))
		return 0;
	/* The program may read it, whatever happened. */
	memset(to, 0, len);
	return -EFAULT;
}

const struct lbpf_proto lbpf_skb_load_bytes_proto = {
	.name	= "skb_load_bytes",
	.id	= BPF_FUNC_skb_load_bytes,
	.fn	= load_bytes,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
		    LBPF_ARG_CONST_SIZE },
};

/* Programs that choose a socket have it in their context. */
HELPER_4(reuseport_load, const struct sk_reuseport_kern *, ctx, u32, off, void *, to, u32, len)
{
	return load_bytes_body(ctx->skb, off, to, len);
}

const struct lbpf_proto lbpf_reuseport_load_proto = {
	.name	= "skb_load_bytes",
	.id	= BPF_FUNC_skb_load_bytes,
	.fn	= reuseport_load,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
		    LBPF_ARG_CONST_SIZE },
};

/* Flow dissectors may have a packet, or its first bytes alone, as in test runs. */
HELPER_4(flow_load, const struct bpf_flow_dissector *, ctx, u32, off, void *, to, u32, len)
{
	if (ctx->skb && off <= 0xffff)
		return load_bytes_body(ctx->skb, off, to, len);
	memset(to, 0, len);
	return -EFAULT;
}

const struct lbpf_proto lbpf_flow_load_proto = {
	.name	= "skb_load_bytes",
	.id	= BPF_FUNC_skb_load_bytes,
	.fn	= flow_load,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
		    LBPF_ARG_CONST_SIZE },
};

/* Where header @start_header begins, or NULL.  Source: enum bpf_hdr_start_off. */
static const void *find_header(const struct sk_buff *skb, u32 start_header)
{
	if (start_header == BPF_HDR_START_MAC && skb_mac_header_was_set(skb))
		return skb_mac_header(skb);
	if (start_header == BPF_HDR_START_NET)
		return skb_network_header(skb);
	return NULL;
}

HELPER_5(load_relative, const struct sk_buff *, skb, u32, off, void *, to, u32, len,
	 u32, start_header)
{
	const void *start = find_header(skb, start_header);

	if (start && off <= 0xffff && off + len <= skb_tail_pointer(skb) - (const u8 *)start) {
		memcpy(to, start + off, len);
		return 0;
	}
	memset(to, 0, len);
	return -EFAULT;
}

const struct lbpf_proto lbpf_skb_load_relative_proto = {
	.name	= "skb_load_bytes_relative",
	.id	= BPF_FUNC_skb_load_bytes_relative,
	.fn	= load_relative,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
		    LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING },
};

HELPER_5(reuseport_load_relative, const struct sk_reuseport_kern *, ctx, u32, off, void *, to,
	 u32, len, u32, start_header)
{
	return load_relative_body(ctx->skb, off, to, len, start_header);
}

const struct lbpf_proto lbpf_reuseport_load_relative_proto = {
	.name	= "skb_load_bytes_relative",
	.id	= BPF_FUNC_skb_load_bytes_relative,
	.fn	= reuseport_load_relative,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
		    LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING },
};

HELPER_1(socket_cookie, const struct sk_buff *, skb)
{
	u32 halves[2];

	if (!skb->sk)
		return 0;
	/* The one door to the kernel's numbering of sockets that modules have. */
	sock_diag_save_cookie(skb->sk, halves);
	return (u64)halves[1] << 32 | halves[0];
}

const struct lbpf_proto lbpf_socket_cookie_proto = {
	.name	= "get_socket_cookie",
	.id	= BPF_FUNC_get_socket_cookie,
	.fn	= socket_cookie,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

HELPER_1(socket_uid, const struct sk_buff *, skb)
{
	struct sock *sk = skb_to_full_sk(skb);

	if (!sk || !sk_fullsock(sk))
		return overflowuid;
	return from_kuid_munged(sock_net(sk)->user_ns, sock_net_uid(sock_net(sk), sk));
}

const struct lbpf_proto lbpf_socket_uid_proto = {
	.name	= "get_socket_uid",
	.id	= BPF_FUNC_get_socket_uid,
	.fn	= socket_uid,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_CTX },
};

/* A negative offset counts from the network or the mac header.  Source: SKF_NET_OFF, SKF_LL_OFF. */
static const void *find_negative(const struct sk_buff *skb, int off, u32 size)
{
	const u8 *pos;

	if (off >= SKF_NET_OFF)
		pos = skb_network_header(skb) + off - SKF_NET_OFF;
	else if (off >= SKF_LL_OFF && skb_mac_header_was_set(skb))
		pos = skb_mac_header(skb) + off - SKF_LL_OFF;
	else
		return NULL;
	return pos >= skb->head && pos + size <= skb_tail_pointer(skb) ? pos : NULL;
}

/* What is not in the linear part, or named by a negative offset.  Apart: it needs a stack. */
static noinline s64 load_slow(const struct sk_buff *skb, int off, u32 size)
{
	const u8 *bytes;
	u8 copy[4];
	s64 number = 0;
	u32 i;

	if (off < 0)
		bytes = find_negative(skb, off, size);
	else
		bytes = skb_copy_bits(skb, off, copy, size) ? NULL : copy;
	if (!bytes)
		return -EFAULT;
	for (i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

/* Are these bytes in the linear part?  A negative offset is far behind it. */
static __always_inline bool is_linear(const struct sk_buff *skb, int off, u32 size)
{
	return likely((u64)(u32)off + size <= skb_headlen(skb));
}

/**
 * lbpf_skb_load_1() - LD_ABS and LD_IND of one byte
 * @skb: Packet.
 * @data: Not used.
 * @len: Not used.
 * @off: Offset in the packet, bytes; negative: SKF_NET_OFF, SKF_LL_OFF.
 *
 * Context: Any.
 * Return: The byte, or -EFAULT.
 */
s64 lbpf_skb_load_1(const struct sk_buff *skb, const void *data, int len, int off)
{
	if (!is_linear(skb, off, 1))
		return load_slow(skb, off, 1);
	return skb->data[off];
}

/**
 * lbpf_skb_load_2() - LD_ABS and LD_IND of two bytes
 * @skb: Packet.
 * @data: Not used.
 * @len: Not used.
 * @off: Offset in the packet, bytes; negative: SKF_NET_OFF, SKF_LL_OFF.
 *
 * Context: Any.
 * Return: The number in host order, or -EFAULT.
 */
s64 lbpf_skb_load_2(const struct sk_buff *skb, const void *data, int len, int off)
{
	if (!is_linear(skb, off, 2))
		return load_slow(skb, off, 2);
	return be16_to_cpup((const __be16 *)(skb->data + off));
}

/**
 * lbpf_skb_load_4() - LD_ABS and LD_IND of four bytes
 * @skb: Packet.
 * @data: Not used.
 * @len: Not used.
 * @off: Offset in the packet, bytes; negative: SKF_NET_OFF, SKF_LL_OFF.
 *
 * Context: Any.
 * Return: The number in host order, or -EFAULT.
 */
s64 lbpf_skb_load_4(const struct sk_buff *skb, const void *data, int len, int off)
{
	if (!is_linear(skb, off, 4))
		return load_slow(skb, off, 4);
	return (s64)be32_to_cpup((const __be32 *)(skb->data + off));
}
