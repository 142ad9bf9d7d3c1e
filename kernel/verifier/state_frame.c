// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of states and frames.
 *
 * Layer: verifier (state).  States come and go by the ten thousand, so their
 * memory is reused: what is freed waits in lists of the run until it ends.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/numa.h>
#include <linux/string.h>

#include "env.h"

/* Room for @nr elements of @size_bytes in *array; *max elements are there; contents are kept. */
static int make_room(void **array, u32 *max, u32 nr, size_t size_bytes)
{
	u32 room = *max ? *max : 4;
	void *more;

	if (nr <= *max)
		return 0;
	while (room < nr)
		room *= 2;
	more = lbpf_alloc_node(room * size_bytes, GFP_KERNEL, NUMA_NO_NODE);
	if (!more)
		return -ENOMEM;
	if (*max)
		memcpy(more, *array, *max * size_bytes);
	lbpf_free(*array);
	*array = more;
	*max = room;
	return 0;
}

static struct lbpf_frame *alloc_frame(struct lbpf_env *env)
{
	struct lbpf_frame *frame = env->free_frames;

	if (frame) {
		env->free_frames = frame->next_free;
	} else {
		/* Whoever takes a frame fills it in: only what has a history must be clean. */
		frame = lbpf_alloc_node(sizeof(*frame), GFP_KERNEL, NUMA_NO_NODE);
		if (!frame)
			return NULL;
		frame->slots = NULL;
		frame->max_slots = 0;
	}
	frame->nr_slots = 0;
	return frame;
}

static void free_frame(struct lbpf_env *env, struct lbpf_frame *frame)
{
	frame->next_free = env->free_frames;
	env->free_frames = frame;
}

/**
 * lbpf_state_alloc() - An empty state
 * @env: The run.
 *
 * Return: State without frames, or NULL.
 */
struct lbpf_state *lbpf_state_alloc(struct lbpf_env *env)
{
	struct lbpf_state *state = env->free_states;
	struct lbpf_state kept;

	if (!state)
		return lbpf_zalloc(sizeof(*state), GFP_KERNEL);
	env->free_states = state->next;
	kept = *state;
	memset(state, 0, sizeof(*state));
	state->refs = kept.refs;
	state->max_refs = kept.max_refs;
	state->hops = kept.hops;
	state->max_hops = kept.max_hops;
	return state;
}

/**
 * lbpf_state_free() - Give a state and its frames back to the run
 * @env: The run.
 * @state: State, or NULL.
 */
void lbpf_state_free(struct lbpf_env *env, struct lbpf_state *state)
{
	u32 i;

	if (!state)
		return;
	for (i = 0; i < LBPF_MAX_FRAMES; i++) {
		if (state->frame[i])
			free_frame(env, state->frame[i]);
		state->frame[i] = NULL;
	}
	state->next = env->free_states;
	env->free_states = state;
}

/**
 * lbpf_state_release_all() - Free the memory that waits for reuse
 * @env: The run, which ends.
 */
void lbpf_state_release_all(struct lbpf_env *env)
{
	struct lbpf_state *state;
	struct lbpf_frame *frame;

	while ((state = env->free_states)) {
		env->free_states = state->next;
		lbpf_free(state->refs);
		lbpf_free(state->hops);
		lbpf_free(state);
	}
	while ((frame = env->free_frames)) {
		env->free_frames = frame->next_free;
		lbpf_free(frame->slots);
		lbpf_free(frame);
	}
}

static int copy_frame(struct lbpf_frame *dst, const struct lbpf_frame *src)
{
	struct lbpf_slot *slots;
	u32 max_slots;

	if (make_room((void **)&dst->slots, &dst->max_slots, src->nr_slots, sizeof(*slots)))
		return -ENOMEM;
	slots = dst->slots;
	max_slots = dst->max_slots;
	*dst = *src;
	dst->slots = slots;
	dst->max_slots = max_slots;
	if (src->nr_slots)
		memcpy(slots, src->slots, src->nr_slots * sizeof(*slots));
	return 0;
}

/**
 * lbpf_state_copy() - Make a state equal to another
 * @env: The run.
 * @dst: State to overwrite; its memory is reused.
 * @src: State to copy, everything but the list pointer and the usefulness.
 *
 * Return: 0 or -ENOMEM; @dst can be freed in both cases.
 */
int lbpf_state_copy(struct lbpf_env *env, struct lbpf_state *dst, const struct lbpf_state *src)
{
	u32 i;

	if (make_room((void **)&dst->refs, &dst->max_refs, src->nr_refs, sizeof(*src->refs)) ||
	    make_room((void **)&dst->hops, &dst->max_hops, src->nr_hops, sizeof(*src->hops)))
		return -ENOMEM;
	for (i = src->curframe + 1; i < LBPF_MAX_FRAMES && dst->frame[i]; i++) {
		free_frame(env, dst->frame[i]);
		dst->frame[i] = NULL;
	}
	for (i = 0; i <= src->curframe; i++) {
		if (!dst->frame[i])
			dst->frame[i] = alloc_frame(env);
		if (!dst->frame[i] || copy_frame(dst->frame[i], src->frame[i]))
			return -ENOMEM;
	}
	dst->curframe = src->curframe;
	dst->is_speculative = src->is_speculative;
	dst->lock_id = src->lock_id;
	dst->is_last_turn = src->is_last_turn;
	dst->turns = src->turns;
	dst->parent = src->parent;
	dst->branches = src->branches;
	dst->insn_idx = src->insn_idx;
	dst->first_idx = src->first_idx;
	dst->last_idx = src->last_idx;
	dst->nr_refs = src->nr_refs;
	if (src->nr_refs)
		memcpy(dst->refs, src->refs, src->nr_refs * sizeof(*src->refs));
	dst->nr_hops = src->nr_hops;
	if (src->nr_hops)
		memcpy(dst->hops, src->hops, src->nr_hops * sizeof(*src->hops));
	return 0;
}

