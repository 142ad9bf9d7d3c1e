// SPDX-License-Identifier: GPL-2.0
/*
 * Maps under stress: commands, programs on packets, iteration and replacement of
 * inner maps at the same time, for as long as asked.
 *
 * What is checked all the time: a thread's own keys are in the map exactly if it
 * put them there, with the value of one update; keys that nobody deletes are seen
 * exactly once by every walk; an LRU map never holds more than max_entries.  In the
 * end: the count, a walk, and what the threads know agree, and empty maps are empty.
 *
 * usage: maps [SECONDS] (default 10)
 */
#include <stdarg.h>
#include <sys/socket.h>

#include "stress.h"

atomic_bool is_over;
atomic_ulong nr_wrong, nr_ops, nr_packets, nr_walks, nr_replaced;

int hashes[3], lrus[3], outer = -1, results;
const char * const hash_names[3] = { "hash", "hash, not preallocated", "per-CPU hash" };

/* What each thread knows of its own keys: version + 1, 0: not in the map. */
static __u32 shadow[3][NR_WORKERS][NR_OWN];
static int nr_cpus;

void wrong(const char *fmt, ...)
{
	va_list args;

	if (atomic_fetch_add(&nr_wrong, 1) >= 10)
		return;
	printf("WRONG: ");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

unsigned int rnd_next(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static int create(__u32 type, __u32 value_bytes, __u32 nr, __u32 flags)
{
	struct map_spec spec = { type, 8, value_bytes, nr, flags };
	int fd;

	if (type == BPF_MAP_TYPE_ARRAY)
		spec.key_size = 4;
	fd = map_create(SIDE_LBPF, &spec);
	if (fd < 0) {
		printf("map type %u: %s\n", type, strerror(-fd));
		exit(1);
	}
	return fd;
}

static int put(int fd, bool is_percpu, __u64 key, __u32 version, __u64 flags)
{
	struct value v = make_value(key, version);

	return map_update(SIDE_LBPF, fd, &key, &v, flags | (is_percpu ? LBPF_F_ALL_CPUS : 0));
}

/* A key of the thread's own: is it there exactly if it should be, and whole? */
static void check_own(int which, __u64 key, __u32 expected)
{
	struct value got[64], want = make_value(key, expected - 1);
	int err = map_lookup(SIDE_LBPF, hashes[which], &key, got);
	int nr = which == 2 ? nr_cpus : 1;

	if (err != (expected ? 0 : -ENOENT))
		wrong("%s: lookup of %llx: %d, version %u", hash_names[which],
		      (unsigned long long)key, err, expected);
	for (int i = 0; !err && expected && i < nr; i++)
		if (memcmp(&got[i], &want, sizeof(want)))
			wrong("%s: %llx has another value on CPU %d", hash_names[which],
			      (unsigned long long)key, i);
}

static void do_command(int which, unsigned int owner, unsigned int *state)
{
	unsigned int n = rnd_next(state) % NR_OWN, op = rnd_next(state) % 4;
	__u32 *known = &shadow[which][owner][n], version = rnd_next(state) >> 8;
	__u64 key = make_key(owner, n);
	int err, want = 0;

	switch (op) {
	case 0:
		err = put(hashes[which], which == 2, key, version, BPF_ANY);
		break;
	case 1:
		want = *known ? -EEXIST : 0;
		err = put(hashes[which], which == 2, key, version, BPF_NOEXIST);
		break;
	case 2:
		want = *known ? 0 : -ENOENT;
		err = map_delete(SIDE_LBPF, hashes[which], &key);
		break;
	default:
		check_own(which, key, *known);
		return;
	}
	/* Memory that has not come yet is no mistake. */
	if (err == -ENOMEM && which == 1)
		return;
	if (err != want)
		wrong("%s: op %u of %llx: %d, not %d", hash_names[which], op,
		      (unsigned long long)key, err, want);
	else if (!err)
		*known = op == 2 ? 0 : version + 1;
}

static void pin_to(unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % nr_cpus, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void *run_commands(void *arg)
{
	unsigned int owner = (uintptr_t)arg, state = 77 + owner;

	pin_to(owner);
	while (!atomic_load(&is_over)) {
		for (int which = 0; which < 3; which++)
			do_command(which, owner, &state);
		put(lrus[owner], false, make_key(0, rnd_next(&state) % (4 * LRU_ENTRIES)), 1, 0);
		if (map_count(lrus[owner]) > LRU_ENTRIES)
			wrong("LRU map %u holds %llu", owner,
			      (unsigned long long)map_count(lrus[owner]));
		atomic_fetch_add(&nr_ops, 4);
	}
	return NULL;
}

struct packet {
	__u64 key;
	struct value value;
	__u64 op;
};

/* Sends one packet, whose program does one thing: what it says is checked. */
static void send_packet(int sock, int which, unsigned int owner, unsigned int *state)
{
	unsigned int n = rnd_next(state) % NR_OWN, slot = owner;
	struct packet p = { .key = make_key(owner, n), .op = rnd_next(state) % 3 };
	__u32 *known = &shadow[which][owner][n], version = rnd_next(state) >> 8;
	__s64 got = 99, want = 0;

	p.value = make_value(p.key, version);
	if (send(sock, &p, sizeof(p), 0) < 0 && errno != EPERM)
		wrong("send: %s", strerror(errno));
	map_lookup(SIDE_LBPF, results, &slot, &got);
	if (p.op == 1)
		want = *known ? 0 : -ENOENT;
	if (p.op == 2)
		want = *known ? -1 : 0;
	if (got == -ENOMEM && which == 1)
		return;
	if (got != want)
		wrong("%s: packet %llu of %llx: %lld, not %lld", hash_names[which],
		      (unsigned long long)p.op, (unsigned long long)p.key, (long long)got,
		      (long long)want);
	else if (p.op != 2)
		*known = p.op ? 0 : version + 1;
	atomic_fetch_add(&nr_packets, 1);
}

static void *run_packets(void *arg)
{
	unsigned int owner = (uintptr_t)arg, state = 1234 + owner, which = owner & 1;
	int pair[2], prog = load_worker(hashes[which], lrus[which], owner);
	struct lbpf_sock_attach attach = { .prog_fd = prog };

	pin_to(owner / 2);
	if (prog < 0 || socketpair(AF_UNIX, SOCK_DGRAM, 0, pair)) {
		wrong("no program, or no socket");
		return NULL;
	}
	attach.sock_fd = pair[1];
	if (test_bpf(SIDE_LBPF, LBPF_SOCK_ATTACH, &attach, sizeof(attach)))
		wrong("attach: %s", strerror(errno));
	while (!atomic_load(&is_over))
		send_packet(pair[0], which, owner, &state);
	close(pair[0]);
	close(pair[1]);
	close(prog);
	return NULL;
}

/* How often each key that nobody deletes was seen. */
static void check_seen(const char *how, int which, const unsigned char *seen)
{
	for (int n = 0; n < NR_FIXED; n++)
		if (seen[n] != 1)
			wrong("%s: %s: fixed key %d seen %d times", hash_names[which], how, n,
			      seen[n]);
}

static void note_seen(unsigned char *seen, __u64 key)
{
	if (key >> 32 == FIXED_OWNER)
		seen[key & (NR_FIXED - 1)]++;
}

/* Only one thread walks. */
static struct value values_of_walk[64 * 64];

static __u64 walk_all(int which, __u32 step)
{
	struct lbpf_map_walk walk = { .map_fd = hashes[which] };
	struct value *values = values_of_walk;
	unsigned char seen[NR_FIXED] = {};
	__u64 keys[64], nr = 0;
	int nr_values = which == 2 ? nr_cpus : 1;

	walk.keys = (uintptr_t)keys;
	walk.values = (uintptr_t)values;
	while (!walk.is_end) {
		walk.count = step;
		if (test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &walk, sizeof(walk))) {
			wrong("walk: %s", strerror(errno));
			break;
		}
		for (__u32 i = 0; i < walk.count; i++) {
			note_seen(seen, keys[i]);
			if (which != 2 && values[i * nr_values].a != ~values[i * nr_values].b)
				wrong("%s: walk: torn value", hash_names[which]);
		}
		nr += walk.count;
	}
	check_seen("walk", which, seen);
	return nr;
}

/* By batches: neither ENOSPC nor EBUSY, whatever happens meanwhile. */
static void batch_all(int which, __u32 step)
{
	unsigned char seen[NR_FIXED] = {};
	struct value *values = values_of_walk;
	__u64 keys[64];
	__u32 cursor;
	int err = 0;

	for (bool first = true; !err; first = false) {
		struct map_batch b = { first ? NULL : &cursor, &cursor, keys, values, step, 0 };

		err = map_batch(SIDE_LBPF, BPF_MAP_LOOKUP_BATCH, hashes[which], &b);
		for (__u32 i = 0; (!err || err == -ENOENT) && i < b.nr; i++)
			note_seen(seen, keys[i]);
	}
	if (err != -ENOENT)
		wrong("%s: batch: %d", hash_names[which], err);
	check_seen("batch", which, seen);
}

static void *run_walks(void *arg)
{
	unsigned int state = 5;

	while (!atomic_load(&is_over)) {
		for (int which = 0; which < 3; which++) {
			walk_all(which, 1 + rnd_next(&state) % 64);
			batch_all(which, 1 + rnd_next(&state) % 64);
			atomic_fetch_add(&nr_walks, 2);
		}
		for (int i = 0; i < LRU_ENTRIES; i++)
			put(lrus[2], true, make_key(1, rnd_next(&state)), 1, 0);
		if (map_count(lrus[2]) > LRU_ENTRIES)
			wrong("the per-CPU LRU map holds too much");
	}
	return NULL;
}

static int make_inner(__u32 nr)
{
	int fd = create(BPF_MAP_TYPE_HASH, sizeof(struct value), nr, 0);

	for (__u32 n = 0; n < 16; n++)
		put(fd, false, make_key(2 + n % 4, n), 1, 0);
	return fd;
}

/* Inner maps of changing size take each other's place while programs look into them. */
static void *run_replacements(void *arg)
{
	unsigned int state = 9;
	__u32 slot;
	int fd, err;

	while (outer >= 0 && !atomic_load(&is_over)) {
		slot = rnd_next(&state) % NR_INNER;
		fd = make_inner(16 + rnd_next(&state) % 1000);
		err = map_update(SIDE_LBPF, outer, &slot, &fd, BPF_ANY);
		if (err)
			wrong("replacing an inner map: %d", err);
		close(fd);
		if (!(rnd_next(&state) % 8))
			map_delete(SIDE_LBPF, outer, &slot);
		atomic_fetch_add(&nr_replaced, 1);
		usleep(1000);
	}
	return NULL;
}

static void make_outer(void)
{
	int inner = make_inner(100);
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4,
		.max_entries = NR_INNER, .inner_map_fd = inner,
	};

	outer = map_cmd(SIDE_LBPF, BPF_MAP_CREATE, &attr);
	if (outer < 0)
		printf("# no map-in-map: %s\n", strerror(-outer));
	close(inner);
}

static void make_maps(void)
{
	__u32 nr = NR_WORKERS * NR_OWN + NR_FIXED;

	hashes[0] = create(BPF_MAP_TYPE_HASH, sizeof(struct value), nr, 0);
	hashes[1] = create(BPF_MAP_TYPE_HASH, sizeof(struct value), nr, BPF_F_NO_PREALLOC);
	hashes[2] = create(BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct value), nr, 0);
	lrus[0] = create(BPF_MAP_TYPE_LRU_HASH, sizeof(struct value), LRU_ENTRIES, 0);
	lrus[1] = create(BPF_MAP_TYPE_LRU_HASH, sizeof(struct value), LRU_ENTRIES,
			 BPF_F_NO_COMMON_LRU);
	lrus[2] = create(BPF_MAP_TYPE_LRU_PERCPU_HASH, sizeof(struct value), LRU_ENTRIES, 0);
	results = create(BPF_MAP_TYPE_ARRAY, 8, 64, 0);
	make_outer();
	for (int which = 0; which < 3; which++)
		for (int n = 0; n < NR_FIXED; n++)
			if (put(hashes[which], which == 2, make_key(FIXED_OWNER, n), 1, 0))
				wrong("fixed keys");
}

