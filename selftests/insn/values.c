// SPDX-License-Identifier: GPL-2.0
/*
 * What every instruction computes: all operations, widths and operand forms with
 * numbers from the edges, known to the verifier and not known to it, in all
 * registers, beside a model.
 *
 * A program has many slots, one instruction each: operands come from a map value (or are
 * constants), and results go there.
 */
#include <errno.h>
#include <kselftest.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <insns.h>
#include <lbpf_test.h>
#include "model.h"

#define NR_SLOTS	64
#define MAX_INSNS	1024
#define NR_MESSAGES	5

static const uint64_t edges[] = {
	0, 1, -1ull, 2, 3, 7, 10, 31, 32, 63, 64, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff,
	0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0xffffffff80000000, 0x7fffffffffffffff,
	0x8000000000000000, 0x123456789abcdef0, 0xfedcba9876543210,
};

static const int32_t imms[] = {
	1, -1, 2, 3, 7, 10, 16, 31, 127, 128, -128, -129, 255, 65535, 0x7fffffff, -0x7fffffff - 1,
	1000000007, 0,
};

/**
 * struct batch - A program under construction
 * @insns: Program.
 * @nr: Instructions.
 * @tested: The instruction of each slot.
 * @slots: Operands, and what the model says.
 * @nr_slots: Slots in use.
 * @is_known: Operands are constants.
 * @base: Register that points to the slots.
 */
struct batch {
	struct bpf_insn	insns[MAX_INSNS];
	unsigned int	nr;
	struct bpf_insn	tested[NR_SLOTS];
	struct slot	slots[NR_SLOTS];
	unsigned int	nr_slots;
	bool		is_known;
	uint8_t		base;
};

static struct batch batch;
static int map_fd;
static unsigned int nr_tested, nr_wrong;

static void put(struct bpf_insn insn)
{
	if (batch.nr < MAX_INSNS)
		batch.insns[batch.nr++] = insn;
}

static void start_batch(bool is_known, uint8_t base)
{
	const struct bpf_insn start[] = {
		ST_IMM(BPF_W, 10, -4, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4),
		LD_MAP_FD(1, map_fd), CALL(BPF_FUNC_map_lookup_elem),
		JMP_IMM(BPF_JNE, 0, 0, 1), EXIT(), MOV(base, 0),
	};
	unsigned int i;

	batch.nr = 0;
	batch.nr_slots = 0;
	batch.is_known = is_known;
	batch.base = base;
	for (i = 0; i < ARRAY_SIZE(start); i++)
		put(start[i]);
}

static int16_t offset_of(size_t member)
{
	return batch.nr_slots * sizeof(struct slot) + member;
}

static void put_operand(uint8_t reg, uint64_t value, size_t member)
{
	const struct bpf_insn load[] = { LD_IMM64(reg, value) };

	if (batch.is_known) {
		put(load[0]);
		put(load[1]);
	} else {
		put(LDX(BPF_DW, reg, batch.base, offset_of(member)));
	}
}

static bool is_jump(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP || BPF_CLASS(insn->code) == BPF_JMP32;
}

/* A jump goes over two instructions: its result is whether it did. */
static void put_tested(struct bpf_insn insn, uint8_t dst)
{
	if (is_jump(&insn))
		insn.off = 2;
	put(insn);
	if (!is_jump(&insn))
		return;
	put(MOV_IMM(dst, 0));
	put(JA(1));
	put(MOV_IMM(dst, 1));
}

static bool is_byte_order(const struct bpf_insn *insn)
{
	return !is_jump(insn) && BPF_OP(insn->code) == BPF_END;
}

static bool has_mem(const struct bpf_insn *insn)
{
	uint8_t class = BPF_CLASS(insn->code);

	return class == BPF_LDX || class == BPF_ST || class == BPF_STX;
}

