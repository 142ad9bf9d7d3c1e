// SPDX-License-Identifier: GPL-2.0
/*
 * Hit ratio of LRU hash maps as caches, lbpf beside the kernel and beside exact LRU.
 *
 * A program looks up the keys of a packet and inserts those that are missing, as a
 * cache is used; the same traces run on both sides, on one CPU.
 *
 * usage: lru
 */
#include <linux/filter.h>
#include <math.h>
#include <sched.h>

#include "../maps/maps.h"
#include "insns.h"

#define NR_PER_RUN	32
#define NR_ACCESSES	(1 << 17)
/* A socket filter sees what follows the Ethernet header. */
#define HEADER_BYTES	14

static __u32 trace[NR_ACCESSES];

/* Loads four bytes of the packet, looks them up, inserts or counts in R7. */
#define ACCESS(i)								\
	MOV(BPF_REG_1, BPF_REG_6), MOV_IMM(BPF_REG_2, 4 * (i)),			\
	MOV(BPF_REG_3, BPF_REG_10), ALU64_IMM(BPF_ADD, BPF_REG_3, -4),		\
	MOV_IMM(BPF_REG_4, 4), CALL(BPF_FUNC_skb_load_bytes),			\
	LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_10),			\
	ALU64_IMM(BPF_ADD, BPF_REG_2, -4), CALL(BPF_FUNC_map_lookup_elem),	\
	JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 2), ALU64_IMM(BPF_ADD, BPF_REG_7, 1), JA(8), \
	LD_MAP_FD(BPF_REG_1, map), MOV(BPF_REG_2, BPF_REG_10),			\
	ALU64_IMM(BPF_ADD, BPF_REG_2, -4), MOV(BPF_REG_3, BPF_REG_10),		\
	ALU64_IMM(BPF_ADD, BPF_REG_3, -16), MOV_IMM(BPF_REG_4, 0),		\
	CALL(BPF_FUNC_map_update_elem)

#define ACCESS_4(i)	ACCESS(i), ACCESS(i + 1), ACCESS(i + 2), ACCESS(i + 3)
#define ACCESS_16(i)	ACCESS_4(i), ACCESS_4(i + 4), ACCESS_4(i + 8), ACCESS_4(i + 12)

static int load(enum test_side side, int map)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_6, BPF_REG_1), MOV_IMM(BPF_REG_7, 0),
		ST_IMM(BPF_DW, BPF_REG_10, -16, 1),
		ACCESS_16(0), ACCESS_16(16),
		MOV(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	union bpf_attr attr = {};

	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE_OF(insns);
	attr.license = (uintptr_t)"GPL";
	return map_cmd(side, BPF_PROG_LOAD, &attr);
}

/* Hits of the trace in a map of @nr entries; negative: it cannot be run. */
static double map_ratio(enum test_side side, __u32 nr, __u32 flags)
{
	struct map_spec spec = { BPF_MAP_TYPE_LRU_HASH, 4, 8, nr, flags };
	int map = map_create(side, &spec), prog = load(side, map);
	__u64 hits = 0;

	for (int i = 0; i < NR_ACCESSES; i += NR_PER_RUN) {
		__u8 packet[HEADER_BYTES + NR_PER_RUN * 4] = {};
		union bpf_attr attr = {};

		memcpy(packet + HEADER_BYTES, &trace[i], NR_PER_RUN * 4);
		attr.test.prog_fd = prog;
		attr.test.data_in = (uintptr_t)packet;
		attr.test.data_size_in = sizeof(packet);
		if (map_cmd(side, BPF_PROG_TEST_RUN, &attr))
			return -1;
		hits += attr.test.retval;
	}
	close(map);
	close(prog);
	return (double)hits / NR_ACCESSES;
}

