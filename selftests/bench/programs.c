// SPDX-License-Identifier: GPL-2.0
/*
 * What programs cost, on lbpf and on bpf(2), side by side.
 *
 * Each row is a loop; BPF_PROG_TEST_RUN times it.  In a guest whose clock is
 * QEMU's instruction counter a nanosecond is an instruction, so that the least
 * of several passes is instructions per iteration, and the same every time; in one
 * whose clock is that of the host, the median is the time.  make bench runs both, the
 * second one first, whose figures the other one prints beside its own.
 *
 * Arguments: [row name]; or "-t": the medians only, as TIMES has them; or "-s": what each step that
 * makes better code is worth: the same programs with one step switched off after the other.
 */
#include <errno.h>
#include <kselftest.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>
#include "../system/raw_types.h"

/* Written by a run with "-t". */
#define TIMES		"/times/programs"
#define NR_LOOPS	200
/* Runs in a pass: of those that are counted, one would do; those that are timed shall be long. */
#define NR_COUNTED	64
#define NR_TIMED	1024
#define NR_PASSES	9
#define NR_TAIL_CALLS	33
#define NR_ELEMS	10000
#define PACKET_BYTES	64
#define MAX_INSNS	512

/* The program under construction. */
static struct bpf_insn insns[MAX_INSNS];
static int nr_insns;
static enum test_side side;
static int map_fd;

static void put(struct bpf_insn insn)
{
	if (nr_insns < MAX_INSNS)
		insns[nr_insns++] = insn;
}

static void put_map(int reg)
{
	const struct bpf_insn load[] = { LD_MAP_FD(reg, map_fd) };

	put(load[0]);
	put(load[1]);
}

static void put_map_value(int reg, int off)
{
	put(INSN(BPF_LD | BPF_IMM | BPF_DW, reg, BPF_PSEUDO_MAP_VALUE, 0, map_fd));
	put(INSN(0, 0, 0, 0, off));
}

static int make_map_with(uint32_t type, uint32_t key_bytes, uint32_t value_bytes, uint32_t nr,
			 uint32_t flags)
{
	union bpf_attr attr = { .map_type = type, .key_size = key_bytes, .value_size = value_bytes,
				.max_entries = nr, .map_flags = flags };

	return test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int make_map(uint32_t type, uint32_t key_bytes, uint32_t value_bytes, uint32_t nr)
{
	return make_map_with(type, key_bytes, value_bytes, nr, 0);
}

/* The value of a map that is frozen. */
struct settings {
	uint32_t	is_verbose;
	uint32_t	nr_buckets;
	uint32_t	shift;
};

/* Bodies: R6 counts down, R7 and R9 survive from one iteration to the next. */

static void put_alu(void)
{
	put(ALU64(BPF_MOV, 1, 7));
	put(ALU64_IMM(BPF_LSH, 1, 13));
	put(ALU64(BPF_XOR, 7, 1));
	put(ALU64(BPF_MOV, 1, 7));
	put(ALU64_IMM(BPF_RSH, 1, 7));
	put(ALU64(BPF_XOR, 7, 1));
	put(ALU64(BPF_MOV, 1, 7));
	put(ALU64_IMM(BPF_ADD, 1, 1000));
	put(ALU64(BPF_LSH, 7, 6));
	put(ALU64(BPF_ADD, 7, 1));
	put(ALU64_IMM(BPF_MUL, 7, 31));
}

static void put_divisions(void)
{
	static const int divisors[] = { 3, 7, 10, 100, 1000, 60, 24, 365 };
	int i;

	for (i = 0; i < 8; i++) {
		put(ALU64(BPF_MOV, 1, 7));
		put(ALU64_IMM(i & 1 ? BPF_MOD : BPF_DIV, 1, divisors[i]));
		put(ALU64(BPF_ADD, 7, 1));
	}
}

static void put_lookup_tail(void)
{
	put_map(1);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 3));
	put(LDX(BPF_DW, 1, 0, 0));
	put(ALU64_IMM(BPF_ADD, 1, 1));
	put(STX(BPF_DW, 0, 1, 0));
}

