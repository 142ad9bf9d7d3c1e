// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups in full hash maps by a program long enough that they are compiled in
 * place: every key, those that are there and those that are not.
 *
 * The maps have buckets with chains, and tags that match with other keys.  And maps
 * of maps, where some places are empty, and hash maps of several lengths in them, also while they
 * are replaced.
 */
#include <errno.h>
#include <kselftest.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define NR_ENTRIES	4000
#define NR_KEYS		(2 * NR_ENTRIES)
/* A verifier walks all of it; each run looks at some keys. */
#define KEYS_PER_RUN	200
#define NR_FILLERS	80
#define MAX_INSNS	256
#define MAX_CPUS	64
#define NR_REPLACED	20

static const struct {
	const char	*name;
	uint32_t	type;
	uint32_t	flags;
} types[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "per-CPU hash, not preallocated", BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC },
	{ "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0 },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0 },
	{ "per-CPU LRU hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 0 },
};

static const uint32_t key_bytes[] = { 4, 8, 16 };

static struct bpf_insn insns[MAX_INSNS];
static unsigned int nr_insns;

static void put(struct bpf_insn insn)
{
	insns[nr_insns++] = insn;
}

static void put_map(int reg, int map_fd)
{
	const struct bpf_insn load[] = { LD_MAP_FD(reg, map_fd) };

	put(load[0]);
	put(load[1]);
}

/* R9 = the map at place cb[1] of an array of maps, whose address is not known before. */
static void put_inner(int outer_fd)
{
	put(LDX(BPF_W, 1, 1, offsetof(struct __sk_buff, cb) + 4));
	put(STX(BPF_W, 10, 1, -20));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -20));
	put_map(1, outer_fd);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JNE, 0, 0, 1));
	put(EXIT());
	put(MOV(9, 0));
}

/*
 * R0 = sum of the values of the keys from cb[0] on, and in the upper half how many there are; in
 * the map, or in one of the maps in it.
 */
static void build(int map_fd, bool is_outer)
{
	unsigned int first, i;

	nr_insns = 0;
	put(LDX(BPF_W, 8, 1, offsetof(struct __sk_buff, cb)));
	if (is_outer)
		put_inner(map_fd);
	put(MOV_IMM(7, 0));
	for (i = 0; i < NR_FILLERS; i++)
		put(ALU64_IMM(BPF_ADD, 7, 1));
	put(MOV_IMM(6, KEYS_PER_RUN));
	put(MOV_IMM(7, 0));
	for (i = 0; i < 16; i += 8)
		put(ST_IMM(BPF_DW, 10, -16 + (int)i, 0));
	first = nr_insns;
	put(STX(BPF_W, 10, 8, -16));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -16));
	if (is_outer)
		put(MOV(1, 9));
	else
		put_map(1, map_fd);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 5));
	put(LDX(BPF_W, 1, 0, 0));
	put(ALU64(BPF_ADD, 7, 1));
	put(MOV_IMM(1, 1));
	put(ALU64_IMM(BPF_LSH, 1, 20));
	put(ALU64(BPF_ADD, 7, 1));
	put(ALU64_IMM(BPF_ADD, 8, 1));
	put(ALU64_IMM(BPF_SUB, 6, 1));
	put(JMP_IMM(BPF_JNE, 6, 0, (int)first - (int)nr_insns - 1));
	put(MOV(0, 7));
	put(EXIT());
}

static int make_map(uint32_t type, uint32_t bytes, uint32_t flags, uint32_t nr)
{
	union bpf_attr attr = { .map_type = type, .key_size = bytes, .value_size = 8,
				.max_entries = nr, .map_flags = flags };

	return lbpf_sys(BPF_MAP_CREATE, &attr);
}

/* Every second key, the value being the rest of its division by 97. */
static bool fill(int map_fd, uint32_t nr)
{
	union bpf_attr attr = { .map_fd = map_fd };
	uint64_t value[MAX_CPUS];
	uint32_t key[4] = { 0 };
	unsigned int i, cpu;

	attr.key = (unsigned long)key;
	attr.value = (unsigned long)value;
	for (i = 0; i < nr; i++) {
		key[0] = 2 * i;
		for (cpu = 0; cpu < MAX_CPUS; cpu++)
			value[cpu] = key[0] % 97;
		if (lbpf_sys(BPF_MAP_UPDATE_ELEM, &attr))
			return false;
	}
	return true;
}

static int load(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = nr_insns,
				.insns = (unsigned long)insns, .license = (unsigned long)"GPL" };

	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

/* In a map of @nr entries. */
static uint32_t expected(uint32_t first, uint32_t nr)
{
	uint32_t sum = 0, i;

	for (i = first; i < first + KEYS_PER_RUN; i++)
		if (i < 2 * nr && !(i & 1))
			sum += i % 97 + (1 << 20);
	return sum;
}

