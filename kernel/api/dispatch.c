// SPDX-License-Identifier: GPL-2.0
/*
 * Command dispatch: the one table of all commands.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/user.h>

#include "api.h"

static bool unprivileged;
module_param(unprivileged, bool, 0644);
MODULE_PARM_DESC(unprivileged, "Create maps and load programs without CAP_BPF, where bpf(2) would allow it (default: no)");

enum row_flag {
	ROW_GATED	= BIT(0),	/* needs CAP_BPF unless unprivileged is set */
	ROW_SYS_ADMIN	= BIT(1),	/* needs CAP_SYS_ADMIN */
};

/**
 * struct command_row - One command
 * @run: Its function; NULL: answers as bpf(2) answers an unknown command.
 * @end_bytes: End of the last attribute that it knows; what follows must be zero.
 * @flags: OR of enum row_flag.
 */
struct command_row {
	lbpf_command_fn	run;
	u16		end_bytes;
	u16		flags;
};

#define ROW(cmd, fn, last, row_flags)					\
	[cmd] = {							\
		.run		= (fn),					\
		.end_bytes	= offsetofend(union bpf_attr, last),	\
		.flags		= (row_flags),				\
	}

/* Source: enum bpf_cmd and union bpf_attr in <linux/bpf.h>. */
static const struct command_row bpf_rows[] = {
	ROW(BPF_MAP_CREATE, lbpf_cmd_map_create, map_extra, ROW_GATED),
	ROW(BPF_MAP_LOOKUP_ELEM, lbpf_cmd_map_lookup, flags, 0),
	ROW(BPF_MAP_UPDATE_ELEM, lbpf_cmd_map_update, flags, 0),
	ROW(BPF_MAP_DELETE_ELEM, lbpf_cmd_map_delete, key, 0),
	ROW(BPF_MAP_GET_NEXT_KEY, lbpf_cmd_map_next_key, next_key, 0),
	ROW(BPF_MAP_LOOKUP_AND_DELETE_ELEM, lbpf_cmd_map_lookup_delete, flags, 0),
	ROW(BPF_MAP_FREEZE, lbpf_cmd_map_freeze, map_fd, 0),
	ROW(BPF_MAP_LOOKUP_BATCH, lbpf_cmd_map_lookup_batch, batch.flags, 0),
	ROW(BPF_MAP_LOOKUP_AND_DELETE_BATCH, lbpf_cmd_map_lookup_delete_batch, batch.flags, 0),
	ROW(BPF_MAP_UPDATE_BATCH, lbpf_cmd_map_update_batch, batch.flags, 0),
	ROW(BPF_MAP_DELETE_BATCH, lbpf_cmd_map_delete_batch, batch.flags, 0),
	ROW(BPF_PROG_GET_NEXT_ID, lbpf_cmd_prog_next_id, next_id, ROW_SYS_ADMIN),
	ROW(BPF_MAP_GET_NEXT_ID, lbpf_cmd_map_next_id, next_id, ROW_SYS_ADMIN),
	ROW(BPF_BTF_GET_NEXT_ID, lbpf_cmd_btf_next_id, next_id, ROW_SYS_ADMIN),
	ROW(BPF_LINK_GET_NEXT_ID, lbpf_cmd_link_next_id, next_id, ROW_SYS_ADMIN),
	ROW(BPF_PROG_GET_FD_BY_ID, lbpf_cmd_prog_fd_by_id, prog_id, ROW_SYS_ADMIN),
	ROW(BPF_MAP_GET_FD_BY_ID, lbpf_cmd_map_fd_by_id, open_flags, ROW_SYS_ADMIN),
	ROW(BPF_BTF_GET_FD_BY_ID, lbpf_cmd_btf_fd_by_id, btf_id, ROW_SYS_ADMIN),
	ROW(BPF_LINK_GET_FD_BY_ID, lbpf_cmd_link_fd_by_id, link_id, ROW_SYS_ADMIN),
	ROW(BPF_PROG_ATTACH, lbpf_cmd_prog_attach, replace_bpf_fd, 0),
	ROW(BPF_RAW_TRACEPOINT_OPEN, lbpf_cmd_raw_tp_open, raw_tracepoint.prog_fd, 0),
	ROW(BPF_LINK_CREATE, lbpf_cmd_link_create, link_create.kprobe_multi.cookies, 0),
	ROW(BPF_LINK_UPDATE, lbpf_cmd_link_update, link_update.old_prog_fd, 0),
	ROW(BPF_LINK_DETACH, lbpf_cmd_link_detach, link_detach.link_fd, 0),
	ROW(BPF_OBJ_GET_INFO_BY_FD, lbpf_cmd_obj_info, info, 0),
	ROW(BPF_OBJ_PIN, lbpf_cmd_obj_pin, file_flags, 0),
	ROW(BPF_OBJ_GET, lbpf_cmd_obj_get, file_flags, 0),
	ROW(BPF_PROG_LOAD, lbpf_cmd_prog_load, core_relo_rec_size, ROW_GATED),
	ROW(BPF_BTF_LOAD, lbpf_cmd_btf_load, btf_log_level, 0),
	ROW(BPF_PROG_TEST_RUN, lbpf_cmd_prog_test_run, test.batch_size, 0),
	ROW(BPF_PROG_BIND_MAP, lbpf_cmd_prog_bind_map, prog_bind_map.flags, 0),
	ROW(BPF_TASK_FD_QUERY, lbpf_cmd_task_fd_query, task_fd_query.probe_addr, ROW_SYS_ADMIN),
	ROW(BPF_ENABLE_STATS, lbpf_cmd_enable_stats, enable_stats.type, ROW_SYS_ADMIN),
};

