// SPDX-License-Identifier: GPL-2.0
/*
 * Step i: lookups in maps whose values lie in a row become address arithmetic,
 * and the test of the result that follows them goes.
 *
 * Layer: rewrite (p).  With a constant key the address is a constant; of an inner
 * map, which is known when the program runs, it is read from the map.  A miss jumps
 * straight to where the program handles NULL.
 */
#include <linux/kernel.h>
#include <linux/log2.h>

#include <lbpf/map.h>
#include <lbpf/proto.h>

#include "builder.h"
#include "make.h"

/* What the program does with the result right after the call. */
enum null_test {
	NO_TEST,
	IF_NULL,	/* if r0 == 0 goto */
	IF_FOUND,	/* if r0 != 0 goto */
};

static bool row_of(const struct lbpf_map *map, struct lbpf_map_row *row)
{
	if (map->is_template)
		return map->ops->inner_row && map->ops->inner_row(map, row);
	return map->ops->row && map->ops->row(map, row);
}

static bool find_row(const struct lbpf_insn_aux *aux, struct lbpf_map_row *row)
{
	const struct lbpf_proto *proto = aux->proto;

	return proto && proto->inline_as == LBPF_INLINE_MAP_OP &&
	       proto->map_use == LBPF_USE_LOOKUP && aux->map &&
	       !(aux->flags & LBPF_INSN_CALL_POISON) && row_of(aux->map, row);
}

static bool is_wanted(const struct lbpf_code *code)
{
	return lbpf_code_wants(code, LBPF_STEP_LOOKUPS);
}

static bool applies(const struct lbpf_code *code, u32 index)
{
	struct lbpf_map_row row;

	return code->insns[index].code == (BPF_JMP | BPF_CALL) && find_row(&code->aux[index], &row);
}

static enum null_test find_test(struct lbpf_rewrite *rw)
{
	const struct bpf_insn *next = lbpf_rw_next(rw);

	if (!next || next->dst_reg != BPF_REG_0 || next->imm)
		return NO_TEST;
	if (next->code == (BPF_JMP | BPF_JEQ | BPF_K))
		return IF_NULL;
	return next->code == (BPF_JMP | BPF_JNE | BPF_K) ? IF_FOUND : NO_TEST;
}

/* Jump to where the test jumps. */
static void put_test_jump(struct lbpf_rewrite *rw, struct bpf_insn insn)
{
	lbpf_rw_put_jump_of(rw, insn, rw->index + 1);
}

static void put_this_cpu(struct lbpf_rewrite *rw, const struct lbpf_map_row *row)
{
	if (row->is_percpu)
		lbpf_rw_put(rw,
			    make_insn(LBPF_CODE_NATIVE, BPF_REG_0, BPF_REG_0, 0,
				      LBPF_NATIVE_THIS_CPU_ADDR));
}

/* What lies at the address in R0, or the address itself. */
static void put_object(struct lbpf_rewrite *rw, const struct lbpf_map_row *row)
{
	if (row->is_object)
		lbpf_rw_put(rw, make_load(sizeof(void *), BPF_REG_0, BPF_REG_0, 0));
}

/* R0 = address of the value with a constant index; of an inner map, the map is in R1. */
static void put_constant_address(struct lbpf_rewrite *rw, const struct lbpf_map_row *row,
				 u32 index)
{
	u64 off = (u64)row->elem_size * index;

	if (!row->is_inner) {
		lbpf_rw_put_imm64(rw, BPF_REG_0, row->base + off);
		return;
	}
	lbpf_rw_put(rw, make_load(sizeof(void *), BPF_REG_0, BPF_REG_1, row->base_off));
	if (off)
		lbpf_rw_put(rw, make_alu64_imm(BPF_ADD, BPF_REG_0, off));
}

static void put_constant(struct lbpf_rewrite *rw, const struct lbpf_map_row *row,
			 enum null_test test)
{
	u32 index = rw->aux->key;
	bool is_found = index < row->nr;

	if (is_found) {
		put_constant_address(rw, row, index);
		put_this_cpu(rw, row);
		put_object(rw, row);
	} else {
		lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_0, 0));
	}
	if (test == (is_found ? IF_FOUND : IF_NULL))
		put_test_jump(rw, make_ja(0));
}

