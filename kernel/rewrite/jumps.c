// SPDX-License-Identifier: GPL-2.0
/*
 * Where jumps lead.
 *
 * Layer: rewrite (p).
 */
#include "builder.h"
#include "make.h"

/**
 * lbpf_jump_target() - Where a jump leads
 * @insns: Program.
 * @index: Jump.
 *
 * Context: Any.
 * Return: Index of the target.
 */
u32 lbpf_jump_target(const struct bpf_insn *insns, u32 index)
{
	return index + 1 + lbpf_insn_jump_dist(&insns[index]);
}

/**
 * lbpf_jump_set_distance() - Let a jump lead elsewhere
 * @insn: Jump; a plain one may get its long form.
 * @distance: How far, from the instruction behind it.
 *
 * Context: Any.
 * Return: false when the distance does not fit.
 */
bool lbpf_jump_set_distance(struct bpf_insn *insn, s32 distance)
{
	if (insn->code == (BPF_JMP32 | BPF_JA)) {
		insn->imm = distance;
		return true;
	}
	if (distance == (s16)distance) {
		insn->off = distance;
		return true;
	}
	if (insn->code != (BPF_JMP | BPF_JA))
		return false;
	*insn = make_insn(BPF_JMP32 | BPF_JA, 0, 0, 0, distance);
	return true;
}
