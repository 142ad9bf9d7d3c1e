// SPDX-License-Identifier: GPL-2.0
/*
 * Locks and timers in map values: the same results as the kernel's bpf(2), and
 * programs, userspace and timers on both CPUs at once.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/btf.h>
#include <kselftest.h>
#include <linux/bpf.h>
#include <lbpf_test.h>
#include "insns.h"

#define NR(array)	((unsigned int)(sizeof(array) / sizeof((array)[0])))
#define PTR(ptr)	((__u64)(unsigned long)(ptr))
#define NR_WORDS	12

/* As make_types() describes it. */
struct value {
	__u32			number;
	struct bpf_spin_lock	lock;
	struct bpf_timer	timer;
	__u64			words[NR_WORDS];
};

#define LOCK_OFF	offsetof(struct value, lock)
#define TIMER_OFF	offsetof(struct value, timer)
#define WORD_OFF(i)	(offsetof(struct value, words) + 8 * (i))

static int key_id, value_id, func_ids[2];
/* LRU maps and inner maps take timers only. */
static bool has_lock = true;

static int load_types(enum test_side side)
{
	struct btf *btf = btf__new_empty();
	union bpf_attr attr = {};
	int u64_id, lock_id, timer_id, words_id, proto_id, fd;
	__u32 bytes;

	key_id = btf__add_int(btf, "u32", 4, 0);
	u64_id = btf__add_int(btf, "u64", 8, 0);
	lock_id = btf__add_struct(btf, "bpf_spin_lock", 4);
	btf__add_field(btf, "val", key_id, 0, 0);
	timer_id = btf__add_struct(btf, "bpf_timer", 16);
	words_id = btf__add_array(btf, key_id, u64_id, NR_WORDS);
	value_id = btf__add_struct(btf, "value", sizeof(struct value));
	btf__add_field(btf, "number", key_id, 0, 0);
	btf__add_field(btf, "lock", has_lock ? lock_id : key_id, 8 * LOCK_OFF, 0);
	btf__add_field(btf, "timer", timer_id, 8 * TIMER_OFF, 0);
	btf__add_field(btf, "words", words_id, 8 * WORD_OFF(0), 0);
	/* The program, and what its timers call. */
	proto_id = btf__add_func_proto(btf, key_id);
	func_ids[0] = btf__add_func(btf, "prog", BTF_FUNC_STATIC, proto_id);
	func_ids[1] = btf__add_func(btf, "callback", BTF_FUNC_STATIC, proto_id);
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = test_bpf(side, BPF_BTF_LOAD, &attr, 28);
	btf__free(btf);
	return fd;
}

static int make_map(enum test_side side, __u32 type, __u32 nr)
{
	int btf_fd = load_types(side), fd;
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = sizeof(struct value),
		.max_entries = nr, .btf_fd = btf_fd, .btf_key_type_id = key_id,
		.btf_value_type_id = value_id,
	};

	fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		ksft_print_msg("map type %u: %s (btf %d)\n", type, strerror(errno), btf_fd);
	close(btf_fd);
	return fd;
}

static int elem(enum test_side side, int cmd, int map, __u32 key, struct value *value, __u64 flags)
{
	union bpf_attr attr = { .map_fd = map, .key = PTR(&key), .value = PTR(value),
				.flags = flags };

	if (cmd == BPF_MAP_DELETE_ELEM)
		attr.value = 0;
	return test_bpf(side, cmd, &attr, sizeof(attr)) ? -errno : 0;
}

/* @callback: Where the second function begins, 0: there is none. */
static int load(enum test_side side, struct bpf_insn *insns, __u32 nr, __u32 callback)
{
	int btf_fd = load_types(side);
	struct bpf_func_info funcs[2] = { { 0, func_ids[0] }, { callback, func_ids[1] } };
	static char log[65536];
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS, .insns = PTR(insns), .insn_cnt = nr,
		.license = PTR("GPL"), .log_buf = PTR(log), .log_size = sizeof(log),
		.log_level = 1, .prog_btf_fd = btf_fd, .func_info = PTR(funcs),
		.func_info_rec_size = sizeof(funcs[0]), .func_info_cnt = callback ? 2 : 1,
	};
	int fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));

	if (fd < 0)
		ksft_print_msg("load: %s\n%s\n", strerror(errno),
			       log + (strlen(log) > 1000 ? strlen(log) - 1000 : 0));
	close(btf_fd);
	return fd;
}

