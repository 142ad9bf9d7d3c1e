// SPDX-License-Identifier: GPL-2.0
/*
 * Random programs that are safe to run: registers but two hold scalars, jumps
 * go forward but for one counted loop, memory is the input and the stack.
 */
#include "jit_test.h"

#define MAX_SUBPROGS	4

static u64 chance_state = 1;

void chance_seed(u64 seed)
{
	chance_state = seed * 0x9e3779b97f4a7c15ull + 1;
}

u64 chance_next(void)
{
	chance_state ^= chance_state << 13;
	chance_state ^= chance_state >> 7;
	chance_state ^= chance_state << 17;
	return chance_state * 0x2545f4914f6cdd1dull;
}

u64 test_helper_calls;

static u64 mix(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	test_helper_calls = test_helper_calls * 31 + a + 3 * b + 5 * c + 7 * d + 11 * e;
	return a ^ b << 1 ^ c << 2 ^ d << 3 ^ e << 4;
}

static u64 count(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return ++test_helper_calls;
}

static u64 negate(u64 a, u64 b, u64 c, u64 d, u64 e)
{
	return -a;
}

u8 test_values[VALUE_BYTES] __aligned(8);

static void *lookup(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;

	return index < map->max_entries ? test_values + index * map->elem_size : NULL;
}

static bool row(const struct lbpf_map *map, struct lbpf_map_row *row)
{
	*row = (struct lbpf_map_row){ .base = (unsigned long)test_values,
				      .elem_size = map->elem_size,
				      .nr = map->max_entries, .index_mask = map->unpriv_array ? 15 :
					      ~0u };
	return true;
}

static const struct lbpf_map_ops test_map_ops = { .lookup = lookup, .row = row };

struct lbpf_map test_maps[NR_TEST_MAPS] = {
	{ .ops = &test_map_ops, .max_entries = 20, .elem_size = 24 },
	{ .ops = &test_map_ops, .max_entries = 64, .elem_size = 8 },
	{ .ops = &test_map_ops, .max_entries = 10, .elem_size = 16, .unpriv_array = true },
};

static u64 map_lookup(u64 map, u64 key, u64 c, u64 d, u64 e)
{
	return (unsigned long)lookup((void *)map, (void *)key);
}

const test_helper test_helpers[NR_TEST_HELPERS] = { mix, count, negate, map_lookup };

const struct lbpf_proto test_protos[NR_TEST_HELPERS] = {
	{ .name = "mix", .fn = mix, .arg = { 1, 1, 1, 1, 1 } },
	{ .name = "count", .fn = count },
	{ .name = "negate", .fn = negate, .arg = { 1 } },
	{ .name = "lookup", .fn = map_lookup, .inline_as = LBPF_INLINE_MAP_OP,
	  .map_use = LBPF_USE_LOOKUP,
	  .arg = { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY } },
};

/**
 * struct gen - A function under generation
 * @prog: Program.
 * @nr_subprogs: Functions of the program.
 * @mem_reg: Points to the input; in subprograms too, they get it in R1.
 * @loop_reg: Counts the rounds of the loop; 0: there is none.
 * @is_start: Instructions that may be jumped to.
 * @is_closed: Jumps that lead where they should.
 */
struct gen {
	struct program	*prog;
	u32		nr_subprogs;
	u32		func;
	u8		mem_reg;
	u8		loop_reg;
	bool		is_start[MAX_GEN_INSNS];
	bool		is_closed[MAX_GEN_INSNS];
};

static void put_aux(struct gen *gen, struct bpf_insn insn, struct lbpf_insn_aux aux)
{
	struct lbpf_code *code = &gen->prog->code;

	code->insns[code->nr_insns] = insn;
	code->aux[code->nr_insns] = aux;
	code->aux[code->nr_insns].orig = code->nr_insns;
	code->aux[code->nr_insns].facts = &code->facts[code->nr_insns];
	code->nr_insns++;
}

