/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arrays of sockets as helpers see them.
 *
 * Layer: maps.
 */
#ifndef _LBPF_REUSEPORT_ARRAY_H
#define _LBPF_REUSEPORT_ARRAY_H

#include <linux/types.h>

struct lbpf_map;
struct sock;

struct sock *lbpf_reuseport_array_get(const struct lbpf_map *map, u32 index);

#endif /* _LBPF_REUSEPORT_ARRAY_H */
