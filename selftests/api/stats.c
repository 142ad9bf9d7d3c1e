// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_ENABLE_STATS: runs are counted while its descriptor is open.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <kselftest_harness.h>
#include "both.h"

#define RUNS	17

static int load(int side)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 3 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER,
		.insns = PTR(insns),
		.insn_cnt = ARRAY_SIZE(insns),
		.license = PTR("GPL"),
	};

	return call(side, BPF_PROG_LOAD, &attr);
}

static int run(int side, int fd)
{
	unsigned char packet[64] = {};
	union bpf_attr attr = { .test = { .prog_fd = fd, .data_in = PTR(packet),
					  .data_size_in = sizeof(packet), .repeat = RUNS } };

	return call(side, BPF_PROG_TEST_RUN, &attr);
}

static long long run_count(int side, int fd)
{
	struct bpf_prog_info info = {};
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info = PTR(&info),
					  .info_len = sizeof(info) } };

	return call(side, BPF_OBJ_GET_INFO_BY_FD, &attr) ? -1 : (long long)info.run_cnt;
}

static int enable(int side, unsigned int type)
{
	union bpf_attr attr = { .enable_stats.type = type };

	return call(side, BPF_ENABLE_STATS, &attr);
}

TEST(counts)
{
	int prog, stats, side;

	FOR_EACH_SIDE(side) {
		prog = load(side);
		ASSERT_LE(0, prog);
		EXPECT_EQ(0, run(side, prog));
		EXPECT_EQ(0, run_count(side, prog));
		stats = enable(side, BPF_STATS_RUN_TIME);
		ASSERT_LE(0, stats);
		EXPECT_EQ(FD_CLOEXEC, fcntl(stats, F_GETFD));
		EXPECT_EQ(0, run(side, prog));
		EXPECT_EQ(RUNS, run_count(side, prog));
		close(stats);
		EXPECT_EQ(0, run(side, prog));
		EXPECT_EQ(RUNS, run_count(side, prog));
		close(prog);
	}
}

/* Counting goes on while one of several descriptors is open. */
TEST(several)
{
	int first = enable(SIDE_LBPF, BPF_STATS_RUN_TIME);
	int second = enable(SIDE_LBPF, BPF_STATS_RUN_TIME);
	int prog = load(SIDE_LBPF);

	close(first);
	EXPECT_EQ(0, run(SIDE_LBPF, prog));
	EXPECT_EQ(RUNS, run_count(SIDE_LBPF, prog));
	close(second);
	EXPECT_EQ(0, run(SIDE_LBPF, prog));
	EXPECT_EQ(RUNS, run_count(SIDE_LBPF, prog));
}

TEST(types)
{
	unsigned int type;

	for (type = 1; type; type <<= 1)
		EXPECT_EQ(enable(SIDE_KERNEL, type), enable(SIDE_LBPF, type));
}

TEST_HARNESS_MAIN
