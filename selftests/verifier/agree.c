// SPDX-License-Identifier: GPL-2.0
/*
 * Verdicts on random programs, beside Linux 6.1.
 *
 * Programs that may be right or wrong: arithmetic on unknown numbers, tests of
 * them, and then their use as an offset into a map value, the stack or the
 * context.  Each is loaded through the device and through bpf(2).  Where both
 * accept it, both run it, and result and map must be the same.  A program that
 * only lbpf accepts is one for which lbpf must know more than Linux does, or a
 * hole: there may be few of them, and -v shows each.
 *
 *	agree [-n COUNT] [-s SEED] [-v]
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <kselftest.h>
#include <lbpf_test.h>
#include "asm.h"

#define __printf(a, b)	__attribute__((__format__(printf, a, b)))
#define DEFAULT_COUNT	1000
#define VALUE_BYTES	48
#define LOG_BYTES	(4 << 20)
#define TEXT_BYTES	8192

static const char *const side_names[] = { "lbpf", "kernel" };
static int map_fds[2];
static char *logs[2];
static bool is_verbose;

/* The same programs in every run: xorshift64*. */
static __u64 random_state;

static uint32_t chance(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (random_state * 0x2545f4914f6cdd1dULL >> 32) % below;
}

/* Text of the program under construction. */

struct text {
	char buf[TEXT_BYTES];
	int len;
	int nr_labels;
	bool has_label;
};

static __printf(2, 3) void put(struct text *t, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	t->len += vsnprintf(t->buf + t->len, sizeof(t->buf) - t->len, fmt, args);
	va_end(args);
}

static int some_constant(void)
{
	static const int constants[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 40, 47, 48, 63, 64, 255, 256, 512,
		4096, 0x7fffffff, -1, -2, -8, -16, -512, -0x7fffffff - 1,
	};

	return constants[chance(ARRAY_SIZE(constants))];
}

/* Registers that hold numbers; R5 is for pointers. */
static int some_number(void)
{
	static const int regs[] = { 0, 1, 2, 3, 4, 8, 9 };

	return regs[chance(ARRAY_SIZE(regs))];
}

static const char *some_size(int *bytes)
{
	static const char *const names[] = { "u8", "u16", "u32", "u64" };
	int i = chance(4);

	*bytes = 1 << i;
	return names[i];
}

static void put_alu(struct text *t)
{
	static const char *const ops[] = { "+=", "-=", "*=", "&=", "|=", "^=", "/=", "%=", "=" };
	static const char *const shifts[] = { "<<=", ">>=", "s>>=" };
	char prefix = chance(4) ? 'r' : 'w';
	int dst = some_number(), i = chance(ARRAY_SIZE(ops)), constant;

	if (!chance(4)) {
		put(t, "%c%d %s %d\n", prefix, dst, shifts[chance(3)], chance(32));
		return;
	}
	if (chance(2)) {
		put(t, "%c%d %s %c%d\n", prefix, dst, ops[i], prefix, some_number());
		return;
	}
	constant = some_constant();
	if (!constant && (ops[i][0] == '/' || ops[i][0] == '%'))
		constant = 3;
	put(t, "%c%d %s %d\n", prefix, dst, ops[i], constant);
}

static void put_compare(struct text *t, const char *label)
{
	static const char *const ops[] = {
		"==", "!=", ">", ">=", "<", "<=", "s>", "s>=", "s<", "s<=", "&",
	};
	char prefix = chance(4) ? 'r' : 'w';
	const char *op = ops[chance(ARRAY_SIZE(ops))];

	if (chance(3))
		put(t, "if %c%d %s %d goto %s\n", prefix, some_number(), op, some_constant(),
		    label);
	else
		put(t, "if %c%d %s %c%d goto %s\n", prefix, some_number(), op, prefix,
		    some_number(), label);
}

