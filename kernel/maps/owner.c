// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel objects that own storages.
 *
 * Layer: maps.  Locks: watch_lock guards the lists of watches, which are read under RCU, and the
 * hooks.
 *
 * What lbpf keeps for an object has to go with it.  No list of objects is needed for that: the
 * kernel calls a function at the end of each, and the function tracer, whose interface is
 * exported, calls lbpf there.  From the first storage of a kind on the hooks stay in place until
 * the module goes: to take one away takes the kernel a second.  They keep the tracer switched on
 * (kernel.ftrace_enabled).
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/ftrace.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/pid.h>
#include <linux/rculist.h>
#include <linux/sched/task.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <net/sock.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>
#include <lbpf/owner_storage.h>

#include "owner.h"

/**
 * struct hook - What the kernel calls
 * @ops: The tracer's own.
 * @function: Where.
 * @kind: Objects that it is called with.
 * @is_copy: ... and with a new one like it, as second argument.
 * @is_in_place: The tracer calls it.  Guarded by watch_lock.
 */
struct hook {
	struct ftrace_ops		ops;
	const char			*function;
	const struct owner_kind		*kind;
	bool				is_copy;
	bool				is_in_place;
};

static void note(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		 struct ftrace_regs *regs);

#define HOOK(name, of_kind, copies) {						\
	.function = name, .kind = &(of_kind), .is_copy = copies			\
}

static struct hook hooks[] = {
	HOOK("security_task_free", lbpf_task_owner, false),
	HOOK("security_inode_free", lbpf_inode_owner, false),
	HOOK("bpf_sk_storage_free", lbpf_sock_owner, false),
	HOOK("bpf_sk_storage_clone", lbpf_sock_owner, true),
};

static DEFINE_MUTEX(watch_lock);
static LIST_HEAD(watches);

static void note(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *ops,
		 struct ftrace_regs *regs)
{
	const struct hook *hook = container_of(ops, struct hook, ops);
	void *owner = (void *)lbpf_ftrace_arg(regs, 0);
	struct owner_watch *watch;

	rcu_read_lock();
	list_for_each_entry_rcu(watch, &watches, node) {
		if (watch->kind != hook->kind)
			continue;
		if (!hook->is_copy)
			watch->end(watch, owner);
		else if (watch->copy)
			watch->copy(watch, owner, (void *)lbpf_ftrace_arg(regs, 1));
	}
	rcu_read_unlock();
}

static int put_hook(struct hook *hook)
{
	/* The tracer's interface takes a name to change, and does not change it. */
	unsigned char name[64];
	size_t len = strscpy(name, hook->function, sizeof(name));
	int err;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	/* The tracer leaves pointers behind that are no longer good. */
	hook->ops = (struct ftrace_ops){ .func = note, .flags = FTRACE_OPS_FL_PERMANENT };
	err = ftrace_set_filter(&hook->ops, name, len, 1);
	if (err)
		return err;
	err = register_ftrace_function(&hook->ops);
	if (err)
		ftrace_free_filter(&hook->ops);
	hook->is_in_place = !err;
	return err;
}

/* Those of @kind, as far as they are not in place. */
static int put_hooks(const struct owner_kind *kind)
{
	size_t i;
	int err = 0;

	lockdep_assert_held(&watch_lock);
	for (i = 0; i < ARRAY_SIZE(hooks) && !err; i++)
		if (hooks[i].kind == kind && !hooks[i].is_in_place)
			err = put_hook(&hooks[i]);
	return err;
}

/**
 * lbpf_owner_watch() - Be told of objects that end
 * @watch: Filled in but for ->node.
 *
 * Context: Process context, may sleep.
 * Return: 0, -ENOMEM, -EBUSY: the function tracer is switched off; other errors: the kernel has
 * not got the functions.
 */
int lbpf_owner_watch(struct owner_watch *watch)
{
	int err;

	guard(mutex)(&watch_lock);
	err = put_hooks(watch->kind);
	if (!err)
		list_add_tail_rcu(&watch->node, &watches);
	return err;
}

/**
 * lbpf_owner_unwatch() - End it
 * @watch: Which may be freed when this returns.
 *
 * Context: Process context, may sleep.
 */
void lbpf_owner_unwatch(struct owner_watch *watch)
{
	scoped_guard(mutex, &watch_lock)
		list_del_rcu(&watch->node);
	synchronize_rcu();
}

/**
 * lbpf_owner_exit() - Take the hooks away
 *
 * Context: Module exit; there are no maps any more.
 */
void lbpf_owner_exit(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		if (!hooks[i].is_in_place)
			continue;
		unregister_ftrace_function(&hooks[i].ops);
		ftrace_free_filter(&hooks[i].ops);
	}
}

static int open_task(u32 fd, struct owner_ref *ref)
{
	struct file *file = fget(fd);
	struct pid *pid;

	if (!file)
		return -EBADF;
	pid = lbpf_pid_of_file(file);
	ref->task = pid ? get_pid_task(pid, PIDTYPE_PID) : NULL;
	ref->owner = ref->task;
	fput(file);
	if (!pid)
		return -EBADF;
	return ref->task ? 0 : -ENOENT;
}

static void close_task(struct owner_ref *ref)
{
	put_task_struct(ref->task);
}

/* What a tracing program has found may be of another kind, or gone. */
static bool may_task_own(const void *owner)
{
	const struct task_struct *task = owner;
	refcount_t usage;

	return !copy_from_kernel_nofault(&usage, &task->usage, sizeof(usage)) &&
	       refcount_read(&usage);
}

static int open_inode(u32 fd, struct owner_ref *ref)
{
	ref->file = fget_raw(fd);
	if (!ref->file)
		return -EBADF;
	ref->owner = file_inode(ref->file);
	return 0;
}

static void close_inode(struct owner_ref *ref)
{
	fput(ref->file);
}

static bool may_inode_own(const void *owner)
{
	const struct inode *inode = owner;
	/* All flags are in the lower half, where there is an upper one. */
	u32 state;

	return !copy_from_kernel_nofault(&state, &inode->i_state, sizeof(state)) &&
	       !(state & (I_FREEING | I_CLEAR));
}

static int open_sock(u32 fd, struct owner_ref *ref)
{
	int err;

	ref->socket = sockfd_lookup(fd, &err);
	if (!ref->socket)
		return err;
	/* Closed by its protocol, but not yet by the process. */
	ref->owner = ref->socket->sk;
	if (ref->owner)
		return 0;
	sockfd_put(ref->socket);
	return -ENOENT;
}

static void close_sock(struct owner_ref *ref)
{
	sockfd_put(ref->socket);
}

/* Requests and what waits after the end are not whole sockets. */
static bool may_sock_own(const void *owner)
{
	const u32 not_whole = TCPF_TIME_WAIT | TCPF_NEW_SYN_RECV;
	const struct sock *sk = owner;
	struct sock_common common;

	return !copy_from_kernel_nofault(&common, &sk->__sk_common, sizeof(common)) &&
	       common.skc_state < TCP_MAX_STATES && !(BIT(common.skc_state) & not_whole) &&
	       refcount_read(&common.skc_refcnt);
}

const struct owner_kind lbpf_task_owner = {
	.open		= open_task,
	.close		= close_task,
	.may_own	= may_task_own,
};

const struct owner_kind lbpf_inode_owner = {
	.open		= open_inode,
	.close		= close_inode,
	.may_own	= may_inode_own,
};

const struct owner_kind lbpf_sock_owner = {
	.open		= open_sock,
	.close		= close_sock,
	.may_own	= may_sock_own,
};
