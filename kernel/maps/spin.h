/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Raw spin locks where interrupts are off already.
 *
 * Layer: maps (p).  Nothing preempts there, so the preemption count, which costs
 * more than the lock itself, need not know.  Lockdep does: where it is, or
 * anything else that watches locks, these are the ordinary functions.
 */
#ifndef _LBPF_MAPS_SPIN_H
#define _LBPF_MAPS_SPIN_H

#include <linux/spinlock.h>

/* Lockdep selects CONFIG_DEBUG_SPINLOCK. */
#if defined(CONFIG_DEBUG_SPINLOCK) || defined(__CHECKER__)

#define spin_lock_irqs_off(lock)	raw_spin_lock(lock)
#define spin_trylock_irqs_off(lock)	raw_spin_trylock(lock)
#define spin_unlock_irqs_off(lock)	raw_spin_unlock(lock)

#else

static __always_inline void spin_lock_irqs_off(raw_spinlock_t *lock)
{
	arch_spin_lock(&lock->raw_lock);
}

static __always_inline bool spin_trylock_irqs_off(raw_spinlock_t *lock)
{
	return arch_spin_trylock(&lock->raw_lock);
}

static __always_inline void spin_unlock_irqs_off(raw_spinlock_t *lock)
{
	arch_spin_unlock(&lock->raw_lock);
}

#endif

#endif /* _LBPF_MAPS_SPIN_H */