/* A jump over what comes next, up to the next label. */
static void put_skip(struct text *t)
{
	char label[16];

	if (!t->has_label)
		t->nr_labels++;
	t->has_label = true;
	snprintf(label, sizeof(label), "l%d", t->nr_labels);
	put_compare(t, label);
}

static void put_label(struct text *t)
{
	if (t->has_label)
		put(t, "l%d:\n", t->nr_labels);
	t->has_label = false;
}

static void put_bound(struct text *t)
{
	int reg = some_number();

	switch (chance(4)) {
	case 0:
		put(t, "r%d &= %d\n", reg, (1 << chance(7)) - 1);
		break;
	case 1:
		put(t, "if r%d > %d goto out\n", reg, chance(64));
		break;
	case 2:
		put(t, "if r%d s> %d goto out\nif r%d s< %d goto out\n", reg, chance(64), reg,
		    (int)chance(64) - 32);
		break;
	default:
		put_compare(t, "out");
	}
}

/* Load or store at a pointer in R5. */
static void put_access(struct text *t, int off)
{
	int bytes;
	const char *size = some_size(&bytes);

	off &= -bytes;
	if (chance(2))
		put(t, "r%d = *(%s *)(r5 %+d)\n", some_number(), size, off);
	else
		put(t, "*(%s *)(r5 %+d) = r%d\n", size, off, some_number());
}

static void put_value_access(struct text *t)
{
	put(t, "r5 = r7\n");
	if (chance(3))
		put(t, "r5 += %d\n", (int)chance(40) - 8);
	put(t, "r5 %s r%d\n", chance(4) ? "+=" : "-=", some_number());
	put_access(t, (int)chance(48) - 4);
}

static void put_stack_access(struct text *t)
{
	put(t, "r5 = r10\nr5 += %d\n", -8 * (int)(1 + chance(8)));
	if (chance(2))
		put(t, "r5 += r%d\n", some_number());
	put_access(t, (int)chance(16) - 8);
}

static void put_spill(struct text *t)
{
	int slot = 8 * (1 + chance(4)), bytes;
	const char *size = some_size(&bytes);

	if (chance(2))
		put(t, "*(%s *)(r10 - %d) = r%d\n", size, slot, some_number());
	else
		put(t, "r%d = *(%s *)(r10 - %d)\n", some_number(), size, slot);
}

static void put_field(struct text *t)
{
	int reg = some_number(), bytes;
	const char *size = some_size(&bytes);

	if (chance(3))
		put(t, "r%d = *(u32 *)(r6 + %d)\n", reg, 4 * chance(19));
	else
		put(t, "r%d = *(%s *)(r6 + %d)\n", reg, size, chance(96) & -bytes);
}

static void put_lookup(struct text *t)
{
	char label[16];
	int reg;

	put_label(t);
	snprintf(label, sizeof(label), "n%d", ++t->nr_labels);
	put(t, "r2 = r10\nr2 += -%d\nr1 = map a\ncall map_lookup_elem\nr5 = r0\n",
	    4 * (1 + chance(8)));
	/* Addresses would make the runs differ. */
	for (reg = 0; reg < 5; reg++)
		put(t, "r%d = %d\n", reg, some_constant());
	if (chance(8))
		put(t, "if r5 == 0 goto %s\n", label);
	put_access(t, chance(52));
	put(t, "%s:\n", label);
}

typedef void (*statement_fn)(struct text *t);

static const statement_fn statements[] = {
	put_alu, put_alu, put_alu, put_bound, put_bound, put_skip, put_label,
	put_value_access, put_stack_access, put_spill, put_field, put_lookup,
};

