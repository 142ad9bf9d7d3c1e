// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_PROG_TEST_RUN of programs that choose a socket.
 *
 * Layer: progtypes.
 *
 * Source: observed on Linux 6.1, which selftests/system/diff_prog_run.c compares.
 */
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/in6.h>
#include <linux/socket.h>
#include <linux/sock_diag.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/prog.h>

#include "lookup_run.h"

/* The socket is for the program to set; no device can be given. */
static int check_ctx(const struct bpf_sk_lookup *ctx)
{
	size_t end = offsetofend(struct bpf_sk_lookup, local_port);

	if (ctx->sk || memchr_inv((const u8 *)ctx + end, 0, sizeof(*ctx) - end))
		return -EINVAL;
	return ctx->local_port > U16_MAX ? -ERANGE : 0;
}

static int fill(struct bpf_sk_lookup_kern *kern, const struct bpf_sk_lookup *ctx)
{
	kern->family = ctx->family;
	kern->protocol = ctx->protocol;
	kern->dport = ctx->local_port;
	kern->sport = ctx->remote_port;
	switch (ctx->family) {
	case AF_INET:
		kern->v4.daddr = (__force __be32)ctx->local_ip4;
		kern->v4.saddr = (__force __be32)ctx->remote_ip4;
		return 0;
	case AF_INET6:
		kern->v6.daddr = (const struct in6_addr *)ctx->local_ip6;
		kern->v6.saddr = (const struct in6_addr *)ctx->remote_ip6;
		return 0;
	default:
		return -EAFNOSUPPORT;
	}
}

static int run_with_ctx(const struct lbpf_prog *prog, struct lbpf_run *run,
			struct bpf_sk_lookup *ctx)
{
	struct bpf_sk_lookup_kern kern = {};
	int err;

	err = check_ctx(ctx) ?: fill(&kern, ctx) ?: lbpf_run_repeat(run, prog, &kern);
	if (err)
		return err;
	run->has_data = true;
	if (kern.selected_sk)
		sock_diag_save_cookie(kern.selected_sk, (__u32 *)&ctx->cookie);
	return lbpf_run_ctx_out(run, ctx, sizeof(*ctx));
}

/**
 * lbpf_lookup_test_run() - Run an SK_LOOKUP program on addresses of the caller
 * @prog: Program.
 * @run: Test run.
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, -ERANGE, -EAFNOSUPPORT, -EFAULT, -ENOMEM, -E2BIG, -ENOSPC, -EINTR.
 */
int lbpf_lookup_test_run(const struct lbpf_prog *prog, struct lbpf_run *run)
{
	const union bpf_attr *attr = run->attr;
	struct bpf_sk_lookup *ctx;
	int err;

	if (attr->test.flags || attr->test.cpu || attr->test.batch_size || attr->test.data_in ||
	    attr->test.data_size_in || attr->test.data_out || attr->test.data_size_out)
		return -EINVAL;
	ctx = lbpf_run_ctx_in(run, sizeof(*ctx));
	if (IS_ERR_OR_NULL(ctx))
		return ctx ? PTR_ERR(ctx) : -EINVAL;
	err = run_with_ctx(prog, run, ctx);
	lbpf_free(ctx);
	return err;
}
