// SPDX-License-Identifier: GPL-2.0
/*
 * Calls of kernel functions by their BTF id.
 *
 * Layer: verifier (call).  Arguments and result are checked against the function's prototype in
 * the kernel's BTF; what else it does is in its row.
 * Source: words and order of the refusals are those of Linux 6.1.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/kfunc.h>
#include <lbpf/map.h>

#include "call.h"

#define MAX_STRUCT_DEPTH	4
#define SIZE_SUFFIX		"__sz"

/**
 * struct kcall - A call under way
 * @btf: The kernel's types.
 * @func: Function in @btf.
 * @proto: Its prototype.
 * @name: Its name.
 * @kfunc: Its row.
 * @ref_id: Reference of an argument, 0: none.
 */
struct kcall {
	const struct lbpf_btf	*btf;
	const struct btf_type	*func;
	const struct btf_type	*proto;
	const char		*name;
	const struct lbpf_kfunc	*kfunc;
	u32			ref_id;
};

/**
 * struct karg - An argument
 * @i: Number, from 0.
 * @regno: Its register.
 * @target: What the parameter points to, without modifiers; void: NULL or kind 0.
 * @target_id: Its id.
 */
struct karg {
	u32			i;
	u32			regno;
	const struct btf_type	*target;
	u32			target_id;
};

static const char *target_kind(const struct karg *arg)
{
	return lbpf_btf_kind_name(arg->target ? lbpf_btf_kind(arg->target) : BTF_KIND_UNKN);
}

static const char *target_name(const struct kcall *call, const struct karg *arg)
{
	return arg->target ? lbpf_btf_type_name(call->btf, arg->target) : "";
}

static bool is_void(const struct btf_type *type)
{
	return !type || !lbpf_btf_kind(type);
}

/* Only numbers, also in structs and arrays inside, but not too deep. */
static bool is_scalar_struct(struct lbpf_env *env, const struct lbpf_btf *btf,
			     const struct btf_type *type)
{
	struct { const struct btf_type *type; u32 next; } stack[MAX_STRUCT_DEPTH];
	u32 depth = 0;

	if (!type || !lbpf_btf_is_struct(type))
		return false;
	stack[0].type = type;
	stack[0].next = 0;
	for (;;) {
		const struct btf_member *member;

		if (stack[depth].next == lbpf_btf_vlen(stack[depth].type)) {
			if (!depth--)
				return true;
			continue;
		}
		member = lbpf_btf_members(stack[depth].type) + stack[depth].next++;
		type = lbpf_btf_skip_mods(btf, member->type, NULL);
		if (type && lbpf_btf_kind(type) == BTF_KIND_ARRAY) {
			if (!lbpf_btf_array(type)->nelems)
				return false;
			type = lbpf_btf_skip_mods(btf, lbpf_btf_array(type)->type, NULL);
		} else if (type && lbpf_btf_is_struct(type)) {
			if (++depth == MAX_STRUCT_DEPTH) {
				verbose(env, "max struct nesting depth exceeded\n");
				return false;
			}
			stack[depth].type = type;
			stack[depth].next = 0;
			continue;
		}
		if (!lbpf_btf_is_number(type))
			return false;
	}
}

/* The size of the memory that parameter @i points to is the next one. */
static bool has_size_arg(struct lbpf_env *env, const struct kcall *call, u32 i)
{
	const struct btf_param *param = lbpf_btf_params(call->proto) + i + 1;
	const char *name;
	size_t len;

	if (i + 1 >= lbpf_btf_vlen(call->proto) ||
	    !lbpf_btf_is_number(lbpf_btf_skip_mods(call->btf, param->type, NULL)) ||
	    lbpf_reg_of(env, BPF_REG_1 + i + 1)->type != LBPF_SCALAR)
		return false;
	name = lbpf_btf_name(call->btf, param->name_off) ?: "";
	len = strlen(name);
	return len >= strlen(SIZE_SUFFIX) &&
	       !strcmp(name + len - strlen(SIZE_SUFFIX), SIZE_SUFFIX);
}

/* Offsets that the checks behind it do not look at; what is released has none. */
static int check_offset(struct lbpf_env *env, const struct kcall *call, u32 regno)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	bool is_release = call->kfunc->proto.effects & LBPF_EFF_RELEASE && reg->ref_id;
	bool is_object = LBPF_TYPE_BASE(reg->type) == LBPF_PTR_BTF_ID;

	if (lbpf_call_may_be_moved(reg->type))
		return 0;
	if (is_object && is_release && reg->off)
		return reject(env, -EINVAL,
			      "R%d must have zero offset when passed to release func", regno);
	return lbpf_access_fixed_off(env, regno, !is_object);
}

