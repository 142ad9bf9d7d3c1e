// SPDX-License-Identifier: GPL-2.0
/*
 * Types of modules that programs refer to.
 *
 * Layer: core.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/module.h>

#include <lbpf/btf_object.h>
#include <lbpf/code.h>
#include <lbpf/kernel_btf.h>

static bool has_btf(const struct lbpf_code *code, const struct lbpf_btf *btf, u32 fd_index)
{
	u32 i;

	for (i = 0; i < code->nr_used_btfs; i++)
		if (code->used_btfs[i].btf == btf && code->used_btfs[i].fd_index == fd_index)
			return true;
	return false;
}

static int add_btf(struct lbpf_code *code, const struct lbpf_btf *btf, u32 fd_index)
{
	struct lbpf_used_btf *used = &code->used_btfs[code->nr_used_btfs];
	struct module *module;

	if (code->nr_used_btfs == LBPF_MAX_USED_BTFS)
		return -E2BIG;
	module = lbpf_kernel_btf_get_module(btf);
	if (IS_ERR(module))
		return -ENXIO;
	used->btf = btf;
	used->module = module;
	used->fd_index = fd_index;
	code->nr_used_btfs++;
	return 0;
}

/**
 * lbpf_code_use_btf() - Let a program refer to the types of a module
 * @code: Program.
 * @btf: Types; the reference is taken over in any case.
 * @fd_index: Entry of fd_array that named them, or 0.
 *
 * Context: Process context, may sleep.
 * Return: 0; -E2BIG: it refers to too many; -ENXIO: the module has gone.
 */
int lbpf_code_use_btf(struct lbpf_code *code, const struct lbpf_btf *btf, u32 fd_index)
{
	int err = 0;

	if (!has_btf(code, btf, fd_index)) {
		err = add_btf(code, btf, fd_index);
		if (!err)
			return 0;
	}
	lbpf_btf_put(btf);
	return err;
}

/**
 * lbpf_used_btfs_put() - Give up types of modules
 * @used: Array of them.
 * @nr: Their number.
 *
 * Context: Process context, may sleep.
 */
void lbpf_used_btfs_put(const struct lbpf_used_btf *used, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		module_put(used[i].module);
		lbpf_btf_put(used[i].btf);
	}
}
