// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_trace_printk().
 *
 * Layer: helpers.  The line goes where those of bpf(2) programs go: to the
 * event bpf_trace:bpf_trace_printk, whose tracepoint is found by name.
 */
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include <linux/trace_events.h>
#include <linux/tracepoint.h>
#include <linux/uaccess.h>

#include "helper.h"
#include "protos.h"
#include "trace.h"

#define TEXT_BYTES	1024
#define NR_NESTED	3
#define SPEC_BYTES	32
#define ROOM_BYTES	512

/**
 * struct text_buffers - Where lines are formatted on one CPU
 * @nr_used: How many are in use: a program may be interrupted by another.
 * @text: Lines.
 * @room: Copies of what arguments point to.
 */
struct text_buffers {
	int	nr_used;
	char	text[NR_NESTED][TEXT_BYTES];
	char	room[NR_NESTED][ROOM_BYTES];
};

static DEFINE_PER_CPU(struct text_buffers, text_buffers);

/* NULL where the kernel was built without it: then lines go nowhere.  Constant after init. */
static struct tracepoint *printk_tracepoint;

/**
 * struct line - A line being formatted
 * @text: Its text.
 * @pos: Length so far; may grow beyond the room, as snprintf() counts.
 * @room: What is left of the room for arguments.
 * @room_bytes: Its size.
 * @fmt: What is left of the format.
 * @args: Arguments.
 * @nr_args: Number of arguments used.
 */
struct line {
	char		*text;
	size_t		pos;
	char		*room;
	size_t		room_bytes;
	const char	*fmt;
	u64		args[3];
	unsigned int	nr_args;
};

static char *end_of(struct line *line, size_t *room)
{
	size_t pos = min_t(size_t, line->pos, TEXT_BYTES);

	*room = TEXT_BYTES - pos;
	return line->text + pos;
}

