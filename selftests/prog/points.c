// SPDX-License-Identifier: GPL-2.0
/*
 * Places where bpf(2) attaches programs and lbpf does not, beside bpf(2): what it refuses is
 * refused with the same error, what it grants answers EOPNOTSUPP.
 *
 * On later kernels, which grant and refuse in other ways, only what they grant is compared.
 */
#include <fcntl.h>
#include <linux/btf.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include "kernel_btf.h"
#include "prog_test.h"

#define GROUPS		"/tmp/groups"
#define NR_ATTACH	44
#define LOOPBACK	1
/* Bits of no flag of any of these commands. */
#define NO_FLAG		0x8000

struct kind {
	const char *name;
	unsigned int type;
	unsigned int attach;
	unsigned int btf_id;
};

#define KIND(type)		{ #type, BPF_PROG_TYPE_ ## type, 0, 0 }
#define KIND_AT(type, attach)	{ #type " " #attach, BPF_PROG_TYPE_ ## type, BPF_ ## attach, 0 }

static const struct kind kinds[] = {
	KIND(SOCKET_FILTER),
	KIND(KPROBE),
	KIND(SCHED_CLS),
	KIND(SCHED_ACT),
	KIND(TRACEPOINT),
	KIND(XDP),
	KIND_AT(XDP, XDP_DEVMAP),
	KIND_AT(XDP, XDP_CPUMAP),
	KIND(PERF_EVENT),
	KIND_AT(CGROUP_SKB, CGROUP_INET_INGRESS),
	KIND_AT(CGROUP_SKB, CGROUP_INET_EGRESS),
	KIND_AT(CGROUP_SOCK, CGROUP_INET_SOCK_CREATE),
	KIND_AT(CGROUP_SOCK, CGROUP_INET_SOCK_RELEASE),
	KIND_AT(CGROUP_SOCK, CGROUP_INET4_POST_BIND),
	KIND_AT(CGROUP_SOCK, CGROUP_INET6_POST_BIND),
	KIND(LWT_IN),
	KIND(LWT_XMIT),
	KIND(LWT_SEG6LOCAL),
	KIND_AT(SOCK_OPS, CGROUP_SOCK_OPS),
	KIND(SK_SKB),
	KIND_AT(CGROUP_DEVICE, CGROUP_DEVICE),
	KIND(SK_MSG),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_BIND),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_CONNECT),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP6_RECVMSG),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_GETPEERNAME),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_GETSOCKNAME),
	KIND(SK_REUSEPORT),
	KIND(FLOW_DISSECTOR),
	KIND_AT(CGROUP_SYSCTL, CGROUP_SYSCTL),
	KIND_AT(CGROUP_SOCKOPT, CGROUP_GETSOCKOPT),
	KIND_AT(CGROUP_SOCKOPT, CGROUP_SETSOCKOPT),
	KIND_AT(SK_LOOKUP, SK_LOOKUP),
};

/* A group, a name space of networks, and what is neither. */
static int targets[5];

/* The type's return values have at least one of these. */
static int load(enum test_side side, const struct kind *kind)
{
	int value, fd = -1;

	for (value = 0; value < 2 && fd < 0; value++) {
		struct bpf_insn insns[] = { MOV(BPF_REG_0, value), EXIT() };
		union bpf_attr attr = load_attr(insns, NR(insns));

		attr.prog_type = kind->type;
		attr.expected_attach_type = kind->attach;
		attr.attach_btf_id = kind->btf_id;
		fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	}
	return fd;
}

static bool open_targets(void)
{
	mkdir(GROUPS, 0755);
	if (mount("none", GROUPS, "cgroup2", 0, NULL) && errno != EBUSY)
		return false;
	mkdir(GROUPS "/points", 0755);
	targets[0] = open(GROUPS "/points", O_RDONLY | O_DIRECTORY);
	targets[1] = open("/proc/self/ns/net", O_RDONLY);
	targets[2] = 0;
	targets[3] = LOOPBACK;
	targets[4] = -1;
	return targets[0] >= 0 && targets[1] >= 0;
}