#define OWN_ROW(cmd, fn, member, row_flags)				\
	[(cmd) - LBPF_CMD_FIRST] = {					\
		.run		= (fn),					\
		.end_bytes	= sizeof_field(struct lbpf_call, member), \
		.flags		= (row_flags),				\
	}

/* Source: enum lbpf_cmd in uapi/lbpf.h. */
static const struct command_row own_rows[] = {
	OWN_ROW(LBPF_SOCK_ATTACH, lbpf_cmd_sock_attach, sock_attach, 0),
	OWN_ROW(LBPF_SOCK_DETACH, lbpf_cmd_sock_detach, sock_attach, 0),
	OWN_ROW(LBPF_PROG_FACTS, lbpf_cmd_prog_facts, prog_facts, ROW_SYS_ADMIN),
	OWN_ROW(LBPF_STATS, lbpf_cmd_stats, stats, ROW_SYS_ADMIN),
	OWN_ROW(LBPF_MAP_COUNT, lbpf_cmd_map_count, map_count, 0),
	OWN_ROW(LBPF_MAP_WALK, lbpf_cmd_map_walk, map_walk, 0),
	OWN_ROW(LBPF_PROG_EXPLAIN, lbpf_cmd_prog_explain, prog_explain, ROW_GATED),
	OWN_ROW(LBPF_PERF_ATTACH, lbpf_cmd_perf_attach, perf_attach, 0),
	OWN_ROW(LBPF_PERF_QUERY, lbpf_cmd_perf_query, perf_query, 0),
};

/**
 * lbpf_unprivileged_allowed() - Tell whether maps and programs need no capability
 *
 * Context: Any.
 * Return: The module parameter unprivileged.
 */
bool lbpf_unprivileged_allowed(void)
{
	return READ_ONCE(unprivileged);
}

static const struct command_row *find_row(u32 nr)
{
	static const struct command_row no_row;

	if (nr < ARRAY_SIZE(bpf_rows))
		return &bpf_rows[array_index_nospec(nr, ARRAY_SIZE(bpf_rows))];
	nr -= LBPF_CMD_FIRST;
	if (nr < ARRAY_SIZE(own_rows))
		return &own_rows[array_index_nospec(nr, ARRAY_SIZE(own_rows))];
	return &no_row;
}

/* 0, -EFAULT, or @err when some byte is not zero. */
static int check_tail(const void __user *tail, u32 from, u32 to, int err)
{
	int zero;

	if (to <= from)
		return 0;
	zero = check_zeroed_user(tail + from, to - from);
	return zero < 0 ? zero : zero ? 0 : err;
}

/*
 * Copies what the command knows; what it does not know must be zero, with one
 * error inside of what the kernel knows and another one behind it.
 *
 * Source: bpf(2), "size": attributes of an older or a newer caller.
 */
