// SPDX-License-Identifier: GPL-2.0
/*
 * Names of helpers.
 *
 * Layer: insn (p).
 */
#include <linux/bpf.h>
#include <linux/kernel.h>

#include <lbpf/insn.h>

#define NAME(helper) \
	[BPF_FUNC_ ## helper] = "bpf_" #helper
static const char *const names[__BPF_FUNC_MAX_ID] = {
	__BPF_FUNC_MAPPER(NAME)
};

/**
 * lbpf_helper_name() - Name of a helper of the ABI, whether a program may call it or not
 * @id: BPF_FUNC_*, as in the instruction.
 *
 * Context: Any.
 * Return: For example "bpf_map_lookup_elem"; "bpf_unspec" for 0; or NULL.
 */
const char *lbpf_helper_name(s32 id)
{
	return id >= 0 && id < __BPF_FUNC_MAX_ID ? names[id] : NULL;
}
