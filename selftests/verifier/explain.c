// SPDX-License-Identifier: GPL-2.0
/*
 * Why programs are refused: the record of LBPF_PROG_EXPLAIN, and its words in the log.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <kselftest.h>
#include <insns.h>
#include <lbpf_test.h>

#define LOG_BYTES	65536
#define VALUE_BYTES	48

static char log_text[LOG_BYTES];
static struct lbpf_rejection why;

static int explain_sized(const struct bpf_insn *insns, unsigned int nr, unsigned int record_bytes)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = (unsigned long)insns,
		.insn_cnt = nr,
		.license = (unsigned long)"GPL",
		.log_buf = (unsigned long)log_text,
		.log_size = sizeof(log_text),
		.log_level = 1,
	};
	struct lbpf_prog_explain explain = {
		.attr = (unsigned long)&attr,
		.attr_size_bytes = sizeof(attr),
		.rejection = (unsigned long)&why,
		.rejection_size_bytes = record_bytes,
	};

	memset(&why, 0xff, sizeof(why));
	log_text[0] = 0;
	return test_bpf(SIDE_LBPF, LBPF_PROG_EXPLAIN, &explain, sizeof(explain));
}

#define explain(insns) explain_sized(insns, sizeof(insns) / sizeof(*(insns)), sizeof(why))

static bool says(const char *words)
{
	return strstr(log_text, words);
}

static void print_log_if(bool is_wanted)
{
	if (is_wanted)
		printf("# err %u insn %u reg %u type %u access %lld..%lld +%u of %u, %u \"%s\"\n%s",
		       why.err, why.insn_idx, why.regno, why.reg.type, (long long)why.access_min,
		       (long long)why.access_max, why.access_size, why.access_limit,
		       why.nr_decisions, why.rule, log_text);
}

static void test_accepted(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	int err = explain(insns);

	ksft_test_result(!err && !why.err && !why.nr_decisions && !why.rule[0],
			 "an accepted program has an empty record\n");
}

static void test_not_written(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), ALU64(BPF_ADD, 0, 7), EXIT() };
	bool is_good = !explain(insns) && why.err == EACCES && why.insn_idx == 1 &&
		       why.regno == 7 && !why.reg.type && !strcmp(why.rule, "R7 !read_ok") &&
		       says("; refused: instruction 1: (0f) r0 += r7\n") &&
		       says("; known: R7 holds nothing that was written on this path\n");

	print_log_if(!is_good);
	ksft_test_result(is_good, "a register that nothing was written to\n");
}

static void test_map_value(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = VALUE_BYTES, .max_entries = 1 };
	int map_fd = test_bpf(SIDE_LBPF, BPF_MAP_CREATE, &attr, sizeof(attr));
	const struct bpf_insn insns[] = {
		LDX(BPF_W, 6, 1, 0),			/* 0: len */
		ST_IMM(BPF_W, 10, -4, 0),
		MOV(2, 10),
		ALU64_IMM(BPF_ADD, 2, -4),
		LD_MAP_FD(1, map_fd),			/* 4, 5 */
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JEQ, 0, 0, 4),		/* 7 */
		JMP_IMM(BPF_JGT, 6, 48, 3),		/* 8 */
		JMP_IMM(BPF_JEQ, 6, 5, 0),		/* 9 */
		ALU64(BPF_ADD, 0, 6),
		LDX(BPF_W, 0, 0, 4),			/* 11 */
		MOV_IMM(0, 0),
		EXIT(),
	};
	bool is_good =
		map_fd >= 0 && !explain(insns) && why.err == EACCES && why.insn_idx == 11 &&
		why.regno == 0 && why.access_size == 4 && why.access_min == 4 &&
		why.access_max == 52 && why.access_limit == VALUE_BYTES && why.reg.umax == 48 &&
		why.nr_decisions == 3 && why.path[0].insn_idx == 7 && !why.path[0].taken &&
		why.path[1].insn_idx == 8 && !why.path[1].taken && why.path[2].insn_idx == 9 &&
		!why.is_path_cut &&
		says("; refused: instruction 11: (61) r0 = *(u32 *)(r0 +4)\n") &&
		says("; known: R0 holds a pointer to a map value, plus a number from 0 to") &&
		says("; missed: 4 bytes from byte 52 need 56, and 48 are there\n") &&
		says("; path: 7 goes on, 8 goes on, 9 goes on\n");

	print_log_if(!is_good);
	ksft_test_result(is_good, "a map value, with a bound that is too wide\n");
	close(map_fd);
}

