/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Map commands, for either side.  Each returns 0 (or a descriptor) or -errno.
 */
#ifndef _MAPS_H
#define _MAPS_H

#include <errno.h>
#include <lbpf_test.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARRAY_SIZE_OF(a)	(sizeof(a) / sizeof((a)[0]))

struct map_spec {
	__u32 type;
	__u32 key_size;
	__u32 value_size;
	__u32 max_entries;
	__u32 flags;
};

static inline int map_cmd(enum test_side side, int cmd, union bpf_attr *attr)
{
	int ret = test_bpf(side, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static inline int map_create(enum test_side side, const struct map_spec *spec)
{
	union bpf_attr attr = {
		.map_type = spec->type,
		.key_size = spec->key_size,
		.value_size = spec->value_size,
		.max_entries = spec->max_entries,
		.map_flags = spec->flags,
	};

	return map_cmd(side, BPF_MAP_CREATE, &attr);
}

static inline int map_elem(enum test_side side, int cmd, int fd, const void *key, void *value,
			   __u64 flags)
{
	union bpf_attr attr = {
		.map_fd = fd,
		.key = (uintptr_t)key,
		.value = (uintptr_t)value,
		.flags = flags,
	};

	return map_cmd(side, cmd, &attr);
}

static inline int map_lookup(enum test_side side, int fd, const void *key, void *value)
{
	return map_elem(side, BPF_MAP_LOOKUP_ELEM, fd, key, value, 0);
}

static inline int map_update(enum test_side side, int fd, const void *key, const void *value,
			     __u64 flags)
{
	return map_elem(side, BPF_MAP_UPDATE_ELEM, fd, key, (void *)value, flags);
}

static inline int map_delete(enum test_side side, int fd, const void *key)
{
	return map_elem(side, BPF_MAP_DELETE_ELEM, fd, key, NULL, 0);
}

static inline int map_pop(enum test_side side, int fd, const void *key, void *value)
{
	return map_elem(side, BPF_MAP_LOOKUP_AND_DELETE_ELEM, fd, key, value, 0);
}

static inline int map_next_key(enum test_side side, int fd, const void *key, void *next)
{
	return map_elem(side, BPF_MAP_GET_NEXT_KEY, fd, key, next, 0);
}

struct map_batch {
	void *in;
	void *out;
	void *keys;
	void *values;
	__u32 nr;
	__u64 elem_flags;
};

/* batch->nr becomes the number of elements done. */
static inline int map_batch(enum test_side side, int cmd, int fd, struct map_batch *batch)
{
	union bpf_attr attr = {};
	int err;

	attr.batch.in_batch = (uintptr_t)batch->in;
	attr.batch.out_batch = (uintptr_t)batch->out;
	attr.batch.keys = (uintptr_t)batch->keys;
	attr.batch.values = (uintptr_t)batch->values;
	attr.batch.count = batch->nr;
	attr.batch.elem_flags = batch->elem_flags;
	attr.batch.map_fd = fd;
	err = map_cmd(side, cmd, &attr);
	batch->nr = attr.batch.count;
	return err;
}

/* Elements of an lbpf map, exactly. */
static inline __u64 map_count(int fd)
{
	struct lbpf_map_count count = { .map_fd = fd };

	if (test_bpf(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)))
		return UINT64_MAX;
	return count.count;
}

static inline int nr_possible_cpus(void)
{
	int first = 0, last = 0, got;
	FILE *f = fopen("/sys/devices/system/cpu/possible", "r");

	if (!f)
		return 1;
	got = fscanf(f, "%d-%d", &first, &last);
	fclose(f);
	return got == 2 ? last - first + 1 : 1;
}

/* Bytes that fdinfo tells; -1: it does not. */
static inline long long map_memlock(int fd)
{
	char path[64], line[128];
	long long bytes = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "memlock: %lld", &bytes);
	if (f)
		fclose(f);
	return bytes;
}

#endif
