// SPDX-License-Identifier: GPL-2.0
/*
 * Which helpers exist for whom.
 *
 * Layer: helpers.  A set is a table by helper id.  Source: what bpf(2) of Linux
 * 6.1 offers to the same callers; selftests/prog compares id by id.
 */
#define pr_fmt(fmt) "lbpf: " fmt

#include <linux/bpf.h>
#include <linux/kernel.h>
#include <linux/nospec.h>
#include <linux/printk.h>
#include <linux/sched.h>

#include <lbpf/code.h>
#include <lbpf/helpers.h>

#include "protos.h"
#include "trace.h"

struct helper_set {
	const struct lbpf_proto *const *rows;
	u32 nr_rows;
};

#define SET(table)	((struct helper_set){ .rows = (table), .nr_rows = ARRAY_SIZE(table) })

static const struct lbpf_proto *find_helper(struct helper_set set, u32 id)
{
	if (id >= set.nr_rows)
		return NULL;
	return set.rows[array_index_nospec(id, set.nr_rows)];
}

static const struct lbpf_proto *const everyone[] = {
	[BPF_FUNC_map_lookup_elem]		= &lbpf_map_lookup_proto,
	[BPF_FUNC_map_update_elem]		= &lbpf_map_update_proto,
	[BPF_FUNC_map_delete_elem]		= &lbpf_map_delete_proto,
	[BPF_FUNC_map_push_elem]		= &lbpf_map_push_proto,
	[BPF_FUNC_map_pop_elem]			= &lbpf_map_pop_proto,
	[BPF_FUNC_map_peek_elem]		= &lbpf_map_peek_proto,
	[BPF_FUNC_map_lookup_percpu_elem]	= &lbpf_map_lookup_percpu_proto,
	[BPF_FUNC_tail_call]			= &lbpf_tail_call_proto,
	[BPF_FUNC_get_prandom_u32]		= &lbpf_prandom_u32_proto,
	[BPF_FUNC_get_smp_processor_id]		= &lbpf_cpu_id_proto,
	[BPF_FUNC_get_numa_node_id]		= &lbpf_numa_node_id_proto,
	[BPF_FUNC_ktime_get_ns]			= &lbpf_ktime_proto,
	[BPF_FUNC_ktime_get_boot_ns]		= &lbpf_ktime_boot_proto,
	[BPF_FUNC_ktime_get_coarse_ns]		= &lbpf_ktime_coarse_proto,
	[BPF_FUNC_ktime_get_tai_ns]		= &lbpf_ktime_tai_proto,
	[BPF_FUNC_strncmp]			= &lbpf_strncmp_proto,
	[BPF_FUNC_ringbuf_reserve]		= &lbpf_ringbuf_reserve_proto,
	[BPF_FUNC_ringbuf_submit]		= &lbpf_ringbuf_submit_proto,
	[BPF_FUNC_ringbuf_discard]		= &lbpf_ringbuf_discard_proto,
	[BPF_FUNC_ringbuf_output]		= &lbpf_ringbuf_output_proto,
	[BPF_FUNC_ringbuf_query]		= &lbpf_ringbuf_query_proto,
	[BPF_FUNC_strtol]			= &lbpf_strtol_proto,
	[BPF_FUNC_strtoul]			= &lbpf_strtoul_proto,
};

static const struct lbpf_proto *const with_cap_bpf[] = {
	[BPF_FUNC_jiffies64]			= &lbpf_jiffies64_proto,
	[BPF_FUNC_spin_lock]			= &lbpf_spin_lock_proto,
	[BPF_FUNC_spin_unlock]			= &lbpf_spin_unlock_proto,
	[BPF_FUNC_timer_init]			= &lbpf_timer_init_proto,
	[BPF_FUNC_timer_set_callback]		= &lbpf_timer_callback_proto,
	[BPF_FUNC_timer_start]			= &lbpf_timer_start_proto,
	[BPF_FUNC_timer_cancel]			= &lbpf_timer_cancel_proto,
	[BPF_FUNC_kptr_xchg]			= &lbpf_kptr_xchg_proto,
	[BPF_FUNC_this_cpu_ptr]			= &lbpf_this_cpu_ptr_proto,
	[BPF_FUNC_per_cpu_ptr]			= &lbpf_per_cpu_ptr_proto,
	[BPF_FUNC_loop]				= &lbpf_loop_proto,
	[BPF_FUNC_for_each_map_elem]		= &lbpf_for_each_proto,
	[BPF_FUNC_dynptr_from_mem]		= &lbpf_dynptr_from_mem_proto,
	[BPF_FUNC_dynptr_read]			= &lbpf_dynptr_read_proto,
	[BPF_FUNC_dynptr_write]			= &lbpf_dynptr_write_proto,
	[BPF_FUNC_dynptr_data]			= &lbpf_dynptr_data_proto,
	[BPF_FUNC_ringbuf_reserve_dynptr]	= &lbpf_reserve_dynptr_proto,
	[BPF_FUNC_ringbuf_submit_dynptr]	= &lbpf_submit_dynptr_proto,
	[BPF_FUNC_ringbuf_discard_dynptr]	= &lbpf_discard_dynptr_proto,
	[BPF_FUNC_user_ringbuf_drain]		= &lbpf_user_ringbuf_drain_proto,
};