/* In @insn registers are those of the slot; memory is reached through the base. */
static void add_slot(struct bpf_insn insn, struct slot slot)
{
	uint8_t dst = insn.dst_reg, src = insn.src_reg;

	if (dst == src)
		slot.src = slot.dst;
	if (!dst)
		slot.r0 = slot.dst;
	else if (!src)
		slot.r0 = slot.src;
	batch.tested[batch.nr_slots] = insn;
	put_operand(BPF_REG_0, slot.r0, offsetof(struct slot, r0));
	put_operand(src, slot.src, offsetof(struct slot, src));
	put_operand(dst, slot.dst, offsetof(struct slot, dst));
	/* What the verifier wants to be 0. */
	if (!has_mem(&insn) && (BPF_SRC(insn.code) == BPF_K || is_byte_order(&insn)))
		insn.src_reg = 0;
	if (has_mem(&insn)) {
		insn.off = offset_of(offsetof(struct slot, mem));
		if (BPF_CLASS(insn.code) == BPF_LDX)
			insn.src_reg = batch.base;
		else
			insn.dst_reg = batch.base;
		if (BPF_CLASS(insn.code) == BPF_ST)
			insn.src_reg = 0;
	}
	put_tested(insn, dst);
	put(STX(BPF_DW, batch.base, dst, offset_of(offsetof(struct slot, out_dst))));
	put(STX(BPF_DW, batch.base, src, offset_of(offsetof(struct slot, out_src))));
	put(STX(BPF_DW, batch.base, BPF_REG_0, offset_of(offsetof(struct slot, out_r0))));
	batch.slots[batch.nr_slots++] = slot;
}

/* Where registers coincide, they are what was written. */
static void run_slot_model(const struct bpf_insn *insn, struct slot *slot)
{
	bool writes_src = BPF_CLASS(insn->code) == BPF_STX;

	run_model(insn, slot);
	if (writes_src && insn->imm == BPF_CMPXCHG) {
		slot->out_src = insn->src_reg ? slot->out_src : slot->out_r0;
		slot->out_dst = insn->dst_reg ? slot->out_dst : slot->out_r0;
		return;
	}
	if (insn->dst_reg == insn->src_reg && writes_src)
		slot->out_dst = slot->out_src;
	else if (insn->dst_reg == insn->src_reg)
		slot->out_src = slot->out_dst;
	if (!writes_src && !insn->dst_reg)
		slot->out_r0 = slot->out_dst;
	if (writes_src && !insn->src_reg)
		slot->out_r0 = slot->out_src;
}

static void compare_slot(unsigned int nr, const struct slot *got)
{
	const struct bpf_insn *insn = &batch.tested[nr];
	struct slot want = batch.slots[nr];

	run_slot_model(insn, &want);
	nr_tested++;
	if (!memcmp(&want, got, sizeof(want)) || nr_wrong++ >= NR_MESSAGES)
		return;
	ksft_print_msg("opcode %02x dst r%u src r%u off %d imm %d, %llx and %llx: dst %llx, not %llx; src %llx, not %llx; r0 %llx, not %llx; memory %llx, not %llx\n",
		       insn->code, insn->dst_reg, insn->src_reg, insn->off, insn->imm,
		       (long long)want.dst, (long long)want.src,
		       (long long)got->out_dst, (long long)want.out_dst, (long long)got->out_src,
		       (long long)want.out_src, (long long)got->out_r0, (long long)want.out_r0,
		       (long long)got->mem, (long long)want.mem);
}

static int load_batch(void)
{
	union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insn_cnt = batch.nr,
				.insns = (unsigned long)batch.insns,
				.license = (unsigned long)"GPL" };

	return lbpf_sys(BPF_PROG_LOAD, &attr);
}

static bool run_batch(int fd, struct slot *slots)
{
	uint8_t packet[64] = { 0 };
	uint32_t key = 0;
	union bpf_attr elem = { .map_fd = map_fd, .key = (unsigned long)&key,
				.value = (unsigned long)slots };
	union bpf_attr run = { .test.prog_fd = fd, .test.data_in = (unsigned long)packet,
			       .test.data_size_in = sizeof(packet) };

	memcpy(slots, batch.slots, sizeof(batch.slots));
	return !lbpf_sys(BPF_MAP_UPDATE_ELEM, &elem) && !lbpf_sys(BPF_PROG_TEST_RUN, &run) &&
	       !lbpf_sys(BPF_MAP_LOOKUP_ELEM, &elem);
}

