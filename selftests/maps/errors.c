// SPDX-License-Identifier: GPL-2.0
/*
 * The same map operations on lbpf and on the kernel's bpf(2): equal results.
 *
 * Each case is run on both sides and leaves a line of text; the lines must not
 * differ.  What follows is compared with what the running kernel does, except
 * where that depends on its version.
 */
#include <kselftest.h>
#include <sched.h>

#include "maps.h"

#define LINE	4096

/* What a side answered. */
struct record {
	char text[LINE];
	size_t len;
};

static void note(struct record *r, const char *what, long result)
{
	size_t room = r->len < LINE ? LINE - r->len : 0;

	r->len += snprintf(r->text + r->len, room, " %s=%ld", what, result);
}

static const __u32 types[] = {
	BPF_MAP_TYPE_HASH,
	BPF_MAP_TYPE_ARRAY,
	BPF_MAP_TYPE_PERCPU_HASH,
	BPF_MAP_TYPE_PERCPU_ARRAY,
	BPF_MAP_TYPE_LRU_HASH,
	BPF_MAP_TYPE_LRU_PERCPU_HASH,
};

static const struct map_spec shapes[] = {
	{ 0, 4, 4, 1, 0 },
	{ 0, 4, 8, 1, BPF_F_NO_PREALLOC },
	{ 0, 0, 4, 1, 0 },
	{ 0, 4, 0, 1, 0 },
	{ 0, 4, 4, 0, 0 },
	{ 0, 8, 4, 1, 0 },
	{ 0, 3, 4, 1, 0 },
	{ 0, 512, 4, 1, 0 },
	{ 0, 513, 4, 1, 0 },
	{ 0, 4096, 4, 1, 0 },
	{ 0, 4, 32760, 1, 0 },
	{ 0, 4, 32768, 1, 0 },
	{ 0, 4, 32769, 1, 0 },
	{ 0, 4, 40000, 1, BPF_F_NO_PREALLOC },
	{ 0, 4, 1 << 22, 1, 0 },
	{ 0, 4, (1 << 22) - 4, 1, 0 },
	{ 0, 4, 1 << 23, 1, BPF_F_NO_PREALLOC },
	{ 0, 1 << 22, 4, 1, 0 },
	{ 0, 4, 0x7fffffff, 1, 0 },
	{ 0, 4, 0x80000000, 1, 0 },
	{ 0, 4, 0xffffffff, 1, 0 },
	{ 0, 0xffffffff, 4, 1, 0 },
	{ 0, 0xffffffff, 0xffffffff, 1, 0 },
	{ 0, 4, 4, 1, BPF_F_NO_COMMON_LRU },
	{ 0, 4, 4, 1, BPF_F_RDONLY },
	{ 0, 4, 4, 1, BPF_F_WRONLY },
	{ 0, 4, 4, 1, BPF_F_RDONLY | BPF_F_WRONLY },
	{ 0, 4, 4, 1, BPF_F_RDONLY_PROG },
	{ 0, 4, 4, 1, BPF_F_WRONLY_PROG },
	{ 0, 4, 4, 1, BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG },
	{ 0, 4, 4, 1, BPF_F_ZERO_SEED },
	{ 0, 4, 4, 1, BPF_F_STACK_BUILD_ID },
	{ 0, 4, 4, 1, BPF_F_MMAPABLE },
	{ 0, 4, 4, 1, BPF_F_INNER_MAP },
	{ 0, 4, 4, 1, BPF_F_MMAPABLE | BPF_F_INNER_MAP },
	{ 0, 4, 4, 1, BPF_F_PRESERVE_ELEMS },
	{ 0, 4, 4, 1, BPF_F_NUMA_NODE },
	{ 0, 4, 4, 1, 1U << 31 },
};

static void try_shapes(enum test_side side, __u32 type, struct record *r)
{
	struct map_spec spec;
	size_t i;
	int fd;

	for (i = 0; i < ARRAY_SIZE_OF(shapes); i++) {
		char what[16];

		spec = shapes[i];
		spec.type = type;
		fd = map_create(side, &spec);
		snprintf(what, sizeof(what), "%zu", i);
		note(r, what, fd < 0 ? fd : 0);
		if (fd >= 0)
			close(fd);
	}
}