static void write_program(struct text *t)
{
	int i, nr = 4 + chance(16);

	t->len = 0;
	t->nr_labels = 0;
	t->has_label = false;
	put(t, "r6 = r1\nr7 = value a\nr8 = *(u64 *)(r7 + 0)\nr9 = *(u32 *)(r7 + 8)\n");
	for (i = 0; i < 5; i++) {
		if (chance(2))
			put(t, "r%d = %d\n", i, some_constant());
		else
			put(t, "r%d = *(u%d *)(r7 + %d)\n", i, 8 << chance(4), 8 * chance(6));
	}
	for (i = 1; i <= 16; i++)
		put(t, "*(u64 *)(r10 - %d) = %d\n", 8 * i, chance(2) ? 0 : some_constant());
	for (i = 0; i < nr; i++)
		statements[chance(ARRAY_SIZE(statements))](t);
	put_label(t);
	put(t, "r0 = r%d\nexit\nout:\nr0 = r%d\nexit\n", some_number(), some_number());
}

/* What becomes of it. */

struct outcome {
	int fd;
	int err;
	int run_err;
	unsigned int result;
	unsigned char value[VALUE_BYTES];
};

static void set_value(enum test_side side)
{
	unsigned char value[VALUE_BYTES];
	union bpf_attr attr = {};
	unsigned int key = 0, i;

	for (i = 0; i < sizeof(value); i++)
		value[i] = i % 8 ? 0 : i + 1;
	attr.map_fd = map_fds[side];
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	test_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static void get_value(enum test_side side, unsigned char *value)
{
	union bpf_attr attr = {};
	unsigned int key = 0;

	attr.map_fd = map_fds[side];
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	test_bpf(side, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr));
}

static void run(enum test_side side, struct outcome *o)
{
	unsigned char packet[64] = { [12] = 8 };
	union bpf_attr attr = {};

	set_value(side);
	attr.test.prog_fd = o->fd;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	o->run_err = test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? errno : 0;
	o->result = attr.test.retval;
	get_value(side, o->value);
}

static void load(enum test_side side, const struct asm_program *program, struct outcome *o)
{
	static const char license[] = "GPL";
	struct bpf_insn insns[1024];
	union bpf_attr attr = {};
	int i;

	memcpy(insns, program->insns, program->nr_insns * sizeof(*insns));
	for (i = 0; i < program->nr_insns; i++) {
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && insns[i].src_reg)
			insns[i].imm = map_fds[side];
	}
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = program->nr_insns;
	attr.license = (uintptr_t)license;
	attr.log_level = is_verbose ? 2 : 4;
	attr.log_buf = (uintptr_t)logs[side];
	attr.log_size = LOG_BYTES;
	logs[side][0] = '\0';
	o->fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	o->err = errno;
	if (o->fd < 0)
		return;
	run(side, o);
	close(o->fd);
}

struct score {
	int nr;
	int nr_both;
	int nr_neither;
	int nr_lax;
	int nr_strict;
	int nr_different;
};

