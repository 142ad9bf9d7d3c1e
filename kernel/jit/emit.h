/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One compilation, shared by the files that emit.
 *
 * Layer: jit (p).  The length of an instruction's code does not depend on
 * where it lies, but for jumps.  So every instruction is emitted twice: once to
 * measure it, with all jumps long; then jumps are shortened until no more
 * fits, working on lengths only; then for good.
 */
#ifndef LBPF_JIT_EMIT_H
#define LBPF_JIT_EMIT_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <lbpf/code.h>

#include "x86_emit.h"

/* Registers of the machine that hold no BPF register. */
#define JIT_TMP		X_R11
#define JIT_TMP2	X_R10
/* The scratch register of the rewriter, free where an instruction does not name it. */
#define JIT_TMP3	X_R9
/*
 * Callee-saved: tail calls left, in programs that make them.  Set where the kernel enters
 * compiled code; from there on nobody saves it, so that callees' tail calls count too.
 */
#define JIT_TAIL_COUNT	X_R12

/* Longest code of one instruction, bytes. */
#define JIT_MAX_INSN_BYTES	255

/**
 * struct lbpf_jit_target - What the CPU has and the running kernel wants
 * @has_bmi2: SHLX, SHRX, SARX, MULX, RORX may be used.
 * @has_endbr: Code that is called indirectly starts with ENDBR64.
 * @return_thunk: Where returns jump to; NULL: RET.
 * @jump_thunk: Where indirect jumps through JIT_TMP go; NULL: a plain one.
 * @has_jump_fence: LFENCE goes before a plain indirect jump.
 * @this_cpu_off: Offset in the per-CPU segment of the CPU's own base.
 * @cpu_number: ... and of its number.
 * @probe: Functions that load JIT_TMP from the address in it, 0 when that faults; by
 *	is_signed, log2(bytes).
 */
struct lbpf_jit_target {
	bool		has_bmi2;
	bool		has_endbr;
	const void	*return_thunk;
	const void	*jump_thunk;
	bool		has_jump_fence;
	s32		this_cpu_off;
	s32		cpu_number;
	const void	*probe[2][4];
};

/* Marks of an instruction. */
enum lbpf_jit_mark {
	JIT_MARK_TARGET	= BIT(0),	/* some jump leads to it */
	JIT_MARK_JCC	= BIT(1),	/* its code ends in a conditional jump */
	JIT_MARK_JMP	= BIT(2),	/* ... in an unconditional one */
	JIT_MARK_SHORT	= BIT(3),	/* ... of two bytes */
	JIT_MARK_FUSED	= BIT(4),	/* the instruction before it does its work */
};

/**
 * struct lbpf_jit_func - One function of the program
 * @start_off: Offset of its prologue in the image, bytes.
 * @body_off: Offset from there of what compiled code enters, behind what only the kernel does.
 * @epilogue_off: Offset of its epilogue.
 * @prologue_len: Bytes.
 * @epilogue_len: Bytes.
 * @stack_bytes: Size of its stack.
 * @saved: OR of BIT(register of the machine) that it saves.
 * @has_frame: RBP is its frame pointer.
 * @is_entry: Called indirectly.
 * @counts_tail_calls: The kernel enters it through code that sets JIT_TAIL_COUNT.
 */
struct lbpf_jit_func {
	u32	start_off;
	u32	body_off;
	u32	epilogue_off;
	u16	prologue_len;
	u16	epilogue_len;
	u32	stack_bytes;
	u32	saved;
	bool	has_frame;
	bool	is_entry;
	bool	counts_tail_calls;
};

/**
 * struct lbpf_jit - A compilation
 * @code: Program.
 * @target: Machine.
 * @insn: Instruction under way.
 * @aux: What is known about it.
 * @index: Its number.
 * @func_index: Function it belongs to.
 * @buf: Where code goes: a scratch buffer, then the image (@buf.len is the offset in it).
 * @base: Address that the image will run at; 0 while measuring.
 * @off: Offset of the code of each instruction, nr_insns + 1 entries.
 * @len: Length of the code of each instruction.
 * @marks: OR of enum lbpf_jit_mark for each instruction.
 * @funcs: One for each subprogram.
 * @size_bytes: Length of the image.
 * @zero_flag: ZF says whether this register of the machine is 0; X_NONE: it does not.
 * @zero_index: ... since this instruction.
 * @zero_size: ... as an operand of this many bytes.
 * @is_placed: Offsets are final.
 * @bad_insn: An instruction could not be encoded.
 */
