// SPDX-License-Identifier: GPL-2.0
/*
 * Socket filter that counts packets and bytes by IP protocol.
 */
#include <stddef.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <bpf/bpf_helpers.h>
#include "count.h"

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, struct count);
} by_protocol SEC(".maps");

/* The IP protocol of a packet, or NOT_IP. */
static __u32 find_protocol(struct __sk_buff *skb)
{
	switch (load_half(skb, offsetof(struct ethhdr, h_proto))) {
	case ETH_P_IP:
		return load_byte(skb, ETH_HLEN + offsetof(struct iphdr, protocol));
	case ETH_P_IPV6:
		return load_byte(skb, ETH_HLEN + offsetof(struct ipv6hdr, nexthdr));
	}
	return NOT_IP;
}

SEC("socket")
int count_packets(struct __sk_buff *skb)
{
	struct count first = { .packets = 1, .bytes = skb->len };
	struct count *count;
	__u32 protocol;

	/* A packet socket on lo sees every packet twice: leaving and arriving. */
	if (skb->pkt_type == PACKET_OUTGOING)
		return 0;
	protocol = find_protocol(skb);
	count = bpf_map_lookup_elem(&by_protocol, &protocol);
	/* When another CPU is first to insert it, the element is there for the second try. */
	if (!count && !bpf_map_update_elem(&by_protocol, &protocol, &first, BPF_NOEXIST))
		return 0;
	if (!count)
		count = bpf_map_lookup_elem(&by_protocol, &protocol);
	if (count) {
		__sync_fetch_and_add(&count->packets, 1);
		__sync_fetch_and_add(&count->bytes, skb->len);
	}
	/* Keep none of it: counting is all that the socket is for. */
	return 0;
}

char _license[] SEC("license") = "GPL";
