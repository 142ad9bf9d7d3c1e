// SPDX-License-Identifier: GPL-2.0
/*
 * Commands about the module itself.
 *
 * Layer: api.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/jit.h>
#include <lbpf/jump_site.h>
#include <lbpf/object.h>
#include <lbpf/stats.h>

#include "api.h"

/**
 * lbpf_cmd_stats() - LBPF_STATS
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EFAULT.
 */
int lbpf_cmd_stats(struct lbpf_call *call)
{
	struct lbpf_stats stats = {
		.nr_maps = lbpf_object_count(LBPF_OBJ_MAP),
		.nr_progs = lbpf_object_count(LBPF_OBJ_PROG),
		.nr_links = lbpf_object_count(LBPF_OBJ_LINK),
		.nr_btfs = lbpf_object_count(LBPF_OBJ_BTF),
		.nr_allocs = lbpf_alloc_count(),
		.text_bytes = lbpf_text_used_bytes(),
		.text_size_bytes = lbpf_text_size_bytes(),
		.verify_ns = lbpf_load_ns(LBPF_LOAD_VERIFY),
		.rewrite_ns = lbpf_load_ns(LBPF_LOAD_REWRITE),
		.emit_ns = lbpf_load_ns(LBPF_LOAD_EMIT),
		.nr_jump_sites = lbpf_jump_site_count(),
		.nr_direct_jumps = lbpf_jump_direct_count(),
	};
	u32 size_bytes = min_t(u32, call->size_bytes, sizeof(stats));

	return copy_to_user(call->uattr, &stats, size_bytes) ? -EFAULT : 0;
}

/**
 * lbpf_cmd_enable_stats() - BPF_ENABLE_STATS
 * @call: Attributes.
 *
 * Context: Process context, may sleep.
 * Return: A descriptor that keeps statistics on while it is open, or -errno.
 */
int lbpf_cmd_enable_stats(struct lbpf_call *call)
{
	if (call->attr.enable_stats.type != BPF_STATS_RUN_TIME)
		return -EINVAL;
	return lbpf_run_stats_fd();
}
