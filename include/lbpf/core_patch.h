/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Instructions as relocations change them.
 *
 * Layer: core (p).
 */
#ifndef _LBPF_CORE_PATCH_H
#define _LBPF_CORE_PATCH_H

#include <lbpf/core_relo.h>

/*
 * Gives @insn of @relo, behind which @nr_left - 1 more follow, what lbpf_core_resolve() found:
 * 0 or -errno, with the reason in the log.
 */
int lbpf_core_patch(struct lbpf_core *core, const struct bpf_core_relo *relo,
		    const struct lbpf_core_value *value, struct bpf_insn *insn, u32 nr_left);

#endif /* _LBPF_CORE_PATCH_H */
