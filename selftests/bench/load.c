// SPDX-License-Identifier: GPL-2.0
/*
 * What loading costs, on lbpf and on bpf(2), side by side.
 *
 * Generated programs, each loaded several times through either.  In a guest
 * whose clock is QEMU's instruction counter (make bench-load) a nanosecond is
 * an instruction; in any other the median is wall-clock time.
 *
 * Arguments: [row name].
 */
#include <errno.h>
#include <kselftest.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define MAX_INSNS	1000000
#define MAX_PASSES	9
#define MAX_ROW_NS	1e8
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

static bool measure(const struct row *row, enum test_side side, struct figure *figure)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8,
			       .max_entries = 1 };
	union bpf_attr attr = { .prog_type = row->type,
				.license = (unsigned long)"GPL", .insns = (unsigned long)insns };
	double ns[MAX_PASSES], total = 0, start;
	int fd = -1, i;

	map_fd = test_bpf(side, BPF_MAP_CREATE, &map, sizeof(map));
	nr_insns = 0;
	row->make(row->nr);
	attr.insn_cnt = nr_insns;
	read_statistics(side, &attr, figure);
	/* Programs that take long are loaded less often. */
	for (i = 0; i < MAX_PASSES && total < MAX_ROW_NS; i++) {
		start = now_ns();
		fd = load(side, &attr);
		ns[i] = now_ns() - start;
		total += ns[i];
		if (fd < 0)
			break;
		close(fd);
	}
	close(map_fd);
	qsort(ns, i, sizeof(*ns), compare);
	figure->ns = i ? ns[i / 2] : 0;
	return i && fd >= 0;
}

int main(int argc, char **argv)
{
	double ratios[sizeof(rows) / sizeof(*rows)];
	double product = 0;
	int nr = 0;
	size_t i;

	insns = malloc(MAX_INSNS * sizeof(*insns));
	if (!insns)
		return KSFT_FAIL;
	printf("%-20s %10s %10s %6s   %8s %8s   %8s %8s\n", "us per load", "lbpf", "bpf(2)",
	       "ratio", "verify", "verify", "walked", "walked");
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct figure ours, theirs;
		bool is_ours, is_theirs;

		if (argc > 1 && !strstr(rows[i].name, argv[1]))
			continue;
		is_ours = measure(&rows[i], SIDE_LBPF, &ours);
		is_theirs = measure(&rows[i], SIDE_KERNEL, &theirs);
		printf("%-20s %10.1f %10.1f %6.2f   %8u %8u   %8u %8u%s%s\n", rows[i].name,
		       ours.ns / 1000, theirs.ns / 1000, is_theirs ? ours.ns / theirs.ns : 0,
		       ours.verify_us, theirs.verify_us, ours.walked, theirs.walked,
		       is_ours ? "" : "  refused by lbpf", is_theirs ? "" : "  refused by bpf(2)");
		fflush(stdout);
		if (!is_ours || !is_theirs)
			continue;
		ratios[nr++] = ours.ns / theirs.ns;
		product += log(ours.ns / theirs.ns);
	}
	if (!nr)
		return KSFT_FAIL;
	qsort(ratios, nr, sizeof(*ratios), compare);
	printf("%-20s %28.2f\n%-20s %28.2f\n", "median ratio", ratios[nr / 2], "geometric mean",
	       exp(product / nr));
	return 0;
}
