// SPDX-License-Identifier: GPL-2.0
/*
 * Contexts that are the arguments of a kernel function.
 *
 * Layer: verifier (access).  Each argument takes 8 bytes; types come from the prototype of what
 * the program attaches to.
 * Source: the words of the refusals are those of Linux 6.1.
 */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>

#include "walk.h"

/* Arguments that a context has room for, and how many a function without a prototype has. */
#define MAX_CTX_ARGS	12
#define NR_REG_ARGS	5

static int refuse(struct lbpf_env *env, const struct lbpf_access *access)
{
	return reject(env, -EACCES, "invalid bpf_context access off=%d size=%d",
		      lbpf_reg_of(env, access->regno)->off + access->off, access->size);
}

/* Programs that may change the result of a function see it if it is a number. */
static int check_number(struct lbpf_env *env, const struct btf_type *proto)
{
	const struct btf_type *type = lbpf_btf_skip_mods(env->code->attach.btf, proto->type, NULL);
	u32 kind = type ? lbpf_btf_kind(type) : BTF_KIND_UNKN;

	if (kind == BTF_KIND_INT && type->size <= sizeof(u64))
		return 0;
	verbose(env, "ret type %s not allowed for fmod_ret\n", lbpf_btf_kind_name(kind));
	return -EACCES;
}

/* Bytes of the context that a value takes. */
static u32 slot_bytes(const struct lbpf_btf *btf, u32 id)
{
	u32 bytes = 0;

	lbpf_btf_sized(btf, id, NULL, &bytes);
	return round_up(bytes, sizeof(u64));
}

/* Number of the argument at @off: behind all of them that of the result, then one more. */
static u32 arg_at(const struct lbpf_attach *attach, u32 off)
{
	const struct btf_type *proto = attach->proto;
	u32 i, end = 0;

	if (!proto)
		return off / sizeof(u64);
	for (i = 0; i < lbpf_btf_vlen(proto); i++) {
		end += slot_bytes(attach->btf, lbpf_btf_params(proto)[i].type);
		if (off < end)
			return i;
	}
	end += slot_bytes(attach->btf, proto->type);
	return off < end ? i : i + 1;
}

/* Type of argument @arg, 0 for one of a function without prototype, or -EACCES. */
static int find_arg(struct lbpf_env *env, u32 arg, u32 *id)
{
	const struct lbpf_attach *attach = &env->code->attach;
	const struct btf_type *proto = attach->proto;
	u32 nr = NR_REG_ARGS;

	*id = 0;
	if (proto) {
		nr = lbpf_btf_vlen(proto);
		nr -= min(nr, attach->nr_skipped_args);
	}
	if (arg < nr) {
		if (proto)
			*id = lbpf_btf_params(proto)[arg + attach->nr_skipped_args].type;
		return 0;
	}
	if (arg > nr || attach->result == LBPF_RESULT_HIDDEN) {
		verbose(env, "func '%s' doesn't have %d-th argument\n", attach->name, arg + 1);
		return -EACCES;
	}
	if (!proto)
		return 0;
	*id = proto->type;
	return attach->result == LBPF_RESULT_NUMBER ? check_number(env, proto) : 0;
}

