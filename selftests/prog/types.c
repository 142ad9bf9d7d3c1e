// SPDX-License-Identifier: GPL-2.0
/*
 * Every program type beside bpf(2): attach types, context bytes, helpers, return values.
 *
 * A program that asks for one thing and then always fails shows in its log
 * whether the one thing was refused, and costs no machine code.  With an
 * argument every difference is printed, also what later kernels offer more.
 */
#include "prog_test.h"

#define MAX_HELPER	230
#define MAX_ATTACH	44
#define NO_TYPE		"unknown program type"

struct kind {
	const char *name;
	unsigned int type;
	unsigned int attach;
	int ctx_bytes;
};

#define KIND(type, bytes)	{ #type, BPF_PROG_TYPE_ ## type, 0, (bytes) }
#define KIND_AT(type, attach, bytes) \
	{ #type " " #attach, BPF_PROG_TYPE_ ## type, BPF_ ## attach, (bytes) }

static const struct kind kinds[] = {
	KIND(SOCKET_FILTER, sizeof(struct __sk_buff)),
	KIND(KPROBE, 180),
	KIND(SCHED_CLS, sizeof(struct __sk_buff)),
	KIND(SCHED_ACT, sizeof(struct __sk_buff)),
	KIND(TRACEPOINT, 128),
	KIND(XDP, sizeof(struct xdp_md)),
	KIND(PERF_EVENT, 200),
	KIND_AT(CGROUP_SKB, CGROUP_INET_INGRESS, sizeof(struct __sk_buff)),
	KIND_AT(CGROUP_SKB, CGROUP_INET_EGRESS, sizeof(struct __sk_buff)),
	KIND_AT(CGROUP_SOCK, CGROUP_INET_SOCK_CREATE, sizeof(struct bpf_sock)),
	KIND_AT(CGROUP_SOCK, CGROUP_INET_SOCK_RELEASE, sizeof(struct bpf_sock)),
	KIND_AT(CGROUP_SOCK, CGROUP_INET4_POST_BIND, sizeof(struct bpf_sock)),
	KIND_AT(CGROUP_SOCK, CGROUP_INET6_POST_BIND, sizeof(struct bpf_sock)),
	KIND(LWT_IN, sizeof(struct __sk_buff)),
	KIND(LWT_OUT, sizeof(struct __sk_buff)),
	KIND(LWT_XMIT, sizeof(struct __sk_buff)),
	KIND(LWT_SEG6LOCAL, sizeof(struct __sk_buff)),
	KIND_AT(SOCK_OPS, CGROUP_SOCK_OPS, 240),
	KIND(SK_SKB, sizeof(struct __sk_buff)),
	KIND_AT(CGROUP_DEVICE, CGROUP_DEVICE, sizeof(struct bpf_cgroup_dev_ctx)),
	KIND(SK_MSG, sizeof(struct sk_msg_md)),
	KIND(RAW_TRACEPOINT, 112),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_BIND, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_BIND, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_CONNECT, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_CONNECT, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP4_SENDMSG, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP6_SENDMSG, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP4_RECVMSG, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_UDP6_RECVMSG, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_GETPEERNAME, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_GETPEERNAME, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET4_GETSOCKNAME, sizeof(struct bpf_sock_addr)),
	KIND_AT(CGROUP_SOCK_ADDR, CGROUP_INET6_GETSOCKNAME, sizeof(struct bpf_sock_addr)),
	KIND(SK_REUSEPORT, sizeof(struct sk_reuseport_md)),
	KIND(FLOW_DISSECTOR, sizeof(struct __sk_buff)),
	KIND_AT(CGROUP_SYSCTL, CGROUP_SYSCTL, sizeof(struct bpf_sysctl)),
	KIND(RAW_TRACEPOINT_WRITABLE, 112),
	KIND_AT(CGROUP_SOCKOPT, CGROUP_GETSOCKOPT, sizeof(struct bpf_sockopt)),
	KIND_AT(CGROUP_SOCKOPT, CGROUP_SETSOCKOPT, sizeof(struct bpf_sockopt)),
	KIND_AT(SK_LOOKUP, SK_LOOKUP, sizeof(struct bpf_sk_lookup)),
};

static bool is_verbose;

/* Loads and forgets a program: 0 or -errno; the log in verifier_log. */
static int try(enum test_side side, const struct kind *kind, const struct bpf_insn *insns,
	       unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);

	attr.prog_type = kind->type;
	attr.expected_attach_type = kind->attach;
	return try_load(side, &attr);
}

/* More than this kernel's equals is a fault; less is one where the kernel is 6.1. */
static bool is_fault(bool want, bool got)
{
	return want != got && (is_verbose || got || test_kernel_is_reference());
}

static bool may_access(enum test_side side, const struct kind *kind, int off, int size,
		       bool is_write)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_2, 0),
		is_write ? STX(size, BPF_REG_1, BPF_REG_2, off) :
			   LDX(size, BPF_REG_2, BPF_REG_1, off),
		MOV_X(BPF_REG_0, BPF_REG_9),
		EXIT(),
	};

	try(side, kind, insns, NR(insns));
	return strstr(verifier_log, "R9 !read_ok");
}

