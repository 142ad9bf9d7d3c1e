// SPDX-License-Identifier: GPL-2.0
/*
 * Assembler of BPF programs written as the verifier log writes them.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "asm.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define NO_MATCH 0
#define MATCH 1

#ifndef BPF_MEMSX
#define BPF_MEMSX 0x80
#endif

struct label {
	char name[ASM_NAME_BYTES];
	int insn;
};

enum target_field { TARGET_OFF, TARGET_IMM };

struct use {
	char name[ASM_NAME_BYTES];
	int insn;
	enum target_field field;
};

struct parser {
	struct asm_program *program;
	const char *at;
	struct label labels[ASM_MAX_LABELS];
	struct use *uses;
	int nr_labels, nr_uses;
	bool has_failed;
};

/* Text. */

static void fail(struct parser *p, const char *what)
{
	if (!p->has_failed)
		snprintf(p->program->error, sizeof(p->program->error),
			 "insn %d: %s at \"%.40s\"", p->program->nr_insns, what, p->at);
	p->has_failed = true;
}

static void skip_blanks(struct parser *p)
{
	while (*p->at == ' ' || *p->at == '\t')
		p->at++;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Take @text if it is next; a word only as a whole. */
static bool take(struct parser *p, const char *text)
{
	size_t len = strlen(text);

	skip_blanks(p);
	if (strncmp(p->at, text, len))
		return false;
	if (is_word(text[len - 1]) && is_word(p->at[len]))
		return false;
	p->at += len;
	return true;
}

static void need(struct parser *p, const char *text)
{
	if (!take(p, text))
		fail(p, text);
}

static bool take_name(struct parser *p, char *name)
{
	int len = 0;

	skip_blanks(p);
	if (!isalpha((unsigned char)*p->at) && *p->at != '_')
		return false;
	while (is_word(*p->at) && len < ASM_NAME_BYTES - 1)
		name[len++] = *p->at++;
	name[len] = '\0';
	return true;
}

static bool take_number(struct parser *p, long long *number)
{
	const char *start;
	char *end;
	bool is_negative;

	skip_blanks(p);
	start = p->at;
	is_negative = *start == '-';
	if (*start == '-' || *start == '+')
		start++;
	while (*start == ' ')
		start++;
	if (!isdigit((unsigned char)*start))
		return false;
	*number = strtoull(start, &end, 0);
	if (is_negative)
		*number = -*number;
	p->at = end;
	return true;
}

static long long need_number(struct parser *p)
{
	long long number = 0;

	if (!take_number(p, &number))
		fail(p, "number");
	return number;
}

static bool take_reg(struct parser *p, int *reg, bool *is_32)
{
	const char *at;
	char *end;

	skip_blanks(p);
	at = p->at;
	if ((at[0] != 'r' && at[0] != 'w') || !isdigit((unsigned char)at[1]))
		return false;
	*reg = strtol(at + 1, &end, 10);
	if (*reg > 15 || is_word(*end))
		return false;
	*is_32 = at[0] == 'w';
	p->at = end;
	return true;
}

static int need_reg(struct parser *p)
{
	int reg = 0;
	bool is_32;

	if (!take_reg(p, &reg, &is_32))
		fail(p, "register");
	return reg;
}

/* Instructions. */

static struct bpf_insn *emit(struct parser *p, int code, int dst, int src, int off, int imm)
{
	struct asm_program *program = p->program;
	struct bpf_insn *insn = &program->insns[program->nr_insns];

	if (program->nr_insns >= ASM_MAX_INSNS) {
		fail(p, "too many instructions");
		return program->insns;
	}
	*insn = (struct bpf_insn){ .code = code, .dst_reg = dst, .src_reg = src, .off = off,
				   .imm = imm };
	program->nr_insns++;
	return insn;
}

static void emit_wide(struct parser *p, int dst, int src, unsigned long long imm)
{
	emit(p, BPF_LD | BPF_IMM | BPF_DW, dst, src, 0, imm);
	emit(p, 0, 0, 0, 0, imm >> 32);
}

/* The target of a jump or call that is emitted next: a label or a distance. */
static int take_target(struct parser *p, enum target_field field)
{
	long long distance;
	struct use *use;

	if (take_number(p, &distance))
		return distance;
	use = &p->uses[p->nr_uses];
	if (p->nr_uses == ASM_MAX_INSNS || !take_name(p, use->name)) {
		fail(p, "label or distance");
		return 0;
	}
	use->insn = p->program->nr_insns;
	use->field = field;
	p->nr_uses++;
	return 0;
}

struct size_name {
	const char *name;
	int size;
	bool is_signed;
};

static const struct size_name sizes[] = {
	{ "u8", BPF_B }, { "u16", BPF_H }, { "u32", BPF_W }, { "u64", BPF_DW },
	{ "s8", BPF_B, true }, { "s16", BPF_H, true }, { "s32", BPF_W, true },
};

static const struct size_name *need_size(struct parser *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (take(p, sizes[i].name))
			return &sizes[i];
	}
	fail(p, "size");
	return &sizes[0];
}

