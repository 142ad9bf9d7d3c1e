/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The same call on lbpf and on bpf(2), with objects that correspond.
 */
#ifndef _BOTH_H
#define _BOTH_H

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <lbpf_test.h>

/* How long a test may take is said by the area's settings, which know of slow kernels. */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	3600

#define FOR_EACH_SIDE(side)	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++)
#define PTR(p)			((uintptr_t)(p))

/* The result, or -errno. */
static inline int call(int side, int cmd, union bpf_attr *attr)
{
	int ret = test_bpf(side, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

struct map_spec {
	unsigned int type, key, value, max, flags;
};

static inline int create(int side, const struct map_spec *spec)
{
	union bpf_attr attr = {
		.map_type = spec->type,
		.key_size = spec->key,
		.value_size = spec->value,
		.max_entries = spec->max,
		.map_flags = spec->flags,
	};

	return call(side, BPF_MAP_CREATE, &attr);
}

static inline int elem(int side, int cmd, int fd, const void *key, const void *value,
		       unsigned long long flags)
{
	union bpf_attr attr = { .map_fd = fd, .key = PTR(key), .value = PTR(value),
				.flags = flags };

	return call(side, cmd, &attr);
}

#endif
