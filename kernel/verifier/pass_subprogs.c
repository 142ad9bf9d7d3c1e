// SPDX-License-Identifier: GPL-2.0
/*
 * Functions of a program: where they start, what calls them, what they contain.
 *
 * Layer: verifier (pass) (p).
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include "env.h"

/* Marks the first instruction of a function until they are numbered. */
#define NO_SUBPROG	U32_MAX

static bool is_subprog_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_kfunc_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_KFUNC_CALL;
}

static bool is_func_addr(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;
}

/* Neither a jump, a call, an exit nor a load of a constant or from the packet. */
static bool is_plain(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);

	return class != BPF_JMP && class != BPF_JMP32 && class != BPF_LD;
}

static bool names_func(const struct bpf_insn *insn)
{
	return is_subprog_call(insn) || is_func_addr(insn) || is_kfunc_call(insn);
}

static bool is_jump(const struct bpf_insn *insn)
{
	u8 class = BPF_CLASS(insn->code);
	u8 op = BPF_OP(insn->code);

	return (class == BPF_JMP || class == BPF_JMP32) && op != BPF_CALL && op != BPF_EXIT;
}

/* Notes that a function starts where @idx calls or points to. */
static int mark_start(struct lbpf_env *env, u32 idx)
{
	s64 start = (s64)idx + env->insns[idx].imm + 1;

	if (start < 0 || start >= env->code->nr_insns)
		return reject(env, -EINVAL, "call to invalid destination");
	if (env->info[start].subprog == NO_SUBPROG)
		return 0;
	if (env->code->nr_subprogs >= LBPF_MAX_SUBPROGS)
		return reject(env, -E2BIG, "too many subprograms");
	env->info[start].subprog = NO_SUBPROG;
	env->code->nr_subprogs++;
	return 0;
}

static int find_starts(struct lbpf_env *env)
{
	const struct bpf_insn *insns = env->insns;
	int err;
	u32 i;

	env->info[0].subprog = NO_SUBPROG;
	env->code->nr_subprogs = 1;
	for (i = 0; i < env->code->nr_insns; i++) {
		if (is_plain(&insns[i]) || !names_func(&insns[i]))
			continue;
		if (!env->is_capable)
			return reject(env, -EPERM,
				      "loading/calling other bpf or kernel functions are allowed for CAP_BPF and CAP_SYS_ADMIN");
		if (is_kfunc_call(&insns[i])) {
			/* A call of nothing is refused where it is reached. */
			if (!insns[i].imm && !insns[i].off)
				continue;
			err = lbpf_kfunc_resolve(env, i);
			if (err)
				return err;
			continue;
		}
		err = mark_start(env, i);
		if (err)
			return err;
	}
	return 0;
}

static void number_subprogs(struct lbpf_env *env)
{
	struct lbpf_code *code = env->code;
	u32 nr = 0;
	u32 i;

	for (i = 0; i < code->nr_insns; i++) {
		if (env->info[i].subprog == NO_SUBPROG)
			code->subprogs[nr++].start = i;
		env->info[i].subprog = nr - 1;
	}
	code->subprogs[nr].start = code->nr_insns;
	for (i = 0; lbpf_log_wants(env->log, LBPF_LOG_ALL) && i < nr; i++)
		verbose(env, "func#%d @%d\n", i, code->subprogs[i].start);
}

/* What @idx adds to what is known of its function and of @idx itself. */
static void note_insn(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	struct lbpf_subprog *subprog = &env->code->subprogs[env->info[idx].subprog];
	enum lbpf_form form = lbpf_insn_form(insn->code);
	const struct lbpf_proto *proto;

	if (form == LBPF_FORM_LD_ABS || form == LBPF_FORM_LD_IND) {
		subprog->has_ld_abs = true;
		env->code->has_ld_abs = true;
	} else if (is_subprog_call(insn) || is_func_addr(insn)) {
		env->aux[idx].flags |= is_func_addr(insn) ? LBPF_INSN_FUNC_ADDR :
							    LBPF_INSN_SUBPROG_CALL;
		env->aux[idx].subprog = env->info[idx + insn->imm + 1].subprog;
	} else if (form == LBPF_FORM_CALL && !insn->src_reg) {
		proto = env->code->pt->helper(insn->imm, env->code);
		if (!proto)
			return;
		if (proto->effects & (LBPF_EFF_TAIL_CALL | LBPF_EFF_PACKET_CHANGE))
			subprog->changes_packet = true;
		if (!(proto->effects & LBPF_EFF_TAIL_CALL))
			return;
		subprog->has_tail_call = true;
		env->code->has_tail_call = true;
	}
}

/* Control stays in the function that @idx belongs to, until a call or an exit. */
static int check_bounds(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	const struct lbpf_subprog *subprog = &env->code->subprogs[env->info[idx].subprog];
	s64 target = (s64)idx + lbpf_insn_jump_dist(insn) + 1;

	if (is_jump(insn) && (target < subprog[0].start || target >= subprog[1].start))
		return reject(env, -EINVAL, "jump out of range from insn %d to %lld", idx, target);
	if (idx == subprog[1].start - 1 && insn->code != (BPF_JMP | BPF_EXIT) &&
	    insn->code != (BPF_JMP | BPF_JA) && insn->code != (BPF_JMP32 | BPF_JA))
		return reject(env, -EINVAL, "last insn is not an exit or jmp");
	return 0;
}

/**
 * lbpf_pass_subprogs() - Find the functions of a program
 * @env: Run of the verifier; info zeroed.
 *
 * Fills in code->subprogs, has_tail_call and has_ld_abs, info->subprog, and for
 * calls and function addresses aux->subprog and its flag.
 *
 * Context: Process context.
 * Return: 0; -EINVAL for a call or jump to nowhere or a function that runs into
 * the next; -EPERM for functions without CAP_BPF; -E2BIG for too many of them.
 */
int lbpf_pass_subprogs(struct lbpf_env *env)
{
	int err;
	u32 i;

	err = find_starts(env);
	if (err)
		return err;
	number_subprogs(env);
	for (i = 0; i < env->code->nr_insns; i++) {
		if (is_plain(&env->insns[i]) && i + 1 < env->code->nr_insns &&
		    env->info[i].subprog == env->info[i + 1].subprog)
			continue;
		note_insn(env, i);
		err = check_bounds(env, i);
		if (err)
			return err;
	}
	return 0;
}
