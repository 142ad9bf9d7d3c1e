// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: long random sequences of operations on one map.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "diff.h"

#define NR_OPS		1500	/* per map */
#define VALUE_MAX	8192	/* bytes of one element, for all CPUs */
#define ENTRIES_MAX	512

struct shape {
	enum bpf_map_type type;
	uint32_t key_size, value_size, max_entries, flags;
};

static const struct shape array_shapes[] = {
	{ BPF_MAP_TYPE_ARRAY, 4, 1, 1, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 7, 33, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 64, 300, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 12, 100, BPF_F_MMAPABLE },
};

static const struct shape hash_shapes[] = {
	{ BPF_MAP_TYPE_HASH, 1, 1, 40, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 64, 0 },
	{ BPF_MAP_TYPE_HASH, 8, 100, 200, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_HASH, 16, 3, 100, BPF_F_ZERO_SEED },
	{ BPF_MAP_TYPE_HASH, 60, 33, 500, 0 },
	{ BPF_MAP_TYPE_HASH, 13, 5, 1, BPF_F_NO_PREALLOC },
};

static const struct shape percpu_array_shapes[] = {
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 20, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 13, 50, 0 },
};

static const struct shape percpu_hash_shapes[] = {
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 64, 0 },
	{ BPF_MAP_TYPE_PERCPU_HASH, 8, 20, 100, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERCPU_HASH, 3, 1, 30, 0 },
};

struct element {
	unsigned char key[64];
	unsigned char value[VALUE_MAX];
};

static struct element found[ENTRIES_MAX + 64];
static unsigned char keys[ENTRIES_MAX][64], values[(ENTRIES_MAX + 64) * 256];

static void random_key(const struct shape *shape, unsigned char *key)
{
	/* About half of the keys are in the map. */
	uint32_t number = rnd_below(2 * shape->max_entries);

	memset(key, 0x11, 64);
	memcpy(key, &number, shape->key_size < 4 ? shape->key_size : 4);
}

static void random_bytes(unsigned char *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = rnd();
}

static int compare_elements(const void *a, const void *b)
{
	return memcmp(a, b, 64);
}

/* All elements in the order of their keys. */
static void trace_contents(const struct shape *shape, int fd)
{
	size_t len = user_value_size(shape->type, shape->value_size);
	uint32_t i, nr = 0;

	memset(found, 0, sizeof(found));
	while (nr < ARRAY_SIZE_OF(found) &&
	       !elem_op(BPF_MAP_GET_NEXT_KEY, fd, nr ? found[nr - 1].key : NULL, found[nr].key,
			0)) {
		if (elem_op(BPF_MAP_LOOKUP_ELEM, fd, found[nr].key, found[nr].value, 0))
			trace(error_name(errno), "lookup of a key that is there");
		nr++;
	}
	qsort(found, nr, sizeof(*found), compare_elements);
	for (i = 0; i < nr; i++) {
		trace_bytes(found[i].key, shape->key_size, "key %u", i);
		trace_bytes(found[i].value, len, "value %u", i);
	}
}

static union bpf_attr batch_attr(int fd, uint32_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(values);
	attr.batch.count = count;
	return attr;
}

/* Update and delete take packed keys and values. */
static void random_batch(const struct shape *shape, int fd, int cmd)
{
	size_t len = user_value_size(shape->type, shape->value_size);
	uint32_t i, count = 1 + rnd_below(20);
	union bpf_attr attr = batch_attr(fd, count);
	unsigned char key[64], *packed = keys[0];
	char result[64];
	int ret;

	for (i = 0; i < count; i++) {
		random_key(shape, key);
		memcpy(packed + i * shape->key_size, key, shape->key_size);
	}
	random_bytes(values, count * len);
	attr.batch.elem_flags = rnd_below(4) ? 0 : rnd_below(3);
	ret = bpf_call(cmd, &attr, sizeof(attr));
	snprintf(result, sizeof(result), "%s, count %u", ret ? error_name(errno) : "ok",
		 attr.batch.count);
	trace(result, "batch %d of %u", cmd, count);
}

