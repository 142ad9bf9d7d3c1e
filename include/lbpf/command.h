/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands that programs make.
 *
 * Layer: core.
 */
#ifndef _LBPF_COMMAND_H
#define _LBPF_COMMAND_H

#include <linux/types.h>

/**
 * typedef lbpf_command_runner - Makes a command of bpf(2)
 * @nr: BPF_*.
 * @attr: Its attributes, in kernel memory; pointers in them to what it reads are kernel addresses.
 * @size_bytes: Their size.
 *
 * Context: Process context, may sleep.
 * Return: The command's result, or -errno.
 */
typedef long (*lbpf_command_runner)(u32 nr, const void *attr, u32 size_bytes);

/* Set once, before the first program is loaded. */
void lbpf_command_set_runner(lbpf_command_runner runner);
/* Makes a command: its result or -errno. */
long lbpf_command_run(u32 nr, const void *attr, u32 size_bytes);

#endif /* _LBPF_COMMAND_H */
