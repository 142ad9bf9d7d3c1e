// SPDX-License-Identifier: GPL-2.0
/*
 * Lookups in inner arrays, compiled in place: every shape of array, as its creator may have it,
 * beside bpf(2).
 */
#include <errno.h>
#include <kselftest.h>
#include <linux/capability.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>

#define MAX_INSNS	64
#define MISS		7
#define NR_INNER	2
#define MAX_VALUE_BYTES	128

/* What the program does with the result. */
enum form { FORM_IF_NULL, FORM_IF_FOUND, FORM_COPIED, NR_FORMS };

struct shape {
	uint32_t	value_bytes;
	uint32_t	nr;		/* of the template, and of the first inner map */
	uint32_t	nr_other;	/* of the second one */
	uint32_t	flags;
};

static const struct shape shapes[] = {
	{ 8, 1, 1, 0 },
	{ 1, 5, 5, 0 },
	{ 12, 4, 4, 0 },
	{ 24, 7, 7, 0 },
	{ 128, 3, 3, 0 },
	{ 8, 5, 9, BPF_F_INNER_MAP },
	{ 24, 6, 2, BPF_F_INNER_MAP },
	{ 64, 3, 1, BPF_F_INNER_MAP },
};

static const uint32_t keys[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 0x10000, 0x80000000,
				 0xffffffff };

/* Of those, the ones that programs have as constants. */
static const uint32_t constant_keys[] = { 0, 1, 3, 6, 0x80000000 };

#define NR_SHAPES	(sizeof(shapes) / sizeof(*shapes))
#define NR_KEYS		(sizeof(keys) / sizeof(*keys))
#define NR_CONSTANT_KEYS	(sizeof(constant_keys) / sizeof(*constant_keys))

static struct bpf_insn insns[MAX_INSNS];
static unsigned int nr_insns;

static void put(struct bpf_insn insn)
{
	insns[nr_insns++] = insn;
}

static void put_lookup_in_outer(int map_fd)
{
	const struct bpf_insn load[] = { LD_MAP_FD(1, map_fd) };

	put(MOV(6, 1));
	put(LDX(BPF_W, 7, 6, offsetof(struct __sk_buff, cb)));
	put(STX(BPF_W, 10, 7, -4));
	put(load[0]);
	put(load[1]);
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -4));
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JNE, 0, 0, 2));
	put(MOV_IMM(0, 1));
	put(EXIT());
}

/* @key: a constant one; NULL: from cb[1]. */
static void build(int map_fd, enum form form, const uint32_t *key)
{
	nr_insns = 0;
	put_lookup_in_outer(map_fd);
	put(MOV(1, 0));
	put(LDX(BPF_W, 7, 6, offsetof(struct __sk_buff, cb) + 4));
	if (key)
		put(ST_IMM(BPF_W, 10, -8, *key));
	else
		put(STX(BPF_W, 10, 7, -8));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -8));
	put(CALL(BPF_FUNC_map_lookup_elem));
	if (form == FORM_COPIED)
		put(MOV(8, 0));
	if (form == FORM_IF_FOUND)
		put(JMP_IMM(BPF_JNE, 0, 0, 2));
	else
		put(JMP_IMM(BPF_JEQ, form == FORM_COPIED ? 8 : 0, 0, 3));
	if (form == FORM_IF_FOUND) {
		put(MOV_IMM(0, MISS));
		put(EXIT());
	}
	put(LDX(BPF_B, 0, form == FORM_COPIED ? 8 : 0, 0));
	put(ALU64_IMM(BPF_ADD, 0, 1000));
	put(EXIT());
	put(MOV_IMM(0, MISS));
	put(EXIT());
	if (form == FORM_IF_FOUND)
		nr_insns -= 2;
}

