// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzer of /dev/lbpf: random attributes made from good ones.
 *
 * Threads work on the same few descriptors, which change under their feet:
 * each is closed, replaced by another kind of file, or mapped while others use
 * it.  The calls of a thread depend on its seed alone; how the threads meet
 * does not.  The test passes when the kernel lives, nothing that must fail
 * succeeds, and the module holds no more than before.
 *
 * usage: fuzz [SEED [CALLS]]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <kselftest.h>
#include "insns.h"
#include "lbpf_test.h"
#include "raw_types.h"

#define NR_THREADS	3
#define NR_CALLS	12000	/* of each thread */
#define NR_SLOTS	24	/* descriptors */
#define SLOT_FD		200	/* the first of them */
#define BIG_BYTES	(8ULL << 20)
#define REPEAT_MAX	100	/* TEST_RUN */

#define PAGE_BYTES	4096
#define BUF_BYTES	(2 * PAGE_BYTES)

#define PTR(p)		((uint64_t)(uintptr_t)(p))

struct fuzzer {
	pthread_t thread;
	uint32_t state;		/* of the random numbers */
	unsigned long nr_good;	/* calls that succeeded */
	unsigned char *buf;	/* what calls write to; nothing is mapped on either side of it */
	struct bpf_insn insns[64];
};

static unsigned long nr_calls = NR_CALLS;

static uint32_t rnd(struct fuzzer *f)
{
	f->state ^= f->state << 13;
	f->state ^= f->state >> 17;
	f->state ^= f->state << 5;
	return f->state;
}

static uint32_t rnd_below(struct fuzzer *f, uint32_t limit)
{
	return rnd(f) % limit;
}

static int any_fd(struct fuzzer *f)
{
	if (!rnd_below(f, 16))
		return (int)rnd(f) >> rnd_below(f, 32);
	return SLOT_FD + rnd_below(f, NR_SLOTS);
}

static uint64_t any_pointer(struct fuzzer *f)
{
	switch (rnd_below(f, 12)) {
	case 0:
		return 0;
	case 1:
		return 0x1000;
	case 2:
		return 0xffff888000000000ULL + rnd(f);
	case 3:
		return ~0ULL - rnd_below(f, 64);
	case 4:
		/* The end of it is not there. */
		return PTR(f->buf) + BUF_BYTES - 1 - rnd_below(f, 64);
	}
	return PTR(f->buf) + rnd_below(f, 4096);
}

static uint32_t any_number(struct fuzzer *f)
{
	static const uint32_t numbers[] = {
		0, 1, 2, 3, 4, 8, 16, 64, 100, 512, 513, 4096, 4097, 0x7fff, 0xffff, 0x10000,
		0x7fffffff, 0x80000000,
		0xfffffffe, 0xffffffff,
	};

	if (!rnd_below(f, 8))
		return rnd(f);
	return numbers[rnd_below(f, ARRAY_SIZE(numbers))];
}

/* Types with rules of their own. */
static void fill_create_other(struct fuzzer *f, union bpf_attr *attr)
{
	switch (attr->map_type) {
	case BPF_MAP_TYPE_QUEUE:
	case BPF_MAP_TYPE_STACK:
	case BPF_MAP_TYPE_BLOOM_FILTER:
		attr->key_size = 0;
		break;
	case BPF_MAP_TYPE_LPM_TRIE:
		attr->key_size = 5 + rnd_below(f, 20);
		attr->map_flags = BPF_F_NO_PREALLOC;
		break;
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_HASH_OF_MAPS:
		attr->value_size = 4;
		attr->inner_map_fd = any_fd(f);
		break;
	}
}

/* Good attributes of each command, for what happens to be in the slots. */
static void fill_create(struct fuzzer *f, union bpf_attr *attr)
{
	static const uint32_t types[] = {
		BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
		BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_QUEUE, BPF_MAP_TYPE_STACK,
		BPF_MAP_TYPE_BLOOM_FILTER, BPF_MAP_TYPE_LPM_TRIE, BPF_MAP_TYPE_ARRAY_OF_MAPS,
		BPF_MAP_TYPE_HASH_OF_MAPS,
	};

	attr->map_type = types[rnd_below(f, ARRAY_SIZE(types))];
	attr->key_size = 4;
	attr->value_size = 1 + rnd_below(f, 64);
	attr->max_entries = 1 + rnd_below(f, 100);
	if (attr->map_type == BPF_MAP_TYPE_HASH || attr->map_type == BPF_MAP_TYPE_PERCPU_HASH)
		attr->map_flags = rnd_below(f, 2) ? BPF_F_NO_PREALLOC : 0;
	else if (attr->map_type == BPF_MAP_TYPE_ARRAY)
		attr->map_flags = rnd_below(f, 2) ? BPF_F_MMAPABLE : 0;
	else
		fill_create_other(f, attr);
	if (rnd_below(f, 3))
		return;
	attr->value_size = RAW_VALUE_BYTES;
	attr->btf_fd = any_fd(f);
	attr->btf_key_type_id = RAW_U32_ID;
	attr->btf_value_type_id = RAW_VALUE_ID;
}

