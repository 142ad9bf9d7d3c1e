// SPDX-License-Identifier: GPL-2.0
/*
 * Hash maps from userspace: exact capacity and count, and several threads.
 */
#include <kselftest.h>
#include <pthread.h>
#include <sched.h>

#include "maps.h"

#define NR_THREADS	4
#define WORDS		8

struct kind {
	const char *name;
	__u32 type;
	__u32 flags;
};

static const struct kind kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0 },
	{ "per-CPU hash, not preallocated", BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC },
};

/* A key of 4 to 64 bytes from a number. */
struct key {
	__u32 w[16];
};

static struct key key_of(__u32 n)
{
	struct key key = {};

	key.w[0] = n;
	key.w[7] = ~n;
	return key;
}

static int create(const struct kind *kind, __u32 key_size, __u32 value_size, __u32 nr)
{
	struct map_spec spec = { kind->type, key_size, value_size, nr, kind->flags };

	return map_create(SIDE_LBPF, &spec);
}

static int put(int fd, __u32 n, __u64 flags)
{
	__u64 value[WORDS * 64];
	struct key key = key_of(n);

	for (size_t i = 0; i < ARRAY_SIZE_OF(value); i++)
		value[i] = n;
	return map_update(SIDE_LBPF, fd, &key, value, flags);
}

static int drop(int fd, __u32 n)
{
	struct key key = key_of(n);

	return map_delete(SIDE_LBPF, fd, &key);
}

/* Value of @n in every word, or an error. */
static int get(int fd, __u32 n, __u32 value_size)
{
	__u64 value[WORDS * 64] = {};
	struct key key = key_of(n);
	int err = map_lookup(SIDE_LBPF, fd, &key, value);

	for (size_t i = 0; !err && i < value_size / 8; i++)
		if (value[i] != n)
			return -EILSEQ;
	return err;
}

static bool fills_exactly(const struct kind *kind, __u32 key_size, __u32 nr)
{
	int fd = create(kind, key_size, 8, nr);
	bool ok = fd >= 0;
	__u32 i;

	for (i = 0; ok && i < nr; i++)
		ok = map_count(fd) == i && !put(fd, i, BPF_NOEXIST);
	ok = ok && map_count(fd) == nr && put(fd, nr, BPF_ANY) == -E2BIG &&
	     put(fd, nr, BPF_NOEXIST) == -E2BIG && put(fd, nr, BPF_EXIST) == -ENOENT;
	for (i = 0; ok && i < nr; i++)
		ok = !put(fd, i, BPF_EXIST) && put(fd, i, BPF_NOEXIST) == -EEXIST && !get(fd, i, 8);
	ok = ok && !drop(fd, nr / 2) && map_count(fd) == nr - 1 && !put(fd, nr, BPF_ANY) &&
	     map_count(fd) == nr && put(fd, nr / 2, BPF_ANY) == -E2BIG;
	for (i = 0; ok && i <= nr; i++)
		ok = drop(fd, i) == (i == nr / 2 ? -ENOENT : 0);
	ok = ok && map_count(fd) == 0;
	close(fd);
	return ok;
}

static void test_capacity(void)
{
	static const __u32 sizes[] = { 1, 2, 7, 100, 5000 };
	static const __u32 key_sizes[] = { 4, 8, 16, 20, 64 };
	bool ok;

	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		ok = true;
		for (size_t i = 0; i < ARRAY_SIZE_OF(sizes); i++)
			ok = ok && fills_exactly(&kinds[k], key_sizes[i], sizes[i]);
		ksft_test_result(ok, "%s takes max_entries exactly, and counts them\n",
				 kinds[k].name);
	}
}

/* What the threads of one test share. */
struct crowd {
	int fd;
	__u32 value_size;
	__u32 nr_keys;
	__u32 nr_rounds;
	pthread_barrier_t start;
	__u64 nr_won;
	__u64 nr_bad;
	bool stop;
};

struct member {
	struct crowd *crowd;
	__u32 id;
	pthread_t thread;
};

static void bad(struct crowd *c)
{
	__atomic_fetch_add(&c->nr_bad, 1, __ATOMIC_RELAXED);
}

static void run_crowd(struct crowd *c, void *(*first)(void *), void *(*others)(void *))
{
	struct member m[NR_THREADS];

	pthread_barrier_init(&c->start, NULL, NR_THREADS);
	for (__u32 i = 0; i < NR_THREADS; i++) {
		m[i] = (struct member){ .crowd = c, .id = i };
		pthread_create(&m[i].thread, NULL, i ? others : first, &m[i]);
	}
	for (__u32 i = 0; i < NR_THREADS; i++)
		pthread_join(m[i].thread, NULL);
	pthread_barrier_destroy(&c->start);
}

