// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that know kernel objects by their type, beside bpf(2): what they may attach to, the
 * arguments they get, loads of members.
 *
 * Both logs are compared line by line, but for what only lbpf says.  With an argument all that
 * differs is printed, and what bpf(2) says.
 */
#include <fcntl.h>

#include "agree.h"
#include "kernel_btf.h"
#include "prog_test.h"

#define NR_WALKS	1500

static unsigned long long seed = 1;

static unsigned int chance(unsigned int limit)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (seed >> 33) % limit;
}

/* Kernels may be built without LSM programs, and then know nothing of what they attach to. */
static bool has_type(unsigned int type)
{
	return type != BPF_PROG_TYPE_LSM || kernel_type("bpf_lsm_bpf", BTF_KIND_FUNC);
}

static const struct {
	const char *name;
	unsigned int type;
	unsigned int attach;
	const char *target;
	unsigned int kind;
	unsigned int flags;
} targets[] = {
#define TRACE(at, name, kind, flags) \
	{ "tracing " #at " " name, BPF_PROG_TYPE_TRACING, BPF_ ## at, name, BTF_KIND_ ## kind, \
	  flags }
	TRACE(TRACE_RAW_TP, "btf_trace_sched_switch", TYPEDEF, 0),
	TRACE(TRACE_RAW_TP, "sched_switch", FUNC, 0),
	TRACE(TRACE_RAW_TP, "task_struct", STRUCT, 0),
	TRACE(TRACE_RAW_TP, "u32", TYPEDEF, 0),
	TRACE(TRACE_FENTRY, "btf_trace_sched_switch", TYPEDEF, 0),
	TRACE(TRACE_FENTRY, "bpf_fentry_test1", FUNC, 0),
	TRACE(TRACE_FENTRY, "bpf_fentry_test1", FUNC, BPF_F_SLEEPABLE),
	TRACE(TRACE_FENTRY, "vfs_read", FUNC, 0),
	TRACE(TRACE_FENTRY, "vfs_read", FUNC, BPF_F_SLEEPABLE),
	TRACE(TRACE_FENTRY, "__x64_sys_read", FUNC, BPF_F_SLEEPABLE),
	TRACE(TRACE_FEXIT, "vfs_read", FUNC, 0),
	TRACE(TRACE_FEXIT, "task_struct", STRUCT, 0),
	TRACE(TRACE_FENTRY, "task_struct", STRUCT, 0),
	TRACE(MODIFY_RETURN, "vfs_read", FUNC, 0),
	TRACE(MODIFY_RETURN, "bpf_modify_return_test", FUNC, 0),
	TRACE(MODIFY_RETURN, "security_file_open", FUNC, 0),
	TRACE(MODIFY_RETURN, "__x64_sys_read", FUNC, 0),
	TRACE(TRACE_ITER, "bpf_iter_task", FUNC, 0),
	TRACE(TRACE_ITER, "bpf_iter_task", FUNC, BPF_F_SLEEPABLE),
	TRACE(TRACE_ITER, "vfs_read", FUNC, 0),
	TRACE(CGROUP_DEVICE, "vfs_read", FUNC, 0),
#define LSM(name, kind, flags) \
	{ "lsm " name, BPF_PROG_TYPE_LSM, BPF_LSM_MAC, name, BTF_KIND_ ## kind, flags }
	LSM("bpf_lsm_file_open", FUNC, 0),
	LSM("bpf_lsm_bpf", FUNC, BPF_F_SLEEPABLE),
	LSM("bpf_lsm_task_free", FUNC, 0),
	LSM("vfs_read", FUNC, 0),
	LSM("task_struct", STRUCT, 0),
	{ "xdp vfs_read", BPF_PROG_TYPE_XDP, 0, "vfs_read", BTF_KIND_FUNC, 0 },
};

static void test_targets(void)
{
	unsigned int i, nr_wrong = 0;

	for (i = 0; i < NR(targets); i++) {
		struct target target = {
			targets[i].type, targets[i].attach, targets[i].flags,
			kernel_type(targets[i].target, targets[i].kind), {}
		};
		struct bpf_insn loads[] = {
			LDX(BPF_DW, BPF_REG_2, BPF_REG_1, 0),
			MOV(BPF_REG_0, 0),
			EXIT(),
		};
		int off;

		if (!target.id || !has_type(target.type)) {
			ksft_print_msg("no %s here\n", targets[i].target);
			continue;
		}
		for (off = 0; off <= 13 * 8; off += off < 16 ? 4 : 8) {
			loads[0].off = off;
			nr_wrong += !agrees(targets[i].name, &target, loads, NR(loads));
		}
		/* Later kernels do not take every result of an LSM program. */
		for (int value = -1; value < (test_kernel_is_reference() ? 3 : 1); value++) {
			struct bpf_insn result[] = { MOV(BPF_REG_0, value), EXIT() };

			nr_wrong += !agrees(targets[i].name, &target, result, NR(result));
		}
	}
	ksft_test_result(!nr_wrong, "targets, arguments, results\n");
}

static void test_no_target(void)
{
	static const unsigned int ids[] = { 0, 1, 1 << 19, 1 << 21, -1U };
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	unsigned int i, type, nr_wrong = 0;

	for (type = BPF_PROG_TYPE_UNSPEC; type <= BPF_PROG_TYPE_LSM; type++) {
		if (type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_EXT ||
		    !has_type(type))
			continue;
		for (i = 0; i < NR(ids); i++) {
			struct target target = { type, BPF_TRACE_FENTRY, 0, ids[i], {} };

			if (!ids[i] && type != BPF_PROG_TYPE_TRACING && type != BPF_PROG_TYPE_LSM)
				continue;
			nr_wrong += !agrees("id", &target, insns, NR(insns));
		}
	}
	ksft_test_result(!nr_wrong, "ids that are none\n");
}

/* Loads of members, one after the other through what was loaded. */
static void test_walks(void)
{
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW, BPF_DW, BPF_DW };
	static const char *const names[] = {
		"btf_trace_sched_switch", "btf_trace_kfree_skb", "btf_trace_tcp_probe",
		"btf_trace_block_rq_issue", "btf_trace_net_dev_queue",
	};
	unsigned int i, nr_wrong = 0, nr_loaded = 0;

	for (i = 0; i < NR_WALKS; i++) {
		struct bpf_insn insns[8] = { LDX(BPF_DW, BPF_REG_1, BPF_REG_1, chance(3) * 8) };
		unsigned int nr = 1, depth = 1 + chance(4);
		struct target target = { BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, 0, {} };

		target.id = kernel_type(names[chance(NR(names))], BTF_KIND_TYPEDEF);
		while (depth--) {
			int limit = 8 << chance(9);

			insns[nr++] = LDX(sizes[chance(NR(sizes))], BPF_REG_1, BPF_REG_1,
					  chance(16) ? (int)chance(limit) & -8 :
						       (int)chance(limit) - 8);
		}
		insns[nr++] = MOV(BPF_REG_0, 0);
		insns[nr++] = EXIT();
		nr_wrong += !agrees("walk", &target, insns, nr);
		nr_loaded += agree_is_accepted;
		if (nr_wrong > 10)
			break;
	}
	ksft_print_msg("%u of %u are accepted\n", nr_loaded, i);
	ksft_test_result(!nr_wrong, "loads of members\n");
}

