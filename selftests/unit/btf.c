// SPDX-License-Identifier: GPL-2.0
/*
 * BTF: a valid blob is understood, and no damaged one is read out of bounds.
 *
 * Sanitizers judge the second part: whatever is accepted is asked everything.
 */
#include <stdlib.h>
#include <lbpf/alloc.h>
#include <lbpf/btf.h>
#include <lbpf/core_patch.h>
#include <lbpf/log.h>
#include <kselftest.h>

#define NR_MUTATIONS	200000
#define INFO(kind, vlen)	((u32)(kind) << 24 | (vlen))

enum {
	INT_ID = 1, CONST_ID, ARRAY_ID, LOCK_ID, STRUCT_ID, PTR_ID, ENUM_ID, ENUM64_ID, VAR_ID,
	SEC_ID, PROTO_ID, FUNC_ID, TAG_ID, FLOAT_ID, FWD_ID, NR_IDS
};

static const char names[] =
	"\0int\0bpf_spin_lock\0val\0s\0lock\0a\0e\0.data\0f\0000:0:0\0000:0:1\0000:1:0\0000:2\0001";

#define NAME_INT	1
#define NAME_LOCK	5
#define NAME_VAL	19
#define NAME_S		23
#define NAME_L		25
#define NAME_A		30
#define NAME_E		32
#define NAME_DATA	34
#define NAME_F		40

/* Paths of relocations; their ends are paths too. */
#define NAME_PATHS	42
#define PATHS_BYTES	23

static const u32 types[] = {
	NAME_INT, INFO(BTF_KIND_INT, 0), 4, BTF_INT_SIGNED << 24 | 32,
	0, INFO(BTF_KIND_CONST, 0), INT_ID,
	0, INFO(BTF_KIND_ARRAY, 0), 0, CONST_ID, INT_ID, 3,
	NAME_LOCK, INFO(BTF_KIND_STRUCT, 1), 4, NAME_VAL, INT_ID, 0,
	NAME_S, INFO(BTF_KIND_STRUCT, 3), 24, NAME_A, ARRAY_ID, 0, NAME_L, LOCK_ID, 96,
	NAME_F, PTR_ID, 128,
	0, INFO(BTF_KIND_PTR, 0), STRUCT_ID,
	NAME_E, INFO(BTF_KIND_ENUM, 1), 4, NAME_A, 1,
	NAME_E, INFO(BTF_KIND_ENUM64, 1), 8, NAME_L, 1, 2,
	NAME_S, INFO(BTF_KIND_VAR, 0), STRUCT_ID, 1,
	NAME_DATA, INFO(BTF_KIND_DATASEC, 1), 24, VAR_ID, 0, 24,
	0, INFO(BTF_KIND_FUNC_PROTO, 1), INT_ID, NAME_A, PTR_ID,
	NAME_F, INFO(BTF_KIND_FUNC, 0), PROTO_ID,
	NAME_A, INFO(BTF_KIND_DECL_TAG, 0), STRUCT_ID, 1,
	NAME_F, INFO(BTF_KIND_FLOAT, 0), 8,
	NAME_E, INFO(BTF_KIND_FWD, 0), 0,
};

#define BLOB_BYTES	(sizeof(struct btf_header) + sizeof(types) + sizeof(names))

static char log_text[1 << 16];
static struct lbpf_log log_;
static u64 seed = 1;

static u32 chance(u32 limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % limit;
}

static void fill(unsigned char *blob)
{
	struct btf_header header = {
		.magic = BTF_MAGIC, .version = BTF_VERSION, .hdr_len = sizeof(header),
		.type_len = sizeof(types), .str_off = sizeof(types), .str_len = sizeof(names),
	};

	memcpy(blob, &header, sizeof(header));
	memcpy(blob + sizeof(header), types, sizeof(types));
	memcpy(blob + sizeof(header) + sizeof(types), names, sizeof(names));
}

/* A copy of exactly these bytes, so that reads behind it are seen. */
static int parse(struct lbpf_btf *btf, const unsigned char *blob, u32 bytes)
{
	void *data = lbpf_area_alloc(bytes ? bytes : 1, NUMA_NO_NODE);

	memcpy(data, blob, bytes);
	memset(btf, 0, sizeof(*btf));
	memset(&log_, 0, sizeof(log_));
	lbpf_log_open(&log_, 1, log_text, sizeof(log_text));
	return lbpf_btf_parse(btf, data, bytes, &log_);
}

static const struct lbpf_btf_field lock_field = { "bpf_spin_lock", 4, 4 };