/* How many elements one round of lookup batches finds; all of them. */
static void batch_lookup(const struct shape *shape, int fd, int cmd)
{
	unsigned char cursor[64];
	union bpf_attr attr;
	uint32_t nr = 0, room = 64, nr_calls = 0;
	bool is_first = true;
	char result[64];
	int ret, err;

	do {
		attr = batch_attr(fd, room);
		attr.batch.in_batch = is_first ? 0 : PTR(cursor);
		attr.batch.out_batch = PTR(cursor);
		ret = bpf_call(cmd, &attr, sizeof(attr));
		err = errno;
		/* A bucket that does not fit: ask for more at once. */
		if (ret && err == ENOSPC) {
			room *= 2;
			continue;
		}
		nr += attr.batch.count;
		is_first = false;
	} while ((!ret || err == ENOSPC) && ++nr_calls < 10000);
	snprintf(result, sizeof(result), "%s, %u in all", error_name(err), nr);
	trace(result, "batch %d, %s", cmd, map_type_name(shape->type));
}

static void random_single(const struct shape *shape, int fd)
{
	static const struct {
		int cmd;
		const char *name;
	} ops[] = {
		{ BPF_MAP_LOOKUP_ELEM, "lookup" },
		{ BPF_MAP_UPDATE_ELEM, "update" },
		{ BPF_MAP_UPDATE_ELEM, "update" },
		{ BPF_MAP_DELETE_ELEM, "delete" },
		{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, "lookup_delete" },
	};
	size_t len = user_value_size(shape->type, shape->value_size);
	unsigned char key[64], value[VALUE_MAX];
	uint32_t op = rnd_below(ARRAY_SIZE_OF(ops)), flags = 0;
	int ret;

	random_key(shape, key);
	if (ops[op].cmd == BPF_MAP_UPDATE_ELEM) {
		random_bytes(value, len);
		flags = rnd_below(3);
	} else {
		memset(value, 0xee, sizeof(value));
	}
	ret = elem_op(ops[op].cmd, fd, key, value, flags);
	trace(ret ? error_name(errno) : "ok", "%s %02x%02x flags %u", ops[op].name, key[0],
	      shape->key_size > 1 ? key[1] : 0, flags);
	if (ops[op].cmd != BPF_MAP_UPDATE_ELEM)
		trace_bytes(value, len, "value");
}

static void run_shape(const struct shape *shape)
{
	int fd = make_map(shape->type, shape->key_size, shape->value_size, shape->max_entries,
			  shape->flags);
	uint32_t i;

	trace("-", "%s key %u value %u entries %u flags %#x", map_type_name(shape->type),
	      shape->key_size,
	      shape->value_size, shape->max_entries, shape->flags);
	for (i = 0; i < NR_OPS; i++) {
		uint32_t choice = rnd_below(100);

		if (choice < 94)
			random_single(shape, fd);
		else if (choice < 96)
			random_batch(shape, fd, BPF_MAP_UPDATE_BATCH);
		else if (choice < 97)
			random_batch(shape, fd, BPF_MAP_DELETE_BATCH);
		else if (choice < 98)
			batch_lookup(shape, fd, BPF_MAP_LOOKUP_BATCH);
		if (i % 500 == 499)
			trace_contents(shape, fd);
		if (i % 700 == 699)
			batch_lookup(shape, fd, BPF_MAP_LOOKUP_AND_DELETE_BATCH);
	}
	trace_contents(shape, fd);
	close(fd);
}

#define RUN_ALL(shapes) do {						\
	unsigned int i_;						\
	for (i_ = 0; i_ < ARRAY_SIZE_OF(shapes); i_++)			\
		run_shape(&(shapes)[i_]);				\
} while (0)

static void array(void)
{
	RUN_ALL(array_shapes);
}

static void hash(void)
{
	RUN_ALL(hash_shapes);
}

static void percpu_array(void)
{
	RUN_ALL(percpu_array_shapes);
}

static void percpu_hash(void)
{
	RUN_ALL(percpu_hash_shapes);
}

const struct scenario map_random_scenarios[] = {
	{ "random array", array },
	{ "random hash", hash },
	{ "random percpu_array", percpu_array },
	{ "random percpu_hash", percpu_hash },
	{ }
};
