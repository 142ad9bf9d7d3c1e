/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether the module holds no more than before.
 */
#ifndef _LEAKS_H
#define _LEAKS_H

#include <stdbool.h>
#include <unistd.h>
#include <kselftest.h>
#include "lbpf_test.h"

/* Objects are freed after grace periods, which are slow in an emulated guest. */
#define LEAK_POLL_US	50000
#define LEAK_NR_POLLS	400

static inline bool nothing_leaked(const struct lbpf_stats *before)
{
	struct lbpf_stats now;
	int i;

	for (i = 0; i < LEAK_NR_POLLS; i++) {
		lbpf_stats_read(&now);
		if (now.nr_maps <= before->nr_maps && now.nr_progs <= before->nr_progs &&
		    now.nr_links <= before->nr_links && now.nr_btfs <= before->nr_btfs &&
		    now.nr_allocs <= before->nr_allocs && now.text_bytes <= before->text_bytes)
			return true;
		usleep(LEAK_POLL_US);
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

#endif /* _LEAKS_H */
