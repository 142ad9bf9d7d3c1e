// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on strings.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/string.h>

#include "helper.h"
#include "protos.h"

HELPER_3(compare, const char *, str, u32, size, const char *, constant)
{
	return strncmp(str, constant, size);
}

const struct lbpf_proto lbpf_strncmp_proto = {
	.name	= "strncmp",
	.id	= BPF_FUNC_strncmp,
	.fn	= compare,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_MEM, LBPF_ARG_CONST_SIZE, LBPF_ARG_CONST_STR },
};
