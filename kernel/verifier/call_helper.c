// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of helpers.
 *
 * Layer: verifier (call).  What a helper wants and does is in its prototype;
 * no helper is known here by name.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include "call.h"

/* Errors that helpers return: down to this. */
#define MAX_ERRNO_VALUE	4095

/**
 * lbpf_call_clobber() - A call overwrites R0 to R5
 * @env: The run.
 */
void lbpf_call_clobber(struct lbpf_env *env)
{
	u32 i;

	for (i = BPF_REG_0; i <= BPF_REG_5; i++) {
		struct lbpf_reg *reg = lbpf_reg_of(env, i);

		lbpf_reg_set_not_init(reg);
		reg->live |= LBPF_LIVE_WRITTEN;
		env->touched_regs |= BIT(i);
	}
}

/**
 * lbpf_call_check_leaks() - No reference is held where it would be lost
 * @env: The run.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_check_leaks(struct lbpf_env *env)
{
	const struct lbpf_frame *frame = lbpf_cur_frame(env->cur);
	const struct lbpf_state *state = env->cur;
	int err = 0;
	u32 i;

	if (frame->frameno && !frame->in_callback)
		return 0;
	for (i = 0; i < state->nr_refs; i++) {
		if (frame->in_callback && state->refs[i].callback_frame != frame->frameno)
			continue;
		err = reject(env, -EINVAL, "Unreleased reference id=%d alloc_insn=%d",
			     state->refs[i].id, state->refs[i].insn_idx);
	}
	return err;
}

/**
 * lbpf_call_check_run() - Is there what a helper needs of the run that calls it?
 * @env: The run of the verifier.
 * @effects: enum lbpf_effect of the helper.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_check_run(struct lbpf_env *env, u32 effects)
{
	if (effects & LBPF_EFF_SLEEPS && !env->is_sleepable)
		return reject(env, -EINVAL, "helper call might sleep in a non-sleepable prog");
	if (effects & LBPF_EFF_RUN && env->is_async)
		return reject(env, -EINVAL,
			      "helper call needs the run of a program, which is over in a callback");
	return 0;
}

static int find_proto(struct lbpf_env *env, const struct bpf_insn *insn,
		      const struct lbpf_proto **proto)
{
	const char *name = lbpf_helper_name(insn->imm);

	*proto = NULL;
	if (insn->imm < 0 || !name)
		return reject(env, -EINVAL, "invalid func %s#%d", name ? name : "unknown",
			      insn->imm);
	if (env->code->pt->helper)
		*proto = env->code->pt->helper(insn->imm, env->code);
	if (!*proto)
		return reject(env, -EINVAL, "unknown func %s#%d", name, insn->imm);
	if ((*proto)->gpl_only && !env->code->is_gpl)
		return reject(env, -EINVAL,
			      "cannot call GPL-restricted function from non-GPL compatible program");
	if ((*proto)->allowed && !(*proto)->allowed(env->code))
		return reject(env, -EINVAL, "helper call is not allowed in probe");
	return lbpf_call_check_run(env, (*proto)->effects);
}

#define CHANGING_USES	(LBPF_USE_UPDATE | LBPF_USE_DELETE | LBPF_USE_PUSH | LBPF_USE_POP)

/* May the map be used so? */
static int check_map(struct lbpf_env *env, const struct lbpf_call *call)
{
	u32 use = call->proto->map_use;

	if (!call->map || !use)
		return 0;
	if (use & CHANGING_USES && call->map->map_flags & BPF_F_RDONLY_PROG)
		return reject(env, -EACCES, "write into map forbidden");
	if ((call->map->ops->uses & use) == use)
		return 0;
	if (use & LBPF_USE_FOR_EACH)
		return reject(env, -ENOTSUPP, "callback function not allowed for map");
	return reject(env, -EINVAL, "cannot pass map_type %d into func %s#%d", call->map->map_type,
		      lbpf_helper_name(call->proto->id), call->proto->id);
}

/*
 * The rewriter may use the map when it is one and the same at every visit.  Of an inner map it gets
 * the template: the type is the map's, the map is not known until the program runs.
 */
static void note_map(struct lbpf_env *env, const struct lbpf_call *call)
{
	struct lbpf_insn_aux *aux = &env->aux[env->idx];

	if (!call->map || env->cur->is_speculative)
		return;
	if (env->code->facts[env->idx].visits > 1 && aux->map != call->map)
		aux->flags |= LBPF_INSN_CALL_POISON;
	aux->map = aux->flags & LBPF_INSN_CALL_POISON ? NULL : call->map;
}

/* A tail call's index, when it is a constant at every visit. */
static int note_index(struct lbpf_env *env, const struct lbpf_call *call)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, BPF_REG_3);
	struct lbpf_insn_aux *aux = &env->aux[env->idx];
	u64 value = reg->var.bits.value;

	if (!(call->proto->effects & LBPF_EFF_TAIL_CALL))
		return 0;
	env->code->has_tail_call = true;
	if (!lbpf_reg_is_const(reg) || value >= call->map->max_entries ||
	    (aux->flags & LBPF_INSN_KEY_CONST && aux->key != value)) {
		aux->flags |= LBPF_INSN_KEY_POISON;
		aux->flags &= ~LBPF_INSN_KEY_CONST;
		return 0;
	}
	if (!(aux->flags & LBPF_INSN_KEY_POISON))
		aux->flags |= LBPF_INSN_KEY_CONST;
	aux->key = value;
	return lbpf_precise_reg(env, BPF_REG_3);
}

