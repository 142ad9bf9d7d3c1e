// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that implement functions of kernel structs, beside bpf(2): targets, arguments, what
 * they may write, helpers, kernel functions, results, test runs.
 *
 * With an argument all that differs is printed.
 */
#include <fcntl.h>

#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define CA	"tcp_congestion_ops"
#define DUMMY	"bpf_dummy_ops"
#define MAX_HELPER	212

static unsigned int ca_id, dummy_id;

static struct target ca_target(unsigned int member)
{
	return (struct target){ BPF_PROG_TYPE_STRUCT_OPS, member, 0, ca_id, {} };
}

/* Index of a member, or of none. */
static unsigned int member_of(const char *name, const char *member)
{
	int idx = kernel_member_index(name, member);

	return idx < 0 ? 0xffff : idx;
}

static void test_targets(void)
{
	struct bpf_insn none[] = { MOV(BPF_REG_0, 0), EXIT() };
	struct bpf_insn no_result[] = { EXIT() };
	const unsigned int ids[] = {
		ca_id, dummy_id, 0, 1, 1 << 19, 1 << 21,
		kernel_type("task_struct", BTF_KIND_STRUCT),
		kernel_type("vfs_read", BTF_KIND_FUNC),
		kernel_type("bpf_struct_ops_" CA, BTF_KIND_STRUCT),
	};
	static const unsigned int members[] = { 99, 0x7fffffff, -1U };
	unsigned int i, j, nr_wrong = 0;

	for (i = 0; i < NR(ids); i++)
		for (j = 0; j < 24 + NR(members); j++) {
			struct target target = ca_target(j < 24 ? j : members[j - 24]);

			target.id = ids[i];
			nr_wrong += !agrees("target", &target, none, NR(none));
			nr_wrong += !agrees("no result", &target, no_result, NR(no_result));
			agree_license = "Proprietary";
			nr_wrong += !agrees("license", &target, none, NR(none));
			agree_license = NULL;
			target.flags = BPF_F_SLEEPABLE;
			/* Members that later kernels run sleeping. */
			if (test_kernel_is_reference())
				nr_wrong += !agrees("sleepable", &target, none, NR(none));
		}
	ksft_test_result(!nr_wrong, "targets\n");
}

static void test_args(void)
{
	static const int sizes[] = { BPF_DW, BPF_W, BPF_H, BPF_B };
	unsigned int member, i, nr_wrong = 0;

	if (!test_kernel_is_reference()) {
		ksft_test_result_skip("later kernels have other rules for parts of pointers\n");
		return;
	}
	for (member = 0; member < 20; member++)
		for (int off = -8; off <= 13 * 8; off += off < 24 ? 4 : 8)
			for (i = 0; i < NR(sizes); i++) {
				struct target target = ca_target(member);
				struct bpf_insn insns[] = {
					LDX(sizes[i], BPF_REG_2, BPF_REG_1, off),
					MOV(BPF_REG_0, 0),
					EXIT(),
				};

				if (i && off > 24)
					continue;
				nr_wrong += !agrees("argument", &target, insns, NR(insns));
				target.id = dummy_id;
				if (member < 3)
					nr_wrong += !agrees("argument", &target, insns, NR(insns));
			}
	ksft_test_result(!nr_wrong, "arguments\n");
}

static bool store_agrees(const struct target *target, int size, int off, int kind)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		MOV(BPF_REG_2, 1),
		STX(size, BPF_REG_1, BPF_REG_2, off),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};

	if (kind == 1)
		insns[2] = ST(size, BPF_REG_1, off, 7);
	if (kind == 2)
		insns[2] = LDX(size, BPF_REG_2, BPF_REG_1, off);
	if (kind == 3)
		insns[2] = INSN(BPF_STX | BPF_ATOMIC | size, BPF_REG_1, BPF_REG_2, off, BPF_ADD);
	return agrees("access", target, insns, NR(insns));
}

