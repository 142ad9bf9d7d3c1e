// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_PROG_EXPLAIN: why a program is refused, as a record.
 *
 * Layer: api.
 */
#include <linux/uaccess.h>

#include <lbpf/alloc.h>

#include "api.h"
#include "prog.h"

/* The caller's struct may be shorter, or longer and then ends in zeros. */
static int put_rejection(const struct lbpf_rejection *rejection,
			 const struct lbpf_prog_explain *explain)
{
	char __user *to = u64_to_user_ptr(explain->rejection);
	u32 bytes = min_t(u32, explain->rejection_size_bytes, sizeof(*rejection));

	if (copy_to_user(to, rejection, bytes) ||
	    clear_user(to + bytes, explain->rejection_size_bytes - bytes))
		return -EFAULT;
	return 0;
}

static int explain_load(const struct lbpf_prog_explain *explain, struct lbpf_rejection *rejection)
{
	struct lbpf_call load;
	int err;

	err = lbpf_call_open(&load, BPF_PROG_LOAD, u64_to_user_ptr(explain->attr),
			     explain->attr_size_bytes);
	if (err)
		return err;
	err = lbpf_prog_load(&load, rejection);
	/* Refused before, or after, the verifier had its say. */
	if (err && !rejection->err) {
		rejection->err = -err;
		rejection->insn_idx = U32_MAX;
		rejection->regno = U32_MAX;
		rejection->access_limit = U32_MAX;
	}
	return put_rejection(rejection, explain);
}

/**
 * lbpf_cmd_prog_explain() - LBPF_PROG_EXPLAIN
 * @call: Command.
 *
 * Context: Process context, may sleep.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL, or -ENOMEM.
 */
int lbpf_cmd_prog_explain(struct lbpf_call *call)
{
	struct lbpf_prog_explain explain = call->prog_explain;
	struct lbpf_rejection *rejection;
	int err;

	if (explain.flags || explain.reserved || !explain.rejection_size_bytes ||
	    explain.rejection_size_bytes > PAGE_SIZE)
		return -EINVAL;
	rejection = lbpf_zalloc(sizeof(*rejection), GFP_KERNEL);
	if (!rejection)
		return -ENOMEM;
	err = explain_load(&explain, rejection);
	lbpf_free(rejection);
	return err;
}
