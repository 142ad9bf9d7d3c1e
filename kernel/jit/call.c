// SPDX-License-Identifier: GPL-2.0
/*
 * Calls, and operations that only the rewriter makes.
 *
 * Layer: jit (p).  R1-R5 are where C expects arguments and R0 is where it
 * returns, so that calls move nothing.
 */
#include <lbpf/insn.h>

#include "emit.h"

/* Bits by which a call moves the depth of calls: a return moves it back. */
#define CALL_DEPTH_BITS	5

/**
 * lbpf_jit_count_call() - Count the call that comes next
 * @buf: Machine code.
 * @target: Machine.
 *
 * Where the kernel refills the return stack of the CPU by how deep calls are, it counts them
 * in front of its functions' entries, which compiled code calls behind.  Source: "Call depth
 * tracking", asm/nospec-branch.h of Linux 6.2.
 */
void lbpf_jit_count_call(struct lbpf_x86_buf *buf, const struct lbpf_jit_target *target)
{
	if (target->call_depth_off)
		lbpf_x86_percpu_sar(buf, target->call_depth_off, CALL_DEPTH_BITS);
}

static void call_subprog(struct lbpf_jit *jit)
{
	lbpf_jit_count_call(&jit->buf, jit->target);
	lbpf_x86_call(&jit->buf, 0);
	lbpf_jit_link_func(jit, jit->aux->subprog, true);
}

/**
 * lbpf_jit_call() - Emit BPF_CALL
 * @jit: Compilation.
 */
void lbpf_jit_call(struct lbpf_jit *jit)
{
	if ((jit->aux->flags & LBPF_INSN_TABLE_LOOKUP) && lbpf_jit_table_lookup(jit))
		return;
	if (jit->aux->flags & LBPF_INSN_NATIVE_CALL)
		lbpf_jit_near_call(jit, jit->aux->call_fn);
	else if (jit->aux->flags & LBPF_INSN_SUBPROG_CALL)
		call_subprog(jit);
	else
		jit->bad_insn = true;
}

static struct lbpf_x86_mem at_percpu(s32 off)
{
	return (struct lbpf_x86_mem){ .base = X_NONE, .index = X_NONE, .disp = off };
}

/**
 * lbpf_jit_add_this_cpu() - Turn a per-CPU address into this CPU's
 * @jit: Compilation.
 * @reg: Register of the machine.
 */
void lbpf_jit_add_this_cpu(struct lbpf_jit *jit, u8 reg)
{
	lbpf_x86_rm(&jit->buf, X_ADD_LOAD | X_GS, 8, reg, at_percpu(jit->target->this_cpu_off));
}

/* dst = src + base of this CPU's memory */
static void emit_this_cpu_addr(struct lbpf_jit *jit)
{
	if (jit->insn->dst_reg != jit->insn->src_reg)
		lbpf_x86_mov(&jit->buf, 8, lbpf_jit_dst(jit), lbpf_jit_src(jit));
	lbpf_jit_add_this_cpu(jit, lbpf_jit_dst(jit));
}

static void emit_cpu_number(struct lbpf_jit *jit)
{
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD | X_GS, 4, lbpf_jit_dst(jit),
		    at_percpu(jit->target->cpu_number));
}

/**
 * lbpf_jit_native() - Emit an operation of the rewriter
 * @jit: Compilation.
 */
void lbpf_jit_native(struct lbpf_jit *jit)
{
	switch (jit->insn->imm) {
	case LBPF_NATIVE_THIS_CPU_ADDR:
		emit_this_cpu_addr(jit);
		break;
	case LBPF_NATIVE_CPU_NUMBER:
		emit_cpu_number(jit);
		break;
	case LBPF_NATIVE_TAIL_CALL:
		lbpf_jit_tail_call(jit);
		break;
	default:
		jit->bad_insn = true;
	}
}
