// SPDX-License-Identifier: GPL-2.0
/*
 * References of kernel objects in map values: stored by a program, and given up by whatever ends
 * the value.  The kernel's test object counts them; a program reads the count.
 */
#include <bpf/btf.h>
#include "kernel_btf.h"
#include "prog_test.h"

#define OBJECT		"prog_test_ref_kfunc"
#define NR_KEYS		8
#define NR_POLLS	200

#define KFUNC(name)	INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0,	\
			     kernel_type(name, BTF_KIND_FUNC))
#define ACQUIRE()	KFUNC("bpf_kfunc_call_test_acquire")
#define RELEASE()	KFUNC("bpf_kfunc_call_test_release")

/* Two pointers with a reference between numbers. */
#define VALUE_BYTES	32
#define FIRST_OFF	8
#define SECOND_OFF	16

static int load(const struct bpf_insn *insns, unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd;

	attr.prog_type = BPF_PROG_TYPE_SCHED_CLS;
	fd = side_bpf(SIDE_LBPF, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("load: %s\n%s\n", strerror(-fd), verifier_log);
	return fd;
}

static int run(int prog)
{
	char packet[64] = {};
	union bpf_attr attr = {};

	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	if (side_bpf(SIDE_LBPF, BPF_PROG_TEST_RUN, &attr))
		ksft_exit_fail_msg("run: %s\n", strerror(errno));
	return attr.test.retval;
}

/* How many references there are, the program's own included. */
static int count_refs(void)
{
	const struct bpf_insn insns[] = {
		ST(BPF_DW, BPF_REG_10, -8, 0),
		MOV_X(BPF_REG_1, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_1, -8),
		ACQUIRE(),
		JMP(BPF_JEQ, BPF_REG_0, 0, 4),
		LDX(BPF_W, BPF_REG_6, BPF_REG_0, kernel_member(OBJECT, "cnt")),
		MOV_X(BPF_REG_1, BPF_REG_0),
		RELEASE(),
		MOV_X(BPF_REG_0, BPF_REG_6),
		EXIT(),
	};
	static int prog = -1;

	if (prog < 0)
		prog = load(insns, NR(insns));
	return run(prog);
}

/* Maps are freed after grace periods. */
static bool comes_to(int want)
{
	for (int i = 0; i < NR_POLLS; i++) {
		if (count_refs() == want)
			return true;
		usleep(50000);
	}
	ksft_print_msg("%d references, not %d\n", count_refs(), want);
	return false;
}

/* A program that puts a reference at @off of the value with key @key, and drops what was there. */
static int load_store(int map, unsigned int key, int off)
{
	const struct bpf_insn insns[] = {
		ST(BPF_W, BPF_REG_10, -4, key),
		LD_MAP(BPF_REG_1, map),
		MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -4),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JEQ, BPF_REG_0, 0, 13),
		MOV_X(BPF_REG_6, BPF_REG_0),
		ST(BPF_DW, BPF_REG_10, -16, 0),
		MOV_X(BPF_REG_1, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_1, -16),
		ACQUIRE(),
		JMP(BPF_JEQ, BPF_REG_0, 0, 7),
		MOV_X(BPF_REG_1, BPF_REG_6),
		ALU(BPF_ADD, BPF_REG_1, off),
		MOV_X(BPF_REG_2, BPF_REG_0),
		CALL(BPF_FUNC_kptr_xchg),
		JMP(BPF_JEQ, BPF_REG_0, 0, 2),
		MOV_X(BPF_REG_1, BPF_REG_0),
		RELEASE(),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};

	return load(insns, NR(insns));
}

