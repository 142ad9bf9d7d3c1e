// SPDX-License-Identifier: GPL-2.0
/*
 * What every map tells of itself: how many elements it has (LBPF_MAP_COUNT), and its memory.
 */
#include <kselftest.h>
#include <linux/filter.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "insns.h"
#include "maps.h"

/* What an update wants as a value. */
enum value {
	A_NUMBER,
	A_MAP,
	A_PROGRAM,
	AN_EVENT,
	NOTHING,
};

/**
 * struct kind - A map type
 * @spec: How it is made.
 * @value: What is put in.
 * @empty: Count of a new map.
 * @filled: Count with two elements, where that can be.
 */
static const struct kind {
	struct map_spec spec;
	enum value value;
	__u64 empty;
	__u64 filled;
} kinds[] = {
	{ { BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 }, A_NUMBER, 4, 4 },
	{ { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 }, A_NUMBER, 4, 4 },
	{ { BPF_MAP_TYPE_HASH, 4, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_PREALLOC }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_LRU_HASH, 4, 8, 4, BPF_F_NO_COMMON_LRU }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_LPM_TRIE, 8, 8, 4, BPF_F_NO_PREALLOC }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_QUEUE, 0, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_STACK, 0, 8, 4, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_BLOOM_FILTER, 0, 8, 1000, 0 }, A_NUMBER, 0, 2 },
	{ { BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 0 }, A_MAP, 0, 2 },
	{ { BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 4, 0 }, A_MAP, 0, 2 },
	{ { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 0 }, A_PROGRAM, 0, 2 },
	{ { BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 4, 0 }, AN_EVENT, 0, 2 },
	{ { BPF_MAP_TYPE_STACK_TRACE, 4, 16, 4, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_USER_RINGBUF, 0, 0, 4096, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8, 4, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_CGROUP_ARRAY, 4, 4, 4, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_CGROUP_STORAGE, 16, 8, 0, 0 }, NOTHING, 0, 0 },
	{ { BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 8, 0, 0 }, NOTHING, 0, 0 },
};

static int values[NOTHING];

static int open_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_BPF_OUTPUT,
		.size = sizeof(attr), .sample_type = PERF_SAMPLE_RAW,
	};

	return syscall(__NR_perf_event_open, &attr, -1, 0, -1, 0);
}

static int load_program(void)
{
	struct bpf_insn insns[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE_OF(insns), .license = (uintptr_t)"GPL",
	};

	return map_cmd(SIDE_LBPF, BPF_PROG_LOAD, &attr);
}

static int create(const struct kind *kind)
{
	union bpf_attr attr = {
		.map_type = kind->spec.type, .key_size = kind->spec.key_size,
		.value_size = kind->spec.value_size, .max_entries = kind->spec.max_entries,
		.map_flags = kind->spec.flags,
		.inner_map_fd = kind->value == A_MAP ? values[A_MAP] : 0,
	};

	return map_cmd(SIDE_LBPF, BPF_MAP_CREATE, &attr);
}

/* Two elements, the second one twice: only queues and stacks take it as another one. */
static bool fill(int fd, const struct kind *kind)
{
	bool is_queue = kind->spec.type == BPF_MAP_TYPE_QUEUE ||
			kind->spec.type == BPF_MAP_TYPE_STACK;
	__u32 key[4] = {};
	__u64 value[64] = {};

	for (int i = 0; i < 3 - is_queue; i++) {
		/* An address of 32 bits, not a network. */
		key[0] = kind->spec.type == BPF_MAP_TYPE_LPM_TRIE ? 32 : !!i;
		key[1] = !!i;
		value[0] = kind->value == A_NUMBER ? 7 + !!i : values[kind->value];
		if (map_update(SIDE_LBPF, fd, kind->spec.key_size ? key : NULL, value, BPF_ANY))
			return false;
	}
	return true;
}

static void test_kind(const struct kind *kind)
{
	int fd = create(kind);
	bool is_counted = map_count(fd) == kind->empty;
	bool is_filled = kind->value == NOTHING || fill(fd, kind);
	long long bytes = map_memlock(fd);

	if (map_count(fd) != kind->filled)
		ksft_print_msg("%d: count %lld\n", fd, (long long)map_count(fd));
	ksft_test_result(fd >= 0 && is_counted && is_filled && map_count(fd) == kind->filled,
			 "type %u flags %#x: elements are counted\n", kind->spec.type,
			 kind->spec.flags);
	/* A bloom filter has no values: a byte for each is the least. */
	ksft_test_result(bytes > kind->spec.max_entries,
			 "type %u flags %#x: fdinfo tells its memory, %lld bytes\n",
			 kind->spec.type, kind->spec.flags, bytes);
	close(fd);
}

int main(void)
{
	static const struct map_spec inner = { BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0 };

	values[A_MAP] = map_create(SIDE_LBPF, &inner);
	values[A_PROGRAM] = load_program();
	values[AN_EVENT] = open_event();
	ksft_print_header();
	ksft_set_plan(2 * ARRAY_SIZE_OF(kinds));
	for (size_t i = 0; i < ARRAY_SIZE_OF(kinds); i++)
		test_kind(&kinds[i]);
	ksft_finished();
}
