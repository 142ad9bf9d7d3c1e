// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_STRUCT_OPS: a program is a function that a kernel struct points to.
 *
 * Layer: progtypes.
 * Source: words and order of the refusals are those of Linux 6.1.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/kernel.h>

#include <lbpf/btf.h>
#include <lbpf/code.h>
#include <lbpf/func_model.h>
#include <lbpf/helpers.h>
#include <lbpf/prog.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/struct_ops.h>

#include "btf_target.h"

/* Ids of the types that the struct's programs see in place of others. */
static void find_args(struct lbpf_attach *attach, const struct lbpf_struct_progs *progs)
{
	int from, as;

	if (!progs->arg_struct)
		return;
	from = lbpf_btf_find(attach->btf, progs->arg_struct, BTF_KIND_STRUCT);
	as = lbpf_btf_find(attach->btf, progs->arg_as, BTF_KIND_STRUCT);
	if (from <= 0 || as <= 0)
		return;
	attach->arg_id = from;
	attach->arg_as_id = as;
}

static int find_member(struct lbpf_code *code, const struct lbpf_struct_ops *ops)
{
	struct lbpf_attach *attach = &code->attach;
	const struct btf_type *type = lbpf_btf_type(attach->btf, attach->id);
	u32 idx = code->expected_attach_type;
	const struct btf_member *member;
	int err;

	if (idx >= lbpf_btf_vlen(type))
		return refuse(code, -EINVAL, "attach to invalid member idx %u of struct %s", idx,
			      ops->name);
	member = lbpf_btf_members(type) + idx;
	attach->name = lbpf_btf_name(attach->btf, member->name_off) ?: "";
	attach->proto = lbpf_struct_ops_proto(attach->btf, member);
	if (!attach->proto)
		return refuse(code, -EINVAL, "attach to invalid member %s(@idx %u) of struct %s",
			      attach->name, idx, ops->name);
	attach->member_off = lbpf_btf_member_bit_off(type, member) / 8;
	err = ops->progs->check_member ? ops->progs->check_member(attach->member_off) : 0;
	if (err)
		return refuse(code, err, "attach to unsupported member %s of struct %s",
			      attach->name, ops->name);
	attach->has_no_result = !attach->proto->type;
	return 0;
}

static int find_struct(struct lbpf_code *code)
{
	struct lbpf_attach *attach = &code->attach;
	const struct lbpf_struct_ops *ops = NULL;
	int err;

	if (!code->is_gpl)
		return refuse(code, -EINVAL,
			      "struct ops programs must have a GPL compatible license");
	if (attach->btf)
		ops = lbpf_struct_ops_find(attach->btf, attach->id);
	if (!ops)
		return refuse(code, -ENOTSUPP, "attach_btf_id %u is not a supported struct",
			      attach->id);
	err = find_member(code, ops);
	if (err)
		return err;
	attach->ops = ops;
	attach->writes = ops->progs->writes;
	find_args(attach, ops->progs);
	return 0;
}

static const struct lbpf_proto *find_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_attach *attach = &code->attach;

	if (!attach->ops || !attach->ops->progs->helper)
		return NULL;
	return attach->ops->progs->helper(id, code, attach->member_off);
}

static int test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const struct lbpf_struct_ops *ops =
		lbpf_struct_ops_find(prog->attach_btf, prog->attach_btf_id);

	return ops && ops->progs->test_run ? ops->progs->test_run(prog, run) : -EOPNOTSUPP;
}

const struct lbpf_progtype lbpf_struct_ops_type = {
	.type		= BPF_PROG_TYPE_STRUCT_OPS,
	.name		= "struct_ops",
	.flags		= LBPF_PT_PERFMON | LBPF_PT_BTF_TARGET | LBPF_PT_CTX_ARGS |
			  LBPF_PT_ARGS_ALIGNED,
	.ctx_size	= LBPF_FUNC_MAX_ARGS * sizeof(u64),
	.helper		= find_helper,
	.kfunc		= lbpf_struct_ops_kfunc,
	.find_target	= find_struct,
	.test_run	= test_run,
};
