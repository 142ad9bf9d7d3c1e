/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs that a verifier accepts.
 */
#ifndef JIT_GENERATE_H
#define JIT_GENERATE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_PROG_INSNS	1024

/* Bytes of the one value of the array map where a program works, and leaves its registers. */
#define VALUE_BYTES	256

struct random_prog {
	struct bpf_insn	insns[MAX_PROG_INSNS];
	unsigned int	nr_insns;
	/* Where the map descriptors go: instructions that load a map, and which of the two. */
	struct { unsigned int insn; bool is_hash; } map_refs[64];
	unsigned int	nr_map_refs;
};

/* The program that belongs to @seed. */
void generate_prog(struct random_prog *prog, uint64_t seed, unsigned int nr_insns);

#endif
