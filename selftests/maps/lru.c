// SPDX-License-Identifier: GPL-2.0
/*
 * LRU hash maps: exact capacity, and who is evicted.
 *
 * From userspace an update of an existing key is the use that counts.
 */
#include <kselftest.h>
#include <pthread.h>

#include "maps.h"

struct kind {
	const char *name;
	__u32 type;
	__u32 flags;
};

static const struct kind kinds[] = {
	{ "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0 },
	{ "per-CPU LRU hash", BPF_MAP_TYPE_LRU_PERCPU_HASH, 0 },
};

static __u64 value[64];

static int create(__u32 type, __u32 flags, __u32 nr)
{
	struct map_spec spec = { type, 4, 8, nr, flags };

	return map_create(SIDE_LBPF, &spec);
}

static int put(int fd, __u32 key, __u64 flags)
{
	return map_update(SIDE_LBPF, fd, &key, value, flags);
}

static bool has(int fd, __u32 key)
{
	__u64 got[64];

	return !map_lookup(SIDE_LBPF, fd, &key, got);
}

static void test_capacity(const struct kind *kind)
{
	static const __u32 sizes[] = { 1, 2, 3, 10, 1000 };
	bool ok = true;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE_OF(sizes); i++) {
		fd = create(kind->type, kind->flags, sizes[i]);
		for (__u32 key = 0; key < 3 * sizes[i]; key++) {
			ok = ok && !put(fd, key, BPF_NOEXIST) && has(fd, key);
			ok = ok && map_count(fd) == (key < sizes[i] ? key + 1 : sizes[i]);
		}
		close(fd);
	}
	ksft_test_result(ok, "%s holds max_entries, no more and no fewer\n", kind->name);
}

static void test_update_keeps(const struct kind *kind)
{
	int fd = create(kind->type, kind->flags, 100);
	bool ok = true;

	for (__u32 key = 0; key < 100; key++)
		ok = ok && !put(fd, key, BPF_NOEXIST);
	for (__u32 i = 0; i < 1000; i++)
		ok = ok && !put(fd, i * 7 % 100, i % 2 ? BPF_ANY : BPF_EXIST) &&
		     put(fd, i % 100, BPF_NOEXIST) == -EEXIST;
	for (__u32 key = 0; key < 100; key++)
		ok = ok && has(fd, key);
	ksft_test_result(ok && map_count(fd) == 100, "%s: updating existing keys evicts nothing\n",
			 kind->name);
	close(fd);
}

static void test_order(const struct kind *kind)
{
	int fd = create(kind->type, kind->flags, 100);
	bool ok = true;

	for (__u32 key = 0; key < 100; key++)
		put(fd, key, BPF_NOEXIST);
	/* The first thirty are used again; forty new ones need room. */
	for (__u32 key = 0; key < 30; key++)
		put(fd, key, BPF_EXIST);
	for (__u32 key = 100; key < 140; key++)
		put(fd, key, BPF_NOEXIST);
	for (__u32 key = 0; key < 30; key++)
		ok = ok && has(fd, key);
	for (__u32 key = 30; key < 70; key++)
		ok = ok && !has(fd, key);
	for (__u32 key = 70; key < 140; key++)
		ok = ok && has(fd, key);
	ksft_test_result(ok, "%s: the oldest that were not used again go first\n", kind->name);
	close(fd);
}

static void test_delete_makes_room(const struct kind *kind)
{
	int fd = create(kind->type, kind->flags, 50);
	bool ok = true;
	__u32 key;

	for (key = 0; key < 50; key++)
		put(fd, key, BPF_NOEXIST);
	for (key = 0; key < 50; key += 5)
		ok = ok && !map_delete(SIDE_LBPF, fd, &key);
	for (key = 100; key < 110; key++)
		ok = ok && !put(fd, key, BPF_NOEXIST);
	for (key = 0; key < 50; key++)
		ok = ok && has(fd, key) == (key % 5 != 0);
	ksft_test_result(ok && map_count(fd) == 50, "%s: a deleted entry's place is used first\n",
			 kind->name);
	close(fd);
}

static void test_shares(void)
{
	int fd = create(BPF_MAP_TYPE_LRU_HASH, BPF_F_NO_COMMON_LRU, 100 * nr_possible_cpus());
	__u32 key, nr_left = 0;
	bool ok;

	ok = test_pin(0);
	for (key = 0; key < 250; key++)
		ok = ok && !put(fd, key, BPF_NOEXIST);
	ok = ok && map_count(fd) == 100;
	if (nr_possible_cpus() > 1) {
		ok = ok && test_pin(1);
		for (key = 1000; key < 1250; key++)
			ok = ok && !put(fd, key, BPF_NOEXIST);
		/* Using and deleting what the other one inserted moves no share. */
		for (key = 0; key < 250; key++)
			nr_left += !put(fd, key, BPF_EXIST);
		ok = ok && nr_left == 100 && map_count(fd) == 200;
		for (key = 0; key < 250 && nr_left > 50; key++)
			nr_left -= !map_delete(SIDE_LBPF, fd, &key);
		for (key = 2000; key < 2250; key++)
			ok = ok && !put(fd, key, BPF_NOEXIST);
		ok = ok && map_count(fd) == 150;
	}
	ksft_test_result(ok, "BPF_F_NO_COMMON_LRU: every CPU has its share\n");
	close(fd);
}

struct crowd {
	int fd;
	__u32 id;
	__u64 nr_bad;
};

static void *insert_many(void *arg)
{
	struct crowd *c = arg;
	__u32 key, i;

	for (i = 0; i < 20000; i++) {
		key = c->id << 24 | i % 3000;
		if (map_update(SIDE_LBPF, c->fd, &key, value, BPF_ANY))
			c->nr_bad++;
		if (i % 16 == 0)
			map_delete(SIDE_LBPF, c->fd, &key);
	}
	return NULL;
}

static void test_threads(const struct kind *kind)
{
	struct crowd c[4];
	pthread_t thread[4];
	__u64 nr_bad = 0, nr = 0;
	__u32 key, next;
	int fd = create(kind->type, kind->flags, 1000), err;

	for (__u32 i = 0; i < 4; i++) {
		c[i] = (struct crowd){ .fd = fd, .id = i };
		pthread_create(&thread[i], NULL, insert_many, &c[i]);
	}
	for (__u32 i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		nr_bad += c[i].nr_bad;
	}
	for (key = 1U << 30; key < (1U << 30) + 1000; key++)
		put(fd, key, BPF_NOEXIST);
	for (err = map_next_key(SIDE_LBPF, fd, NULL, &next); !err; nr++) {
		key = next;
		err = map_next_key(SIDE_LBPF, fd, &key, &next);
	}
	ksft_test_result(!nr_bad && nr == 1000 && map_count(fd) == 1000,
			 "%s: threads that evict each other's entries lose no room\n", kind->name);
	close(fd);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(5 * ARRAY_SIZE_OF(kinds) + 1);
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		test_capacity(&kinds[k]);
		test_update_keeps(&kinds[k]);
		test_order(&kinds[k]);
		test_delete_makes_room(&kinds[k]);
		test_threads(&kinds[k]);
	}
	test_shares();
	ksft_finished();
}
