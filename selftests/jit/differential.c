// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs on lbpf and on bpf(2): the same result, the same registers,
 * the same maps.
 *
 * Where bpf(2) lacks the instructions of cpu=v4 it runs the same program with
 * older instructions in their place.
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
#include "../system/raw_types.h"
#include "generate.h"

#define NR_PROGRAMS	1500
/* Programs that showed a fault once: they come first. */
static const uint64_t found[] = { 86189 };
/* Each with other contents of the maps and another packet. */
#define NR_RUNS		2
#define MAX_CPUS	64
#define MAX_KEYS	8
#define MAX_USER_VALUE	(MAX_SMALL_BYTES * MAX_CPUS > VALUE_BYTES ? \
			 MAX_SMALL_BYTES * MAX_CPUS : VALUE_BYTES)
#define NR_MESSAGES	10

static int map_fd[2][NR_RANDOM_MAPS], btf_fd[2];
static bool has_v4[2];

/* For information: time spent loading and running. */
static uint64_t load_ns[2], run_ns[2];

/* What a run leaves. */
struct outcome {
	int		error;
	uint32_t	retval;
	bool		has_key[NR_VALUE_MAPS][MAX_KEYS];
	uint8_t		value[NR_VALUE_MAPS][MAX_KEYS][VALUE_BYTES];
};

/* What all programs left. */
struct totals {
	unsigned long	nr_run;
	unsigned long	nr_v4;
	unsigned long	nr_inner;
	unsigned long	nr_tail_calls;
	unsigned long	nr_loops;
	unsigned long	nr_refused;
	unsigned long	nr_verdicts;
	unsigned long	nr_results;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

static bool is_percpu(const struct random_map_kind *kind)
{
	return kind->type == BPF_MAP_TYPE_PERCPU_ARRAY || kind->type == BPF_MAP_TYPE_PERCPU_HASH;
}

static bool is_array(const struct random_map_kind *kind)
{
	return kind->type == BPF_MAP_TYPE_ARRAY || kind->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static bool make_maps(enum test_side side)
{
	int i;

	for (i = 0; i < NR_RANDOM_MAPS; i++) {
		union bpf_attr attr = {
			.map_type = random_maps[i].type, .key_size = random_maps[i].key_bytes,
			.value_size = random_maps[i].value_bytes,
			.max_entries = random_maps[i].nr_entries,
			.map_flags = random_maps[i].flags,
		};

		if (i == OUTER_ARRAY_MAP)
			attr.inner_map_fd = map_fd[side][INNER_ARRAY_MAP];
		if (i == OUTER_HASH_MAP)
			attr.inner_map_fd = map_fd[side][INNER_HASH_MAP];
		map_fd[side][i] = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
		if (map_fd[side][i] < 0)
			return false;
	}
	return true;
}

static int elem(enum test_side side, int cmd, enum random_map map, uint32_t number, void *value)
{
	uint32_t key[MAX_KEY_BYTES / 4] = { number };
	union bpf_attr attr = { .map_fd = map_fd[side][map], .key = (unsigned long)key,
				.value = (unsigned long)value };

	return test_bpf(side, cmd, &attr, sizeof(attr));
}

static void fill_bytes(uint8_t *to, unsigned int nr, uint64_t seed)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		to[i] = (seed * 0x9e3779b97f4a7c15ull >> (i % 57)) * (i + 1);
}

/* Values are the same on all CPUs. */
static void reset_map(enum test_side side, enum random_map map, uint64_t seed)
{
	const struct random_map_kind *kind = &random_maps[map];
	static uint8_t value[MAX_USER_VALUE];
	uint32_t i, nr = is_array(kind) ? kind->nr_entries : kind->nr_keys;

	fill_bytes(value, VALUE_BYTES, seed);
	for (i = 1; is_percpu(kind) && i < MAX_CPUS; i++)
		memcpy(value + i * kind->value_bytes, value, kind->value_bytes);
	for (i = 0; i < nr; i++) {
		if (is_array(kind) || seed >> (i + map) & 1)
			elem(side, BPF_MAP_UPDATE_ELEM, map, i, value);
		else
			elem(side, BPF_MAP_DELETE_ELEM, map, i, NULL);
	}
}

/* This CPU's value; the others' are not changed by a program. */
static void read_map(enum test_side side, enum random_map map, struct outcome *outcome)
{
	const struct random_map_kind *kind = &random_maps[map];
	static uint8_t value[MAX_USER_VALUE];
	uint32_t i;

	for (i = 0; i < kind->nr_keys; i++) {
		bool *has_key = &outcome->has_key[map][i];

		*has_key = !elem(side, BPF_MAP_LOOKUP_ELEM, map, i, value);
		if (*has_key)
			memcpy(outcome->value[map][i], value, kind->value_bytes);
	}
}

static int load(enum test_side side, struct random_prog *prog)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insn_cnt = prog->nr_insns,
				.insns = (unsigned long)prog->insns,
				.license = (unsigned long)"GPL" };
	struct bpf_func_info funcs[MAX_FUNCS];
	unsigned int i;
	int fd;

	for (i = 0; i < prog->nr_funcs; i++)
		funcs[i] = (struct bpf_func_info){ prog->funcs[i], RAW_FUNC_ID };
	if (prog->nr_funcs) {
		attr.prog_btf_fd = btf_fd[side];
		attr.func_info = (unsigned long)funcs;
		attr.func_info_rec_size = sizeof(funcs[0]);
		attr.func_info_cnt = prog->nr_funcs;
	}
	for (i = 0; i < prog->nr_map_refs; i++)
		prog->insns[prog->map_refs[i].insn].imm = map_fd[side][prog->map_refs[i].map];
	load_ns[side] -= now_ns();
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	load_ns[side] += now_ns();
	return fd;
}

