// SPDX-License-Identifier: GPL-2.0
/*
 * What loading costs, on lbpf and on bpf(2), side by side.
 *
 * Generated programs, each loaded several times through either.  In a guest
 * whose clock is QEMU's instruction counter (make bench-load) a nanosecond is
 * an instruction; in any other the median is wall-clock time.
 *
 * Arguments: [row name]; or "-m" [row name]: the most memory that a load by lbpf holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <kselftest.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define MAX_INSNS	1000000
#define MIN_PASSES	3
#define MAX_PASSES	9
#define MAX_ROW_NS	1e8
#define GROUPS		"/tmp/groups"
#define LOG_BYTES	(1 << 16)

static struct bpf_insn *insns;
static int nr_insns;
static int map_fd;

static void put(struct bpf_insn insn)
{
	if (nr_insns < MAX_INSNS)
		insns[nr_insns++] = insn;
}

static void put_end(void)
{
	put(MOV_IMM(0, 0));
	put(EXIT());
}

/* Generators: @nr says how much. */

static void make_straight(int nr)
{
	put(MOV_IMM(0, 0));
	while (nr--)
		put(ALU64_IMM(BPF_ADD, 0, 1));
	put_end();
}

static void make_mixed_alu(int nr)
{
	int i;

	put(LDX(BPF_W, 6, 1, 0));
	put(MOV(7, 6));
	for (i = 0; i < nr; i += 5) {
		put(ALU64_IMM(BPF_AND, 6, 0xffff));
		put(ALU64(BPF_ADD, 7, 6));
		put(ALU64_IMM(BPF_RSH, 7, 3));
		put(ALU32(BPF_XOR, 6, 7));
		put(MOV(8, 7));
	}
	put_end();
}

static void make_lookups(int nr)
{
	const struct bpf_insn load[] = { LD_MAP_FD(1, map_fd) };

	while (nr--) {
		put(ST_IMM(BPF_W, 10, -4, 0));
		put(MOV(2, 10));
		put(ALU64_IMM(BPF_ADD, 2, -4));
		put(load[0]);
		put(load[1]);
		put(CALL(BPF_FUNC_map_lookup_elem));
		put(JMP_IMM(BPF_JEQ, 0, 0, 1));
		put(LDX(BPF_DW, 6, 0, 0));
	}
	put_end();
}

static void make_loop(int nr)
{
	put(MOV_IMM(6, 0));
	put(ALU64_IMM(BPF_ADD, 6, 1));
	put(JMP_IMM(BPF_JLT, 6, nr, -2));
	put_end();
}

/* A loop that does something: a counter on the stack. */
static void make_stack_loop(int nr)
{
	put(MOV_IMM(6, 0));
	put(ST_IMM(BPF_DW, 10, -8, 0));
	put(LDX(BPF_DW, 7, 10, -8));
	put(ALU64(BPF_ADD, 7, 6));
	put(STX(BPF_DW, 10, 7, -8));
	put(ALU64_IMM(BPF_ADD, 6, 1));
	put(JMP_IMM(BPF_JLT, 6, nr, -5));
	put_end();
}

static void make_joins(int nr)
{
	int i;

	put(LDX(BPF_W, 6, 1, 0));
	put(MOV_IMM(0, 0));
	for (i = 0; i < nr; i++) {
		put(JMP_IMM(BPF_JEQ, 6, i, 1));
		put(ALU64_IMM(BPF_ADD, 0, 1));
	}
	put_end();
}

/* Both sides of each branch leave another number in a register that is read later. */
static void make_diamonds(int nr)
{
	put(MOV(6, 1));
	put(MOV_IMM(7, 0));
	while (nr--) {
		put(LDX(BPF_W, 0, 6, 0));
		put(JMP_IMM(BPF_JGT, 0, 100, 2));
		put(MOV_IMM(8, 1));
		put(JA(1));
		put(MOV_IMM(8, 2));
		put(ALU64(BPF_ADD, 7, 8));
	}
	put(MOV(0, 7));
	put(EXIT());
}

