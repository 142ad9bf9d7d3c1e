// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs on lbpf and on bpf(2): the same result, the same registers,
 * the same maps.
 *
 * Arguments: [programs [first seed]].
 */
#include <errno.h>
#include <kselftest.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <lbpf_test.h>
#include "generate.h"

#define NR_PROGRAMS	2000
#define NR_KEYS		8
#define HASH_VALUE	16
#define PACKET_BYTES	64

/* Maps of one side: an array of one value, a hash map with 4-byte keys. */
static int array_fd[2], hash_fd[2];

/* For information: time spent loading. */
static uint64_t load_ns[2];

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* What a run leaves. */
struct outcome {
	int		load_errno;
	uint32_t	retval;
	uint8_t		value[VALUE_BYTES];
	uint8_t		hash[NR_KEYS][HASH_VALUE];
	bool		has_key[NR_KEYS];
};

static int make_map(enum test_side side, uint32_t type, uint32_t value_bytes, uint32_t nr)
{
	union bpf_attr attr = { .map_type = type, .key_size = 4, .value_size = value_bytes,
				.max_entries = nr };

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int elem(enum test_side side, int cmd, int fd, uint32_t key, void *value)
{
	union bpf_attr attr = { .map_fd = fd, .key = (unsigned long)&key,
				.value = (unsigned long)value };

	return test_bpf(side, cmd, &attr, sizeof(attr));
}

static void reset_maps(enum test_side side, uint64_t seed)
{
	uint8_t value[VALUE_BYTES];
	uint32_t i;

	for (i = 0; i < VALUE_BYTES; i++)
		value[i] = (seed * 0x9e3779b97f4a7c15ull >> (i % 57)) * (i + 1);
	elem(side, BPF_MAP_UPDATE_ELEM, array_fd[side], 0, value);
	for (i = 0; i < NR_KEYS; i++) {
		elem(side, BPF_MAP_DELETE_ELEM, hash_fd[side], i, NULL);
		if (seed >> i & 1)
			elem(side, BPF_MAP_UPDATE_ELEM, hash_fd[side], i, value + i);
	}
}

static int load(enum test_side side, struct random_prog *prog)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insn_cnt = prog->nr_insns,
				.insns = (unsigned long)prog->insns,
					.license = (unsigned long)"GPL" };
	unsigned int i;

	for (i = 0; i < prog->nr_map_refs; i++)
		prog->insns[prog->map_refs[i].insn].imm =
			prog->map_refs[i].is_hash ? hash_fd[side] : array_fd[side];
	return test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static void run(enum test_side side, struct random_prog *prog, uint64_t seed,
		struct outcome *outcome)
{
	uint8_t packet[PACKET_BYTES] = { 0 };
	union bpf_attr attr = { 0 };
	uint32_t i;
	int fd;

	memset(outcome, 0, sizeof(*outcome));
	reset_maps(side, seed);
	load_ns[side] -= now_ns();
	fd = load(side, prog);
	load_ns[side] += now_ns();
	if (fd < 0) {
		outcome->load_errno = errno;
		return;
	}
	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1;
	if (test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		outcome->load_errno = -errno;
	outcome->retval = attr.test.retval;
	close(fd);
	elem(side, BPF_MAP_LOOKUP_ELEM, array_fd[side], 0, outcome->value);
	for (i = 0; i < NR_KEYS; i++)
		outcome->has_key[i] = !elem(side, BPF_MAP_LOOKUP_ELEM, hash_fd[side], i,
					    outcome->hash[i]);
}

static bool make_maps(void)
{
	int side;

	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		array_fd[side] = make_map(side, BPF_MAP_TYPE_ARRAY, VALUE_BYTES, 1);
		hash_fd[side] = make_map(side, BPF_MAP_TYPE_HASH, HASH_VALUE, 64);
		if (array_fd[side] < 0 || hash_fd[side] < 0)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : NR_PROGRAMS;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, seed;
	unsigned long nr_run = 0, nr_refused = 0, nr_verdicts = 0, nr_results = 0;
	static struct random_prog prog;
	struct outcome want, got;

	ksft_print_header();
	ksft_set_plan(3);
	if (!make_maps())
		ksft_exit_fail_msg("no maps: %s\n", strerror(errno));
	for (seed = first; seed < first + nr; seed++) {
		generate_prog(&prog, seed, 5 + seed % 60);
		run(SIDE_KERNEL, &prog, seed, &want);
		run(SIDE_LBPF, &prog, seed, &got);
		if (!want.load_errno != !got.load_errno) {
			if (nr_verdicts++ < 10)
				ksft_print_msg("seed %llu: errno %d, bpf(2) has %d\n",
					       (unsigned long long)seed,
					       got.load_errno, want.load_errno);
			continue;
		}
		if (want.load_errno) {
			nr_refused++;
			continue;
		}
		nr_run++;
		if (!memcmp(&want, &got, sizeof(want)))
			continue;
		if (nr_results++ < 10)
			ksft_print_msg("seed %llu: result %x, bpf(2) has %x\n",
				       (unsigned long long)seed,
				       got.retval, want.retval);
	}
	ksft_print_msg("%lu programs, %lu run, %lu refused by both\n", nr, nr_run, nr_refused);
	ksft_print_msg("loading: %llu us each, bpf(2) %llu us\n",
		       (unsigned long long)load_ns[SIDE_LBPF] / nr / 1000,
		       (unsigned long long)load_ns[SIDE_KERNEL] / nr / 1000);
	ksft_test_result(nr_run > nr / 2, "most programs are accepted\n");
	ksft_test_result(!nr_verdicts, "the same programs are accepted\n");
	ksft_test_result(!nr_results, "results, registers and maps are the same\n");
	ksft_finished();
}
