// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on XDP frames beside bpf(2): result, frame and context, also of frames in fragments.
 */
#include "prog_test.h"

#define MAX_BYTES	70000

/* What a test run gave. */
struct outcome {
	int err;
	unsigned int retval, bytes;
	struct xdp_md ctx;
	unsigned char data[MAX_BYTES];
};

static struct outcome outcomes[2];
static unsigned char data_in[MAX_BYTES];

static int load(enum test_side side, const struct bpf_insn *insns, unsigned int nr)
{
	union bpf_attr attr = load_attr(insns, nr);
	int fd;

	attr.prog_type = BPF_PROG_TYPE_XDP;
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd < 0)
		ksft_exit_fail_msg("%s: load: %s\n", side_name[side], strerror(-fd));
	return fd;
}

static void run_on(enum test_side side, int fd, unsigned int bytes, unsigned int meta)
{
	struct xdp_md ctx = { .data = meta, .data_end = bytes };
	struct outcome *out = &outcomes[side];
	union bpf_attr attr;

	memset(out, 0, sizeof(*out));
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(data_in);
	attr.test.data_size_in = bytes;
	attr.test.data_out = PTR(out->data);
	attr.test.data_size_out = sizeof(out->data);
	attr.test.ctx_in = PTR(&ctx);
	attr.test.ctx_size_in = sizeof(ctx);
	attr.test.ctx_out = PTR(&out->ctx);
	attr.test.ctx_size_out = sizeof(out->ctx);
	out->err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	out->retval = attr.test.retval;
	out->bytes = attr.test.data_size_out;
}

static void show(const char *what, unsigned int bytes)
{
	const struct outcome *got = &outcomes[SIDE_LBPF], *want = &outcomes[SIDE_KERNEL];
	unsigned int i = 0;

	while (i < sizeof(got->data) - 1 && got->data[i] == want->data[i])
		i++;
	ksft_print_msg("%s, %u bytes: bpf(2) %d %#x, %u bytes, data %u to %u; lbpf %d %#x, %u bytes, data %u to %u; byte %u\n",
		       what, bytes, want->err, want->retval, want->bytes, want->ctx.data,
		       want->ctx.data_end, got->err, got->retval, got->bytes, got->ctx.data,
		       got->ctx.data_end, i);
}

/* Runs the program on frames of all sizes: how many differ. */
static int compare(const struct bpf_insn *insns, unsigned int nr, const char *what)
{
	static const unsigned int sizes[] = { 14, 21, 22, 64, 1500, 3500, 3520, 5000, 9000, 66000 };
	int fds[2] = { load(SIDE_LBPF, insns, nr), load(SIDE_KERNEL, insns, nr) };
	int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(sizes) * 2; i++) {
		const struct outcome *got = &outcomes[SIDE_LBPF], *want = &outcomes[SIDE_KERNEL];

		run_on(SIDE_LBPF, fds[SIDE_LBPF], sizes[i / 2], i % 2 * 8);
		run_on(SIDE_KERNEL, fds[SIDE_KERNEL], sizes[i / 2], i % 2 * 8);
		if (!memcmp(got, want, sizeof(*got)))
			continue;
		if (!nr_wrong++)
			show(what, sizes[i / 2]);
	}
	close(fds[0]);
	close(fds[1]);
	return nr_wrong;
}

#define MIX()	ALU(BPF_MUL, BPF_REG_7, 31), ALU_X(BPF_ADD, BPF_REG_7, BPF_REG_0)

/* The end moves, twice; then the frame's length. */
static int compare_tail(int by, int then)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), MOV(BPF_REG_7, 0),
		MOV(BPF_REG_2, by), CALL(BPF_FUNC_xdp_adjust_tail), MIX(),
		MOV_X(BPF_REG_1, BPF_REG_6), MOV(BPF_REG_2, then), CALL(BPF_FUNC_xdp_adjust_tail),
		MIX(), MOV_X(BPF_REG_1, BPF_REG_6), CALL(BPF_FUNC_xdp_get_buff_len), MIX(),
		MOV_X(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	char what[64];

	snprintf(what, sizeof(what), "xdp_adjust_tail(%d), (%d)", by, then);
	return compare(insns, NR(insns), what);
}

static void test_tail(void)
{
	static const int values[] = { 0, 1, 20, 300, 600, 3000, 4096, 100000, -1, -30, -60, -1500,
				      -5000, -50000, -2147483647 };
	int nr_wrong = 0;

	for (unsigned int i = 0; i < NR(values); i++)
		nr_wrong += compare_tail(values[i], 0) + compare_tail(values[i], -values[i] / 2);
	ksft_test_result(!nr_wrong, "xdp_adjust_tail, xdp_get_buff_len\n");
}

/* Bytes of the frame are read, changed, and written elsewhere. */
static int compare_bytes(int from, int to, int len)
{
	const struct bpf_insn insns[] = {
		MOV_X(BPF_REG_6, BPF_REG_1), MOV(BPF_REG_7, 0), MOV(BPF_REG_2, from),
		ST(BPF_DW, BPF_REG_10, -8, 1), ST(BPF_DW, BPF_REG_10, -16, 2),
		ST(BPF_DW, BPF_REG_10, -24, 3),
		MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -24), MOV(BPF_REG_4, len),
		CALL(BPF_FUNC_xdp_load_bytes), MIX(), LDX(BPF_DW, BPF_REG_0, BPF_REG_10, -24),
		MIX(), ST(BPF_B, BPF_REG_10, -24, 0x5a), MOV_X(BPF_REG_1, BPF_REG_6),
		MOV(BPF_REG_2, to), MOV_X(BPF_REG_3, BPF_REG_10), ALU(BPF_ADD, BPF_REG_3, -24),
		MOV(BPF_REG_4, len), CALL(BPF_FUNC_xdp_store_bytes), MIX(),
		MOV_X(BPF_REG_0, BPF_REG_7), EXIT(),
	};
	char what[64];

	snprintf(what, sizeof(what), "%d bytes from %d to %d", len, from, to);
	return compare(insns, NR(insns), what);
}

static void test_bytes(void)
{
	static const int offs[] = { 0, 13, 50, 3505, 3515, 7600, 65530, 65536, -1 };
	int nr_wrong = 0;

	/* bpf(2) leaves the memory of a load that fails as it was: others are compared. */
	for (unsigned int i = 0; i < NR(offs); i++)
		nr_wrong += compare_bytes(0, offs[i], 1) + compare_bytes(5, offs[i], 9) +
			    compare_bytes(1, offs[i], 13);
	ksft_test_result(!nr_wrong, "xdp_load_bytes, xdp_store_bytes\n");
}

static void test_redirect(void)
{
	int nr_wrong = 0;

	for (int flags = 0; flags < 3; flags++) {
		const struct bpf_insn insns[] = {
			MOV(BPF_REG_1, 1), MOV(BPF_REG_2, flags), CALL(BPF_FUNC_redirect), EXIT(),
		};

		nr_wrong += compare(insns, NR(insns), "redirect");
	}
	ksft_test_result(!nr_wrong, "redirect\n");
}

int main(void)
{
	ksft_print_header();
	ksft_set_plan(3);
	for (unsigned int i = 0; i < sizeof(data_in); i++)
		data_in[i] = i * 7 + i / 256;
	test_tail();
	test_bytes();
	test_redirect();
	ksft_finished();
}
