// SPDX-License-Identifier: GPL-2.0
/*
 * Step c: fields of a context become accesses of the kernel's object.
 *
 * Layer: rewrite (p).  Source: the rows of the program type.
 */
#include <linux/kernel.h>

#include <lbpf/progtype.h>

#include "builder.h"
#include "make.h"

/* Most instructions that a row's emit() writes. */
#define MAX_EMITTED	24

static bool applies(const struct lbpf_code *code, u32 index)
{
	return (code->aux[index].flags & LBPF_INSN_CTX) && code->aux[index].ctx_field;
}

/* Bytes from the start of the field (of the array element) to what is accessed. */
static u32 offset_in_field(const struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;

	return (rw->insn->off - field->off) % field->size;
}

/* Offset of the member; of its element where the row is an array.  DEREF: behind the pointer. */
static s16 member_off(const struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	u16 start = field->kind == LBPF_CTX_DEREF ? field->k_off2 : field->k_off;

	if (field->access & LBPF_CTX_MEMORY)
		return start + (rw->insn->off - field->off);
	return start + (rw->insn->off - field->off) / field->size * field->k_size;
}

/* Bytes to load or store at member_off(): an access of several elements is one of as many bytes. */
static u32 member_bytes(const struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	u32 bytes = lbpf_insn_access_bytes(rw->insn->code);

	return bytes > field->size ? bytes : field->k_size;
}

static void put_emitted(struct lbpf_rewrite *rw, bool is_write)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	struct bpf_insn insns[MAX_EMITTED];
	struct lbpf_insn_buf buf = { .insns = insns, .max = ARRAY_SIZE(insns) };
	int err = field->emit(&buf, rw->insn, field, is_write);
	u32 i;

	if (!rw->err && (err || buf.overflow))
		rw->err = err ?: -E2BIG;
	for (i = 0; i < buf.nr; i++)
		lbpf_rw_put(rw, insns[i]);
}

static void put_mask(struct lbpf_rewrite *rw, u8 dst, u64 mask)
{
	if (mask == (u32)mask)
		lbpf_rw_put(rw, make_alu32_imm(BPF_AND, dst, mask));
	else
		lbpf_rw_put(rw, make_alu64_imm(BPF_AND, dst, mask));
}

static void put_bswap(struct lbpf_rewrite *rw, u8 dst, u32 bytes)
{
	if (bytes > 1)
		lbpf_rw_put(rw, make_insn(BPF_ALU | BPF_END | BPF_TO_BE, dst, 0, 0, bytes * 8));
}

/* The whole field in dst. */
static void put_field_load(struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	u8 dst = rw->insn->dst_reg;
	u8 src = rw->insn->src_reg;

	switch (field->kind) {
	case LBPF_CTX_DEREF:
		lbpf_rw_put(rw, make_load(sizeof(void *), dst, src, field->k_off));
		lbpf_rw_put(rw, make_jump_imm(BPF_JEQ, dst, 0, 1));
		lbpf_rw_put(rw, make_load(member_bytes(rw), dst, dst, member_off(rw)));
		break;
	case LBPF_CTX_BITS:
		lbpf_rw_put(rw, make_load(field->k_size, dst, src, field->k_off));
		put_mask(rw, dst, field->k_mask);
		if (field->k_shift)
			lbpf_rw_put(rw, make_alu64_imm(BPF_RSH, dst, field->k_shift));
		break;
	case LBPF_CTX_EMIT:
		put_emitted(rw, false);
		return;
	default:
		lbpf_rw_put(rw, make_load(field->k_size, dst, src, member_off(rw)));
	}
	if (field->bswap)
		put_bswap(rw, dst, field->k_size);
}

/* The part of the field that the program asked for. */
static void put_narrowing(struct lbpf_rewrite *rw, u32 bytes)
{
	u32 skip = offset_in_field(rw);
	u8 dst = rw->insn->dst_reg;

	if (skip)
		lbpf_rw_put(rw, make_alu64_imm(BPF_RSH, dst, skip * 8));
	if (bytes < 4)
		lbpf_rw_put(rw, make_alu32_imm(BPF_AND, dst, (1 << bytes * 8) - 1));
	else if (bytes == 4)
		lbpf_rw_put(rw, make_alu32(BPF_MOV, dst, dst));
}

/* Bytes of a member can be loaded as they lie. */
static bool is_plain_load(const struct lbpf_rewrite *rw, u32 bytes)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;

	if (field->kind != LBPF_CTX_MEMBER || field->bswap)
		return false;
	return (field->access & LBPF_CTX_MEMORY) || offset_in_field(rw) + bytes <= field->k_size;
}

static void replace_load(struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	u32 bytes = lbpf_insn_access_bytes(rw->insn->code);
	u8 dst = rw->insn->dst_reg;
	s16 off = member_off(rw);

	if (is_plain_load(rw, bytes)) {
		if (!(field->access & LBPF_CTX_MEMORY))
			off += offset_in_field(rw);
		lbpf_rw_put(rw, make_load(bytes, dst, rw->insn->src_reg, off));
	} else {
		put_field_load(rw);
		if (bytes < field->size)
			put_narrowing(rw, bytes);
	}
	if (BPF_MODE(rw->insn->code) == BPF_MEMSX)
		lbpf_rw_put(rw, make_insn(BPF_ALU64 | BPF_MOV | BPF_X, dst, dst, bytes * 8, 0));
}

static void replace_store(struct lbpf_rewrite *rw)
{
	const struct lbpf_ctx_field *field = rw->aux->ctx_field;
	u32 bytes = lbpf_insn_access_bytes(rw->insn->code);
	struct bpf_insn insn = *rw->insn;

	if (field->kind == LBPF_CTX_EMIT) {
		put_emitted(rw, true);
		return;
	}
	if (field->kind == LBPF_CTX_BITS) {
		rw->err = rw->err ?: -EINVAL;
		return;
	}
	insn.off = member_off(rw);
	if (!(field->access & LBPF_CTX_MEMORY)) {
		insn.off += offset_in_field(rw);
		bytes = min_t(u32, bytes, member_bytes(rw));
	}
	insn.code = (insn.code & ~0x18) | lbpf_insn_size_code(bytes);
	if (field->kind == LBPF_CTX_DEREF) {
		lbpf_rw_put(rw, make_load(sizeof(void *), LBPF_REG_AX, insn.dst_reg, field->k_off));
		lbpf_rw_put(rw, make_jump_imm(BPF_JEQ, LBPF_REG_AX, 0, 1));
		insn.dst_reg = LBPF_REG_AX;
	}
	lbpf_rw_put(rw, insn);
}

static void replace(struct lbpf_rewrite *rw)
{
	if (BPF_CLASS(rw->insn->code) == BPF_LDX)
		replace_load(rw);
	else
		replace_store(rw);
}

const struct lbpf_step lbpf_step_context = {
	.letter		= 'c',
	.name		= "context",
	.flags		= LBPF_INSN_CTX,
	.applies	= applies,
	.replace	= replace,
};
