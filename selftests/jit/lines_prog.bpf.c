// SPDX-License-Identifier: GPL-2.0
/* Two functions with names and lines. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __attribute__((noinline)) int odd_bytes(struct __sk_buff *skb)
{
	int len = skb->len;

	return len & 1 ? len : 0;
}

SEC("socket")
int count_odd_bytes_of_packets(struct __sk_buff *skb)
{
	int odd = odd_bytes(skb);

	return odd + bpf_get_smp_processor_id();
}

char _license[] SEC("license") = "GPL";
