// SPDX-License-Identifier: GPL-2.0
/*
 * The program behind the packets of the stress test.
 *
 * A packet is { u64 key, struct value, u64 op }.  The program does @op on the hash
 * map and writes what came of it to its slot of the array "results"; then it
 * updates and looks up the LRU map, and looks the key up in an inner map.
 */
#include "stress.h"

#define PACKET_OFF	-40
#define KEY_OFF		PACKET_OFF
#define VALUE_OFF	(PACKET_OFF + 8)
#define OP_OFF		(PACKET_OFF + 24)
#define SLOT_OFF	-48
#define RESULT_OFF	-56

#define POINT(reg, off)	MOV(reg, BPF_REG_10), ALU64_IMM(BPF_ADD, reg, off)

static int load(const struct bpf_insn *insns, size_t nr)
{
	static char log[1 << 18];
	union bpf_attr attr = {};
	int fd;

	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)insns;
	attr.insn_cnt = nr;
	attr.license = (uintptr_t)"GPL";
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	fd = map_cmd(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		printf("load: %s\n%s\n", strerror(-fd), log);
	return fd;
}

/* Loads it: a descriptor, or -errno. */
int load_worker(int hash, int lru, unsigned int slot)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_6, BPF_REG_1),
		MOV_IMM(BPF_REG_2, 0), POINT(BPF_REG_3, PACKET_OFF), MOV_IMM(BPF_REG_4, 32),
		CALL(BPF_FUNC_skb_load_bytes),
		JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 2), MOV_IMM(BPF_REG_0, 0), EXIT(),
		LDX(BPF_DW, BPF_REG_7, BPF_REG_10, OP_OFF),
		JMP_IMM(BPF_JEQ, BPF_REG_7, 1, 10),
		JMP_IMM(BPF_JEQ, BPF_REG_7, 2, 15),
		/* 0: update */
		LD_MAP_FD(BPF_REG_1, hash), POINT(BPF_REG_2, KEY_OFF), POINT(BPF_REG_3, VALUE_OFF),
		MOV_IMM(BPF_REG_4, BPF_ANY), CALL(BPF_FUNC_map_update_elem),
		JA(15),
		/* 1: delete */
		LD_MAP_FD(BPF_REG_1, hash), POINT(BPF_REG_2, KEY_OFF),
		CALL(BPF_FUNC_map_delete_elem), JA(9),
		/* 2: lookup: the sum of the value, which is -1, or 0 */
		LD_MAP_FD(BPF_REG_1, hash), POINT(BPF_REG_2, KEY_OFF),
		CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 3),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_0, 0), LDX(BPF_DW, BPF_REG_0, BPF_REG_0, 8),
		ALU64(BPF_ADD, BPF_REG_0, BPF_REG_1),
		STX(BPF_DW, BPF_REG_10, BPF_REG_0, RESULT_OFF),
		ST_IMM(BPF_W, BPF_REG_10, SLOT_OFF, slot),
		LD_MAP_FD(BPF_REG_1, results), POINT(BPF_REG_2, SLOT_OFF),
		POINT(BPF_REG_3, RESULT_OFF), MOV_IMM(BPF_REG_4, BPF_ANY),
		CALL(BPF_FUNC_map_update_elem),
		LD_MAP_FD(BPF_REG_1, lru), POINT(BPF_REG_2, KEY_OFF), POINT(BPF_REG_3, VALUE_OFF),
		MOV_IMM(BPF_REG_4, BPF_ANY), CALL(BPF_FUNC_map_update_elem),
		LD_MAP_FD(BPF_REG_1, lru), POINT(BPF_REG_2, KEY_OFF),
		CALL(BPF_FUNC_map_lookup_elem),
		MOV_IMM(BPF_REG_0, 0), EXIT(),
	};
	/* The same end with a lookup of the key in one of the inner maps. */
	struct bpf_insn nested[] = {
		ST_IMM(BPF_W, BPF_REG_10, SLOT_OFF, slot % NR_INNER),
		LD_MAP_FD(BPF_REG_1, outer), POINT(BPF_REG_2, SLOT_OFF),
		CALL(BPF_FUNC_map_lookup_elem), JMP_IMM(BPF_JEQ, BPF_REG_0, 0, 5),
		MOV(BPF_REG_1, BPF_REG_0), POINT(BPF_REG_2, KEY_OFF),
		CALL(BPF_FUNC_map_lookup_elem), MOV_IMM(BPF_REG_0, 0),
		MOV_IMM(BPF_REG_0, 0), EXIT(),
	};
	size_t nr = ARRAY_SIZE_OF(insns) - 2;
	struct bpf_insn all[ARRAY_SIZE_OF(insns) + ARRAY_SIZE_OF(nested)];

	memcpy(all, insns, sizeof(insns));
	if (outer < 0)
		return load(all, nr + 2);
	memcpy(all + nr, nested, sizeof(nested));
	return load(all, nr + ARRAY_SIZE_OF(nested));
}
