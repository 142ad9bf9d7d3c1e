// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups in hash tables, without a call.
 *
 * Layer: jit (p).  The map describes its table (struct lbpf_map_table, which
 * has the scheme); one look at the bucket decides nearly always.  Where it does
 * not - another key with the same tag, a chain, a bucket that changed meanwhile -
 * the map type's own function is called, as if nothing had been done: R1 and R2
 * stay what they are.
 *
 * Loads are done in the order of their instructions (Intel SDM 3A, 9.2.2), as
 * the table's readers need it.
 */
#include <lbpf/map.h>

#include "emit.h"

/* Address of what the map describes; the bucket; the number of removals seen in it. */
#define BASE		X_R8
#define BUCKET		X_RCX
#define SEQ		JIT_TMP
#define EACH		JIT_TMP3
#define MAP		X_RDI
#define KEY		X_RSI

#define TAG_EACH	0x0101010101010101ULL
#define TAG_USED	0x80
#define TAG_SHIFT	56

/* Ends of short jumps that lead to the same place. */
struct label {
	u32	jumps[4];
	u32	nr;
};

static void put_jump(struct lbpf_jit *jit, enum lbpf_x86_cond cond, struct label *label)
{
	lbpf_x86_jcc_short(&jit->buf, cond, 0);
	label->jumps[label->nr++] = jit->buf.len;
}

static void land(struct lbpf_jit *jit, const struct label *label)
{
	u32 i;

	for (i = 0; i < label->nr && !jit->buf.overflow; i++) {
		u32 distance = jit->buf.len - label->jumps[i];

		jit->bad_insn |= !lbpf_x86_is_s8(distance);
		jit->buf.bytes[label->jumps[i] - 1] = distance;
	}
}

static struct lbpf_x86_mem in_map(const struct lbpf_map_table *table, u32 off)
{
	return lbpf_x86_at(BASE, (s32)(off - table->mask_off));
}

static void load(struct lbpf_jit *jit, u32 size, u8 reg, u8 base, s32 off)
{
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD, size, reg, lbpf_x86_at(base, off));
}

/* RAX = the halves of RAX * factor, XORed */
static void emit_fold(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	lbpf_x86_unary_mem(&jit->buf, X_UNARY_MUL, 8, in_map(table, table->factor_off));
	lbpf_x86_rr(&jit->buf, X_XOR, 8, X_RDX, X_RAX);
}

/* RAX = hash of the key */
static void emit_hash(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	struct lbpf_x86_mem mask = in_map(table, table->mask_off);

	load(jit, table->key_bytes == 4 ? 4 : 8, X_RAX, KEY, 0);
	lbpf_x86_rm(&jit->buf, X_XOR_LOAD, 8, X_RAX, mask);
	if (table->key_bytes == 16) {
		load(jit, 8, X_RDX, KEY, 8);
		lbpf_x86_rm(&jit->buf, X_XOR_LOAD, 8, X_RDX, in_map(table, table->factor_off));
		lbpf_x86_unary(&jit->buf, X_UNARY_MUL, 8, X_RDX);
		lbpf_x86_rr(&jit->buf, X_XOR, 8, X_RDX, X_RAX);
	} else {
		emit_fold(jit, table);
	}
	lbpf_x86_rm(&jit->buf, X_XOR_LOAD, 8, X_RAX, mask);
	emit_fold(jit, table);
}

/* BUCKET from the hash in RAX; RAX = its tag in every byte */
static void emit_bucket(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	lbpf_x86_mov(&jit->buf, 4, BUCKET, X_RAX);
	if (table->bucket_mask_off)
		lbpf_x86_rm(&jit->buf, X_AND_LOAD, 4, BUCKET,
			    in_map(table, table->bucket_mask_off));
	else
		lbpf_x86_alu_imm(&jit->buf, X_ALU_AND, 4, BUCKET, table->bucket_mask);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHL, 8, BUCKET, table->bucket_shift);
	lbpf_x86_rm(&jit->buf, X_ADD_LOAD, 8, BUCKET, in_map(table, table->buckets_off));
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 8, X_RAX, TAG_SHIFT);
	lbpf_x86_alu_imm(&jit->buf, X_ALU_OR, 4, X_RAX, TAG_USED);
	lbpf_x86_mov_imm(&jit->buf, EACH, TAG_EACH);
	lbpf_x86_rr(&jit->buf, X_IMUL, 8, X_RAX, EACH);
}

/* RAX = bit 7 of each byte of the tags that is the one in RAX; ZF: there is none */
static void emit_match(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	load(jit, 4, SEQ, BUCKET, table->seq_off);
	lbpf_x86_rm(&jit->buf, X_XOR_LOAD, 8, X_RAX, lbpf_x86_at(BUCKET, table->tags_off));
	lbpf_x86_mov(&jit->buf, 8, X_RDX, X_RAX);
	lbpf_x86_rr(&jit->buf, X_SUB, 8, EACH, X_RDX);
	lbpf_x86_unary(&jit->buf, X_UNARY_NOT, 8, X_RAX);
	lbpf_x86_rr(&jit->buf, X_AND, 8, X_RDX, X_RAX);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHL, 8, EACH, 7);
	lbpf_x86_rr(&jit->buf, X_AND, 8, EACH, X_RAX);
}

