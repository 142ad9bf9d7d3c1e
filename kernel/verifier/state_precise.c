// SPDX-License-Identifier: GPL-2.0
/*
 * Precision: which numbers the verdict of a path rests on.
 *
 * Layer: verifier (state).  A number is imprecise until something depends on
 * its range: an offset, a size, a branch decided.  Then the path is walked
 * back to where the number came from, and the registers and slots of the
 * checkpoints on the way that it came through are marked precise.  Pruning
 * ignores the values of imprecise numbers.
 *
 * The marks of the state being walked itself are never needed: only
 * checkpoints are compared with.
 */
#include <linux/bitops.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "env.h"

/**
 * struct need - Numbers whose origin is being looked for
 * @regs: Mask of registers, for each frame.
 * @slots: Mask of stack slots, for each frame.
 * @frame: Frame that the path is in, at the point arrived at.
 * @next_idx: Instruction walked after the one looked at.
 */
struct need {
	u32	regs[LBPF_MAX_FRAMES];
	u64	slots[LBPF_MAX_FRAMES];
	u32	frame;
	u32	next_idx;
};

#define PLACE_MASK	(BIT(LBPF_PLACE_BITS) - 1)

static bool is_empty(const struct need *need)
{
	u32 i;

	if (need->regs[need->frame] || need->slots[need->frame])
		return false;
	for (i = 0; i < need->frame; i++)
		if (need->regs[i] || need->slots[i])
			return false;
	return true;
}

static void need_place(struct need *need, u32 place)
{
	if (place & 0x40)
		need->slots[place >> 7] |= BIT_ULL(place & 0x3f);
	else
		need->regs[place >> 7] |= BIT((place & 0x3f) - 1);
}

static bool has_place(const struct need *need, u32 place)
{
	if (place & 0x40)
		return need->slots[place >> 7] & BIT_ULL(place & 0x3f);
	return need->regs[place >> 7] & BIT((place & 0x3f) - 1);
}

/* Slots of the current frame that @insn reaches through R10; those of @hop otherwise. */
static u32 touched_slots(const struct need *need, const struct bpf_insn *insn, u32 base,
			 const struct lbpf_hop *hop, u64 *mask)
{
	u32 bytes = lbpf_insn_access_bytes(insn->code);

	*mask = 0;
	if (base == LBPF_REG_FP) {
		s32 first = (-insn->off - 1) / LBPF_SLOT_BYTES;
		s32 last = (-insn->off - (s32)bytes) / LBPF_SLOT_BYTES;

		if (insn->off < 0 && first < LBPF_NR_SLOTS && last >= 0)
			*mask = BIT_ULL(first) | BIT_ULL(last);
		return need->frame;
	}
	if (hop && hop->slot)
		*mask = BIT_ULL(hop->slot & 0x3f);
	return hop && hop->slot ? hop->slot >> 7 : need->frame;
}

static void back_alu(struct need *need, const struct bpf_insn *insn)
{
	u32 *regs = &need->regs[need->frame];
	u8 op = BPF_OP(insn->code);

	if (!(*regs & BIT(insn->dst_reg)) || op == BPF_END || op == BPF_NEG)
		return;
	if (op == BPF_MOV)
		*regs &= ~BIT(insn->dst_reg);
	if (BPF_SRC(insn->code) == BPF_X)
		*regs |= BIT(insn->src_reg);
}

static void back_load(struct need *need, const struct bpf_insn *insn, const struct lbpf_hop *hop)
{
	u32 *regs = &need->regs[need->frame];
	u32 frame;
	u64 slots;

	if (!(*regs & BIT(insn->dst_reg)))
		return;
	*regs &= ~BIT(insn->dst_reg);
	frame = touched_slots(need, insn, insn->src_reg, hop, &slots);
	need->slots[frame] |= slots;
}

static void back_store(struct need *need, const struct bpf_insn *insn, const struct lbpf_hop *hop)
{
	bool is_atomic = BPF_CLASS(insn->code) == BPF_STX && BPF_MODE(insn->code) == BPF_ATOMIC;
	u32 *regs = &need->regs[need->frame];
	u32 loaded = insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg;
	bool is_loaded = is_atomic && insn->imm & BPF_FETCH && *regs & BIT(loaded);
	u64 slots, hit;
	u32 frame;

	frame = touched_slots(need, insn, insn->dst_reg, hop, &slots);
	hit = need->slots[frame] & slots;
	need->slots[frame] &= ~slots;
	if (is_loaded) {
		*regs &= ~BIT(loaded);
		need->slots[frame] |= slots;
	}
	if (hit && BPF_CLASS(insn->code) == BPF_STX)
		*regs |= BIT(insn->src_reg);
	if (hit && is_atomic)
		need->slots[frame] |= slots;
}

