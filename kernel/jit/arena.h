/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Layout of the text arena, shared by the assembler file that reserves it and
 * the allocator.
 *
 * Layer: jit.
 */
#ifndef LBPF_JIT_ARENA_H
#define LBPF_JIT_ARENA_H

/* Bytes, whole pages.  Holds a program of LBPF_MAX_INSNS instructions. */
#ifndef LBPF_ARENA_SIZE
#define LBPF_ARENA_SIZE		0x800000
#endif

/* Smallest piece that is given out: a cache line, so that no two programs share one. */
#define LBPF_ARENA_GRANULE	64

/* At each end, code that only tells the stack unwinder how frames in between look. */
#define LBPF_ARENA_EDGE		LBPF_ARENA_GRANULE

#ifndef __ASSEMBLY__
#include <linux/types.h>

void *lbpf_arena_alloc(u32 size_bytes);
int lbpf_arena_write(void *text, const void *src, u32 size_bytes);
void lbpf_arena_free(void *text, u32 size_bytes);
int lbpf_arena_init(void);
#endif

#endif /* LBPF_JIT_ARENA_H */
