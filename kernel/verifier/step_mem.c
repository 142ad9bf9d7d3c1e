// SPDX-License-Identifier: GPL-2.0
/*
 * Loads, stores, atomics, and loads from a packet.
 *
 * Layer: verifier (step).
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/map.h>

#include "walk.h"

/* Accesses through these are rewritten by the kind of pointer. */
static bool is_rewritten(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);

	return base == LBPF_PTR_CTX || base == LBPF_PTR_BTF_ID || lbpf_type_is_sock(type);
}

/* One instruction is rewritten in one way: the pointer must be of the same kind at every visit. */
static int note_type(struct lbpf_env *env, u32 type)
{
	struct lbpf_insn_info *info = &env->info[env->idx];

	if (!info->ptr_type)
		info->ptr_type = type;
	else if (info->ptr_type != type && (is_rewritten(type) || is_rewritten(info->ptr_type)))
		return reject(env, -EINVAL, "same insn cannot be used with different pointers");
	return 0;
}

/* A pointer cannot be loaded with its sign extended. */
static int extend_sign(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);

	if (dst->type != LBPF_SCALAR)
		return reject(env, -EACCES, "invalid bpf_context access off=%d size=%d", insn->off,
			      lbpf_insn_access_bytes(insn->code));
	dst->id = 0;
	lbpf_scalar_movsx(&dst->var, &dst->var, lbpf_insn_access_bytes(insn->code) * 8, true);
	return 0;
}

/**
 * lbpf_step_load() - LDX
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_load(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_access access = {
		.regno = insn->src_reg,
		.off = insn->off,
		.size = lbpf_insn_access_bytes(insn->code),
		.value_regno = insn->dst_reg,
	};
	u32 type;
	int err;

	err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_DST_KEEP);
	if (err)
		return err;
	type = lbpf_reg_of(env, insn->src_reg)->type;
	err = lbpf_access(env, &access);
	if (!err && BPF_MODE(insn->code) == BPF_MEMSX)
		err = extend_sign(env, insn);
	return err ? err : note_type(env, type);
}

static bool refuses_atomic(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);

	return base == LBPF_PTR_CTX || lbpf_type_is_packet(type) || base == LBPF_PTR_FLOW_KEYS ||
	       lbpf_type_is_sock(type);
}

static int check_atomic_regs(struct lbpf_env *env, const struct bpf_insn *insn)
{
	int err;

	if (!lbpf_insn_is_atomic_op(insn->imm))
		return reject(env, -EINVAL, "BPF_ATOMIC uses invalid atomic opcode %02x",
			      insn->imm);
	err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_SRC);
	if (err)
		return err;
	if (insn->imm == BPF_CMPXCHG) {
		err = lbpf_use_reg(env, BPF_REG_0, LBPF_REG_SRC);
		if (err)
			return err;
		if (lbpf_is_leak(env, lbpf_reg_of(env, BPF_REG_0)))
			return reject(env, -EACCES, "R%d leaks addr into mem", BPF_REG_0);
	}
	if (lbpf_is_leak(env, lbpf_reg_of(env, insn->src_reg)))
		return reject(env, -EACCES, "R%d leaks addr into mem", insn->src_reg);
	if (refuses_atomic(lbpf_reg_of(env, insn->dst_reg)->type))
		return reject(env, -EACCES, "BPF_ATOMIC stores into R%d %s is not allowed",
			      insn->dst_reg,
			      lbpf_type_name(env, lbpf_reg_of(env, insn->dst_reg)->type));
	return 0;
}

static int step_atomic(struct lbpf_env *env, const struct bpf_insn *insn)
{
	struct lbpf_access access = {
		.regno = insn->dst_reg,
		.off = insn->off,
		.size = lbpf_insn_access_bytes(insn->code),
		.value_regno = -1,
		.is_strict = true,
	};
	int loaded = -1;
	int err;

	err = check_atomic_regs(env, insn);
	if (err)
		return err;
	if (insn->imm & BPF_FETCH) {
		loaded = insn->imm == BPF_CMPXCHG ? BPF_REG_0 : insn->src_reg;
		err = lbpf_use_reg(env, loaded, LBPF_REG_DST);
	}
	if (!err)
		err = lbpf_access(env, &access);
	if (!err && loaded >= 0) {
		access.value_regno = loaded;
		err = lbpf_access(env, &access);
	}
	if (err)
		return err;
	access.is_write = true;
	access.value_regno = -1;
	return lbpf_access(env, &access);
}

/**
 * lbpf_step_store() - ST, STX and atomics
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_store(struct lbpf_env *env, const struct bpf_insn *insn)
{
	bool is_stx = BPF_CLASS(insn->code) == BPF_STX;
	struct lbpf_access access = {
		.regno = insn->dst_reg,
		.off = insn->off,
		.size = lbpf_insn_access_bytes(insn->code),
		.is_write = true,
		.value_regno = is_stx ? insn->src_reg : -1,
	};
	u32 type;
	int err = 0;

	if (is_stx && BPF_MODE(insn->code) == BPF_ATOMIC)
		return step_atomic(env, insn);
	if (is_stx)
		err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
	if (!err)
		err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_SRC);
	if (err)
		return err;
	type = lbpf_reg_of(env, insn->dst_reg)->type;
	if (!is_stx && LBPF_TYPE_BASE(type) == LBPF_PTR_CTX)
		return reject(env, -EACCES, "BPF_ST stores into R%d %s is not allowed",
			      insn->dst_reg, lbpf_type_name(env, type));
	err = lbpf_access(env, &access);
	return err ? err : note_type(env, type);
}

static int load_func_addr(struct lbpf_env *env, struct lbpf_reg *dst, u32 subprog)
{
	if (!subprog)
		return reject(env, -EINVAL, "callback function cannot be the main program");
	if (!env->code->nr_func_infos)
		return reject(env, -EINVAL, "missing btf func_info");
	if (env->code->subprogs[subprog].is_global)
		return reject(env, -EINVAL, "callback function not static");
	lbpf_reg_set_pointer(dst, LBPF_PTR_FUNC);
	dst->subprog = subprog;
	env->idx++;
	return 0;
}

/**
 * lbpf_step_imm64() - A 16-byte load of a constant or an address
 * @env: The run.
 * @insn: Its first half; env->idx moves on to the second.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_imm64(struct lbpf_env *env, const struct bpf_insn *insn)
{
	const struct lbpf_insn_aux *aux = &env->aux[env->idx];
	struct lbpf_reg *dst;
	int err;

	err = lbpf_use_reg(env, insn->dst_reg, LBPF_REG_DST_KEEP);
	if (err)
		return err;
	dst = lbpf_reg_of(env, insn->dst_reg);
	if (aux->flags & LBPF_INSN_MAP_ADDR) {
		lbpf_reg_set_pointer(dst, LBPF_PTR_CONST_MAP);
		dst->map = aux->map;
	} else if (aux->flags & LBPF_INSN_MAP_VALUE_ADDR) {
		lbpf_reg_set_pointer(dst, LBPF_PTR_MAP_VALUE);
		dst->map = aux->map;
		dst->off = aux->key;
		if (dst->map->spin_lock_off >= 0)
			dst->id = ++env->last_id;
	} else if (aux->flags & LBPF_INSN_FUNC_ADDR) {
		return load_func_addr(env, dst, aux->subprog);
	} else if (aux->flags & LBPF_INSN_KERNEL_VAR) {
		lbpf_var_load(insn, aux, dst);
	} else if (!insn->src_reg) {
		lbpf_reg_set_const(env, dst, lbpf_insn_imm64(insn));
	} else {
		return reject(env, -EINVAL, "unrecognized bpf_ld_imm64 insn");
	}
	env->idx++;
	return 0;
}

/*
 * A load from beyond the packet ends the function with 0, wherever it stands: the caller goes on
 * there, with what the function has not done left undone.
 */
