// SPDX-License-Identifier: GPL-2.0
/*
 * Cost of map operations, lbpf beside the kernel's own maps.
 *
 * Meant for a guest under "-icount shift=0,sleep=off", where one tick of the
 * TSC is one guest instruction (make bench-maps); elsewhere it counts cycles.
 * A program does each operation on 16 keys per run, thousands of runs; what the
 * same program without the call costs is subtracted.  From userspace, what is
 * counted is the whole system call.  Each figure is the median of several.  Rows that
 * cost more than they are meant to say so, and are counted at the end.
 *
 * usage: maps [grid] [hash|percpu|lru|lpm|queue|inner]... [16|10000|1000000] (default: all; grid:
 * hash, percpu and lru with every size of key at every number of entries, not with some; a number
 * chooses one of these)
 */
#include <linux/filter.h>
#include <sched.h>
#include <x86intrin.h>

#include "../maps/maps.h"

#define NR_KEYS		16
#define NR_ROUNDS	5
#define NR_RUNS		200
#define MAX_INSNS	4096
#define SLOT_VALUE	-8
#define SLOT_KEY	-128

struct prog {
	struct bpf_insn insns[MAX_INSNS];
	__u32 nr;
};

static void emit(struct prog *p, __u8 code, __u8 dst, __u8 src, __s16 off, __s32 imm)
{
	p->insns[p->nr++] = (struct bpf_insn){ code, dst, src, off, imm };
}

/* What a program does with each key. */
enum op {
	OP_NONE,
	OP_LOOKUP,
	OP_UPDATE,
	OP_INSERT_DELETE,
};

static void emit_key(struct prog *p, const __u32 *key, __u32 key_size)
{
	for (__u32 i = 0; i < key_size / 4; i++)
		emit(p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, SLOT_KEY + 4 * i, key[i]);
}

/* Arguments as every helper on a map wants them; the call, or nothing. */
static void emit_call(struct prog *p, int fd, __s32 helper, bool has_call)
{
	emit(p, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, fd);
	emit(p, 0, 0, 0, 0, 0);
	emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	emit(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, SLOT_KEY);
	if (helper == BPF_FUNC_map_update_elem) {
		emit(p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0);
		emit(p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, SLOT_VALUE);
		emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, BPF_ANY);
	}
	if (has_call)
		emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, helper);
	else
		emit(p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
}

static void emit_op(struct prog *p, int fd, enum op op, bool has_call)
{
	switch (op) {
	case OP_LOOKUP:
		emit_call(p, fd, BPF_FUNC_map_lookup_elem, has_call);
		break;
	case OP_UPDATE:
		emit_call(p, fd, BPF_FUNC_map_update_elem, has_call);
		break;
	case OP_INSERT_DELETE:
		emit_call(p, fd, BPF_FUNC_map_update_elem, has_call);
		emit_call(p, fd, BPF_FUNC_map_delete_elem, has_call);
		break;
	default:
		break;
	}
}

static int load(enum test_side side, int fd, enum op op, const __u32 (*keys)[16], __u32 key_size,
		bool has_call)
{
	static char log[65536];
	struct prog p = {};
	union bpf_attr attr = {};
	int prog;

	emit(&p, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, SLOT_VALUE, 1);
	for (int i = 0; i < NR_KEYS; i++) {
		emit_key(&p, keys[i], key_size);
		emit_op(&p, fd, op, has_call);
	}
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.nr;
	attr.license = (uintptr_t)"GPL";
	prog = map_cmd(side, BPF_PROG_LOAD, &attr);
	if (prog >= 0)
		return prog;
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	map_cmd(side, BPF_PROG_LOAD, &attr);
	printf("# refused: %d\n%s\n", prog, log);
	return prog;
}

static __u64 now(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}

/* Ticks of one TEST_RUN of @repeat runs. */
static __s64 run_ticks(enum test_side side, int prog, __u32 repeat)
{
	static __u8 packet[64];
	union bpf_attr attr = {};
	__u64 start;
	int err;

	attr.test.prog_fd = prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = repeat;
	start = now();
	err = map_cmd(side, BPF_PROG_TEST_RUN, &attr);
	return err ? -1 : (__s64)(now() - start);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), compare);
	return v[nr / 2];
}