#define CALL_CLOBBERS	(BIT(BPF_REG_0) | BIT(BPF_REG_1) | BIT(BPF_REG_2) | BIT(BPF_REG_3) | \
			 BIT(BPF_REG_4) | BIT(BPF_REG_5))

/* Backwards over the call that entered the function we are in. */
static int leave_to_caller(struct need *need, bool is_callback)
{
	u32 args = need->regs[need->frame] & CALL_CLOBBERS & ~BIT(BPF_REG_0);

	if (!need->frame || need->slots[need->frame] || need->regs[need->frame] & ~CALL_CLOBBERS)
		return -ENOTSUPP;
	need->regs[need->frame] = 0;
	need->frame--;
	if (is_callback) {
		/*
		 * Its arguments are made by the helper, out of any of its own, which stay as they
		 * are.
		 */
		need->regs[need->frame] |= args ? CALL_CLOBBERS & ~BIT(BPF_REG_0) : 0;
		return 0;
	}
	need->regs[need->frame] &= ~CALL_CLOBBERS;
	need->regs[need->frame] |= args;
	return 0;
}

/* Backwards over an exit: into the function that returned. */
static int enter_from_caller(struct lbpf_env *env, struct need *need, u32 idx)
{
	u32 *regs = &need->regs[need->frame];
	u32 ret = *regs & BIT(BPF_REG_0);
	u32 back = need->next_idx;
	bool is_turn = env->info[back].flags & LBPF_INFO_CALLBACK;
	bool is_return = back && env->aux[back - 1].flags & LBPF_INSN_SUBPROG_CALL &&
			 env->aux[back - 1].subprog == env->info[idx].subprog;

	if (need->frame + 1 >= LBPF_MAX_FRAMES || is_turn == is_return)
		return -ENOTSUPP;
	/* A callback returns to the helper, whose arguments are still there. */
	if (is_turn)
		ret = 0;
	else
		*regs &= ~CALL_CLOBBERS;
	need->frame++;
	need->regs[need->frame] = ret;
	need->slots[need->frame] = 0;
	return 0;
}

static int back_call(struct lbpf_env *env, struct need *need, u32 idx)
{
	if (need->next_idx != idx + 1)
		return leave_to_caller(need, !(env->aux[idx].flags & LBPF_INSN_SUBPROG_CALL));
	need->regs[need->frame] &= ~CALL_CLOBBERS;
	return 0;
}

static int back_jump(struct lbpf_env *env, struct need *need, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	u32 *regs = &need->regs[need->frame];
	u32 pair = BIT(insn->dst_reg) | BIT(insn->src_reg);
	u8 op = BPF_OP(insn->code);

	if (op == BPF_CALL)
		return back_call(env, need, idx);
	if (op == BPF_EXIT)
		return enter_from_caller(env, need, idx);
	/* Either side learned from the other. */
	if (op != BPF_JA && BPF_SRC(insn->code) == BPF_X && *regs & pair)
		*regs |= pair;
	return 0;
}

/* Is it a register that the comparison @insn names? */
static bool is_compared(const struct need *need, const struct bpf_insn *insn, u32 place)
{
	return place == LBPF_PLACE_REG(need->frame, insn->dst_reg) ||
	       (BPF_SRC(insn->code) == BPF_X &&
		place == LBPF_PLACE_REG(need->frame, insn->src_reg));
}

/* What only equals a compared register learned from it; the register learned from nobody else. */
static void back_linked(struct need *need, const struct bpf_insn *insn, u64 linked)
{
	bool hit = false;
	u64 left;

	for (left = linked; left; left >>= LBPF_PLACE_BITS)
		hit |= !is_compared(need, insn, left & PLACE_MASK) &&
		       has_place(need, left & PLACE_MASK);
	for (left = linked; hit && left; left >>= LBPF_PLACE_BITS)
		if (is_compared(need, insn, left & PLACE_MASK))
			need_place(need, left & PLACE_MASK);
}