static int run(enum test_side side, int prog, __u32 repeat)
{
	static char packet[64];
	union bpf_attr attr = { .test.prog_fd = prog, .test.data_in = PTR(packet),
				.test.data_size_in = sizeof(packet), .test.repeat = repeat };

	return test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? -errno : 0;
}

/* R6 becomes the value of the key in R0, or the program ends. */
#define LOOK_UP(map)						\
	STX(BPF_W, BPF_REG_10, BPF_REG_0, -4),			\
	MOV(BPF_REG_2, BPF_REG_10),				\
	ALU64_IMM(BPF_ADD, BPF_REG_2, -4),			\
	LD_MAP_FD(BPF_REG_1, map),				\
	CALL(BPF_FUNC_map_lookup_elem),				\
	JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),			\
	MOV_IMM(BPF_REG_0, 0),					\
	EXIT(),							\
	MOV(BPF_REG_6, BPF_REG_0)

#define FIELD(off)						\
	MOV(BPF_REG_1, BPF_REG_6),				\
	ALU64_IMM(BPF_ADD, BPF_REG_1, off)

#define KEEP(i)	STX(BPF_DW, BPF_REG_6, BPF_REG_0, WORD_OFF(i))

#define INIT(map, clock)					\
	FIELD(TIMER_OFF), LD_MAP_FD(BPF_REG_2, map), MOV_IMM(BPF_REG_3, clock), \
	CALL(BPF_FUNC_timer_init)
#define START(delay, flags)					\
	FIELD(TIMER_OFF), MOV_IMM(BPF_REG_2, delay), MOV_IMM(BPF_REG_3, flags), \
	CALL(BPF_FUNC_timer_start)
#define CANCEL()	FIELD(TIMER_OFF), CALL(BPF_FUNC_timer_cancel)

/* Every result of the helpers in one value each; the function at the end is called later. */
static int timer_results(enum test_side side, __u32 type, struct value *value)
{
	int map = make_map(side, type, 4), prog, i;
	struct bpf_insn insns[] = {
		MOV_IMM(BPF_REG_0, 0),
		LOOK_UP(map),
		CANCEL(), KEEP(0),
		START(1000, 0), KEEP(1),
		INIT(map, 2), KEEP(2),
		INIT(map, 1), KEEP(3),
		INIT(map, 1), KEEP(4),
		START(1000, 0), KEEP(5),
		FIELD(TIMER_OFF),
		LD_IMM64_RAW(BPF_REG_2, BPF_PSEUDO_FUNC, 0),
		CALL(BPF_FUNC_timer_set_callback), KEEP(6),
		START(1000, 0x10), KEEP(7),
		CANCEL(), KEEP(8),
		FIELD(TIMER_OFF),
		LD_IMM64_RAW(BPF_REG_2, BPF_PSEUDO_FUNC, 0),
		CALL(BPF_FUNC_timer_set_callback),
		START(1000, 0), KEEP(9),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		/* the function: R3 is the value */
		MOV(BPF_REG_6, BPF_REG_3),
		LDX(BPF_W, BPF_REG_7, BPF_REG_2, 0),
		CANCEL(), KEEP(10),
		ALU64_IMM(BPF_ADD, BPF_REG_7, 7),
		STX(BPF_DW, BPF_REG_6, BPF_REG_7, WORD_OFF(11)),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};
	__u32 nr = NR(insns), func = nr - 10;

	for (i = 0; i < (int)nr; i++)
		if (insns[i].src_reg == BPF_PSEUDO_FUNC &&
		    insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = func - i - 1;
	memset(value, 0, sizeof(*value));
	if (map < 0 || elem(side, BPF_MAP_UPDATE_ELEM, map, 0, value, 0))
		return -1;
	prog = load(side, insns, nr, func);
	if (prog < 0 || run(side, prog, 1))
		return -1;
	for (i = 0; i < 500; i++) {
		if (elem(side, BPF_MAP_LOOKUP_ELEM, map, 0, value, 0))
			return -1;
		if (value->words[11])
			break;
		usleep(10000);
	}
	close(prog);
	close(map);
	return 0;
}

static void test_timer_results(__u32 type, const char *name)
{
	struct value ours, theirs;
	bool ok;
	int i;

	ok = !timer_results(SIDE_LBPF, type, &ours) && !timer_results(SIDE_KERNEL, type, &theirs);
	for (i = 0; ok && i < NR_WORDS; i++)
		if (ours.words[i] != theirs.words[i]) {
			ksft_print_msg("call %d: lbpf %lld, kernel %lld\n", i,
				       (long long)ours.words[i], (long long)theirs.words[i]);
			ok = false;
		}
	ksft_test_result(ok && ours.words[11] == 7, "timer calls as in bpf(2), and it fires: %s\n",
			 name);
}

/**
 * struct lock_race - Who writes and reads one value
 * @map: Map.
 * @prog: Program that adds 1 to all words under the lock.
 * @nr_torn: Reads with words that differ.
 * @is_over: The writer is done.
 */
struct lock_race {
	int		map;
	int		prog;
	atomic_int	nr_torn;
	atomic_int	is_over;
};

static bool is_whole(const struct value *value)
{
	int i;

	for (i = 1; i < NR_WORDS; i++)
		if (value->words[i] != value->words[0])
			return false;
	return !value->lock.val;
}

static void *read_locked(void *arg)
{
	struct lock_race *race = arg;
	struct value value;
	__u64 n = 0;
	int i;

	while (!race->is_over) {
		if (elem(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, race->map, 0, &value, BPF_F_LOCK) ||
		    !is_whole(&value))
			race->nr_torn++;
		memset(&value, 0xff, sizeof(value));
		for (i = 0; i < NR_WORDS; i++)
			value.words[i] = ++n << 32;
		for (i = 0; i < NR_WORDS; i++)
			value.words[i] = value.words[0];
		if (elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, race->map, 0, &value, BPF_F_LOCK))
			race->nr_torn++;
	}
	return NULL;
}

