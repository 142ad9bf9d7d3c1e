// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: source lines in the verifier's log, and branches without end.
 */
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define INFO(kind, vlen)	((uint32_t)(kind) << 24 | (vlen))
#define MAX_LINES		32
#define NR_JUMPS		40000

enum { T_INT = 1, T_PROTO, T_MAIN, T_SUB };

static const char names[] =
	"\0int\0a\0main\0sub\0x.c\0if (a)\0  r = b + c;\0\t\t return r; \0\0    \0}";

static const uint32_t text_offs[] = { 20, 27, 40, 54, 55, 60 };

static const uint32_t types[] = {
	1, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	0, INFO(BTF_KIND_FUNC_PROTO, 0), T_INT,
	7, INFO(BTF_KIND_FUNC, BTF_FUNC_GLOBAL), T_PROTO,
	12, INFO(BTF_KIND_FUNC, BTF_FUNC_STATIC), T_PROTO,
};

static int load_types(void)
{
	struct {
		struct btf_header header;
		uint32_t types[ARRAY_SIZE_OF(types)];
		char names[sizeof(names)];
	} __attribute__((packed)) blob = {
		.header = {
			.magic = BTF_MAGIC, .version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header), .type_len = sizeof(types),
			.str_off = sizeof(types), .str_len = sizeof(names),
		},
	};
	union bpf_attr attr = {};
	int fd;

	memcpy(blob.types, types, sizeof(types));
	memcpy(blob.names, names, sizeof(names));
	attr.btf = PTR(&blob);
	attr.btf_size = sizeof(blob);
	fd = bpf_call(BPF_BTF_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		give_up("types");
	return fd;
}

/* Branches, a join, a function, a load of two slots; the last one is refused. */
static const struct bpf_insn accepted[] = {
	LDX(BPF_W, 6, 1, 0), MOV_IMM(0, 0), JMP_IMM(BPF_JGT, 6, 64, 3), LDX(BPF_W, 7, 1, 4),
	ALU64(BPF_ADD, 6, 7), JMP_IMM(BPF_JEQ, 7, 1, 3), STX(BPF_DW, 10, 6, -8),
	LD_IMM64(3, 1ULL << 40),
	LDX(BPF_DW, 0, 10, -8), INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
	JMP_IMM(BPF_JSGT, 1, 5, 1), MOV_IMM(0, 1), MOV_IMM(0, 2), EXIT(),
};

static const struct bpf_insn branches[] = {
	LDX(BPF_W, 6, 1, 0), MOV_IMM(0, 0), JMP_IMM(BPF_JGT, 6, 64, 3), LDX(BPF_W, 7, 1, 4),
	ALU64(BPF_ADD, 6, 7), JMP_IMM(BPF_JEQ, 7, 1, 2), LD_IMM64(3, 1ULL << 40),
	MOV(1, 6), INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
	JMP_IMM(BPF_JSGT, 1, 5, 1), MOV_IMM(0, 1), MOV_IMM(2, 2), MOV_IMM(0, 2), EXIT(),
};

static const struct bpf_insn refused[] = {
	LDX(BPF_W, 6, 1, 0), MOV_IMM(0, 0), JMP_IMM(BPF_JGT, 6, 64, 3), LDX(BPF_W, 7, 1, 4),
	ALU64(BPF_ADD, 6, 7), JMP_IMM(BPF_JEQ, 7, 1, 2), LD_IMM64(3, 1ULL << 40),
	MOV(1, 6), INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
	JMP_IMM(BPF_JSGT, 1, 5, 1), MOV_IMM(0, 1), MOV(2, 10), MOV(0, 2),
	LDX(BPF_B, 0, 9, 0), EXIT(),
};

static const struct bpf_insn loop[] = {
	MOV_IMM(6, 0), MOV_IMM(0, 0), ALU64_IMM(BPF_ADD, 6, 1), JMP_IMM(BPF_JLT, 6, 3, -2),
	MOV(1, 6), INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 1), EXIT(),
	MOV(0, 1), EXIT(),
};

