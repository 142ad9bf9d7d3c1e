// SPDX-License-Identifier: GPL-2.0
/*
 * Time of map commands from userspace with one and two threads, memory of filled maps,
 * and what freeing them does to others, lbpf beside the kernel.  Rounds of both sides
 * alternate; medians.
 *
 * usage: wall [time|memory|free]
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "../maps/maps.h"

#define NR_ROUNDS	7
#define NR_OPS		20000
#define NR_ENTRIES	10000
#define NR_FILLED	1000000

struct worker {
	enum test_side side;
	int fd;
	int cmd;
	unsigned int cpu;
	__u32 nr_keys;
	bool is_lpm;
	pthread_barrier_t *start;
};

/* Commands use so many keys: more than there are entries, where some are to be evicted. */
static const struct {
	const char *name;
	__u32 type;
	__u32 flags;
	__u32 nr_keys;
} kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 0, NR_ENTRIES },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC, NR_ENTRIES },
	{ "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0, NR_ENTRIES },
	{ "LRU hash, evicting", BPF_MAP_TYPE_LRU_HASH, 0, 4 * NR_ENTRIES },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0, NR_ENTRIES },
	{ "LPM trie", BPF_MAP_TYPE_LPM_TRIE, BPF_F_NO_PREALLOC, NR_ENTRIES },
};

static bool is_lpm(size_t kind)
{
	return kinds[kind].type == BPF_MAP_TYPE_LPM_TRIE;
}

/* An IPv4 host route in a trie: its length, then its address. */
static __u64 key_of(__u32 n, bool is_lpm)
{
	return is_lpm ? (__u64)(n * 2654435761U) << 32 | 32 : n;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	__u64 key, value[64] = {};
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	pthread_barrier_wait(w->start);
	for (__u32 i = 0; i < NR_OPS; i++) {
		key = key_of((i * 7919 + w->cpu * 5000) % w->nr_keys, w->is_lpm);
		map_elem(w->side, w->cmd, w->fd, &key, value, 0);
	}
	return NULL;
}

