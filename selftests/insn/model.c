// SPDX-License-Identifier: GPL-2.0
/*
 * The instruction set as a model, one operation at a time.
 *
 * Source: Documentation/bpf/instruction-set.rst (and, for cpu=v4, the BPF instruction
 * set, RFC 9669): 32-bit results are zero-extended, shifts count modulo the width,
 * x / 0 is 0, x % 0 is x, the least number divided by -1 is itself.
 */
#include "model.h"

static int64_t extend(uint64_t value, int bits)
{
	return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static uint64_t divide(uint64_t a, uint64_t b, bool is_remainder)
{
	if (!b)
		return is_remainder ? a : 0;
	return is_remainder ? a % b : a / b;
}

static uint64_t divide_signed(int64_t a, int64_t b, bool is_remainder)
{
	if (!b)
		return is_remainder ? a : 0;
	if (b == -1)
		return is_remainder ? 0 : 0 - (uint64_t)a;
	return is_remainder ? a % b : a / b;
}

/* Bytes in reverse. */
static uint64_t swap(uint64_t value, int bits)
{
	uint64_t result = 0;
	int i;

	for (i = 0; i < bits; i += 8)
		result = result << 8 | (value >> i & 0xff);
	return result;
}

/* @a and @b have @bits each, with zeros above. */
static uint64_t calculate(uint8_t op, int off, int bits, uint64_t a, uint64_t b)
{
	bool is_signed = off == 1;

	switch (op) {
	case BPF_ADD:
		return a + b;
	case BPF_SUB:
		return a - b;
	case BPF_MUL:
		return a * b;
	case BPF_OR:
		return a | b;
	case BPF_AND:
		return a & b;
	case BPF_XOR:
		return a ^ b;
	case BPF_NEG:
		return 0 - a;
	case BPF_LSH:
		return a << (b & (bits - 1));
	case BPF_RSH:
		return a >> (b & (bits - 1));
	case BPF_ARSH:
		return extend(a, bits) >> (b & (bits - 1));
	case BPF_MOV:
		return off ? (uint64_t)extend(b, off) : b;
	default:
		break;
	}
	if (is_signed)
		return divide_signed(extend(a, bits), extend(b, bits), op == BPF_MOD);
	return divide(a, b, op == BPF_MOD);
}

static uint64_t byte_order(const struct bpf_insn *insn, uint64_t value)
{
	int bits = insn->imm;

	if (BPF_CLASS(insn->code) == BPF_ALU64 || BPF_SRC(insn->code) == BPF_TO_BE)
		return swap(value, bits);
	return bits == 64 ? value : value & ((1ull << bits) - 1);
}

static uint64_t operand(const struct bpf_insn *insn, const struct slot *slot)
{
	return BPF_SRC(insn->code) == BPF_X ? slot->src : (uint64_t)(int64_t)insn->imm;
}

static uint64_t narrow(uint64_t value, int bits)
{
	return bits == 32 ? (uint32_t)value : value;
}

static void do_alu(const struct bpf_insn *insn, struct slot *slot)
{
	int bits = BPF_CLASS(insn->code) == BPF_ALU ? 32 : 64;

	if (BPF_OP(insn->code) == BPF_END) {
		slot->out_dst = byte_order(insn, slot->dst);
		return;
	}
	slot->out_dst = calculate(BPF_OP(insn->code), insn->off, bits, narrow(slot->dst, bits),
				  narrow(operand(insn, slot), bits));
	slot->out_dst = narrow(slot->out_dst, bits);
}

static bool compare(uint8_t op, uint64_t a, uint64_t b, int64_t sa, int64_t sb)
{
	switch (op) {
	case BPF_JEQ:
		return a == b;
	case BPF_JNE:
		return a != b;
	case BPF_JSET:
		return a & b;
	case BPF_JGT:
		return a > b;
	case BPF_JGE:
		return a >= b;
	case BPF_JLT:
		return a < b;
	case BPF_JLE:
		return a <= b;
	case BPF_JSGT:
		return sa > sb;
	case BPF_JSGE:
		return sa >= sb;
	case BPF_JSLT:
		return sa < sb;
	default:
		return sa <= sb;
	}
}

static void do_jump(const struct bpf_insn *insn, struct slot *slot)
{
	int bits = BPF_CLASS(insn->code) == BPF_JMP32 ? 32 : 64;
	uint64_t a = narrow(slot->dst, bits), b = narrow(operand(insn, slot), bits);

	slot->out_dst = compare(BPF_OP(insn->code), a, b, extend(a, bits), extend(b, bits));
}

static int size_bits(uint8_t code)
{
	switch (BPF_SIZE(code)) {
	case BPF_B:
		return 8;
	case BPF_H:
		return 16;
	case BPF_W:
		return 32;
	default:
		return 64;
	}
}

static uint64_t mask_of(int bits)
{
	return bits == 64 ? ~0ull : (1ull << bits) - 1;
}

static void write_mem(struct slot *slot, int bits, uint64_t value)
{
	slot->mem = (slot->mem & ~mask_of(bits)) | (value & mask_of(bits));
}

static void do_atomic(const struct bpf_insn *insn, struct slot *slot)
{
	int bits = size_bits(insn->code);
	uint64_t old = slot->mem & mask_of(bits);

	switch (insn->imm & ~BPF_FETCH) {
	case BPF_XCHG & ~BPF_FETCH:
		write_mem(slot, bits, slot->src);
		break;
	case BPF_CMPXCHG & ~BPF_FETCH:
		if (old == (slot->r0 & mask_of(bits)))
			write_mem(slot, bits, slot->src);
		slot->out_r0 = old;
		return;
	default:
		write_mem(slot, bits, calculate(insn->imm & 0xf0, 0, bits, old, slot->src));
	}
	if (insn->imm & BPF_FETCH)
		slot->out_src = old;
}

void run_model(const struct bpf_insn *insn, struct slot *slot)
{
	int bits = size_bits(insn->code);

	slot->out_dst = slot->dst;
	slot->out_src = slot->src;
	slot->out_r0 = slot->r0;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		do_alu(insn, slot);
		break;
	case BPF_JMP:
	case BPF_JMP32:
		do_jump(insn, slot);
		break;
	case BPF_LDX:
		slot->out_dst = slot->mem & mask_of(bits);
		if (BPF_MODE(insn->code) == BPF_MEMSX)
			slot->out_dst = extend(slot->mem, bits);
		break;
	case BPF_ST:
		write_mem(slot, bits, (int64_t)insn->imm);
		break;
	default:
		if (BPF_MODE(insn->code) == BPF_ATOMIC)
			do_atomic(insn, slot);
		else
			write_mem(slot, bits, slot->src);
	}
}
