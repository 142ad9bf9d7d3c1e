// SPDX-License-Identifier: GPL-2.0
/*
 * Places that relocations name: read, extended, printed.
 *
 * Layer: btf (p).
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "core.h"

/**
 * struct kind - A kind of relocation
 * @name: As the log has it.
 * @subject: What it asks about.
 */
struct kind {
	const char		*name;
	enum core_subject	subject;
};

static const struct kind kinds[] = {
	[BPF_CORE_FIELD_BYTE_OFFSET]	= { "byte_off", CORE_FIELD },
	[BPF_CORE_FIELD_BYTE_SIZE]	= { "byte_sz", CORE_FIELD },
	[BPF_CORE_FIELD_EXISTS]		= { "field_exists", CORE_FIELD },
	[BPF_CORE_FIELD_SIGNED]		= { "signed", CORE_FIELD },
	[BPF_CORE_FIELD_LSHIFT_U64]	= { "lshift_u64", CORE_FIELD },
	[BPF_CORE_FIELD_RSHIFT_U64]	= { "rshift_u64", CORE_FIELD },
	[BPF_CORE_TYPE_ID_LOCAL]	= { "local_type_id", CORE_TYPE },
	[BPF_CORE_TYPE_ID_TARGET]	= { "target_type_id", CORE_TYPE },
	[BPF_CORE_TYPE_EXISTS]		= { "type_exists", CORE_TYPE },
	[BPF_CORE_TYPE_SIZE]		= { "type_size", CORE_TYPE },
	[BPF_CORE_ENUMVAL_EXISTS]	= { "enumval_exists", CORE_ENUMERATOR },
	[BPF_CORE_ENUMVAL_VALUE]	= { "enumval_value", CORE_ENUMERATOR },
	[BPF_CORE_TYPE_MATCHES]		= { "type_matches", CORE_TYPE },
};

/**
 * lbpf_core_subject() - What a kind of relocation asks about
 * @kind: enum bpf_core_relo_kind, not checked.
 *
 * Context: Any.
 * Return: enum core_subject.
 */
enum core_subject lbpf_core_subject(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].subject : CORE_NOTHING;
}

/**
 * lbpf_core_kind_name() - Word for a kind of relocation
 * @kind: enum bpf_core_relo_kind, not checked.
 *
 * Context: Any.
 * Return: As the log has it.
 */
const char *lbpf_core_kind_name(u32 kind)
{
	return kind < ARRAY_SIZE(kinds) ? kinds[kind].name : "unknown";
}

/**
 * lbpf_core_add_path() - Note the index of a member, element or enumerator
 * @spec: Place.
 * @index: Index.
 *
 * Context: Any.
 * Return: 0 or -E2BIG.
 */
int lbpf_core_add_path(struct lbpf_core_spec *spec, u32 index)
{
	if (spec->nr_path == LBPF_CORE_MAX_STEPS)
		return -E2BIG;
	spec->path[spec->nr_path++] = index;
	return 0;
}

/**
 * lbpf_core_add_step() - Note a step
 * @spec: Place.
 * @id: Struct, or type of elements.
 * @index: Index.
 * @name: Name, or NULL.
 *
 * Context: Any.
 * Return: 0 or -E2BIG.
 */
int lbpf_core_add_step(struct lbpf_core_spec *spec, u32 id, u32 index, const char *name)
{
	if (spec->nr_steps == LBPF_CORE_MAX_STEPS)
		return -E2BIG;
	spec->steps[spec->nr_steps++] = (struct lbpf_core_step){ id, index, name };
	return 0;
}

/**
 * lbpf_core_add_element() - Move on to an element
 * @spec: Place.
 * @id: Type of the elements.
 * @index: Which one.
 *
 * Context: Any.
 * Return: 0 or -EINVAL: it has no size.
 */
int lbpf_core_add_element(struct lbpf_core_spec *spec, u32 id, u32 index)
{
	u32 bytes;

	if (!lbpf_btf_sized(spec->btf, id, NULL, &bytes))
		return -EINVAL;
	spec->bit_off += (u64)index * bytes * 8;
	return 0;
}

/**
 * lbpf_core_is_open_array() - Does an array end a struct without saying where?
 * @spec: The way to it: one step at least.
 * @array: Array.
 *
 * Context: Any.
 * Return: true if it does: any index is inside.
 */
bool lbpf_core_is_open_array(const struct lbpf_core_spec *spec, const struct btf_type *array)
{
	const struct lbpf_core_step *last = &spec->steps[spec->nr_steps - 1];
	const struct btf_type *parent;

	if (lbpf_btf_array(array)->nelems || !last->name)
		return false;
	parent = lbpf_btf_type(spec->btf, last->id);
	return parent && last->index + 1 == lbpf_btf_vlen(parent);
}

/* "0:1:2" */
static int read_path(struct lbpf_core_spec *spec, const char *text)
{
	u64 index;
	int err;

	do {
		if (!isdigit(*text))
			return -EINVAL;
		for (index = 0; isdigit(*text) && index <= INT_MAX; text++)
			index = index * 10 + *text - '0';
		if (index > INT_MAX || (*text && *text != ':'))
			return -EINVAL;
		err = lbpf_core_add_path(spec, index);
		if (err)
			return err;
	} while (*text++);
	return 0;
}

static int parse_enumerator(struct lbpf_core_spec *spec, const struct btf_type *type, u32 id)
{
	u32 index = spec->path[0];
	u64 value;

	if (!lbpf_btf_is_enum(type) || spec->nr_path > 1 || index >= lbpf_btf_vlen(type))
		return -EINVAL;
	return lbpf_core_add_step(spec, id, index,
				  lbpf_btf_enumerator(spec->btf, type, index, &value));
}

