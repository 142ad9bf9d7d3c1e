// SPDX-License-Identifier: GPL-2.0
/*
 * How arguments and result of a function are passed.
 *
 * Layer: core.
 */
#include <linux/btf.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/func_model.h>

/* Longest argument that comes in registers, bytes. */
#define MAX_ARG_BYTES	16

/**
 * lbpf_func_passed_bytes() - Size of an argument or a result
 * @btf: Types.
 * @id: Its type.
 *
 * Context: Any.
 * Return: Bytes, 0: nothing that can be handed on.
 */
u32 lbpf_func_passed_bytes(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, id, NULL);

	if (type && lbpf_btf_kind(type) == BTF_KIND_PTR)
		return sizeof(void *);
	if (lbpf_btf_is_number(type) || (type && lbpf_btf_kind(type) == BTF_KIND_STRUCT))
		return type->size;
	return 0;
}

/**
 * lbpf_func_model_of() - Learn how a function is called
 * @btf: Types.
 * @proto: Its type.
 * @model: Filled in.
 *
 * Context: Any.
 * Return: 0, or -EINVAL when something cannot be handed on.
 */
int lbpf_func_model_of(const struct lbpf_btf *btf, const struct btf_type *proto,
		       struct lbpf_func_model *model)
{
	const struct btf_param *params = lbpf_btf_params(proto);
	u32 i, bytes, nr = lbpf_btf_vlen(proto);

	memset(model, 0, sizeof(*model));
	if (nr > LBPF_FUNC_MAX_ARGS)
		return -EINVAL;
	for (i = 0; i < nr; i++) {
		bytes = lbpf_func_passed_bytes(btf, params[i].type);
		if (!bytes || bytes > MAX_ARG_BYTES)
			return -EINVAL;
		model->arg_bytes[i] = bytes;
	}
	model->nr_args = nr;
	if (!proto->type)
		return 0;
	bytes = lbpf_func_passed_bytes(btf, proto->type);
	if (!bytes || bytes > sizeof(u64))
		return -EINVAL;
	model->ret_bytes = bytes;
	return 0;
}

/**
 * lbpf_func_nr_slots() - Count the registers that arguments are in
 * @model: Function.
 *
 * Context: Any.
 * Return: Their number; more than LBPF_FUNC_ARG_REGS: some are on the stack.
 */
u32 lbpf_func_nr_slots(const struct lbpf_func_model *model)
{
	u32 i, nr = 0;

	for (i = 0; i < model->nr_args; i++)
		nr += DIV_ROUND_UP(model->arg_bytes[i], sizeof(u64));
	return nr;
}
