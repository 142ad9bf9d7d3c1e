/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text by a format.
 *
 * Layer: helpers (private).
 */
#ifndef _LBPF_HELPER_FORMAT_H
#define _LBPF_HELPER_FORMAT_H

#include <linux/types.h>

/* Source: MAX_BPRINTF_VARARGS and MAX_PRINTF_BUF_LEN of Linux 6.1. */
#define LBPF_FORMAT_MAX_ARGS	12
#define LBPF_FORMAT_ROOM_BYTES	512
#define LBPF_FORMAT_TEXT_BYTES	1024

/**
 * struct lbpf_format_buffers - What formatting needs
 * @text: For a line that has no other place.
 * @room: Copies of what arguments point to.
 */
struct lbpf_format_buffers {
	char	text[LBPF_FORMAT_TEXT_BYTES];
	char	room[LBPF_FORMAT_ROOM_BYTES];
};

/**
 * struct lbpf_format - What to format
 * @fmt: Format.
 * @fmt_len: Its length.
 * @args: Arguments; NULL: only the format is of interest.
 * @nr_args: How many there are; a format may use fewer.
 * @buffers: From lbpf_format_enter().
 */
struct lbpf_format {
	const char			*fmt;
	size_t				fmt_len;
	const u64			*args;
	u32				nr_args;
	struct lbpf_format_buffers	*buffers;
};

/* Are these the arguments of a call, given as an array? */
static inline bool lbpf_format_args_ok(const u64 *args, u32 bytes)
{
	return bytes % sizeof(*args) == 0 && bytes <= LBPF_FORMAT_MAX_ARGS * sizeof(*args) &&
	       (args || !bytes);
}

struct lbpf_format_buffers *lbpf_format_enter(void);
void lbpf_format_leave(void);
long lbpf_format(char *text, size_t text_bytes, const struct lbpf_format *format);
int lbpf_format_check(const char *fmt, u32 nr_args);

#endif /* _LBPF_HELPER_FORMAT_H */