static void test_hooks(void)
{
	struct bpf_insn insns[] = { MOV(BPF_REG_0, 0), EXIT() };
	unsigned int id, kind, nr_wrong = 0, nr = 0;
	const char *name;

	for (id = 1; (name = kernel_type_name(id, &kind)); id++) {
		struct target target = { BPF_PROG_TYPE_LSM, BPF_LSM_MAC, BPF_F_SLEEPABLE, id, {} };

		/* bpf(2) of 6.1 lets programs sleep where the kernel cannot. */
		if (kind != BTF_KIND_FUNC || strncmp(name, "bpf_lsm_", 8) ||
		    !strcmp(name, "bpf_lsm_inet_conn_established"))
			continue;
		nr++;
		if (agree_is_verbose && !try_target(SIDE_KERNEL, &target, insns, NR(insns)))
			printf("\t\"%s\",\n", name + 8);
		nr_wrong += !agrees(name, &target, insns, NR(insns));
		target.flags = 0;
		nr_wrong += !agrees(name, &target, insns, NR(insns));
		if (agree_is_verbose && strstr(agree_kernel_log, "disabled hook"))
			printf("\toff \"%s\",\n", name + 8);
	}
	ksft_print_msg("%u hooks\n", nr);
	ksft_test_result(!nr_wrong, "hooks, and where programs may sleep\n");
}

/* Each allocation of a load fails once; the first load of all reads the kernel's types too. */
static void test_failures(void)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 8),
		LDX(BPF_W, BPF_REG_1, BPF_REG_1, 0),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	struct target target = { BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, 0, 0, {} };
	int fd, ret = -ENOMEM, nth;
	char text[16];

	target.id = kernel_type("btf_trace_sched_switch", BTF_KIND_TYPEDEF);
	for (nth = 1; nth < 200 && ret == -ENOMEM; nth++) {
		fd = open("/sys/kernel/debug/lbpf/fail_nth", O_RDWR);
		if (fd < 0) {
			ksft_test_result_skip("no way to make allocations fail\n");
			return;
		}
		snprintf(text, sizeof(text), "%d", nth);
		if (write(fd, text, strlen(text)) < 0)
			ret = -errno;
		else
			ret = try_target(SIDE_LBPF, &target, insns, NR(insns));
		close(fd);
	}
	ksft_print_msg("%d allocations, then %d\n", nth - 2, ret);
	ksft_test_result(!ret && nth > 2, "allocations that fail\n");
}