/* A place in a map value that holds a reference. */
static int check_kptr(struct lbpf_env *env, const struct kcall *call, struct karg *arg)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, arg->regno);
	const struct lbpf_kptr *kptr;

	if (reg->type != LBPF_PTR_MAP_VALUE)
		return reject(env, -EINVAL, "arg#0 expected pointer to map value");
	if (!lbpf_tnum_is_const(reg->var.bits))
		return reject(env, -EINVAL, "arg#0 must have constant offset");
	kptr = lbpf_kptr_at(reg->map, reg->off + reg->var.bits.value);
	if (!kptr || !kptr->is_ref)
		return reject(env, -EINVAL, "arg#0 no referenced kptr at map value offset=%llu",
			      reg->off + reg->var.bits.value);
	if (is_void(arg->target) || lbpf_btf_kind(arg->target) != BTF_KIND_PTR)
		return reject(env, -EINVAL, "arg#0 BTF type must be a double pointer");
	arg->target = lbpf_btf_skip_mods(call->btf, arg->target->type, &arg->target_id);
	if (!arg->target || !lbpf_btf_is_struct(arg->target))
		return reject(env, -EINVAL,
			      "kernel function %s args#%d pointer type %s %s is not supported",
			      call->name, arg->i, target_kind(arg), target_name(call, arg));
	if (kptr->btf != call->btf ||
	    !lbpf_btf_contains(call->btf, arg->target_id, 0, kptr->type_id, true))
		return reject(env, -EINVAL, "kernel function %s args#%d expected pointer to %s %s",
			      call->name, arg->i, target_kind(arg), target_name(call, arg));
	return 0;
}

/* Kernel structs that pointers with rows of their own point to. */
static const char *const structs[LBPF_NR_REG_TYPES] = {
	[LBPF_PTR_SOCKET]	= "sock",
	[LBPF_PTR_SOCK_COMMON]	= "sock_common",
	[LBPF_PTR_TCP_SOCK]	= "tcp_sock",
};

static int check_object(struct lbpf_env *env, const struct kcall *call, const struct karg *arg)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, arg->regno);
	bool is_strict = call->kfunc->proto.effects & LBPF_EFF_RELEASE && reg->ref_id;
	const struct lbpf_btf *btf = reg->btf;
	const struct btf_type *type;
	int id = reg->btf_id;

	if (reg->type != LBPF_PTR_BTF_ID) {
		btf = call->btf;
		id = lbpf_btf_find(btf, structs[reg->type], BTF_KIND_STRUCT);
	}
	if (id > 0 && lbpf_btf_has_base(btf, call->btf) && reg->off >= 0 &&
	    lbpf_btf_contains(btf, id, reg->off, arg->target_id, is_strict))
		return 0;
	type = btf && id > 0 ? lbpf_btf_type(btf, id) : NULL;
	return reject(env, -EINVAL,
		      "kernel function %s args#%d expected pointer to %s %s but R%d has a pointer to %s %s",
		      call->name, arg->i, target_kind(arg), target_name(call, arg), arg->regno,
		      lbpf_btf_kind_name(type ? lbpf_btf_kind(type) : BTF_KIND_UNKN),
		      type ? lbpf_btf_type_name(btf, type) : "");
}

/* Memory, whose size follows or is that of the type.  1: the next argument is done too. */
static int check_memory(struct lbpf_env *env, const struct kcall *call, const struct karg *arg)
{
	bool has_size = has_size_arg(env, call, arg->i);
	u32 bytes;

	if (!lbpf_btf_is_number(arg->target) && !is_scalar_struct(env, call->btf, arg->target) &&
	    !(has_size && is_void(arg->target)))
		return reject(env, -EINVAL,
			      "arg#%d pointer type %s %s must point to %sscalar, or struct with scalar",
			      arg->i, target_kind(arg), target_name(call, arg),
			      has_size ? "void, " : "");
	if (has_size) {
		if (!lbpf_call_mem_size(env, arg->regno))
			return 1;
		return reject(env, -EINVAL,
			      "arg#%d arg#%d memory, len pair leads to invalid memory access",
			      arg->i, arg->i + 1);
	}
	if (!lbpf_btf_sized(call->btf, arg->target_id, NULL, &bytes))
		return reject(env, -EINVAL,
			      "arg#%d reference type('%s %s') size cannot be determined: %d",
			      arg->i, target_kind(arg), target_name(call, arg), -EINVAL);
	return lbpf_call_mem(env, arg->regno, bytes);
}

