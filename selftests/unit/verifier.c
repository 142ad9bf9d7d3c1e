// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier on a bench: programs without a kernel, allocations that fail,
 * random instructions, and programs that must not take long.
 *
 * The verdicts themselves are compared with bpf(2) by selftests/verifier.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <lbpf/alloc.h>
#include <lbpf/code.h>
#include <lbpf/map.h>
#include <lbpf/progtype.h>
#include <lbpf/proto.h>
#include <lbpf/verifier.h>
#include <lbpf/btf.h>
#include <kselftest.h>
#include "../system/raw_types.h"

#define LOG_BYTES	(1 << 20)
#define MAP_FD		3
#define NR_RANDOM	20000
#define MAX_RANDOM	24

static const struct lbpf_map_ops map_ops = { .uses = LBPF_USE_LOOKUP | LBPF_USE_UPDATE };
static struct lbpf_map map = {
	.ops		= &map_ops,
	.key_size	= 4,
	.value_size	= 48,
	.max_entries	= 1,
	.spin_lock_off	= -1,
	.timer_off	= -1,
};

struct lbpf_map *lbpf_map_from_fd(u32 fd)
{
	return fd == MAP_FD ? &map : ERR_PTR(-EBADF);
}

void lbpf_object_get(struct lbpf_object *obj)
{
}

void lbpf_object_put(struct lbpf_object *obj)
{
}

const struct lbpf_ctx_field *lbpf_map_row_find(u32 off, u32 size)
{
	return NULL;
}

static const struct lbpf_proto lookup = {
	.name		= "map_lookup_elem",
	.id		= BPF_FUNC_map_lookup_elem,
	.map_use	= LBPF_USE_LOOKUP,
	.ret		= LBPF_RET_MAP_VALUE | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_MAP_KEY },
};

static const struct lbpf_proto prandom = {
	.name	= "get_prandom_u32",
	.id	= BPF_FUNC_get_prandom_u32,
	.ret	= LBPF_RET_INTEGER,
};

static const struct lbpf_proto loop = {
	.name		= "loop",
	.id		= BPF_FUNC_loop,
	.effects	= LBPF_EFF_CALLBACK,
	.callback_kind	= LBPF_CB_LOOP,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING, LBPF_ARG_FUNC, LBPF_ARG_STACK | LBPF_MAYBE_NULL,
			    LBPF_ARG_ANYTHING },
};

static const struct lbpf_proto *find_helper(u32 id, const struct lbpf_code *code)
{
	switch (id) {
	case BPF_FUNC_map_lookup_elem:
		return &lookup;
	case BPF_FUNC_get_prandom_u32:
		return &prandom;
	case BPF_FUNC_loop:
		return &loop;
	default:
		return NULL;
	}
}

static const struct lbpf_ctx_field fields[] = {
	{ .name = "len", .off = 0, .size = 4, .access = LBPF_CTX_READ | LBPF_CTX_NARROW,
	  .type = LBPF_SCALAR },
	{ .name = "mark", .off = 8, .size = 4, .access = LBPF_CTX_READ | LBPF_CTX_WRITE,
	  .type = LBPF_SCALAR },
	{ .name = "data", .off = 76, .size = 4, .access = LBPF_CTX_READ, .type = LBPF_PTR_PACKET },
	{ .name = "data_end", .off = 80, .size = 4, .access = LBPF_CTX_READ,
	  .type = LBPF_PTR_PACKET_END },
};

static const struct lbpf_progtype pt = {
	.name		= "bench",
	.flags		= LBPF_PT_PKT_READ | LBPF_PT_PKT_WRITE | LBPF_PT_LD_ABS,
	.ctx_size	= 192,
	.fields		= fields,
	.nr_fields	= ARRAY_SIZE(fields),
	.helper		= find_helper,
};

#define ROOT	(LBPF_CAP_BPF | LBPF_CAP_PERFMON | LBPF_CAP_NET_ADMIN | LBPF_CAP_SYS_ADMIN)

static struct lbpf_btf btf;
/* Types of the two functions of a program; none without @start_of_second. */
static struct lbpf_btf btf;
static u32 start_of_second;
static struct lbpf_code code;
static struct lbpf_log log;
static char text[LOG_BYTES];

