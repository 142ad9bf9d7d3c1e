/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What programs attach to that name it by a BTF id.
 *
 * Layer: progtypes.  Private to kernel/progtypes/.
 */
#ifndef LBPF_PROGTYPES_BTF_TARGET_H
#define LBPF_PROGTYPES_BTF_TARGET_H

#include <linux/types.h>

#include <lbpf/code.h>
#include <lbpf/log.h>

/* A line of the log, and then @err. */
#define refuse(code, err, fmt, ...)	(lbpf_log((code)->log, fmt "\n", ##__VA_ARGS__), (err))

int lbpf_tracing_target(struct lbpf_code *code);
int lbpf_lsm_target(struct lbpf_code *code);
/* lsm_hooks.c: may programs at the hook @name ("bpf_lsm_...") sleep? */
bool lbpf_lsm_may_sleep(const char *name);
/* Is it one that no program may be at? */
bool lbpf_lsm_is_disabled(const char *name);

#endif /* LBPF_PROGTYPES_BTF_TARGET_H */
