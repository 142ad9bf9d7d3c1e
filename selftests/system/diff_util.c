// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: making calls, and tracing them.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "diff.h"
#include "diff_trace.h"
#include "insns.h"

#define LOG_BYTES	(1 << 20)

enum test_side diff_side;
struct trace_area *diff_trace;
static uint32_t rnd_state;

const enum bpf_map_type diff_map_types[4] = {
	BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY, BPF_MAP_TYPE_PERCPU_HASH,
};

static void append(const char *text, size_t len)
{
	if (diff_trace->used + len + 1 > sizeof(diff_trace->text)) {
		diff_trace->is_full = true;
		_exit(0);
	}
	memcpy(diff_trace->text + diff_trace->used, text, len);
	diff_trace->used += len;
	diff_trace->text[diff_trace->used] = '\0';
}

static void trace_va(const char *result, const char *what_fmt, va_list args)
{
	char what[256];

	vsnprintf(what, sizeof(what), what_fmt, args);
	append(what, strlen(what));
	append(" => ", 4);
	append(result, strlen(result));
	append("\n", 1);
}

void trace(const char *result, const char *what_fmt, ...)
{
	va_list args;

	va_start(args, what_fmt);
	trace_va(result, what_fmt, args);
	va_end(args);
}

void trace_bytes(const void *bytes, size_t len, const char *what_fmt, ...)
{
	const unsigned char *byte = bytes;
	char hex[2 * 256 + 1] = "";
	uint32_t hash = 2166136261U;
	va_list args;
	size_t i;

	/* Long ones by their FNV-1a hash. */
	for (i = 0; i < len; i++)
		hash = (hash ^ byte[i]) * 16777619U;
	if (len > 256)
		snprintf(hex, sizeof(hex), "%zu bytes, hash %08x", len, hash);
	else
		for (i = 0; i < len; i++)
			sprintf(hex + 2 * i, "%02x", byte[i]);
	va_start(args, what_fmt);
	trace_va(hex, what_fmt, args);
	va_end(args);
}

const char *error_name(int err)
{
	static char number[16];
	const char *name = strerrorname_np(err);

	if (name)
		return name;
	snprintf(number, sizeof(number), "errno %d", err);
	return number;
}

int bpf_call(int cmd, union bpf_attr *attr, unsigned int size_bytes)
{
	return test_bpf(diff_side, cmd, attr, size_bytes);
}

int bpf_traced(int cmd, union bpf_attr *attr, const char *what_fmt, ...)
{
	int ret = bpf_call(cmd, attr, sizeof(*attr)), err = errno;
	va_list args;

	va_start(args, what_fmt);
	trace_va(ret < 0 ? error_name(err) : "ok", what_fmt, args);
	va_end(args);
	errno = err;
	return ret;
}

/* Left out: lbpf's own explanation of a refusal, times, and how states are compared. */
static bool is_compared(const char *line)
{
	static const char * const own[] = {
		"; refused: ", "; source line ", "; known: ", "; missed: ", "; path: ",
		"verification time ", "processed ",
		"last_idx ", "regs=", "parent didn't have regs=", "parent already had regs=",
	};
	uint32_t i;

	for (i = 0; i < ARRAY_SIZE_OF(own); i++)
		if (!strncmp(line, own[i], strlen(own[i])))
			return false;
	return true;
}

/* Addresses of maps: Linux prints them, lbpf the descriptor.  The column behind moves with it. */
static void hide_address(char *line)
{
	char *at = strstr(line, "(18) r"), *value = at ? strstr(at, " = 0x") : NULL, *state;

	if (!value || !strstr(value, "=map_"))
		return;
	state = strchr(value, ';');
	if (state)
		memmove(value + 3, state, strlen(state) + 1);
}

/* What a number is decided by is followed in ways of its own. */
static void hide_precision(char *line)
{
	char *at;

	while ((at = strstr(line, "=P")))
		memmove(at + 1, at + 2, strlen(at + 2) + 1);
}

void load_log_traced(union bpf_attr *attr, uint32_t level, const char *what)
{
	static char log_text[LOG_BYTES];
	char *rest = log_text, *line;
	uint32_t nr = 0;
	int fd;

	log_text[0] = '\0';
	if (level) {
		attr->log_level = level;
		attr->log_buf = PTR(log_text);
		attr->log_size = sizeof(log_text);
	}
	fd = bpf_traced(BPF_PROG_LOAD, attr, "%s", what);
	/* The words are those of Linux 6.1; of other kernels only the outcome can be compared. */
	while (test_kernel_is_reference() && (line = strsep(&rest, "\n")) && (*line || rest))
		if (is_compared(line)) {
			hide_address(line);
			hide_precision(line);
			trace(line, "%s line %u", what, nr++);
		}
	if (fd >= 0)
		close(fd);
}

void give_up(const char *what)
{
	trace(error_name(errno), "gave up: %s", what);
	_exit(1);
}

int make_map(enum bpf_map_type type, uint32_t key_size, uint32_t value_size, uint32_t max_entries,
	     uint32_t flags)
{
	union bpf_attr attr = {
		.map_type = type,
		.key_size = key_size,
		.value_size = value_size,
		.max_entries = max_entries,
		.map_flags = flags,
	};
	int fd = bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		give_up("map create");
	return fd;
}

union bpf_attr load_attr(const struct bpf_insn *insns, uint32_t nr_insns)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = nr_insns;
	attr.license = PTR("GPL");
	return attr;
}

int make_prog(const struct bpf_insn *insns, uint32_t nr_insns)
{
	union bpf_attr attr = load_attr(insns, nr_insns);
	int fd = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		give_up("prog load");
	return fd;
}

int elem_op(int cmd, int map_fd, const void *key, void *value, uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	attr.key = PTR(key);
	attr.value = PTR(value);
	attr.flags = flags;
	return bpf_call(cmd, &attr, sizeof(attr));
}

void rnd_seed(uint32_t seed)
{
	rnd_state = seed * 2654435761U + 1;
}

uint32_t rnd(void)
{
	/* xorshift32 */
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return rnd_state;
}

uint32_t rnd_below(uint32_t limit)
{
	return rnd() % limit;
}

bool is_percpu(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH;
}

bool is_hash(enum bpf_map_type type)
{
	return type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_PERCPU_HASH;
}

size_t user_value_size(enum bpf_map_type type, uint32_t value_size)
{
	if (!is_percpu(type))
		return value_size;
	return (value_size + 7UL) / 8 * 8 * sysconf(_SC_NPROCESSORS_CONF);
}

const char *map_type_name(enum bpf_map_type type)
{
	return libbpf_bpf_map_type_str(type);
}
