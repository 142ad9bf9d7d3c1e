// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TYPE_FLOW_DISSECTOR.
 *
 * Layer: progtypes.  They load and are verified.
 */
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/flow_dissector.h>

#include <lbpf/alloc.h>
#include <lbpf/helpers.h>
#include <lbpf/insn.h>
#include <lbpf/prog.h>
#include <lbpf/progtypes.h>

#include "skb_ctx.h"

/* 4 bytes of the context, a whole pointer behind them. */
#define ROW(field, reg_type)						\
	{								\
		SKB_NAME(field), .access = LBPF_CTX_READ,		\
		.kind = LBPF_CTX_EMIT, .type = (reg_type), .emit = emit_pointer,	\
		.k_off = offsetof(struct bpf_flow_dissector, field),	\
	}

static int emit_pointer(struct lbpf_insn_buf *buf, const struct bpf_insn *insn,
			const struct lbpf_ctx_field *field, bool is_write)
{
	lbpf_insn_put(buf, BPF_LDX_MEM(BPF_DW, insn->dst_reg, insn->src_reg, field->k_off));
	return 0;
}

static const struct lbpf_ctx_field fields[] = {
	ROW(data, LBPF_PTR_PACKET),
	ROW(data_end, LBPF_PTR_PACKET_END),
	ROW(flow_keys, LBPF_PTR_FLOW_KEYS),
};

static void begin_run(void *ctx)
{
	const struct bpf_flow_dissector *dissector = ctx;
	const struct ethhdr *eth = dissector->data;
	u32 flags = dissector->flow_keys->flags;

	*dissector->flow_keys = (struct bpf_flow_keys){
		.n_proto = eth->h_proto, .nhoff = ETH_HLEN, .thoff = ETH_HLEN, .flags = flags,
	};
}

/* The headers that were found lie in the packet, in their order. */
static void bound_keys(struct bpf_flow_keys *keys, u16 bytes)
{
	keys->nhoff = clamp_t(u16, keys->nhoff, ETH_HLEN, bytes);
	keys->thoff = clamp_t(u16, keys->thoff, keys->nhoff, bytes);
}

/* Only flags can be given. */
static int check_given(const struct bpf_flow_keys *given)
{
	struct bpf_flow_keys rest = *given;

	rest.flags = 0;
	return memchr_inv(&rest, 0, sizeof(rest)) ? -EINVAL : 0;
}

static int run_with_ctx(const struct lbpf_prog *prog, struct lbpf_run *run, void *data,
			const struct bpf_flow_keys *given)
{
	u32 bytes = run->attr->test.data_size_in;
	struct bpf_flow_keys keys = {};
	struct bpf_flow_dissector ctx = {
		.flow_keys = &keys, .data = data, .data_end = data + bytes,
	};
	int err;

	if (given) {
		err = check_given(given);
		if (err)
			return err;
		keys.flags = given->flags;
	}
	run->begin = begin_run;
	err = lbpf_run_repeat(run, prog, &ctx);
	if (err)
		return err;
	bound_keys(&keys, bytes);
	err = lbpf_run_data_out(run, &keys, sizeof(keys));
	return err ?: lbpf_run_ctx_out(run, given, sizeof(*given));
}

static int run_on_packet(const struct lbpf_prog *prog, struct lbpf_run *run, void *data)
{
	struct bpf_flow_keys *given = lbpf_run_ctx_in(run, sizeof(*given));
	int err;

	if (IS_ERR(given))
		return PTR_ERR(given);
	err = run_with_ctx(prog, run, data, given);
	lbpf_free(given);
	return err;
}

/* Source: observed on Linux 6.1, which selftests/system/diff_prog_run.c compares. */
static int test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	u32 bytes = attr->test.data_size_in;
	void *data;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || bytes < ETH_HLEN ||
	    bytes > PAGE_SIZE)
		return -EINVAL;
	data = lbpf_dup_user(u64_to_user_ptr(attr->test.data_in), bytes);
	if (IS_ERR(data))
		return PTR_ERR(data);
	err = run_on_packet(prog, run, data);
	lbpf_area_free(data);
	return err;
}

const struct lbpf_progtype lbpf_flow_dissector_type = {
	.type		= BPF_PROG_TYPE_FLOW_DISSECTOR,
	.name		= "flow_dissector",
	.flags		= LBPF_PT_NET_ADMIN | LBPF_PT_PKT_READ,
	.ctx_size	= sizeof(struct __sk_buff),
	.ctx_name	= "__sk_buff",
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= lbpf_flow_helper,
	.test_run	= test_run,
};