/* Ticks of one run, what starting it costs taken out. */
static double per_run(enum test_side side, int prog)
{
	double v[NR_ROUNDS];
	__s64 ticks;

	run_ticks(side, prog, 10);
	for (int i = 0; i < NR_ROUNDS; i++) {
		ticks = run_ticks(side, prog, NR_RUNS + 1) - run_ticks(side, prog, 1);
		v[i] = (double)ticks / NR_RUNS;
	}
	return median(v, NR_ROUNDS);
}

static double prog_cost(enum test_side side, int fd, enum op op, const __u32 (*keys)[16],
			__u32 key_size)
{
	int with = load(side, fd, op, keys, key_size, true);
	int without = load(side, fd, op, keys, key_size, false);
	double cost = -1;

	if (with >= 0 && without >= 0)
		cost = (per_run(side, with) - per_run(side, without)) / NR_KEYS;
	if (with >= 0)
		close(with);
	if (without >= 0)
		close(without);
	return op == OP_INSERT_DELETE ? cost / 2 : cost;
}

/* What keys are like: prefixes with so many bits at most, or, 0: anything. */
static __u32 prefix_bits;

static __u32 scatter(__u32 n)
{
	n *= 2654435761U;
	return (n ^ n >> 15) * 2246822519U;
}

/* Routes of a random network: the longest quarter of all lengths. */
static void make_prefix(__u32 *key, __u32 n)
{
	key[0] = prefix_bits - scatter(n ^ 0x5bd1e995) % (prefix_bits / 4 + 1);
	for (int i = 1; i < 16; i++)
		key[i] = scatter(n + (i - 1) * 0x9e3779b9U);
}

static void make_key(__u32 *key, __u32 n)
{
	if (prefix_bits) {
		make_prefix(key, n);
		return;
	}
	for (int i = 0; i < 16; i++)
		key[i] = i ? n * 2654435761U + i : n;
}

static __u64 big_value[1024];

/* Ticks of a command from userspace, on @nr keys from @first on, again and again. */
static double user_cost(enum test_side side, int fd, int cmd, __u32 first, __u32 nr, __u64 flags)
{
	double v[NR_ROUNDS];
	__u32 keys[64][16];
	__u64 start;

	for (int i = 0; i < 64; i++) {
		make_key(keys[i], first + i % nr);
		if (prefix_bits && cmd == BPF_MAP_LOOKUP_ELEM)
			keys[i][0] = prefix_bits;
	}
	for (int r = 0; r < NR_ROUNDS; r++) {
		start = now();
		for (int i = 0; i < 64; i++)
			map_elem(side, cmd, fd, keys[i], big_value, flags);
		v[r] = (double)(now() - start) / 64;
	}
	return median(v, NR_ROUNDS);
}

/* Insert and delete in turns: half of both. */
static double user_cycle_cost(enum test_side side, int fd, __u32 first)
{
	double v[NR_ROUNDS];
	__u32 key[16];
	__u64 start;

	for (int r = 0; r < NR_ROUNDS; r++) {
		start = now();
		for (int i = 0; i < 64; i++) {
			make_key(key, first + i);
			map_update(side, fd, key, big_value, BPF_ANY);
			map_delete(side, fd, key);
		}
		v[r] = (double)(now() - start) / 128;
	}
	return median(v, NR_ROUNDS);
}

static unsigned int nr_rows, nr_above;

static void report(const char *what, __u32 key_size, __u32 nr, const double cost[2], double goal)
{
	double ratio = cost[SIDE_LBPF] / cost[SIDE_KERNEL];
	/* As it is printed. */
	bool is_above = ratio >= goal + 0.005;

	if (cost[SIDE_LBPF] < 0 || cost[SIDE_KERNEL] < 0)
		return;
	printf("%-28s key %2u, %7u entries: lbpf %7.1f  kernel %7.1f  ratio %.2f%s\n", what,
	       key_size, nr, cost[SIDE_LBPF], cost[SIDE_KERNEL], ratio,
	       is_above ? "  above its goal" : "");
	fflush(stdout);
	nr_rows++;
	nr_above += is_above;
}

/* What decides which share of the kernel's cost a row may have. */
enum goal {
	GOAL_LOOKUP,
	GOAL_UPDATE,
	GOAL_USER,
	NR_GOALS,
};

