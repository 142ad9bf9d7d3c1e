/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The lock of a whole map, for writers in any context.
 *
 * Layer: maps (p).  A program may run inside another one's critical section: in
 * an NMI, or on a probe within it.  Waiting could last forever then, so the lock
 * is refused: on the CPU that holds it or is taking it, and in an NMI to all who
 * would have to wait.
 */
#ifndef _LBPF_MAPS_GUARD_H
#define _LBPF_MAPS_GUARD_H

#include <linux/errno.h>
#include <linux/hardirq.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include <lbpf/alloc.h>

#include "spin.h"

/**
 * struct guard - A lock
 * @lock: Guards what the map says.  Interrupts are off.
 * @is_busy: The lock is held or being taken on this CPU.
 */
struct guard {
	raw_spinlock_t	lock;
	bool __percpu	*is_busy;
};

static inline int guard_init(struct guard *guard)
{
	raw_spin_lock_init(&guard->lock);
	guard->is_busy = lbpf_percpu_alloc(sizeof(bool), 1, GFP_KERNEL);
	return guard->is_busy ? 0 : -ENOMEM;
}

static inline void guard_destroy(struct guard *guard)
{
	lbpf_percpu_free(guard->is_busy);
}

/**
 * guard_enter() - Take the lock
 * @guard: Lock.
 * @irq_flags: For guard_leave().
 *
 * Context: Any.
 * Return: true with the lock held and interrupts off; false (-EBUSY) as said above.
 */
static __always_inline bool guard_enter(struct guard *guard, unsigned long *irq_flags)
{
	local_irq_save(*irq_flags);
	if (unlikely(raw_cpu_read(*guard->is_busy)))
		goto refuse;
	raw_cpu_write(*guard->is_busy, true);
	/* An NMI sees the flag before the lock is taken. */
	barrier();
	if (likely(!in_nmi())) {
		spin_lock_irqs_off(&guard->lock);
		return true;
	}
	if (spin_trylock_irqs_off(&guard->lock))
		return true;
	raw_cpu_write(*guard->is_busy, false);
refuse:
	local_irq_restore(*irq_flags);
	return false;
}

static __always_inline void guard_leave(struct guard *guard, unsigned long irq_flags)
{
	spin_unlock_irqs_off(&guard->lock);
	/* The flag goes after the lock. */
	barrier();
	raw_cpu_write(*guard->is_busy, false);
	local_irq_restore(irq_flags);
}

#endif /* _LBPF_MAPS_GUARD_H */
