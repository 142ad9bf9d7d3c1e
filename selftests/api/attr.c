// SPDX-License-Identifier: GPL-2.0
/*
 * Size and tail of attributes: every command, every size, lbpf beside bpf(2).
 */
#include <errno.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <kselftest_harness.h>
#include "both.h"

#define PAGE_BYTES	4096
#define NO_FD		9999
/* More than any union bpf_attr. */
#define MAX_SIZE	200

/*
 * What lbpf answers, with attributes that fail early and alike on both sides: no descriptor
 * in them is open.
 */
struct command {
	int cmd;
	/* Offset of a descriptor, or -1. */
	int fd_off;
	/* End of the last attribute in Linux 6.1. */
	unsigned int end;
};

#define END(member)	(offsetof(union bpf_attr, member) + sizeof(((union bpf_attr *)0)->member))
#define FD(member)	((int)offsetof(union bpf_attr, member))

static const struct command commands[] = {
	{ BPF_MAP_CREATE, -1, END(map_extra) },
	{ BPF_MAP_LOOKUP_ELEM, FD(map_fd), END(flags) },
	{ BPF_MAP_UPDATE_ELEM, FD(map_fd), END(flags) },
	{ BPF_MAP_DELETE_ELEM, FD(map_fd), END(key) },
	{ BPF_MAP_GET_NEXT_KEY, FD(map_fd), END(next_key) },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, FD(map_fd), END(flags) },
	{ BPF_MAP_FREEZE, FD(map_fd), END(map_fd) },
	{ BPF_MAP_LOOKUP_BATCH, FD(batch.map_fd), END(batch.flags) },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, FD(batch.map_fd), END(batch.flags) },
	{ BPF_MAP_UPDATE_BATCH, FD(batch.map_fd), END(batch.flags) },
	{ BPF_MAP_DELETE_BATCH, FD(batch.map_fd), END(batch.flags) },
	{ BPF_PROG_LOAD, -1, END(core_relo_rec_size) },
	{ BPF_PROG_TEST_RUN, FD(test.prog_fd), END(test.batch_size) },
	{ BPF_PROG_GET_FD_BY_ID, FD(prog_id), END(prog_id) },
	{ BPF_MAP_GET_FD_BY_ID, FD(map_id), END(open_flags) },
	{ BPF_BTF_GET_FD_BY_ID, FD(btf_id), END(btf_id) },
	{ BPF_LINK_GET_FD_BY_ID, FD(link_id), END(link_id) },
	{ BPF_OBJ_GET_INFO_BY_FD, FD(info.bpf_fd), END(info) },
	{ BPF_PROG_BIND_MAP, FD(prog_bind_map.prog_fd), END(prog_bind_map.flags) },
	{ BPF_ENABLE_STATS, FD(enable_stats.type), END(enable_stats.type) },
};

/* What the answers of this kernel to @command say about lbpf. */
static int is_comparable(const struct command *command)
{
	return test_kernel_is_reference() || command->cmd != BPF_PROG_LOAD;
}

/* errno of a call that must not succeed. */
static int fail(enum test_side side, int cmd, void *attr, unsigned int size)
{
	int ret = test_bpf(side, cmd, attr, size);

	if (ret < 0)
		return errno;
	if (ret > STDERR_FILENO)
		close(ret);
	return 0;
}

static void fill(const struct command *command, unsigned char *attr)
{
	unsigned int fd = NO_FD;

	memset(attr, 0, PAGE_BYTES + 1);
	if (command->fd_off >= 0)
		memcpy(attr + command->fd_off, &fd, sizeof(fd));
}

/* The answer that a command with a tail would give if the tail were zero. */
TEST(sizes)
{
	static unsigned char attr[PAGE_BYTES + 1];
	const struct command *command;
	unsigned int i, size;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		command = &commands[i];
		if (!is_comparable(command))
			continue;
		for (size = 0; size <= MAX_SIZE; size++) {
			fill(command, attr);
			EXPECT_EQ(fail(SIDE_KERNEL, command->cmd, attr, size),
				  fail(SIDE_LBPF, command->cmd, attr, size))
				TH_LOG("command %d size %u", command->cmd, size);
		}
		for (size = PAGE_BYTES - 1; size <= PAGE_BYTES + 1; size++) {
			fill(command, attr);
			EXPECT_EQ(size > PAGE_BYTES,
				  fail(SIDE_LBPF, command->cmd, attr, size) == E2BIG);
			EXPECT_EQ(fail(SIDE_KERNEL, command->cmd, attr, size),
				  fail(SIDE_LBPF, command->cmd, attr, size))
				TH_LOG("command %d size %u", command->cmd, size);
		}
	}
}

