// SPDX-License-Identifier: GPL-2.0
/*
 * What lbpf adds to every map type: walks that nothing disturbs, the value of one CPU.
 */
#include <kselftest.h>
#include <sched.h>

#include "maps.h"

#define NR_ENTRIES	1000

static const struct map_spec specs[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, NR_ENTRIES, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, NR_ENTRIES, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, NR_ENTRIES, 0 },
	{ BPF_MAP_TYPE_LRU_HASH, 4, 8, NR_ENTRIES, 0 },
	{ BPF_MAP_TYPE_LRU_PERCPU_HASH, 4, 8, NR_ENTRIES, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, NR_ENTRIES, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, NR_ENTRIES, 0 },
};

static int nr_cpus;

static int create(const struct map_spec *spec)
{
	int fd = map_create(SIDE_LBPF, spec);

	if (fd < 0)
		ksft_exit_fail_msg("map type %u: %s\n", spec->type, strerror(-fd));
	return fd;
}

static bool is_percpu(const struct map_spec *spec)
{
	return spec->type == BPF_MAP_TYPE_PERCPU_HASH || spec->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       spec->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(const struct map_spec *spec)
{
	return spec->type == BPF_MAP_TYPE_ARRAY || spec->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static void fill(int fd, const struct map_spec *spec)
{
	__u64 value[64];

	for (__u32 key = 0; key < NR_ENTRIES; key++) {
		for (int i = 0; i < nr_cpus; i++)
			value[i] = key + i;
		map_update(SIDE_LBPF, fd, &key, value, 0);
	}
}

static int walk(struct lbpf_map_walk *w)
{
	return test_bpf(SIDE_LBPF, LBPF_MAP_WALK, w, sizeof(*w)) ? -errno : 0;
}

/* Walks by @step; every key that is seen is deleted if @deletes. */
static bool sees_all_once(int fd, const struct map_spec *spec, __u32 step, bool deletes)
{
	static __u64 values[128 * 64];
	static unsigned char seen[NR_ENTRIES];
	struct lbpf_map_walk w = { .map_fd = fd, .values = (uintptr_t)values };
	int nr_values = is_percpu(spec) ? nr_cpus : 1;
	__u32 keys[128], nr = 0;
	bool ok = true;

	memset(seen, 0, sizeof(seen));
	w.keys = (uintptr_t)keys;
	while (!w.is_end) {
		w.count = step;
		if (walk(&w))
			return false;
		for (__u32 i = 0; i < w.count; i++) {
			ok = ok && keys[i] < NR_ENTRIES && !seen[keys[i]];
			seen[keys[i] % NR_ENTRIES] = 1;
			for (int c = 0; c < nr_values; c++)
				ok = ok && values[i * nr_values + c] == keys[i] + c;
			if (deletes)
				map_delete(SIDE_LBPF, fd, &keys[i]);
		}
		nr += w.count;
	}
	return ok && nr == NR_ENTRIES;
}

static void test_walk(const struct map_spec *spec)
{
	static const __u32 steps[] = { 1, 3, 128 };
	bool ok = true;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE_OF(steps); i++) {
		fd = create(spec);
		fill(fd, spec);
		ok = ok && sees_all_once(fd, spec, steps[i], false);
		ok = ok && sees_all_once(fd, spec, steps[i], !is_array(spec));
		ok = ok && map_count(fd) == (is_array(spec) ? NR_ENTRIES : 0);
		close(fd);
	}
	ksft_test_result(ok, "type %u flags %#x: a walk gives every element once\n", spec->type,
			 spec->flags);
}

static void test_walk_errors(void)
{
	struct map_spec ring = { BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0 };
	int hash = create(&specs[0]), fd = create(&ring);
	struct lbpf_map_walk w = { .map_fd = fd, .count = 1 };
	bool ok = walk(&w) == -EOPNOTSUPP;
	__u32 key = 5, got = 0;
	__u64 zero = 0;

	w = (struct lbpf_map_walk){ .map_fd = hash, .count = 1, .flags = 1 };
	ok = ok && walk(&w) == -EINVAL;
	w = (struct lbpf_map_walk){ .map_fd = 9999, .count = 1 };
	ok = ok && walk(&w) == -EBADF;
	w = (struct lbpf_map_walk){ .map_fd = hash, .count = 10 };
	ok = ok && !walk(&w) && w.is_end && !w.count;
	map_update(SIDE_LBPF, hash, &key, &zero, 0);
	w = (struct lbpf_map_walk){ .map_fd = hash, .count = 10, .keys = 8 };
	ok = ok && walk(&w) == -EFAULT;
	/* A position from nowhere is a position. */
	w = (struct lbpf_map_walk){ .map_fd = hash, .count = 1, .cursor = ~0ULL };
	ok = ok && !walk(&w) && !w.count;
	w = (struct lbpf_map_walk){ .map_fd = hash, .count = 10 };
	w.keys = (uintptr_t)&got;
	ok = ok && !walk(&w) && w.count == 1 && got == 5;
	ksft_test_result(ok, "a walk's errors\n");
	close(hash);
	close(fd);
}

/* Keys alone, and ids, of maps that hold maps. */
static void test_walk_nested(__u32 type)
{
	int inner = create(&specs[0]), fd;
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = 4, .max_entries = 10,
		.inner_map_fd = inner,
	};
	__u32 key = 3, keys[10], ids[10];
	struct lbpf_map_walk w = { .keys = (uintptr_t)keys, .count = 10 };
	bool ok;

	fd = map_cmd(SIDE_LBPF, BPF_MAP_CREATE, &attr);
	ok = fd >= 0 && !map_update(SIDE_LBPF, fd, &key, &inner, 0);
	w.map_fd = fd;
	ok = ok && !walk(&w) && w.count == 1 && keys[0] == 3;
	w = (struct lbpf_map_walk){ .map_fd = fd, .values = (uintptr_t)ids, .count = 10 };
	ok = ok && !walk(&w) && w.count == 1 && ids[0] && ids[0] < 1 << 20;
	ksft_test_result(ok, "type %u: a walk over maps\n", type);
	close(fd);
	close(inner);
}

