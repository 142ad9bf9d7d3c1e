// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the task that runs the program.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/cred.h>
#include <linux/sched.h>
#include <linux/string.h>

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
