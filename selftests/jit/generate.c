// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs that a verifier accepts: R9 points to a map value, R10 to an
 * initialised stack, the other registers hold numbers; jumps go forward and
 * skip nothing for good; loops count.
 */
#include <string.h>
#include <insns.h>
#include "generate.h"

#define SLOT_BYTES	64

static uint64_t state;
static struct random_prog *prog;
static unsigned int nr_subprog_calls, subprog_calls[16];

/* Instructions that jumps may lead to. */
static bool is_start[MAX_PROG_INSNS];
static bool is_closed[MAX_PROG_INSNS];

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1dull;
}

static unsigned int chance(unsigned int n)
{
	return (next() >> 33) % n;
}

static void put(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	if (prog->nr_insns < MAX_PROG_INSNS)
		prog->insns[prog->nr_insns++] = INSN(code, dst, src, off, imm);
}

static int32_t any_imm(void)
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

static uint8_t any_reg(void)
{
	return chance(9);
}

static void put_alu(void)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR, BPF_MOV,
			BPF_ARSH,
		BPF_NEG, BPF_DIV, BPF_MOD,
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

static uint8_t any_place(unsigned int bytes, int16_t *off)
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

static void put_jump(void)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
		BPF_JSLT, BPF_JSLE,
	};
	uint8_t op = (chance(2) ? BPF_JMP : BPF_JMP32) | ops[chance(sizeof(ops))];
	int16_t off = 1 + chance(12);

	if (chance(2))
		put(op | BPF_K, any_reg(), 0, off, any_imm());
	else
		put(op | BPF_X, any_reg(), any_reg(), off, 0);
}

static void put_map(uint8_t dst, bool is_hash)
{
	prog->map_refs[prog->nr_map_refs].insn = prog->nr_insns;
	prog->map_refs[prog->nr_map_refs++].is_hash = is_hash;
	put(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, 0);
	put(0, 0, 0, 0, 0);
}

/* R1-R5 mean nothing after a call. */
static void put_arguments_again(void)
{
	uint8_t reg;

	for (reg = BPF_REG_1; reg <= BPF_REG_5; reg++)
		put(BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, any_imm());
}

/* The key is at the lowest stack slot; an array has one element, the hash map a few. */
static void put_key(bool is_hash)
{
	if (chance(2)) {
		put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -SLOT_BYTES, chance(is_hash ? 8 : 3));
	} else {
		uint8_t reg = any_reg();

		put(BPF_ALU64 | BPF_AND | BPF_K, reg, 0, 0, is_hash ? 7 : 1);
		put(BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, reg, -SLOT_BYTES, 0);
	}
}

static void put_map_call(void)
{
	bool is_hash = chance(3);
	unsigned int what = is_hash ? chance(3) : 0;

	if (prog->nr_map_refs >= 60)
		return;
	put_key(is_hash);
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -SLOT_BYTES);
	if (what == 1) {
		put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_10, 0, 0);
		put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, -SLOT_BYTES + 8);
		put(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_4, 0, 0, chance(3));
	}
	put_map(BPF_REG_1, is_hash);
	if (what == 1)
		put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_update_elem);
	else if (what == 2)
		put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_delete_elem);
	else
		put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	/* Linux 6.1 leaves the upper half of an error number to chance. */
	if (what)
		put(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_0, 0, 0);
	if (!what) {
		is_closed[prog->nr_insns] = true;
		put(BPF_JMP | (chance(2) ? BPF_JEQ : BPF_JNE) | BPF_K, BPF_REG_0, 0, 0, 0);
		if (prog->insns[prog->nr_insns - 1].code == (BPF_JMP | BPF_JEQ | BPF_K)) {
			prog->insns[prog->nr_insns - 1].off = 3;
		} else {
			prog->insns[prog->nr_insns - 1].off = 1;
			is_closed[prog->nr_insns] = true;
			put(BPF_JMP | BPF_JA, 0, 0, 3, 0);
		}
		put(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_1, BPF_REG_0, 0, 0);
		put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, any_imm());
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_1, 0, 0);
		put(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, any_imm());
	}
	put_arguments_again();
}

static void put_subprog_call(void)
{
	if (nr_subprog_calls >= 8)
		return;
	subprog_calls[nr_subprog_calls++] = prog->nr_insns;
	put(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0);
	put_arguments_again();
}

