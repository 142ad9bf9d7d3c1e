// SPDX-License-Identifier: GPL-2.0
/*
 * What lies at an offset of a struct.
 *
 * Layer: btf (p).  One step goes from a struct to the member that an access falls into; who wants
 * to know what lies inside of a struct that is a member takes the next step.  Types may lead in
 * circles (BTF of the kernel is not checked): steps are counted.
 */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include "check.h"

/* Structs inside each other; the compiler's own limit is far above what the kernel has. */
#define MAX_DEPTH	32

/**
 * struct span - The bytes of a member, and of the element of it that an access begins in
 * @start: First byte of the member, or of the element.
 * @element_bytes: Size of the member, or of the element.
 * @end: Byte behind the whole member.
 * @id: Type of the member, or of the element, without modifiers.
 * @type: Likewise.
 */
struct span {
	u64			start;
	u32			element_bytes;
	u64			end;
	u32			id;
	const struct btf_type	*type;
};

static int refuse(struct lbpf_btf_place *place, enum lbpf_btf_miss miss, int err)
{
	place->miss = miss;
	return err;
}

/* The innermost element of an array that @off falls into. */
static int enter_array(const struct lbpf_btf *btf, struct span *span, u32 off)
{
	u32 i, bytes;

	for (i = 0; is_kind(span->type, BTF_KIND_ARRAY); i++) {
		span->type = lbpf_btf_skip_mods(btf, lbpf_btf_array(span->type)->type, &span->id);
		if (!span->type || i == MAX_DEPTH)
			return -EINVAL;
	}
	if (!lbpf_btf_sized(btf, span->id, NULL, &bytes) || !bytes)
		return -EINVAL;
	span->start += (off - span->start) / bytes * bytes;
	span->element_bytes = bytes;
	return 0;
}

static int measure(const struct lbpf_btf *btf, const struct btf_type *parent,
		   const struct btf_member *member, u32 off, struct span *span)
{
	u32 bytes;

	span->start = lbpf_btf_member_bit_off(parent, member) / 8;
	span->type = lbpf_btf_sized(btf, member->type, &span->id, &bytes);
	if (!span->type)
		return -EINVAL;
	span->element_bytes = bytes;
	span->end = span->start + bytes;
	if (is_kind(span->type, BTF_KIND_ARRAY) && off >= span->start && off < span->end)
		return enter_array(btf, span, off);
	return 0;
}

/* The member is a bit field: a number if the access has all of it. */
static bool covers_bits(const struct btf_type *parent, const struct btf_member *member, u32 off,
			u32 size)
{
	u64 first = lbpf_btf_member_bit_off(parent, member);
	u64 end = first + lbpf_btf_member_bits(parent, member);

	return off <= first / 8 && (end + 7) / 8 <= (u64)off + size;
}

static u32 flag_of_tag(const struct lbpf_btf *btf, const struct btf_type *type)
{
	const char *name;

	if (!type || !is_kind(type, BTF_KIND_TYPE_TAG))
		return 0;
	name = lbpf_btf_type_name(btf, type);
	if (!strcmp(name, "user"))
		return LBPF_BTF_USER;
	return strcmp(name, "percpu") ? 0 : LBPF_BTF_PERCPU;
}

/**
 * lbpf_btf_pointee() - What a pointer points to
 * @btf: BTF.
 * @type: Pointer.
 * @place: Gets kind, id and flags: a struct, or a number where it points to nothing with members.
 *
 * Context: Any.
 */
void lbpf_btf_pointee(const struct lbpf_btf *btf, const struct btf_type *type,
		      struct lbpf_btf_place *place)
{
	const struct btf_type *target;

	place->flags = flag_of_tag(btf, lbpf_btf_type(btf, type->type));
	target = lbpf_btf_skip_mods(btf, type->type, &place->id);
	place->kind = target && lbpf_btf_is_struct(target) ? LBPF_BTF_POINTER : LBPF_BTF_NUMBER;
}

/* The access begins inside of @span. */
static int settle(const struct lbpf_btf *btf, const struct span *span, u32 off, u32 size,
		  struct lbpf_btf_place *place)
{
	place->member_off = span->start;
	place->member_end = span->end;
	place->kind = LBPF_BTF_NUMBER;
	place->id = span->id;
	if (lbpf_btf_is_struct(span->type)) {
		place->kind = LBPF_BTF_STRUCT;
		place->off = off - span->start;
		return 0;
	}
	if (is_kind(span->type, BTF_KIND_PTR)) {
		if (size != span->element_bytes || off != span->start)
			return refuse(place, LBPF_BTF_MISS_POINTER, -EACCES);
		lbpf_btf_pointee(btf, span->type, place);
		return 0;
	}
	if ((u64)off + size > span->end)
		return refuse(place, LBPF_BTF_MISS_END, -EACCES);
	return 0;
}

