// SPDX-License-Identifier: GPL-2.0
/*
 * Every opcode, with fields set that it may reserve: the same answer as bpf(2).
 *
 * One test per opcode.  Each loads the instruction several times, with other
 * operands, inside a program in which all it could need is there, into lbpf and
 * into the kernel, and compares success, errno and the message.  An instruction
 * of cpu=v4, which Linux 6.1 does not know, must fare like the older one that it
 * differs from by a sign.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <kselftest.h>
#include <lbpf_test.h>

#define NR_OPCODES 256

#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif

/* Operands to try; registers are set up so that r1 is a number and r10 - 8 holds one. */
static const struct operands {
	__u8 dst;
	__u8 src;
	__s16 off;
	__s32 imm;
} tries[] = {
	{ 0, 0, 0, 0 },	  { 1, 0, 0, 0 },     { 1, 2, 0, 0 },   { 1, 2, 1, 0 },	 { 1, 0, 0, 1 },
	{ 1, 2, 0, 1 },	  { 1, 0, 1, 1 },     { 0, 0, 1, 0 },   { 0, 1, 0, 0 },	 { 0, 0, 0, 16 },
	{ 1, 0, 0, 32 },  { 1, 0, 0, 64 },    { 1, 0, 0, 0xff }, { 10, 1, -8, 0 }, { 10, 1, -8, 1 },
	{ 10, 0, -8, 3 }, { 1, 10, -8, 0 },   { 11, 0, 0, 0 },  { 1, 11, 0, 0 }, { 0, 1, 0, 4 },
	{ 10, 1, -8, BPF_ADD | BPF_FETCH },   { 10, 1, -8, BPF_XCHG },
	{ 10, 1, -8, BPF_CMPXCHG },	      { 10, 1, -8, BPF_MUL },
	{ 10, 1, -4, BPF_ADD },		      { 10, 1, -7, BPF_ADD },
	{ 1, 2, 8, 0 },	  { 1, 2, 16, 0 },    { 1, 2, 32, 0 },  { 1, 2, 64, 0 }, { 1, 10, 8, 0 },
	{ 1, 0, 1, 5 },
};

#define NR_TRIES ARRAY_SIZE(tries)

struct answer {
	int err;
	char why[256];
};

/* The last line of a log that is neither an instruction, a state nor the statistics. */
static void find_reason(char *log, struct answer *answer)
{
	char *line, *next;

	answer->why[0] = 0;
	for (line = log; *line; line = next) {
		next = strchrnul(line, '\n');
		if (*next)
			*next++ = 0;
		/* What lbpf says beyond it begins with a semicolon. */
		if (*line != ';' && strncmp(line, "processed ", 10) &&
		    strncmp(line, "verification time", 17) &&
		    strncmp(line, "stack depth", 11) && !strstr(line, ": ("))
			snprintf(answer->why, sizeof(answer->why), "%s", line);
	}
}

static void load(enum test_side side, const struct bpf_insn *insns, unsigned int nr,
		 struct answer *answer)
{
	static char log[65536];
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	log[0] = 0;
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)"GPL";
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	answer->err = fd < 0 ? errno : 0;
	answer->why[0] = 0;
	if (fd < 0)
		find_reason(log, answer);
	else
		close(fd);
}

static unsigned int build(struct bpf_insn *insns, __u8 code, const struct operands *ops)
{
	unsigned int nr = 0;
	__u8 reg;

	insns[nr++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 6,
					 .src_reg = 1 };
	insns[nr++] = (struct bpf_insn){ .code = BPF_ST | BPF_MEM | BPF_DW, .dst_reg = 10,
					 .off = -8 };
	for (reg = 0; reg < 6; reg++)
		insns[nr++] = (struct bpf_insn){
			.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = reg, .imm = 5 };
	insns[nr++] = (struct bpf_insn){
		.code = code, .dst_reg = ops->dst, .src_reg = ops->src, .off = ops->off,
			.imm = ops->imm };
	if (code == (BPF_LD | BPF_IMM | BPF_DW))
		insns[nr++] = (struct bpf_insn){ .imm = 7 };
	insns[nr++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 };
	insns[nr++] = (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0 };
	insns[nr++] = (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
	return nr;
}

static bool is_alu(__u8 code)
{
	return BPF_CLASS(code) == BPF_ALU || BPF_CLASS(code) == BPF_ALU64;
}

/* Turns an instruction of cpu=v4 into an older one; false: it is none. */
static bool make_older(__u8 *code, struct operands *ops)
{
	__u8 op = BPF_OP(*code);

	if (BPF_CLASS(*code) == BPF_LDX && BPF_MODE(*code) == BPF_MEMSX &&
	    BPF_SIZE(*code) != BPF_DW) {
		*code = BPF_LDX | BPF_MEM | BPF_SIZE(*code);
		return true;
	}
	if (*code == (BPF_ALU64 | BPF_END | BPF_TO_LE)) {
		*code = BPF_ALU | BPF_END | BPF_TO_BE;
		return true;
	}
	if (is_alu(*code) && (op == BPF_DIV || op == BPF_MOD) && ops->off == 1) {
		ops->off = 0;
		return true;
	}
	if (is_alu(*code) && op == BPF_MOV && BPF_SRC(*code) == BPF_X &&
	    (ops->off == 8 || ops->off == 16 ||
	     (ops->off == 32 && BPF_CLASS(*code) == BPF_ALU64))) {
		ops->off = 0;
		return true;
	}
	return false;
}

static bool same_answer(__u8 code, const struct operands *ops)
{
	struct answer ours, theirs;
	struct bpf_insn insns[16];
	struct operands older = *ops;
	__u8 older_code = code;
	unsigned int nr = build(insns, code, ops);

	load(SIDE_LBPF, insns, nr, &ours);
	if (make_older(&older_code, &older))
		nr = build(insns, older_code, &older);
	load(SIDE_KERNEL, insns, nr, &theirs);
	if (ours.err == theirs.err && !strcmp(ours.why, theirs.why))
		return true;
	ksft_print_msg("opcode %02x dst %d src %d off %d imm %d: lbpf %d \"%s\", kernel %d \"%s\"\n",
		       code, ops->dst, ops->src, ops->off, ops->imm, ours.err, ours.why, theirs.err,
		       theirs.why);
	return false;
}

/* Calls of kernel functions are not lbpf's yet: it refuses them in its own words. */
static bool is_kfunc(__u8 code, const struct operands *ops)
{
	return code == (BPF_JMP | BPF_CALL) && ops->src == BPF_PSEUDO_KFUNC_CALL;
}

static bool same_answers(__u8 code)
{
	bool same = true;
	unsigned int i;

	for (i = 0; i < NR_TRIES; i++)
		if (!is_kfunc(code, &tries[i]))
			same &= same_answer(code, &tries[i]);
	return same;
}

int main(void)
{
	int code;

	ksft_print_header();
	if (!test_kernel_is_reference())
		ksft_exit_skip("the reference is Linux 6.1; later kernels know more opcodes\n");
	ksft_set_plan(NR_OPCODES);
	for (code = 0; code < NR_OPCODES; code++)
		ksft_test_result(same_answers(code), "opcode %02x\n", code);
	ksft_finished();
}