static const struct lbpf_proto *const with_cap_perfmon[] = {
	[BPF_FUNC_trace_printk]			= &lbpf_trace_printk_proto,
	[BPF_FUNC_trace_vprintk]		= &lbpf_trace_vprintk_proto,
	[BPF_FUNC_snprintf]			= &lbpf_snprintf_proto,
	[BPF_FUNC_snprintf_btf]			= &lbpf_snprintf_btf_proto,
	[BPF_FUNC_get_current_task]		= &lbpf_current_task_proto,
	[BPF_FUNC_get_current_task_btf]		= &lbpf_current_task_btf_proto,
	[BPF_FUNC_task_pt_regs]			= &lbpf_task_regs_proto,
	[BPF_FUNC_probe_read_user]		= &lbpf_probe_read_user_proto,
	[BPF_FUNC_probe_read_kernel]		= &lbpf_probe_read_kernel_proto,
	[BPF_FUNC_probe_read_user_str]		= &lbpf_probe_read_user_str_proto,
	[BPF_FUNC_probe_read_kernel_str]	= &lbpf_probe_read_kernel_str_proto,
};

/**
 * lbpf_base_helper() - Find a helper of the base set
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_base_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(everyone), id);

	if (!proto && lbpf_code_may(code, LBPF_CAP_BPF))
		proto = find_helper(SET(with_cap_bpf), id);
	if (!proto && lbpf_code_may(code, LBPF_CAP_BPF) && lbpf_code_may(code, LBPF_CAP_PERFMON))
		proto = find_helper(SET(with_cap_perfmon), id);
	if (proto == &lbpf_trace_printk_proto || proto == &lbpf_trace_vprintk_proto)
		lbpf_trace_enable();
	return proto;
}

/* A socket in its own type, which tracing knows how to read. */
static const struct lbpf_proto *const casts[] = {
	[BPF_FUNC_skc_to_tcp_sock]		= &lbpf_skc_to_tcp_proto,
	[BPF_FUNC_skc_to_tcp6_sock]		= &lbpf_skc_to_tcp6_proto,
	[BPF_FUNC_skc_to_tcp_timewait_sock]	= &lbpf_skc_to_timewait_proto,
	[BPF_FUNC_skc_to_tcp_request_sock]	= &lbpf_skc_to_request_proto,
	[BPF_FUNC_skc_to_udp6_sock]		= &lbpf_skc_to_udp6_proto,
	[BPF_FUNC_skc_to_unix_sock]		= &lbpf_skc_to_unix_proto,
};

/* The base set of programs that meet sockets. */
static const struct lbpf_proto *sock_base_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = NULL;

	if (lbpf_code_may(code, LBPF_CAP_BPF) && lbpf_code_may(code, LBPF_CAP_PERFMON))
		proto = find_helper(SET(casts), id);
	return proto ?: lbpf_base_helper(id, code);
}

static const struct lbpf_proto *const on_skb[] = {
	[BPF_FUNC_skb_load_bytes]		= &lbpf_skb_load_bytes_proto,
	[BPF_FUNC_skb_load_bytes_relative]	= &lbpf_skb_load_relative_proto,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_socket_cookie_proto,
	[BPF_FUNC_get_socket_uid]		= &lbpf_socket_uid_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_skb_event_output_proto,
};