static void init_regs(struct lbpf_frame *frame)
{
	u32 i;

	for (i = 0; i < LBPF_NR_REGS; i++) {
		frame->regs[i].parent = NULL;
		frame->regs[i].live = 0;
		lbpf_reg_set_not_init(&frame->regs[i]);
	}
	lbpf_reg_set_pointer(&frame->regs[LBPF_REG_FP], LBPF_PTR_STACK);
	frame->regs[LBPF_REG_FP].frame = frame->frameno;
}

/**
 * lbpf_frame_push() - Enter a function
 * @env: The run.
 * @state: State; its first frame is the main function.
 * @callsite: Index of the calling instruction, or LBPF_NO_CALLSITE.
 * @subprog: Function entered.
 *
 * Return: The new current frame, only R10 initialised; or NULL without memory
 * (the caller has checked the number of frames).
 */
struct lbpf_frame *lbpf_frame_push(struct lbpf_env *env, struct lbpf_state *state,
				   u32 callsite, u32 subprog)
{
	u32 frameno = state->frame[0] ? state->curframe + 1 : 0;
	struct lbpf_frame *frame = alloc_frame(env);

	if (!frame)
		return NULL;
	frame->callsite = callsite;
	frame->frameno = frameno;
	frame->subprog = subprog;
	frame->callback_max = 0;
	frame->in_callback = false;
	frame->in_async_callback = false;
	init_regs(frame);
	state->frame[frameno] = frame;
	state->curframe = frameno;
	return frame;
}

/**
 * lbpf_frame_pop() - Leave the current function
 * @env: The run.
 * @state: State with two frames at least.
 */
void lbpf_frame_pop(struct lbpf_env *env, struct lbpf_state *state)
{
	free_frame(env, lbpf_cur_frame(state));
	state->frame[state->curframe--] = NULL;
}

/**
 * lbpf_frame_grow() - Make a stack slot exist
 * @frame: Frame.
 * @slot: Number of the slot, below LBPF_NR_SLOTS.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_frame_grow(struct lbpf_frame *frame, u32 slot)
{
	u32 i;

	if (slot < frame->nr_slots)
		return 0;
	if (make_room((void **)&frame->slots, &frame->max_slots, slot + 1, sizeof(*frame->slots)))
		return -ENOMEM;
	for (i = frame->nr_slots; i <= slot; i++) {
		memset(&frame->slots[i], 0, sizeof(frame->slots[i]));
		lbpf_reg_set_not_init(&frame->slots[i].spilled);
	}
	frame->nr_slots = slot + 1;
	return 0;
}

/**
 * lbpf_hop_push() - Remember a step of the path for walking back
 * @state: State being walked.
 * @idx: Instruction arrived at.
 * @prev_idx: Instruction before it on the path.
 *
 * Return: 0 or -ENOMEM.
 */
int lbpf_hop_push(struct lbpf_state *state, u32 idx, u32 prev_idx)
{
	if (make_room((void **)&state->hops, &state->max_hops, state->nr_hops + 1,
		      sizeof(*state->hops)))
		return -ENOMEM;
	state->hops[state->nr_hops++] = (struct lbpf_hop){ .idx = idx, .prev_idx = prev_idx };
	return 0;
}

/**
 * lbpf_ref_acquire() - A new reference that must be released
 * @env: The run.
 * @insn_idx: Call that acquired it.
 *
 * Return: Its id, above 0, or -ENOMEM.
 */
int lbpf_ref_acquire(struct lbpf_env *env, u32 insn_idx)
{
	struct lbpf_state *state = env->cur;
	struct lbpf_frame *frame = lbpf_cur_frame(state);

	if (make_room((void **)&state->refs, &state->max_refs, state->nr_refs + 1,
		      sizeof(*state->refs)))
		return -ENOMEM;
	state->refs[state->nr_refs++] = (struct lbpf_ref){
		.id = ++env->last_id,
		.insn_idx = insn_idx,
		.callback_frame = frame->in_callback ? frame->frameno : 0,
	};
	return env->last_id;
}

/**
 * lbpf_ref_drop() - A reference is released
 * @state: State.
 * @ref_id: Its id.
 *
 * Return: 0, or -EINVAL when it is not held (or not by this callback).
 */
int lbpf_ref_drop(struct lbpf_state *state, u32 ref_id)
{
	struct lbpf_frame *frame = lbpf_cur_frame(state);
	u32 i;

	for (i = 0; i < state->nr_refs; i++) {
		if (state->refs[i].id != ref_id)
			continue;
		if (frame->in_callback && state->refs[i].callback_frame != frame->frameno)
			return -EINVAL;
		state->refs[i] = state->refs[--state->nr_refs];
		return 0;
	}
	return -EINVAL;
}
