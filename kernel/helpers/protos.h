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

/* sock.c */
extern const struct lbpf_proto lbpf_sk_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_sk_lookup_udp_proto;
extern const struct lbpf_proto lbpf_skc_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_xdp_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_xdp_lookup_udp_proto;
extern const struct lbpf_proto lbpf_xdp_skc_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_addr_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_addr_lookup_udp_proto;
extern const struct lbpf_proto lbpf_addr_skc_lookup_tcp_proto;
extern const struct lbpf_proto lbpf_sk_release_proto;
extern const struct lbpf_proto lbpf_sk_fullsock_proto;
extern const struct lbpf_proto lbpf_tcp_sock_proto;
extern const struct lbpf_proto lbpf_listener_sock_proto;

/* csum.c */
extern const struct lbpf_proto lbpf_csum_diff_proto;
extern const struct lbpf_proto lbpf_csum_update_proto;
extern const struct lbpf_proto lbpf_l3_csum_proto;
extern const struct lbpf_proto lbpf_l4_csum_proto;
extern const struct lbpf_proto lbpf_csum_level_proto;

/* tc.c */
extern const struct lbpf_proto lbpf_skb_classid_proto;
extern const struct lbpf_proto lbpf_route_realm_proto;
extern const struct lbpf_proto lbpf_skb_set_tstamp_proto;
extern const struct lbpf_proto lbpf_skb_mtu_proto;
extern const struct lbpf_proto lbpf_xdp_mtu_proto;
extern const struct lbpf_proto lbpf_set_ce_proto;
extern const struct lbpf_proto lbpf_cgroup_classid_proto;
extern const struct lbpf_proto lbpf_skb_vlan_push_proto;
extern const struct lbpf_proto lbpf_skb_vlan_pop_proto;
extern const struct lbpf_proto lbpf_hash_recalc_proto;
extern const struct lbpf_proto lbpf_skb_store_bytes_proto;

/* tunnel.c */
extern const struct lbpf_proto lbpf_get_tunnel_key_proto;
extern const struct lbpf_proto lbpf_set_tunnel_key_proto;
extern const struct lbpf_proto lbpf_get_tunnel_opt_proto;
extern const struct lbpf_proto lbpf_set_tunnel_opt_proto;

/* redirect.c */
extern const struct lbpf_proto lbpf_redirect_proto;
extern const struct lbpf_proto lbpf_redirect_peer_proto;
extern const struct lbpf_proto lbpf_redirect_neigh_proto;
extern const struct lbpf_proto lbpf_xdp_redirect_proto;
extern const struct lbpf_proto lbpf_clone_redirect_proto;

/* syncookie.c */
extern const struct lbpf_proto lbpf_check_syncookie_proto;
extern const struct lbpf_proto lbpf_gen_syncookie_proto;
extern const struct lbpf_proto lbpf_raw_gen_v4_proto;
extern const struct lbpf_proto lbpf_raw_gen_v6_proto;
extern const struct lbpf_proto lbpf_raw_check_v4_proto;
extern const struct lbpf_proto lbpf_raw_check_v6_proto;
extern const struct lbpf_proto lbpf_skb_sk_assign_proto;

/* xdp.c */
extern const struct lbpf_proto lbpf_xdp_adjust_tail_proto;
extern const struct lbpf_proto lbpf_xdp_buff_len_proto;
extern const struct lbpf_proto lbpf_xdp_load_bytes_proto;
extern const struct lbpf_proto lbpf_xdp_store_bytes_proto;
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
extern const struct lbpf_proto lbpf_flow_load_proto;
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

extern const struct lbpf_proto lbpf_set_cb_flags_proto;
extern const struct lbpf_proto lbpf_msg_apply_proto;
extern const struct lbpf_proto lbpf_msg_cork_proto;

/* sysctl.c */
extern const struct lbpf_proto lbpf_sysctl_name_proto;
extern const struct lbpf_proto lbpf_sysctl_current_proto;
extern const struct lbpf_proto lbpf_sysctl_new_proto;
extern const struct lbpf_proto lbpf_sysctl_set_proto;
extern const struct lbpf_proto lbpf_get_retval_proto;
extern const struct lbpf_proto lbpf_set_retval_proto;

/* tcp_ca.c */
extern const struct lbpf_proto lbpf_tcp_send_ack_proto;

/* reuseport.c */
extern const struct lbpf_proto lbpf_select_reuseport_proto;

/* cgroup.c */
extern const struct lbpf_proto lbpf_task_in_cgroup_proto;
extern const struct lbpf_proto lbpf_skb_in_cgroup_proto;
extern const struct lbpf_proto lbpf_skb_cgroup_id_proto;
extern const struct lbpf_proto lbpf_skb_ancestor_id_proto;
extern const struct lbpf_proto lbpf_sk_cgroup_id_proto;
extern const struct lbpf_proto lbpf_sk_ancestor_id_proto;

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
extern const struct lbpf_proto lbpf_skb_change_type_proto;
extern const struct lbpf_proto lbpf_skb_change_tail_proto;

/* skb_room.c */
extern const struct lbpf_proto lbpf_adjust_room_proto;
extern const struct lbpf_proto lbpf_change_proto_proto;

/* stack.c */
long lbpf_get_stack(void *buf, u32 size, u64 flags);

#endif /* _LBPF_HELPER_PROTOS_H */
