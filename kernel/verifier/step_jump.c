// SPDX-License-Identifier: GPL-2.0
/*
 * Jumps.
 *
 * Layer: verifier (step).  A comparison whose result is known goes one way;
 * otherwise the side that is jumped to waits, and both sides learn.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/map.h>

#include "spec.h"

/**
 * struct compare - A conditional jump under way
 * @insn: Instruction.
 * @op: Comparison.
 * @is_64: Whole registers are compared.
 * @dst: What is compared, in the state of the branch not taken.
 * @src: What it is compared with, likewise; @imm for a constant.
 * @imm: The constant.
 */
struct compare {
	const struct bpf_insn	*insn;
	u8			op;
	bool			is_64;
	struct lbpf_reg		*dst;
	struct lbpf_reg		*src;
	struct lbpf_reg		imm;
};

/* The comparison with its sides exchanged. */
static u8 flip(u8 op)
{
	switch (op) {
	case BPF_JGT:
		return BPF_JLT;
	case BPF_JLT:
		return BPF_JGT;
	case BPF_JGE:
		return BPF_JLE;
	case BPF_JLE:
		return BPF_JGE;
	default:
		return op;
	}
}

static bool is_never_null(u32 type)
{
	return type == LBPF_PTR_MAP_VALUE || type == LBPF_PTR_MAP_KEY ||
	       type == LBPF_PTR_SOCKET || type == LBPF_PTR_TCP_SOCK || type == LBPF_PTR_SOCK_COMMON;
}

/* A packet pointer known to be at or beyond the end, compared with the end. */
static int packet_taken(const struct lbpf_reg *pkt, u8 op)
{
	bool is_beyond = pkt->range == LBPF_BEYOND_PKT_END;

	if (pkt->range >= 0)
		return -1;
	if ((op == BPF_JGT || op == BPF_JLE) && is_beyond)
		return op == BPF_JGT;
	if (op == BPF_JLT || op == BPF_JGE)
		return op == BPF_JGE;
	return -1;
}

/* 1: jumps, 0: never does, -1: not known. */
static int is_taken(const struct compare *cmp)
{
	if (cmp->dst->type == LBPF_SCALAR && cmp->src->type == LBPF_SCALAR) {
		/*
		 * As Linux 6.1: a comparison of two unknowns, or with the constant on the left,
		 * goes both ways.
		 */
		if (cmp->is_64 ? !lbpf_tnum_is_const(cmp->src->var.bits) :
				 !lbpf_scalar_low_is_const(&cmp->src->var))
			return -1;
		return lbpf_scalar_branch_taken(cmp->op, cmp->is_64, &cmp->dst->var,
						&cmp->src->var);
	}
	if (!cmp->is_64)
		return -1;
	if (is_never_null(cmp->dst->type) && lbpf_reg_is_null(cmp->src) &&
	    (cmp->op == BPF_JEQ || cmp->op == BPF_JNE))
		return cmp->op == BPF_JNE;
	if (lbpf_type_is_packet(cmp->dst->type) && cmp->src->type == LBPF_PTR_PACKET_END)
		return packet_taken(cmp->dst, cmp->op);
	if (lbpf_type_is_packet(cmp->src->type) && cmp->dst->type == LBPF_PTR_PACKET_END)
		return packet_taken(cmp->src, flip(cmp->op));
	return -1;
}

static void print_state(struct lbpf_env *env)
{
	if (env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL))
		lbpf_print_insn_state(env);
}

static int go_known_way(struct lbpf_env *env, const struct compare *cmp, bool taken)
{
	u32 target = env->idx + cmp->insn->off + 1;
	u32 next = env->idx + 1;
	int err = 0;

	if (cmp->dst->type == LBPF_SCALAR)
		err = lbpf_precise_reg(env, cmp->insn->dst_reg);
	if (!err && BPF_SRC(cmp->insn->code) == BPF_X)
		err = lbpf_precise_reg(env, cmp->insn->src_reg);
	if (!err)
		err = lbpf_spec_branch(env, cmp->insn, taken ? next : target);
	if (err)
		return err;
	lbpf_facts_branch(env, env->idx, taken);
	print_state(env);
	env->idx = taken ? target : next;
	return 0;
}