/* One row of results: how it is measured on one side. */
struct measure {
	const char *name;
	double (*run)(enum test_side side, int fd, __u32 key_size, __u32 nr);
	enum goal goal;
};

static bool is_lru(__u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static double goal_of(__u32 type, enum goal goal)
{
	static const double usual[NR_GOALS] = { 0.4, 0.6, 1.0 };
	static const double lru[NR_GOALS] = { 0.4, 0.4, 1.0 };
	static const double lpm[NR_GOALS] = { 0.2, 0.5, 1.0 };

	if (is_lru(type))
		return lru[goal];
	return type == BPF_MAP_TYPE_LPM_TRIE ? lpm[goal] : usual[goal];
}

static double run_prog(enum test_side side, int fd, enum op op, __u32 key_size, __u32 first,
		       __u32 step)
{
	__u32 keys[NR_KEYS][16];

	for (__u32 i = 0; i < NR_KEYS; i++) {
		make_key(keys[i], first + i * step);
		/* An address, not a network. */
		if (prefix_bits && op == OP_LOOKUP)
			keys[i][0] = prefix_bits;
	}
	return prog_cost(side, fd, op, (const void *)keys, key_size);
}

static double prog_hit(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return run_prog(side, fd, OP_LOOKUP, key_size, 0, nr / NR_KEYS);
}

static double prog_miss(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return run_prog(side, fd, OP_LOOKUP, key_size, nr + 1, 1);
}

static double prog_update(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return run_prog(side, fd, OP_UPDATE, key_size, 0, nr / NR_KEYS);
}

static double prog_insert_delete(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return run_prog(side, fd, OP_INSERT_DELETE, key_size, nr + 1, 1);
}

/*
 * Inserts keys that were never there, by a number that counts on in an array: where the map is
 * full, each of them evicts.
 */
static int load_fresh(enum test_side side, int fd, int counter, __u32 key_size, bool has_call)
{
	struct prog p = {};
	union bpf_attr attr = {};

	emit(&p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, SLOT_KEY, 0);
	emit_call(&p, counter, BPF_FUNC_map_lookup_elem, true);
	emit(&p, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
	emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_0, 0, 0);
	emit(&p, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, SLOT_VALUE, 1);
	for (__u32 i = 0; i < key_size / 4; i++)
		emit(&p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, SLOT_KEY + 4 * i, -1);
	for (int i = 0; i < NR_KEYS; i++) {
		emit(&p, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_1, BPF_REG_6, 0, 0);
		emit(&p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, 1);
		emit(&p, BPF_STX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_1, 0, 0);
		emit(&p, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_1, SLOT_KEY, 0);
		emit_call(&p, fd, BPF_FUNC_map_update_elem, has_call);
	}
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.nr;
	attr.license = (uintptr_t)"GPL";
	return map_cmd(side, BPF_PROG_LOAD, &attr);
}

static double prog_evict(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	static const struct map_spec counter_spec = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };
	int counter = map_create(side, &counter_spec);
	int with = load_fresh(side, fd, counter, key_size, true);
	int without = load_fresh(side, fd, counter, key_size, false);
	__u64 start = 1U << 24;
	double cost = -1;
	__u32 zero = 0;

	map_update(side, counter, &zero, &start, BPF_ANY);
	/* Full first. */
	for (__u32 i = 0; i < nr / NR_KEYS / 8 + 10; i++)
		run_ticks(side, with, 1);
	if (with >= 0 && without >= 0)
		cost = (per_run(side, with) - per_run(side, without)) / NR_KEYS;
	close(with);
	close(without);
	close(counter);
	return cost;
}

/* Ticks of a batch command for each of 64 elements that are there, or fewer. */
static double batch_cost(enum test_side side, int fd, int cmd, __u32 key_size, __u32 nr)
{
	static __u32 batch_keys[64 * 16], pos[16];
	struct map_batch batch = { .out = pos, .keys = batch_keys, .values = big_value };
	double v[NR_ROUNDS];
	__u32 key[16];
	__u64 start;

	if (nr > 64)
		nr = 64;
	for (int r = 0; r < NR_ROUNDS; r++) {
		for (__u32 i = 0; i < nr; i++) {
			make_key(key, i);
			memcpy((char *)batch_keys + i * key_size, key, key_size);
		}
		batch.nr = nr;
		start = now();
		map_batch(side, cmd, fd, &batch);
		v[r] = batch.nr ? (double)(now() - start) / batch.nr : -1;
	}
	return median(v, NR_ROUNDS);
}

