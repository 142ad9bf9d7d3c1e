// SPDX-License-Identifier: GPL-2.0
/*
 * Forms of instructions, and the fields that each form reserves.
 *
 * Layer: insn (p).  Source: Documentation/bpf/instruction-set.rst; the wording
 * of refusals is that of Linux 6.1.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>

#include <lbpf/insn.h>

#define ALU_FORMS(op, form)					\
	[BPF_ALU | BPF_##op | BPF_K] = LBPF_FORM_##form##_K,	\
	[BPF_ALU | BPF_##op | BPF_X] = LBPF_FORM_##form##_X,	\
	[BPF_ALU64 | BPF_##op | BPF_K] = LBPF_FORM_##form##_K,	\
	[BPF_ALU64 | BPF_##op | BPF_X] = LBPF_FORM_##form##_X

#define JCC_FORMS(op)						\
	[BPF_JMP | BPF_##op | BPF_K] = LBPF_FORM_JCC_K,		\
	[BPF_JMP | BPF_##op | BPF_X] = LBPF_FORM_JCC_X,		\
	[BPF_JMP32 | BPF_##op | BPF_K] = LBPF_FORM_JCC_K,	\
	[BPF_JMP32 | BPF_##op | BPF_X] = LBPF_FORM_JCC_X

#define SIZE_FORMS(class, mode, form)				\
	[BPF_##class | BPF_##mode | BPF_B] = LBPF_FORM_##form,	\
	[BPF_##class | BPF_##mode | BPF_H] = LBPF_FORM_##form,	\
	[BPF_##class | BPF_##mode | BPF_W] = LBPF_FORM_##form

/* Every opcode of the ISA; what is not here is LBPF_FORM_UNKNOWN. */
static const u8 forms[256] = {
	ALU_FORMS(ADD, ALU),
	ALU_FORMS(SUB, ALU),
	ALU_FORMS(MUL, ALU),
	ALU_FORMS(DIV, ALU),
	ALU_FORMS(OR, ALU),
	ALU_FORMS(AND, ALU),
	ALU_FORMS(LSH, ALU),
	ALU_FORMS(RSH, ALU),
	ALU_FORMS(MOD, ALU),
	ALU_FORMS(XOR, ALU),
	ALU_FORMS(ARSH, ALU),
	ALU_FORMS(MOV, MOV),
	[BPF_ALU | BPF_NEG] = LBPF_FORM_NEG,
	[BPF_ALU64 | BPF_NEG] = LBPF_FORM_NEG,
	[BPF_ALU | BPF_END | BPF_TO_LE] = LBPF_FORM_END,
	[BPF_ALU | BPF_END | BPF_TO_BE] = LBPF_FORM_END,
	[BPF_ALU64 | BPF_END | BPF_TO_LE] = LBPF_FORM_BSWAP,
	JCC_FORMS(JEQ),
	JCC_FORMS(JNE),
	JCC_FORMS(JGT),
	JCC_FORMS(JGE),
	JCC_FORMS(JLT),
	JCC_FORMS(JLE),
	JCC_FORMS(JSGT),
	JCC_FORMS(JSGE),
	JCC_FORMS(JSLT),
	JCC_FORMS(JSLE),
	JCC_FORMS(JSET),
	[BPF_JMP | BPF_JA] = LBPF_FORM_JA,
	[BPF_JMP32 | BPF_JA] = LBPF_FORM_JA32,
	[BPF_JMP | BPF_CALL] = LBPF_FORM_CALL,
	[BPF_JMP | BPF_EXIT] = LBPF_FORM_EXIT,
	SIZE_FORMS(LDX, MEM, LDX),
	[BPF_LDX | BPF_MEM | BPF_DW] = LBPF_FORM_LDX,
	SIZE_FORMS(LDX, MEMSX, LDX),
	SIZE_FORMS(ST, MEM, ST),
	[BPF_ST | BPF_MEM | BPF_DW] = LBPF_FORM_ST,
	SIZE_FORMS(STX, MEM, STX),
	[BPF_STX | BPF_MEM | BPF_DW] = LBPF_FORM_STX,
	[BPF_STX | BPF_ATOMIC | BPF_W] = LBPF_FORM_ATOMIC,
	[BPF_STX | BPF_ATOMIC | BPF_DW] = LBPF_FORM_ATOMIC,
	SIZE_FORMS(LD, ABS, LD_ABS),
	SIZE_FORMS(LD, IND, LD_IND),
	[BPF_LD | BPF_IMM | BPF_DW] = LBPF_FORM_LD_IMM64,
};

enum field {
	DST = BIT(0),
	SRC = BIT(1),
	OFF = BIT(2),
	IMM = BIT(3),
};

/**
 * struct form_rule - What a form reserves
 * @reserved: Fields that must be zero, OR of enum field.
 * @refusal: What is said when one is not.
 */
struct form_rule {
	u8 reserved;
	const char *refusal;
};