/* Behind the end of a struct may come elements of an array of structs that has no size. */
static int enter_tail(const struct lbpf_btf *btf, const struct btf_type *type, u32 off,
		      struct lbpf_btf_place *place)
{
	const struct btf_member *last = lbpf_btf_members(type) + lbpf_btf_vlen(type) - 1;
	const struct btf_type *tail, *element;
	u32 start, id;

	if (!lbpf_btf_vlen(type))
		return refuse(place, LBPF_BTF_MISS_STRUCT, -EACCES);
	tail = lbpf_btf_skip_mods(btf, last->type, NULL);
	start = lbpf_btf_member_bit_off(type, last) / 8;
	if (!tail || !is_kind(tail, BTF_KIND_ARRAY) || lbpf_btf_array(tail)->nelems || off < start)
		return refuse(place, LBPF_BTF_MISS_STRUCT, -EACCES);
	element = lbpf_btf_skip_mods(btf, lbpf_btf_array(tail)->type, &id);
	if (!element || !lbpf_btf_is_struct(element) || !element->size)
		return refuse(place, LBPF_BTF_MISS_STRUCT, -EACCES);
	place->kind = LBPF_BTF_STRUCT;
	place->id = id;
	place->off = (off - start) % element->size;
	/* Not a member of its own: it begins nowhere in the struct. */
	place->member_off = U32_MAX;
	return 0;
}

/**
 * lbpf_btf_step() - The member of a struct that an access falls into
 * @btf: BTF.
 * @id: Struct or union.
 * @off: First byte of the access in it.
 * @size: Bytes of the access.
 * @place: What is there; on error, why not.
 *
 * Context: Any.
 * Return: 0, -EINVAL, -EACCES.
 */
int lbpf_btf_step(const struct lbpf_btf *btf, u32 id, u32 off, u32 size,
		  struct lbpf_btf_place *place)
{
	const struct btf_type *type = lbpf_btf_type(btf, id);
	const struct btf_member *member;
	struct span span;
	u32 i;

	memset(place, 0, sizeof(*place));
	place->parent = type;
	place->off = off;
	if (!type || !lbpf_btf_is_struct(type))
		return refuse(place, LBPF_BTF_MISS_KIND, -EINVAL);
	if ((u64)off + size > type->size)
		return enter_tail(btf, type, off, place);
	lbpf_btf_for_each_member(i, type, member) {
		u64 start = lbpf_btf_member_bit_off(type, member) / 8;

		place->member = member;
		if ((u64)off + size <= start)
			break;
		if (lbpf_btf_member_bits(type, member)) {
			if (covers_bits(type, member, off, size))
				return 0;
			continue;
		}
		if (off < start)
			break;
		if (measure(btf, type, member, off, &span))
			return refuse(place, LBPF_BTF_MISS_SIZE, -EFAULT);
		if (off < span.end)
			return settle(btf, &span, off, size, place);
	}
	return refuse(place, LBPF_BTF_MISS_MEMBER, -EINVAL);
}

/**
 * lbpf_btf_walk() - What lies at an offset of a struct, however deep
 * @btf: BTF.
 * @id: Struct or union.
 * @off: First byte of the access in it.
 * @size: Bytes of the access.
 * @place: A number or a pointer; on error, why not.
 *
 * Context: Any.
 * Return: 0, -EINVAL, -EACCES.
 */
int lbpf_btf_walk(const struct lbpf_btf *btf, u32 id, u32 off, u32 size,
		  struct lbpf_btf_place *place)
{
	u32 depth;
	int err;

	for (depth = 0; depth < MAX_DEPTH; depth++) {
		err = lbpf_btf_step(btf, id, off, size, place);
		if (err || place->kind != LBPF_BTF_STRUCT)
			return err;
		id = place->id;
		off = place->off;
	}
	return refuse(place, LBPF_BTF_MISS_KIND, -EINVAL);
}

/**
 * lbpf_btf_contains() - Is there a struct of a type at an offset of a struct?
 * @btf: BTF of both.
 * @id: The outer one.
 * @off: Where.
 * @wanted_id: The inner one.
 * @is_strict: Only the outer one itself counts.
 *
 * Context: Any.
 * Return: true if there is, the outer one itself at offset 0 included.
 */
bool lbpf_btf_contains(const struct lbpf_btf *btf, u32 id, u32 off, u32 wanted_id, bool is_strict)
{
	struct lbpf_btf_place place;
	u32 depth;

	if (!off && id == wanted_id)
		return true;
	for (depth = 0; depth < MAX_DEPTH && !is_strict; depth++) {
		if (lbpf_btf_step(btf, id, off, 1, &place) || place.kind != LBPF_BTF_STRUCT)
			return false;
		if (!place.off && place.member_off != U32_MAX && place.id == wanted_id)
			return true;
		id = place.id;
		off = place.off;
	}
	return false;
}