/* Types, changed here and there. */
static void fill_types(struct fuzzer *f, union bpf_attr *attr)
{
	uint32_t *words = (void *)f->buf, *word, i;

	make_raw_types((void *)f->buf);
	for (i = rnd_below(f, 4); i > 0; i--) {
		word = &words[rnd_below(f, sizeof(struct raw_types) / 4)];
		if (rnd_below(f, 2))
			*word = any_number(f);
		else
			*word = RAW_INFO(rnd_below(f, 20), rnd_below(f, 4));
	}
	attr->btf = PTR(f->buf);
	attr->btf_size = sizeof(struct raw_types);
	if (rnd_below(f, 2)) {
		attr->btf_log_level = 1;
		attr->btf_log_buf = PTR(f->buf) + 4096;
		attr->btf_log_size = 4096;
	}
}

static void fill_elem(struct fuzzer *f, union bpf_attr *attr)
{
	attr->map_fd = any_fd(f);
	attr->key = PTR(f->buf);
	attr->value = PTR(f->buf) + 64;
	attr->flags = rnd_below(f, 4) ? 0 : rnd_below(f, 8);
	memset(f->buf, 0, 64);
	f->buf[0] = rnd_below(f, 128);
}

static void fill_batch(struct fuzzer *f, union bpf_attr *attr)
{
	attr->batch.map_fd = any_fd(f);
	attr->batch.count = rnd_below(f, 32);
	attr->batch.keys = PTR(f->buf);
	attr->batch.values = PTR(f->buf) + 512;
	attr->batch.out_batch = PTR(f->buf) + 4096;
	attr->batch.in_batch = rnd_below(f, 2) ? PTR(f->buf) + 4096 : 0;
}

static void fill_load(struct fuzzer *f, union bpf_attr *attr)
{
	const struct bpf_insn good[] = {
		MOV(6, 1), ST_IMM(BPF_DW, 10, -8, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -8),
		LD_MAP_FD(1, any_fd(f)),
		CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, 0, 0, 2), MOV_IMM(1, 1),
		ATOMIC(BPF_W, BPF_ADD, 0, 1, 0), LD_ABS(BPF_B, 3), LDX(BPF_W, 0, 6, 0), EXIT(),
	};
	const struct bpf_func_info func = { 0, RAW_FUNC_ID };
	uint32_t nr = ARRAY_SIZE(good), i;

	memcpy(f->insns, good, sizeof(good));
	for (i = rnd_below(f, 4); i > 0; i--) {
		struct bpf_insn *insn = &f->insns[rnd_below(f, nr)];
		unsigned char *byte = (unsigned char *)insn + rnd_below(f, sizeof(*insn));

		*byte = rnd_below(f, 2) ? rnd(f) : *byte ^ (1 << rnd_below(f, 8));
	}
	attr->prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr->insns = PTR(f->insns);
	attr->insn_cnt = rnd_below(f, 8) ? nr : rnd_below(f, 64);
	attr->license = PTR("GPL");
	if (!rnd_below(f, 4)) {
		attr->prog_btf_fd = any_fd(f);
		attr->func_info = PTR(f->buf) + 512;
		attr->func_info_cnt = 1;
		attr->func_info_rec_size = sizeof(struct bpf_func_info);
		memcpy(f->buf + 512, &func, sizeof(func));
	}
	if (rnd_below(f, 2)) {
		attr->log_level = 1 + rnd_below(f, 7);
		attr->log_buf = PTR(f->buf);
		attr->log_size = BUF_BYTES;
	}
}

static void fill_run(struct fuzzer *f, union bpf_attr *attr)
{
	attr->test.prog_fd = any_fd(f);
	attr->test.data_in = PTR(f->buf);
	attr->test.data_size_in = rnd_below(f, 200);
	attr->test.data_out = PTR(f->buf);
	attr->test.data_size_out = rnd_below(f, 200);
	attr->test.repeat = rnd_below(f, REPEAT_MAX);
}

static void fill_info(struct fuzzer *f, union bpf_attr *attr)
{
	struct bpf_prog_info *info = (void *)f->buf;

	memset(info, 0, sizeof(*info));
	attr->info.bpf_fd = any_fd(f);
	attr->info.info = PTR(info);
	attr->info.info_len = rnd_below(f, 4) ? sizeof(*info) : rnd_below(f, 512);
	if (rnd_below(f, 2)) {
		info->xlated_prog_len = any_number(f);
		info->xlated_prog_insns = any_pointer(f);
		info->jited_prog_len = any_number(f);
		info->jited_prog_insns = any_pointer(f);
		info->nr_map_ids = any_number(f);
		info->map_ids = any_pointer(f);
	}
}

