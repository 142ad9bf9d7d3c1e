// SPDX-License-Identifier: GPL-2.0
/*
 * Machine code of trampolines.
 *
 * Layer: jit.  The frame, from the frame pointer down: the result, the arguments
 * with the last one highest (so that the result follows them in the context), what
 * struct lbpf_func_ctx has in front of them, and what lbpf_gate::enter gave.
 * Source: System V ABI, AMD64 supplement, 3.2.
 */
#include <lbpf/func_ctx.h>
#include <lbpf/prog.h>
#include <lbpf/trampoline.h>

#include "emit.h"
#include "trampoline.h"

#define SLOT		((s32)sizeof(u64))
#define RESULT_OFF	(-SLOT)

/* From the frame pointer: where whoever called the trampoline goes on. */
#define RETURN_OFF	SLOT

/**
 * struct gen - A trampoline under way
 * @code: What to make.
 * @buf: Machine code.
 * @nr_slots: Arguments in registers.
 * @calls: It calls the function itself.
 */
struct gen {
	const struct lbpf_tramp_code	*code;
	struct lbpf_x86_buf		*buf;
	u32				nr_slots;
	bool				calls;
};

static const u8 arg_regs[LBPF_FUNC_ARG_REGS] = { X_RDI, X_RSI, X_RDX, X_RCX, X_R8, X_R9 };

static s32 arg_off(const struct gen *gen, u32 slot)
{
	return RESULT_OFF - SLOT * (s32)(gen->nr_slots - slot);
}

/* Of lbpf_func_ctx. */
static s32 ctx_off(const struct gen *gen)
{
	return arg_off(gen, 0) - (s32)offsetof(struct lbpf_func_ctx, args);
}

static s32 start_off(const struct gen *gen)
{
	return ctx_off(gen) - SLOT;
}

static void put_call(struct gen *gen, const void *to)
{
	unsigned long end;

	lbpf_jit_count_call(gen->buf, gen->code->target);
	end = gen->code->base + gen->buf->len + LBPF_X86_CALL_BYTES;
	lbpf_x86_call(gen->buf, (s32)((unsigned long)to - end));
}

static void put_ret(struct gen *gen)
{
	const void *thunk = gen->code->target->return_thunk;
	unsigned long end = gen->code->base + gen->buf->len + LBPF_X86_JMP_NEAR_BYTES;

	if (thunk)
		lbpf_x86_jmp_near(gen->buf, (s32)((unsigned long)thunk - end));
	else
		lbpf_x86_put(gen->buf, X_RET);
}

static void put_load(struct gen *gen, u8 reg, s32 off)
{
	lbpf_x86_rm(gen->buf, X_MOV_LOAD, 8, reg, lbpf_x86_at(X_RBP, off));
}

static void put_store(struct gen *gen, s32 off, u8 reg)
{
	lbpf_x86_rm(gen->buf, X_MOV, 8, reg, lbpf_x86_at(X_RBP, off));
}

/* The distance of a jump of four bytes that ends at @end: to here. */
static void aim_here(struct gen *gen, u32 end)
{
	u32 disp = gen->buf->len - end;

	if (!gen->buf->overflow)
		memcpy(gen->buf->bytes + end - sizeof(disp), &disp, sizeof(disp));
}

/* What lies above a narrow argument in its register is undefined: programs see 0 there. */
static void put_widened(struct gen *gen, u8 reg, u32 bytes)
{
	switch (bytes) {
	case 1:
		lbpf_x86_rr(gen->buf, X_MOVZX8, 4, X_RAX, reg);
		break;
	case 2:
		lbpf_x86_rr(gen->buf, X_MOVZX16, 4, X_RAX, reg);
		break;
	case 4:
		lbpf_x86_mov(gen->buf, 4, X_RAX, reg);
		break;
	default:
		lbpf_x86_mov(gen->buf, 8, X_RAX, reg);
		break;
	}
}