static int enter_member(struct lbpf_core_spec *spec, const struct btf_type *type, u32 index,
			u32 *id)
{
	const struct btf_member *member;
	const char *name;

	if (index >= lbpf_btf_vlen(type))
		return -EINVAL;
	member = lbpf_btf_members(type) + index;
	name = lbpf_btf_name(spec->btf, member->name_off);
	spec->bit_off += lbpf_btf_member_bit_off(type, member);
	if (name && *name && lbpf_core_add_step(spec, *id, index, name))
		return -E2BIG;
	*id = member->type;
	return 0;
}

static int enter_element(struct lbpf_core_spec *spec, const struct btf_type *type, u32 index,
			 u32 *id)
{
	bool is_open = lbpf_core_is_open_array(spec, type);

	if (!is_open && index >= lbpf_btf_array(type)->nelems)
		return -EINVAL;
	if (!lbpf_btf_skip_mods(spec->btf, lbpf_btf_array(type)->type, id))
		return -EINVAL;
	return lbpf_core_add_step(spec, *id, index, NULL) ?:
	       lbpf_core_add_element(spec, *id, index);
}

static int parse_field(struct lbpf_core *core, u32 id)
{
	struct lbpf_core_spec *spec = &core->wanted;
	const struct btf_type *type;
	int err;
	u32 i;

	err = lbpf_core_add_step(spec, id, spec->path[0], NULL) ?:
	      lbpf_core_add_element(spec, id, spec->path[0]);
	for (i = 1; i < spec->nr_path && !err; i++) {
		type = lbpf_btf_skip_mods(spec->btf, id, &id);
		if (!type)
			return -EINVAL;
		if (lbpf_btf_is_struct(type)) {
			err = enter_member(spec, type, spec->path[i], &id);
		} else if (is_kind(type, BTF_KIND_ARRAY)) {
			err = enter_element(spec, type, spec->path[i], &id);
		} else {
			lbpf_log(core->log,
				 "prog '': relo for [%u]  (at idx %u) captures type [%u] of unexpected kind %s\n",
				 spec->root_id, i, id,
				 lbpf_btf_kind_name(lbpf_btf_kind(type)));
			return -EINVAL;
		}
	}
	return err;
}

/**
 * lbpf_core_parse() - The place that a relocation names
 * @core: Relocations; ->wanted gets it.
 * @relo: Relocation.
 * @path: Text of its path.
 *
 * Context: Any.
 * Return: 0 or -errno.
 */
int lbpf_core_parse(struct lbpf_core *core, const struct bpf_core_relo *relo, const char *path)
{
	enum core_subject subject = lbpf_core_subject(relo->kind);
	struct lbpf_core_spec *spec = &core->wanted;
	const struct btf_type *type;
	int err;
	u32 id;

	*spec = (struct lbpf_core_spec){
		.btf = core->local, .root_id = relo->type_id, .kind = relo->kind,
	};
	if (subject == CORE_TYPE)
		return strcmp(path, "0") ? -EINVAL : 0;
	err = read_path(spec, path);
	if (err)
		return err;
	type = lbpf_btf_skip_mods(core->local, relo->type_id, &id);
	if (!type)
		return -EINVAL;
	if (subject == CORE_ENUMERATOR)
		return parse_enumerator(spec, type, id);
	return subject == CORE_FIELD ? parse_field(core, id) : -EINVAL;
}

/* Text under construction. */
struct text {
	char	*at;
	size_t	room;
};

static __printf(2, 3) void put(struct text *text, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(text->at, text->room, fmt, args);
	va_end(args);
	text->at += len;
	text->room -= len;
}

static void put_enumerator(struct text *text, const struct lbpf_core_spec *spec)
{
	const struct btf_type *type = lbpf_btf_skip_mods(spec->btf, spec->root_id, NULL);
	const char *name;
	u64 value;

	if (!type || !lbpf_btf_is_enum(type) || spec->path[0] >= lbpf_btf_vlen(type))
		return;
	name = lbpf_btf_enumerator(spec->btf, type, spec->path[0], &value);
	put(text, lbpf_btf_kflag(type) ? "::%s = %lld" : "::%s = %llu", name, value);
}

static void put_field(struct text *text, const struct lbpf_core_spec *spec)
{
	u32 i;

	for (i = 0; i < spec->nr_steps; i++) {
		if (spec->steps[i].name)
			put(text, ".%s", spec->steps[i].name);
		else if (i || spec->steps[i].index)
			put(text, "[%u]", spec->steps[i].index);
	}
	for (i = 0; i < spec->nr_path; i++)
		put(text, i ? ":%u" : " (%u", spec->path[i]);
	put(text, " @ offset %llu", spec->bit_off / 8);
	if (spec->bit_off % 8)
		put(text, ".%llu", spec->bit_off % 8);
	put(text, ")");
}

/**
 * lbpf_core_text() - A place as text
 * @core: Relocations; its ->text is used.
 * @spec: Place.
 *
 * Context: Any.
 * Return: Text, until the next call.
 */
const char *lbpf_core_text(struct lbpf_core *core, const struct lbpf_core_spec *spec)
{
	const struct btf_type *type = lbpf_btf_type(spec->btf, spec->root_id);
	struct text text = { core->text, sizeof(core->text) };
	const char *name = lbpf_btf_type_name(spec->btf, type);

	put(&text, "<%s> [%u] %s %s", lbpf_core_kind_name(spec->kind), spec->root_id,
	    lbpf_btf_kind_name(lbpf_btf_kind(type)), *name ? name : "<anon>");
	if (lbpf_core_subject(spec->kind) == CORE_ENUMERATOR)
		put_enumerator(&text, spec);
	else if (lbpf_core_subject(spec->kind) == CORE_FIELD)
		put_field(&text, spec);
	return core->text;
}
