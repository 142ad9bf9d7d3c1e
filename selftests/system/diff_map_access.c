// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: who may read, write, map and freeze a map.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "diff.h"

#define PAGE		4096

static unsigned char value[4096];
static uint32_t key = 1;

static int freeze(int fd)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	return bpf_call(BPF_MAP_FREEZE, &attr, sizeof(attr));
}

#define TRACE_CALL(call, ...) do {						\
	int ret_ = (call);							\
	trace(ret_ < 0 ? error_name(errno) : "ok", __VA_ARGS__);		\
} while (0)

/* Everything that a descriptor allows. */
static void trace_operations(int fd, const char *what)
{
	union bpf_attr attr;
	uint32_t next, count;

	TRACE_CALL(elem_op(BPF_MAP_LOOKUP_ELEM, fd, &key, value, 0), "%s lookup", what);
	TRACE_CALL(elem_op(BPF_MAP_UPDATE_ELEM, fd, &key, value, 0), "%s update", what);
	TRACE_CALL(elem_op(BPF_MAP_GET_NEXT_KEY, fd, NULL, &next, 0), "%s next", what);
	for (count = 0; count < 2; count++) {
		static const int cmds[] = {
			BPF_MAP_LOOKUP_BATCH, BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
			BPF_MAP_LOOKUP_AND_DELETE_BATCH,
		};
		unsigned int c;

		for (c = 0; c < ARRAY_SIZE_OF(cmds); c++) {
			memset(&attr, 0, sizeof(attr));
			attr.batch.map_fd = fd;
			attr.batch.count = count;
			attr.batch.keys = PTR(&key);
			attr.batch.values = PTR(value);
			attr.batch.out_batch = PTR(&next);
			bpf_traced(cmds[c], &attr, "%s batch %d count %u", what, cmds[c], count);
		}
	}
	TRACE_CALL(elem_op(BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, &key, value, 0), "%s lookup_delete",
		   what);
	TRACE_CALL(elem_op(BPF_MAP_DELETE_ELEM, fd, &key, NULL, 0), "%s delete", what);
}

static void access_flags(void)
{
	static const uint32_t flags[] = {
		0, BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG,
		BPF_F_RDONLY | BPF_F_WRONLY_PROG, BPF_F_WRONLY | BPF_F_RDONLY_PROG,
	};
	unsigned int t, f;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
			int fd = make_map(diff_map_types[t], 4, 8, 4, flags[f]);

			snprintf(what, sizeof(what), "%s flags %#x",
				 map_type_name(diff_map_types[t]), flags[f]);
			trace_operations(fd, what);
			TRACE_CALL(freeze(fd), "%s freeze", what);
			snprintf(what, sizeof(what), "%s flags %#x frozen",
				 map_type_name(diff_map_types[t]),
				 flags[f]);
			trace_operations(fd, what);
			TRACE_CALL(freeze(fd), "%s freeze", what);
			close(fd);
		}
}

/* Another descriptor of the same map, by id, with other rights. */
static void access_by_id(void)
{
	static const uint32_t flags[] = {
		0, BPF_F_RDONLY, BPF_F_WRONLY, BPF_F_RDONLY | BPF_F_WRONLY, 1, 1 << 5, 1U << 31,
	};
	unsigned int t, f;
	int by_id;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
			int fd = make_map(diff_map_types[t], 4, 8, 4, 0);
			struct bpf_map_info info = { };
			union bpf_attr attr = { .info = {
				.bpf_fd = fd, .info_len = sizeof(info), .info = PTR(&info),
			} };

			if (bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
				give_up("info");
			memset(&attr, 0, sizeof(attr));
			attr.map_id = info.id;
			attr.open_flags = flags[f];
			snprintf(what, sizeof(what), "%s by id, open_flags %#x",
				 map_type_name(diff_map_types[t]), flags[f]);
			by_id = bpf_traced(BPF_MAP_GET_FD_BY_ID, &attr, "%s", what);
			if (by_id >= 0)
				trace_operations(by_id, what);
			close(by_id);
			close(fd);
		}
}

static void *map_traced(int fd, size_t len, int prot, int flags, long offset, const char *what)
{
	void *at = mmap(NULL, len, prot, flags, fd, offset);

	trace(at == MAP_FAILED ? error_name(errno) : "ok",
	      "%s: mmap %zu bytes prot %d flags %d offset %ld",
	      what, len, prot, flags, offset);
	return at;
}

static void map_and_unmap(int fd, const char *what)
{
	static const size_t lens[] = { 1, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, 4 * PAGE, 0 };
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
		PROT_EXEC,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE, MAP_SHARED_VALIDATE };
	static const long offsets[] = { 0, PAGE, 2 * PAGE, 1 };
	unsigned int i, o, nr = ARRAY_SIZE_OF(prots) * ARRAY_SIZE_OF(flags);
	void *at;
	size_t l;

	for (l = 0; l < ARRAY_SIZE_OF(lens); l++)
		for (i = 0; i < nr; i++)
			for (o = 0; o < ARRAY_SIZE_OF(offsets); o++) {
				at = map_traced(fd, lens[l], prots[i % ARRAY_SIZE_OF(prots)],
						flags[i / ARRAY_SIZE_OF(prots)], offsets[o], what);
				if (at != MAP_FAILED)
					munmap(at, lens[l]);
			}
}

