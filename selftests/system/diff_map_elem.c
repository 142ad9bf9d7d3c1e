// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: single elements and batches with every kind of argument.
 */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_ENTRIES	4
#define BAD_ADDRESS	0x1000ULL	/* never mapped */

static const struct {
	int cmd;
	const char *name;
} elem_cmds[] = {
	{ BPF_MAP_LOOKUP_ELEM, "lookup" },
	{ BPF_MAP_UPDATE_ELEM, "update" },
	{ BPF_MAP_DELETE_ELEM, "delete" },
	{ BPF_MAP_GET_NEXT_KEY, "next" },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, "lookup_delete" },
};

static const struct {
	int cmd;
	const char *name;
} batch_cmds[] = {
	{ BPF_MAP_LOOKUP_BATCH, "lookup_batch" },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, "lookup_delete_batch" },
	{ BPF_MAP_UPDATE_BATCH, "update_batch" },
	{ BPF_MAP_DELETE_BATCH, "delete_batch" },
};

/* Room for the values of many CPUs. */
static unsigned char value[4096], values[16 * 4096];
static uint32_t key, keys[16];

/* A map with elements 0 to NR_ENTRIES / 2 - 1 set. */
static int half_full_map(enum bpf_map_type type, uint32_t flags)
{
	int fd = make_map(type, 4, 8, NR_ENTRIES, flags);
	uint32_t i;

	for (i = 0; i < NR_ENTRIES / 2; i++) {
		memset(value, i + 1, sizeof(value));
		if (!(flags & BPF_F_RDONLY) && elem_op(BPF_MAP_UPDATE_ELEM, fd, &i, value, 0))
			give_up("update");
	}
	return fd;
}

static void elem_traced(int cmd, int fd, uint64_t key_ptr, uint64_t value_ptr, uint64_t flags,
			const char *what)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = key_ptr;
	attr.value = value_ptr;
	attr.flags = flags;
	bpf_traced(cmd, &attr, "%s", what);
}

/* Every flag bit, with an element that is there and one that is not. */
static void elem_flags(void)
{
	unsigned int t, c, bit, present;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (c = 0; c < ARRAY_SIZE_OF(elem_cmds); c++)
			for (bit = 0; bit <= 64; bit++)
				for (present = 0; present < 2; present++) {
					int fd = half_full_map(diff_map_types[t], 0);

					key = present ? 1 : NR_ENTRIES - 1;
					snprintf(what, sizeof(what), "%s %s flag bit %u present %u",
						 map_type_name(diff_map_types[t]),
						 elem_cmds[c].name,
						 bit, present);
					elem_traced(elem_cmds[c].cmd, fd, PTR(&key), PTR(value),
						    bit < 64 ? 1ULL << bit : 3, what);
					close(fd);
				}
}

static void elem_pointers(void)
{
	static const uint64_t pointers[] = { 0, BAD_ADDRESS, 1ULL << 62, ~0ULL - 7 };
	static const uint32_t zero;
	unsigned int t, c, p;
	char what[128];

	key = 1;
	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (c = 0; c < ARRAY_SIZE_OF(elem_cmds); c++)
			for (p = 0; p < ARRAY_SIZE_OF(pointers); p++) {
				int fd = half_full_map(diff_map_types[t], 0);

				/* Which key of a hash is the last is anybody's: the only one. */
				if (is_hash(diff_map_types[t]))
					elem_op(BPF_MAP_DELETE_ELEM, fd, &zero, NULL, 0);
				snprintf(what, sizeof(what), "%s %s key at %#llx",
					 map_type_name(diff_map_types[t]), elem_cmds[c].name,
					 (unsigned long long)pointers[p]);
				elem_traced(elem_cmds[c].cmd, fd, pointers[p], PTR(value), 0, what);
				snprintf(what, sizeof(what), "%s %s value at %#llx",
					 map_type_name(diff_map_types[t]), elem_cmds[c].name,
					 (unsigned long long)pointers[p]);
				elem_traced(elem_cmds[c].cmd, fd, PTR(&key), pointers[p], 0, what);
				/* What is left after the failure. */
				snprintf(what, sizeof(what), "%s %s then",
					 map_type_name(diff_map_types[t]),
					 elem_cmds[c].name);
				elem_traced(BPF_MAP_LOOKUP_ELEM, fd, PTR(&key), PTR(value), 0,
					    what);
				close(fd);
			}
}

