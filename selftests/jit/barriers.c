// SPDX-License-Identifier: GPL-2.0
/*
 * Speculation barriers: stores to the stack after which loads must not see what was there before.
 *
 * Programs of loaders that must not read kernel memory have one, LFENCE in machine code, after each
 * such store, those of others have none; where and how many is compared with bpf(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <kselftest.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define PARAM		"/sys/module/lbpf/parameters/jit_harden"
#define MAX_INSNS	16
#define CODE_BARRIER	(BPF_ST | 0xc0)
#define RESULT		11

struct program {
	const char	*name;
	uint32_t	nr_barriers;	/* where the loader may not read kernel memory */
	struct bpf_insn	insns[MAX_INSNS];
};

static const struct program programs[] = {
	{ "registers only", 0, {
		MOV_IMM(1, 5), ALU64_IMM(BPF_ADD, 1, 6), MOV(0, 1), EXIT() } },
	{ "number to new stack", 1, {
		ST_IMM(BPF_DW, 10, -8, RESULT), LDX(BPF_DW, 0, 10, -8), EXIT() } },
	{ "number over number", 1, {
		ST_IMM(BPF_DW, 10, -8, 3), ST_IMM(BPF_DW, 10, -8, RESULT),
		LDX(BPF_DW, 0, 10, -8), EXIT() } },
	{ "bytes to a new slot", 8, {
		ST_IMM(BPF_B, 10, -8, RESULT), ST_IMM(BPF_B, 10, -7, 0), ST_IMM(BPF_B, 10, -6, 0),
		ST_IMM(BPF_B, 10, -5, 0), ST_IMM(BPF_B, 10, -4, 0), ST_IMM(BPF_B, 10, -3, 0),
		ST_IMM(BPF_B, 10, -2, 0), ST_IMM(BPF_B, 10, -1, 0),
		LDX(BPF_DW, 0, 10, -8), EXIT() } },
	{ "context pointer", 1, {
		STX(BPF_DW, 10, 1, -8), LDX(BPF_DW, 1, 10, -8), LDX(BPF_W, 0, 1, 0),
		MOV_IMM(0, RESULT), EXIT() } },
	{ "pointer over number", 3, {
		ST_IMM(BPF_DW, 10, -8, 0), STX(BPF_DW, 10, 10, -8), LDX(BPF_DW, 1, 10, -8),
		ST_IMM(BPF_DW, 1, -16, RESULT), LDX(BPF_DW, 0, 10, -16), EXIT() } },
	{ "number over pointer", 2, {
		STX(BPF_DW, 10, 1, -8), MOV_IMM(2, RESULT), STX(BPF_DW, 10, 2, -8),
		LDX(BPF_DW, 0, 10, -8), EXIT() } },
	{ "two slots", 2, {
		ST_IMM(BPF_DW, 10, -16, 4), ST_IMM(BPF_DW, 10, -8, 7), LDX(BPF_DW, 0, 10, -16),
		LDX(BPF_DW, 1, 10, -8), ALU64(BPF_ADD, 0, 1), EXIT() } },
};

#define NR_PROGRAMS	(sizeof(programs) / sizeof(*programs))

/**
 * struct outcome - What is seen of a program
 * @err: What refused it, or 0.
 * @nr_fences: LFENCE instructions of its machine code.
 * @nr_barriers: Barriers in the rewritten program.
 * @result: Of a run.
 */
struct outcome {
	int		err;
	uint32_t	nr_fences;
	uint32_t	nr_barriers;
	uint32_t	result;
};

static void set_caps(bool is_on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		ksft_exit_fail_msg("capget\n");
	data[0].effective = is_on ? data[0].permitted : 0;
	data[1].effective = is_on ? data[1].permitted : 0;
	if (syscall(SYS_capset, &header, data))
		ksft_exit_fail_msg("capset\n");
}

