// SPDX-License-Identifier: GPL-2.0
/*
 * Data as text, by its type.
 *
 * Layer: btf (p).  The format is the one of bpffs in Linux 6.1, which
 * selftests/system/diff_show.c compares: a value inside another one is followed
 * by a comma; a struct, union or array that is itself an element of an array, or
 * const or volatile, has no opening bracket; text in an array of bytes ends at
 * its first NUL.  Types were checked when they were loaded: the nesting is
 * bounded, and data has the size of its type.
 */
#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/btf_show.h>

/* Source: MAX_RESOLVE_DEPTH of BTF: deeper types are refused when they are loaded. */
#define MAX_DEPTH	32

/**
 * struct show - Text under way
 * @btf: Types.
 * @sink: Where it goes.
 * @end: End of the data: nothing is read from there on.
 * @depth: Values around the one under way.
 * @in_element: It begins an element of an array.
 * @is_qualified: Its type is const or volatile by itself, not by a name.
 * @is_text: It is in an array of bytes.
 * @is_ended: ... after the first NUL.
 */
struct show {
	const struct lbpf_btf		*btf;
	const struct lbpf_btf_sink	*sink;
	const void			*end;
	u32				depth;
	bool				in_element;
	bool				is_qualified;
	bool				is_text;
	bool				is_ended;
};

static void show_type(struct show *show, u32 id, const void *data, u32 bit_off);

static __printf(2, 3) void put(struct show *show, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	show->sink->print(show->sink->to, fmt, args);
	va_end(args);
}

static void end_value(struct show *show)
{
	if (show->depth)
		put(show, ",");
}

/* The low bytes of a number; what lies behind the data is zero. */
static u64 read_number(const struct show *show, const void *data, u32 bytes)
{
	u64 number = 0;

	if (data < show->end)
		memcpy(&number, data, min_t(size_t, bytes, show->end - data));
	return number;
}

static s64 extend(u64 number, u32 bytes)
{
	u32 shift = 64 - 8 * bytes;

	return (s64)(number << shift) >> shift;
}

static void put_wide(struct show *show, u64 high, u64 low)
{
	if (high)
		put(show, "0x%llx%016llx", high, low);
	else
		put(show, "0x%llx", low);
}

/* @nr_bits from bit @bit_off on, as a number of up to 128 bits. */
static void show_bits(struct show *show, const void *data, u32 bit_off, u32 nr_bits)
{
	u64 low, high, rest;

	data += bit_off / 8;
	bit_off %= 8;
	low = read_number(show, data, 8) >> bit_off;
	high = read_number(show, data + 8, 8);
	rest = read_number(show, data + 16, 1);
	if (bit_off) {
		low |= high << (64 - bit_off);
		high = high >> bit_off | rest << (64 - bit_off);
	}
	if (nr_bits < 64)
		low &= (1ULL << nr_bits) - 1;
	if (nr_bits <= 64)
		high = 0;
	else if (nr_bits < 128)
		high &= (1ULL << (nr_bits - 64)) - 1;
	put_wide(show, high, low);
	end_value(show);
}

static void show_number(struct show *show, const void *data, u32 bytes, bool is_signed)
{
	if (bytes == 16)
		put_wide(show, read_number(show, data + 8, 8), read_number(show, data, 8));
	else if (is_signed)
		put(show, "%lld", extend(read_number(show, data, bytes), bytes));
	else
		put(show, "%llu", read_number(show, data, bytes));
	end_value(show);
}

/* A byte of an array of bytes.  False: it is to be shown as any number. */
static bool show_char(struct show *show, const void *data)
{
	u8 c = read_number(show, data, 1);

	if (!c)
		show->is_ended = true;
	if (show->is_ended)
		return true;
	if (!isprint(c))
		return false;
	put(show, "'%c'", c);
	end_value(show);
	return true;
}

static void show_int(struct show *show, const struct btf_type *type, const void *data,
		     u32 bit_off)
{
	u32 info = lbpf_btf_int(type), nr_bits = BTF_INT_BITS(info);

	if (BTF_INT_OFFSET(info) || bit_off || !lbpf_btf_int_is_regular(type)) {
		show_bits(show, data, bit_off + BTF_INT_OFFSET(info), nr_bits);
		return;
	}
	if (show->is_text && type->size == 1 && show_char(show, data))
		return;
	show_number(show, data, type->size, BTF_INT_ENCODING(info) & BTF_INT_SIGNED);
}

static void show_enum(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_enum *row = lbpf_btf_enums(type);
	s32 value = read_number(show, data, sizeof(value));
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(type) && row[i].val != value; i++)
		;
	if (i < lbpf_btf_vlen(type))
		put(show, "%s", lbpf_btf_name(show->btf, row[i].name_off));
	else if (lbpf_btf_kflag(type))
		put(show, "%d", value);
	else
		put(show, "%u", value);
	end_value(show);
}

