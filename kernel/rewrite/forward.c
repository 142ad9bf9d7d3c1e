// SPDX-License-Identifier: GPL-2.0
/*
 * Step w: within straight code, addresses on the stack are taken from the frame
 * pointer, and what was just stored there is not loaded again.
 *
 * Layer: rewrite (p).  Works in place: an instruction is replaced by one.
 */
#include "builder.h"
#include "make.h"

/*
 * A value of 4 or 8 bytes is kept by where it starts; what is as far apart as all slots shares
 * one.  Stack accesses are aligned.
 */
#define GRANULE_BYTES	4
#define NR_SLOTS	32

/**
 * struct slot - A value that was stored on the stack
 * @age: It is there if this is known::age,
 * @reg_age: ... and this known::reg_age of @reg.
 * @off: Its offset from the frame pointer.
 * @imm: Constant.
 * @bytes: Its size.
 * @reg: Register that still holds it; NO_REG: it is the constant.
 */
struct slot {
	u32	age;
	u32	reg_age;
	s32	off;
	s32	imm;
	u8	bytes;
	u8	reg;
};

#define NO_REG		0xff

/**
 * struct known - What is known at one point of straight code
 * @is_stack: Bit n: register n is the frame pointer plus @off[n].
 * @slot_regs: Registers that some slot may name.
 * @age: Of slots that count; rises when all are forgotten.
 * @reg_age: By register: likewise, of slots whose value it holds.
 * @off: Offsets, bytes.
 * @slots: Stored values.
 */
struct known {
	u16		is_stack;
	u16		slot_regs;
	u32		age;
	u32		reg_age[MAX_BPF_REG + 1];
	s32		off[MAX_BPF_REG + 1];
	struct slot	slots[NR_SLOTS];
};

static void forget_slots(struct known *known)
{
	known->age++;
	known->slot_regs = 0;
}

static void forget(struct known *known)
{
	forget_slots(known);
	known->is_stack = 1 << BPF_REG_10;
	known->off[BPF_REG_10] = 0;
}

static bool is_stack(const struct known *known, u8 reg)
{
	return known->is_stack & (1 << reg);
}

static void forget_slots_of(struct known *known, u16 regs)
{
	u32 reg;

	regs &= known->slot_regs;
	known->slot_regs &= ~regs;
	for (reg = 0; regs >> reg; reg++)
		known->reg_age[reg] += regs >> reg & 1;
}

static inline void forget_regs(struct known *known, u16 regs)
{
	known->is_stack &= ~regs;
	if (known->slot_regs & regs)
		forget_slots_of(known, regs);
}

static struct slot *slot_at(struct known *known, s32 off)
{
	return &known->slots[(u32)off / GRANULE_BYTES % NR_SLOTS];
}

/* Values that share a byte with these start in the same four, the next, or the four before. */
static void forget_stack(struct known *known, s32 off, u32 bytes)
{
	if (off & (bytes - 1)) {
		forget_slots(known);
		return;
	}
	slot_at(known, off)->age = 0;
	if (bytes > GRANULE_BYTES)
		slot_at(known, off + GRANULE_BYTES)->age = 0;
	else if (off & GRANULE_BYTES && slot_at(known, off - GRANULE_BYTES)->bytes > GRANULE_BYTES)
		slot_at(known, off - GRANULE_BYTES)->age = 0;
}

/* Base and offset become the frame pointer's own. */
static void rebase(const struct known *known, u8 base, s16 *off, bool *has_changed)
{
	s32 new_off = known->off[base] + *off;

	*has_changed = base != BPF_REG_10 && is_stack(known, base) && new_off == (s16)new_off;
	if (*has_changed)
		*off = new_off;
}

static const struct slot *find_slot(struct known *known, s32 off, u32 bytes)
{
	const struct slot *slot = slot_at(known, off);

	if (slot->age != known->age || slot->bytes != bytes || slot->off != off)
		return NULL;
	return slot->reg == NO_REG || slot->reg_age == known->reg_age[slot->reg] ? slot : NULL;
}

static void note_store(struct known *known, const struct bpf_insn *insn)
{
	u32 bytes = lbpf_insn_access_bytes(insn->code);
	bool is_imm = BPF_CLASS(insn->code) == BPF_ST;

	forget_stack(known, insn->off, bytes);
	if (bytes < GRANULE_BYTES || (insn->off & (bytes - 1)) ||
	    (!is_imm && is_stack(known, insn->src_reg)))
		return;
	*slot_at(known, insn->off) = (struct slot){
		.age		= known->age,
		.reg_age	= is_imm ? 0 : known->reg_age[insn->src_reg],
		.off		= insn->off,
		.imm		= insn->imm,
		.bytes		= bytes,
		.reg		= is_imm ? NO_REG : insn->src_reg,
	};
	if (!is_imm)
		known->slot_regs |= 1 << insn->src_reg;
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
	if (slot && slot->reg == NO_REG)
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
	if (insn->code == (BPF_ALU64 | BPF_ADD | BPF_K)) {
		if (!is_stack(known, insn->dst_reg) || insn->imm != (s16)insn->imm)
			return false;
		known->off[insn->dst_reg] += insn->imm;
		return true;
	}
	if (insn->code != (BPF_ALU64 | BPF_MOV | BPF_X) || insn->off ||
	    !is_stack(known, insn->src_reg))
		return false;
	forget_regs(known, 1 << insn->dst_reg);
	known->is_stack |= 1 << insn->dst_reg;
	known->off[insn->dst_reg] = known->off[insn->src_reg];
	return true;
}

static void step_over(struct known *known, struct lbpf_code *code, u32 index)
{
	struct bpf_insn *insn = &code->insns[index];
	u16 effects = lbpf_insn_effects[insn->code];

	if (effects & EFF_ALU) {
		if (do_address(known, insn))
			return;
	} else if (effects & EFF_LOAD) {
		do_load(known, insn, &code->aux[index]);
	} else if (effects & EFF_STORE) {
		do_store(known, insn, &code->aux[index]);
	} else if (effects & EFF_CALL) {
		forget_slots(known);
	}
	forget_regs(known, lbpf_insn_writes(insn));
}

/* Most arithmetic, and comparisons, touch nothing that is known. */
static inline bool is_unknown(const struct known *known, const struct bpf_insn *insn)
{
	if (lbpf_insn_effects[insn->code] & (EFF_LOAD | EFF_STORE | EFF_CALL | EFF_SPECIAL))
		return false;
	return !(lbpf_insn_names(insn) & (known->slot_regs | known->is_stack));
}

/**
 * lbpf_forward_stack() - Run the step
 * @code: Rewritten program.
 * @is_target: For each instruction: some jump leads to it, or a function starts there.
 *
 * Context: Any.
 */
void lbpf_forward_stack(struct lbpf_code *code, const u8 *is_target)
{
	const struct bpf_insn *insns = code->insns;
	u32 nr = code->nr_insns, i;
	struct known known = { };

	for (i = 0; i < nr; i++) {
		if (is_target[i])
			forget(&known);
		if (!is_unknown(&known, &insns[i]))
			step_over(&known, code, i);
	}
}
