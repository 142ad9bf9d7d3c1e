// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_PROG_FACTS: what the verifier believed of a program.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/moduleparam.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/prog.h>

#include "api.h"
#include "prog.h"

static bool keep_facts = true;
module_param(keep_facts, bool, 0644);
MODULE_PARM_DESC(keep_facts, "Keep the verifier's facts with each program, for LBPF_PROG_FACTS (default: yes)");

static void convert_fact(struct lbpf_reg_fact *to, const struct lbpf_fact *from)
{
	to->type = from->type;
	to->tnum_value = from->tnum_value;
	to->tnum_mask = from->tnum_mask;
	to->umin = from->umin;
	to->umax = from->umax;
	to->smin = from->smin;
	to->smax = from->smax;
}

/**
 * lbpf_prog_keep_facts() - Keep the facts of a program
 * @prog: Program; its facts are set.
 * @code: Compiled program; its facts go over to @prog.
 *
 * Context: Process context.
 */
void lbpf_prog_keep_facts(struct lbpf_prog *prog, struct lbpf_code *code)
{
	if (!READ_ONCE(keep_facts))
		return;
	prog->facts = code->facts;
	code->facts = NULL;
}

static struct lbpf_insn_fact convert(const struct lbpf_insn_facts *from)
{
	struct lbpf_insn_fact to = { .visits = from->visits, .jump = from->jump };

	convert_fact(&to.dst, &from->dst);
	convert_fact(&to.src, &from->src);
	return to;
}

/* The caller's struct may be shorter, or longer and then ends in zeros. */
static int put_facts(const struct lbpf_prog *prog, const struct lbpf_prog_facts_attr *attr)
{
	u32 nr = min(attr->nr_facts, prog->nr_orig_insns);
	u32 step = attr->fact_size_bytes;
	u32 bytes = min_t(u32, step, sizeof(struct lbpf_insn_fact));
	char __user *to = u64_to_user_ptr(attr->facts);
	u32 i;

	for (i = 0; i < nr; i++, to += step) {
		struct lbpf_insn_fact fact = convert(&prog->facts[i]);

		if (copy_to_user(to, &fact, bytes))
			return -EFAULT;
		if (clear_user(to + bytes, step - bytes))
			return -EFAULT;
		cond_resched();
	}
	return 0;
}

/**
 * lbpf_cmd_prog_facts() - LBPF_PROG_FACTS
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EBADF, -EINVAL, -EFAULT, or -ENODATA when no facts were kept.
 */
int lbpf_cmd_prog_facts(struct lbpf_call *call)
{
	const struct lbpf_prog_facts_attr *attr = &call->prog_facts;
	struct lbpf_prog_facts_attr __user *uattr = (void __user *)call->uattr;
	struct lbpf_prog *prog;
	int err;

	if (attr->flags || !attr->fact_size_bytes || attr->fact_size_bytes > PAGE_SIZE)
		return -EINVAL;
	if (call->size_bytes < offsetofend(struct lbpf_prog_facts_attr, fact_size_bytes))
		return -EINVAL;
	prog = lbpf_prog_from_fd(attr->prog_fd);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	err = prog->facts ? put_facts(prog, attr) : -ENODATA;
	if (!err && put_user(prog->nr_orig_insns, &uattr->nr_facts))
		err = -EFAULT;
	lbpf_prog_put(prog);
	return err;
}
