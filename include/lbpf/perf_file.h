/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Perf events behind descriptors.
 *
 * Layer: core.
 */
#ifndef _LBPF_PERF_FILE_H
#define _LBPF_PERF_FILE_H

struct file;
struct perf_event;

/* The perf event of @file, alive as long as the file; NULL: it is no perf event. */
struct perf_event *lbpf_perf_event_of(const struct file *file);

#endif /* _LBPF_PERF_FILE_H */
