// SPDX-License-Identifier: GPL-2.0
/*
 * Prefixes, opcode, ModRM, SIB and displacement of x86-64 instructions.
 *
 * Layer: jit (p).  Source: Intel SDM 2A chapter 2.
 */
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
 * lbpf_x86_put_last() - Append raw bytes near the end of the room
 * @buf: Machine code.
 * @bytes: Bytes, the first one lowest.
 * @nr: How many, 1..8.
 */
void lbpf_x86_put_last(struct lbpf_x86_buf *buf, u64 bytes, u32 nr)
{
	if (buf->len + nr > buf->max) {
		buf->overflow = true;
		return;
	}
	while (nr--) {
		buf->bytes[buf->len++] = bytes;
		bytes >>= 8;
	}
}

/**
 * struct text - The first bytes of an instruction
 * @bytes: Bytes, the first one lowest.
 * @nr: How many.
 */
struct text {
	u64	bytes;
	u32	nr;
};

static inline void add(struct text *text, u8 byte)
{
	text->bytes |= (u64)byte << 8 * text->nr++;
}

static inline void add_prefixes(struct text *text, u32 op, u32 size)
{
	if (op & X_GS)
		add(text, 0x65);
	if (op & X_LOCK)
		add(text, 0xf0);
	if (size == 2)
		add(text, 0x66);
}

static inline void add_opcode(struct text *text, u32 op, u32 size, u8 rex)
{
	if (rex)
		add(text, rex);
	if (op & X_0F)
		add(text, 0x0f);
	add(text, size == 1 && (op & X_BYTE_FORM) ? op - 1 : op);
}

/* The REX prefix for these bits; REX by itself for a byte register that needs it; or none. */
static inline u8 rex_of(u32 size, u8 bits, bool need_rex)
{
	if (size == 8)
		bits |= REX_W;
	return bits || need_rex ? REX | bits : 0;
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
	bool need_rex = is_byte && (needs_rex_as_byte(rm) || is_byte_reg(op, size, reg));
	u8 bits = (is_extended(reg) ? REX_R : 0) | (is_extended(rm) ? REX_B : 0);
	struct text text = { };

	if (size == 2 || (op & (X_GS | X_LOCK)))
		add_prefixes(&text, op, size);
	add_opcode(&text, op, size, rex_of(size, bits, need_rex));
	add(&text, MOD_REG | low3(reg) << 3 | low3(rm));
	lbpf_x86_put(buf, text.bytes, text.nr);
}

static void put_address(struct lbpf_x86_buf *buf, struct text *text, u8 reg,
			const struct lbpf_x86_mem *mem)
{
	u8 field = low3(reg) << 3;
	u8 index = mem->index == X_NONE ? SIB_NO_INDEX : low3(mem->index) << 3;
	bool has_base = mem->base != X_NONE;
	bool has_sib = mem->index != X_NONE || !has_base || low3(mem->base) == X_RSP;
	u8 mod = MOD_DISP32;

	/* RBP and R13 without displacement would mean "no base". */
	if (!has_base || (!mem->disp && low3(mem->base) != X_RBP))
		mod = MOD_NO_DISP;
	else if (lbpf_x86_is_s8(mem->disp))
		mod = MOD_DISP8;
	add(text, mod | field | (has_sib ? RM_SIB : low3(mem->base)));
	if (has_sib)
		add(text, mem->scale_shift << 6 | index |
			  (has_base ? low3(mem->base) : SIB_NO_BASE));
	lbpf_x86_put(buf, text->bytes, text->nr);
	if (mod == MOD_DISP8)
		lbpf_x86_put(buf, (u8)mem->disp, 1);
	else if (mod == MOD_DISP32 || !has_base)
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
	u8 bits = (is_extended(reg) ? REX_R : 0) | (is_extended(mem.base) ? REX_B : 0) |
		  (is_extended(mem.index) ? REX_X : 0);
	struct text text = { };

	if (size == 2 || (op & (X_GS | X_LOCK)))
		add_prefixes(&text, op, size);
	add_opcode(&text, op, size, rex_of(size, bits, is_byte_reg(op, size, reg)));
	put_address(buf, &text, reg, &mem);
}
