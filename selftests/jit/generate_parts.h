/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the generator share: the program under construction.
 *
 * A program keeps numbers in R0-R8; R9 points to the value of the work map (in a
 * subprogram, to stack), R10 to an initialised stack.
 */
#ifndef JIT_GENERATE_PARTS_H
#define JIT_GENERATE_PARTS_H

#include <insns.h>
#include "generate.h"

/* Stack that pieces read and write at random. */
#define SLOT_BYTES	64
/* Further places on it. */
#define COUNTER_OFF	(-SLOT_BYTES - 8)
#define CTX_OFF		(-SLOT_BYTES - 16)
#define SAVED_R6_OFF	(-SLOT_BYTES - 24)
#define MAIN_SCRATCH	(-SLOT_BYTES - 32)
/* Below what stands for the work map in a subprogram. */
#define SUB_SCRATCH	(-VALUE_BYTES - 8)

#define MAX_CALLBACKS	4

/**
 * struct generator - The program under construction
 * @prog: ... itself.
 * @is_lowered: Write instructions of cpu=v4 as older ones.
 * @scratch_off: Three words of the function's stack from here down are free.
 * @callbacks: Instructions that load the address of the function that a helper calls.
 * @nr_callbacks: Number of them.
 */
struct generator {
	struct random_prog	*prog;
	bool			is_lowered;
	int			scratch_off;
	unsigned int		callbacks[MAX_CALLBACKS];
	unsigned int		nr_callbacks;
};

extern struct generator gen;

/* A number below @n. */
unsigned int chance(unsigned int n);
int32_t any_imm(void);
uint8_t any_reg(void);
void put(uint8_t code, uint8_t dst, uint8_t src, int16_t off, int32_t imm);
/* R1-R5 mean nothing after a call: numbers again. */
void put_arguments_again(void);
/* Memory of the program: the register, and the offset. */
uint8_t any_place(unsigned int bytes, int16_t *off);

static inline void put_mov(uint8_t dst, uint8_t src)
{
	put(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0);
}

static inline void put_alu_imm(uint8_t op, uint8_t dst, int32_t imm)
{
	put(BPF_ALU64 | op | BPF_K, dst, 0, 0, imm);
}

/* generate_v4.c */
void put_v4(void);

/* generate_calls.c */
void put_map(uint8_t dst, enum random_map map);
void put_call(int helper);
/* A number that is a key at @off on the stack. */
void put_key_at(const struct random_map_kind *kind, int off);
/* @dst = an address on the stack. */
void put_stack_addr(uint8_t dst, int off);
void put_ctx(uint8_t reg);
/* R3 and R4 of an update: what is on the stack becomes the value. */
void put_update(void);
/* An operation on the map in R1, with the key that R2 points to. */
void put_map_operation(const struct random_map_kind *kind, unsigned int what);
void put_map_call(void);
void put_other_call(void);

#define KEY_OFF		(-SLOT_BYTES)

/* generate_nested.c */
void put_inner_call(void);
void put_tail_call(void);
void put_loop_call(void);

#endif
