// SPDX-License-Identifier: GPL-2.0
/*
 * LPM tries: programs look up on one CPU while userspace changes and walks the trie on
 * the other; and the order of a walk, beside the kernel's.
 *
 * The value of a prefix is the prefix itself, so that each value found can be judged: it
 * covers the address.  Sixteen prefixes are never deleted, and cover all addresses.
 */
#include <arpa/inet.h>
#include <kselftest.h>
#include <linux/filter.h>
#include <pthread.h>
#include <stdatomic.h>

#include "insns.h"
#include "maps.h"

#define NR_CHANGES	20000
#define NR_VOLATILE	512
#define NR_LASTING	16
#define LASTING_BITS	16
#define NET		0x0a000000U
/* Bits that addresses differ in: the lasting prefix, and few enough below it. */
#define VARIES		0x000f07ffU

struct prefix {
	__u32 len;
	__be32 addr;
};

enum result {
	NR_MISSED,
	NR_WRONG,
	NR_DONE,
	NR_RESULTS,
};

struct race {
	int trie;
	int prog;
	atomic_bool is_over;
	unsigned int nr_walks;
	unsigned int nr_bad_walks;
};

static const struct map_spec trie_spec = {
	BPF_MAP_TYPE_LPM_TRIE, sizeof(struct prefix), 8, 4096, BPF_F_NO_PREALLOC
};

static __u64 value_of(__u32 len, __u32 addr)
{
	return (__u64)len << 32 | addr;
}

static int put(enum test_side side, int fd, __u32 len, __u32 addr)
{
	struct prefix p = { len, htonl(addr) };
	__u64 value = value_of(len, addr);

	return map_update(side, fd, &p, &value, BPF_ANY);
}

static __u32 random_addr(unsigned int *seed)
{
	return NET | (rand_r(seed) & VARIES);
}

/* R1 = *(R8 + 8 * @result) + 1, and back. */
#define COUNT(result)							\
	LDX(BPF_DW, BPF_REG_1, BPF_REG_8, 8 * (result)),		\
	ALU64_IMM(BPF_ADD, BPF_REG_1, 1),				\
	STX(BPF_DW, BPF_REG_8, BPF_REG_1, 8 * (result))

/* Looks 64 random addresses up. */
static int load(int trie, int results)
{
	struct bpf_insn insns[] = {
		ST_IMM(BPF_W, BPF_REG_10, -16, 0), LD_MAP_FD(BPF_REG_1, results),
		MOV(BPF_REG_2, BPF_REG_10), ALU64_IMM(BPF_ADD, BPF_REG_2, -16),
		CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_0, 0), EXIT(), MOV(BPF_REG_8, BPF_REG_0), MOV_IMM(BPF_REG_7, 64),
		/* the next address, in R6 and as a key */
		CALL(BPF_FUNC_get_prandom_u32), MOV(BPF_REG_6, BPF_REG_0),
		ALU64_IMM(BPF_AND, BPF_REG_6, VARIES), ALU64_IMM(BPF_OR, BPF_REG_6, NET),
		ST_IMM(BPF_W, BPF_REG_10, -8, 32), MOV(BPF_REG_1, BPF_REG_6),
		ENDIAN(BPF_TO_BE, BPF_REG_1, 32), STX(BPF_W, BPF_REG_10, BPF_REG_1, -4),
		LD_MAP_FD(BPF_REG_1, trie), MOV(BPF_REG_2, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_2, -8), CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 4), COUNT(NR_MISSED), JA(13),
		/* R2 is the length, R1 what differs below it */
		LDX(BPF_DW, BPF_REG_1, BPF_REG_0, 0), MOV(BPF_REG_2, BPF_REG_1),
		ALU64_IMM(BPF_RSH, BPF_REG_2, 32), JMP_IMM(BPF_JLT, BPF_REG_2, LASTING_BITS, 6),
		JMP_IMM(BPF_JGT, BPF_REG_2, 32, 5), ALU32(BPF_XOR, BPF_REG_1, BPF_REG_6),
		MOV_IMM(BPF_REG_3, 32), ALU64(BPF_SUB, BPF_REG_3, BPF_REG_2),
		ALU64(BPF_RSH, BPF_REG_1, BPF_REG_3), JMP_IMM(BPF_JEQ, BPF_REG_1, 0, 3),
		COUNT(NR_WRONG),
		COUNT(NR_DONE),
		ALU64_IMM(BPF_SUB, BPF_REG_7, 1), JMP_IMM(BPF_JNE, BPF_REG_7, 0, -36),
		MOV_IMM(BPF_REG_0, 0), EXIT(),
	};
	union bpf_attr attr = {};
	int prog;

	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = ARRAY_SIZE_OF(insns);
	attr.license = (uintptr_t)"GPL";
	prog = map_cmd(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	if (prog < 0)
		ksft_print_msg("load: %d\n", prog);
	return prog;
}