/*
 * What comes of putting a program for @second into an array that has one for @first.  Where it has
 * a buffer, the second reads more of it.
 */
static int put_both(enum test_side side, struct target *first, struct target *second)
{
	struct bpf_insn insns[] = {
		LDX(BPF_DW, BPF_REG_1, BPF_REG_1, 0), LDX(BPF_DW, BPF_REG_0, BPF_REG_1, 0),
		MOV(BPF_REG_0, 0), EXIT(),
	};
	int array = make_map(side, BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2), err = 0;
	struct target *targets[] = { first, second };

	for (__u32 i = 0; i < NR(targets) && !err; i++) {
		bool has_buffer = targets[i]->type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE;
		union bpf_attr attr = load_attr(insns + (has_buffer ? 0 : 2),
						has_buffer ? 4 : 2);
		int prog;

		insns[1].off = i * 8;
		attr.prog_type = targets[i]->type;
		attr.expected_attach_type = targets[i]->attach;
		attr.attach_btf_id = targets[i]->id;
		attr.prog_flags = targets[i]->flags;
		prog = side_bpf(side, BPF_PROG_LOAD, &attr);
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = array;
		attr.key = PTR(&i);
		attr.value = PTR(&prog);
		err = prog < 0 ? prog : side_bpf(side, BPF_MAP_UPDATE_ELEM, &attr);
		close(prog);
	}
	close(array);
	return err;
}

/*
 * A tail call hands on the arguments: there must be no other kind of object where the other
 * program takes a file to be.
 */
static void test_arrays(void)
{
	static const struct {
		const char *names[2];
		unsigned int type, attach;
		int err;
		unsigned int flags;	/* of the second */
	} pairs[] = {
#define PAIR(kind, at, a, b) \
	.names = { a, b }, .type = BPF_PROG_TYPE_ ## kind, .attach = at
#define FOPEN	"bpf_lsm_file_open"
		{ PAIR(TRACING, BPF_TRACE_FENTRY, "vfs_read", "vfs_read") },
		{ PAIR(TRACING, BPF_TRACE_FENTRY, "vfs_read", "tcp_connect"), .err = -EINVAL },
		{ PAIR(TRACING, BPF_TRACE_FEXIT, "vfs_read", "do_unlinkat"), .err = -EINVAL },
		{ PAIR(LSM, BPF_LSM_MAC, FOPEN, FOPEN) },
		{ PAIR(LSM, BPF_LSM_MAC, FOPEN, FOPEN), .flags = BPF_F_SLEEPABLE, .err = -EINVAL },
		{ PAIR(LSM, BPF_LSM_MAC, FOPEN, "bpf_lsm_task_free"), .err = -EINVAL },
		{ PAIR(RAW_TRACEPOINT_WRITABLE, 0, "", ""), .err = -EINVAL },
		{ PAIR(RAW_TRACEPOINT, 0, "", "") },
	};
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(pairs); i++) {
		struct target targets[2];
		int want, got;

		for (int j = 0; j < 2; j++)
			targets[j] = (struct target){
				.type = pairs[i].type, .attach = pairs[i].attach,
				.id = *pairs[i].names[j] ?
				      kernel_type(pairs[i].names[j], BTF_KIND_FUNC) : 0,
			};
		if ((*pairs[i].names[0] && (!targets[0].id || !targets[1].id)) ||
		    !has_type(pairs[i].type))
			continue;
		targets[1].flags = pairs[i].flags;
		want = put_both(SIDE_KERNEL, &targets[0], &targets[1]);
		got = put_both(SIDE_LBPF, &targets[0], &targets[1]);
		if (got != pairs[i].err)
			nr_wrong++;
		ksft_print_msg("type %u, %s, %s: bpf(2) %d, lbpf %d\n", pairs[i].type,
			       pairs[i].names[0], pairs[i].names[1], want, got);
	}
	ksft_test_result(!nr_wrong, "an array takes programs that are given the same\n");
}

int main(int argc, char **argv)
{
	agree_is_verbose = argc > 1;
	ksft_print_header();
	if (!kernel_type("task_struct", BTF_KIND_STRUCT))
		ksft_exit_skip("this kernel has no BTF\n");
	ksft_set_plan(6);
	test_failures();
	test_targets();
	test_no_target();
	test_walks();
	test_hooks();
	test_arrays();
	ksft_finished();
}
