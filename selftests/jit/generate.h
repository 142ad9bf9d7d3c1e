/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs that a verifier accepts.
 */
#ifndef JIT_GENERATE_H
#define JIT_GENERATE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_PROG_INSNS	4096
#define MAX_MAP_REFS	60

/* Bytes of the one value of the work map: memory of the program, and where it leaves registers. */
#define VALUE_BYTES	256
#define PACKET_BYTES	64

/* The longest key and value but for the work map's. */
#define MAX_KEY_BYTES	16
#define MAX_SMALL_BYTES	24

/* Maps of a program, by number. */
enum random_map {
	WORK_MAP,
	ARRAY_MAP,
	PERCPU_ARRAY_MAP,
	HASH_4_MAP,
	HASH_8_MAP,
	HASH_12_MAP,
	HASH_16_MAP,
	LAZY_HASH_MAP,
	PERCPU_HASH_MAP,
	LRU_MAP,
	NR_PLAIN_MAPS,
	/* In maps of maps. */
	INNER_ARRAY_MAP = NR_PLAIN_MAPS,
	INNER_HASH_MAP,
	/* The others have values: they are set before a run and compared afterwards. */
	NR_VALUE_MAPS,
	OUTER_ARRAY_MAP = NR_VALUE_MAPS,
	OUTER_HASH_MAP,
	PROG_MAP,
	NR_RANDOM_MAPS,
};

/* Programs in PROG_MAP, from index 0 on. */
#define NR_TARGETS	3

/* The main one, one that is called, one that a helper calls. */
#define MAX_FUNCS	3

/**
 * struct random_map_kind - What a map is
 * @type: BPF_MAP_TYPE_*.
 * @key_bytes: A key is a number below @nr_keys, and zeros.
 * @value_bytes: Size of a value.
 * @nr_entries: Size of the map.
 * @nr_keys: Numbers that programs use; in an array the last ones are out of bounds.
 * @flags: Of the map.
 */
struct random_map_kind {
	uint32_t	type;
	uint32_t	key_bytes;
	uint32_t	value_bytes;
	uint32_t	nr_entries;
	uint32_t	nr_keys;
	uint32_t	flags;
};

extern const struct random_map_kind random_maps[NR_RANDOM_MAPS];

struct random_prog {
	struct bpf_insn	insns[MAX_PROG_INSNS];
	unsigned int	nr_insns;
	/* Where the map descriptors go: instructions that load a map, and which. */
	struct { unsigned int insn; enum random_map map; } map_refs[MAX_MAP_REFS];
	unsigned int	nr_map_refs;
	/* Bit n: map n is used. */
	unsigned int	uses_maps;
	/* Where functions start, when it needs types of them. */
	unsigned int	funcs[MAX_FUNCS];
	unsigned int	nr_funcs;
	/* Instructions of cpu=v4 are in it, or stand in it as older ones that do the same. */
	unsigned int	nr_v4;
};

/*
 * The program that belongs to @seed, of @nr_items random pieces.  With @is_lowered, instructions of
 * cpu=v4 are written as older ones with the same effect: what a kernel without them can run.
 */
void generate_prog(struct random_prog *prog, uint64_t seed, unsigned int nr_items,
		   bool is_lowered);

/*
 * Programs may have loops of calls.  Linux 6.12 warns, and answers EFAULT, where such a loop is
 * known to make no calls.
 */
extern bool generate_loops;

/* Program @nr of the program array. */
void generate_target(struct random_prog *prog, unsigned int nr);

#endif