/* Nanoseconds of one command. */
static double time_ops(enum test_side side, int fd, size_t kind, int cmd, int nr_threads)
{
	pthread_barrier_t start;
	struct timespec from, to;
	struct worker w[2];
	pthread_t t[2];

	pthread_barrier_init(&start, NULL, nr_threads + 1);
	for (int i = 0; i < nr_threads; i++) {
		w[i] = (struct worker){
			side, fd, cmd, i, kinds[kind].nr_keys, is_lpm(kind),
			&start,
		};
		pthread_create(&t[i], NULL, work, &w[i]);
	}
	pthread_barrier_wait(&start);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < nr_threads; i++)
		pthread_join(t[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	return ((to.tv_sec - from.tv_sec) * 1e9 + to.tv_nsec - from.tv_nsec) / NR_OPS;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static int make_full(enum test_side side, size_t kind, __u32 nr)
{
	struct map_spec spec = { kinds[kind].type, 8, 8, nr, kinds[kind].flags };
	int fd = map_create(side, &spec);
	__u64 value[64] = {}, key;

	for (__u32 n = 0; fd >= 0 && n < nr; n++) {
		key = key_of(n, is_lpm(kind));
		map_update(side, fd, &key, value, 0);
	}
	return fd;
}

static void time_kind(size_t kind, int cmd, const char *what, int nr_threads)
{
	int fd[2] = { make_full(SIDE_LBPF, kind, NR_ENTRIES),
		      make_full(SIDE_KERNEL, kind, NR_ENTRIES) };
	double ns[2][NR_ROUNDS];

	for (int r = 0; r < NR_ROUNDS; r++)
		for (int side = 0; side < 2; side++)
			ns[side][r] = time_ops(side, fd[side], kind, cmd, nr_threads);
	for (int side = 0; side < 2; side++) {
		qsort(ns[side], NR_ROUNDS, sizeof(double), compare);
		close(fd[side]);
	}
	printf("%-24s %-7s %d threads: lbpf %6.0f ns  kernel %6.0f ns  ratio %.2f\n",
	       kinds[kind].name, what, nr_threads, ns[SIDE_LBPF][NR_ROUNDS / 2],
	       ns[SIDE_KERNEL][NR_ROUNDS / 2],
	       ns[SIDE_LBPF][NR_ROUNDS / 2] / ns[SIDE_KERNEL][NR_ROUNDS / 2]);
	fflush(stdout);
}

static long long read_free(void)
{
	long long kib = 0;
	char line[128];
	FILE *f;

	f = fopen("/proc/meminfo", "r");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "MemFree: %lld", &kib);
	if (f)
		fclose(f);
	return kib * 1024;
}

/* What maps give back comes after grace periods, and in the background. */
static long long free_bytes(void)
{
	long long before, now = read_free();

	do {
		before = now;
		sleep(4);
		now = read_free();
	} while (llabs(now - before) > 1 << 18);
	return now;
}

static void weigh(size_t kind)
{
	double bytes[2];
	long long before;
	int fd;

	for (int side = 0; side < 2; side++) {
		before = free_bytes();
		fd = make_full(side, kind, NR_FILLED);
		bytes[side] = (double)(before - free_bytes()) / NR_FILLED;
		close(fd);
	}
	printf("%-24s %u entries: lbpf %.1f bytes each  kernel %.1f  ratio %.2f\n",
	       kinds[kind].name, NR_FILLED, bytes[SIDE_LBPF], bytes[SIDE_KERNEL],
	       bytes[SIDE_LBPF] / bytes[SIDE_KERNEL]);
	fflush(stdout);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/**
 * struct watch - A thread on one CPU that sleeps a millisecond again and again
 * @cpu: CPU.
 * @is_over: It is to end.
 * @late: The most that it came late, seconds: for so long nothing gave the CPU up.
 */
struct watch {
	unsigned int cpu;
	atomic_bool is_over;
	double late;
};

static void *keep_watch(void *arg)
{
	struct sched_param first = { .sched_priority = 50 };
	struct timespec nap = { .tv_nsec = 1000000 };
	struct watch *w = arg;
	cpu_set_t set;
	double from, late;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &first);
	while (!w->is_over) {
		from = seconds();
		nanosleep(&nap, NULL);
		late = seconds() - from - 0.001;
		if (late > w->late)
			w->late = late;
	}
	return NULL;
}

/* Seconds that close() took; *@late becomes the longest that a CPU was not given up meanwhile. */
static double close_watched(int fd, double *late)
{
	struct watch w[2] = { { .cpu = 0 }, { .cpu = 1 } };
	pthread_t t[2];
	double from, took;

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, keep_watch, &w[i]);
	usleep(100000);
	from = seconds();
	close(fd);
	took = seconds() - from;
	free_bytes();
	for (int i = 0; i < 2; i++) {
		w[i].is_over = true;
		pthread_join(t[i], NULL);
	}
	*late = w[0].late > w[1].late ? w[0].late : w[1].late;
	return took;
}

static void free_kind(size_t kind)
{
	static const char * const sides[] = { "lbpf", "kernel" };
	double took, late, idle;
	long long before;
	int fd;

	close_watched(dup(0), &idle);
	for (int side = 0; side < 2; side++) {
		before = free_bytes();
		fd = make_full(side, kind, NR_FILLED);
		before -= free_bytes();
		took = close_watched(fd, &late);
		printf("%-24s %-6s %u entries: close() %.2f ms, a CPU kept for %.1f ms at most (idle: %.1f), %lld MiB\n",
		       kinds[kind].name, sides[side], NR_FILLED, took * 1e3, late * 1e3,
		       idle * 1e3, before >> 20);
		fflush(stdout);
	}
	before = free_bytes();
	close(make_full(SIDE_LBPF, kind, NR_FILLED));
	printf("%-24s lbpf   left when freed: %lld KiB\n", kinds[kind].name,
	       (before - free_bytes()) >> 10);
}

static bool wants(int argc, char **argv, const char *what)
{
	return argc == 1 || !strcmp(argv[1], what);
}

int main(int argc, char **argv)
{
	/* The rows of the same map filled in the same way are one. */
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds) && wants(argc, argv, "memory"); k++)
		if (kinds[k].nr_keys == NR_ENTRIES)
			weigh(k);
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds) && wants(argc, argv, "time"); k++)
		for (int n = 1; n <= 2; n++) {
			time_kind(k, BPF_MAP_LOOKUP_ELEM, "lookup", n);
			time_kind(k, BPF_MAP_UPDATE_ELEM, "update", n);
		}
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds) && wants(argc, argv, "free"); k++)
		if (is_lpm(k) || kinds[k].flags)
			free_kind(k);
	return 0;
}
