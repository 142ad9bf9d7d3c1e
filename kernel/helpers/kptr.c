// SPDX-License-Identifier: GPL-2.0
/*
 * Pointers to kernel objects in map values.
 *
 * Layer: helpers.
 */
#include <linux/atomic.h>
#include <linux/bpf.h>

#include "helper.h"
#include "protos.h"

HELPER_2(exchange, unsigned long *, place, unsigned long, ptr)
{
	return xchg(place, ptr);
}

const struct lbpf_proto lbpf_kptr_xchg_proto = {
	.name		= "kptr_xchg",
	.id		= BPF_FUNC_kptr_xchg,
	.fn		= exchange,
	.effects	= LBPF_EFF_ACQUIRE | LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_BTF_ID | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_KPTR, LBPF_ARG_BTF_ID | LBPF_MAYBE_NULL | LBPF_OBJ_RELEASE },
};
