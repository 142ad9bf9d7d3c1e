/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program types.
 *
 * Layer: progtypes.
 */
#ifndef _LBPF_PROGTYPES_H
#define _LBPF_PROGTYPES_H

#include <lbpf/progtype.h>

/* struct bpf_sock and struct bpf_tcp_sock. */
extern const struct lbpf_object_rows lbpf_sock_rows[];

extern const struct lbpf_progtype lbpf_socket_filter_type;
extern const struct lbpf_progtype lbpf_sched_cls_type;
extern const struct lbpf_progtype lbpf_sched_act_type;
extern const struct lbpf_progtype lbpf_tracepoint_type;
extern const struct lbpf_progtype lbpf_xdp_type;
extern const struct lbpf_progtype lbpf_sk_skb_type;
extern const struct lbpf_progtype lbpf_lwt_in_type;
extern const struct lbpf_progtype lbpf_lwt_out_type;
extern const struct lbpf_progtype lbpf_lwt_xmit_type;
extern const struct lbpf_progtype lbpf_sk_lookup_type;
extern const struct lbpf_progtype lbpf_sk_msg_type;
extern const struct lbpf_progtype lbpf_cgroup_sock_type;
extern const struct lbpf_progtype lbpf_kprobe_type;
extern const struct lbpf_progtype lbpf_perf_event_type;
extern const struct lbpf_progtype lbpf_raw_tracepoint_type;
extern const struct lbpf_progtype lbpf_cgroup_skb_type;
extern const struct lbpf_progtype lbpf_flow_dissector_type;
extern const struct lbpf_progtype lbpf_lwt_seg6local_type;
extern const struct lbpf_progtype lbpf_cgroup_sock_addr_type;
extern const struct lbpf_progtype lbpf_cgroup_device_type;
extern const struct lbpf_progtype lbpf_cgroup_sysctl_type;
extern const struct lbpf_progtype lbpf_cgroup_sockopt_type;
extern const struct lbpf_progtype lbpf_sock_ops_type;
extern const struct lbpf_progtype lbpf_sk_reuseport_type;
extern const struct lbpf_progtype lbpf_raw_tracepoint_writable_type;
extern const struct lbpf_progtype lbpf_tracing_type;
extern const struct lbpf_progtype lbpf_syscall_type;
extern const struct lbpf_progtype lbpf_lsm_type;
extern const struct lbpf_progtype lbpf_struct_ops_type;

/* Programs of the kernel structs that there are. */
extern const struct lbpf_struct_progs lbpf_tcp_ca_progs;
extern const struct lbpf_struct_progs lbpf_dummy_progs;

#endif /* _LBPF_PROGTYPES_H */
