/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Timers in map values: struct bpf_timer.
 *
 * Layer: maps.  What lies in the value is a pointer and a lock; the timer itself
 * is memory of its own, which outlives the value as long as somebody uses it.
 */
#ifndef _LBPF_TIMER_H
#define _LBPF_TIMER_H

#include <linux/bpf.h>
#include <linux/types.h>

struct lbpf_map;
struct lbpf_prog;

int lbpf_timer_init(struct bpf_timer *slot, struct lbpf_map *map, u64 flags);
int lbpf_timer_set_callback(struct bpf_timer *slot, const void *fn, struct lbpf_prog *prog);
int lbpf_timer_start(struct bpf_timer *slot, u64 delay_ns, u64 flags);
int lbpf_timer_cancel(struct bpf_timer *slot);
void lbpf_timer_drop(struct bpf_timer *slot);

#endif /* _LBPF_TIMER_H */
