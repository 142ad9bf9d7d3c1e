// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: functions with types, global and static ones, and those that helpers call.
 */
#include <errno.h>
#include <linux/btf.h>
#include <stdio.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define INFO(kind, vlen)	((uint32_t)(kind) << 24 | (vlen))
#define MAX_PARAMS		7
#define MAX_INSNS		64
#define VALUE_BYTES		16

/* Types that a function may have as arguments and results, in the order of the words below. */
enum {
	T_VOID, T_INT, T_CHAR, T_U64, T_PAIR, T_SKB, T_FWD, T_UNION, T_ENUM, T_TYPEDEF,
	T_CONST_PAIR, T_ARRAY, T_FLOAT, T_PTR_INT, T_PTR_U64, T_PTR_PAIR, T_PTR_CONST_PAIR,
	T_PTR_SKB, T_PTR_FWD, T_PTR_VOID, T_PTR_UNION, T_PTR_ENUM, T_PTR_TYPEDEF, T_PTR_ARRAY,
	T_PTR_FLOAT, T_PTR_PTR, T_CONST_PTR, T_VOLATILE, T_TYPEDEF_SKB, T_PTR_TYPEDEF_SKB,
	T_CONST_SKB, T_PTR_CONST_SKB, T_PROTO, T_PTR_PROTO, T_ENUM64, T_EMPTY, T_PTR_EMPTY,
	T_BIG, T_PTR_BIG, T_BOOL, T_INT128, NR_ARG_TYPES, T_MAIN_PROTO = NR_ARG_TYPES, T_MAIN,
	T_SUB, T_SUB_PROTO,
};

static const char names[] = "\0int\0pair\0__sk_buff\0fwd\0u\0e\0one\0t\0a\0main\0sub\0big\0f";

enum {
	N_INT = 1, N_PAIR = 5, N_SKB = 10, N_FWD = 20, N_U = 24, N_E = 26, N_ONE = 28, N_T = 32,
	N_A = 34, N_MAIN = 36, N_SUB = 41, N_BIG = 45, N_F = 49,
};

static const uint32_t types[] = {
	N_INT, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	N_A, INFO(BTF_KIND_INT, 0), 1, BTF_INT_CHAR << 24 | 8,
	N_U, INFO(BTF_KIND_INT, 0), 8, 64,
	N_PAIR, INFO(BTF_KIND_STRUCT, 2), 8, N_A, T_INT, 0, N_U, T_INT, 32,
	N_SKB, INFO(BTF_KIND_STRUCT, 1), 192, N_A, T_INT, 0,
	N_FWD, INFO(BTF_KIND_FWD, 0), 0,
	N_U, INFO(BTF_KIND_UNION, 1), 16, N_A, T_INT, 0,
	N_E, INFO(BTF_KIND_ENUM, 1), 4, N_ONE, 1,
	N_T, INFO(BTF_KIND_TYPEDEF, 0), T_INT,
	0, INFO(BTF_KIND_CONST, 0), T_PAIR,
	0, INFO(BTF_KIND_ARRAY, 0), 0, T_INT, T_INT, 4,
	N_F, INFO(BTF_KIND_FLOAT, 0), 4,
	0, INFO(BTF_KIND_PTR, 0), T_INT,
	0, INFO(BTF_KIND_PTR, 0), T_U64,
	0, INFO(BTF_KIND_PTR, 0), T_PAIR,
	0, INFO(BTF_KIND_PTR, 0), T_CONST_PAIR,
	0, INFO(BTF_KIND_PTR, 0), T_SKB,
	0, INFO(BTF_KIND_PTR, 0), T_FWD,
	0, INFO(BTF_KIND_PTR, 0), T_VOID,
	0, INFO(BTF_KIND_PTR, 0), T_UNION,
	0, INFO(BTF_KIND_PTR, 0), T_ENUM,
	0, INFO(BTF_KIND_PTR, 0), T_TYPEDEF,
	0, INFO(BTF_KIND_PTR, 0), T_ARRAY,
	0, INFO(BTF_KIND_PTR, 0), T_FLOAT,
	0, INFO(BTF_KIND_PTR, 0), T_PTR_INT,
	0, INFO(BTF_KIND_CONST, 0), T_PTR_INT,
	0, INFO(BTF_KIND_VOLATILE, 0), T_INT,
	N_T, INFO(BTF_KIND_TYPEDEF, 0), T_SKB,
	0, INFO(BTF_KIND_PTR, 0), T_TYPEDEF_SKB,
	0, INFO(BTF_KIND_CONST, 0), T_SKB,
	0, INFO(BTF_KIND_PTR, 0), T_CONST_SKB,
	0, INFO(BTF_KIND_FUNC_PROTO, 0), T_INT,
	0, INFO(BTF_KIND_PTR, 0), T_PROTO,
	N_F, INFO(BTF_KIND_ENUM64, 1), 8, N_F, 1, 0,
	N_U, INFO(BTF_KIND_STRUCT, 0), 0,
	0, INFO(BTF_KIND_PTR, 0), T_EMPTY,
	N_BIG, INFO(BTF_KIND_STRUCT, 0), 600,
	0, INFO(BTF_KIND_PTR, 0), T_BIG,
	N_T, INFO(BTF_KIND_INT, 0), 1, BTF_INT_BOOL << 24 | 8,
	N_T, INFO(BTF_KIND_INT, 0), 16, 128,
	0, INFO(BTF_KIND_FUNC_PROTO, 1), T_INT, N_A, T_PTR_SKB,
	N_MAIN, INFO(BTF_KIND_FUNC, BTF_FUNC_GLOBAL), T_MAIN_PROTO,
};