static int check_pointer(struct lbpf_env *env, struct kcall *call, struct karg *arg)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, arg->regno);
	u32 flags = call->kfunc->flags;
	int err;

	if (flags & LBPF_KF_TRUSTED && !reg->ref_id)
		return reject(env, -EINVAL, "R%d must be referenced", arg->regno);
	err = check_offset(env, call, arg->regno) ?:
	      lbpf_call_note_ref(env, &call->ref_id, arg->regno);
	if (err)
		return err;
	if (!arg->i && flags & LBPF_KF_KPTR_GET)
		return check_kptr(env, call, arg);
	if (lbpf_call_is_ctx(env->code->pt, call->btf, arg->target)) {
		if (reg->type == LBPF_PTR_CTX)
			return 0;
		return reject(env, -EINVAL, "arg#%d expected pointer to ctx, but got %s", arg->i,
			      lbpf_btf_kind_name(BTF_KIND_PTR));
	}
	if (reg->type == LBPF_PTR_BTF_ID ||
	    (!LBPF_TYPE_FLAGS(reg->type) && structs[LBPF_TYPE_BASE(reg->type)]))
		return check_object(env, call, arg);
	return check_memory(env, call, arg);
}

static int check_arg(struct lbpf_env *env, struct kcall *call, u32 i)
{
	const struct btf_param *param = lbpf_btf_params(call->proto) + i;
	const struct btf_type *type = lbpf_btf_skip_mods(call->btf, param->type, NULL);
	struct karg arg = { .i = i, .regno = BPF_REG_1 + i };
	int err = lbpf_use_reg(env, arg.regno, LBPF_REG_SRC);

	if (err)
		return err;
	if (lbpf_btf_is_number(type)) {
		if (lbpf_reg_of(env, arg.regno)->type == LBPF_SCALAR)
			return 0;
		return reject(env, -EINVAL, "R%d is not a scalar", arg.regno);
	}
	if (!type || lbpf_btf_kind(type) != BTF_KIND_PTR)
		return reject(env, -EINVAL, "Unrecognized arg#%d type %s", i,
			      lbpf_btf_kind_name(type ? lbpf_btf_kind(type) : BTF_KIND_UNKN));
	arg.target = lbpf_btf_skip_mods(call->btf, type->type, &arg.target_id);
	return check_pointer(env, call, &arg);
}

static int check_args(struct lbpf_env *env, struct kcall *call)
{
	u32 effects = call->kfunc->proto.effects, nr = lbpf_btf_vlen(call->proto), i;
	int ret;

	if (nr > LBPF_MAX_ARGS)
		return reject(env, -EINVAL, "Function %s has %d > %d args", call->name, nr,
			      LBPF_MAX_ARGS);
	for (i = 0; i < nr; i++) {
		ret = check_arg(env, call, i);
		if (ret < 0)
			return ret;
		i += ret;
	}
	if (!(effects & LBPF_EFF_RELEASE))
		return 0;
	if (!call->ref_id)
		return reject(env, -EINVAL,
			      "release kernel function %s expects refcounted PTR_TO_BTF_ID",
			      call->name);
	if (lbpf_call_release(env, call->ref_id))
		return reject(env, -EINVAL, "kfunc %s reference has not been acquired before",
			      call->name);
	return 0;
}

/* A pointer to a struct whose size is what the function's code takes it for. */
static int return_object(struct lbpf_env *env, const struct kcall *call, u32 target_id)
{
	const struct lbpf_kfunc *kfunc = call->kfunc;
	struct lbpf_reg *r0 = lbpf_reg_of(env, BPF_REG_0);
	const struct btf_type *target;
	u32 id;
	int ref;

	target = lbpf_btf_skip_mods(call->btf, target_id, &id);
	if (!target || !lbpf_btf_is_struct(target) || target->size != kfunc->result_bytes)
		return reject(env, -EINVAL,
			      "kernel function %s returns pointer type %s %s is not supported",
			      call->name,
			      lbpf_btf_kind_name(target ? lbpf_btf_kind(target) : BTF_KIND_UNKN),
			      target ? lbpf_btf_type_name(call->btf, target) : "");
	lbpf_reg_set_btf(r0, 0, call->btf, id);
	if (kfunc->flags & LBPF_KF_RET_NULL) {
		r0->type |= LBPF_MAYBE_NULL;
		r0->id = ++env->last_id;
	}
	if (!(kfunc->proto.effects & LBPF_EFF_ACQUIRE))
		return 0;
	ref = lbpf_ref_acquire(env, env->idx);
	if (ref < 0)
		return ref;
	if (kfunc->flags & LBPF_KF_RET_NULL)
		r0->id = ref;
	r0->ref_id = ref;
	return 0;
}