static void make_spills(int nr)
{
	int i;

	put(LDX(BPF_W, 6, 1, 0));
	for (i = 0; i < nr; i += 4) {
		put(STX(BPF_DW, 10, 6, -8 * (i / 4 % 60 + 1)));
		put(LDX(BPF_DW, 7, 10, -8 * (i / 4 % 60 + 1)));
		put(ST_IMM(BPF_W, 10, -8 * (i / 4 % 60 + 1), i));
		put(ALU64_IMM(BPF_ADD, 6, 1));
	}
	put_end();
}

/* Packet headers, each behind a check of the end of the packet. */
static void make_packet(int nr)
{
	put(LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, data)));
	put(LDX(BPF_W, 3, 1, offsetof(struct __sk_buff, data_end)));
	put(MOV_IMM(0, 0));
	while (nr--) {
		put(MOV(4, 2));
		put(ALU64_IMM(BPF_ADD, 4, 14));
		put(JMP(BPF_JGT, 4, 3, 6));
		put(LDX(BPF_H, 5, 2, 12));
		put(JMP_IMM(BPF_JNE, 5, 8, 4));
		put(LDX(BPF_B, 5, 2, 1));
		put(ALU64_IMM(BPF_AND, 5, 60));
		put(MOV(2, 4));
		put(ALU64(BPF_ADD, 2, 5));
	}
	put_end();
}

static void make_calls(int nr)
{
	int i;

	for (i = 0; i < nr; i++) {
		put(MOV_IMM(1, i));
		put(INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, nr * 3 + 1 - nr_insns));
		put(MOV(6, 0));
	}
	put_end();
	put(MOV(0, 1));
	put(ALU64_IMM(BPF_ADD, 0, 3));
	put(JMP_IMM(BPF_JGT, 0, 10, 1));
	put(MOV_IMM(0, 4));
	put(EXIT());
}

/* What a small filter looks like. */
static void make_filter(int nr)
{
	put(MOV(6, 1));
	put(LD_ABS(BPF_H, 12));
	put(JMP_IMM(BPF_JNE, 0, 0x800, 8));
	put(LD_ABS(BPF_B, 23));
	put(JMP_IMM(BPF_JEQ, 0, 6, 4));
	put(JMP_IMM(BPF_JEQ, 0, 17, 3));
	put(JMP_IMM(BPF_JNE, 0, 1, 4));
	put(MOV_IMM(0, -1));
	put(EXIT());
	put(LDX(BPF_W, 0, 6, 0));
	put(EXIT());
	while (nr--)
		put_end();
	nr_insns = nr_insns < 13 ? nr_insns : 13;
}

/**
 * struct row - A line of the table
 * @name: Its name.
 * @make: Writes the program.
 * @nr: How much of it.
 * @type: Program type.
 */
struct row {
	const char	*name;
	void		(*make)(int nr);
	int		nr;
	uint32_t	type;
};