static void ask_everything(const struct lbpf_btf *btf)
{
	struct lbpf_btf_kptr kptrs[LBPF_BTF_MAX_KPTRS];
	const struct btf_type *type;
	u32 id, found, bytes;

	for (id = 0; id < btf->nr_ids + 1; id++) {
		type = lbpf_btf_type(btf, id);
		if (!type)
			continue;
		lbpf_btf_type_name(btf, type);
		lbpf_btf_skip_mods(btf, id, &found);
		lbpf_btf_sized(btf, id, &found, &bytes);
		lbpf_btf_find_field(btf, id, &lock_field);
		lbpf_btf_find_kptrs(btf, id, kptrs, LBPF_BTF_MAX_KPTRS);
	}
	lbpf_btf_find(btf, "s", BTF_KIND_STRUCT);
}

/* One relocation of any kind against @target: its error, and the instruction in @insn. */
static int relocate(const struct lbpf_btf *local, const struct lbpf_btf *target,
		    const struct bpf_core_relo *relo, struct bpf_insn *insn)
{
	static struct lbpf_core core;
	struct lbpf_core_value value;

	core.local = local;
	core.targets = &target;
	core.nr_targets = 1;
	core.log = &log_;
	return lbpf_core_resolve(&core, relo, &value) ?:
	       lbpf_core_patch(&core, relo, &value, insn, 2);
}

static void relocate_anything(const struct lbpf_btf *local, const struct lbpf_btf *target)
{
	static const u8 codes[] = {
		BPF_ALU64 | BPF_MOV | BPF_K, BPF_LDX | BPF_MEM | BPF_W, BPF_ST | BPF_MEM | BPF_DW,
		BPF_LD | BPF_IMM | BPF_DW, BPF_JMP | BPF_JA,
	};
	u32 i;

	for (i = 0; i < 20; i++) {
		struct bpf_insn insns[2] = { { .code = codes[chance(ARRAY_SIZE(codes))] } };
		struct bpf_core_relo relo = {
			.type_id = chance(NR_IDS + 1), .kind = chance(14),
			.access_str_off = NAME_PATHS + chance(PATHS_BYTES),
		};

		relocate(local, target, &relo, insns);
	}
}

/* Against the types themselves. */
static void test_relocation(void)
{
	static const struct {
		u32 kind, path, type_id;
		s32 was, is;
	} rows[] = {
		{ BPF_CORE_FIELD_BYTE_OFFSET, 2, STRUCT_ID, 0, 0 },
		{ BPF_CORE_FIELD_BYTE_OFFSET, 6, STRUCT_ID, 4, 4 },
		{ BPF_CORE_FIELD_BYTE_OFFSET, 8, STRUCT_ID, 12, 12 },
		{ BPF_CORE_FIELD_BYTE_OFFSET, 12, STRUCT_ID, 12, 12 },
		{ BPF_CORE_FIELD_BYTE_OFFSET, 18, STRUCT_ID, 16, 16 },
		{ BPF_CORE_FIELD_BYTE_SIZE, 18, STRUCT_ID, 8, 8 },
		{ BPF_CORE_FIELD_EXISTS, 18, STRUCT_ID, 1, 1 },
		{ BPF_CORE_TYPE_SIZE, 4, STRUCT_ID, 24, 24 },
		{ BPF_CORE_TYPE_ID_TARGET, 4, STRUCT_ID, 0, STRUCT_ID },
		{ BPF_CORE_ENUMVAL_VALUE, 4, ENUM_ID, 1, 1 },
	};
	unsigned char blob[BLOB_BYTES];
	u32 i, nr_wrong = 0;
	struct lbpf_btf btf;

	fill(blob);
	if (parse(&btf, blob, sizeof(blob)))
		ksft_exit_fail_msg("types\n");
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct bpf_insn insns[2] = {
			{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = rows[i].was },
		};
		struct bpf_core_relo relo = {
			.type_id = rows[i].type_id, .kind = rows[i].kind,
			.access_str_off = NAME_PATHS + rows[i].path,
		};
		int err = relocate(&btf, &btf, &relo, insns);

		if (!err && insns[0].imm == rows[i].is)
			continue;
		ksft_print_msg("row %u: %d, %d\n%s\n", i, err, insns[0].imm, log_text);
		nr_wrong++;
	}
	ksft_test_result(!nr_wrong, "relocations\n");
	lbpf_btf_release(&btf);
}

