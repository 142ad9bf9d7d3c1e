// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is left: what the module holds once every program has ended.
 *
 * idle -p prints the number of allocations that an idle module has, but for
 * the BTF of the kernel and of modules, which it reads once; the test takes
 * that number from LBPF_IDLE_ALLOCS.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kselftest.h>
#include "lbpf_test.h"

/* Objects are freed after grace periods, which are slow in an emulated guest. */
#define POLL_US		100000
#define NR_POLLS	200

static bool is_idle(const struct lbpf_stats *stats, unsigned long long nr_allocs)
{
	return !stats->nr_maps && !stats->nr_progs && !stats->nr_links && !stats->nr_btfs &&
	       !stats->text_bytes && stats->nr_allocs <= nr_allocs;
}

/* Object, bytes, places of types, and two parts of an index by name. */
#define ALLOCS_PER_BTF	5

/* Of the kernel and its modules: it is read when somebody asks for ids, and stays. */
static unsigned long long count_kernel_btfs(void)
{
	union bpf_attr attr = {};
	unsigned long long nr = 0;

	for (; !lbpf_sys(BPF_BTF_GET_NEXT_ID, &attr); attr.start_id = attr.next_id)
		nr++;
	return nr;
}

static void wait_for_idle(struct lbpf_stats *stats, unsigned long long nr_allocs)
{
	for (int i = 0; i < NR_POLLS && !is_idle(stats, nr_allocs); i++) {
		usleep(POLL_US);
		lbpf_stats_read(stats);
	}
}

int main(int argc, char **argv)
{
	const char *baseline = getenv("LBPF_IDLE_ALLOCS");
	unsigned long long nr_allocs = baseline ? strtoull(baseline, NULL, 0) : 0;
	struct lbpf_stats stats;

	if (argc > 1 && !strcmp(argv[1], "-p")) {
		nr_allocs = ALLOCS_PER_BTF * count_kernel_btfs();
		lbpf_stats_read(&stats);
		wait_for_idle(&stats, ~0ULL);
		printf("%llu\n", (unsigned long long)stats.nr_allocs - nr_allocs);
		return 0;
	}

	ksft_print_header();
	ksft_set_plan(3);
	nr_allocs += ALLOCS_PER_BTF * count_kernel_btfs();
	lbpf_stats_read(&stats);
	wait_for_idle(&stats, nr_allocs);
	ksft_test_result(!stats.nr_maps && !stats.nr_progs && !stats.nr_links && !stats.nr_btfs,
			 "objects are gone (%llu maps, %llu progs, %llu links, %llu btfs)\n",
			 (unsigned long long)stats.nr_maps, (unsigned long long)stats.nr_progs,
			 (unsigned long long)stats.nr_links, (unsigned long long)stats.nr_btfs);
	ksft_test_result(stats.nr_allocs <= nr_allocs,
			 "allocations are gone (%llu, at first %llu)\n",
			 (unsigned long long)stats.nr_allocs, nr_allocs);
	ksft_test_result(!stats.text_bytes, "program text is gone (%llu bytes)\n",
			 (unsigned long long)stats.text_bytes);
	ksft_finished();
}