static void test_cpu_values(const struct map_spec *spec)
{
	__u64 all[64], one = 77, got, cpu = (__u64)(nr_cpus - 1) << LBPF_F_CPU_SHIFT;
	int fd = create(spec);
	__u32 key = 3;
	bool ok = true;

	/* A new element has zeros on the other CPUs; in arrays all are there. */
	ok = ok && !map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU | cpu);
	ok = ok && !map_lookup(SIDE_LBPF, fd, &key, all);
	for (int i = 0; i < nr_cpus; i++)
		ok = ok && all[i] == (i == nr_cpus - 1 ? 77 : 0);
	one = 5;
	ok = ok && !map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_ALL_CPUS);
	one = 6;
	ok = ok && !map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU | BPF_EXIST);
	for (__u64 i = 0; i < nr_cpus; i++) {
		ok = ok && !map_elem(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, fd, &key, &got,
				     LBPF_F_CPU | i << LBPF_F_CPU_SHIFT);
		ok = ok && got == (i ? 5 : 6);
	}
	ok = ok && map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU | BPF_NOEXIST) == -EEXIST;
	ok = ok && map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU | 4096ULL << 32) == -ERANGE;
	ok = ok && map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU | LBPF_F_ALL_CPUS) == -EINVAL;
	ok = ok && map_update(SIDE_LBPF, fd, &key, &one, 1ULL << 32) == -EINVAL;
	ok = ok &&
	     map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_ALL_CPUS | 1ULL << 32) == -EINVAL;
	ok = ok && map_elem(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, fd, &key, all,
			    LBPF_F_ALL_CPUS) == -EINVAL;
	ksft_test_result(ok, "type %u: the value of one CPU\n", spec->type);
	close(fd);
}

static int cpu_batch(int fd, int cmd, __u64 flags, __u64 *values, __u32 *nr)
{
	__u32 keys[8] = { 0, 1, 2, 3, 4, 5, 6, 7 }, pos, i;
	__u64 got[8] = {};
	struct map_batch batch = { .out = &pos, .keys = keys, .values = got, .nr = *nr,
				   .elem_flags = flags };
	int err;

	memcpy(got, values, sizeof(got));
	err = map_batch(SIDE_LBPF, cmd, fd, &batch);
	*nr = batch.nr;
	/* In the order of the keys; a hash has its own. */
	for (i = 0; cmd == BPF_MAP_LOOKUP_BATCH && i < batch.nr; i++)
		values[keys[i]] = got[i];
	return err;
}

