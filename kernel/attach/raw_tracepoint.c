// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at raw tracepoints.
 *
 * Layer: attach.  A program gets the arguments of the tracepoint as 64-bit
 * numbers; how wide each of them really is, the kernel's BTF tells.
 *
 * Source: BPF_RAW_TRACEPOINT_OPEN of bpf(2); the types btf_trace_* of vmlinux.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/percpu.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/attach.h>
#include <lbpf/btf_object.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>

#define MAX_ARGS	12
#define NAME_BYTES	128

/**
 * struct raw_tp - A program at a raw tracepoint
 * @link: Head.
 * @name: Its name.
 * @tp: Tracepoint; there until the link is detached.
 * @module: Module that it is in, held; NULL: none.
 * @writable_bytes: How much of the buffer behind its first argument programs may write.
 * @active: Runs under way on each CPU: the program does not interrupt itself.
 * @nr_args: Arguments of the tracepoint.
 * @arg_bits: Width of each of them.
 */
struct raw_tp {
	struct lbpf_link	link;
	char			name[NAME_BYTES];
	struct tracepoint	*tp;
	struct module		*module;
	u32			writable_bytes;
	int __percpu		*active;
	u32			nr_args;
	u8			arg_bits[MAX_ARGS];
};

static struct raw_tp *raw_tp_of(const struct lbpf_link *link)
{
	return container_of(link, struct raw_tp, link);
}

/* Called where preemption is off. */
static void run(const struct raw_tp *raw, u64 *args)
{
	u32 i;

	/* What lies above a narrow argument in its register or stack slot is undefined. */
	for (i = 0; i < raw->nr_args; i++)
		args[i] &= GENMASK_ULL(raw->arg_bits[i] - 1, 0);
	if (this_cpu_inc_return(*raw->active) == 1) {
		rcu_read_lock();
		lbpf_prog_run(raw->link.prog, args);
		rcu_read_unlock();
	} else {
		lbpf_prog_count_miss(raw->link.prog);
	}
	this_cpu_dec(*raw->active);
}

/* A tracepoint calls them as functions of its own type: in the ABI each argument is one slot. */
static void probe_5(const struct raw_tp *raw, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5)
{
	u64 args[] = { a1, a2, a3, a4, a5 };

	run(raw, args);
}

/* Where arguments lie on the stack, no more are read than there are. */
#define STACK_PROBE(nr, params, ...)						\
static void probe_##nr(const struct raw_tp *raw, u64 a1, u64 a2, u64 a3, u64 a4, u64 a5, \
		       params)							\
{										\
	u64 args[MAX_ARGS] = { a1, a2, a3, a4, a5, __VA_ARGS__ };		\
										\
	run(raw, args);								\
}

#define P(...)	__VA_ARGS__
STACK_PROBE(6, P(u64 a6), a6)
STACK_PROBE(7, P(u64 a6, u64 a7), a6, a7)
STACK_PROBE(8, P(u64 a6, u64 a7, u64 a8), a6, a7, a8)
STACK_PROBE(9, P(u64 a6, u64 a7, u64 a8, u64 a9), a6, a7, a8, a9)
STACK_PROBE(10, P(u64 a6, u64 a7, u64 a8, u64 a9, u64 a10), a6, a7, a8, a9, a10)
STACK_PROBE(11, P(u64 a6, u64 a7, u64 a8, u64 a9, u64 a10, u64 a11), a6, a7, a8, a9, a10, a11)
STACK_PROBE(12, P(u64 a6, u64 a7, u64 a8, u64 a9, u64 a10, u64 a11, u64 a12),
	    a6, a7, a8, a9, a10, a11, a12)

static void * const probes[MAX_ARGS + 1] = {
	probe_5, probe_5, probe_5, probe_5, probe_5, probe_5,
	probe_6, probe_7, probe_8, probe_9, probe_10, probe_11, probe_12,
};

static void detach(struct lbpf_link *link)
{
	struct raw_tp *raw = raw_tp_of(link);

	tracepoint_probe_unregister(raw->tp, probes[raw->nr_args], raw);
	tracepoint_synchronize_unregister();
	module_put(raw->module);
	raw->module = NULL;
}

static void free_raw_tp(struct raw_tp *raw)
{
	module_put(raw->module);
	lbpf_percpu_free(raw->active);
	lbpf_free(raw);
}

static void free_link(struct lbpf_link *link)
{
	free_raw_tp(raw_tp_of(link));
}

/* The name, cut to the caller's room; without room only its size. */
static int fill_info(const struct lbpf_link *link, struct bpf_link_info *info)
{
	const char *name = raw_tp_of(link)->name;
	char __user *to = u64_to_user_ptr(info->raw_tracepoint.tp_name);
	u32 room = info->raw_tracepoint.tp_name_len, size = strlen(name) + 1;

	if (!room != !to)
		return -EINVAL;
	info->raw_tracepoint.tp_name_len = size;
	if (!to)
		return 0;
	return lbpf_link_put_name(to, room, name);
}

static void fill_fd_info(const struct lbpf_link *link, struct lbpf_fd_info *info)
{
	info->prog_id = link->prog->obj.id;
	info->fd_type = BPF_FD_TYPE_RAW_TRACEPOINT;
	info->name = raw_tp_of(link)->name;
}

static void show_fdinfo(const struct lbpf_link *link, struct seq_file *seq)
{
	seq_printf(seq, "tp_name:\t%s\n", raw_tp_of(link)->name);
}

static const struct lbpf_link_ops raw_tp_ops = {
	.type		= BPF_LINK_TYPE_RAW_TRACEPOINT,
	.name		= "raw_tracepoint",
	.detach		= detach,
	.free		= free_link,
	.fill_info	= fill_info,
	.fill_fd_info	= fill_fd_info,
	.show_fdinfo	= show_fdinfo,
};

