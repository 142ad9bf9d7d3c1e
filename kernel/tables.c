// SPDX-License-Identifier: GPL-2.0
/*
 * The tables of what there is: map types, program types.
 *
 * Layer: tables.
 */
#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/nospec.h>

#include <lbpf/map.h>
#include <lbpf/maps.h>
#include <lbpf/progtype.h>
#include <lbpf/progtypes.h>
#include <lbpf/tables.h>

static const struct lbpf_map_ops *const map_types[] = {
	[BPF_MAP_TYPE_HASH]		= &lbpf_hash_ops,
	[BPF_MAP_TYPE_ARRAY]		= &lbpf_array_ops,
	[BPF_MAP_TYPE_PROG_ARRAY]	= &lbpf_prog_array_ops,
	[BPF_MAP_TYPE_PERCPU_HASH]	= &lbpf_percpu_hash_ops,
	[BPF_MAP_TYPE_PERCPU_ARRAY]	= &lbpf_percpu_array_ops,
	[BPF_MAP_TYPE_LRU_HASH]		= &lbpf_lru_hash_ops,
	[BPF_MAP_TYPE_LRU_PERCPU_HASH]	= &lbpf_lru_percpu_hash_ops,
	[BPF_MAP_TYPE_RINGBUF]		= &lbpf_ringbuf_ops,
	[BPF_MAP_TYPE_PERF_EVENT_ARRAY]	= &lbpf_perf_array_ops,
	[BPF_MAP_TYPE_STACK_TRACE]	= &lbpf_stack_map_ops,
	[BPF_MAP_TYPE_ARRAY_OF_MAPS]	= &lbpf_array_of_maps_ops,
	[BPF_MAP_TYPE_HASH_OF_MAPS]	= &lbpf_hash_of_maps_ops,
	[BPF_MAP_TYPE_QUEUE]		= &lbpf_queue_ops,
	[BPF_MAP_TYPE_STACK]		= &lbpf_stack_ops,
	[BPF_MAP_TYPE_BLOOM_FILTER]	= &lbpf_bloom_ops,
	[BPF_MAP_TYPE_CGROUP_STORAGE]	= &lbpf_cgroup_storage_ops,
	[BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE] = &lbpf_percpu_cgroup_storage_ops,
	[BPF_MAP_TYPE_SK_STORAGE]	= &lbpf_sk_storage_ops,
	[BPF_MAP_TYPE_INODE_STORAGE]	= &lbpf_inode_storage_ops,
	[BPF_MAP_TYPE_TASK_STORAGE]	= &lbpf_task_storage_ops,
	[BPF_MAP_TYPE_LPM_TRIE]		= &lbpf_lpm_ops,
	[BPF_MAP_TYPE_REUSEPORT_SOCKARRAY] = &lbpf_reuseport_array_ops,
	[BPF_MAP_TYPE_CGROUP_ARRAY]	= &lbpf_cgroup_array_ops,
	[BPF_MAP_TYPE_USER_RINGBUF]	= &lbpf_user_ringbuf_ops,
	[BPF_MAP_TYPE_STRUCT_OPS]	= &lbpf_struct_ops_map_ops,
};

/**
 * lbpf_map_type() - Find a map type
 * @type: BPF_MAP_TYPE_*.
 *
 * Context: Any.
 * Return: Its operations, or NULL.
 */
const struct lbpf_map_ops *lbpf_map_type(u32 type)
{
	if (type >= ARRAY_SIZE(map_types))
		return NULL;
	return map_types[array_index_nospec(type, ARRAY_SIZE(map_types))];
}

static const struct lbpf_progtype *const prog_types[] = {
	[BPF_PROG_TYPE_SOCKET_FILTER]	= &lbpf_socket_filter_type,
	[BPF_PROG_TYPE_SCHED_CLS]	= &lbpf_sched_cls_type,
	[BPF_PROG_TYPE_SCHED_ACT]	= &lbpf_sched_act_type,
	[BPF_PROG_TYPE_TRACEPOINT]	= &lbpf_tracepoint_type,
	[BPF_PROG_TYPE_XDP]		= &lbpf_xdp_type,
	[BPF_PROG_TYPE_SK_SKB]		= &lbpf_sk_skb_type,
	[BPF_PROG_TYPE_LWT_IN]		= &lbpf_lwt_in_type,
	[BPF_PROG_TYPE_LWT_OUT]		= &lbpf_lwt_out_type,
	[BPF_PROG_TYPE_LWT_XMIT]	= &lbpf_lwt_xmit_type,
	[BPF_PROG_TYPE_SK_LOOKUP]	= &lbpf_sk_lookup_type,
	[BPF_PROG_TYPE_SK_MSG]		= &lbpf_sk_msg_type,
	[BPF_PROG_TYPE_CGROUP_SOCK]	= &lbpf_cgroup_sock_type,
	[BPF_PROG_TYPE_KPROBE]		= &lbpf_kprobe_type,
	[BPF_PROG_TYPE_PERF_EVENT]	= &lbpf_perf_event_type,
	[BPF_PROG_TYPE_RAW_TRACEPOINT]	= &lbpf_raw_tracepoint_type,
	[BPF_PROG_TYPE_CGROUP_SKB]	= &lbpf_cgroup_skb_type,
	[BPF_PROG_TYPE_FLOW_DISSECTOR]	= &lbpf_flow_dissector_type,
	[BPF_PROG_TYPE_LWT_SEG6LOCAL]	= &lbpf_lwt_seg6local_type,
	[BPF_PROG_TYPE_CGROUP_SOCK_ADDR]	= &lbpf_cgroup_sock_addr_type,
	[BPF_PROG_TYPE_CGROUP_DEVICE]	= &lbpf_cgroup_device_type,
	[BPF_PROG_TYPE_CGROUP_SYSCTL]	= &lbpf_cgroup_sysctl_type,
	[BPF_PROG_TYPE_CGROUP_SOCKOPT]	= &lbpf_cgroup_sockopt_type,
	[BPF_PROG_TYPE_SOCK_OPS]	= &lbpf_sock_ops_type,
	[BPF_PROG_TYPE_SK_REUSEPORT]	= &lbpf_sk_reuseport_type,
	[BPF_PROG_TYPE_TRACING]		= &lbpf_tracing_type,
	[BPF_PROG_TYPE_STRUCT_OPS]	= &lbpf_struct_ops_type,
	[BPF_PROG_TYPE_LSM]		= &lbpf_lsm_type,
	[BPF_PROG_TYPE_SYSCALL]		= &lbpf_syscall_type,
	[BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE]	= &lbpf_raw_tracepoint_writable_type,
};

/**
 * lbpf_prog_type() - Find a program type
 * @type: BPF_PROG_TYPE_*.
 *
 * Context: Any.
 * Return: Its row, or NULL.
 */
const struct lbpf_progtype *lbpf_prog_type(u32 type)
{
	if (type >= ARRAY_SIZE(prog_types))
		return NULL;
	return prog_types[array_index_nospec(type, ARRAY_SIZE(prog_types))];
}
