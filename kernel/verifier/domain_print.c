// SPDX-License-Identifier: GPL-2.0
/*
 * Scalars as text, in the words of the verifier log of Linux 6.1.
 *
 * Layer: verifier (domain).  Pure.
 */
#include <linux/kernel.h>
#include "domain.h"
#include "domain_num.h"

/**
 * struct text - Text that is being written
 * @buf: Where to.
 * @size_bytes: Size of @buf.
 * @len: Characters written.
 */
struct text {
	char *buf;
	size_t size_bytes;
	size_t len;
};

static char *tail(struct text *text)
{
	return text->buf + text->len;
}

static size_t room_bytes(const struct text *text)
{
	return text->size_bytes - text->len;
}

static void begin_field(struct text *text, const char *name)
{
	text->len += scnprintf(tail(text), room_bytes(text), "%s%s=",
			       text->len ? "," : "", name);
}

static void print_signed(struct text *text, const char *name, s64 x)
{
	begin_field(text, name);
	text->len += scnprintf(tail(text), room_bytes(text), "%lld",
			       (long long)x);
}

static void print_unsigned(struct text *text, const char *name, u64 x)
{
	begin_field(text, name);
	text->len += scnprintf(tail(text), room_bytes(text), "%llu",
			       (unsigned long long)x);
}

/* A bound is left out where it is the default, or follows from another. */
static void print_range(struct text *text, const struct lbpf_range *range)
{
	struct lbpf_range full;

	lbpf_range_set_full(LBPF_FULL_BITS, &full);
	if (range->smin != (s64)range->umin && range->smin != full.smin)
		print_signed(text, "smin", range->smin);
	if (range->smax != (s64)range->umax && range->smax != full.smax)
		print_signed(text, "smax", range->smax);
	if (range->umin != full.umin)
		print_unsigned(text, "umin", range->umin);
	if (range->umax != full.umax)
		print_unsigned(text, "umax", range->umax);
}

static void print_low_range(struct text *text, const struct lbpf_scalar *s)
{
	struct lbpf_range full;

	lbpf_range_set_full(LBPF_LOW_BITS, &full);
	if (s->r32.smin != s->r64.smin && s->r32.smin != full.smin)
		print_signed(text, "s32_min", s->r32.smin);
	if (s->r32.smax != s->r64.smax && s->r32.smax != full.smax)
		print_signed(text, "s32_max", s->r32.smax);
	/* Linux 6.1 prints these two as if they had a sign. */
	if (s->r32.umin != s->r64.umin && s->r32.umin != full.umin)
		print_signed(text, "u32_min", (s32)s->r32.umin);
	if (s->r32.umax != s->r64.umax && s->r32.umax != full.umax)
		print_signed(text, "u32_max", (s32)s->r32.umax);
}

/**
 * lbpf_scalar_print() - Write what is known of a number
 * @buf: Where to.
 * @size_bytes: Size of @buf with the terminating zero.
 * @s: Scalar, reduced.
 *
 * A constant is a signed decimal.  Otherwise the fields of "scalar(...)",
 * none for an unknown number.
 *
 * Source: verifier log of Linux 6.1.
 * Context: Any.
 * Return: Characters written, without the terminating zero.
 */
size_t lbpf_scalar_print(char *buf, size_t size_bytes,
			 const struct lbpf_scalar *s)
{
	struct text text = { .buf = buf, .size_bytes = size_bytes };

	if (size_bytes)
		buf[0] = '\0';
	if (lbpf_scalar_is_const(s))
		return scnprintf(buf, size_bytes, "%lld",
				 (long long)s->bits.value);
	print_range(&text, &s->r64);
	if (!lbpf_tnum_is_unknown(s->bits)) {
		begin_field(&text, "var_off");
		text.len += lbpf_tnum_print(tail(&text), room_bytes(&text),
					    s->bits);
	}
	print_low_range(&text, s);
	return text.len;
}
