// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that reach into the memory of processes, and may fault for it or write there.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/code.h>

#include "helper.h"
#include "protos.h"
#include "user.h"

/**
 * lbpf_is_in_process() - Does the program run on top of a process that goes on?
 *
 * Not while one address space is exchanged for another.
 *
 * Context: Any.
 * Return: true: the memory of the process is the one that addresses reach.
 */
bool lbpf_is_in_process(void)
{
	if (current->flags & (PF_KTHREAD | PF_EXITING))
		return false;
	return current->mm && read_cr3_pa() == __pa(current->mm->pgd);
}

HELPER_3(write_user, void __user *, dst, const void *, src, u32, size)
{
	if (in_interrupt() || !lbpf_is_in_process())
		return -EPERM;
	return copy_to_user_nofault(dst, src, size);
}

const struct lbpf_proto lbpf_probe_write_user_proto = {
	.name		= "probe_write_user",
	.id		= BPF_FUNC_probe_write_user,
	.fn		= write_user,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE },
};

/* What cannot be read whole reads as zeros. */
HELPER_3(copy_user, void *, dst, u32, size, const void __user *, src)
{
	if (!copy_from_user(dst, src, size))
		return 0;
	memset(dst, 0, size);
	return -EFAULT;
}

const struct lbpf_proto lbpf_copy_from_user_proto = {
	.name		= "copy_from_user",
	.id		= BPF_FUNC_copy_from_user,
	.fn		= copy_user,
	.effects	= LBPF_EFF_SLEEPS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING },
};

HELPER_5(copy_task, void *, dst, u32, size, unsigned long, src, struct task_struct *, task,
	 u64, flags)
{
	int len;

	if (flags)
		return -EINVAL;
	if (!size)
		return 0;
	len = task ? access_process_vm(task, src, dst, size, 0) : -EFAULT;
	if (len == size)
		return 0;
	memset(dst, 0, size);
	return len < 0 ? len : -EFAULT;
}

const struct lbpf_proto lbpf_copy_from_task_proto = {
	.name		= "copy_from_user_task",
	.id		= BPF_FUNC_copy_from_user_task,
	.fn		= copy_task,
	.gpl_only	= true,
	.effects	= LBPF_EFF_SLEEPS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING, LBPF_ARG_BTF_ID, LBPF_ARG_ANYTHING },
	.arg_btf_name	= "task_struct",
};
