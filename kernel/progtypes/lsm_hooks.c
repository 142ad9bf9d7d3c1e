// SPDX-License-Identifier: GPL-2.0
/*
 * LSM hooks at which programs may sleep.
 *
 * Layer: progtypes.
 * Source: observed of bpf(2) of Linux 6.1: which of the bpf_lsm_* functions a sleepable program
 * is accepted for.  Not inet_conn_established, which runs in interrupts: later kernels refuse it.
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "btf_target.h"

static const char *const hooks[] = {
	"bpf", "bpf_map", "bpf_map_alloc_security", "bpf_map_free_security", "bpf_prog",
	"bprm_check_security", "bprm_committed_creds", "bprm_committing_creds",
	"bprm_creds_for_exec", "bprm_creds_from_file", "capget", "capset", "cred_prepare",
	"current_getsecid_subj", "file_ioctl", "file_lock", "file_open", "file_receive",
	"inode_create", "inode_free_security", "inode_getattr", "inode_getxattr",
	"inode_mknod", "inode_need_killpriv", "inode_post_setxattr", "inode_readlink",
	"inode_rename", "inode_rmdir", "inode_setattr", "inode_setxattr", "inode_symlink",
	"inode_unlink", "kernel_module_request", "kernel_read_file", "kernfs_init_security",
	"key_free", "mmap_file", "netlink_send", "path_notify", "release_secctx",
	"sb_alloc_security", "sb_eat_lsm_opts", "sb_kern_mount", "sb_mount", "sb_remount",
	"sb_set_mnt_opts", "sb_show_options", "sb_statfs", "sb_umount", "settime",
	"socket_accept", "socket_bind", "socket_connect", "socket_create",
	"socket_getpeername", "socket_getpeersec_dgram", "socket_getsockname",
	"socket_getsockopt", "socket_listen", "socket_post_create", "socket_recvmsg",
	"socket_sendmsg", "socket_shutdown", "socket_socketpair", "syslog", "task_alloc",
	"task_getsecid_obj", "task_prctl", "task_setscheduler", "userns_create",
};

static const char *const disabled[] = {
	"audit_rule_match", "getprocattr", "getselfattr", "inode_copy_up_xattr",
	"inode_getsecurity", "inode_listsecurity", "inode_need_killpriv", "ismaclabel",
	"key_getsecurity", "setprocattr", "vm_enough_memory", "xfrm_decode_session",
};

static bool is_in(const char *const *list, size_t nr, const char *name)
{
	static const char prefix[] = "bpf_lsm_";

	if (strncmp(name, prefix, sizeof(prefix) - 1))
		return false;
	return match_string(list, nr, name + sizeof(prefix) - 1) >= 0;
}

/**
 * lbpf_lsm_may_sleep() - May programs at a hook sleep?
 * @name: Its function, "bpf_lsm_...".
 *
 * Context: Any.
 * Return: true if they may.
 */
bool lbpf_lsm_may_sleep(const char *name)
{
	return is_in(hooks, ARRAY_SIZE(hooks), name);
}

/**
 * lbpf_lsm_is_disabled() - May no program be at a hook?
 * @name: Its function, "bpf_lsm_...".
 *
 * Context: Any.
 * Return: true if none may.
 */
bool lbpf_lsm_is_disabled(const char *name)
{
	return is_in(disabled, ARRAY_SIZE(disabled), name);
}
