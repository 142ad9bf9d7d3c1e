// SPDX-License-Identifier: GPL-2.0
/*
 * Frames: what a function saves, and how much stack it takes.
 *
 * Layer: jit (p).  A function that calls nothing and uses no stack has no
 * frame; one that calls has a frame pointer, so that the unwinder finds its
 * way.  Only registers that a function names are saved.
 */
#include <linux/kernel.h>

#include <lbpf/insn.h>

#include "emit.h"

/* The machine's register of BPF register @reg; RAX of numbers that are none. */
#define MACHINE_REG(reg)							\
	((reg) == BPF_REG_1 ? X_RDI : (reg) == BPF_REG_2 ? X_RSI :		\
	 (reg) == BPF_REG_3 ? X_RDX : (reg) == BPF_REG_4 ? X_RCX :		\
	 (reg) == BPF_REG_5 ? X_R8 : (reg) == BPF_REG_6 ? X_RBX :		\
	 (reg) == BPF_REG_7 ? X_R13 : (reg) == BPF_REG_8 ? X_R14 :		\
	 (reg) == BPF_REG_9 ? X_R15 : (reg) == BPF_REG_10 ? X_RBP :		\
	 (reg) == LBPF_REG_AX ? X_R9 : X_RAX)

#define REGS(reg)	MACHINE_REG(reg), MACHINE_REG((reg) + 1), MACHINE_REG((reg) + 2),	\
			MACHINE_REG((reg) + 3)

const u8 lbpf_jit_regs[MAX_BPF_REG + 1] = { REGS(0), REGS(4), REGS(8) };

static_assert(MAX_BPF_REG + 1 == 12);

#define OPERANDS(src, dst)							\
	(JIT_REX | (MACHINE_REG(src) & 8) >> 1 | MACHINE_REG(dst) >> 3 |	\
	 (0xc0 | (MACHINE_REG(src) & 7) << 3 | (MACHINE_REG(dst) & 7)) << 16)

#define FOUR_OPERANDS(src, dst)							\
	OPERANDS(src, dst), OPERANDS(src, (dst) + 1),				\
	OPERANDS(src, (dst) + 2), OPERANDS(src, (dst) + 3)

#define ALL_OPERANDS(src)							\
	FOUR_OPERANDS(src, 0), FOUR_OPERANDS(src, 4),				\
	FOUR_OPERANDS(src, 8), FOUR_OPERANDS(src, 12)

const u32 lbpf_jit_operands[256] = {
	ALL_OPERANDS(0), ALL_OPERANDS(1), ALL_OPERANDS(2), ALL_OPERANDS(3),
	ALL_OPERANDS(4), ALL_OPERANDS(5), ALL_OPERANDS(6), ALL_OPERANDS(7),
	ALL_OPERANDS(8), ALL_OPERANDS(9), ALL_OPERANDS(10), ALL_OPERANDS(11),
	ALL_OPERANDS(12), ALL_OPERANDS(13), ALL_OPERANDS(14), ALL_OPERANDS(15),
};

/* In the order in which they are pushed. */
static const u8 saved_regs[] = { X_RBX, X_R13, X_R14, X_R15, X_R12 };

static u32 saved_regs_of(u16 bpf_regs)
{
	u32 saved = 0;
	u8 reg;

	for (reg = BPF_REG_6; reg <= BPF_REG_9; reg++)
		if (bpf_regs & BIT(reg))
			saved |= BIT(lbpf_jit_regs[reg]);
	return saved;
}

/**
 * lbpf_jit_plan_frame() - Decide what a function saves
 * @jit: Compilation.
 * @nr: Function.
 * @regs: Registers that it names, bit n: Rn.
 * @has_call: It calls something.
 */
void lbpf_jit_plan_frame(struct lbpf_jit *jit, u32 nr, u16 regs, bool has_call)
{
	const struct lbpf_subprog *subprog = &jit->code->subprogs[nr];
	struct lbpf_jit_func *func = &jit->funcs[nr];
	bool has_stack;

	if (!lbpf_code_wants(jit->code, LBPF_STEP_FRAMES))
		regs = ~0;
	has_stack = regs & BIT(BPF_REG_10);
	func->is_entry = !nr || subprog->is_callback || subprog->is_async;
	func->counts_tail_calls = func->is_entry && jit->code->has_tail_call;
	func->saved = saved_regs_of(regs);
	func->has_frame = has_call || has_stack;
	func->stack_bytes = has_stack ? round_up(subprog->stack_bytes, 8) : 0;
}