static int walk_failure(struct lbpf_env *env)
{
	struct lbpf_state *other, *cur = env->cur;
	int err;

	if (!cur->curframe)
		return 0;
	other = lbpf_push_branch(env, env->idx + 1, env->idx, false);
	if (IS_ERR(other))
		return PTR_ERR(other);
	/* The one that waits has the byte. */
	env->cur = other;
	lbpf_reg_set_unknown(env, lbpf_reg_of(env, BPF_REG_0));
	env->cur = cur;
	lbpf_reg_set_const(env, lbpf_reg_of(env, BPF_REG_0), 0);
	err = lbpf_call_return(env);
	/* The step goes on to the next one. */
	env->idx--;
	return err;
}

/**
 * lbpf_step_packet_load() - LD_ABS and LD_IND
 * @env: The run.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_step_packet_load(struct lbpf_env *env, const struct bpf_insn *insn)
{
	int err;

	if (!(env->code->pt->flags & LBPF_PT_LD_ABS))
		return reject(env, -EINVAL,
			      "BPF_LD_[ABS|IND] instructions not allowed for this program type");
	err = lbpf_use_reg(env, BPF_REG_6, LBPF_REG_SRC);
	if (err)
		return err;
	err = lbpf_call_check_leaks(env);
	if (err)
		return reject(env, err, "BPF_LD_[ABS|IND] cannot be mixed with socket references");
	if (env->cur->lock_id)
		return reject(env, -EINVAL,
			      "BPF_LD_[ABS|IND] cannot be used inside bpf_spin_lock-ed region");
	if (lbpf_reg_of(env, BPF_REG_6)->type != LBPF_PTR_CTX)
		return reject(env, -EINVAL, "at the time of BPF_LD_ABS|IND R6 != pointer to skb");
	if (BPF_MODE(insn->code) == BPF_IND) {
		err = lbpf_use_reg(env, insn->src_reg, LBPF_REG_SRC);
		if (err)
			return err;
	}
	err = lbpf_access_fixed_off(env, BPF_REG_6, true);
	if (err)
		return err;
	lbpf_call_clobber(env);
	env->code->has_ld_abs = true;
	lbpf_reg_set_unknown(env, lbpf_reg_of(env, BPF_REG_0));
	return walk_failure(env);
}