/* Each thread has keys of its own: nothing that others do may be seen in them. */
static void *own_keys(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	__u32 base = m->id * c->nr_keys, i, round;

	pthread_barrier_wait(&c->start);
	for (round = 0; round < c->nr_rounds; round++) {
		for (i = 0; i < c->nr_keys; i++)
			if (put(c->fd, base + i, BPF_NOEXIST) ||
			    get(c->fd, base + i, c->value_size))
				bad(c);
		for (i = 0; i < c->nr_keys; i++)
			if (put(c->fd, base + i, BPF_EXIST) || get(c->fd, base + i, c->value_size))
				bad(c);
		for (i = 0; i < c->nr_keys; i += round + 1 < c->nr_rounds ? 1 : 2)
			if (drop(c->fd, base + i) || get(c->fd, base + i, 0) != -ENOENT)
				bad(c);
	}
	return NULL;
}

static void test_own_keys(void)
{
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		struct crowd c = { .value_size = 8, .nr_keys = 400, .nr_rounds = 3 };

		c.fd = create(&kinds[k], 8, 8, NR_THREADS * c.nr_keys);
		run_crowd(&c, own_keys, own_keys);
		ksft_test_result(c.fd >= 0 && !c.nr_bad &&
				 map_count(c.fd) == NR_THREADS * c.nr_keys / 2,
				 "%s: threads with keys of their own in a map just large enough\n",
				 kinds[k].name);
		close(c.fd);
	}
}

/* One of those who insert the same key must win, each time. */
static void *same_key(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	int err;

	for (__u32 i = 0; i < c->nr_keys; i++) {
		if (i % 64 == 0)
			pthread_barrier_wait(&c->start);
		err = put(c->fd, i, BPF_NOEXIST);
		if (!err)
			__atomic_fetch_add(&c->nr_won, 1, __ATOMIC_RELAXED);
		else if (err != -EEXIST)
			bad(c);
	}
	return NULL;
}

static void test_same_key(void)
{
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		struct crowd c = { .value_size = 8, .nr_keys = 2048 };

		c.fd = create(&kinds[k], 16, 8, c.nr_keys + NR_THREADS);
		run_crowd(&c, same_key, same_key);
		ksft_test_result(!c.nr_bad && c.nr_won == c.nr_keys && map_count(c.fd) == c.nr_keys,
				 "%s: of several who insert one key, one does\n", kinds[k].name);
		close(c.fd);
	}
}

/* A key that is updated all the time is never missed, and its value is of one update. */
static void *read_hot(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	__u64 value[WORDS * 64];
	struct key key;

	pthread_barrier_wait(&c->start);
	for (__u32 i = 0; i < c->nr_rounds; i++) {
		key = key_of(i % c->nr_keys);
		if (map_lookup(SIDE_LBPF, c->fd, &key, value))
			bad(c);
		for (size_t w = 1; w < c->value_size / 8; w++)
			if (value[w] != value[0])
				bad(c);
	}
	__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static void *write_hot(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	__u64 value[WORDS * 64];
	struct key key;

	pthread_barrier_wait(&c->start);
	for (__u32 i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
		key = key_of(i % c->nr_keys);
		for (size_t w = 0; w < ARRAY_SIZE_OF(value); w++)
			value[w] = i + m->id;
		if (map_update(SIDE_LBPF, c->fd, &key, value, BPF_ANY))
			bad(c);
		/* Others come and go. */
		if (put(c->fd, 1000 + i % 100 + 100 * m->id, BPF_ANY) ||
		    drop(c->fd, 1000 + i % 100 + 100 * m->id))
			bad(c);
	}
	return NULL;
}

static void test_hot_keys(void)
{
	for (size_t k = 0; k < 2; k++) {
		struct crowd c = { .value_size = 8 * WORDS, .nr_keys = 3, .nr_rounds = 60000 };

		c.fd = create(&kinds[k], 8, c.value_size, 64);
		for (__u32 i = 0; i < c.nr_keys; i++)
			put(c.fd, i, BPF_ANY);
		run_crowd(&c, read_hot, write_hot);
		ksft_test_result(!c.nr_bad && map_count(c.fd) == c.nr_keys,
				 "%s: a key that is being updated is always found, in one piece\n",
				 kinds[k].name);
		close(c.fd);
	}
}

/* A batch walk meets each lasting key once, whatever happens to the others. */
static bool walk_once(struct crowd *c, __u32 step)
{
	static __thread __u8 seen[4096];
	__u64 values[64 * 64];
	__u32 cursor = 0, nr;
	struct key keys[64];
	struct map_batch b;
	bool first = true;
	int err = 0;

	memset(seen, 0, sizeof(seen));
	while (!err) {
		b = (struct map_batch){ first ? NULL : &cursor, &cursor, keys, values, step, 0 };
		err = map_batch(SIDE_LBPF, BPF_MAP_LOOKUP_BATCH, c->fd, &b);
		if (err && err != -ENOENT)
			return false;
		for (nr = 0; nr < b.nr; nr++)
			if (((__u32 *)keys)[2 * nr] < c->nr_keys)
				seen[((__u32 *)keys)[2 * nr]]++;
		first = false;
	}
	for (nr = 0; nr < c->nr_keys; nr++)
		if (seen[nr] != 1)
			return false;
	return true;
}

static void *walk_all(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;

	pthread_barrier_wait(&c->start);
	for (__u32 i = 0; i < c->nr_rounds; i++)
		if (!walk_once(c, 1 + i % 64))
			bad(c);
	__atomic_store_n(&c->stop, true, __ATOMIC_RELAXED);
	return NULL;
}

static void *change_others(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	__u32 base = 10000 * m->id;

	pthread_barrier_wait(&c->start);
	for (__u32 i = 0; !__atomic_load_n(&c->stop, __ATOMIC_RELAXED); i++) {
		put(c->fd, base + i % 500, BPF_ANY);
		put(c->fd, i % c->nr_keys, BPF_EXIST);
		drop(c->fd, base + (i + 250) % 500);
	}
	return NULL;
}

static void test_walk(void)
{
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		struct crowd c = { .value_size = 8, .nr_keys = 1000, .nr_rounds = 64 };

		c.fd = create(&kinds[k], 8, 8, 4000);
		for (__u32 i = 0; i < c.nr_keys; i++)
			put(c.fd, i, BPF_ANY);
		run_crowd(&c, walk_all, change_others);
		ksft_test_result(!c.nr_bad, "%s: a walk meets each lasting key exactly once\n",
				 kinds[k].name);
		close(c.fd);
	}
}

