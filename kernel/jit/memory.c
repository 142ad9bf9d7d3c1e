// SPDX-License-Identifier: GPL-2.0
/*
 * Loads, stores and constants of 64 bits.
 *
 * Layer: jit (p).
 */
#include <lbpf/insn.h>

#include "emit.h"

static u32 log2_bytes(u8 code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 0;
	case BPF_H:
		return 1;
	case BPF_W:
		return 2;
	default:
		return 3;
	}
}

/* Loads by is_signed and size; the operand size makes the result 64 bits wide. */
static const struct {
	u32	op;
	u32	size;
} loads[2][4] = {
	{ { X_MOVZX8, 4 }, { X_MOVZX16, 4 }, { X_MOV_LOAD, 4 }, { X_MOV_LOAD, 8 } },
	{ { X_MOVSX8, 8 }, { X_MOVSX16, 8 }, { X_MOVSX32, 8 }, { X_MOV_LOAD, 8 } },
};

/* The address may be anything: a function with an exception table entry reads it. */
static void emit_probe_load(struct lbpf_jit *jit, bool is_signed, u32 log2)
{
	lbpf_x86_rm(&jit->buf, X_LEA, 8, JIT_TMP, lbpf_x86_at(lbpf_jit_src(jit), jit->insn->off));
	lbpf_jit_near_call(jit, jit->target->probe[is_signed][log2]);
	lbpf_x86_mov(&jit->buf, 8, lbpf_jit_dst(jit), JIT_TMP);
}

/**
 * lbpf_jit_load() - Emit an instruction of class LDX
 * @jit: Compilation.
 */
void lbpf_jit_load(struct lbpf_jit *jit)
{
	const struct bpf_insn *insn = jit->insn;
	bool is_signed = BPF_MODE(insn->code) == BPF_MEMSX;
	u32 log2 = log2_bytes(insn->code);

	if (jit->aux->flags & LBPF_INSN_PROBE_MEM) {
		emit_probe_load(jit, is_signed, log2);
		return;
	}
	lbpf_x86_rm(&jit->buf, loads[is_signed][log2].op, loads[is_signed][log2].size,
		    lbpf_jit_dst(jit), lbpf_x86_at(lbpf_jit_src(jit), insn->off));
}

/**
 * lbpf_jit_store() - Emit a store of a register, or an atomic operation
 * @jit: Compilation.
 */
void lbpf_jit_store(struct lbpf_jit *jit)
{
	if (BPF_MODE(jit->insn->code) == BPF_ATOMIC) {
		lbpf_jit_atomic(jit);
		return;
	}
	lbpf_x86_rm(&jit->buf, X_MOV, 1 << log2_bytes(jit->insn->code), lbpf_jit_src(jit),
		    lbpf_x86_at(lbpf_jit_dst(jit), jit->insn->off));
}

/**
 * lbpf_jit_store_imm() - Emit a store of a constant, or a speculation barrier
 * @jit: Compilation.
 */
void lbpf_jit_store_imm(struct lbpf_jit *jit)
{
	if (jit->insn->code == LBPF_CODE_BARRIER) {
		lbpf_x86_put(&jit->buf, X_LFENCE);
		return;
	}
	lbpf_x86_store_imm(&jit->buf, 1 << log2_bytes(jit->insn->code),
			   lbpf_x86_at(lbpf_jit_dst(jit), jit->insn->off), jit->insn->imm);
}

static void emit_func_address(struct lbpf_jit *jit)
{
	lbpf_x86_lea_rip(&jit->buf, lbpf_jit_dst(jit), 0);
	lbpf_jit_link_func(jit, jit->aux->subprog, false);
}

/**
 * lbpf_jit_load_imm64() - Emit a load of a 64-bit constant
 * @jit: Compilation.
 *
 * The second half of the instruction has no code.
 */
void lbpf_jit_load_imm64(struct lbpf_jit *jit)
{
	u64 imm;

	/* The second half has opcode 0: class LD, like the first. */
	if (!jit->insn->code)
		return;
	if (jit->insn->code != (BPF_LD | BPF_IMM | BPF_DW)) {
		jit->bad_insn = true;
		return;
	}
	if (jit->aux->flags & LBPF_INSN_FUNC_ADDR) {
		emit_func_address(jit);
		return;
	}
	imm = lbpf_insn_imm64(jit->insn);
	if (imm)
		lbpf_x86_mov_imm(&jit->buf, lbpf_jit_dst(jit), imm);
	else
		lbpf_x86_rr(&jit->buf, X_XOR, 4, lbpf_jit_dst(jit), lbpf_jit_dst(jit));
}
