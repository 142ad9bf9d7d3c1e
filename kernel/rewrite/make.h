/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions by name.
 *
 * Layer: rewrite (p).  User space has no macros for these.
 */
#ifndef LBPF_REWRITE_MAKE_H
#define LBPF_REWRITE_MAKE_H

#include <linux/bpf.h>
#include <linux/types.h>

static inline struct bpf_insn make_insn(u8 code, u8 dst, u8 src, s16 off, s32 imm)
{
	return (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off,
				  .imm = imm };
}

static inline struct bpf_insn make_alu64(u8 op, u8 dst, u8 src)
{
	return make_insn(BPF_ALU64 | op | BPF_X, dst, src, 0, 0);
}

static inline struct bpf_insn make_alu64_imm(u8 op, u8 dst, s32 imm)
{
	return make_insn(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

static inline struct bpf_insn make_alu32(u8 op, u8 dst, u8 src)
{
	return make_insn(BPF_ALU | op | BPF_X, dst, src, 0, 0);
}

static inline struct bpf_insn make_alu32_imm(u8 op, u8 dst, s32 imm)
{
	return make_insn(BPF_ALU | op | BPF_K, dst, 0, 0, imm);
}

static inline struct bpf_insn make_load(u32 bytes, u8 dst, u8 src, s16 off)
{
	return make_insn(BPF_LDX | BPF_MEM | lbpf_insn_size_code(bytes), dst, src, off, 0);
}

static inline struct bpf_insn make_jump_imm(u8 op, u8 dst, s32 imm, s16 off)
{
	return make_insn(BPF_JMP | op | BPF_K, dst, 0, off, imm);
}

static inline struct bpf_insn make_ja(s16 off)
{
	return make_insn(BPF_JMP | BPF_JA, 0, 0, off, 0);
}

static inline struct bpf_insn make_exit(void)
{
	return make_insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

#endif /* LBPF_REWRITE_MAKE_H */
