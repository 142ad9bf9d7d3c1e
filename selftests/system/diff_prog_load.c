// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: PROG_LOAD and the verdicts on small programs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

static void load(union bpf_attr *attr, const char *what)
{
	int fd = bpf_traced(BPF_PROG_LOAD, attr, "%s", what);

	if (fd >= 0)
		close(fd);
}

static void load_insns(const struct bpf_insn *insns, uint32_t nr_insns, const char *what)
{
	union bpf_attr attr = load_attr(insns, nr_insns);

	load(&attr, what);
}

static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT() };

static void licenses(void)
{
	static const char * const licenses[] = {
		"GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MIT/GPL",
		"Dual MPL/GPL",
		"gpl", "GPLv2", "", "MIT", "Proprietary",
	};
	struct bpf_insn gpl_only[] = {
		ST_IMM(BPF_DW, 10, -8, 0), MOV(1, 10), ALU64_IMM(BPF_ADD, 1, -8), MOV_IMM(2, 1),
		CALL(BPF_FUNC_trace_printk), MOV_IMM(0, 0), EXIT(),
	};
	union bpf_attr attr;
	unsigned int i;
	char *longest = malloc(256), what[64];

	for (i = 0; i < ARRAY_SIZE_OF(licenses); i++) {
		attr = load_attr(gpl_only, ARRAY_SIZE_OF(gpl_only));
		attr.license = PTR(licenses[i]);
		snprintf(what, sizeof(what), "gpl_only '%s'", licenses[i]);
		load(&attr, what);
		attr = load_attr(ret0, ARRAY_SIZE_OF(ret0));
		attr.license = PTR(licenses[i]);
		snprintf(what, sizeof(what), "plain '%s'", licenses[i]);
		load(&attr, what);
	}
	memset(longest, 'G', 256);
	attr = load_attr(ret0, ARRAY_SIZE_OF(ret0));
	attr.license = PTR(longest);
	load(&attr, "too long");
	attr.license = 0;
	load(&attr, "none");
	attr.license = 0x1000;
	load(&attr, "bad address");
}

static void counts(void)
{
	static const uint32_t counts[] = { 0, 1, 2, 3, 4095, 4096, 4097, 65536, 1000000, 1000001,
					   ~0U };
	uint32_t max = 1000001, i, c;
	struct bpf_insn *insns = calloc(max, sizeof(*insns));
	union bpf_attr attr;
	char what[64];

	for (c = 0; c < ARRAY_SIZE_OF(counts); c++) {
		uint32_t n = counts[c] < max ? counts[c] : max;

		/* The longest one that is loaded has 65536. */
		if (counts[c] == 1000000)
			continue;
		for (i = 0; i < n; i++)
			insns[i] = MOV_IMM(0, 0);
		if (n)
			insns[n - 1] = EXIT();
		attr = load_attr(insns, counts[c]);
		snprintf(what, sizeof(what), "%u insns", counts[c]);
		load(&attr, what);
	}
	attr = load_attr(NULL, 2);
	load(&attr, "no insns");
	attr.insns = 0x1000;
	load(&attr, "insns at a bad address");
	free(insns);
}

static void flags(void)
{
	unsigned int a, b;
	char what[64];

	for (a = 0; a < 32; a++)
		for (b = a; b < 32; b++) {
			union bpf_attr attr = load_attr(ret0, ARRAY_SIZE_OF(ret0));

			attr.prog_flags = 1U << a | 1U << b;
			snprintf(what, sizeof(what), "flags %#x", attr.prog_flags);
			load(&attr, what);
		}
}

static void expected_attach_types(void)
{
	uint32_t type;
	char what[64];

	for (type = 0; type < 70; type++) {
		union bpf_attr attr = load_attr(ret0, ARRAY_SIZE_OF(ret0));

		attr.expected_attach_type = type;
		snprintf(what, sizeof(what), "expected_attach_type %u", type);
		load(&attr, what);
	}
}

static void other_fields(void)
{
	int map_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	union bpf_attr attr;

#define SET(field, value) do {						\
		attr = load_attr(ret0, ARRAY_SIZE_OF(ret0));		\
		attr.field = (value);					\
		load(&attr, #field " = " #value);			\
} while (0)
	SET(kern_version, 1);
	SET(prog_ifindex, 1);
	SET(prog_ifindex, 999);
	SET(prog_btf_fd, 999);
	SET(prog_btf_fd, map_fd);
	SET(func_info_rec_size, 8);
	SET(func_info_cnt, 1);
	SET(func_info, 1);
	SET(line_info_rec_size, 16);
	SET(line_info_cnt, 1);
	SET(attach_btf_id, 1);
	SET(attach_prog_fd, 999);
	SET(attach_prog_fd, map_fd);
	SET(core_relo_cnt, 1);
	SET(core_relo_rec_size, 16);
	SET(fd_array, 0x1000);
	SET(prog_type, 0);
	SET(prog_type, 64);
	SET(prog_type, ~0U);
#undef SET
}

static void log_traced(bool is_good, uint32_t level, uint32_t size, unsigned int place)
{
	static const struct bpf_insn bad[] = { EXIT() };
	static char buf[1 << 20];
	const uint64_t places[] = { 0, PTR(buf), 0x1000 };
	union bpf_attr attr = is_good ? load_attr(ret0, 2) : load_attr(bad, 1);
	char result[64];
	int fd;

	attr.log_level = level;
	attr.log_size = size;
	attr.log_buf = places[place];
	memset(buf, 0x7f, 4096);
	fd = bpf_call(BPF_PROG_LOAD, &attr, sizeof(attr));
	snprintf(result, sizeof(result), "%s, log %s", fd < 0 ? error_name(errno) : "ok",
		 buf[0] == 0x7f ? "untouched" : buf[0] ? "written" : "empty");
	trace(result, "good %d level %u size %u buf %u", is_good, level, size, place);
	if (fd >= 0)
		close(fd);
}

