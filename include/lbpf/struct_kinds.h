/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel structs of functions that there are.
 *
 * Layer: struct_ops.
 */
#ifndef _LBPF_STRUCT_KINDS_H
#define _LBPF_STRUCT_KINDS_H

#include <lbpf/struct_ops.h>

extern const struct lbpf_struct_ops lbpf_tcp_congestion_ops;
extern const struct lbpf_struct_ops lbpf_dummy_ops;

/* Functions made of machine code, with one program each. */
extern const struct lbpf_struct_entries lbpf_struct_entries;

int lbpf_struct_ops_init(void);

#endif /* _LBPF_STRUCT_KINDS_H */