/**
 * lbpf_skb_helper() - Find a helper of socket filters
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_skb_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(on_skb), id);

	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const on_events[] = {
	[BPF_FUNC_current_task_under_cgroup]	= &lbpf_task_in_cgroup_proto,
	[BPF_FUNC_probe_read]			= &lbpf_probe_read_proto,
	[BPF_FUNC_probe_read_str]		= &lbpf_probe_read_str_proto,
	[BPF_FUNC_probe_read_kernel]		= &lbpf_probe_read_kernel_proto,
	[BPF_FUNC_get_current_pid_tgid]		= &lbpf_pid_tgid_proto,
	[BPF_FUNC_get_current_uid_gid]		= &lbpf_uid_gid_proto,
	[BPF_FUNC_get_current_comm]		= &lbpf_comm_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_event_output_proto,
	[BPF_FUNC_perf_event_read]		= &lbpf_event_read_proto,
	[BPF_FUNC_perf_event_read_value]	= &lbpf_event_read_value_proto,
	[BPF_FUNC_get_stackid]			= &lbpf_get_stackid_proto,
	[BPF_FUNC_get_stack]			= &lbpf_get_stack_proto,
	[BPF_FUNC_get_current_cgroup_id]	= &lbpf_cgroup_id_proto,
	[BPF_FUNC_get_current_ancestor_cgroup_id]	= &lbpf_ancestor_id_proto,
	[BPF_FUNC_task_storage_get]		= &lbpf_task_storage_get_proto,
	[BPF_FUNC_task_storage_delete]		= &lbpf_task_storage_delete_proto,
	[BPF_FUNC_get_ns_current_pid_tgid]	= &lbpf_ns_pid_tgid_proto,
	[BPF_FUNC_get_task_stack]		= &lbpf_task_stack_proto,
	[BPF_FUNC_send_signal]			= &lbpf_send_signal_proto,
	[BPF_FUNC_send_signal_thread]		= &lbpf_send_thread_proto,
	[BPF_FUNC_copy_from_user]		= &lbpf_copy_from_user_proto,
	[BPF_FUNC_copy_from_user_task]		= &lbpf_copy_from_task_proto,
};

static const struct lbpf_proto *const for_root[] = {
	[BPF_FUNC_probe_write_user]		= &lbpf_probe_write_user_proto,
};

/**
 * lbpf_trace_helper() - Find a helper of programs that run at events in the kernel
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_trace_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(on_events), id);

	if (!proto && lbpf_code_may(code, LBPF_CAP_SYS_ADMIN))
		proto = find_helper(SET(for_root), id);
	if (proto == &lbpf_probe_write_user_proto)
		pr_warn_ratelimited("%s[%d] is installing a program with bpf_probe_write_user helper that may corrupt user memory!\n",
				    current->comm, task_pid_nr(current));
	/* Its sequence lock may be held by what the program interrupts. */
	if (id == BPF_FUNC_ktime_get_coarse_ns)
		return NULL;
	return proto ?: lbpf_base_helper(id, code);
}

static const struct lbpf_proto *const on_samples[] = {
	[BPF_FUNC_perf_prog_read_value]		= &lbpf_sample_value_proto,
	[BPF_FUNC_read_branch_records]		= &lbpf_sample_branches_proto,
};

/**
 * lbpf_sample_helper() - Find a helper of programs that run at samples of counters
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sample_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(on_samples), id);

	return proto ?: lbpf_trace_helper(id, code);
}

static const struct lbpf_proto *const in_tracing[] = {
	[BPF_FUNC_d_path]			= &lbpf_d_path_proto,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_sock_ptr_cookie_proto,
	[BPF_FUNC_sock_from_file]		= &lbpf_sock_from_file_proto,
	[BPF_FUNC_skb_output]			= &lbpf_skb_output_proto,
	[BPF_FUNC_xdp_output]			= &lbpf_xdp_output_proto,
};

static const struct lbpf_proto *const in_lsm[] = {
	[BPF_FUNC_inode_storage_get]		= &lbpf_inode_storage_get_proto,
	[BPF_FUNC_inode_storage_delete]		= &lbpf_inode_storage_delete_proto,
	[BPF_FUNC_bprm_opts_set]		= &lbpf_bprm_opts_proto,
	[BPF_FUNC_ima_inode_hash]		= &lbpf_ima_inode_proto,
	[BPF_FUNC_ima_file_hash]		= &lbpf_ima_file_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
};

/* Not in what Linux does for its own storages. */
static const struct lbpf_proto *const in_function[] = {
	[BPF_FUNC_sk_storage_get]		= &lbpf_traced_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_traced_storage_delete_proto,
};

static const struct lbpf_proto *const at_functions[] = {
	[BPF_FUNC_get_func_ip]			= &lbpf_func_ip_proto,
	[BPF_FUNC_get_func_arg]			= &lbpf_func_arg_proto,
	[BPF_FUNC_get_func_arg_cnt]		= &lbpf_func_arg_cnt_proto,
};

static const struct lbpf_proto *const at_entries[] = {
	[BPF_FUNC_get_func_ret]			= &lbpf_no_func_ret_proto,
};

static const struct lbpf_proto *const at_results[] = {
	[BPF_FUNC_get_func_ret]			= &lbpf_func_ret_proto,
};

