// SPDX-License-Identifier: GPL-2.0
/*
 * Text by a format of bpf_trace_printk() and its kin.
 *
 * Layer: helpers.
 *
 * Source: bpf-helpers(7), bpf_trace_printk, and what Linux 6.1 was observed to do:
 * selftests/prog/printk.c and snprintf.c compare.
 */
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "format.h"

#define NR_NESTED	3
/* Of a conversion, and with what must be seen behind it to know its end. */
#define SPEC_BYTES_MAX	32
#define SPEC_BYTES	(SPEC_BYTES_MAX + 4)

/**
 * struct cpu_buffers - Where programs format text on one CPU
 * @nr_used: How many are in use: a program may be interrupted by another.
 * @buffers: Them.
 */
struct cpu_buffers {
	int				nr_used;
	struct lbpf_format_buffers	buffers[NR_NESTED];
};

static DEFINE_PER_CPU(struct cpu_buffers, cpu_buffers);

/**
 * struct line - A line being formatted
 * @text: Its text.
 * @text_bytes: Room for it; may be 0.
 * @pos: Length so far; may grow beyond the room, as snprintf() counts.
 * @room: What is left of the room for arguments.
 * @room_bytes: Its size.
 * @fmt: What is left of the format.
 * @fmt_end: Its end.
 * @args: Arguments; NULL: only the format is of interest.
 * @nr_args: How many there are.
 * @nr_used: How many are used.
 */
struct line {
	char		*text;
	size_t		text_bytes;
	size_t		pos;
	char		*room;
	size_t		room_bytes;
	const char	*fmt;
	const char	*fmt_end;
	const u64	*args;
	unsigned int	nr_args;
	unsigned int	nr_used;
};

static char *end_of(struct line *line, size_t *room)
{
	size_t pos = min(line->pos, line->text_bytes);

	*room = line->text_bytes - pos;
	return line->text + pos;
}

static void put_text(struct line *line, const char *text, size_t len)
{
	size_t room, nr;
	char *end = end_of(line, &room);

	if (room) {
		nr = min(len, room - 1);
		memcpy(end, text, nr);
		end[nr] = 0;
	}
	line->pos += len;
}

/* Does the format go on with something that cannot be part of the conversion before? */
static bool ends_here(const char *fmt)
{
	return !*fmt || isspace(*fmt) || ispunct(*fmt);
}

static void use_room(struct line *line, size_t bytes)
{
	if (!line->args)
		return;
	line->room += bytes;
	line->room_bytes -= bytes;
}

/*
 * Source: observed on Linux 6.1, which copies all arguments into such a room before it
 * prints: strings are cut to it, and it is an error when nothing of an argument fits.
 */
static int use_room_for_number(struct line *line, size_t bytes)
{
	if (bytes > 1)
		use_room(line, line->room_bytes % sizeof(u32));
	if (line->room_bytes < bytes)
		return -ENOSPC;
	use_room(line, bytes);
	return 0;
}

/* Byte by byte, since the last readable byte may be the last of a page.  Returns the length. */
static size_t copy_string(char *to, size_t room, u64 addr, bool is_user)
{
	const void *from = (const void *)(unsigned long)addr;
	size_t i;
	long err;

	for (i = 0; i < room - 1; i++) {
		err = is_user ? copy_from_user_nofault(to + i, (const void __user *)from + i, 1) :
				copy_from_kernel_nofault(to + i, from + i, 1);
		if (err || !to[i])
			break;
	}
	to[i] = 0;
	return i;
}

#define PRINT(line, spec, arg)						\
do {									\
	size_t room_;							\
	char *end_ = end_of(line, &room_);				\
									\
	(line)->pos += snprintf(end_, room_, spec, arg);		\
} while (0)

