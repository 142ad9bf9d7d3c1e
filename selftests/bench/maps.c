// SPDX-License-Identifier: GPL-2.0
/*
 * Cost of map operations, lbpf beside the kernel's own maps.
 *
 * Meant for a guest under "-icount shift=0,sleep=off", where one tick of the
 * TSC is one guest instruction (make bench-maps); elsewhere it counts cycles.
 * A program does each operation on 16 keys per run, thousands of runs; what the
 * same program without the call costs is subtracted.  From userspace, what is
 * counted is the whole system call.  Each figure is the median of several.
 *
 * usage: maps [hash|lru|array|lpm]... (default: all that both sides have)
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

static void make_key(__u32 *key, __u32 n)
{
	for (int i = 0; i < 16; i++)
		key[i] = i ? n * 2654435761U + i : n;
}

static __u64 big_value[1024];

/* Ticks of a command from userspace, on keys from @first on. */
static double user_cost(enum test_side side, int fd, int cmd, __u32 first, __u64 flags)
{
	double v[NR_ROUNDS];
	__u32 keys[64][16];
	__u64 start;

	for (int i = 0; i < 64; i++)
		make_key(keys[i], first + i);
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

static void report(const char *what, __u32 key_size, __u32 nr, const double cost[2])
{
	if (cost[SIDE_LBPF] < 0 || cost[SIDE_KERNEL] < 0)
		return;
	printf("%-28s key %2u, %7u entries: lbpf %7.1f  kernel %7.1f  ratio %.2f\n", what,
	       key_size, nr, cost[SIDE_LBPF], cost[SIDE_KERNEL],
	       cost[SIDE_LBPF] / cost[SIDE_KERNEL]);
	fflush(stdout);
}

/* One row of results: how it is measured on one side. */
struct measure {
	const char *name;
	double (*run)(enum test_side side, int fd, __u32 key_size, __u32 nr);
};

static double run_prog(enum test_side side, int fd, enum op op, __u32 key_size, __u32 first,
		       __u32 step)
{
	__u32 keys[NR_KEYS][16];

	for (__u32 i = 0; i < NR_KEYS; i++)
		make_key(keys[i], first + i * step);
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

static double user_hit(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_LOOKUP_ELEM, 0, 0);
}

static double user_miss(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_LOOKUP_ELEM, nr + 1, 0);
}

static double user_update(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_UPDATE_ELEM, 0, 0);
}

static double user_noexist(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cost(side, fd, BPF_MAP_UPDATE_ELEM, 0, BPF_NOEXIST);
}

static double user_insert_delete(enum test_side side, int fd, __u32 key_size, __u32 nr)
{
	return user_cycle_cost(side, fd, nr + 1);
}

static const struct measure measures[] = {
	{ "program, hit", prog_hit },
	{ "program, miss", prog_miss },
	{ "program, update", prog_update },
	{ "program, insert or delete", prog_insert_delete },
	{ "userspace, hit", user_hit },
	{ "userspace, miss", user_miss },
	{ "userspace, update", user_update },
	{ "userspace, refused NOEXIST", user_noexist },
	{ "userspace, insert or delete", user_insert_delete },
};

static int make_map(enum test_side side, const struct map_spec *spec, __u32 nr)
{
	int fd = map_create(side, spec);
	__u32 key[16];

	for (__u32 i = 0; fd >= 0 && i < nr; i++) {
		make_key(key, i);
		map_update(side, fd, key, big_value, 0);
	}
	return fd;
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
	for (size_t i = 0; fd[0] >= 0 && fd[1] >= 0 && i < ARRAY_SIZE_OF(measures); i++) {
		for (int side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
			cost[side] = measures[i].run(side, fd[side], spec.key_size, nr);
		report(measures[i].name, spec.key_size, nr, cost);
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

static const struct series all[] = {
	{ "hash", "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash", "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "percpu", "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0 },
	{ "lru", "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0 },
};

static bool wanted(int argc, char **argv, const char *arg)
{
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], arg))
			return true;
	return argc == 1;
}

int main(int argc, char **argv)
{
	static const __u32 sizes[] = { 16, 10000, 1000000 };
	static const __u32 key_sizes[] = { 4, 16, 64 };
	struct map_spec spec;

	for (size_t i = 0; i < ARRAY_SIZE_OF(all); i++) {
		if (!wanted(argc, argv, all[i].arg))
			continue;
		spec = (struct map_spec){ all[i].type, 8, 8, 0, all[i].flags };
		for (size_t n = 0; n < ARRAY_SIZE_OF(sizes); n++)
			bench(all[i].name, spec, sizes[n]);
		for (size_t k = 0; k < ARRAY_SIZE_OF(key_sizes); k++) {
			spec.key_size = key_sizes[k];
			bench(all[i].name, spec, sizes[1]);
		}
	}
	return 0;
}