static void fill_fd(struct fuzzer *f, union bpf_attr *attr)
{
	attr->map_fd = any_fd(f);
}

static void fill_id(struct fuzzer *f, union bpf_attr *attr)
{
	attr->start_id = rnd_below(f, 64);
}

static void fill_bind(struct fuzzer *f, union bpf_attr *attr)
{
	attr->prog_bind_map.prog_fd = any_fd(f);
	attr->prog_bind_map.map_fd = any_fd(f);
}

static void fill_sock(struct fuzzer *f, union bpf_attr *attr)
{
	struct lbpf_sock_attach *sock = (void *)attr;

	sock->sock_fd = any_fd(f);
	sock->prog_fd = any_fd(f);
	sock->hook = rnd_below(f, 3);
}

static void fill_facts(struct fuzzer *f, union bpf_attr *attr)
{
	struct lbpf_prog_facts_attr *facts = (void *)attr;

	facts->prog_fd = any_fd(f);
	facts->facts = any_pointer(f);
	facts->nr_facts = any_number(f);
	facts->fact_size_bytes = rnd_below(f, 4) ? sizeof(struct lbpf_insn_fact) : any_number(f);
}

static void fill_nothing(struct fuzzer *f, union bpf_attr *attr)
{
}

static const struct {
	unsigned int cmd;
	void (*fill)(struct fuzzer *f, union bpf_attr *attr);
} commands[] = {
	{ BPF_MAP_CREATE, fill_create },
	{ BPF_MAP_LOOKUP_ELEM, fill_elem },
	{ BPF_MAP_UPDATE_ELEM, fill_elem },
	{ BPF_MAP_UPDATE_ELEM, fill_elem },
	{ BPF_MAP_DELETE_ELEM, fill_elem },
	{ BPF_MAP_GET_NEXT_KEY, fill_elem },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, fill_elem },
	{ BPF_MAP_LOOKUP_BATCH, fill_batch },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, fill_batch },
	{ BPF_MAP_UPDATE_BATCH, fill_batch },
	{ BPF_MAP_DELETE_BATCH, fill_batch },
	{ BPF_MAP_FREEZE, fill_fd },
	{ BPF_PROG_LOAD, fill_load },
	{ BPF_PROG_LOAD, fill_load },
	{ BPF_PROG_TEST_RUN, fill_run },
	{ BPF_PROG_BIND_MAP, fill_bind },
	{ BPF_OBJ_GET_INFO_BY_FD, fill_info },
	{ BPF_MAP_GET_NEXT_ID, fill_id },
	{ BPF_PROG_GET_NEXT_ID, fill_id },
	{ BPF_MAP_GET_FD_BY_ID, fill_id },
	{ BPF_PROG_GET_FD_BY_ID, fill_id },
	{ BPF_BTF_LOAD, fill_types },
	{ BPF_BTF_GET_NEXT_ID, fill_id },
	{ BPF_BTF_GET_FD_BY_ID, fill_id },
	{ BPF_LINK_CREATE, fill_bind },
	{ BPF_ENABLE_STATS, fill_nothing },
	{ LBPF_SOCK_ATTACH, fill_sock },
	{ LBPF_SOCK_DETACH, fill_sock },
	{ LBPF_PROG_FACTS, fill_facts },
	{ LBPF_STATS, fill_nothing },
	{ LBPF_MAP_COUNT, fill_fd },
};

/* Changes some of the first @size_bytes. */
static void mutate(struct fuzzer *f, union bpf_attr *attr, unsigned int size_bytes)
{
	uint32_t *words = (void *)attr;
	uint32_t at, i;

	for (i = rnd_below(f, 4); i > 0; i--) {
		at = rnd_below(f, size_bytes / 4);
		if (rnd_below(f, 3) == 0)
			words[at] = any_number(f);
		else if (rnd_below(f, 2))
			words[at] = any_fd(f);
		else if (at + 1 < size_bytes / 4)
			*(uint64_t *)(words + (at & ~1U)) = any_pointer(f);
	}
}

/* No call takes all memory, or minutes. */
static void bound(unsigned int cmd, union bpf_attr *attr)
{
	unsigned long long bytes;

	if (cmd == BPF_PROG_TEST_RUN && attr->test.repeat > REPEAT_MAX)
		attr->test.repeat = REPEAT_MAX;
	if (cmd != BPF_MAP_CREATE)
		return;
	bytes = (unsigned long long)attr->max_entries * (64ULL + attr->key_size + attr->value_size);
	if (bytes > BIG_BYTES && bytes < BIG_BYTES << 20)
		attr->max_entries = 3;
	if ((unsigned long long)attr->max_entries * attr->value_size > BIG_BYTES)
		attr->value_size = 40;
}

