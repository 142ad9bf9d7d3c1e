// SPDX-License-Identifier: GPL-2.0
/*
 * Step b: a number put together from its bytes becomes one load.
 *
 * Layer: rewrite (p).  Works in place on straight code: the instruction that
 * completes the number is replaced by a load, what it was made of is dropped
 * as useless.  Source: compilers load fields of packed structs byte by byte.
 */
#include "builder.h"
#include "make.h"

/**
 * struct part - A register that holds bytes of memory, and nothing else
 * @bytes: How many; 0: it does not.
 * @base: Register that pointed to them, and still does.
 * @off: Offset of the first one.
 * @shift: They are shifted left by so many bits.
 */
struct part {
	u8	bytes;
	u8	base;
	s16	off;
	u8	shift;
};

/**
 * struct parts - Which registers hold such bytes
 * @of: For each register.
 * @held: Bit n: register n may hold some.
 * @bases: Bit n: register n may be the base of some.
 */
struct parts {
	struct part	of[MAX_BPF_REG + 1];
	u16		held;
	u16		bases;
};

static void forget(struct parts *parts)
{
	parts->held = 0;
	parts->bases = 0;
}

/* Registers in @regs get new values. */
static void forget_regs(struct parts *parts, u16 regs)
{
	u16 held = parts->held;
	u32 i;

	if (!(regs & (parts->held | parts->bases)))
		return;
	parts->held = 0;
	parts->bases = 0;
	for (i = 0; i <= MAX_BPF_REG; i++) {
		const struct part *part = &parts->of[i];

		if (!(held & (1 << i)) || regs & (1 << i) || regs & (1 << part->base))
			continue;
		parts->held |= 1 << i;
		parts->bases |= 1 << part->base;
	}
}

/* What register @reg holds. */
static struct part part_in(const struct parts *parts, u8 reg)
{
	return parts->held & (1 << reg) ? parts->of[reg] : (struct part){ };
}

static u32 bits_of(const struct part *part)
{
	return part->shift + 8 * part->bytes;
}

static struct part part_of_load(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	u32 bytes = lbpf_insn_access_bytes(insn->code);

	if (BPF_MODE(insn->code) != BPF_MEM || (aux->flags & LBPF_INSN_PROBE_MEM) ||
	    insn->dst_reg == insn->src_reg || bytes == 8)
		return (struct part){ };
	return (struct part){ .bytes = bytes, .base = insn->src_reg, .off = insn->off };
}

static struct part part_of_shift(const struct parts *parts, const struct bpf_insn *insn)
{
	struct part part = part_in(parts, insn->dst_reg);

	part.shift += insn->imm;
	if (insn->imm % 8 || insn->imm < 0 || insn->imm > 56 || bits_of(&part) > 64)
		part.bytes = 0;
	return part;
}

/* Two parts side by side. */
static struct part join_parts(struct part a, struct part b)
{
	const struct part *low = a.shift < b.shift ? &a : &b;
	const struct part *high = low == &a ? &b : &a;
	struct part part = *low;

	if (!a.bytes || !b.bytes || a.base != b.base || high->shift != bits_of(low) ||
	    high->off != low->off + low->bytes)
		return (struct part){ };
	part.bytes += high->bytes;
	return part;
}

static struct part part_of_alu(const struct parts *parts, const struct bpf_insn *insn)
{
	struct part part = { };

	switch (insn->code & ~0x07) {
	case BPF_LSH | BPF_K:
		part = part_of_shift(parts, insn);
		break;
	case BPF_MOV | BPF_X:
		if (!insn->off)
			part = part_in(parts, insn->src_reg);
		break;
	case BPF_OR | BPF_X:
	case BPF_ADD | BPF_X:
		part = join_parts(part_in(parts, insn->dst_reg), part_in(parts, insn->src_reg));
		break;
	}
	if (BPF_CLASS(insn->code) == BPF_ALU && part.bytes && bits_of(&part) > 32)
		part.bytes = 0;
	return part;
}

static bool is_whole(const struct part *part)
{
	return !part->shift && (part->bytes == 2 || part->bytes == 4 || part->bytes == 8);
}

static bool is_join(const struct bpf_insn *insn)
{
	u8 op = insn->code & ~0x07;

	return (op == (BPF_OR | BPF_X) || op == (BPF_ADD | BPF_X)) &&
	       (BPF_CLASS(insn->code) == BPF_ALU || BPF_CLASS(insn->code) == BPF_ALU64);
}

static void step_over(struct parts *parts, struct bpf_insn *insn, struct lbpf_insn_aux *aux)
{
	u16 effects = lbpf_insn_effects[insn->code];
	struct part part = { };
	u16 writes;

	if (effects & (EFF_STORE | EFF_CALL)) {
		forget(parts);
		return;
	}
	if (effects & EFF_LOAD)
		part = part_of_load(insn, aux);
	else if (effects & EFF_ALU)
		part = part_of_alu(parts, insn);
	if (is_whole(&part) && is_join(insn)) {
		*insn = make_load(part.bytes, insn->dst_reg, part.base, part.off);
		aux->flags |= LBPF_INSN_MADE;
	}
	writes = lbpf_insn_writes(insn);
	if (!writes)
		return;
	forget_regs(parts, writes);
	if (!part.bytes || part.base == insn->dst_reg)
		return;
	parts->of[insn->dst_reg] = part;
	parts->held |= 1 << insn->dst_reg;
	parts->bases |= 1 << part.base;
}

/**
 * lbpf_merge_loads() - Run the step
 * @code: Rewritten program.
 * @is_target: For each instruction: some jump leads to it, or a function starts there.
 *
 * Context: Any.
 */
void lbpf_merge_loads(struct lbpf_code *code, const u8 *is_target)
{
	struct parts parts = { };
	u32 i;

	for (i = 0; i < code->nr_insns; i++) {
		bool is_load = lbpf_insn_effects[code->insns[i].code] & EFF_LOAD;

		if (!parts.held && !is_load)
			continue;
		if (is_target[i])
			forget(&parts);
		step_over(&parts, &code->insns[i], &code->aux[i]);
	}
}
