/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Printed lines.
 *
 * Layer: helpers (private).
 */
#ifndef _LBPF_HELPER_TRACE_H
#define _LBPF_HELPER_TRACE_H

void lbpf_trace_init(void);
void lbpf_trace_enable(void);

#endif /* _LBPF_HELPER_TRACE_H */
