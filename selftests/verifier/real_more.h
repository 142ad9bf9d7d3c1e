/* SPDX-License-Identifier: GPL-2.0 */
/*
 * More programs as people write them: callbacks, locks, timers, rings, global data.
 *
 * Compiled twice, by real_more_o1.bpf.c and real_more_o2.bpf.c.  Those whose name starts with
 * bad_ are wrong.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define MAX_VLANS	4
#define NR_WORDS	16
#define LABEL_BYTES	12

struct bucket {
	struct bpf_spin_lock	lock;
	__u32			tokens;
	__u64			filled_ns;
};

struct alarm {
	struct bpf_timer	timer;
	__u64			nr_fired;
};

struct event {
	__u64	when_ns;
	__u32	len;
	__u32	protocol;
	char	label[LABEL_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct alarm);
} alarms SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, __u64);
} sums SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} stages SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} recent SEC(".maps");

__u32 nr_seen;
__u64 bitmap[NR_WORDS];
const volatile __u32 limit_bytes = 1500;

/* Tokens come with time; a packet takes one. */
SEC("tc")
int limit_rate(struct __sk_buff *skb)
{
	__u32 key = skb->ifindex & 31;
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &key);
	__u64 now_ns = bpf_ktime_get_ns();
	int verdict = TC_ACT_OK;

	if (!bucket)
		return TC_ACT_OK;
	bpf_spin_lock(&bucket->lock);
	if (now_ns - bucket->filled_ns > 1000000) {
		bucket->tokens = 100;
		bucket->filled_ns = now_ns;
	}
	if (bucket->tokens)
		bucket->tokens--;
	else
		verdict = TC_ACT_SHOT;
	bpf_spin_unlock(&bucket->lock);
	return verdict;
}

static int count_alarm(void *map, __u32 *key, struct alarm *alarm)
{
	alarm->nr_fired++;
	if (alarm->nr_fired < 10)
		bpf_timer_start(&alarm->timer, 1000000, 0);
	return 0;
}

SEC("tc")
int start_alarm(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct alarm *alarm = bpf_map_lookup_elem(&alarms, &key);

	if (!alarm)
		return TC_ACT_OK;
	if (!bpf_timer_init(&alarm->timer, &alarms, 1))
		bpf_timer_set_callback(&alarm->timer, count_alarm);
	bpf_timer_start(&alarm->timer, 1000000, 0);
	return TC_ACT_OK;
}

static __always_inline void put_label(struct event *event, const char *label)
{
	int i;

	for (i = 0; i < LABEL_BYTES - 1 && label[i]; i++)
		event->label[i] = label[i];
	event->label[i] = 0;
}

SEC("tc")
int report_packet(struct __sk_buff *skb)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return TC_ACT_OK;
	event->when_ns = bpf_ktime_get_ns();
	event->len = skb->len;
	event->protocol = skb->protocol;
	put_label(event, skb->len > limit_bytes ? "long" : "short");
	if (skb->len < 14)
		bpf_ringbuf_discard(event, 0);
	else
		bpf_ringbuf_submit(event, 0);
	return TC_ACT_OK;
}

struct vote {
	__u32	len;
	__u32	nr_larger;
	__u64	sum;
};

struct bpf_map;

static int add_sum(struct bpf_map *map, __u32 *key, __u64 *value, struct vote *vote)
{
	vote->sum += *value;
	if (*value > vote->len)
		vote->nr_larger++;
	return vote->nr_larger > 4;
}

SEC("socket")
int sum_all(struct __sk_buff *skb)
{
	struct vote vote = { .len = skb->len };

	bpf_for_each_map_elem(&sums, add_sum, &vote, 0);
	return vote.sum + vote.nr_larger;
}

static int mark_bit(__u32 i, __u32 *bits)
{
	if (*bits & (1U << (i & 31)))
		__sync_fetch_and_add(&nr_seen, 1);
	*bits = *bits * 1664525 + 1013904223;
	return 0;
}

SEC("socket")
int count_bits(struct __sk_buff *skb)
{
	__u32 bits = skb->hash;

	bpf_loop(skb->len & 63, mark_bit, &bits, 0);
	return bits;
}

/* The first free bit. */
SEC("socket")
int take_bit(struct __sk_buff *skb)
{
	__u64 word;
	__u32 i, j;

	for (i = 0; i < NR_WORDS; i++) {
		word = bitmap[i];
		if (!~word)
			continue;
		for (j = 0; j < 64; j++)
			if (!(word >> j & 1))
				break;
		if (j == 64)
			continue;
		bitmap[i] = word | 1ULL << j;
		return i * 64 + j;
	}
	return -1;
}

