// SPDX-License-Identifier: GPL-2.0
/*
 * Programs as functions that the kernel calls through a pointer.
 *
 * Layer: struct_ops.  Such a function may be called while it runs: Linux 6.1 lets it.
 */
#include <linux/err.h>

#include <lbpf/alloc.h>
#include <lbpf/func_model.h>
#include <lbpf/struct_kinds.h>
#include <lbpf/trampoline.h>

static void *make(struct lbpf_prog *prog, const struct lbpf_btf *btf,
		  const struct btf_type *proto)
{
	struct lbpf_tramp_spec *spec = lbpf_zalloc(sizeof(*spec), GFP_KERNEL);
	void *tramp;
	int err;

	if (!spec)
		return ERR_PTR(-ENOMEM);
	spec->flags = LBPF_TRAMP_WHOLE | LBPF_TRAMP_REENTRANT;
	spec->progs[LBPF_TRAMP_BEFORE].progs[0] = prog;
	spec->progs[LBPF_TRAMP_BEFORE].nr = 1;
	err = lbpf_func_model_of(btf, proto, &spec->model);
	tramp = err ? ERR_PTR(err) : lbpf_trampoline_make(spec);
	lbpf_free(spec);
	return tramp;
}

static void *addr_of(const void *entry)
{
	return lbpf_trampoline_entry(entry);
}

static void retire(void *entry)
{
	lbpf_trampoline_retire(entry);
}

const struct lbpf_struct_entries lbpf_struct_entries = {
	.make	= make,
	.addr	= addr_of,
	.free	= retire,
};
