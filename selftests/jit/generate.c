// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs that a verifier accepts: R9 points to a map value, R10 to an
 * initialised stack, the other registers hold numbers; jumps go forward and
 * skip nothing for good; loops count.
 */
#include <string.h>
#include "generate_parts.h"

#define MAX_ITEMS	256
#define MAX_CALLS	8

bool generate_loops;
struct generator gen;
static uint64_t state;
static unsigned int nr_subprog_calls, subprog_calls[MAX_CALLS];

/* Where the pieces start: jumps lead there. */
static unsigned int items[MAX_ITEMS], nr_items;

/* Jumps between pieces: the instruction, and how many pieces it skips. */
static struct { unsigned int insn, from, skip; } jumps[MAX_ITEMS];
static unsigned int nr_jumps;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}

unsigned int chance(unsigned int n)
{
	return (next() >> 33) % n;
}

void put(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	struct random_prog *prog = gen.prog;

	if (prog->nr_insns < MAX_PROG_INSNS)
		prog->insns[prog->nr_insns++] = INSN(code, dst, src, off, imm);
}

int32_t any_imm(void)
{
	static const int32_t edges[] = {
		0, 1, -1, 2, 3, 7, 10, 16, 100, 127, 128, -128, -129, 255, 256, 1000, 65535, 65536,
		1000000007, 0x7fffffff, -0x7fffffff - 1,
	};

	switch (chance(4)) {
	case 0:
		return next();
	case 1:
		return (int)chance(256) - 128;
	default:
		return edges[chance(sizeof(edges) / sizeof(*edges))];
	}
}

static void put_imm64(uint8_t dst)
{
	uint64_t v = next() >> chance(64);

	if (chance(3) == 0)
		v = (int64_t)any_imm();
	put(BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, v);
	put(0, 0, 0, 0, v >> 32);
}

uint8_t any_reg(void)
{
	return chance(9);
}

static void put_alu(void)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR, BPF_MOV,
		BPF_ARSH, BPF_NEG, BPF_DIV, BPF_MOD,
	};
	uint8_t class = chance(2) ? BPF_ALU : BPF_ALU64;
	uint8_t op = ops[chance(sizeof(ops))];
	int32_t imm = any_imm();

	if (op == BPF_NEG) {
		put(class | op, any_reg(), 0, 0, 0);
		return;
	}
	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm &= class == BPF_ALU ? 31 : 63;
	if ((op == BPF_DIV || op == BPF_MOD) && !imm)
		imm = 10;
	if (chance(2))
		put(class | op | BPF_X, any_reg(), any_reg(), 0, 0);
	else
		put(class | op | BPF_K, any_reg(), 0, 0, imm);
}

uint8_t any_place(unsigned int bytes, int16_t *off)
{
	if (chance(2)) {
		*off = chance((VALUE_BYTES - 80) / bytes) * bytes;
		return BPF_REG_9;
	}
	*off = -SLOT_BYTES + (int)(chance(SLOT_BYTES / bytes) * bytes);
	return BPF_REG_10;
}

static void put_memory(void)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	unsigned int log2 = chance(4);
	int16_t off;
	uint8_t place = any_place(1 << log2, &off);

	switch (chance(3)) {
	case 0:
		put(BPF_STX | BPF_MEM | sizes[log2], place, any_reg(), off, 0);
		break;
	case 1:
		put(BPF_ST | BPF_MEM | sizes[log2], place, 0, off, any_imm());
		break;
	default:
		put(BPF_LDX | BPF_MEM | sizes[log2], any_reg(), place, off, 0);
	}
}

static void put_atomic(void)
{
	static const int32_t ops[] = {
		BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND | BPF_FETCH,
		BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
	};
	bool is64 = chance(2);
	int16_t off;
	uint8_t place = any_place(is64 ? 8 : 4, &off);

	put(BPF_STX | BPF_ATOMIC | (is64 ? BPF_DW : BPF_W), place, any_reg(), off,
	    ops[chance(sizeof(ops) / sizeof(*ops))]);
}

/* The instruction about to be written jumps over the next pieces. */
static void note_jump(void)
{
	jumps[nr_jumps].insn = gen.prog->nr_insns;
	jumps[nr_jumps].from = nr_items;
	jumps[nr_jumps++].skip = chance(6);
}

