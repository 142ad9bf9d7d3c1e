// SPDX-License-Identifier: GPL-2.0
/*
 * Tail calls.
 *
 * Layer: jit (p).  R1, R2 and R3 are context, map and index.  What may fail is
 * tested before the frame is given up: past the end of the map, the last
 * allowed tail call made, no program there.  Then execution goes on behind it.
 * The program that is jumped to takes the frame's place on the stack, and the
 * count of tail calls stays in its register.
 *
 * Where map and index are known there is a direct jump, used while it leads to
 * the program of that index (see <lbpf/jump_site.h>).  Otherwise the target is
 * read from memory.  Who has read it before it changes may use it, because the
 * program there lives for a grace period.
 */
#include <linux/stddef.h>

#include <lbpf/insn.h>
#include <lbpf/jump_site.h>
#include <lbpf/map.h>

#include "emit.h"

#define MAP_REG		X_RSI
#define INDEX_REG	X_RDX

#define MAX_SKIPS	4

/**
 * struct skips - Short jumps to the end of the tail call's code
 * @end: Offset in the image of the end of each jump.
 * @nr: Their number.
 */
struct skips {
	u32	end[MAX_SKIPS];
	u32	nr;
};

static void put_skip(struct lbpf_jit *jit, struct skips *skips, enum lbpf_x86_cond cond)
{
	lbpf_x86_jcc_short(&jit->buf, cond, 0);
	skips->end[skips->nr++] = jit->buf.len;
}

static void land_skips(struct lbpf_jit *jit, const struct skips *skips)
{
	u32 i, disp;

	for (i = 0; i < skips->nr && !jit->buf.overflow; i++) {
		disp = jit->buf.len - skips->end[i];
		jit->bad_insn |= !lbpf_x86_is_s8(disp);
		jit->buf.bytes[skips->end[i] - 1] = disp;
	}
}

static bool is_index_known(const struct lbpf_insn_aux *aux)
{
	return aux->flags & LBPF_INSN_KEY_CONST;
}

static const struct lbpf_map *known_map(const struct lbpf_insn_aux *aux)
{
	return aux->flags & LBPF_INSN_CALL_POISON ? NULL : aux->map;
}

static void count_call(struct lbpf_jit *jit, struct skips *skips)
{
	lbpf_x86_alu_imm(&jit->buf, X_ALU_SUB, 4, JIT_TAIL_COUNT, 1);
	put_skip(jit, skips, X_S);
}

static void put_indirect_jump(struct lbpf_jit *jit)
{
	if (jit->target->jump_thunk) {
		lbpf_jit_near_jump(jit, jit->target->jump_thunk);
		return;
	}
	if (jit->target->has_jump_fence)
		lbpf_x86_put(&jit->buf, X_LFENCE);
	lbpf_x86_jmp_reg(&jit->buf, JIT_TMP);
}

/* To what is loaded from @at, unless that is NULL. */
static void jump_through(struct lbpf_jit *jit, struct skips *skips, struct lbpf_x86_mem at)
{
	lbpf_x86_rm(&jit->buf, X_MOV_LOAD, 8, JIT_TMP, at);
	lbpf_x86_rr(&jit->buf, X_TEST, 8, JIT_TMP, JIT_TMP);
	put_skip(jit, skips, X_E);
	lbpf_jit_leave(jit);
	put_indirect_jump(jit);
}

static void jump_from_site(struct lbpf_jit *jit, struct skips *skips, struct lbpf_jump_site *site)
{
	struct skips indirect = { .nr = 0 };

	lbpf_x86_alu_mem_imm(&jit->buf, X_ALU_CMP, 1,
			     lbpf_x86_at(X_NONE, (unsigned long)&site->cell->is_direct), 0);
	put_skip(jit, &indirect, X_E);
	lbpf_jit_leave(jit);
	lbpf_jit_site_jump(jit, site);
	land_skips(jit, &indirect);
	jump_through(jit, skips, lbpf_x86_at(X_NONE, (unsigned long)&site->cell->target));
}

/* MAP_REG and INDEX_REG need not be set. */
static void jump_to_known(struct lbpf_jit *jit, struct skips *skips)
{
	const struct lbpf_jump_map *map =
		container_of(known_map(jit->aux), struct lbpf_jump_map, map);
	struct lbpf_jump_site *site = NULL;

	if (jit->target->make_site && lbpf_code_wants(jit->code, LBPF_STEP_JUMPS))
		site = jit->target->make_site(jit);
	if (site) {
		jump_from_site(jit, skips, site);
		return;
	}
	lbpf_x86_mov_imm(&jit->buf, JIT_TMP, (unsigned long)&map->targets[jit->aux->key]);
	jump_through(jit, skips, lbpf_x86_at(JIT_TMP, 0));
}

static void check_index(struct lbpf_jit *jit, struct skips *skips)
{
	const struct lbpf_map *map = known_map(jit->aux);

	if (map)
		lbpf_x86_alu_imm(&jit->buf, X_ALU_CMP, 4, INDEX_REG, map->max_entries);
	else
		lbpf_x86_rm(&jit->buf, X_CMP_LOAD, 4, INDEX_REG,
			    lbpf_x86_at(MAP_REG, offsetof(struct lbpf_map, max_entries)));
	put_skip(jit, skips, X_AE);
}

/* The index is 32 bits wide, whatever its register holds above them. */
static struct lbpf_x86_mem at_index(struct lbpf_jit *jit)
{
	const struct lbpf_map *map = known_map(jit->aux);

	if (map && map->unpriv_array)
		lbpf_x86_rm(&jit->buf, X_AND_LOAD, 4, INDEX_REG,
			    lbpf_x86_at(MAP_REG, offsetof(struct lbpf_jump_map, index_mask)));
	else
		lbpf_x86_rr(&jit->buf, X_MOV, 4, INDEX_REG, INDEX_REG);
	return (struct lbpf_x86_mem){
		.base = MAP_REG,
		.index = INDEX_REG,
		.scale_shift = 3,
		.disp = offsetof(struct lbpf_jump_map, targets),
	};
}

/**
 * lbpf_jit_tail_call() - Emit LBPF_NATIVE_TAIL_CALL
 * @jit: Compilation.
 */
void lbpf_jit_tail_call(struct lbpf_jit *jit)
{
	struct skips skips = { .nr = 0 };

	if (is_index_known(jit->aux)) {
		count_call(jit, &skips);
		jump_to_known(jit, &skips);
	} else {
		check_index(jit, &skips);
		count_call(jit, &skips);
		jump_through(jit, &skips, at_index(jit));
	}
	land_skips(jit, &skips);
}