static const struct bpf_insn spills[] = {
	LDX(BPF_W, 6, 1, 0), STX(BPF_DW, 10, 1, -8), STX(BPF_DW, 10, 10, -16),
	STX(BPF_DW, 10, 6, -24),
	ST_IMM(BPF_W, 10, -32, 5), STX(BPF_W, 10, 6, -40), JMP_IMM(BPF_JGT, 6, 9, 1), MOV(7, 10),
	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 2), LDX(BPF_DW, 6, 10, -8), EXIT(),
	MOV_IMM(0, 1), EXIT(),
};

static const struct {
	const struct bpf_insn *insns;
	uint32_t nr, start;	/* of the function */
} progs[] = {
	{ accepted, ARRAY_SIZE_OF(accepted), 12 },
	{ branches, ARRAY_SIZE_OF(branches), 11 },
	{ refused, ARRAY_SIZE_OF(refused), 11 },
	{ loop, ARRAY_SIZE_OF(loop), 7 },
	{ spills, ARRAY_SIZE_OF(spills), 11 },
};

/* Records at every @step instructions, or, 0, at random ones; where functions begin in any case. */
static uint32_t place_lines(struct bpf_line_info *lines, uint32_t prog, uint32_t step)
{
	uint32_t i, nr = 0, text;

	for (i = 0; i < progs[prog].nr; i++) {
		/* Most have no record at the second half of a load: it is refused. */
		if (!progs[prog].insns[i].code && rnd_below(16))
			continue;
		if (i && i != progs[prog].start && (step ? i % step : rnd_below(3)))
			continue;
		text = rnd_below(ARRAY_SIZE_OF(text_offs));
		lines[nr++] = (struct bpf_line_info){ i, 16, text_offs[text], (i + 1) << 10 | 3 };
	}
	return nr;
}

static void load_with_lines(uint32_t prog, uint32_t step, uint32_t level, int btf_fd)
{
	struct bpf_func_info funcs[] = { { 0, T_MAIN }, { progs[prog].start, T_SUB } };
	union bpf_attr attr = load_attr(progs[prog].insns, progs[prog].nr);
	struct bpf_line_info lines[MAX_LINES];
	char what[64];

	attr.prog_btf_fd = btf_fd;
	attr.func_info = PTR(funcs);
	attr.func_info_cnt = 2;
	attr.func_info_rec_size = sizeof(funcs[0]);
	attr.line_info = PTR(lines);
	attr.line_info_cnt = place_lines(lines, prog, step);
	attr.line_info_rec_size = sizeof(lines[0]);
	snprintf(what, sizeof(what), "prog %u step %u level %u", prog, step, level);
	load_log_traced(&attr, level, what);
}

static void lines(void)
{
	int btf_fd = load_types();
	uint32_t i;

	for (i = 0; i < 28 * ARRAY_SIZE_OF(progs); i++)
		load_with_lines(i / 28, i % 4, i / 4 % 7 + 1, btf_fd);
	close(btf_fd);
}

/* More branches that wait than either side walks: a chain of tests of one number. */
static void too_many_branches(void)
{
	struct bpf_insn *insns = calloc(NR_JUMPS + 3, sizeof(*insns));
	static char log_text[1 << 23];
	union bpf_attr attr;
	const char *at;
	uint32_t i;

	if (!insns)
		give_up("no memory");
	insns[0] = LDX(BPF_W, 6, 1, 0);
	insns[1] = MOV_IMM(0, 0);
	for (i = 0; i < NR_JUMPS; i++)
		insns[2 + i] = JMP_IMM(BPF_JEQ, 6, i, 0);
	insns[2 + i] = EXIT();
	attr = load_attr(insns, NR_JUMPS + 3);
	bpf_traced(BPF_PROG_LOAD, &attr, "without a log");
	attr.log_level = 1;
	attr.log_buf = PTR(log_text);
	attr.log_size = sizeof(log_text);
	bpf_traced(BPF_PROG_LOAD, &attr, "with a log");
	at = strstr(log_text, "The sequence of ");
	trace(at ? "yes" : "no", "says which sequence");
	at = at ? strchr(at + 16, ' ') : NULL;
	trace_bytes(at, at ? strcspn(at, "\n") : 0, "and of what");
	free(insns);
}

const struct scenario log_scenarios[] = {
	{ "log lines", lines },
	{ "log branches", too_many_branches },
	{}
};
