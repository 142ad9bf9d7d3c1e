// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_map_lookup_percpu_elem(): programs reach the values of every CPU, as on bpf(2).
 */
#include <kselftest.h>
#include <insns.h>

#include "maps.h"

#define NR_KEYS		5
#define NR_FILLED	3
#define NR_ROUNDS	2
#define MISSED		12345

static const struct {
	const char	*name;
	struct map_spec	spec;
} kinds[] = {
	{ "array", { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, NR_FILLED, 0 } },
	{ "array, odd size", { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 20, NR_FILLED, 0 } },
	{ "hash", { BPF_MAP_TYPE_PERCPU_HASH, 4, 8, NR_KEYS, 0 } },
	{ "hash, not preallocated", { BPF_MAP_TYPE_PERCPU_HASH, 4, 20, NR_KEYS,
				      BPF_F_NO_PREALLOC } },
	{ "LRU hash", { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 12, NR_KEYS, 0 } },
};

static __u32 value_of(__u32 key, __u32 cpu)
{
	return 100 * key + 10 * cpu + 1;
}

/* Bytes of the value of one CPU, as userspace has it. */
static __u32 stride_of(const struct map_spec *spec)
{
	return (spec->value_size + 7) & ~7U;
}

static int fill(enum test_side side, const struct map_spec *spec)
{
	int fd = map_create(side, spec), err = 0;
	static char values[4096];
	__u32 key, cpu;

	for (key = 0; key < NR_FILLED && fd >= 0 && !err; key++) {
		for (cpu = 0; cpu < nr_possible_cpus(); cpu++)
			*(__u32 *)(values + cpu * stride_of(spec)) = value_of(key, cpu);
		err = map_update(side, fd, &key, values, BPF_ANY);
	}
	return err ? err : fd;
}

/* The value of key cb[0] on CPU cb[1], which becomes one more; or MISSED. */
static int load(enum test_side side, int map)
{
	const struct bpf_insn insns[] = {
		LDX(BPF_W, 3, 1, offsetof(struct __sk_buff, cb) + 4),
		LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, cb)), STX(BPF_W, 10, 2, -4),
		MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4), LD_MAP_FD(1, map),
		CALL(BPF_FUNC_map_lookup_percpu_elem), JMP_IMM(BPF_JNE, 0, 0, 2),
		MOV_IMM(0, MISSED), EXIT(),
		MOV(1, 0), LDX(BPF_W, 0, 1, 0), MOV(2, 0), ALU64_IMM(BPF_ADD, 2, 1),
		STX(BPF_W, 1, 2, 0), EXIT(),
	};
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS,
				.insn_cnt = sizeof(insns) / sizeof(*insns),
				.insns = (uintptr_t)insns, .license = (uintptr_t)"GPL" };

	return map_cmd(side, BPF_PROG_LOAD, &attr);
}

static __u32 run(enum test_side side, int prog, __u32 key, __u32 cpu)
{
	struct __sk_buff ctx = { .cb = { key, cpu } };
	char packet[64] = {};
	union bpf_attr attr = {};

	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = (uintptr_t)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	return map_cmd(side, BPF_PROG_TEST_RUN, &attr) ? ~0U : attr.test.retval;
}

static bool gives(enum test_side side, int prog, __u32 key, __u32 cpu, __u32 want)
{
	__u32 got = run(side, prog, key, cpu);

	if (got == want)
		return true;
	ksft_print_msg("key %u, CPU %u: %u, not %u\n", key, cpu, got, want);
	return false;
}

/* Every CPU NR_ROUNDS times, and CPUs that are not there. */
static bool reads_key(enum test_side side, int prog, __u32 key)
{
	const __u32 missing[] = { nr_possible_cpus(), 4096, 1U << 31, ~0U };
	__u32 cpu, round;
	bool ok = true;

	for (round = 0; round < NR_ROUNDS; round++)
		for (cpu = 0; cpu < nr_possible_cpus(); cpu++)
			ok = ok && gives(side, prog, key, cpu, key < NR_FILLED ?
					 value_of(key, cpu) + round : MISSED);
	for (size_t i = 0; i < ARRAY_SIZE_OF(missing); i++)
		ok = ok && gives(side, prog, key, missing[i], MISSED);
	return ok;
}

/* What programs wrote is where userspace looks for it. */
static bool was_written(enum test_side side, int map, const struct map_spec *spec, __u32 key)
{
	static char values[4096];
	bool ok = !map_lookup(side, map, &key, values);
	__u32 cpu;

	for (cpu = 0; cpu < nr_possible_cpus(); cpu++)
		ok = ok && *(__u32 *)(values + cpu * stride_of(spec)) ==
			   value_of(key, cpu) + NR_ROUNDS;
	return ok;
}

static bool works(enum test_side side, const struct map_spec *spec)
{
	int map = fill(side, spec), prog = load(side, map);
	bool ok = map >= 0 && prog >= 0;
	__u32 key;

	for (key = 0; key < NR_KEYS; key++)
		ok = ok && reads_key(side, prog, key);
	for (key = 0; key < NR_FILLED; key++)
		ok = ok && was_written(side, map, spec, key);
	close(prog);
	close(map);
	return ok;
}

/* Maps without values per CPU: the program is refused, with the same errno. */
static bool is_refused(void)
{
	const struct map_spec spec = { BPF_MAP_TYPE_HASH, 4, 8, 4, 0 };
	int ours = map_create(SIDE_LBPF, &spec), theirs = map_create(SIDE_KERNEL, &spec);
	int err = load(SIDE_LBPF, ours);

	return err < 0 && err == load(SIDE_KERNEL, theirs);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE_OF(kinds) + 1);
	for (size_t i = 0; i < ARRAY_SIZE_OF(kinds); i++)
		ksft_test_result(works(SIDE_LBPF, &kinds[i].spec) &&
				 works(SIDE_KERNEL, &kinds[i].spec),
				 "values of any CPU: %s\n", kinds[i].name);
	ksft_test_result(is_refused(), "other maps have none\n");
	ksft_finished();
}
