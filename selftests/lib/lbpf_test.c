// SPDX-License-Identifier: GPL-2.0
/*
 * The bpf(2) commands through /dev/lbpf.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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

/* Grace periods are slow in an emulated guest. */
#define POLL_US		50000
#define NR_POLLS	400

void lbpf_stats_begin(struct lbpf_stats *before)
{
	for (int i = 0; i < NR_POLLS; i++) {
		lbpf_stats_read(before);
		if (!before->nr_maps && !before->nr_progs && !before->nr_links &&
		    !before->nr_btfs && !before->text_bytes)
			break;
		usleep(POLL_US);
	}
}

static bool holds_no_more(const struct lbpf_stats *before, struct lbpf_stats *now)
{
	lbpf_stats_read(now);
	return now->nr_maps <= before->nr_maps && now->nr_progs <= before->nr_progs &&
	       now->nr_links <= before->nr_links && now->nr_btfs <= before->nr_btfs &&
	       now->nr_allocs <= before->nr_allocs && now->text_bytes <= before->text_bytes;
}

bool lbpf_nothing_left(const struct lbpf_stats *before)
{
	struct lbpf_stats now;

	for (int i = 0; i < NR_POLLS; i++) {
		if (holds_no_more(before, &now))
			return true;
		usleep(POLL_US);
	}
#define SHOW(field)	ksft_print_msg(#field ": %llu, before %llu\n",			\
			(unsigned long long)now.field, (unsigned long long)before->field)
	SHOW(nr_maps);
	SHOW(nr_progs);
	SHOW(nr_links);
	SHOW(nr_btfs);
	SHOW(nr_allocs);
	SHOW(text_bytes);
#undef SHOW
	return false;
}

bool test_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

bool test_kernel_is_reference(void)
{
	struct utsname uts;

	return !uname(&uts) && !strncmp(uts.release, "6.1.", 4);
}
