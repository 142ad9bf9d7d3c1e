// SPDX-License-Identifier: GPL-2.0
/*
 * Step f: helper calls become calls of functions.
 *
 * Layer: rewrite (p).  Where the map is known, of the map type's own function;
 * some lookups in tables will be compiled in place.
 */
#include <linux/bits.h>
#include <linux/kernel.h>

#include <lbpf/map.h>
#include <lbpf/proto.h>

#include "builder.h"
#include "make.h"

static bool applies(const struct lbpf_code *code, u32 index)
{
	return code->insns[index].code == (BPF_JMP | BPF_CALL) && code->aux[index].proto &&
	       !(code->aux[index].flags & (LBPF_INSN_NATIVE_CALL | LBPF_INSN_SUBPROG_CALL));
}

/* The map type's function for one use; the helper has the same arguments. */
static const void *map_function(const struct lbpf_map_ops *ops, u32 use)
{
	switch (use) {
	case LBPF_USE_LOOKUP:
		return ops->lookup;
	case LBPF_USE_UPDATE:
		return ops->update;
	case LBPF_USE_DELETE:
		return ops->delete;
	case LBPF_USE_PUSH:
		return ops->push;
	case LBPF_USE_POP:
		return ops->pop;
	case LBPF_USE_PEEK:
		return ops->peek;
	case LBPF_USE_LOOKUP_PERCPU:
		return ops->lookup_percpu;
	default:
		return NULL;
	}
}

static const void *find_function(const struct lbpf_rewrite *rw)
{
	const struct lbpf_insn_aux *aux = rw->aux;
	const struct lbpf_proto *proto = aux->proto;
	const void *fn = NULL;

	if (proto->inline_as == LBPF_INLINE_MAP_OP && aux->map &&
	    lbpf_code_wants(rw->code, LBPF_STEP_DIRECT) && !(aux->flags & LBPF_INSN_CALL_POISON))
		fn = map_function(aux->map->ops, proto->map_use);
	return fn ? fn : proto->fn;
}

/*
 * Where speculation matters Linux compares all 64 bits of the index, which the call itself does
 * not.
 */
static void put_index_check(struct lbpf_rewrite *rw)
{
	const struct lbpf_map *map = rw->aux->map;

	if (map && map->unpriv_array && map->max_entries <= S32_MAX)
		lbpf_rw_put(rw, make_jump_imm(BPF_JGE, BPF_REG_3, map->max_entries, 1));
}

static void put_tail_call(struct lbpf_rewrite *rw)
{
	struct lbpf_insn_aux *aux;

	put_index_check(rw);
	lbpf_rw_put_heir(rw, make_insn(LBPF_CODE_NATIVE, 0, 0, 0, LBPF_NATIVE_TAIL_CALL), 0);
	aux = lbpf_rw_last_aux(rw);
	/* An index is of no use without its map. */
	if (aux && (!aux->map || aux->map->is_template || aux->flags & LBPF_INSN_CALL_POISON))
		aux->flags &= ~LBPF_INSN_KEY_CONST;
}

/*
 * A lookup in place saves a fifth of its instructions, and is about as long as forty others: only
 * some are worth it in a short program.
 */
#define INSNS_PER_TABLE_LOOKUP	64

static bool is_table_lookup(const struct lbpf_rewrite *rw)
{
	const struct lbpf_proto *proto = rw->aux->proto;
	const struct lbpf_map *map = rw->aux->map;
	struct lbpf_map_table table;

	if (!lbpf_code_wants(rw->code, LBPF_STEP_TABLES))
		return false;
	if (proto->inline_as != LBPF_INLINE_MAP_OP || proto->map_use != LBPF_USE_LOOKUP || !map ||
	    (rw->aux->flags & LBPF_INSN_CALL_POISON))
		return false;
	if ((rw->code->nr_table_lookups + 1) * INSNS_PER_TABLE_LOOKUP > rw->code->nr_insns)
		return false;
	return map->ops->table && map->ops->table(map, &table);
}

/* The register after the arguments becomes the program. */
static void put_prog(struct lbpf_rewrite *rw)
{
	u64 addr = (unsigned long)rw->code->prog;
	struct lbpf_insn_aux *aux;
	u32 nr_args = 0;

	while (nr_args < LBPF_MAX_ARGS && rw->aux->proto->arg[nr_args])
		nr_args++;
	lbpf_rw_put(rw, make_insn(BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1 + nr_args, 0, 0, addr));
	aux = lbpf_rw_last_aux(rw);
	if (aux)
		aux->flags |= LBPF_INSN_PROG_ADDR;
	lbpf_rw_put(rw, make_insn(0, 0, 0, 0, addr >> 32));
}

static void put_native(struct lbpf_rewrite *rw, u8 src, s32 operation)
{
	lbpf_rw_put(rw, make_insn(LBPF_CODE_NATIVE, BPF_REG_0, src, 0, operation));
}

/* Is it a helper that needs no call? */
static bool put_inline(struct lbpf_rewrite *rw)
{
	u8 kind = rw->aux->proto->inline_as;

	if (kind == LBPF_INLINE_TAIL_CALL) {
		put_tail_call(rw);
	} else if (kind == LBPF_INLINE_LOAD) {
		lbpf_rw_put_imm64(rw, BPF_REG_0, (unsigned long)rw->aux->proto->inline_addr);
		lbpf_rw_put(rw, make_load(8, BPF_REG_0, BPF_REG_0, 0));
	} else if (!lbpf_code_wants(rw->code, LBPF_STEP_CPU)) {
		return false;
	} else if (kind == LBPF_INLINE_CPU_ID) {
		put_native(rw, 0, LBPF_NATIVE_CPU_NUMBER);
	} else if (kind == LBPF_INLINE_THIS_CPU) {
		put_native(rw, BPF_REG_1, LBPF_NATIVE_THIS_CPU_ADDR);
	} else {
		return false;
	}
	return true;
}

/* The number of the helper stays: a dump shows it. */
static void replace(struct lbpf_rewrite *rw)
{
	struct lbpf_insn_aux *aux;

	if (put_inline(rw))
		return;
	if (rw->aux->proto->effects & LBPF_EFF_PROG)
		put_prog(rw);
	lbpf_rw_put_heir(rw, *rw->insn, LBPF_INSN_NATIVE_CALL);
	aux = lbpf_rw_last_aux(rw);
	if (!aux)
		return;
	aux->call_fn = find_function(rw);
	if (!is_table_lookup(rw))
		return;
	aux->flags |= LBPF_INSN_TABLE_LOOKUP;
	rw->code->nr_table_lookups++;
}

const struct lbpf_step lbpf_step_calls = {
	.letter		= 'f',
	.name		= "calls",
	.effects	= EFF_CALL,
	.applies	= applies,
	.replace	= replace,
};