/* By what a program is attached to. */
static const struct lbpf_proto *attached_helper(u32 id, u32 attach_type)
{
	const struct lbpf_proto *proto;

	switch (attach_type) {
	case BPF_TRACE_FENTRY:
		proto = find_helper(SET(at_entries), id);
		break;
	case BPF_TRACE_FEXIT:
	case BPF_MODIFY_RETURN:
		proto = find_helper(SET(at_results), id);
		break;
	default:
		return NULL;
	}
	return proto ?: find_helper(SET(at_functions), id);
}

static const struct lbpf_proto *const in_iterator[] = {
	[BPF_FUNC_seq_write]			= &lbpf_seq_write_proto,
};

/* What programs have that know kernel objects by their type. */
static const struct lbpf_proto *typed_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_tracing), id);

	if (!proto)
		proto = find_helper(SET(casts), id);
	return proto ?: lbpf_trace_helper(id, code);
}

/**
 * lbpf_lsm_helper() - Find a helper of LSM programs
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_lsm_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_lsm), id);

	return proto ?: typed_helper(id, code);
}

/**
 * lbpf_tracing_helper() - Find a helper of programs that trace functions
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_tracing_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = attached_helper(id, code->expected_attach_type);

	if (code->expected_attach_type == BPF_TRACE_ITER)
		proto = find_helper(SET(in_iterator), id);
	if (!proto)
		proto = find_helper(SET(in_function), id);
	return proto ?: typed_helper(id, code);
}

static const struct lbpf_proto *const in_syscall[] = {
	[BPF_FUNC_sys_bpf]			= &lbpf_sys_bpf_proto,
	[BPF_FUNC_btf_find_by_name_kind]	= &lbpf_find_type_proto,
	[BPF_FUNC_sys_close]			= &lbpf_sys_close_proto,
	[BPF_FUNC_kallsyms_lookup_name]		= &lbpf_find_symbol_proto,
};

/**
 * lbpf_syscall_helper() - Find a helper of programs that are run for a system call
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_syscall_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_syscall), id);

	return proto ?: lbpf_tracing_helper(id, code);
}

static const struct lbpf_proto *const in_tc[] = {
	[BPF_FUNC_skb_under_cgroup]		= &lbpf_skb_in_cgroup_proto,
	[BPF_FUNC_csum_diff]			= &lbpf_csum_diff_proto,
	[BPF_FUNC_csum_update]			= &lbpf_csum_update_proto,
	[BPF_FUNC_get_cgroup_classid]		= &lbpf_cgroup_classid_proto,
	[BPF_FUNC_skb_vlan_push]		= &lbpf_skb_vlan_push_proto,
	[BPF_FUNC_skb_vlan_pop]			= &lbpf_skb_vlan_pop_proto,
	[BPF_FUNC_get_hash_recalc]		= &lbpf_hash_recalc_proto,
	[BPF_FUNC_skb_store_bytes]		= &lbpf_skb_store_bytes_proto,
	[BPF_FUNC_sk_lookup_tcp]		= &lbpf_sk_lookup_tcp_proto,
	[BPF_FUNC_sk_lookup_udp]		= &lbpf_sk_lookup_udp_proto,
	[BPF_FUNC_skc_lookup_tcp]		= &lbpf_skc_lookup_tcp_proto,
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
	[BPF_FUNC_sk_fullsock]			= &lbpf_sk_fullsock_proto,
	[BPF_FUNC_tcp_sock]			= &lbpf_tcp_sock_proto,
	[BPF_FUNC_get_listener_sock]		= &lbpf_listener_sock_proto,
	[BPF_FUNC_skb_change_head]		= &lbpf_skb_change_head_proto,
	[BPF_FUNC_skb_pull_data]		= &lbpf_skb_pull_data_proto,
	[BPF_FUNC_set_hash]			= &lbpf_set_hash_proto,
	[BPF_FUNC_set_hash_invalid]		= &lbpf_set_hash_invalid_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
	[BPF_FUNC_l3_csum_replace]		= &lbpf_l3_csum_proto,
	[BPF_FUNC_l4_csum_replace]		= &lbpf_l4_csum_proto,
	[BPF_FUNC_csum_level]			= &lbpf_csum_level_proto,
	[BPF_FUNC_skb_change_tail]		= &lbpf_skb_change_tail_proto,
	[BPF_FUNC_skb_cgroup_id]		= &lbpf_skb_cgroup_id_proto,
	[BPF_FUNC_skb_ancestor_cgroup_id]	= &lbpf_skb_ancestor_id_proto,
	[BPF_FUNC_skb_ecn_set_ce]		= &lbpf_set_ce_proto,
	[BPF_FUNC_get_route_realm]		= &lbpf_route_realm_proto,
	[BPF_FUNC_skb_change_type]		= &lbpf_skb_change_type_proto,
	[BPF_FUNC_skb_change_proto]		= &lbpf_change_proto_proto,
	[BPF_FUNC_skb_adjust_room]		= &lbpf_adjust_room_proto,
	[BPF_FUNC_skb_cgroup_classid]		= &lbpf_skb_classid_proto,
	[BPF_FUNC_skb_set_tstamp]		= &lbpf_skb_set_tstamp_proto,
	[BPF_FUNC_check_mtu]			= &lbpf_skb_mtu_proto,
	[BPF_FUNC_skb_get_tunnel_key]		= &lbpf_get_tunnel_key_proto,
	[BPF_FUNC_skb_set_tunnel_key]		= &lbpf_set_tunnel_key_proto,
	[BPF_FUNC_skb_get_tunnel_opt]		= &lbpf_get_tunnel_opt_proto,
	[BPF_FUNC_skb_set_tunnel_opt]		= &lbpf_set_tunnel_opt_proto,
	[BPF_FUNC_redirect]			= &lbpf_redirect_proto,
	[BPF_FUNC_clone_redirect]		= &lbpf_clone_redirect_proto,
	[BPF_FUNC_redirect_peer]		= &lbpf_redirect_peer_proto,
	[BPF_FUNC_redirect_neigh]		= &lbpf_redirect_neigh_proto,
	[BPF_FUNC_tcp_check_syncookie]		= &lbpf_check_syncookie_proto,
	[BPF_FUNC_tcp_gen_syncookie]		= &lbpf_gen_syncookie_proto,
	[BPF_FUNC_tcp_raw_gen_syncookie_ipv4]	= &lbpf_raw_gen_v4_proto,
	[BPF_FUNC_tcp_raw_gen_syncookie_ipv6]	= &lbpf_raw_gen_v6_proto,
	[BPF_FUNC_tcp_raw_check_syncookie_ipv4]	= &lbpf_raw_check_v4_proto,
	[BPF_FUNC_tcp_raw_check_syncookie_ipv6]	= &lbpf_raw_check_v6_proto,
	[BPF_FUNC_sk_assign]			= &lbpf_skb_sk_assign_proto,
};

/**
 * lbpf_tc_helper() - Find a helper of tc programs
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_tc_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_tc), id);

	return proto ?: lbpf_skb_helper(id, code);
}

static const struct lbpf_proto *const in_cgroup_skb[] = {
	[BPF_FUNC_sk_fullsock]			= &lbpf_sk_fullsock_proto,
	[BPF_FUNC_tcp_sock]			= &lbpf_tcp_sock_proto,
	[BPF_FUNC_get_listener_sock]		= &lbpf_listener_sock_proto,
	[BPF_FUNC_sk_lookup_tcp]		= &lbpf_sk_lookup_tcp_proto,
	[BPF_FUNC_sk_lookup_udp]		= &lbpf_sk_lookup_udp_proto,
	[BPF_FUNC_skc_lookup_tcp]		= &lbpf_skc_lookup_tcp_proto,
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
	[BPF_FUNC_get_local_storage]		= &lbpf_local_storage_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
	[BPF_FUNC_skb_cgroup_id]		= &lbpf_skb_cgroup_id_proto,
	[BPF_FUNC_skb_ancestor_cgroup_id]	= &lbpf_skb_ancestor_id_proto,
	[BPF_FUNC_skb_ecn_set_ce]		= &lbpf_set_ce_proto,
	[BPF_FUNC_sk_cgroup_id]			= &lbpf_sk_cgroup_id_proto,
	[BPF_FUNC_sk_ancestor_cgroup_id]	= &lbpf_sk_ancestor_id_proto,
};

/**
 * lbpf_cgroup_skb_helper() - Find a helper of cgroup_skb programs
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_cgroup_skb_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_cgroup_skb), id);

	return proto ?: lbpf_skb_helper(id, code);
}

/**
 * lbpf_flow_helper() - Find a helper of flow dissectors
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_flow_helper(u32 id, const struct lbpf_code *code)
{
	return id == BPF_FUNC_skb_load_bytes ? &lbpf_flow_load_proto : sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_sk_skb[] = {
	[BPF_FUNC_skb_load_bytes]		= &lbpf_skb_load_bytes_proto,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_socket_cookie_proto,
	[BPF_FUNC_get_socket_uid]		= &lbpf_socket_uid_proto,
	[BPF_FUNC_skb_store_bytes]		= &lbpf_skb_store_bytes_proto,
	[BPF_FUNC_skb_change_head]		= &lbpf_skb_change_head_proto,
	[BPF_FUNC_skb_pull_data]		= &lbpf_skb_pull_data_proto,
	[BPF_FUNC_sk_lookup_tcp]		= &lbpf_sk_lookup_tcp_proto,
	[BPF_FUNC_sk_lookup_udp]		= &lbpf_sk_lookup_udp_proto,
	[BPF_FUNC_skc_lookup_tcp]		= &lbpf_skc_lookup_tcp_proto,
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_skb_event_output_proto,
};

/**
 * lbpf_sk_skb_helper() - Find a helper of programs on the packets of a socket
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sk_skb_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sk_skb), id);

	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_xdp[] = {
	[BPF_FUNC_csum_diff]			= &lbpf_csum_diff_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_xdp_event_output_proto,
	[BPF_FUNC_xdp_adjust_head]		= &lbpf_xdp_adjust_head_proto,
	[BPF_FUNC_xdp_adjust_meta]		= &lbpf_xdp_adjust_meta_proto,
	[BPF_FUNC_tcp_check_syncookie]		= &lbpf_check_syncookie_proto,
	[BPF_FUNC_tcp_gen_syncookie]		= &lbpf_gen_syncookie_proto,
	[BPF_FUNC_tcp_raw_gen_syncookie_ipv4]	= &lbpf_raw_gen_v4_proto,
	[BPF_FUNC_tcp_raw_gen_syncookie_ipv6]	= &lbpf_raw_gen_v6_proto,
	[BPF_FUNC_tcp_raw_check_syncookie_ipv4]	= &lbpf_raw_check_v4_proto,
	[BPF_FUNC_tcp_raw_check_syncookie_ipv6]	= &lbpf_raw_check_v6_proto,
	[BPF_FUNC_redirect]			= &lbpf_xdp_redirect_proto,
	[BPF_FUNC_xdp_adjust_tail]		= &lbpf_xdp_adjust_tail_proto,
	[BPF_FUNC_check_mtu]			= &lbpf_xdp_mtu_proto,
	[BPF_FUNC_xdp_get_buff_len]		= &lbpf_xdp_buff_len_proto,
	[BPF_FUNC_xdp_load_bytes]		= &lbpf_xdp_load_bytes_proto,
	[BPF_FUNC_xdp_store_bytes]		= &lbpf_xdp_store_bytes_proto,
	[BPF_FUNC_sk_lookup_tcp]		= &lbpf_xdp_lookup_tcp_proto,
	[BPF_FUNC_sk_lookup_udp]		= &lbpf_xdp_lookup_udp_proto,
	[BPF_FUNC_skc_lookup_tcp]		= &lbpf_xdp_skc_lookup_tcp_proto,
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
};

/**
 * lbpf_xdp_helper() - Find a helper of XDP programs
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_xdp_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_xdp), id);

	return proto ?: sock_base_helper(id, code);
}

/* Helpers on the task and its cgroup, for programs that run in a system call. */
#define TASK_ROWS							\
	[BPF_FUNC_get_current_pid_tgid]	= &lbpf_pid_tgid_proto,		\
	[BPF_FUNC_get_current_uid_gid]	= &lbpf_uid_gid_proto,		\
	[BPF_FUNC_get_current_comm]	= &lbpf_comm_proto,		\
	[BPF_FUNC_get_current_cgroup_id] = &lbpf_cgroup_id_proto,	\
	[BPF_FUNC_get_current_ancestor_cgroup_id] = &lbpf_ancestor_id_proto,	\
	[BPF_FUNC_get_cgroup_classid]	= &lbpf_current_classid_proto,	\
	[BPF_FUNC_get_retval]		= &lbpf_get_retval_proto,	\
	[BPF_FUNC_set_retval]		= &lbpf_set_retval_proto,	\
	[BPF_FUNC_perf_event_output]	= &lbpf_event_output_proto,	\
	[BPF_FUNC_get_local_storage]	= &lbpf_local_storage_proto

