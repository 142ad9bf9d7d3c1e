// SPDX-License-Identifier: GPL-2.0
/*
 * Loads and stores through pointers to kernel objects that are known by their type.
 *
 * Layer: verifier (access).  Such a pointer is only as good as what it was read from: loads
 * through it may fault, and give 0 then.
 * Source: the words of the refusals are those of Linux 6.1.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>

#include "walk.h"

/**
 * lbpf_reg_set_btf() - A register that points to a kernel object
 * @reg: Register.
 * @flags: Flags beside LBPF_PTR_BTF_ID.
 * @btf: Where its type is described.
 * @id: Type in @btf; of a module that describes it in terms of the kernel, it is the kernel's.
 */
void lbpf_reg_set_btf(struct lbpf_reg *reg, u32 flags, const struct lbpf_btf *btf, u32 id)
{
	while (btf && btf->base && id < btf->first_id)
		btf = btf->base;
	lbpf_reg_set_pointer(reg, LBPF_PTR_BTF_ID | flags);
	reg->btf = btf;
	reg->btf_id = id;
}

/**
 * lbpf_reg_type_name() - Name of the type that a register points to
 * @reg: PTR_BTF_ID.
 *
 * Return: Name, "" when it has none.
 */
const char *lbpf_reg_type_name(const struct lbpf_reg *reg)
{
	const struct btf_type *type = reg->btf ? lbpf_btf_type(reg->btf, reg->btf_id) : NULL;

	return type ? lbpf_btf_type_name(reg->btf, type) : "";
}

static const char *name_at(const struct lbpf_btf *btf, u32 off)
{
	return off ? lbpf_btf_name(btf, off) ?: "(invalid-name-offset)" : "(anon)";
}

static int refuse_place(struct lbpf_env *env, const struct lbpf_btf *btf,
			const struct lbpf_btf_place *place, u32 size, int err)
{
	const char *parent = name_at(btf, place->parent ? place->parent->name_off : 0);
	const char *member = name_at(btf, place->member ? place->member->name_off : 0);

	switch (place->miss) {
	case LBPF_BTF_MISS_STRUCT:
		return reject(env, err, "access beyond struct %s at off %u size %u", parent,
			      place->off, size);
	case LBPF_BTF_MISS_MEMBER:
		return reject(env, err, "struct %s doesn't have field at offset %d", parent,
			      place->off);
	case LBPF_BTF_MISS_SIZE:
		return reject(env, err, "field %s doesn't have size", member);
	case LBPF_BTF_MISS_POINTER:
		return reject(env, err,
			      "cannot access ptr member %s with moff %u in struct %s with off %u size %u",
			      member, place->member_off, parent, place->off, size);
	case LBPF_BTF_MISS_END:
		return reject(env, err,
			      "access beyond the end of member %s (mend:%u) in struct %s with off %u size %u",
			      member, place->member_end, parent, place->off, size);
	default:
		return reject(env, err, "Type '%s' is not a struct", parent);
	}
}

/* What keeps any access through the pointer from being one. */
static int check_pointer(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	const char *name = lbpf_reg_type_name(reg);
	s32 off = reg->off + access->off;
	char var[64];

	if (!env->may_leak)
		return reject(env, -EPERM,
			      "'struct %s' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN",
			      name);
	if (off < 0)
		return reject(env, -EACCES, "R%d is ptr_%s invalid negative access: off=%d",
			      access->regno, name, off);
	if (!lbpf_tnum_is_const(reg->var.bits) || reg->var.bits.value) {
		lbpf_tnum_print(var, sizeof(var), reg->var.bits);
		return reject(env, -EACCES,
			      "R%d is ptr_%s invalid variable offset: off=%d, var_off=%s",
			      access->regno, name, off, var);
	}
	if (reg->type & LBPF_USER)
		return reject(env, -EACCES, "R%d is ptr_%s access user memory: off=%d",
			      access->regno, name, off);
	if (reg->type & LBPF_PERCPU)
		return reject(env, -EACCES, "R%d is ptr_%s access percpu memory: off=%d",
			      access->regno, name, off);
	return 0;
}

/* What was loaded: a pointer keeps the doubts about where it was loaded from. */
static void load_place(struct lbpf_env *env, const struct lbpf_access *access,
		       const struct lbpf_btf_place *place)
{
	const struct lbpf_reg from = *lbpf_reg_of(env, access->regno);
	struct lbpf_reg *reg;
	u32 flags;

	if (access->value_regno < 0)
		return;
	reg = lbpf_reg_of(env, access->value_regno);
	if (place->kind != LBPF_BTF_POINTER) {
		lbpf_reg_set_unknown(env, reg);
		return;
	}
	flags = from.type & LBPF_UNTRUSTED;
	if (place->flags & LBPF_BTF_USER)
		flags |= LBPF_USER;
	if (place->flags & LBPF_BTF_PERCPU)
		flags |= LBPF_PERCPU;
	lbpf_reg_set_btf(reg, flags, from.btf, place->id);
}

/* May the program touch objects of this type in this way? */
static int check_type(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_kernel_writes *writes = env->code->attach.writes;
	bool is_own = writes && !strcmp(lbpf_reg_type_name(lbpf_reg_of(env, access->regno)),
					writes->name);

	if (is_own || (!access->is_write && !(writes && writes->is_alone)))
		return 0;
	if (writes && writes->is_alone)
		return reject(env, -EACCES, "only access to %s is supported", writes->name);
	return reject(env, -EACCES, "only read is supported");
}

/* A store into one of the spans that may be written. */
static int check_span(struct lbpf_env *env, const struct lbpf_kernel_writes *writes, u32 off,
		      u32 size)
{
	const struct lbpf_span *span;
	u32 i;

	for (i = 0; i < writes->nr_spans; i++) {
		span = &writes->spans[i];
		if (off < span->off || off >= span->end || (span->is_whole && off != span->off))
			continue;
		if (off + size <= span->end)
			return 0;
		return reject(env, -EACCES,
			      "write access at off %d with size %d beyond the member of %s ended at %u",
			      off, size, writes->name, span->end);
	}
	return reject(env, -EACCES, "no write support to %s at off %d", writes->name, off);
}

/**
 * lbpf_access_btf() - A load or a store through a pointer to a kernel object
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, -EPERM, -EACCES, -EINVAL.
 */
int lbpf_access_btf(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	const struct lbpf_kernel_writes *writes = env->code->attach.writes;
	struct lbpf_btf_place place;
	u32 off;
	int err;

	if (!reg->btf)
		return reject(env, -EACCES, "R%d invalid mem access '%s'", access->regno,
			      lbpf_type_name(env, reg->type));
	err = check_pointer(env, access);
	if (err)
		return err;
	err = check_type(env, access);
	if (err)
		return err;
	off = reg->off + access->off;
	if (access->is_write && writes->spans)
		return check_span(env, writes, off, access->size);
	err = lbpf_btf_walk(reg->btf, reg->btf_id, off, access->size, &place);
	if (err)
		return refuse_place(env, reg->btf, &place, access->size, err);
	if (access->is_write) {
		/* Linux 6.1 takes arguments for objects, but they may be NULL. */
		env->aux[env->idx].flags |= LBPF_INSN_GUARD_STORE;
		return 0;
	}
	env->aux[env->idx].flags |= LBPF_INSN_PROBE_MEM;
	load_place(env, access, &place);
	return 0;
}