/* The register for a pointer argument: what the row of the program type says, or by its type. */
static int load_pointer(struct lbpf_env *env, const struct lbpf_access *access, u32 arg,
			const struct btf_type *ptr, struct lbpf_reg *reg)
{
	const struct lbpf_attach *attach = &env->code->attach;
	const struct btf_type *target;
	struct lbpf_btf_place place;
	u32 flags = arg < LBPF_ATTACH_ARGS ? attach->arg_types[arg] : 0;

	target = lbpf_btf_skip_mods(attach->btf, ptr->type, NULL);
	/* Bytes, or anything: an address that nothing can be done with. */
	if (!ptr->type || (target && lbpf_btf_kind(target) == BTF_KIND_INT)) {
		lbpf_reg_set_unknown(env, reg);
		return 0;
	}
	if (LBPF_TYPE_BASE(flags) == LBPF_PTR_BUF) {
		lbpf_reg_set_pointer(reg, flags);
		reg->id = ++env->last_id;
		return 0;
	}
	lbpf_btf_pointee(attach->btf, ptr, &place);
	if (place.kind != LBPF_BTF_POINTER) {
		verbose(env, "func '%s' arg%d type %s is not a struct\n", attach->name, arg,
			lbpf_btf_kind_name(target ? lbpf_btf_kind(target) : BTF_KIND_UNKN));
		return -EACCES;
	}
	verbose(env, "func '%s' arg%d has btf_id %d type %s '%s'\n", attach->name, arg, place.id,
		lbpf_btf_kind_name(lbpf_btf_kind(target)),
		lbpf_btf_type_name(attach->btf, target));
	flags = LBPF_TYPE_FLAGS(flags);
	if (access->size != sizeof(u64))
		flags |= LBPF_CUT;
	if (place.flags & LBPF_BTF_USER)
		flags |= LBPF_USER;
	if (place.flags & LBPF_BTF_PERCPU)
		flags |= LBPF_PERCPU;
	if (attach->arg_as_id && place.id == attach->arg_id)
		place.id = attach->arg_as_id;
	lbpf_reg_set_btf(reg, flags, attach->btf, place.id);
	if (flags & LBPF_MAYBE_NULL)
		reg->id = ++env->last_id;
	return 0;
}

/* Structs are passed in registers as numbers. */
static bool is_unknown(const struct btf_type *type)
{
	if (lbpf_btf_kind(type) == BTF_KIND_INT)
		return type->size <= sizeof(u64);
	return lbpf_btf_is_enum(type) || lbpf_btf_kind(type) == BTF_KIND_STRUCT;
}

static int load_arg(struct lbpf_env *env, const struct lbpf_access *access, u32 arg, u32 id)
{
	const struct lbpf_attach *attach = &env->code->attach;
	struct lbpf_reg scratch = { 0 };
	struct lbpf_reg *reg = access->value_regno < 0 ? &scratch :
							 lbpf_reg_of(env, access->value_regno);
	const struct btf_type *type = lbpf_btf_skip_mods(attach->btf, id, NULL);

	if (!attach->proto || (type && is_unknown(type))) {
		lbpf_reg_set_unknown(env, reg);
		return 0;
	}
	if (type && lbpf_btf_kind(type) == BTF_KIND_PTR)
		return load_pointer(env, access, arg, type, reg);
	verbose(env, "func '%s' arg%d '%s' has type %s. Only pointer access is allowed\n",
		attach->name, arg, type ? lbpf_btf_type_name(attach->btf, type) : "",
		lbpf_btf_kind_name(type ? lbpf_btf_kind(type) : BTF_KIND_UNKN));
	return -EACCES;
}

/**
 * lbpf_access_args() - A load from a context that is the arguments of a function
 * @env: The run.
 * @access: The access.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_args(struct lbpf_env *env, const struct lbpf_access *access)
{
	s32 off = lbpf_reg_of(env, access->regno)->off + access->off;
	u32 id, arg;

	if (off < 0 || access->is_write)
		return refuse(env, access);
	if (env->code->pt->flags & LBPF_PT_ARGS_ALIGNED &&
	    (off >= MAX_CTX_ARGS * sizeof(u64) || off % access->size))
		return refuse(env, access);
	if (off % sizeof(u64)) {
		verbose(env, "func '%s' offset %d is not multiple of 8\n", env->code->attach.name,
			off);
		return refuse(env, access);
	}
	arg = arg_at(&env->code->attach, off);
	if (find_arg(env, arg, &id) || load_arg(env, access, arg, id))
		return refuse(env, access);
	env->code->ctx_end = max_t(u32, env->code->ctx_end, off + access->size);
	return 0;
}