/* The function that is tested. */
struct sub {
	uint32_t linkage;
	uint32_t result;
	uint32_t nr_params;
	uint32_t params[MAX_PARAMS];
};

/* Loads all types, and @sub's behind them. */
static int load_types(const struct sub *sub)
{
	struct {
		struct btf_header header;
		uint32_t words[ARRAY_SIZE_OF(types) + 6 + 2 * MAX_PARAMS];
		char names[sizeof(names)];
	} __attribute__((packed)) blob = {
		.header = { .magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = 24 },
	};
	const uint32_t head[] = {
		N_SUB, INFO(BTF_KIND_FUNC, sub->linkage), T_SUB_PROTO,
		0, INFO(BTF_KIND_FUNC_PROTO, sub->nr_params), sub->result,
	};
	uint32_t nr = ARRAY_SIZE_OF(types), i;
	union bpf_attr attr = {};

	memcpy(blob.words, types, sizeof(types));
	memcpy((char *)blob.words + sizeof(types), head, sizeof(head));
	nr += ARRAY_SIZE_OF(head);
	for (i = 0; i < sub->nr_params; i++) {
		blob.words[nr++] = N_A;
		blob.words[nr++] = sub->params[i];
	}
	/* The names follow the last type at once. */
	memcpy((char *)blob.words + nr * 4, names, sizeof(names));
	blob.header.type_len = nr * 4;
	blob.header.str_off = nr * 4;
	blob.header.str_len = sizeof(names);
	attr.btf = PTR(&blob);
	attr.btf_size = sizeof(blob.header) + nr * 4 + sizeof(names);
	return bpf_call(BPF_BTF_LOAD, &attr, sizeof(attr));
}

struct code {
	struct bpf_insn insns[MAX_INSNS];
	uint32_t nr;
};

#define PUT(code, ...) do {						\
	const struct bpf_insn put_insns[] = { __VA_ARGS__ };		\
									\
	memcpy((code)->insns + (code)->nr, put_insns, sizeof(put_insns)); \
	(code)->nr += ARRAY_SIZE_OF(put_insns);				\
} while (0)

/* What R1 is where the function is called. */
enum {
	GIVE_CTX, GIVE_CTX_MOVED, GIVE_NUMBER, GIVE_NULL, GIVE_STACK, GIVE_STACK_4, GIVE_STACK_NEW,
	GIVE_FP, GIVE_VALUE, GIVE_VALUE_END, GIVE_VALUE_VAR, GIVE_VALUE_OR_NULL, GIVE_MAP,
	GIVE_NOTHING, NR_GIVEN,
};

static int array_fd;