/* What comes into the slots besides lbpf's own objects. */
static int other_file(struct fuzzer *f)
{
	int fds[2];

	switch (rnd_below(f, 6)) {
	case 0:
		return eventfd(0, EFD_CLOEXEC);
	case 1:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 2:
		return open(LBPF_DEVICE, O_RDWR | O_CLOEXEC);
	case 3:
		return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	case 4:
		return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds))
		return -1;
	close(fds[1]);
	return fds[0];
}

/* Moves @fd to a slot, over whatever is there. */
static void keep(struct fuzzer *f, int fd)
{
	if (fd < 0)
		return;
	dup3(fd, SLOT_FD + rnd_below(f, NR_SLOTS), O_CLOEXEC);
	close(fd);
}

static void map_and_touch(struct fuzzer *f)
{
	int prot = rnd_below(f, 2) ? PROT_READ : PROT_READ | PROT_WRITE;
	volatile char *at = mmap(NULL, 4096, prot, MAP_SHARED, SLOT_FD + rnd_below(f, NR_SLOTS), 0);

	if (at == MAP_FAILED)
		return;
	/* Only lbpf's maps are there to be mapped. */
	if (prot & PROT_WRITE)
		at[100] = 1;
	munmap((void *)at, 4096);
}

static void call_device(struct fuzzer *f)
{
	unsigned char bytes[256] = "";
	union bpf_attr *attr = (void *)bytes;
	uint32_t i = rnd_below(f, ARRAY_SIZE(commands));
	unsigned int cmd = commands[i].cmd, size = sizeof(*attr);
	int ret;

	/* lbpf's own have shorter ones. */
	if (cmd >= LBPF_CMD_FIRST)
		size = 16 + 8 * rnd_below(f, 6);
	commands[i].fill(f, attr);
	if (rnd_below(f, 2))
		mutate(f, attr, size);
	bound(cmd, attr);
	if (!rnd_below(f, 6))
		size = rnd_below(f, sizeof(bytes));
	if (!rnd_below(f, 64))
		cmd = rnd_below(f, 256);
	if (!rnd_below(f, 64))
		attr = (void *)any_pointer(f);
	ret = ioctl(lbpf_dev(), LBPF_IOC(cmd, size), attr);
	f->nr_good += ret >= 0;
	if (ret > 0)
		keep(f, ret);
}

static void *fuzz(void *arg)
{
	struct fuzzer *f = arg;
	unsigned long i;

	for (i = 0; i < nr_calls; i++) {
		uint32_t choice = rnd_below(f, 32);

		if (choice == 0)
			close(SLOT_FD + rnd_below(f, NR_SLOTS));
		else if (choice == 1)
			keep(f, other_file(f));
		else if (choice == 2)
			map_and_touch(f);
		else
			call_device(f);
	}
	return NULL;
}

/* A call that writes too much must fail, not change the fuzzer. */
static void map_buf(struct fuzzer *f)
{
	unsigned char *at = mmap(NULL, BUF_BYTES + 2 * PAGE_BYTES, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mprotect(at + PAGE_BYTES, BUF_BYTES, PROT_READ | PROT_WRITE))
		ksft_exit_fail_msg("no memory for a buffer\n");
	f->buf = at + PAGE_BYTES;
}

int main(int argc, char **argv)
{
	uint32_t seed = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	static struct fuzzer fuzzers[NR_THREADS];
	unsigned long nr_good = 0;
	struct lbpf_stats before;
	unsigned int i;

	if (argc > 2)
		nr_calls = strtoul(argv[2], NULL, 0);
	ksft_print_header();
	ksft_set_plan(2);
	lbpf_stats_begin(&before);
	for (i = 0; i < NR_THREADS; i++) {
		map_buf(&fuzzers[i]);
		fuzzers[i].state = (seed * NR_THREADS + i) * 2654435761U + 1;
		if (pthread_create(&fuzzers[i].thread, NULL, fuzz, &fuzzers[i]))
			ksft_exit_fail_msg("pthread_create\n");
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(fuzzers[i].thread, NULL);
		nr_good += fuzzers[i].nr_good;
	}
	for (i = 0; i < NR_SLOTS; i++)
		close(SLOT_FD + i);
	/* A fuzzer of which nothing gets through the first check tests nothing. */
	ksft_test_result(nr_good > nr_calls * NR_THREADS / 50,
			 "seed %u: %lu of %lu calls succeeded\n", seed,
			 nr_good, nr_calls * NR_THREADS);
	ksft_test_result(lbpf_nothing_left(&before), "seed %u: nothing leaked\n", seed);
	ksft_finished();
}