static double user_update_batch(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return batch_cost(side, fd, BPF_MAP_UPDATE_BATCH, key_size, nr);
}

static double user_lookup_batch(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return batch_cost(side, fd, BPF_MAP_LOOKUP_BATCH, key_size, nr);
}

static double user_hit(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_LOOKUP_ELEM, 0, nr, 0);
}

static double user_miss(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_LOOKUP_ELEM, nr + 1, 64, 0);
}

static double user_update(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_UPDATE_ELEM, 0, nr, 0);
}

static double user_noexist(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_UPDATE_ELEM, 0, nr, BPF_NOEXIST);
}

static double user_insert_delete(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cycle_cost(side, fd, nr + 1);
}

static const struct measure measures[] = {
	{ "program, hit", prog_hit, GOAL_LOOKUP },
	{ "program, miss", prog_miss, GOAL_LOOKUP },
	{ "program, update", prog_update, GOAL_UPDATE },
	{ "program, insert or delete", prog_insert_delete, GOAL_UPDATE },
	{ "userspace, hit", user_hit, GOAL_USER },
	{ "userspace, miss", user_miss, GOAL_USER },
	{ "userspace, update", user_update, GOAL_USER },
	{ "userspace, refused NOEXIST", user_noexist, GOAL_USER },
	{ "userspace, insert or delete", user_insert_delete, GOAL_USER },
	{ "userspace, batch update", user_update_batch, GOAL_USER },
	{ "userspace, batch lookup", user_lookup_batch, GOAL_USER },
};

/* Last, as it changes what is in the map. */
static const struct measure evicting = { "program, insert and evict", prog_evict, GOAL_UPDATE };

/* Entries by batches, where there are many. */
static int make_map(enum test_side side, const struct map_spec *spec, __u32 nr)
{
	int fd = map_create(side, spec);
	__u32 words = spec->key_size / 4, key[16], n = 0;
	struct map_batch batch = {};

	batch.keys = calloc(nr, spec->key_size);
	batch.values = calloc(nr, spec->value_size * nr_possible_cpus());
	for (; batch.keys && n < nr; n++) {
		make_key(key, n);
		memcpy((__u32 *)batch.keys + n * words, key, spec->key_size);
	}
	batch.nr = nr;
	if (fd >= 0 && map_batch(side, BPF_MAP_UPDATE_BATCH, fd, &batch))
		printf("# only %u entries\n", batch.nr);
	free(batch.keys);
	free(batch.values);
	return fd;
}

/* "memlock" of fdinfo: what the map says of its memory. */
static double memory_of(int fd)
{
	char path[64], line[128];
	double bytes = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "memlock:%lf", &bytes);
	if (f)
		fclose(f);
	return bytes;
}