static void *look_up(void *arg)
{
	static char packet[64];
	struct race *race = arg;
	union bpf_attr attr = {};

	test_pin(0);
	attr.test.prog_fd = race->prog;
	attr.test.data_in = (uintptr_t)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = 20;
	while (!race->is_over)
		if (map_cmd(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr))
			break;
	return NULL;
}

/* Each lasting prefix once, and no prefix with the value of another one. */
static bool walk_is_right(int trie)
{
	struct prefix keys[32], last;
	__u64 values[32];
	struct lbpf_map_walk w = {
		.map_fd = trie, .keys = (uintptr_t)keys, .values = (uintptr_t)values,
		.cursor_key = (uintptr_t)&last,
	};
	unsigned int seen[NR_LASTING] = {}, i;
	bool ok = true;

	while (!w.is_end && ok) {
		w.count = ARRAY_SIZE_OF(keys);
		if (test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)))
			return false;
		for (i = 0; i < w.count; i++) {
			ok = ok && values[i] == value_of(keys[i].len, ntohl(keys[i].addr));
			if (keys[i].len == LASTING_BITS)
				seen[ntohl(keys[i].addr) >> 16 & 15]++;
		}
	}
	for (i = 0; i < NR_LASTING; i++)
		ok = ok && seen[i] == 1;
	return ok;
}

static void *walk(void *arg)
{
	struct race *race = arg;

	test_pin(1);
	for (; !race->is_over; race->nr_walks++)
		race->nr_bad_walks += !walk_is_right(race->trie);
	return NULL;
}

/* Longer prefixes than the lasting ones come and go; the number of those that stay. */
static unsigned int change(int trie)
{
	static struct prefix set[NR_VOLATILE];
	static bool is_in[NR_VOLATILE];
	unsigned int seed = 7, nr = 0, n;
	__u32 len;

	for (n = 0; n < NR_VOLATILE; n++) {
		len = LASTING_BITS + 1 + n % (32 - LASTING_BITS);
		/* Distinct: the set of each length is numbered. */
		set[n] = (struct prefix){
			len, htonl((random_addr(&seed) & ~0U << (32 - len)) | 1U << (32 - len)),
		};
	}
	for (int i = 0; i < NR_CHANGES; i++) {
		n = rand_r(&seed) % NR_VOLATILE;
		if (rand_r(&seed) % 8 < 5)
			put(SIDE_LBPF, trie, set[n].len, ntohl(set[n].addr));
		else
			map_delete(SIDE_LBPF, trie, &set[n]);
	}
	for (n = 0; n < NR_VOLATILE; n++) {
		__u64 value;

		is_in[n] = !map_lookup(SIDE_LBPF, trie, &set[n], &value) &&
			   value == value_of(set[n].len, ntohl(set[n].addr));
		for (unsigned int m = 0; m < n && is_in[n]; m++)
			is_in[n] = memcmp(&set[n], &set[m], sizeof(set[n]));
		nr += is_in[n];
	}
	return nr;
}

