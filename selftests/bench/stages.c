// SPDX-License-Identifier: GPL-2.0
/*
 * What the stages of loading cost for each instruction of a program, on lbpf
 * and on bpf(2).
 *
 * In a guest whose clock is QEMU's instruction counter a nanosecond is an
 * instruction (make bench-stages).  bpf(2) tells the time of its verifier, with all
 * that changes the program, in its log; the rest of the load ("jit") is compared with
 * lbpf's JIT and what else lbpf does, and ("later") with lbpf's changes of the program
 * too, which bpf(2)'s rest does not contain.
 *
 * With an argument, only rows that contain it.
 */
#include <errno.h>
#include <kselftest.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define MAX_INSNS	200000
#define NR_PASSES	3
#define LOG_STATS	4

static struct bpf_insn insns[MAX_INSNS];
static int nr_insns;
static int map_fd[2];

/* What a load took, ns. */
struct cost {
	uint64_t	total;
	uint64_t	verify;
	uint64_t	rewrite;
	uint64_t	emit;
};

static void put(struct bpf_insn insn)
{
	if (nr_insns < MAX_INSNS)
		insns[nr_insns++] = insn;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Straight arithmetic. */
static void put_alu(int i)
{
	put(ALU64_IMM(BPF_ADD, 7, i));
	put(ALU64(BPF_XOR, 8, 7));
	put(ALU32_IMM(BPF_MUL, 8, 31));
	put(MOV(9, 8));
	put(ALU64_IMM(BPF_RSH, 9, 3));
	put(ALU64(BPF_ADD, 7, 9));
}

/* Branches, each over two instructions. */
static void put_branches(int i)
{
	put(LDX(BPF_W, 7, 6, 0));
	put(JMP_IMM(BPF_JGT, 7, i, 2));
	put(ALU64_IMM(BPF_ADD, 8, 1));
	put(ALU64_IMM(BPF_XOR, 8, 5));
}

/* The stack. */
static void put_memory(int i)
{
	put(STX(BPF_DW, 10, 8, -8 * (1 + i % 16)));
	put(LDX(BPF_DW, 7, 10, -8 * (1 + i % 16)));
	put(ALU64(BPF_ADD, 8, 7));
	put(ST_IMM(BPF_W, 10, -4 * (1 + i % 32), i));
}

/* A lookup, and a change of what it found. */
static void put_lookups(int i)
{
	put(ST_IMM(BPF_W, 10, -4, i & 63));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -4));
	put(INSN(BPF_LD | BPF_IMM | BPF_DW, 1, BPF_PSEUDO_MAP_FD, 0, 0));
	put(INSN(0, 0, 0, 0, 0));
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 3));
	put(LDX(BPF_DW, 1, 0, 0));
	put(ALU64_IMM(BPF_ADD, 1, 1));
	put(STX(BPF_DW, 0, 1, 0));
}

static void put_mix(int i)
{
	put_alu(i);
	put_branches(i);
	put_memory(i);
}

static const struct {
	const char	*name;
	void		(*put_piece)(int i);
	int		nr_insns;
} rows[] = {
	{ "arithmetic, 100", put_alu, 100 },
	{ "arithmetic, 4000", put_alu, 4000 },
	{ "arithmetic, 60000", put_alu, 60000 },
	{ "branches, 4000", put_branches, 4000 },
	{ "stack, 4000", put_memory, 4000 },
	{ "stack, 60000", put_memory, 60000 },
	{ "map lookups, 4000", put_lookups, 4000 },
	{ "all but maps, 4000", put_mix, 4000 },
};

#define NR_ROWS	(sizeof(rows) / sizeof(*rows))

static void build(int row)
{
	int i;

	nr_insns = 0;
	put(MOV(6, 1));
	put(LDX(BPF_W, 7, 6, 0));
	put(MOV(8, 7));
	put(MOV(9, 7));
	for (i = 0; i < 16; i++)
		put(ST_IMM(BPF_DW, 10, -8 * (i + 1), 0));
	for (i = 0; nr_insns < rows[row].nr_insns; i++)
		rows[row].put_piece(i);
	put(MOV(0, 8));
	put(EXIT());
}

static void set_maps(enum test_side side)
{
	int i;

	for (i = 0; i < nr_insns; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = map_fd[side];
}

static int make_map(enum test_side side)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_HASH, .key_size = 4, .value_size = 8,
				.max_entries = 64 };

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Of the line "verification time N usec". */
static uint64_t verifier_ns(const char *log)
{
	const char *time = strstr(log, "verification time ");

	return time ? strtoull(time + 18, NULL, 10) * 1000 : 0;
}

static bool load(enum test_side side, struct cost *cost)
{
	static char log[1 << 16];
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = nr_insns,
				.insns = (unsigned long)insns, .license = (unsigned long)"GPL",
				.log_level = LOG_STATS, .log_buf = (unsigned long)log,
				.log_size = sizeof(log) };
	struct lbpf_stats before, after;
	int fd;

	lbpf_stats_read(&before);
	log[0] = 0;
	cost->total = now_ns();
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	cost->total = now_ns() - cost->total;
	lbpf_stats_read(&after);
	if (fd < 0)
		return false;
	close(fd);
	cost->verify = side == SIDE_LBPF ? after.verify_ns - before.verify_ns : verifier_ns(log);
	cost->rewrite = after.rewrite_ns - before.rewrite_ns;
	cost->emit = after.emit_ns - before.emit_ns;
	return true;
}

static bool measure(enum test_side side, struct cost *least)
{
	struct cost cost;
	int i;

	set_maps(side);
	least->total = -1ull;
	for (i = 0; i < NR_PASSES; i++) {
		if (!load(side, &cost)) {
			printf("not loaded on %s: %s\n", side == SIDE_LBPF ? "lbpf" : "bpf(2)",
			       strerror(errno));
			return false;
		}
		if (cost.total < least->total)
			*least = cost;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct cost ours, theirs;
	unsigned int i;

	map_fd[SIDE_LBPF] = make_map(SIDE_LBPF);
	map_fd[SIDE_KERNEL] = make_map(SIDE_KERNEL);
	printf("%-22s %30s   %15s   %s\n", "ns per instruction", "lbpf", "bpf(2)", "ratios");
	printf("%-22s %6s %7s %7s %7s   %7s %7s   %6s %6s %6s\n", "", "verify", "rewrite", "emit",
	       "all", "verify", "all", "jit", "later", "all");
	for (i = 0; i < NR_ROWS; i++) {
		double n;

		if (argc > 1 && !strstr(rows[i].name, argv[1]))
			continue;
		build(i);
		n = nr_insns;
		if (!measure(SIDE_LBPF, &ours) || !measure(SIDE_KERNEL, &theirs))
			continue;
		printf("%-22s %6.0f %7.0f %7.0f %7.0f   %7.0f %7.0f   %6.2f %6.2f %6.2f\n",
		       rows[i].name,
		       ours.verify / n, ours.rewrite / n, ours.emit / n, ours.total / n,
		       theirs.verify / n, theirs.total / n,
		       (double)(ours.total - ours.verify - ours.rewrite) /
		       (theirs.total - theirs.verify),
		       (double)(ours.total - ours.verify) / (theirs.total - theirs.verify),
		       (double)ours.total / theirs.total);
	}
	return 0;
}