static void put(struct gen *gen, u8 opcode, u8 dst, u8 src, s16 off, s32 imm)
{
	struct bpf_insn insn = { .code = opcode, .dst_reg = dst, .src_reg = src, .off = off,
				 .imm = imm };

	put_aux(gen, insn, (struct lbpf_insn_aux){ .flags = chance(40) ? 0 : LBPF_INSN_NOSPEC });
}

static u8 any_scalar(struct gen *gen)
{
	u8 reg;

	do
		reg = chance(10);
	while (reg == gen->mem_reg || (gen->loop_reg && reg == gen->loop_reg));
	return reg;
}

static s32 any_imm(void)
{
	static const s32 edges[] = { 0, 1, -1, 2, 3, 7, 8, 10, 16, 127, 128, -128, -129, 255, 256,
				     1000,
				     65535, 65536, 0x7fffffff, -0x7fffffff - 1 };

	switch (chance(4)) {
	case 0:
		return chance_next();
	case 1:
		return (s32)chance(256) - 128;
	default:
		return edges[chance(ARRAY_SIZE(edges))];
	}
}

static void put_imm64(struct gen *gen, u8 dst)
{
	u64 v = chance_next();

	if (chance(3) == 0)
		v = (u64)(s64)any_imm();
	else if (chance(2))
		v >>= chance(64);
	put(gen, BPF_LD | BPF_IMM | BPF_DW, dst, 0, 0, v);
	put(gen, 0, 0, 0, 0, v >> 32);
}

static void put_alu(struct gen *gen)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH,
				  BPF_XOR,
				  BPF_MOV, BPF_ARSH, BPF_NEG };
	u8 class = chance(2) ? BPF_ALU : BPF_ALU64;
	u8 op = ops[chance(ARRAY_SIZE(ops))];
	u8 dst = any_scalar(gen);
	s32 imm = any_imm();
	s16 off = 0;
	bool is_reg = chance(2) && op != BPF_NEG;

	if (op == BPF_LSH || op == BPF_RSH || op == BPF_ARSH)
		imm &= class == BPF_ALU ? 31 : 63;
	if (op == BPF_NEG)
		imm = 0;
	if (op == BPF_MOV && is_reg && chance(3) == 0)
		off = class == BPF_ALU ? 8 << chance(2) : 8 << chance(3);
	if (is_reg)
		put(gen, class | op | BPF_X, dst, any_scalar(gen), off, 0);
	else
		put(gen, class | op | BPF_K, dst, 0, 0, imm);
}

static void put_divide(struct gen *gen)
{
	u8 class = chance(2) ? BPF_ALU : BPF_ALU64;
	u8 op = class | (chance(2) ? BPF_DIV : BPF_MOD);
	u8 dst = any_scalar(gen), src = any_scalar(gen);
	s16 is_signed = chance(3) == 0;
	s32 imm = any_imm();

	if (chance(2)) {
		put(gen, op | BPF_K, dst, 0, is_signed, imm ? imm : 10);
		return;
	}
	if (chance(3) == 0)
		put(gen, BPF_ALU | BPF_OR | BPF_K, src, 0, 0, 1);
	else if (chance(2))
		put(gen, BPF_ALU | BPF_MOV | BPF_K, src, 0, 0, imm ? imm : 3);
	put(gen, op | BPF_X, dst, src, is_signed, 0);
}

static void put_byte_order(struct gen *gen)
{
	u8 kind = chance(3);

	put(gen, kind == 2 ? BPF_ALU64 | BPF_END : BPF_ALU | BPF_END |
	    (kind ? BPF_TO_BE : BPF_TO_LE),
	    any_scalar(gen), 0, 0, 16 << chance(3));
}

/* Address and offset of somewhere to access. */
static u8 any_place(struct gen *gen, u32 bytes, s16 *off)
{
	if (chance(2)) {
		*off = chance(MEM_BYTES / bytes) * bytes;
		return gen->mem_reg;
	}
	*off = -64 + (s32)(chance(64 / bytes) * bytes);
	return BPF_REG_10;
}

