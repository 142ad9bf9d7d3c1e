// SPDX-License-Identifier: GPL-2.0
/*
 * Step w: within straight code, addresses on the stack are taken from the frame
 * pointer, and what was just stored there is not loaded again.
 *
 * Layer: rewrite (p).  Works in place: an instruction is replaced by one.
 */
#include <linux/errno.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>

#include "builder.h"
#include "make.h"

#define NR_SLOTS	8

/**
 * struct slot - A value that was stored on the stack
 * @bytes: Its size; 0: the slot is free.
 * @off: Its offset from the frame pointer.
 * @is_imm: It is the constant @imm, else what register @reg still holds.
 * @reg: Register.
 * @imm: Constant.
 */
struct slot {
	u32	bytes;
	s32	off;
	bool	is_imm;
	u8	reg;
	s32	imm;
};

/**
 * struct known - What is known at one point of straight code
 * @is_stack: Bit n: register n is the frame pointer plus @off[n].
 * @off: Offsets, bytes.
 * @slots: Stored values.
 * @next: Slot to be used next.
 * @has_slots: Some of @slots was in use since all were forgotten.
 */
struct known {
	u16		is_stack;
	s32		off[MAX_BPF_REG + 1];
	struct slot	slots[NR_SLOTS];
	u32		next;
	bool		has_slots;
};

static void forget(struct known *known)
{
	memset(known, 0, sizeof(*known));
	known->is_stack = 1 << BPF_REG_10;
}

static bool is_stack(const struct known *known, u8 reg)
{
	return known->is_stack & (1 << reg);
}

static void forget_regs(struct known *known, u16 regs)
{
	u32 i;

	known->is_stack &= ~regs;
	for (i = 0; known->has_slots && i < NR_SLOTS; i++)
		if (!known->slots[i].is_imm && (regs & (1 << known->slots[i].reg)))
			known->slots[i].bytes = 0;
}

static void forget_stack(struct known *known, s32 off, u32 bytes)
{
	u32 i;

	for (i = 0; i < NR_SLOTS; i++) {
		struct slot *slot = &known->slots[i];

		if (slot->off < off + (s32)bytes && off < slot->off + (s32)slot->bytes)
			slot->bytes = 0;
	}
}

static void forget_slots(struct known *known)
{
	memset(known->slots, 0, sizeof(known->slots));
	known->has_slots = false;
}

/* Base and offset become the frame pointer's own. */
static void rebase(const struct known *known, u8 base, s16 *off, bool *has_changed)
{
	s32 new_off = known->off[base] + *off;

	*has_changed = base != BPF_REG_10 && is_stack(known, base) && new_off == (s16)new_off;
	if (*has_changed)
		*off = new_off;
}

static const struct slot *find_slot(const struct known *known, s32 off, u32 bytes)
{
	u32 i;

	for (i = 0; i < NR_SLOTS; i++)
		if (known->slots[i].bytes == bytes && known->slots[i].off == off)
			return &known->slots[i];
	return NULL;
}

static void note_store(struct known *known, const struct bpf_insn *insn)
{
	u32 bytes = lbpf_insn_access_bytes(insn->code);
	struct slot *slot = &known->slots[known->next];

	forget_stack(known, insn->off, bytes);
	if (bytes < 4 || (BPF_CLASS(insn->code) == BPF_STX && is_stack(known, insn->src_reg)))
		return;
	*slot = (struct slot){
		.bytes	= bytes,
		.off	= insn->off,
		.is_imm	= BPF_CLASS(insn->code) == BPF_ST,
		.reg	= insn->src_reg,
		.imm	= insn->imm,
	};
	known->next = (known->next + 1) % NR_SLOTS;
	known->has_slots = true;
}

static void do_store(struct known *known, struct bpf_insn *insn, const struct lbpf_insn_aux *aux)
{
	bool is_atomic = BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;
	bool has_changed;

	rebase(known, insn->dst_reg, &insn->off, &has_changed);
	if (has_changed)
		insn->dst_reg = BPF_REG_10;
	if (insn->dst_reg != BPF_REG_10)
		forget_slots(known);
	else if (is_atomic)
		forget_stack(known, insn->off, lbpf_insn_access_bytes(insn->code));
	else
		note_store(known, insn);
}

static void do_load(struct known *known, struct bpf_insn *insn, struct lbpf_insn_aux *aux)
{
	u32 bytes = lbpf_insn_access_bytes(insn->code);
	const struct slot *slot = NULL;
	bool has_changed;

	if (aux->flags & LBPF_INSN_PROBE_MEM)
		return;
	rebase(known, insn->src_reg, &insn->off, &has_changed);
	if (has_changed)
		insn->src_reg = BPF_REG_10;
	if (insn->src_reg == BPF_REG_10 && BPF_MODE(insn->code) == BPF_MEM)
		slot = find_slot(known, insn->off, bytes);
	if (slot && slot->is_imm)
		*insn = bytes == 4 ? make_alu32_imm(BPF_MOV, insn->dst_reg, slot->imm) :
				     make_alu64_imm(BPF_MOV, insn->dst_reg, slot->imm);
	else if (slot)
		*insn = bytes == 4 ? make_alu32(BPF_MOV, insn->dst_reg, slot->reg) :
				     make_alu64(BPF_MOV, insn->dst_reg, slot->reg);
	if (slot)
		aux->flags |= LBPF_INSN_MADE;
}

/* Is it a move of an address on the stack, or a step from one? */
static bool do_address(struct known *known, const struct bpf_insn *insn)
{
	if (insn->code == (BPF_ALU64 | BPF_MOV | BPF_X) && !insn->off &&
	    is_stack(known, insn->src_reg)) {
		s32 off = known->off[insn->src_reg];

		forget_regs(known, 1 << insn->dst_reg);
		known->is_stack |= 1 << insn->dst_reg;
		known->off[insn->dst_reg] = off;
		return true;
	}
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K) && is_stack(known, insn->dst_reg) &&
	    insn->imm == (s16)insn->imm) {
		known->off[insn->dst_reg] += insn->imm;
		return true;
	}
	return false;
}

static void step_over(struct known *known, struct lbpf_code *code, u32 index)
{
	struct bpf_insn *insn = &code->insns[index];
	u8 class = BPF_CLASS(insn->code);

	if (class == BPF_LDX)
		do_load(known, insn, &code->aux[index]);
	else if (class == BPF_STX || (class == BPF_ST && insn->code != LBPF_CODE_BARRIER))
		do_store(known, insn, &code->aux[index]);
	else if (do_address(known, insn))
		return;
	if (insn->code == (BPF_JMP | BPF_CALL))
		forget_slots(known);
	forget_regs(known, lbpf_insn_writes(insn));
}

/**
 * lbpf_forward_stack() - Run the step
 * @code: Rewritten program.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_forward_stack(struct lbpf_code *code)
{
	u8 *is_target = lbpf_find_targets(code);
	struct known known;
	u32 i;

	if (!is_target)
		return -ENOMEM;
	for (i = 0; i < code->nr_insns; i++) {
		if (is_target[i])
			forget(&known);
		step_over(&known, code, i);
	}
	lbpf_area_free(is_target);
	return 0;
}