static void put_save_args(struct gen *gen)
{
	const struct lbpf_func_model *model = &gen->code->spec->model;
	u32 i, bytes, slot = 0;

	for (i = 0; i < model->nr_args; i++) {
		for (bytes = model->arg_bytes[i]; bytes; slot++) {
			u32 part = min_t(u32, bytes, SLOT);

			if (part == SLOT) {
				put_store(gen, arg_off(gen, slot), arg_regs[slot]);
			} else {
				put_widened(gen, arg_regs[slot], part);
				put_store(gen, arg_off(gen, slot), X_RAX);
			}
			bytes -= part;
		}
	}
}

static void put_restore_args(struct gen *gen)
{
	u32 slot;

	for (slot = 0; slot < gen->nr_slots; slot++)
		put_load(gen, arg_regs[slot], arg_off(gen, slot));
}

/* Its result is in RAX, and 0 if it did not run. */
static void put_run(struct gen *gen, const struct lbpf_prog *prog, bool keeps_result)
{
	const struct lbpf_gate *gate =
		lbpf_prog_gate(prog, gen->code->spec->flags & LBPF_TRAMP_REENTRANT);
	u32 skip;

	lbpf_x86_mov_imm(gen->buf, X_RDI, (unsigned long)prog);
	put_call(gen, gate->enter);
	put_store(gen, start_off(gen), X_RAX);
	lbpf_x86_rr(gen->buf, X_TEST, 8, X_RAX, X_RAX);
	lbpf_x86_jcc_near(gen->buf, X_E, 0);
	skip = gen->buf->len;
	lbpf_x86_rm(gen->buf, X_LEA, 8, X_RDI, lbpf_x86_at(X_RBP, arg_off(gen, 0)));
	lbpf_x86_rr(gen->buf, X_XOR, 4, X_RSI, X_RSI);
	put_call(gen, prog->func);
	aim_here(gen, skip);
	if (keeps_result)
		put_store(gen, RESULT_OFF, X_RAX);
	lbpf_x86_mov_imm(gen->buf, X_RDI, (unsigned long)prog);
	put_load(gen, X_RSI, start_off(gen));
	put_call(gen, gate->leave);
}

static void put_all(struct gen *gen, enum lbpf_tramp_when when, bool keeps_result)
{
	const struct lbpf_tramp_progs *progs = &gen->code->spec->progs[when];
	u32 i;

	for (i = 0; i < progs->nr; i++)
		put_run(gen, progs->progs[i], keeps_result);
}

/* The first result that is not 0 ends them, and the function does not run: jumps to be aimed. */
static u32 put_instead(struct gen *gen, u32 *ends)
{
	const struct lbpf_tramp_progs *progs = &gen->code->spec->progs[LBPF_TRAMP_INSTEAD];
	u32 i;

	if (progs->nr)
		lbpf_x86_store_imm(gen->buf, 8, lbpf_x86_at(X_RBP, RESULT_OFF), 0);
	for (i = 0; i < progs->nr; i++) {
		put_run(gen, progs->progs[i], true);
		lbpf_x86_alu_mem_imm(gen->buf, X_ALU_CMP, 8, lbpf_x86_at(X_RBP, RESULT_OFF), 0);
		lbpf_x86_jcc_near(gen->buf, X_NE, 0);
		ends[i] = gen->buf->len;
	}
	return progs->nr;
}

static void put_count_user(struct gen *gen, void (*fn)(void *owner))
{
	if (!fn)
		return;
	lbpf_x86_mov_imm(gen->buf, X_RDI, (unsigned long)gen->code->owner);
	put_call(gen, fn);
}

/*
 * The function goes on behind the hook at its start.  That place is no target of indirect calls,
 * so it is returned to; it returns behind the call here.
 */
static u32 put_call_function(struct gen *gen)
{
	u32 call_end;

	put_restore_args(gen);
	lbpf_jit_count_call(gen->buf, gen->code->target);
	lbpf_x86_call(gen->buf, 0);
	call_end = gen->buf->len;
	put_store(gen, RESULT_OFF, X_RAX);
	return call_end;
}

