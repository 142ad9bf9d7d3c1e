// SPDX-License-Identifier: GPL-2.0
/*
 * Step r: a helper that calls a function of the program again and again becomes
 * a loop with direct calls.
 *
 * Layer: rewrite (p).  Number, limit and context of the loop are kept in R6-R8
 * around the calls; what those held lies on the stack meanwhile, below what the
 * program uses itself, in one place for all loops of a function.  The number counts
 * with all its 64 bits, as on Linux, whose helper takes 32 of them.
 */
#include <linux/errno.h>

#include <lbpf/proto.h>

#include "builder.h"
#include "make.h"

#define NR_SAVED	3
#define SLOT_BYTES	8

static bool is_wanted(const struct lbpf_code *code)
{
	return lbpf_code_wants(code, LBPF_STEP_LOOPS);
}

static bool applies(const struct lbpf_code *code, u32 index)
{
	const struct lbpf_insn_aux *aux = &code->aux[index];

	return code->insns[index].code == (BPF_JMP | BPF_CALL) && aux->proto &&
	       aux->proto->inline_as == LBPF_INLINE_LOOP && (aux->flags & LBPF_INSN_CALLBACK_CONST);
}

static struct lbpf_subprog *func_of(struct lbpf_rewrite *rw)
{
	struct lbpf_subprog *func = rw->code->subprogs;

	while (func[1].start <= rw->index)
		func++;
	return func;
}

/* Offset from the frame pointer of the place for R6. */
static s16 find_place(struct lbpf_rewrite *rw)
{
	struct lbpf_subprog *func = func_of(rw);

	if (!func->has_loop_slots)
		func->stack_bytes += NR_SAVED * SLOT_BYTES;
	func->has_loop_slots = true;
	return -func->stack_bytes;
}

static void put_saves(struct lbpf_rewrite *rw, s16 place)
{
	u32 i;

	for (i = 0; i < NR_SAVED; i++)
		lbpf_rw_put(rw, make_insn(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_6 + i,
					  place + SLOT_BYTES * i, 0));
}

static void put_restores(struct lbpf_rewrite *rw, s16 place)
{
	u32 i;

	for (i = 0; i < NR_SAVED; i++)
		lbpf_rw_put(rw, make_load(SLOT_BYTES, BPF_REG_6 + i, BPF_REG_10,
					  place + SLOT_BYTES * i));
}

static void put_function_call(struct lbpf_rewrite *rw)
{
	struct lbpf_insn_aux *aux;

	lbpf_rw_put(rw, make_insn(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	aux = lbpf_rw_last_aux(rw);
	if (!aux)
		return;
	aux->flags |= LBPF_INSN_SUBPROG_CALL;
	aux->subprog = rw->aux->subprog;
}

/* R1 is the number of calls, R3 the context.  R6: calls made. */
static void put_loop(struct lbpf_rewrite *rw)
{
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_7, BPF_REG_1));
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_6, 0));
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_8, BPF_REG_3));
	lbpf_rw_put(rw, make_jump_imm(BPF_JEQ, BPF_REG_7, 0, 6));
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_1, BPF_REG_6));
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_2, BPF_REG_8));
	put_function_call(rw);
	lbpf_rw_put(rw, make_alu64_imm(BPF_ADD, BPF_REG_6, 1));
	lbpf_rw_put(rw, make_jump_imm(BPF_JNE, BPF_REG_0, 0, 1));
	lbpf_rw_put(rw, make_insn(BPF_JMP | BPF_JLT | BPF_X, BPF_REG_6, BPF_REG_7, -6, 0));
	lbpf_rw_put(rw, make_alu64(BPF_MOV, BPF_REG_0, BPF_REG_6));
}

/* Instructions of put_saves(), put_loop() and put_restores(). */
#define LOOP_INSNS	(11 + 2 * NR_SAVED)

static void replace(struct lbpf_rewrite *rw)
{
	s16 place = find_place(rw);

	lbpf_rw_put(rw, make_jump_imm(BPF_JLE, BPF_REG_1, LBPF_MAX_LOOPS, 2));
	lbpf_rw_put(rw, make_alu64_imm(BPF_MOV, BPF_REG_0, -E2BIG));
	lbpf_rw_put(rw, make_ja(LOOP_INSNS));
	put_saves(rw, place);
	put_loop(rw);
	put_restores(rw, place);
}

const struct lbpf_step lbpf_step_loops = {
	.letter		= 'r',
	.name		= "loops of calls",
	.flags		= LBPF_INSN_CALLBACK_CONST,
	.is_wanted	= is_wanted,
	.applies	= applies,
	.replace	= replace,
};
