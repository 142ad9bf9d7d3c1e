// SPDX-License-Identifier: GPL-2.0
/*
 * Pointers to kernel objects in map values.
 *
 * Layer: verifier (access).
 * Source: the words of the refusals are those of Linux 6.1.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>
#include <lbpf/map.h>

#include "call.h"

#define KPTR_BYTES	sizeof(u64)

/**
 * lbpf_kptr_range() - Does an access to a map value touch a kptr, and may it?
 * @env: The run.
 * @regno: Register with the address.
 * @off: Offset, that of the register included, bytes.
 * @size: Bytes.
 * @is_direct: A load or store of the program, not an access of a helper.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_kptr_range(struct lbpf_env *env, u32 regno, s64 off, s64 size, bool is_direct)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	const struct lbpf_kptrs *kptrs = reg->map->kptrs;
	u32 i, at;

	for (i = 0; kptrs && i < kptrs->nr; i++) {
		at = kptrs->kptr[i].off;
		if (lbpf_scalar_smin(&reg->var) + off >= (s64)(at + KPTR_BYTES) ||
		    at >= lbpf_scalar_umax(&reg->var) + off + size)
			continue;
		if (!is_direct)
			return reject(env, -EACCES,
				      "kptr cannot be accessed indirectly by helper");
		if (!lbpf_tnum_is_const(reg->var.bits))
			return reject(env, -EACCES, "kptr access cannot have variable offset");
		if (at != off + reg->var.bits.value)
			return reject(env, -EACCES, "kptr access misaligned expected=%u off=%llu",
				      at, off + reg->var.bits.value);
		if (size != KPTR_BYTES)
			return reject(env, -EACCES, "kptr access size must be BPF_DW");
		return 0;
	}
	return 0;
}

static const char *type_name(const struct lbpf_kptr *kptr)
{
	return lbpf_btf_type_name(kptr->btf, lbpf_btf_type(kptr->btf, kptr->type_id));
}

static int refuse_type(struct lbpf_env *env, u32 regno, const struct lbpf_kptr *kptr)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	bool has_name = LBPF_TYPE_BASE(reg->type) == LBPF_PTR_BTF_ID;

	verbose(env, "invalid kptr access, R%d type=%s%s ", regno, lbpf_type_name(env, reg->type),
		has_name ? lbpf_reg_type_name(reg) : "");
	verbose(env, "expected=%s%s", lbpf_type_name(env, LBPF_PTR_BTF_ID), type_name(kptr));
	if (!kptr->is_ref)
		verbose(env, " or %s%s", lbpf_type_name(env, LBPF_PTR_BTF_ID | LBPF_UNTRUSTED),
			type_name(kptr));
	return reject(env, -EACCES, "%s", "");
}

/**
 * lbpf_kptr_match() - A pointer may be stored in a kptr
 * @env: The run.
 * @kptr: The place.
 * @regno: Register with the pointer.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_kptr_match(struct lbpf_env *env, const struct lbpf_kptr *kptr, u32 regno)
{
	u32 flags = LBPF_MAYBE_NULL | (kptr->is_ref ? 0 : LBPF_UNTRUSTED);
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	int err;

	if (LBPF_TYPE_BASE(reg->type) != LBPF_PTR_BTF_ID || LBPF_TYPE_FLAGS(reg->type) & ~flags)
		return refuse_type(env, regno, kptr);
	err = lbpf_access_fixed_off(env, regno, false);
	if (err)
		return err;
	if (lbpf_btf_has_base(reg->btf, kptr->btf) &&
	    lbpf_btf_contains(reg->btf, reg->btf_id, reg->off, kptr->type_id, kptr->is_ref))
		return 0;
	return refuse_type(env, regno, kptr);
}

/**
 * lbpf_access_kptr() - A load from or store to a kptr
 * @env: The run.
 * @access: The access; it is known to be one of all the kptr's bytes.
 * @kptr: The place.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_kptr(struct lbpf_env *env, const struct lbpf_access *access,
		     const struct lbpf_kptr *kptr)
{
	const struct bpf_insn *insn = &env->insns[env->idx];
	struct lbpf_reg *reg;

	if (BPF_MODE(insn->code) != BPF_MEM)
		return reject(env, -EACCES,
			      "kptr in map can only be accessed using BPF_MEM instruction mode");
	if (access->is_write && kptr->is_ref)
		return reject(env, -EACCES, "store to referenced kptr disallowed");
	if (!access->is_write) {
		reg = lbpf_reg_of(env, access->value_regno);
		lbpf_reg_set_btf(reg, LBPF_MAYBE_NULL | LBPF_UNTRUSTED, kptr->btf, kptr->type_id);
		reg->id = ++env->last_id;
		return 0;
	}
	if (BPF_CLASS(insn->code) == BPF_ST) {
		if (!insn->imm)
			return 0;
		return reject(env, -EACCES, "BPF_ST imm must be 0 when storing to kptr at off=%u",
			      kptr->off);
	}
	if (lbpf_reg_is_null(lbpf_reg_of(env, access->value_regno)))
		return lbpf_precise_reg(env, access->value_regno);
	return lbpf_kptr_match(env, kptr, access->value_regno);
}

/**
 * lbpf_call_kptr() - An argument that points to a kptr
 * @env: The run.
 * @call: The call.
 * @regno: Register.
 * @arg_type: Not used.
 *
 * Return: 0, -EINVAL, -EACCES.
 */
int lbpf_call_kptr(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	u64 off = reg->off + reg->var.bits.value;

	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EINVAL,
			      "R%d doesn't have constant offset. kptr has to be at the constant offset",
			      regno);
	if (!reg->map->btf)
		return reject(env, -EINVAL,
			      "map '%s' has to have BTF in order to use bpf_kptr_xchg",
			      reg->map->name);
	if (!reg->map->kptrs)
		return reject(env, -EINVAL, "map '%s' has no valid kptr", reg->map->name);
	call->kptr = lbpf_kptr_at(reg->map, off);
	if (!call->kptr)
		return reject(env, -EACCES, "off=%d doesn't point to kptr", (s32)off);
	if (!call->kptr->is_ref)
		return reject(env, -EACCES, "off=%d kptr isn't referenced kptr", (s32)off);
	return 0;
}