/* Looks for a tracepoint with a name. */
struct search {
	const char		*name;
	struct tracepoint	*found;
};

static void match(struct tracepoint *tp, void *data)
{
	struct search *search = data;

	if (!strcmp(tp->name, search->name))
		search->found = tp;
}

/* Bits of a number or pointer, 0: something else. */
static u32 arg_bits(const struct lbpf_btf *btf, u32 id)
{
	u32 bytes;

	if (!lbpf_btf_sized(btf, id, NULL, &bytes) || !bytes || bytes > sizeof(u64))
		return 0;
	return bytes * BITS_PER_BYTE;
}

/* The function type behind typedef btf_trace_NAME: its first argument is the probe's own. */
static const struct btf_type *find_proto(const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *type = lbpf_btf_type(btf, lbpf_btf_type(btf, id)->type);

	if (!type || lbpf_btf_kind(type) != BTF_KIND_PTR)
		return NULL;
	type = lbpf_btf_type(btf, type->type);
	return type && lbpf_btf_kind(type) == BTF_KIND_FUNC_PROTO && lbpf_btf_vlen(type) ?
	       type : NULL;
}

static int read_args(struct raw_tp *raw, const struct lbpf_btf *btf, u32 id)
{
	const struct btf_type *proto = find_proto(btf, id);
	u32 i;

	if (!proto)
		return -ENOENT;
	raw->nr_args = lbpf_btf_vlen(proto) - 1;
	if (raw->nr_args > MAX_ARGS)
		return -EINVAL;
	for (i = 0; i < raw->nr_args; i++) {
		raw->arg_bits[i] = arg_bits(btf, lbpf_btf_params(proto)[i + 1].type);
		if (!raw->arg_bits[i])
			return -EINVAL;
	}
	return 0;
}

/* The module lists its tracepoints, and those that programs may be at. */
static int find_in_module(struct raw_tp *raw, const char *name)
{
	const struct module *module = raw->module;
	u32 i;

	for (i = 0; i < module->num_bpf_raw_events; i++) {
		if (strcmp(module->bpf_raw_events[i].tp->name, name))
			continue;
		raw->tp = module->bpf_raw_events[i].tp;
		raw->writable_bytes = module->bpf_raw_events[i].writable_size;
		return 0;
	}
	return -ENOENT;
}

/* How much may be written at tracepoints of the kernel itself only that knows: nothing. */
static int find_in_kernel(struct raw_tp *raw, const char *name)
{
	struct search search = { .name = name };

	for_each_kernel_tracepoint(match, &search);
	raw->tp = search.found;
	return raw->tp ? 0 : -ENOENT;
}

static int find_in(struct raw_tp *raw, const struct lbpf_btf *btf, u32 id, const char *name)
{
	int err;

	raw->module = lbpf_kernel_btf_get_module(btf);
	if (IS_ERR(raw->module)) {
		raw->module = NULL;
		return -ENOENT;
	}
	err = raw->module ? find_in_module(raw, name) : find_in_kernel(raw, name);
	return err ?: read_args(raw, btf, id);
}

/* Not all tracepoints are for programs: those that are have a type. */
static int find_tracepoint(struct raw_tp *raw, const char *name)
{
	char full[NAME_BYTES + 16];
	const struct lbpf_btf *btf;
	int id, err;

	snprintf(full, sizeof(full), "btf_trace_%s", name);
	id = lbpf_kernel_btf_find(full, BTF_KIND_TYPEDEF, &btf);
	if (id < 0)
		return id;
	err = find_in(raw, btf, id, name);
	lbpf_btf_put(btf);
	return err;
}

/* What the program reads and writes must be there. */
static int check_prog(const struct raw_tp *raw, const struct lbpf_prog *prog)
{
	if (prog->ctx_end > raw->nr_args * sizeof(u64))
		return -EINVAL;
	return prog->tp_buffer_bytes > raw->writable_bytes ? -EINVAL : 0;
}

static int attach(struct raw_tp *raw, struct lbpf_prog *prog, const char *name)
{
	int err = find_tracepoint(raw, name);

	if (!err)
		err = check_prog(raw, prog);
	if (err)
		return err;
	raw->active = lbpf_percpu_alloc(sizeof(*raw->active), __alignof__(*raw->active),
					GFP_KERNEL);
	if (!raw->active || lbpf_alloc_fails())
		return -ENOMEM;
	/* It may run at once. */
	raw->link.prog = prog;
	err = tracepoint_probe_register(raw->tp, probes[raw->nr_args], raw);
	if (!err)
		lbpf_link_init(&raw->link, &raw_tp_ops, prog);
	return err;
}

/**
 * lbpf_raw_tp_attach() - Attach a program to a raw tracepoint
 * @prog: Program of a type for that; its reference is taken over on success.
 * @name: Tracepoint of the kernel or of a module.
 *
 * Context: A command; may sleep.
 * Return: Link with one user reference and no id yet, or ERR_PTR(-ENOENT, -EINVAL, -ENOMEM).
 */
struct lbpf_link *lbpf_raw_tp_attach(struct lbpf_prog *prog, const char *name)
{
	struct raw_tp *raw = lbpf_zalloc(sizeof(*raw), GFP_KERNEL);
	int err;

	if (!raw)
		return ERR_PTR(-ENOMEM);
	strscpy(raw->name, name, sizeof(raw->name));
	err = attach(raw, prog, name);
	if (!err)
		return &raw->link;
	free_raw_tp(raw);
	return ERR_PTR(err);
}