/* Exact LRU: the time of the last use of each key, and the oldest goes. */
static double exact_ratio(__u32 nr)
{
	static __u32 keys[1 << 14], used[1 << 14];
	__u32 nr_in = 0, hits = 0, at, oldest;

	for (__u32 i = 0; i < NR_ACCESSES; i++) {
		oldest = 0;
		for (at = 0; at < nr_in && keys[at] != trace[i]; at++)
			if (used[at] < used[oldest])
				oldest = at;
		if (at < nr_in)
			hits++;
		else
			at = nr_in < nr ? nr_in++ : oldest;
		keys[at] = trace[i];
		used[at] = i;
	}
	return (double)hits / NR_ACCESSES;
}

static double uniform(void)
{
	static __u64 state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) / 9007199254740992.0;
}

/* Key n, from 1 up, with a probability as n to the power of -@exponent. */
static __u32 zipf(double exponent, __u32 nr_keys)
{
	static double sum[1 << 16], of_exponent;
	__u32 low = 0, high = nr_keys - 1, mid;
	double x;

	if (of_exponent != exponent) {
		for (__u32 i = 0; i < nr_keys; i++)
			sum[i] = (i ? sum[i - 1] : 0) + pow(i + 1, -exponent);
		of_exponent = exponent;
	}
	x = uniform() * sum[nr_keys - 1];
	while (low < high) {
		mid = (low + high) / 2;
		if (sum[mid] < x)
			low = mid + 1;
		else
			high = mid;
	}
	return low + 1;
}

static void make_zipf(double exponent)
{
	for (int i = 0; i < NR_ACCESSES; i++)
		trace[i] = zipf(exponent, 10000) * 2654435761U;
}

/* The same, and every 6000 accesses 2000 keys in a row that are used once. */
static void make_scans(double exponent)
{
	for (int i = 0; i < NR_ACCESSES; i++)
		trace[i] = i % 6000 < 4000 ? zipf(exponent, 10000) * 2654435761U : 1000000U + i;
}

/* The keys that are used most become others, eight times in all. */
static void make_drift(double exponent)
{
	for (int i = 0; i < NR_ACCESSES; i++)
		trace[i] = (zipf(exponent, 10000) + i / (NR_ACCESSES / 8) * 3000) * 2654435761U;
}

/* Each key some times soon after one another, and then never again. */
static void make_bursts(double reach)
{
	for (int i = 0; i < NR_ACCESSES; i++)
		trace[i] = (__u32)(i / 4 + (int)(uniform() * uniform() * reach)) * 2654435761U;
}

/* Round and round through a bit more than fits. */
static void make_loop(double part)
{
	for (int i = 0; i < NR_ACCESSES; i++)
		trace[i] = (__u32)(i % (int)(1000 * part)) * 2654435761U;
}

static const struct {
	const char *name;
	void (*make)(double arg);
	double arg;
} traces[] = {
	{ "Zipf 0.8", make_zipf, 0.8 },
	{ "Zipf 1.0", make_zipf, 1.0 },
	{ "Zipf 1.2", make_zipf, 1.2 },
	{ "Zipf 1.0 with scans", make_scans, 1.0 },
	{ "Zipf 1.0, drifting", make_drift, 1.0 },
	{ "bursts", make_bursts, 400 },
	{ "loop of 0.9", make_loop, 0.9 },
	{ "loop of 1.1", make_loop, 1.1 },
};

int main(void)
{
	static const __u32 sizes[] = { 100, 1000 };
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	for (size_t t = 0; t < ARRAY_SIZE_OF(traces); t++) {
		traces[t].make(traces[t].arg);
		for (size_t s = 0; s < ARRAY_SIZE_OF(sizes); s++)
			printf("%-20s %5u entries: lbpf %.4f  kernel %.4f  exact LRU %.4f  own lists: lbpf %.4f  kernel %.4f\n",
			       traces[t].name, sizes[s], map_ratio(SIDE_LBPF, sizes[s], 0),
			       map_ratio(SIDE_KERNEL, sizes[s], 0), exact_ratio(sizes[s]),
			       map_ratio(SIDE_LBPF, sizes[s], BPF_F_NO_COMMON_LRU),
			       map_ratio(SIDE_KERNEL, sizes[s], BPF_F_NO_COMMON_LRU));
		fflush(stdout);
	}
	return 0;
}
