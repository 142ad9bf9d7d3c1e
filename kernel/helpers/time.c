// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that tell the time.  The clocks are those that can be read in any context, NMI included.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/jiffies.h>
#include <linux/timekeeping.h>

#include "helper.h"
#include "protos.h"

const struct lbpf_proto lbpf_ktime_proto = {
	.name	= "ktime_get_ns",
	.id	= BPF_FUNC_ktime_get_ns,
	.fn	= ktime_get_mono_fast_ns,
	.ret	= LBPF_RET_INTEGER,
};

const struct lbpf_proto lbpf_ktime_boot_proto = {
	.name	= "ktime_get_boot_ns",
	.id	= BPF_FUNC_ktime_get_boot_ns,
	.fn	= ktime_get_boot_fast_ns,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_0(ktime_coarse)
{
	return ktime_get_coarse_ns();
}

const struct lbpf_proto lbpf_ktime_coarse_proto = {
	.name	= "ktime_get_coarse_ns",
	.id	= BPF_FUNC_ktime_get_coarse_ns,
	.fn	= ktime_coarse,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_0(ktime_tai)
{
	return ktime_get_tai_fast_ns();
}

const struct lbpf_proto lbpf_ktime_tai_proto = {
	.name	= "ktime_get_tai_ns",
	.id	= BPF_FUNC_ktime_get_tai_ns,
	.fn	= ktime_tai,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_0(read_jiffies64)
{
	return get_jiffies_64();
}

const struct lbpf_proto lbpf_jiffies64_proto = {
	.name	= "jiffies64",
	.id	= BPF_FUNC_jiffies64,
	.fn	= read_jiffies64,
	.ret	= LBPF_RET_INTEGER,
	.inline_as	= LBPF_INLINE_LOAD,
	/* jiffies_64, of which it is the lower word, has no other on 64 bits. */
	.inline_addr	= (const void *)&jiffies,
};
