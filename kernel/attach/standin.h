/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A kernel program that stands in for an lbpf program.
 *
 * Layer: attach (private).
 */
#ifndef _LBPF_STANDIN_H
#define _LBPF_STANDIN_H

struct bpf_prog;
struct lbpf_prog;

/* A kernel program that runs @prog and holds a reference on it, or NULL; bpf_prog_put() it. */
struct bpf_prog *lbpf_standin_make(struct lbpf_prog *prog);

#endif /* _LBPF_STANDIN_H */
