/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The user side.
 *
 * Layer: api.
 */
#ifndef _LBPF_API_H
#define _LBPF_API_H

int lbpf_device_init(void);
void lbpf_device_exit(void);

/* The pin filesystem. */
int lbpf_pinfs_init(void);
void lbpf_pinfs_exit(void);

/* For tests: /sys/kernel/debug/lbpf/probe_read. */
int lbpf_probe_debug_init(void);
void lbpf_probe_debug_exit(void);

#endif /* _LBPF_API_H */
