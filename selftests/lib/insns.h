/* SPDX-License-Identifier: GPL-2.0 */
/*
 * BPF instructions as C initialisers.
 *
 * Source: Documentation/bpf/instruction-set.rst of the kernel.
 */
#ifndef _LBPF_TEST_INSNS_H
#define _LBPF_TEST_INSNS_H

#include <linux/bpf.h>

#define INSN(code_, dst_, src_, off_, imm_) ((struct bpf_insn){			\
	.code = (code_), .dst_reg = (dst_), .src_reg = (src_), .off = (off_), .imm = (imm_) })

/* dst op= src, dst op= imm; @op is BPF_ADD, ..., BPF_MOV. */
#define ALU64(op, dst, src)		INSN(BPF_ALU64 | (op) | BPF_X, dst, src, 0, 0)
#define ALU64_IMM(op, dst, imm)		INSN(BPF_ALU64 | (op) | BPF_K, dst, 0, 0, imm)
#define ALU32(op, dst, src)		INSN(BPF_ALU | (op) | BPF_X, dst, src, 0, 0)
#define ALU32_IMM(op, dst, imm)		INSN(BPF_ALU | (op) | BPF_K, dst, 0, 0, imm)
#define MOV(dst, src)			ALU64(BPF_MOV, dst, src)
#define MOV_IMM(dst, imm)		ALU64_IMM(BPF_MOV, dst, imm)
/* Byte order: @to is BPF_TO_LE or BPF_TO_BE, @bits 16, 32 or 64. */
#define ENDIAN(to, dst, bits)		INSN(BPF_ALU | BPF_END | (to), dst, 0, 0, bits)

/* @size is BPF_B, BPF_H, BPF_W or BPF_DW. */
#define LDX(size, dst, src, off)	INSN(BPF_LDX | BPF_MEM | (size), dst, src, off, 0)
#define STX(size, dst, src, off)	INSN(BPF_STX | BPF_MEM | (size), dst, src, off, 0)
#define ST_IMM(size, dst, off, imm)	INSN(BPF_ST | BPF_MEM | (size), dst, 0, off, imm)
#define ATOMIC(size, op, dst, src, off)	INSN(BPF_STX | BPF_ATOMIC | (size), dst, src, off, op)
#define LD_ABS(size, imm)		INSN(BPF_LD | BPF_ABS | (size), 0, 0, 0, imm)
#define LD_IND(size, src, imm)		INSN(BPF_LD | BPF_IND | (size), 0, src, 0, imm)

/* Two instructions. */
#define LD_IMM64_RAW(dst, pseudo, imm)						\
	INSN(BPF_LD | BPF_IMM | BPF_DW, dst, pseudo, 0, (__u32)(imm)),		\
	INSN(0, 0, 0, 0, (__u64)(imm) >> 32)
#define LD_IMM64(dst, imm)		LD_IMM64_RAW(dst, 0, imm)
#define LD_MAP_FD(dst, fd)		LD_IMM64_RAW(dst, BPF_PSEUDO_MAP_FD, fd)

#define JMP(op, dst, src, off)		INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define JMP_IMM(op, dst, imm, off)	INSN(BPF_JMP | (op) | BPF_K, dst, 0, off, imm)
#define JMP32(op, dst, src, off)	INSN(BPF_JMP32 | (op) | BPF_X, dst, src, off, 0)
#define JMP32_IMM(op, dst, imm, off)	INSN(BPF_JMP32 | (op) | BPF_K, dst, 0, off, imm)
#define JA(off)				INSN(BPF_JMP | BPF_JA, 0, 0, off, 0)
#define CALL(helper)			INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define EXIT()				INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)

#endif /* _LBPF_TEST_INSNS_H */