static int load_adder(int map)
{
	struct bpf_insn insns[32 + NR_WORDS] = {
		MOV_IMM(BPF_REG_0, 0),
		LOOK_UP(map),
		FIELD(LOCK_OFF), CALL(BPF_FUNC_spin_lock),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_6, WORD_OFF(0)),
		ALU64_IMM(BPF_ADD, BPF_REG_1, 1),
	};
	const struct bpf_insn end[] = {
		FIELD(LOCK_OFF), CALL(BPF_FUNC_spin_unlock), MOV_IMM(BPF_REG_0, 0), EXIT(),
	};
	int n = 0, i;

	while (insns[n].code || (n && insns[n - 1].code == (BPF_LD | BPF_IMM | BPF_DW)))
		n++;
	for (i = 0; i < NR_WORDS; i++)
		insns[n++] = STX(BPF_DW, BPF_REG_6, BPF_REG_1, WORD_OFF(i));
	memcpy(insns + n, end, sizeof(end));
	return load(SIDE_LBPF, insns, n + NR(end), 0);
}

static void test_lock_race(__u32 type, const char *name)
{
	struct lock_race race = { .map = make_map(SIDE_LBPF, type, 4) };
	struct value value = {};
	pthread_t thread;
	bool ok;
	int i;

	race.prog = load_adder(race.map);
	ok = race.map >= 0 && race.prog >= 0 &&
	     !elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, race.map, 0, &value, 0) &&
	     !pthread_create(&thread, NULL, read_locked, &race);
	for (i = 0; ok && i < 40; i++) {
		run(SIDE_LBPF, race.prog, 2000);
		/* A new element with the same key now and then. */
		if (i % 4 == 3)
			elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, race.map, 0, &value, 0);
	}
	race.is_over = 1;
	if (ok)
		pthread_join(thread, NULL);
	ksft_test_result(ok && !race.nr_torn, "locked values stay whole: %s\n", name);
	close(race.map);
	close(race.prog);
}

/* Twice as many keys as there is room for: an LRU map evicts. */
#define CHAOS_ROOM	8
#define CHAOS_KEY_MASK	(2 * CHAOS_ROOM - 1)

