// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: maps as programs see them.
 *
 * One program for each helper takes key, value and flags from the packet; so
 * any operation can be made from a program and from user space in turn.
 */
#include <errno.h>
#include <stdio.h>
#include <sched.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_OPS		3000
#define KEY_AT		16	/* in the packet: 4 bytes, big endian */
#define VALUE_AT	24	/* 4 bytes, big endian */
#define FLAGS_AT	32	/* 1 byte */

static unsigned char packet[64];

/* r7 = key, to the stack at -4; r8 = value, twice to the stack at -16. */
#define TAKE_ARGUMENTS()						\
	MOV(6, 1), LD_ABS(BPF_W, KEY_AT), STX(BPF_W, 10, 0, -4),	\
	LD_ABS(BPF_W, VALUE_AT), MOV(8, 0), STX(BPF_DW, 10, 0, -16),	\
	MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4)

static int lookup_prog(int map_fd)
{
	struct bpf_insn insns[] = {
		TAKE_ARGUMENTS(), LD_MAP_FD(1, map_fd), CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, 0, 0, 2), MOV_IMM(0, -1), EXIT(), LDX(BPF_W, 0, 0, 0), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

/* Adds the value to the element, atomically. */
static int add_prog(int map_fd)
{
	struct bpf_insn insns[] = {
		TAKE_ARGUMENTS(), LD_MAP_FD(1, map_fd), CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, 0, 0, 2), MOV_IMM(0, -1), EXIT(),
		ATOMIC(BPF_DW, BPF_ADD | BPF_FETCH, 0, 8, 0), MOV(0, 8), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static int update_prog(int map_fd)
{
	struct bpf_insn insns[] = {
		TAKE_ARGUMENTS(), LD_ABS(BPF_B, FLAGS_AT), MOV(4, 0), MOV(2, 10), ALU64_IMM(BPF_ADD,
											    2, -4),
		MOV(3, 10), ALU64_IMM(BPF_ADD, 3, -16), LD_MAP_FD(1, map_fd),
		CALL(BPF_FUNC_map_update_elem), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static int delete_prog(int map_fd)
{
	struct bpf_insn insns[] = {
		TAKE_ARGUMENTS(), LD_MAP_FD(1, map_fd), CALL(BPF_FUNC_map_delete_elem), EXIT(),
	};

	return make_prog(insns, ARRAY_SIZE_OF(insns));
}

static void store_be32(unsigned char *to, uint32_t number)
{
	to[0] = number >> 24;
	to[1] = number >> 16;
	to[2] = number >> 8;
	to[3] = number;
}

static void run_prog(int fd, const char *name, uint32_t key, uint32_t number, uint32_t flags)
{
	union bpf_attr attr;
	char result[64];
	int ret;

	store_be32(packet + KEY_AT, key);
	store_be32(packet + VALUE_AT, number);
	packet[FLAGS_AT] = flags;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	ret = bpf_call(BPF_PROG_TEST_RUN, &attr, sizeof(attr));
	snprintf(result, sizeof(result), "%s, %d", ret ? error_name(errno) : "ok",
		 (int)attr.test.retval);
	trace(result, "%s %u number %u flags %u", name, key, number, flags);
}

static void run_user(enum bpf_map_type type, int map_fd, int cmd, uint32_t key, uint32_t number)
{
	static unsigned char value[4096];
	size_t len = user_value_size(type, 8);
	int ret;

	memset(value, number, sizeof(value));
	ret = elem_op(cmd, map_fd, &key, value, 0);
	trace(ret ? error_name(errno) : "ok", "user cmd %d %u", cmd, key);
	if (cmd == BPF_MAP_LOOKUP_ELEM)
		trace_bytes(value, len, "user value");
}

static void mix(enum bpf_map_type type, uint32_t flags)
{
	static const char * const names[] = { "lookup", "add", "update", "delete" };
	int map_fd = make_map(type, 4, 8, 50, flags), progs[4], i;

	/* One element of a per-CPU map, not any. */
	if (!test_pin(0))
		give_up("sched_setaffinity");
	progs[0] = lookup_prog(map_fd);
	progs[1] = add_prog(map_fd);
	progs[2] = update_prog(map_fd);
	progs[3] = delete_prog(map_fd);
	for (i = 0; i < NR_OPS; i++) {
		uint32_t key = rnd_below(80), number = rnd_below(1000), choice = rnd_below(7);

		if (choice < 4)
			run_prog(progs[choice], names[choice], key, number,
				 rnd_below(4) ? 0 : rnd_below(5));
		else if (choice == 4)
			run_user(type, map_fd, BPF_MAP_LOOKUP_ELEM, key, number);
		else if (choice == 5)
			run_user(type, map_fd, BPF_MAP_UPDATE_ELEM, key, number);
		else
			run_user(type, map_fd, BPF_MAP_DELETE_ELEM, key, number);
	}
	for (i = 0; i < 4; i++)
		close(progs[i]);
	close(map_fd);
}

static void array(void)
{
	mix(BPF_MAP_TYPE_ARRAY, 0);
	mix(BPF_MAP_TYPE_ARRAY, BPF_F_MMAPABLE);
}

static void hash(void)
{
	mix(BPF_MAP_TYPE_HASH, 0);
	mix(BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC);
}

static void percpu_array(void)
{
	mix(BPF_MAP_TYPE_PERCPU_ARRAY, 0);
}

static void percpu_hash(void)
{
	mix(BPF_MAP_TYPE_PERCPU_HASH, 0);
	mix(BPF_MAP_TYPE_PERCPU_HASH, BPF_F_NO_PREALLOC);
}

static void access_traced(enum bpf_map_type type, uint32_t flags, uint8_t size, int off)
{
	int map_fd = make_map(type, 4, 8, 4, flags), fd, write;
	struct bpf_insn insns[] = {
		ST_IMM(BPF_W, 10, -4, 1), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4),
		LD_MAP_FD(1, map_fd), CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JEQ, 0, 0, 1), LDX(size, 3, 0, off), MOV_IMM(0, 0), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));

	for (write = 0; write < 2; write++) {
		if (write)
			insns[7] = ST_IMM(size, 0, off, 7);
		fd = bpf_traced(BPF_PROG_LOAD, &attr, "%s flags %#x size %#x off %d write %d",
				map_type_name(type), flags, size, off, write);
		if (fd >= 0)
			close(fd);
	}
	close(map_fd);
}

/* What the verifier makes of accesses to a value of 8 bytes. */
static void value_bounds(void)
{
	static const uint32_t flags[] = {
		0, BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG, BPF_F_RDONLY, BPF_F_WRONLY,
	};
	unsigned int t, f;
	int off;

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (f = 0; f < ARRAY_SIZE_OF(flags); f++)
			for (off = -1; off < 10; off++) {
				access_traced(diff_map_types[t], flags[f], BPF_B, off);
				access_traced(diff_map_types[t], flags[f], BPF_H, off);
				access_traced(diff_map_types[t], flags[f], BPF_W, off);
				access_traced(diff_map_types[t], flags[f], BPF_DW, off);
			}
}

const struct scenario prog_map_scenarios[] = {
	{ "prog_map array", array },
	{ "prog_map hash", hash },
	{ "prog_map percpu_array", percpu_array },
	{ "prog_map percpu_hash", percpu_hash },
	{ "prog_map value_bounds", value_bounds },
	{ }
};