static const struct lbpf_proto *const in_cgroup[] = {
	TASK_ROWS,
};

/**
 * lbpf_cgroup_helper() - Find a helper of programs of cgroups that know no socket
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_cgroup_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_cgroup), id);

	return proto ?: lbpf_base_helper(id, code);
}

/**
 * lbpf_cgroup_device_helper() - Find a helper of programs on the devices of a cgroup
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_cgroup_device_helper(u32 id, const struct lbpf_code *code)
{
	return id == BPF_FUNC_ktime_get_coarse_ns ? NULL : lbpf_cgroup_helper(id, code);
}

static const struct lbpf_proto *const in_sysctl[] = {
	[BPF_FUNC_sysctl_get_name]		= &lbpf_sysctl_name_proto,
	[BPF_FUNC_sysctl_get_current_value]	= &lbpf_sysctl_current_proto,
	[BPF_FUNC_sysctl_get_new_value]		= &lbpf_sysctl_new_proto,
	[BPF_FUNC_sysctl_set_new_value]		= &lbpf_sysctl_set_proto,
};

/**
 * lbpf_sysctl_helper() - Find a helper of programs on the sysctls of a cgroup
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sysctl_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sysctl), id);

	return proto ?: lbpf_cgroup_helper(id, code);
}

static const struct lbpf_proto *const in_cgroup_sock[] = {
	TASK_ROWS,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_sock_cookie_proto,
	[BPF_FUNC_get_netns_cookie]		= &lbpf_sock_netns_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_ctx_storage_get_proto,
};

/**
 * lbpf_cgroup_sock_helper() - Find a helper of programs on the sockets of a cgroup
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_cgroup_sock_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_cgroup_sock), id);

	return proto ?: lbpf_base_helper(id, code);
}

static const struct lbpf_proto *const in_sock_addr[] = {
	TASK_ROWS,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_addr_cookie_proto,
	[BPF_FUNC_get_netns_cookie]		= &lbpf_addr_netns_proto,
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
	[BPF_FUNC_sk_lookup_tcp]		= &lbpf_addr_lookup_tcp_proto,
	[BPF_FUNC_sk_lookup_udp]		= &lbpf_addr_lookup_udp_proto,
	[BPF_FUNC_skc_lookup_tcp]		= &lbpf_addr_skc_lookup_tcp_proto,
};

/* Does the result of the system call mean anything to the hook? */
static bool has_retval(u32 attach_type)
{
	switch (attach_type) {
	case BPF_CGROUP_UDP4_RECVMSG:
	case BPF_CGROUP_UDP6_RECVMSG:
	case BPF_CGROUP_INET4_GETPEERNAME:
	case BPF_CGROUP_INET6_GETPEERNAME:
	case BPF_CGROUP_INET4_GETSOCKNAME:
	case BPF_CGROUP_INET6_GETSOCKNAME:
		return false;
	default:
		return true;
	}
}

