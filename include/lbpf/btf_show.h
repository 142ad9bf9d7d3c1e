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
 */
struct lbpf_btf_sink {
	__printf(2, 0) void (*print)(void *to, const char *fmt, va_list args);
	void *to;
};

/* Prints the @bytes at @data as the type @id, as bpffs shows the elements of pinned maps. */
void lbpf_btf_print_value(const struct lbpf_btf *btf, u32 id, const void *data, u32 bytes,
			  const struct lbpf_btf_sink *sink);

#endif /* _LBPF_BTF_SHOW_H */
