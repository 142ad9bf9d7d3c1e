// SPDX-License-Identifier: GPL-2.0
/*
 * LBPF_PASSES=FILE: what becomes of each program that is loaded.
 *
 * A program is loaded once more with a log of its own, in which lbpf writes it
 * after each pass and beside its machine code; the log is appended to FILE.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "preload.h"

#define LOG_BYTES	(64 << 20)

static void append_file(const char *path, const char *text)
{
	long fd = raw(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	if (fd < 0)
		return;
	raw(SYS_write, fd, text, strlen(text));
	raw(SYS_close, fd);
}

/**
 * lbpf_dump_passes() - Write down what becomes of a program, where that is asked for
 * @attr: Attributes of BPF_PROG_LOAD.
 * @size_bytes: Their size.
 */
void lbpf_dump_passes(const void *attr, unsigned int size_bytes)
{
	const char *path = getenv("LBPF_PASSES");
	union bpf_attr copy;
	long fd, log;

	if (!path || size_bytes < offsetof(union bpf_attr, kern_version) ||
	    size_bytes > sizeof(copy))
		return;
	log = raw(SYS_mmap, NULL, LOG_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		  -1, 0);
	if (log < 0 && log >= -4095)
		return;
	memcpy(&copy, attr, size_bytes);
	copy.log_level = LBPF_LOG_LEVEL_PASSES;
	copy.log_buf = log;
	copy.log_size = LOG_BYTES;
	fd = lbpf_device_call(BPF_PROG_LOAD, &copy, size_bytes);
	append_file(path, (const char *)log);
	if (fd >= 0)
		raw(SYS_close, fd);
	raw(SYS_munmap, log, LOG_BYTES);
}