/* Registers equal to @known learn what it learned; @places gets who they are. */
static bool learn_equal(struct lbpf_reg *reg, const struct lbpf_reg *known, u32 place, u64 *places)
{
	if (reg->type != LBPF_SCALAR || reg->id != known->id)
		return true;
	if (*places >> (LBPF_PLACE_BITS * (LBPF_PLACES_PER_HOP - 1))) {
		/* Too many to remember: this one stays out. */
		if (reg != known)
			reg->id = 0;
		return false;
	}
	*places = *places << LBPF_PLACE_BITS | place;
	if (reg != known)
		reg->var = known->var;
	return true;
}

static u64 learn_equals(struct lbpf_state *state, const struct lbpf_reg *known)
{
	u64 places = 0;
	u32 i, j;

	if (!known->id)
		return 0;
	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			learn_equal(&frame->regs[j], known, LBPF_PLACE_REG(i, j), &places);
		for (j = 0; j < frame->nr_slots; j++)
			if (lbpf_slot_is_spill(&frame->slots[j]))
				learn_equal(&frame->slots[j].spilled, known, LBPF_PLACE_SLOT(i, j),
					    &places);
	}
	/* One place alone has learned from nobody. */
	return places >> LBPF_PLACE_BITS ? places : 0;
}

static int note_linked(struct lbpf_env *env, struct lbpf_state *state, u64 places)
{
	int err;

	if (!places || !env->is_capable)
		return 0;
	if (!state->nr_hops || state->hops[state->nr_hops - 1].idx != env->idx) {
		err = lbpf_hop_push(state, env->idx, env->prev_idx);
		if (err)
			return err;
	}
	state->hops[state->nr_hops - 1].linked = places;
	return 0;
}

/*
 * Does a side of the comparison teach what is worth knowing?  As in Linux 6.1,
 * "unequal" and the order of two unknowns do not: states that differ in such
 * things cannot cover each other.
 */
static bool teaches(const struct compare *cmp, bool taken)
{
	bool is_const = lbpf_tnum_is_const(cmp->dst->var.bits) ||
			lbpf_tnum_is_const(cmp->src->var.bits);

	if (cmp->op == BPF_JEQ)
		return taken;
	if (cmp->op == BPF_JNE)
		return !taken;
	return is_const || (!cmp->is_64 && (lbpf_scalar_low_is_const(&cmp->dst->var) ||
					    lbpf_scalar_low_is_const(&cmp->src->var)));
}

static int learn_side(struct lbpf_env *env, const struct compare *cmp, struct lbpf_state *state,
		      struct lbpf_reg *dst, struct lbpf_reg *src, bool taken)
{
	struct lbpf_scalar a = dst->var, b = src->var;
	u64 places;

	if (!teaches(cmp, taken))
		return 0;
	/* A side that is impossible is walked with what is known anyway. */
	if (lbpf_scalar_refine(cmp->op, cmp->is_64, taken, &a, &b)) {
		dst->var = a;
		src->var = b;
	}
	places = learn_equals(state, dst);
	if (!places && BPF_SRC(cmp->insn->code) == BPF_X)
		places = learn_equals(state, src);
	else if (BPF_SRC(cmp->insn->code) == BPF_X && src->id && src->id != dst->id)
		src->id = 0;
	return note_linked(env, state, places);
}

/* Both are numbers. */
static int learn_numbers(struct lbpf_env *env, struct compare *cmp, struct lbpf_state *other)
{
	struct lbpf_reg *regs = lbpf_cur_regs(other);
	struct lbpf_reg imm = cmp->imm;
	bool is_reg = BPF_SRC(cmp->insn->code) == BPF_X;
	int err;

	if (is_reg && cmp->insn->dst_reg == cmp->insn->src_reg)
		return 0;
	err = learn_side(env, cmp, other, &regs[cmp->insn->dst_reg],
			 is_reg ? &regs[cmp->insn->src_reg] : &imm, true);
	return err ? err : learn_side(env, cmp, env->cur, cmp->dst, cmp->src, false);
}

