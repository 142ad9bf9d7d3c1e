/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs as people write them: parsers, loops, maps, functions.
 *
 * Compiled twice, by real_o1.bpf.c and real_o2.bpf.c.  Those whose name starts
 * with bad_ are wrong.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define NR_BUCKETS	16
#define MAX_OPTIONS	10
#define NAME_BYTES	16

struct flow {
	__u32	saddr;
	__u32	daddr;
	__u16	sport;
	__u16	dport;
	__u32	proto;
};

struct counts {
	__u64	packets;
	__u64	bytes;
	__u32	buckets[NR_BUCKETS];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, sizeof(struct counts));
} totals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__uint(key_size, sizeof(struct flow));
	__uint(value_size, sizeof(struct counts));
} flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 256);
} scratch SEC(".maps");

static __always_inline struct counts *find_total(__u32 key)
{
	return bpf_map_lookup_elem(&totals, &key);
}

/* log2, as a counter of sizes needs it. */
static __noinline __u32 bucket_of(__u32 bytes)
{
	__u32 log = 0;
	int i;

	for (i = 0; i < NR_BUCKETS - 1; i++) {
		if (bytes <= 1)
			break;
		bytes >>= 1;
		log++;
	}
	return log;
}

SEC("socket")
int count_by_size(struct __sk_buff *skb)
{
	struct counts *counts = find_total(0);
	__u32 bucket = bucket_of(skb->len);

	if (!counts || bucket >= NR_BUCKETS)
		return 0;
	__sync_fetch_and_add(&counts->packets, 1);
	__sync_fetch_and_add(&counts->bytes, skb->len);
	counts->buckets[bucket]++;
	return 0;
}

static __noinline int parse_ports(void *data, void *data_end, struct flow *flow)
{
	struct udphdr *ports = data;

	if ((void *)(ports + 1) > data_end)
		return -1;
	flow->sport = bpf_ntohs(ports->source);
	flow->dport = bpf_ntohs(ports->dest);
	return 0;
}

static __always_inline void *parse_ip(void *data, void *data_end, struct flow *flow)
{
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	__u32 header_bytes;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IP))
		return NULL;
	header_bytes = ip->ihl * 4;
	if (header_bytes < sizeof(*ip))
		return NULL;
	flow->saddr = ip->saddr;
	flow->daddr = ip->daddr;
	flow->proto = ip->protocol;
	return (void *)ip + header_bytes;
}

SEC("tc")
int count_flows(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct counts fresh = { .packets = 1 };
	struct flow flow = { 0 };
	struct counts *counts;
	void *payload = parse_ip(data, data_end, &flow);

	if (!payload)
		return TC_ACT_OK;
	if (flow.proto == IPPROTO_TCP || flow.proto == IPPROTO_UDP)
		if (parse_ports(payload, data_end, &flow))
			return TC_ACT_SHOT;
	counts = bpf_map_lookup_elem(&flows, &flow);
	if (!counts) {
		fresh.bytes = skb->len;
		bpf_map_update_elem(&flows, &flow, &fresh, BPF_NOEXIST);
		return TC_ACT_OK;
	}
	counts->packets++;
	counts->bytes += skb->len;
	return TC_ACT_OK;
}

/* The maximum segment size among the options of a TCP header. */
SEC("tc")
int find_mss(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct flow flow = { 0 };
	struct tcphdr *tcp = parse_ip(data, data_end, &flow);
	__u8 *option;
	int i;

	if (!tcp || flow.proto != IPPROTO_TCP || (void *)(tcp + 1) > data_end)
		return TC_ACT_OK;
	option = (void *)(tcp + 1);
	for (i = 0; i < MAX_OPTIONS; i++) {
		if ((void *)(option + 2) > data_end || option[0] == 0)
			break;
		if (option[0] == 1) {
			option++;
			continue;
		}
		if (option[0] == 2) {
			if ((void *)(option + 4) > data_end)
				break;
			skb->mark = option[2] << 8 | option[3];
			return TC_ACT_OK;
		}
		if (option[1] < 2 || option[1] > 40)
			break;
		option += option[1];
	}
	return TC_ACT_OK;
}

SEC("xdp")
int drop_extension_headers(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct ipv6hdr *ip = (void *)(eth + 1);
	__u8 *next, kind;
	int i;

	if ((void *)(ip + 1) > data_end || eth->h_proto != bpf_htons(ETH_P_IPV6))
		return XDP_PASS;
	next = (void *)(ip + 1);
	kind = ip->nexthdr;
	for (i = 0; i < 6; i++) {
		if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_ROUTING && kind != IPPROTO_DSTOPTS)
			return XDP_PASS;
		if ((void *)(next + 8) > data_end)
			return XDP_DROP;
		kind = next[0];
		next += 8 + (next[1] & 31) * 8;
	}
	return XDP_DROP;
}

