/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the stress program share.
 */
#ifndef _STRESS_H
#define _STRESS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "../maps/maps.h"
#include "insns.h"

#define NR_OWN		1024	/* keys that belong to one thread */
#define NR_FIXED	512	/* keys that nobody deletes */
#define FIXED_OWNER	15
#define NR_WORKERS	6	/* threads with keys of their own: 2 by commands, 4 by packets */
#define LRU_ENTRIES	1000
#define NR_INNER	4

struct value {
	__u64 a;
	__u64 b;	/* ~a: a value of two updates shows */
};

static inline __u64 make_key(unsigned int owner, unsigned int n)
{
	return (__u64)owner << 32 | n;
}

static inline struct value make_value(__u64 key, __u32 version)
{
	__u64 a = key * 0x9e3779b97f4a7c15ULL + version;

	return (struct value){ a, ~a };
}

extern atomic_bool is_over;
extern atomic_ulong nr_wrong, nr_ops, nr_packets, nr_walks, nr_replaced;

/* Counts what must not be, and tells the first of them. */
void wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

extern int hashes[3], lrus[3], outer, results;
extern const char * const hash_names[3];

unsigned int rnd_next(unsigned int *state);

/* programs.c */
int load_worker(int hash, int lru, unsigned int slot);

#endif