static void set_not_null(struct lbpf_reg *reg)
{
	if (LBPF_TYPE_BASE(reg->type) == LBPF_PTR_MAP_VALUE && reg->map->inner_map_meta) {
		reg->type = LBPF_PTR_CONST_MAP;
		reg->map = reg->map->inner_map_meta;
		if (reg->map->timer_off >= 0)
			reg->map_uid = reg->id;
	} else {
		reg->type &= ~LBPF_MAYBE_NULL;
	}
}

static void learn_null(struct lbpf_env *env, struct lbpf_reg *reg, u32 id, bool is_null)
{
	if (!(reg->type & LBPF_MAYBE_NULL) || reg->id != id)
		return;
	/* With an offset it is no NULL that was compared. */
	if (reg->off || !lbpf_tnum_is_const(reg->var.bits) || reg->var.bits.value)
		return;
	if (is_null) {
		lbpf_reg_set_const(env, reg, 0);
		return;
	}
	set_not_null(reg);
	if (reg->type != LBPF_PTR_MAP_VALUE || reg->map->spin_lock_off < 0)
		reg->id = 0;
}

static void learn_nulls(struct lbpf_env *env, struct lbpf_state *state, u32 regno, bool is_null)
{
	struct lbpf_reg *reg = &lbpf_cur_regs(state)[regno];
	u32 id = reg->id, ref_id = reg->ref_id;
	u32 i, j;

	/* Nothing was acquired. */
	if (is_null && ref_id && ref_id == id)
		lbpf_ref_drop(state, id);
	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			learn_null(env, &frame->regs[j], id, is_null);
		for (j = 0; j < frame->nr_slots; j++)
			if (lbpf_slot_is_spill(&frame->slots[j]))
				learn_null(env, &frame->slots[j].spilled, id, is_null);
	}
}

/*
 * Packet pointers with the same variable part may be read up to where @known points, @is_open: and
 * one more.
 */
static void learn_range(struct lbpf_state *state, const struct lbpf_reg *known, bool is_open)
{
	u64 umax = lbpf_scalar_umax(&known->var);
	u32 type = known->type, id = known->id;
	s32 range = known->off + is_open;
	u32 i, j;

	if (known->off < 0 || (!known->off && is_open) || umax > LBPF_MAX_PACKET_OFF ||
	    umax + known->off > LBPF_MAX_PACKET_OFF)
		return;
	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			if (frame->regs[j].type == type && frame->regs[j].id == id)
				frame->regs[j].range = max(frame->regs[j].range, range);
		for (j = 0; j < frame->nr_slots; j++) {
			struct lbpf_reg *reg = &frame->slots[j].spilled;

			if (lbpf_slot_is_spill(&frame->slots[j]) && reg->type == type &&
			    reg->id == id)
				reg->range = max(reg->range, range);
		}
	}
}

static void learn_end(struct lbpf_reg *pkt, bool is_beyond)
{
	if (pkt->type == LBPF_PTR_PACKET)
		pkt->range = is_beyond ? LBPF_BEYOND_PKT_END : LBPF_AT_PKT_END;
}

static bool is_packet_start(const struct lbpf_reg *reg)
{
	return reg->type == LBPF_PTR_PACKET && !reg->off && lbpf_tnum_is_const(reg->var.bits) &&
	       !reg->var.bits.value;
}

/* Is @pkt compared with the end of what it points into? */
static bool is_bound_of(const struct lbpf_reg *pkt, const struct lbpf_reg *end)
{
	return (pkt->type == LBPF_PTR_PACKET && end->type == LBPF_PTR_PACKET_END) ||
	       (pkt->type == LBPF_PTR_PACKET_META && is_packet_start(end));
}