/* A string on the stack, hashed; a table of names in the program's text would need a map. */
SEC("socket")
int hash_name(struct __sk_buff *skb)
{
	char name[NAME_BYTES];
	__u32 hash = 5381, len;
	int i;

	__builtin_memset(name, 0, sizeof(name));
	len = skb->len & (NAME_BYTES - 1);
	if (bpf_skb_load_bytes(skb, 0, name, NAME_BYTES))
		return 0;
	for (i = 0; i < NAME_BYTES; i++) {
		if (i >= len)
			break;
		hash = hash * 33 + name[i];
	}
	return hash;
}

static __noinline int depth3(__u64 *sum, int n)
{
	__u64 local[8] = { 0 };
	int i;

	for (i = 0; i < 8; i++)
		local[i] = *sum + i * n;
	*sum += local[n & 7];
	return *sum > 1000;
}

static __noinline int depth2(__u64 *sum, int n)
{
	return depth3(sum, n) + depth3(sum, n + 1);
}

static __noinline int depth1(__u64 *sum, int n)
{
	return depth2(sum, n) + depth2(sum, n * 2);
}

SEC("socket")
int nested_calls(struct __sk_buff *skb)
{
	__u64 sum = skb->len;
	int i, result = 0;

	for (i = 0; i < 4; i++)
		result += depth1(&sum, i);
	return result;
}

/* Sorts what is in a per-CPU scratch area. */
SEC("socket")
int sort_bytes(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u8 *bytes = bpf_map_lookup_elem(&scratch, &key), swapped;
	int i, j;

	if (!bytes)
		return 0;
	for (i = 0; i < 8; i++)
		for (j = 0; j + 1 < 8; j++)
			if (bytes[j] > bytes[j + 1]) {
				swapped = bytes[j];
				bytes[j] = bytes[j + 1];
				bytes[j + 1] = swapped;
			}
	return bytes[0];
}

/* A state machine over the bytes of a packet. */
SEC("tc")
int match_pattern(struct __sk_buff *skb)
{
	void *data_end = (void *)(long)skb->data_end;
	__u8 *byte = (void *)(long)skb->data;
	__u32 state = 0;
	int i;

	for (i = 0; i < 64; i++, byte++) {
		if ((void *)(byte + 1) > data_end)
			break;
		switch (state) {
		case 0:
			state = *byte == 'G' ? 1 : 0;
			break;
		case 1:
			state = *byte == 'E' ? 2 : 0;
			break;
		case 2:
			state = *byte == 'T' ? 3 : 0;
			break;
		default:
			return TC_ACT_SHOT;
		}
	}
	return TC_ACT_OK;
}

SEC("socket")
int divide_and_shift(struct __sk_buff *skb)
{
	__u32 a = skb->len, b = skb->protocol, c = skb->ifindex;
	__s32 d = (__s32)a - (__s32)b;
	__u64 r = a;

	if (b)
		r = r / b + r % b;
	if (d < 0)
		r ^= -d;
	r = r << (c & 31) | r >> (32 - (c & 31));
	return r + (a * 7 - b / 3);
}

/* Wrong: the result of a lookup is not compared with NULL. */
SEC("socket")
int bad_no_null_check(struct __sk_buff *skb)
{
	struct counts *counts = find_total(1);

	counts->packets++;
	return 0;
}

/* Wrong: one bucket too many. */
SEC("socket")
int bad_bucket(struct __sk_buff *skb)
{
	struct counts *counts = find_total(0);
	__u32 bucket = skb->len;

	if (!counts || bucket > NR_BUCKETS)
		return 0;
	counts->buckets[bucket]++;
	return 0;
}

/* Wrong: the check is of fewer bytes than are read. */
SEC("tc")
int bad_packet(struct __sk_buff *skb)
{
	void *data_end = (void *)(long)skb->data_end;
	struct ethhdr *eth = (void *)(long)skb->data;

	if ((void *)eth + 8 > data_end)
		return TC_ACT_OK;
	return eth->h_proto == bpf_htons(ETH_P_ARP) ? TC_ACT_SHOT : TC_ACT_OK;
}

/* Wrong: the loop has no end. */
SEC("socket")
int bad_loop(struct __sk_buff *skb)
{
	volatile __u32 go_on = 1;

	while (go_on)
		;
	return 0;
}

/* Wrong: an index into the stack without a bound. */
SEC("socket")
int bad_stack_index(struct __sk_buff *skb)
{
	volatile char bytes[16];
	__u32 i = skb->len;

	bytes[0] = 0;
	bytes[i & 31] = 1;
	return bytes[0];
}

char _license[] SEC("license") = "GPL";