static void put_text(struct line *line, const char *text, size_t len)
{
	size_t room;
	char *end = end_of(line, &room);

	if (room) {
		len = min(len, room - 1);
		memcpy(end, text, len);
		end[len] = 0;
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

/* Closes the conversion that is at line->fmt and @len bytes long. */
static int cut_spec(struct line *line, size_t len, char *spec)
{
	if (len >= SPEC_BYTES)
		return -EINVAL;
	memcpy(spec, line->fmt, len);
	spec[len] = 0;
	line->fmt += len;
	return 0;
}

/* "%pks", "%pus": a string of the kernel, of the user.  @head: length up to and with the 'p'. */
static int parse_pointer_string(struct line *line, size_t head, u64 arg)
{
	bool is_user = line->fmt[head] == 'u';
	char spec[SPEC_BYTES];

	if (!ends_here(line->fmt + head + 2))
		return -EINVAL;
	if (cut_spec(line, head, spec))
		return -EINVAL;
	spec[head - 1] = 's';
	line->fmt += 2;
	return print_string(line, spec, arg, is_user);
}

/* @head: length up to and with the 'p'. */
static int parse_pointer(struct line *line, size_t head, u64 arg)
{
	const char *kind = line->fmt + head;
	char spec[SPEC_BYTES];
	size_t bytes;

	if ((kind[0] == 'k' || kind[0] == 'u') && kind[1] == 's')
		return parse_pointer_string(line, head, arg);
	if (ends_here(kind) || strchr("KxsSB", *kind)) {
		if (cut_spec(line, head + !ends_here(kind), spec))
			return -EINVAL;
		return print_pointer(line, spec, arg);
	}
	if ((kind[0] != 'i' && kind[0] != 'I') || (kind[1] != '4' && kind[1] != '6'))
		return -EINVAL;
	bytes = kind[1] == '4' ? 4 : 16;
	/* Letters and digits behind a pointer conversion belong to it, as in printk(). */
	for (head += 2; isalnum(line->fmt[head]); head++)
		;
	if (cut_spec(line, head, spec))
		return -EINVAL;
	return print_address(line, spec, arg, bytes);
}

static int parse_integer(struct line *line, size_t head, u64 arg)
{
	char spec[SPEC_BYTES];
	int nr_longs = 0;

	while (nr_longs < 2 && line->fmt[head] == 'l') {
		nr_longs++;
		head++;
	}
	if (!line->fmt[head] || !strchr("diuxX", line->fmt[head]))
		return -EINVAL;
	if (cut_spec(line, head + 1, spec))
		return -EINVAL;
	return print_integer(line, spec, arg, nr_longs);
}

/* Flags and width: their length, '%' included. */
static size_t head_length(const char *fmt)
{
	size_t len = 1;

	while (fmt[len] && strchr("0+- ", fmt[len]))
		len++;
	while (isdigit(fmt[len]))
		len++;
	return len;
}

/* One conversion.  Source: bpf-helpers(7), bpf_trace_printk. */
static int parse_spec(struct line *line)
{
	size_t head = head_length(line->fmt);
	char spec[SPEC_BYTES];
	u64 arg;

	if (line->nr_args == ARRAY_SIZE(line->args))
		return -EINVAL;
	arg = line->args[line->nr_args++];
	if (line->fmt[head] == 'p')
		return parse_pointer(line, head + 1, arg);
	if (line->fmt[head] != 's' && line->fmt[head] != 'c')
		return parse_integer(line, head, arg);
	if (line->fmt[head] == 's' && !ends_here(line->fmt + head + 1))
		return -EINVAL;
	if (cut_spec(line, head + 1, spec))
		return -EINVAL;
	if (spec[head] == 's')
		return print_string(line, spec, arg, arg < TASK_SIZE_MAX);
	return print_char(line, spec, arg);
}

static int parse_format(struct line *line)
{
	int err;

	while (*line->fmt) {
		/* UTF-8 outside of conversions is text. */
		if (isascii(*line->fmt) && !isprint(*line->fmt) && !isspace(*line->fmt))
			return -EINVAL;
		if (line->fmt[0] != '%') {
			put_text(line, line->fmt++, 1);
			continue;
		}
		if (line->fmt[1] == '%') {
			put_text(line, "%", 1);
			line->fmt += 2;
			continue;
		}
		err = parse_spec(line);
		if (err)
			return err;
	}
	return 0;
}

/* What the tracepoint's own call site does: its probes are called with preemption off. */
static void call_probes(const char *text)
{
	const struct tracepoint_func *probe;

	if (!printk_tracepoint)
		return;
	probe = rcu_dereference_sched(printk_tracepoint->funcs);
	for (; probe && probe->func; probe++)
		((void (*)(void *, const char *))probe->func)(probe->data, text);
}

static long print_line(struct text_buffers *buffers, struct line *line)
{
	int slot = buffers->nr_used - 1;
	int err;

	line->text = buffers->text[slot];
	line->room = buffers->room[slot];
	line->room_bytes = ROOM_BYTES;
	line->text[0] = 0;
	err = parse_format(line);
	if (err)
		return err;
	call_probes(line->text);
	return line->pos;
}

HELPER_5(print, const char *, fmt, u32, fmt_size, u64, arg1, u64, arg2, u64, arg3)
{
	struct line line = { .fmt = fmt, .args = { arg1, arg2, arg3 } };
	struct text_buffers *buffers;
	long ret = -EBUSY;

	if (strnlen(fmt, fmt_size) == fmt_size)
		return -EINVAL;
	preempt_disable();
	buffers = this_cpu_ptr(&text_buffers);
	/* An interrupt between these two leaves the counter as it was. */
	if (++buffers->nr_used <= NR_NESTED)
		ret = print_line(buffers, &line);
	buffers->nr_used--;
	preempt_enable();
	return ret;
}

const struct lbpf_proto lbpf_trace_printk_proto = {
	.name		= "trace_printk",
	.id		= BPF_FUNC_trace_printk,
	.fn		= print,
	.gpl_only	= true,
	.effects	= LBPF_EFF_VARARGS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE },
};

static void match_tracepoint(struct tracepoint *tp, void *unused)
{
	if (!strcmp(tp->name, "bpf_trace_printk"))
		printk_tracepoint = tp;
}

/**
 * lbpf_trace_init() - Find the tracepoint of printed lines
 *
 * Context: Module init.
 */
void lbpf_trace_init(void)
{
	for_each_kernel_tracepoint(match_tracepoint, NULL);
}

/**
 * lbpf_trace_enable() - Let printed lines be seen
 *
 * A program that prints is being loaded: the event is switched on, as bpf(2)
 * does it, so that lines show in trace_pipe.
 *
 * Context: Process context, may sleep.
 */
void lbpf_trace_enable(void)
{
	if (printk_tracepoint)
		trace_set_clr_event("bpf_trace", "bpf_trace_printk", 1);
}
