/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Variables of the kernel that modules may refer to: name and address of each.
 *
 * Layer: core.  They are those that BTF of vmlinux describes, which are per-CPU
 * ones only, and that are exported; a kernel that has not all of them leaves the
 * address 0.  In assembly, since headers declare some of them in other ways.
 */
#include <linux/linkage.h>

.macro VAR name:req
	.weak	\name
	.pushsection .rodata.str1.1, "aMS", @progbits, 1
77777:	.asciz	"\name"
	.popsection
	.quad	77777b, \name
.endm

	.section .rodata, "a"
	.balign	8
SYM_DATA_START(lbpf_kernel_vars)
	VAR	__irq_regs
	VAR	__preempt_count
	VAR	__tss_limit_invalid
	VAR	arch_freq_scale
	VAR	bpf_redirect_info
	VAR	context_tracking
	VAR	cpu_core_map
	VAR	cpu_die_map
	VAR	cpu_dr7
	VAR	cpu_info
	VAR	cpu_number
	VAR	cpu_sibling_map
	VAR	cpu_tlbstate_shared
	VAR	cpu_tss_rw
	VAR	current_task
	VAR	gdt_page
	VAR	hv_clock_per_cpu
	VAR	injectm
	VAR	int_active_memcg
	VAR	irq_stat
	VAR	kernel_cpustat
	VAR	kstat
	VAR	nf_skb_duplicated
	VAR	numa_node
	VAR	pcpu_hot
	VAR	processors
	VAR	radix_tree_preloads
	VAR	softnet_data
	VAR	tcp_memory_per_cpu_fw_alloc
	VAR	tcp_orphan_count
	VAR	this_cpu_off
	VAR	udp_memory_per_cpu_fw_alloc
	VAR	vm_event_states
	VAR	x86_bios_cpu_apicid
	VAR	x86_cpu_to_acpiid
	VAR	x86_cpu_to_apicid
	VAR	x86_cpu_to_node_map
	VAR	x86_ibpb_exit_to_user
	VAR	x86_spec_ctrl_current
	VAR	xen_vcpu_id
	.quad	0, 0
SYM_DATA_END(lbpf_kernel_vars)
