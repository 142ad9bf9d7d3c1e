/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables: map types, program types, helpers every program type shares.
 *
 * Layer: tables.  kernel/tables.c is the one place that lists what there is.
 * Lower layers that look a row up get a function of their own in core, which
 * tables.c fills in at init.
 */
#ifndef _LBPF_TABLES_H
#define _LBPF_TABLES_H

#include <linux/types.h>

struct lbpf_map_ops;
struct lbpf_progtype;

/* Row of a map type or program type, or NULL; the index is bounded without speculation. */
const struct lbpf_map_ops *lbpf_map_type(u32 type);
const struct lbpf_progtype *lbpf_prog_type(u32 type);

#endif /* _LBPF_TABLES_H */
