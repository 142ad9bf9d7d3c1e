/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runs of XDP programs.
 *
 * Layer: progtypes (private).
 */
#ifndef _LBPF_XDP_RUN_H
#define _LBPF_XDP_RUN_H

struct lbpf_prog;
struct lbpf_run;

int lbpf_xdp_test_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* _LBPF_XDP_RUN_H */