/* Entries in a map of @spec: all but a sixteenth, so that inserting finds room. */
static void bench(const char *name, struct map_spec spec, __u32 nr)
{
	double cost[2];
	int fd[2];

	spec.max_entries = nr + nr / 16 + NR_KEYS + 2;
	fd[SIDE_LBPF] = make_map(SIDE_LBPF, &spec, nr);
	fd[SIDE_KERNEL] = make_map(SIDE_KERNEL, &spec, nr);
	printf("%s\n", name);
	printf("%-28s %.1f\n", "lbpf, bytes for each entry", memory_of(fd[SIDE_LBPF]) / nr);
	for (size_t i = 0; fd[0] >= 0 && fd[1] >= 0 && i < ARRAY_SIZE_OF(measures); i++) {
		for (int side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
			cost[side] = measures[i].run(side, fd[side], spec.key_size, nr);
		report(measures[i].name, spec.key_size, nr, cost,
		       goal_of(spec.type, measures[i].goal));
	}
	if (fd[0] >= 0 && fd[1] >= 0 && is_lru(spec.type)) {
		for (int side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
			cost[side] = evicting.run(side, fd[side], spec.key_size, nr);
		report(evicting.name, spec.key_size, nr, cost,
		       goal_of(spec.type, evicting.goal));
	}
	for (int side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
		if (fd[side] >= 0)
			close(fd[side]);
}

struct series {
	const char *arg;
	const char *name;
	__u32 type;
	__u32 flags;
};

/* Tries of IPv4 and IPv6 prefixes. */
static void bench_lpm(void)
{
	static const __u32 sizes[] = { 1000, 10000, 100000, 1000000 };
	static const __u32 bits[] = { 32, 128 };
	struct map_spec spec = { BPF_MAP_TYPE_LPM_TRIE, 0, 8, 0, BPF_F_NO_PREALLOC };

	for (size_t n = 0; n < ARRAY_SIZE_OF(sizes); n++)
		for (size_t b = 0; b < ARRAY_SIZE_OF(bits); b++) {
			prefix_bits = bits[b];
			spec.key_size = 4 + bits[b] / 8;
			bench(b ? "LPM IPv6" : "LPM IPv4", spec, sizes[n]);
		}
	prefix_bits = 0;
}

/* A program that pushes, peeks and pops, or outputs records of @size; per operation. */
static int queue_prog(enum test_side side, int fd, const int *helpers, int nr, int size)
{
	struct prog p = {};
	union bpf_attr attr = {};

	emit(&p, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, SLOT_VALUE, 1);
	for (int i = 0; i < NR_KEYS * nr; i++) {
		emit(&p, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, fd);
		emit(&p, 0, 0, 0, 0, 0);
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
		emit(&p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, SLOT_VALUE);
		/* Flags of a push, or the size of a record, and its flags. */
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, size);
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, BPF_RB_NO_WAKEUP);
		if (helpers[i % nr])
			emit(&p, BPF_JMP | BPF_CALL, 0, 0, 0, helpers[i % nr]);
	}
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.nr;
	attr.license = (uintptr_t)"GPL";
	return map_cmd(side, BPF_PROG_LOAD, &attr);
}

static void bench_queue(const char *name, __u32 type, __u32 value_size, const int *helpers, int nr)
{
	static const int none[3];
	bool is_ring = type == BPF_MAP_TYPE_RINGBUF;
	/* Nobody reads: a ring has room for all that is measured. */
	struct map_spec spec = { type, 0, is_ring ? 0 : value_size, is_ring ? 1 << 24 : 1000, 0 };
	int size = is_ring ? value_size : 0;
	double cost[2];

	for (int side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		int fd = map_create(side, &spec);
		int with = queue_prog(side, fd, helpers, nr, size),
		    without = queue_prog(side, fd, none, nr, size);

		cost[side] = with < 0 || without < 0 ? -1 :
			     (per_run(side, with) - per_run(side, without)) / NR_KEYS / nr;
		close(with);
		close(without);
		close(fd);
	}
	report(name, 0, spec.max_entries, cost, 1.0);
}

static void bench_queues(void)
{
	static const int push_pop[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_pop_elem };
	static const int push_peek[] = { BPF_FUNC_map_push_elem, BPF_FUNC_map_peek_elem };

	static const int output[] = { BPF_FUNC_ringbuf_output };

	bench_queue("queue, push or pop", BPF_MAP_TYPE_QUEUE, 8, push_pop, 2);
	bench_queue("stack, push or pop", BPF_MAP_TYPE_STACK, 8, push_pop, 2);
	bench_queue("bloom filter, push or peek", BPF_MAP_TYPE_BLOOM_FILTER, 8, push_peek, 2);
	bench_queue("ring buffer, output of 8 bytes", BPF_MAP_TYPE_RINGBUF, 8, output, 1);
}

/* Looks an inner array up, and an element in it. */
static int inner_prog(enum test_side side, int fd, bool has_call)
{
	struct prog p = {};
	union bpf_attr attr = {};

	for (int i = 0; i < NR_KEYS; i++) {
		emit(&p, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, SLOT_KEY, i);
		emit_call(&p, fd, BPF_FUNC_map_lookup_elem, has_call);
		emit(&p, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, has_call ? 4 : 0, 0);
		if (!has_call)
			continue;
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0);
		emit(&p, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
		emit(&p, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, SLOT_KEY);
		emit(&p, BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	}
	emit(&p, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0);
	emit(&p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)p.insns;
	attr.insn_cnt = p.nr;
	attr.license = (uintptr_t)"GPL";
	return map_cmd(side, BPF_PROG_LOAD, &attr);
}

static int outer_map(enum test_side side, __u32 type, int inner, __u32 nr)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4, .max_entries = nr,
		.inner_map_fd = inner,
	};

	return map_cmd(side, BPF_MAP_CREATE, &attr);
}

