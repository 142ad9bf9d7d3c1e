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
extern const struct lbpf_progtype lbpf_sched_cls_type;
extern const struct lbpf_progtype lbpf_sched_act_type;
extern const struct lbpf_progtype lbpf_tracepoint_type;
extern const struct lbpf_progtype lbpf_xdp_type;
extern const struct lbpf_progtype lbpf_cgroup_skb_type;

#endif /* _LBPF_PROGTYPES_H */
