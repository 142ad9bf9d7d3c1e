// SPDX-License-Identifier: GPL-2.0
/*
 * Passes of the load pipeline that are not built yet: each one refuses.
 *
 * Layer: api.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/stdarg.h>

#include <lbpf/jit.h>
#include <lbpf/log.h>
#include <lbpf/rewrite.h>
#include <lbpf/verifier.h>

struct lbpf_env;

__printf(3, 4) int lbpf_reject(struct lbpf_env *env, int err, const char *fmt, ...);

int __weak lbpf_verify(struct lbpf_code *code)
{
	return -EOPNOTSUPP;
}

int __weak lbpf_rewrite(struct lbpf_code *code)
{
	return -EOPNOTSUPP;
}

struct lbpf_image * __weak lbpf_jit(struct lbpf_code *code)
{
	return ERR_PTR(-EOPNOTSUPP);
}

void __weak lbpf_image_free(struct lbpf_image *image)
{
}

u64 __weak lbpf_text_used_bytes(void)
{
	return 0;
}

u64 __weak lbpf_text_size_bytes(void)
{
	return 0;
}

int __weak lbpf_log_open(struct lbpf_log *log, u32 level, char __user *ubuf, u32 size_bytes)
{
	return level || ubuf || size_bytes ? -EOPNOTSUPP : 0;
}

void __weak lbpf_log(struct lbpf_log *log, const char *fmt, ...)
{
}

int __weak lbpf_reject(struct lbpf_env *env, int err, const char *fmt, ...)
{
	return err;
}
