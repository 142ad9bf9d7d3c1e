// SPDX-License-Identifier: GPL-2.0
/*
 * Timers in map values.
 *
 * Layer: maps.
 * Locks: the lock in the slot guards what the slot points to and which function
 * a timer calls; interrupts are off meanwhile, since programs of every context
 * take it.  It is a leaf but for the lock of the timer's clock.
 *
 * A timer is reached through its slot under that lock, or by who found it there
 * and is under rcu_read_lock() since.  lbpf_timer_drop() empties the slot: from
 * then on nobody starts the timer.  A function that runs meanwhile is not waited
 * for, since the caller may hold the lock of a bucket that the function wants, or
 * be that function: a worker waits, and frees the timer after it.
 *
 * Two functions that cancel each other's timers would wait for each other: who
 * runs in a function and wants to wait counts itself in the other timer's
 * ->nr_waiters first, and gives up when its own is waited for.
 */
#include <linux/err.h>
#include <linux/hrtimer.h>
#include <linux/percpu.h>
#include <linux/time.h>
#include <linux/workqueue.h>

#include <lbpf/alloc.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>
#include <lbpf/timer.h>
#include <lbpf/value.h>

typedef u64 (*timer_fn)(u64 map, u64 key, u64 value, u64 unused4, u64 unused5);

/**
 * struct lbpf_timer - A timer
 * @hrtimer: The kernel's; calls in softirq.
 * @map: Map that the value is in.  No reference: the map drops its timers before it goes.
 * @value: The value.
 * @fn: Function of @prog to call, or NULL.  Written under the slot's lock, read under RCU.
 * @prog: Holds a reference; guarded by the slot's lock.
 * @nr_waiters: Functions of other timers that wait for the end of this one's.
 * @work: After the drop: waits for the end of @fn.  Holds a reference on @map then.
 * @rcu: After that.
 */
struct lbpf_timer {
	struct hrtimer		hrtimer;
	struct lbpf_map		*map;
	void			*value;
	timer_fn		fn;
	struct lbpf_prog	*prog;
	atomic_t		nr_waiters;
	struct work_struct	work;
	struct rcu_head		rcu;
};

/**
 * struct slot - struct bpf_timer as it is in a value
 * @timer: The timer, NULL: not initialised.
 * @lock: Guards @timer.
 */
struct slot {
	struct lbpf_timer	*timer;
	struct bpf_spin_lock	lock;
};

static_assert(sizeof(struct slot) <= sizeof(struct bpf_timer));
static_assert(__alignof__(struct slot) <= __alignof__(struct bpf_timer));

/* The timer whose function runs on this CPU. */
static DEFINE_PER_CPU(struct lbpf_timer *, running);

static struct slot *slot_of(struct bpf_timer *timer)
{
	return (struct slot *)timer;
}

/* Arrays find a value by its number, others keep the key before the value. */
static void call_fn(const struct lbpf_timer *timer, timer_fn fn)
{
	struct lbpf_map *map = timer->map;
	const void *key = timer->value - round_up(map->key_size, 8);
	struct lbpf_map_row row;
	u32 index;

	if (map->ops->row && map->ops->row(map, &row)) {
		index = (u32)((unsigned long)timer->value - row.base) / row.elem_size;
		key = &index;
	}
	fn((unsigned long)map, (unsigned long)key, (unsigned long)timer->value, 0, 0);
}

/* In softirq, so that nothing else of this CPU's timers runs meanwhile. */
static enum hrtimer_restart fire(struct hrtimer *hrtimer)
{
	struct lbpf_timer *timer = container_of(hrtimer, struct lbpf_timer, hrtimer);
	timer_fn fn;

	rcu_read_lock();
	fn = READ_ONCE(timer->fn);
	if (fn) {
		this_cpu_write(running, timer);
		call_fn(timer, fn);
		this_cpu_write(running, NULL);
	}
	rcu_read_unlock();
	return HRTIMER_NORESTART;
}

static bool has_users(const struct lbpf_map *map)
{
	return atomic64_read(&map->obj.user_refs);
}

static struct lbpf_timer *make_timer(struct lbpf_map *map, void *value, clockid_t clock)
{
	struct lbpf_timer *timer = lbpf_alloc_node(sizeof(*timer), GFP_ATOMIC | __GFP_NOWARN,
						   map->numa_node);

