/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prototypes of all helpers, for the sets.
 *
 * Layer: helpers (private).
 */
#ifndef _LBPF_HELPER_PROTOS_H
#define _LBPF_HELPER_PROTOS_H

#include <lbpf/proto.h>

/* map.c */
extern const struct lbpf_proto lbpf_map_lookup_proto;
extern const struct lbpf_proto lbpf_map_update_proto;
extern const struct lbpf_proto lbpf_map_delete_proto;
extern const struct lbpf_proto lbpf_map_push_proto;
extern const struct lbpf_proto lbpf_map_pop_proto;
extern const struct lbpf_proto lbpf_map_peek_proto;
extern const struct lbpf_proto lbpf_map_lookup_percpu_proto;
extern const struct lbpf_proto lbpf_local_storage_proto;
extern const struct lbpf_proto lbpf_tail_call_proto;

/* storage.c */
extern const struct lbpf_proto lbpf_task_storage_get_proto;
extern const struct lbpf_proto lbpf_task_storage_delete_proto;
extern const struct lbpf_proto lbpf_inode_storage_get_proto;
extern const struct lbpf_proto lbpf_inode_storage_delete_proto;
extern const struct lbpf_proto lbpf_sk_storage_get_proto;
extern const struct lbpf_proto lbpf_sk_storage_delete_proto;
extern const struct lbpf_proto lbpf_traced_storage_get_proto;
extern const struct lbpf_proto lbpf_traced_storage_delete_proto;
extern const struct lbpf_proto lbpf_ctx_storage_get_proto;

/* ringbuf.c */
extern const struct lbpf_proto lbpf_ringbuf_reserve_proto;
extern const struct lbpf_proto lbpf_ringbuf_submit_proto;
extern const struct lbpf_proto lbpf_ringbuf_discard_proto;
extern const struct lbpf_proto lbpf_ringbuf_output_proto;
extern const struct lbpf_proto lbpf_ringbuf_query_proto;

/* func.c */
extern const struct lbpf_proto lbpf_func_arg_proto;
extern const struct lbpf_proto lbpf_func_ret_proto;
extern const struct lbpf_proto lbpf_no_func_ret_proto;
extern const struct lbpf_proto lbpf_func_arg_cnt_proto;
extern const struct lbpf_proto lbpf_func_ip_proto;

/* perf.c */
extern const struct lbpf_proto lbpf_event_output_proto;
extern const struct lbpf_proto lbpf_skb_event_output_proto;
extern const struct lbpf_proto lbpf_xdp_event_output_proto;
extern const struct lbpf_proto lbpf_skb_output_proto;
extern const struct lbpf_proto lbpf_xdp_output_proto;
extern const struct lbpf_proto lbpf_sample_value_proto;
extern const struct lbpf_proto lbpf_sample_branches_proto;
extern const struct lbpf_proto lbpf_event_read_proto;
extern const struct lbpf_proto lbpf_event_read_value_proto;

/* user.c */
extern const struct lbpf_proto lbpf_probe_write_user_proto;
extern const struct lbpf_proto lbpf_copy_from_user_proto;
extern const struct lbpf_proto lbpf_copy_from_task_proto;

/* show.c */
extern const struct lbpf_proto lbpf_snprintf_btf_proto;

/* signal.c */
extern const struct lbpf_proto lbpf_send_signal_proto;
extern const struct lbpf_proto lbpf_send_thread_proto;

/* lsm.c */
extern const struct lbpf_proto lbpf_bprm_opts_proto;
extern const struct lbpf_proto lbpf_ima_inode_proto;
extern const struct lbpf_proto lbpf_ima_file_proto;