static const struct form_rule rules[LBPF_NR_FORMS] = {
	[LBPF_FORM_ALU_K] = { SRC, "BPF_ALU uses reserved fields" },
	[LBPF_FORM_ALU_X] = { IMM, "BPF_ALU uses reserved fields" },
	[LBPF_FORM_MOV_K] = { SRC | OFF, "BPF_MOV uses reserved fields" },
	[LBPF_FORM_MOV_X] = { IMM, "BPF_MOV uses reserved fields" },
	[LBPF_FORM_NEG] = { SRC | OFF | IMM, "BPF_NEG uses reserved fields" },
	[LBPF_FORM_END] = { SRC | OFF, "BPF_END uses reserved fields" },
	[LBPF_FORM_BSWAP] = { SRC | OFF, "BPF_END uses reserved fields" },
	[LBPF_FORM_LDX] = { IMM, "BPF_LDX uses reserved fields" },
	[LBPF_FORM_ST] = { SRC, "BPF_ST uses reserved fields" },
	[LBPF_FORM_STX] = { IMM, "BPF_STX uses reserved fields" },
	[LBPF_FORM_LD_ABS] = { DST | SRC | OFF, "BPF_LD_[ABS|IND] uses reserved fields" },
	[LBPF_FORM_LD_IND] = { DST | OFF, "BPF_LD_[ABS|IND] uses reserved fields" },
	[LBPF_FORM_LD_IMM64] = { OFF, "BPF_LD_IMM64 uses reserved fields" },
	[LBPF_FORM_JA] = { DST | SRC | IMM, "BPF_JA uses reserved fields" },
	[LBPF_FORM_JA32] = { DST | SRC | OFF, "BPF_JA uses reserved fields" },
	[LBPF_FORM_JCC_K] = { SRC, "BPF_JMP/JMP32 uses reserved fields" },
	[LBPF_FORM_JCC_X] = { IMM, "BPF_JMP/JMP32 uses reserved fields" },
	[LBPF_FORM_CALL] = { DST, "BPF_CALL uses reserved fields" },
	[LBPF_FORM_EXIT] = { DST | SRC | OFF | IMM, "BPF_EXIT uses reserved fields" },
};

/**
 * lbpf_insn_form() - Form of an opcode
 * @code: The opcode byte of an instruction.
 *
 * Context: Any.
 * Return: Its form, LBPF_FORM_UNKNOWN when the ISA has no such opcode.
 */
enum lbpf_form lbpf_insn_form(u8 code)
{
	return forms[code];
}

static u8 set_fields(const struct bpf_insn *insn)
{
	return (insn->dst_reg ? DST : 0) | (insn->src_reg ? SRC : 0) |
	       (insn->off ? OFF : 0) | (insn->imm ? IMM : 0);
}

static bool is_call_valid(const struct bpf_insn *insn)
{
	if (insn->src_reg == BPF_PSEUDO_KFUNC_CALL)
		return true;
	return !insn->off && (!insn->src_reg || insn->src_reg == BPF_PSEUDO_CALL);
}

/* Offset 1 makes a division signed. */
static bool is_alu_off_valid(const struct bpf_insn *insn)
{
	u8 op = BPF_OP(insn->code);

	return !insn->off || (insn->off == 1 && (op == BPF_DIV || op == BPF_MOD));
}

/* How many low bits a move takes, extending their sign; 0: all, as they are. */
static bool is_move_off_valid(const struct bpf_insn *insn)
{
	return !insn->off || insn->off == 8 || insn->off == 16 ||
	       (insn->off == 32 && BPF_CLASS(insn->code) == BPF_ALU64);
}

static bool is_end_valid(const struct bpf_insn *insn)
{
	return insn->imm == 16 || insn->imm == 32 || insn->imm == 64;
}

/* What a form does not reserve, but does not leave free either. */
static bool are_values_valid(enum lbpf_form form, const struct bpf_insn *insn)
{
	switch (form) {
	case LBPF_FORM_ALU_K:
	case LBPF_FORM_ALU_X:
		return is_alu_off_valid(insn);
	case LBPF_FORM_MOV_X:
		return is_move_off_valid(insn);
	case LBPF_FORM_END:
	case LBPF_FORM_BSWAP:
		return is_end_valid(insn);
	case LBPF_FORM_CALL:
		return is_call_valid(insn);
	default:
		return true;
	}
}

/**
 * lbpf_insn_check_fields() - Check the reserved fields of an instruction
 * @insn: Instruction of a known form.
 *
 * Source: "uses reserved fields" refusals of Linux 6.1.
 * Context: Any.
 * Return: NULL when they are fine, else the refusal.
 */
const char *lbpf_insn_check_fields(const struct bpf_insn *insn)
{
	enum lbpf_form form = forms[insn->code];
	const struct form_rule *rule = &rules[form];

	if (set_fields(insn) & rule->reserved || !are_values_valid(form, insn))
		return rule->refusal;
	return NULL;
}

/**
 * lbpf_insn_is_imm64_tail() - Check the second half of a 16-byte load
 * @next: Instruction after the one with BPF_LD | BPF_IMM | BPF_DW.
 *
 * Context: Any.
 * Return: true when nothing but its imm is set.
 */
bool lbpf_insn_is_imm64_tail(const struct bpf_insn *next)
{
	return !next->code && !(set_fields(next) & (DST | SRC | OFF));
}

/**
 * lbpf_insn_is_atomic_op() - Is this an operation of BPF_ATOMIC?
 * @imm: The imm field.
 *
 * Context: Any.
 * Return: true for the fetching and non-fetching operations and exchanges.
 */
bool lbpf_insn_is_atomic_op(s32 imm)
{
	if (imm == BPF_XCHG || imm == BPF_CMPXCHG)
		return true;
	imm &= ~BPF_FETCH;
	return imm == BPF_ADD || imm == BPF_AND || imm == BPF_OR || imm == BPF_XOR;
}

/**
 * lbpf_insn_access_bytes() - Size of a memory access
 * @code: Opcode of a load or store.
 *
 * Context: Any.
 * Return: 1, 2, 4 or 8.
 */
u32 lbpf_insn_access_bytes(u8 code)
{
	static const u8 bytes[4] = {
		[BPF_W >> 3] = 4, [BPF_H >> 3] = 2, [BPF_B >> 3] = 1, [BPF_DW >> 3] = 8,
	};

	return bytes[BPF_SIZE(code) >> 3];
}
