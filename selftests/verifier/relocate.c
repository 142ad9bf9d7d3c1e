// SPDX-License-Identifier: GPL-2.0
/*
 * Relocations that the kernel applies (core_relos of PROG_LOAD), beside bpf(2): the same verdict,
 * and the same log, which shows each instruction as it was relocated.
 *
 * What clang emits for relocate.bpf.c, and then any relocation of any type of it.
 *
 *	relocate		compare
 *	relocate show		print what bpf(2) says of each program
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <kselftest.h>
#include <insns.h>
#include <lbpf_test.h>
#include <logs.h>

#define OBJECT		"relocate.bpf.o"
#define NR_RANDOM	3000
#define MAX_RELOS	64
#define LOG_BYTES	(1 << 17)
#define PTR(ptr)	((__u64)(unsigned long)(ptr))
#define NR(array)	((unsigned int)(sizeof(array) / sizeof((array)[0])))

/* Source: Documentation/bpf/btf.rst, .BTF.ext. */
struct ext_header {
	uint16_t	magic;
	uint8_t		version;
	uint8_t		flags;
	uint32_t	hdr_len;
	uint32_t	func_off, func_len;
	uint32_t	line_off, line_len;
	uint32_t	relo_off, relo_len;
};

/* A program with its records. */
struct subject {
	const char		*name;
	const struct bpf_insn	*insns;
	unsigned int		nr_insns;
	struct bpf_func_info	func;
	struct bpf_core_relo	relos[MAX_RELOS];
	unsigned int		nr_relos;
	unsigned int		relo_bytes;
};

static struct btf *types;
static struct btf_ext *records;
static int btf_fd[2];
static char logs[2][LOG_BYTES];
/* More steps than there may be. */
static char long_path[160];

static const char * const paths[] = {
	"0", "0:0", "0:1", "0:2", "0:2:3", "0:3", "0:4:0", "0:0:0", "0:0:0:1", "0:5", "0:6", "1",
	"1:1", "7", "0:2:16", "0:999", "", ":", "0:", "0:x", "x", "00:1", "0:0:0:0", "0::1",
	long_path,
};

static uint32_t path_offs[NR(paths)];

