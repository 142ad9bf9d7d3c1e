// SPDX-License-Identifier: GPL-2.0
/*
 * bpf_check_mtu(), for packets and frames, beside bpf(2).
 *
 * The arguments are the first bytes of the packet.
 */
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "prog_test.h"

#define MAX_BYTES	1500
#define HUGE		0xffffffffU
/* Of the loopback device of a name space of its own: some of the packets are too long for it. */
#define SMALL_MTU	600

/**
 * struct request - Arguments, as they stand in the packet
 * @ifindex: Device; test runs are at the loopback one, 1.
 * @mtu_len: Length that is tried instead of the packet's, or 0.
 * @len_diff: What is added to it.
 * @flags: BPF_MTU_CHK_*.
 */
struct request {
	unsigned int ifindex, mtu_len, len_diff, flags;
};

static const struct kind {
	const char *name;
	unsigned int type;
	int data, data_end;
} kinds[] = {
	{ "tc", BPF_PROG_TYPE_SCHED_CLS, offsetof(struct __sk_buff, data),
	  offsetof(struct __sk_buff, data_end) },
	{ "XDP", BPF_PROG_TYPE_XDP, offsetof(struct xdp_md, data),
	  offsetof(struct xdp_md, data_end) },
};

static const unsigned int ifindexes[] = { 0, 1, 99 };
static const unsigned int lens[] = { 0, 1500, 65536, 65537, HUGE };
static const unsigned int diffs[] = { 0, 1, -1, 65486, 65487, 65537, 0x80000000 };
static const unsigned int flag_sets[] = { 0, 1, 2 };
static const unsigned int sizes[] = { 64, MAX_BYTES };

static int nr_differ, nr_runs;

/*
 * R0: result * 31 + what the helper left of the length.  Where it fails later kernels leave another
 * length than 6.1.
 */
static int load(enum test_side side, const struct kind *kind)
{
	const struct bpf_insn skip = test_kernel_is_reference() ?
				     JA(0) : JMP(BPF_JSLT, BPF_REG_0, 0, 2);
	struct bpf_insn insns[] = {
		MOV(BPF_REG_0, 0),
		LDX(BPF_W, BPF_REG_7, BPF_REG_1, kind->data),
		LDX(BPF_W, BPF_REG_8, BPF_REG_1, kind->data_end),
		MOV_X(BPF_REG_2, BPF_REG_7),
		ALU(BPF_ADD, BPF_REG_2, sizeof(struct request)),
		INSN(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_2, BPF_REG_8, 12, 0),
		LDX(BPF_W, BPF_REG_2, BPF_REG_7, offsetof(struct request, ifindex)),
		LDX(BPF_W, BPF_REG_3, BPF_REG_7, offsetof(struct request, mtu_len)),
		STX(BPF_W, BPF_REG_10, BPF_REG_3, -4),
		MOV_X(BPF_REG_3, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_3, -4),
		LDX(BPF_W, BPF_REG_4, BPF_REG_7, offsetof(struct request, len_diff)),
		LDX(BPF_W, BPF_REG_5, BPF_REG_7, offsetof(struct request, flags)),
		CALL(BPF_FUNC_check_mtu),
		ALU(BPF_MUL, BPF_REG_0, 31),
		skip,
		LDX(BPF_W, BPF_REG_1, BPF_REG_10, -4),
		ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_1),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	attr.prog_type = kind->type;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

static unsigned int run(enum test_side side, int fd, const struct request *request,
			unsigned int bytes, unsigned int gso_bytes)
{
	struct __sk_buff ctx = { .gso_size = gso_bytes, .gso_segs = gso_bytes ? 2 : 0 };
	unsigned char packet[MAX_BYTES] = { 0 };
	union bpf_attr attr = { .test.prog_fd = fd, .test.data_in = PTR(packet),
				.test.data_size_in = bytes };
	int err;

	memcpy(packet, request, sizeof(*request));
	if (gso_bytes) {
		attr.test.ctx_in = PTR(&ctx);
		attr.test.ctx_size_in = sizeof(ctx);
	}
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	if (err)
		ksft_exit_fail_msg("%s: test run: %s\n", side_name[side], strerror(-err));
	return attr.test.retval;
}

static void compare(const int *fds, const struct request *request, unsigned int gso_bytes)
{
	for (unsigned int i = 0; i < NR(sizes); i++) {
		unsigned int got = run(SIDE_LBPF, fds[SIDE_LBPF], request, sizes[i], gso_bytes);
		unsigned int want = run(SIDE_KERNEL, fds[SIDE_KERNEL], request, sizes[i],
					gso_bytes);

		nr_runs++;
		if (want == got || nr_differ++ > 5)
			continue;
		ksft_print_msg("device %u, length %u, %+d, flags %#x, %u bytes: bpf(2) %u, lbpf %u\n",
			       request->ifindex, request->mtu_len, (int)request->len_diff,
			       request->flags, sizes[i], want, got);
	}
}

static void compare_all(const int *fds, unsigned int gso_bytes)
{
	const unsigned int nr = NR(ifindexes) * NR(lens) * NR(diffs) * NR(flag_sets);

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int left = i;
		struct request request;

		request.ifindex = ifindexes[left % NR(ifindexes)];
		left /= NR(ifindexes);
		request.mtu_len = lens[left % NR(lens)];
		left /= NR(lens);
		request.len_diff = diffs[left % NR(diffs)];
		request.flags = flag_sets[left / NR(diffs)];
		compare(fds, &request, gso_bytes);
	}
}

static bool enter_small(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_mtu = SMALL_MTU };
	int sock, err;

	if (unshare(CLONE_NEWNET))
		return false;
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	err = ioctl(sock, SIOCSIFMTU, &request);
	close(sock);
	return !err;
}

static void test_kind(const struct kind *kind)
{
	int fds[2] = { load(SIDE_LBPF, kind), load(SIDE_KERNEL, kind) };

	nr_differ = 0;
	nr_runs = 0;
	if (fds[SIDE_LBPF] >= 0 && fds[SIDE_KERNEL] >= 0) {
		compare_all(fds, 0);
		if (kind->type == BPF_PROG_TYPE_SCHED_CLS)
			compare_all(fds, 700);
	}
	ksft_test_result(nr_runs && !nr_differ, "%s: %d of %d runs differ\n", kind->name,
			 nr_differ, nr_runs);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(2 * NR(kinds));
	for (unsigned int i = 0; i < NR(kinds); i++)
		test_kind(&kinds[i]);
	if (!enter_small())
		ksft_exit_fail_msg("no device with a small MTU\n");
	for (unsigned int i = 0; i < NR(kinds); i++)
		test_kind(&kinds[i]);
	ksft_finished();
}
