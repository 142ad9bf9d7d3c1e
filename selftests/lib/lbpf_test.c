// SPDX-License-Identifier: GPL-2.0
/*
 * The bpf(2) commands through /dev/lbpf.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <kselftest.h>
#include "lbpf_test.h"

int lbpf_dev(void)
{
	static int dev = -1;

	if (dev < 0) {
		dev = open(LBPF_DEVICE, O_RDWR | O_CLOEXEC);
		if (dev < 0) {
			printf("Bail out! %s: %s\n", LBPF_DEVICE, strerror(errno));
			exit(KSFT_FAIL);
		}
	}
	return dev;
}

int test_bpf(enum test_side side, int cmd, void *attr, unsigned int size_bytes)
{
	if (side == SIDE_KERNEL)
		return syscall(__NR_bpf, cmd, attr, size_bytes);
	return ioctl(lbpf_dev(), LBPF_IOC(cmd, size_bytes), attr);
}

int lbpf_sys(int cmd, union bpf_attr *attr)
{
	return test_bpf(SIDE_LBPF, cmd, attr, sizeof(*attr));
}

void lbpf_stats_read(struct lbpf_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (test_bpf(SIDE_LBPF, LBPF_STATS, stats, sizeof(*stats)) < 0) {
		printf("Bail out! LBPF_STATS: %s\n", strerror(errno));
		exit(KSFT_FAIL);
	}
}

bool test_kernel_is_reference(void)
{
	struct utsname uts;

	return !uname(&uts) && !strncmp(uts.release, "6.1.", 4);
}
