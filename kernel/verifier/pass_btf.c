// SPDX-License-Identifier: GPL-2.0
/*
 * The records of functions and lines, matched with the program.
 *
 * Layer: verifier (pass) (p).
 *
 * Source: func_info and line_info of BPF_PROG_LOAD; words and order of the
 * refusals are those of Linux 6.1.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>

#include "env.h"

/* LD_ABS and tail calls return a number to the caller in place of what the function returns. */
static int check_untyped(struct lbpf_env *env)
{
	const struct lbpf_code *code = env->code;
	u32 i;

	for (i = 1; i < code->nr_subprogs; i++) {
		if (code->subprogs[i].has_ld_abs)
			return reject(env, -EINVAL,
				      "LD_ABS is not allowed in subprogs without BTF");
		if (code->subprogs[i].has_tail_call)
			return reject(env, -EINVAL,
				      "tail_call is not allowed in subprogs without BTF");
	}
	return 0;
}

static bool returns_number(const struct lbpf_btf *btf, const struct btf_type *proto)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, proto->type, NULL);

	if (!type)
		return false;
	if (lbpf_btf_is_enum(type))
		return true;
	return lbpf_btf_kind(type) == BTF_KIND_INT && type->size <= 8 &&
	       lbpf_btf_int_is_regular(type);
}

static int match_func(struct lbpf_env *env, u32 i)
{
	struct lbpf_subprog *subprog = &env->code->subprogs[i];
	const struct bpf_func_info *info = &env->code->func_infos[i];
	const struct lbpf_btf *btf = env->code->btf;
	const struct btf_type *func = lbpf_btf_type(btf, info->type_id);

	if (info->insn_off != subprog->start)
		return reject(env, -EINVAL,
			      "func_info BTF section doesn't match subprog layout in BPF program");
	subprog->is_global = i && lbpf_btf_vlen(func) == BTF_FUNC_GLOBAL;
	if (!i || returns_number(btf, lbpf_btf_type(btf, func->type)))
		return 0;
	if (subprog->has_ld_abs)
		return reject(env, -EINVAL,
			      "LD_ABS is only allowed in functions that return 'int'.");
	if (subprog->has_tail_call)
		return reject(env, -EINVAL,
			      "tail_call is only allowed in functions that return 'int'.");
	return 0;
}

static int match_funcs(struct lbpf_env *env)
{
	const struct lbpf_code *code = env->code;
	int err = 0;
	u32 i;

	if (!code->nr_func_infos)
		return check_untyped(env);
	if (code->nr_func_infos != code->nr_subprogs)
		return reject(env, -EINVAL,
			      "number of funcs in func_info doesn't match number of subprogs");
	for (i = 0; i < code->nr_subprogs && !err; i++)
		err = match_func(env, i);
	return err;
}

/* Every function begins with a line, and no line with the second half of a 16-byte load. */
static int match_lines(struct lbpf_env *env)
{
	const struct lbpf_code *code = env->code;
	u32 i, off, func = 0;

	for (i = 0; i < code->nr_line_infos; i++) {
		off = code->line_infos[i].insn_off;
		if (!code->insns[off].code)
			return reject(env, -EINVAL,
				      "Invalid insn code at line_info[%u].insn_off", i);
		if (func == code->nr_subprogs || off < code->subprogs[func].start)
			continue;
		if (off != code->subprogs[func].start)
			break;
		func++;
	}
	if (!code->nr_line_infos || func == code->nr_subprogs)
		return 0;
	return reject(env, -EINVAL, "missing bpf_line_info for func#%u", func);
}

static bool take_over(struct lbpf_env *env, u32 idx)
{
	struct lbpf_subprog *caller = &env->code->subprogs[env->info[idx].subprog];
	const struct lbpf_subprog *callee = &env->code->subprogs[env->aux[idx].subprog];

	if (!(env->aux[idx].flags & (LBPF_INSN_SUBPROG_CALL | LBPF_INSN_FUNC_ADDR)) ||
	    caller->changes_packet || !callee->changes_packet)
		return false;
	caller->changes_packet = true;
	return true;
}

/* Calls of global functions are not walked into: what they do to packets must be known before. */
static void spread_changes(struct lbpf_env *env)
{
	bool has_global = false, is_changed;
	u32 i;

	for (i = 0; i < env->code->nr_subprogs; i++)
		has_global |= env->code->subprogs[i].is_global;
	do {
		is_changed = false;
		for (i = 0; has_global && i < env->code->nr_insns; i++)
			is_changed |= take_over(env, i);
	} while (is_changed);
}

/**
 * lbpf_pass_btf() - Match the records of functions and lines with the program
 * @env: Run of the verifier, after lbpf_pass_subprogs().
 *
 * Fills in subprog->is_global and changes_packet.
 *
 * Context: Process context.
 * Return: 0 or -EINVAL.
 */
int lbpf_pass_btf(struct lbpf_env *env)
{
	int err = match_funcs(env) ?: match_lines(env);

	if (!err)
		spread_changes(env);
	return err;
}
