// SPDX-License-Identifier: GPL-2.0
/*
 * The hash table and its pool: distribution, a model, threads.
 */
#include <lbpf/alloc.h>
#include <kselftest.h>
#include <pthread.h>

#include "maps/table_write.h"

#define NR_KEYS		512
#define NR_STEPS	200000

struct fixture {
	struct table t;
	struct lbpf_pool pool;
};

static bool set_up(struct fixture *f, u32 nr, u32 key_size, bool is_lazy)
{
	union bpf_attr attr = { .max_entries = nr, .key_size = key_size };
	struct lbpf_pool_spec spec = {
		.nr_elems = nr,
		.elem_bytes = sizeof(struct lbpf_elem) + round_up(key_size, 8) + 8,
		.nr_first = 1,
		.numa_node = NUMA_NO_NODE,
		.is_lazy = is_lazy,
	};

	memset(f, 0, sizeof(*f));
	return !lbpf_pool_init(&f->pool, &spec) &&
	       !lbpf_table_init(&f->t, &attr, &f->pool, NUMA_NO_NODE);
}

static void tear_down(struct fixture *f)
{
	lbpf_table_destroy(&f->t);
	lbpf_pool_destroy(&f->pool);
}

static u64 hash_it(struct fixture *f, const void *key)
{
	return table_hash(&f->t, key, key_kind_of(f->t.key_size));
}

/* 0, -ENOMEM: nothing free; an existing entry gets another element. */
static int put(struct fixture *f, const void *key, u64 value)
{
	u64 hash = hash_it(f, key);
	struct bucket *b = table_bucket(&f->t, hash);
	u32 ref = lbpf_pool_take(&f->pool);
	struct lbpf_elem *elem;
	struct place place;

	if (ref == LBPF_POOL_NONE)
		return -ENOMEM;
	elem = table_elem(&f->t, ref);
	memcpy(elem->data, key, f->t.key_size);
	*(u64 *)elem_value(&f->t, elem) = value;
	raw_spin_lock(&b->lock);
	place = table_locate(&f->t, b, key, hash, key_kind_of(f->t.key_size));
	if (place.elem)
		table_replace(&f->t, b, &place, ref);
	else
		table_insert(&f->t, b, hash, ref);
	raw_spin_unlock(&b->lock);
	if (place.elem)
		lbpf_pool_give(&f->pool, place.ref);
	return 0;
}

static bool drop(struct fixture *f, const void *key)
{
	u64 hash = hash_it(f, key);
	struct bucket *b = table_bucket(&f->t, hash);
	struct place place;

	raw_spin_lock(&b->lock);
	place = table_locate(&f->t, b, key, hash, KEY_ANY);
	if (place.elem)
		table_remove(b, &place);
	raw_spin_unlock(&b->lock);
	if (place.elem)
		lbpf_pool_give(&f->pool, place.ref);
	return place.elem;
}

static struct lbpf_elem *get(struct fixture *f, const void *key)
{
	return table_find(&f->t, key, hash_it(f, key), key_kind_of(f->t.key_size));
}

static void make_key(u8 *key, u32 key_size, u64 n)
{
	memset(key, 0, 64);
	memcpy(key, &n, min(key_size, 8U));
	if (key_size > 8)
		memcpy(key + key_size - 8, &n, 8);
}

/* Share of buckets with more than @limit of four times as many keys, in millionths. */
static u64 crowded(u32 key_size, u32 shift, u32 limit)
{
	static u32 load[1 << 14];
	struct hash_seed seed = { get_random_u64(), get_random_u64() | BIT(63) | 1 };
	u64 nr = 0, i;
	u8 key[64];

	memset(load, 0, sizeof(load));
	for (i = 0; i < 4 * ARRAY_SIZE(load); i++) {
		make_key(key, key_size, i << shift);
		load[hash_key(&seed, key, key_size, KEY_ANY) & (ARRAY_SIZE(load) - 1)]++;
	}
	for (i = 0; i < ARRAY_SIZE(load); i++)
		nr += load[i] > limit;
	return nr * 1000000 / ARRAY_SIZE(load);
}

