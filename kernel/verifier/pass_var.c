// SPDX-License-Identifier: GPL-2.0
/*
 * 16-byte loads of the address of a kernel variable.
 *
 * Layer: verifier (pass).  The variable is one of vmlinux' or a module's BTF; only those that are
 * exported have an address here.
 * Source: BPF_PSEUDO_BTF_ID in <linux/bpf.h>; words of the refusals are those of Linux 6.1.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/kernel_var.h>

#include "walk.h"

#define PERCPU_SECTION	".data..percpu"

static int use_btf(struct lbpf_env *env, const struct lbpf_btf *btf)
{
	int err = lbpf_code_use_btf(env->code, btf, 0);

	if (err == -E2BIG)
		return reject(env, err,
			      "The total number of btfs per program has reached the limit of %u",
			      LBPF_MAX_USED_BTFS);
	return err ? reject(env, err, "the module of the types has gone") : 0;
}

/* BTF that the load names: vmlinux', or by a descriptor also that of a module. */
static int find_btf(struct lbpf_env *env, u32 fd, const struct lbpf_btf **found)
{
	const struct lbpf_btf *btf = fd ? lbpf_kernel_btf_from_fd(fd) : lbpf_kernel_btf();

	*found = btf;
	switch (PTR_ERR_OR_ZERO(btf)) {
	case 0:
		/* Those of vmlinux stay in any case. */
		return fd ? use_btf(env, btf) : 0;
	case -ENOMEM:
		return -ENOMEM;
	case -EBADF:
	case -EINVAL:
		return reject(env, -EINVAL, "invalid module BTF object FD specified.");
	case -ENOTSUPP:
		return reject(env, -EINVAL, "kernel variables are those of the kernel only");
	}
	return reject(env, -EINVAL,
		      "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.");
}

/* Is there one of it for each CPU? */
static bool is_percpu(const struct lbpf_btf *btf, u32 id)
{
	int section = lbpf_btf_find_indexed(btf, PERCPU_SECTION, BTF_KIND_DATASEC);
	const struct btf_var_secinfo *info;
	const struct btf_type *type;
	u32 i;

	if (section < 0)
		return false;
	type = lbpf_btf_type(btf, section);
	lbpf_btf_for_each_secinfo(i, type, info)
		if (info->type == id)
			return true;
	return false;
}

static int check_size(struct lbpf_env *env, const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);

	if ((type && lbpf_btf_is_struct(type)) || lbpf_btf_sized(btf, id, NULL, NULL))
		return 0;
	return reject(env, -EINVAL, "ldimm64 unable to resolve the size of type '%s': %d",
		      type ? lbpf_btf_type_name(btf, type) : "", -EINVAL);
}

/* The program holds the module of types that are none of vmlinux. */
static const void *find_address(struct lbpf_env *env, const struct lbpf_btf *btf, const char *name)
{
	const struct lbpf_code *code = env->code;
	u32 i;

	for (i = 0; btf->base && i < code->nr_used_btfs; i++)
		if (code->used_btfs[i].btf == btf)
			return lbpf_module_var_find(code->used_btfs[i].module, name);
	return lbpf_kernel_var_find(name);
}

/**
 * lbpf_var_resolve() - The kernel variable that a 16-byte load names is there
 * @env: The run.
 * @idx: The load.
 *
 * Sets aux->key to its address and LBPF_INSN_KERNEL_VAR.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_var_resolve(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	struct lbpf_insn_aux *aux = &env->aux[idx];
	const struct lbpf_btf *btf;
	const struct btf_type *var;
	const char *name;
	u32 id = insn->imm;
	int err = find_btf(env, insn[1].imm, &btf);

	if (err)
		return err;
	var = lbpf_btf_type(btf, id);
	if (!var)
		return reject(env, -ENOENT, "ldimm64 insn specifies invalid btf_id %d.", id);
	if (lbpf_btf_kind(var) != BTF_KIND_VAR)
		return reject(env, -EINVAL, "pseudo btf_id %d in ldimm64 isn't KIND_VAR.", id);
	name = lbpf_btf_type_name(btf, var);
	aux->key = (unsigned long)find_address(env, btf, name);
	if (!aux->key)
		return reject(env, -ENOENT,
			      "ldimm64 failed to find the address for kernel symbol '%s'.", name);
	aux->btf = btf;
	aux->flags |= LBPF_INSN_KERNEL_VAR;
	if (!is_percpu(btf, id))
		return check_size(env, btf, var->type);
	aux->flags |= LBPF_INSN_PERCPU_VAR;
	return 0;
}

/**
 * lbpf_var_load() - What a register knows of the address of a kernel variable
 * @insn: The load.
 * @aux: What lbpf_var_resolve() found.
 * @dst: Register.
 */
void lbpf_var_load(const struct bpf_insn *insn, const struct lbpf_insn_aux *aux,
		   struct lbpf_reg *dst)
{
	const struct lbpf_btf *btf = aux->btf;
	u32 id = lbpf_btf_type(btf, insn->imm)->type;
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);

	if (aux->flags & LBPF_INSN_PERCPU_VAR) {
		lbpf_reg_set_btf(dst, LBPF_PERCPU, btf, id);
		return;
	}
	if (lbpf_btf_is_struct(type)) {
		lbpf_reg_set_btf(dst, 0, btf, id);
		return;
	}
	lbpf_reg_set_pointer(dst, LBPF_PTR_MEM);
	lbpf_btf_sized(btf, id, NULL, &dst->mem_size);
}
