/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Code that compiled programs call or copy.
 *
 * Layer: jit.  The kernel patches returns and indirect jumps of a module when
 * it loads it, by what the CPU needs and the command line says.  The two
 * samples are patched with the rest, so their bytes are what compiled programs
 * must use.  The probe loads own the exception table entries that code made at
 * run time cannot have.
 */
#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/nospec-branch.h>

	.text

SYM_FUNC_START(lbpf_sample_return)
	RET
SYM_FUNC_END(lbpf_sample_return)

SYM_FUNC_START(lbpf_sample_jump)
	JMP_NOSPEC r11
SYM_FUNC_END(lbpf_sample_jump)

/*
 * r11 = *(type *)r11, 0 when that faults or is no kernel address.  No other
 * register changes.
 */
.macro PROBE_LOAD name:req insn:req
SYM_FUNC_START(\name)
	test	%r11, %r11
	jns	2f
1:	\insn
	RET
2:	xor	%r11d, %r11d
	RET
	_ASM_EXTABLE(1b, 2b)
SYM_FUNC_END(\name)
.endm

PROBE_LOAD lbpf_probe_u8 "movzbl (%r11), %r11d"
PROBE_LOAD lbpf_probe_u16 "movzwl (%r11), %r11d"
PROBE_LOAD lbpf_probe_u32 "movl (%r11), %r11d"
PROBE_LOAD lbpf_probe_u64 "movq (%r11), %r11"
PROBE_LOAD lbpf_probe_s8 "movsbq (%r11), %r11"
PROBE_LOAD lbpf_probe_s16 "movswq (%r11), %r11"
PROBE_LOAD lbpf_probe_s32 "movslq (%r11), %r11"
