/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Test runs of tracing programs.
 *
 * Layer: progtypes.  Private to kernel/progtypes/.
 */
#ifndef LBPF_PROGTYPES_TRACING_RUN_H
#define LBPF_PROGTYPES_TRACING_RUN_H

union bpf_attr;
struct lbpf_prog;
struct lbpf_run;

/* The kernel's own; exported, and in none of its headers. */
int kern_sys_bpf(int cmd, union bpf_attr *attr, unsigned int size);

int lbpf_tracing_test_run(const struct lbpf_prog *prog, struct lbpf_run *run);

#endif /* LBPF_PROGTYPES_TRACING_RUN_H */
