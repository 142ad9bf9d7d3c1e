// SPDX-License-Identifier: GPL-2.0
/*
 * Pieces of random programs: calls of helpers, maps, the context.
 */
#include <linux/filter.h>
#include <stddef.h>
#include "generate_parts.h"

const struct random_map_kind random_maps[NR_RANDOM_MAPS] = {
	[WORK_MAP]	= { BPF_MAP_TYPE_ARRAY, 4, VALUE_BYTES, 1, 3, 0 },
	[ARRAY_MAP]	= { BPF_MAP_TYPE_ARRAY, 4, 24, 5, 8, 0 },
	[PERCPU_ARRAY_MAP] = { BPF_MAP_TYPE_PERCPU_ARRAY, 4, 16, 4, 8, 0 },
	[HASH_4_MAP]	= { BPF_MAP_TYPE_HASH, 4, 16, 64, 8, 0 },
	[HASH_8_MAP]	= { BPF_MAP_TYPE_HASH, 8, 8, 64, 8, 0 },
	[HASH_12_MAP]	= { BPF_MAP_TYPE_HASH, 12, 24, 64, 8, 0 },
	[HASH_16_MAP]	= { BPF_MAP_TYPE_HASH, 16, 16, 64, 8, 0 },
	[LAZY_HASH_MAP]	= { BPF_MAP_TYPE_HASH, 8, 16, 64, 8, BPF_F_NO_PREALLOC },
	[PERCPU_HASH_MAP] = { BPF_MAP_TYPE_PERCPU_HASH, 4, 16, 64, 8, 0 },
	[LRU_MAP]	= { BPF_MAP_TYPE_LRU_HASH, 8, 16, 64, 8, 0 },
	[INNER_ARRAY_MAP] = { BPF_MAP_TYPE_ARRAY, 4, 24, 5, 8, 0 },
	[INNER_HASH_MAP] = { BPF_MAP_TYPE_HASH, 8, 16, 64, 8, 0 },
	[OUTER_ARRAY_MAP] = { BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, 4, 8, 0 },
	[OUTER_HASH_MAP] = { BPF_MAP_TYPE_HASH_OF_MAPS, 4, 4, 8, 8, 0 },
	[PROG_MAP]	= { BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 4, 8, 0 },
};

#define DATA_OFF	(KEY_OFF + MAX_KEY_BYTES)

void put_map(uint8_t dst, enum random_map map)
{
	struct random_prog *prog = gen.prog;

	prog->uses_maps |= 1 << map;
	prog->map_refs[prog->nr_map_refs].insn = prog->nr_insns;
	prog->map_refs[prog->nr_map_refs++].map = map;
	put(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, 0);
	put(0, 0, 0, 0, 0);
}

