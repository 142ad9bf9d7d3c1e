// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is left: what the module holds once every program has ended.
 *
 * idle -p prints the number of allocations that an idle module has; the test
 * takes that number from LBPF_IDLE_ALLOCS.
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

int main(int argc, char **argv)
{
	const char *baseline = getenv("LBPF_IDLE_ALLOCS");
	unsigned long long nr_allocs = baseline ? strtoull(baseline, NULL, 0) : 0;
	struct lbpf_stats stats;
	int i;

	lbpf_stats_read(&stats);
	if (argc > 1 && !strcmp(argv[1], "-p")) {
		printf("%llu\n", (unsigned long long)stats.nr_allocs);
		return 0;
	}

	ksft_print_header();
	ksft_set_plan(3);
	for (i = 0; i < NR_POLLS && !is_idle(&stats, nr_allocs); i++) {
		usleep(POLL_US);
		lbpf_stats_read(&stats);
	}
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
