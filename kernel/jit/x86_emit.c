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
 * struct text - The bytes of an instruction up to its displacement
 * @bytes: Bytes, the first one lowest.
 * @nr: How many.
 */
struct text {
	u64	bytes;
	u32	nr;
};

static inline void put_before(struct text *text, u8 byte)
{
	text->bytes = text->bytes << 8 | byte;
	text->nr++;
}

/* The REX prefix for these bits; REX by itself for a byte register that needs it; or none. */
static inline u8 rex_of(u32 size, u8 bits, bool need_rex)
{
	if (size == 8)
		bits |= REX_W;
	return bits || need_rex ? REX | bits : 0;
}

/* From the opcode to the front. */
static inline void put_start(struct text *text, u32 op, u32 size, u8 rex)
{
	put_before(text, size == 1 && (op & X_BYTE_FORM) ? op - 1 : op);
	if (op & X_0F)
		put_before(text, 0x0f);
	if (rex)
		put_before(text, rex);
	if (size != 2 && !(op & (X_GS | X_LOCK)))
		return;
	if (size == 2)
		put_before(text, 0x66);
	if (op & X_LOCK)
		put_before(text, 0xf0);
	if (op & X_GS)
		put_before(text, 0x65);
}

/* One byte of opcode, and no prefix but REX. */
static inline bool is_plain(u32 op, u32 size)
{
	return size >= 4 && !(op & (X_0F | X_LOCK | X_GS | X_RM_BYTE));
}

/* Most instructions: REX where it is needed, opcode, and @nr bytes behind it. */
static inline void put_plain(struct lbpf_x86_buf *buf, u8 rex, u8 opcode, u64 bytes, u32 nr)
{
	bytes = bytes << 8 | opcode;
	if (rex)
		lbpf_x86_put(buf, bytes << 8 | REX | rex, nr + 2);
	else
		lbpf_x86_put(buf, bytes, nr + 1);
}

static_assert(REX_W == 8);

/* Prefixes, or two bytes of opcode.  Apart, so that the usual case saves no registers. */
static noinline void put_rr(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg, u8 rm)
{
	struct text text = { .bytes = MOD_REG | low3(reg) << 3 | low3(rm), .nr = 1 };
	u8 bits = (reg & 8) >> 1 | (rm & 8) >> 3;
	bool need_rex = false;

	if (size == 1 || (op & X_RM_BYTE))
		need_rex = needs_rex_as_byte(rm) || is_byte_reg(op, size, reg);
	put_start(&text, op, size, rex_of(size, bits, need_rex));
	lbpf_x86_put(buf, text.bytes, text.nr);
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
	if (is_plain(op, size))
		put_plain(buf, (size & REX_W) | (reg & 8) >> 1 | (rm & 8) >> 3, op,
			  MOD_REG | low3(reg) << 3 | low3(rm), 1);
	else
		put_rr(buf, op, size, reg, rm);
}

/* ModRM and SIB; returns the size of the displacement behind them. */
static u32 put_address(struct text *text, u8 reg, const struct lbpf_x86_mem *mem)
{
	u8 field = low3(reg) << 3;
	u8 index = mem->index == X_NONE ? SIB_NO_INDEX : low3(mem->index) << 3;
	u8 base = mem->base == X_NONE ? SIB_NO_BASE : low3(mem->base);
	u8 mod = MOD_DISP32;
	u32 disp_bytes = 4;

	/* RBP and R13 without displacement would mean "no base". */
	if (mem->base == X_NONE) {
		mod = MOD_NO_DISP;
	} else if (!mem->disp && base != X_RBP) {
		mod = MOD_NO_DISP;
		disp_bytes = 0;
	} else if (lbpf_x86_is_s8(mem->disp)) {
		mod = MOD_DISP8;
		disp_bytes = 1;
	}
	if (mem->index != X_NONE || mem->base == X_NONE || base == X_RSP) {
		put_before(text, mem->scale_shift << 6 | index | base);
		base = RM_SIB;
	}
	put_before(text, mod | field | base);
	return disp_bytes;
}

/* A base that is neither RSP nor R12, and a displacement. */
static inline void put_based(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg,
			     struct lbpf_x86_mem mem)
{
	u8 rex = (size & REX_W) | (reg & 8) >> 1 | (mem.base & 8) >> 3;
	u64 address = low3(reg) << 3 | low3(mem.base);

	/* RBP and R13 without displacement would mean "no base". */
	if (!mem.disp && low3(mem.base) != X_RBP)
		put_plain(buf, rex, op, address, 1);
	else if (lbpf_x86_is_s8(mem.disp))
		put_plain(buf, rex, op, MOD_DISP8 | address | (u64)(u8)mem.disp << 8, 2);
	else
		put_plain(buf, rex, op, MOD_DISP32 | address | (u64)(u32)mem.disp << 8, 5);
}

static noinline void put_rm(struct lbpf_x86_buf *buf, u32 op, u32 size, u8 reg,
			    const struct lbpf_x86_mem *mem)
{
	u8 bits = (is_extended(reg) ? REX_R : 0) | (is_extended(mem->base) ? REX_B : 0) |
		  (is_extended(mem->index) ? REX_X : 0);
	struct text text = { };
	u32 disp_bytes = put_address(&text, reg, mem);

	put_start(&text, op, size, rex_of(size, bits, is_byte_reg(op, size, reg)));
	lbpf_x86_put(buf, text.bytes, text.nr);
	if (disp_bytes)
		lbpf_x86_put(buf, (u32)mem->disp, disp_bytes);
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
	if (is_plain(op, size) && mem.index == X_NONE && mem.base != X_NONE &&
	    low3(mem.base) != X_RSP)
		put_based(buf, op, size, reg, mem);
	else
		put_rm(buf, op, size, reg, &mem);
}