static bool load_types(enum test_side side)
{
	struct raw_types types;
	union bpf_attr attr = { .btf = (unsigned long)&types, .btf_size = sizeof(types) };

	make_raw_types(&types);
	btf_fd[side] = test_bpf(side, BPF_BTF_LOAD, &attr, sizeof(attr));
	return btf_fd[side] >= 0;
}

/* Some places of maps of maps stay empty, and of the program array. */
static bool fill_outer_maps(enum test_side side)
{
	static struct random_prog prog;
	bool is_good = true;
	uint32_t i;
	int fd;

	for (i = 0; i < 4; i += 2)
		is_good &= !elem(side, BPF_MAP_UPDATE_ELEM, OUTER_ARRAY_MAP, i,
				 &map_fd[side][INNER_ARRAY_MAP]);
	for (i = 0; i < 8; i += 3)
		is_good &= !elem(side, BPF_MAP_UPDATE_ELEM, OUTER_HASH_MAP, i,
				 &map_fd[side][INNER_HASH_MAP]);
	for (i = 0; i < NR_TARGETS; i++) {
		generate_target(&prog, i);
		fd = load(side, &prog);
		is_good &= fd >= 0 && !elem(side, BPF_MAP_UPDATE_ELEM, PROG_MAP, i, &fd);
		close(fd);
	}
	return is_good;
}

static void run(enum test_side side, int prog_fd, unsigned int uses_maps, uint64_t seed,
		struct outcome *outcome)
{
	uint8_t packet[PACKET_BYTES];
	union bpf_attr attr = { 0 };
	int i;

	memset(outcome, 0, sizeof(*outcome));
	fill_bytes(packet, sizeof(packet), seed);
	for (i = 0; i < NR_VALUE_MAPS; i++)
		if (uses_maps & 1 << i)
			reset_map(side, i, seed);
	attr.test.prog_fd = prog_fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1;
	run_ns[side] -= now_ns();
	if (test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		outcome->error = errno;
	run_ns[side] += now_ns();
	outcome->retval = attr.test.retval;
	for (i = 0; i < NR_VALUE_MAPS; i++)
		if (uses_maps & 1 << i)
			read_map(side, i, outcome);
}

static void compare_runs(const int *prog_fd, unsigned int uses_maps, uint64_t seed,
			 struct totals *totals)
{
	static struct outcome outcome[2];
	int i;