static int side_bpf(enum test_side side, int cmd, union bpf_attr *attr)
{
	int ret = test_bpf(side, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

static void open_types(void)
{
	uint32_t bytes, i;
	enum test_side side;

	for (i = 0; i < sizeof(long_path) - 1; i++)
		long_path[i] = i % 2 ? ':' : '0';
	types = btf__parse_elf(OBJECT, &records);
	if (!types || !records)
		ksft_exit_fail_msg("no types in " OBJECT "\n");
	for (i = 0; i < NR(paths); i++)
		path_offs[i] = btf__add_str(types, paths[i]);
	for (side = SIDE_LBPF; side <= SIDE_KERNEL; side++) {
		union bpf_attr attr = { .btf = PTR(btf__raw_data(types, &bytes)) };

		attr.btf_size = bytes;
		btf_fd[side] = side_bpf(side, BPF_BTF_LOAD, &attr);
		if (btf_fd[side] < 0)
			ksft_exit_fail_msg("BTF: %d\n", btf_fd[side]);
	}
}

/* Records of section @name among those at @at; NULL: there are none. */
static const void *find_records(const char *at, uint32_t bytes, const char *name, uint32_t *nr)
{
	const char *end = at + bytes;
	uint32_t record_bytes, head[2];

	memcpy(&record_bytes, at, sizeof(record_bytes));
	for (at += sizeof(record_bytes); at < end; at += head[1] * record_bytes) {
		memcpy(head, at, sizeof(head));
		at += sizeof(head);
		*nr = head[1];
		if (!strcmp(btf__name_by_offset(types, head[0]), name))
			return at;
	}
	return NULL;
}

static bool describe(struct bpf_program *prog, struct subject *subject)
{
	uint32_t bytes, nr;
	const char *data = btf_ext__get_raw_data(records, &bytes);
	const struct ext_header *header = (const void *)data;
	const char *section = bpf_program__section_name(prog);
	const struct bpf_func_info *func;
	const struct bpf_core_relo *relos;

	data += header->hdr_len;
	func = find_records(data + header->func_off, header->func_len, section, &nr);
	relos = find_records(data + header->relo_off, header->relo_len, section, &nr);
	if (!func || !relos || nr > MAX_RELOS)
		return false;
	*subject = (struct subject){
		.name = bpf_program__name(prog), .insns = bpf_program__insns(prog),
		.nr_insns = bpf_program__insn_cnt(prog), .func = { 0, func->type_id },
		.nr_relos = nr, .relo_bytes = sizeof(*relos),
	};
	memcpy(subject->relos, relos, nr * sizeof(*relos));
	return true;
}

/* 0 or -errno; what was said is in logs[@side]. */
static int load(enum test_side side, const struct subject *subject)
{
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .license = PTR("GPL"),
		.insns = PTR(subject->insns), .insn_cnt = subject->nr_insns,
		.prog_btf_fd = btf_fd[side],
		.func_info = PTR(&subject->func), .func_info_cnt = 1,
		.func_info_rec_size = sizeof(subject->func),
		.core_relos = PTR(subject->relos), .core_relo_cnt = subject->nr_relos,
		.core_relo_rec_size = subject->relo_bytes,
		.log_buf = PTR(logs[side]), .log_size = LOG_BYTES, .log_level = 2,
	};
	int fd;

	logs[side][0] = 0;
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

/* Of these, only one side tells, or they come elsewhere. */
static bool is_own(char *line)
{
	static const char * const starts[] = {
		"; ", "processed ", "vmlinux_cand_cache:", " vmlinux_cand_cache:",
		"module_cand_cache:", "func#", "CO-RE relocating ",
	};
	char *end = strstr(line, "processed 0 insns");
	unsigned int i;

	/* bpf(2) does not end the line before it. */
	if (end)
		*end = 0;
	for (i = 0; i < NR(starts); i++)
		if (!strncmp(line, starts[i], strlen(starts[i])))
			return true;
	return !*line;
}

/* Later kernels say less of what they do: only the verdict is compared there. */
static bool agrees(const struct subject *subject)
{
	int want = load(SIDE_KERNEL, subject), got = load(SIDE_LBPF, subject);

	if (want != got)
		ksft_print_msg("%s: bpf(2) %d, lbpf %d\n%s\n%s\n", subject->name, want, got,
			       logs[SIDE_KERNEL], logs[SIDE_LBPF]);
	return want == got && (!test_kernel_is_reference() ||
			       logs_agree(logs[SIDE_KERNEL], logs[SIDE_LBPF], is_own));
}

static void test_compiled(bool is_shown)
{
	struct bpf_object *object = bpf_object__open_file(OBJECT, NULL);
	struct bpf_program *prog;
	struct subject subject;

	bpf_object__for_each_program(prog, object) {
		if (!describe(prog, &subject))
			ksft_exit_fail_msg("no records\n");
		if (is_shown) {
			load(SIDE_KERNEL, &subject);
			printf("--- %s\n%s\n", subject.name, logs[SIDE_KERNEL]);
			continue;
		}
		ksft_test_result(agrees(&subject), "%s\n", subject.name);
	}
	bpf_object__close(object);
}

static uint32_t seed = 1;

static uint32_t chance(uint32_t limit)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % limit;
}

/* What the kernel would have found in the instruction: "..., exp 8 -> 16". */
static bool read_expected(int64_t *value)
{
	const char *at = strstr(logs[SIDE_KERNEL], ", exp ");

	return at && sscanf(at, ", exp %ld", value) == 1;
}

static void set_value(struct bpf_insn *insn, int64_t value)
{
	if (BPF_CLASS(insn->code) >= BPF_LDX && BPF_CLASS(insn->code) <= BPF_STX)
		insn->off = value;
	else
		insn->imm = value;
	if (BPF_CLASS(insn->code) == BPF_LD)
		insn[1].imm = value >> 32;
}

static const struct bpf_insn forms[][2] = {
	{ ALU64_IMM(BPF_MOV, 0, 0), EXIT() },
	{ ALU64_IMM(BPF_MOV, 0, 0), EXIT() },
	{ ALU64_IMM(BPF_MOV, 0, 0), EXIT() },
	{ ALU32_IMM(BPF_MOV, 0, 0), EXIT() },
	{ ALU64(BPF_MOV, 0, 1), EXIT() },
	{ LDX(BPF_W, 2, 1, 0), EXIT() },
	{ LDX(BPF_DW, 2, 1, 0), EXIT() },
	{ STX(BPF_H, 1, 1, 0), EXIT() },
	{ ST_IMM(BPF_B, 1, 0, 0), EXIT() },
	{ INSN(BPF_LD | BPF_DW | BPF_IMM, 0, 0, 0, 0), INSN(0, 0, 0, 0, 0) },
	{ INSN(BPF_LD | BPF_DW | BPF_IMM, 0, 1, 0, 0), INSN(0, 0, 0, 0, 0) },
	{ JA(0), EXIT() },
};

/* One relocation of one instruction, of any kind and type. */
static bool agrees_at_random(void)
{
	struct bpf_insn insns[3] = { 0 };
	struct subject subject = { .name = "random", .insns = insns, .nr_insns = 3, .nr_relos = 1,
				   .relo_bytes = sizeof(struct bpf_core_relo) };
	uint32_t form = chance(NR(forms)), i;
	int64_t value;

	memcpy(insns, forms[form], sizeof(forms[form]));
	insns[2] = (struct bpf_insn)EXIT();
	if (!chance(20))
		insns[0].dst_reg = 11;
	for (i = 1; i < btf__type_cnt(types); i++)
		if (btf_is_func(btf__type_by_id(types, i)))
			subject.func.type_id = i;
	subject.relos[0] = (struct bpf_core_relo){
		.insn_off = chance(40) ? 0 : 8 * chance(4),
		.type_id = chance(btf__type_cnt(types)),
		.access_str_off = path_offs[chance(chance(3) ? 10 : NR(paths))],
		.kind = chance(chance(30) ? 13 : 20),
	};
	/* bpf(2)'s answer depends on which of enum and enum64 was asked for first. */
	if (btf_kind(btf__type_by_id(types, subject.relos[0].type_id)) == BTF_KIND_ENUM64)
		return true;
	if (!agrees(&subject)) {
		ksft_print_msg("kind %u, type %u, path %s, insn %u, form %u\n",
			       subject.relos[0].kind, subject.relos[0].type_id,
			       btf__name_by_offset(types, subject.relos[0].access_str_off),
			       subject.relos[0].insn_off, form);
		return false;
	}
	load(SIDE_KERNEL, &subject);
	if (!read_expected(&value))
		return true;
	set_value(insns, value);
	return agrees(&subject);
}

static void test_random(void)
{
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR_RANDOM; i++)
		nr_wrong += !agrees_at_random();
	ksft_test_result(!nr_wrong, "any kind, type, path and instruction, %u of %u wrong\n",
			 nr_wrong, NR_RANDOM);
}