/* The element 0 of the map that is found in a map of maps; a key of 8 bytes is as good. */
static void put_inner_lookup(int key_off)
{
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, key_off));
	put_map(1);
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 9));
	put(MOV(1, 0));
	put(ST_IMM(BPF_DW, 10, -8, 0));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -8));
	put(CALL(BPF_FUNC_map_lookup_elem));
	put(JMP_IMM(BPF_JEQ, 0, 0, 3));
	put(LDX(BPF_DW, 1, 0, 0));
	put(ALU64_IMM(BPF_ADD, 1, 1));
	put(STX(BPF_DW, 0, 1, 0));
}

static void put_map_in_array(void)
{
	put(MOV(1, 6));
	put(ALU64_IMM(BPF_AND, 1, 7));
	put(STX(BPF_W, 10, 1, -12));
	put_inner_lookup(-12);
}

static void put_map_in_hash(void)
{
	put(MOV(1, 6));
	put(ALU64_IMM(BPF_AND, 1, 7));
	put(STX(BPF_DW, 10, 1, -16));
	put_inner_lookup(-16);
}

static void put_constant_lookup(void)
{
	put(ST_IMM(BPF_W, 10, -4, 5));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -4));
	put_lookup_tail();
}

static void put_variable_lookup(void)
{
	put(MOV(1, 6));
	put(ALU64_IMM(BPF_AND, 1, 63));
	put(STX(BPF_W, 10, 1, -4));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -4));
	put_lookup_tail();
}

/* What compilers make of constants that the loader sets: a switch, a divisor, a distance. */
static void put_settings(void)
{
	put_map_value(1, offsetof(struct settings, is_verbose));
	put(LDX(BPF_W, 1, 1, 0));
	put(JMP_IMM(BPF_JEQ, 1, 0, 3));
	put(ALU64_IMM(BPF_XOR, 7, 0x55));
	put(ALU64_IMM(BPF_LSH, 7, 1));
	put(ALU64_IMM(BPF_ADD, 7, 77));
	put_map_value(1, offsetof(struct settings, nr_buckets));
	put(LDX(BPF_W, 1, 1, 0));
	put(ALU64_IMM(BPF_ADD, 7, 12345));
	put(ALU32(BPF_MOD, 7, 1));
	put_map_value(1, offsetof(struct settings, shift));
	put(LDX(BPF_W, 1, 1, 0));
	put(ALU64(BPF_LSH, 7, 1));
}

/* An index is masked, and compared with the bound all the same. */
static void put_checked_index(void)
{
	put(MOV(1, 6));
	put(ALU64_IMM(BPF_AND, 1, 7));
	put(JMP_IMM(BPF_JGT, 1, 7, 7));
	put(JMP_IMM(BPF_JSLT, 1, 0, 6));
	put_map_value(2, 0);
	put(ALU64_IMM(BPF_LSH, 1, 3));
	put(ALU64(BPF_ADD, 2, 1));
	put(LDX(BPF_DW, 3, 2, 0));
	put(ALU64(BPF_ADD, 7, 3));
}

static int key_bytes;

/* A key whose last 4 bytes are the number: those below NR_ELEMS are there. */
static void put_hash_lookup(int add)
{
	int off;

	put(MOV(1, 6));
	put(ALU64_IMM(BPF_MUL, 1, 7));
	put(ALU64_IMM(BPF_ADD, 1, add));
	for (off = key_bytes; off > 8; off -= 8)
		put(ST_IMM(BPF_DW, 10, -off, 0));
	if (key_bytes > 4)
		put(STX(BPF_DW, 10, 1, -8));
	else
		put(STX(BPF_W, 10, 1, -4));
	put(MOV(2, 10));
	put(ALU64_IMM(BPF_ADD, 2, -key_bytes));
	put_lookup_tail();
}

