/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WHERE PROGRAMS RUN: attach points.
 *
 * Layer: attach.
 */
#ifndef _LBPF_ATTACH_H
#define _LBPF_ATTACH_H

#include <linux/types.h>

struct lbpf_sock_attach;

/*
 * LBPF_SOCK_ATTACH and LBPF_SOCK_DETACH.  Process context, may sleep.  0 or -errno as
 * setsockopt(2).
 */
int lbpf_sock_attach(const struct lbpf_sock_attach *attr);
int lbpf_sock_detach(const struct lbpf_sock_attach *attr);

#endif /* _LBPF_ATTACH_H */