static bool run_prog(int prog_fd, uint32_t first, uint32_t place, uint32_t *result)
{
	struct __sk_buff ctx = { .cb = { first, place } };
	uint8_t packet[64] = { 0 };
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = prog_fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = (unsigned long)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	attr.test.repeat = 1;
	if (lbpf_sys(BPF_PROG_TEST_RUN, &attr)) {
		ksft_print_msg("run: %s\n", strerror(errno));
		return false;
	}
	*result = attr.test.retval;
	return true;
}

/* @nr: entries of the map, which is at @place of an outer one. */
static bool run(int prog_fd, uint32_t first, uint32_t place, uint32_t nr)
{
	uint32_t result;

	if (!run_prog(prog_fd, first, place, &result))
		return false;
	if (result == expected(first, nr))
		return true;
	ksft_print_msg("keys from %u: %x, not %x\n", first, result, expected(first, nr));
	return false;
}

static bool finds_what_is_there(uint32_t type, uint32_t bytes, uint32_t flags)
{
	int map_fd = make_map(type, bytes, flags, NR_ENTRIES), prog_fd;
	bool is_good = map_fd >= 0 && fill(map_fd, NR_ENTRIES);
	uint32_t first;

	build(map_fd, false);
	prog_fd = load();
	if (prog_fd < 0)
		ksft_print_msg("load: %s\n", strerror(errno));
	is_good = is_good && prog_fd >= 0;
	for (first = 0; first < NR_KEYS + KEYS_PER_RUN && is_good; first += KEYS_PER_RUN)
		is_good = run(prog_fd, first, 0, NR_ENTRIES);
	close(prog_fd);
	close(map_fd);
	return is_good;
}

/* R0 = sum of the element 0 of the maps at keys 0 to 15. */
static void build_outer(int map_fd)
{
	const struct bpf_insn load[] = { LD_MAP_FD(1, map_fd) };
	unsigned int first, i;

	nr_insns = 0;
	put(MOV_IMM(6, 0));
	put(MOV_IMM(7, 0));
	put(MOV_IMM(9, 0));
	for (i = 0; i < NR_FILLERS; i++)
		put(ALU64_IMM(BPF_ADD, 9, 1));
	put(ST_IMM(BPF_DW, 10, -16, 0));
	put(ST_IMM(BPF_DW, 10, -8, 0));
	first = nr_insns;
	put(STX(BPF_W, 10, 6, -16));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -16));
	put(load[0]);
	put(load[1]);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 8));
	put(MOV(1, 0));
	put(ST_IMM(BPF_W, 10, -20, 0));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -20));
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 2));
	put(LDX(BPF_DW, 1, 0, 0));
	put(ALU64(BPF_ADD, 7, 1));
	put(ALU64_IMM(BPF_ADD, 6, 1));
	put(JMP_IMM(BPF_JLT, 6, 16, (int)first - (int)nr_insns - 1));
	put(MOV(0, 7));
	put(EXIT());
}

static int put_elem(int map_fd, uint32_t number, const void *value)
{
	uint32_t key[4] = { number };
	union bpf_attr attr = { .map_fd = map_fd, .key = (unsigned long)key,
				.value = (unsigned long)value };

	return lbpf_sys(BPF_MAP_UPDATE_ELEM, &attr);
}

static int make_inner(uint64_t value)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };
	int fd = lbpf_sys(BPF_MAP_CREATE, &attr);

	return fd < 0 || put_elem(fd, 0, &value) ? -1 : fd;
}

/* Places 0, 3, 6, 9: the sum is 1000 for each, and the number of the place. */
static bool fill_outer(int map_fd)
{
	uint32_t i;
	int inner, err;

	for (i = 0; i < 12; i += 3) {
		inner = make_inner(1000 + i);
		err = put_elem(map_fd, i, &inner);
		close(inner);
		if (err)
			return false;
	}
	return true;
}

static uint32_t run_outer(int prog_fd)
{
	uint8_t packet[64] = { 0 };
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = prog_fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 1;
	return lbpf_sys(BPF_PROG_TEST_RUN, &attr) ? 0 : attr.test.retval;
}

static bool finds_inner_maps(uint32_t type, uint32_t bytes)
{
	int inner = make_inner(0), map_fd, prog_fd;
	union bpf_attr attr = { .map_type = type, .key_size = bytes, .value_size = 4,
				.max_entries = 12, .inner_map_fd = inner };
	bool is_good;

	map_fd = lbpf_sys(BPF_MAP_CREATE, &attr);
	is_good = map_fd >= 0 && fill_outer(map_fd);
	build_outer(map_fd);
	prog_fd = load();
	is_good = is_good && prog_fd >= 0 && run_outer(prog_fd) == 4018;
	close(prog_fd);
	close(map_fd);
	close(inner);
	return is_good;
}

/* Puts a full map of @nr entries at @place of the outer map @outer. */
static bool put_inner_map(int outer, uint32_t place, int kind, uint32_t bytes, uint32_t nr)
{
	int inner = make_map(types[kind].type, bytes, types[kind].flags, nr);
	bool is_good = inner >= 0 && fill(inner, nr) && !put_elem(outer, place, &inner);

	close(inner);
	return is_good;
}

