// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of tc programs that take memory, beside bpf(2): tunnels, redirection, SYN cookies.
 */
#include <linux/if_ether.h>
#include "prog_test.h"

#define KEY_BYTES	((int)sizeof(struct bpf_tunnel_key))

static unsigned char packet[64] = {
	[12] = 0x08, 0, 0x45, 0, 0, 50, 0, 1, 0, 0, 64, 6, 0, 0, 127, 0, 0, 1, 127, 0, 0, 1,
	0x12, 0x34, 0, 80, [46] = 0x50, 2,
};

/* R0 of a program, or what its load or run gives. */
static long long run(enum test_side side, const struct bpf_insn *insns, unsigned int nr, int type)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd, err;

	attr.prog_type = type;
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		return fd;
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = sizeof(packet);
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	close(fd);
	return err ? err : attr.test.retval;
}

static bool is_same(const struct bpf_insn *insns, unsigned int nr, const char *what)
{
	for (int type = BPF_PROG_TYPE_SCHED_CLS;; type = BPF_PROG_TYPE_LWT_XMIT) {
		long long want = run(SIDE_KERNEL, insns, nr, type);
		long long got = run(SIDE_LBPF, insns, nr, type);

		if (want != got)
			ksft_print_msg("%s, type %d: bpf(2) %llx, lbpf %llx\n", what, type, want,
				       got);
		if (want != got || type == BPF_PROG_TYPE_LWT_XMIT)
			return want == got;
	}
}

#define MIX()	ALU(BPF_MUL, BPF_REG_7, 31), ALU_X(BPF_ADD, BPF_REG_7, BPF_REG_0)
#define MIX_KEY(at)	LDX(BPF_DW, BPF_REG_0, BPF_REG_10, -128 + (at)), MIX()

/* Sets a key of so many bytes, and reads as many. */
static bool compare_key(int set_bytes, int set_flags, int get_bytes, int get_flags)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), MOV(BPF_REG_7, 0),
		ST(BPF_W, BPF_REG_10, -64, 77), ST(BPF_W, BPF_REG_10, -60, 0x7f000102),
		ST(BPF_DW, BPF_REG_10, -56, 5), ST(BPF_W, BPF_REG_10, -48, 6),
		ST(BPF_W, BPF_REG_10, -44, 0x0302), ST(BPF_W, BPF_REG_10, -40, set_flags & 1),
		ST(BPF_W, BPF_REG_10, -36, 0x0a000001), ST(BPF_DW, BPF_REG_10, -32, 8),
		ST(BPF_DW, BPF_REG_10, -24, 9), ST(BPF_DW, BPF_REG_10, -16, 0),
		ST(BPF_DW, BPF_REG_10, -128, 1), ST(BPF_DW, BPF_REG_10, -120, 1),
		ST(BPF_DW, BPF_REG_10, -112, 1), ST(BPF_DW, BPF_REG_10, -104, 1),
		ST(BPF_DW, BPF_REG_10, -96, 1), ST(BPF_DW, BPF_REG_10, -88, 1),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -64),
		MOV(BPF_REG_3, set_bytes), MOV(BPF_REG_4, set_flags),
		CALL(BPF_FUNC_skb_set_tunnel_key), MIX(),
		MOV_X(BPF_REG_1, BPF_REG_6), MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -128), MOV(BPF_REG_3, get_bytes),
		MOV(BPF_REG_4, get_flags), CALL(BPF_FUNC_skb_get_tunnel_key), MIX(),
		MIX_KEY(0), MIX_KEY(8), MIX_KEY(16), MIX_KEY(24), MIX_KEY(32), MIX_KEY(40),
		MOV_X(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	char what[64];

	snprintf(what, sizeof(what), "key: set %d %#x, get %d %#x", set_bytes, set_flags,
		 get_bytes, get_flags);
	return is_same(insns, NR(insns), what);
}

static void test_keys(void)
{
	int nr_wrong = 0;

	for (int bytes = 4; bytes <= KEY_BYTES + 4; bytes += 4) {
		nr_wrong += !compare_key(bytes, 0, KEY_BYTES, 0);
		nr_wrong += !compare_key(bytes, 1, KEY_BYTES, 1);
		nr_wrong += !compare_key(KEY_BYTES, 0, bytes, 0);
		nr_wrong += !compare_key(KEY_BYTES, 1, bytes, 1);
	}
	/* Later kernels have one more flag of each. */
	for (int flags = 0; flags < 16; flags++) {
		nr_wrong += !compare_key(KEY_BYTES, flags, KEY_BYTES, 16);
		nr_wrong += !compare_key(KEY_BYTES, flags, KEY_BYTES, 17);
	}
	nr_wrong += !compare_key(KEY_BYTES, 1 << 20, KEY_BYTES, 0);
	nr_wrong += !compare_key(KEY_BYTES, 0, KEY_BYTES, 1 << 20);
	ksft_test_result(!nr_wrong, "tunnel keys\n");
}