static int load_types(void)
{
	struct raw_types *types = lbpf_area_alloc(sizeof(*types), NUMA_NO_NODE);

	if (!types)
		return -ENOMEM;
	make_raw_types(types);
	return lbpf_btf_parse(&btf, types, sizeof(*types), &log);
}

static int verify(struct bpf_insn *insns, u32 nr, u32 caps, u32 level)
{
	struct bpf_func_info funcs[] = { { 0, RAW_FUNC_ID }, { start_of_second, RAW_FUNC_ID } };
	int err;

	memset(&log, 0, sizeof(log));
	memset(&code, 0, sizeof(code));
	log.level = level;
	log.ubuf = text;
	log.size_bytes = sizeof(text);
	code.pt = &pt;
	code.caps = caps;
	code.is_gpl = true;
	code.log = &log;
	code.insns = insns;
	code.nr_insns = nr;
	code.aux = calloc(nr, sizeof(*code.aux));
	if (start_of_second) {
		code.btf = &btf;
		code.func_infos = funcs;
		code.nr_func_infos = ARRAY_SIZE(funcs);
	}
	err = lbpf_verify(&code);
	free(code.aux);
	lbpf_area_free(code.facts);
	return err;
}

#define INSN(c, d, s, o, i)							\
	((struct bpf_insn){ .code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i) })
#define MOV(d, i)	INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, i)
#define MOV_REG(d, s)	INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define ADD(d, i)	INSN(BPF_ALU64 | BPF_ADD | BPF_K, d, 0, 0, i)
#define CALL(f)		INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define JUMP(op, d, o, i) INSN(BPF_JMP | (op) | BPF_K, d, 0, o, i)
#define EXIT		INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
#define ADDRESS(d, kind, i)	INSN(BPF_LD | BPF_IMM | BPF_DW, d, kind, 0, i), INSN(0, 0, 0, 0, 0)

/* A branch, a spill, a map value, a loop, a function that a helper calls. */
static struct bpf_insn mixed[] = {
	INSN(BPF_ST | BPF_MEM | BPF_W, 10, 0, -4, 0),
	MOV_REG(2, 10),
	ADD(2, -4),
	ADDRESS(1, BPF_PSEUDO_MAP_FD, MAP_FD),
	CALL(BPF_FUNC_map_lookup_elem),
	JUMP(BPF_JEQ, 0, 7, 0),
	INSN(BPF_LDX | BPF_MEM | BPF_W, 6, 0, 0, 0),
	INSN(BPF_STX | BPF_MEM | BPF_DW, 10, 6, -16, 0),
	MOV(7, 0),
	ADD(7, 1),
	JUMP(BPF_JLT, 7, -2, 50),
	INSN(BPF_LDX | BPF_MEM | BPF_DW, 6, 10, -16, 0),
	JUMP(BPF_JGT, 6, 0, 7),
	MOV(1, 5),
	ADDRESS(2, BPF_PSEUDO_FUNC, 7),
	MOV_REG(3, 10),
	ADD(3, -8),
	MOV(4, 0),
	CALL(BPF_FUNC_loop),
	MOV(0, 0),
	EXIT,
	MOV(0, 1),
	EXIT,
};

static void test_allocations(void)
{
	unsigned long n;
	int err;
	bool leaks = false, other = false;
	unsigned long nr_kept;

	err = load_types();
	ksft_test_result(!err, "types of functions\n");
	nr_kept = lbpf_alloc_count();
	start_of_second = ARRAY_SIZE(mixed) - 2;
	err = verify(mixed, ARRAY_SIZE(mixed), ROOT, 1);
	if (err)
		ksft_print_msg("%.*s", (int)log.used_bytes, text);
	ksft_test_result(!err, "a program with a bit of all is accepted\n");
	err = -ENOMEM;
	for (n = 1; err == -ENOMEM; n++) {
		shim_fail_alloc(n);
		err = verify(mixed, ARRAY_SIZE(mixed), ROOT, 0);
		leaks |= lbpf_alloc_count() != nr_kept;
	}
	shim_fail_alloc(0);
	other = err != 0;
	ksft_print_msg("%lu allocations failed in turn\n", n - 2);
	ksft_test_result(n > 10 && !other,
			 "each failing allocation refuses the program, and no other does\n");
	start_of_second = 0;
	lbpf_btf_release(&btf);
	ksft_test_result(!leaks && !lbpf_alloc_count(), "nothing is left behind\n");
	err = verify(mixed, ARRAY_SIZE(mixed), ROOT, 0);
	ksft_test_result(err == -EINVAL, "without types no function is given to a helper\n");
}