static void put_hash_hit(void)
{
	put_hash_lookup(0);
}

static void put_hash_miss(void)
{
	put_hash_lookup(NR_ELEMS);
}

static void put_cpu(void)
{
	put(CALL(BPF_FUNC_get_smp_processor_id));
	put(ALU64(BPF_ADD, 7, 0));
}

/* Patched by put_function(). */
static int call_at;

static void put_call(void)
{
	put(MOV(1, 7));
	call_at = nr_insns;
	put(INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	put(MOV(7, 0));
}

/* Eight calls of a function by bpf_loop(). */
static void put_loop(void)
{
	put(MOV_IMM(1, 8));
	call_at = nr_insns;
	put(INSN(BPF_LD | BPF_IMM | BPF_DW, 2, BPF_PSEUDO_FUNC, 0, 0));
	put(INSN(0, 0, 0, 0, 0));
	put(MOV_IMM(3, 0));
	put(MOV_IMM(4, 0));
	put(CALL(BPF_FUNC_loop));
}

static void put_callback(void)
{
	insns[call_at].imm = nr_insns - call_at - 1;
	put(MOV_IMM(0, 0));
	put(EXIT());
}

static void put_function(void)
{
	insns[call_at].imm = nr_insns - call_at - 1;
	put(MOV(0, 1));
	put(ALU64_IMM(BPF_ADD, 0, 3));
	put(EXIT());
}

/* Fragment, protocol and ports of an IPv4 packet, as classic BPF would. */
static void put_parser(void)
{
	put(LD_ABS(BPF_H, 6));
	put(JMP_IMM(BPF_JNE, 0, 0, 11));
	put(LD_ABS(BPF_B, 9));
	put(JMP_IMM(BPF_JNE, 0, 17, 9));
	put(LD_ABS(BPF_B, 0));
	put(ALU64_IMM(BPF_AND, 0, 15));
	put(ALU64_IMM(BPF_LSH, 0, 2));
	put(MOV(9, 0));
	put(LD_IND(BPF_H, 9, 0));
	put(ALU64(BPF_ADD, 7, 0));
	put(LD_IND(BPF_H, 9, 2));
	put(ALU64(BPF_ADD, 7, 0));
	put(JA(0));
}

static void put_load_packet(void)
{
	put(MOV(1, 8));
	put(MOV_IMM(2, 0));
	put(MOV(3, 10));
	put(ALU64_IMM(BPF_ADD, 3, -40));
	put(MOV_IMM(4, 40));
	put(CALL(BPF_FUNC_skb_load_bytes));
}

/* Long enough that a lookup is compiled in place; once in a run. */
static void put_filler(void)
{
	int i;

	put(MOV_IMM(7, 0));
	for (i = 0; i < 64; i++)
		put(ALU64_IMM(i & 1 ? BPF_XOR : BPF_ADD, 7, i + 1));
}

static void put_merge(int reg, int off, int nr_bytes)
{
	int i;

	put(LDX(BPF_B, reg, 10, off));
	for (i = 1; i < nr_bytes; i++) {
		put(LDX(BPF_B, 2, 10, off + i));
		put(ALU64_IMM(BPF_LSH, 2, 8 * i));
		put(ALU64(BPF_OR, reg, 2));
	}
}

/* What compilers make of fields in packed structs. */
static void put_byte_loads(void)
{
	put_merge(1, -28, 2);
	put(ALU64(BPF_ADD, 7, 1));
	put_merge(1, -14, 4);
	put(ALU64(BPF_ADD, 7, 1));
	put_merge(1, -10, 4);
	put(ALU64(BPF_ADD, 7, 1));
}

static void put_tail_call(void)
{
	put_map(2);
	put(MOV_IMM(3, 0));
	put(CALL(BPF_FUNC_tail_call));
}

/* The index is not known to the verifier. */
static void put_variable_tail_call(void)
{
	put(LDX(BPF_W, 3, 1, offsetof(struct __sk_buff, mark)));
	put_map(2);
	put(CALL(BPF_FUNC_tail_call));
}

/**
 * struct row - A line of the table
 * @name: Its name.
 * @put_body: Writes one iteration.
 * @put_before: What comes before the loop, or NULL.
 * @put_after: What comes after the program, or NULL.
 * @map_type: Map of the row; 0: none.
 * @key_bytes: Its key size.
 * @nr_elems: Its size.
 * @value_bytes: Size of its values; 0: 8.
 * @has_hashes: It has hash maps in it, with keys of 8 bytes; else arrays.
 * @inner_flags: Flags of these.
 * @is_frozen: It is frozen, and holds a struct settings.
 * @nr_loops: Iterations; 0: NR_LOOPS.
 * @is_chain: The body is all of the program, and goes to itself by a tail call.
 */
struct row {
	const char	*name;
	void		(*put_body)(void);
	void		(*put_before)(void);
	void		(*put_after)(void);
	uint32_t	map_type;
	int		key_bytes;
	uint32_t	nr_elems;
	uint32_t	value_bytes;
	bool		has_hashes;
	uint32_t	inner_flags;
	bool		is_frozen;
	int		nr_loops;
	bool		is_chain;
};

static void put_nothing(void)
{
}

static const struct row rows[] = {
	{ "the loop itself", .put_body = put_nothing },
	{ "ALU", .put_body = put_alu },
	{ "8 divisions by constants", .put_body = put_divisions },
	{ "constants in a frozen map", put_settings, .map_type = BPF_MAP_TYPE_ARRAY,
	  .key_bytes = 4, .nr_elems = 1, .value_bytes = sizeof(struct settings),
	  .is_frozen = true },
	{ "index with bounds checks", put_checked_index, .map_type = BPF_MAP_TYPE_ARRAY,
	  .key_bytes = 4, .nr_elems = 1, .value_bytes = 64 },
	{ "array lookup, constant key", put_constant_lookup, .map_type = BPF_MAP_TYPE_ARRAY,
	  .key_bytes = 4,
	  .nr_elems = 64 },
	{ "array lookup, variable key", put_variable_lookup, .map_type = BPF_MAP_TYPE_ARRAY,
	  .key_bytes = 4,
	  .nr_elems = 64 },
	{ "per-CPU counter", put_constant_lookup, .map_type = BPF_MAP_TYPE_PERCPU_ARRAY,
	  .key_bytes = 4,
	  .nr_elems = 64 },
	{ "hash hit, 4-byte key", put_hash_hit, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 4,
	  .nr_elems = NR_ELEMS },
	{ "hash miss, 4-byte key", put_hash_miss, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 4,
	  .nr_elems = NR_ELEMS },
	{ "hash hit, 8-byte key", put_hash_hit, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 8,
	  .nr_elems = NR_ELEMS },
	{ "hash miss, 8-byte key", put_hash_miss, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 8,
	  .nr_elems = NR_ELEMS },
	{ "hash hit, 16-byte key", put_hash_hit, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 16,
	  .nr_elems = NR_ELEMS },
	{ "hash miss, 16-byte key", put_hash_miss, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 16,
	  .nr_elems = NR_ELEMS },
	{ "hash hit, 8, long program", put_hash_hit, put_filler, .map_type = BPF_MAP_TYPE_HASH,
	  .key_bytes = 8, .nr_elems = NR_ELEMS },
	{ "hash miss, 8, long program", put_hash_miss, put_filler, .map_type = BPF_MAP_TYPE_HASH,
	  .key_bytes = 8, .nr_elems = NR_ELEMS },
	{ "hash hit, 64-byte key", put_hash_hit, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 64,
	  .nr_elems = NR_ELEMS },
	{ "hash miss, 64-byte key", put_hash_miss, .map_type = BPF_MAP_TYPE_HASH, .key_bytes = 64,
	  .nr_elems = NR_ELEMS },
	{ "array of maps", put_map_in_array, .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS,
	  .key_bytes = 4, .nr_elems = 8 },
	{ "hash of maps, long program", put_map_in_hash, put_filler,
	  .map_type = BPF_MAP_TYPE_HASH_OF_MAPS, .key_bytes = 8, .nr_elems = 8 },
	{ "array of hashes, long program", put_map_in_array, put_filler,
	  .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_bytes = 4, .nr_elems = 8,
	  .has_hashes = true },
	{ "array of growing hashes, long", put_map_in_array, put_filler,
	  .map_type = BPF_MAP_TYPE_ARRAY_OF_MAPS, .key_bytes = 4, .nr_elems = 8,
	  .has_hashes = true, .inner_flags = BPF_F_NO_PREALLOC },
	{ "get_smp_processor_id", .put_body = put_cpu },
	{ "call of a function", put_call, .put_after = put_function },
	/* Linux 6.12 follows all calls of all iterations. */
	{ "8 calls by bpf_loop", put_loop, .put_after = put_callback, .nr_loops = 20 },
	{ "tail call, constant key", put_tail_call, .map_type = BPF_MAP_TYPE_PROG_ARRAY,
	  .key_bytes = 4, .nr_elems = 1, .is_chain = true },
	{ "tail call, variable key", put_variable_tail_call, .map_type = BPF_MAP_TYPE_PROG_ARRAY,
	  .key_bytes = 4, .nr_elems = 1, .is_chain = true },
	{ "packet parser, LD_ABS", .put_body = put_parser },
	{ "header loads by bytes", put_byte_loads, .put_before = put_load_packet },
};

static int iterations_of(const struct row *row)
{
	if (row->is_chain)
		return NR_TAIL_CALLS;
	return row->nr_loops ? row->nr_loops : NR_LOOPS;
}

static void build(const struct row *row)
{
	int top;

	nr_insns = 0;
	key_bytes = row->key_bytes;
	if (row->is_chain) {
		row->put_body();
		put(MOV_IMM(0, 0));
		put(EXIT());
		return;
	}
	put(MOV(8, 1));
	if (row->put_before)
		row->put_before();
	/* LD_ABS takes the context from R6: count elsewhere. */
	put(row->put_body == put_parser ? MOV(6, 8) :
					    MOV_IMM(6, iterations_of(row)));
	if (row->put_body == put_parser)
		put(MOV_IMM(8, NR_LOOPS));
	put(LDX(BPF_W, 7, row->put_body == put_parser ? 6 : 8, offsetof(struct __sk_buff, len)));
	top = nr_insns;
	row->put_body();
	put(ALU64_IMM(BPF_SUB, row->put_body == put_parser ? 8 : 6, 1));
	put(JMP_IMM(BPF_JNE, row->put_body == put_parser ? 8 : 6, 0, top - nr_insns - 1));
	put(MOV(0, 7));
	put(EXIT());
	if (row->put_after)
		row->put_after();
}

static int update(const void *key, const void *value)
{
	union bpf_attr attr = { .map_fd = map_fd, .key = (unsigned long)key,
				.value = (unsigned long)value };

	return test_bpf(side, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

/* A map of one 8-byte value at each key. */
static bool fill_with_maps(const struct row *row)
{
	int inner = row->has_hashes ? make_map_with(BPF_MAP_TYPE_HASH, 8, 8, 16, row->inner_flags) :
				      make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 1);
	union bpf_attr attr = { .map_type = row->map_type, .key_size = row->key_bytes,
				.value_size = 4, .max_entries = row->nr_elems,
				.inner_map_fd = inner };
	uint64_t value = 0;
	uint32_t key[2] = { 0 };
	bool is_good;

	map_fd = inner;
	is_good = !row->has_hashes || !update(key, &value);
	map_fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	is_good = is_good && map_fd >= 0;
	for (; is_good && key[0] < row->nr_elems; key[0]++)
		is_good = !update(key, &inner);
	close(inner);
	return is_good;
}

static bool fill_with_settings(const struct row *row)
{
	static const struct settings settings = { .nr_buckets = 1000, .shift = 3 };
	union bpf_attr attr = { .map_type = row->map_type, .key_size = row->key_bytes,
				.value_size = sizeof(settings), .max_entries = row->nr_elems,
				.map_flags = BPF_F_RDONLY_PROG };
	union bpf_attr freeze = { 0 };
	uint32_t key = 0;

	map_fd = test_bpf(side, BPF_MAP_CREATE, &attr, sizeof(attr));
	freeze.map_fd = map_fd;
	return map_fd >= 0 && !update(&key, &settings) &&
	       !test_bpf(side, BPF_MAP_FREEZE, &freeze, sizeof(freeze));
}

static uint32_t value_bytes_of(const struct row *row)
{
	if (row->is_chain)
		return 4;
	return row->value_bytes ? row->value_bytes : 8;
}

static bool fill(const struct row *row)
{
	uint64_t value[64] = { 0 };
	uint32_t key[16] = { 0 };
	uint32_t i;

	map_fd = -1;
	if (!row->map_type)
		return true;
	if (row->map_type == BPF_MAP_TYPE_ARRAY_OF_MAPS ||
	    row->map_type == BPF_MAP_TYPE_HASH_OF_MAPS)
		return fill_with_maps(row);
	if (row->is_frozen)
		return fill_with_settings(row);
	map_fd = make_map(row->map_type, row->key_bytes, value_bytes_of(row), row->nr_elems);
	if (map_fd < 0)
		return false;
	for (i = 0; i < row->nr_elems && row->map_type == BPF_MAP_TYPE_HASH; i++) {
		key[row->key_bytes > 4 ? row->key_bytes / 4 - 2 : 0] = i;
		if (update(key, value))
			return false;
	}
	return true;
}

static bool close_chain(int fd)
{
	uint32_t key = 0;

	return !update(&key, &fd);
}

static uint32_t code_bytes(int fd)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr attr = { 0 };

	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (unsigned long)&info;
	return test_bpf(side, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) ? 0 :
		info.jited_prog_len;
}

static uint32_t nr_repeats = NR_COUNTED;

static uint32_t run_once(int fd)
{
	static const uint8_t header[PACKET_BYTES] = {
		[12] = 0x08, [14] = 0x45, [23] = 17, [34] = 0x12, [36] = 0x34,
	};
	uint8_t packet[PACKET_BYTES];
	union bpf_attr attr = { 0 };

	memcpy(packet, header, sizeof(packet));
	attr.test.prog_fd = fd;
	attr.test.data_in = (unsigned long)packet;
	attr.test.data_size_in = sizeof(packet);
	attr.test.repeat = nr_repeats;
	if (test_bpf(side, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
		return 0;
	return attr.test.duration;
}

/**
 * struct figure - What a row gave on one side
 * @least, @median: ns for one iteration.
 * @bytes: Length of the machine code.
 */
struct figure {
	double		least;
	double		median;
	uint32_t	bytes;
};

static int compare(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 :
		*(const uint32_t *)a > *(const uint32_t *)b;
}

/* Why a program was refused. */
static void print_log(union bpf_attr *attr)
{
	static char log[1 << 16];

	attr->log_level = 1;
	attr->log_buf = (unsigned long)log;
	attr->log_size = sizeof(log);
	test_bpf(side, BPF_PROG_LOAD, attr, sizeof(*attr));
	printf("%s", log);
}

/* Functions that helpers call have types on bpf(2). */
static void add_types(union bpf_attr *attr, const struct bpf_func_info *funcs)
{
	struct raw_types types;
	union bpf_attr load = { .btf = (unsigned long)&types, .btf_size = sizeof(types) };

	make_raw_types(&types);
	attr->prog_btf_fd = test_bpf(side, BPF_BTF_LOAD, &load, sizeof(load));
	attr->func_info = (unsigned long)funcs;
	attr->func_info_cnt = 2;
	attr->func_info_rec_size = sizeof(*funcs);
}

static bool measure(const struct row *row, enum test_side which, struct figure *figure)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
				.license = (unsigned long)"GPL",
				.insns = (unsigned long)insns };
	struct bpf_func_info funcs[2] = { { 0, RAW_FUNC_ID }, { 0, RAW_FUNC_ID } };
	int nr_iterations = iterations_of(row);
	uint32_t ns[NR_PASSES];
	int fd, i;

	side = which;
	if (!fill(row))
		return false;
	build(row);
	attr.insn_cnt = nr_insns;
	funcs[1].insn_off = nr_insns - 2;
	if (row->put_after == put_callback)
		add_types(&attr, funcs);
	fd = test_bpf(side, BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0) {
		print_log(&attr);
		return false;
	}
	if (row->is_chain && !close_chain(fd))
		return false;
	/* A direct jump is aimed a grace period after its slot has changed. */
	if (row->is_chain)
		usleep(300000);
	for (i = 0; i < NR_PASSES; i++)
		ns[i] = run_once(fd);
	qsort(ns, NR_PASSES, sizeof(*ns), compare);
	figure->least = (double)ns[0] / nr_iterations;
	figure->median = (double)ns[NR_PASSES / 2] / nr_iterations;
	figure->bytes = code_bytes(fd);
	close(fd);
	if (map_fd >= 0)
		close(map_fd);
	return ns[0] != 0;
}

#define NR_ROWS		(sizeof(rows) / sizeof(*rows))
#define STEPS_OFF	"/sys/module/lbpf/parameters/steps_off"

static const struct {
	char		letter;
	const char	*name;
} steps[] = {
	{ 'd', "branches decided by facts" },
	{ 'r', "loops of calls in place" },
	{ 'v', "values that are known" },
	{ 'i', "lookups by address" },
	{ 'o', "values forwarded by stack" },
	{ 'j', "loads joined" },
	{ 'u', "useless dropped" },
	{ 'f', "map functions direct" },
	{ 't', "hash lookups in place" },
	{ 'C', "this CPU without a call" },
	{ 'L', "sums by address forms" },
	{ 'M', "memory operands" },
	{ 'W', "32-bit forms" },
	{ 'D', "division by multiplying" },
	{ 'X', "BMI2" },
	{ 'Z', "flags used again" },
	{ 'S', "short jumps" },
	{ 'J', "constant tail calls direct" },
	{ 'R', "frames only where needed" },
};

static bool switch_off(char letter)
{
	FILE *file = fopen(STEPS_OFF, "w");
	bool is_good = file && fprintf(file, "%c\n", letter) > 0;

	return file && !fclose(file) && is_good;
}

/* One step: how much dearer the programs are without it, in the mean and at most. */
static void print_step(int step, const struct figure *with)
{
	double log_time = 0, log_size = 0, most = 0;
	struct figure without;
	size_t i, worst = 0;
	int nr = 0;

	for (i = 0; i < NR_ROWS; i++) {
		if (!with[i].bytes || !measure(&rows[i], SIDE_LBPF, &without))
			continue;
		log_time += log(without.least / with[i].least);
		log_size += log((double)without.bytes / with[i].bytes);
		if (without.least / with[i].least > most) {
			most = without.least / with[i].least;
			worst = i;
		}
		nr++;
	}
	printf("%c %-28s %6.3f %6.3f   %6.2f %s\n", steps[step].letter, steps[step].name,
	       exp(log_time / nr), exp(log_size / nr), most, rows[worst].name);
}

static int print_steps(void)
{
	static struct figure with[NR_ROWS];
	size_t i;

	if (!switch_off(' '))
		return KSFT_FAIL;
	for (i = 0; i < NR_ROWS; i++)
		if (!measure(&rows[i], SIDE_LBPF, &with[i]))
			with[i].bytes = 0;
	printf("%-30s %6s %6s   %s\n", "without this step", "time", "size", "most time");
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
		if (!switch_off(steps[i].letter))
			return KSFT_FAIL;
		print_step(i, with);
	}
	switch_off(' ');
	return 0;
}