static void limit_traced(enum bpf_map_type type, unsigned int c, uint32_t limit, unsigned int flag)
{
	bool is_any_order = is_hash(type) && elem_cmds[c].cmd == BPF_MAP_GET_NEXT_KEY;
	char what[128];
	int fd;

	/* The order of hash keys is anybody's. */
	if (is_any_order && limit < 2)
		return;
	fd = half_full_map(type, 0);
	key = limit;
	memset(value, 0x5a, sizeof(value));
	snprintf(what, sizeof(what), "%s %s key %#x flags %u", map_type_name(type),
		 elem_cmds[c].name, key, flag);
	elem_traced(elem_cmds[c].cmd, fd, PTR(&key), PTR(value), flag, what);
	if (!is_any_order)
		trace_bytes(value, user_value_size(type, 8) + 1, "%s", what);
	close(fd);
}

static void elem_limits(void)
{
	static const uint32_t limits[] = {
		0, 1, 2, 3, 4, 5, 0x7fffffff, 0xfffffffe, 0xffffffff,
	};
	unsigned int t, i, c;

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (i = 0; i < ARRAY_SIZE_OF(limits); i++)
			for (c = 0; c < ARRAY_SIZE_OF(elem_cmds); c++) {
				limit_traced(diff_map_types[t], c, limits[i], BPF_ANY);
				limit_traced(diff_map_types[t], c, limits[i], BPF_NOEXIST);
				limit_traced(diff_map_types[t], c, limits[i], BPF_EXIST);
			}
}

/* Fills beyond max_entries, empties, and fills again. */
static void hash_full(void)
{
	static const uint32_t flags[] = { 0, BPF_F_NO_PREALLOC };
	unsigned int t, f, round;
	uint32_t i;

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (f = 0; f < ARRAY_SIZE_OF(flags) && is_hash(diff_map_types[t]); f++) {
			int fd = make_map(diff_map_types[t], 4, 8, 100, flags[f]);

			for (round = 0; round < 3; round++) {
				for (i = 0; i < 110; i++)
					elem_traced(BPF_MAP_UPDATE_ELEM, fd, PTR(&i), PTR(value),
						    round == 2 ? BPF_NOEXIST : BPF_ANY, "fill");
				i = 5;
				elem_traced(BPF_MAP_UPDATE_ELEM, fd, PTR(&i), PTR(value), BPF_EXIST,
					    "replace when full");
				for (i = 0; i < 110; i++)
					elem_traced(BPF_MAP_DELETE_ELEM, fd, PTR(&i), 0, 0,
						    "empty");
			}
			close(fd);
		}
}

static void wrong_fds(void)
{
	struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT() };
	int fds[4] = { 0, 999, -1, make_prog(ret0, ARRAY_SIZE_OF(ret0)) };
	static const char * const names[] = { "stdin", "closed", "negative", "program" };
	union bpf_attr attr;
	unsigned int i, c;

	for (i = 0; i < ARRAY_SIZE_OF(fds); i++) {
		for (c = 0; c < ARRAY_SIZE_OF(elem_cmds); c++)
			elem_traced(elem_cmds[c].cmd, fds[i], PTR(&key), PTR(value), 0, names[i]);
		for (c = 0; c < ARRAY_SIZE_OF(batch_cmds); c++) {
			memset(&attr, 0, sizeof(attr));
			attr.batch.map_fd = fds[i];
			bpf_traced(batch_cmds[c].cmd, &attr, "%s %s", batch_cmds[c].name, names[i]);
		}
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fds[i];
		bpf_traced(BPF_MAP_FREEZE, &attr, "freeze %s", names[i]);
	}
}