static void put_any(bool is_main)
{
	unsigned int what = chance(20);

	is_start[prog->nr_insns] = true;
	if (what < 9)
		put_alu();
	else if (what < 10)
		put(BPF_ALU | BPF_END | (chance(2) ? BPF_TO_BE : BPF_TO_LE), any_reg(), 0, 0,
		    16 << chance(3));
	else if (what < 13)
		put_memory();
	else if (what < 14)
		put_atomic();
	else if (what < 17)
		put_jump();
	else if (what < 18)
		put_imm64(any_reg());
	else if (is_main && what < 19)
		put_map_call();
	else if (is_main)
		put_subprog_call();
}

/* Jumps lead to the next place where put_any() started, or to the end. */
static void close_jumps(unsigned int first, unsigned int end)
{
	unsigned int i;

	for (i = first; i < end; i++) {
		struct bpf_insn *insn = &prog->insns[i];
		uint8_t class = BPF_CLASS(insn->code);
		unsigned int to;

		if (is_closed[i] || (class != BPF_JMP && class != BPF_JMP32) ||
		    BPF_OP(insn->code) == BPF_CALL)
			continue;
		for (to = i + 1 + insn->off; to < end && !is_start[to]; )
			to++;
		insn->off = (to > end ? end : to) - i - 1;
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

static void put_body(unsigned int nr_insns, bool is_main)
{
	unsigned int first = prog->nr_insns;
	bool has_loop = chance(4) == 0;

	if (has_loop) {
		put(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, -SLOT_BYTES - 8, 0);
		first = prog->nr_insns;
	}
	while (prog->nr_insns < first + nr_insns)
		put_any(is_main);
	close_jumps(first, prog->nr_insns);
	if (!has_loop)
		return;
	put(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_10, -SLOT_BYTES - 8, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_0, 0, 0, 1);
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_0, -SLOT_BYTES - 8, 0);
	put(BPF_JMP | BPF_JLT | BPF_K, BPF_REG_0, 0, (int)first - (int)prog->nr_insns - 1, 3);
}

/* Numbers in R1 and R2, nothing in R9: memory is the stack. */
static void put_subprog(unsigned int nr_insns)
{
	unsigned int i;

	for (i = 0; i < nr_subprog_calls; i++)
		prog->insns[subprog_calls[i]].imm = prog->nr_insns - subprog_calls[i] - 1;
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_6, BPF_REG_1, 0, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_7, BPF_REG_2, 0, 0);
	put_imm64(BPF_REG_0);
	put_imm64(BPF_REG_8);
	put_arguments_again();
	for (i = 8; i <= SLOT_BYTES; i += 8)
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, chance(9), -(int)i, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_9, BPF_REG_10, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_9, 0, 0, -VALUE_BYTES);
	for (i = 0; i < VALUE_BYTES - SLOT_BYTES; i += 8)
		put(BPF_ST | BPF_MEM | BPF_DW, BPF_REG_9, 0, i, i);
	put_body(nr_insns, false);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void generate_prog(struct random_prog *to, uint64_t seed, unsigned int nr_insns)
{
	int reg;

	prog = to;
	memset(prog, 0, sizeof(*prog));
	memset(is_start, 0, sizeof(is_start));
	memset(is_closed, 0, sizeof(is_closed));
	nr_subprog_calls = 0;
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	next();
	put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, -4, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	put(BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, -4);
	put_map(BPF_REG_1, false);
	put(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_map_lookup_elem);
	put(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	put(BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_9, BPF_REG_0, 0, 0);
	put_initial_regs(0);
	/* Some numbers that a verifier cannot know. */
	for (reg = 0; reg < 9; reg++)
		if (chance(2))
			put(BPF_LDX | BPF_MEM | (chance(2) ? BPF_DW : BPF_W), reg, BPF_REG_9,
			    8 * chance(20), 0);
	put_body(nr_insns, true);
	/* Registers are part of the result. */
	for (reg = 0; reg < 9; reg++)
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_9, reg, VALUE_BYTES - 8 * (reg + 1), 0);
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
	if (nr_subprog_calls)
		put_subprog(1 + chance(20));
}
