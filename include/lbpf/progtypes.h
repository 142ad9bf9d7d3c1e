/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program types.
 *
 * Layer: progtypes.
 */
#ifndef _LBPF_PROGTYPES_H
#define _LBPF_PROGTYPES_H

struct lbpf_progtype;

extern const struct lbpf_progtype lbpf_socket_filter_type;

#endif /* _LBPF_PROGTYPES_H */
