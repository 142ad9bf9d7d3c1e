// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_TRACING and BPF_PROG_TYPE_LSM.
 *
 * Layer: progtypes.  They load and are verified; their context is the arguments of what they
 * attach to.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>

#include "btf_target.h"
#include "tracing_run.h"

static bool find_tracing_range(const struct lbpf_code *code, s64 *min, s64 *max)
{
	*min = 0;
	*max = code->expected_attach_type == BPF_TRACE_ITER;
	return code->expected_attach_type == BPF_TRACE_FENTRY ||
	       code->expected_attach_type == BPF_TRACE_FEXIT ||
	       code->expected_attach_type == BPF_TRACE_ITER;
}

#define CTX_BYTES	(12 * sizeof(u64))

const struct lbpf_progtype lbpf_tracing_type = {
	.type		= BPF_PROG_TYPE_TRACING,
	.name		= "tracing",
	.flags		= LBPF_PT_PERFMON | LBPF_PT_TRACING | LBPF_PT_SLEEPABLE |
			  LBPF_PT_BTF_TARGET | LBPF_PT_CTX_ARGS | LBPF_PT_ARGS_ALIGNED,
	.ctx_size	= CTX_BYTES,
	.helper		= lbpf_tracing_helper,
	.kfunc		= lbpf_tracing_kfunc,
	.return_range	= find_tracing_range,
	.find_target	= lbpf_tracing_target,
	.test_run	= lbpf_tracing_test_run,
};

const struct lbpf_progtype lbpf_lsm_type = {
	.type		= BPF_PROG_TYPE_LSM,
	.name		= "lsm",
	.flags		= LBPF_PT_PERFMON | LBPF_PT_SLEEPABLE | LBPF_PT_BTF_TARGET |
			  LBPF_PT_CTX_ARGS | LBPF_PT_REENTRANT,
	.ctx_size	= CTX_BYTES,
	.helper		= lbpf_lsm_helper,
	.kfunc		= lbpf_tracing_kfunc,
	.find_target	= lbpf_lsm_target,
};
