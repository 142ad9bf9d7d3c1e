// SPDX-License-Identifier: GPL-2.0
/*
 * Step b: a number put together from its bytes becomes one load.
 *
 * Layer: rewrite (p).  Works in place on straight code: the instruction that
 * completes the number is replaced by a load, what it was made of is dropped
 * as useless.  Source: compilers load fields of packed structs byte by byte.
 */
#include <linux/errno.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

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
 * @any: Some does.
 */
struct parts {
	struct part	of[MAX_BPF_REG + 1];
	bool		any;
};

static void forget(struct parts *parts)
{
	if (parts->any)
		memset(parts, 0, sizeof(*parts));
}

/* Registers in @regs get new values. */
static void forget_regs(struct parts *parts, u16 regs)
{
	u32 i;

	for (i = 0; parts->any && i <= MAX_BPF_REG; i++)
		if (regs & (1 << i) || regs & (1 << parts->of[i].base))
			parts->of[i].bytes = 0;
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
	struct part part = parts->of[insn->dst_reg];

	part.shift += insn->imm;
	if (insn->imm % 8 || insn->imm < 0 || insn->imm > 56 || bits_of(&part) > 64)
		part.bytes = 0;
	return part;
}

/* Two parts side by side. */
static struct part join_parts(const struct part *a, const struct part *b)
{
	const struct part *low = a->shift < b->shift ? a : b;
	const struct part *high = low == a ? b : a;
	struct part part = *low;

	if (!a->bytes || !b->bytes || a->base != b->base || high->shift != bits_of(low) ||
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
			part = parts->of[insn->src_reg];
		break;
	case BPF_OR | BPF_X:
	case BPF_ADD | BPF_X:
		part = join_parts(&parts->of[insn->dst_reg], &parts->of[insn->src_reg]);
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
	u8 class = BPF_CLASS(insn->code);
	struct part part = { };

	if (class == BPF_ST || class == BPF_STX || insn->code == (BPF_JMP | BPF_CALL)) {
		forget(parts);
		return;
	}
	if (class == BPF_LDX)
		part = part_of_load(insn, aux);
	else if (class == BPF_ALU || class == BPF_ALU64)
		part = part_of_alu(parts, insn);
	if (is_join(insn) && is_whole(&part)) {
		*insn = make_load(part.bytes, insn->dst_reg, part.base, part.off);
		aux->flags |= LBPF_INSN_MADE;
	}
	if (!lbpf_insn_writes(insn))
		return;
	forget_regs(parts, lbpf_insn_writes(insn));
	if (!part.bytes || part.base == insn->dst_reg)
		return;
	parts->of[insn->dst_reg] = part;
	parts->any = true;
}

/**
 * lbpf_merge_loads() - Run the step
 * @code: Rewritten program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_merge_loads(struct lbpf_code *code)
{
	u8 *is_target = lbpf_find_targets(code);
	struct parts parts = { .any = true };
	u32 i;

	if (!is_target)
		return -ENOMEM;
	for (i = 0; i < code->nr_insns; i++) {
		if (is_target[i])
			forget(&parts);
		step_over(&parts, &code->insns[i], &code->aux[i]);
	}
	lbpf_area_free(is_target);
	return 0;
}
