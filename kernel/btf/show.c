// SPDX-License-Identifier: GPL-2.0
/*
 * Data as text, by its type.
 *
 * Layer: btf (p).  The format is the one of Linux 6.1, which selftests/system/diff_show.c (pinned
 * maps) and selftests/prog/show_btf.c (snprintf_btf) compare: a value inside another one is
 * followed by a comma; what is an element of an array, or inside of one, has neither name nor type
 * nor opening bracket, what is const or volatile no type and no opening bracket, an array of
 * pointers no opening bracket; text in an array of bytes ends at its first NUL; where zeros are
 * left out, enumerators are not.  Types were checked when they were loaded: the nesting is bounded,
 * and data has the size of its type.
 */
#include <linux/bits.h>
#include <linux/bpf.h>
#include <linux/ctype.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <lbpf/btf.h>
#include <lbpf/btf_show.h>

/* Source: MAX_RESOLVE_DEPTH of BTF: deeper types are refused when they are loaded. */
#define MAX_DEPTH	32

/**
 * struct head - The beginning of a struct, union or array
 * @id: Its type.
 * @name: As a member; NULL: it is none.
 * @bracket: Opens it.
 * @is_labelled: Name and type are shown.
 */
struct head {
	u32		id;
	const char	*name;
	const char	*bracket;
	bool		is_labelled;
};

/**
 * struct show - Text under way
 * @btf: Types.
 * @sink: Where it goes.
 * @end: End of the data: nothing is read from there on.
 * @flags: BTF_F_*.
 * @err: -errno of a read that failed: nothing is shown any more.
 * @id: Type of the value under way, as declared.
 * @name: Its name as a member, or NULL.
 * @depth: Values around the one under way.
 * @nr_shown: Those of which the head is in the text: one with zeros only may not be.
 * @heads: Heads of all of them.
 * @in_element: It begins an element of an array.
 * @is_qualified: Its type is const or volatile by itself, not by a name.
 * @is_text: It is in an array of bytes.
 * @is_ended: ... after the first NUL.
 */
struct show {
	const struct lbpf_btf		*btf;
	const struct lbpf_btf_sink	*sink;
	const void			*end;
	u64				flags;
	int				err;
	u32				id;
	const char			*name;
	u32				depth;
	u32				nr_shown;
	struct head			heads[MAX_DEPTH + 1];
	bool				in_element;
	bool				is_qualified;
	bool				is_text;
	bool				is_ended;
};

static void show_type(struct show *show, u32 id, const char *name, const void *data, u32 bit_off);

static __printf(2, 3) void put(struct show *show, const char *fmt, ...)
{
	va_list args;

	if (show->err)
		return;
	va_start(args, fmt);
	show->sink->print(show->sink->to, fmt, args);
	va_end(args);
}

static void put_newline(struct show *show)
{
	if (!(show->flags & BTF_F_COMPACT))
		put(show, "\n");
}

static void put_indent(struct show *show, u32 depth)
{
	if (!(show->flags & BTF_F_COMPACT))
		put(show, "%*s", depth, "");
}

static const char *keyword_of(const struct btf_type *type)
{
	switch (lbpf_btf_kind(type)) {
	case BTF_KIND_STRUCT:
		return "struct";
	case BTF_KIND_UNION:
		return "union";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "enum";
	case BTF_KIND_FWD:
		return lbpf_btf_kflag(type) ? "union" : "struct";
	default:
		return "";
	}
}

/* Takes one level off a declaration; false: it has come to a type with a name of its own. */
static bool peel(const struct btf_type *type, u32 *id, u32 *nr_stars, u32 *nr_arrays)
{
	switch (lbpf_btf_kind(type)) {
	case BTF_KIND_PTR:
		++*nr_stars;
		break;
	case BTF_KIND_ARRAY:
		++*nr_arrays;
		*id = lbpf_btf_array(type)->type;
		return true;
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPE_TAG:
		break;
	default:
		return false;
	}
	*id = type->type;
	return true;
}

