// SPDX-License-Identifier: GPL-2.0
/*
 * Bounded text log.
 *
 * Layer: lib.  Pure.
 *
 * Source: seen on Linux 6.1: a buffer that has no room for one byte more than
 * the text and its NUL counts as full, and a fault ends the log for good.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <lbpf/log.h>

#define LEVEL_MASK	(LBPF_LOG_INSNS | LBPF_LOG_ALL | LBPF_LOG_STATS | LBPF_LOG_PASSES)
#define MIN_BYTES	128
#define MAX_BYTES	(U32_MAX >> 2)

/**
 * lbpf_log_open() - Start a log
 * @log: Log, zeroed.
 * @level: OR of enum lbpf_log_level, or 0 for none.
 * @ubuf: User buffer.
 * @size_bytes: Its size.
 *
 * Source: log_level, log_buf and log_size of BPF_PROG_LOAD in bpf(2): all three or none.
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int lbpf_log_open(struct lbpf_log *log, u32 level, char __user *ubuf, u32 size_bytes)
{
	if (!level && !ubuf && !size_bytes)
		return 0;
	if (!level || level & ~LEVEL_MASK || !ubuf ||
	    size_bytes < MIN_BYTES || size_bytes > MAX_BYTES)
		return -EINVAL;
	log->level = level;
	log->size_bytes = size_bytes;
	log->ubuf = ubuf;
	return 0;
}

/* Copies @len characters and a NUL behind what is there. */
static void append(struct lbpf_log *log, u32 len)
{
	log->line[len] = '\0';
	if (copy_to_user(log->ubuf + log->used_bytes, log->line, len + 1)) {
		log->is_faulty = true;
		return;
	}
	log->used_bytes += len;
	log->is_full = log->used_bytes >= log->size_bytes - 1;
}

/**
 * lbpf_vlog() - Write into a log
 * @log: Log; one that is not open takes nothing.
 * @fmt: Format.
 * @args: Its arguments.
 *
 * Context: Process context, may sleep.
 */
void lbpf_vlog(struct lbpf_log *log, const char *fmt, va_list args)
{
	u32 room_bytes, len;

	if (!log->level || log->is_full || log->is_faulty)
		return;
	len = vscnprintf(log->line, sizeof(log->line), fmt, args);
	room_bytes = log->size_bytes - 1 - log->used_bytes;
	append(log, min(len, room_bytes));
}

/**
 * lbpf_log() - Write into a log
 * @log: Log; one that is not open takes nothing.
 * @fmt: Format, and its arguments.
 *
 * Context: Process context, may sleep.
 */
void lbpf_log(struct lbpf_log *log, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	lbpf_vlog(log, fmt, args);
	va_end(args);
}

/**
 * lbpf_log_rewind() - Forget the end of a log
 * @log: Log.
 * @used_bytes: What to keep; a value that @used_bytes of the log has had.
 *
 * Context: Process context, may sleep.
 */
void lbpf_log_rewind(struct lbpf_log *log, u32 used_bytes)
{
	if (!log->level || log->is_full || log->is_faulty || used_bytes >= log->used_bytes)
		return;
	log->used_bytes = used_bytes;
	append(log, 0);
}

/**
 * lbpf_log_error() - Tell whether a log went wrong
 * @log: Log.
 *
 * Context: Any.
 * Return: 0; -ENOSPC when it is full, -EFAULT when the user buffer could not be
 * written.  The command returns this in place of its own result.
 */
int lbpf_log_error(const struct lbpf_log *log)
{
	if (log->is_full)
		return -ENOSPC;
	return log->is_faulty ? -EFAULT : 0;
}