/* Timers that start themselves again, end others' elements, and are cancelled. */
static int load_chaos(int map)
{
	struct bpf_insn insns[] = {
		CALL(BPF_FUNC_get_prandom_u32),
		ALU64_IMM(BPF_AND, BPF_REG_0, CHAOS_KEY_MASK),
		LOOK_UP(map),
		INIT(map, 1),
		FIELD(TIMER_OFF),
		LD_IMM64_RAW(BPF_REG_2, BPF_PSEUDO_FUNC, 0),
		CALL(BPF_FUNC_timer_set_callback),
		START(1000, 0),
		CALL(BPF_FUNC_get_prandom_u32),
		JMP_IMM(BPF_JSET, BPF_REG_0, 3, 3),
		CANCEL(),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		/* the function: R1 map, R2 key, R3 value */
		MOV(BPF_REG_7, BPF_REG_1),
		MOV(BPF_REG_8, BPF_REG_2),
		MOV(BPF_REG_6, BPF_REG_3),
		START(500, 0),
		CALL(BPF_FUNC_get_prandom_u32),
		JMP_IMM(BPF_JSET, BPF_REG_0, 7, 3),
		MOV(BPF_REG_1, BPF_REG_7),
		MOV(BPF_REG_2, BPF_REG_8),
		CALL(BPF_FUNC_map_delete_elem),
		LDX(BPF_W, BPF_REG_0, BPF_REG_8, 0),
		ALU64_IMM(BPF_XOR, BPF_REG_0, 1),
		LOOK_UP(map),
		CANCEL(),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};
	__u32 nr = NR(insns), i, func = 0;

	for (i = 0; i < nr; i++)
		if (insns[i].code == (BPF_ALU64 | BPF_MOV | BPF_X) && insns[i].dst_reg == 7)
			func = i;
	for (i = 0; i < nr; i++)
		if (insns[i].src_reg == BPF_PSEUDO_FUNC &&
		    insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = func - i - 1;
	return load(SIDE_LBPF, insns, nr, func);
}

static void *change_elements(void *arg)
{
	struct lock_race *race = arg;
	struct value value = {};
	__u32 n = 0;

	while (!race->is_over) {
		elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, race->map, n++ & CHAOS_KEY_MASK,
		     &value, 0);
		elem(SIDE_LBPF, BPF_MAP_DELETE_ELEM, race->map, n * 5 & CHAOS_KEY_MASK,
		     &value, 0);
	}
	return NULL;
}

static void test_timer_race(__u32 type, const char *name)
{
	struct value value = {};
	pthread_t thread;
	bool ok = true;
	int round, i;

	for (round = 0; ok && round < 6; round++) {
		struct lock_race race = { .map = make_map(SIDE_LBPF, type, CHAOS_ROOM) };

		race.prog = load_chaos(race.map);
		ok = race.map >= 0 && race.prog >= 0;
		for (i = 0; ok && i < CHAOS_ROOM; i++)
			elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, race.map, i, &value, 0);
		ok = ok && !pthread_create(&thread, NULL, change_elements, &race);
		for (i = 0; ok && i < 10; i++)
			ok = !run(SIDE_LBPF, race.prog, 200);
		if (round & 1)
			close(race.prog);
		race.is_over = 1;
		if (ok)
			pthread_join(thread, NULL);
		/* Timers are pending, and some run. */
		run(SIDE_LBPF, race.prog, 50);
		close(race.map);
		if (!(round & 1))
			close(race.prog);
	}
	ksft_test_result(ok, "timers while their elements and maps go: %s\n", name);
}

/**
 * struct inner_race - A map of maps and the program that starts timers in its inner maps
 * @outer: Array of one map.
 * @prog: Program.
 * @nr_failed: Calls that failed and must not.
 * @is_over: No more replacing.
 */
struct inner_race {
	int		outer;
	int		prog;
	atomic_int	nr_failed;
	atomic_int	is_over;
};

