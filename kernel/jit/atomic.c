// SPDX-License-Identifier: GPL-2.0
/*
 * Atomic operations on memory.
 *
 * Layer: jit (p).  Source: the BPF instruction set, "Atomic operations".
 */
#include <lbpf/insn.h>

#include "emit.h"

static u32 bit_op(s32 imm)
{
	switch (imm & ~BPF_FETCH) {
	case BPF_ADD:
		return X_ADD;
	case BPF_OR:
		return X_OR;
	case BPF_AND:
		return X_AND;
	default:
		return X_XOR;
	}
}

/* The machine fetches with ADD only: the others try until nobody was in between. */
static void emit_fetch_loop(struct lbpf_jit *jit, u32 size)
{
	struct lbpf_x86_mem mem = lbpf_x86_at(lbpf_jit_dst(jit), jit->insn->off);
	u8 src = lbpf_jit_src(jit);
	u8 operand = src == X_RAX ? JIT_TMP : src;
	u32 again;

	lbpf_x86_mov(&jit->buf, 8, JIT_TMP, X_RAX);
	if (mem.base == X_RAX)
		mem.base = JIT_TMP;
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD, size, X_RAX, mem);
	again = jit->buf.len;
	lbpf_x86_mov(&jit->buf, size, JIT_TMP2, X_RAX);
	lbpf_x86_rr(&jit->buf, bit_op(jit->insn->imm), size, operand, JIT_TMP2);
	lbpf_x86_rm(&jit->buf, X_CMPXCHG | X_LOCK, size, JIT_TMP2, mem);
	lbpf_x86_jcc_short(&jit->buf, X_NE,
			   (s32)again - (s32)(jit->buf.len + LBPF_X86_JCC_SHORT_BYTES));
	/* CMPXCHG that succeeds leaves RAX alone, so its upper half is clear since the load. */
	if (src != X_RAX) {
		lbpf_x86_mov(&jit->buf, size, src, X_RAX);
		lbpf_x86_mov(&jit->buf, 8, X_RAX, JIT_TMP);
	}
}

static void emit_compare_exchange(struct lbpf_jit *jit, u32 size, struct lbpf_x86_mem mem)
{
	lbpf_x86_rm(&jit->buf, X_CMPXCHG | X_LOCK, size, lbpf_jit_src(jit), mem);
	/* When it succeeds, RAX is not written. */
	if (size == 4)
		lbpf_x86_mov(&jit->buf, 4, X_RAX, X_RAX);
}

/**
 * lbpf_jit_atomic() - Emit an instruction of mode ATOMIC
 * @jit: Compilation.
 */
void lbpf_jit_atomic(struct lbpf_jit *jit)
{
	struct lbpf_x86_mem mem = lbpf_x86_at(lbpf_jit_dst(jit), jit->insn->off);
	u32 size = BPF_SIZE(jit->insn->code) == BPF_DW ? 8 : 4;
	u8 src = lbpf_jit_src(jit);

	switch (jit->insn->imm) {
	case BPF_ADD:
	case BPF_OR:
	case BPF_AND:
	case BPF_XOR:
		lbpf_x86_rm(&jit->buf, bit_op(jit->insn->imm) | X_LOCK, size, src, mem);
		break;
	case BPF_ADD | BPF_FETCH:
		lbpf_x86_rm(&jit->buf, X_XADD | X_LOCK, size, src, mem);
		break;
	case BPF_XCHG:
		lbpf_x86_rm(&jit->buf, X_XCHG, size, src, mem);
		break;
	case BPF_CMPXCHG:
		emit_compare_exchange(jit, size, mem);
		break;
	default:
		emit_fetch_loop(jit, size);
	}
}