/* One byte that is not zero, at every place behind what the command knows. */
TEST(tails)
{
	static unsigned char attr[PAGE_BYTES + 1];
	const struct command *command;
	unsigned int i, off, size;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		command = &commands[i];
		if (!is_comparable(command))
			continue;
		for (off = command->end; off < MAX_SIZE; off++) {
			for (size = off - 7; size <= off + 8; size++) {
				fill(command, attr);
				attr[off] = 1;
				EXPECT_EQ(fail(SIDE_KERNEL, command->cmd, attr, size),
					  fail(SIDE_LBPF, command->cmd, attr, size))
					TH_LOG("command %d size %u byte %u", command->cmd, size,
					       off);
			}
		}
		fill(command, attr);
		attr[PAGE_BYTES - 1] = 1;
		EXPECT_EQ(E2BIG, fail(SIDE_LBPF, command->cmd, attr, PAGE_BYTES));
	}
}

TEST(addresses)
{
	unsigned char *attr = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int i, size;

	ASSERT_NE(MAP_FAILED, attr);
	munmap(attr + PAGE_BYTES, PAGE_BYTES);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		int cmd = commands[i].cmd;

		EXPECT_EQ(EFAULT, fail(SIDE_LBPF, cmd, NULL, 16));
		EXPECT_EQ(EFAULT, fail(SIDE_LBPF, cmd, (void *)-4096, 16));
		EXPECT_EQ(EFAULT, fail(SIDE_LBPF, cmd, NULL, 150));
		for (size = 1; size < MAX_SIZE; size++) {
			/* One byte is missing. */
			EXPECT_EQ(fail(SIDE_KERNEL, cmd, attr + PAGE_BYTES - size + 1, size),
				  fail(SIDE_LBPF, cmd, attr + PAGE_BYTES - size + 1, size))
				TH_LOG("command %d size %u", cmd, size);
			EXPECT_EQ(EFAULT, fail(SIDE_LBPF, cmd, attr + PAGE_BYTES - size + 1, size));
		}
	}
}

/* What is no command yet answers as what is no command of bpf(2). */
TEST(unknown)
{
	static unsigned char attr[PAGE_BYTES + 1];
	int cmd;

	for (cmd = 60; cmd < 0x100; cmd++) {
		if (cmd >= LBPF_CMD_FIRST && cmd <= LBPF_PERF_QUERY)
			continue;
		memset(attr, 0, sizeof(attr));
		EXPECT_EQ(EINVAL, fail(SIDE_LBPF, cmd, attr, 0));
		EXPECT_EQ(EINVAL, fail(SIDE_LBPF, cmd, attr, 16));
		EXPECT_EQ(fail(SIDE_KERNEL, cmd, attr, 120), fail(SIDE_LBPF, cmd, attr, 120));
		EXPECT_EQ(E2BIG, fail(SIDE_LBPF, cmd, attr, PAGE_BYTES + 1));
		EXPECT_EQ(EFAULT, fail(SIDE_LBPF, cmd, NULL, 16));
		attr[MAX_SIZE - 1] = 1;
		EXPECT_EQ(E2BIG, fail(SIDE_LBPF, cmd, attr, MAX_SIZE));
	}
}

TEST(other_ioctls)
{
	unsigned char attr[256] = {};

	EXPECT_EQ(-1, ioctl(lbpf_dev(), 0, attr));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(lbpf_dev(), _IOC(_IOC_READ, LBPF_IOC_MAGIC, BPF_MAP_CREATE, 16), attr));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(-1, ioctl(lbpf_dev(), _IOWR(0xBE, BPF_MAP_CREATE, attr), attr));
	EXPECT_EQ(ENOTTY, errno);
}

TEST(own_commands)
{
	struct {
		struct lbpf_stats stats;
		unsigned char tail[8];
	} attr = {};
	struct lbpf_map_count count = { .map_fd = NO_FD };

	EXPECT_EQ(0, fail(SIDE_LBPF, LBPF_STATS, &attr, sizeof(attr)));
	EXPECT_EQ(0, fail(SIDE_LBPF, LBPF_STATS, &attr, sizeof(attr.stats)));
	attr.tail[3] = 1;
	EXPECT_EQ(E2BIG, fail(SIDE_LBPF, LBPF_STATS, &attr, sizeof(attr)));

	/* A caller of an older version gets what it knows. */
	memset(&attr, 0xff, sizeof(attr));
	EXPECT_EQ(0, fail(SIDE_LBPF, LBPF_STATS, &attr, 8));
	EXPECT_NE(~0ULL, attr.stats.nr_maps);
	EXPECT_EQ(~0ULL, attr.stats.nr_progs);

	EXPECT_EQ(EBADF, fail(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)));
	EXPECT_EQ(EINVAL, fail(SIDE_LBPF, LBPF_MAP_COUNT, &count, 8));
	count.map_fd = lbpf_dev();
	EXPECT_EQ(EINVAL, fail(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)));
	count.map_fd = NO_FD;
	count.flags = 1;
	EXPECT_EQ(EINVAL, fail(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)));
}

TEST_HARNESS_MAIN
