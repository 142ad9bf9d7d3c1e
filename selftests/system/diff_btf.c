// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: BTF_LOAD, and records of functions and lines of programs.
 */
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define LOG_BYTES	4096
#define NR_MUTATIONS	1500

enum { INT_ID = 1, PTR_ID, ARRAY_ID, STRUCT_ID, ENUM_ID, PROTO_ID, FUNC_ID, SUB_ID, VAR_ID };

static const char names[] = "\0int\0s\0a\0e\0one\0main\0sub\0.data\0v\0line one\0line two";

#define NAME_INT	1
#define NAME_S		5
#define NAME_A		7
#define NAME_E		9
#define NAME_ONE	11
#define NAME_MAIN	15
#define NAME_SUB	20
#define NAME_DATA	24
#define NAME_V		30
#define NAME_LINE	32
#define NAME_LINE2	41

#define INFO(kind, vlen)	((uint32_t)(kind) << 24 | (vlen))

static const uint32_t types[] = {
	NAME_INT, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	0, INFO(BTF_KIND_PTR, 0), STRUCT_ID,
	0, INFO(BTF_KIND_ARRAY, 0), 0, INT_ID, INT_ID, 4,
	NAME_S, INFO(BTF_KIND_STRUCT, 2), 24, NAME_A, ARRAY_ID, 0, NAME_V, PTR_ID, 128,
	NAME_E, INFO(BTF_KIND_ENUM, 1), 4, NAME_ONE, 1,
	0, INFO(BTF_KIND_FUNC_PROTO, 1), INT_ID, NAME_A, PTR_ID,
	NAME_MAIN, INFO(BTF_KIND_FUNC, 0), PROTO_ID,
	NAME_SUB, INFO(BTF_KIND_FUNC, 0), PROTO_ID,
	NAME_V, INFO(BTF_KIND_VAR, 0), STRUCT_ID, 1,
	NAME_DATA, INFO(BTF_KIND_DATASEC, 1), 24, VAR_ID, 0, 24,
	NAME_A, INFO(BTF_KIND_TYPEDEF, 0), ENUM_ID,
};

struct blob {
	struct btf_header header;
	uint32_t types[sizeof(types) / 4];
	char names[sizeof(names)];
} __attribute__((packed));

static char log_text[LOG_BYTES];

static struct blob good_blob(void)
{
	struct blob blob = {
		.header = {
			.magic = BTF_MAGIC, .version = BTF_VERSION,
			.hdr_len = sizeof(struct btf_header), .type_len = sizeof(types),
			.str_off = sizeof(types), .str_len = sizeof(names),
		},
	};

	memcpy(blob.types, types, sizeof(types));
	memcpy(blob.names, names, sizeof(names));
	return blob;
}

/* The log in one line. */
static void trace_log(const char *what, uint32_t i)
{
	char *at;

	for (at = log_text; *at; at++)
		if (*at == '\n')
			*at = '|';
	at = log_text + (strlen(log_text) > 200 ? strlen(log_text) - 200 : 0);
	trace(at, "%s %u log", what, i);
}

