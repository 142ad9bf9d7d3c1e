// SPDX-License-Identifier: GPL-2.0
/*
 * Relocations that a program comes with, applied against the kernel's types.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/limits.h>
#include <linux/sched/signal.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/code.h>
#include <lbpf/core_patch.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/log.h>
#include <lbpf/prog.h>

#include "prog.h"

static int apply(struct lbpf_core *core, const struct bpf_core_relo *relo,
		 struct lbpf_code *code)
{
	u32 insn = relo->insn_off / sizeof(*code->insns);
	struct lbpf_core_value value;

	if (relo->insn_off % sizeof(*code->insns) || insn >= code->nr_insns) {
		lbpf_log(code->log, "Invalid core_relo[%u].insn_off:%u prog->len:%u\n",
			 core->index, relo->insn_off, code->nr_insns);
		return -EINVAL;
	}
	return lbpf_core_resolve(core, relo, &value) ?:
	       lbpf_core_patch(core, relo, &value, &code->insns[insn], code->nr_insns - insn);
}

static int apply_all(struct lbpf_core *core, const struct lbpf_records *records,
		     struct lbpf_code *code)
{
	struct bpf_core_relo relo;
	int err = 0;
	u32 i;

	for (i = 0; i < records->nr && !err; i++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		core->index = i;
		err = lbpf_record_read(records, i, &relo, code->log) ?: apply(core, &relo, code);
	}
	return err;
}

/**
 * lbpf_prog_relocate() - Apply the relocations of a program
 * @prog: Program under construction, with its BTF.
 * @attr: Attributes of BPF_PROG_LOAD.
 * @code: Its code, which is changed.
 *
 * Source: core_relos of BPF_PROG_LOAD.
 * Context: Process context, may sleep.
 * Return: 0 or -errno, with the reason in the log.
 */
int lbpf_prog_relocate(const struct lbpf_prog *prog, const union bpf_attr *attr,
		       struct lbpf_code *code)
{
	struct lbpf_records records = {
		attr->core_relos, attr->core_relo_cnt, attr->core_relo_rec_size,
		sizeof(struct bpf_core_relo), "core_relo", code->is_kernel
	};
	const struct lbpf_btf *kernel;
	struct lbpf_core *core;
	int err;

	if (records.nr > INT_MAX / sizeof(struct bpf_core_relo) || !lbpf_records_fit(&records))
		return -EINVAL;
	kernel = lbpf_kernel_btf();
	if (IS_ERR(kernel))
		return PTR_ERR(kernel);
	core = lbpf_zalloc(sizeof(*core), GFP_KERNEL);
	if (!core)
		return -ENOMEM;
	core->local = prog->btf;
	core->targets = &kernel;
	core->nr_targets = 1;
	core->log = code->log;
	err = apply_all(core, &records, code);
	lbpf_free(core);
	return err;
}
