// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on strings.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "helper.h"
#include "protos.h"

HELPER_3(compare, const char *, str, u32, size, const char *, constant)
{
	return strncmp(str, constant, size);
}

const struct lbpf_proto lbpf_strncmp_proto = {
	.name	= "strncmp",
	.id	= BPF_FUNC_strncmp,
	.fn	= compare,
	.ret	= LBPF_RET_INTEGER,
	.arg	= { LBPF_ARG_MEM, LBPF_ARG_CONST_SIZE, LBPF_ARG_CONST_STR },
};

/**
 * struct number - A number as it is read
 * @value: Its absolute value.
 * @is_negative: There was a minus sign.
 * @len: Bytes read, leading space included.
 */
struct number {
	u64	value;
	bool	is_negative;
	u32	len;
};

/* The base that the digits at @str show, where the caller names none; the prefix is skipped. */
static u32 find_base(const char *str, u32 size, u32 base, u32 *pos)
{
	bool has_zero = *pos < size && str[*pos] == '0';
	bool is_hex = has_zero && *pos + 2 < size && tolower(str[*pos + 1]) == 'x' &&
		      isxdigit(str[*pos + 2]);

	if ((!base || base == 16) && is_hex) {
		*pos += 2;
		return 16;
	}
	if (base)
		return base;
	return has_zero ? 8 : 10;
}

/*
 * Source: bpf_strtol() in bpf-helpers(7): space, a sign, digits in base 8, 10, 16, or as they
 * begin.
 */
static int read_number(const char *str, u32 size, u64 flags, struct number *number)
{
	u32 base = flags, pos = 0, start;

	if (base != flags || (base != 0 && base != 8 && base != 10 && base != 16) || !size)
		return -EINVAL;
	while (pos < size && isspace(str[pos]))
		pos++;
	number->is_negative = pos < size && str[pos] == '-';
	pos += number->is_negative;
	base = find_base(str, size, base, &pos);
	number->value = 0;
	for (start = pos; pos < size; pos++) {
		int digit = hex_to_bin(str[pos]);

		if (digit < 0 || digit >= base)
			break;
		if (check_mul_overflow(number->value, (u64)base, &number->value) ||
		    check_add_overflow(number->value, (u64)digit, &number->value))
			return -ERANGE;
	}
	number->len = pos;
	return pos == start ? -EINVAL : 0;
}

HELPER_4(to_long, const char *, str, u32, size, u64, flags, s64 *, result)
{
	struct number number;
	int err = read_number(str, size, flags, &number);

	*result = 0;
	if (err)
		return err;
	if (number.value > (u64)S64_MAX + number.is_negative)
		return -ERANGE;
	*result = number.is_negative ? -number.value : number.value;
	return number.len;
}

HELPER_4(to_ulong, const char *, str, u32, size, u64, flags, u64 *, result)
{
	struct number number;
	int err = read_number(str, size, flags, &number);

	*result = 0;
	if (!err && number.is_negative)
		err = -EINVAL;
	if (err)
		return err;
	*result = number.value;
	return number.len;
}

#define NUMBER_PROTO(helper, function)					\
	{								\
		.name	= #helper,					\
		.id	= BPF_FUNC_ ## helper,				\
		.fn	= function,					\
		.ret	= LBPF_RET_INTEGER,				\
		.arg	= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING,	\
			    LBPF_ARG_LONG_PTR | LBPF_UNINIT },			\
	}

const struct lbpf_proto lbpf_strtol_proto = NUMBER_PROTO(strtol, to_long);
const struct lbpf_proto lbpf_strtoul_proto = NUMBER_PROTO(strtoul, to_ulong);
