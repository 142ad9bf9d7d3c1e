// SPDX-License-Identifier: GPL-2.0
/*
 * Step i: lookups in maps whose values lie in a row become address arithmetic,
 * and the test of the result that follows them goes.
 *
 * Layer: rewrite (p).  With a constant key the address is a constant.  A miss
 * jumps straight to where the program handles NULL.
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

static bool find_row(const struct lbpf_insn_aux *aux, struct lbpf_map_row *row)
{
	const struct lbpf_proto *proto = aux->proto;

	return proto && proto->inline_as == LBPF_INLINE_MAP_OP &&
		proto->map_use == LBPF_USE_LOOKUP &&
	       aux->map && !aux->map->is_template && !(aux->flags & LBPF_INSN_CALL_POISON) &&
	       aux->map->ops->row && aux->map->ops->row(aux->map, row);
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

static void put_constant(struct lbpf_rewrite *rw, const struct lbpf_map_row *row,
			 enum null_test test)
{
	u32 index = rw->aux->key;
	bool is_found = index < row->nr;

	if (is_found) {
		lbpf_rw_put_imm64(rw, BPF_REG_0, row->base + (u64)row->elem_size * index);
		put_this_cpu(rw, row);
		put_object(rw, row);
	} else {
		lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_0, 0));
	}
	if (test == (is_found ? IF_FOUND : IF_NULL))
		put_test_jump(rw, make_ja(0));
}

/* R0 = address of the value with the index in R1. */
static void put_address(struct lbpf_rewrite *rw, const struct lbpf_map_row *row)
{
	if (row->index_mask != (u32)-1)
		lbpf_rw_put(rw, make_alu32_imm(BPF_AND, BPF_REG_1, row->index_mask));
	lbpf_rw_put_imm64(rw, BPF_REG_0, row->base);
	if (is_power_of_2(row->elem_size))
		lbpf_rw_put(rw, make_alu64_imm(BPF_LSH, BPF_REG_1, ilog2(row->elem_size)));
	else
		lbpf_rw_put(rw, make_alu64_imm(BPF_MUL, BPF_REG_1, row->elem_size));
	lbpf_rw_put(rw, make_alu64(BPF_ADD, BPF_REG_0, BPF_REG_1));
	put_this_cpu(rw, row);
	put_object(rw, row);
}

static u32 address_insns(const struct lbpf_map_row *row)
{
	return 4 + (row->index_mask != (u32)-1) + row->is_percpu + row->is_object;
}

static void put_variable(struct lbpf_rewrite *rw, const struct lbpf_map_row *row,
			 enum null_test test)
{
	struct bpf_insn miss = make_insn(BPF_JMP32 | BPF_JGE | BPF_K, BPF_REG_1, 0, 0, row->nr);

	lbpf_rw_put(rw, make_load(4, BPF_REG_1, BPF_REG_2, 0));
	lbpf_rw_put(rw, make_alu32_imm(BPF_MOV, BPF_REG_0, 0));
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

static void replace(struct lbpf_rewrite *rw)
{
	enum null_test test = NO_TEST;
	struct lbpf_map_row row;

	if (!find_row(rw->aux, &row))
		return;
	/* An object may be missing where its place is there. */
	if (!row.is_object)
		test = find_test(rw);
	if (rw->aux->flags & LBPF_INSN_KEY_CONST)
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