static void test_distribution(void)
{
	static const u32 sizes[] = { 4, 5, 8, 12, 16, 20, 64 };
	u64 worst = 0;
	u32 i, shift;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (shift = 0; shift <= (sizes[i] < 8 ? 16 : 44); shift += 4)
			worst = max(worst, crowded(sizes[i], shift, BUCKET_SLOTS));
	/* Poisson with mean 4: 2.1 % have more than eight. */
	ksft_test_result(worst < 32000, "%llu millionths of the buckets overflow at worst\n",
			 (unsigned long long)worst);
}

static void test_kinds(void)
{
	struct hash_seed seed = { 0x123456789abcdefULL, 0xfedcba9876543211ULL };
	bool ok = true;
	u8 key[64];
	u64 i;

	for (i = 0; i < 1000; i++) {
		make_key(key, 64, get_random_u64());
		ok = ok && hash_key(&seed, key, 64, KEY_64) == hash_key(&seed, key, 64, KEY_ANY) &&
		     hash_key(&seed, key, 4, KEY_4) == hash_key(&seed, key, 4, KEY_ANY) &&
		     hash_key(&seed, key, 8, KEY_8) == hash_key(&seed, key, 8, KEY_ANY) &&
		     hash_key(&seed, key, 16, KEY_16) == hash_key(&seed, key, 16, KEY_ANY);
	}
	ksft_test_result(ok, "a key has one hash, whoever computes it\n");
}

static void test_compare(void)
{
	u8 a[64], b[64];
	bool ok = true;
	u32 size, i;

	for (size = 1; size <= 64; size++) {
		for (i = 0; i < size; i++) {
			memset(a, 7, sizeof(a));
			memset(b, 7, sizeof(b));
			ok = ok && equal_any(a, b, size);
			ok = ok && (size != 64 || is_same_key(a, b, 64, KEY_64));
			b[i] ^= 0x10;
			ok = ok && !equal_any(a, b, size);
			ok = ok && (size != 64 || !is_same_key(a, b, 64, KEY_64));
		}
		if (size < 64)
			b[size] ^= 1;
	}
	ksft_test_result(ok, "keys of 1 to 64 bytes differ in any byte\n");
}

static bool walk_matches(struct fixture *f, const u64 *model)
{
	struct lbpf_elem *elem;
	u32 seen[NR_KEYS] = {}, seq, i;
	u64 pos = 0;

	for (; (elem = lbpf_table_next(&f->t, &pos, &seq)); pos++)
		seen[*(u32 *)elem->data]++;
	for (i = 0; i < NR_KEYS; i++)
		if (seen[i] != !!model[i])
			return false;
	return true;
}

/* Random operations on few buckets, so that chains are long, and on many. */
static void test_model(u32 key_size, u32 mask, bool is_lazy)
{
	static u64 model[NR_KEYS];
	struct lbpf_elem *elem;
	struct fixture f;
	bool ok = set_up(&f, NR_KEYS + 1, key_size, is_lazy);
	u64 step, n, value;
	u8 key[64];

	f.t.mask = min(f.t.mask, mask);
	memset(model, 0, sizeof(model));
	for (step = 1; ok && step <= NR_STEPS; step++) {
		n = get_random_u64() % NR_KEYS;
		make_key(key, key_size, n);
		switch (get_random_u64() % 3) {
		case 0:
			ok = !put(&f, key, step);
			model[n] = step;
			break;
		case 1:
			ok = drop(&f, key) == !!model[n];
			model[n] = 0;
			break;
		default:
			elem = get(&f, key);
			value = elem ? *(u64 *)elem_value(&f.t, elem) : 0;
			ok = value == model[n];
		}
		if (step % 10000 == 0)
			ok = ok && walk_matches(&f, model);
	}
	ksft_test_result(ok, "%u-byte keys, %u buckets, %s: as the model\n", key_size, f.t.mask + 1,
			 is_lazy ? "lazy" : "one area");
	tear_down(&f);
}

