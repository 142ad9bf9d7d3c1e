/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Private to the preloaded library.
 *
 * It runs inside any program, in signal handlers and between vfork and exec:
 * so it makes raw system calls only, allocates nothing, and takes no lock.
 * Functions return a result or -errno; only the interposed ones touch errno.
 */
#ifndef _LBPF_PRELOAD_H
#define _LBPF_PRELOAD_H

#include <stdbool.h>
#include <sys/syscall.h>
#include <linux/bpf.h>
#include "lbpf.h"

/* The system call @nr of up to six arguments: its result, or -errno. */
static inline long raw_syscall(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d, r8 asm("r8") = e, r9 asm("r9") = f;
	long ret;

	asm volatile("syscall" : "=a"(ret)
		     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
		     : "rcx", "r11", "memory");
	return ret;
}

#define raw(nr, ...)				raw_pad(nr, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define raw_pad(nr, a, b, c, d, e, f, ...)	\
	raw_syscall(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

long lbpf_device_call(unsigned int cmd, void *attr, unsigned int size_bytes);
void lbpf_device_open_early(void);
bool lbpf_names_kernel_object(int cmd, const void *attr, unsigned int size_bytes);

/* LBPF_PASSES=FILE: what becomes of the program goes there. */
void lbpf_dump_passes(const void *attr, unsigned int size_bytes);

#endif /* _LBPF_PRELOAD_H */