static void finish_batch(void)
{
	static struct slot slots[NR_SLOTS];
	unsigned int i;
	int fd;

	if (!batch.nr_slots)
		return;
	put(MOV_IMM(0, 0));
	put(EXIT());
	fd = load_batch();
	if (fd < 0 || !run_batch(fd, slots)) {
		ksft_print_msg("opcode %02x: %s\n", batch.tested[0].code, strerror(errno));
		nr_wrong++;
	}
	for (i = 0; i < batch.nr_slots && fd >= 0; i++)
		compare_slot(i, &slots[i]);
	if (fd >= 0)
		close(fd);
}

static bool is_full(void)
{
	return batch.nr_slots == NR_SLOTS || batch.nr + 32 > MAX_INSNS;
}

/* Registers rotate, so that each one is met as each operand, and both as one. */
static struct bpf_insn with_regs(struct bpf_insn insn, unsigned int nr)
{
	insn.dst_reg = nr % 9;
	insn.src_reg = nr / 9 % 9;
	return insn;
}

/* Edges with edges, of all pairs one in @step, which divides none of their numbers. */
#define STEP(is_known)	((is_known) ? 7 : 3)

static void test_pairs(struct bpf_insn insn, bool is_known)
{
	unsigned int i, nr = ARRAY_SIZE(edges), step = STEP(is_known);

	start_batch(is_known, BPF_REG_9);
	for (i = 0; i < nr * nr; i += step) {
		struct slot slot = { .dst = edges[i % nr], .src = edges[i / nr],
				     .r0 = edges[(i * 7 + i / nr) % nr], .mem = edges[i % nr] };

		if (is_full()) {
			finish_batch();
			start_batch(is_known, BPF_REG_9);
		}
		/* The comparison of CMPXCHG must succeed too. */
		if (i % 2 == 0)
			slot.mem = slot.r0;
		add_slot(with_regs(insn, i / step), slot);
	}
	finish_batch();
}

/* ... with constants. */
static void test_imms(struct bpf_insn insn, bool is_known, int32_t max_imm, bool has_zero)
{
	unsigned int i, nr = ARRAY_SIZE(edges), nr_imms = ARRAY_SIZE(imms);

	start_batch(is_known, BPF_REG_9);
	for (i = 0; i < nr * nr_imms; i += is_known ? 11 : 5) {
		struct slot slot = { .dst = edges[i % nr], .src = edges[i / nr], .r0 = 5,
				     .mem = edges[(i + i / nr) % nr] };

		insn.imm = imms[i / nr];
		if (max_imm)
			insn.imm &= max_imm;
		if (!insn.imm && !has_zero)
			insn.imm = 5;
		if (is_full()) {
			finish_batch();
			start_batch(is_known, BPF_REG_9);
		}
		add_slot(with_regs(insn, i), slot);
	}
	finish_batch();
}

static void report(const char *what)
{
	ksft_test_result(nr_tested && !nr_wrong, "%s: %u results\n", what, nr_tested);
	nr_tested = 0;
	nr_wrong = 0;
}

static void test_alu(void)
{
	static const uint8_t ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_MOD,
		BPF_XOR, BPF_MOV, BPF_ARSH,
	};
	static const uint8_t classes[] = { BPF_ALU, BPF_ALU64 };
	unsigned int i, known;

	for (i = 0; i < 2 * ARRAY_SIZE(ops); i++) {
		uint8_t class = classes[i % 2], op = ops[i / 2];
		bool is_shift = op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH;
		int32_t max = is_shift ? (class == BPF_ALU ? 31 : 63) : 0;
		bool has_zero = op != BPF_DIV && op != BPF_MOD;

		for (known = 0; known < 2; known++) {
			test_pairs((struct bpf_insn){ .code = class | op | BPF_X }, known);
			test_imms((struct bpf_insn){ .code = class | op | BPF_K }, known, max,
				  has_zero);
		}
	}
	report("arithmetic");
}

