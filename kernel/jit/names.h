/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of compiled functions.
 *
 * Layer: jit (private).
 */
#ifndef LBPF_JIT_NAMES_H
#define LBPF_JIT_NAMES_H

struct lbpf_image;

int lbpf_names_init(void);
void lbpf_names_exit(void);
void lbpf_image_unname(struct lbpf_image *image);

#endif /* LBPF_JIT_NAMES_H */
