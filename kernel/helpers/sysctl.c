// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on what a system call of a cgroup's task reads, writes and returns.
 *
 * Layer: helpers.  Source: bpf_sysctl_get_name() and its kin, bpf_get_retval() and bpf_set_retval()
 * in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/sysctl.h>

#include "helper.h"
#include "protos.h"

/**
 * struct text - Text that is put together in memory of a program
 * @to: Memory.
 * @room: Its bytes, 1 or more.
 * @pos: Bytes of text so far, without the NUL.
 * @is_cut: There was more.
 */
struct text {
	char	*to;
	size_t	room;
	size_t	pos;
	bool	is_cut;
};

static void append(struct text *text, const void *from, size_t bytes)
{
	size_t fitting = min(bytes, text->room - 1 - text->pos);

	memcpy(text->to + text->pos, from, fitting);
	text->pos += fitting;
	text->is_cut |= fitting < bytes;
}

/* The rest of the memory becomes zeros: bytes of text, or -E2BIG. */
static int finish(struct text *text)
{
	memset(text->to + text->pos, 0, text->room - text->pos);
	return text->is_cut ? -E2BIG : (int)text->pos;
}

/* Names of a directory and of those above it, each with a slash. */
static void append_path(struct text *text, const struct ctl_dir *dir)
{
	const char *names[CTL_MAXNAME];
	int nr = 0;

	for (; dir && dir->header.parent && nr < CTL_MAXNAME; dir = dir->header.parent)
		names[nr++] = dir->header.ctl_table[0].procname;
	while (nr--) {
		append(text, names[nr], strlen(names[nr]));
		append(text, "/", 1);
	}
}

HELPER_4(get_name, const struct bpf_sysctl_kern *, ctx, char *, to, size_t, room, u64, flags)
{
	struct text text = { .to = to, .room = room };

	if (flags & ~BPF_F_SYSCTL_BASE_NAME)
		return -EINVAL;
	if (!(flags & BPF_F_SYSCTL_BASE_NAME)) {
		if (!ctx->head)
			return -EINVAL;
		append_path(&text, ctx->head->parent);
	}
	append(&text, ctx->table->procname, strlen(ctx->table->procname));
	return finish(&text);
}

static int get_value(const void *value, size_t bytes, char *to, size_t room)
{
	struct text text = { .to = to, .room = room };

	if (!value || !bytes) {
		memset(to, 0, room);
		return -EINVAL;
	}
	append(&text, value, bytes);
	return finish(&text);
}

HELPER_3(get_current_value, const struct bpf_sysctl_kern *, ctx, char *, to, size_t, room)
{
	return get_value(ctx->cur_val, ctx->cur_len, to, room);
}

HELPER_3(get_new_value, const struct bpf_sysctl_kern *, ctx, char *, to, size_t, room)
{
	return get_value(ctx->write ? ctx->new_val : NULL, ctx->new_len, to, room);
}

HELPER_3(set_new_value, struct bpf_sysctl_kern *, ctx, const void *, from, size_t, bytes)
{
	if (!ctx->write || !ctx->new_val || !ctx->new_len)
		return -EINVAL;
	if (bytes > PAGE_SIZE - 1)
		return -E2BIG;
	memcpy(ctx->new_val, from, bytes);
	ctx->new_len = bytes;
	ctx->new_updated = 1;
	return 0;
}

#define SYSCTL_PROTO(helper, function, ...)				\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_CTX, __VA_ARGS__ },		\
	}

const struct lbpf_proto lbpf_sysctl_name_proto =
	SYSCTL_PROTO(sysctl_get_name, get_name, LBPF_ARG_MEM, LBPF_ARG_CONST_SIZE,
		     LBPF_ARG_ANYTHING);
const struct lbpf_proto lbpf_sysctl_current_proto =
	SYSCTL_PROTO(sysctl_get_current_value, get_current_value, LBPF_ARG_MEM | LBPF_UNINIT,
		     LBPF_ARG_CONST_SIZE);
const struct lbpf_proto lbpf_sysctl_new_proto =
	SYSCTL_PROTO(sysctl_get_new_value, get_new_value, LBPF_ARG_MEM | LBPF_UNINIT,
		     LBPF_ARG_CONST_SIZE);
const struct lbpf_proto lbpf_sysctl_set_proto =
	SYSCTL_PROTO(sysctl_set_new_value, set_new_value, LBPF_ARG_MEM | LBPF_RDONLY,
		     LBPF_ARG_CONST_SIZE);

/* What programs of cgroups run in is kept with the task. */
static struct bpf_cg_run_ctx *cgroup_run(void)
{
	return container_of(current->bpf_ctx, struct bpf_cg_run_ctx, run_ctx);
}

HELPER_0(get_retval)
{
	return cgroup_run()->retval;
}

HELPER_1(set_retval, int, retval)
{
	cgroup_run()->retval = retval;
	return 0;
}

const struct lbpf_proto lbpf_get_retval_proto = {
	.name	= "get_retval",
	.id	= BPF_FUNC_get_retval,
	.fn	= get_retval,
	.effects = LBPF_EFF_RUN,
	.ret	= LBPF_RET_INTEGER,
};

const struct lbpf_proto lbpf_set_retval_proto = {
	.name	= "set_retval",
	.id	= BPF_FUNC_set_retval,
	.fn	= set_retval,
	.effects = LBPF_EFF_RUN,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_ANYTHING },
};