/* A function counts its turns on the caller's stack, up to @limit; @index: and writes there. */
static int verify_counting(int limit, struct bpf_insn index)
{
	struct bpf_insn counting[] = {
		INSN(BPF_ST | BPF_MEM | BPF_DW, 10, 0, -8, 0),
		MOV(1, 1 << 20),
		ADDRESS(2, BPF_PSEUDO_FUNC, 7),
		MOV_REG(3, 10),
		ADD(3, -8),
		MOV(4, 0),
		CALL(BPF_FUNC_loop),
		MOV(0, 0),
		EXIT,
		INSN(BPF_LDX | BPF_MEM | BPF_DW, 1, 2, 0, 0),
		ADD(1, 1),
		INSN(BPF_STX | BPF_MEM | BPF_DW, 2, 1, 0, 0),
		MOV(0, 0),
		JUMP(BPF_JLT, 1, 1, limit),
		MOV(0, 1),
		MOV_REG(3, 10),
		index,
		INSN(BPF_ST | BPF_MEM | BPF_B, 3, 0, -400, 0),
		EXIT,
	};
	int err;

	if (load_types())
		return -ENOMEM;
	start_of_second = ARRAY_SIZE(counting) - 10;
	err = verify(counting, ARRAY_SIZE(counting), ROOT, 0);
	start_of_second = 0;
	lbpf_btf_release(&btf);
	return err;
}

static void test_turns(void)
{
	struct bpf_insn none = MOV(4, 0);
	struct bpf_insn add = INSN(BPF_ALU64 | BPF_ADD | BPF_X, 3, 1, 0, 0);
	int err;

	err = verify_counting(1 << 20, none);
	ksft_print_msg("%u instructions walked\n", code.processed_insns);
	ksft_test_result(!err && code.processed_insns < 3000,
			 "a function that counts is not followed for each of a million turns\n");
	ksft_test_result(!verify_counting(100, add), "it may use the count within its bounds\n");
	ksft_test_result(verify_counting(1000, add) == -EINVAL,
			 "it may not use the count beyond them\n");
}

static void test_loop(struct bpf_insn *insns)
{
	int err;

	insns[0] = MOV(6, 0);
	insns[1] = ADD(6, 1);
	insns[2] = JUMP(BPF_JLT, 6, -2, 100000);
	insns[3] = MOV(0, 0);
	insns[4] = EXIT;
	err = verify(insns, 5, ROOT, 0);
	ksft_test_result(!err && code.processed_insns == 200003, "a loop of 100000 turns\n");
	insns[1] = MOV_REG(7, 6);
	ksft_test_result(verify(insns, 5, ROOT, 0) == -EINVAL,
			 "a loop without an end is refused\n");
}

static void test_effort(void)
{
	struct bpf_insn *insns = calloc(100010, sizeof(*insns));
	u32 nr = 0, i;
	int err;

	test_loop(insns);
	insns[nr++] = MOV(0, 0);
	for (i = 0; i < 100000; i++)
		insns[nr++] = ADD(0, 1);
	insns[nr++] = EXIT;
	err = verify(insns, nr, ROOT, 0);
	ksft_test_result(!err && code.processed_insns == nr, "100000 instructions in a row\n");
	nr = 0;
	insns[nr++] = CALL(BPF_FUNC_get_prandom_u32);
	insns[nr++] = MOV_REG(6, 0);
	for (i = 0; i < 10000; i++) {
		insns[nr++] = JUMP(BPF_JEQ, 6, 1, i);
		insns[nr++] = ADD(0, 1);
	}
	insns[nr++] = MOV(0, 0);
	insns[nr++] = EXIT;
	err = verify(insns, nr, ROOT, 0);
	ksft_test_result(!err && code.processed_insns < 4 * nr, "10000 joins in a row\n");
	free(insns);
}