/* What was needed after instruction @idx becomes what was needed before it. */
static int step_back(struct lbpf_env *env, struct need *need, u32 idx, const struct lbpf_hop *hop)
{
	const struct bpf_insn *insn = &env->insns[idx];

	if (env->log->level & LBPF_LOG_ALL) {
		verbose(env, "regs=%x stack=%llx before %d: ", need->regs[need->frame],
			need->slots[need->frame], idx);
		lbpf_print_insn(env, idx);
	}
	if (hop && hop->linked)
		back_linked(need, insn, hop->linked);
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		back_alu(need, insn);
		return 0;
	case BPF_LDX:
		back_load(need, insn, hop);
		return 0;
	case BPF_ST:
	case BPF_STX:
		back_store(need, insn, hop);
		return 0;
	case BPF_JMP:
	case BPF_JMP32:
		return back_jump(env, need, idx);
	default:
		break;
	}
	/* A 16-byte load, its second half, or a load from the packet. */
	if (BPF_MODE(insn->code) == BPF_ABS || BPF_MODE(insn->code) == BPF_IND) {
		/* The path may have left the function here. */
		if (env->info[idx].subprog)
			return -ENOTSUPP;
		need->regs[need->frame] &= ~CALL_CLOBBERS;
	} else if (insn->code) {
		need->regs[need->frame] &= ~BIT(insn->dst_reg);
	}
	return 0;
}

static void set_precise(struct lbpf_reg *reg)
{
	if (reg->type == LBPF_SCALAR)
		reg->is_precise = true;
}

static void set_frame_precise(struct lbpf_frame *frame)
{
	u32 i;

	for (i = 0; i < LBPF_REG_FP; i++)
		set_precise(&frame->regs[i]);
	for (i = 0; i < frame->nr_slots; i++)
		if (lbpf_slot_is_spill(&frame->slots[i]))
			set_precise(&frame->slots[i].spilled);
}

static void set_all_precise(struct lbpf_state *state, const struct lbpf_state *last)
{
	u32 i;

	for (; state && state != last; state = state->parent)
		for (i = 0; i <= state->curframe; i++)
			set_frame_precise(state->frame[i]);
}

/* Only numbers are marked. */
static void keep_numbers(const struct lbpf_frame *frame, struct need *need)
{
	u32 *regs = &need->regs[frame->frameno];
	u64 *slots = &need->slots[frame->frameno];
	u32 left;
	u64 left_slots;

	for (left = *regs; left; left &= left - 1)
		if (frame->regs[__ffs(left)].type != LBPF_SCALAR)
			*regs &= ~BIT(__ffs(left));
	for (left_slots = *slots; left_slots; left_slots &= left_slots - 1) {
		u32 i = __ffs64(left_slots);

		if (i >= frame->nr_slots || !lbpf_slot_is_spill(&frame->slots[i]) ||
		    frame->slots[i].spilled.type != LBPF_SCALAR)
			*slots &= ~BIT_ULL(i);
	}
}

/* Marks what is needed in one frame of a checkpoint; forgets what needs no more looking for. */
static bool mark_frame(struct lbpf_frame *frame, struct need *need)
{
	u32 *regs = &need->regs[frame->frameno];
	u64 *slots = &need->slots[frame->frameno];
	bool is_new = false;
	u32 left;
	u64 left_slots;

	for (left = *regs; left; left &= left - 1) {
		struct lbpf_reg *reg = &frame->regs[__ffs(left)];

		if (reg->is_precise) {
			*regs &= ~BIT(__ffs(left));
			continue;
		}
		reg->is_precise = true;
		is_new = true;
	}
	for (left_slots = *slots; left_slots; left_slots &= left_slots - 1) {
		struct lbpf_reg *reg = &frame->slots[__ffs64(left_slots)].spilled;

		if (reg->is_precise) {
			*slots &= ~BIT_ULL(__ffs64(left_slots));
			continue;
		}
		reg->is_precise = true;
		is_new = true;
	}
	return is_new;
}

static bool mark_checkpoint(struct lbpf_env *env, struct lbpf_state *state, struct need *need)
{
	bool is_new = false;
	u64 slots;
	u32 regs, i;

	for (i = 0; i <= state->curframe; i++)
		keep_numbers(state->frame[i], need);
	regs = need->regs[state->curframe];
	slots = need->slots[state->curframe];
	for (i = 0; i <= state->curframe; i++)
		is_new |= mark_frame(state->frame[i], need);
	if (env->log->level & LBPF_LOG_ALL) {
		verbose(env, "parent %s regs=%x stack=%llx marks:",
			is_new ? "didn't have" : "already had", regs, slots);
		lbpf_print_frame(env, lbpf_cur_frame(state), true);
	}
	return is_new;
}

/*
 * Walks back over one stretch, from instruction @idx, which is not looked at
 * itself if @is_first.
 */