/* pkt OP end: on which side pkt is within the packet, and whether equality is excluded there. */
static bool learn_packet(const struct compare *cmp, struct lbpf_state *jumps,
			 struct lbpf_state *falls)
{
	bool is_flipped = !is_bound_of(cmp->dst, cmp->src);
	u32 regno = is_flipped ? cmp->insn->src_reg : cmp->insn->dst_reg;
	u8 op = is_flipped ? flip(cmp->op) : cmp->op;
	bool is_inside_jump = op == BPF_JLT || op == BPF_JLE;
	bool is_open = op == BPF_JLT || op == BPF_JGE;
	struct lbpf_state *inside = is_inside_jump ? jumps : falls;
	struct lbpf_state *outside = is_inside_jump ? falls : jumps;

	if (BPF_SRC(cmp->insn->code) != BPF_X || !cmp->is_64)
		return false;
	if (is_flipped && !is_bound_of(cmp->src, cmp->dst))
		return false;
	if (op != BPF_JLT && op != BPF_JLE && op != BPF_JGT && op != BPF_JGE)
		return false;
	learn_range(inside, &lbpf_cur_regs(inside)[regno], is_open);
	learn_end(&lbpf_cur_regs(outside)[regno], !is_open);
	return true;
}

static int learn(struct lbpf_env *env, struct compare *cmp, struct lbpf_state *other)
{
	bool is_equality = cmp->op == BPF_JEQ || cmp->op == BPF_JNE;

	if (cmp->dst->type == LBPF_SCALAR && cmp->src->type == LBPF_SCALAR)
		return learn_numbers(env, cmp, other);
	if (cmp->is_64 && is_equality && BPF_SRC(cmp->insn->code) == BPF_K && !cmp->insn->imm &&
	    cmp->dst->type & LBPF_MAYBE_NULL) {
		learn_nulls(env, other, cmp->insn->dst_reg, cmp->op == BPF_JEQ);
		learn_nulls(env, env->cur, cmp->insn->dst_reg, cmp->op == BPF_JNE);
		return 0;
	}
	if (!learn_packet(cmp, other, env->cur) && lbpf_is_leak(env, cmp->dst))
		return reject(env, -EACCES, "R%d pointer comparison prohibited",
			      cmp->insn->dst_reg);
	return 0;
}

static int begin(struct lbpf_env *env, const struct bpf_insn *insn, struct compare *cmp)
{
	bool is_reg = BPF_SRC(insn->code) == BPF_X;
	int err;

	if (is_reg) {
		err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
		if (err)
			return err;
		if (lbpf_is_leak(env, lbpf_reg_of(env, insn->src_reg)))
			return reject(env, -EACCES, "R%d pointer comparison prohibited",
				      insn->src_reg);
	}
	err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_SRC);
	if (err)
		return err;
	cmp->insn = insn;
	cmp->op = BPF_OP(insn->code);
	cmp->is_64 = BPF_CLASS(insn->code) == BPF_JMP;
	cmp->dst = lbpf_reg_of(env, insn->dst_reg);
	cmp->src = is_reg ? lbpf_reg_of(env, insn->src_reg) : &cmp->imm;
	cmp->imm.type = LBPF_SCALAR;
	lbpf_scalar_set_const(&cmp->imm.var, (s64)insn->imm);
	return 0;
}

/**
 * lbpf_step_jump() - A jump; env->idx becomes where the path goes on
 * @env: The run.
 * @insn: Instruction of the class JMP or JMP32 that is no call and no exit.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_jump(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct compare cmp = { 0 };
	struct lbpf_state *other;
	int err, taken;

	if (BPF_OP(insn->code) == BPF_JA) {
		env->idx += lbpf_insn_jump_dist(insn) + 1;
		return 0;
	}
	err = begin(env, insn, &cmp);
	if (err)
		return err;
	taken = is_taken(&cmp);
	if (taken >= 0)
		return go_known_way(env, &cmp, taken);
	lbpf_facts_branch(env, env->idx, -1);
	other = lbpf_push_branch(env, env->idx + insn->off + 1, env->idx, false);
	if (IS_ERR(other))
		return PTR_ERR(other);
	err = learn(env, &cmp, other);
	if (err)
		return err;
	print_state(env);
	env->idx++;
	return 0;
}