/* bpf(2)'s own attachments are undone before anything else is tried. */
static int try_attach(enum test_side side, const union bpf_attr *wanted)
{
	union bpf_attr attr = *wanted, undo = *wanted;
	int err = side_bpf(side, BPF_PROG_ATTACH, &attr);

	undo.attach_flags = 0;
	undo.replace_bpf_fd = 0;
	if (!err && side == SIDE_KERNEL && side_bpf(side, BPF_PROG_DETACH, &undo))
		ksft_exit_fail_msg("bpf(2) does not detach\n");
	return err;
}

static int try_link(enum test_side side, const union bpf_attr *wanted)
{
	union bpf_attr attr = *wanted, undo = { 0 };
	int fd = side_bpf(side, BPF_LINK_CREATE, &attr);

	if (fd < 0)
		return fd;
	undo.link_detach.link_fd = fd;
	if (side == SIDE_KERNEL && side_bpf(side, BPF_LINK_DETACH, &undo))
		ksft_exit_fail_msg("bpf(2) does not detach\n");
	close(fd);
	return 0;
}

static bool is_as_wanted(int want, int got)
{
	if (want && !test_kernel_is_reference())
		return true;
	return got == (want ?: -EOPNOTSUPP);
}

static int compare_attach(const int progs[2], unsigned int attach, int target, unsigned int flags)
{
	union bpf_attr attr = { .target_fd = target, .attach_type = attach, .attach_flags = flags };
	int err[2];

	for (int side = 0; side < 2; side++) {
		attr.attach_bpf_fd = progs[side];
		attr.replace_bpf_fd = flags & BPF_F_REPLACE ? progs[side] : 0;
		err[side] = try_attach(side, &attr);
	}
	if (is_as_wanted(err[SIDE_KERNEL], err[SIDE_LBPF]))
		return 0;
	/* Nothing is attached that could be replaced. */
	if (flags & BPF_F_REPLACE && err[SIDE_LBPF] == -ENOENT)
		return err[SIDE_KERNEL] != -ENOENT;
	ksft_print_msg("PROG_ATTACH %u, target %d, flags %#x: bpf(2) %d, lbpf %d\n", attach, target,
		       flags, err[SIDE_KERNEL], err[SIDE_LBPF]);
	return 1;
}

static int compare_link(const int progs[2], unsigned int attach, int target, unsigned int flags)
{
	union bpf_attr attr = { .link_create.target_fd = target, .link_create.attach_type = attach,
				.link_create.flags = flags };
	int err[2];

	for (int side = 0; side < 2; side++) {
		attr.link_create.prog_fd = progs[side];
		err[side] = try_link(side, &attr);
	}
	if (is_as_wanted(err[SIDE_KERNEL], err[SIDE_LBPF]))
		return 0;
	ksft_print_msg("LINK_CREATE %u, target %d, flags %#x: bpf(2) %d, lbpf %d\n", attach, target,
		       flags, err[SIDE_KERNEL], err[SIDE_LBPF]);
	return 1;
}

