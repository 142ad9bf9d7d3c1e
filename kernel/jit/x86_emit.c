// SPDX-License-Identifier: GPL-2.0
/*
 * Prefixes, opcode, ModRM, SIB and displacement of x86-64 instructions.
 *
 * Layer: jit (p).  Source: Intel SDM 2A chapter 2.
 */
#include <linux/string.h>

#include "x86_emit.h"

#define REX		0x40
#define REX_B		0x01
#define REX_X		0x02
#define REX_R		0x04
#define REX_W		0x08

#define MOD_NO_DISP	0x00
#define MOD_DISP8	0x40
#define MOD_DISP32	0x80
#define MOD_REG		0xc0
#define RM_SIB		0x04
#define SIB_NO_INDEX	0x20
#define SIB_NO_BASE	0x05

static u8 low3(u8 reg)
{
	return reg & 7;
}

static bool is_extended(u8 reg)
{
	return reg != X_NONE && reg > 7;
}

/* Without REX, byte registers 4..7 are AH..BH. */
static bool needs_rex_as_byte(u8 reg)
{
	return reg >= X_RSP && reg <= X_RDI;
}

static bool is_byte_reg(u32 op, u32 size, u8 reg)
{
	return size == 1 && (op & (X_BYTE_FORM | X_DIGIT)) == X_BYTE_FORM && needs_rex_as_byte(reg);
}

/**
 * lbpf_x86_put() - Append raw bytes
 * @buf: Machine code.
 * @bytes: Bytes, the first one lowest.
 * @nr: How many, 1..8.
 */
void lbpf_x86_put(struct lbpf_x86_buf *buf, u64 bytes, u32 nr)
{
	/* What is written too much, the next ones write over. */
	if (buf->len + sizeof(bytes) <= buf->max) {
		memcpy(buf->bytes + buf->len, &bytes, sizeof(bytes));
		buf->len += nr;
		return;
	}
	if (buf->len + nr > buf->max) {
		buf->overflow = true;
		return;
	}
	while (nr--) {
		buf->bytes[buf->len++] = bytes;
		bytes >>= 8;
	}
}

static void put_prefixes(struct lbpf_x86_buf *buf, u32 op, u32 size)
{
	if (op & X_GS)
		lbpf_x86_put(buf, 0x65, 1);
	if (op & X_LOCK)
		lbpf_x86_put(buf, 0xf0, 1);
	if (size == 2)
		lbpf_x86_put(buf, 0x66, 1);
}

static void put_opcode(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 rex, bool need_rex)
{
	u8 opcode = op;

	if (size == 8)
		rex |= REX_W;
	if (rex || need_rex)
		lbpf_x86_put(buf, REX | rex, 1);
	if (op & X_0F)
		lbpf_x86_put(buf, 0x0f, 1);
	if (size == 1 && (op & X_BYTE_FORM))
		opcode--;
	lbpf_x86_put(buf, opcode, 1);
}

/**
 * lbpf_x86_rr() - Operation on two registers
 * @buf: Machine code.
 * @op: Opcode and X_* flags.
 * @size: Operand size, bytes.
 * @reg: Register in ModRM.reg, or the /digit of the operation.
 * @rm: Register in ModRM.rm.
 */
void lbpf_x86_rr(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg, u8 rm)
{
	bool is_byte = size == 1 || (op & X_RM_BYTE);
	bool need_rex = (is_byte && needs_rex_as_byte(rm)) || is_byte_reg(op, size, reg);
	u8 rex = (is_extended(reg) ? REX_R : 0) | (is_extended(rm) ? REX_B : 0);

	put_prefixes(buf, op, size);
	put_opcode(buf, op, size, rex, need_rex);
	lbpf_x86_put(buf, MOD_REG | low3(reg) << 3 | low3(rm), 1);
}

static void put_address(struct lbpf_x86_buf *buf, u8 reg, const struct lbpf_x86_mem *mem)
{
	u8 field = low3(reg) << 3;
	u8 index = mem->index == X_NONE ? SIB_NO_INDEX : low3(mem->index) << 3;
	bool has_sib = mem->index != X_NONE || mem->base == X_NONE || low3(mem->base) == X_RSP;
	u8 mod = MOD_DISP32;

	if (mem->base == X_NONE) {
		lbpf_x86_put(buf, MOD_NO_DISP | field | RM_SIB, 1);
		lbpf_x86_put(buf, mem->scale_shift << 6 | index | SIB_NO_BASE, 1);
		lbpf_x86_put(buf, (u32)mem->disp, 4);
		return;
	}
	/* RBP and R13 without displacement would mean "no base". */
	if (!mem->disp && low3(mem->base) != X_RBP)
		mod = MOD_NO_DISP;
	else if (lbpf_x86_is_s8(mem->disp))
		mod = MOD_DISP8;
	lbpf_x86_put(buf, mod | field | (has_sib ? RM_SIB : low3(mem->base)), 1);
	if (has_sib)
		lbpf_x86_put(buf, mem->scale_shift << 6 | index | low3(mem->base), 1);
	if (mod == MOD_DISP8)
		lbpf_x86_put(buf, (u8)mem->disp, 1);
	else if (mod == MOD_DISP32)
		lbpf_x86_put(buf, (u32)mem->disp, 4);
}

/**
 * lbpf_x86_rm() - Operation on a register and memory
 * @buf: Machine code.
 * @op: Opcode and X_* flags.
 * @size: Operand size, bytes.
 * @reg: Register in ModRM.reg, or the /digit of the operation.
 * @mem: Memory operand.
 */
void lbpf_x86_rm(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg, struct lbpf_x86_mem mem)
{
	bool need_rex = is_byte_reg(op, size, reg);
	u8 rex = (is_extended(reg) ? REX_R : 0) | (is_extended(mem.base) ? REX_B : 0) |
		 (is_extended(mem.index) ? REX_X : 0);

	put_prefixes(buf, op, size);
	put_opcode(buf, op, size, rex, need_rex);
	put_address(buf, reg, &mem);
}
