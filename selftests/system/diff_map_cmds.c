// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: every command on every type of map, with any flags and keys.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_ENTRIES	4
#define VALUE_BYTES	4096
#define NR_BATCH	3

/* What an update wants as a value. */
enum value {
	A_NUMBER,
	A_MAP,
	A_PROGRAM,
	AN_EVENT,
};

static const struct kind {
	const char *name;
	enum bpf_map_type type;
	uint32_t key_size, value_size, max_entries, flags;
	enum value value;
} kinds[] = {
	{ "array", BPF_MAP_TYPE_ARRAY, 4, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "mmapable array", BPF_MAP_TYPE_ARRAY, 4, 8, NR_ENTRIES, BPF_F_MMAPABLE, A_NUMBER },
	{ "percpu array", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "hash", BPF_MAP_TYPE_HASH, 4, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "percpu hash", BPF_MAP_TYPE_PERCPU_HASH, 4, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 1000, 0, A_NUMBER },
	{ "own lru", BPF_MAP_TYPE_LRU_HASH, 4, 8, 1000, BPF_F_NO_COMMON_LRU, A_NUMBER },
	{ "percpu lru", BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 1000, 0, A_NUMBER },
	{ "lpm", BPF_MAP_TYPE_LPM_TRIE, 8, 8, NR_ENTRIES, BPF_F_NO_PREALLOC, A_NUMBER },
	{ "queue", BPF_MAP_TYPE_QUEUE, 0, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "stack", BPF_MAP_TYPE_STACK, 0, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "bloom", BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "ringbuf", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0, A_NUMBER },
	{ "user ringbuf", BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0, A_NUMBER },
	{ "array of maps", BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, NR_ENTRIES, 0, A_MAP },
	{ "hash of maps", BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, NR_ENTRIES, 0, A_MAP },
	{ "prog array", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, NR_ENTRIES, 0, A_PROGRAM },
	{ "perf array", BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, NR_ENTRIES, 0, AN_EVENT },
	{ "stack trace", BPF_MAP_TYPE_STACK_TRACE, 4, 16, NR_ENTRIES, 0, A_NUMBER },
	{ "cgroup array", BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, NR_ENTRIES, 0, A_NUMBER },
	{ "sock array", BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, NR_ENTRIES, 0, A_NUMBER },
	{ "cgroup storage", BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0, 0, A_NUMBER },
	{ "percpu cgroup storage", BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0, 0, A_NUMBER },
};

static const struct {
	int cmd;
	const char *name;
} cmds[] = {
	{ BPF_MAP_LOOKUP_ELEM, "lookup" },
	{ BPF_MAP_UPDATE_ELEM, "update" },
	{ BPF_MAP_DELETE_ELEM, "delete" },
	{ BPF_MAP_GET_NEXT_KEY, "next" },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, "lookup and delete" },
}, batch_cmds[] = {
	{ BPF_MAP_LOOKUP_BATCH, "lookup batch" },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, "lookup and delete batch" },
	{ BPF_MAP_UPDATE_BATCH, "update batch" },
	{ BPF_MAP_DELETE_BATCH, "delete batch" },
};

static unsigned char values[NR_BATCH * VALUE_BYTES];
static uint32_t keys[NR_BATCH][4];
static int fds[AN_EVENT + 1];

static void make_objects(void)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr), .sample_type = PERF_SAMPLE_RAW,
	};

	fds[A_NUMBER] = 7;
	fds[A_MAP] = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	fds[A_PROGRAM] = make_prog(insns, ARRAY_SIZE_OF(insns));
	fds[AN_EVENT] = syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
}

static int create(const struct kind *kind)
{
	union bpf_attr attr = {
		.map_type = kind->type, .key_size = kind->key_size,
		.value_size = kind->value_size, .max_entries = kind->max_entries,
		.map_flags = kind->flags, .inner_map_fd = kind->value == A_MAP ? fds[A_MAP] : 0,
	};
	int fd = bpf_call(BPF_MAP_CREATE, &attr, sizeof(attr));

	if (fd < 0)
		give_up(kind->name);
	return fd;
}

/* Key @n, and values that fit. */
static void set_element(const struct kind *kind, uint32_t i, uint32_t n)
{
	memset(keys[i], 0, sizeof(keys[i]));
	keys[i][0] = kind->type == BPF_MAP_TYPE_LPM_TRIE ? 24 + n : n;
	keys[i][1] = n;
}

