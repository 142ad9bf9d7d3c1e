// SPDX-License-Identifier: GPL-2.0
/*
 * Global functions: verified by themselves, for any arguments that their types allow; a call is
 * checked against these types alone.
 *
 * Layer: verifier (call).
 * Source: BTF_FUNC_GLOBAL of Linux 6.1, its rules and words.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>

#include "call.h"

/* What a parameter is. */
enum param_kind {
	PARAM_NUMBER,
	PARAM_ENUM64,	/* a number to the function, and nothing that a caller may give */
	PARAM_CTX,
	PARAM_MEM,
	PARAM_UNSIZED,	/* a pointer to what has no size */
	PARAM_OTHER,
};

/**
 * struct param - A parameter of a function
 * @kind: What it is.
 * @type: Its type, or, of pointers, what it points to.
 * @size_bytes: PARAM_MEM: size of that.
 */
struct param {
	enum param_kind		kind;
	const struct btf_type	*type;
	u32			size_bytes;
};

static const struct btf_type *func_of(const struct lbpf_env *env, u32 subprog)
{
	return lbpf_btf_type(env->code->btf, env->code->func_infos[subprog].type_id);
}

static const struct btf_type *proto_of(const struct lbpf_env *env, u32 subprog)
{
	return lbpf_btf_type(env->code->btf, func_of(env, subprog)->type);
}

static const char *func_name(const struct lbpf_env *env, u32 subprog)
{
	return lbpf_btf_type_name(env->code->btf, func_of(env, subprog));
}

static void read_param(const struct lbpf_env *env, u32 id, struct param *param)
{
	const struct lbpf_btf *btf = env->code->btf;
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);
	u32 target;

	param->type = type;
	param->kind = PARAM_OTHER;
	if (!type)
		return;
	if (lbpf_btf_is_number(type)) {
		param->kind = lbpf_btf_kind(type) == BTF_KIND_ENUM64 ? PARAM_ENUM64 : PARAM_NUMBER;
		return;
	}
	if (lbpf_btf_kind(type) != BTF_KIND_PTR)
		return;
	target = type->type;
	param->type = lbpf_btf_skip_mods(btf, target, NULL);
	param->kind = PARAM_UNSIZED;
	if (lbpf_call_is_ctx(env->code->pt, btf, param->type))
		param->kind = PARAM_CTX;
	else if (lbpf_btf_sized(btf, target, NULL, &param->size_bytes))
		param->kind = PARAM_MEM;
}

static int refuse_unsized(struct lbpf_env *env, u32 i, const struct param *param)
{
	const struct btf_type *type = param->type;

	return reject(env, -EINVAL,
		      "arg#%d reference type('%s %s') size cannot be determined: %d", i,
		      lbpf_btf_kind_name(type ? lbpf_btf_kind(type) : BTF_KIND_UNKN),
		      type ? lbpf_btf_type_name(env->code->btf, type) : "", -EINVAL);
}

static int set_arg(struct lbpf_env *env, struct lbpf_reg *reg, u32 subprog, u32 i,
		   const struct param *param)
{
	switch (param->kind) {
	case PARAM_NUMBER:
	case PARAM_ENUM64:
		lbpf_reg_set_unknown(env, reg);
		return 0;
	case PARAM_CTX:
		lbpf_reg_set_pointer(reg, LBPF_PTR_CTX);
		return 0;
	case PARAM_MEM:
		lbpf_reg_set_pointer(reg, LBPF_PTR_MEM | LBPF_MAYBE_NULL);
		reg->mem_size = param->size_bytes;
		reg->id = ++env->last_id;
		return 0;
	case PARAM_UNSIZED:
		return refuse_unsized(env, i, param);
	default:
		return reject(env, -EINVAL, "Arg#%d type %s in %s() is not supported yet.", i,
			      lbpf_btf_kind_name(param->type ? lbpf_btf_kind(param->type) :
							       BTF_KIND_UNKN),
			      func_name(env, subprog));
	}
}

/**
 * lbpf_global_args() - Arguments of a global function, as its types say
 * @env: The run.
 * @frame: Its frame.
 * @subprog: Function.
 *
 * Return: 0 or -EINVAL with the reason in the log.
 */