static int make_outer(int inner)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4, .value_size = 4,
		.max_entries = 1, .inner_map_fd = inner,
	};

	return test_bpf(SIDE_LBPF, BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Starts the timer of a random element of the inner map; the timer starts itself again. */
static int load_inner_starter(int outer)
{
	struct bpf_insn insns[] = {
		ST_IMM(BPF_W, BPF_REG_10, -8, 0),
		MOV(BPF_REG_2, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_2, -8),
		LD_MAP_FD(BPF_REG_1, outer),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		MOV(BPF_REG_7, BPF_REG_0),
		CALL(BPF_FUNC_get_prandom_u32),
		ALU64_IMM(BPF_AND, BPF_REG_0, 7),
		STX(BPF_W, BPF_REG_10, BPF_REG_0, -4),
		MOV(BPF_REG_2, BPF_REG_10),
		ALU64_IMM(BPF_ADD, BPF_REG_2, -4),
		MOV(BPF_REG_1, BPF_REG_7),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, BPF_REG_0, 0, 2),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		MOV(BPF_REG_6, BPF_REG_0),
		FIELD(TIMER_OFF), MOV(BPF_REG_2, BPF_REG_7), MOV_IMM(BPF_REG_3, 1),
		CALL(BPF_FUNC_timer_init),
		FIELD(TIMER_OFF),
		LD_IMM64_RAW(BPF_REG_2, BPF_PSEUDO_FUNC, 0),
		CALL(BPF_FUNC_timer_set_callback),
		START(1000, 0),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
		/* the function: R3 is the value */
		MOV(BPF_REG_6, BPF_REG_3),
		START(500, 0),
		MOV_IMM(BPF_REG_0, 0),
		EXIT(),
	};
	__u32 nr = NR(insns), func = nr - 8, i;

	for (i = 0; i < nr; i++)
		if (insns[i].src_reg == BPF_PSEUDO_FUNC &&
		    insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			insns[i].imm = func - i - 1;
	return load(SIDE_LBPF, insns, nr, func);
}

static void replace_inner(struct inner_race *race, __u32 type)
{
	struct value value = {};
	int inner = make_map(SIDE_LBPF, type, 8);
	__u32 i, key = 0;
	union bpf_attr attr = { .map_fd = race->outer, .key = PTR(&key), .value = PTR(&inner) };

	for (i = 0; i < 8; i++)
		elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, inner, i, &value, 0);
	if (test_bpf(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		race->nr_failed++;
	if (type != BPF_MAP_TYPE_ARRAY)
		for (i = 0; i < 4; i++)
			elem(SIDE_LBPF, BPF_MAP_DELETE_ELEM, inner, i, &value, 0);
	close(inner);
}

static void *run_inner(void *arg)
{
	struct inner_race *race = arg;

	while (!race->is_over)
		if (run(SIDE_LBPF, race->prog, 100))
			race->nr_failed++;
	return NULL;
}

static void test_inner_race(__u32 type, const char *name)
{
	int inner = make_map(SIDE_LBPF, type, 8), i;
	struct inner_race race = { .outer = make_outer(inner) };
	pthread_t thread;
	bool ok;

	race.prog = load_inner_starter(race.outer);
	ok = race.outer >= 0 && race.prog >= 0 &&
	     !pthread_create(&thread, NULL, run_inner, &race);
	for (i = 0; ok && i < 60; i++)
		replace_inner(&race, type);
	race.is_over = 1;
	if (ok)
		pthread_join(thread, NULL);
	close(inner);
	close(race.outer);
	close(race.prog);
	ksft_test_result(ok && !race.nr_failed, "timers of inner maps that are replaced: %s\n",
			 name);
}

/* Neither may be seen or stopped from a mapping, nor made read-only: as in bpf(2). */
static void test_frozen(enum test_side side, int results[2])
{
	union bpf_attr attr = {};
	int map = make_map(side, BPF_MAP_TYPE_ARRAY, 4);

	attr.map_fd = map;
	results[0] = test_bpf(side, BPF_MAP_FREEZE, &attr, sizeof(attr)) ? -errno : 0;
	results[1] = mmap(NULL, 4096, PROT_READ, MAP_SHARED, map, 0) == MAP_FAILED ? -errno : 0;
	close(map);
}

static void test_refusals(void)
{
	int ours[2], theirs[2];

	test_frozen(SIDE_LBPF, ours);
	test_frozen(SIDE_KERNEL, theirs);
	ksft_test_result(ours[0] == theirs[0] && ours[1] == theirs[1] && ours[0] && ours[1],
			 "freeze and mmap refused as in bpf(2): %d %d, kernel %d %d\n",
			 ours[0], ours[1], theirs[0], theirs[1]);
}

#define NR_BATCH	4

/* What a batch command answers, and what it moved. */
struct batch_result {
	int ret;
	__u32 nr;
	struct value values[NR_BATCH];
};

static struct batch_result batch(enum test_side side, int cmd, int map, __u64 elem_flags,
				 __u64 first_word)
{
	__u32 keys[NR_BATCH] = { 0, 1, 2, 3 }, next;
	struct batch_result result = {};
	union bpf_attr attr = {};

	/* The lock and the timer of userspace's value are not taken. */
	memset(result.values, cmd == BPF_MAP_UPDATE_BATCH ? 0x77 : 0, sizeof(result.values));
	for (__u32 i = 0; i < NR_BATCH && cmd == BPF_MAP_UPDATE_BATCH; i++)
		result.values[i].words[0] = first_word + i;
	attr.batch.map_fd = map;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(result.values);
	attr.batch.count = NR_BATCH;
	attr.batch.elem_flags = elem_flags;
	if (cmd == BPF_MAP_LOOKUP_BATCH || cmd == BPF_MAP_LOOKUP_AND_DELETE_BATCH)
		attr.batch.out_batch = PTR(&next);
	result.ret = test_bpf(side, cmd, &attr, sizeof(attr)) ? -errno : 0;
	result.nr = attr.batch.count;
	return result;
}

/* By the key they were written with: hash maps have orders of their own. */
static void sort_values(struct batch_result *result)
{
	for (int i = 0; i < NR_BATCH; i++) {
		for (int j = i + 1; j < NR_BATCH; j++) {
			struct value tmp = result->values[i];

			if (tmp.words[0] <= result->values[j].words[0])
				continue;
			result->values[i] = result->values[j];
			result->values[j] = tmp;
		}
	}
}

static void run_batches(enum test_side side, __u32 type, struct batch_result *results)
{
	static const struct {
		int cmd;
		__u64 flags;
		__u64 first_word;
	} steps[] = {
		{ BPF_MAP_UPDATE_BATCH, BPF_ANY, 10 },
		{ BPF_MAP_UPDATE_BATCH, BPF_F_LOCK, 20 },
		{ BPF_MAP_LOOKUP_BATCH, BPF_F_LOCK, 0 },
		{ BPF_MAP_UPDATE_BATCH, BPF_F_LOCK | BPF_EXIST, 30 },
		{ BPF_MAP_UPDATE_BATCH, BPF_F_LOCK | BPF_NOEXIST, 40 },
		{ BPF_MAP_LOOKUP_BATCH, 0, 0 },
		{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, BPF_F_LOCK, 0 },
		{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, 0, 0 },
		{ BPF_MAP_LOOKUP_BATCH, BPF_F_LOCK, 0 },
	};
	int map = make_map(side, type, NR_BATCH);

	for (__u32 i = 0; i < NR(steps); i++) {
		results[i] = batch(side, steps[i].cmd, map, steps[i].flags, steps[i].first_word);
		sort_values(&results[i]);
	}
	close(map);
}

#define NR_STEPS	9

static void test_batches(__u32 type, const char *name)
{
	static struct batch_result ours[NR_STEPS], theirs[NR_STEPS];
	bool ok = true;

	run_batches(SIDE_LBPF, type, ours);
	run_batches(SIDE_KERNEL, type, theirs);
	for (__u32 i = 0; i < NR_STEPS; i++) {
		if (!memcmp(&ours[i], &theirs[i], sizeof(ours[i])))
			continue;
		ok = false;
		ksft_print_msg("step %u: lbpf %d %u, bpf(2) %d %u\n", i, ours[i].ret, ours[i].nr,
			       theirs[i].ret, theirs[i].nr);
	}
	ksft_test_result(ok && (!has_lock || ours[2].values[3].words[0] == 23),
			 "batches under the lock as in bpf(2): %s\n", name);
}

int main(void)
{
	static const struct {
		__u32 type;
		const char *name;
	} types[] = {
		{ BPF_MAP_TYPE_ARRAY, "array" },
		{ BPF_MAP_TYPE_HASH, "hash" },
		{ BPF_MAP_TYPE_LRU_HASH, "LRU hash" },
	};
	struct lbpf_stats before;
	unsigned int i;

	ksft_print_header();
	ksft_set_plan(4 * NR(types) + 4);
	lbpf_stats_begin(&before);
	for (i = 0; i < NR(types); i++) {
		has_lock = types[i].type != BPF_MAP_TYPE_LRU_HASH;
		test_timer_results(types[i].type, types[i].name);
		if (has_lock)
			test_lock_race(types[i].type, types[i].name);
		test_timer_race(types[i].type, types[i].name);
		has_lock = false;
		test_inner_race(types[i].type, types[i].name);
	}
	has_lock = true;
	test_batches(BPF_MAP_TYPE_ARRAY, "array");
	test_batches(BPF_MAP_TYPE_HASH, "hash");
	has_lock = false;
	test_batches(BPF_MAP_TYPE_HASH, "hash without a lock");
	has_lock = true;
	test_refusals();
	ksft_test_result(lbpf_nothing_left(&before), "nothing is left\n");
	ksft_finished();
}
