// SPDX-License-Identifier: GPL-2.0
/*
 * Programs at the start and the end of kernel functions, and at LSM hooks.
 *
 * Layer: attach.  All programs at a function share one trampoline, which the
 * function calls first thing (a direct call of ftrace).  It is made anew when one
 * comes or goes; the old one ends once nobody is in it.
 * Locks: targets_lock guards the list of targets and all their members.
 *
 * Source: BPF_TRACE_FENTRY and its kin of bpf(2); Documentation/trace/ftrace-uses.rst.
 */
#define pr_fmt(fmt) "lbpf: " fmt

#include <linux/bpf.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/ftrace.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/attach.h>
#include <lbpf/btf_object.h>
#include <lbpf/compat.h>
#include <lbpf/func_model.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/link.h>
#include <lbpf/prog.h>
#include <lbpf/trampoline.h>

/* How long memory for a trampoline with one program less is waited for. */
#define MAX_TRIES	50
#define TRY_MS		20

/**
 * struct target - A function with programs
 * @node: In the list of targets.
 * @btf: Types that the function is described by.
 * @id: Its id there.
 * @module: Module that it is in, held; NULL: none.
 * @links: Links, in the order they were made.
 * @nr_links: Their number.
 * @ops: What ftrace knows of the function.
 * @tramp: Trampoline that it calls; NULL: none.
 */
struct target {
	struct list_head	node;
	const struct lbpf_btf	*btf;
	u32			id;
	struct module		*module;
	struct list_head	links;
	u32			nr_links;
	struct ftrace_ops	ops;
	struct lbpf_trampoline	*tramp;
};

/**
 * struct tracing_link - A program at a function
 * @link: Head.
 * @node: In target::links.
 * @target: Function.
 * @when: enum lbpf_tramp_when.
 */
struct tracing_link {
	struct lbpf_link	link;
	struct list_head	node;
	struct target		*target;
	u32			when;
};

static DEFINE_MUTEX(targets_lock);
static LIST_HEAD(targets);

static struct tracing_link *tracing_link_of(const struct lbpf_link *link)
{
	return container_of(link, struct tracing_link, link);
}

static const struct btf_type *function_of(const struct target *target)
{
	return lbpf_btf_type(target->btf, target->id);
}

static const char *name_of(const struct target *target)
{
	return lbpf_btf_name(target->btf, function_of(target)->name_off);
}

static int fill_spec(const struct target *target, struct lbpf_tramp_spec *spec)
{
	const struct btf_type *proto = lbpf_btf_type(target->btf, function_of(target)->type);
	struct lbpf_tramp_progs *progs;
	struct tracing_link *tracing;

	list_for_each_entry(tracing, &target->links, node) {
		progs = &spec->progs[tracing->when];
		progs->progs[progs->nr++] = tracing->link.prog;
	}
	return lbpf_func_model_of(target->btf, proto, &spec->model);
}

static struct lbpf_trampoline *make_trampoline(const struct target *target)
{
	struct lbpf_tramp_spec *spec = lbpf_zalloc(sizeof(*spec), GFP_KERNEL);
	struct lbpf_trampoline *tramp;
	int err;

	if (!spec)
		return ERR_PTR(-ENOMEM);
	err = fill_spec(target, spec);
	tramp = err ? ERR_PTR(err) : lbpf_trampoline_make(spec);
	lbpf_free(spec);
	return tramp;
}

static unsigned long entry_of(const struct lbpf_trampoline *tramp)
{
	return (unsigned long)lbpf_trampoline_entry(tramp);
}

/* All functions of the name: the lists of ftrace tell no more. */
static int hook_function(struct target *target, struct lbpf_trampoline *tramp)
{
	const char *name = name_of(target);
	int err;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	if (ftrace_set_filter(&target->ops, (unsigned char *)name, strlen(name), 1))
		return -ENOTSUPP;
	err = lbpf_ftrace_direct_register(&target->ops, entry_of(tramp));
	if (err)
		ftrace_free_filter(&target->ops);
	return err;
}

