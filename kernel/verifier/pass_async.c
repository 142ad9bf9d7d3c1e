// SPDX-License-Identifier: GPL-2.0
/*
 * Global functions that run after their program.
 *
 * Layer: verifier (pass).  A function that a helper keeps is walked as it is called then.  A global
 * one that it calls was walked for all its callers at once: what that one calls is looked at here.
 */
#include <linux/errno.h>

#include <lbpf/proto.h>

#include "call.h"
#include "walk.h"

/* What @subprog calls runs later too. */
static int check_calls(struct lbpf_env *env, u32 subprog)
{
	struct lbpf_subprog *subprogs = env->code->subprogs;
	int err = 0;

	for (env->idx = subprogs[subprog].start; env->idx < subprogs[subprog + 1].start && !err;
	     env->idx++) {
		const struct lbpf_insn_aux *aux = &env->aux[env->idx];

		if (aux->flags & (LBPF_INSN_SUBPROG_CALL | LBPF_INSN_FUNC_ADDR))
			subprogs[aux->subprog].runs_later = true;
		else if (aux->proto)
			err = lbpf_call_check_run(env, aux->proto->effects);
	}
	return err;
}

/**
 * lbpf_pass_async() - What runs later neither sleeps nor asks for the run of its program
 * @env: The run, as functions that are called later are walked, and after that.
 *
 * Return: 0 or -EINVAL.
 */
int lbpf_pass_async(struct lbpf_env *env)
{
	struct lbpf_subprog *subprog = env->code->subprogs;
	u32 nr = env->code->nr_subprogs, i = 0;
	int err = 0;

	while (i < nr && !err) {
		if (!subprog[i].runs_later || subprog[i].is_later_checked) {
			i++;
			continue;
		}
		subprog[i].is_later_checked = true;
		err = check_calls(env, i);
		/* It may have found functions before it. */
		i = 0;
	}
	return err;
}