/* btf_object.c, stack.c */
extern const struct lbpf_proto lbpf_task_regs_proto;
extern const struct lbpf_proto lbpf_sock_from_file_proto;
extern const struct lbpf_proto lbpf_d_path_proto;
extern const struct lbpf_proto lbpf_task_stack_proto;
extern const struct lbpf_proto lbpf_current_task_btf_proto;
extern const struct lbpf_proto lbpf_seq_write_proto;
extern const struct lbpf_proto lbpf_this_cpu_ptr_proto;
extern const struct lbpf_proto lbpf_sys_bpf_proto;
extern const struct lbpf_proto lbpf_find_type_proto;
extern const struct lbpf_proto lbpf_sys_close_proto;
extern const struct lbpf_proto lbpf_find_symbol_proto;
extern const struct lbpf_proto lbpf_per_cpu_ptr_proto;
extern const struct lbpf_proto lbpf_kptr_xchg_proto;
extern const struct lbpf_proto lbpf_get_stackid_proto;
extern const struct lbpf_proto lbpf_get_stack_proto;

/* lock.c */
extern const struct lbpf_proto lbpf_spin_lock_proto;
extern const struct lbpf_proto lbpf_spin_unlock_proto;
extern const struct lbpf_proto lbpf_timer_init_proto;
extern const struct lbpf_proto lbpf_timer_callback_proto;
extern const struct lbpf_proto lbpf_timer_start_proto;
extern const struct lbpf_proto lbpf_timer_cancel_proto;

/* machine.c */
extern const struct lbpf_proto lbpf_prandom_u32_proto;
extern const struct lbpf_proto lbpf_cpu_id_proto;
extern const struct lbpf_proto lbpf_numa_node_id_proto;

/* time.c */
extern const struct lbpf_proto lbpf_ktime_proto;
extern const struct lbpf_proto lbpf_ktime_boot_proto;
extern const struct lbpf_proto lbpf_ktime_coarse_proto;
extern const struct lbpf_proto lbpf_ktime_tai_proto;
extern const struct lbpf_proto lbpf_jiffies64_proto;

/* task.c */
extern const struct lbpf_proto lbpf_pid_tgid_proto;
extern const struct lbpf_proto lbpf_uid_gid_proto;
extern const struct lbpf_proto lbpf_comm_proto;
extern const struct lbpf_proto lbpf_current_task_proto;
extern const struct lbpf_proto lbpf_cgroup_id_proto;
extern const struct lbpf_proto lbpf_ancestor_id_proto;
extern const struct lbpf_proto lbpf_current_classid_proto;
extern const struct lbpf_proto lbpf_ns_pid_tgid_proto;

/* string.c */
extern const struct lbpf_proto lbpf_strncmp_proto;
extern const struct lbpf_proto lbpf_strtol_proto;
extern const struct lbpf_proto lbpf_strtoul_proto;

/* probe.c */
extern const struct lbpf_proto lbpf_probe_read_kernel_proto;
extern const struct lbpf_proto lbpf_probe_read_proto;
extern const struct lbpf_proto lbpf_probe_read_user_proto;
extern const struct lbpf_proto lbpf_probe_read_str_proto;
extern const struct lbpf_proto lbpf_probe_read_kernel_str_proto;
extern const struct lbpf_proto lbpf_probe_read_user_str_proto;
extern const struct lbpf_proto lbpf_copy_from_user_proto;
extern const struct lbpf_proto lbpf_copy_from_task_proto;

/* sock.c */
extern const struct lbpf_proto lbpf_sk_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_sk_lookup_udp_proto;
extern const struct lbpf_proto lbpf_skc_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_sk_release_proto;
extern const struct lbpf_proto lbpf_sk_fullsock_proto;
extern const struct lbpf_proto lbpf_tcp_sock_proto;
extern const struct lbpf_proto lbpf_listener_sock_proto;

/* csum.c */
extern const struct lbpf_proto lbpf_csum_diff_proto;
extern const struct lbpf_proto lbpf_csum_update_proto;

/* tc.c */
extern const struct lbpf_proto lbpf_cgroup_classid_proto;
extern const struct lbpf_proto lbpf_skb_vlan_push_proto;
extern const struct lbpf_proto lbpf_skb_vlan_pop_proto;
extern const struct lbpf_proto lbpf_hash_recalc_proto;
extern const struct lbpf_proto lbpf_skb_store_bytes_proto;