static void put_memory(struct gen *gen)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u32 log2 = chance(4);
	s16 off;
	u8 place = any_place(gen, 1 << log2, &off);

	switch (chance(4)) {
	case 0:
		put(gen, BPF_STX | BPF_MEM | sizes[log2], place, any_scalar(gen), off, 0);
		break;
	case 1:
		put(gen, BPF_ST | BPF_MEM | sizes[log2], place, 0, off, any_imm());
		break;
	case 2:
		if (log2 < 3) {
			put(gen, BPF_LDX | BPF_MEMSX | sizes[log2], any_scalar(gen), place, off, 0);
			break;
		}
		fallthrough;
	default:
		put(gen, BPF_LDX | BPF_MEM | sizes[log2], any_scalar(gen), place, off, 0);
	}
}

static void put_atomic(struct gen *gen)
{
	static const s32 ops[] = { BPF_ADD, BPF_AND, BPF_OR, BPF_XOR, BPF_ADD | BPF_FETCH, BPF_AND |
				   BPF_FETCH,
				   BPF_OR | BPF_FETCH, BPF_XOR | BPF_FETCH, BPF_XCHG, BPF_CMPXCHG };
	bool is64 = chance(2);
	s16 off;
	u8 place = any_place(gen, is64 ? 8 : 4, &off);
	s32 op = ops[chance(ARRAY_SIZE(ops))];

	if (op == BPF_CMPXCHG && (gen->mem_reg == BPF_REG_0 || gen->loop_reg == BPF_REG_0))
		op = BPF_XCHG;
	put(gen, BPF_STX | BPF_ATOMIC | (is64 ? BPF_DW : BPF_W), place, any_scalar(gen), off, op);
}

static void put_jump(struct gen *gen)
{
	static const u8 ops[] = { BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET, BPF_JNE, BPF_JSGT, BPF_JSGE,
				  BPF_JLT,
				  BPF_JLE, BPF_JSLT, BPF_JSLE };
	u8 class = chance(2) ? BPF_JMP : BPF_JMP32;
	u8 op = ops[chance(ARRAY_SIZE(ops))];
	/* Patched by close_jumps(): a far or near target further on. */
	s16 off = 1 + chance(chance(4) ? 8 : 120);

	if (chance(12) == 0)
		put(gen, BPF_JMP | BPF_JA, 0, 0, off, 0);
	else if (chance(20) == 0)
		put(gen, BPF_JMP32 | BPF_JA, 0, 0, 0, off);
	else if (chance(2))
		put(gen, class | op | BPF_K, any_scalar(gen), 0, off, any_imm());
	else
		put(gen, class | op | BPF_X, any_scalar(gen), any_scalar(gen), off, 0);
}

/* R1-R5 mean nothing after a call. */
static void put_call(struct gen *gen)
{
	struct bpf_insn insn = { .code = BPF_JMP | BPF_CALL };
	struct lbpf_insn_aux aux = { };
	u8 reg;

	if (gen->mem_reg < BPF_REG_6 || (gen->loop_reg && gen->loop_reg < BPF_REG_6))
		return;
	if (gen->func + 1 < gen->nr_subprogs && chance(2)) {
		put(gen, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, gen->mem_reg, 0, 0);
		insn.src_reg = BPF_PSEUDO_CALL;
		aux.flags = LBPF_INSN_SUBPROG_CALL;
		aux.subprog = gen->func + 1 + chance(gen->nr_subprogs - gen->func - 1);
	} else {
		insn.imm = chance(LOOKUP_HELPER);
		aux.proto = &test_protos[insn.imm];
	}
	put_aux(gen, insn, aux);
	for (reg = BPF_REG_1; reg <= BPF_REG_5; reg++)
		put(gen, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, any_imm());
}

/* Stack slot of @bytes. */
static s16 any_slot(u32 bytes)
{
	return -64 + (s32)(chance(64 / bytes) * bytes);
}

