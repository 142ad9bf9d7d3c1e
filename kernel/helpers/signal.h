/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LBPF_HELPER_SIGNAL_H
#define _LBPF_HELPER_SIGNAL_H

void lbpf_signal_init(void);
void lbpf_signal_exit(void);

#endif /* _LBPF_HELPER_SIGNAL_H */