/* Sizes that cannot be had, for want of memory or because of a limit. */
static void try_huge(enum test_side side, __u32 type, struct record *r)
{
	static const __u32 nr[] = { 0xffffffff, 0x80000001, 0x80000000, 0x40000000, 0x8000001 };
	struct map_spec spec = { .type = type, .key_size = 4, .value_size = 1 << 16 };
	size_t i;
	int fd;

	if (type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH ||
	    type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return;
	for (i = 0; i < ARRAY_SIZE_OF(nr); i++) {
		spec.max_entries = nr[i];
		fd = map_create(side, &spec);
		note(r, "huge", fd < 0 ? fd : 0);
		if (fd >= 0)
			close(fd);
	}
}

static int make(enum test_side side, __u32 type, __u32 nr, __u32 flags)
{
	struct map_spec spec = { type, 4, 8, nr, flags };

	return map_create(side, &spec);
}

/* Values for all CPUs, all the same, so that one number tells what came back. */
static void set_value(__u64 *value, __u64 v)
{
	for (int i = 0; i < nr_possible_cpus(); i++)
		value[i] = v;
}

static void try_elems(enum test_side side, __u32 type, __u32 flags, struct record *r)
{
	__u32 keys[] = { 0, 1, 2, 3, 4, 0xffffffff };
	__u64 value[256];
	bool is_lru = type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
	/* Linux evicts even for an update of an existing key: no full LRU maps here. */
	size_t nr = is_lru ? 3 : ARRAY_SIZE_OF(keys), i;
	int fd = make(side, type, 4, flags);

	note(r, "create", fd < 0 ? fd : 0);
	if (fd < 0)
		return;
	for (i = 0; i < nr; i++) {
		set_value(value, 100 + i);
		note(r, "lookup", map_lookup(side, fd, &keys[i], value));
		note(r, "exist", map_update(side, fd, &keys[i], value, BPF_EXIST));
		note(r, "noexist", map_update(side, fd, &keys[i], value, BPF_NOEXIST));
		note(r, "noexist", map_update(side, fd, &keys[i], value, BPF_NOEXIST));
		note(r, "exist", map_update(side, fd, &keys[i], value, BPF_EXIST));
		note(r, "any", map_update(side, fd, &keys[i], value, BPF_ANY));
		note(r, "flag3", map_update(side, fd, &keys[i], value, 3));
		note(r, "lock", map_update(side, fd, &keys[i], value, BPF_F_LOCK));
		note(r, "flag32", map_update(side, fd, &keys[i], value, 32));
		note(r, "flags", map_update(side, fd, &keys[i], value, ~0ULL));
		set_value(value, 0);
		note(r, "lookup", map_lookup(side, fd, &keys[i], value));
		note(r, "value", value[0]);
		note(r, "lookup1", map_elem(side, BPF_MAP_LOOKUP_ELEM, fd, &keys[i], value, 1));
		note(r, "lookup4", map_elem(side, BPF_MAP_LOOKUP_ELEM, fd, &keys[i], value, 4));
	}
	for (i = 0; i < nr; i++) {
		set_value(value, 0);
		note(r, "pop", map_pop(side, fd, &keys[i], value));
		note(r, "value", value[0]);
		note(r, "delete", map_delete(side, fd, &keys[i]));
		note(r, "any", map_update(side, fd, &keys[i], value, BPF_ANY));
		note(r, "delete", map_delete(side, fd, &keys[i]));
	}
	close(fd);
}

static void try_pointers(enum test_side side, __u32 type, struct record *r)
{
	int fd = make(side, type, 4, 0);
	void *bad = (void *)8;
	__u64 value[256] = {};
	__u32 key = 1;

	note(r, "update", map_update(side, fd, bad, value, 0));
	note(r, "update", map_update(side, fd, &key, bad, 0));
	note(r, "update", map_update(side, fd, &key, value, 0));
	note(r, "lookup", map_lookup(side, fd, bad, value));
	note(r, "lookup", map_lookup(side, fd, &key, bad));
	note(r, "lookup", map_lookup(side, fd, NULL, value));
	note(r, "next", map_next_key(side, fd, bad, &key));
	note(r, "next", map_next_key(side, fd, NULL, bad));
	note(r, "pop", map_pop(side, fd, bad, value));
	note(r, "delete", map_delete(side, fd, bad));
	close(fd);
}

static void try_next_key(enum test_side side, __u32 type, struct record *r)
{
	__u32 key, next, nr = 0, sum = 0;
	__u64 value[256] = {};
	int fd = make(side, type, 4, 0), err;

	note(r, "empty", map_next_key(side, fd, NULL, &next));
	key = 17;
	note(r, "empty", map_next_key(side, fd, &key, &next));
	for (key = 0; key < 4; key++)
		map_update(side, fd, &key, value, 0);
	err = map_next_key(side, fd, NULL, &next);
	for (; !err && nr < 10; nr++) {
		sum += next;
		key = next;
		err = map_next_key(side, fd, &key, &next);
	}
	note(r, "end", err);
	note(r, "nr", nr);
	note(r, "sum", sum);
	map_next_key(side, fd, NULL, &next);
	key = 0xffffffff;
	note(r, "missing", map_next_key(side, fd, &key, &key));
	note(r, "is_first", key == next);
	close(fd);
}

static void try_batch(enum test_side side, __u32 type, struct record *r)
{
	static const int cmds[] = { BPF_MAP_LOOKUP_BATCH, BPF_MAP_LOOKUP_AND_DELETE_BATCH };
	__u32 keys[8] = { 0, 1, 2, 3 }, got[8], at[8] = {}, sum, i, nr;
	__u64 values[8 * 64] = {}, out[8 * 64];
	struct map_batch b;
	int fd = make(side, type, 4, 0), err;

	b = (struct map_batch){ .keys = keys, .values = values, .nr = 4 };
	note(r, "update", map_batch(side, BPF_MAP_UPDATE_BATCH, fd, &b));
	note(r, "nr", b.nr);
	for (nr = 0; nr < ARRAY_SIZE_OF(cmds); nr++) {
		memset(at, 0, sizeof(at));
		b = (struct map_batch){ .out = at, .keys = got, .values = out, .nr = 8 };
		err = map_batch(side, cmds[nr], fd, &b);
		note(r, "walk", err);
		note(r, "nr", b.nr);
		for (sum = 0, i = 0; (!err || err == -ENOENT) && i < b.nr; i++)
			sum += got[i] + 1;
		note(r, "sum", sum);
		b = (struct map_batch){ .out = at, .keys = got, .values = out, .nr = 0 };
		note(r, "zero", map_batch(side, cmds[nr], fd, &b));
	}
	keys[0] = 2;
	keys[1] = 77;
	b = (struct map_batch){ .keys = keys, .values = values, .nr = 4 };
	note(r, "update", map_batch(side, BPF_MAP_UPDATE_BATCH, fd, &b));
	note(r, "nr", b.nr);
	b = (struct map_batch){ .keys = keys, .nr = 4 };
	note(r, "delete", map_batch(side, BPF_MAP_DELETE_BATCH, fd, &b));
	note(r, "nr", b.nr);
	keys[0] = 1;
	b = (struct map_batch){ .keys = keys, .nr = 1 };
	note(r, "delete", map_batch(side, BPF_MAP_DELETE_BATCH, fd, &b));
	note(r, "nr", b.nr);
	b = (struct map_batch){ .keys = (void *)8, .values = values, .nr = 4 };
	note(r, "bad", map_batch(side, BPF_MAP_UPDATE_BATCH, fd, &b));
	close(fd);
}

static void try_freeze(enum test_side side, __u32 type, struct record *r)
{
	union bpf_attr attr = {};
	__u64 value[256] = {};
	__u32 key = 0;
	int fd = make(side, type, 4, 0);

	attr.map_fd = fd;
	note(r, "update", map_update(side, fd, &key, value, 0));
	note(r, "freeze", map_cmd(side, BPF_MAP_FREEZE, &attr));
	/* Later kernels say EPERM where 6.1 says EBUSY. */
	if (test_kernel_is_reference())
		note(r, "again", map_cmd(side, BPF_MAP_FREEZE, &attr));
	note(r, "update", map_update(side, fd, &key, value, 0));
	note(r, "delete", map_delete(side, fd, &key));
	note(r, "pop", map_pop(side, fd, &key, value));
	note(r, "lookup", map_lookup(side, fd, &key, value));
	close(fd);
}

struct group {
	const char *name;
	void (*run)(enum test_side side, __u32 type, struct record *r);
};

static void try_elems_prealloc(enum test_side side, __u32 type, struct record *r)
{
	try_elems(side, type, 0, r);
}

static void try_elems_lazy(enum test_side side, __u32 type, struct record *r)
{
	try_elems(side, type, BPF_F_NO_PREALLOC, r);
}

static const struct group groups[] = {
	{ "create", try_shapes },
	{ "create huge", try_huge },
	{ "elements", try_elems_prealloc },
	{ "elements of a map without preallocation", try_elems_lazy },
	{ "bad pointers", try_pointers },
	{ "next key", try_next_key },
	{ "batch", try_batch },
	{ "freeze", try_freeze },
};

/* The first answer that differs, with its name. */
static void show_difference(const char *a, const char *b)
{
	size_t i = 0, from = 0;

	while (a[i] && a[i] == b[i]) {
		if (a[i] == ' ')
			from = i;
		i++;
	}
	ksft_print_msg("lbpf:   ...%.60s\n", a + (from > 60 ? from - 60 : 0));
	ksft_print_msg("lbpf:   %.80s\n", a + from);
	ksft_print_msg("kernel: %.80s\n", b + from);
}

int main(void)
{
	static struct record lbpf, kernel;
	size_t g, t;

	ksft_print_header();
	/* The kernel's LRU maps give entries up early where another CPU has taken the free ones. */
	if (!test_pin(0))
		ksft_exit_fail_msg("sched_setaffinity\n");
	ksft_set_plan(ARRAY_SIZE_OF(groups) * ARRAY_SIZE_OF(types));
	for (g = 0; g < ARRAY_SIZE_OF(groups); g++) {
		for (t = 0; t < ARRAY_SIZE_OF(types); t++) {
			memset(&lbpf, 0, sizeof(lbpf));
			memset(&kernel, 0, sizeof(kernel));
			groups[g].run(SIDE_LBPF, types[t], &lbpf);
			groups[g].run(SIDE_KERNEL, types[t], &kernel);
			if (strcmp(lbpf.text, kernel.text))
				show_difference(lbpf.text, kernel.text);
			ksft_test_result(!strcmp(lbpf.text, kernel.text), "%s, map type %u\n",
					 groups[g].name, types[t]);
		}
	}
	ksft_finished();
}