/* As in a cast; nothing is said of void. */
static void put_type(struct show *show, u32 id)
{
	const char *keyword = "", *name = "";
	const struct btf_type *type;
	u32 nr_stars = 0, nr_arrays = 0;

	do {
		type = id ? lbpf_btf_type(show->btf, id) : NULL;
	} while (type && peel(type, &id, &nr_stars, &nr_arrays));
	if (type) {
		keyword = keyword_of(type);
		name = lbpf_btf_type_name(show->btf, type) ?: "";
	}
	put(show, "(%s%s%s%s", keyword, *keyword && *name ? " " : "", name, nr_stars ? " " : "");
	while (nr_stars--)
		put(show, "*");
	while (nr_arrays--)
		put(show, "[]");
	put(show, ")");
}

static void put_label(struct show *show, const char *name, u32 id)
{
	if (show->flags & BTF_F_NONAME)
		return;
	if (name && *name)
		put(show, ".%s = ", name);
	put_type(show, id);
}

/* Of all values around the one under way. */
static void put_heads(struct show *show)
{
	const struct head *head;

	for (; show->nr_shown < show->depth; show->nr_shown++) {
		head = &show->heads[show->nr_shown];
		put_indent(show, show->nr_shown);
		if (head->is_labelled)
			put_label(show, head->name, head->id);
		put(show, "%s", head->bracket);
		put_newline(show);
	}
}

/* Of a qualified type nothing is said. */
static u32 label_id(const struct show *show)
{
	return show->is_qualified ? 0 : show->id;
}

/* A number, a pointer, ...: false when it is not to be shown. */
static bool begin_value(struct show *show, bool is_zero)
{
	if (is_zero && show->depth && !(show->flags & BTF_F_ZERO))
		return false;
	put_heads(show);
	put_indent(show, show->depth);
	if (!show->in_element)
		put_label(show, show->name, label_id(show));
	return true;
}

static void end_value(struct show *show)
{
	if (show->depth)
		put(show, ",");
	put_newline(show);
}

/* The low bytes of a number; what lies behind the data is zero. */
static u64 read_number(struct show *show, const void *data, u32 bytes)
{
	u64 number = 0;

	if (data >= show->end || show->err)
		return 0;
	bytes = min_t(size_t, bytes, show->end - data);
	if (show->sink->read)
		show->err = show->sink->read(&number, data, bytes);
	else
		memcpy(&number, data, bytes);
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
	if (!begin_value(show, !low && !high))
		return;
	put_wide(show, high, low);
	end_value(show);
}

static void show_number(struct show *show, const void *data, u32 bytes, bool is_signed)
{
	u64 low = read_number(show, data, min_t(u32, bytes, sizeof(low)));
	u64 high = bytes == 16 ? read_number(show, data + sizeof(low), sizeof(high)) : 0;

	if (!begin_value(show, !low && !high))
		return;
	if (bytes == 16)
		put_wide(show, high, low);
	else if (is_signed)
		put(show, "%lld", extend(low, bytes));
	else
		put(show, "%llu", low);
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
	begin_value(show, false);
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
	bool is_wide = lbpf_btf_kind(type) == BTF_KIND_ENUM64;
	u64 value = read_number(show, data, is_wide ? 8 : 4), of_row;
	const char *name = NULL;
	u32 i;

	if (!is_wide && lbpf_btf_kflag(type))
		value = (s32)value;
	for (i = 0; i < lbpf_btf_vlen(type) && !name; i++) {
		const char *of = lbpf_btf_enumerator(show->btf, type, i, &of_row);

		if (of_row == value)
			name = of;
	}
	if (!begin_value(show, !value && !name))
		return;
	if (name)
		put(show, "%s", name);
	else
		put(show, lbpf_btf_kflag(type) ? "%lld" : "%llu", value);
	end_value(show);
}