/* R1 is the inner map as long as that is needed. */
static u8 index_reg(const struct lbpf_map_row *row)
{
	return row->is_inner ? BPF_REG_3 : BPF_REG_1;
}

static void put_mask(struct lbpf_rewrite *rw, const struct lbpf_map_row *row, u8 index)
{
	if (row->index_mask != (u32)-1)
		lbpf_rw_put(rw, make_alu32_imm(BPF_AND, index, row->index_mask));
	if (!row->mask_off)
		return;
	lbpf_rw_put(rw, make_load(sizeof(u32), BPF_REG_4, BPF_REG_1, row->mask_off));
	lbpf_rw_put(rw, make_alu32(BPF_AND, index, BPF_REG_4));
}

/* R0 = address of the value with the index in index_reg(). */
static void put_address(struct lbpf_rewrite *rw, const struct lbpf_map_row *row)
{
	u8 index = index_reg(row);

	put_mask(rw, row, index);
	if (row->is_inner)
		lbpf_rw_put(rw, make_load(sizeof(void *), BPF_REG_0, BPF_REG_1, row->base_off));
	else
		lbpf_rw_put_imm64(rw, BPF_REG_0, row->base);
	if (is_power_of_2(row->elem_size))
		lbpf_rw_put(rw, make_alu64_imm(BPF_LSH, index, ilog2(row->elem_size)));
	else
		lbpf_rw_put(rw, make_alu64_imm(BPF_MUL, index, row->elem_size));
	lbpf_rw_put(rw, make_alu64(BPF_ADD, BPF_REG_0, index));
	put_this_cpu(rw, row);
	put_object(rw, row);
}

static u32 address_insns(const struct lbpf_map_row *row)
{
	return (row->is_inner ? 3 : 4) + (row->index_mask != (u32)-1) +
	       (row->mask_off ? 2 : 0) + row->is_percpu + row->is_object;
}

/* Jump where there is no value with the index in index_reg(). */
static struct bpf_insn make_miss(struct lbpf_rewrite *rw, const struct lbpf_map_row *row)
{
	u8 index = index_reg(row);

	if (!row->nr_off)
		return make_insn(BPF_JMP32 | BPF_JGE | BPF_K, index, 0, 0, row->nr);
	lbpf_rw_put(rw, make_load(sizeof(u32), BPF_REG_4, BPF_REG_1, row->nr_off));
	return make_insn(BPF_JMP32 | BPF_JGE | BPF_X, index, BPF_REG_4, 0, 0);
}

static void put_variable(struct lbpf_rewrite *rw, const struct lbpf_map_row *row,
			 enum null_test test)
{
	struct bpf_insn miss;

	lbpf_rw_put(rw, make_load(4, index_reg(row), BPF_REG_2, 0));
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_0, 0));
	miss = make_miss(rw, row);
	if (test == IF_NULL) {
		put_test_jump(rw, miss);
		put_address(rw, row);
		return;
	}
	miss.off = address_insns(row) + (test == IF_FOUND);
	lbpf_rw_put(rw, miss);
	put_address(rw, row);
	if (test == IF_FOUND)
		put_test_jump(rw, make_ja(0));
}

/* A constant index is of no use where the number of values is not known, or far away. */
static bool has_constant(const struct lbpf_insn_aux *aux, const struct lbpf_map_row *row)
{
	if (!(aux->flags & LBPF_INSN_KEY_CONST))
		return false;
	return !row->is_inner ||
	       (!row->nr_off && (u64)row->elem_size * (u32)aux->key <= S32_MAX);
}

static void replace(struct lbpf_rewrite *rw)
{
	enum null_test test = NO_TEST;
	struct lbpf_map_row row;

	if (!find_row(rw->aux, &row))
		return;
	/* An object may be missing where its place is there. */
	if (!row.is_object)
		test = find_test(rw);
	if (has_constant(rw->aux, &row))
		put_constant(rw, &row, test);
	else
		put_variable(rw, &row, test);
	rw->nr_ahead = test != NO_TEST;
}

const struct lbpf_step lbpf_step_lookups = {
	.letter		= 'i',
	.name		= "lookups",
	.effects	= EFF_CALL,
	.is_wanted	= is_wanted,
	.applies	= applies,
	.replace	= replace,
};