	if (!timer)
		return NULL;
	memset(timer, 0, sizeof(*timer));
	timer->map = map;
	timer->value = value;
	hrtimer_init(&timer->hrtimer, clock, HRTIMER_MODE_REL_SOFT);
	timer->hrtimer.function = fire;
	return timer;
}

/* Puts the timer into an empty slot. */
static int fill_slot(struct slot *slot, struct lbpf_timer *timer)
{
	unsigned long irq_flags = lbpf_value_lock(&slot->lock);
	int err = slot->timer ? -EBUSY : 0;

	if (!err)
		slot->timer = timer;
	lbpf_value_unlock(&slot->lock, irq_flags);
	return err;
}

/**
 * lbpf_timer_init() - bpf_timer_init()
 * @slot: Timer in a value of @map.
 * @map: Map.
 * @flags: A clock: CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME.
 *
 * Context: Any.
 * Return: 0; -EBUSY: it is initialised; -EINVAL; -EPERM: the map has no user reference, and nobody
 * would drop the timer; -ENOMEM; -EOPNOTSUPP in an NMI.
 */
int lbpf_timer_init(struct bpf_timer *slot, struct lbpf_map *map, u64 flags)
{
	struct lbpf_timer *timer;
	int err;

	if (in_nmi())
		return -EOPNOTSUPP;
	if (flags != CLOCK_MONOTONIC && flags != CLOCK_REALTIME && flags != CLOCK_BOOTTIME)
		return -EINVAL;
	if (READ_ONCE(slot_of(slot)->timer))
		return -EBUSY;
	if (!has_users(map))
		return -EPERM;
	timer = make_timer(map, (void *)slot - map->timer_off, flags);
	if (!timer)
		return -ENOMEM;
	err = fill_slot(slot_of(slot), timer);
	if (err) {
		lbpf_free(timer);
		return err;
	}
	/* Either this sees that the last user is gone, or release_user sees the timer. */
	smp_mb();
	if (has_users(map))
		return 0;
	lbpf_timer_drop(slot);
	return -EPERM;
}

/* The function of a timer becomes @fn; the program of the old one is returned. */
static struct lbpf_prog *exchange_fn(struct lbpf_timer *timer, timer_fn fn, struct lbpf_prog *prog)
{
	struct lbpf_prog *old = timer->prog;

	timer->prog = prog;
	WRITE_ONCE(timer->fn, fn);
	return old;
}

/**
 * lbpf_timer_set_callback() - bpf_timer_set_callback()
 * @slot: Timer in a value.
 * @fn: Function to call: machine code of @prog.
 * @prog: Program, stays alive as long as the timer may call it.
 *
 * Context: Any.
 * Return: 0; -EINVAL: it is not initialised; -EPERM: the map has no user reference; -ENOENT:
 * the program is about to go; -EOPNOTSUPP in an NMI.
 */
int lbpf_timer_set_callback(struct bpf_timer *slot, const void *fn, struct lbpf_prog *prog)
{
	struct lbpf_prog *old = prog;
	struct lbpf_timer *timer;
	unsigned long irq_flags;
	int err = -EINVAL;

	if (in_nmi())
		return -EOPNOTSUPP;
	if (!lbpf_object_get_live(&prog->obj))
		return -ENOENT;
	irq_flags = lbpf_value_lock(&slot_of(slot)->lock);
	timer = slot_of(slot)->timer;
	if (timer && !has_users(timer->map)) {
		err = -EPERM;
	} else if (timer) {
		err = 0;
		old = exchange_fn(timer, (timer_fn)fn, prog);
	}
	lbpf_value_unlock(&slot_of(slot)->lock, irq_flags);
	/* The old program, or what was taken in vain. */
	if (old)
		lbpf_prog_put(old);
	return err;
}

/**
 * lbpf_timer_start() - bpf_timer_start()
 * @slot: Timer in a value.
 * @delay_ns: When it calls its function, nanoseconds from now.
 * @flags: Must be 0.
 *
 * Context: Any.
 * Return: 0; -EINVAL: it is not initialised, or has no function; -EOPNOTSUPP in an NMI.
 */
