// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_TRACEPOINT.
 *
 * Layer: progtypes.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/trace_events.h>

#include <lbpf/helpers.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

/* The record of the tracepoint, behind a pointer that is the kernel's own. */
static const struct lbpf_ctx_field fields[] = {
	{
		.name	= "record",
		.off	= sizeof(void *),
		.size	= PERF_MAX_TRACE_SIZE - sizeof(void *),
		.access	= LBPF_CTX_READ | LBPF_CTX_MEMORY,
		.kind	= LBPF_CTX_MEMBER,
		.type	= LBPF_SCALAR,
		.k_off	= sizeof(void *),
		.k_size	= 1,
	},
};

static const struct lbpf_synthesis synthesis = { .area_bytes = PERF_MAX_TRACE_SIZE };

const struct lbpf_progtype lbpf_tracepoint_type = {
	.type		= BPF_PROG_TYPE_TRACEPOINT,
	.name		= "tracepoint",
	.flags		= LBPF_PT_PERFMON | LBPF_PT_TRACING | LBPF_PT_AT_EVENTS,
	.ctx_size	= PERF_MAX_TRACE_SIZE,
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_trace_helper,
	.synthesis	= &synthesis,
};