static void put_entry_of_function(struct gen *gen, u32 call_end)
{
	aim_here(gen, call_end);
	/* push qword [rbp + RETURN_OFF] */
	lbpf_x86_rm(gen->buf, 0xff | X_DIGIT, 4, 6, lbpf_x86_at(X_RBP, RETURN_OFF));
	put_ret(gen);
}

static void put_prologue(struct gen *gen)
{
	if (gen->code->target->has_endbr)
		lbpf_x86_put(gen->buf, X_ENDBR64);
	lbpf_x86_push(gen->buf, X_RBP);
	lbpf_x86_mov(gen->buf, 8, X_RBP, X_RSP);
	lbpf_x86_alu_imm(gen->buf, X_ALU_SUB, 8, X_RSP, -start_off(gen));
	put_save_args(gen);
	put_load(gen, X_RAX, RETURN_OFF);
	put_store(gen, ctx_off(gen) + offsetof(struct lbpf_func_ctx, return_addr), X_RAX);
	lbpf_x86_store_imm(gen->buf, 8, lbpf_x86_at(X_RBP, ctx_off(gen) +
						    offsetof(struct lbpf_func_ctx, nr_args)),
			   gen->nr_slots);
}

static void put_around(struct gen *gen)
{
	u32 ends[LBPF_TRAMP_MAX_PROGS];
	u32 i, nr_ends, call_end = 0;

	put_count_user(gen, gen->code->hold);
	put_all(gen, LBPF_TRAMP_BEFORE, false);
	nr_ends = put_instead(gen, ends);
	if (gen->calls)
		call_end = put_call_function(gen);
	for (i = 0; i < nr_ends; i++)
		aim_here(gen, ends[i]);
	put_all(gen, LBPF_TRAMP_AFTER, false);
	put_count_user(gen, gen->code->release);
	if (gen->calls)
		put_load(gen, X_RAX, RESULT_OFF);
	else
		put_restore_args(gen);
	lbpf_x86_put(gen->buf, X_LEAVE);
	/* To the function's caller, not to the function. */
	if (gen->calls)
		lbpf_x86_alu_imm(gen->buf, X_ALU_ADD, 8, X_RSP, SLOT);
	put_ret(gen);
	if (gen->calls)
		put_entry_of_function(gen, call_end);
}

static void put_whole(struct gen *gen)
{
	lbpf_x86_store_imm(gen->buf, 8, lbpf_x86_at(X_RBP, RESULT_OFF), 0);
	put_count_user(gen, gen->code->hold);
	put_all(gen, LBPF_TRAMP_BEFORE, true);
	put_count_user(gen, gen->code->release);
	put_load(gen, X_RAX, RESULT_OFF);
	lbpf_x86_put(gen->buf, X_LEAVE);
	put_ret(gen);
}

/**
 * lbpf_tramp_calls_function() - Does a trampoline call the function itself?
 * @spec: Trampoline.
 *
 * Context: Any.
 * Return: true: its programs look at the result, or may take its place.
 */
bool lbpf_tramp_calls_function(const struct lbpf_tramp_spec *spec)
{
	return spec->progs[LBPF_TRAMP_INSTEAD].nr || spec->progs[LBPF_TRAMP_AFTER].nr;
}

/**
 * lbpf_tramp_emit() - Make the machine code of a trampoline
 * @code: Trampoline.
 * @buf: Where to append it; without room @buf->overflow is set.
 *
 * Context: Any.
 */
void lbpf_tramp_emit(const struct lbpf_tramp_code *code, struct lbpf_x86_buf *buf)
{
	struct gen gen = {
		.code		= code,
		.buf		= buf,
		.nr_slots	= lbpf_func_nr_slots(&code->spec->model),
		.calls		= lbpf_tramp_calls_function(code->spec),
	};

	put_prologue(&gen);
	if (code->spec->flags & LBPF_TRAMP_WHOLE)
		put_whole(&gen);
	else
		put_around(&gen);
}