struct vlan {
	__be16	tag;
	__be16	protocol;
};

SEC("xdp")
int skip_vlans(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *data_end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	__u32 off = sizeof(*eth);
	__be16 protocol;
	int i;

	if ((void *)(eth + 1) > data_end)
		return XDP_PASS;
	protocol = eth->h_proto;
#pragma unroll
	for (i = 0; i < MAX_VLANS; i++) {
		struct vlan *vlan = data + off;

		if (protocol != bpf_htons(ETH_P_8021Q) && protocol != bpf_htons(ETH_P_8021AD))
			break;
		if ((void *)(vlan + 1) > data_end)
			return XDP_DROP;
		protocol = vlan->protocol;
		off += sizeof(*vlan);
	}
	if (protocol != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	if (data + off + sizeof(struct iphdr) > data_end)
		return XDP_DROP;
	return ((struct iphdr *)(data + off))->protocol == IPPROTO_ICMP ? XDP_DROP : XDP_PASS;
}

/* Sum of a header of variable length, as 16-bit words. */
SEC("tc")
int check_header(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *data_end = (void *)(long)skb->data_end;
	struct iphdr *ip = data + sizeof(struct ethhdr);
	__u16 *word = (void *)ip;
	__u32 sum = 0;
	int i;

	if ((void *)(ip + 1) > data_end)
		return TC_ACT_OK;
	for (i = 0; i < 30; i++) {
		if (i >= ip->ihl * 2 || (void *)(word + 1) > data_end)
			break;
		sum += *word++;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff ? TC_ACT_OK : TC_ACT_SHOT;
}

/* Verified by itself: any caller, any argument. */
__noinline int clamp(int value, int low, int high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

SEC("socket")
int call_global(struct __sk_buff *skb)
{
	__u32 key = clamp(skb->len / 64, 0, 7);
	__u64 *sum = bpf_map_lookup_elem(&sums, &key);

	if (sum)
		*sum += skb->len;
	return key & 7;
}

SEC("socket")
int go_on(struct __sk_buff *skb)
{
	__u64 now_ns = bpf_ktime_get_ns();
	__u32 key = skb->hash;

	bpf_map_update_elem(&recent, &key, &now_ns, BPF_ANY);
	bpf_tail_call(skb, &stages, skb->protocol & 3);
	bpf_map_delete_elem(&recent, &key);
	return 0;
}

SEC("kprobe")
int read_name(void *ctx)
{
	char name[16], copy[16] = { 0 };
	__u32 key = bpf_get_current_pid_tgid() >> 32;
	__u64 *last;
	int i;

	if (bpf_get_current_comm(name, sizeof(name)))
		return 0;
	for (i = 0; i < 15 && name[i]; i++)
		copy[i] = name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i];
	last = bpf_map_lookup_elem(&recent, &key);
	if (last)
		*last = *(__u64 *)copy;
	return 0;
}

/* Wrong: one way out keeps what was reserved. */
SEC("tc")
int bad_keeps_event(struct __sk_buff *skb)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return TC_ACT_OK;
	event->len = skb->len;
	if (skb->len < 14)
		return TC_ACT_SHOT;
	bpf_ringbuf_submit(event, 0);
	return TC_ACT_OK;
}

/* Wrong: used after it was handed over. */
SEC("tc")
int bad_late_write(struct __sk_buff *skb)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);

	if (!event)
		return TC_ACT_OK;
	bpf_ringbuf_submit(event, 0);
	event->len = skb->len;
	return TC_ACT_OK;
}

/* Wrong: a way out with the lock held. */
SEC("tc")
int bad_keeps_lock(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct bucket *bucket = bpf_map_lookup_elem(&buckets, &key);

	if (!bucket)
		return TC_ACT_OK;
	bpf_spin_lock(&bucket->lock);
	if (!bucket->tokens)
		return TC_ACT_SHOT;
	bucket->tokens--;
	bpf_spin_unlock(&bucket->lock);
	return TC_ACT_OK;
}

/* Wrong: the callback gets a number that nothing bounds. */
static int write_word(__u32 i, __u64 *words)
{
	bitmap[i] = *words;
	return 0;
}

SEC("socket")
int bad_callback(struct __sk_buff *skb)
{
	__u64 words = skb->len;

	bpf_loop(16, write_word, &words, 0);
	return 0;
}

/* Wrong: constants may not be written. */
SEC("socket")
int bad_constant(struct __sk_buff *skb)
{
	*(volatile __u32 *)&limit_bytes = skb->len;
	return 0;
}

char _license[] SEC("license") = "GPL";
