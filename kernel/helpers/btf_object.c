// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on kernel objects that programs know by their type.
 *
 * Layer: helpers.  A pointer that a program has read from a kernel object may be NULL, or of an
 * object that is no more: as in Linux 6.1, only programs that trace get that far.
 */
#include <linux/bpf.h>
#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/net.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/code.h>
#include <lbpf/progtype.h>
#include <lbpf/stack_map.h>

#include "helper.h"
#include "protos.h"

/* The path is copied with faults handled: nothing but its address is known to be good. */
HELPER_3(get_path, const struct path *, path, char *, buf, u32, size)
{
	struct path copy;
	char *start;
	long len;

	if (!size)
		return 0;
	len = copy_from_kernel_nofault(&copy, path, sizeof(copy));
	if (len < 0)
		return len;
	start = d_path(&copy, buf, size);
	if (IS_ERR(start))
		return PTR_ERR(start);
	len = buf + size - start;
	memmove(buf, start, len);
	return len;
}

/* Source: bpf-helpers(7), bpf_d_path(): where the locks that it takes are not held. */
static bool may_find_path(const struct lbpf_code *code)
{
	static const char *const functions[] = {
		"security_file_permission", "security_inode_getattr", "security_file_open",
		"security_path_truncate", "vfs_truncate", "vfs_fallocate", "dentry_open",
		"vfs_getattr", "filp_close",
	};

	if (!code->attach.name)
		return false;
	if (code->expected_attach_type == BPF_TRACE_ITER)
		return true;
	if (code->pt->type == BPF_PROG_TYPE_LSM)
		return code->prog_flags & BPF_F_SLEEPABLE;
	return match_string(functions, ARRAY_SIZE(functions), code->attach.name) >= 0;
}

const struct lbpf_proto lbpf_d_path_proto = {
	.name		= "d_path",
	.id		= BPF_FUNC_d_path,
	.fn		= get_path,
	.effects	= LBPF_EFF_PROBES,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_MEM, LBPF_ARG_CONST_SIZE_OR_ZERO },
	.arg_btf_name	= "path",
	.allowed	= may_find_path,
};

/* Stacks of other tasks cannot be walked: nothing that does it is exported on all kernels. */
HELPER_4(task_stack, struct task_struct *, task, void *, buf, u32, size, u64, flags)
{
	long ret = -EFAULT;

	if (task)
		ret = task == current ? lbpf_get_stack(buf, size, flags) : -EOPNOTSUPP;
	if (ret < 0)
		memset(buf, 0, size);
	return ret;
}

const struct lbpf_proto lbpf_task_stack_proto = {
	.name		= "get_task_stack",
	.id		= BPF_FUNC_get_task_stack,
	.fn		= task_stack,
	.effects	= LBPF_EFF_R0_MAX_SIZE | LBPF_EFF_ERRNO | LBPF_EFF_PROBES,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_MEM | LBPF_UNINIT,
			    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },
	.arg_btf_name	= "task_struct",
};

HELPER_0(get_task_object)
{
	return (u64)(unsigned long)current;
}

const struct lbpf_proto lbpf_current_task_btf_proto = {
	.name		= "get_current_task_btf",
	.id		= BPF_FUNC_get_current_task_btf,
	.fn		= get_task_object,
	.gpl_only	= true,
	.ret		= LBPF_RET_BTF_ID,
	.ret_btf_name	= "task_struct",
};

HELPER_1(find_regs, struct task_struct *, task)
{
	return (u64)(unsigned long)task_pt_regs(task);
}

const struct lbpf_proto lbpf_task_regs_proto = {
	.name		= "task_pt_regs",
	.id		= BPF_FUNC_task_pt_regs,
	.fn		= find_regs,
	.gpl_only	= true,
	.ret		= LBPF_RET_BTF_ID,
	.ret_btf_name	= "pt_regs",
	.arg		= { LBPF_ARG_BTF_ID },
	.arg_btf_name	= "task_struct",
};

HELPER_1(find_socket, struct file *, file)
{
	return (u64)(unsigned long)(file ? sock_from_file(file) : NULL);
}

const struct lbpf_proto lbpf_sock_from_file_proto = {
	.name		= "sock_from_file",
	.id		= BPF_FUNC_sock_from_file,
	.fn		= find_socket,
	.ret		= LBPF_RET_BTF_ID | LBPF_MAYBE_NULL,
	.ret_btf_name	= "socket",
	.arg		= { LBPF_ARG_BTF_ID },
	.arg_btf_name	= "file",
};

HELPER_3(write_seq, struct seq_file *, seq, const void *, data, u32, size)
{
	if (!seq)
		return -EFAULT;
	return seq_write(seq, data, size) ? -EOVERFLOW : 0;
}

const struct lbpf_proto lbpf_seq_write_proto = {
	.name		= "seq_write",
	.id		= BPF_FUNC_seq_write,
	.fn		= write_seq,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_MEM | LBPF_RDONLY,
			    LBPF_ARG_CONST_SIZE_OR_ZERO },
	.arg_btf_name	= "seq_file",
};

HELPER_1(point_to_this_cpu, const void __percpu *, ptr)
{
	return (u64)(unsigned long)this_cpu_ptr(ptr);
}

const struct lbpf_proto lbpf_this_cpu_ptr_proto = {
	.name		= "this_cpu_ptr",
	.id		= BPF_FUNC_this_cpu_ptr,
	.fn		= point_to_this_cpu,
	.inline_as	= LBPF_INLINE_THIS_CPU,
	.ret		= LBPF_RET_MEM_OR_BTF_ID | LBPF_RDONLY,
	.arg		= { LBPF_ARG_PERCPU_BTF_ID },
};

HELPER_2(point_to_cpu, const void __percpu *, ptr, u32, cpu)
{
	if (cpu >= nr_cpu_ids)
		return 0;
	return (u64)(unsigned long)per_cpu_ptr(ptr, cpu);
}

const struct lbpf_proto lbpf_per_cpu_ptr_proto = {
	.name		= "per_cpu_ptr",
	.id		= BPF_FUNC_per_cpu_ptr,
	.fn		= point_to_cpu,
	.ret		= LBPF_RET_MEM_OR_BTF_ID | LBPF_MAYBE_NULL | LBPF_RDONLY,
	.arg		= { LBPF_ARG_PERCPU_BTF_ID, LBPF_ARG_ANYTHING },
};
