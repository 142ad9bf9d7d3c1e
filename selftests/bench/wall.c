// SPDX-License-Identifier: GPL-2.0
/*
 * Time of map commands from userspace with one and two threads, and memory of filled
 * maps, lbpf beside the kernel.  Rounds of both sides alternate; medians.
 *
 * usage: wall [time|memory]
 */
#include <pthread.h>
#include <sched.h>
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
	pthread_barrier_t *start;
};

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
		key = (i * 7919 + w->cpu * 5000) % NR_ENTRIES;
		map_elem(w->side, w->cmd, w->fd, &key, value, 0);
	}
	return NULL;
}

/* Nanoseconds of one command. */
static double time_ops(enum test_side side, int fd, int cmd, int nr_threads)
{
	pthread_barrier_t start;
	struct timespec from, to;
	struct worker w[2];
	pthread_t t[2];

	pthread_barrier_init(&start, NULL, nr_threads + 1);
	for (int i = 0; i < nr_threads; i++) {
		w[i] = (struct worker){ side, fd, cmd, i, &start };
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

static const struct {
	const char *name;
	__u32 type;
	__u32 flags;
} kinds[] = {
	{ "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "LRU hash", BPF_MAP_TYPE_LRU_HASH, 0 },
	{ "per-CPU hash", BPF_MAP_TYPE_PERCPU_HASH, 0 },
};

static int make_full(enum test_side side, size_t kind, __u32 nr)
{
	struct map_spec spec = { kinds[kind].type, 8, 8, nr, kinds[kind].flags };
	int fd = map_create(side, &spec);
	__u64 value[64] = {};

	for (__u64 key = 0; fd >= 0 && key < nr; key++)
		map_update(side, fd, &key, value, 0);
	return fd;
}

static void time_kind(size_t kind, int cmd, const char *what, int nr_threads)
{
	int fd[2] = { make_full(SIDE_LBPF, kind, NR_ENTRIES),
		      make_full(SIDE_KERNEL, kind, NR_ENTRIES) };
	double ns[2][NR_ROUNDS];

	for (int r = 0; r < NR_ROUNDS; r++)
		for (int side = 0; side < 2; side++)
			ns[side][r] = time_ops(side, fd[side], cmd, nr_threads);
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

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds) && strcmp(what, "time"); k++)
		weigh(k);
	for (size_t k = 0; k < ARRAY_SIZE_OF(kinds) && strcmp(what, "memory"); k++)
		for (int n = 1; n <= 2; n++) {
			time_kind(k, BPF_MAP_LOOKUP_ELEM, "lookup", n);
			time_kind(k, BPF_MAP_UPDATE_ELEM, "update", n);
		}
	return 0;
}
