/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One compilation, shared by the files that emit.
 *
 * Layer: jit (p).  The code of an instruction does not depend on where it lies,
 * but for distances.  So every instruction is emitted once, with all jumps long
 * and all distances 0.  Then jumps are shortened until no more fits, working on
 * offsets only; the code is moved together, and the distances are filled in.
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

struct lbpf_jit;
struct lbpf_jump_site;

/**
 * struct lbpf_jit_target - What the CPU has and the running kernel wants
 * @has_bmi2: SHLX, SHRX, SARX, MULX, RORX may be used.
 * @has_endbr: Code that is called indirectly starts with ENDBR64.
 * @return_thunk: Where returns jump to; NULL: RET.
 * @jump_thunk: Where indirect jumps through JIT_TMP go; NULL: a plain one.
 * @has_jump_fence: LFENCE goes before a plain indirect jump.
 * @this_cpu_off: Offset in the per-CPU segment of the CPU's own base.
 * @cpu_number: ... and of its number.
 * @call_depth_off: ... and of its depth of calls, which every call counts; 0: none does.
 * @probe: Functions that load JIT_TMP from the address in it, 0 when that faults; by
 *	is_signed, log2(bytes).
 * @make_site: A site for the tail call under way, or NULL; NULL: there are none.
 */
struct lbpf_jit_target {
	bool		has_bmi2;
	bool		has_endbr;
	const void	*return_thunk;
	const void	*jump_thunk;
	bool		has_jump_fence;
	s32		this_cpu_off;
	s32		cpu_number;
	s32		call_depth_off;
	const void	*probe[2][4];
	struct lbpf_jump_site *(*make_site)(struct lbpf_jit *jit);
};

/* Marks of an instruction. */
enum lbpf_jit_mark {
	JIT_MARK_TARGET	= BIT(0),	/* some jump leads to it */
	JIT_MARK_FUSED	= BIT(1),	/* the instruction before it does its work */
	JIT_MARK_USELESS = BIT(2),	/* nobody needs what it does */
};

/**
 * struct lbpf_jit_jump - A jump within the program, at the end of an instruction's code
 * @to: Entry of lbpf_jit::off that it leads to.
 * @index: Instruction whose code it ends.
 * @long_end: Offset of its end while all jumps are long.
 * @end: ... by the lengths as they are now.
 * @saving: Bytes that its short form saves.
 * @is_short: It has its short form.
 * @is_new: ... since this round.
 */
struct lbpf_jit_jump {
	u32	to;
	u32	index;
	u32	long_end;
	u32	end;
	u8	saving;
	bool	is_short;
	bool	is_new;
};

/**
 * struct lbpf_jit_link - A distance of 32 bits to something that is placed later
 * @to: Address; NULL: function @func of the program.
 * @site: Of a direct jump, which is aimed later; else NULL.
 * @end: Offset of the end of the distance, which it counts from.
 * @func: Its number.
 * @to_body: ... and its body is meant.
 */
struct lbpf_jit_link {
	const void		*to;
	struct lbpf_jump_site	*site;
	u32			end;
	u16			func;
	bool			to_body;
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
 * @buf: The image (@buf.len is the offset in it).
 * @off: Offset of the code of each instruction, nr_insns + 1 entries; then of each epilogue.
 * @marks: OR of enum lbpf_jit_mark for each instruction.
 * @funcs: One for each subprogram.
 * @jumps: Jumps, in order.
 * @links: Other distances to be filled in, in order.
 * @sites: First of the sites.
 * @nr_jumps: Number of @jumps.
 * @nr_links: Number of @links.
 * @max_places: Room in both.
 * @size_bytes: Length of the image.
 * @flags_of: The flags are those of the result of this instruction,
 * @flags_at: ... up to this one, which is the last one that has been emitted or left out.
 * @has_lea: Moves, shifts and sums may become one instruction,
 * @has_operands: ... so may a load, what is done with it and a store.
 * @has_narrow: 32-bit forms may be used where facts allow.
 * @has_bmi2: BMI2 may be used.
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
	u32				*off;
	u8				*marks;
	struct lbpf_jit_func		*funcs;
	struct lbpf_jit_jump		*jumps;
	struct lbpf_jit_link		*links;
	struct lbpf_jump_site		*sites;
	u32				nr_jumps;
	u32				nr_links;
	u32				max_places;
	u32				size_bytes;
	u32				flags_of;
	u32				flags_at;
	bool				has_lea;
	bool				has_operands;
	bool				has_narrow;
	bool				has_bmi2;
	bool				bad_insn;
};

extern const u8 lbpf_jit_regs[MAX_BPF_REG + 1];

/*
 * By the second byte of an instruction: REX and, two bytes further, ModRM of an operation on dst
 * as r/m and src as reg.
 */
extern const u32 lbpf_jit_operands[256];

#define JIT_REX		0x40
#define JIT_REX_W	0x08