/* What lbpf leaves out: bpf(2) lets tracing programs read parts of an address. */
static bool is_part_of_address(const struct kind *kind, int off)
{
	return kind->type == BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE && off < (int)sizeof(__u64) &&
	       off;
}

static int compare_accesses(const struct kind *kind)
{
	static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };
	int nr_wrong = 0;

	for (int off = 0; off < kind->ctx_bytes + 8; off++)
		for (int i = 0; i < 8; i++) {
			int bytes = 1 << i / 2;
			bool is_write = i & 1, want, got;

			if (off % bytes || is_part_of_address(kind, off))
				continue;
			want = may_access(SIDE_KERNEL, kind, off, sizes[i / 2], is_write);
			got = may_access(SIDE_LBPF, kind, off, sizes[i / 2], is_write);
			if (!is_fault(want, got))
				continue;
			nr_wrong++;
			ksft_print_msg("%s: %s of %d bytes at %d: bpf(2) %d, lbpf %d\n", kind->name,
				       is_write ? "store" : "load", bytes, off, want, got);
		}
	return nr_wrong;
}

/* Helpers of Linux 6.1 that lbpf does not have yet, for any type. */
static bool lacks(int id)
{
	return !is_verbose && id != BPF_FUNC_map_lookup_elem;
}

static bool may_call(enum test_side side, const struct kind *kind, int id)
{
	struct bpf_insn insns[] = { CALL(id), MOV_X(BPF_REG_0, BPF_REG_9), EXIT() };

	try(side, kind, insns, NR(insns));
	return verifier_log[0] && !strstr(verifier_log, "unknown func") &&
	       !strstr(verifier_log, "invalid func") && !strstr(verifier_log, "cannot use helper");
}

static int compare_helpers(const struct kind *kind)
{
	int nr_wrong = 0;

	for (int id = 1; id < MAX_HELPER; id++) {
		bool want = may_call(SIDE_KERNEL, kind, id), got = may_call(SIDE_LBPF, kind, id);

		if (!is_fault(want, got) || (want && lacks(id)))
			continue;
		nr_wrong++;
		ksft_print_msg("%s: helper %d: bpf(2) %d, lbpf %d\n", kind->name, id, want, got);
	}
	return nr_wrong;
}

static int compare_returns(const struct kind *kind)
{
	int nr_wrong = 0;

	for (int value = -2; value < 6; value++) {
		struct bpf_insn insns[] = { MOV(BPF_REG_0, value), EXIT() };
		int want = try(SIDE_KERNEL, kind, insns, NR(insns));
		int got = try(SIDE_LBPF, kind, insns, NR(insns));

		if (want == got)
			continue;
		nr_wrong++;
		ksft_print_msg("%s: return %d: bpf(2) %d, lbpf %d\n", kind->name, value, want, got);
	}
	return nr_wrong;
}

static int compare_attach_types(unsigned int type)
{
	struct bpf_insn insns[] = { MOV_X(BPF_REG_0, BPF_REG_9), EXIT() };
	int nr_wrong = 0;

	for (unsigned int attach = 0; attach < MAX_ATTACH; attach++) {
		struct kind kind = { .type = type, .attach = attach };
		int want = try(SIDE_KERNEL, &kind, insns, NR(insns));
		int got = try(SIDE_LBPF, &kind, insns, NR(insns));

		if (want == got)
			continue;
		nr_wrong++;
		ksft_print_msg("type %u, attach type %u: bpf(2) %d, lbpf %d\n", type, attach, want,
			       got);
	}
	return nr_wrong;
}

/* Types that lbpf lacks: sleepable, or with a function or a struct of the kernel to belong to. */
static bool is_lacking(unsigned int type)
{
	return type == BPF_PROG_TYPE_SYSCALL || type == BPF_PROG_TYPE_TRACING ||
		type == BPF_PROG_TYPE_STRUCT_OPS ||
	       type == BPF_PROG_TYPE_EXT || type == BPF_PROG_TYPE_LSM;
}

static void test_attach_types(void)
{
	int nr_wrong = 0;

	for (unsigned int type = 0; type <= BPF_PROG_TYPE_SYSCALL; type++)
		if (!is_lacking(type))
			nr_wrong += compare_attach_types(type);
	ksft_test_result(!nr_wrong, "attach types\n");
}

int main(int argc, char **argv)
{
	is_verbose = argc > 1;
	ksft_print_header();
	ksft_set_plan(1 + NR(kinds));
	test_attach_types();
	for (unsigned int i = 0; i < NR(kinds); i++) {
		int nr_wrong = compare_accesses(&kinds[i]) + compare_helpers(&kinds[i]) +
			       compare_returns(&kinds[i]);

		ksft_test_result(!nr_wrong, "%s\n", kinds[i].name);
	}
	ksft_finished();
}