static int load_btf(const void *bytes, uint32_t nr_bytes, const char *what, uint32_t i)
{
	union bpf_attr attr = {};
	int fd;

	memset(log_text, 0, sizeof(log_text));
	attr.btf = PTR(bytes);
	attr.btf_size = nr_bytes;
	attr.btf_log_buf = PTR(log_text);
	attr.btf_log_size = sizeof(log_text);
	attr.btf_log_level = 1;
	fd = bpf_traced(BPF_BTF_LOAD, &attr, "%s %u", what, i);
	trace_log(what, i);
	return fd;
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

static void sizes(void)
{
	struct blob blob = good_blob();
	uint32_t i;

	for (i = 0; i <= sizeof(blob); i += i < 32 ? 1 : 7)
		close_if_open(load_btf(&blob, i, "cut to", i));
	close_if_open(load_btf(&blob, sizeof(blob), "whole", 0));
	close_if_open(load_btf(&blob, 16 * 1024 * 1024 + 1, "too long", 0));
}

#define CHAIN_WORDS	(4 + 3 * 3)

/* All chains of three pointers, modifiers and tags that end in an int. */
static void chains(void)
{
	static const uint32_t kinds[] = {
		BTF_KIND_PTR, BTF_KIND_TYPEDEF, BTF_KIND_CONST, BTF_KIND_TYPE_TAG
	};
	struct {
		struct btf_header header;
		uint32_t types[CHAIN_WORDS];
		char names[sizeof(names)];
	} __attribute__((packed)) blob = { .header = good_blob().header };
	uint32_t i, link, kind;

	memcpy(blob.types, types, 4 * sizeof(*types));
	memcpy(blob.names, names, sizeof(names));
	blob.header.type_len = sizeof(blob.types);
	blob.header.str_off = sizeof(blob.types);
	for (i = 0; i < 64; i++) {
		for (link = 0; link < 3; link++) {
			kind = kinds[i >> (2 * link) & 3];
			blob.types[4 + 3 * link] = kind == BTF_KIND_TYPEDEF ||
						   kind == BTF_KIND_TYPE_TAG ? NAME_A : 0;
			blob.types[5 + 3 * link] = INFO(kind, 0);
			blob.types[6 + 3 * link] = link ? link + 1 : INT_ID;
		}
		close_if_open(load_btf(&blob, sizeof(blob), "chain", i));
	}
}

/* Words and bits of the blob changed. */
static void mutations(void)
{
	uint32_t i, word, value, nr_words = (sizeof(struct btf_header) + sizeof(types)) / 4;
	static const uint32_t odd[] = { 0, 1, 2, 3, 4, 7, 8, 16, 31, 32, 64, 127, 1U << 31, ~0U };
	struct blob blob;

	for (i = 0; i < NR_MUTATIONS; i++) {
		blob = good_blob();
		word = rnd_below(nr_words) * 4;
		memcpy(&value, (char *)&blob + word, 4);
		switch (rnd_below(3)) {
		case 0:
			value = odd[rnd_below(ARRAY_SIZE_OF(odd))];
			break;
		case 1:
			value ^= 1U << rnd_below(32);
			break;
		default:
			value = (value & 0xffffff) | rnd_below(21) << 24;
		}
		memcpy((char *)&blob + word, &value, 4);
		close_if_open(load_btf(&blob, sizeof(blob), "mutation", i));
	}
}

#define WITH_FLAG(kind, vlen)	(INFO(kind, vlen) | 1U << 31)

/* Kinds that the other types lack, and bit fields. */
static const uint32_t other_types[] = {
	NAME_INT, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	NAME_S, WITH_FLAG(BTF_KIND_STRUCT, 2), 4, NAME_A, 1, 3 << 24, NAME_V, 1, 5 << 24 | 3,
	NAME_S, INFO(BTF_KIND_UNION, 2), 8, NAME_A, 1, 0, NAME_V, 4, 0,
	NAME_E, WITH_FLAG(BTF_KIND_ENUM64, 1), 8, NAME_ONE, 1, 2,
	NAME_S, WITH_FLAG(BTF_KIND_FWD, 0), 0,
	NAME_A, INFO(BTF_KIND_FLOAT, 0), 8,
	NAME_A, INFO(BTF_KIND_TYPE_TAG, 0), 2,
	0, INFO(BTF_KIND_PTR, 0), 7,
	0, INFO(BTF_KIND_VOLATILE, 0), 10,
	0, INFO(BTF_KIND_RESTRICT, 0), 3,
	NAME_A, INFO(BTF_KIND_DECL_TAG, 0), 2, 1,
	0, INFO(BTF_KIND_FUNC_PROTO, 3), 0, NAME_A, 1, NAME_S, 8, 0, 0,
	NAME_MAIN, INFO(BTF_KIND_FUNC, 1), 12,
	NAME_A, INFO(BTF_KIND_DECL_TAG, 0), 13, 0,
	NAME_V, INFO(BTF_KIND_VAR, 0), 9, 0,
	NAME_DATA, INFO(BTF_KIND_DATASEC, 2), 24, 15, 0, 8, 17, 8, 4,
	NAME_A, INFO(BTF_KIND_VAR, 0), 1, 1,
};

/* Each word of them changed in every way. */
static void other_kinds(void)
{
	static const uint32_t values[] = { 0, 1, 2, 3, 5, 8, 11, 16, 17, 31, 33, 64, 255, 4096,
					   1U << 31, ~0U };
	struct {
		struct btf_header header;
		uint32_t types[ARRAY_SIZE_OF(other_types)];
		char names[sizeof(names)];
	} __attribute__((packed)) blob = { .header = good_blob().header };
	uint32_t i, j;
	int fd;

	memcpy(blob.types, other_types, sizeof(other_types));
	memcpy(blob.names, names, sizeof(names));
	blob.header.type_len = sizeof(blob.types);
	blob.header.str_off = sizeof(blob.types);
	fd = load_btf(&blob, sizeof(blob), "other kinds", 0);
	if (fd < 0)
		give_up("types that are right");
	close(fd);
	for (i = 0; i < ARRAY_SIZE_OF(other_types); i++) {
		for (j = 0; j < ARRAY_SIZE_OF(values); j++) {
			blob.types[i] = values[j];
			close_if_open(load_btf(&blob, sizeof(blob), "number", i << 8 | j));
		}
		for (j = 0; j < 32; j++) {
			blob.types[i] = other_types[i] ^ 1U << j;
			close_if_open(load_btf(&blob, sizeof(blob), "bit", i << 8 | j));
		}
		blob.types[i] = other_types[i];
	}
}

/* Each character, first and second, in the name of each kind. */
static void name_chars(void)
{
	static const uint32_t offs[] = {
		NAME_INT, NAME_S, NAME_A, NAME_E, NAME_ONE, NAME_MAIN, NAME_DATA, NAME_V
	};
	struct blob blob;
	uint32_t i, c;

	for (i = 0; i < 2 * ARRAY_SIZE_OF(offs); i++) {
		for (c = 0; c < 256; c++) {
			blob = good_blob();
			blob.names[offs[i / 2] + i % 2] = c;
			close_if_open(load_btf(&blob, sizeof(blob), "name", i << 8 | c));
		}
	}
}

/* Without anything that lbpf would leave out. */
static const struct bpf_insn two_funcs[] = {
	LDX(BPF_W, 6, 1, 0),
	{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 2 },
	MOV(0, 6),
	EXIT(),
	MOV_IMM(0, 1),
	EXIT(),
};

/* A packet load that fails returns 0 from its function: the second branch is walked too. */
static const struct bpf_insn failing_load[] = {
	{ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL, .imm = 3 },
	JMP_IMM(BPF_JEQ, 0, 5, 1),
	LDX(BPF_DW, 0, 1, 0),
	EXIT(),
	MOV(6, 1),
	LD_ABS(BPF_B, 3),
	MOV_IMM(0, 5),
	EXIT(),
};

static struct bpf_func_info funcs[3];
static struct bpf_line_info lines[4];

static union bpf_attr records_attr(int btf_fd)
{
	union bpf_attr attr = load_attr(two_funcs, ARRAY_SIZE_OF(two_funcs));

	memset(funcs, 0, sizeof(funcs));
	memset(lines, 0, sizeof(lines));
	funcs[0].type_id = FUNC_ID;
	funcs[1] = (struct bpf_func_info){ .insn_off = 4, .type_id = SUB_ID };
	lines[0] = (struct bpf_line_info){ 0, NAME_DATA, NAME_LINE, 1 << 10 | 2 };
	lines[1] = (struct bpf_line_info){ 2, NAME_DATA, NAME_LINE2, 2 << 10 | 2 };
	lines[2] = (struct bpf_line_info){ 4, NAME_DATA, NAME_LINE, 3 << 10 | 2 };
	attr.prog_btf_fd = btf_fd;
	attr.func_info = PTR(funcs);
	attr.func_info_cnt = 2;
	attr.func_info_rec_size = sizeof(funcs[0]);
	attr.line_info = PTR(lines);
	attr.line_info_cnt = 3;
	attr.line_info_rec_size = sizeof(lines[0]);
	return attr;
}

static void trace_info(int fd)
{
	struct bpf_func_info got_funcs[3] = {};
	struct bpf_line_info got_lines[4] = {};
	struct bpf_prog_info info = {
		.nr_func_info = 3, .func_info_rec_size = sizeof(got_funcs[0]),
		.func_info = PTR(got_funcs), .nr_line_info = 4,
		.line_info_rec_size = sizeof(got_lines[0]), .line_info = PTR(got_lines),
	};
	union bpf_attr attr = {};

	attr.info.bpf_fd = fd;
	attr.info.info = PTR(&info);
	attr.info.info_len = sizeof(info);
	bpf_traced(BPF_OBJ_GET_INFO_BY_FD, &attr, "info");
	trace(info.btf_id ? "yes" : "no", "btf_id");
	trace_bytes(&info.nr_func_info, 4, "nr_func_info");
	trace_bytes(&info.nr_line_info, 4, "nr_line_info");
	trace_bytes(&info.nr_jited_line_info, 4, "nr_jited_line_info");
	trace_bytes(got_funcs, sizeof(got_funcs), "funcs");
	trace_bytes(got_lines, sizeof(got_lines), "lines");
}

static void load_records(union bpf_attr *attr, const char *what)
{
	int fd = bpf_traced(BPF_PROG_LOAD, attr, "%s", what);

	if (fd < 0)
		return;
	trace_info(fd);
	close(fd);
}

static void records(void)
{
	struct blob blob = good_blob();
	int btf_fd = load_btf(&blob, sizeof(blob), "btf", 0);
	union bpf_attr attr;

#define CASE(what, ...) do {		\
	attr = records_attr(btf_fd);	\
	__VA_ARGS__;			\
	load_records(&attr, what);	\
} while (0)
	CASE("good", (void)0);
	CASE("no lines", attr.line_info_cnt = 0);
	CASE("no funcs", attr.func_info_cnt = 0);
	CASE("neither, and no btf", attr.func_info_cnt = attr.line_info_cnt = attr.prog_btf_fd = 0);
	CASE("bad fd", attr.prog_btf_fd = 1000);
	CASE("too few funcs", attr.func_info_cnt = 1);
	CASE("too many funcs", attr.func_info_cnt = 3);
	CASE("func off", funcs[1].insn_off = 3);
	CASE("first func off", funcs[0].insn_off = 1);
	CASE("func type", funcs[1].type_id = PROTO_ID);
	CASE("func record size", attr.func_info_rec_size = 4);
	CASE("func record size unaligned", attr.func_info_rec_size = 9);
	CASE("func record size large", attr.func_info_rec_size = 256);
	CASE("func address", attr.func_info = 0x1000);
	CASE("line record size", attr.line_info_rec_size = 8);
	CASE("line order", lines[1].insn_off = 0);
	CASE("line beyond", lines[2].insn_off = 6);
	CASE("line name", lines[2].line_off = 1000);
	CASE("file name", lines[2].file_name_off = 1000);
	CASE("no line of a func", attr.line_info_cnt = 2);
	CASE("no line of the first", lines[0].insn_off = 1);
	CASE("line count", attr.line_info_cnt = ~0U);
	CASE("line address", attr.line_info = 0x1000);
	CASE("packet load in a function", attr.insns = PTR(failing_load),
	     attr.insn_cnt = ARRAY_SIZE_OF(failing_load));
#undef CASE
}

const struct scenario btf_scenarios[] = {
	{ "btf_sizes", sizes },
	{ "btf_chains", chains },
	{ "btf_mutations", mutations },
	{ "btf_other_kinds", other_kinds },
	{ "btf_names", name_chars },
	{ "btf_records", records },
	{}
};