static inline u32 lbpf_jit_operands_of(const struct bpf_insn *insn)
{
	return lbpf_jit_operands[((const u8 *)insn)[1]];
}

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

/* @nr bytes that start with REX, which is left out where it says nothing. */
static inline void lbpf_jit_put_rex(struct lbpf_jit *jit, u64 bytes, u32 nr)
{
	if ((u8)bytes == JIT_REX)
		lbpf_x86_put(&jit->buf, bytes >> 8, nr - 1);
	else
		lbpf_x86_put(&jit->buf, bytes, nr);
}

/* dst op= src, of 4 or 8 bytes, for an @opcode of one byte. */
static inline void lbpf_jit_put_rr(struct lbpf_jit *jit, u8 opcode, u32 size)
{
	u32 bytes = lbpf_jit_operands_of(jit->insn) | opcode << 8 | (size & JIT_REX_W);

	lbpf_jit_put_rex(jit, bytes, 3);
}

/* dst op= imm, of 4 or 8 bytes. */
static inline void lbpf_jit_put_imm(struct lbpf_jit *jit, enum lbpf_x86_alu op, u32 size, s32 imm)
{
	u8 dst = jit->insn->dst_reg;
	u64 bytes = lbpf_jit_operands[dst] | op << 19 | (size & JIT_REX_W);

	if (lbpf_x86_is_s8(imm))
		lbpf_jit_put_rex(jit, bytes | 0x83 << 8 | (u64)(u8)imm << 24, 4);
	else if (dst == BPF_REG_0)
		lbpf_x86_alu_imm(&jit->buf, op, size, X_RAX, imm);
	else
		lbpf_jit_put_rex(jit, bytes | 0x81 << 8 | (u64)(u32)imm << 24, 7);
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

/* Upper halves that are known to be 0, at most @max: the 32-bit form does, and saves the prefix. */
static inline bool lbpf_jit_is_narrow(const struct lbpf_fact *fact, u64 max)
{
	return fact && fact->umax <= max;
}

/* Neither register of the instruction needs a prefix of its own. */
static inline bool lbpf_jit_may_narrow(const struct lbpf_jit *jit)
{
	return jit->has_narrow && (u8)lbpf_jit_operands_of(jit->insn) == JIT_REX;
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
void lbpf_jit_count_call(struct lbpf_x86_buf *buf, const struct lbpf_jit_target *target);
void lbpf_jit_native(struct lbpf_jit *jit);
void lbpf_jit_tail_call(struct lbpf_jit *jit);
void lbpf_jit_add_this_cpu(struct lbpf_jit *jit, u8 reg);

/* table.c */
bool lbpf_jit_table_lookup(struct lbpf_jit *jit);

/* fuse.c */
bool lbpf_jit_fuse(struct lbpf_jit *jit);

/* Can a pattern start with opcode @code?  Most cannot: that must not cost a call. */
static inline bool lbpf_jit_may_fuse(u8 code)
{
	return code == (BPF_ALU64 | BPF_MOV | BPF_X) || code == (BPF_ALU64 | BPF_LSH | BPF_K) ||
	       BPF_CLASS(code) == BPF_LDX;
}

/* frame.c */
void lbpf_jit_plan_frame(struct lbpf_jit *jit, u32 nr, u16 regs, bool has_call);
void lbpf_jit_prologue(struct lbpf_jit *jit);
void lbpf_jit_epilogue(struct lbpf_jit *jit);
void lbpf_jit_leave(struct lbpf_jit *jit);
void lbpf_jit_ret(struct lbpf_jit *jit);

/* jump.c */
void lbpf_jit_mark_target(struct lbpf_jit *jit, u32 index);
void lbpf_jit_link_func(struct lbpf_jit *jit, u32 func, bool to_body);
void lbpf_jit_near_jump(struct lbpf_jit *jit, const void *to);
void lbpf_jit_near_call(struct lbpf_jit *jit, const void *to);
void lbpf_jit_site_jump(struct lbpf_jit *jit, struct lbpf_jump_site *site);

/* image.c */
const struct lbpf_jit_target *lbpf_jit_this_target(void);

/* site.c */
struct lbpf_jump_site *lbpf_jit_make_site(struct lbpf_jit *jit);
void lbpf_jit_add_sites(struct lbpf_jump_site *sites);
void lbpf_jit_free_sites(struct lbpf_jump_site *sites);

/* dump.c */
void lbpf_jit_dump(const struct lbpf_jit *jit, const u8 *bytes, unsigned long base);

/* place.c */
void lbpf_jit_place(struct lbpf_jit *jit);
int lbpf_jit_link(struct lbpf_jit *jit, unsigned long base);

/* compile.c: the driver. */
int lbpf_jit_compile(struct lbpf_jit *jit);
int lbpf_jit_open(struct lbpf_jit *jit, const struct lbpf_code *code,
		  const struct lbpf_jit_target *target);
void lbpf_jit_close(struct lbpf_jit *jit);

#endif /* LBPF_JIT_EMIT_H */
