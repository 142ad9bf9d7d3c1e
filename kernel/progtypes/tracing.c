// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_KPROBE, BPF_PROG_TYPE_PERF_EVENT, BPF_PROG_TYPE_RAW_TRACEPOINT,
 * BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/perf_event.h>
#include <linux/ptrace.h>

#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/synthetic.h>

#include "raw_run.h"

/* Memory that is read as it lies. */
#define MEMORY(text, bytes)						\
	{								\
		.name = text, .off = 0, .size = (bytes),		\
		.access = LBPF_CTX_READ | LBPF_CTX_MEMORY,		\
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR, .k_off = 0, .k_size = 1,	\
	}

static const struct lbpf_ctx_field kprobe_fields[] = { MEMORY("regs", sizeof(struct pt_regs)) };
static const struct lbpf_ctx_field raw_fields[] = { MEMORY("args", LBPF_RAW_CTX_BYTES) };

/* The first argument is a buffer that the program may change. */
static const struct lbpf_ctx_field writable_fields[] = {
	{
		.name = "buffer", .off = 0, .size = sizeof(u64), .access = LBPF_CTX_READ,
		.kind = LBPF_CTX_MEMBER, .type = LBPF_PTR_TP_BUFFER, .k_off = 0,
			.k_size = sizeof(u64),
	},
	{
		.name = "args", .off = sizeof(u64), .size = LBPF_RAW_CTX_BYTES - sizeof(u64),
		.access = LBPF_CTX_READ | LBPF_CTX_MEMORY,
		.kind = LBPF_CTX_MEMBER, .type = LBPF_SCALAR, .k_off = sizeof(u64), .k_size = 1,
	},
};

static int emit_register(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			 const struct lbpf_ctx_field *field, bool is_write)
{
	u8 dst = insn->dst_reg;

	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, insn->src_reg,
				       offsetof(struct bpf_perf_event_data_kern, regs)));
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, dst, dst, insn->off));
	return 0;
}

#define SAMPLE(field, member)						\
	{								\
		.name = #field, .off = offsetof(struct bpf_perf_event_data, field),	\
		.size = sizeof(u64), .access = LBPF_CTX_READ | LBPF_CTX_NARROW,	\
		.kind = LBPF_CTX_DEREF, .type = LBPF_SCALAR,		\
		.k_off = offsetof(struct bpf_perf_event_data_kern, data),	\
		.k_off2 = offsetof(struct perf_sample_data, member), .k_size = sizeof(u64),	\
	}

static const struct lbpf_ctx_field perf_fields[] = {
	{
		.name = "regs", .off = 0, .size = sizeof(long),
		.count = sizeof(struct pt_regs) / sizeof(long),
		.access = LBPF_CTX_READ, .kind = LBPF_CTX_EMIT, .type = LBPF_SCALAR,
			.emit = emit_register,
	},
	SAMPLE(sample_period, period),
	SAMPLE(addr, addr),
};

/* What the kernel's context points to lies behind it. */
struct perf_area {
	struct bpf_perf_event_data_kern	kern;
	struct pt_regs			regs;
	struct perf_sample_data		data;
};

static void link_perf(struct lbpf_synthetic *made)
{
	const struct bpf_perf_event_data *user = made->user;
	struct perf_area *area = made->area;

	area->regs = user->regs;
	area->kern.regs = &area->regs;
	area->kern.data = &area->data;
}

/* The buffer is the caller's data. */
static void link_writable(struct lbpf_synthetic *made)
{
	*(void **)made->area = made->data;
}

static const struct lbpf_synthesis writable_synthesis = {
	.area_bytes	= LBPF_RAW_CTX_BYTES,
	.has_data	= true,
	.link		= link_writable,
};

static const struct lbpf_synthesis kprobe_synthesis = { .area_bytes = sizeof(struct pt_regs) };

static const struct lbpf_synthesis perf_synthesis = {
	.area_bytes	= sizeof(struct perf_area),
	.link		= link_perf,
};

#define TRACING(id, text, rows, bytes, ctx, find, run, made)		\
	{								\
		.type		= (id),					\
		.name		= text,					\
		.flags		= LBPF_PT_PERFMON | LBPF_PT_TRACING | LBPF_PT_AT_EVENTS,	\
		.ctx_size	= (bytes),				\
		.ctx_name	= (ctx),				\
		.ctx_alias	= (id) == BPF_PROG_TYPE_KPROBE ? "pt_regs" : NULL,	\
		.fields		= (rows),				\
		.nr_fields	= ARRAY_SIZE(rows),			\
		.helper		= (find),				\
		.test_run	= (run),				\
		.synthesis	= (made),				\
	}

const struct lbpf_progtype lbpf_kprobe_type =
	TRACING(BPF_PROG_TYPE_KPROBE, "kprobe", kprobe_fields, sizeof(struct pt_regs),
		"bpf_user_pt_regs_t", lbpf_trace_helper, NULL, &kprobe_synthesis);
const struct lbpf_progtype lbpf_perf_event_type =
	TRACING(BPF_PROG_TYPE_PERF_EVENT, "perf_event", perf_fields,
		sizeof(struct bpf_perf_event_data), "bpf_perf_event_data", lbpf_sample_helper,
		NULL, &perf_synthesis);
const struct lbpf_progtype lbpf_raw_tracepoint_type =
	TRACING(BPF_PROG_TYPE_RAW_TRACEPOINT, "raw_tracepoint", raw_fields, LBPF_RAW_CTX_BYTES,
		"bpf_raw_tracepoint_args", lbpf_trace_helper, lbpf_raw_test_run, NULL);
const struct lbpf_progtype lbpf_raw_tracepoint_writable_type =
	TRACING(BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, "raw_tracepoint_writable", writable_fields,
		LBPF_RAW_CTX_BYTES, "bpf_raw_tracepoint_args", lbpf_trace_helper, NULL,
		&writable_synthesis);