static void unhook_function(struct target *target)
{
	lbpf_ftrace_direct_unregister(&target->ops, entry_of(target->tramp));
	ftrace_free_filter(&target->ops);
	lbpf_trampoline_retire(target->tramp);
	target->tramp = NULL;
}

/* From now on the function runs the programs of the links that there are, at least one. */
static int update_trampoline(struct target *target)
{
	struct lbpf_trampoline *tramp = make_trampoline(target);
	int err;

	lockdep_assert_held(&targets_lock);
	if (IS_ERR(tramp))
		return PTR_ERR(tramp);
	err = target->tramp ? lbpf_ftrace_direct_modify(&target->ops, entry_of(tramp)) :
	      hook_function(target, tramp);
	if (err) {
		lbpf_trampoline_retire(tramp);
		return err;
	}
	if (target->tramp)
		lbpf_trampoline_retire(target->tramp);
	target->tramp = tramp;
	return 0;
}

/* The functions of lbpf itself run on the way into programs. */
static int hold_module(struct target *target, const struct lbpf_btf *btf)
{
	struct module *module = lbpf_kernel_btf_get_module(btf);

	if (IS_ERR(module))
		return PTR_ERR(module);
	if (module == THIS_MODULE) {
		module_put(module);
		return -ENOTSUPP;
	}
	target->module = module;
	return 0;
}

static struct target *make_target(const struct lbpf_prog *prog)
{
	struct target *target = lbpf_zalloc(sizeof(*target), GFP_KERNEL);
	int err;

	if (!target)
		return ERR_PTR(-ENOMEM);
	err = hold_module(target, prog->attach_btf);
	if (err) {
		lbpf_free(target);
		return ERR_PTR(err);
	}
	target->btf = prog->attach_btf;
	target->id = prog->attach_btf_id;
	INIT_LIST_HEAD(&target->links);
	list_add(&target->node, &targets);
	return target;
}

static struct target *find_target(const struct lbpf_prog *prog)
{
	struct target *target;

	lockdep_assert_held(&targets_lock);
	list_for_each_entry(target, &targets, node)
		if (target->btf == prog->attach_btf && target->id == prog->attach_btf_id)
			return target;
	return make_target(prog);
}

static void drop_target(struct target *target)
{
	if (target->nr_links)
		return;
	list_del(&target->node);
	module_put(target->module);
	lbpf_free(target);
}

static void remove_link(struct tracing_link *tracing)
{
	list_del(&tracing->node);
	tracing->target->nr_links--;
}

/* A program that ends must end: memory comes back, if not, the others end with it. */
static void update_without_fail(struct target *target)
{
	u32 tries;

	for (tries = 0; tries < MAX_TRIES; tries++) {
		if (!update_trampoline(target))
			return;
		msleep(TRY_MS);
	}
	pr_warn("no memory to detach a program from %s: none runs there now\n", name_of(target));
	unhook_function(target);
}

static void detach(struct lbpf_link *link)
{
	struct tracing_link *tracing = tracing_link_of(link);
	struct target *target = tracing->target;

	mutex_lock(&targets_lock);
	remove_link(tracing);
	if (target->tramp && target->nr_links)
		update_without_fail(target);
	else if (target->tramp)
		unhook_function(target);
	drop_target(target);
	mutex_unlock(&targets_lock);
}

static void free_link(struct lbpf_link *link)
{
	lbpf_free(tracing_link_of(link));
}

static int fill_info(const struct lbpf_link *link, struct bpf_link_info *info)
{
	info->tracing.attach_type = link->prog->expected_attach_type;
	info->tracing.target_obj_id = lbpf_btf_id(link->prog->attach_btf);
	info->tracing.target_btf_id = link->prog->attach_btf_id;
	return 0;
}