/* All of a TCP socket, by steps, and closely what may be written. */
static void test_writes(void)
{
	static const int sizes[] = { BPF_DW, BPF_W, BPF_H, BPF_B };
	struct target target = ca_target(member_of(CA, "ssthresh"));
	unsigned int nr_wrong = 0, nr_accepted = 0;
	int off, i;

	if (!test_kernel_is_reference()) {
		ksft_test_result_skip("later kernels have other rules for what may be written\n");
		return;
	}
	for (off = -4; off < 2600; off += 4) {
		for (i = 0; i < 4; i++) {
			nr_wrong += !store_agrees(&target, sizes[i], off, (off / 4 + i) & 3);
			nr_accepted += agree_is_accepted;
		}
		if (nr_wrong > 20)
			break;
	}
	off = kernel_member("inet_connection_sock", "icsk_ca_priv");
	for (i = 0; i < 120; i++)
		nr_wrong += !store_agrees(&target, sizes[i & 3], off + i - 4, 0);
	off = kernel_member("tcp_sock", "ecn_flags");
	for (i = -4; i < 8; i++)
		nr_wrong += !store_agrees(&target, BPF_B, off + i, 0);
	target.attach = 0;
	target.id = dummy_id;
	for (i = 0; i < 4 * 16; i++)
		nr_wrong += !store_agrees(&target, sizes[i & 3], i / 16, i / 4 & 3);
	ksft_print_msg("%u accepted\n", nr_accepted);
	ksft_test_result(!nr_wrong && nr_accepted, "what may be written\n");
}

static bool may_call(enum test_side side, const struct target *target, int id)
{
	struct bpf_insn insns[] = { CALL(id), MOV_X(BPF_REG_0, BPF_REG_9), EXIT() };

	try_target(side, target, insns, NR(insns));
	return verifier_log[0] && !strstr(verifier_log, "unknown func") &&
	       !strstr(verifier_log, "invalid func") && !strstr(verifier_log, "cannot use helper");
}

static unsigned int compare_helpers(const struct target *target, const char *what)
{
	unsigned int nr_wrong = 0;

	for (int id = 1; id < MAX_HELPER; id++) {
		bool want = may_call(SIDE_KERNEL, target, id);
		bool got = may_call(SIDE_LBPF, target, id);

		/* Helpers that lbpf does not have yet, and those of later kernels. */
		if (want == got || (want && !agree_is_verbose) || !test_kernel_is_reference())
			continue;
		nr_wrong++;
		ksft_print_msg("%s: helper %d: bpf(2) %d, lbpf %d\n", what, id, want, got);
	}
	return nr_wrong;
}

static void test_helpers(void)
{
	struct target target = ca_target(member_of(CA, "ssthresh"));
	struct bpf_insn ack[] = {
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		MOV(BPF_REG_2, 0),
		CALL(BPF_FUNC_tcp_send_ack),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	unsigned int nr_wrong = compare_helpers(&target, "ssthresh");

	nr_wrong += !agrees("tcp_send_ack", &target, ack, NR(ack));
	ack[0] = MOV(BPF_REG_1, 0);
	nr_wrong += !agrees("tcp_send_ack(0)", &target, ack, NR(ack));
	target.attach = member_of(CA, "release");
	nr_wrong += compare_helpers(&target, "release");
	target.id = dummy_id;
	target.attach = 0;
	nr_wrong += compare_helpers(&target, "dummy");
	ksft_test_result(!nr_wrong, "helpers\n");
}

static void test_kfuncs(void)
{
	static const char *const names[] = {
		"tcp_reno_ssthresh", "tcp_reno_cong_avoid", "tcp_reno_undo_cwnd", "tcp_slow_start",
		"tcp_cong_avoid_ai", "tcp_v4_connect", "bpf_kfunc_call_test1",
	};
	struct target target = ca_target(member_of(CA, "ssthresh"));
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR(names); i++) {
		struct bpf_insn insns[] = {
			LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
			MOV(BPF_REG_2, 1),
			MOV(BPF_REG_3, 1),
			INSN(BPF_JMP | BPF_CALL, 0, BPF_PSEUDO_KFUNC_CALL, 0,
			     kernel_type(names[i], BTF_KIND_FUNC)),
			MOV(BPF_REG_0, 0),
			EXIT(),
		};

		nr_wrong += !agrees(names[i], &target, insns, NR(insns));
		insns[0] = MOV(BPF_REG_1, 0);
		nr_wrong += !agrees(names[i], &target, insns, NR(insns));
	}
	ksft_test_result(!nr_wrong, "kernel functions\n");
}

