// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on locks and timers in map values.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/percpu.h>

#include <lbpf/timer.h>
#include <lbpf/value.h>

#include "helper.h"
#include "protos.h"

/* Interrupt state at the lock that is held on this CPU: a program holds one at most. */
static DEFINE_PER_CPU(unsigned long, irq_flags_at_lock);

HELPER_1(take_lock, struct bpf_spin_lock *, lock)
{
	unsigned long irq_flags = lbpf_value_lock(lock);

	__this_cpu_write(irq_flags_at_lock, irq_flags);
	return 0;
}

const struct lbpf_proto lbpf_spin_lock_proto = {
	.name		= "spin_lock",
	.id		= BPF_FUNC_spin_lock,
	.fn		= take_lock,
	.effects	= LBPF_EFF_LOCK,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_SPIN_LOCK },
};

HELPER_1(give_lock, struct bpf_spin_lock *, lock)
{
	lbpf_value_unlock(lock, __this_cpu_read(irq_flags_at_lock));
	return 0;
}

const struct lbpf_proto lbpf_spin_unlock_proto = {
	.name		= "spin_unlock",
	.id		= BPF_FUNC_spin_unlock,
	.fn		= give_lock,
	.effects	= LBPF_EFF_UNLOCK,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_SPIN_LOCK },
};

HELPER_3(init_timer, struct bpf_timer *, timer, struct lbpf_map *, map, u64, flags)
{
	return lbpf_timer_init(timer, map, flags);
}

const struct lbpf_proto lbpf_timer_init_proto = {
	.name		= "timer_init",
	.id		= BPF_FUNC_timer_init,
	.fn		= init_timer,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_TIMER, LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING },
};

HELPER_3(set_callback, struct bpf_timer *, timer, const void *, fn, struct lbpf_prog *, prog)
{
	return lbpf_timer_set_callback(timer, fn, prog);
}

const struct lbpf_proto lbpf_timer_callback_proto = {
	.name		= "timer_set_callback",
	.id		= BPF_FUNC_timer_set_callback,
	.fn		= set_callback,
	.gpl_only	= true,
	.effects	= LBPF_EFF_ASYNC_CALLBACK | LBPF_EFF_PROG,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_TIMER, LBPF_ARG_FUNC },
	.callback_kind	= LBPF_CB_TIMER,
};

HELPER_3(start_timer, struct bpf_timer *, timer, u64, delay_ns, u64, flags)
{
	return lbpf_timer_start(timer, delay_ns, flags);
}

const struct lbpf_proto lbpf_timer_start_proto = {
	.name		= "timer_start",
	.id		= BPF_FUNC_timer_start,
	.fn		= start_timer,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_TIMER, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING },
};

HELPER_1(cancel_timer, struct bpf_timer *, timer)
{
	return lbpf_timer_cancel(timer);
}

const struct lbpf_proto lbpf_timer_cancel_proto = {
	.name		= "timer_cancel",
	.id		= BPF_FUNC_timer_cancel,
	.fn		= cancel_timer,
	.gpl_only	= true,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_TIMER },
};
