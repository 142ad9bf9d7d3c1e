// SPDX-License-Identifier: GPL-2.0
/*
 * struct __sk_buff: which bytes a socket filter may touch, and what it reads there.
 */
#include <linux/if_ether.h>
#include "prog_test.h"

static const int sizes[] = { BPF_B, BPF_H, BPF_W, BPF_DW };

static int try_access(enum test_side side, int off, int size, bool is_write)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_2, 0),
		is_write ? STX(sizes[size], BPF_REG_1, BPF_REG_2, off) :
			   LDX(sizes[size], BPF_REG_2, BPF_REG_1, off),
		MOV(BPF_REG_0, 0),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));
	int fd = side_bpf(side, BPF_PROG_LOAD, &attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static void compare_access(bool is_write, const char *who)
{
	int nr_differ = 0, nr_ok = 0;

	for (int off = -8; off < (int)sizeof(struct __sk_buff) + 16; off++)
		for (int size = 0; size < 4; size++) {
			int want = try_access(SIDE_KERNEL, off, size, is_write);
			int got = try_access(SIDE_LBPF, off, size, is_write);

			nr_ok += !want;
			if (want == got)
				continue;
			if (!nr_differ++)
				ksft_print_msg("byte %d, %d bytes: bpf(2) %d, lbpf %d\n",
					       off, 1 << size, want, got);
		}
	ksft_test_result(!nr_differ && nr_ok > 20, "%s accesses that are accepted: %s\n",
			 is_write ? "write" : "read", who);
}

static const struct __sk_buff context = {
	.mark = 0x11223344, .priority = 0x55667788, .ingress_ifindex = 0x1234, .ifindex = 1,
	.cb = { 0xa1a2a3a4, 0xb1b2b3b4, 0xc1c2c3c4, 0xd1d2d3d4, 0xe1e2e3e4 },
	.tstamp = 0x1122334455667788, .wire_len = 2000, .gso_segs = 7, .gso_size = 0x5678,
};

/* Runs on a packet of type @proto with or without @context: R0, or a value no run gives. */
static unsigned int run_once(enum test_side side, int prog, unsigned int proto, bool with_context)
{
	unsigned char packet[64] = { [12] = proto >> 8, [13] = proto & 255, [14] = 0x45, [20] = 7 };
	union bpf_attr attr;
	int err;

	packet[5] = with_context;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	if (with_context) {
		attr.test.ctx_in = PTR(&context);
		attr.test.ctx_size_in = sizeof(context);
	}
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	if (err)
		ksft_exit_fail_msg("%s: test run: %s\n", side_name[side], strerror(-err));
	return attr.test.retval;
}

/*
 * What the program finds at @off, the high half of 8 bytes folded in; with dst == src and without.
 */
static int load_reader(enum test_side side, int off, int size, int dst)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_3, 0x1234),
		LDX(sizes[size], dst, BPF_REG_1, off),
		MOV_X(BPF_REG_0, dst),
		ALU(BPF_RSH, BPF_REG_0, 32),
		ALU(BPF_MUL, BPF_REG_0, 31),
		ALU_X(BPF_ADD, BPF_REG_0, dst),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, NR(insns));

	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

/*
 * Bytes that the kernel has of a field, where these are fewer than 4.  bpf(2) reads
 * the first of them again where a load begins behind them; lbpf reads 0 there, as
 * loading all 4 bytes and shifting does.
 */
static int kernel_bytes(int off)
{
	switch (off & ~3) {
	case offsetof(struct __sk_buff, pkt_type):
	case offsetof(struct __sk_buff, vlan_present):
		return 1;
	case offsetof(struct __sk_buff, queue_mapping):
	case offsetof(struct __sk_buff, protocol):
	case offsetof(struct __sk_buff, vlan_tci):
	case offsetof(struct __sk_buff, vlan_proto):
	case offsetof(struct __sk_buff, tc_index):
	case offsetof(struct __sk_buff, gso_segs):
	case offsetof(struct __sk_buff, gso_size):
		return 2;
	}
	return 4;
}

static int compare_value(int off, int size, int dst, unsigned int proto, bool with_context)
{
	unsigned int value[2] = {};

	for (int side = 0; side < 2; side++) {
		int prog = load_reader(side, off, size, dst);

		if (prog < 0)
			return 0;
		value[side] = run_once(side, prog, proto, with_context);
		close(prog);
	}
	if (off % 4 >= kernel_bytes(off))
		value[SIDE_KERNEL] = 0;
	if (value[SIDE_LBPF] == value[SIDE_KERNEL])
		return 0;
	ksft_print_msg("byte %d, %d bytes, r%d, type %x, context %d: bpf(2) 0x%x, lbpf 0x%x\n",
		       off, 1 << size, dst, proto, with_context, value[1], value[0]);
	return 1;
}

