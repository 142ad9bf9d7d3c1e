/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every test program needs: the bpf(2) commands through /dev/lbpf.
 */
#ifndef _LBPF_TEST_H
#define _LBPF_TEST_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <lbpf.h>

/* Who answers: lbpf, or the kernel's own bpf(2) for comparison. */
enum test_side {
	SIDE_LBPF,
	SIDE_KERNEL,
};

/*
 * One command.  Returns what bpf(2) returns: -1 with errno set, or the result.
 * The device is opened once per process; failing to open it ends the program
 * as a failure.
 */
int test_bpf(enum test_side side, int cmd, void *attr, unsigned int size_bytes);

/* The same through /dev/lbpf, with all of union bpf_attr. */
int lbpf_sys(int cmd, union bpf_attr *attr);

/* Keeps the calling thread on @cpu from now on. */
bool test_pin(int cpu);

/* Is the kernel that runs the one whose answers lbpf gives, Linux 6.1? */
bool test_kernel_is_reference(void);

/* The descriptor of /dev/lbpf. */
int lbpf_dev(void);

/* What the module holds now; ends the program where it cannot be asked. */
void lbpf_stats_read(struct lbpf_stats *stats);

/*
 * What the module holds before this program makes anything: waits until what programs before it
 * made, which is freed after grace periods, has gone.
 */
void lbpf_stats_begin(struct lbpf_stats *before);

/* Does the module come to hold no more than @before?  Says what is left where it does not. */
bool lbpf_nothing_left(const struct lbpf_stats *before);

#endif
