// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces of random programs: instructions of cpu=v4, or older ones that do the
 * same.
 *
 * Source: the BPF instruction set: "the MOVSX operation", "BPF_MEMSX", "BPF_END
 * of class ALU64", and signed division, whose quotient is rounded to zero.
 */
#include "generate_parts.h"

#ifndef BPF_MEMSX
#define BPF_MEMSX	0x80
#endif

/* The upper bits become the sign of the low @bits. */
static void put_sign_extension(uint8_t class, uint8_t reg, int bits)
{
	int left = (class == BPF_ALU ? 32 : 64) - bits;

	put(class | BPF_LSH | BPF_K, reg, 0, 0, left);
	put(class | BPF_ARSH | BPF_K, reg, 0, 0, left);
}

static void put_signed_move(void)
{
	uint8_t class = chance(2) ? BPF_ALU : BPF_ALU64;
	int bits = 8 << chance(class == BPF_ALU ? 2 : 3);
	uint8_t dst = any_reg(), src = any_reg();

	if (!gen.is_lowered) {
		put(class | BPF_MOV | BPF_X, dst, src, bits, 0);
		return;
	}
	put(class | BPF_MOV | BPF_X, dst, src, 0, 0);
	put_sign_extension(class, dst, bits);
}

static void put_signed_load(void)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W };
	unsigned int log2 = chance(3);
	uint8_t dst = any_reg();
	int16_t off;
	uint8_t place = any_place(1 << log2, &off);

	if (!gen.is_lowered) {
		put(BPF_LDX | BPF_MEMSX | sizes[log2], dst, place, off, 0);
		return;
	}
	put(BPF_LDX | BPF_MEM | sizes[log2], dst, place, off, 0);
	put_sign_extension(BPF_ALU64, dst, 8 << log2);
}

static void put_swap(void)
{
	int bits = 16 << chance(3);

	if (gen.is_lowered)
		put(BPF_ALU | BPF_END | BPF_TO_BE, any_reg(), 0, 0, bits);
	else
		put(BPF_ALU64 | BPF_END, any_reg(), 0, 0, bits);
}

/**
 * struct division - A signed division
 * @class: BPF_ALU or BPF_ALU64.
 * @op: BPF_DIV or BPF_MOD.
 * @is_imm: The divisor is @imm, else @src.
 * @dst: Dividend, and result.
 * @src: Divisor.
 * @imm: Divisor, not 0.
 */
struct division {
	uint8_t	class;
	uint8_t	op;
	bool	is_imm;
	uint8_t	dst;
	uint8_t	src;
	int32_t	imm;
};

/* 64 bits, with sign. */
static void put_divisor(uint8_t to, const struct division *div)
{
	if (div->is_imm)
		put_alu_imm(BPF_MOV, to, div->imm);
	else
		put_mov(to, div->src);
	if (div->class == BPF_ALU)
		put_sign_extension(BPF_ALU64, to, 32);
}

static void put_dividend(uint8_t to, const struct division *div)
{
	put_mov(to, div->dst);
	if (div->class == BPF_ALU)
		put_sign_extension(BPF_ALU64, to, 32);
}

static void put_absolute(uint8_t reg)
{
	put(BPF_JMP | BPF_JSGE | BPF_K, reg, 0, 1, 0);
	put(BPF_ALU64 | BPF_NEG, reg, 0, 0, 0);
}

/* A register that the division does not name, and not @other. */
static uint8_t find_free(const struct division *div, uint8_t other)
{
	uint8_t reg = 0;

	while (reg == div->dst || reg == div->src || reg == other)
		reg++;
	return reg;
}

/* By magnitudes; then the sign: of both for a quotient, of the dividend for a remainder. */
static void put_lowered_division(const struct division *div)
{
	uint8_t a = find_free(div, BPF_REG_10), b = find_free(div, a);
	int off = gen.scratch_off;

	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, a, off, 0);
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, b, off - 8, 0);
	put_dividend(a, div);
	put_divisor(b, div);
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, a, off - 16, 0);
	if (div->op == BPF_DIV) {
		put(BPF_ALU64 | BPF_XOR | BPF_X, a, b, 0, 0);
		put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, a, off - 16, 0);
		put(BPF_ALU64 | BPF_XOR | BPF_X, a, b, 0, 0);
	}
	put_absolute(a);
	put_absolute(b);
	put(BPF_ALU64 | div->op | BPF_X, a, b, 0, 0);
	put(BPF_LDX | BPF_MEM | BPF_DW, b, BPF_REG_10, off - 16, 0);
	put(BPF_JMP | BPF_JSGE | BPF_K, b, 0, 1, 0);
	put(BPF_ALU64 | BPF_NEG, a, 0, 0, 0);
	put(div->class | BPF_MOV | BPF_X, div->dst, a, 0, 0);
	put(BPF_LDX | BPF_MEM | BPF_DW, b, BPF_REG_10, off - 8, 0);
	put(BPF_LDX | BPF_MEM | BPF_DW, a, BPF_REG_10, off, 0);
}

static void put_signed_division(void)
{
	struct division div = {
		.class = chance(2) ? BPF_ALU : BPF_ALU64,
		.op = chance(2) ? BPF_DIV : BPF_MOD,
		.is_imm = chance(2),
		.dst = any_reg(),
		.src = any_reg(),
		.imm = any_imm(),
	};

	if (!div.imm)
		div.imm = -7;
	if (gen.is_lowered)
		put_lowered_division(&div);
	else if (div.is_imm)
		put(div.class | div.op | BPF_K, div.dst, 0, 1, div.imm);
	else
		put(div.class | div.op | BPF_X, div.dst, div.src, 1, 0);
}

void put_v4(void)
{
	static void (*const pieces[])(void) = {
		put_signed_move, put_signed_load, put_swap, put_signed_division,
	};

	gen.prog->nr_v4++;
	pieces[chance(4)]();
}
