// SPDX-License-Identifier: GPL-2.0
/*
 * What functions of timers may call: they run in an interrupt of whichever task, after the program.
 */
#include <stddef.h>
#include <stdio.h>
#include <bpf/btf.h>
#include "prog_test.h"

#define FUNC_ADDR(dst, dist)	LD_IMM64(dst, BPF_PSEUDO_FUNC, dist, 0)
#define CALL_FUNC(dist)		INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_CALL, 0, dist)

/* As make_types() describes it. */
struct value {
	__u64			number;
	struct bpf_timer	timer;
};

enum { MAIN, CALLBACK, GLOBAL, NR_FUNCS };

static int int_id, value_id, func_ids[NR_FUNCS];

static int load_types(enum test_side side)
{
	static const char * const names[NR_FUNCS] = { "prog", "callback", "global" };
	struct btf *btf = btf__new_empty();
	union bpf_attr attr;
	int u64_id, timer_id, fd;
	__u32 bytes;

	memset(&attr, 0, sizeof(attr));
	int_id = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	u64_id = btf__add_int(btf, "u64", 8, 0);
	timer_id = btf__add_struct(btf, "bpf_timer", sizeof(struct bpf_timer));
	value_id = btf__add_struct(btf, "value", sizeof(struct value));
	btf__add_field(btf, "number", u64_id, 0, 0);
	btf__add_field(btf, "timer", timer_id, 8 * offsetof(struct value, timer), 0);
	for (int i = 0; i < NR_FUNCS; i++)
		func_ids[i] = btf__add_func(btf, names[i],
					    i == GLOBAL ? BTF_FUNC_GLOBAL : BTF_FUNC_STATIC,
					    btf__add_func_proto(btf, int_id));
	attr.btf = PTR(btf__raw_data(btf, &bytes));
	attr.btf_size = bytes;
	fd = side_bpf(side, BPF_BTF_LOAD, &attr);
	btf__free(btf);
	return fd;
}

static int make_timers(enum test_side side, int btf)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = sizeof(struct value);
	attr.max_entries = 1;
	attr.btf_fd = btf;
	attr.btf_key_type_id = int_id;
	attr.btf_value_type_id = value_id;
	return side_bpf(side, BPF_MAP_CREATE, &attr);
}

/* Calls with and without a run of their own to ask. */
#define NO_ARGS		MOV(1, 0), MOV(2, 0), MOV(3, 0), MOV(4, 0)
#define NUMBER		MOV(1, 1), MOV(2, 0), MOV(3, 0), MOV(4, 0)
#define COPY_USER	MOV_X(1, 10), ALU(BPF_ADD, 1, -8), MOV(2, 8), MOV(3, 0)
#define NR_PREPARED	4

/**
 * struct way - How a program calls a helper
 * @name: In words.
 * @type: BPF_PROG_TYPE_*.
 * @flags: Of the load.
 * @helper: Last helper that is called, or 0.
 * @before: What goes before that.
 * @from: MAIN: the program calls it; CALLBACK: its timer; GLOBAL: a function that the timer calls.
 * @words: Why lbpf refuses that; NULL: it does not.
 * @is_same: bpf(2) loads what lbpf loads.
 */
struct way {
	const char *name;
	unsigned int type;
	unsigned int flags;
	struct bpf_insn before[NR_PREPARED];
	int helper;
	int from;
	const char *words;
	bool is_same;
};

#define SYSCTL	.type = BPF_PROG_TYPE_CGROUP_SYSCTL
#define SYSCALL	.type = BPF_PROG_TYPE_SYSCALL, .flags = BPF_F_SLEEPABLE

static const char no_run[] = "needs the run of a program";
static const char sleeps[] = "helper call might sleep";