/* The first line of the refusal. */
static void show_refusal(enum test_side side)
{
	const char *at = logs[side], *line = at;

	if (is_verbose) {
		while (*at) {
			ksft_print_msg("  %s | %.*s\n", side_names[side],
				       (int)strcspn(at, "\n"), at);
			at += strcspn(at, "\n");
			at += *at == '\n';
		}
		return;
	}
	/* Everything before the statistics, of which there are three lines at most. */
	while (*at && strncmp(at, "verification time", 17) && strncmp(at, "processed", 9)) {
		line = at;
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	ksft_print_msg("  %s | %.*s\n", side_names[side], (int)strcspn(line, "\n"), line);
}

static void show_text(const struct text *t)
{
	const char *at = t->buf;

	while (*at) {
		ksft_print_msg("    %.*s\n", (int)strcspn(at, "\n"), at);
		at += strcspn(at, "\n") + 1;
	}
}

static void judge(struct score *score, const struct text *t, const struct outcome *lbpf,
		  const struct outcome *kernel)
{
	bool is_different = lbpf->fd >= 0 && kernel->fd >= 0 &&
			    (lbpf->run_err != kernel->run_err || lbpf->result != kernel->result ||
			     memcmp(lbpf->value, kernel->value, VALUE_BYTES));
	bool is_one_sided = lbpf->fd < 0 ? kernel->fd >= 0 : kernel->fd < 0;

	score->nr_both += lbpf->fd >= 0 && kernel->fd >= 0;
	score->nr_neither += lbpf->fd < 0 && kernel->fd < 0;
	score->nr_lax += lbpf->fd >= 0 && kernel->fd < 0;
	score->nr_strict += lbpf->fd < 0 && kernel->fd >= 0;
	score->nr_different += is_different;
	if (!is_different && !is_one_sided)
		return;
	ksft_print_msg("program %d: %s\n", score->nr, is_different ? "the runs differ" :
		       lbpf->fd < 0 ? "only Linux accepts" : "only lbpf accepts");
	if (is_different)
		ksft_print_msg("  returns 0x%x (error %d), 0x%x (error %d)\n", lbpf->result,
			       lbpf->run_err, kernel->result, kernel->run_err);
	if (is_verbose)
		show_refusal(SIDE_LBPF);
	show_refusal(lbpf->fd < 0 && !is_verbose ? SIDE_LBPF : SIDE_KERNEL);
	if (is_verbose || is_different)
		show_text(t);
}

static int find_map(void *data, const char *name)
{
	return 0;
}

static bool try_program(struct score *score)
{
	struct asm_program program = { .find_map = find_map };
	struct outcome lbpf = {}, kernel = {};
	static struct text text;

	write_program(&text);
	if (asm_assemble(&program, text.buf) || program.nr_insns > 1024) {
		ksft_print_msg("%s\n", program.error);
		free(program.insns);
		return false;
	}
	load(SIDE_LBPF, &program, &lbpf);
	load(SIDE_KERNEL, &program, &kernel);
	judge(score, &text, &lbpf, &kernel);
	free(program.insns);
	score->nr++;
	return true;
}

static int create_map(enum test_side side)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = VALUE_BYTES,
		.max_entries = 1,
	};

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static bool is_linux_6_1(void)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, "6.1.", 4);
}

int main(int argc, char **argv)
{
	unsigned long seed = 1, count = DEFAULT_COUNT, i, only = ~0UL;
	struct score score = {};
	bool is_written = true;
	int option;

	while ((option = getopt(argc, argv, "n:s:o:v")) >= 0) {
		if (option == 'n')
			count = strtoul(optarg, NULL, 0);
		else if (option == 's')
			seed = strtoul(optarg, NULL, 0);
		else if (option == 'o')
			only = strtoul(optarg, NULL, 0);
		else
			is_verbose = true;
	}
	ksft_print_header();
	if (!is_linux_6_1())
		ksft_exit_skip("the verdicts compared are those of Linux 6.1\n");
	ksft_set_plan(3);
	for (i = 0; i < 2; i++) {
		map_fds[i] = create_map(i);
		logs[i] = malloc(LOG_BYTES);
		if (map_fds[i] < 0 || !logs[i])
			ksft_exit_fail_msg("%s: no map\n", side_names[i]);
	}
	for (i = 0; i < count && is_written; i++) {
		if (only != ~0UL && i != only)
			continue;
		random_state = (seed * 1000003 + i + 1) * 0x9e3779b97f4a7c15ULL;
		score.nr = i;
		is_written = try_program(&score);
	}
	ksft_print_msg("%d accepted, %d refused by both; only lbpf accepts %d, only Linux %d\n",
		       score.nr_both, score.nr_neither, score.nr_lax, score.nr_strict);
	ksft_test_result(is_written && !score.nr_different, "%lu programs: runs agree\n", count);
	ksft_test_result(score.nr_both > count / 20 && score.nr_neither > count / 20,
			 "programs of both kinds\n");
	ksft_test_result(score.nr_lax * 50 <= count && score.nr_strict * 50 <= count,
			 "at most one verdict in fifty differs either way\n");
	ksft_finished();
}
