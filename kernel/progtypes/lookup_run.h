/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runs of programs that choose a socket.
 *
 * Layer: progtypes (private).
 */
#ifndef _LBPF_LOOKUP_RUN_H
#define _LBPF_LOOKUP_RUN_H

struct lbpf_prog;
struct lbpf_run;

int lbpf_lookup_test_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* _LBPF_LOOKUP_RUN_H */