static void put_given(struct code *code, uint32_t given)
{
	switch (given) {
	case GIVE_CTX_MOVED:
		PUT(code, ALU64_IMM(BPF_ADD, 1, 8));
		break;
	case GIVE_NUMBER:
		PUT(code, LDX(BPF_W, 1, 1, 0));
		break;
	case GIVE_NULL:
		PUT(code, MOV_IMM(1, 0));
		break;
	case GIVE_STACK:
		PUT(code, ST_IMM(BPF_DW, 10, -16, 1), ST_IMM(BPF_DW, 10, -8, 2), MOV(1, 10),
		    ALU64_IMM(BPF_ADD, 1, -16));
		break;
	case GIVE_STACK_4:
		PUT(code, ST_IMM(BPF_W, 10, -4, 1), MOV(1, 10), ALU64_IMM(BPF_ADD, 1, -4));
		break;
	case GIVE_STACK_NEW:
		PUT(code, MOV(1, 10), ALU64_IMM(BPF_ADD, 1, -64));
		break;
	case GIVE_FP:
		PUT(code, MOV(1, 10));
		break;
	case GIVE_VALUE:
		PUT(code, LD_IMM64_RAW(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)array_fd));
		break;
	case GIVE_VALUE_END:
		PUT(code, LD_IMM64_RAW(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)array_fd),
		    ALU64_IMM(BPF_ADD, 1, VALUE_BYTES - 4));
		break;
	case GIVE_VALUE_VAR:
		PUT(code, LDX(BPF_W, 6, 1, 0), ALU64_IMM(BPF_AND, 6, 8),
		    LD_IMM64_RAW(1, BPF_PSEUDO_MAP_VALUE, (uint32_t)array_fd),
		    ALU64(BPF_ADD, 1, 6));
		break;
	case GIVE_VALUE_OR_NULL:
		PUT(code, ST_IMM(BPF_W, 10, -4, 0), MOV(2, 10), ALU64_IMM(BPF_ADD, 2, -4),
		    LD_MAP_FD(1, array_fd), CALL(BPF_FUNC_map_lookup_elem), MOV(1, 0));
		break;
	case GIVE_MAP:
		PUT(code, LD_MAP_FD(1, array_fd));
		break;
	case GIVE_NOTHING:
		PUT(code, CALL(BPF_FUNC_get_prandom_u32));
		break;
	default:
		break;
	}
}

/* What the function does. */
enum {
	DO_NOTHING, DO_LOAD, DO_TEST_LOAD, DO_TEST_LOAD_8, DO_TEST_STORE, DO_RETURN_ARG, DO_MOVE,
	DO_NO_RESULT, DO_SECOND_ARG, DO_INDEX, DO_LD_ABS, DO_PASS_ON, NR_DONE,
};

static void put_body(struct code *code, uint32_t body)
{
	switch (body) {
	case DO_NOTHING:
		PUT(code, MOV_IMM(0, 0), EXIT());
		break;
	case DO_LOAD:
		PUT(code, LDX(BPF_W, 0, 1, 0), EXIT());
		break;
	case DO_TEST_LOAD:
		PUT(code, MOV_IMM(0, 0), JMP_IMM(BPF_JEQ, 1, 0, 1), LDX(BPF_W, 0, 1, 0), EXIT());
		break;
	case DO_TEST_LOAD_8:
		PUT(code, MOV_IMM(0, 0), JMP_IMM(BPF_JEQ, 1, 0, 1), LDX(BPF_DW, 0, 1, 8), EXIT());
		break;
	case DO_TEST_STORE:
		PUT(code, MOV_IMM(0, 0), JMP_IMM(BPF_JEQ, 1, 0, 1), ST_IMM(BPF_W, 1, 4, 7), EXIT());
		break;
	case DO_RETURN_ARG:
		PUT(code, MOV(0, 1), EXIT());
		break;
	case DO_MOVE:
		PUT(code, ALU64_IMM(BPF_ADD, 1, 4), MOV_IMM(0, 0), EXIT());
		break;
	case DO_NO_RESULT:
		PUT(code, EXIT());
		break;
	case DO_SECOND_ARG:
		PUT(code, MOV(0, 2), EXIT());
		break;
	case DO_INDEX:
		PUT(code, ST_IMM(BPF_DW, 10, -8, 0), ALU64_IMM(BPF_AND, 1, 7), MOV(2, 10),
		    ALU64(BPF_ADD, 2, 1), LDX(BPF_B, 0, 2, -8), EXIT());
		break;
	case DO_LD_ABS:
		PUT(code, MOV(6, 1), LD_ABS(BPF_B, 0), EXIT());
		break;
	case DO_PASS_ON:
		PUT(code, MOV(2, 1), LD_MAP_FD(1, array_fd), CALL(BPF_FUNC_map_lookup_elem),
		    MOV_IMM(0, 0), EXIT());
		break;
	}
}

static void load_funcs(const struct code *code, uint32_t start, const struct sub *sub,
		       uint32_t level, const char *what)
{
	struct bpf_func_info funcs[] = { { 0, T_MAIN }, { start, T_SUB } };
	union bpf_attr attr = load_attr(code->insns, code->nr);
	int btf_fd = -1;

	if (sub) {
		btf_fd = load_types(sub);
		if (btf_fd < 0) {
			trace(error_name(errno), "%s: types", what);
			return;
		}
		attr.prog_btf_fd = btf_fd;
		attr.func_info = PTR(funcs);
		attr.func_info_cnt = 2;
		attr.func_info_rec_size = sizeof(funcs[0]);
	}
	load_log_traced(&attr, level, what);
	if (btf_fd >= 0)
		close(btf_fd);
}

