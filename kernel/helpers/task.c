// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the task that runs the program.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/pid_namespace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <net/cls_cgroup.h>

#include "helper.h"
#include "protos.h"

HELPER_0(get_pid_tgid)
{
	return (u64)current->tgid << 32 | current->pid;
}

const struct lbpf_proto lbpf_pid_tgid_proto = {
	.name	= "get_current_pid_tgid",
	.id	= BPF_FUNC_get_current_pid_tgid,
	.fn	= get_pid_tgid,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_0(get_uid_gid)
{
	kuid_t uid;
	kgid_t gid;

	current_uid_gid(&uid, &gid);
	return (u64)from_kgid(&init_user_ns, gid) << 32 | from_kuid(&init_user_ns, uid);
}

const struct lbpf_proto lbpf_uid_gid_proto = {
	.name	= "get_current_uid_gid",
	.id	= BPF_FUNC_get_current_uid_gid,
	.fn	= get_uid_gid,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_2(get_comm, char *, buf, u32, size)
{
	strscpy_pad(buf, current->comm, size);
	return 0;
}

const struct lbpf_proto lbpf_comm_proto = {
	.name	= "get_current_comm",
	.id	= BPF_FUNC_get_current_comm,
	.fn	= get_comm,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE },
};

HELPER_0(get_task)
{
	return (u64)(unsigned long)current;
}

const struct lbpf_proto lbpf_current_task_proto = {
	.name	= "get_current_task",
	.id	= BPF_FUNC_get_current_task,
	.fn	= get_task,
	.gpl_only = true,
	.ret	= LBPF_RET_INTEGER,
};

/* The caller is an RCU reader, so its cgroup stays. */
HELPER_0(get_cgroup_id)
{
	return cgroup_id(task_dfl_cgroup(current));
}

const struct lbpf_proto lbpf_cgroup_id_proto = {
	.name	= "get_current_cgroup_id",
	.id	= BPF_FUNC_get_current_cgroup_id,
	.fn	= get_cgroup_id,
	.ret	= LBPF_RET_INTEGER,
};

HELPER_1(get_ancestor_id, int, level)
{
	struct cgroup *ancestor = cgroup_ancestor(task_dfl_cgroup(current), level);

	return ancestor ? cgroup_id(ancestor) : 0;
}

const struct lbpf_proto lbpf_ancestor_id_proto = {
	.name	= "get_current_ancestor_cgroup_id",
	.id	= BPF_FUNC_get_current_ancestor_cgroup_id,
	.fn	= get_ancestor_id,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_ANYTHING },
};

HELPER_0(get_classid)
{
	return __task_get_classid(current);
}

const struct lbpf_proto lbpf_current_classid_proto = {
	.name	= "get_cgroup_classid",
	.id	= BPF_FUNC_get_cgroup_classid,
	.fn	= get_classid,
	.ret	= LBPF_RET_INTEGER,
};

/* Device of the files that name spaces are, as stat() gives it; 0: not found yet. */
static dev_t namespace_dev;

/* The kernel keeps it to itself, so such a file is looked at: a constant until the next boot. */
static bool find_namespace_dev(const struct lbpf_code *code)
{
	struct super_block *sb;
	struct file *file;

	if (READ_ONCE(namespace_dev))
		return true;
	file = filp_open("/proc/self/ns/pid", O_RDONLY, 0);
	if (IS_ERR(file))
		return false;
	sb = file_inode(file)->i_sb;
	if (sb->s_magic == NSFS_MAGIC)
		WRITE_ONCE(namespace_dev, sb->s_dev);
	fput(file);
	return READ_ONCE(namespace_dev);
}

static int read_ids(u64 dev, u64 inode, struct bpf_pidns_info *info)
{
	struct pid_namespace *ns = task_active_pid_ns(current);

	if (!ns)
		return -ENOENT;
	if (dev != READ_ONCE(namespace_dev) || inode != ns->ns.inum)
		return -EINVAL;
	info->pid = __task_pid_nr_ns(current, PIDTYPE_PID, ns);
	info->tgid = __task_pid_nr_ns(current, PIDTYPE_TGID, ns);
	return 0;
}

HELPER_4(get_ns_ids, u64, dev, u64, inode, struct bpf_pidns_info *, info, u32, size)
{
	int err = size == sizeof(*info) ? read_ids(dev, inode, info) : -EINVAL;

	if (err)
		memset(info, 0, size);
	return err;
}

const struct lbpf_proto lbpf_ns_pid_tgid_proto = {
	.name		= "get_ns_current_pid_tgid",
	.id		= BPF_FUNC_get_ns_current_pid_tgid,
	.fn		= get_ns_ids,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_UNINIT,
			    LBPF_ARG_CONST_SIZE },
	.allowed	= find_namespace_dev,
};
