// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the task that runs the program.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/cgroup.h>
#include <linux/cred.h>
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
