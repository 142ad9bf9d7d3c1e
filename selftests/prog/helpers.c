// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers: who may call which, and what they give, beside bpf(2).
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include "prog_test.h"

#define PACKET_BYTES	64

static unsigned char packet[PACKET_BYTES];

static unsigned int run(enum test_side side, const struct bpf_insn *insns, unsigned int nr)
{
	return run_insns(side, insns, nr, packet, sizeof(packet));
}

/* Is there a helper @id for this caller? */
static bool knows(enum test_side side, int id)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), CALL(id), MOV(BPF_REG_0, 0), EXIT() };
	int fd = load_insns(side, insns, NR(insns));

	if (fd >= 0)
		close(fd);
	return !strstr(verifier_log, "unknown func") && !strstr(verifier_log, "invalid func") &&
	       !strstr(verifier_log, "cannot use helper");
}

/* Helpers of later map types and program types, which bpf(2) has already. */
static bool is_pending(int id)
{
	static const int pending[] = {
		BPF_FUNC_strtol, BPF_FUNC_strtoul, BPF_FUNC_spin_lock, BPF_FUNC_spin_unlock,
		BPF_FUNC_get_current_task, BPF_FUNC_probe_read_user, BPF_FUNC_probe_read_kernel,
		BPF_FUNC_probe_read_user_str, BPF_FUNC_probe_read_kernel_str,
	};

	for (unsigned int i = 0; i < NR(pending); i++)
		if (pending[i] == id)
			return true;
	return id > BPF_FUNC_jiffies64 && id != BPF_FUNC_ktime_get_boot_ns &&
	       id != BPF_FUNC_ktime_get_coarse_ns && id != BPF_FUNC_ktime_get_tai_ns &&
	       id != BPF_FUNC_strncmp && id != BPF_FUNC_map_lookup_percpu_elem;
}

/* Later kernels offer more helpers to the same callers; lbpf is as 6.1. */
static bool is_later_kernel(void)
{
	struct utsname name;

	return uname(&name) || strncmp(name.release, "6.1.", 4);
}

/* lbpf offers nothing that bpf(2) would not, and what it has to the same callers. */
static void compare_sets(const char *who)
{
	int nr_wrong = 0, nr_both = 0;

	for (int id = 0; id < 230; id++) {
		bool want = knows(SIDE_KERNEL, id), got = knows(SIDE_LBPF, id);

		nr_both += want && got;
		if (want == got || (want && (is_pending(id) || is_later_kernel())))
			continue;
		nr_wrong++;
		ksft_print_msg("helper %d: bpf(2) %d, lbpf %d\n", id, want, got);
	}
	ksft_test_result(!nr_wrong && nr_both > 15, "helpers that exist: %s\n", who);
}

static void keep_caps(unsigned long long caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	syscall(SYS_capget, &header, data);
	data[0].effective = caps;
	data[1].effective = caps >> 32;
	if (syscall(SYS_capset, &header, data))
		ksft_exit_fail_msg("capset: %s\n", strerror(errno));
}

static void test_sets(void)
{
	compare_sets("root");
	drop_caps();
	compare_sets("unprivileged");
	restore_caps();
	keep_caps(1ULL << CAP_BPF);
	compare_sets("CAP_BPF");
	restore_caps();
	keep_caps(1ULL << CAP_BPF | 1ULL << CAP_PERFMON);
	compare_sets("CAP_BPF and CAP_PERFMON");
	restore_caps();
}

static unsigned int map_value(enum test_side side, int map, unsigned int key)
{
	unsigned int value = ~0u;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(&value);
	side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr);
	return value;
}

static void test_map(enum test_side side, unsigned int type, const char *name)
{
	int map = make_map(side, type, 4, 4, 4);
	struct bpf_insn update[] = {
		ST(BPF_W, BPF_REG_10, -4, 3), ST(BPF_W, BPF_REG_10, -8, 77),
		LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -4),
		MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -8),
		MOV(BPF_REG_4, BPF_ANY), CALL(BPF_FUNC_map_update_elem), EXIT(),
	};
	struct bpf_insn lookup[] = {
		ST(BPF_W, BPF_REG_10, -4, 3), LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JNE, BPF_REG_0, 0, 2), MOV(BPF_REG_0, 999), EXIT(),
		ST(BPF_W, BPF_REG_10, -8, 1),
		LDX(BPF_W, BPF_REG_1, BPF_REG_0, 0), ALU(BPF_ADD, BPF_REG_1, 1),
		STX(BPF_W, BPF_REG_0, BPF_REG_1, 0), MOV_X(BPF_REG_0, BPF_REG_1), EXIT(),
	};
	struct bpf_insn delete[] = {
		ST(BPF_W, BPF_REG_10, -4, 3), LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -4),
		CALL(BPF_FUNC_map_delete_elem), EXIT(),
	};
	bool is_array = type == BPF_MAP_TYPE_ARRAY;
	bool ok = run(side, lookup, NR(lookup)) == (is_array ? 1 : 999);

	ok &= run(side, update, NR(update)) == 0;
	ok &= map_value(side, map, 3) == 77;
	ok &= run(side, lookup, NR(lookup)) == 78 && map_value(side, map, 3) == 78;
	ok &= (int)run(side, delete, NR(delete)) == (is_array ? -EINVAL : 0);
	ok &= (int)run(side, delete, NR(delete)) == (is_array ? -EINVAL : -ENOENT);
	ok &= run(side, lookup, NR(lookup)) == (is_array ? 79 : 999);
	ksft_test_result(ok, "lookup, update, delete on %s: %s\n", name, side_name[side]);
	close(map);
}

