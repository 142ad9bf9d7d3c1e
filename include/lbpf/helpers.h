/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of helpers, by who may call them.
 *
 * Layer: helpers.
 */
#ifndef _LBPF_HELPERS_H
#define _LBPF_HELPERS_H

#include <linux/types.h>

struct lbpf_code;
struct lbpf_proto;

/* Helpers of every program type: maps, time, random, CPU; more with CAP_BPF and CAP_PERFMON. */
const struct lbpf_proto *lbpf_base_helper(u32 id, const struct lbpf_code *code);
/* Helpers on socket buffers that socket filters have. */
const struct lbpf_proto *lbpf_skb_helper(u32 id, const struct lbpf_code *code);

#endif /* _LBPF_HELPERS_H */