/* "rN + off)" */
static int need_address(struct parser *p, int *off, const char *end)
{
	int reg = need_reg(p);
	long long number = 0;

	take_number(p, &number);
	*off = number;
	need(p, end);
	return reg;
}

/* "*(SIZE *)" */
static const struct size_name *take_deref(struct parser *p)
{
	const struct size_name *size;

	if (!take(p, "*("))
		return NULL;
	size = need_size(p);
	need(p, "*)");
	return size;
}

static void parse_skb_load(struct parser *p, const struct size_name *size)
{
	bool is_32;
	long long imm = 0;
	int reg;

	if (take_reg(p, &reg, &is_32)) {
		take_number(p, &imm);
		emit(p, BPF_LD | BPF_IND | size->size, 0, reg, 0, imm);
	} else {
		emit(p, BPF_LD | BPF_ABS | size->size, 0, 0, 0, need_number(p));
	}
	need(p, "]");
}

/* "rD = *(u8 *)..." */
static int parse_load(struct parser *p, int dst, bool is_32)
{
	const struct size_name *size = take_deref(p);
	int src, off;

	if (!size)
		return NO_MATCH;
	if (take(p, "skb[")) {
		parse_skb_load(p, size);
		return MATCH;
	}
	need(p, "(");
	src = need_address(p, &off, ")");
	emit(p, BPF_LDX | size->size | (size->is_signed ? BPF_MEMSX : BPF_MEM), dst, src, off, 0);
	return MATCH;
}

static int find_map(struct parser *p)
{
	char name[ASM_NAME_BYTES];
	int map = -1;

	if (take_name(p, name) && p->program->find_map)
		map = p->program->find_map(p->program->data, name);
	if (map < 0)
		fail(p, "unknown map");
	return map;
}

/* "rD = map NAME", "rD = value NAME + 4", "rD = func LABEL" */
static int parse_pseudo(struct parser *p, int dst, bool is_32)
{
	long long off = 0;
	int map, distance;

	if (take(p, "map")) {
		emit_wide(p, dst, BPF_PSEUDO_MAP_FD, find_map(p));
		return MATCH;
	}
	if (take(p, "value")) {
		map = find_map(p);
		take_number(p, &off);
		emit_wide(p, dst, BPF_PSEUDO_MAP_VALUE,
			  (unsigned int)map | (unsigned long long)off << 32);
		return MATCH;
	}
	if (take(p, "func")) {
		distance = take_target(p, TARGET_IMM);
		emit_wide(p, dst, BPF_PSEUDO_FUNC, (unsigned int)distance);
		return MATCH;
	}
	return NO_MATCH;
}

struct end_name {
	const char *name;
	int class;
	int source;
	int bits;
};

static const struct end_name ends[] = {
	{ "be16", BPF_ALU, BPF_TO_BE, 16 }, { "be32", BPF_ALU, BPF_TO_BE, 32 },
	{ "be64", BPF_ALU, BPF_TO_BE, 64 }, { "le16", BPF_ALU, BPF_TO_LE, 16 },
	{ "le32", BPF_ALU, BPF_TO_LE, 32 }, { "le64", BPF_ALU, BPF_TO_LE, 64 },
	{ "bswap16", BPF_ALU64, 0, 16 }, { "bswap32", BPF_ALU64, 0, 32 },
	{ "bswap64", BPF_ALU64, 0, 64 },
};