/* An unconditional jump, which must not leave dead code: a branch goes around it. */
static void put_plain_jump(void)
{
	put(BPF_JMP | BPF_JGT | BPF_K, any_reg(), 0, 1, any_imm());
	note_jump();
	put(chance(2) ? BPF_JMP | BPF_JA : BPF_JMP32 | BPF_JA, 0, 0, 0, 0);
}

static void put_jump(void)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
		BPF_JSLT, BPF_JSLE,
	};
	uint8_t op = (chance(2) ? BPF_JMP : BPF_JMP32) | ops[chance(sizeof(ops))];

	if (chance(8) == 0) {
		put_plain_jump();
		return;
	}
	note_jump();
	if (chance(2))
		put(op | BPF_K, any_reg(), 0, 0, any_imm());
	else
		put(op | BPF_X, any_reg(), any_reg(), 0, 0);
}

void put_arguments_again(void)
{
	uint8_t reg;

	for (reg = BPF_REG_1; reg <= BPF_REG_5; reg++)
		put_alu_imm(BPF_MOV, reg, any_imm());
}

static void put_subprog_call(void)
{
	if (nr_subprog_calls >= MAX_CALLS)
		return;
	subprog_calls[nr_subprog_calls++] = gen.prog->nr_insns;
	put(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	put_arguments_again();
}

static void put_byte_order(void)
{
	put(BPF_ALU | BPF_END | (chance(2) ? BPF_TO_BE : BPF_TO_LE), any_reg(), 0, 0,
	    16 << chance(3));
}

static void put_any_imm64(void)
{
	put_imm64(any_reg());
}

/* What there is, how often, and whether only the main function has it. */
static const struct {
	void		(*put)(void);
	unsigned int	weight;
	bool		is_main_only;
} pieces[] = {
	{ .put = put_alu, .weight = 14 },
	{ .put = put_byte_order, .weight = 1 },
	{ .put = put_memory, .weight = 6 },
	{ .put = put_atomic, .weight = 2 },
	{ .put = put_jump, .weight = 6 },
	{ .put = put_any_imm64, .weight = 2 },
	{ .put = put_v4, .weight = 3 },
	{ .put = put_map_call, .weight = 3, .is_main_only = true },
	{ .put = put_other_call, .weight = 1, .is_main_only = true },
	{ .put = put_subprog_call, .weight = 1, .is_main_only = true },
	{ .put = put_inner_call, .weight = 3, .is_main_only = true },
	{ .put = put_tail_call, .weight = 1, .is_main_only = true },
	{ .put = put_loop_call, .weight = 1, .is_main_only = true },
};

#define NR_PIECES	(sizeof(pieces) / sizeof(*pieces))
#define ALL_WEIGHTS	44
/* Without those from put_inner_call() on. */
#define FIRST_WEIGHTS	39

static unsigned int weights;

static void put_any(bool is_main)
{
	unsigned int what = chance(weights), i = 0;

	items[nr_items++] = gen.prog->nr_insns;
	while (i + 1 < NR_PIECES && what >= pieces[i].weight)
		what -= pieces[i++].weight;
	if (is_main || !pieces[i].is_main_only)
		pieces[i].put();
}

static void close_jumps(void)
{
	unsigned int i;

	for (i = 0; i < nr_jumps; i++) {
		struct bpf_insn *insn = &gen.prog->insns[jumps[i].insn];
		unsigned int item = jumps[i].from + jumps[i].skip;
		int distance = items[item < nr_items ? item : nr_items] - jumps[i].insn - 1;

		if (insn->code == (BPF_JMP32 | BPF_JA))
			insn->imm = distance;
		else
			insn->off = distance;
	}
}

static void put_initial_regs(uint8_t first)
{
	uint8_t reg;
	int off;

	for (reg = first; reg < 9; reg++)
		put_imm64(reg);
	for (off = 8; off <= SLOT_BYTES; off += 8)
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, first + chance(9 - first), -off, 0);
}

