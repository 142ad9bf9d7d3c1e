// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel data as text, by its type (snprintf_btf), beside bpf(2).
 */
#include <stddef.h>

#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define DATA_BYTES	2048
#define TEXT_BYTES	8192
#define NR_FLAGS	16

/* The value of a map: what to show, and its text. */
struct state {
	__u64		addr;	/* 0: @data */
	__u64		flags;
	__u32		id;
	__u32		unused;
	__s64		ret;
	char		data[DATA_BYTES];
	char		text[TEXT_BYTES];
};

#define LD_VALUE(dst, fd, off)	LD_IMM64(dst, BPF_PSEUDO_MAP_VALUE, fd, off)

static const __u32 zero;

/* A program that shows what its map says in a text of at most @size bytes, and the map. */
struct viewer {
	int map;
	int prog;
};

static struct viewer load(enum test_side side, int size)
{
	struct viewer viewer = {
		.map = make_map(side, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct state), 1),
	};
	struct bpf_insn insns[] = {
		LD_VALUE(BPF_REG_9, viewer.map, 0),
		LDX(BPF_DW, BPF_REG_1, BPF_REG_9, offsetof(struct state, addr)),
		JMP(BPF_JNE, BPF_REG_1, 0, 2),
		LD_VALUE(BPF_REG_1, viewer.map, offsetof(struct state, data)),
		STX(BPF_DW, BPF_REG_10, BPF_REG_1, -16),
		LDX(BPF_W, BPF_REG_1, BPF_REG_9, offsetof(struct state, id)),
		STX(BPF_W, BPF_REG_10, BPF_REG_1, -8), ST(BPF_W, BPF_REG_10, -4, 0),
		MOV_X(BPF_REG_1, BPF_REG_9),
		ALU(BPF_ADD, BPF_REG_1, offsetof(struct state, text)),
		MOV(BPF_REG_2, size), MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -16),
		MOV(BPF_REG_4, sizeof(struct btf_ptr)),
		LDX(BPF_DW, BPF_REG_5, BPF_REG_9, offsetof(struct state, flags)),
		CALL(BPF_FUNC_snprintf_btf),
		STX(BPF_DW, BPF_REG_9, BPF_REG_0, offsetof(struct state, ret)),
		MOV(BPF_REG_0, 0), EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	int err;

	attr.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
	err = try_load(side, &attr);
	viewer.prog = err ? err : side_bpf(side, BPF_PROG_LOAD, &attr);
	if (viewer.map < 0 || viewer.prog < 0)
		ksft_exit_fail_msg("%s: %d\n%s\n", side_name[side], viewer.prog, verifier_log);
	return viewer;
}

static void show(enum test_side side, const struct viewer *viewer, struct state *state)
{
	union bpf_attr value = { .map_fd = viewer->map, .key = PTR(&zero), .value = PTR(state) };
	union bpf_attr run = {};

	run.test.prog_fd = viewer->prog;
	if (side_bpf(side, BPF_MAP_UPDATE_ELEM, &value) ||
	    side_bpf(side, BPF_PROG_TEST_RUN, &run) ||
	    side_bpf(side, BPF_MAP_LOOKUP_ELEM, &value))
		ksft_exit_fail_msg("%s: %s\n", side_name[side], strerror(errno));
}

/* None with an array of pointers: Linux shows its first element again and again. */
static const struct {
	const char *name;
	unsigned int kind;
} types[] = {
	{ "int", BTF_KIND_INT }, { "char", BTF_KIND_INT }, { "_Bool", BTF_KIND_INT },
	{ "long unsigned int", BTF_KIND_INT }, { "long long int", BTF_KIND_INT },
	{ "__int128", BTF_KIND_INT }, { "short int", BTF_KIND_INT },
	{ "u32", BTF_KIND_TYPEDEF }, { "__u8", BTF_KIND_TYPEDEF }, { "atomic_t", BTF_KIND_TYPEDEF },
	{ "kuid_t", BTF_KIND_TYPEDEF }, { "sockptr_t", BTF_KIND_TYPEDEF },
	{ "bpf_cmd", BTF_KIND_ENUM }, { "bpf_map_type", BTF_KIND_ENUM },
	{ "list_head", BTF_KIND_STRUCT }, { "hlist_node", BTF_KIND_STRUCT },
	{ "timespec64", BTF_KIND_STRUCT }, { "iphdr", BTF_KIND_STRUCT },
	{ "tcphdr", BTF_KIND_STRUCT }, { "ipv6hdr", BTF_KIND_STRUCT },
	{ "sk_buff", BTF_KIND_STRUCT }, { "bpf_insn", BTF_KIND_STRUCT },
	{ "qspinlock", BTF_KIND_STRUCT }, { "file_operations", BTF_KIND_STRUCT },
	{ "in6_addr", BTF_KIND_STRUCT }, { "bpf_prog_info", BTF_KIND_STRUCT },
	{ "bpf_attr", BTF_KIND_UNION }, { "sched_param", BTF_KIND_STRUCT },
	{ "new_utsname", BTF_KIND_STRUCT }, { "tcp_options_received", BTF_KIND_STRUCT },
	{ "siginfo", BTF_KIND_STRUCT }, { "net_device_stats", BTF_KIND_STRUCT },
	{ "trace_entry", BTF_KIND_STRUCT }, { "bpf_func_state", BTF_KIND_STRUCT },
	{ "callback_head", BTF_KIND_STRUCT }, { "bpf_sock_addr", BTF_KIND_STRUCT },
	{ "ctl_table", BTF_KIND_STRUCT }, { "kernel_param", BTF_KIND_STRUCT },
	{ "skb_shared_info", BTF_KIND_STRUCT },
};