/* Hashed, as the kernel prints addresses, if nobody wants to know better. */
static void show_ptr(struct show *show, const void *data)
{
	u64 value = read_number(show, data, sizeof(void *));

	if (!begin_value(show, !value))
		return;
	if (show->flags & BTF_F_PTR_RAW)
		put(show, "0x%016llx", value);
	else
		put(show, "0x%p", (void *)(unsigned long)value);
	end_value(show);
}

static void begin(struct show *show, const char *bracket)
{
	struct head *head = &show->heads[show->depth++];

	head->id = label_id(show);
	head->name = show->name;
	head->is_labelled = !show->in_element;
	head->bracket = show->in_element || show->is_qualified ? "" : bracket;
	if (show->depth == 1 || show->flags & BTF_F_ZERO)
		put_heads(show);
}

static void finish(struct show *show, const char *bracket)
{
	show->depth--;
	if (show->nr_shown <= show->depth)
		return;
	show->nr_shown = show->depth;
	put_indent(show, show->depth);
	put(show, "%s", bracket);
	end_value(show);
}

static void show_array(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_array *array = lbpf_btf_array(type);
	const struct btf_type *elem;
	u32 i, bytes = 0;

	elem = lbpf_btf_sized(show->btf, array->type, NULL, &bytes);
	begin(show, elem && lbpf_btf_kind(elem) == BTF_KIND_PTR ? "" : "[");
	show->is_text = elem && lbpf_btf_kind(elem) == BTF_KIND_INT && bytes == 1;
	show->is_ended = false;
	for (i = 0; elem && i < array->nelems && !show->is_ended; i++) {
		show->in_element = true;
		show_type(show, array->type, NULL, data + (size_t)i * bytes, 0);
		show->in_element = false;
	}
	show->is_text = false;
	show->is_ended = false;
	finish(show, "]");
}

static bool is_qualifier(const struct btf_type *type)
{
	u32 kind = type ? lbpf_btf_kind(type) : BTF_KIND_UNKN;

	return kind == BTF_KIND_CONST || kind == BTF_KIND_VOLATILE || kind == BTF_KIND_RESTRICT;
}

static void show_struct(struct show *show, const struct btf_type *type, const void *data)
{
	const struct btf_member *member;
	const char *name;
	u32 i, off, nr_bits;

	begin(show, "{");
	lbpf_btf_for_each_member(i, type, member) {
		name = lbpf_btf_name(show->btf, member->name_off);
		off = lbpf_btf_member_bit_off(type, member);
		nr_bits = lbpf_btf_member_bits(type, member);
		if (!nr_bits) {
			show_type(show, member->type, name, data + off / 8, off % 8);
			continue;
		}
		show->id = member->type;
		show->name = name;
		show->is_qualified = is_qualifier(lbpf_btf_type(show->btf, member->type));
		show_bits(show, data, off, nr_bits);
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
		show_type(show, info->type, NULL, data + info->offset, 0);
	}
}

static void show_type(struct show *show, u32 id, const char *name, const void *data, u32 bit_off)
{
	const struct btf_type *type = lbpf_btf_skip_mods(show->btf, id, NULL);

	show->id = id;
	show->name = name;
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
	case BTF_KIND_ENUM64:
		show_enum(show, type, data);
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
 * @flags: BTF_F_* of <linux/bpf.h>.
 * @sink: Where the text goes.
 *
 * Source: what bpffs prints of pinned maps, and bpf_snprintf_btf() in bpf-helpers(7).
 * Context: Any.
 * Return: 0, or what @sink->read answered: the text ends there.
 */
int lbpf_btf_print_value(const struct lbpf_btf *btf, u32 id, const void *data, u32 bytes,
			 u64 flags, const struct lbpf_btf_sink *sink)
{
	struct show show = { .btf = btf, .sink = sink, .end = data + bytes, .flags = flags };

	show_type(&show, id, NULL, data, 0);
	return show.err;
}
