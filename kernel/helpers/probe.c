// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers that read memory which may not be there.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "helper.h"
#include "protos.h"

/* What cannot be read reads as zeros. */
static long zero_unless_read(long err, void *dst, u32 size)
{
	if (err)
		memset(dst, 0, size);
	return err;
}

HELPER_3(probe_read_kernel, void *, dst, u32, size, const void *, src)
{
	return zero_unless_read(copy_from_kernel_nofault(dst, src, size), dst, size);
}

HELPER_3(probe_read_user, void *, dst, u32, size, const void __user *, src)
{
	return zero_unless_read(copy_from_user_nofault(dst, src, size), dst, size);
}

/* Addresses of the kernel and of processes do not overlap here. */
HELPER_3(probe_read_either, void *, dst, u32, size, const void *, src)
{
	if ((unsigned long)src < TASK_SIZE)
		return probe_read_user_body(dst, size, (const void __user *)src);
	return probe_read_kernel_body(dst, size, src);
}

/* Up to the end of an aligned word, which lies in one page: nothing beyond it may be readable. */
static long read_word(u64 *word, unsigned long addr, u32 bytes, bool is_user)
{
	if (is_user)
		return copy_from_user_nofault(word, (const void __user *)addr, bytes);
	return copy_from_kernel_nofault(word, (const void *)addr, bytes);
}

/* Length of what is in @dst then, without its zero; @size: there was none.  Or -errno. */
static long read_string(char *dst, u32 size, unsigned long addr, bool is_user)
{
	u32 len = 0, bytes, used;
	u64 word;
	long err;

	while (len < size) {
		bytes = min_t(u32, sizeof(word) - (addr + len) % sizeof(word), size - len);
		err = read_word(&word, addr + len, bytes, is_user);
		if (err)
			return zero_unless_read(err, dst, size);
		used = strnlen((char *)&word, bytes);
		memcpy(dst + len, &word, min(used + 1, bytes));
		len += used;
		if (used < bytes)
			break;
	}
	return len;
}

/* The length with the zero, which a string that does not fit gets too. */
static long end_string(char *dst, u32 size, long len)
{
	if (len < 0 || !size)
		return len;
	if (len < size)
		return len + 1;
	dst[size - 1] = 0;
	return size;
}

HELPER_3(probe_read_kernel_str, char *, dst, u32, size, unsigned long, src)
{
	return end_string(dst, size, read_string(dst, size, src, false));
}

/*
 * As strncpy_from_user() does it: a string fills whole words, as far as there is room for them,
 * with zeros, so that equal strings are equal keys; and an empty one has no length.
 */
HELPER_3(probe_read_user_str, char *, dst, u32, size, unsigned long, src)
{
	long len = read_string(dst, size, src, true);
	u32 end = round_up(len + 1, sizeof(u64));

	if (len >= 0 && len < size && end <= size)
		memset(dst + len, 0, end - len);
	return len ? end_string(dst, size, len) : 0;
}

HELPER_3(probe_read_str_either, char *, dst, u32, size, unsigned long, src)
{
	if (src < TASK_SIZE)
		return probe_read_user_str_body(dst, size, src);
	return probe_read_kernel_str_body(dst, size, src);
}

#define PROBE_READ(helper, code)					\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= code,					\
		.gpl_only	= true,					\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_MEM | LBPF_UNINIT,		\
				    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },	\
	}

/* R0 is an error, or a length up to the size. */
#define PROBE_READ_STR(helper, code)					\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= code,					\
		.gpl_only	= true,					\
		.effects	= LBPF_EFF_ERRNO | LBPF_EFF_R0_MAX_SIZE,	\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_MEM | LBPF_UNINIT,		\
				    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },	\
	}

const struct lbpf_proto lbpf_probe_read_kernel_proto =
	PROBE_READ(probe_read_kernel, probe_read_kernel);
const struct lbpf_proto lbpf_probe_read_user_proto = PROBE_READ(probe_read_user, probe_read_user);
const struct lbpf_proto lbpf_probe_read_proto = PROBE_READ(probe_read, probe_read_either);
const struct lbpf_proto lbpf_probe_read_kernel_str_proto =
	PROBE_READ_STR(probe_read_kernel_str, probe_read_kernel_str);
const struct lbpf_proto lbpf_probe_read_user_str_proto =
	PROBE_READ_STR(probe_read_user_str, probe_read_user_str);
const struct lbpf_proto lbpf_probe_read_str_proto =
	PROBE_READ_STR(probe_read_str, probe_read_str_either);