static void fill(char *data, unsigned int pattern)
{
	for (unsigned int i = 0; i < DATA_BYTES; i++)
		switch (pattern) {
		case 0:
			data[i] = 0;
			break;
		case 1:
			data[i] = i * 7 + 1;
			break;
		case 2:
			data[i] = 0xff;
			break;
		case 3:
			data[i] = i % 11 ? 0 : i;
			break;
		default:
			data[i] = i % 9 < 6 ? 'a' + i % 26 : 0;
			break;
		}
}

/* Same length, same text? */
static bool is_same(const char *what, const struct viewer *viewers, unsigned int id, __u64 addr,
		    __u64 flags, unsigned int pattern)
{
	static struct state state[2];

	for (int side = 0; side < 2; side++) {
		memset(&state[side], 0, sizeof(state[side]));
		state[side].id = id;
		state[side].addr = addr;
		state[side].flags = flags;
		fill(state[side].data, pattern);
		show(side, &viewers[side], &state[side]);
	}
	/* What lies behind the text of a failed call is nobody's business. */
	if (state[0].ret == state[1].ret && !strcmp(state[0].text, state[1].text))
		return true;
	ksft_print_msg("%s, flags %llx, pattern %u: lbpf %lld\n%.1500s\nbpf(2) %lld\n%.1500s\n",
		       what, flags, pattern, state[0].ret, state[0].text, state[1].ret,
		       state[1].text);
	return false;
}

static void test_type(const struct viewer *viewers, unsigned int i)
{
	unsigned int id = kernel_type(types[i].name, types[i].kind), nr = 0, nr_wrong = 0;

	if (!id) {
		ksft_test_result_skip("%s: the kernel has no such type\n", types[i].name);
		return;
	}
	for (unsigned int pattern = 0; pattern < 5; pattern++)
		for (__u64 flags = 0; flags < NR_FLAGS && nr_wrong < 3; flags++, nr++)
			nr_wrong += !is_same(types[i].name, viewers, id, 0, flags, pattern);
	ksft_test_result(!nr_wrong, "%s: %u shown\n", types[i].name, nr);
}

static void test_limits(const struct viewer *viewers)
{
	static const int sizes[] = { 1, 2, 10, 100, 326, 327, 328 };
	static const __u64 addrs[] = { 8, 0xfffffffffffff000 };
	unsigned int id = kernel_type("tcphdr", BTF_KIND_STRUCT), nr_wrong = 0;

	for (unsigned int i = 0; i < NR(sizes); i++) {
		struct viewer narrow[] = {
			load(SIDE_LBPF, sizes[i]), load(SIDE_KERNEL, sizes[i]),
		};

		nr_wrong += !is_same("size", narrow, id, 0, 0, 1);
	}
	for (unsigned int i = 0; i < NR(addrs); i++)
		nr_wrong += !is_same("nothing there", viewers, id, addrs[i], 0, 1);
	nr_wrong += !is_same("no type", viewers, 0, 0, 0, 1);
	nr_wrong += !is_same("no such type", viewers, 10000000, 0, 0, 1);
	nr_wrong += !is_same("a function", viewers, kernel_type("tcp_sendmsg", BTF_KIND_FUNC), 0,
			     0, 1);
	nr_wrong += !is_same("flags", viewers, id, 0, NR_FLAGS, 1);
	ksft_test_result(!nr_wrong, "sizes, addresses, ids, flags\n");
}

int main(void)
{
	struct viewer viewers[2];

	ksft_print_header();
	ksft_set_plan(NR(types) + 1);
	for (int side = 0; side < 2; side++)
		viewers[side] = load(side, TEXT_BYTES);
	for (unsigned int i = 0; i < NR(types); i++)
		test_type(viewers, i);
	test_limits(viewers);
	ksft_finished();
}