/* RAX = the element with the ref in RAX.  A chunk is there before the first ref of it is. */
static void emit_in_chunk(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	struct lbpf_x86_mem chunk = { .base = EACH, .index = X_RDX, .scale_shift = 3 };

	lbpf_x86_mov(&jit->buf, 4, X_RDX, X_RAX);
	if (table->chunk_shift)
		lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 4, X_RDX, table->chunk_shift);
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD, 8, EACH, in_map(table, table->elems_off));
	lbpf_x86_alu_imm(&jit->buf, X_ALU_AND, 4, X_RAX, (1u << table->chunk_shift) - 1);
	lbpf_x86_imul_imm(&jit->buf, 8, X_RAX, X_RAX, table->elem_bytes);
	lbpf_x86_rm(&jit->buf, X_ADD_LOAD, 8, X_RAX, chunk);
}

/* RAX = the element of the first match in RAX */
static void emit_elem(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	struct lbpf_x86_mem ref = {
		.base = BUCKET, .index = X_RAX, .scale_shift = 2, .disp = table->refs_off,
	};

	lbpf_x86_rr(&jit->buf, X_BSF, 8, X_RAX, X_RAX);
	lbpf_x86_shift_imm(&jit->buf, X_SHIFT_SHR, 4, X_RAX, 3);
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD, 4, X_RAX, ref);
	if (table->is_chunked) {
		emit_in_chunk(jit, table);
		return;
	}
	lbpf_x86_imul_imm(&jit->buf, 8, X_RAX, X_RAX, table->elem_bytes);
	lbpf_x86_rm(&jit->buf, X_ADD_LOAD, 8, X_RAX, in_map(table, table->elems_off));
}

/* Is the element in RAX the key's, and was it during all of this?  An object is read meanwhile. */
static void emit_check(struct lbpf_jit *jit, const struct lbpf_map_table *table,
		       struct label *slow)
{
	u32 size = table->key_bytes == 4 ? 4 : 8, i;

	for (i = 0; i < table->key_bytes; i += size) {
		load(jit, size, X_RDX, KEY, i);
		lbpf_x86_rm(&jit->buf, X_CMP_LOAD, size, X_RDX,
			    lbpf_x86_at(X_RAX, table->key_off + i));
		put_jump(jit, X_NE, slow);
	}
	if (table->is_object)
		load(jit, 8, X_RAX, X_RAX, table->value_off);
	lbpf_x86_rm(&jit->buf, X_CMP_LOAD, 4, SEQ, lbpf_x86_at(BUCKET, table->seq_off));
	put_jump(jit, X_NE, slow);
}

/* Written only if it changes something: a hot entry's line stays shared. */
static void emit_mark(struct lbpf_jit *jit, struct lbpf_x86_mem mark)
{
	struct label is_marked = { };

	lbpf_x86_alu_mem_imm(&jit->buf, X_ALU_CMP, 1, mark, 0);
	put_jump(jit, X_NE, &is_marked);
	lbpf_x86_store_imm(&jit->buf, 1, mark, 1);
	land(jit, &is_marked);
}

/* RAX = the value of the element in RAX */
static void emit_value(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	if (table->mark_off)
		emit_mark(jit, lbpf_x86_at(X_RAX, table->mark_off));
	if (table->is_object)
		return;
	if (!table->is_percpu) {
		lbpf_x86_alu_imm(&jit->buf, X_ALU_ADD, 8, X_RAX, table->value_off);
		return;
	}
	load(jit, 8, X_RAX, X_RAX, table->value_off);
	lbpf_jit_add_this_cpu(jit, X_RAX);
}

static void emit_lookup(struct lbpf_jit *jit, const struct lbpf_map_table *table)
{
	struct label none = { }, slow = { }, found = { };
	u32 end;

	lbpf_x86_rm(&jit->buf, X_LEA, 8, BASE, lbpf_x86_at(MAP, table->mask_off));
	emit_hash(jit, table);
	emit_bucket(jit, table);
	emit_match(jit, table);
	put_jump(jit, X_E, &none);
	emit_elem(jit, table);
	emit_check(jit, table, &slow);
	emit_value(jit, table);
	lbpf_x86_jmp_short(&jit->buf, 0);
	end = jit->buf.len;
	/* RAX is 0: the answer unless there is a chain. */
	land(jit, &none);
	lbpf_x86_alu_mem_imm(&jit->buf, X_ALU_CMP, 4, lbpf_x86_at(BUCKET, table->chain_off), 0);
	put_jump(jit, X_E, &found);
	land(jit, &slow);
	lbpf_jit_near_call(jit, jit->aux->call_fn);
	land(jit, &found);
	if (!jit->buf.overflow)
		jit->buf.bytes[end - 1] = jit->buf.len - end;
}

/**
 * lbpf_jit_table_lookup() - Emit a lookup in the table of the instruction's map
 * @jit: Compilation; the instruction calls the map type's lookup with that map in R1.
 *
 * Return: Was it done?  If not, nothing was emitted.
 */
bool lbpf_jit_table_lookup(struct lbpf_jit *jit)
{
	const struct lbpf_map *map = jit->aux->map;
	struct lbpf_map_table table;

	if (!map->ops->table || !map->ops->table(map, &table))
		return false;
	emit_lookup(jit, &table);
	return true;
}
