// SPDX-License-Identifier: GPL-2.0
/*
 * What machine code calls before and after it runs a program.
 *
 * Layer: core.  A program that is under way on a CPU does not run there again,
 * unless it may; that is a miss.  Nothing in here can be traced: a program there
 * would enter itself.
 */
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/rcupdate_trace.h>
#include <linux/sched/clock.h>

#include <lbpf/prog.h>
#include <lbpf/progtype.h>

/* Not 0, which means that the program must not run. */
#define NO_START_NS	1

static u64 notrace start_ns(void)
{
	if (!static_branch_unlikely(&bpf_stats_enabled_key))
		return NO_START_NS;
	return sched_clock() ?: NO_START_NS;
}

static void notrace count_run(struct lbpf_prog *prog, u64 start)
{
	/* Statistics may have been turned on in between. */
	if (static_branch_unlikely(&bpf_stats_enabled_key) && start != NO_START_NS)
		lbpf_prog_count_run(prog, sched_clock() - start);
}

static u64 notrace begin(struct lbpf_prog *prog)
{
	if (this_cpu_inc_return(lbpf_prog_percpu(prog)->nr_active) == 1)
		return start_ns();
	lbpf_prog_count_miss(prog);
	return 0;
}

static void notrace end(struct lbpf_prog *prog, u64 start)
{
	if (start)
		count_run(prog, start);
	this_cpu_dec(lbpf_prog_percpu(prog)->nr_active);
}

static u64 notrace enter(struct lbpf_prog *prog) __acquires(RCU)
{
	rcu_read_lock();
	migrate_disable();
	return begin(prog);
}

static void notrace leave(struct lbpf_prog *prog, u64 start) __releases(RCU)
{
	end(prog, start);
	migrate_enable();
	rcu_read_unlock();
}

static u64 notrace enter_sleepable(struct lbpf_prog *prog)
{
	rcu_read_lock_trace();
	migrate_disable();
	might_fault();
	return begin(prog);
}

static void notrace leave_sleepable(struct lbpf_prog *prog, u64 start)
{
	end(prog, start);
	migrate_enable();
	rcu_read_unlock_trace();
}

static u64 notrace enter_again(struct lbpf_prog *prog) __acquires(RCU)
{
	rcu_read_lock();
	migrate_disable();
	return start_ns();
}

static void notrace leave_again(struct lbpf_prog *prog, u64 start) __releases(RCU)
{
	count_run(prog, start);
	migrate_enable();
	rcu_read_unlock();
}

static u64 notrace enter_sleepable_again(struct lbpf_prog *prog)
{
	rcu_read_lock_trace();
	migrate_disable();
	might_fault();
	return start_ns();
}

static void notrace leave_sleepable_again(struct lbpf_prog *prog, u64 start)
{
	count_run(prog, start);
	migrate_enable();
	rcu_read_unlock_trace();
}

/* By: may it sleep? may it run while it runs? */
static const struct lbpf_gate gates[2][2] = {
	{ { enter, leave }, { enter_again, leave_again } },
	{ { enter_sleepable, leave_sleepable },
	  { enter_sleepable_again, leave_sleepable_again } },
};

/**
 * lbpf_prog_gate() - What is called around a run of a program
 * @prog: Program.
 * @is_reentrant: It may run while it is under way on the CPU; its type may say so too.
 *
 * The program runs between the two, unless the first returns 0; the second is called in any
 * case, with what the first returned.
 *
 * Context: Any.
 * Return: The two functions.
 */
const struct lbpf_gate *lbpf_prog_gate(const struct lbpf_prog *prog, bool is_reentrant)
{
	if (prog->pt->flags & LBPF_PT_REENTRANT)
		is_reentrant = true;
	return &gates[prog->is_sleepable][is_reentrant];
}