static const struct way ways[] = {
	{ "get_retval in the program", SYSCTL, .before = { NO_ARGS },
	  .helper = BPF_FUNC_get_retval, .from = MAIN, .is_same = true },
	{ "get_retval in a timer", SYSCTL, .before = { NO_ARGS },
	  .helper = BPF_FUNC_get_retval, .from = CALLBACK, .words = no_run },
	{ "get_retval in a global function of a timer", SYSCTL, .before = { NO_ARGS },
	  .helper = BPF_FUNC_get_retval, .from = GLOBAL, .words = no_run },
	{ "set_retval in a timer", SYSCTL, .before = { NUMBER },
	  .helper = BPF_FUNC_set_retval, .from = CALLBACK, .words = no_run },
	{ "set_retval in a global function of a timer", SYSCTL, .before = { NUMBER },
	  .helper = BPF_FUNC_set_retval, .from = GLOBAL, .words = no_run },
	{ "ktime in a global function of a timer", SYSCTL,
	  .before = { NO_ARGS },
	  .helper = BPF_FUNC_ktime_get_ns, .from = GLOBAL, .is_same = true },
	{ "copy_from_user in the program", SYSCALL, .before = { COPY_USER },
	  .helper = BPF_FUNC_copy_from_user, .from = MAIN, .is_same = true },
	{ "copy_from_user in a timer", SYSCALL, .before = { COPY_USER },
	  .helper = BPF_FUNC_copy_from_user, .from = CALLBACK, .words = sleeps },
	{ "copy_from_user in a global function of a timer", SYSCALL, .before = { COPY_USER },
	  .helper = BPF_FUNC_copy_from_user, .from = GLOBAL, .words = sleeps },
};

/* 0, or -errno with what was said in verifier_log; nothing is run. */
static int load(enum test_side side, const struct way *way)
{
	int btf = load_types(side), map = make_timers(side, btf), err;
	int helper = way->helper;
	const struct bpf_insn call = CALL(helper);
	const struct bpf_insn nothing = MOV(0, 0);
	const struct bpf_insn insns[] = {
		ST(BPF_W, 10, -4, 0), MOV_X(2, 10), ALU(BPF_ADD, 2, -4), LD_MAP(1, map),
		CALL(BPF_FUNC_map_lookup_elem),
		JMP(BPF_JEQ, 0, 0, 10),
		MOV_X(1, 0), ALU(BPF_ADD, 1, offsetof(struct value, timer)),
		FUNC_ADDR(2, 9), CALL(BPF_FUNC_timer_set_callback),
#define BODY(nr) \
		way->before[0], way->before[1], way->before[2], way->before[3], \
		way->from == (nr) ? call : nothing
		BODY(MAIN),
		MOV(0, 0), EXIT(),
		/* the function of the timer */
		CALL_FUNC(7), BODY(CALLBACK), MOV(0, 0), EXIT(),
		/* the global function */
		BODY(GLOBAL), MOV(0, 0), EXIT(),
	};
	struct bpf_func_info funcs[NR_FUNCS] = {
		{ 0, func_ids[MAIN] }, { 19, func_ids[CALLBACK] }, { 27, func_ids[GLOBAL] },
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = way->type;
	attr.prog_flags = way->flags;
	attr.expected_attach_type = way->type == BPF_PROG_TYPE_CGROUP_SYSCTL ? BPF_CGROUP_SYSCTL :
									       0;
	attr.prog_btf_fd = btf;
	attr.func_info = PTR(funcs);
	attr.func_info_cnt = NR_FUNCS;
	attr.func_info_rec_size = sizeof(funcs[0]);
	err = try_load(side, &attr);
	close(map);
	close(btf);
	return err;
}

static void test_way(const struct way *way)
{
	int kernel = load(SIDE_KERNEL, way), err;

	ksft_print_msg("bpf(2): %d %s", kernel, kernel ? verifier_log : "\n");
	err = load(SIDE_LBPF, way);
	if (way->words ? err != -EINVAL || !strstr(verifier_log, way->words) : err)
		ksft_print_msg("lbpf: %d %s", err, verifier_log);
	ksft_test_result((way->words ? err == -EINVAL && strstr(verifier_log, way->words) : !err) &&
			 (!way->is_same || !kernel), "%s\n", way->name);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(NR(ways));
	for (unsigned int i = 0; i < NR(ways); i++)
		test_way(&ways[i]);
	ksft_finished();
}
