// SPDX-License-Identifier: GPL-2.0
/*
 * Trampolines in the text arena, and their end.
 *
 * Layer: jit.  When nobody finds a trampoline any more, there may still be tasks
 * in it: before its first program, in one, in the function that it called, which
 * may sleep for long, or behind.  Where none of its programs and no function
 * sleeps, a grace period of RCU tasks outwaits all of them.  Otherwise the users
 * are counted: a first grace period outwaits those that are not counted yet, then
 * the count falls to zero, and a second one outwaits those on its last
 * instructions.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/percpu-refcount.h>
#include <linux/rcupdate.h>
#include <linux/workqueue.h>

#include <lbpf/alloc.h>
#include <lbpf/object.h>
#include <lbpf/prog.h>
#include <lbpf/trampoline.h>

#include "arena.h"
#include "emit.h"
#include "trampoline.h"

#define ROOM_BYTES	(512 + 128 * LBPF_TRAMP_MAX_PROGS)

/**
 * struct lbpf_trampoline - A trampoline
 * @text: Machine code.
 * @size_bytes: Its length.
 * @is_counted: Its users are counted in @users.
 * @users: Tasks in it.
 * @progs: Programs, with references.
 * @nr_progs: Their number.
 * @rcu: Used from the end on.
 * @work: Used last.
 */
struct lbpf_trampoline {
	void			*text;
	u32			size_bytes;
	bool			is_counted;
	struct percpu_ref	users;
	struct lbpf_prog	*progs[LBPF_TRAMP_MAX_PROGS];
	u32			nr_progs;
	struct rcu_head		rcu;
	struct work_struct	work;
};

static void notrace hold(void *owner)
{
	percpu_ref_get(&((struct lbpf_trampoline *)owner)->users);
}

static void notrace release(void *owner)
{
	percpu_ref_put(&((struct lbpf_trampoline *)owner)->users);
}

static void free_now(struct lbpf_trampoline *tramp)
{
	u32 i;

	if (tramp->text)
		lbpf_arena_free(tramp->text, tramp->size_bytes);
	if (tramp->is_counted)
		percpu_ref_exit(&tramp->users);
	for (i = 0; i < tramp->nr_progs; i++)
		lbpf_prog_put(tramp->progs[i]);
	lbpf_free(tramp);
}

static void free_work(struct work_struct *work)
{
	free_now(container_of(work, struct lbpf_trampoline, work));
	module_put(THIS_MODULE);
}

static void free_after_tasks(struct rcu_head *rcu)
{
	struct lbpf_trampoline *tramp = container_of(rcu, struct lbpf_trampoline, rcu);

	INIT_WORK(&tramp->work, free_work);
	lbpf_object_defer(&tramp->work);
}

static void last_user_gone(struct percpu_ref *users)
{
	struct lbpf_trampoline *tramp = container_of(users, struct lbpf_trampoline, users);

	call_rcu_tasks(&tramp->rcu, free_after_tasks);
}

static void drop_users(struct rcu_head *rcu)
{
	percpu_ref_kill(&container_of(rcu, struct lbpf_trampoline, rcu)->users);
}

static bool may_sleep(const struct lbpf_tramp_spec *spec)
{
	u32 when, i;

	if (lbpf_tramp_calls_function(spec))
		return true;
	for (when = 0; when < LBPF_TRAMP_NR_WHEN; when++)
		for (i = 0; i < spec->progs[when].nr; i++)
			if (spec->progs[when].progs[i]->is_sleepable)
				return true;
	return false;
}

static int take_progs(struct lbpf_trampoline *tramp, const struct lbpf_tramp_spec *spec)
{
	u32 when, i;

	for (when = 0; when < LBPF_TRAMP_NR_WHEN; when++) {
		for (i = 0; i < spec->progs[when].nr; i++) {
			if (tramp->nr_progs == LBPF_TRAMP_MAX_PROGS)
				return -E2BIG;
			lbpf_prog_get(spec->progs[when].progs[i]);
			tramp->progs[tramp->nr_progs++] = spec->progs[when].progs[i];
		}
	}
	return 0;
}