/* A program that calls a function @nr_calls times. */
static void call_it(const struct sub *sub, uint32_t given, uint32_t body, uint32_t nr_calls,
		    const char *what)
{
	struct code code = {};
	uint32_t calls[2], i;

	PUT(&code, MOV(7, 1));
	for (i = 0; i < nr_calls; i++) {
		PUT(&code, MOV(1, 7));
		put_given(&code, given);
		calls[i] = code.nr;
		PUT(&code, INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, 0));
	}
	PUT(&code, EXIT());
	for (i = 0; i < nr_calls; i++)
		code.insns[calls[i]].imm = code.nr - calls[i] - 1;
	i = code.nr;
	put_body(&code, body);
	load_funcs(&code, i, sub, 2, what);
}

static void make_array(void)
{
	array_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, VALUE_BYTES, 1, 0);
}

static struct sub one_param(uint32_t linkage, uint32_t type)
{
	return (struct sub){ linkage, T_INT, 1, { type } };
}

/* Everything that may be given, for a parameter of each type. */
static void args(void)
{
	uint32_t type, given;
	struct sub sub;
	char what[64];

	make_array();
	for (type = 1; type < NR_ARG_TYPES; type++) {
		for (given = 0; given < NR_GIVEN; given++) {
			sub = one_param(BTF_FUNC_GLOBAL, type);
			snprintf(what, sizeof(what), "type %u given %u", type, given);
			call_it(&sub, given, DO_NOTHING, 1, what);
		}
	}
}

/* Everything that may be done with a parameter of each type. */
static void bodies(void)
{
	uint32_t type, body;
	struct sub sub;
	char what[64];

	make_array();
	for (type = 1; type < NR_ARG_TYPES; type++) {
		for (body = 1; body < NR_DONE; body++) {
			sub = one_param(BTF_FUNC_GLOBAL, type);
			snprintf(what, sizeof(what), "type %u body %u", type, body);
			call_it(&sub, GIVE_NULL, body, 1, what);
		}
	}
}

static void results(void)
{
	static const uint32_t done[] = { DO_NOTHING, DO_RETURN_ARG, DO_NO_RESULT, DO_LD_ABS };
	uint32_t type, i, linkage;
	struct sub sub;
	char what[64];

	make_array();
	for (type = 0; type < NR_ARG_TYPES; type++) {
		for (i = 0; i < 3 * ARRAY_SIZE_OF(done); i++) {
			linkage = i % 3;
			sub = one_param(linkage, T_PTR_SKB);
			sub.result = type;
			snprintf(what, sizeof(what), "result %u linkage %u body %u", type, linkage,
				 done[i / 3]);
			call_it(&sub, GIVE_CTX, done[i / 3], 1, what);
		}
	}
}

/* Static functions are walked into: what is given counts, not the types. */
static void static_calls(void)
{
	uint32_t given, body, nr_calls;
	struct sub sub = one_param(BTF_FUNC_STATIC, T_PTR_PAIR);
	uint32_t type;
	char what[64];

	make_array();
	for (type = 1; type < NR_ARG_TYPES; type++) {
		sub = one_param(BTF_FUNC_STATIC, type);
		snprintf(what, sizeof(what), "static type %u number", type);
		call_it(&sub, GIVE_NUMBER, DO_NOTHING, 2, what);
		snprintf(what, sizeof(what), "static type %u ctx", type);
		call_it(&sub, GIVE_CTX, DO_NOTHING, 1, what);
	}
	sub = one_param(BTF_FUNC_STATIC, T_PTR_PAIR);
	for (given = 0; given < NR_GIVEN; given++) {
		for (body = 0; body < NR_DONE; body++) {
			/* A pointer among the members of a map, which Linux has a type for. */
			if (given == GIVE_MAP && body == DO_TEST_LOAD_8)
				continue;
			snprintf(what, sizeof(what), "static given %u body %u", given, body);
			call_it(&sub, given, body, 1, what);
			snprintf(what, sizeof(what), "untyped given %u body %u", given, body);
			call_it(NULL, given, body, 1, what);
		}
	}
	for (nr_calls = 0; nr_calls < 4; nr_calls++) {
		sub.linkage = nr_calls & 1;
		snprintf(what, sizeof(what), "twice linkage %u body %u", sub.linkage, nr_calls / 2);
		call_it(&sub, GIVE_STACK, nr_calls / 2 ? DO_TEST_STORE : DO_NOTHING, 2, what);
	}
}

