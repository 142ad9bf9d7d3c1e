// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that are long: jumps that no longer fit in 16 bits once the program is
 * rewritten, and as many instructions as a program may have.
 */
#include <errno.h>
#include <kselftest.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define MAX_INSNS	1000000
#define NR_BODY		30000	/* each becomes two or more */

static struct bpf_insn *insns;
static unsigned int nr_insns;

static void put(struct bpf_insn insn)
{
	insns[nr_insns++] = insn;
}

static int load(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (unsigned long)insns;
	attr.insn_cnt = nr_insns;
	attr.license = (unsigned long)"GPL";
	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

/* Loads and runs what has been put: the result, or -errno. */
static long long run(void)
{
	unsigned char packet[64] = { };
	union bpf_attr attr;
	int fd = load(), err;

	nr_insns = 0;
	if (fd < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	err = lbpf_sys(BPF_PROG_TEST_RUN, &attr);
	close(fd);
	return err ? -errno : attr.test.retval;
}

/* The length of the packet, less 50: 0, and the verifier does not know it. */
static void put_unknown_zero(int reg)
{
	put(LDX(BPF_W, reg, 1, 0));
	put(ALU64_IMM(BPF_ADD, reg, -50));
}

/* R7 += 30000; the division by R8, which may be 0, becomes more than one instruction. */
static void put_body(void)
{
	unsigned int i;

	for (i = 0; i < NR_BODY / 2; i++) {
		put(ALU64(BPF_DIV, 9, 8));
		put(ALU64_IMM(BPF_ADD, 7, 2));
	}
}

static void put_start(void)
{
	put_unknown_zero(6);
	put(MOV_IMM(7, 0));
	put(MOV(8, 6));
	put(MOV_IMM(9, 100));
}

static void forward(const char *name, struct bpf_insn jump, long long want)
{
	long long got;

	put_start();
	jump.off = NR_BODY;
	put(jump);
	put_body();
	put(MOV(0, 7));
	put(EXIT());
	got = run();
	if (got != want)
		ksft_print_msg("%lld, not %lld\n", got, want);
	ksft_test_result(got == want, "%s\n", name);
}

/* The jump that goes back is the far one: two rounds. */
static void backward(void)
{
	long long got;

	put_start();
	put(MOV_IMM(2, 0));
	put_body();
	put(ALU64_IMM(BPF_ADD, 2, 1));
	put(JMP_IMM(BPF_JLT, 2, 2, -NR_BODY - 2));
	put(MOV(0, 7));
	put(EXIT());
	got = run();
	if (got != 2 * NR_BODY)
		ksft_print_msg("%lld\n", got);
	ksft_test_result(got == 2 * NR_BODY, "a far jump back\n");
}

/* Many far jumps to one place, each of which moves the others. */
static void crowd(void)
{
	long long got;
	int i;

	put_start();
	for (i = 0; i < 100; i++)
		put(JMP_IMM(BPF_JEQ, 6, i + 1, NR_BODY + 99 - i));
	put_body();
	put(MOV(0, 7));
	put(EXIT());
	got = run();
	ksft_test_result(got == NR_BODY, "a hundred far jumps: %lld\n", got);
}

/* As many instructions as there may be, and one more. */
static void whole(void)
{
	long long got;
	int i;

	put_start();
	for (i = 0; i < MAX_INSNS - 7; i++)
		put(ALU64_IMM(BPF_ADD, 7, 1));
	put(MOV(0, 7));
	put(EXIT());
	got = run();
	ksft_test_result(got == MAX_INSNS - 7, "%d instructions: %lld\n", MAX_INSNS, got);
	for (i = 0; i < MAX_INSNS; i++)
		put(MOV_IMM(0, 0));
	put(EXIT());
	got = run();
	ksft_test_result(got == -E2BIG, "one more: %s\n", strerror(-got));
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(8);
	insns = calloc(MAX_INSNS + 16, sizeof(*insns));
	if (!insns)
		ksft_exit_fail_msg("no memory\n");
	forward("a far jump taken", JMP_IMM(BPF_JEQ, 6, 0, 0), 0);
	forward("a far jump not taken", JMP_IMM(BPF_JNE, 6, 0, 0), NR_BODY);
	forward("likewise JSET", JMP_IMM(BPF_JSET, 6, 1, 0), NR_BODY);
	forward("likewise of 32 bits", JMP32_IMM(BPF_JSLE, 6, -1, 0), NR_BODY);
	backward();
	crowd();
	whole();
	ksft_finished();
}
