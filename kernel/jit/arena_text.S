/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text arena: room for machine code inside the module's own text.
 *
 * Layer: jit.  The loader maps it read-execute, near enough to the kernel for
 * 32-bit calls.  To objtool and the unwinder it is one function with a frame
 * pointer, full of NOPs: so the unwinder walks through compiled programs that
 * keep one.  Nothing executes it before the allocator has filled it with INT3.
 */
#include <linux/linkage.h>
#include "arena.h"

	.section .text.lbpf_arena, "ax", @progbits
	.balign 4096
SYM_FUNC_START(lbpf_program_text)
	push	%rbp
	mov	%rsp, %rbp
	.balign	LBPF_ARENA_EDGE, 0x90
	/* 8-byte NOPs: nopl 0(%rax,%rax,1) with a 32-bit displacement */
	.fill	(LBPF_ARENA_SIZE - 2 * LBPF_ARENA_EDGE) / 8, 8, 0x0000000000841f0f
	pop	%rbp
	RET
	.balign	LBPF_ARENA_EDGE, 0xcc
SYM_FUNC_END(lbpf_program_text)
