// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is left: what the module holds once every program has ended.
 *
 * idle -p prints the number of allocations that an idle module has, the kernel's
 * BTF included, which it reads once; the test takes that number from
 * LBPF_IDLE_ALLOCS.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <kselftest.h>
#include "insns.h"
#include "lbpf_test.h"

/* Objects are freed after grace periods, which are slow in an emulated guest. */
#define POLL_US		100000
#define NR_POLLS	200

static bool is_idle(const struct lbpf_stats *stats, unsigned long long nr_allocs)
{
	return !stats->nr_maps && !stats->nr_progs && !stats->nr_links && !stats->nr_btfs &&
	       !stats->text_bytes && stats->nr_allocs <= nr_allocs;
}

/* What needs the kernel's BTF, if there is one. */
static void use_kernel_btf(void)
{
	static const struct bpf_insn ret0[] = { MOV_IMM(BPF_REG_0, 0), EXIT() };
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT, .insns = (uintptr_t)ret0,
		.insn_cnt = 2, .license = (uintptr_t)"GPL",
	};
	union bpf_attr attr = { .raw_tracepoint.name = (uintptr_t)"sys_enter" };
	int prog = lbpf_sys(BPF_PROG_LOAD, &load);

	attr.raw_tracepoint.prog_fd = prog;
	close(lbpf_sys(BPF_RAW_TRACEPOINT_OPEN, &attr));
	close(prog);
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
		use_kernel_btf();
		lbpf_stats_read(&stats);
		wait_for_idle(&stats, ~0ULL);
		printf("%llu\n", (unsigned long long)stats.nr_allocs);
		return 0;
	}

	ksft_print_header();
	ksft_set_plan(3);
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