/* What the threads of test_threads() share. */
static struct fixture shared;
static u64 nr_bad;
static bool stop;

static void *change(void *arg)
{
	u32 id = (uintptr_t)arg, i;
	u64 key;

	shim_cpu = id;
	for (i = 0; i < NR_STEPS; i++) {
		/* Lasting keys are replaced, the thread's own ones come and go. */
		key = i % 16;
		if (put(&shared, &key, key))
			__atomic_fetch_add(&nr_bad, 1, __ATOMIC_RELAXED);
		key = 1000 * (id + 1) + i % 32;
		if (put(&shared, &key, key) || !drop(&shared, &key))
			__atomic_fetch_add(&nr_bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *look(void *arg)
{
	struct lbpf_elem *elem;
	u64 i, key;

	for (i = 0; !__atomic_load_n(&stop, __ATOMIC_RELAXED); i++) {
		key = i % 16;
		elem = get(&shared, &key);
		if (!elem)
			__atomic_fetch_add(&nr_bad, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void test_threads(u32 mask, bool is_lazy)
{
	pthread_t thread[SHIM_CPUS];
	u64 key, i, nr = 0, pos = 0;
	u32 seq;

	nr_bad = 0;
	stop = false;
	if (!set_up(&shared, 16 + 3 * 2 + SHIM_CPUS, 8, is_lazy))
		nr_bad++;
	shared.t.mask = min(shared.t.mask, mask);
	for (key = 0; key < 16; key++)
		put(&shared, &key, key);
	pthread_create(&thread[3], NULL, look, NULL);
	for (i = 0; i < 3; i++)
		pthread_create(&thread[i], NULL, change, (void *)(uintptr_t)i);
	for (i = 0; i < 3; i++)
		pthread_join(thread[i], NULL);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread[3], NULL);
	for (; lbpf_table_next(&shared.t, &pos, &seq); pos++)
		nr++;
	ksft_test_result(!nr_bad && nr == 16,
			 "%u buckets, %s: lasting keys are never missed, no element is lost\n",
			 shared.t.mask + 1, is_lazy ? "lazy" : "one area");
	tear_down(&shared);
}

static void test_pool(bool is_lazy)
{
	static u8 taken[10000];
	struct lbpf_pool pool = {};
	struct lbpf_pool_spec spec = { .nr_elems = ARRAY_SIZE(taken), .elem_bytes = 24,
				       .nr_first = 1, .numa_node = NUMA_NO_NODE,
				       .is_lazy = is_lazy };
	bool ok = !lbpf_pool_init(&pool, &spec);
	u32 ref, nr = 0;

	memset(taken, 0, sizeof(taken));
	while (ok && (ref = lbpf_pool_take(&pool)) != LBPF_POOL_NONE) {
		ok = ref < ARRAY_SIZE(taken) && !taken[ref]++;
		shim_cpu = ++nr % SHIM_CPUS;
	}
	ok = ok && nr == ARRAY_SIZE(taken) && !lbpf_pool_can_grow(&pool);
	for (ref = 0; ok && ref < ARRAY_SIZE(taken); ref++)
		lbpf_pool_give(&pool, ref);
	shim_cpu = 0;
	for (nr = 0; ok && lbpf_pool_take(&pool) != LBPF_POOL_NONE; nr++)
		;
	ksft_test_result(ok && nr == ARRAY_SIZE(taken), "a %s pool gives each element once\n",
			 is_lazy ? "lazy" : "flat");
	lbpf_pool_destroy(&pool);
}

int main(void)
{
	u64 before = lbpf_alloc_count();

	ksft_print_header();
	ksft_set_plan(14);
	test_kinds();
	test_compare();
	test_distribution();
	test_pool(false);
	test_pool(true);
	test_model(4, 0, false);
	test_model(4, U32_MAX, false);
	test_model(20, 3, true);
	test_model(8, 7, true);
	test_model(16, 1, false);
	test_threads(0, false);
	test_threads(U32_MAX, false);
	test_threads(0, true);
	ksft_test_result(lbpf_alloc_count() == before, "no allocation is left\n");
	ksft_finished();
}