static int make_array(enum test_side side, const struct shape *shape, uint32_t nr)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = shape->value_bytes, .max_entries = nr,
				.map_flags = shape->flags };

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int update(enum test_side side, int fd, uint32_t key, const void *value)
{
	union bpf_attr attr = { .map_fd = fd, .key = (unsigned long)&key,
				.value = (unsigned long)value };

	return test_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static uint8_t value_of(uint32_t map, uint32_t key)
{
	return map * 100 + key * 7 + 3;
}

static int make_inner(enum test_side side, const struct shape *shape, uint32_t map)
{
	uint32_t nr = map ? shape->nr_other : shape->nr, i;
	int fd = make_array(side, shape, nr);

	for (i = 0; i < nr; i++) {
		uint8_t value[MAX_VALUE_BYTES] = { value_of(map, i) };

		update(side, fd, i, value);
	}
	return fd;
}

/* Places 0 and 1 of three have maps. */
static int make_outer(enum test_side side, const struct shape *shape)
{
	int template = make_array(side, shape, shape->nr), fd, inner;
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_size = 4,
				.value_size = 4, .max_entries = NR_INNER + 1,
				.inner_map_fd = template };
	uint32_t i;

	fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	for (i = 0; i < NR_INNER && fd >= 0; i++) {
		inner = make_inner(side, shape, i);
		if (update(side, fd, i, &inner))
			fd = -1;
		close(inner);
	}
	close(template);
	return fd;
}

static int load(enum test_side side)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SCHED_CLS, .insn_cnt = nr_insns,
				.insns = (unsigned long)insns, .license = (unsigned long)"GPL" };

	return test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
}

static long run(enum test_side side, int fd, uint32_t map, uint32_t key)
{
	unsigned char packet[64] = { 0 };
	struct __sk_buff ctx = { .cb = { map, key } };
	union bpf_attr attr = { .test.prog_fd = fd };

	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = (unsigned long)&ctx;
	attr.test.ctx_size_in = sizeof(ctx);
	return test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)) ? -1 : attr.test.retval;
}

static long expected(const struct shape *shape, uint32_t map, uint32_t key)
{
	if (map >= NR_INNER)
		return 1;
	return key < (map ? shape->nr_other : shape->nr) ? 1000 + value_of(map, key) : MISS;
}

/* With one program: all keys, or the one that is a constant in it. */
static bool gives_values(enum test_side side, int prog, const struct shape *shape,
			 const uint32_t *only)
{
	uint32_t map, k;

	for (map = 0; map <= NR_INNER; map++) {
		for (k = 0; k < (only ? 1 : NR_KEYS); k++) {
			uint32_t key = only ? *only : keys[k];
			long got = run(side, prog, map, key);

			if (got == expected(shape, map, key))
				continue;
			ksft_print_msg("side %d, map %u, key %#x: %ld\n", side, map, key, got);
			return false;
		}
	}
	return true;
}

static bool works_with(enum test_side side, int outer, const struct shape *shape,
		       const uint32_t *key)
{
	bool is_good = true;
	enum form form;
	int prog;

	for (form = 0; form < NR_FORMS; form++) {
		build(outer, form, key);
		prog = load(side);
		is_good = is_good && prog >= 0 && gives_values(side, prog, shape, key);
		close(prog);
	}
	return is_good;
}

static bool works(enum test_side side, const struct shape *shape)
{
	int outer = make_outer(side, shape);
	bool is_good = outer >= 0 && works_with(side, outer, shape, NULL);
	uint32_t k;

	for (k = 0; k < NR_CONSTANT_KEYS; k++)
		is_good = is_good && works_with(side, outer, shape, &constant_keys[k]);
	close(outer);
	return is_good;
}

/* Without CAP_PERFMON indices are masked. */
static bool drop_perfmon(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	data[CAP_BPF / 32].effective |= 1u << CAP_BPF % 32;
	data[CAP_NET_ADMIN / 32].effective |= 1u << CAP_NET_ADMIN % 32;
	data[0].permitted = data[0].effective;
	data[1].permitted = data[1].effective;
	return !syscall(SYS_capset, &header, data);
}

static void test_shapes(const char *who)
{
	uint32_t i;

	for (i = 0; i < NR_SHAPES; i++)
		ksft_test_result(works(SIDE_LBPF, &shapes[i]) && works(SIDE_KERNEL, &shapes[i]),
				 "%s: values of %u bytes, %u and %u of them\n", who,
				 shapes[i].value_bytes, shapes[i].nr, shapes[i].nr_other);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(2 * NR_SHAPES);
	test_shapes("root");
	if (drop_perfmon())
		test_shapes("without CAP_PERFMON");
	ksft_finished();
}