/* The medians of both sides, for TIMES. */
static int print_times(void)
{
	struct figure ours, theirs;
	size_t i;

	nr_repeats = NR_TIMED;
	for (i = 0; i < NR_ROWS; i++) {
		if (!measure(&rows[i], SIDE_LBPF, &ours) ||
		    !measure(&rows[i], SIDE_KERNEL, &theirs))
			return KSFT_FAIL;
		printf("%.1f\t%.1f\t%s\n", ours.median, theirs.median, rows[i].name);
	}
	return 0;
}

/* What TIMES says of the row. */
static bool read_times(const char *name, double *ours, double *theirs)
{
	FILE *file = fopen(TIMES, "r");
	bool is_found = false;
	char line[128];
	int at;

	while (file && !is_found && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		is_found = sscanf(line, "%lf\t%lf\t%n", ours, theirs, &at) == 2 &&
			   !strcmp(line + at, name);
	}
	if (file)
		fclose(file);
	return is_found;
}

/**
 * struct means - Sums of logarithms of ratios, lbpf to bpf(2)
 * @insns: Of instructions.
 * @ns: Of times, of @nr_timed rows.
 * @bytes: Of lengths of the machine code.
 * @nr: Rows.
 * @nr_timed: Those whose times are known.
 */
struct means {
	double	insns;
	double	ns;
	double	bytes;
	int	nr;
	int	nr_timed;
};