static void counts(void)
{
	uint32_t nr, i;
	struct sub sub;
	char what[64];

	make_array();
	for (nr = 0; nr <= MAX_PARAMS; nr++) {
		sub = one_param(BTF_FUNC_GLOBAL, T_PTR_SKB);
		sub.nr_params = nr;
		for (i = 1; i < nr; i++)
			sub.params[i] = T_INT;
		snprintf(what, sizeof(what), "%u parameters", nr);
		call_it(&sub, GIVE_CTX, DO_NOTHING, 1, what);
		call_it(&sub, GIVE_CTX, DO_SECOND_ARG, 1, what);
		for (i = 0; i < nr; i++)
			sub.params[i] = T_PTR_PAIR;
		snprintf(what, sizeof(what), "%u pointers", nr);
		call_it(&sub, GIVE_STACK, DO_NOTHING, 1, what);
		sub.linkage = BTF_FUNC_STATIC;
		snprintf(what, sizeof(what), "%u pointers, static", nr);
		call_it(&sub, GIVE_STACK, DO_NOTHING, 1, what);
	}
}

/* The program itself may have any type: what does not fit is told. */
static void mains(void)
{
	const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	struct bpf_func_info func = { 0, T_SUB };
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));
	uint32_t i, nr_all = NR_ARG_TYPES * 3;
	struct sub sub;
	int btf_fd;
	char what[64];

	attr.func_info = PTR(&func);
	attr.func_info_cnt = 1;
	attr.func_info_rec_size = sizeof(func);
	for (i = 0; i < nr_all + MAX_PARAMS; i++) {
		sub = one_param(i % 3, i < nr_all ? i / 3 : T_PTR_SKB);
		if (i >= nr_all)
			sub.nr_params = i - nr_all;
		sub.params[1] = T_INT;
		snprintf(what, sizeof(what), "main type %u linkage %u, %u parameters",
			 sub.params[0], sub.linkage, sub.nr_params);
		btf_fd = load_types(&sub);
		trace(btf_fd < 0 ? error_name(errno) : "ok", "%s: types", what);
		if (btf_fd < 0)
			continue;
		attr.prog_btf_fd = btf_fd;
		load_log_traced(&attr, 2, what);
		close(btf_fd);
	}
}

/* Helpers with a function: without types, static, global, and of no known linkage. */
static void callbacks(void)
{
	struct code loop = {}, each = {}, unused = {};
	struct sub sub = one_param(BTF_FUNC_STATIC, T_INT);
	uint32_t linkage;
	char what[64];

	make_array();
	PUT(&loop, MOV_IMM(1, 3), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 6), MOV_IMM(3, 0), MOV_IMM(4, 0),
	    CALL(BPF_FUNC_loop), MOV_IMM(0, 0), EXIT(), MOV_IMM(0, 0), EXIT());
	PUT(&each, LD_MAP_FD(1, array_fd), LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 6), MOV_IMM(3, 0),
	    MOV_IMM(4, 0), CALL(BPF_FUNC_for_each_map_elem), MOV_IMM(0, 0), EXIT(), MOV_IMM(0, 0),
	    EXIT());
	PUT(&unused, MOV_IMM(0, 0), JMP_IMM(BPF_JEQ, 0, 0, 2),
	    LD_IMM64_RAW(2, BPF_PSEUDO_FUNC, 2), EXIT(), MOV_IMM(0, 0), EXIT());
	unused.insns[2].imm = 2;
	load_funcs(&loop, 0, NULL, 0, "loop, no types");
	load_funcs(&each, 0, NULL, 0, "for each, no types");
	load_funcs(&unused, 0, NULL, 0, "unused, no types");
	each.insns[2].imm = -3;
	load_funcs(&each, 0, NULL, 2, "main, no types");
	each.insns[2].imm = 6;
	for (linkage = 0; linkage < 3; linkage++) {
		sub.linkage = linkage;
		snprintf(what, sizeof(what), "linkage %u", linkage);
		load_funcs(&loop, loop.nr - 2, &sub, 0, what);
		load_funcs(&each, each.nr - 2, &sub, 0, what);
		load_funcs(&unused, unused.nr - 2, &sub, 2, what);
	}
}

const struct scenario func_scenarios[] = {
	{ "func args", args },
	{ "func bodies", bodies },
	{ "func results", results },
	{ "func static_calls", static_calls },
	{ "func counts", counts },
	{ "func mains", mains },
	{ "func callbacks", callbacks },
	{}
};