static int parse_end(struct parser *p, int dst, bool is_32)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		if (!take(p, ends[i].name))
			continue;
		need_reg(p);
		emit(p, ends[i].class | BPF_END | ends[i].source, dst, 0, 0, ends[i].bits);
		return MATCH;
	}
	return NO_MATCH;
}

struct fetch_name {
	const char *name;
	int imm;
};

static const struct fetch_name fetches[] = {
	{ "atomic_fetch_add", BPF_ADD | BPF_FETCH }, { "atomic_fetch_or", BPF_OR | BPF_FETCH },
	{ "atomic_fetch_and", BPF_AND | BPF_FETCH }, { "atomic_fetch_xor", BPF_XOR | BPF_FETCH },
};

/* "rS = atomic_fetch_add((u64 *)(rD + 0), rS)" */
static int parse_fetch(struct parser *p, int dst, bool is_32)
{
	const struct size_name *size;
	int base, off, src;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(fetches); i++) {
		if (!take(p, fetches[i].name))
			continue;
		need(p, "((");
		size = need_size(p);
		need(p, "*)(");
		base = need_address(p, &off, "),");
		src = need_reg(p);
		need(p, ")");
		emit(p, BPF_STX | BPF_ATOMIC | size->size, base, src, off, fetches[i].imm);
		return MATCH;
	}
	return NO_MATCH;
}

static const struct fetch_name exchanges[] = {
	{ "xchg_64", BPF_XCHG }, { "xchg_32", BPF_XCHG },
	{ "cmpxchg_64", BPF_CMPXCHG }, { "cmpxchg_32", BPF_CMPXCHG },
};

/* "rS = xchg_64(rD + 0, rS)", "r0 = cmpxchg_64(rD + 0, r0, rS)" */
static int parse_exchange(struct parser *p, int dst, bool is_32)
{
	int base, off, src, size;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(exchanges); i++) {
		if (!take(p, exchanges[i].name))
			continue;
		size = strstr(exchanges[i].name, "_32") ? BPF_W : BPF_DW;
		need(p, "(");
		base = need_address(p, &off, ",");
		src = need_reg(p);
		if (exchanges[i].imm == BPF_CMPXCHG) {
			need(p, ",");
			src = need_reg(p);
		}
		need(p, ")");
		emit(p, BPF_STX | BPF_ATOMIC | size, base, src, off, exchanges[i].imm);
		return MATCH;
	}
	return NO_MATCH;
}

/* "rD = (s8)rS" */
static int parse_movsx(struct parser *p, int dst, bool is_32)
{
	static const int bits[] = { [BPF_B >> 3] = 8, [BPF_H >> 3] = 16, [BPF_W >> 3] = 32 };
	const struct size_name *size;

	if (!take(p, "("))
		return NO_MATCH;
	size = need_size(p);
	need(p, ")");
	emit(p, (is_32 ? BPF_ALU : BPF_ALU64) | BPF_MOV | BPF_X, dst, need_reg(p),
	     bits[size->size >> 3], 0);
	return MATCH;
}

/* "rD = -rD" */
static int parse_neg(struct parser *p, int dst, bool is_32)
{
	skip_blanks(p);
	if (p->at[0] != '-' || (p->at[1] != 'r' && p->at[1] != 'w'))
		return NO_MATCH;
	p->at++;
	need_reg(p);
	emit(p, (is_32 ? BPF_ALU : BPF_ALU64) | BPF_NEG, dst, 0, 0, 0);
	return MATCH;
}

static void parse_operand(struct parser *p, int code, int dst, int off)
{
	int src;
	bool is_32;
	long long imm;

	if (take_reg(p, &src, &is_32)) {
		emit(p, code | BPF_X, dst, src, off, 0);
		return;
	}
	imm = need_number(p);
	if (BPF_OP(code) == BPF_MOV && take(p, "ll"))
		emit_wide(p, dst, 0, imm);
	else
		emit(p, code | BPF_K, dst, 0, off, imm);
}

typedef int (*parse_fn)(struct parser *p, int dst, bool is_32);

/* What may stand after "rD =" besides an operand. */
static const parse_fn right_sides[] = {
	parse_load, parse_pseudo, parse_end, parse_fetch, parse_exchange, parse_movsx, parse_neg,
};

