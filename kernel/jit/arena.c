// SPDX-License-Identifier: GPL-2.0
/*
 * Allocator of the text arena.
 *
 * Layer: jit.  Locks: arena_lock guards the bitmap.  The executable mapping is
 * never writable: bytes are written through a short-lived second mapping of the
 * same pages.  What is not in use is INT3.  A piece is written while nobody can
 * reach it: before its address is published, or after the grace period of all
 * who could have been running it.
 */
#define pr_fmt(fmt) "lbpf: " fmt

#include <linux/bitmap.h>
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <lbpf/jit.h>

#include "arena.h"

/* An edge at each end, and what the first one needs to be aligned behind function padding. */
#define NR_GRANULES	((LBPF_ARENA_SIZE - 3 * LBPF_ARENA_EDGE) / LBPF_ARENA_GRANULE)
#define INT3_BYTE	0xcc

/* Pages mapped for writing at a time: bounds the stack use of write_text(). */
#define WINDOW_PAGES	32

static_assert(LBPF_ARENA_SIZE % PAGE_SIZE == 0);

/* In arena_text.S; data to C, which must not call it. */
asmlinkage void lbpf_program_text(void);

static DEFINE_MUTEX(arena_lock);
static DECLARE_BITMAP(arena_used, NR_GRANULES);
static u32 nr_used_granules;

static u8 *arena_start(void)
{
	u8 *text = (u8 *)lbpf_program_text;

	/* The sum must not become a relocation: objtool takes that for a target without ENDBR. */
	OPTIMIZER_HIDE_VAR(text);
	return PTR_ALIGN(text + LBPF_ARENA_EDGE, LBPF_ARENA_GRANULE);
}

static u32 granules_of(u32 size_bytes)
{
	return DIV_ROUND_UP(size_bytes, LBPF_ARENA_GRANULE);
}

/* Writes within one window; @src NULL: INT3. */
static int write_window(u8 *text, const void *src, u32 size_bytes)
{
	struct page *pages[WINDOW_PAGES];
	u32 in_page = offset_in_page(text);
	u32 nr = DIV_ROUND_UP(in_page + size_bytes, PAGE_SIZE);
	u8 *window;
	u32 i;

	for (i = 0; i < nr; i++) {
		pages[i] = vmalloc_to_page(text - in_page + i * PAGE_SIZE);
		if (!pages[i])
			return -EFAULT;
	}
	window = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	if (!window)
		return -ENOMEM;
	if (src)
		memcpy(window + in_page, src, size_bytes);
	else
		memset(window + in_page, INT3_BYTE, size_bytes);
	vunmap(window);
	return 0;
}

static int write_text(u8 *text, const void *src, u32 size_bytes)
{
	while (size_bytes) {
		u32 room = WINDOW_PAGES * PAGE_SIZE - offset_in_page(text);
		u32 part = min(size_bytes, room);
		int err = write_window(text, src, part);

		if (err)
			return err;
		text += part;
		src = src ? src + part : NULL;
		size_bytes -= part;
	}
	return 0;
}

/**
 * lbpf_arena_alloc() - Reserve a piece of executable memory
 * @size_bytes: Length, more than 0.
 *
 * Context: Process context, may sleep.
 * Return: Its executable address (full of INT3), or ERR_PTR(-ENOSPC), with a log line.
 */
void *lbpf_arena_alloc(u32 size_bytes)
{
	u32 nr = granules_of(size_bytes);
	unsigned long first;

	guard(mutex)(&arena_lock);
	first = bitmap_find_next_zero_area(arena_used, NR_GRANULES, 0, nr, 0);
	if (first + nr > NR_GRANULES) {
		pr_warn_ratelimited("no room for %u bytes of machine code, %u of %u are used\n",
				    size_bytes, nr_used_granules * LBPF_ARENA_GRANULE,
				    NR_GRANULES * LBPF_ARENA_GRANULE);
		return ERR_PTR(-ENOSPC);
	}
	bitmap_set(arena_used, first, nr);
	nr_used_granules += nr;
	return arena_start() + first * LBPF_ARENA_GRANULE;
}

/**
 * lbpf_arena_write() - Fill a reserved piece with machine code
 * @text: From lbpf_arena_alloc().
 * @src: Machine code.
 * @size_bytes: Its length; at most what was reserved.
 *
 * The caller publishes @text afterwards with a release store (RCU assignment, a
 * file descriptor installed): who sees the address sees the code.
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM.
 */
int lbpf_arena_write(void *text, const void *src, u32 size_bytes)
{
	return write_text(text, src, size_bytes);
}

/**
 * lbpf_arena_free() - Give a piece back
 * @text: From lbpf_arena_alloc().  Nobody can be running it any more.
 * @size_bytes: As reserved.
 *
 * Context: Process context, may sleep.
 */
void lbpf_arena_free(void *text, u32 size_bytes)
{
	u32 nr = granules_of(size_bytes);
	unsigned long first = ((u8 *)text - arena_start()) / LBPF_ARENA_GRANULE;

	/* Without memory for the window the old code stays, unreachable, until reused. */
	if (write_text(text, NULL, nr * LBPF_ARENA_GRANULE))
		pr_warn_ratelimited("freed machine code could not be overwritten\n");

	guard(mutex)(&arena_lock);
	bitmap_clear(arena_used, first, nr);
	nr_used_granules -= nr;
}

/**
 * lbpf_arena_init() - Fill the arena with INT3
 *
 * Context: Process context, may sleep.
 * Return: 0, or -ENOMEM.
 */
int lbpf_arena_init(void)
{
	return write_text(arena_start(), NULL, NR_GRANULES * LBPF_ARENA_GRANULE);
}

/**
 * lbpf_text_used_bytes() - Text in use
 *
 * Context: Any.
 * Return: Bytes given out.
 */
u64 lbpf_text_used_bytes(void)
{
	return (u64)READ_ONCE(nr_used_granules) * LBPF_ARENA_GRANULE;
}

/**
 * lbpf_text_size_bytes() - Size of the text arena
 *
 * Context: Any.
 * Return: Bytes, used or not.
 */
u64 lbpf_text_size_bytes(void)
{
	return (u64)NR_GRANULES * LBPF_ARENA_GRANULE;
}