/* A function that a helper calls again and again, when it is one and the same at every visit. */
static int note_callback(struct lbpf_env *env, const struct lbpf_call *call)
{
	const struct lbpf_reg *flags = lbpf_reg_of(env, BPF_REG_4);
	struct lbpf_insn_aux *aux = &env->aux[env->idx];
	bool is_first = !(aux->flags & LBPF_INSN_CALLBACK_CONST);

	if (call->proto->inline_as != LBPF_INLINE_LOOP || env->cur->is_speculative ||
	    aux->flags & LBPF_INSN_CALL_POISON)
		return 0;
	if (!lbpf_reg_is_null(flags) || (!is_first && aux->subprog != call->subprog)) {
		aux->flags |= LBPF_INSN_CALL_POISON;
		aux->flags &= ~LBPF_INSN_CALLBACK_CONST;
		return 0;
	}
	aux->flags |= LBPF_INSN_CALLBACK_CONST;
	aux->subprog = call->subprog;
	return lbpf_precise_reg(env, BPF_REG_4);
}

static void forget_ref(struct lbpf_env *env, struct lbpf_reg *reg, u32 ref_id)
{
	if (reg->ref_id != ref_id)
		return;
	if (env->may_leak)
		lbpf_reg_set_unknown(env, reg);
	else
		lbpf_reg_set_not_init(reg);
}

/**
 * lbpf_call_release() - A reference is given up: nothing that comes from it may be used any more
 * @env: The run.
 * @ref_id: Reference.
 *
 * Return: 0, or -EINVAL: there is no such reference.
 */
int lbpf_call_release(struct lbpf_env *env, u32 ref_id)
{
	struct lbpf_state *state = env->cur;
	int err = lbpf_ref_drop(state, ref_id);
	u32 i, j;

	if (err)
		return err;
	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			forget_ref(env, &frame->regs[j], ref_id);
		for (j = 0; j < frame->nr_slots; j++)
			if (lbpf_slot_is_spill(&frame->slots[j]))
				forget_ref(env, &frame->slots[j].spilled, ref_id);
	}
	return 0;
}

static int check_release(struct lbpf_env *env, const struct lbpf_call *call)
{
	int err = 0;

	if (!(call->proto->effects & LBPF_EFF_RELEASE))
		return 0;
	if (call->ref_id)
		err = lbpf_call_release(env, call->ref_id);
	else if (!call->release_regno || !lbpf_reg_is_null(lbpf_reg_of(env, call->release_regno)))
		err = -EINVAL;
	if (err)
		return reject(env, err, "func %s#%d reference has not been acquired before",
			      lbpf_helper_name(call->proto->id), call->proto->id);
	return 0;
}

static void forget_packet(struct lbpf_env *env, struct lbpf_reg *reg)
{
	if (lbpf_type_is_packet(reg->type) || reg->type == LBPF_PTR_PACKET_END)
		lbpf_reg_set_unknown(env, reg);
}

/* The packet may have moved. */
/**
 * lbpf_call_forget_packets() - Packets may have moved: no pointer into one is good any more
 * @env: The run.
 */
void lbpf_call_forget_packets(struct lbpf_env *env)
{
	struct lbpf_state *state = env->cur;
	u32 i, j;

	for (i = 0; i <= state->curframe; i++) {
		struct lbpf_frame *frame = state->frame[i];

		for (j = 0; j < LBPF_REG_FP; j++)
			forget_packet(env, &frame->regs[j]);
		for (j = 0; j < frame->nr_slots; j++)
			if (lbpf_slot_is_spill(&frame->slots[j]))
				forget_packet(env, &frame->slots[j].spilled);
	}
	env->code->changes_packet = true;
}

static const u32 pointer_results[LBPF_NR_RET_TYPES] = {
	[LBPF_RET_MAP_VALUE]	= LBPF_PTR_MAP_VALUE,
	[LBPF_RET_SOCKET]	= LBPF_PTR_SOCKET,
	[LBPF_RET_TCP_SOCK]	= LBPF_PTR_TCP_SOCK,
	[LBPF_RET_SOCK_COMMON]	= LBPF_PTR_SOCK_COMMON,
	[LBPF_RET_ALLOC_MEM]	= LBPF_PTR_MEM,
	[LBPF_RET_BTF_ID]	= LBPF_PTR_BTF_ID,
	[LBPF_RET_MEM_OR_BTF_ID] = LBPF_PTR_BTF_ID,
};