/* Counts, walks and what the threads know agree. */
static void check_end(void)
{
	for (int which = 0; which < 3; which++) {
		__u64 known = NR_FIXED, count = map_count(hashes[which]), walked;

		for (int owner = 0; owner < NR_WORKERS; owner++)
			for (int n = 0; n < NR_OWN; n++) {
				known += !!shadow[which][owner][n];
				if (which != 2 || owner < 2)
					check_own(which, make_key(owner, n),
						  shadow[which][owner][n]);
			}
		walked = walk_all(which, 63);
		printf("%s: %llu known, %llu counted, %llu walked\n", hash_names[which],
		       (unsigned long long)known, (unsigned long long)count,
		       (unsigned long long)walked);
		if (known != count || known != walked)
			wrong("%s: numbers differ", hash_names[which]);
		for (__u64 key; !map_next_key(SIDE_LBPF, hashes[which], NULL, &key);)
			map_delete(SIDE_LBPF, hashes[which], &key);
		if (map_count(hashes[which]))
			wrong("%s: not empty", hash_names[which]);
	}
	for (int i = 0; i < 3; i++)
		printf("LRU map %d: %llu of %u\n", i, (unsigned long long)map_count(lrus[i]),
		       LRU_ENTRIES);
}

int main(int argc, char **argv)
{
	int seconds = argc > 1 ? atoi(argv[1]) : 10;
	pthread_t threads[NR_WORKERS + 2];
	int nr = 0;

	nr_cpus = nr_possible_cpus();
	make_maps();
	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&threads[nr++], NULL, run_commands, (void *)i);
	for (uintptr_t i = 2; i < NR_WORKERS; i++)
		pthread_create(&threads[nr++], NULL, run_packets, (void *)i);
	pthread_create(&threads[nr++], NULL, run_walks, NULL);
	pthread_create(&threads[nr++], NULL, run_replacements, NULL);
	sleep(seconds);
	atomic_store(&is_over, true);
	while (nr)
		pthread_join(threads[--nr], NULL);
	check_end();
	printf("%d s: %lu commands, %lu packets, %lu walks, %lu inner maps replaced, %lu wrong\n",
	       seconds, nr_ops, nr_packets, nr_walks, nr_replaced, nr_wrong);
	return nr_wrong != 0;
}
