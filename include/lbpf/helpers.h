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
struct lbpf_kfunc;
struct lbpf_proto;
struct sk_buff;

/* Helpers of every program type: maps, time, random, CPU; more with CAP_BPF and CAP_PERFMON. */
const struct lbpf_proto *lbpf_base_helper(u32 id, const struct lbpf_code *code);
/* Helpers of tc programs, and those of socket filters. */
const struct lbpf_proto *lbpf_tc_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs on the packets of a cgroup, and those of socket filters. */
const struct lbpf_proto *lbpf_cgroup_skb_helper(u32 id, const struct lbpf_code *code);
/* Helpers of XDP programs, and the base set. */
const struct lbpf_proto *lbpf_xdp_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs that run at events in the kernel, and the base set. */
const struct lbpf_proto *lbpf_trace_helper(u32 id, const struct lbpf_code *code);
/* Those, and helpers of programs that run at samples of counters. */
const struct lbpf_proto *lbpf_sample_helper(u32 id, const struct lbpf_code *code);
/* Helpers of events, and of programs that know kernel objects by their type. */
const struct lbpf_proto *lbpf_tracing_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_syscall_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_lsm_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs that are TCP congestion control, and the base set. */
const struct lbpf_proto *lbpf_tcp_ca_helper(u32 id, const struct lbpf_code *code);
/* Kernel functions of tc programs, of tracing and LSM programs, of those of kernel structs. */
const struct lbpf_kfunc *lbpf_tc_kfunc(const char *name);
const struct lbpf_kfunc *lbpf_tracing_kfunc(const char *name);
const struct lbpf_kfunc *lbpf_struct_ops_kfunc(const char *name);
/* Helpers on socket buffers that socket filters have, and the base set. */
const struct lbpf_proto *lbpf_skb_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs of cgroups that know the task which they run for, and the base set. */
const struct lbpf_proto *lbpf_cgroup_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_sysctl_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_cgroup_device_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_cgroup_sock_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_sock_addr_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_sockopt_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs on the events of TCP sockets, and the base set. */
const struct lbpf_proto *lbpf_sock_ops_helper(u32 id, const struct lbpf_code *code);
/* Helpers of programs that choose a socket, and the base set. */
const struct lbpf_proto *lbpf_reuseport_helper(u32 id, const struct lbpf_code *code);
/*
 * Helpers of programs on messages, of socket look-up, of
 * lightweight tunnels, on a socket's packets; and the base set.
 */
const struct lbpf_proto *lbpf_sk_msg_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_sk_lookup_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_lwt_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_lwt_seg6_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_flow_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_sk_skb_helper(u32 id, const struct lbpf_code *code);
const struct lbpf_proto *lbpf_lwt_xmit_helper(u32 id, const struct lbpf_code *code);

/*
 * What LD_ABS and LD_IND call: the big-endian number of 1, 2 or 4 bytes at byte @off of the packet,
 * or of the network or mac header (SKF_NET_OFF, SKF_LL_OFF); negative when it is not there. @data
 * and @len are not used.
 */
s64 lbpf_skb_load_1(const struct sk_buff *skb, const void *data, int len, int off);
s64 lbpf_skb_load_2(const struct sk_buff *skb, const void *data, int len, int off);
s64 lbpf_skb_load_4(const struct sk_buff *skb, const void *data, int len, int off);

int lbpf_helpers_init(void);
void lbpf_helpers_exit(void);

#endif /* _LBPF_HELPERS_H */
