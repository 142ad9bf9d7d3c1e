// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: MAP_CREATE with every kind of argument.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>
#include "diff.h"

/* Maps above this are created only where both sides must refuse. */
#define BIG_BYTES	(1ULL << 20)
#define HUGE_BYTES	(1ULL << 50)

static const uint32_t key_sizes[] = { 0, 1, 4, 5, 8, 512, 513, 1 << 20, ~0U };
static const uint32_t value_sizes[] = {
	0, 1, 7, 8, 4096, 32768, 32769, 1 << 20, (1 << 22) - 512, 1 << 22, 1 << 25,
	0x7ffffff8, 0x7fffffff, 0x80000000, 0xfffffff8, ~0U,
};

static const uint32_t entry_counts[] = {
	0, 1, 2, 3, 1000, 1 << 16, 1 << 24, 1 << 26, 1U << 31, (1U << 31) + 1, ~0U,
};

static void create(union bpf_attr *attr, const char *what)
{
	int fd = bpf_traced(BPF_MAP_CREATE, attr, "%s", what);

	if (fd >= 0)
		close(fd);
}

/* Whether the answer depends on how much memory there is, or how it is used. */
static bool depends_on_memory(uint32_t key, uint32_t value, uint32_t entries)
{
	unsigned long long bytes = (unsigned long long)entries * (key + 8ULL + value);

	return bytes > BIG_BYTES && bytes < HUGE_BYTES;
}

static void create_sizes(enum bpf_map_type type, uint32_t flags)
{
	unsigned int k, v, e;
	char what[128];

	for (k = 0; k < ARRAY_SIZE_OF(key_sizes); k++)
		for (v = 0; v < ARRAY_SIZE_OF(value_sizes); v++)
			for (e = 0; e < ARRAY_SIZE_OF(entry_counts); e++) {
				union bpf_attr attr = {
					.map_type = type,
					.key_size = key_sizes[k],
					.value_size = value_sizes[v],
					.max_entries = entry_counts[e],
					.map_flags = flags,
				};

				if (depends_on_memory(attr.key_size, attr.value_size,
						      attr.max_entries))
					continue;
				snprintf(what, sizeof(what),
					 "%s key %u value %u entries %u flags %#x",
					 map_type_name(type), attr.key_size, attr.value_size,
					 attr.max_entries, flags);
				create(&attr, what);
			}
}