static union bpf_attr batch_attr(int fd, uint32_t count)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = fd;
	attr.batch.count = count;
	attr.batch.keys = PTR(keys);
	attr.batch.values = PTR(values);
	attr.batch.out_batch = PTR(&key);
	return attr;
}

static void batch_traced(int cmd, union bpf_attr *attr, const char *what)
{
	char count[64];
	int ret = bpf_call(cmd, attr, sizeof(*attr));

	snprintf(count, sizeof(count), "%s, count %u", ret ? error_name(errno) : "ok",
		 attr->batch.count);
	trace(count, "%s", what);
}

static void batch_counts(void)
{
	unsigned int t, c, n;
	uint32_t i;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (c = 0; c < ARRAY_SIZE_OF(batch_cmds); c++)
			for (n = 0; n < 9; n++) {
				int fd = half_full_map(diff_map_types[t], 0);
				union bpf_attr attr = batch_attr(fd, n < 8 ? n : 16);

				/* How a hash splits what it holds over calls is its own affair. */
				if (is_hash(diff_map_types[t]) && c < 2 && n && n < 8) {
					close(fd);
					continue;
				}
				for (i = 0; i < 16; i++)
					keys[i] = i;
				memset(values, 7, sizeof(values));
				snprintf(what, sizeof(what), "%s %s count %u",
					 map_type_name(diff_map_types[t]),
					 batch_cmds[c].name, attr.batch.count);
				batch_traced(batch_cmds[c].cmd, &attr, what);
				for (i = 0; i < 6; i++)
					elem_traced(BPF_MAP_LOOKUP_ELEM, fd, PTR(&i), PTR(value), 0,
						    what);
				close(fd);
			}
}

static void batch_arguments(void)
{
	unsigned int t, c, bit, p;
	char what[128];

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (c = 0; c < ARRAY_SIZE_OF(batch_cmds); c++) {
			int fd = half_full_map(diff_map_types[t], 0);
			union bpf_attr attr;

			for (bit = 0; bit < 64; bit++) {
				attr = batch_attr(fd, 16);
				attr.batch.elem_flags = 1ULL << bit;
				snprintf(what, sizeof(what), "%s %s elem_flags bit %u",
					 map_type_name(diff_map_types[t]), batch_cmds[c].name, bit);
				batch_traced(batch_cmds[c].cmd, &attr, what);
				attr = batch_attr(fd, 16);
				attr.batch.flags = 1ULL << bit;
				snprintf(what, sizeof(what), "%s %s flags bit %u",
					 map_type_name(diff_map_types[t]), batch_cmds[c].name, bit);
				batch_traced(batch_cmds[c].cmd, &attr, what);
			}
			for (p = 0; p < 8; p++) {
				uint64_t bad = p & 1 ? BAD_ADDRESS : 0;

				/* A failed call may have deleted a part. */
				close(fd);
				fd = half_full_map(diff_map_types[t], 0);
				attr = batch_attr(fd, 16);
				if (p / 2 == 0)
					attr.batch.keys = bad;
				else if (p / 2 == 1)
					attr.batch.values = bad;
				else if (p / 2 == 2)
					attr.batch.out_batch = bad;
				else
					attr.batch.in_batch = bad;
				snprintf(what, sizeof(what), "%s %s pointer %u at %#llx",
					 map_type_name(diff_map_types[t]), batch_cmds[c].name,
					 p / 2,
					 (unsigned long long)bad);
				batch_traced(batch_cmds[c].cmd, &attr, what);
			}
			close(fd);
		}
}

const struct scenario map_elem_scenarios[] = {
	{ "elem flags", elem_flags },
	{ "elem pointers", elem_pointers },
	{ "elem limits", elem_limits },
	{ "elem hash_full", hash_full },
	{ "elem wrong_fds", wrong_fds },
	{ "batch counts", batch_counts },
	{ "batch arguments", batch_arguments },
	{ }
};
