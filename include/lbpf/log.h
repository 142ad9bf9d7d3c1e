/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bounded text log that goes to a user buffer.
 *
 * Layer: lib (p).  The rules are those of log_level, log_size and log_buf of
 * BPF_PROG_LOAD and BPF_BTF_LOAD in Linux 6.1: the buffer always ends in a NUL,
 * what does not fit is cut, and the command then fails with ENOSPC.
 */
#ifndef _LBPF_LOG_H
#define _LBPF_LOG_H

#include <linux/compiler.h>
#include <linux/types.h>

#define LBPF_LOG_LINE_BYTES	1024

enum lbpf_log_level {
	LBPF_LOG_INSNS	= 1,	/* errors, and the instructions of the path */
	LBPF_LOG_ALL	= 2,	/* every visit and every state */
	LBPF_LOG_STATS	= 4,	/* the closing statistics */
	/* the program after each pass; LBPF_LOG_LEVEL_PASSES of the user ABI */
	LBPF_LOG_PASSES	= 1 << 16,
};

/**
 * struct lbpf_log - One command's log
 * @level: OR of enum lbpf_log_level; 0: nothing is written.
 * @size_bytes: Room in @ubuf.
 * @used_bytes: Bytes written, the closing NUL not included.
 * @is_full: There is no room for one more character: the command fails with ENOSPC.
 * @is_faulty: The user buffer could not be written: the command fails with EFAULT.
 * @ubuf: User buffer (in the user-space bench: plain memory).
 * @line: Where one line is formatted before it is copied out.
 */
struct lbpf_log {
	u32	level;
	u32	size_bytes;
	u32	used_bytes;
	bool	is_full;
	bool	is_faulty;
	char __user *ubuf;
	char	line[LBPF_LOG_LINE_BYTES];
};

/* Checks the three attributes as Linux does: -EINVAL, or 0. */
int lbpf_log_open(struct lbpf_log *log, u32 level, char __user *ubuf, u32 size_bytes);
__printf(2, 3) void lbpf_log(struct lbpf_log *log, const char *fmt, ...);
__printf(2, 0) void lbpf_vlog(struct lbpf_log *log, const char *fmt, va_list args);
/* Forget what was written after @used_bytes (the log of a path that was not needed). */
void lbpf_log_rewind(struct lbpf_log *log, u32 used_bytes);
/* 0, -ENOSPC or -EFAULT: what the command answers in place of its own result. */
int lbpf_log_error(const struct lbpf_log *log);

static inline bool lbpf_log_wants(const struct lbpf_log *log, u32 level)
{
	return log->level & level;
}

#endif /* _LBPF_LOG_H */