/* xdp.c */
extern const struct lbpf_proto lbpf_xdp_adjust_head_proto;
extern const struct lbpf_proto lbpf_xdp_adjust_meta_proto;

/* trace.c */
extern const struct lbpf_proto lbpf_trace_printk_proto;
extern const struct lbpf_proto lbpf_trace_vprintk_proto;
extern const struct lbpf_proto lbpf_snprintf_proto;

/* skb.c */
extern const struct lbpf_proto lbpf_skb_load_bytes_proto;
extern const struct lbpf_proto lbpf_skb_load_relative_proto;
extern const struct lbpf_proto lbpf_reuseport_load_proto;
extern const struct lbpf_proto lbpf_reuseport_load_relative_proto;
extern const struct lbpf_proto lbpf_socket_cookie_proto;
extern const struct lbpf_proto lbpf_socket_uid_proto;

/* callback.c */
extern const struct lbpf_proto lbpf_loop_proto;
extern const struct lbpf_proto lbpf_for_each_proto;
/* dynptr.c */
extern const struct lbpf_proto lbpf_dynptr_from_mem_proto;
extern const struct lbpf_proto lbpf_dynptr_read_proto;
extern const struct lbpf_proto lbpf_dynptr_write_proto;
extern const struct lbpf_proto lbpf_dynptr_data_proto;
extern const struct lbpf_proto lbpf_reserve_dynptr_proto;
extern const struct lbpf_proto lbpf_submit_dynptr_proto;
extern const struct lbpf_proto lbpf_discard_dynptr_proto;
extern const struct lbpf_proto lbpf_user_ringbuf_drain_proto;

/* sockopt.c */
extern const struct lbpf_proto lbpf_ops_getsockopt_proto;
extern const struct lbpf_proto lbpf_sk_getsockopt_proto;
extern const struct lbpf_proto lbpf_sk_setsockopt_proto;

/* tcp_ca.c */
extern const struct lbpf_proto lbpf_tcp_send_ack_proto;

/* reuseport.c */
extern const struct lbpf_proto lbpf_select_reuseport_proto;

/* cgroup.c */
extern const struct lbpf_proto lbpf_task_in_cgroup_proto;
extern const struct lbpf_proto lbpf_skb_in_cgroup_proto;

/* cookie.c */
extern const struct lbpf_proto lbpf_sock_cookie_proto;
extern const struct lbpf_proto lbpf_sock_ptr_cookie_proto;
extern const struct lbpf_proto lbpf_addr_cookie_proto;
extern const struct lbpf_proto lbpf_ops_cookie_proto;
extern const struct lbpf_proto lbpf_sock_netns_proto;
extern const struct lbpf_proto lbpf_addr_netns_proto;
extern const struct lbpf_proto lbpf_ops_netns_proto;
extern const struct lbpf_proto lbpf_opt_netns_proto;
extern const struct lbpf_proto lbpf_msg_netns_proto;

/* sock_cast.c */
extern const struct lbpf_proto lbpf_skc_to_tcp_proto;
extern const struct lbpf_proto lbpf_skc_to_tcp6_proto;
extern const struct lbpf_proto lbpf_skc_to_timewait_proto;
extern const struct lbpf_proto lbpf_skc_to_request_proto;
extern const struct lbpf_proto lbpf_skc_to_udp6_proto;
extern const struct lbpf_proto lbpf_skc_to_unix_proto;

/* skb_change.c */
extern const struct lbpf_proto lbpf_skb_change_head_proto;
extern const struct lbpf_proto lbpf_skb_pull_data_proto;
extern const struct lbpf_proto lbpf_set_hash_invalid_proto;
extern const struct lbpf_proto lbpf_set_hash_proto;

/* stack.c */
long lbpf_get_stack(void *buf, u32 size, u64 flags);

#endif /* _LBPF_HELPER_PROTOS_H */