/* What comes of the log in every combination of its three attributes. */
static void log_arguments(void)
{
	static const uint32_t levels[] = { 0, 1, 2, 3, 4, 5, 7, 8, 15, 16, ~0U };
	static const uint32_t sizes[] = {
		0, 1, 64, 127, 128, 129, 4096, 1 << 20, ~0U >> 8, (~0U >> 8) + 1, ~0U >> 2, ~0U,
	};
	unsigned int l, s, place;

	for (l = 0; l < ARRAY_SIZE_OF(levels); l++)
		for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
			for (place = 0; place < 3; place++) {
				log_traced(true, levels[l], sizes[s], place);
				log_traced(false, levels[l], sizes[s], place);
			}
}

/* Each opcode byte with plausible and implausible other fields. */
static void opcodes(void)
{
	unsigned int code, v;
	char what[64];

	for (code = 0; code < 256; code++)
		for (v = 0; v < 12; v++) {
			/* r1: context, r2: a number, r10 - 8: a number. */
			struct bpf_insn insns[] = {
				MOV_IMM(2, 5), MOV_IMM(0, 3), ST_IMM(BPF_DW, 10, -8, 1),
				INSN(code, v & 1 ? 10 : 2, v & 2 ? 0 : 2, v & 4 ? -8 : 0,
				     v & 8 ? 16 : 0),
				MOV_IMM(0, 0), EXIT(), EXIT(),
			};

			snprintf(what, sizeof(what), "code %#x variant %u", code, v);
			load_insns(insns, ARRAY_SIZE_OF(insns), what);
		}
}

/* Every register number, and offsets and numbers where they must be zero. */
static void reserved_fields(void)
{
	static const struct bpf_insn bases[] = {
		ALU64_IMM(BPF_ADD, 0, 1), ALU64(BPF_ADD, 0, 2), ALU64_IMM(BPF_NEG, 0, 0),
		ENDIAN(BPF_TO_BE, 0, 16),
		JMP_IMM(BPF_JEQ, 0, 1, 0), JMP(BPF_JEQ, 0, 2, 0), JA(0),
		CALL(BPF_FUNC_get_prandom_u32), EXIT(),
		LDX(BPF_W, 0, 1, 0), STX(BPF_DW, 10, 0, -8), ST_IMM(BPF_W, 10, -8, 1),
		ATOMIC(BPF_DW, BPF_ADD, 10, 0, -8), JMP32_IMM(BPF_JEQ, 0, 1, 0),
	};
	unsigned int b, field, v;
	char what[64];

	for (b = 0; b < ARRAY_SIZE_OF(bases); b++)
		for (field = 0; field < 4; field++)
			for (v = 0; v < 16; v++) {
				struct bpf_insn insns[] = {
					MOV_IMM(0, 3), MOV_IMM(2, 3), ST_IMM(BPF_DW, 10, -8, 1),
					bases[b],
					MOV_IMM(0, 0), EXIT(),
				};

				if (field == 0)
					insns[3].dst_reg = v;
				else if (field == 1)
					insns[3].src_reg = v;
				else if (field == 2)
					insns[3].off = v - 8;
				else
					insns[3].imm = v * 16;
				snprintf(what, sizeof(what), "base %u field %u value %u", b, field,
					 v);
				load_insns(insns, ARRAY_SIZE_OF(insns), what);
			}
}

/* ld_imm64 with each pseudo source, good and bad numbers. */
static void wide_loads(void)
{
	int map_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0);
	int hash_fd = make_map(BPF_MAP_TYPE_HASH, 4, 8, 4, 0);
	int prog_fd = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	int imms[] = { 0, map_fd, hash_fd, prog_fd, 999, -1 };
	static const int nexts[] = { 0, 1, 7, 8, 31, 32, -1 };
	unsigned int src, i, n;
	char what[64];

	for (src = 0; src < 16; src++)
		for (i = 0; i < ARRAY_SIZE_OF(imms); i++)
			for (n = 0; n < ARRAY_SIZE_OF(nexts); n++) {
				struct bpf_insn insns[] = {
					INSN(BPF_LD | BPF_IMM | BPF_DW, 1, src, 0, imms[i]),
					INSN(0, 0, 0, 0, nexts[n]), MOV_IMM(0, 0), EXIT(),
				};

				snprintf(what, sizeof(what), "src %u imm %u next %d", src, i,
					 nexts[n]);
				load_insns(insns, ARRAY_SIZE_OF(insns), what);
			}
	for (i = 0; i < 8; i++) {
		struct bpf_insn insns[] = { LD_IMM64(1, 5), MOV_IMM(0, 0), EXIT() };

		insns[i / 4].off = i % 4 == 0;
		insns[1].code = i % 4 == 1;
		insns[1].dst_reg = i % 4 == 2;
		insns[1].src_reg = i % 4 == 3;
		snprintf(what, sizeof(what), "second half %u", i);
		load_insns(insns, ARRAY_SIZE_OF(insns), what);
	}
}

const struct scenario prog_load_scenarios[] = {
	{ "load licenses", licenses },
	{ "load counts", counts },
	{ "load flags", flags },
	{ "load expected_attach_types", expected_attach_types },
	{ "load other_fields", other_fields },
	{ "load log_arguments", log_arguments },
	{ "load opcodes", opcodes },
	{ "load reserved_fields", reserved_fields },
	{ "load wide_loads", wide_loads },
	{ }
};
