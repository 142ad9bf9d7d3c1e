// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel objects as arguments and results of helpers.
 *
 * Layer: verifier (call).
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>
#include <lbpf/kernel_btf.h>

#include "call.h"

static int find_struct(const char *name, const struct lbpf_btf **btf)
{
	*btf = lbpf_kernel_btf();
	if (IS_ERR(*btf))
		return PTR_ERR(*btf);
	return lbpf_btf_find(*btf, name, BTF_KIND_STRUCT);
}

/**
 * lbpf_call_btf_arg() - An argument that points to a kernel object
 * @env: The run.
 * @call: The call.
 * @regno: Register.
 * @arg_type: enum lbpf_arg_type with flags.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_call_btf_arg(struct lbpf_env *env, struct lbpf_call *call, u32 regno, u32 arg_type)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	const char *name = call->proto->arg_btf_name;
	bool is_strict = arg_type & LBPF_OBJ_RELEASE;
	const struct lbpf_btf *btf;
	int id;

	if (LBPF_TYPE_BASE(reg->type) != LBPF_PTR_BTF_ID)
		return 0;
	if (call->kptr)
		return lbpf_kptr_match(env, call->kptr, regno);
	if (reg->type & LBPF_CUT && !(call->proto->effects & LBPF_EFF_PROBES))
		return reject(env, -EACCES, "R%d is only a part of a pointer", regno);
	if (LBPF_TYPE_BASE(arg_type) == LBPF_ARG_PERCPU_BTF_ID) {
		if (!reg->btf)
			return reject(env, -EACCES, "Helper has invalid btf_id in R%d", regno);
		call->percpu_btf = reg->btf;
		call->percpu_id = reg->btf_id;
		return 0;
	}
	if (LBPF_TYPE_BASE(arg_type) == LBPF_ARG_BTF_ID_SOCK_COMMON) {
		/* What a helper found to be a socket, on a kernel without types. */
		if (!reg->btf)
			return 0;
		name = "sock_common";
		is_strict = false;
	}
	id = find_struct(name, &btf);
	if (id > 0 && lbpf_btf_has_base(reg->btf, btf) && reg->off >= 0 &&
	    lbpf_btf_contains(btf, reg->btf_id, reg->off, id, is_strict))
		return 0;
	return reject(env, -EACCES, "R%d is of type %s but %s is expected", regno,
		      lbpf_reg_type_name(reg), name);
}

/* One CPU's part of a per-CPU object: memory that is only read, unless it is a struct. */
static int set_percpu_result(struct lbpf_env *env, const struct lbpf_call *call,
			     struct lbpf_reg *r0)
{
	u32 bytes, flags = LBPF_TYPE_FLAGS(call->proto->ret);
	const struct btf_type *type;

	if (!call->percpu_btf)
		return reject(env, -EINVAL, "the result of %s is of no known type",
			      lbpf_helper_name(call->proto->id));
	type = lbpf_btf_skip_mods(call->percpu_btf, call->percpu_id, NULL);
	if (type && lbpf_btf_is_struct(type)) {
		lbpf_reg_set_btf(r0, flags & ~LBPF_RDONLY, call->percpu_btf, call->percpu_id);
		return 0;
	}
	if (!lbpf_btf_sized(call->percpu_btf, call->percpu_id, NULL, &bytes))
		return reject(env, -EINVAL, "unable to resolve the size of type '%s': %d",
			      type ? lbpf_btf_type_name(call->percpu_btf, type) : "", -EINVAL);
	lbpf_reg_set_pointer(r0, LBPF_PTR_MEM | flags);
	r0->mem_size = bytes;
	return 0;
}

/**
 * lbpf_call_btf_result() - What a result points to
 * @env: The run.
 * @call: The call.
 * @r0: R0, a PTR_BTF_ID with the flags of the prototype.
 *
 * On a kernel without types it is an object that only other helpers can do something with.
 *
 * Return: 0, -EINVAL, -ENOMEM.
 */
int lbpf_call_btf_result(struct lbpf_env *env, const struct lbpf_call *call,
			 struct lbpf_reg *r0)
{
	const struct lbpf_btf *btf;
	int id;

	if (LBPF_TYPE_BASE(call->proto->ret) == LBPF_RET_MEM_OR_BTF_ID)
		return set_percpu_result(env, call, r0);
	if (call->kptr) {
		lbpf_reg_set_btf(r0, LBPF_TYPE_FLAGS(call->proto->ret), call->kptr->btf,
				 call->kptr->type_id);
		return 0;
	}
	id = find_struct(call->proto->ret_btf_name, &btf);
	if (id == -ENOMEM)
		return id;
	if (id > 0) {
		r0->btf = btf;
		r0->btf_id = id;
	}
	return 0;
}
