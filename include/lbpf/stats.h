/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Run statistics of programs, counted while somebody wants them.
 *
 * Layer: core.
 */
#ifndef _LBPF_STATS_H
#define _LBPF_STATS_H

/* A descriptor that keeps run statistics on: fd, or -errno. */
int lbpf_run_stats_fd(void);

#endif /* _LBPF_STATS_H */
