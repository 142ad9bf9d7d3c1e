// SPDX-License-Identifier: GPL-2.0
/*
 * Perf events behind descriptors.
 *
 * Layer: core.
 */
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <linux/string.h>

#include <lbpf/perf_file.h>

/**
 * lbpf_perf_event_of() - Find the perf event of a file
 * @file: File that the caller holds open.
 *
 * Only the kernel names files without a path: no other file bears that name.
 *
 * Context: Any.
 * Return: Event, alive as long as the file; NULL for another kind of file.
 */
struct perf_event *lbpf_perf_event_of(const struct file *file)
{
	if (file_inode(file)->i_sb->s_magic != ANON_INODE_FS_MAGIC ||
	    strcmp(file->f_path.dentry->d_name.name, "[perf_event]"))
		return NULL;
	return file->private_data;
}