static void test_race(void)
{
	static const struct map_spec results_spec = { BPF_MAP_TYPE_ARRAY, 4, 8 * NR_RESULTS, 1, 0 };
	int results = map_create(SIDE_LBPF, &results_spec);
	struct race race = { .trie = map_create(SIDE_LBPF, &trie_spec) };
	__u64 got[NR_RESULTS] = {};
	pthread_t threads[2];
	unsigned int nr;
	__u32 zero = 0;

	for (__u32 i = 0; i < NR_LASTING; i++)
		put(SIDE_LBPF, race.trie, LASTING_BITS, NET | i << 16);
	race.prog = load(race.trie, results);
	pthread_create(&threads[0], NULL, look_up, &race);
	pthread_create(&threads[1], NULL, walk, &race);
	nr = change(race.trie);
	race.is_over = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	map_lookup(SIDE_LBPF, results, &zero, got);
	ksft_print_msg("%llu lookups, %u walks, %u prefixes\n", got[NR_DONE], race.nr_walks, nr);
	ksft_test_result(got[NR_DONE] && !got[NR_MISSED],
			 "programs never miss a prefix that lasts: %llu\n", got[NR_MISSED]);
	ksft_test_result(got[NR_DONE] && !got[NR_WRONG],
			 "what they find covers the address: %llu does not\n", got[NR_WRONG]);
	ksft_test_result(race.nr_walks && !race.nr_bad_walks,
			 "walks meet what lasts once: %u do not\n", race.nr_bad_walks);
	ksft_test_result(map_count(race.trie) == NR_LASTING + nr, "the count is right\n");
	close(race.prog);
	close(race.trie);
	close(results);
}

/* The whole walk by GET_NEXT_KEY, on both sides; where keys are deleted on the way, too. */
static void test_order(bool deletes)
{
	int fd[2] = { map_create(SIDE_LBPF, &trie_spec), map_create(SIDE_KERNEL, &trie_spec) };
	struct prefix key[2] = {}, next[2] = {};
	unsigned int seed = 3, nr = 0;
	bool ok = true;
	__u32 len, addr;
	int err[2];

	for (int i = 0; i < 2000; i++) {
		len = rand_r(&seed) % 33;
		addr = random_addr(&seed);
		for (int side = 0; side < 2; side++)
			put(side, fd[side], len, addr);
	}
	for (;; nr++) {
		for (int side = 0; side < 2; side++)
			err[side] = map_next_key(side, fd[side], nr ? &key[side] : NULL,
						 &next[side]);
		ok = ok && err[0] == err[1] && !memcmp(&next[0], &next[1], sizeof(next[0]));
		if (!ok || err[0] || nr > 8000)
			break;
		/* A walk whose key is gone begins again. */
		for (int side = 0; side < 2 && deletes && nr % 3 == 0; side++)
			map_delete(side, fd[side], &next[side]);
		memcpy(key, next, sizeof(key));
	}
	ksft_test_result(ok && nr > 500, "GET_NEXT_KEY%s goes as in bpf(2): %u keys\n",
			 deletes ? " over deleted keys" : "", nr);
	close(fd[0]);
	close(fd[1]);
}

/* A position in a trie has a key, and needs room for it. */
static void test_walk_errors(void)
{
	int fd = map_create(SIDE_LBPF, &trie_spec);
	struct lbpf_map_walk w = { .map_fd = fd, .count = 1 };
	struct prefix last;
	bool ok;

	put(SIDE_LBPF, fd, 24, NET);
	ok = test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)) && errno == EINVAL;
	ok = ok && test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, offsetof(struct lbpf_map_walk,
								   cursor_key)) && errno == EINVAL;
	w.cursor_key = 8;
	ok = ok && test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)) && errno == EFAULT;
	w.cursor = 1;
	ok = ok && test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)) && errno == EFAULT;
	w.cursor = 0;
	w.cursor_key = (uintptr_t)&last;
	ok = ok && !test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)) && w.count == 1;
	/* Any key is a position. */
	last = (struct prefix){ ~0U, ~0U };
	w.count = 5;
	ok = ok && !test_bpf(SIDE_LBPF, LBPF_MAP_WALK, &w, sizeof(w)) && w.is_end;
	ksft_test_result(ok, "a walk needs room for a key\n");
	close(fd);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(7);
	test_race();
	test_walk_errors();
	test_order(false);
	test_order(true);
	ksft_finished();
}
