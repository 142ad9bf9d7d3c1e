/* SPDX-License-Identifier: GPL-2.0 */
/*
 * WHERE PROGRAMS RUN: attach points.
 *
 * Layer: attach.
 */
#ifndef _LBPF_ATTACH_H
#define _LBPF_ATTACH_H

#include <linux/types.h>

struct lbpf_fd_info;
struct lbpf_link;
struct lbpf_perf_attach;
struct lbpf_prog;
struct lbpf_sock_attach;
struct perf_event;

/*
 * LBPF_SOCK_ATTACH and LBPF_SOCK_DETACH.  Process context, may sleep.  0 or -errno as
 * setsockopt(2).
 */
int lbpf_sock_attach(const struct lbpf_sock_attach *attr);
int lbpf_sock_detach(const struct lbpf_sock_attach *attr);

/*
 * BPF_RAW_TRACEPOINT_OPEN.  A command's context.  The link takes over the reference on @prog;
 * it has one user reference and no id yet.  ERR_PTR(-errno), and the caller keeps the reference.
 */
struct lbpf_link *lbpf_raw_tp_attach(struct lbpf_prog *prog, const char *name);

/* BPF_LINK_CREATE with BPF_PERF_EVENT; likewise. */
struct lbpf_link *lbpf_perf_link(struct lbpf_prog *prog, u32 perf_fd);
/* At the kernel function that @prog was loaded for; likewise. */
struct lbpf_link *lbpf_tracing_attach(struct lbpf_prog *prog);
/*
 * What a perf event of the user, whose file the caller holds, is about: 0; -ENOENT: no program is
 * there; -EOPNOTSUPP: nothing can be said of events of its kind.
 */
int lbpf_perf_info(const struct perf_event *event, struct lbpf_fd_info *info);
/*
 * Ids of the programs at all events of the tracepoint of the event @perf_fd, at most @room of them.
 * Their number, -EBADF or -EINVAL (no event of a tracepoint).
 */
int lbpf_perf_list(u32 perf_fd, u32 *ids, u32 room);
/* LBPF_PERF_ATTACH.  A command's context.  0 or -errno. */
int lbpf_perf_attach(const struct lbpf_perf_attach *attr);

#endif /* _LBPF_ATTACH_H */