static u64 seed = 88172645463325252ULL;

static u32 draw(u32 below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (u32)(seed >> 32) % below;
}

/* Opcodes that mostly make sense, so that the walk gets somewhere. */
static struct bpf_insn draw_insn(void)
{
	static const u8 codes[] = {
		BPF_ALU64 | BPF_MOV | BPF_K,
		BPF_ALU64 | BPF_MOV | BPF_X,
		BPF_ALU64 | BPF_ADD | BPF_K,
		BPF_ALU64 | BPF_ADD | BPF_X,
		BPF_ALU64 | BPF_SUB | BPF_X,
		BPF_ALU | BPF_MOV | BPF_X,
		BPF_ALU64 | BPF_AND | BPF_K,
		BPF_ALU64 | BPF_LSH | BPF_K,
		BPF_ALU | BPF_XOR | BPF_X,
		BPF_LDX | BPF_MEM | BPF_DW,
		BPF_LDX | BPF_MEM | BPF_W,
		BPF_STX | BPF_MEM | BPF_DW,
		BPF_STX | BPF_MEM | BPF_B,
		BPF_ST | BPF_MEM | BPF_W,
		BPF_STX | BPF_ATOMIC | BPF_DW,
		BPF_JMP | BPF_JEQ | BPF_K,
		BPF_JMP | BPF_JGT | BPF_X,
		BPF_JMP32 | BPF_JLT | BPF_K,
		BPF_JMP | BPF_JA,
		BPF_JMP | BPF_CALL,
		BPF_JMP | BPF_EXIT,
	};
	static const u8 bases[] = { 0, 1, 2, 6, 7, 10, 10, 10 };
	struct bpf_insn insn = { .code = codes[draw(ARRAY_SIZE(codes))] };

	insn.dst_reg = bases[draw(ARRAY_SIZE(bases) - 3 * (BPF_CLASS(insn.code) == BPF_ALU64))];
	insn.src_reg = BPF_SRC(insn.code) == BPF_X || BPF_CLASS(insn.code) == BPF_LDX ||
		       BPF_CLASS(insn.code) == BPF_STX ? bases[draw(ARRAY_SIZE(bases))] : 0;
	insn.imm = (s32)draw(96) - 48;
	if (BPF_CLASS(insn.code) == BPF_LDX || BPF_CLASS(insn.code) == BPF_STX ||
	    BPF_CLASS(insn.code) == BPF_ST)
		insn.off = -8 * (s16)draw(8);
	if (BPF_CLASS(insn.code) == BPF_LDX || insn.code == (BPF_STX | BPF_MEM | BPF_DW))
		insn.imm = 0;
	if (BPF_CLASS(insn.code) == BPF_JMP || BPF_CLASS(insn.code) == BPF_JMP32)
		insn.off = (s16)draw(10) - 3;
	if (insn.code == (BPF_JMP | BPF_CALL))
		insn = CALL(draw(2) ? BPF_FUNC_get_prandom_u32 : BPF_FUNC_map_lookup_elem);
	return insn;
}

static void test_random(void)
{
	static const u32 powers[] = { ROOT, LBPF_CAP_BPF, 0 };
	struct bpf_insn insns[MAX_RANDOM + 2];
	u32 i, j, nr, nr_accepted = 0;
	bool leaks = false;

	for (i = 0; i < NR_RANDOM; i++) {
		nr = 1 + draw(MAX_RANDOM);
		insns[0] = MOV(0, 0);
		for (j = 1; j <= nr; j++)
			insns[j] = draw_insn();
		insns[++nr] = EXIT;
		nr_accepted += !verify(insns, nr + 1, powers[draw(ARRAY_SIZE(powers))], i % 8);
		leaks |= lbpf_alloc_count() != 0;
	}
	ksft_print_msg("%u of %u random programs accepted\n", nr_accepted, NR_RANDOM);
	ksft_test_result(nr_accepted > NR_RANDOM / 200, "random programs, some of them good\n");
	ksft_test_result(!leaks, "they leave nothing behind\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(14);
	test_allocations();
	test_turns();
	test_effort();
	test_random();
	ksft_finished();
}
