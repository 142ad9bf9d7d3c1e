// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that send signals to the task that the program interrupts.
 *
 * Layer: helpers.  Where interrupts are off, a lock that sending takes may be held: there an
 * interrupt of this CPU's own does it as soon as they are on, one signal at a time.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/signal.h>

#include "helper.h"
#include "protos.h"
#include "signal.h"
#include "user.h"

/**
 * struct pending_signal - A signal to be sent
 * @work: Sends it.
 * @task: To whom, with a reference; NULL: there is none, and what follows may be set.
 * @nr: Its number.
 * @to_thread: To the thread, not to its process.
 */
struct pending_signal {
	struct irq_work		work;
	struct task_struct	*task;
	u32			nr;
	bool			to_thread;
};

/* Signal 0 is none, but send_sig() would not look. */
static int send_now(struct task_struct *task, u32 nr, bool to_thread)
{
	if (!nr)
		return 0;
	return to_thread ? send_sig(nr, task, 1) : kill_pid(task_tgid(task), nr, 1);
}

static void send_later(struct irq_work *work)
{
	struct pending_signal *signal = container_of(work, struct pending_signal, work);
	struct task_struct *task = signal->task;
	bool to_thread = signal->to_thread;
	u32 nr = signal->nr;

	/* Pairs with cmpxchg() in queue_signal(), of an NMI here. */
	smp_store_release(&signal->task, NULL);
	send_now(task, nr, to_thread);
	put_task_struct(task);
}

static DEFINE_PER_CPU(struct pending_signal, pending_signals);

/* Interrupts are off, but an NMI may come between. */
static int queue_signal(u32 nr, bool to_thread)
{
	struct pending_signal *signal = this_cpu_ptr(&pending_signals);

	if (cmpxchg(&signal->task, NULL, current))
		return -EBUSY;
	get_task_struct(current);
	signal->nr = nr;
	signal->to_thread = to_thread;
	irq_work_queue(&signal->work);
	return 0;
}

static int send(u32 nr, bool to_thread)
{
	if (!lbpf_is_in_process() || is_global_init(current))
		return -EPERM;
	if (!irqs_disabled())
		return send_now(current, nr, to_thread);
	return valid_signal(nr) ? queue_signal(nr, to_thread) : -EINVAL;
}

HELPER_1(send_to_process, u32, nr)
{
	return send(nr, false);
}

HELPER_1(send_to_thread, u32, nr)
{
	return send(nr, true);
}

#define SIGNAL_PROTO(helper, function)					\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_ANYTHING },			\
	}

const struct lbpf_proto lbpf_send_signal_proto = SIGNAL_PROTO(send_signal, send_to_process);
const struct lbpf_proto lbpf_send_thread_proto = SIGNAL_PROTO(send_signal_thread, send_to_thread);

/**
 * lbpf_signal_init() - Set up what sends signals
 *
 * Context: Module init.
 */
void lbpf_signal_init(void)
{
	int cpu;

	/* Addresses in a module's per-CPU variables are not relocated. */
	for_each_possible_cpu(cpu)
		per_cpu(pending_signals, cpu).work = IRQ_WORK_INIT_HARD(send_later);
}

/**
 * lbpf_signal_exit() - Wait for signals under way
 *
 * Context: Module exit: no program runs any more.
 */
void lbpf_signal_exit(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu(pending_signals, cpu).work);
}