static void put_body(unsigned int nr, bool is_main)
{
	bool has_loop = chance(4) == 0;
	unsigned int first;

	nr_items = 0;
	nr_jumps = 0;
	gen.scratch_off = is_main ? MAIN_SCRATCH : SUB_SCRATCH;
	if (has_loop)
		put(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, COUNTER_OFF, 0);
	first = gen.prog->nr_insns;
	while (nr_items < nr)
		put_any(is_main);
	items[nr_items] = gen.prog->nr_insns;
	close_jumps();
	if (!has_loop)
		return;
	put(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_10, COUNTER_OFF, 0);
	put_alu_imm(BPF_ADD, BPF_REG_0, 1);
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, COUNTER_OFF, 0);
	put(BPF_JMP | BPF_JLT | BPF_K, BPF_REG_0, 0, (int)first - (int)gen.prog->nr_insns - 1, 3);
}

/* Numbers in R1 and R2, nothing in R9: memory is the stack. */
static void put_subprog(unsigned int nr)
{
	unsigned int i;

	put_mov(BPF_REG_6, BPF_REG_1);
	put_mov(BPF_REG_7, BPF_REG_2);
	put_imm64(BPF_REG_0);
	put_imm64(BPF_REG_8);
	put_arguments_again();
	for (i = 8; i <= SLOT_BYTES; i += 8)
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, chance(9), -(int)i, 0);
	put_mov(BPF_REG_9, BPF_REG_10);
	put_alu_imm(BPF_ADD, BPF_REG_9, -VALUE_BYTES);
	for (i = 0; i < VALUE_BYTES - SLOT_BYTES; i += 8)
		put(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_9, 0, i, i);
	put_body(nr, false);
}

/* Aims what refers to a function, which starts here. */
static void start_func(const unsigned int *refs, unsigned int nr)
{
	struct random_prog *prog = gen.prog;
	unsigned int i;

	for (i = 0; i < nr; i++)
		prog->insns[refs[i]].imm = prog->nr_insns - refs[i] - 1;
	prog->funcs[prog->nr_funcs++] = prog->nr_insns;
}

static void put_called_func(void)
{
	start_func(subprog_calls, nr_subprog_calls);
	put_subprog(1 + chance(20));
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* R1: number of the call; R2 points to a word.  R0 ends the loop, or not. */
static void put_callback(void)
{
	start_func(gen.callbacks, gen.nr_callbacks);
	put(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_3, BPF_REG_2, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, BPF_REG_1, 0, 0);
	put_alu_imm(BPF_MUL, BPF_REG_3, 31);
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_3, 0, 0);
	put_alu_imm(BPF_MOV, BPF_REG_2, any_imm());
	put_subprog(1 + chance(8));
	put_alu_imm(BPF_AND, BPF_REG_0, chance(2));
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* R9 = the value of the work map, numbers elsewhere. */
static void put_start(void)
{
	int reg;

	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, CTX_OFF, 0);
	put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0);
	put_mov(BPF_REG_2, BPF_REG_10);
	put_alu_imm(BPF_ADD, BPF_REG_2, -4);
	put_map(BPF_REG_1, WORK_MAP);
	put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	put(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	put_mov(BPF_REG_9, BPF_REG_0);
	put_initial_regs(0);
	/* Some numbers that a verifier cannot know. */
	for (reg = 0; reg < 9; reg++)
		if (chance(2))
			put(BPF_LDX | BPF_MEM | (chance(2) ? BPF_DW : BPF_W), reg, BPF_REG_9,
			    8 * chance(20), 0);
}

void generate_prog(struct random_prog *prog, uint64_t seed, unsigned int nr, bool is_lowered)
{
	int reg;

	prog->nr_insns = 0;
	prog->nr_map_refs = 0;
	prog->uses_maps = 0;
	prog->nr_v4 = 0;
	prog->nr_funcs = 0;
	/* A third has only the pieces that there were at first: what was found stays as it was. */
	weights = seed % 3 == 2 ? FIRST_WEIGHTS : ALL_WEIGHTS;
	gen = (struct generator){ .prog = prog, .is_lowered = is_lowered };
	nr_subprog_calls = 0;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	next();
	start_func(NULL, 0);
	put_start();
	put_body(nr, true);
	/* Registers are part of the result. */
	for (reg = 0; reg < 9; reg++)
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_9, reg, VALUE_BYTES - 8 * (reg + 1), 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (nr_subprog_calls)
		put_called_func();
	if (gen.nr_callbacks)
		put_callback();
	else
		prog->nr_funcs = 0;
}