static void show_enum64(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_enum64 *row = lbpf_btf_enums64(type);
	u64 value = read_number(show, data, sizeof(value));
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(type); i++)
		if (((u64)row[i].val_hi32 << 32 | row[i].val_lo32) == value)
			break;
	if (i < lbpf_btf_vlen(type))
		put(show, "%s", lbpf_btf_name(show->btf, row[i].name_off));
	else if (lbpf_btf_kflag(type))
		put(show, "%lld", (s64)value);
	else
		put(show, "%llu", value);
	end_value(show);
}

/* Hashed, as the kernel prints addresses. */
static void show_ptr(struct show *show, const void *data)
{
	put(show, "0x%p", (void *)(unsigned long)read_number(show, data, sizeof(void *)));
	end_value(show);
}

static void begin(struct show *show, const char *bracket)
{
	if (!show->in_element && !show->is_qualified)
		put(show, "%s", bracket);
	show->depth++;
}

static void finish(struct show *show, const char *bracket)
{
	show->depth--;
	put(show, "%s", bracket);
	end_value(show);
}

/* Does a chain of pointers and modifiers end at void?  Then nothing has a name to begin with. */
static bool points_to_void(const struct show *show, u32 id)
{
	const struct btf_type *type;
	u32 i;

	for (i = 0; i < MAX_DEPTH; i++) {
		type = lbpf_btf_skip_mods(show->btf, id, &id);
		if (!type || !id || lbpf_btf_kind(type) != BTF_KIND_PTR)
			return !id;
		id = type->type;
	}
	return false;
}

static void show_array(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_array *array = lbpf_btf_array(type);
	const struct btf_type *elem;
	u32 i, bytes = 0;

	elem = lbpf_btf_sized(show->btf, array->type, NULL, &bytes);
	begin(show, points_to_void(show, array->type) ? "" : "[");
	show->is_text = elem && lbpf_btf_kind(elem) == BTF_KIND_INT && bytes == 1;
	show->is_ended = false;
	for (i = 0; elem && i < array->nelems && !show->is_ended; i++) {
		show->in_element = true;
		show_type(show, array->type, data + (size_t)i * bytes, 0);
		show->in_element = false;
	}
	show->is_text = false;
	show->is_ended = false;
	finish(show, "]");
}

static void show_struct(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_member *member;
	u32 i, off, nr_bits;

	begin(show, "{");
	lbpf_btf_for_each_member(i, type, member) {
		off = lbpf_btf_member_bit_off(type, member);
		nr_bits = lbpf_btf_member_bits(type, member);
		if (nr_bits)
			show_bits(show, data, off, nr_bits);
		else
			show_type(show, member->type, data + off / 8, off % 8);
	}
	finish(show, "}");
}

static void show_section(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_var_secinfo *info;
	u32 i;

	put(show, "section (\"%s\") = {", lbpf_btf_type_name(show->btf, type));
	lbpf_btf_for_each_secinfo(i, type, info) {
		if (i)
			put(show, ",");
		show_type(show, info->type, data + info->offset, 0);
	}
}

static bool is_qualifier(const struct btf_type *type)
{
	u32 kind = type ? lbpf_btf_kind(type) : BTF_KIND_UNKN;

	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT;
}

static void show_type(struct show *show, u32 id, const void *data, u32 bit_off)
{
	const struct btf_type *type = lbpf_btf_skip_mods(show->btf, id, NULL);

	show->is_qualified = is_qualifier(lbpf_btf_type(show->btf, id));
	while (type && lbpf_btf_kind(type) == BTF_KIND_VAR)
		type = lbpf_btf_skip_mods(show->btf, type->type, NULL);
	if (!type || show->depth > MAX_DEPTH)
		return;
	switch (lbpf_btf_kind(type)) {
	case BTF_KIND_INT:
		show_int(show, type, data, bit_off);
		break;
	case BTF_KIND_ENUM:
		show_enum(show, type, data);
		break;
	case BTF_KIND_ENUM64:
		show_enum64(show, type, data);
		break;
	case BTF_KIND_PTR:
		show_ptr(show, data);
		break;
	case BTF_KIND_ARRAY:
		show_array(show, type, data);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		show_struct(show, type, data);
		break;
	case BTF_KIND_DATASEC:
		show_section(show, type, data);
		break;
	default:
		put(show, "<unsupported kind:%u>", lbpf_btf_kind(type));
	}
}

/**
 * lbpf_btf_print_value() - Print data by its type
 * @btf: Types, checked.
 * @id: Type of the data.
 * @data: Data.
 * @bytes: Its size: nothing behind it is read.
 * @sink: Where the text goes.
 *
 * Source: what bpffs prints of pinned maps.
 * Context: Any.
 */
void lbpf_btf_print_value(const struct lbpf_btf *btf, u32 id, const void *data, u32 bytes,
			  const struct lbpf_btf_sink *sink)
{
	struct show show = { .btf = btf, .sink = sink, .end = data + bytes };

	show_type(&show, id, data, 0);
}