static unsigned long long clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

/* A 64-bit result of helper @id, through an array. */
static unsigned long long call_64(enum test_side side, int id)
{
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	struct bpf_insn insns[] = {
		CALL(id), STX(BPF_DW, BPF_REG_10, BPF_REG_0, -8), ST(BPF_W, BPF_REG_10, -12, 0),
		LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -12),
		MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -8),
		MOV(BPF_REG_4, BPF_ANY), CALL(BPF_FUNC_map_update_elem), EXIT(),
	};
	unsigned long long value = 0;
	unsigned int key = 0;
	union bpf_attr attr;

	run(side, insns, NR(insns));
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(&value);
	side_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr);
	close(map);
	return value;
}

/* The helper's time lies between two readings of the same clock. */
static void test_clock(enum test_side side, int id, clockid_t clock, const char *name)
{
	unsigned long long before = clock_ns(clock);
	unsigned long long value = call_64(side, id);
	unsigned long long after = clock_ns(clock);

	ksft_test_result(before <= value && value <= after, "%s: %s\n", name, side_name[side]);
}

static void test_machine(enum test_side side)
{
	unsigned int seen = 0;
	bool ok = true;

	for (int cpu = 0; cpu < 2; cpu++) {
		if (!test_pin(cpu))
			continue;
		ok &= call_64(side, BPF_FUNC_get_smp_processor_id) == cpu;
	}
	ksft_test_result(ok, "get_smp_processor_id: %s\n", side_name[side]);
	ksft_test_result(call_64(side, BPF_FUNC_get_numa_node_id) == 0, "get_numa_node_id: %s\n",
			 side_name[side]);
	for (int i = 0; i < 16; i++)
		seen |= call_64(side, BPF_FUNC_get_prandom_u32);
	ok = call_64(side, BPF_FUNC_get_prandom_u32) <= ~0u && (seen & 0xf000000f) == 0xf000000f;
	ksft_test_result(ok, "get_prandom_u32: %s\n", side_name[side]);
}

/* skb_load_bytes(@off, @len): the first 4 bytes read, and R0, mixed. */
static unsigned int load_bytes(enum test_side side, int id, int off, int len, int start)
{
	struct bpf_insn insns[] = {
		ST(BPF_DW, BPF_REG_10, -8, 0x11), ST(BPF_DW, BPF_REG_10, -16, 0x22),
		MOV(BPF_REG_2, off), MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -16),
		MOV(BPF_REG_4, len), MOV(BPF_REG_5, start), CALL(id),
		LDX(BPF_W, BPF_REG_1, BPF_REG_10, -16), ALU(BPF_MUL, BPF_REG_0, 31),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_1), EXIT(),
	};

	return run(side, insns, NR(insns));
}

static void compare_load_bytes(int id, const char *name)
{
	static const int offs[] = { 0, 1, 20, 46, 47, 48, 49, 50, 51, 0xffff, 0x10000, -1, -14,
				    0x7fffffff };
	static const int lens[] = { 1, 2, 4, 16 };
	int nr_wrong = 0, nr_starts = id == BPF_FUNC_skb_load_bytes ? 1 : 3;

	for (unsigned int i = 0; i < NR(offs); i++)
		for (unsigned int j = 0; j < NR(lens); j++)
			for (int start = 0; start < nr_starts; start++)
				nr_wrong += load_bytes(SIDE_LBPF, id, offs[i], lens[j], start) !=
					    load_bytes(SIDE_KERNEL, id, offs[i], lens[j], start);
	ksft_test_result(!nr_wrong, "%s\n", name);
}