static int count_users(struct lbpf_trampoline *tramp)
{
	int err;

	if (lbpf_alloc_fails())
		return -ENOMEM;
	err = percpu_ref_init(&tramp->users, last_user_gone, 0, GFP_KERNEL);
	tramp->is_counted = !err;
	return err;
}

static void emit_at(struct lbpf_trampoline *tramp, const struct lbpf_tramp_spec *spec,
		    struct lbpf_x86_buf *buf)
{
	struct lbpf_tramp_code code = {
		.spec		= spec,
		.target		= lbpf_jit_this_target(),
		.base		= (unsigned long)tramp->text,
		.owner		= tramp,
		.hold		= tramp->is_counted ? hold : NULL,
		.release	= tramp->is_counted ? release : NULL,
	};

	buf->len = 0;
	lbpf_tramp_emit(&code, buf);
}

/* Once for the length, once at its place. */
static int write_code(struct lbpf_trampoline *tramp, const struct lbpf_tramp_spec *spec,
		      struct lbpf_x86_buf *buf)
{
	void *text;

	emit_at(tramp, spec, buf);
	if (WARN_ON_ONCE(buf->overflow))
		return -E2BIG;
	text = lbpf_arena_alloc(buf->len);
	if (IS_ERR(text))
		return PTR_ERR(text);
	tramp->text = text;
	tramp->size_bytes = buf->len;
	emit_at(tramp, spec, buf);
	return lbpf_arena_write(text, buf->bytes, buf->len);
}

static int build(struct lbpf_trampoline *tramp, const struct lbpf_tramp_spec *spec)
{
	struct lbpf_x86_buf buf = { .max = ROOM_BYTES };
	int err = take_progs(tramp, spec);

	if (!err && may_sleep(spec))
		err = count_users(tramp);
	if (err)
		return err;
	buf.bytes = lbpf_zalloc(ROOM_BYTES, GFP_KERNEL);
	if (!buf.bytes)
		return -ENOMEM;
	err = write_code(tramp, spec, &buf);
	lbpf_free(buf.bytes);
	return err;
}

/**
 * lbpf_trampoline_make() - Make a trampoline
 * @spec: What it does.
 *
 * It holds references on the programs, and the module.
 *
 * Context: A command; may sleep.
 * Return: Trampoline, or ERR_PTR(-ENOTSUPP) for arguments on the stack, ERR_PTR(-E2BIG) for too
 * many programs, ERR_PTR(-ENOMEM), ERR_PTR(-ENOSPC) when the text arena is full.
 */
struct lbpf_trampoline *lbpf_trampoline_make(const struct lbpf_tramp_spec *spec)
{
	struct lbpf_trampoline *tramp;
	int err;

	if (lbpf_func_nr_slots(&spec->model) > LBPF_FUNC_ARG_REGS)
		return ERR_PTR(-ENOTSUPP);
	tramp = lbpf_zalloc(sizeof(*tramp), GFP_KERNEL);
	if (!tramp)
		return ERR_PTR(-ENOMEM);
	err = build(tramp, spec);
	if (err) {
		free_now(tramp);
		return ERR_PTR(err);
	}
	__module_get(THIS_MODULE);
	return tramp;
}

/**
 * lbpf_trampoline_entry() - Where a trampoline is entered
 * @tramp: Trampoline.
 *
 * Context: Any.
 * Return: Address.
 */
void *lbpf_trampoline_entry(const struct lbpf_trampoline *tramp)
{
	return tramp->text;
}

/**
 * lbpf_trampoline_retire() - Free a trampoline once nobody is in it
 * @tramp: Trampoline, whose address nobody finds any more.
 *
 * Context: Process context; does not wait.
 */
void lbpf_trampoline_retire(struct lbpf_trampoline *tramp)
{
	call_rcu_tasks(&tramp->rcu, tramp->is_counted ? drop_users : free_after_tasks);
}