/* LOOKUP_AND_DELETE hands each entry to one caller; batches of any size empty the map. */
static void *pop_all(void *arg)
{
	struct member *m = arg;
	struct crowd *c = m->crowd;
	__u64 value[WORDS * 64];
	struct key key;
	int err;

	pthread_barrier_wait(&c->start);
	for (__u32 i = 0; i < c->nr_keys; i++) {
		key = key_of(i);
		err = map_pop(SIDE_LBPF, c->fd, &key, value);
		if (!err)
			__atomic_fetch_add(&c->nr_won, value[0], __ATOMIC_RELAXED);
		else if (err != -ENOENT)
			bad(c);
	}
	return NULL;
}

static void test_pop(void)
{
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		struct crowd c = { .value_size = 8, .nr_keys = 1000 };

		c.fd = create(&kinds[k], 4, 8, c.nr_keys);
		for (__u32 i = 0; i < c.nr_keys; i++)
			put(c.fd, i, BPF_ANY);
		run_crowd(&c, pop_all, pop_all);
		ksft_test_result(!c.nr_bad && !map_count(c.fd) &&
				 c.nr_won == (__u64)c.nr_keys * (c.nr_keys - 1) / 2,
				 "%s: an entry is popped once\n", kinds[k].name);
		close(c.fd);
	}
}

static void test_pop_batch(void)
{
	static __u64 values[64 * 64];
	__u32 keys[64], cursor, step = 7;
	struct map_batch b;
	__u64 sum, nr;
	int err;

	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds); k++) {
		int fd = create(&kinds[k], 4, 8, 1000);

		for (__u32 i = 0; i < 1000; i++)
			put(fd, i, BPF_ANY);
		sum = 0;
		nr = 0;
		err = 0;
		while (!err) {
			b = (struct map_batch){ nr ? &cursor : NULL, &cursor, keys, values,
						step, 0 };
			err = map_batch(SIDE_LBPF, BPF_MAP_LOOKUP_AND_DELETE_BATCH, fd, &b);
			for (__u32 i = 0; (!err || err == -ENOENT) && i < b.nr; i++)
				sum += keys[i];
			nr += b.nr;
		}
		ksft_test_result(err == -ENOENT && nr == 1000 && sum == 1000 * 999 / 2 &&
				 !map_count(fd), "%s: emptied by batches of %u\n",
				 kinds[k].name, step);
		close(fd);
	}
}

int main(void)
{
	size_t nr = ARRAY_SIZE_OF(kinds);

	ksft_print_header();
	ksft_set_plan(6 * nr + 2);
	test_capacity();
	test_own_keys();
	test_same_key();
	test_hot_keys();
	test_walk();
	test_pop();
	test_pop_batch();
	ksft_finished();
}
