/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parts of a program's information.
 *
 * Layer: api (private).
 */
#ifndef _LBPF_API_PROG_INFO_H
#define _LBPF_API_PROG_INFO_H

#include <linux/compiler.h>
#include <linux/types.h>

struct lbpf_prog;

/* prog_dump.c */
int lbpf_prog_copy_dump(const struct lbpf_prog *prog, void __user *to, u32 room_bytes, bool is_raw);

#endif /* _LBPF_API_PROG_INFO_H */