static void test_valid(void)
{
	unsigned char blob[BLOB_BYTES];
	struct lbpf_btf btf;
	u32 found = 0, bytes = 0;

	fill(blob);
	ksft_test_result(!parse(&btf, blob, sizeof(blob)) && btf.nr_ids == NR_IDS,
			 "all kinds are accepted\n");
	ksft_test_result(lbpf_btf_skip_mods(&btf, CONST_ID, &found) && found == INT_ID,
			 "modifiers are skipped\n");
	ksft_test_result(lbpf_btf_sized(&btf, ARRAY_ID, NULL, &bytes) && bytes == 12,
			 "size of an array\n");
	ksft_test_result(lbpf_btf_sized(&btf, VAR_ID, &found, &bytes) && bytes == 24 &&
			 found == STRUCT_ID, "size of a variable\n");
	ksft_test_result(!lbpf_btf_sized(&btf, FUNC_ID, NULL, NULL) &&
			 !lbpf_btf_sized(&btf, FWD_ID, NULL, NULL) &&
			 !lbpf_btf_sized(&btf, 0, NULL, NULL) &&
			 !lbpf_btf_type(&btf, NR_IDS), "what has no size\n");
	ksft_test_result(lbpf_btf_find_field(&btf, STRUCT_ID, &lock_field) == 12 &&
			 lbpf_btf_find_field(&btf, LOCK_ID, &lock_field) < 0,
			 "the lock in a struct\n");
	ksft_test_result(lbpf_btf_find(&btf, "e", BTF_KIND_ENUM64) == ENUM64_ID &&
			 lbpf_btf_find(&btf, "none", BTF_KIND_INT) == -ENOENT, "names\n");
	lbpf_btf_release(&btf);
}

/* Changes one word or byte after @from. */
static void damage(unsigned char *blob, u32 from)
{
	static const u32 odd[] = { 0, 1, 2, 3, 4, 7, 8, 15, 31, 32, 64, 127, 1U << 31, ~0U };
	u32 at = from + chance((BLOB_BYTES - from) / 4 - 1) * 4, value;

	memcpy(&value, blob + at, 4);
	switch (chance(4)) {
	case 0:
		value = odd[chance(ARRAY_SIZE(odd))];
		break;
	case 1:
		value ^= 1U << chance(32);
		break;
	case 2:
		value = (value & 0xffffff) | chance(21) << 24;
		break;
	default:
		value = chance(NR_IDS + 1);
	}
	memcpy(blob + at, &value, 4);
}

static void test_damaged(void)
{
	u32 i, nr, nr_accepted = 0, nr_wrong = 0;
	unsigned char blob[BLOB_BYTES];
	struct lbpf_btf btf;
	int err;

	for (i = 0; i < NR_MUTATIONS; i++) {
		fill(blob);
		for (nr = 1 + chance(4); nr; nr--)
			damage(blob, chance(8) ? sizeof(struct btf_header) : 0);
		err = parse(&btf, blob, chance(16) ? BLOB_BYTES : chance(BLOB_BYTES));
		if (!err) {
			nr_accepted++;
			ask_everything(&btf);
			relocate_anything(&btf, &btf);
		}
		nr_wrong += err > 0 || (err && !log_.used_bytes);
		lbpf_btf_release(&btf);
	}
	ksft_print_msg("%u of %u damaged blobs are accepted\n", nr_accepted, NR_MUTATIONS);
	ksft_test_result(nr_accepted && nr_accepted < NR_MUTATIONS && !nr_wrong,
			 "damaged blobs are accepted, or refused with a reason\n");
}

/* Chains of types: one that is deep, one that closes. */
static void test_chains(void)
{
	struct { struct btf_header header; u32 types[40][3]; char names[2]; } blob;
	struct lbpf_btf btf;
	int err[2], i, turn;

	for (turn = 0; turn < 2; turn++) {
		memset(&blob, 0, sizeof(blob));
		blob.header = (struct btf_header){
			.magic = BTF_MAGIC, .version = BTF_VERSION,
			.hdr_len = sizeof(blob.header), .type_len = sizeof(blob.types),
			.str_off = sizeof(blob.types), .str_len = 1,
		};
		for (i = 0; i < 40; i++) {
			blob.types[i][1] = INFO(BTF_KIND_CONST, 0);
			blob.types[i][2] = turn && i == 3 ? 1 : i + 2;
		}
		blob.types[39][2] = 0;
		err[turn] = parse(&btf, (void *)&blob, offsetof(typeof(blob), names) + 1);
		lbpf_btf_release(&btf);
	}
	ksft_test_result(err[0] == -E2BIG && err[1] == -EEXIST, "depth and loops: %d %d\n", err[0],
			 err[1]);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	test_valid();
	test_relocation();
	test_chains();
	test_damaged();
	ksft_finished();
}