static int walk_stretch(struct lbpf_env *env, struct lbpf_state *state, struct need *need, u32 idx,
			bool is_first)
{
	u32 left = state->nr_hops;

	if (env->log->level & LBPF_LOG_ALL)
		verbose(env, "last_idx %d first_idx %d\n", idx, state->first_idx);
	for (;;) {
		const struct lbpf_hop *hop = NULL;
		int err;

		if (left && state->hops[left - 1].idx == idx)
			hop = &state->hops[--left];
		if (!is_first) {
			err = step_back(env, need, idx, hop);
			if (err)
				return err;
		}
		is_first = false;
		if (is_empty(need) || (idx == state->first_idx && !left))
			return 0;
		need->next_idx = idx;
		idx = hop ? hop->prev_idx : idx - 1;
		if (idx >= env->code->nr_insns)
			return -ENOTSUPP;
	}
}

static int walk_back(struct lbpf_env *env, struct need *need)
{
	struct lbpf_state *state = env->cur;
	bool is_first = true;
	u32 idx = env->idx;
	int err;

	if (!env->is_capable)
		return 0;
	while (!is_empty(need)) {
		err = walk_stretch(env, state, need, idx, is_first);
		if (err == -ENOTSUPP) {
			set_all_precise(env->cur, NULL);
			return 0;
		}
		if (err)
			return err;
		need->next_idx = state->first_idx;
		state = state->parent;
		if (!state || is_empty(need) || !mark_checkpoint(env, state, need))
			return 0;
		idx = state->last_idx;
		/* The start of a function that is walked by itself: its arguments are any. */
		if (idx >= env->code->nr_insns)
			return 0;
		is_first = false;
	}
	return 0;
}

/**
 * lbpf_precise_reg() - The verdict rests on the number in a register
 * @env: The run, at an instruction that has not changed the register yet.
 * @regno: Register of the current frame; nothing is done unless it is a scalar.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_precise_reg(struct lbpf_env *env, u32 regno)
{
	struct need need = { .frame = env->cur->curframe };

	if (lbpf_cur_regs(env->cur)[regno].type != LBPF_SCALAR)
		return 0;
	need.regs[need.frame] = BIT(regno);
	return walk_back(env, &need);
}

/**
 * lbpf_precise_slot() - The verdict rests on the number in a stack slot
 * @env: The run.
 * @frameno: Frame.
 * @slot: Slot.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_precise_slot(struct lbpf_env *env, u32 frameno, u32 slot)
{
	struct need need = { .frame = env->cur->curframe };

	need.slots[frameno] = BIT_ULL(slot);
	return walk_back(env, &need);
}

static void need_frame(struct need *need, const struct lbpf_frame *frame)
{
	u32 i;

	for (i = 0; i < LBPF_REG_FP; i++) {
		const struct lbpf_reg *reg = &frame->regs[i];

		if (reg->type == LBPF_SCALAR && reg->is_precise && reg->live & LBPF_LIVE_READ)
			need->regs[frame->frameno] |= BIT(i);
	}
	for (i = 0; i < frame->nr_slots; i++) {
		const struct lbpf_reg *reg = &frame->slots[i].spilled;

		if (lbpf_slot_is_spill(&frame->slots[i]) && reg->type == LBPF_SCALAR &&
		    reg->is_precise && reg->live & LBPF_LIVE_READ)
			need->slots[frame->frameno] |= BIT_ULL(i);
	}
}

/**
 * lbpf_precise_propagate() - A path ends at a checkpoint: what must be precise there, must be here
 * @env: The run; its current state is at the checkpoint's instruction.
 * @old: Checkpoint.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_precise_propagate(struct lbpf_env *env, const struct lbpf_state *old)
{
	struct need need = { .frame = env->cur->curframe };
	u32 i;

	for (i = 0; i <= old->curframe; i++)
		need_frame(&need, old->frame[i]);
	return walk_back(env, &need);
}

/**
 * lbpf_precise_until() - Everything matters, from here up to a checkpoint
 * @env: The run.
 * @last: Checkpoint that is left as it is; when it is not above, all are marked.
 */
void lbpf_precise_until(struct lbpf_env *env, const struct lbpf_state *last)
{
	set_all_precise(env->cur, last);
}

/**
 * lbpf_precise_forget() - A new checkpoint starts without marks: what needs them will set them
 * @state: Checkpoint.
 */
void lbpf_precise_forget(struct lbpf_state *state)
{
	u32 i, j;

	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			frame->regs[j].is_precise = false;
		for (j = 0; j < frame->nr_slots; j++)
			frame->slots[j].spilled.is_precise = false;
	}
}