static int load_dummy(enum test_side side, unsigned int member, const struct bpf_insn *insns,
		      unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
	attr.attach_btf_id = dummy_id;
	attr.expected_attach_type = member;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

/**
 * struct outcome - Of a test run
 * @ret: Of the command.
 * @retval: Of the program.
 * @state: What it was given.
 */
struct outcome {
	int ret;
	unsigned int retval;
	int state;
};

static struct outcome run_dummy(enum test_side side, unsigned int member,
				const struct bpf_insn *insns, unsigned int nr, unsigned int nr_args,
				bool has_state)
{
	struct outcome outcome = { .state = 0x1234 };
	__u64 args[6] = {
		has_state ? PTR(&outcome.state) : 0, -100, 0x8f3c, 'c', 0x1234567887654321
	};
	union bpf_attr attr;
	int fd = load_dummy(side, member, insns, nr);

	if (fd < 0) {
		outcome.ret = fd;
		return outcome;
	}
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.ctx_in = PTR(args);
	attr.test.ctx_size_in = nr_args * sizeof(__u64);
	outcome.ret = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	outcome.retval = attr.test.retval;
	close(fd);
	return outcome;
}

static void test_runs(void)
{
	struct bpf_insn state[] = {
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0),
		MOV(BPF_REG_0, 0xf2f3),
		JMP(BPF_JEQ, BPF_REG_1, 0, 2),
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, 0),
		ST(BPF_W, BPF_REG_1, 0, 0x5a),
		EXIT(),
	};
	struct bpf_insn sum[] = {
		LDX(BPF_DW, BPF_REG_0, BPF_REG_1, 8),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 16),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_2),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 24),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_2),
		LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 32),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_2),
		EXIT(),
	};
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < 2 * 6 * 2; i++) {
		bool has_sum = i & 1, has_state = i >> 1 & 1;
		const struct bpf_insn *insns = has_sum ? sum : state;
		unsigned int nr = has_sum ? NR(sum) : NR(state), nr_args = i >> 2;
		struct outcome want, got;

		got = run_dummy(SIDE_LBPF, has_sum, insns, nr, nr_args, has_state);
		want = run_dummy(SIDE_KERNEL, has_sum, insns, nr, nr_args, has_state);
		if (want.ret == got.ret && want.retval == got.retval && want.state == got.state)
			continue;
		/* Later kernels have no programs without a state. */
		if (!test_kernel_is_reference() && (want.ret == -EINVAL || want.ret == -EACCES))
			continue;
		ksft_print_msg("run %u: bpf(2) %d 0x%x 0x%x, lbpf %d 0x%x 0x%x\n", i, want.ret,
			       want.retval, want.state, got.ret, got.retval, got.state);
		nr_wrong++;
	}
	ksft_test_result(!nr_wrong, "test runs\n");
}

int main(int argc, char **argv)
{
	agree_is_verbose = argc > 1;
	ksft_print_header();
	ca_id = kernel_type(CA, BTF_KIND_STRUCT);
	dummy_id = kernel_type(DUMMY, BTF_KIND_STRUCT);
	if (!ca_id || !dummy_id)
		ksft_exit_skip("this kernel has no BTF of its structs of functions\n");
	ksft_set_plan(6);
	test_targets();
	test_args();
	test_writes();
	test_helpers();
	test_kfuncs();
	test_runs();
	ksft_finished();
}
