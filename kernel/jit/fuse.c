// SPDX-License-Identifier: GPL-2.0
/*
 * Several instructions that the machine does in one.
 *
 * Layer: jit (p).  A pattern starts at the instruction under way; no jump may
 * lead to the ones after it.  A register that only carries a value from one to
 * the next must not be read later: live_out says so.
 */
#include <linux/kernel.h>

#include <lbpf/insn.h>

#include "emit.h"

#define ALU64_X(op)	(BPF_ALU64 | (op) | BPF_X)
#define ALU64_K(op)	(BPF_ALU64 | (op) | BPF_K)

/* Machine operations of BPF_ADD and so on with memory; 0: there is none. */
static const struct {
	u32	load_op;
	u32	store_op;
	u8	imm_op;
} alu_ops[16] = {
	[BPF_ADD >> 4]	= { X_ADD_LOAD, X_ADD, X_ALU_ADD },
	[BPF_SUB >> 4]	= { X_SUB_LOAD, X_SUB, X_ALU_SUB },
	[BPF_OR >> 4]	= { X_OR_LOAD, X_OR, X_ALU_OR },
	[BPF_AND >> 4]	= { X_AND_LOAD, X_AND, X_ALU_AND },
	[BPF_XOR >> 4]	= { X_XOR_LOAD, X_XOR, X_ALU_XOR },
};

/* Index of the instruction behind @index, or 0: it is no part of the same straight code. */
static u32 next_index(const struct lbpf_jit *jit, u32 index)
{
	u32 end = jit->code->subprogs[jit->func_index + 1].start;

	do
		index++;
	while (index < end && jit->marks[index] == JIT_MARK_USELESS);
	return index < end && !(jit->marks[index] & JIT_MARK_TARGET) ? index : 0;
}

static bool is_dead_after(const struct lbpf_jit *jit, u32 index, u8 reg)
{
	return !(jit->code->aux[index].live_out & BIT(reg));
}

static void take(struct lbpf_jit *jit, u32 index)
{
	jit->marks[index] |= JIT_MARK_FUSED;
}

static bool is_alu(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return (class == BPF_ALU || class == BPF_ALU64) &&
		alu_ops[BPF_OP(insn->code) >> 4].store_op;
}

static bool is_plain_load(const struct lbpf_jit *jit, const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_LDX && BPF_MODE(insn->code) == BPF_MEM &&
	       !(jit->aux->flags & LBPF_INSN_PROBE_MEM);
}

/* d = s; d += c or r: LEA */
static bool fuse_move_add(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u32 index = next_index(jit, jit->index);
	const struct bpf_insn *next = &jit->code->insns[index];
	struct lbpf_x86_mem mem;

	if (!index || next->dst_reg != insn->dst_reg || insn->off || insn->dst_reg == insn->src_reg)
		return false;
	mem = lbpf_x86_at(lbpf_jit_src(jit), 0);
	if (next->code == ALU64_K(BPF_ADD)) {
		mem.disp = next->imm;
	} else if (next->code == ALU64_X(BPF_ADD) && next->src_reg != insn->dst_reg) {
		/* A base of RBP or R13 costs a displacement: that is for the index. */
		mem.index = mem.base;
		mem.base = lbpf_jit_regs[next->src_reg];
	} else {
		return false;
	}
	lbpf_x86_rm(&jit->buf, X_LEA, 8, lbpf_jit_dst(jit), mem);
	take(jit, index);
	return true;
}

/* a <<= 1, 2, 3; b += a, and a is not needed: LEA with a scaled index */
static bool fuse_shift_add(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	u32 index = next_index(jit, jit->index);
	const struct bpf_insn *next = &jit->code->insns[index];
	struct lbpf_x86_mem mem = { .index = lbpf_jit_dst(jit), .scale_shift = insn->imm };

	if (!index || insn->imm < 1 || insn->imm > 3)
		return false;
	if (next->code != ALU64_X(BPF_ADD) || next->src_reg != insn->dst_reg ||
	    next->dst_reg == insn->dst_reg || !is_dead_after(jit, index, insn->dst_reg))
		return false;
	mem.base = lbpf_jit_regs[next->dst_reg];
	lbpf_x86_rm(&jit->buf, X_LEA, 8, mem.base, mem);
	take(jit, index);
	return true;
}