static int load_types(int *key, int *value)
{
	struct btf *btf = btf__new_empty();
	union bpf_attr attr = {};
	unsigned int bytes;
	int u64, object, tag, ptr, fd;

	*key = btf__add_int(btf, "u32", 4, 0);
	u64 = btf__add_int(btf, "u64", 8, 0);
	object = btf__add_struct(btf, OBJECT, 8);
	btf__add_field(btf, "a", u64, 0, 0);
	tag = btf__add_type_tag(btf, "kptr_ref", object);
	ptr = btf__add_ptr(btf, tag);
	*value = btf__add_struct(btf, "value", VALUE_BYTES);
	btf__add_field(btf, "x", u64, 0, 0);
	btf__add_field(btf, "first", ptr, FIRST_OFF * 8, 0);
	btf__add_field(btf, "second", ptr, SECOND_OFF * 8, 0);
	btf__add_field(btf, "y", u64, 24 * 8, 0);
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = side_bpf(SIDE_LBPF, BPF_BTF_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("types: %s\n", strerror(-fd));
	btf__free(btf);
	return fd;
}

struct kind {
	const char	*name;
	unsigned int	type;
	unsigned int	flags;
};

static const struct kind kinds[] = {
	{ "array", BPF_MAP_TYPE_ARRAY, 0 },
	{ "hash", BPF_MAP_TYPE_HASH, 0 },
	{ "hash, not preallocated", BPF_MAP_TYPE_HASH, BPF_F_NO_PREALLOC },
	{ "LRU", BPF_MAP_TYPE_LRU_HASH, 0 },
};

static int make_typed(const struct kind *kind)
{
	union bpf_attr attr = {
		.map_type = kind->type, .key_size = 4, .value_size = VALUE_BYTES,
		.max_entries = NR_KEYS, .map_flags = kind->flags,
	};
	int key, value, btf = load_types(&key, &value), fd;

	attr.btf_fd = btf;
	attr.btf_key_type_id = key;
	attr.btf_value_type_id = value;
	fd = side_bpf(SIDE_LBPF, BPF_MAP_CREATE, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("map: %s\n", strerror(-fd));
	close(btf);
	return fd;
}

static int elem(int cmd, int map, unsigned int key, void *value)
{
	union bpf_attr attr = { .map_fd = map, .key = PTR(&key), .value = PTR(value) };

	return side_bpf(SIDE_LBPF, cmd, &attr);
}

/* Fills all keys, with references in the first four, and in one of them twice. */
static void fill(int map)
{
	__u64 value[VALUE_BYTES / 8] = { 1, 2, 3, 4 };

	for (unsigned int key = 0; key < NR_KEYS; key++)
		if (elem(BPF_MAP_UPDATE_ELEM, map, key, value))
			ksft_exit_fail_msg("update\n");
	for (unsigned int i = 0; i < 5; i++) {
		int prog = load_store(map, i % 4, i < 4 ? FIRST_OFF : SECOND_OFF);

		run(prog);
		run(prog);
		close(prog);
	}
}

/* What userspace reads has no pointers, and what it writes changes none. */
static bool hides(int map)
{
	__u64 value[VALUE_BYTES / 8];

	return !elem(BPF_MAP_LOOKUP_ELEM, map, 0, value) && value[0] == 1 && !value[1] &&
	       !value[2] && value[3] == 4;
}

static void test_kind(const struct kind *kind)
{
	int idle = count_refs(), map = make_typed(kind);
	__u64 value[VALUE_BYTES / 8] = { 1, ~0ULL, ~0ULL, 4 };
	bool is_array = kind->type == BPF_MAP_TYPE_ARRAY;

	fill(map);
	ksft_test_result(comes_to(idle + 5), "%s: stored\n", kind->name);
	ksft_test_result(hides(map), "%s: not shown\n", kind->name);
	elem(BPF_MAP_UPDATE_ELEM, map, 1, value);
	ksft_test_result(comes_to(idle + 4), "%s: given up by an update\n", kind->name);
	elem(BPF_MAP_DELETE_ELEM, map, 0, NULL);
	ksft_test_result(comes_to(idle + (is_array ? 4 : 2)), "%s: given up by a deletion\n",
			 kind->name);
	if (kind->type == BPF_MAP_TYPE_LRU_HASH) {
		for (unsigned int key = 100; key < 100 + 4 * NR_KEYS; key++)
			elem(BPF_MAP_UPDATE_ELEM, map, key, value);
		ksft_test_result(comes_to(idle), "%s: given up by evictions\n", kind->name);
	}
	close(map);
	ksft_test_result(comes_to(idle), "%s: given up with the map\n", kind->name);
}

int main(void)
{
	ksft_print_header();
	if (!kernel_type("bpf_kfunc_call_test_acquire", BTF_KIND_FUNC))
		ksft_exit_skip("the kernel has no test object in its BTF\n");
	/* One more for the kind that evicts. */
	ksft_set_plan(NR(kinds) * 5 + 1);
	for (unsigned int i = 0; i < NR(kinds); i++)
		test_kind(&kinds[i]);
	ksft_finished();
}