int lbpf_timer_start(struct bpf_timer *slot, u64 delay_ns, u64 flags)
{
	struct lbpf_timer *timer;
	unsigned long irq_flags;
	int err = -EINVAL;

	if (in_nmi())
		return -EOPNOTSUPP;
	if (flags)
		return -EINVAL;
	irq_flags = lbpf_value_lock(&slot_of(slot)->lock);
	timer = slot_of(slot)->timer;
	if (timer && timer->prog) {
		hrtimer_start(&timer->hrtimer, ns_to_ktime(delay_ns), HRTIMER_MODE_REL_SOFT);
		err = 0;
	}
	lbpf_value_unlock(&slot_of(slot)->lock, irq_flags);
	return err;
}

/* Waits for the end of the timer's function unless that may be waiting for the caller. */
static int cancel_and_wait(struct lbpf_timer *timer)
{
	struct lbpf_timer *self = this_cpu_read(running);
	int ret = -EDEADLK;

	if (!self)
		return hrtimer_cancel(&timer->hrtimer);
	atomic_inc(&timer->nr_waiters);
	/* Of two that wait for each other one sees the other. */
	smp_mb__after_atomic();
	if (!atomic_read(&self->nr_waiters))
		ret = hrtimer_cancel(&timer->hrtimer);
	else
		hrtimer_try_to_cancel(&timer->hrtimer);
	atomic_dec(&timer->nr_waiters);
	return ret;
}

/* Under rcu_read_lock(): the timer stays, whoever drops it meanwhile. */
static int cancel(struct slot *slot)
{
	struct lbpf_prog *prog = NULL;
	struct lbpf_timer *timer;
	unsigned long irq_flags;
	int err = 0;

	irq_flags = lbpf_value_lock(&slot->lock);
	timer = slot->timer;
	if (!timer)
		err = -EINVAL;
	else if (this_cpu_read(running) == timer)
		err = -EDEADLK;
	else
		prog = exchange_fn(timer, NULL, NULL);
	lbpf_value_unlock(&slot->lock, irq_flags);
	if (prog)
		lbpf_prog_put(prog);
	return err ?: cancel_and_wait(timer);
}

/**
 * lbpf_timer_cancel() - bpf_timer_cancel()
 * @slot: Timer in a value.
 *
 * Forgets the function, and waits for its end if it runs on another CPU.
 *
 * Context: Any with interrupts on; programs that sleep are not under rcu_read_lock().
 * Return: 1: it was running, 0: it was not; -EINVAL: it is not initialised; -EDEADLK: its own
 * function calls this, or both would wait for each other; -EOPNOTSUPP in an NMI.
 */
int lbpf_timer_cancel(struct bpf_timer *slot)
{
	int ret;

	if (in_nmi())
		return -EOPNOTSUPP;
	rcu_read_lock();
	ret = cancel(slot_of(slot));
	rcu_read_unlock();
	return ret;
}

static void free_timer(struct lbpf_timer *timer)
{
	/* Who found it in its slot may still cancel it. */
	lbpf_free_rcu(timer, rcu);
}

static void wait_and_free(struct work_struct *work)
{
	struct lbpf_timer *timer = container_of(work, struct lbpf_timer, work);
	struct lbpf_map *map = timer->map;

	hrtimer_cancel(&timer->hrtimer);
	free_timer(timer);
	lbpf_map_put(map);
}

/**
 * lbpf_timer_drop() - Cancel and free the timer of a value, if it has one
 * @slot: Timer in a value of a map that the caller holds a reference on.
 *
 * Its function does not begin after this, but may be on its way on some CPU, this one too.
 *
 * Context: Any but NMI; locks may be held.
 */
void lbpf_timer_drop(struct bpf_timer *slot)
{
	struct lbpf_prog *prog = NULL;
	struct lbpf_timer *timer;
	unsigned long irq_flags;

	if (!READ_ONCE(slot_of(slot)->timer))
		return;
	irq_flags = lbpf_value_lock(&slot_of(slot)->lock);
	timer = slot_of(slot)->timer;
	slot_of(slot)->timer = NULL;
	if (timer)
		prog = exchange_fn(timer, NULL, NULL);
	lbpf_value_unlock(&slot_of(slot)->lock, irq_flags);
	if (prog)
		lbpf_prog_put(prog);
	if (!timer)
		return;
	if (hrtimer_try_to_cancel(&timer->hrtimer) >= 0) {
		free_timer(timer);
		return;
	}
	lbpf_map_get(timer->map);
	INIT_WORK(&timer->work, wait_and_free);
	lbpf_object_defer(&timer->work);
}