static void set_values(const struct kind *kind)
{
	memset(values, 0, sizeof(values));
	for (size_t i = 0; i + kind->value_size <= sizeof(values) && kind->value_size;
	     i += kind->value_size)
		*(uint32_t *)(values + i) = fds[kind->value];
}

/* Ids and addresses differ. */
static bool is_shown(const struct kind *kind)
{
	return kind->value == A_NUMBER;
}

static void elem_traced(const struct kind *kind, int fd, size_t c, uint64_t key_ptr,
			uint64_t flags)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = key_ptr;
	attr.value = PTR(values);
	attr.flags = flags;
	ret = bpf_traced(cmds[c].cmd, &attr, "%s: %s key %d flags %#llx", kind->name, cmds[c].name,
			 key_ptr ? (int)*(uint32_t *)key_ptr : -1, (unsigned long long)flags);
	if (!ret && is_shown(kind) && cmds[c].cmd != BPF_MAP_UPDATE_ELEM)
		trace_bytes(values, kind->value_size, "value");
}

static const uint64_t all_flags[] = {
	0, BPF_NOEXIST, BPF_EXIST, 3, BPF_F_LOCK, BPF_F_LOCK | BPF_EXIST, 32, 1ULL << 63,
};

/* On a key that is not there, then on one that is, and one that cannot be. */
static void elements(void)
{
	static const uint32_t numbers[] = { 1, 2, 2000 };
	size_t k, c, f, n;
	int fd;

	make_objects();
	for (k = 0; k < ARRAY_SIZE_OF(kinds); k++)
		for (c = 0; c < ARRAY_SIZE_OF(cmds); c++)
			for (f = 0; f < ARRAY_SIZE_OF(all_flags); f++) {
				fd = create(&kinds[k]);
				set_element(&kinds[k], 0, 1);
				set_values(&kinds[k]);
				elem_traced(&kinds[k], fd, 1,
					    kinds[k].key_size ? PTR(keys[0]) : 0, 0);
				for (n = 0; n < ARRAY_SIZE_OF(numbers); n++) {
					set_element(&kinds[k], 0, numbers[n]);
					set_values(&kinds[k]);
					elem_traced(&kinds[k], fd, c, PTR(keys[0]), all_flags[f]);
					elem_traced(&kinds[k], fd, c, 0, all_flags[f]);
				}
				close(fd);
			}
}

static void batch_traced(const struct kind *kind, int fd, size_t c, uint64_t elem_flags,
			 uint64_t flags)
{
	uint32_t pos[4] = {};
	union bpf_attr attr;
	char text[64];
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.count = NR_BATCH;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(values);
	attr.batch.out_batch = PTR(pos);
	attr.batch.elem_flags = elem_flags;
	attr.batch.flags = flags;
	ret = bpf_call(batch_cmds[c].cmd, &attr, sizeof(attr));
	snprintf(text, sizeof(text), "%s, count %u", ret ? error_name(errno) : "ok",
		 attr.batch.count);
	trace(text, "%s: %s elem_flags %#llx flags %#llx", kind->name, batch_cmds[c].name,
	      (unsigned long long)elem_flags, (unsigned long long)flags);
}

/* On an empty map, and on one with an element or what the first command left. */
static void batch_twice(const struct kind *kind, size_t c, uint64_t elem_flags, uint64_t flags)
{
	int fd = create(kind);
	uint32_t i;

	for (i = 0; i < NR_BATCH; i++)
		set_element(kind, i, i);
	set_values(kind);
	batch_traced(kind, fd, c, elem_flags, flags);
	elem_traced(kind, fd, 1, kind->key_size ? PTR(keys[0]) : 0, 0);
	batch_traced(kind, fd, c, elem_flags, flags);
	close(fd);
}

static void batches(void)
{
	static const uint64_t flags[] = { 0, 1, 1ULL << 63 };
	size_t k, c, e;

	make_objects();
	for (k = 0; k < ARRAY_SIZE_OF(kinds); k++)
		for (c = 0; c < ARRAY_SIZE_OF(batch_cmds); c++)
			for (e = 0; e < ARRAY_SIZE_OF(all_flags) * ARRAY_SIZE_OF(flags); e++)
				batch_twice(&kinds[k], c, all_flags[e / ARRAY_SIZE_OF(flags)],
					    flags[e % ARRAY_SIZE_OF(flags)]);
}

const struct scenario map_cmd_scenarios[] = {
	{ "all elements", elements },
	{ "all batches", batches },
	{ NULL, NULL },
};