static int return_pointer(struct lbpf_env *env, const struct lbpf_call *call)
{
	u32 base = LBPF_TYPE_BASE(call->proto->ret), flags = LBPF_TYPE_FLAGS(call->proto->ret);
	struct lbpf_reg *r0 = lbpf_reg_of(env, BPF_REG_0);

	if (base >= LBPF_NR_RET_TYPES || !pointer_results[base])
		return reject(env, -EINVAL, "the result of %s is of a type that is not supported",
			      lbpf_helper_name(call->proto->id));
	lbpf_reg_set_pointer(r0, pointer_results[base] | flags);
	if (pointer_results[base] == LBPF_PTR_BTF_ID) {
		int err = lbpf_call_btf_result(env, call, r0);

		if (err)
			return err;
	}
	if (base == LBPF_RET_ALLOC_MEM) {
		r0->mem_size = call->mem_size;
		r0->map_uid = call->dynptr_id;
		if (call->dynptr_id)
			r0->ref_id = call->ref_id;
	} else if (base == LBPF_RET_MAP_VALUE) {
		if (!call->map)
			return reject(env, -EINVAL, "no map that the result of %s belongs to",
				      lbpf_helper_name(call->proto->id));
		r0->map = call->map;
		r0->map_uid = call->map_uid;
		if (!(flags & LBPF_MAYBE_NULL) && call->map->spin_lock_off >= 0)
			r0->id = ++env->last_id;
	}
	if (flags & LBPF_MAYBE_NULL)
		r0->id = ++env->last_id;
	return 0;
}

static void return_number(struct lbpf_env *env, const struct lbpf_call *call)
{
	struct lbpf_reg *r0 = lbpf_reg_of(env, BPF_REG_0);
	u32 effects = call->proto->effects;

	lbpf_reg_set_unknown(env, r0);
	if (effects & LBPF_EFF_R0_MAX_SIZE)
		lbpf_scalar_set_srange(&r0->var, effects & LBPF_EFF_ERRNO ? -MAX_ERRNO_VALUE : 0,
				       call->max_size);
}

static int return_value(struct lbpf_env *env, const struct lbpf_call *call)
{
	struct lbpf_reg *r0 = lbpf_reg_of(env, BPF_REG_0);
	int err = 0;

	switch (LBPF_TYPE_BASE(call->proto->ret)) {
	case LBPF_RET_VOID:
		break;
	case LBPF_RET_INTEGER:
		return_number(env, call);
		break;
	default:
		err = return_pointer(env, call);
		break;
	}
	if (err)
		return err;
	if (call->proto->effects & LBPF_EFF_PTR_CAST) {
		r0->ref_id = call->ref_id;
	} else if (call->proto->effects & LBPF_EFF_ACQUIRE) {
		err = lbpf_ref_acquire(env, env->idx);
		if (err < 0)
			return err;
		r0->id = err;
		r0->ref_id = err;
	}
	return 0;
}

static int check_format(struct lbpf_env *env, const struct lbpf_call *call)
{
	u64 bytes = lbpf_reg_of(env, LBPF_MAX_ARGS)->var.bits.value;
	int err;

	if (!call->proto->check_format)
		return 0;
	if (bytes % sizeof(u64))
		return -EINVAL;
	err = call->proto->check_format(call->string, bytes / sizeof(u64));
	return err ? reject(env, err, "Invalid format string") : 0;
}

static int check_args(struct lbpf_env *env, struct lbpf_call *call)
{
	int err = 0;
	u32 i;

	for (i = 0; i < LBPF_MAX_ARGS && !err; i++)
		err = lbpf_call_arg(env, call, i);
	if (err)
		return err;
	note_map(env, call);
	err = note_index(env, call);
	if (!err)
		err = note_callback(env, call);
	if (!err && call->region.fills)
		err = lbpf_stack_fill(env, &call->region);
	if (!err)
		err = check_release(env, call);
	if (!err)
		err = lbpf_call_dynptr_made(env, call);
	if (!err && call->proto->effects & LBPF_EFF_TAIL_CALL && lbpf_call_check_leaks(env))
		err = reject(env, -EINVAL, "tail_call would lead to reference leak");
	return err ?: check_format(env, call);
}

/**
 * lbpf_call_helper() - A call of a helper; env->idx becomes where the path goes on
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_helper(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_call call = { 0 };
	int err;

	err = find_proto(env, insn, &call.proto);
	if (err)
		return err;
	if (env->cur->lock_id && !(call.proto->effects & LBPF_EFF_UNLOCK))
		return reject(env, -EINVAL, "function calls are not allowed while holding a lock");
	env->aux[env->idx].proto = call.proto;
	err = check_args(env, &call);
	if (err)
		return err;
	if (call.proto->effects & (LBPF_EFF_CALLBACK | LBPF_EFF_ASYNC_CALLBACK)) {
		err = lbpf_call_callback(env, &call);
		if (err)
			return err;
	}
	if (call.proto->effects & LBPF_EFF_STACK_WALK)
		env->code->uses_get_stack = true;
	lbpf_call_clobber(env);
	err = return_value(env, &call);
	if (!err)
		err = check_map(env, &call);
	if (err)
		return err;
	if (call.proto->effects & LBPF_EFF_PACKET_CHANGE)
		lbpf_call_forget_packets(env);
	if (call.callee)
		lbpf_call_enter(env, &call);
	else
		env->idx++;
	return 0;
}
