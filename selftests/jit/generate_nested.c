// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces of random programs: maps in maps, programs in a program array, a
 * function that a helper calls.
 */
#include <string.h>
#include "generate_parts.h"

/* The key in an inner map, behind the one in the outer map. */
#define INNER_KEY_OFF	(KEY_OFF + 8)

/* Where the work map's value has a number for indices. */
#define INDEX_OFF	40

/* An operation on what a map of maps has, if it has one. */
void put_inner_call(void)
{
	bool is_array = chance(2);
	enum random_map outer = is_array ? OUTER_ARRAY_MAP : OUTER_HASH_MAP;
	enum random_map inner = is_array ? INNER_ARRAY_MAP : INNER_HASH_MAP;
	struct random_prog *prog = gen.prog;
	unsigned int test, what = chance(4);

	if (prog->nr_map_refs >= MAX_MAP_REFS)
		return;
	put_key_at(&random_maps[outer], KEY_OFF);
	put_key_at(&random_maps[inner], INNER_KEY_OFF);
	put_stack_addr(BPF_REG_2, KEY_OFF);
	put_map(BPF_REG_1, outer);
	prog->uses_maps |= 1 << inner;
	put_call(BPF_FUNC_map_lookup_elem);
	test = prog->nr_insns;
	put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	put_mov(BPF_REG_1, BPF_REG_0);
	put_stack_addr(BPF_REG_2, INNER_KEY_OFF);
	if (what == 1)
		put_update();
	put_map_operation(&random_maps[inner], what);
	prog->insns[test].off = prog->nr_insns - test - 1;
	put_arguments_again();
}

static void put_tail_call_of(uint8_t index_reg, int32_t index)
{
	if (index_reg)
		put_mov(BPF_REG_3, index_reg);
	else
		put_alu_imm(BPF_MOV, BPF_REG_3, index);
	put_ctx(BPF_REG_1);
	put_map(BPF_REG_2, PROG_MAP);
	put_call(BPF_FUNC_tail_call);
}

/*
 * Most slots are empty or out of bounds, so that the program goes on.  One that is not constant
 * is known on no path: Linux 6.1 may take one that a single path knows for that of all of them.
 */
void put_tail_call(void)
{
	uint8_t reg = BPF_REG_6 + chance(3);

	if (gen.prog->nr_map_refs >= MAX_MAP_REFS)
		return;
	if (chance(2)) {
		put_tail_call_of(0, chance(12));
	} else {
		put(BPF_LDX | BPF_MEM | BPF_W, reg, BPF_REG_9, INDEX_OFF, 0);
		put_alu_imm(BPF_AND, reg, 15);
		put_tail_call_of(reg, 0);
	}
	/* What a call that fails leaves in R0 is not said. */
	put_alu_imm(BPF_MOV, BPF_REG_0, any_imm());
	put_arguments_again();
}

/* Calls add to a word of the stack, and may end the loop. */
void put_loop_call(void)
{
	struct random_prog *prog = gen.prog;

	if (!generate_loops || gen.nr_callbacks >= MAX_CALLBACKS)
		return;
	if (chance(2)) {
		put_alu_imm(BPF_MOV, BPF_REG_1, chance(6));
	} else {
		put_mov(BPF_REG_1, BPF_REG_7);
		put_alu_imm(BPF_AND, BPF_REG_1, 7);
	}
	gen.callbacks[gen.nr_callbacks++] = prog->nr_insns;
	put(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_2, BPF_PSEUDO_FUNC, 0, 0);
	put(0, 0, 0, 0, 0);
	put_stack_addr(BPF_REG_3, -8 * (1 + (int)chance(SLOT_BYTES / 8)));
	put_alu_imm(BPF_MOV, BPF_REG_4, 0);
	put_call(BPF_FUNC_loop);
	put_arguments_again();
}

/* A result; a count of how often it ran, which calls itself; the context. */
void generate_target(struct random_prog *prog, unsigned int nr)
{
	memset(prog, 0, sizeof(*prog));
	gen = (struct generator){ .prog = prog };
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_1, CTX_OFF, 0);
	if (nr == 1) {
		put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, KEY_OFF, 0);
		put_stack_addr(BPF_REG_2, KEY_OFF);
		put_map(BPF_REG_1, WORK_MAP);
		put_call(BPF_FUNC_map_lookup_elem);
		put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 2, 0);
		put_alu_imm(BPF_MOV, BPF_REG_1, 1);
		put(BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_0, BPF_REG_1, 0, BPF_ADD);
		put_tail_call_of(0, nr);
	}
	if (nr == 2) {
		put_ctx(BPF_REG_1);
		put(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_0, BPF_REG_1, 0, 0);
	} else {
		put_alu_imm(BPF_MOV, BPF_REG_0, 77 + nr);
	}
	put(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}