static int compare_raw(const int progs[2], const char *name)
{
	union bpf_attr attr = { .raw_tracepoint.name = PTR(name) };
	int err[2];

	for (int side = 0; side < 2; side++) {
		attr.raw_tracepoint.prog_fd = progs[side];
		err[side] = side_bpf(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
	}
	if (is_as_wanted(err[SIDE_KERNEL], err[SIDE_LBPF]))
		return 0;
	ksft_print_msg("RAW_TRACEPOINT_OPEN: bpf(2) %d, lbpf %d\n", err[SIDE_KERNEL],
		       err[SIDE_LBPF]);
	return 1;
}

static int compare_point(const int progs[2], unsigned int attach)
{
	static const unsigned int attach_flags[] = {
		0, BPF_F_ALLOW_OVERRIDE, BPF_F_ALLOW_MULTI, BPF_F_REPLACE,
		BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI, BPF_F_ALLOW_MULTI | BPF_F_REPLACE,
		BPF_F_ALLOW_OVERRIDE | BPF_F_ALLOW_MULTI | BPF_F_REPLACE, NO_FLAG,
	};
	static const unsigned int link_flags[] = { 0, 1, 2, 3, 4, 6, NO_FLAG | 1, NO_FLAG };
	int nr_wrong = 0;

	for (unsigned int t = 0; t < NR(targets); t++)
		for (unsigned int f = 0; f < NR(attach_flags); f++) {
			nr_wrong += compare_attach(progs, attach, targets[t], attach_flags[f]);
			nr_wrong += compare_link(progs, attach, targets[t], link_flags[f]);
		}
	return nr_wrong;
}

static void test_kind(const struct kind *kind)
{
	int progs[2] = { load(SIDE_LBPF, kind), load(SIDE_KERNEL, kind) };
	int nr_wrong = 0;

	if (progs[0] < 0 || progs[1] < 0) {
		ksft_test_result_fail("%s: not loaded: %d and %d\n", kind->name, progs[0],
				      progs[1]);
		return;
	}
	for (unsigned int attach = 0; attach <= NR_ATTACH; attach++)
		nr_wrong += compare_point(progs, attach);
	nr_wrong += compare_raw(progs, NULL) + compare_raw(progs, "sys_enter");
	ksft_test_result(!nr_wrong, "%s\n", kind->name);
	close(progs[0]);
	close(progs[1]);
}

static void test_iterator(void)
{
	const struct kind kind = { "iterator", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER,
				   kernel_type("bpf_iter_task", BTF_KIND_FUNC) };
	int progs[2] = { load(SIDE_LBPF, &kind), load(SIDE_KERNEL, &kind) };
	union bpf_attr attr = { .link_create.attach_type = BPF_TRACE_ITER };
	int err;

	attr.link_create.prog_fd = progs[SIDE_LBPF];
	err = side_bpf(SIDE_LBPF, BPF_LINK_CREATE, &attr);
	ksft_test_result(progs[SIDE_LBPF] >= 0 && progs[SIDE_KERNEL] >= 0 && err == -EOPNOTSUPP &&
			 !compare_link(progs, BPF_TRACE_ITER, 0, NO_FLAG), "iterator\n");
	close(progs[0]);
	close(progs[1]);
}

/* Who may load a program may not attach it everywhere. */
static void test_capability(void)
{
	const struct kind kind = KIND_AT(CGROUP_SKB, CGROUP_INET_EGRESS);
	int progs[2] = { load(SIDE_LBPF, &kind), load(SIDE_KERNEL, &kind) };
	int nr_wrong;

	drop_caps();
	nr_wrong = compare_attach(progs, kind.attach, targets[0], 0) +
		   compare_link(progs, kind.attach, targets[0], 0);
	restore_caps();
	ksft_test_result(!nr_wrong, "without capabilities\n");
	close(progs[0]);
	close(progs[1]);
}

static void test_bad_programs(void)
{
	const int none[2] = { -1, -1 }, files[2] = { targets[0], targets[0] };
	int nr_wrong = 0;

	for (unsigned int attach = 0; attach <= NR_ATTACH; attach++)
		nr_wrong += compare_point(none, attach) + compare_point(files, attach);
	ksft_test_result(!nr_wrong, "descriptors of no program\n");
}

int main(void)
{
	ksft_print_header();
	if (!open_targets())
		ksft_exit_skip("no control groups\n");
	ksft_set_plan(3 + NR(kinds));
	for (unsigned int i = 0; i < NR(kinds); i++)
		test_kind(&kinds[i]);
	test_iterator();
	test_capability();
	test_bad_programs();
	rmdir(GROUPS "/points");
	ksft_finished();
}