static int copy_attr(struct lbpf_call *call, const struct command_row *row, u32 known_bytes)
{
	u32 copy_bytes = min_t(u32, call->size_bytes, row->end_bytes);
	int err;

	if (call->size_bytes > PAGE_SIZE)
		return -E2BIG;
	err = check_tail(call->uattr, known_bytes, call->size_bytes, -E2BIG);
	if (err)
		return err;
	if (!lbpf_user_read(call, call->uattr, copy_bytes))
		return -EFAULT;
	if (copy_bytes < row->end_bytes)
		memset((u8 *)call + copy_bytes, 0, row->end_bytes - copy_bytes);
	return check_tail(call->uattr, row->end_bytes, min(call->size_bytes, known_bytes), -EINVAL);
}

static int open_call(struct lbpf_call *call, const struct command_row *row, u32 nr,
		     void __user *uattr, u32 size_bytes)
{
	call->uattr = uattr;
	call->size_bytes = size_bytes;
	call->is_kernel = false;
	return copy_attr(call, row, nr < LBPF_CMD_FIRST ? sizeof(union bpf_attr) : row->end_bytes);
}

/**
 * lbpf_call_open() - Copy and check the attributes of a command
 * @call: Filled in.
 * @nr: Command.
 * @uattr: Its attributes.
 * @size_bytes: Their size.
 *
 * Context: Process context, may sleep.
 * Return: 0, -E2BIG, -EFAULT, -EINVAL.
 */
int lbpf_call_open(struct lbpf_call *call, u32 nr, void __user *uattr, u32 size_bytes)
{
	return open_call(call, find_row(nr), nr, uattr, size_bytes);
}

/* Before anything of the attributes is looked at. */
static __always_inline bool may_call(const struct command_row *row)
{
	return !(row->flags & ROW_GATED) || lbpf_unprivileged_allowed() || bpf_capable();
}

static __always_inline long run_row(const struct command_row *row, struct lbpf_call *call)
{
	if (!row->run)
		return -EINVAL;
	if (row->flags & ROW_SYS_ADMIN && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return row->run(call);
}

/**
 * lbpf_dispatch() - Make one call
 * @nr: Command.
 * @size_bytes: Size of its attributes.
 * @uattr: Its attributes.
 *
 * Context: Process context, may sleep.
 * Return: The command's result, or -errno.
 */
long lbpf_dispatch(u32 nr, u32 size_bytes, void __user *uattr)
{
	const struct command_row *row = find_row(nr);
	struct lbpf_call call;
	int err;

	static_assert(offsetof(struct lbpf_call, attr) == 0);
	if (!may_call(row))
		return -EPERM;
	err = open_call(&call, row, nr, uattr, size_bytes);
	if (err)
		return err;
	return run_row(row, &call);
}

/* Attributes of a program: what it does not know is zero, and so must be what is not known here. */
static int copy_kernel_attr(struct lbpf_call *call, const struct command_row *row, const void *attr,
			    u32 size_bytes)
{
	u32 copy_bytes = min_t(u32, size_bytes, row->end_bytes);

	if (size_bytes > PAGE_SIZE)
		return -E2BIG;
	memset(call, 0, sizeof(*call));
	memcpy(call, attr, copy_bytes);
	call->size_bytes = size_bytes;
	call->is_kernel = true;
	if (!memchr_inv(attr + copy_bytes, 0, size_bytes - copy_bytes))
		return 0;
	return size_bytes > sizeof(union bpf_attr) ? -E2BIG : -EINVAL;
}

/**
 * lbpf_dispatch_kernel() - Make a call for a program
 * @nr: Command of bpf(2) that writes none of its attributes back.
 * @attr: Its attributes, in kernel memory.
 * @size_bytes: Their size.
 *
 * Context: Process context, may sleep.
 * Return: The command's result, or -errno.
 */
long lbpf_dispatch_kernel(u32 nr, const void *attr, u32 size_bytes)
{
	const struct command_row *row = find_row(nr);
	struct lbpf_call call;
	int err;

	if (!may_call(row))
		return -EPERM;
	err = copy_kernel_attr(&call, row, attr, size_bytes);
	if (err)
		return err;
	return run_row(row, &call);
}