/* LD_ABS or LD_IND at @off; 0x5555 in R0 before, so that leaving the program shows as 0. */
static unsigned int load_packet(enum test_side side, int size, int off, bool is_indirect)
{
	struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), MOV(BPF_REG_0, 0x5555), MOV(BPF_REG_7, 5),
		is_indirect ? LD_IND(size, BPF_REG_7, off - 5) : LD_ABS(size, off),
		ALU(BPF_ADD, BPF_REG_0, 1), EXIT(),
	};

	return run(side, insns, NR(insns));
}

static void compare_packet_loads(bool is_indirect)
{
	static const int sizes[] = { BPF_B, BPF_H, BPF_W };
	static const int bases[] = { 0, SKF_NET_OFF, SKF_LL_OFF, SKF_AD_OFF };
	static const int offs[] = { -16, -14, -4, -1, 0, 1, 13, 14, 46, 47, 48, 49, 50, 63, 64 };
	int nr_wrong = 0, nr_left = 0;

	for (unsigned int i = 0; i < NR(bases); i++)
		for (unsigned int j = 0; j < NR(sizes); j++)
			for (unsigned int k = 0; k < NR(offs); k++) {
				unsigned int want, got;
				int off = offs[k];

				want = load_packet(SIDE_KERNEL, sizes[j], bases[i] + off,
						   is_indirect);
				got = load_packet(SIDE_LBPF, sizes[j], bases[i] + off, is_indirect);
				nr_left += !want;
				if (want == got)
					continue;
				if (!nr_wrong++)
					ksft_print_msg("base %d, offset %d, size 0x%x: bpf(2) 0x%x, lbpf 0x%x\n",
						       bases[i], off, sizes[j], want, got);
			}
	ksft_test_result(!nr_wrong && nr_left, "%s\n", is_indirect ? "LD_IND" : "LD_ABS");
}

/* strncmp() with a constant from a read-only, frozen array. */
static int compare_strings(enum test_side side, const char *text, int len)
{
	char constant[8] = "abcd", local[8] = {};
	unsigned int key = 0;
	unsigned long long word;
	union bpf_attr attr;
	int map, ret;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = sizeof(constant);
	attr.max_entries = 1;
	attr.map_flags = BPF_F_RDONLY_PROG;
	map = side_bpf(side, BPF_MAP_CREATE, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = PTR(&key);
	attr.value = PTR(constant);
	side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	side_bpf(side, BPF_MAP_FREEZE, &attr);
	strcpy(local, text);
	memcpy(&word, local, sizeof(word));
	{
		struct bpf_insn insns[] = {
			LD_IMM64(BPF_REG_1, 0, (int)word, (int)(word >> 32)),
			STX(BPF_DW, BPF_REG_10, BPF_REG_1, -8),
			MOV_X(BPF_REG_1, BPF_REG_10), ALU(BPF_ADD, BPF_REG_1, -8),
			MOV(BPF_REG_2, len),
			LD_IMM64(BPF_REG_3, BPF_PSEUDO_MAP_VALUE, map, 0),
			CALL(BPF_FUNC_strncmp), EXIT(),
		};

		ret = run(side, insns, NR(insns));
	}
	close(map);
	return (ret > 0) - (ret < 0);
}

static void test_strncmp(enum test_side side)
{
	ksft_test_result(compare_strings(side, "abcd", 8) == 0 &&
			 compare_strings(side, "abce", 8) > 0 &&
			 compare_strings(side, "abcc", 8) < 0 &&
			 compare_strings(side, "abcx", 3) == 0,
			 "strncmp: %s\n", side_name[side]);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(4 + 4 + 2 * (2 + 3 + 3 + 1));
	for (int i = 0; i < PACKET_BYTES; i++)
		packet[i] = 0x80 + i;
	test_sets();
	for (int side = 0; side < 2; side++) {
		test_map(side, BPF_MAP_TYPE_ARRAY, "array");
		test_map(side, BPF_MAP_TYPE_HASH, "hash");
		test_clock(side, BPF_FUNC_ktime_get_ns, CLOCK_MONOTONIC, "ktime_get_ns");
		test_clock(side, BPF_FUNC_ktime_get_boot_ns, CLOCK_BOOTTIME, "ktime_get_boot_ns");
		test_clock(side, BPF_FUNC_ktime_get_tai_ns, CLOCK_TAI, "ktime_get_tai_ns");
		test_machine(side);
		test_strncmp(side);
	}
	compare_load_bytes(BPF_FUNC_skb_load_bytes, "skb_load_bytes");
	compare_load_bytes(BPF_FUNC_skb_load_bytes_relative, "skb_load_bytes_relative");
	compare_packet_loads(false);
	compare_packet_loads(true);
	ksft_finished();
}