/* Random constants of hardened programs could look like a fence. */
static void set_harden(char level)
{
	int fd = open(PARAM, O_WRONLY);

	if (fd < 0 || write(fd, &level, 1) != 1)
		ksft_exit_fail_msg("%s: %s\n", PARAM, strerror(errno));
	close(fd);
}

static uint32_t count_fences(const uint8_t *code, uint32_t len)
{
	static const uint8_t fence[] = { 0x0f, 0xae, 0xe8 };
	const uint8_t *at = code;
	uint32_t nr = 0;

	while ((at = memmem(at, code + len - at, fence, sizeof(fence)))) {
		at += sizeof(fence);
		nr++;
	}
	return nr;
}

static void look_at(enum test_side side, int fd, struct outcome *outcome)
{
	static uint8_t code[4096];
	struct bpf_insn insns[4 * MAX_INSNS] = { 0 };
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };
	uint32_t i;

	info.jited_prog_insns = (unsigned long)code;
	info.jited_prog_len = sizeof(code);
	info.xlated_prog_insns = (unsigned long)insns;
	info.xlated_prog_len = sizeof(insns);
	attr.info.bpf_fd = fd;
	attr.info.info = (unsigned long)&info;
	attr.info.info_len = sizeof(info);
	outcome->err = test_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) ? errno : 0;
	outcome->nr_fences = count_fences(code, info.jited_prog_len);
	for (i = 0; i < info.xlated_prog_len / sizeof(*insns); i++)
		outcome->nr_barriers += insns[i].code == CODE_BARRIER;
}

static void run(enum test_side side, int fd, struct outcome *outcome)
{
	uint8_t packet[64] = { 0 };
	union bpf_attr attr = { 0 };

	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	if (test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		outcome->err = errno;
	outcome->result = attr.test.retval;
}

static uint32_t length_of(const struct program *program)
{
	uint32_t nr = MAX_INSNS;

	while (!program->insns[nr - 1].code)
		nr--;
	return nr;
}

static struct outcome try(enum test_side side, const struct program *program, bool is_privileged)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.insns = (unsigned long)program->insns,
				.insn_cnt = length_of(program), .license = (unsigned long)"GPL" };
	struct outcome outcome = { 0 };
	int fd;

	if (!is_privileged)
		set_caps(false);
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	outcome.err = fd < 0 ? errno : 0;
	if (!is_privileged)
		set_caps(true);
	if (fd < 0)
		return outcome;
	look_at(side, fd, &outcome);
	run(side, fd, &outcome);
	close(fd);
	return outcome;
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
	return a->err == b->err && a->nr_fences == b->nr_fences &&
	       a->nr_barriers == b->nr_barriers && a->result == b->result;
}

static void test_program(const struct program *program, bool is_privileged)
{
	struct outcome ours = try(SIDE_LBPF, program, is_privileged);
	struct outcome theirs = try(SIDE_KERNEL, program, is_privileged);
	uint32_t wanted = is_privileged ? 0 : program->nr_barriers;
	bool is_good = is_same(&ours, &theirs) && ours.nr_fences == wanted &&
		       ours.nr_barriers == wanted && !ours.err && ours.result == RESULT;

	if (!is_good)
		ksft_print_msg("lbpf: %s, %u fences, %u barriers, %u; bpf(2): %s, %u, %u, %u\n",
			       strerror(ours.err), ours.nr_fences, ours.nr_barriers, ours.result,
			       strerror(theirs.err), theirs.nr_fences, theirs.nr_barriers,
			       theirs.result);
	ksft_test_result(is_good, "%s: %s\n", is_privileged ? "root" : "unprivileged",
			 program->name);
}

int main(void)
{
	uint32_t i;

	ksft_print_header();
	ksft_set_plan(2 * NR_PROGRAMS);
	set_harden('0');
	for (i = 0; i < NR_PROGRAMS; i++) {
		test_program(&programs[i], false);
		test_program(&programs[i], true);
	}
	set_harden('1');
	ksft_finished();
}
