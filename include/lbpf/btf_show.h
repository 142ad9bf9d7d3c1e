/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Data as text, by its type.
 *
 * Layer: btf (p).
 */
#ifndef _LBPF_BTF_SHOW_H
#define _LBPF_BTF_SHOW_H

#include <linux/compiler.h>
#include <linux/stdarg.h>
#include <linux/types.h>

struct lbpf_btf;

/**
 * struct lbpf_btf_sink - Where text goes
 * @print: Appends to @to, as vprintf().
 * @to: For @print.
 * @read: Reads data that may not be there: 0 or -errno.  NULL: it is.
 */
struct lbpf_btf_sink {
	__printf(2, 0) void (*print)(void *to, const char *fmt, va_list args);
	void *to;
	int (*read)(void *dst, const void *src, u32 bytes);
};

/* The format of pinned maps. */
#define LBPF_BTF_SHOW_PINNED	(BTF_F_COMPACT | BTF_F_NONAME | BTF_F_ZERO)

/* Prints the @bytes at @data as the type @id, in the format of BTF_F_* of <linux/bpf.h>. */
int lbpf_btf_print_value(const struct lbpf_btf *btf, u32 id, const void *data, u32 bytes,
			 u64 flags, const struct lbpf_btf_sink *sink);

#endif /* _LBPF_BTF_SHOW_H */