int lbpf_global_args(struct lbpf_env *env, struct lbpf_frame *frame, u32 subprog)
{
	const struct btf_type *proto = proto_of(env, subprog), *ret;
	const struct btf_param *params = lbpf_btf_params(proto);
	u32 i, nr = lbpf_btf_vlen(proto);
	struct param param = { 0 };
	int err = 0;

	if (env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL))
		verbose(env, "Validating %s() func#%d...\n", func_name(env, subprog), subprog);
	if (nr > LBPF_MAX_ARGS)
		return reject(env, -EINVAL,
			      "Global function %s() with %d > %d args. Buggy compiler.",
			      func_name(env, subprog), nr, LBPF_MAX_ARGS);
	ret = lbpf_btf_skip_mods(env->code->btf, proto->type, NULL);
	if (!lbpf_btf_is_number(ret))
		return reject(env, -EINVAL,
			      "Global function %s() doesn't return scalar. Only those are supported.",
			      func_name(env, subprog));
	for (i = 0; i < nr && !err; i++) {
		read_param(env, params[i].type, &param);
		err = set_arg(env, &frame->regs[BPF_REG_1 + i], subprog, i, &param);
	}
	/* Linux numbers them twice, and the log shows it. */
	for (i = BPF_REG_1; i <= LBPF_MAX_ARGS; i++)
		if (frame->regs[i].id)
			frame->regs[i].id = ++env->last_id;
	return err;
}

/**
 * lbpf_call_mem() - Memory that a function may read and write, and that it tests for NULL
 * @env: The run.
 * @regno: Register with the address.
 * @size_bytes: Bytes.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_call_mem(struct lbpf_env *env, u32 regno, u32 size_bytes)
{
	struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	struct lbpf_region region = { .regno = regno, .size = size_bytes,
				      .may_be_empty = true };
	u32 type = reg->type;
	int err;

	if (lbpf_reg_is_null(reg))
		return lbpf_precise_reg(env, regno);
	reg->type &= ~LBPF_MAYBE_NULL;
	err = lbpf_call_region(env, &region);
	region.is_filled = true;
	err = err ?: lbpf_call_region(env, &region);
	reg->type = type;
	return err ? -EINVAL : 0;
}

static int check_arg(struct lbpf_env *env, u32 i, const struct param *param)
{
	u32 regno = BPF_REG_1 + i;
	struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	int err;

	env->judged_reg = regno;
	if (reg->type != LBPF_NOT_INIT)
		lbpf_live_read(env, reg);
	if (param->kind == PARAM_NUMBER)
		return reg->type == LBPF_SCALAR ? 0 :
		       reject(env, -EINVAL, "R%d is not a scalar", regno);
	if (param->kind == PARAM_OTHER || param->kind == PARAM_ENUM64)
		return reject(env, -EINVAL, "Unrecognized arg#%d type %s", i,
			      lbpf_btf_kind_name(param->type ? lbpf_btf_kind(param->type) :
							       BTF_KIND_UNKN));
	if (!lbpf_call_may_be_moved(reg->type)) {
		err = lbpf_access_fixed_off(env, regno, true);
		if (err)
			return err;
	}
	if (param->kind == PARAM_UNSIZED)
		return refuse_unsized(env, i, param);
	if (param->kind == PARAM_MEM)
		return lbpf_call_mem(env, regno, param->size_bytes);
	if (reg->type == LBPF_PTR_CTX)
		return 0;
	return reject(env, -EINVAL, "arg#%d expected pointer to ctx, but got %s", i,
		      lbpf_btf_kind_name(BTF_KIND_PTR));
}

static int check_args(struct lbpf_env *env, u32 subprog)
{
	const struct btf_type *proto = proto_of(env, subprog);
	const struct btf_param *params = lbpf_btf_params(proto);
	u32 i, nr = lbpf_btf_vlen(proto);
	struct param param = { 0 };
	int err = 0;

	if (nr > LBPF_MAX_ARGS)
		return reject(env, -EINVAL, "Function %s has %d > %d args",
			      func_name(env, subprog), nr, LBPF_MAX_ARGS);
	for (i = 0; i < nr && !err; i++) {
		read_param(env, params[i].type, &param);
		err = check_arg(env, i, &param);
	}
	return err;
}

/* Is an argument of a static function what the type says?  The log says why not. */
static bool is_as_declared(struct lbpf_env *env, u32 subprog, u32 i, const struct param *param)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, BPF_REG_1 + i);

	if (param->kind == PARAM_NUMBER && reg->type != LBPF_SCALAR)
		verbose(env, "R%d is not a scalar\n", BPF_REG_1 + i);
	else if (param->kind == PARAM_OTHER || param->kind == PARAM_ENUM64)
		verbose(env, "Unrecognized arg#%d type %s\n", i,
			lbpf_btf_kind_name(param->type ? lbpf_btf_kind(param->type) :
							 BTF_KIND_UNKN));
	else if (param->kind != PARAM_NUMBER && reg->type == LBPF_PTR_CTX && reg->off)
		verbose(env, "dereference of modified ctx ptr R%d off=%d disallowed\n",
			BPF_REG_1 + i, reg->off);
	else if (param->kind != PARAM_NUMBER && reg->type == LBPF_NOT_INIT)
		verbose(env, "variable ? access var_off=(0x0; 0xffffffffffffffff) disallowed\n");
	else if (param->kind == PARAM_MEM || param->kind == PARAM_UNSIZED)
		verbose(env, "reg type unsupported for arg#%d function %s#%d\n", i,
			func_name(env, subprog), env->code->func_infos[subprog].type_id);
	else if (param->kind == PARAM_CTX && reg->type != LBPF_PTR_CTX)
		verbose(env, "arg#%d expected pointer to ctx, but got %s\n", i,
			lbpf_btf_kind_name(BTF_KIND_PTR));
	else
		return true;
	return false;
}