static void print_row(const struct row *row, struct means *means)
{
	struct figure ours, theirs;
	double our_ns, their_ns;

	if (!measure(row, SIDE_LBPF, &ours) || !measure(row, SIDE_KERNEL, &theirs)) {
		printf("%-31s not run on %s: %s\n", row->name, side == SIDE_LBPF ?
		       "lbpf" : "bpf(2)", strerror(errno));
		return;
	}
	printf("%-31s %7.1f %7.1f %5.2f   %5u %5u %5.2f", row->name, ours.least, theirs.least,
	       ours.least / theirs.least, ours.bytes, theirs.bytes,
	       (double)ours.bytes / theirs.bytes);
	means->insns += log(ours.least / theirs.least);
	means->bytes += log((double)ours.bytes / theirs.bytes);
	means->nr++;
	if (read_times(row->name, &our_ns, &their_ns)) {
		printf("   %7.1f %7.1f %5.2f", our_ns, their_ns, our_ns / their_ns);
		means->ns += log(our_ns / their_ns);
		means->nr_timed++;
	}
	printf("\n");
}

static void print_heads(void)
{
	printf("%-31s %-21s   %-17s   %s\n", "", "guest instructions", "bytes of code",
	       "ns (median)");
	printf("%-31s %7s %7s %5s   %5s %5s %5s   %7s %7s %5s\n", "for each iteration", "lbpf",
	       "bpf(2)", "ratio", "lbpf", "bpf", "ratio", "lbpf", "bpf(2)", "ratio");
}

static void print_means(const struct means *means)
{
	printf("%-31s %7s %7s %5.2f   %5s %5s %5.2f", "geometric mean", "", "",
	       exp(means->insns / means->nr), "", "", exp(means->bytes / means->nr));
	if (means->nr_timed)
		printf("   %7s %7s %5.2f", "", "", exp(means->ns / means->nr_timed));
	printf("\n");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	struct means means = { 0 };
	size_t i, nr = 0;

	if (!strcmp(name, "-s"))
		return print_steps();
	if (!strcmp(name, "-t"))
		return print_times();
	print_heads();
	for (i = 0; i < NR_ROWS; i++) {
		if (!strstr(rows[i].name, name))
			continue;
		print_row(&rows[i], &means);
		nr++;
	}
	if (means.nr)
		print_means(&means);
	return nr && means.nr == (int)nr ? 0 : KSFT_FAIL;
}
