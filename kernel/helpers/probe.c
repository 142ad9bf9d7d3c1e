// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that read memory which may not be there.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "helper.h"
#include "protos.h"

/* What cannot be read reads as zeros. */
HELPER_3(probe_read_kernel, void *, dst, u32, size, const void *, src)
{
	long err = copy_from_kernel_nofault(dst, src, size);

	if (err)
		memset(dst, 0, size);
	return err;
}

#define PROBE_READ_KERNEL(helper)					\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= probe_read_kernel,			\
		.gpl_only	= true,					\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_MEM | LBPF_UNINIT,		\
				    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },	\
	}

const struct lbpf_proto lbpf_probe_read_kernel_proto = PROBE_READ_KERNEL(probe_read_kernel);
const struct lbpf_proto lbpf_probe_read_proto = PROBE_READ_KERNEL(probe_read);

HELPER_3(probe_read_user, void *, dst, u32, size, const void __user *, src)
{
	long err = copy_from_user_nofault(dst, src, size);

	if (err)
		memset(dst, 0, size);
	return err;
}

const struct lbpf_proto lbpf_probe_read_user_proto = {
	.name		= "probe_read_user",
	.id		= BPF_FUNC_probe_read_user,
	.fn		= probe_read_user,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING },
};