/* Batches of one CPU's values, and of one value for all CPUs. */
static void test_cpu_batches(const struct map_spec *spec)
{
	__u64 values[8] = { 10, 11, 12, 13, 14, 15, 16, 17 }, more[8], cpu, i, k;
	int fd = create(spec), err;
	__u32 nr = 8;
	bool ok;

	ok = !cpu_batch(fd, BPF_MAP_UPDATE_BATCH, LBPF_F_ALL_CPUS, values, &nr) && nr == 8;
	for (k = 0; k < 8; k++)
		more[k] = 20 + k;
	nr = 4;
	ok = ok && !cpu_batch(fd, BPF_MAP_UPDATE_BATCH, LBPF_F_CPU, more, &nr) && nr == 4;
	for (i = 0; i < nr_cpus; i++) {
		cpu = i << LBPF_F_CPU_SHIFT;
		nr = 8;
		memset(values, 0, sizeof(values));
		err = cpu_batch(fd, BPF_MAP_LOOKUP_BATCH, LBPF_F_CPU | cpu, values, &nr);
		ok = ok && (!err || err == -ENOENT) && nr == 8;
		for (k = 0; k < 8; k++)
			ok = ok && values[k] == (!i && k < 4 ? 20 : 10) + k;
	}
	nr = 8;
	ok = ok && cpu_batch(fd, BPF_MAP_LOOKUP_BATCH, LBPF_F_ALL_CPUS, values, &nr) == -EINVAL &&
	     cpu_batch(fd, BPF_MAP_DELETE_BATCH, LBPF_F_CPU, values, &nr) < 0 &&
	     cpu_batch(fd, BPF_MAP_UPDATE_BATCH, LBPF_F_CPU | 4096ULL << 32, values, &nr) ==
		     -ERANGE &&
	     cpu_batch(fd, BPF_MAP_UPDATE_BATCH, LBPF_F_CPU | BPF_F_LOCK, values, &nr) == -EINVAL;
	ksft_test_result(ok, "type %u: batches of the values of one CPU\n", spec->type);
	close(fd);
}

static void test_cpu_flag_elsewhere(void)
{
	int fd = create(&specs[0]);
	__u64 one = 1;
	__u32 key = 1;
	bool ok = map_update(SIDE_LBPF, fd, &key, &one, LBPF_F_CPU) == -EINVAL &&
		  map_elem(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, fd, &key, &one, LBPF_F_CPU) == -EINVAL;

	ksft_test_result(ok, "maps that are not per CPU refuse it\n");
	close(fd);
}

/* fdinfo tells what is used: more for more entries, also without preallocation. */
static void test_memlock(void)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE_OF(specs); i++) {
		int fd = create(&specs[i]);
		long long before = map_memlock(fd), after;

		fill(fd, &specs[i]);
		after = map_memlock(fd);
		if (before <= 0 || after < NR_ENTRIES * 8 || after < before)
			ksft_print_msg("type %u: %lld, filled %lld\n", specs[i].type, before,
				       after);
		ok = ok && before > 0 && after >= NR_ENTRIES * 8 && after >= before;
		close(fd);
	}
	ksft_test_result(ok, "fdinfo tells the memory in use\n");
}

int main(void)
{
	nr_cpus = nr_possible_cpus();
	ksft_print_header();
	ksft_set_plan(ARRAY_SIZE_OF(specs) + 3 + 5 + 3);
	for (size_t i = 0; i < ARRAY_SIZE_OF(specs); i++)
		test_walk(&specs[i]);
	test_walk_errors();
	test_walk_nested(BPF_MAP_TYPE_ARRAY_OF_MAPS);
	test_walk_nested(BPF_MAP_TYPE_HASH_OF_MAPS);
	for (size_t i = 0; i < ARRAY_SIZE_OF(specs); i++)
		if (is_percpu(&specs[i])) {
			test_cpu_values(&specs[i]);
			test_cpu_batches(&specs[i]);
		}
	test_cpu_flag_elsewhere();
	test_memlock();
	ksft_finished();
}