static bool finds_all(int prog_fd, uint32_t place, uint32_t nr)
{
	bool is_good = true;
	uint32_t first;

	for (first = 0; first < 2 * nr + KEYS_PER_RUN && is_good; first += KEYS_PER_RUN)
		is_good = run(prog_fd, first, place, nr);
	return is_good;
}

static int make_outer(int kind, uint32_t bytes)
{
	int inner = make_map(types[kind].type, bytes, types[kind].flags, 8), outer;
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4,
				.value_size = 4, .max_entries = 3, .inner_map_fd = inner };

	outer = lbpf_sys(BPF_MAP_CREATE, &attr);
	close(inner);
	return outer;
}

/* Maps of other lengths than the template, also when one takes another's place. */
static bool finds_in_inner_maps(int kind, uint32_t bytes)
{
	int outer = make_outer(kind, bytes), prog_fd;
	bool is_good;

	is_good = outer >= 0 && put_inner_map(outer, 0, kind, bytes, 1) &&
		  put_inner_map(outer, 1, kind, bytes, 1000);
	build(outer, true);
	prog_fd = load();
	is_good = is_good && prog_fd >= 0 && finds_all(prog_fd, 0, 1) &&
		  finds_all(prog_fd, 1, 1000) && run(prog_fd, 0, 2, 0) &&
		  put_inner_map(outer, 0, kind, bytes, 300) &&
		  put_inner_map(outer, 1, kind, bytes, 5) &&
		  finds_all(prog_fd, 0, 300) && finds_all(prog_fd, 1, 5);
	close(prog_fd);
	close(outer);
	return is_good;
}

/**
 * struct watch - A thread that looks keys up while the map they are in is replaced
 * @prog_fd: Program.
 * @nr: Lengths of the maps that take each other's place.
 * @is_over: It is to end.
 * @is_good: It saw nothing but one of the maps in each run.
 */
struct watch {
	int		prog_fd;
	uint32_t	nr[2];
	atomic_bool	is_over;
	bool		is_good;
};

static void *keep_looking(void *arg)
{
	struct watch *watch = arg;
	uint32_t first = 0, result;

	while (!atomic_load(&watch->is_over) && watch->is_good) {
		watch->is_good = run_prog(watch->prog_fd, first, 0, &result) &&
				 (result == expected(first, watch->nr[0]) ||
				  result == expected(first, watch->nr[1]));
		first = (first + KEYS_PER_RUN) % (2 * watch->nr[1] + KEYS_PER_RUN);
	}
	return NULL;
}

/* Each of them goes when the next one comes. */
static bool replace_often(int outer, int kind, uint32_t bytes, const uint32_t *nr)
{
	bool is_good = true;
	int i;

	for (i = 0; i < NR_REPLACED && is_good; i++)
		is_good = put_inner_map(outer, 0, kind, bytes, nr[i & 1]);
	return is_good;
}

static bool finds_while_replaced(int kind, uint32_t bytes)
{
	struct watch watch = { .nr = { 3, 700 }, .is_good = true };
	int outer = make_outer(kind, bytes);
	bool is_good = outer >= 0 && put_inner_map(outer, 0, kind, bytes, watch.nr[0]);
	pthread_t thread;

	build(outer, true);
	watch.prog_fd = load();
	is_good = is_good && watch.prog_fd >= 0 &&
		  !pthread_create(&thread, NULL, keep_looking, &watch);
	if (!is_good)
		return false;
	is_good = replace_often(outer, kind, bytes, watch.nr);
	atomic_store(&watch.is_over, true);
	pthread_join(thread, NULL);
	close(watch.prog_fd);
	close(outer);
	return is_good && watch.is_good;
}

int main(void)
{
	unsigned int i, k;

	ksft_print_header();
	ksft_set_plan(sizeof(types) / sizeof(*types) * (3 * 2 + 1) + 4);
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		for (k = 0; k < 3; k++)
			ksft_test_result(finds_what_is_there(types[i].type, key_bytes[k],
							     types[i].flags),
					 "%s, keys of %u bytes\n", types[i].name, key_bytes[k]);
	ksft_test_result(finds_inner_maps(BPF_MAP_TYPE_ARRAY_OF_MAPS, 4), "array of maps\n");
	for (k = 0; k < 3; k++)
		ksft_test_result(finds_inner_maps(BPF_MAP_TYPE_HASH_OF_MAPS, key_bytes[k]),
				 "hash of maps, keys of %u bytes\n", key_bytes[k]);
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		for (k = 0; k < 3; k++)
			ksft_test_result(finds_in_inner_maps(i, key_bytes[k]),
					 "inner maps: %s, keys of %u bytes\n", types[i].name,
					 key_bytes[k]);
	for (i = 0; i < sizeof(types) / sizeof(*types); i++)
		ksft_test_result(finds_while_replaced(i, key_bytes[i % 3]),
				 "inner maps that are replaced: %s\n", types[i].name);
	ksft_finished();
}
