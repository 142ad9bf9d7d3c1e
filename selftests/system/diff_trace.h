/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differential test: the memory that a scenario's process shares with the runner.
 */
#ifndef _DIFF_TRACE_H
#define _DIFF_TRACE_H

#include <stdbool.h>
#include <stddef.h>

struct trace_area {
	size_t used;		/* bytes of text */
	bool is_full;		/* the scenario had more to say */
	char text[24 << 20];	/* lines */
};

extern struct trace_area *diff_trace;

#endif /* _DIFF_TRACE_H */