static void test_packet(void)
{
	const struct bpf_insn insns[] = {
		LDX(BPF_W, 2, 1, offsetof(struct __sk_buff, data)),
		LDX(BPF_W, 3, 1, offsetof(struct __sk_buff, data_end)),
		LDX(BPF_W, 6, 1, 0),
		MOV_IMM(0, 0),
		JMP_IMM(BPF_JEQ, 6, 7, 1),		/* 4 */
		EXIT(),
		MOV(4, 2),
		ALU64_IMM(BPF_ADD, 4, 14),
		JMP(BPF_JLE, 4, 3, 1),			/* 8 */
		EXIT(),
		LDX(BPF_H, 0, 2, 13),			/* 10 */
		EXIT(),
	};
	bool is_good = !explain(insns) && why.insn_idx == 10 && why.regno == 2 &&
		       why.access_limit == 14 && why.access_max == 13 && why.access_size == 2 &&
		       why.nr_decisions == 2 && why.path[0].taken && why.path[1].taken &&
		       says("proved to be in the packet\n") &&
		       says("; path: 4 jumps, 8 jumps\n");

	print_log_if(!is_good);
	ksft_test_result(is_good, "a packet, one byte too far\n");
}

/* Linux's own lines stay where they are: the message before, the statistics last. */
static void test_order(void)
{
	const struct bpf_insn insns[] = { LDX(BPF_DW, 0, 10, -520), EXIT() };
	const char *message, *words, *last;
	bool is_good = !explain(insns) && why.err == EACCES && why.insn_idx == 0;

	message = strstr(log_text, "invalid read from stack R10 off=-520 size=8\n");
	words = strstr(log_text, "; refused: instruction 0");
	last = strstr(log_text, "\nprocessed 1 insns");
	is_good &= message && words && last && message < words && words < last;
	print_log_if(!is_good);
	ksft_test_result(is_good, "words come behind the message, and before the statistics\n");
}

static void test_long_path(void)
{
	struct bpf_insn insns[128];
	unsigned int nr = 0, i;
	bool is_good;

	insns[nr++] = LDX(BPF_W, 6, 1, 0);
	insns[nr++] = MOV_IMM(0, 0);
	for (i = 0; i < 50; i++) {
		insns[nr++] = JMP_IMM(BPF_JEQ, 6, i, 1);
		insns[nr++] = ALU64_IMM(BPF_ADD, 0, 1);
	}
	insns[nr++] = LDX(BPF_B, 0, 0, 0);
	insns[nr++] = EXIT();
	is_good = !explain_sized(insns, nr, sizeof(why)) && why.insn_idx == nr - 2 &&
		  why.nr_decisions == LBPF_MAX_DECISIONS && why.is_path_cut &&
		  why.path[LBPF_MAX_DECISIONS - 1].insn_idx == nr - 4 &&
		  why.path[0].insn_idx == nr - 4 - 2 * (LBPF_MAX_DECISIONS - 1) &&
		  says("; path: ..., ");
	print_log_if(!is_good);
	ksft_test_result(is_good, "a long path: its end is told\n");
}

static void test_sizes(void)
{
	const struct bpf_insn insns[] = { EXIT() };
	bool is_good = !explain_sized(insns, 1, 8) && why.err == EACCES && !why.insn_idx &&
		       why.line == ~0u;
	struct lbpf_prog_explain none = { .flags = 1 };

	ksft_test_result(is_good, "a caller that knows less gets less\n");
	ksft_test_result(test_bpf(SIDE_LBPF, LBPF_PROG_EXPLAIN, &none, sizeof(none)) < 0 &&
			 errno == EINVAL, "unknown flags are refused\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(8);
	test_accepted();
	test_not_written();
	test_map_value();
	test_packet();
	test_order();
	test_long_path();
	test_sizes();
	ksft_finished();
}