static void show_fdinfo(const struct lbpf_link *link, struct seq_file *seq)
{
	const struct lbpf_prog *prog = link->prog;

	seq_printf(seq, "attach_type:\t%u\ntarget_obj_id:\t%u\ntarget_btf_id:\t%u\n",
		   prog->expected_attach_type, lbpf_btf_id(prog->attach_btf),
		   prog->attach_btf_id);
}

static const struct lbpf_link_ops tracing_ops = {
	.type		= BPF_LINK_TYPE_TRACING,
	.name		= "tracing",
	.detach		= detach,
	.free		= free_link,
	.fill_info	= fill_info,
	.show_fdinfo	= show_fdinfo,
};

static bool has_prog(const struct target *target, const struct lbpf_prog *prog)
{
	struct tracing_link *tracing;

	list_for_each_entry(tracing, &target->links, node)
		if (tracing->link.prog == prog)
			return true;
	return false;
}

static int add_link(struct target *target, struct tracing_link *tracing, struct lbpf_prog *prog)
{
	int err;

	if (target->nr_links == LBPF_TRAMP_MAX_PROGS)
		return -E2BIG;
	if (has_prog(target, prog))
		return -EBUSY;
	tracing->target = target;
	tracing->link.prog = prog;
	list_add_tail(&tracing->node, &target->links);
	target->nr_links++;
	err = update_trampoline(target);
	if (err)
		remove_link(tracing);
	return err;
}

static int attach(struct tracing_link *tracing, struct lbpf_prog *prog)
{
	struct target *target;
	int err;

	mutex_lock(&targets_lock);
	target = find_target(prog);
	err = PTR_ERR_OR_ZERO(target);
	if (!err) {
		err = add_link(target, tracing, prog);
		drop_target(target);
	}
	mutex_unlock(&targets_lock);
	return err;
}

/* By attach type; an LSM hook without a result is only looked at. */
static int find_when(const struct lbpf_prog *prog, u32 *when)
{
	const struct btf_type *type = lbpf_btf_type(prog->attach_btf, prog->attach_btf_id);

	switch (prog->expected_attach_type) {
	case BPF_TRACE_FENTRY:
		*when = LBPF_TRAMP_BEFORE;
		return 0;
	case BPF_TRACE_FEXIT:
		*when = LBPF_TRAMP_AFTER;
		return 0;
	case BPF_MODIFY_RETURN:
		*when = LBPF_TRAMP_INSTEAD;
		return 0;
	case BPF_LSM_MAC:
		type = lbpf_btf_type(prog->attach_btf, type->type);
		*when = type->type ? LBPF_TRAMP_INSTEAD : LBPF_TRAMP_AFTER;
		return 0;
	default:
		return -EINVAL;
	}
}

/**
 * lbpf_tracing_attach() - Attach a program to the kernel function that it was loaded for
 * @prog: Program; its reference is taken over on success.
 *
 * Context: A command; may sleep.
 * Return: Link with one user reference and no id yet, or ERR_PTR: -EBUSY (the program is attached
 * already, or the kernel's own BPF is at the function), -E2BIG (too many programs there),
 * -ENOTSUPP (the function cannot be traced, or has arguments on the stack), -ENOENT (its module has
 * gone), -ENOMEM, -ENOSPC.
 */
struct lbpf_link *lbpf_tracing_attach(struct lbpf_prog *prog)
{
	struct tracing_link *tracing;
	u32 when;
	int err = find_when(prog, &when);

	if (err)
		return ERR_PTR(err);
	tracing = lbpf_zalloc(sizeof(*tracing), GFP_KERNEL);
	if (!tracing)
		return ERR_PTR(-ENOMEM);
	tracing->when = when;
	err = attach(tracing, prog);
	if (!err) {
		lbpf_link_init(&tracing->link, &tracing_ops, prog);
		return &tracing->link;
	}
	lbpf_free(tracing);
	return ERR_PTR(err);
}