static int return_value(struct lbpf_env *env, const struct kcall *call)
{
	const struct btf_type *type = lbpf_btf_skip_mods(call->btf, call->proto->type, NULL);
	bool is_ptr = type && lbpf_btf_kind(type) == BTF_KIND_PTR;

	if (call->kfunc->proto.effects & LBPF_EFF_ACQUIRE && !is_ptr)
		return reject(env, -EINVAL,
			      "acquire kernel function does not return PTR_TO_BTF_ID");
	if (is_ptr)
		return return_object(env, call, type->type);
	if (lbpf_btf_is_number(type))
		lbpf_reg_set_unknown(env, lbpf_reg_of(env, BPF_REG_0));
	return 0;
}

/* Types of a module, named by entry @index of fd_array, which is read once. */
static int find_module_btf(struct lbpf_env *env, s16 index, const struct lbpf_btf **found)
{
	struct lbpf_code *code = env->code;
	const struct lbpf_btf *btf;
	int err;
	u32 fd;

	if (index < 0)
		return reject(env, -EINVAL,
			      "negative offset disallowed for kernel module function call");
	*found = lbpf_code_btf_at(code, index);
	if (*found)
		return 0;
	if (!code->fd_array)
		return reject(env, -EPROTO, "kfunc offset > 0 without fd_array is invalid");
	err = lbpf_fd_array_read(env, index, &fd);
	if (err)
		return err;
	btf = lbpf_kernel_btf_from_fd(fd);
	if (btf == ERR_PTR(-ENOTSUPP) || (!IS_ERR(btf) && !btf->base))
		return reject(env, -EINVAL, "BTF fd for kfunc is not a module BTF");
	if (IS_ERR(btf))
		return reject(env, PTR_ERR(btf), "invalid module BTF fd specified");
	*found = btf;
	return lbpf_code_use_btf(code, btf, index);
}

static int find_btf(struct lbpf_env *env, const struct bpf_insn *insn, struct kcall *call)
{
	int err;

	call->btf = lbpf_kernel_btf();
	if (PTR_ERR_OR_ZERO(call->btf) == -ENOMEM)
		return -ENOMEM;
	if (IS_ERR(call->btf))
		return reject(env, -ENOTSUPP,
			      "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF");
	if (!env->code->is_gpl)
		return reject(env, -EINVAL,
			      "cannot call kernel function from non-GPL compatible program");
	if (!insn->off)
		return 0;
	err = find_module_btf(env, insn->off, &call->btf);
	return err ? reject(env, err, "failed to find BTF for kernel function") : 0;
}

static int find_call(struct lbpf_env *env, const struct bpf_insn *insn, struct kcall *call)
{
	u32 id = insn->imm;
	int err = find_btf(env, insn, call);

	if (err)
		return err;
	call->func = lbpf_btf_type(call->btf, id);
	if (!call->func || lbpf_btf_kind(call->func) != BTF_KIND_FUNC)
		return reject(env, -EINVAL, "kernel btf_id %u is not a function", id);
	call->name = lbpf_btf_type_name(call->btf, call->func);
	call->proto = lbpf_btf_type(call->btf, call->func->type);
	if (!call->proto || lbpf_btf_kind(call->proto) != BTF_KIND_FUNC_PROTO)
		return reject(env, -EINVAL,
			      "kernel function btf_id %u does not have a valid func_proto", id);
	return 0;
}

/**
 * lbpf_kfunc_resolve() - A kernel function that the program names is there
 * @env: The run.
 * @idx: Instruction that calls it.
 *
 * Whether the program may call it is asked where the call is reached.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_kfunc_resolve(struct lbpf_env *env, u32 idx)
{
	struct kcall call = { 0 };

	return find_call(env, &env->insns[idx], &call);
}

/**
 * lbpf_call_kfunc() - A call of a kernel function
 * @env: The run; env->idx moves behind the call.
 * @insn: Instruction.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_kfunc(struct lbpf_env *env, const struct bpf_insn *insn)
{
	const struct lbpf_progtype *pt = env->code->pt;
	struct kcall call = { 0 };
	int err;

	if (env->cur->lock_id)
		return reject(env, -EINVAL,
			      "function calls are not allowed while holding a lock");
	err = find_call(env, insn, &call);
	if (err)
		return err;
	/* There is code only for functions of vmlinux. */
	call.kfunc = pt->kfunc && !call.btf->base ? pt->kfunc(call.name) : NULL;
	if (!call.kfunc)
		return reject(env, -EACCES, "calling kernel function %s is not allowed",
			      call.name);
	if (call.kfunc->proto.effects & LBPF_EFF_SLEEPS && !env->is_sleepable)
		return reject(env, -EACCES,
			      "program must be sleepable to call sleepable kfunc %s", call.name);
	env->aux[env->idx].proto = &call.kfunc->proto;
	err = check_args(env, &call);
	if (err)
		return err;
	lbpf_call_clobber(env);
	err = return_value(env, &call);
	if (!err)
		env->idx++;
	return err;
}