/* An address on the stack, used, and forgotten. */
static void put_stack_pointer(struct gen *gen)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 ptr = any_scalar(gen), other = any_scalar(gen);
	u32 log2 = chance(4), nr = 1 + chance(3);
	s16 off = any_slot(1 << log2);

	if (ptr == other)
		return;
	if (chance(2))
		put(gen, BPF_STX | BPF_MEM | sizes[log2], BPF_REG_10, other, off, 0);
	put(gen, BPF_ALU64 | BPF_MOV | BPF_X, ptr, BPF_REG_10, 0, 0);
	put(gen, BPF_ALU64 | BPF_ADD | BPF_K, ptr, 0, 0, off);
	while (nr--)
		if (chance(2))
			put(gen, BPF_LDX | BPF_MEM | sizes[log2], other, ptr, 0, 0);
		else if (chance(2))
			put(gen, BPF_STX | BPF_MEM | sizes[log2], ptr, other, 0, 0);
		else
			put(gen, BPF_ST | BPF_MEM | sizes[log2], ptr, 0, 0, any_imm());
	put_imm64(gen, ptr);
}

static u8 any_simple_op(void)
{
	static const u8 ops[] = { BPF_ADD, BPF_SUB, BPF_OR, BPF_AND, BPF_XOR };

	return ops[chance(ARRAY_SIZE(ops))];
}

/* Sequences that one machine instruction can do; mostly @scratch is dead at the end. */
static void put_fusible(struct gen *gen)
{
	static const u8 sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	u8 scratch = any_scalar(gen), a = any_scalar(gen), b = any_scalar(gen);
	u8 class = chance(2) ? BPF_ALU : BPF_ALU64;
	u32 log2 = chance(4), i;
	s16 off;
	u8 place = any_place(gen, 1 << log2, &off);

	switch (chance(6)) {
	case 0:
		put(gen, BPF_ALU64 | BPF_MOV | BPF_X, a, b, 0, 0);
		put(gen, BPF_ALU64 | BPF_ADD | (chance(2) ? BPF_X : BPF_K), a, scratch, 0, 0);
		if (BPF_SRC(gen->prog->code.insns[gen->prog->code.nr_insns - 1].code) == BPF_K) {
			gen->prog->code.insns[gen->prog->code.nr_insns - 1].imm = any_imm();
			gen->prog->code.insns[gen->prog->code.nr_insns - 1].src_reg = 0;
		}
		return;
	case 1:
		put(gen, BPF_ALU64 | BPF_LSH | BPF_K, scratch, 0, 0, chance(5));
		put(gen, BPF_ALU64 | BPF_ADD | BPF_X, a, scratch, 0, 0);
		break;
	case 2:
		put(gen, BPF_LDX | BPF_MEM | sizes[log2], scratch, place, off, 0);
		if (chance(2))
			put(gen, class | any_simple_op() | BPF_X, scratch, a, 0, 0);
		else
			put(gen, class | any_simple_op() | BPF_K, scratch, 0, 0, any_imm());
		put(gen, BPF_STX | BPF_MEM | sizes[log2], place, scratch, off, 0);
		break;
	case 3:
		put(gen, BPF_LDX | BPF_MEM | sizes[log2], scratch, place, off, 0);
		put(gen, class | any_simple_op() | BPF_X, a, scratch, 0, 0);
		break;
	case 4:
		put(gen, class | any_simple_op() | BPF_X, a, b, 0, 0);
		gen->is_closed[gen->prog->code.nr_insns] = true;
		put(gen, (chance(2) ? BPF_JMP : BPF_JMP32) | (chance(2) ? BPF_JEQ : BPF_JNE) |
		    BPF_K, a, 0, 1, 0);
		put(gen, BPF_ALU64 | BPF_ADD | BPF_K, b, 0, 0, 1);
		return;
	default:
		/* A number from its bytes. */
		off = chance(8) * 8;
		put(gen, BPF_LDX | BPF_MEM | BPF_B, a, gen->mem_reg, off, 0);
		for (i = 1; i < 1u << log2; i++) {
			put(gen, BPF_LDX | BPF_MEM | BPF_B, scratch, gen->mem_reg, off + i, 0);
			put(gen, BPF_ALU64 | BPF_LSH | BPF_K, scratch, 0, 0, 8 * i);
			if (chance(10) == 0)
				put(gen, BPF_STX | BPF_MEM | BPF_B, gen->mem_reg, b,
				    off + chance(4), 0);
			put(gen, (i < 4 ? class : BPF_ALU64) | (chance(4) ? BPF_OR : BPF_ADD) |
			    BPF_X, a, scratch, 0, 0);
		}
	}
	if (chance(4))
		put_imm64(gen, scratch);
}