static bool compare_options(bool has_key, int set_bytes, int get_bytes)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), MOV(BPF_REG_7, 0),
		ST(BPF_DW, BPF_REG_10, -8, 1), ST(BPF_DW, BPF_REG_10, -16, 2),
		ST(BPF_DW, BPF_REG_10, -24, 3), ST(BPF_DW, BPF_REG_10, -32, 4),
		ST(BPF_DW, BPF_REG_10, -40, 0), ST(BPF_DW, BPF_REG_10, -48, 0),
		ST(BPF_DW, BPF_REG_10, -56, 0),
		MOV_X(BPF_REG_2, BPF_REG_10), ALU(BPF_ADD, BPF_REG_2, -64 + 8),
		MOV(BPF_REG_3, 20), MOV(BPF_REG_4, has_key ? 0 : 1 << 20),
		CALL(BPF_FUNC_skb_set_tunnel_key), MIX(),
		MOV_X(BPF_REG_1, BPF_REG_6), MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -16), MOV(BPF_REG_3, set_bytes),
		CALL(BPF_FUNC_skb_set_tunnel_opt), MIX(),
		MOV_X(BPF_REG_1, BPF_REG_6), MOV_X(BPF_REG_2, BPF_REG_10),
		ALU(BPF_ADD, BPF_REG_2, -32), MOV(BPF_REG_3, get_bytes),
		CALL(BPF_FUNC_skb_get_tunnel_opt), MIX(),
		LDX(BPF_DW, BPF_REG_0, BPF_REG_10, -32), MIX(),
		LDX(BPF_DW, BPF_REG_0, BPF_REG_10, -24), MIX(),
		MOV_X(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	char what[64];

	snprintf(what, sizeof(what), "options: key %d, set %d, get %d", has_key, set_bytes,
		 get_bytes);
	return is_same(insns, NR(insns), what);
}

static void test_options(void)
{
	int nr_wrong = 0;

	for (int bytes = 1; bytes <= 16; bytes++) {
		nr_wrong += !compare_options(true, bytes, 16);
		nr_wrong += !compare_options(true, 8, bytes);
		nr_wrong += !compare_options(false, bytes, 16);
	}
	ksft_test_result(!nr_wrong, "tunnel options\n");
}

/* @ifindex: 1 is the loopback device. */
static bool compare_redirect(int id, bool is_clone, int ifindex, int flags)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		is_clone ? MOV_X(BPF_REG_1, BPF_REG_6) : MOV(BPF_REG_1, ifindex),
		MOV(BPF_REG_2, is_clone ? ifindex : flags), MOV(BPF_REG_3, is_clone ? flags : 0),
		MOV(BPF_REG_4, flags), CALL(id), MOV_X(BPF_REG_7, BPF_REG_0),
		LDX(BPF_W, BPF_REG_0, BPF_REG_6, (int)offsetof(struct __sk_buff, len)), MIX(),
		MOV_X(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	char what[64];

	snprintf(what, sizeof(what), "helper %d, device %d, flags %d", id, ifindex, flags);
	return is_same(insns, NR(insns), what);
}

static void test_redirect(void)
{
	int nr_wrong = 0;

	for (int ifindex = 0; ifindex < 100; ifindex += ifindex ? 98 : 1)
		for (int flags = 0; flags < 4; flags++) {
			nr_wrong += !compare_redirect(BPF_FUNC_redirect, false, ifindex, flags);
			nr_wrong += !compare_redirect(BPF_FUNC_redirect_peer, false, ifindex,
						      flags);
			nr_wrong += !compare_redirect(BPF_FUNC_clone_redirect, true, ifindex,
						      flags);
		}
	ksft_test_result(!nr_wrong, "redirect, redirect_peer, clone_redirect\n");
}

/* A cookie for the packet, and is it one?  Anew where a minute ended in between. */
static void test_cookies(void)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1),
		LDX(BPF_W, BPF_REG_7, BPF_REG_6, (int)offsetof(struct __sk_buff, data)),
		LDX(BPF_W, BPF_REG_3, BPF_REG_6, (int)offsetof(struct __sk_buff, data_end)),
		MOV_X(BPF_REG_4, BPF_REG_7), ALU(BPF_ADD, BPF_REG_4, 54), MOV(BPF_REG_0, 0),
		INSN(BPF_JMP | BPF_JGT | BPF_X, BPF_REG_4, BPF_REG_3, 16, 0),
		MOV_X(BPF_REG_1, BPF_REG_7), ALU(BPF_ADD, BPF_REG_1, 14),
		MOV_X(BPF_REG_2, BPF_REG_7), ALU(BPF_ADD, BPF_REG_2, 34),
		MOV(BPF_REG_3, 20), CALL(BPF_FUNC_tcp_raw_gen_syncookie_ipv4),
		MOV_X(BPF_REG_8, BPF_REG_0),
		MOV_X(BPF_REG_1, BPF_REG_7), ALU(BPF_ADD, BPF_REG_1, 14),
		MOV_X(BPF_REG_2, BPF_REG_7), ALU(BPF_ADD, BPF_REG_2, 34),
		CALL(BPF_FUNC_tcp_raw_check_syncookie_ipv4),
		ALU(BPF_MUL, BPF_REG_0, 77), ALU_X(BPF_ADD, BPF_REG_0, BPF_REG_8),
		MOV_X(BPF_REG_9, BPF_REG_0), EXIT(),
	};
	long long want = 0, got = 1;

	for (int i = 0; i < 3 && want != got; i++) {
		want = run(SIDE_KERNEL, insns, NR(insns), BPF_PROG_TYPE_SCHED_CLS);
		got = run(SIDE_LBPF, insns, NR(insns), BPF_PROG_TYPE_SCHED_CLS);
	}
	ksft_test_result(want == got && want, "SYN cookies: bpf(2) %llx, lbpf %llx\n", want, got);
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(4);
	test_keys();
	test_options();
	test_redirect();
	test_cookies();
	ksft_finished();
}