static bool is_store_back(const struct bpf_insn *load, const struct bpf_insn *store)
{
	return BPF_CLASS(store->code) == BPF_STX && BPF_MODE(store->code) == BPF_MEM &&
	       BPF_SIZE(store->code) == BPF_SIZE(load->code) && store->src_reg == load->dst_reg &&
	       store->dst_reg == load->src_reg && store->off == load->off;
}

/* d = *p; d op= x; *p = d, and d is not needed: op on memory */
static bool fuse_update(struct lbpf_jit *jit, u32 index)
{
	const struct bpf_insn *insn = jit->insn;
	const struct bpf_insn *alu = &jit->code->insns[index];
	u32 bytes = lbpf_insn_access_bytes(insn->code);
	struct lbpf_x86_mem mem = lbpf_x86_at(lbpf_jit_src(jit), insn->off);
	u32 op = BPF_OP(alu->code) >> 4;
	u32 store = next_index(jit, index);

	if (!store || alu->dst_reg != insn->dst_reg ||
	    !is_store_back(insn, &jit->code->insns[store]) ||
	    !is_dead_after(jit, store, insn->dst_reg))
		return false;
	/* A 32-bit operation clears half of what is stored. */
	if (bytes == 8 && BPF_CLASS(alu->code) == BPF_ALU)
		return false;
	if (BPF_SRC(alu->code) == BPF_X && alu->src_reg == insn->dst_reg)
		return false;
	if (BPF_SRC(alu->code) == BPF_X)
		lbpf_x86_rm(&jit->buf, alu_ops[op].store_op, bytes, lbpf_jit_regs[alu->src_reg],
			    mem);
	else
		lbpf_x86_alu_mem_imm(&jit->buf, alu_ops[op].imm_op, bytes, mem, alu->imm);
	take(jit, index);
	take(jit, store);
	return true;
}

/* d = *p; e op= d, and d is not needed: op with memory */
static bool fuse_operand(struct lbpf_jit *jit, u32 index)
{
	const struct bpf_insn *insn = jit->insn;
	const struct bpf_insn *alu = &jit->code->insns[index];
	u32 bytes = lbpf_insn_access_bytes(insn->code);
	struct lbpf_x86_mem mem = lbpf_x86_at(lbpf_jit_src(jit), insn->off);

	if (BPF_SRC(alu->code) != BPF_X || alu->src_reg != insn->dst_reg ||
	    alu->dst_reg == insn->dst_reg || !is_dead_after(jit, index, insn->dst_reg))
		return false;
	if (bytes != (BPF_CLASS(alu->code) == BPF_ALU64 ? 8 : 4))
		return false;
	lbpf_x86_rm(&jit->buf, alu_ops[BPF_OP(alu->code) >> 4].load_op, bytes,
		    lbpf_jit_regs[alu->dst_reg], mem);
	take(jit, index);
	return true;
}

static bool fuse_load(struct lbpf_jit *jit)
{
	u32 index = next_index(jit, jit->index);

	if (!index || !is_alu(&jit->code->insns[index]) || !is_plain_load(jit, jit->insn))
		return false;
	return (jit->insn->dst_reg != jit->insn->src_reg && fuse_update(jit, index)) ||
	       fuse_operand(jit, index);
}

/**
 * lbpf_jit_fuse() - Emit the instruction under way together with those after it
 * @jit: Compilation.
 *
 * Return: Was it done?  If not, nothing was emitted.
 */
bool lbpf_jit_fuse(struct lbpf_jit *jit)
{
	u8 code = jit->insn->code;

	if (BPF_CLASS(code) == BPF_LDX)
		return jit->has_operands && fuse_load(jit);
	if (!jit->has_lea)
		return false;
	return code == ALU64_X(BPF_MOV) ? fuse_move_add(jit) : fuse_shift_add(jit);
}
