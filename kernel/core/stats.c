// SPDX-License-Identifier: GPL-2.0
/*
 * The switch of run statistics.
 *
 * Layer: core.  It is the kernel's own: a kernel object that stands in for an
 * lbpf program is counted by the kernel, and sysctl kernel.bpf_stats_enabled
 * counts lbpf programs too.
 */
#include <linux/anon_inodes.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/module.h>

#include <lbpf/alloc.h>
#include <lbpf/stats.h>

static int release_stats(struct inode *inode, struct file *file)
{
	static_branch_dec(&bpf_stats_enabled_key);
	return 0;
}

static const struct file_operations stats_fops = {
	.owner		= THIS_MODULE,
	.release	= release_stats,
};

/**
 * lbpf_run_stats_fd() - Count runs until a descriptor is closed
 *
 * Context: Process context, may sleep.
 * Return: The descriptor, or -errno.
 */
int lbpf_run_stats_fd(void)
{
	int fd;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	/* Before the descriptor exists: closing it counts back. */
	static_branch_inc(&bpf_stats_enabled_key);
	fd = anon_inode_getfd("lbpf-stats", &stats_fops, NULL, O_CLOEXEC);
	if (fd < 0)
		static_branch_dec(&bpf_stats_enabled_key);
	return fd;
}