static void mmap_arguments(void)
{
	static const uint32_t flags[] = {
		BPF_F_MMAPABLE, 0, BPF_F_MMAPABLE | BPF_F_RDONLY, BPF_F_MMAPABLE | BPF_F_WRONLY,
		BPF_F_MMAPABLE | BPF_F_RDONLY_PROG, BPF_F_MMAPABLE | BPF_F_WRONLY_PROG,
	};
	unsigned int f;
	char what[64];

	for (f = 0; f < ARRAY_SIZE_OF(flags); f++) {
		/* 600 elements of 16 bytes: three pages, the last not full. */
		int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 12, 600, flags[f]);

		snprintf(what, sizeof(what), "flags %#x", flags[f]);
		map_and_unmap(fd, what);
		freeze(fd);
		snprintf(what, sizeof(what), "flags %#x frozen", flags[f]);
		map_and_unmap(fd, what);
		close(fd);
	}
	map_and_unmap(make_map(BPF_MAP_TYPE_HASH, 4, 8, 600, 0), "hash");
	map_and_unmap(make_map(BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 600, 0), "percpu_array");
}

/* The same bytes through the mapping and through the descriptor. */
static void mmap_contents(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 12, 600, BPF_F_MMAPABLE);
	unsigned char *at = map_traced(fd, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0,
				       "contents");
	uint32_t i;

	if (at == MAP_FAILED)
		give_up("mmap");
	for (i = 0; i < 600; i++) {
		memset(value, i, 12);
		elem_op(BPF_MAP_UPDATE_ELEM, fd, &i, value, 0);
	}
	trace_bytes(at, 3 * PAGE, "written by update");
	memset(at, 0x77, 3 * PAGE);
	for (i = 0; i < 600; i += 7) {
		elem_op(BPF_MAP_LOOKUP_ELEM, fd, &i, value, 0);
		trace_bytes(value, 12, "written by mapping, %u", i);
	}
	close(fd);
	at[5] = 1;
	trace_bytes(at, 16, "after close");
	munmap(at, 3 * PAGE);
}

/* Freezing waits for nobody: a writable mapping makes it fail. */
static void mmap_freeze(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 600, BPF_F_MMAPABLE), status;
	void *rw = map_traced(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "rw");
	void *ro = map_traced(fd, PAGE, PROT_READ, MAP_SHARED, 0, "ro");

	TRACE_CALL(freeze(fd), "freeze with a writable mapping");
	TRACE_CALL(elem_op(BPF_MAP_UPDATE_ELEM, fd, &key, value, 0), "update after that");
	TRACE_CALL(mprotect(rw, PAGE, PROT_READ), "mprotect to read-only");
	TRACE_CALL(freeze(fd), "freeze then");
	if (!fork())
		_exit(freeze(fd) ? errno : 0);
	if (wait(&status) < 0)
		give_up("wait");
	trace(error_name(WEXITSTATUS(status)), "freeze in a child");
	munmap(rw, PAGE);
	TRACE_CALL(freeze(fd), "freeze without it");
	TRACE_CALL(mprotect(ro, PAGE, PROT_READ | PROT_WRITE), "mprotect of the other to writable");
	TRACE_CALL(mprotect(ro, PAGE, PROT_READ), "mprotect of the other to read-only");
	map_traced(fd, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "rw after freeze");
	map_traced(fd, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, 0, "private after freeze");
	ro = map_traced(fd, PAGE, PROT_READ, MAP_SHARED, 0, "ro after freeze");
	TRACE_CALL(mprotect(ro, PAGE, PROT_READ | PROT_WRITE), "mprotect to writable after freeze");
	TRACE_CALL(mprotect(ro, PAGE, PROT_READ | PROT_EXEC), "mprotect to executable");
	TRACE_CALL(madvise(ro, PAGE, MADV_DONTFORK), "madvise");
	close(fd);
}

/* A writable mapping that is split, forked and moved still counts as one map in use. */
static void mmap_split(void)
{
	int fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 2048, BPF_F_MMAPABLE), status;
	char *at = map_traced(fd, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, 0, "whole");
	char *moved;

	munmap(at + PAGE, PAGE);
	TRACE_CALL(freeze(fd), "freeze with a hole");
	munmap(at, PAGE);
	TRACE_CALL(freeze(fd), "freeze with half");
	moved = mremap(at + 2 * PAGE, 2 * PAGE, PAGE, 0);
	trace(moved == MAP_FAILED ? error_name(errno) : "ok", "shrink");
	moved = mremap(moved, PAGE, 2 * PAGE, MREMAP_MAYMOVE);
	trace(moved == MAP_FAILED ? error_name(errno) : "ok", "grow");
	if (!fork()) {
		munmap(at + 2 * PAGE, PAGE);
		_exit(freeze(fd) ? errno : 0);
	}
	if (wait(&status) < 0)
		give_up("wait");
	trace(error_name(WEXITSTATUS(status)), "freeze in a child, mapping gone there");
	munmap(at + 2 * PAGE, 2 * PAGE);
	if (moved != MAP_FAILED)
		munmap(moved, 2 * PAGE);
	TRACE_CALL(freeze(fd), "freeze when all is gone");
	close(fd);
}

const struct scenario map_access_scenarios[] = {
	{ "access flags", access_flags },
	{ "access by_id", access_by_id },
	{ "mmap arguments", mmap_arguments },
	{ "mmap contents", mmap_contents },
	{ "mmap freeze", mmap_freeze },
	{ "mmap split", mmap_split },
	{ }
};