/**
 * lbpf_call_static() - Log where a call of a static function does not meet the function's types
 * @env: The run.
 * @subprog: Function; 0: the program, which gets the context.
 *
 * Such a call is walked into, and right or wrong by what the function does: the
 * first one that differs is told, as Linux does, and nothing else comes of it.
 */
void lbpf_call_static(struct lbpf_env *env, u32 subprog)
{
	struct lbpf_subprog *callee = &env->code->subprogs[subprog];
	struct param param = { 0 };
	const struct btf_type *proto;
	u32 i, nr;

	if (!env->code->nr_func_infos || callee->is_loosely_typed)
		return;
	proto = proto_of(env, subprog);
	nr = lbpf_btf_vlen(proto);
	if (nr > LBPF_MAX_ARGS)
		verbose(env, "Function %s has %d > %d args\n", func_name(env, subprog), nr,
			LBPF_MAX_ARGS);
	callee->is_loosely_typed = nr > LBPF_MAX_ARGS;
	for (i = 0; i < nr && !callee->is_loosely_typed; i++) {
		read_param(env, lbpf_btf_params(proto)[i].type, &param);
		callee->is_loosely_typed = !is_as_declared(env, subprog, i, &param);
	}
}

/**
 * lbpf_call_global() - A call of a global function, which is not walked into
 * @env: The run; env->idx moves behind the call.
 * @subprog: Function.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_call_global(struct lbpf_env *env, u32 subprog)
{
	int err = check_args(env, subprog);

	if (err)
		return reject(env, err, "Caller passes invalid args into func#%d", subprog);
	if (env->log->level & (LBPF_LOG_INSNS | LBPF_LOG_ALL))
		verbose(env, "Func#%d is global and valid. Skipping.\n", subprog);
	lbpf_call_clobber(env);
	if (env->code->subprogs[subprog].changes_packet)
		lbpf_call_forget_packets(env);
	lbpf_reg_set_unknown(env, lbpf_reg_of(env, BPF_REG_0));
	env->idx++;
	return 0;
}

/**
 * lbpf_global_result() - R0 where a global function returns
 * @env: The run.
 *
 * Return: 0 or -EINVAL with the reason in the log.
 */
int lbpf_global_result(struct lbpf_env *env)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, BPF_REG_0);

	if (reg->type == LBPF_SCALAR)
		return 0;
	return reject(env, -EINVAL, "At subprogram exit the register R0 is not a scalar value (%s)",
		      lbpf_type_name(env, reg->type));
}