static bool is_array(const struct random_map_kind *kind)
{
	return kind->type == BPF_MAP_TYPE_ARRAY || kind->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

void put_key_at(const struct random_map_kind *kind, int at)
{
	uint8_t size = kind->key_bytes >= 8 && chance(2) ? BPF_DW : BPF_W;
	unsigned int off = size == BPF_DW ? 8 : 4;

	if (chance(2)) {
		put(BPF_ST | BPF_MEM | size, BPF_REG_10, 0, at, chance(kind->nr_keys));
	} else {
		uint8_t reg = any_reg();

		put_alu_imm(BPF_AND, reg, kind->nr_keys == 3 ? 1 : kind->nr_keys - 1);
		put(BPF_STX | BPF_MEM | size, BPF_REG_10, reg, at, 0);
	}
	for (; off < kind->key_bytes; off += 4)
		put(BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, at + off, 0);
}

void put_stack_addr(uint8_t dst, int off)
{
	put_mov(dst, BPF_REG_10);
	put_alu_imm(BPF_ADD, dst, off);
}

void put_call(int helper)
{
	put(BPF_JMP | BPF_CALL, 0, 0, 0, helper);
}

/* Linux 6.1 leaves the upper half of an error number to chance. */
static void put_errno(void)
{
	put(BPF_ALU | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_0, 0, 0);
}

/* Work on the value that R0 points to; R1 is a number.  Returns instructions written. */
static unsigned int put_value_access(const struct random_map_kind *kind)
{
	unsigned int first = gen.prog->nr_insns;
	uint8_t size = chance(2) ? BPF_DW : BPF_W;
	int16_t off = chance(kind->value_bytes > 64 ? 4 : kind->value_bytes / 8) * 8;

	switch (chance(3)) {
	case 0:
		put_alu_imm(BPF_MOV, BPF_REG_1, any_imm());
		put(BPF_STX | BPF_ATOMIC | size, BPF_REG_0, BPF_REG_1, off, BPF_ADD);
		break;
	case 1:
		put(BPF_ST | BPF_MEM | size, BPF_REG_0, 0, off, any_imm());
		break;
	default:
		put(BPF_LDX | BPF_MEM | size, BPF_REG_1, BPF_REG_0, off, 0);
		put_alu_imm(BPF_ADD, BPF_REG_1, any_imm());
		put(BPF_STX | BPF_MEM | size, BPF_REG_0, BPF_REG_1, off, 0);
	}
	if (chance(2))
		put(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_6, BPF_REG_0, off, 0);
	return gen.prog->nr_insns - first;
}

static void put_lookup(const struct random_map_kind *kind)
{
	struct random_prog *prog = gen.prog;
	unsigned int test, skip = 0;

	put_call(BPF_FUNC_map_lookup_elem);
	if (chance(4) == 0)
		put_alu_imm(BPF_MOV, BPF_REG_1, 1);
	test = prog->nr_insns;
	if (chance(2)) {
		put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0, 0);
	} else {
		put(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
		test = prog->nr_insns;
		put(BPF_JMP | BPF_JA, 0, 0, 0, 0);
	}
	skip = put_value_access(kind);
	prog->insns[test].off = skip;
	/* A pointer is no number: the result is whether there was one. */
	if (chance(2)) {
		put(BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 1, 0);
		put_alu_imm(BPF_MOV, BPF_REG_0, any_imm());
	} else {
		put_alu_imm(BPF_MOV, BPF_REG_0, any_imm());
	}
}

void put_update(void)
{
	put_stack_addr(BPF_REG_3, DATA_OFF);
	put_alu_imm(BPF_MOV, BPF_REG_4, chance(3));
}

void put_map_operation(const struct random_map_kind *kind, unsigned int what)
{
	if (what == 1) {
		put_call(BPF_FUNC_map_update_elem);
		put_errno();
	} else if (what == 2 && !is_array(kind)) {
		put_call(BPF_FUNC_map_delete_elem);
		put_errno();
	} else {
		put_lookup(kind);
	}
}

/* The work map's value is longer than the stack that is initialised: no update. */
void put_map_call(void)
{
	enum random_map map = chance(NR_PLAIN_MAPS);
	const struct random_map_kind *kind = &random_maps[map];
	unsigned int what = map == WORK_MAP ? 0 : chance(4);

	if (gen.prog->nr_map_refs >= MAX_MAP_REFS)
		return;
	put_key_at(kind, KEY_OFF);
	put_stack_addr(BPF_REG_2, KEY_OFF);
	if (what == 1)
		put_update();
	put_map(BPF_REG_1, map);
	put_map_operation(kind, what);
	put_arguments_again();
}

void put_ctx(uint8_t reg)
{
	put(BPF_LDX | BPF_MEM | BPF_DW, reg, BPF_REG_10, CTX_OFF, 0);
}

/* A load that does not fit ends the program. */
static void put_packet_load(void)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W };
	uint8_t size = sizes[chance(3)];
	int32_t at = chance(chance(8) ? PACKET_BYTES - 8 : PACKET_BYTES + 8);

	if (chance(6) == 0)
		at += SKF_NET_OFF;
	put(BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, BPF_REG_6, SAVED_R6_OFF, 0);
	put_ctx(BPF_REG_6);
	if (chance(2)) {
		put(BPF_LD | BPF_ABS | size, 0, 0, 0, at);
	} else {
		put_alu_imm(BPF_AND, BPF_REG_7, 15);
		put(BPF_LD | BPF_IND | size, 0, BPF_REG_7, 0, at);
	}
	put(BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_6, BPF_REG_10, SAVED_R6_OFF, 0);
	put_arguments_again();
}

static void put_load_bytes(void)
{
	put_ctx(BPF_REG_1);
	put_alu_imm(BPF_MOV, BPF_REG_2, chance(PACKET_BYTES));
	put_stack_addr(BPF_REG_3, DATA_OFF);
	put_alu_imm(BPF_MOV, BPF_REG_4, 1 + chance(MAX_SMALL_BYTES));
	put_call(BPF_FUNC_skb_load_bytes);
	put_errno();
	put_arguments_again();
}

static void put_cpu(void)
{
	put_call(BPF_FUNC_get_smp_processor_id);
	put_arguments_again();
}

static void put_ctx_field(void)
{
	static const uint8_t fields[] = {
		offsetof(struct __sk_buff, len), offsetof(struct __sk_buff, pkt_type),
		offsetof(struct __sk_buff, protocol), offsetof(struct __sk_buff, mark),
		offsetof(struct __sk_buff, ifindex), offsetof(struct __sk_buff, vlan_present),
	};
	uint8_t reg = any_reg();

	put_ctx(reg);
	put(BPF_LDX | BPF_MEM | BPF_W, reg, reg, fields[chance(sizeof(fields))], 0);
}

/* cb[] belongs to the program. */
static void put_cb(void)
{
	int16_t off = offsetof(struct __sk_buff, cb) + 4 * chance(5);
	uint8_t reg = chance(8), value = any_reg();

	if (reg == value)
		reg++;
	put_ctx(reg);
	put(BPF_STX | BPF_MEM | BPF_W, reg, value, off, 0);
	put(BPF_LDX | BPF_MEM | BPF_W, reg, reg, off, 0);
}

void put_other_call(void)
{
	static void (*const pieces[])(void) = {
		put_packet_load, put_load_bytes, put_cpu, put_ctx_field, put_cb,
	};

	pieces[chance(5)]();
}