static void put_null_test(struct gen *gen, u32 nr_insns)
{
	u32 at = gen->prog->code.nr_insns;

	gen->is_closed[at] = true;
	gen->is_closed[at + 1] = true;
	switch (chance(3)) {
	case 0:
		put(gen, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, nr_insns, 0);
		break;
	case 1:
		put(gen, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_0, 0, 1, 0);
		put(gen, BPF_JMP | BPF_JA, 0, 0, nr_insns, 0);
		break;
	default:
		put(gen, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0);
		put(gen, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_1, 0, nr_insns, 0);
	}
}

static void put_lookup(struct gen *gen)
{
	struct bpf_insn insn = { .code = BPF_JMP | BPF_CALL, .imm = LOOKUP_HELPER };
	struct lbpf_map *map = &test_maps[chance(NR_TEST_MAPS)];
	struct lbpf_insn_aux aux = { .proto = &test_protos[LOOKUP_HELPER], .map = map };
	u64 addr = (unsigned long)map;
	s16 off = any_slot(4);
	u8 reg;

	if (gen->mem_reg < BPF_REG_6 || (gen->loop_reg && gen->loop_reg < BPF_REG_6))
		return;
	if (chance(2)) {
		aux.key = chance(map->max_entries + 3);
		put(gen, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, off, aux.key);
		aux.flags = chance(2) ? LBPF_INSN_KEY_CONST : 0;
	} else {
		put(gen, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, any_scalar(gen), off, 0);
		if (chance(2))
			put(gen, BPF_ST | BPF_MEM | BPF_H, BPF_REG_10, 0, off + 2, 0);
		if (chance(2))
			put(gen, BPF_ST | BPF_MEM | BPF_B, BPF_REG_10, 0, off + 1, 0);
	}
	put(gen, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_10, 0, 0);
	put(gen, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_2, 0, 0, off);
	put_aux(gen,
		(struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1,
				   .imm = addr },
		(struct lbpf_insn_aux){ .flags = LBPF_INSN_MAP_ADDR, .map = map });
	put(gen, 0, 0, 0, 0, addr >> 32);
	put_aux(gen, insn, aux);
	put_null_test(gen, 3);
	put(gen, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_3, BPF_REG_0, 0, 0);
	put(gen, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0, 1);
	put(gen, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_0, BPF_REG_3, 0, 0);
	for (reg = BPF_REG_0; reg <= BPF_REG_5; reg++)
		put(gen, BPF_ALU64 | BPF_MOV | BPF_K, reg, 0, 0, any_imm());
}

static void put_any(struct gen *gen)
{
	u32 what = chance(24);

	gen->is_start[gen->prog->code.nr_insns] = true;
	if (what < 8)
		put_alu(gen);
	else if (what < 9)
		put_divide(gen);
	else if (what < 10)
		put_byte_order(gen);
	else if (what < 14)
		put_memory(gen);
	else if (what < 15)
		put_atomic(gen);
	else if (what < 18)
		put_jump(gen);
	else if (what < 19)
		put_call(gen);
	else if (what < 20)
		put_stack_pointer(gen);
	else if (what < 21)
		put_lookup(gen);
	else if (what < 23)
		put_fusible(gen);
	else
		put_imm64(gen, any_scalar(gen));
}

/* Jumps lead to where put_any() starts, or to the end of the body. */
static void close_jumps(struct gen *gen, u32 first, u32 end)
{
	struct bpf_insn *insns = gen->prog->code.insns;
	u32 i;

	for (i = first; i < end; i++) {
		u8 class = BPF_CLASS(insns[i].code);
		bool is_far = insns[i].code == (BPF_JMP32 | BPF_JA);
		u32 to;

		if (gen->is_closed[i])
			continue;
		if ((class != BPF_JMP && class != BPF_JMP32) || BPF_OP(insns[i].code) == BPF_CALL ||
		    BPF_OP(insns[i].code) == BPF_EXIT)
			continue;
		to = i + 1 + (is_far ? insns[i].imm : insns[i].off);
		while (to < end && !gen->is_start[to])
			to++;
		if (to > end)
			to = end;
		if (is_far)
			insns[i].imm = to - i - 1;
		else
			insns[i].off = to - i - 1;
	}
}