/**
 * lbpf_sock_addr_helper() - Find a helper of programs on the addresses of a cgroup's sockets
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sock_addr_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sock_addr), id);

	if ((id == BPF_FUNC_get_retval || id == BPF_FUNC_set_retval) &&
	    !has_retval(code->expected_attach_type))
		return NULL;
	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_sockopt[] = {
	TASK_ROWS,
	[BPF_FUNC_get_netns_cookie]		= &lbpf_opt_netns_proto,
	[BPF_FUNC_tcp_sock]			= &lbpf_tcp_sock_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
};

/**
 * lbpf_sockopt_helper() - Find a helper of programs on the options of a cgroup's sockets
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sockopt_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sockopt), id);

	if (id == BPF_FUNC_ktime_get_coarse_ns)
		return NULL;
	return proto ?: lbpf_base_helper(id, code);
}

static const struct lbpf_proto *const in_sock_ops[] = {
	[BPF_FUNC_getsockopt]			= &lbpf_ops_getsockopt_proto,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_ops_cookie_proto,
	[BPF_FUNC_get_netns_cookie]		= &lbpf_ops_netns_proto,
	[BPF_FUNC_tcp_sock]			= &lbpf_tcp_sock_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_event_output_proto,
	[BPF_FUNC_get_local_storage]		= &lbpf_local_storage_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
	[BPF_FUNC_sock_ops_cb_flags_set]	= &lbpf_set_cb_flags_proto,
};

/**
 * lbpf_sock_ops_helper() - Find a helper of programs on the events of TCP sockets
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sock_ops_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sock_ops), id);

	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_reuseport[] = {
	[BPF_FUNC_sk_select_reuseport]		= &lbpf_select_reuseport_proto,
	[BPF_FUNC_skb_load_bytes]		= &lbpf_reuseport_load_proto,
	[BPF_FUNC_skb_load_bytes_relative]	= &lbpf_reuseport_load_relative_proto,
	[BPF_FUNC_get_socket_cookie]		= &lbpf_sock_ptr_cookie_proto,
};

/**
 * lbpf_reuseport_helper() - Find a helper of programs that choose a socket
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_reuseport_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_reuseport), id);

	return proto ?: lbpf_base_helper(id, code);
}

static const struct lbpf_proto *const in_sk_msg[] = {
	[BPF_FUNC_get_current_pid_tgid]		= &lbpf_pid_tgid_proto,
	[BPF_FUNC_get_current_uid_gid]		= &lbpf_uid_gid_proto,
	[BPF_FUNC_get_current_cgroup_id]	= &lbpf_cgroup_id_proto,
	[BPF_FUNC_get_current_ancestor_cgroup_id]	= &lbpf_ancestor_id_proto,
	[BPF_FUNC_get_cgroup_classid]		= &lbpf_current_classid_proto,
	[BPF_FUNC_get_netns_cookie]		= &lbpf_msg_netns_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_event_output_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
	[BPF_FUNC_msg_apply_bytes]		= &lbpf_msg_apply_proto,
	[BPF_FUNC_msg_cork_bytes]		= &lbpf_msg_cork_proto,
};

/**
 * lbpf_sk_msg_helper() - Find a helper of programs on messages
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sk_msg_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sk_msg), id);

	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_sk_lookup[] = {
	[BPF_FUNC_sk_release]			= &lbpf_sk_release_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_event_output_proto,
};

/**
 * lbpf_sk_lookup_helper() - Find a helper of programs that look a socket up
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_sk_lookup_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_sk_lookup), id);

	return proto ?: sock_base_helper(id, code);
}

static const struct lbpf_proto *const in_lwt[] = {
	[BPF_FUNC_skb_under_cgroup]		= &lbpf_skb_in_cgroup_proto,
	[BPF_FUNC_get_cgroup_classid]		= &lbpf_cgroup_classid_proto,
	[BPF_FUNC_csum_diff]			= &lbpf_csum_diff_proto,
	[BPF_FUNC_get_hash_recalc]		= &lbpf_hash_recalc_proto,
	[BPF_FUNC_skb_load_bytes]		= &lbpf_skb_load_bytes_proto,
	[BPF_FUNC_perf_event_output]		= &lbpf_skb_event_output_proto,
	[BPF_FUNC_get_route_realm]		= &lbpf_route_realm_proto,
};

/**
 * lbpf_lwt_seg6_helper() - Find a helper of programs of segment routing
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_lwt_seg6_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_lwt), id);

	return proto ?: sock_base_helper(id, code);
}

/**
 * lbpf_lwt_helper() - Find a helper of programs of lightweight tunnels
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_lwt_helper(u32 id, const struct lbpf_code *code)
{
	return id == BPF_FUNC_skb_pull_data ? &lbpf_skb_pull_data_proto :
					      lbpf_lwt_seg6_helper(id, code);
}

static const struct lbpf_proto *const in_lwt_xmit[] = {
	[BPF_FUNC_skb_store_bytes]		= &lbpf_skb_store_bytes_proto,
	[BPF_FUNC_csum_update]			= &lbpf_csum_update_proto,
	[BPF_FUNC_set_hash_invalid]		= &lbpf_set_hash_invalid_proto,
	[BPF_FUNC_skb_change_head]		= &lbpf_skb_change_head_proto,
	[BPF_FUNC_l3_csum_replace]		= &lbpf_l3_csum_proto,
	[BPF_FUNC_l4_csum_replace]		= &lbpf_l4_csum_proto,
	[BPF_FUNC_csum_level]			= &lbpf_csum_level_proto,
	[BPF_FUNC_skb_change_tail]		= &lbpf_skb_change_tail_proto,
	[BPF_FUNC_skb_get_tunnel_key]		= &lbpf_get_tunnel_key_proto,
	[BPF_FUNC_skb_set_tunnel_key]		= &lbpf_set_tunnel_key_proto,
	[BPF_FUNC_skb_get_tunnel_opt]		= &lbpf_get_tunnel_opt_proto,
	[BPF_FUNC_skb_set_tunnel_opt]		= &lbpf_set_tunnel_opt_proto,
	[BPF_FUNC_redirect]			= &lbpf_redirect_proto,
	[BPF_FUNC_clone_redirect]		= &lbpf_clone_redirect_proto,
};

/**
 * lbpf_lwt_xmit_helper() - Find a helper of programs of tunnels that send
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_lwt_xmit_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_lwt_xmit), id);

	return proto ?: lbpf_lwt_helper(id, code);
}

static const struct lbpf_proto *const in_tcp_ca[] = {
	[BPF_FUNC_tcp_send_ack]			= &lbpf_tcp_send_ack_proto,
	[BPF_FUNC_getsockopt]			= &lbpf_sk_getsockopt_proto,
	[BPF_FUNC_setsockopt]			= &lbpf_sk_setsockopt_proto,
	[BPF_FUNC_sk_storage_get]		= &lbpf_sk_storage_get_proto,
	[BPF_FUNC_sk_storage_delete]		= &lbpf_sk_storage_delete_proto,
};

/**
 * lbpf_tcp_ca_helper() - Find a helper of programs that are TCP congestion control
 * @id: BPF_FUNC_*.
 * @code: Program that wants to call it.
 *
 * Context: Process context, may sleep.
 * Return: Its prototype, or NULL.
 */
const struct lbpf_proto *lbpf_tcp_ca_helper(u32 id, const struct lbpf_code *code)
{
	const struct lbpf_proto *proto = find_helper(SET(in_tcp_ca), id);

	return proto ?: lbpf_base_helper(id, code);
}
