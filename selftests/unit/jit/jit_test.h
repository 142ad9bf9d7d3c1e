/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random programs, an interpreter to compare with, and running what the JIT
 * makes of them in this process.
 */
#ifndef JIT_TEST_H
#define JIT_TEST_H

#include "shim.h"
#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/insn.h>
#include <lbpf/map.h>
#include <lbpf/proto.h>

#define MEM_BYTES	256
#define NR_INPUTS	4
#define VALUE_BYTES	512
#define MAX_GEN_INSNS	4096

/**
 * struct program - A generated program
 * @code: As the verifier would leave it: the facts are those of the inputs tried.
 * @insns: Copy of its instructions as generated.
 */
struct program {
	struct lbpf_code	code;
	struct bpf_insn		insns[MAX_GEN_INSNS];
};

/* What a run leaves. */
struct outcome {
	u64	r0;
	u64	nr_calls;
	u8	mem[MEM_BYTES];
	u8	values[VALUE_BYTES];
};

/* Deterministic random numbers. */
u64 chance_next(void);
void chance_seed(u64 seed);
static inline u32 chance(u32 n)
{
	return chance_next() % n;
}

/* Helpers that programs call: by number. */
#define NR_TEST_HELPERS	4
#define LOOKUP_HELPER	3
typedef u64 (*test_helper)(u64, u64, u64, u64, u64);
extern const test_helper test_helpers[NR_TEST_HELPERS];
extern const struct lbpf_proto test_protos[NR_TEST_HELPERS];
extern u64 test_helper_calls;

/* Maps whose values lie in a row. */
#define NR_TEST_MAPS	3
extern struct lbpf_map test_maps[NR_TEST_MAPS];
extern u8 test_values[VALUE_BYTES];

void generate(struct program *prog, u32 nr_insns);
void program_free(struct program *prog);

/* Runs instructions as the ISA says, and joins what it sees into aux; false: too long. */
bool interpret(struct lbpf_code *code, const u8 *input, struct outcome *outcome);

/* Machine code in this process; NULL when there is none. */
typedef u64 (*native_func)(void *ctx);
native_func native_make(struct lbpf_code *code);
void native_free(void);
void native_run(native_func func, const u8 *input, struct outcome *outcome);

#endif