struct op_name {
	const char *name;
	int op;
	int off;
};

static const struct op_name assignments[] = {
	{ "+=", BPF_ADD }, { "-=", BPF_SUB }, { "*=", BPF_MUL }, { "/=", BPF_DIV },
	{ "%=", BPF_MOD }, { "&=", BPF_AND }, { "|=", BPF_OR }, { "^=", BPF_XOR },
	{ "<<=", BPF_LSH }, { ">>=", BPF_RSH }, { "s>>=", BPF_ARSH },
	{ "s/=", BPF_DIV, 1 }, { "s%=", BPF_MOD, 1 },
};

static int parse_assignment(struct parser *p)
{
	int dst, class;
	unsigned int i;
	bool is_32;

	if (!take_reg(p, &dst, &is_32))
		return NO_MATCH;
	class = is_32 ? BPF_ALU : BPF_ALU64;
	for (i = 0; i < ARRAY_SIZE(assignments); i++) {
		if (!take(p, assignments[i].name))
			continue;
		parse_operand(p, class | assignments[i].op, dst, assignments[i].off);
		return MATCH;
	}
	need(p, "=");
	for (i = 0; i < ARRAY_SIZE(right_sides); i++) {
		if (right_sides[i](p, dst, is_32) == MATCH)
			return MATCH;
	}
	parse_operand(p, class | BPF_MOV, dst, 0);
	return MATCH;
}

static int parse_store(struct parser *p)
{
	const struct size_name *size = take_deref(p);
	int dst, off, src;
	bool is_32;

	if (!size)
		return NO_MATCH;
	need(p, "(");
	dst = need_address(p, &off, ")");
	need(p, "=");
	if (take_reg(p, &src, &is_32))
		emit(p, BPF_STX | BPF_MEM | size->size, dst, src, off, 0);
	else
		emit(p, BPF_ST | BPF_MEM | size->size, dst, 0, off, need_number(p));
	return MATCH;
}

static int parse_lock(struct parser *p)
{
	const struct size_name *size;
	int dst, off;
	unsigned int i;

	if (!take(p, "lock"))
		return NO_MATCH;
	size = take_deref(p);
	need(p, "(");
	dst = need_address(p, &off, ")");
	for (i = 0; i < ARRAY_SIZE(assignments); i++) {
		if (!take(p, assignments[i].name))
			continue;
		emit(p, BPF_STX | BPF_ATOMIC | (size ? size->size : 0), dst, need_reg(p), off,
		     assignments[i].op);
		return MATCH;
	}
	fail(p, "atomic operation");
	return MATCH;
}

static const struct op_name comparisons[] = {
	{ "==", BPF_JEQ }, { "!=", BPF_JNE }, { "s>=", BPF_JSGE }, { "s>", BPF_JSGT },
	{ "s<=", BPF_JSLE }, { "s<", BPF_JSLT }, { ">=", BPF_JGE }, { ">", BPF_JGT },
	{ "<=", BPF_JLE }, { "<", BPF_JLT }, { "&", BPF_JSET },
};

static int parse_if(struct parser *p)
{
	int dst, src = 0, class, off, op = 0;
	bool is_32, has_src, ignored;
	long long imm = 0;
	unsigned int i;

	if (!take(p, "if"))
		return NO_MATCH;
	if (!take_reg(p, &dst, &is_32))
		fail(p, "register");
	class = is_32 ? BPF_JMP32 : BPF_JMP;
	for (i = 0; i < ARRAY_SIZE(comparisons) && !op; i++) {
		if (take(p, comparisons[i].name))
			op = comparisons[i].op;
	}
	if (!op)
		fail(p, "comparison");
	has_src = take_reg(p, &src, &ignored);
	if (!has_src)
		imm = need_number(p);
	need(p, "goto");
	off = take_target(p, TARGET_OFF);
	emit(p, class | op | (has_src ? BPF_X : BPF_K), dst, src, off, imm);
	return MATCH;
}