static void array_sizes(void)
{
	create_sizes(BPF_MAP_TYPE_ARRAY, 0);
	create_sizes(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
}

static void hash_sizes(void)
{
	create_sizes(BPF_MAP_TYPE_HASH, 0);
	create_sizes(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC);
}

static void percpu_array_sizes(void)
{
	create_sizes(BPF_MAP_TYPE_PERCPU_ARRAY, 0);
}

static void percpu_hash_sizes(void)
{
	create_sizes(BPF_MAP_TYPE_PERCPU_HASH, 0);
	create_sizes(BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC);
}

static void other_sizes(void)
{
	static const struct {
		enum bpf_map_type	type;
		uint32_t		flags;
	} kinds[] = {
		{ BPF_MAP_TYPE_LRU_HASH, 0 },
		{ BPF_MAP_TYPE_LRU_PERCPU_HASH, BPF_F_NO_COMMON_LRU },
		{ BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC },
		{ BPF_MAP_TYPE_QUEUE, 0 },
		{ BPF_MAP_TYPE_STACK, 0 },
		{ BPF_MAP_TYPE_BLOOM_FILTER, 0 },
		{ BPF_MAP_TYPE_RINGBUF, 0 },
		{ BPF_MAP_TYPE_USER_RINGBUF, 0 },
		{ BPF_MAP_TYPE_PROG_ARRAY, 0 },
		{ BPF_MAP_TYPE_PERF_EVENT_ARRAY, 0 },
		{ BPF_MAP_TYPE_CGROUP_ARRAY, 0 },
		{ BPF_MAP_TYPE_STACK_TRACE, 0 },
		{ BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE_OF(kinds); i++)
		create_sizes(kinds[i].type, kinds[i].flags);
}

static union bpf_attr plain(enum bpf_map_type type)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 4;
	return attr;
}

/* Every pair of flags, and every single bit. */
static void flags(void)
{
	unsigned int t, a, b;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (a = 0; a < 32; a++)
			for (b = a; b < 32; b++) {
				union bpf_attr attr = plain(diff_map_types[t]);

				attr.map_flags = 1U << a | 1U << b;
				snprintf(what, sizeof(what), "%s flags %#x",
					 map_type_name(attr.map_type),
					 attr.map_flags);
				create(&attr, what);
			}
}

static void numa_node(void)
{
	static const uint32_t nodes[] = { 0, 1, 2, 63, 64, 1023, 1024, 0x7fffffff, ~0U };
	unsigned int t, n, with_flag;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (n = 0; n < ARRAY_SIZE_OF(nodes); n++)
			for (with_flag = 0; with_flag < 2; with_flag++) {
				union bpf_attr attr = plain(diff_map_types[t]);

				attr.map_flags = with_flag ? BPF_F_NUMA_NODE : 0;
				attr.numa_node = nodes[n];
				snprintf(what, sizeof(what), "%s node %u flag %u",
					 map_type_name(attr.map_type), nodes[n], with_flag);
				create(&attr, what);
			}
}

/* Each byte in each place of the name. */
static void names(void)
{
	union bpf_attr attr;
	unsigned int c, at;
	char what[64];

	for (c = 0; c < 256; c++)
		for (at = 0; at < BPF_OBJ_NAME_LEN; at += 5) {
			attr = plain(BPF_MAP_TYPE_ARRAY);
			memcpy(attr.map_name, "a_map.name", 10);
			attr.map_name[at] = c;
			snprintf(what, sizeof(what), "byte %#x at %u", c, at);
			create(&attr, what);
		}
	attr = plain(BPF_MAP_TYPE_ARRAY);
	memset(attr.map_name, 'a', BPF_OBJ_NAME_LEN);
	create(&attr, "no end of the name");
	attr.map_name[BPF_OBJ_NAME_LEN - 1] = 0;
	create(&attr, "longest name");
	memset(attr.map_name, 0, BPF_OBJ_NAME_LEN);
	attr.map_name[8] = 'a';
	create(&attr, "byte after the end of the name");
}

/* One other thing set, in turn. */
static void other_fields(void)
{
	int fds[2];
	union bpf_attr attr;
	unsigned int t;
	const char *name;
	char what[128];

	if (pipe(fds))
		give_up("pipe");
	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++) {
		int map_fd = make_map(diff_map_types[t], 4, 8, 4, 0);
#define SET(field, value_) do {								\
		attr = plain(diff_map_types[t]);					\
		attr.field = (value_);							\
		name = map_type_name(diff_map_types[t]);				\
		snprintf(what, sizeof(what), "%s %s = %s", name, #field, #value_);	\
		create(&attr, what);							\
} while (0)
		SET(inner_map_fd, 1);
		SET(inner_map_fd, map_fd);
		SET(inner_map_fd, 999);
		SET(map_ifindex, 1);
		SET(map_ifindex, 999);
		SET(btf_fd, 999);
		SET(btf_fd, map_fd);
		SET(btf_fd, fds[0]);
		SET(btf_key_type_id, 1);
		SET(btf_value_type_id, 1);
		SET(btf_vmlinux_value_type_id, 1);
		SET(map_extra, 1);
		SET(map_extra, 1ULL << 63);
#undef SET
		attr = plain(diff_map_types[t]);
		attr.btf_value_type_id = 1;
		attr.btf_key_type_id = 1;
		snprintf(what, sizeof(what), "%s types without btf", name);
		create(&attr, what);
		attr.btf_fd = 999;
		snprintf(what, sizeof(what), "%s types of no btf", name);
		create(&attr, what);
	}
}

static void wrong_types(void)
{
	static const uint32_t types[] = { 0, 32, 33, 34, 35, 64, 1000, 0x7fffffff, 0x80000000,
					  ~0U };
	union bpf_attr attr;
	unsigned int i;
	char what[64];

	for (i = 0; i < ARRAY_SIZE_OF(types); i++) {
		attr = plain(types[i]);
		snprintf(what, sizeof(what), "type %u", types[i]);
		create(&attr, what);
	}
}

/* Runs out of descriptors: the map must go, the number too. */
static void no_descriptors(void)
{
	struct rlimit lim = { 12, 12 };
	union bpf_attr attr;
	int i;

	if (setrlimit(RLIMIT_NOFILE, &lim))
		give_up("setrlimit");
	for (i = 0; i < 16; i++) {
		attr = plain(BPF_MAP_TYPE_HASH);
		bpf_traced(BPF_MAP_CREATE, &attr, "map %d", i);
	}
}

const struct scenario map_create_scenarios[] = {
	{ "create array_sizes", array_sizes },
	{ "create hash_sizes", hash_sizes },
	{ "create percpu_array_sizes", percpu_array_sizes },
	{ "create percpu_hash_sizes", percpu_hash_sizes },
	{ "create other_sizes", other_sizes },
	{ "create flags", flags },
	{ "create numa_node", numa_node },
	{ "create names", names },
	{ "create other_fields", other_fields },
	{ "create wrong_types", wrong_types },
	{ "create no_descriptors", no_descriptors },
	{ }
};
