// SPDX-License-Identifier: GPL-2.0
/*
 * Pointer arithmetic.
 *
 * Layer: verifier (step).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>

#include "spec.h"

/* May @reg be a pointer of @type, or be added to one? */
static int check_offset(struct lbpf_env *env, const struct lbpf_reg *reg, u32 type)
{
	s64 smin = lbpf_scalar_smin(&reg->var);
	s64 value = reg->var.bits.value;
	bool is_const = lbpf_tnum_is_const(reg->var.bits);
	const char *name;

	if (is_const ? value < LBPF_MAX_VAR_OFF && value > -LBPF_MAX_VAR_OFF :
		       smin < LBPF_MAX_VAR_OFF && smin > -LBPF_MAX_VAR_OFF)
		if (reg->off < LBPF_MAX_VAR_OFF && reg->off > -LBPF_MAX_VAR_OFF)
			return 0;
	name = lbpf_type_name(env, type);
	if (is_const && (value >= LBPF_MAX_VAR_OFF || value <= -LBPF_MAX_VAR_OFF))
		return reject(env, -EINVAL, "math between %s pointer and %lld is not allowed", name,
			      value);
	if (reg->off >= LBPF_MAX_VAR_OFF || reg->off <= -LBPF_MAX_VAR_OFF)
		return reject(env, -EINVAL, "%s pointer offset %d is not allowed", name, reg->off);
	if (smin == S64_MIN)
		return reject(env, -EINVAL,
			      "math between %s pointer and register with unbounded min value is not allowed",
			      name);
	return reject(env, -EINVAL, "value %lld makes %s pointer be out of bounds", smin, name);
}

static const bool never_moves[LBPF_NR_REG_TYPES] = {
	[LBPF_PTR_CONST_MAP]	= true,
	[LBPF_PTR_PACKET_END]	= true,
	[LBPF_PTR_SOCKET]	= true,
	[LBPF_PTR_SOCK_COMMON]	= true,
	[LBPF_PTR_TCP_SOCK]	= true,
	[LBPF_PTR_XDP_SOCK]	= true,
};

static int check_type(struct lbpf_env *env, const struct bpf_insn *insn, const struct lbpf_reg *ptr,
		      const struct lbpf_reg *num)
{
	u32 base = LBPF_TYPE_BASE(ptr->type);

	if (ptr->type & LBPF_MAYBE_NULL)
		return reject(env, -EACCES,
			      "R%d pointer arithmetic on %s prohibited, null-check it first",
			      insn->dst_reg, lbpf_type_name(env, ptr->type));
	if (base == LBPF_PTR_CONST_MAP && BPF_OP(insn->code) == BPF_ADD && lbpf_reg_is_null(num))
		return 0;
	if (never_moves[base])
		return reject(env, -EACCES, "R%d pointer arithmetic on %s prohibited",
			      insn->dst_reg, lbpf_type_name(env, ptr->type));
	return 0;
}

static int check_op(struct lbpf_env *env, const struct bpf_insn *insn, const struct lbpf_reg *ptr)
{
	u8 op = BPF_OP(insn->code);

	if (op == BPF_ADD)
		return 0;
	if (op == BPF_AND || op == BPF_OR || op == BPF_XOR)
		return reject(env, -EACCES, "R%d bitwise operator %s on pointer prohibited",
			      insn->dst_reg, lbpf_alu_text(op));
	if (op != BPF_SUB)
		return reject(env, -EACCES, "R%d pointer arithmetic with %s operator prohibited",
			      insn->dst_reg, lbpf_alu_text(op));
	if (ptr != lbpf_reg_of(env, insn->dst_reg))
		return reject(env, -EACCES, "R%d tried to subtract pointer from scalar",
			      insn->dst_reg);
	if (ptr->type == LBPF_PTR_STACK)
		return reject(env, -EACCES, "R%d subtraction from stack pointer prohibited",
			      insn->dst_reg);
	return 0;
}