static void put_function(struct gen *gen, u32 nr_insns)
{
	struct lbpf_code *code = &gen->prog->code;
	u32 first, i;

	code->subprogs[gen->func] = (struct lbpf_subprog){ .start = code->nr_insns,
							   .stack_bytes = 64,
							   .is_reachable = true };
	gen->mem_reg = chance(4) ? BPF_REG_6 + chance(4) : chance(10);
	do
		gen->loop_reg = chance(3) ? 0 : 1 + chance(9);
	while (gen->loop_reg == gen->mem_reg);
	if (gen->mem_reg != BPF_REG_1)
		put(gen, BPF_ALU64 | BPF_MOV | BPF_X, gen->mem_reg, BPF_REG_1, 0, 0);
	for (i = 0; i < 10; i++)
		if (i != gen->mem_reg)
			put_imm64(gen, i);
	for (i = 0; i < 64; i += 8)
		put(gen, BPF_STX | BPF_MEM | BPF_DW, BPF_REG_10, any_scalar(gen), -8 - (s32)i, 0);
	for (i = 0; i < 4; i++)
		put(gen, BPF_LDX | BPF_MEM | BPF_DW, any_scalar(gen), gen->mem_reg,
		    8 * chance(MEM_BYTES / 8), 0);
	if (gen->loop_reg)
		put(gen, BPF_ALU64 | BPF_MOV | BPF_K, gen->loop_reg, 0, 0, 1 + chance(4));
	first = code->nr_insns;
	while (code->nr_insns < first + nr_insns)
		put_any(gen);
	close_jumps(gen, first, code->nr_insns);
	if (gen->loop_reg) {
		put(gen, BPF_ALU64 | BPF_SUB | BPF_K, gen->loop_reg, 0, 0, 1);
		put(gen, BPF_JMP | BPF_JNE | BPF_K, gen->loop_reg, 0,
		    (s32)first - (s32)code->nr_insns - 1, 0);
	}
	if (gen->mem_reg == BPF_REG_0)
		put(gen, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, any_scalar(gen), 0, 0);
	if (chance(2)) {
		/* An exit in the middle. */
		put(gen, BPF_JMP | BPF_JSGT | BPF_K, BPF_REG_0, 0, 1, any_imm());
		put(gen, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		put(gen, BPF_ALU64 | BPF_XOR | BPF_K, BPF_REG_0, 0, 0, any_imm());
	}
	put(gen, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

void generate(struct program *prog, u32 nr_insns)
{
	struct gen gen = { .prog = prog, .nr_subprogs = 1 + chance(MAX_SUBPROGS) };
	struct lbpf_code *code = &prog->code;

	memset(prog, 0, sizeof(*prog));
	code->insns = lbpf_area_alloc_array(MAX_GEN_INSNS, sizeof(*code->insns), NUMA_NO_NODE);
	code->aux = lbpf_area_alloc_array(MAX_GEN_INSNS, sizeof(*code->aux), NUMA_NO_NODE);
	code->facts = lbpf_area_alloc_array(MAX_GEN_INSNS, sizeof(*code->facts), NUMA_NO_NODE);
	code->nr_subprogs = gen.nr_subprogs;
	for (gen.func = 0; gen.func < gen.nr_subprogs; gen.func++)
		put_function(&gen, 1 + nr_insns / gen.nr_subprogs);
	code->subprogs[gen.nr_subprogs].start = code->nr_insns;
	code->nr_orig_insns = code->nr_insns;
	memcpy(prog->insns, code->insns, code->nr_insns * sizeof(*code->insns));
}

void program_free(struct program *prog)
{
	lbpf_area_free(prog->code.insns);
	lbpf_area_free(prog->code.aux);
	lbpf_area_free(prog->code.facts);
}