/* The conversions are not constants: the compiler cannot check them, parse_*() has. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static int print_string(struct line *line, const char *spec, u64 addr, bool is_user)
{
	size_t len;

	if (!line->room_bytes)
		return -ENOSPC;
	len = copy_string(line->room, line->room_bytes, addr, is_user);
	PRINT(line, spec, line->room);
	use_room(line, len + 1);
	return 0;
}

/* Cut to the room as strings are. */
static int print_address(struct line *line, const char *spec, u64 addr, size_t bytes)
{
	u8 copy[16] = {};
	size_t len;

	if (line->room_bytes < bytes)
		return -ENOSPC;
	if (copy_from_kernel_nofault(copy, (const void *)(unsigned long)addr, bytes))
		memset(copy, 0, sizeof(copy));
	len = scnprintf(line->room, line->room_bytes, spec, copy);
	put_text(line, line->room, len);
	use_room(line, len + 1);
	return 0;
}

static int print_pointer(struct line *line, const char *spec, u64 arg)
{
	int err = use_room_for_number(line, sizeof(arg));

	if (!err)
		PRINT(line, spec, (void *)(unsigned long)arg);
	return err;
}

static int print_char(struct line *line, const char *spec, u64 arg)
{
	int err = use_room_for_number(line, 1);

	if (!err)
		PRINT(line, spec, (unsigned int)arg);
	return err;
}

static int print_integer(struct line *line, const char *spec, u64 arg, int nr_longs)
{
	int err = use_room_for_number(line, nr_longs ? sizeof(u64) : sizeof(u32));

	if (err)
		return err;
	if (nr_longs == 2)
		PRINT(line, spec, (unsigned long long)arg);
	else if (nr_longs == 1)
		PRINT(line, spec, (unsigned long)arg);
	else
		PRINT(line, spec, (unsigned int)arg);
	return 0;
}

#pragma GCC diagnostic pop

/* Ends the conversion at @spec behind @len bytes: the format goes on there. */
static int cut_spec(struct line *line, char *spec, size_t len)
{
	if (len > SPEC_BYTES_MAX)
		return -EINVAL;
	spec[len] = 0;
	line->fmt += len;
	return 0;
}

/* "%pks", "%pus": a string of the kernel, of the user.  @head: length up to and with the 'p'. */
static int parse_pointer_string(struct line *line, char *spec, size_t head, u64 arg)
{
	bool is_user = spec[head] == 'u';

	if (!ends_here(spec + head + 2))
		return -EINVAL;
	if (cut_spec(line, spec, head + 2))
		return -EINVAL;
	strcpy(spec + head - 1, "s");
	return print_string(line, spec, arg, is_user);
}

/* @head: length up to and with the 'p'. */
static int parse_pointer(struct line *line, char *spec, size_t head, u64 arg)
{
	const char *kind = spec + head;
	size_t bytes;

	if ((kind[0] == 'k' || kind[0] == 'u') && kind[1] == 's')
		return parse_pointer_string(line, spec, head, arg);
	if (ends_here(kind) || strchr("KxsSB", *kind)) {
		if (cut_spec(line, spec, head + !ends_here(kind)))
			return -EINVAL;
		return print_pointer(line, spec, arg);
	}
	if ((kind[0] != 'i' && kind[0] != 'I') || (kind[1] != '4' && kind[1] != '6'))
		return -EINVAL;
	bytes = kind[1] == '4' ? 4 : 16;
	/* Letters and digits behind a pointer conversion belong to it, as in printk(). */
	for (head += 2; isalnum(spec[head]); head++)
		;
	if (cut_spec(line, spec, head))
		return -EINVAL;
	return print_address(line, spec, arg, bytes);
}

static int parse_integer(struct line *line, char *spec, size_t head, u64 arg)
{
	int nr_longs = 0;

	while (nr_longs < 2 && spec[head] == 'l') {
		nr_longs++;
		head++;
	}
	if (!spec[head] || !strchr("diuxX", spec[head]))
		return -EINVAL;
	if (cut_spec(line, spec, head + 1))
		return -EINVAL;
	return print_integer(line, spec, arg, nr_longs);
}

/* Flags and width: their length, '%' included. */
static size_t head_length(const char *spec)
{
	size_t len = 1;

	while (spec[len] && strchr("0+- ", spec[len]))
		len++;
	while (isdigit(spec[len]))
		len++;
	return len;
}

/*
 * A conversion is read once, and what was read is what is checked and used: the format may lie
 * where somebody writes to it meanwhile.
 */