/* The pointer @dst (a copy of what it was) moves by @num. */
static void move(struct lbpf_env *env, struct lbpf_reg *dst, const struct lbpf_reg *num, u8 op)
{
	s64 by = op == BPF_SUB ? -(s64)num->var.bits.value : (s64)num->var.bits.value;

	if (lbpf_tnum_is_const(num->var.bits) && dst->off + by == (s32)(dst->off + by)) {
		dst->off += by;
		return;
	}
	lbpf_scalar_alu(op, true, &dst->var, &num->var);
	if (!lbpf_type_is_packet(dst->type))
		return;
	dst->id = ++env->last_id;
	/* Moving towards the start of the packet keeps what was proved. */
	if (op == BPF_ADD || lbpf_scalar_smin(&num->var) < 0)
		dst->range = 0;
}

/* Without CAP_PERFMON a pointer stays in its object all the time. */
static int check_inside(struct lbpf_env *env, const struct bpf_insn *insn)
{
	const struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	s64 off = dst->off + (s64)dst->var.bits.value;
	char var[64];

	if (env->no_spec_v1)
		return 0;
	if (dst->type == LBPF_PTR_STACK) {
		if (!lbpf_tnum_is_const(dst->var.bits)) {
			lbpf_tnum_print(var, sizeof(var), dst->var.bits);
			return reject(env, -EACCES,
				      "R%d variable stack access prohibited for !root, var_off=%s off=%lld",
				      insn->dst_reg, var, off);
		}
		if (off >= 0 || off < -LBPF_STACK_BYTES)
			return reject(env, -EACCES,
				      "R%d stack pointer arithmetic goes out of range, prohibited for !root; off=%lld",
				      insn->dst_reg, off);
	}
	if (LBPF_TYPE_BASE(dst->type) == LBPF_PTR_MAP_VALUE &&
	    lbpf_access_map_value(env, insn->dst_reg, 0, 1, false))
		return reject(env, -EACCES,
			      "R%d pointer arithmetic of map value goes out of range, prohibited for !root",
			      insn->dst_reg);
	return 0;
}

/**
 * lbpf_step_pointer_alu() - Arithmetic on a pointer and a number
 * @env: The run.
 * @insn: Instruction.
 * @ptr: Pointer: the instruction's dst or src register.
 * @num: Number: the other one, or the constant.  Not the dst register itself, unless @ptr is src.
 *
 * Return: 0, -EACCES, -EINVAL.
 */
int lbpf_step_pointer_alu(struct lbpf_env *env, const struct bpf_insn *insn, struct lbpf_reg *ptr,
			  const struct lbpf_reg *num)
{
	struct lbpf_reg *dst = lbpf_reg_of(env, insn->dst_reg);
	struct lbpf_reg by = *num;
	struct lbpf_mask mask;
	int err;

	if (BPF_CLASS(insn->code) != BPF_ALU64) {
		if (BPF_OP(insn->code) != BPF_SUB || !env->may_leak)
			return reject(env, -EACCES, "R%d 32-bit pointer arithmetic prohibited",
				      insn->dst_reg);
		lbpf_reg_set_unknown(env, dst);
		lbpf_scalar_truncate(&dst->var, sizeof(u32));
		return 0;
	}
	err = check_type(env, insn, ptr, num);
	if (!err)
		err = check_offset(env, num, ptr->type);
	if (!err)
		err = check_offset(env, ptr, ptr->type);
	if (!err)
		err = lbpf_spec_before(env, insn, ptr, num, &mask);
	if (!err)
		err = check_op(env, insn, ptr);
	if (err)
		return err;
	if (ptr != dst)
		lbpf_reg_assign(dst, ptr);
	move(env, dst, &by, BPF_OP(insn->code));
	err = check_offset(env, dst, dst->type);
	if (!err)
		err = check_inside(env, insn);
	return err ? err : lbpf_spec_after(env, insn, &mask);
}