static const struct row rows[] = {
	{ "2 instructions", make_straight, 0, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "filter", make_filter, 1, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "counter", make_lookups, 1, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "10 lookups", make_lookups, 10, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "1000 lookups", make_lookups, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "straight 1000", make_straight, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "straight 100k", make_straight, 100000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "ALU 1000", make_mixed_alu, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "ALU 20k", make_mixed_alu, 20000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "spills 1000", make_spills, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "loop 1000", make_loop, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "loop 100k", make_loop, 100000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "stack loop 1000", make_stack_loop, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 100", make_joins, 100, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 1000", make_joins, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 10k", make_joins, 10000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "diamonds 10", make_diamonds, 10, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "diamonds 1000", make_diamonds, 1000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "packet 1", make_packet, 1, BPF_PROG_TYPE_SCHED_CLS },
	{ "packet 20", make_packet, 20, BPF_PROG_TYPE_SCHED_CLS },
	{ "calls 10", make_calls, 10, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "calls 500", make_calls, 500, BPF_PROG_TYPE_SOCKET_FILTER },
};

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC_RAW, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/**
 * struct figure - What a row gave on one side
 * @ns: Median of one load.
 * @walked: Instructions the verifier walked.
 * @verify_us: What it says that it took, its log included.
 */
struct figure {
	double		ns;
	uint32_t	walked;
	uint32_t	verify_us;
};

static int load(enum test_side side, union bpf_attr *attr)
{
	return test_bpf(side, BPF_PROG_LOAD, attr, sizeof(*attr));
}

/* The number behind @words in @log. */
static uint32_t find_number(const char *log, const char *words)
{
	const char *at = strstr(log, words);

	return at ? strtoul(at + strlen(words), NULL, 10) : 0;
}

static void read_statistics(enum test_side side, const union bpf_attr *attr, struct figure *figure)
{
	static char log[LOG_BYTES];
	union bpf_attr with_log = *attr;
	int fd;

	with_log.log_level = 4;
	with_log.log_buf = (unsigned long)log;
	with_log.log_size = sizeof(log);
	log[0] = 0;
	fd = load(side, &with_log);
	if (fd >= 0)
		close(fd);
	figure->walked = find_number(log, "processed ");
	figure->verify_us = find_number(log, "verification time ");
}

static int make_map(enum test_side side)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
				.max_entries = 1 };

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* The program of @row, for @side, whose map of its own @map is. */
static union bpf_attr make_program(const struct row *row, int map)
{
	union bpf_attr attr = { .prog_type = row->type, .license = (unsigned long)"GPL",
				.insns = (unsigned long)insns };

	map_fd = map;
	nr_insns = 0;
	row->make(row->nr);
	attr.insn_cnt = nr_insns;
	return attr;
}

/* Time of one load, or a negative number when it fails. */
static double time_load(enum test_side side, const struct row *row, int map)
{
	union bpf_attr attr = make_program(row, map);
	double start = now_ns(), ns;
	int fd = load(side, &attr);

	ns = now_ns() - start;
	if (fd < 0)
		return -1;
	close(fd);
	return ns;
}

/*
 * The sides take turns, so that whatever else the machine does hits both.  Programs that take long
 * are loaded less often.
 */
static void measure(const struct row *row, struct figure figures[2])
{
	double ns[2][MAX_PASSES], total = 0;
	int map[2], nr[2] = { 0 }, pass;
	enum test_side side;

	for (side = 0; side < 2; side++) {
		union bpf_attr attr;

		map[side] = make_map(side);
		attr = make_program(row, map[side]);
		read_statistics(side, &attr, &figures[side]);
	}
	for (pass = 0; pass < MIN_PASSES || (pass < MAX_PASSES && total < MAX_ROW_NS); pass++)
		for (side = 0; side < 2; side++) {
			double took = time_load(side, row, map[side]);

			if (took < 0)
				continue;
			ns[side][nr[side]++] = took;
			total += took;
		}
	for (side = 0; side < 2; side++) {
		close(map[side]);
		qsort(ns[side], nr[side], sizeof(double), compare);
		figures[side].ns = nr[side] ? ns[side][nr[side] / 2] : 0;
	}
}

/* Writes @text to file @name of the memory group @dir. */
static bool write_group(const char *dir, const char *name, const char *text)
{
	char path[96];
	int fd, len;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY);
	len = fd < 0 ? -1 : write(fd, text, strlen(text));
	close(fd);
	return len > 0;
}

static bool make_group(const char *dir)
{
	mkdir(GROUPS, 0755);
	if (mount("none", GROUPS, "cgroup2", 0, NULL) && errno != EBUSY)
		return false;
	return write_group(GROUPS, "cgroup.subtree_control", "+memory") && !mkdir(dir, 0755);
}

static long long read_peak(const char *dir)
{
	long long bytes = -1;
	char path[96];
	FILE *f;

	snprintf(path, sizeof(path), "%s/memory.peak", dir);
	f = fopen(path, "r");
	if (f && fscanf(f, "%lld", &bytes) != 1)
		bytes = -1;
	if (f)
		fclose(f);
	return bytes;
}

/*
 * The most memory that a load holds, bytes, or a negative number: a process of its own makes it, in
 * a memory group of its own.
 */