struct lbpf_jit {
	const struct lbpf_code		*code;
	const struct lbpf_jit_target	*target;
	const struct bpf_insn		*insn;
	const struct lbpf_insn_aux	*aux;
	u32				index;
	u32				func_index;
	struct lbpf_x86_buf		buf;
	unsigned long			base;
	u32				*off;
	u8				*len;
	u8				*marks;
	struct lbpf_jit_func		*funcs;
	u32				size_bytes;
	u32				zero_index;
	u8				zero_flag;
	u8				zero_size;
	bool				is_placed;
	bool				bad_insn;
};

extern const u8 lbpf_jit_regs[MAX_BPF_REG + 1];

static inline u8 lbpf_jit_dst(const struct lbpf_jit *jit)
{
	return lbpf_jit_regs[jit->insn->dst_reg];
}

static inline u8 lbpf_jit_src(const struct lbpf_jit *jit)
{
	return lbpf_jit_regs[jit->insn->src_reg];
}

static inline bool lbpf_jit_is64(const struct lbpf_jit *jit)
{
	u8 class = BPF_CLASS(jit->insn->code);

	return class == BPF_ALU64 || class == BPF_JMP;
}

/* Operand size of an ALU or jump instruction, bytes. */
static inline u32 lbpf_jit_size(const struct lbpf_jit *jit)
{
	return lbpf_jit_is64(jit) ? 8 : 4;
}

/* Facts of the instruction's registers, NULL when there are none. */
static inline const struct lbpf_fact *lbpf_jit_dst_fact(const struct lbpf_jit *jit)
{
	const struct lbpf_insn_facts *facts = jit->aux->facts;

	if ((jit->aux->flags & LBPF_INSN_MADE) || !facts || facts->dst.type != LBPF_SCALAR)
		return NULL;
	return &facts->dst;
}

static inline const struct lbpf_fact *lbpf_jit_src_fact(const struct lbpf_jit *jit)
{
	const struct lbpf_insn_facts *facts = jit->aux->facts;

	if ((jit->aux->flags & LBPF_INSN_MADE) || !facts || facts->src.type != LBPF_SCALAR)
		return NULL;
	return &facts->src;
}

/* Each emits the instruction under way; one for every instruction class or kind. */
void lbpf_jit_alu(struct lbpf_jit *jit);
void lbpf_jit_divide(struct lbpf_jit *jit);
bool lbpf_jit_divide_const(struct lbpf_jit *jit);
void lbpf_jit_load(struct lbpf_jit *jit);
void lbpf_jit_load_imm64(struct lbpf_jit *jit);
void lbpf_jit_store(struct lbpf_jit *jit);
void lbpf_jit_store_imm(struct lbpf_jit *jit);
void lbpf_jit_atomic(struct lbpf_jit *jit);
void lbpf_jit_jump(struct lbpf_jit *jit);
void lbpf_jit_call(struct lbpf_jit *jit);
void lbpf_jit_return(struct lbpf_jit *jit);
void lbpf_jit_native(struct lbpf_jit *jit);
void lbpf_jit_tail_call(struct lbpf_jit *jit);
void lbpf_jit_add_this_cpu(struct lbpf_jit *jit, u8 reg);

/* table.c */
bool lbpf_jit_table_lookup(struct lbpf_jit *jit);

/* fuse.c */
bool lbpf_jit_fuse(struct lbpf_jit *jit);

/* frame.c */
void lbpf_jit_plan_frames(struct lbpf_jit *jit);
void lbpf_jit_prologue(struct lbpf_jit *jit);
void lbpf_jit_epilogue(struct lbpf_jit *jit);
void lbpf_jit_leave(struct lbpf_jit *jit);
void lbpf_jit_ret(struct lbpf_jit *jit);

/* jump.c */
void lbpf_jit_mark_targets(struct lbpf_jit *jit);
u32 lbpf_jit_branch_off(const struct lbpf_jit *jit, u32 index);
void lbpf_jit_near_jump(struct lbpf_jit *jit, const void *to);
void lbpf_jit_near_call(struct lbpf_jit *jit, const void *to);

/* dump.c */
void lbpf_jit_dump(const struct lbpf_jit *jit, const u8 *bytes, unsigned long base);

/* compile.c: the driver. */
int lbpf_jit_measure(struct lbpf_jit *jit);
int lbpf_jit_produce(struct lbpf_jit *jit, u8 *staging, unsigned long base);
int lbpf_jit_open(struct lbpf_jit *jit, const struct lbpf_code *code,
		  const struct lbpf_jit_target *target);
void lbpf_jit_close(struct lbpf_jit *jit);

#endif /* LBPF_JIT_EMIT_H */