/* 128 fits in a byte only as a negative number. */
static void take_stack(struct lbpf_jit *jit, u32 stack_bytes)
{
	if (stack_bytes == 128)
		lbpf_x86_alu_imm(&jit->buf, X_ALU_ADD, 8, X_RSP, -128);
	else if (stack_bytes)
		lbpf_x86_alu_imm(&jit->buf, X_ALU_SUB, 8, X_RSP, stack_bytes);
}

static void put_endbr(struct lbpf_jit *jit)
{
	if (jit->target->has_endbr)
		lbpf_x86_put(&jit->buf, X_ENDBR64);
}

/*
 * What the kernel enters: calls the body behind it.  The count of tail calls is
 * in a register that the kernel wants back.
 */
static void put_counting_entry(struct lbpf_jit *jit)
{
	u32 call_end;

	put_endbr(jit);
	lbpf_x86_push(&jit->buf, X_RBP);
	lbpf_x86_mov(&jit->buf, 8, X_RBP, X_RSP);
	lbpf_x86_push(&jit->buf, JIT_TAIL_COUNT);
	lbpf_x86_mov_imm(&jit->buf, JIT_TAIL_COUNT, LBPF_MAX_TAIL_CALLS);
	lbpf_jit_count_call(&jit->buf, jit->target);
	lbpf_x86_call(&jit->buf, 0);
	call_end = jit->buf.len;
	lbpf_x86_pop(&jit->buf, JIT_TAIL_COUNT);
	lbpf_x86_pop(&jit->buf, X_RBP);
	lbpf_jit_ret(jit);
	if (!jit->buf.overflow)
		jit->buf.bytes[call_end - sizeof(s32)] = jit->buf.len - call_end;
}

/**
 * lbpf_jit_prologue() - Emit the start of the function under way
 * @jit: Compilation.
 */
void lbpf_jit_prologue(struct lbpf_jit *jit)
{
	struct lbpf_jit_func *func = &jit->funcs[jit->func_index];
	u32 start = jit->buf.len;
	u32 i;

	if (func->counts_tail_calls)
		put_counting_entry(jit);
	func->body_off = jit->buf.len - start;
	/* Tail calls enter the body of the main function. */
	if (func->is_entry && (!func->counts_tail_calls || !jit->func_index))
		put_endbr(jit);
	if (func->has_frame) {
		lbpf_x86_push(&jit->buf, X_RBP);
		lbpf_x86_mov(&jit->buf, 8, X_RBP, X_RSP);
	}
	take_stack(jit, func->stack_bytes);
	for (i = 0; i < ARRAY_SIZE(saved_regs); i++)
		if (func->saved & BIT(saved_regs[i]))
			lbpf_x86_push(&jit->buf, saved_regs[i]);
}

/**
 * lbpf_jit_leave() - Undo the prologue, but for the return
 * @jit: Compilation.
 */
void lbpf_jit_leave(struct lbpf_jit *jit)
{
	const struct lbpf_jit_func *func = &jit->funcs[jit->func_index];
	u32 i;

	for (i = ARRAY_SIZE(saved_regs); i--; )
		if (func->saved & BIT(saved_regs[i]))
			lbpf_x86_pop(&jit->buf, saved_regs[i]);
	if (func->stack_bytes)
		lbpf_x86_put(&jit->buf, X_LEAVE);
	else if (func->has_frame)
		lbpf_x86_pop(&jit->buf, X_RBP);
}

/**
 * lbpf_jit_ret() - Emit a return as the running kernel wants it
 * @jit: Compilation.
 */
void lbpf_jit_ret(struct lbpf_jit *jit)
{
	if (jit->target->return_thunk)
		lbpf_jit_near_jump(jit, jit->target->return_thunk);
	else
		lbpf_x86_put(&jit->buf, X_RET);
}

/**
 * lbpf_jit_epilogue() - Emit the end of the function under way
 * @jit: Compilation.
 */
void lbpf_jit_epilogue(struct lbpf_jit *jit)
{
	lbpf_jit_leave(jit);
	lbpf_jit_ret(jit);
}