static long long weigh(const struct row *row)
{
	int map = make_map(SIDE_LBPF), status = -1;
	union bpf_attr attr = make_program(row, map);
	const char *dir = GROUPS "/load";
	long long bytes;
	pid_t child;

	if (!make_group(dir))
		return -1;
	child = fork();
	if (!child)
		_exit(!write_group(dir, "cgroup.procs", "0") || load(SIDE_LBPF, &attr) < 0);
	waitpid(child, &status, 0);
	bytes = read_peak(dir);
	/* Memory that waits for a grace period keeps the group, not its name. */
	rmdir(dir);
	close(map);
	return status ? -1 : bytes;
}

/* Programs of one kind whose length, or number of turns, doubles. */
static const struct row heavy_rows[] = {
	{ "straight 25k", make_straight, 25000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "straight 50k", make_straight, 50000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "straight 100k", make_straight, 100000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "diamonds 2500", make_diamonds, 2500, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "diamonds 5000", make_diamonds, 5000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "diamonds 10k", make_diamonds, 10000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 2500", make_joins, 2500, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 5000", make_joins, 5000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "joins 10k", make_joins, 10000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "loop 125k", make_loop, 125000, BPF_PROG_TYPE_SOCKET_FILTER },
	{ "loop 250k", make_loop, 250000, BPF_PROG_TYPE_SOCKET_FILTER },
	/* walks as much as a load may */
	{ "loop 499k", make_loop, 499000, BPF_PROG_TYPE_SOCKET_FILTER },
};

static int show_memory(const char *wanted)
{
	long long bytes;
	size_t i;

	printf("%-20s %10s %12s\n", "most memory", "KiB", "per unit");
	for (i = 0; i < sizeof(heavy_rows) / sizeof(*heavy_rows); i++) {
		const struct row *row = &heavy_rows[i];

		if (wanted && !strstr(row->name, wanted))
			continue;
		bytes = weigh(row);
		if (bytes < 0)
			return KSFT_FAIL;
		printf("%-20s %10lld %12.1f\n", row->name, bytes / 1024, (double)bytes / row->nr);
		fflush(stdout);
	}
	return KSFT_PASS;
}

static int compare_time(const char *wanted)
{
	double ratios[sizeof(rows) / sizeof(*rows)];
	double product = 0;
	int nr = 0;
	size_t i;

	printf("%-20s %10s %10s %6s   %8s %8s   %8s %8s\n", "us per load", "lbpf", "bpf(2)",
	       "ratio", "verify", "verify", "walked", "walked");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct figure figures[2];
		const struct figure *ours = &figures[SIDE_LBPF], *theirs = &figures[SIDE_KERNEL];

		if (wanted && !strstr(rows[i].name, wanted))
			continue;
		measure(&rows[i], figures);
		printf("%-20s %10.1f %10.1f %6.2f   %8u %8u   %8u %8u%s%s\n", rows[i].name,
		       ours->ns / 1000, theirs->ns / 1000, theirs->ns ? ours->ns / theirs->ns : 0,
		       ours->verify_us, theirs->verify_us, ours->walked, theirs->walked,
		       ours->ns ? "" : "  refused by lbpf",
		       theirs->ns ? "" : "  refused by bpf(2)");
		fflush(stdout);
		if (!ours->ns || !theirs->ns)
			continue;
		ratios[nr++] = ours->ns / theirs->ns;
		product += log(ours->ns / theirs->ns);
	}
	if (!nr)
		return KSFT_FAIL;
	qsort(ratios, nr, sizeof(*ratios), compare);
	printf("%-20s %28.2f\n%-20s %28.2f\n", "median ratio", ratios[nr / 2], "geometric mean",
	       exp(product / nr));
	return KSFT_PASS;
}

int main(int argc, char **argv)
{
	bool is_memory = argc > 1 && !strcmp(argv[1], "-m");

	insns = malloc(MAX_INSNS * sizeof(*insns));
	if (!insns)
		return KSFT_FAIL;
	if (is_memory)
		return show_memory(argc > 2 ? argv[2] : NULL);
	return compare_time(argc > 1 ? argv[1] : NULL);
}