static void test_records(void)
{
	static const uint32_t sizes[] = { 0, 4, 12, 15, 16, 17, 20, 24, 252, 256, 4096 };
	static const struct bpf_insn insns[] = { MOV_IMM(0, 0), EXIT() };
	struct subject subject = { .name = "records", .insns = insns, .nr_insns = 2,
				   .nr_relos = 1 };
	unsigned int i, nr_wrong = 0;

	for (i = 1; i < btf__type_cnt(types); i++)
		if (btf_is_func(btf__type_by_id(types, i)))
			subject.func.type_id = i;
	subject.relos[0] = (struct bpf_core_relo){ 0, 1, path_offs[0], BPF_CORE_TYPE_ID_LOCAL };
	for (i = 0; i < NR(sizes); i++) {
		subject.relo_bytes = sizes[i];
		nr_wrong += !agrees(&subject);
		subject.nr_relos = 2;
		nr_wrong += !agrees(&subject);
		subject.nr_relos = 1;
	}
	subject.relo_bytes = 20;
	subject.relos[1].insn_off = 1;
	nr_wrong += !agrees(&subject);
	subject.relo_bytes = 16;
	for (i = 0; i < 20; i++) {
		subject.relos[0].insn_off = i;
		nr_wrong += !agrees(&subject);
	}
	subject.relos[0].insn_off = 0;
	subject.relos[0].access_str_off = 0xffffff;
	nr_wrong += !agrees(&subject);
	subject.relos[0].type_id = 0xffffff;
	nr_wrong += !agrees(&subject);
	subject.nr_relos = 0x7fffffff;
	nr_wrong += !agrees(&subject);
	ksft_test_result(!nr_wrong, "records\n");
}

int main(int argc, char **argv)
{
	open_types();
	if (argc > 1) {
		test_compiled(true);
		return 0;
	}
	ksft_print_header();
	ksft_set_plan(18);
	test_compiled(false);
	test_random();
	test_records();
	ksft_finished();
}
