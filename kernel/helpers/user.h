/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LBPF_HELPER_USER_H
#define _LBPF_HELPER_USER_H

#include <linux/types.h>

bool lbpf_is_in_process(void);

#endif /* _LBPF_HELPER_USER_H */