/* By programs, by single updates, and by a batch; ticks for each element. */
static void inner_costs(enum test_side side, __u32 type, double cost[3])
{
	static const struct map_spec inner_spec = { BPF_MAP_TYPE_ARRAY, 4, 8, 16, 0 };
	enum { NR = 64 };
	__u32 keys[NR], values[NR];
	int inner = map_create(side, &inner_spec), fd = outer_map(side, type, inner, NR);
	struct map_batch batch = { .keys = keys, .values = values, .nr = NR };
	int with, without;
	__u64 start;

	for (__u32 i = 0; i < NR; i++) {
		keys[i] = i;
		values[i] = inner;
	}
	start = now();
	for (__u32 i = 0; i < NR; i++)
		map_update(side, fd, &keys[i], &inner, 0);
	cost[1] = (double)(now() - start) / NR;
	start = now();
	map_batch(side, BPF_MAP_UPDATE_BATCH, fd, &batch);
	cost[2] = (double)(now() - start) / NR;
	with = inner_prog(side, fd, true);
	without = inner_prog(side, fd, false);
	cost[0] = with < 0 || without < 0 ? -1 :
		  (per_run(side, with) - per_run(side, without)) / NR_KEYS;
	close(with);
	close(without);
	close(fd);
	close(inner);
}

static void bench_inner(void)
{
	static const char * const rows[] = { "program, two lookups", "userspace, update",
					     "userspace, batch" };
	static const __u32 types[] = { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS };
	double lbpf[3], kernel[3];

	for (size_t t = 0; t < ARRAY_SIZE_OF(types); t++) {
		printf("%s\n", t ? "hash of maps" : "array of maps");
		inner_costs(SIDE_LBPF, types[t], lbpf);
		inner_costs(SIDE_KERNEL, types[t], kernel);
		for (int i = 0; i < 3; i++) {
			const double costs[] = { lbpf[i], kernel[i] };

			report(rows[i], 4, 64, costs, 1.0);
		}
	}
}

static const struct series all[] = {
	{ "hash", "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash", "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "percpu", "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0 },
	{ "lru", "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0 },
	{ "lru", "per-CPU LRU hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 0 },
};

static bool is_named(int argc, char **argv, const char *arg)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], arg))
			return true;
	return false;
}

static __u32 chosen_size(int argc, char **argv)
{
	return argc > 1 ? strtoul(argv[argc - 1], NULL, 10) : 0;
}

static bool wanted(int argc, char **argv, const char *arg)
{
	int nr_others = is_named(argc, argv, "grid") + !!chosen_size(argc, argv);

	return argc == 1 + nr_others || is_named(argc, argv, arg);
}

/* With @is_whole each size of key at each number of entries, else each of them once. */
static void bench_series(const struct series *series, bool is_whole, __u32 chosen)
{
	static const __u32 sizes[] = { 16, 10000, 1000000 };
	static const __u32 key_sizes[] = { 4, 8, 16, 64 };
	struct map_spec spec = { series->type, 0, 8, 0, series->flags };

	for (size_t k = 0; k < ARRAY_SIZE_OF(key_sizes); k++)
		for (size_t n = 0; n < ARRAY_SIZE_OF(sizes); n++) {
			spec.key_size = key_sizes[k];
			if (chosen && chosen != sizes[n])
				continue;
			if (is_whole || spec.key_size == 8 || sizes[n] == 10000)
				bench(series->name, spec, sizes[n]);
		}
}

int main(int argc, char **argv)
{
	bool is_grid = is_named(argc, argv, "grid");

	for (size_t i = 0; i < ARRAY_SIZE_OF(all); i++)
		if (wanted(argc, argv, all[i].arg))
			bench_series(&all[i], is_grid, chosen_size(argc, argv));
	if (wanted(argc, argv, "queue"))
		bench_queues();
	if (wanted(argc, argv, "inner"))
		bench_inner();
	if (wanted(argc, argv, "lpm"))
		bench_lpm();
	printf("%u rows, %u above their goals\n", nr_rows, nr_above);
	return 0;
}