static void read_spec(const struct line *line, char *spec)
{
	size_t len = min_t(size_t, line->fmt_end - line->fmt, SPEC_BYTES - 1);

	memcpy(spec, line->fmt, len);
	spec[0] = '%';
	spec[len] = 0;
}

/* One conversion.  Source: bpf-helpers(7), bpf_trace_printk. */
static int parse_spec(struct line *line)
{
	char spec[SPEC_BYTES];
	size_t head;
	u64 arg;

	if (line->nr_used == line->nr_args)
		return -EINVAL;
	arg = line->args ? line->args[line->nr_used] : 0;
	line->nr_used++;
	read_spec(line, spec);
	head = head_length(spec);
	if (spec[head] == 'p')
		return parse_pointer(line, spec, head + 1, arg);
	if (spec[head] != 's' && spec[head] != 'c')
		return parse_integer(line, spec, head, arg);
	if (spec[head] == 's' && !ends_here(spec + head + 1))
		return -EINVAL;
	if (cut_spec(line, spec, head + 1))
		return -EINVAL;
	if (spec[head] == 's')
		return print_string(line, spec, arg, arg < TASK_SIZE_MAX);
	return print_char(line, spec, arg);
}

static bool is_percent(const struct line *line)
{
	return line->fmt + 1 < line->fmt_end && line->fmt[1] == '%';
}

static int parse_format(struct line *line)
{
	int err = 0;
	char c;

	while (line->fmt < line->fmt_end && !err) {
		c = READ_ONCE(*line->fmt);
		/* UTF-8 outside of conversions is text. */
		if (isascii(c) && !isprint(c) && !isspace(c))
			return -EINVAL;
		if (c == '%' && !is_percent(line)) {
			err = parse_spec(line);
			continue;
		}
		put_text(line, &c, 1);
		line->fmt += c == '%' ? 2 : 1;
	}
	return err;
}

/**
 * lbpf_format_enter() - Get buffers of this CPU
 *
 * Context: Any; preemption is off until lbpf_format_leave(), where buffers were got.
 * Return: Buffers, or NULL: all are in use by what was interrupted.
 */
struct lbpf_format_buffers *lbpf_format_enter(void)
{
	struct cpu_buffers *mine;
	int slot;

	preempt_disable();
	mine = this_cpu_ptr(&cpu_buffers);
	/* An interrupt between these two leaves the counter as it was. */
	slot = mine->nr_used++;
	if (slot < NR_NESTED)
		return &mine->buffers[slot];
	lbpf_format_leave();
	return NULL;
}

/**
 * lbpf_format_leave() - Reverse of lbpf_format_enter()
 *
 * Context: Any.
 */
void lbpf_format_leave(void)
{
	this_cpu_ptr(&cpu_buffers)->nr_used--;
	preempt_enable();
}

/**
 * lbpf_format() - Make text
 * @text: Where to; ends with a zero, unless there is no room at all.
 * @text_bytes: Its size.
 * @format: Format and arguments; their buffers are used up.
 *
 * Context: Any.
 * Return: Length of the text as it would be in a room without end, or -EINVAL, -ENOSPC.
 */
long lbpf_format(char *text, size_t text_bytes, const struct lbpf_format *format)
{
	struct line line = {
		.text = text, .text_bytes = text_bytes,
		.room = format->buffers->room, .room_bytes = sizeof(format->buffers->room),
		.fmt = format->fmt, .fmt_end = format->fmt + format->fmt_len,
		.args = format->args, .nr_args = format->nr_args,
	};
	int err;

	if (text_bytes)
		text[0] = 0;
	err = parse_format(&line);
	return err ?: line.pos;
}

/**
 * lbpf_format_check() - Is it a format for so many arguments?
 * @fmt: Format.
 * @nr_args: Number of arguments.
 *
 * Context: Process context.
 * Return: 0, -EINVAL or -EBUSY.
 */
int lbpf_format_check(const char *fmt, u32 nr_args)
{
	struct lbpf_format format = {
		.fmt = fmt, .fmt_len = strlen(fmt), .nr_args = nr_args
	};
	long len;

	format.buffers = lbpf_format_enter();
	if (!format.buffers)
		return -EBUSY;
	len = lbpf_format(NULL, 0, &format);
	lbpf_format_leave();
	return len < 0 ? len : 0;
}