static void test_signed(void)
{
	static const struct { uint8_t code; int16_t off; } cases[] = {
		{ BPF_ALU | BPF_DIV, 1 }, { BPF_ALU64 | BPF_DIV, 1 },
		{ BPF_ALU | BPF_MOD, 1 }, { BPF_ALU64 | BPF_MOD, 1 },
		{ BPF_ALU | BPF_MOV, 8 }, { BPF_ALU | BPF_MOV, 16 },
		{ BPF_ALU64 | BPF_MOV, 8 }, { BPF_ALU64 | BPF_MOV, 16 },
		{ BPF_ALU64 | BPF_MOV, 32 },
	};
	unsigned int i, known;

	for (i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		struct bpf_insn insn = { .code = cases[i / 2].code | BPF_X,
					 .off = cases[i / 2].off };

		known = i % 2;
		test_pairs(insn, known);
		insn.code ^= BPF_X ^ BPF_K;
		if (insn.off == 1)
			test_imms(insn, known, 0, false);
	}
	report("signed division, moves that extend the sign");
}

static void test_unary(void)
{
	unsigned int bits, i, known;
	static const uint8_t codes[] = {
		BPF_ALU | BPF_END | BPF_TO_LE, BPF_ALU | BPF_END | BPF_TO_BE,
		BPF_ALU64 | BPF_END | BPF_TO_LE,
	};

	for (known = 0; known < 2; known++) {
		test_pairs((struct bpf_insn){ .code = BPF_ALU | BPF_NEG }, known);
		test_pairs((struct bpf_insn){ .code = BPF_ALU64 | BPF_NEG }, known);
		for (i = 0; i < ARRAY_SIZE(codes); i++)
			for (bits = 16; bits <= 64; bits *= 2)
				test_pairs((struct bpf_insn){ .code = codes[i], .imm = bits },
					   known);
	}
	report("negation, byte order");
}

static void test_jumps(void)
{
	static const uint8_t ops[] = {
		BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE, BPF_JLT, BPF_JLE,
		BPF_JSLT, BPF_JSLE,
	};
	unsigned int i, known;

	for (i = 0; i < 2 * ARRAY_SIZE(ops); i++) {
		uint8_t class = i % 2 ? BPF_JMP : BPF_JMP32;

		for (known = 0; known < 2; known++) {
			test_pairs((struct bpf_insn){ .code = class | ops[i / 2] | BPF_X }, known);
			test_imms((struct bpf_insn){ .code = class | ops[i / 2] | BPF_K }, known, 0,
				  true);
		}
	}
	report("jumps");
}

static void test_memory(void)
{
	static const uint8_t sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		test_pairs((struct bpf_insn){ .code = BPF_LDX | BPF_MEM | sizes[i] }, false);
		test_pairs((struct bpf_insn){ .code = BPF_STX | BPF_MEM | sizes[i] }, false);
		test_imms((struct bpf_insn){ .code = BPF_ST | BPF_MEM | sizes[i] }, false, 0, true);
		if (sizes[i] != BPF_DW)
			test_pairs((struct bpf_insn){ .code = BPF_LDX | BPF_MEMSX | sizes[i] },
				   false);
	}
	report("loads and stores");
}

static void test_atomics(void)
{
	static const int32_t ops[] = {
		BPF_ADD, BPF_OR, BPF_AND, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_OR | BPF_FETCH,
		BPF_AND | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG,
	};
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(ops); i++) {
		struct bpf_insn insn = { .code = BPF_STX | BPF_ATOMIC | (i % 2 ? BPF_DW : BPF_W),
					 .imm = ops[i / 2] };

		test_pairs(insn, i % 4 > 1);
	}
	report("atomic operations");
}

int main(void)
{
	union bpf_attr attr = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4,
				.value_size = sizeof(batch.slots), .max_entries = 1 };

	ksft_print_header();
	ksft_set_plan(6);
	map_fd = lbpf_sys(BPF_MAP_CREATE, &attr);
	if (map_fd < 0)
		ksft_exit_fail_msg("no map: %s\n", strerror(errno));
	test_alu();
	test_signed();
	test_unary();
	test_jumps();
	test_memory();
	test_atomics();
	ksft_finished();
}