static int parse_goto(struct parser *p)
{
	int distance;

	if (take(p, "goto")) {
		distance = take_target(p, TARGET_OFF);
		emit(p, BPF_JMP | BPF_JA, 0, 0, distance, 0);
		return MATCH;
	}
	if (take(p, "gotol")) {
		distance = take_target(p, TARGET_IMM);
		emit(p, BPF_JMP32 | BPF_JA, 0, 0, 0, distance);
		return MATCH;
	}
	return NO_MATCH;
}

#define HELPER_NAME(name) #name
static const char *const helpers[] = { __BPF_FUNC_MAPPER(HELPER_NAME) };

static int need_helper(struct parser *p)
{
	char name[ASM_NAME_BYTES];
	long long id;
	unsigned int i;

	if (take_number(p, &id))
		return id;
	if (!take_name(p, name))
		fail(p, "helper");
	for (i = 0; i < ARRAY_SIZE(helpers) && !p->has_failed; i++) {
		if (!strcmp(helpers[i], name))
			return i;
	}
	fail(p, "unknown helper");
	return 0;
}

static int parse_call(struct parser *p)
{
	int distance;

	if (take(p, "callfn")) {
		distance = take_target(p, TARGET_IMM);
		emit(p, BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, distance);
		return MATCH;
	}
	if (take(p, "call")) {
		emit(p, BPF_JMP | BPF_CALL, 0, 0, 0, need_helper(p));
		return MATCH;
	}
	if (take(p, "exit")) {
		emit(p, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
		return MATCH;
	}
	return NO_MATCH;
}

static int parse_raw(struct parser *p)
{
	int code, dst, src, off;

	if (!take(p, "raw"))
		return NO_MATCH;
	code = need_number(p);
	dst = need_number(p);
	src = need_number(p);
	off = need_number(p);
	emit(p, code, dst, src, off, need_number(p));
	return MATCH;
}

static int parse_label(struct parser *p)
{
	struct label *label = &p->labels[p->nr_labels];
	const char *start = p->at;

	if (p->nr_labels == ASM_MAX_LABELS || !take_name(p, label->name) || !take(p, ":")) {
		p->at = start;
		return NO_MATCH;
	}
	label->insn = p->program->nr_insns;
	p->nr_labels++;
	return MATCH;
}

typedef int (*statement_fn)(struct parser *p);

static const statement_fn statements[] = {
	parse_label, parse_if, parse_goto, parse_call, parse_raw, parse_lock, parse_store,
	parse_assignment,
};

static bool at_end(struct parser *p)
{
	while (isspace((unsigned char)*p->at) || *p->at == ';' || *p->at == '#') {
		if (*p->at == '#')
			p->at += strcspn(p->at, "\n");
		else
			p->at++;
	}
	return !*p->at;
}

static void parse_statement(struct parser *p)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statements); i++) {
		if (statements[i](p) != MATCH)
			continue;
		skip_blanks(p);
		if (statements[i] != parse_label && *p->at && !strchr(";\n#", *p->at))
			fail(p, "end of statement");
		return;
	}
	fail(p, "statement");
}

static void resolve(struct parser *p, const struct use *use)
{
	struct bpf_insn *insn = &p->program->insns[use->insn];
	int i;

	for (i = 0; i < p->nr_labels; i++) {
		if (strcmp(p->labels[i].name, use->name))
			continue;
		if (use->field == TARGET_OFF)
			insn->off = p->labels[i].insn - use->insn - 1;
		else
			insn->imm = p->labels[i].insn - use->insn - 1;
		return;
	}
	p->at = use->name;
	fail(p, "unknown label");
}

int asm_assemble(struct asm_program *program, const char *text)
{
	struct parser p = { .program = program, .at = text };
	int i;

	program->nr_insns = 0;
	program->insns = calloc(ASM_MAX_INSNS + 1, sizeof(*program->insns));
	p.uses = calloc(ASM_MAX_INSNS, sizeof(*p.uses));
	if (!program->insns || !p.uses) {
		free(p.uses);
		snprintf(program->error, sizeof(program->error), "no memory");
		return -1;
	}
	while (!p.has_failed && !at_end(&p))
		parse_statement(&p);
	for (i = 0; i < p.nr_uses && !p.has_failed; i++)
		resolve(&p, &p.uses[i]);
	free(p.uses);
	return p.has_failed ? -1 : 0;
}