static void compare_values(int dst)
{
	static const unsigned int protos[] = { ETH_P_IP, ETH_P_IPV6, 0x1234 };
	int nr_differ = 0;

	for (int off = 0; off < (int)sizeof(struct __sk_buff); off++)
		for (int size = 0; size < 4; size++) {
			if (off % (1 << size) ||
			    (size == 3 && off == offsetof(struct __sk_buff, sk)))
				continue;
			nr_differ += compare_value(off, size, dst, ETH_P_IP, false);
			for (unsigned int i = 0; i < NR(protos); i++)
				nr_differ += compare_value(off, size, dst, protos[i], true);
		}
	ksft_test_result(!nr_differ, "every byte reads the same, into r%d\n", dst);
}

/* The known ones, so that both sides being wrong is seen too. */
static void test_known(enum test_side side)
{
	static const struct {
		int off;
		unsigned int value;
	} known[] = {
		{ offsetof(struct __sk_buff, len), 64 - ETH_HLEN },
		{ offsetof(struct __sk_buff, mark), 0x11223344 },
		{ offsetof(struct __sk_buff, priority), 0x55667788 },
		{ offsetof(struct __sk_buff, ingress_ifindex), 0x1234 },
		{ offsetof(struct __sk_buff, ifindex), 1 },
		{ offsetof(struct __sk_buff, cb[4]), 0xe1e2e3e4 },
		{ offsetof(struct __sk_buff, protocol), 0x0008 },
		{ offsetof(struct __sk_buff, gso_segs), 7 },
		{ offsetof(struct __sk_buff, gso_size), 0x5678 },
		{ offsetof(struct __sk_buff, vlan_present), 0 },
		{ offsetof(struct __sk_buff, napi_id), 0 },
		{ offsetof(struct __sk_buff, pkt_type), 3 },
	};
	unsigned int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(known); i++) {
		int prog = load_reader(side, known[i].off, 2, BPF_REG_1);
		unsigned int value = prog < 0 ? ~0u : run_once(side, prog, ETH_P_IP, true);

		close(prog);
		if (value == known[i].value)
			continue;
		nr_wrong++;
		ksft_print_msg("byte %d: 0x%x, not 0x%x\n", known[i].off, value, known[i].value);
	}
	ksft_test_result(!nr_wrong, "values that are known: %s\n", side_name[side]);
}

/* Stores into cb[] of every size are seen by later loads and by ctx_out. */
static void test_cb(enum test_side side)
{
	struct bpf_insn insns[] = {
		MOV(BPF_REG_2, 0x01020304),
		STX(BPF_DW, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[0])),
		STX(BPF_W, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[2])),
		STX(BPF_H, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[3]) + 2),
		STX(BPF_B, BPF_REG_1, BPF_REG_2, offsetof(struct __sk_buff, cb[4]) + 3),
		LDX(BPF_W, BPF_REG_0, BPF_REG_1, offsetof(struct __sk_buff, cb[3])),
		EXIT(),
	};
	static const unsigned int want[5] = { 0x01020304, 0, 0x01020304, 0x0304d3d4, 0x04e2e3e4 };
	struct __sk_buff in = context, out = {};
	unsigned char packet[64] = {};
	union bpf_attr attr;
	int prog = load_insns(side, insns, NR(insns));
	int err;

	in.cb[3] = 0xd1d2d3d4;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	attr.test.ctx_in = PTR(&in);
	attr.test.ctx_size_in = sizeof(in);
	attr.test.ctx_out = PTR(&out);
	attr.test.ctx_size_out = sizeof(out);
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	ksft_test_result(!err && attr.test.retval == want[3] &&
			 !memcmp(out.cb, want, sizeof(want)) && out.mark == in.mark,
			 "stores into cb[]: %s\n", side_name[side]);
	close(prog);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(10);
	compare_access(false, "root");
	compare_access(true, "root");
	drop_caps();
	compare_access(false, "unprivileged");
	compare_access(true, "unprivileged");
	restore_caps();
	compare_values(BPF_REG_1);
	compare_values(BPF_REG_3);
	for (int side = 0; side < 2; side++) {
		test_known(side);
		test_cb(side);
	}
	ksft_finished();
}