	for (i = 0; i < NR_RUNS; i++) {
		uint64_t contents = seed * NR_RUNS + i;

		run(SIDE_KERNEL, prog_fd[SIDE_KERNEL], uses_maps, contents, &outcome[SIDE_KERNEL]);
		run(SIDE_LBPF, prog_fd[SIDE_LBPF], uses_maps, contents, &outcome[SIDE_LBPF]);
		if (!memcmp(&outcome[0], &outcome[1], sizeof(outcome[0])))
			continue;
		if (totals->nr_results++ < NR_MESSAGES)
			ksft_print_msg("seed %llu run %d: result %x, bpf(2) has %x\n",
				       (unsigned long long)seed, i, outcome[SIDE_LBPF].retval,
				       outcome[SIDE_KERNEL].retval);
	}
}

/* Long programs take long to verify; most of what goes wrong does so in short ones. */
static unsigned int nr_items_of(uint64_t seed)
{
	return seed % 16 ? 3 + seed % 10 : 4 + seed / 16 % 60;
}

static void count_pieces(const struct random_prog *prog, struct totals *totals)
{
	totals->nr_v4 += prog->nr_v4 != 0;
	totals->nr_inner += !!(prog->uses_maps & (1 << OUTER_ARRAY_MAP | 1 << OUTER_HASH_MAP));
	totals->nr_tail_calls += prog->uses_maps >> PROG_MAP & 1;
	totals->nr_loops += prog->nr_funcs != 0;
}

static void compare_prog(uint64_t seed, struct totals *totals)
{
	static struct random_prog prog;
	int fd[2], error[2] = { 0 };
	int side;

	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		generate_prog(&prog, seed, nr_items_of(seed), !has_v4[side]);
		fd[side] = load(side, &prog);
		error[side] = fd[side] < 0 ? errno : 0;
	}
	if (!error[0] && !error[1]) {
		totals->nr_run++;
		count_pieces(&prog, totals);
		compare_runs(fd, prog.uses_maps, seed, totals);
	} else if (error[0] && error[1]) {
		totals->nr_refused++;
	} else if (totals->nr_verdicts++ < NR_MESSAGES) {
		ksft_print_msg("seed %llu: errno %d, bpf(2) has %d\n", (unsigned long long)seed,
			       error[SIDE_LBPF], error[SIDE_KERNEL]);
	}
	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
		if (!error[side])
			close(fd[side]);
}

/* A move that extends the sign of a byte. */
static bool knows_v4(enum test_side side)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_1,
		  .off = 8 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insn_cnt = sizeof(insns) / sizeof(*insns),
				.insns = (unsigned long)insns,
				.license = (unsigned long)"GPL" };
	int fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static void print_costs(const struct totals *totals, unsigned long nr)
{
	ksft_print_msg("%lu programs, %lu run, %lu refused by both\n", nr, totals->nr_run,
		       totals->nr_refused);
	ksft_print_msg("run: %lu with cpu=v4, %lu maps of maps, %lu tail calls, %lu loops\n",
		       totals->nr_v4, totals->nr_inner, totals->nr_tail_calls, totals->nr_loops);
	ksft_print_msg("each: load %llu us, bpf(2) %llu us; run %llu us, bpf(2) %llu us\n",
		       (unsigned long long)load_ns[SIDE_LBPF] / nr / 1000,
		       (unsigned long long)load_ns[SIDE_KERNEL] / nr / 1000,
		       (unsigned long long)run_ns[SIDE_LBPF] / nr / 1000,
		       (unsigned long long)run_ns[SIDE_KERNEL] / nr / 1000);
}

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 0) : NR_PROGRAMS;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, seed;
	struct totals totals = { 0 };
	unsigned int i;
	int side;

	ksft_print_header();
	ksft_set_plan(4);
	/* Programs see the number of the CPU, and its values. */
	test_pin(0);
	generate_loops = test_kernel_is_reference();
	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
		if (!make_maps(side) || !load_types(side) || !fill_outer_maps(side))
			ksft_exit_fail_msg("no maps: %s\n", strerror(errno));
	has_v4[SIDE_LBPF] = knows_v4(SIDE_LBPF);
	has_v4[SIDE_KERNEL] = knows_v4(SIDE_KERNEL);
	for (i = 0; i < sizeof(found) / sizeof(*found); i++)
		compare_prog(found[i], &totals);
	for (seed = first; seed < first + nr; seed++) {
		compare_prog(seed, &totals);
		if ((seed - first + 1) % 10000 == 0)
			ksft_print_msg("%llu programs\n", (unsigned long long)(seed - first + 1));
	}
	print_costs(&totals, nr);
	ksft_test_result(has_v4[SIDE_LBPF], "the instructions of cpu=v4 are known\n");
	ksft_test_result(totals.nr_run > nr / 2, "most programs are accepted\n");
	ksft_test_result(!totals.nr_verdicts, "the same programs are accepted\n");
	ksft_test_result(!totals.nr_results, "results, registers and maps are the same\n");
	ksft_finished();
}
