// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel data as text, by its type.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include <lbpf/btf.h>
#include <lbpf/btf_show.h>
#include <lbpf/kernel_btf.h>

#include "helper.h"
#include "protos.h"

#define ALL_FLAGS	((u64)(BTF_F_COMPACT | BTF_F_NONAME | BTF_F_PTR_RAW | BTF_F_ZERO))

/**
 * struct text - Memory of a program
 * @start: Where it begins.
 * @bytes: Its size.
 * @len: Length of the text as it would be in a room without end.
 */
struct text {
	char	*start;
	u32	bytes;
	u32	len;
};

static __printf(2, 0) void append(void *to, const char *fmt, va_list args)
{
	struct text *text = to;
	u32 used = min(text->len, text->bytes);

	text->len += vsnprintf(text->start + used, text->bytes - used, fmt, args);
}

static int read_kernel(void *dst, const void *src, u32 bytes)
{
	return copy_from_kernel_nofault(dst, src, bytes);
}

static long show(struct text *text, const struct btf_ptr *what, u64 flags)
{
	const struct lbpf_btf_sink sink = { .print = append, .to = text, .read = read_kernel };
	const struct lbpf_btf *btf = lbpf_kernel_btf_peek();
	u32 bytes = 0;
	int err;

	if (!btf || !lbpf_btf_type(btf, what->type_id))
		return -ENOENT;
	/* What has no size has no data: the text says so. */
	lbpf_btf_sized(btf, what->type_id, NULL, &bytes);
	err = lbpf_btf_print_value(btf, what->type_id, what->ptr, bytes, flags, &sink);
	return err ? err : (long)text->len;
}

HELPER_5(show_to, char *, to, u32, size, const struct btf_ptr *, what, u32, what_size, u64, flags)
{
	struct text text = { .start = to, .bytes = size };
	long ret;

	if (flags & ~ALL_FLAGS || what_size != sizeof(*what) || what->flags || !what->type_id)
		return -EINVAL;
	ret = show(&text, what, flags);
	if (ret < 0 && size)
		to[0] = 0;
	return ret;
}

/* The types are read where the program is loaded. */
static bool has_types(const struct lbpf_code *code)
{
	return !IS_ERR(lbpf_kernel_btf());
}

const struct lbpf_proto lbpf_snprintf_btf_proto = {
	.name		= "snprintf_btf",
	.id		= BPF_FUNC_snprintf_btf,
	.fn		= show_to,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM, LBPF_ARG_CONST_SIZE, LBPF_ARG_MEM | LBPF_RDONLY,
			    LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING },
	.allowed	= has_types,
};
