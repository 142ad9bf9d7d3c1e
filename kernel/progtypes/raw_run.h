/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runs of raw tracepoints.
 *
 * Layer: progtypes (private).
 */
#ifndef _LBPF_RAW_RUN_H
#define _LBPF_RAW_RUN_H

#include <linux/types.h>

struct lbpf_prog;
struct lbpf_run;

/* The kernel's word for the most arguments of a traced function. */
#define LBPF_RAW_ARGS		12
#define LBPF_RAW_CTX_BYTES	(LBPF_RAW_ARGS * sizeof(u64))

int lbpf_raw_test_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* _LBPF_RAW_RUN_H */
