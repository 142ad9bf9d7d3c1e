/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types: checked BTF, and questions about it.
 *
 * Layer: btf (p).  A struct lbpf_btf is immutable once it is made, so that any
 * number of readers may ask it, in any context.  Who owns it is not said here:
 * <lbpf/btf_object.h> wraps it into an object with id and references.
 *
 * Type ids: 0 is void.  Split BTF (of modules) goes on where its base ends.
 * Source: Documentation/bpf/btf.rst and <linux/btf.h>.
 */
#ifndef _LBPF_BTF_H
#define _LBPF_BTF_H

#include <linux/btf.h>
#include <linux/types.h>

struct lbpf_log;

/* Source: BTF_MAX_SIZE of Linux 6.1: what BPF_BTF_LOAD takes. */
#define LBPF_BTF_MAX_BYTES	(16 * 1024 * 1024)

/**
 * struct lbpf_btf - Types and their names
 * @base: BTF that this one continues, or NULL.
 * @data: As loaded: header, types, strings.
 * @data_bytes: Size of @data.
 * @types: Start of the types in @data.
 * @strings: Start of the names in @data.
 * @str_bytes: Size of the names.
 * @first_id: Id of the first type of its own: 1, or what follows the ids of @base.
 * @nr_ids: One past the last id.
 * @first_str: Offset of its first name: 0, or what follows the names of @base.
 * @type_offs: By id - @first_id: offset of a type in @types, bytes.
 * @resolved_ids: By id: what a modifier, pointer, variable or array leads to.  NULL: not known
 *	(kernel BTF, which is not checked).
 * @resolved_bytes: By id: size of an array or a variable, bytes.  With @resolved_ids.
 * @name_heads: By hash of a name: first id, 0: none.  NULL: names have no index.
 * @name_next: By id - @first_id: next id in the chain of @name_heads.
 * @name_bits: log2 of the number of @name_heads.
 */
struct lbpf_btf {
	const struct lbpf_btf	*base;
	void			*data;
	u32			data_bytes;
	const char		*types;
	const char		*strings;
	u32			str_bytes;
	u32			first_id;
	u32			nr_ids;
	u32			first_str;
	u32			*type_offs;
	u32			*resolved_ids;
	u32			*resolved_bytes;
	u32			*name_heads;
	u32			*name_next;
	u32			name_bits;
};

/*
 * Takes over @data (of lbpf_area_alloc()) in any case.  Fills in the zeroed @btf, for
 * lbpf_btf_release(): 0 or -errno, with the reason in @log in Linux's words.
 */
int lbpf_btf_parse(struct lbpf_btf *btf, void *data, u32 data_bytes, struct lbpf_log *log);
/*
 * The same of BTF that the kernel made, continuing @base if not NULL: only its frames are checked,
 * names get an index.
 */
int lbpf_btf_adopt(struct lbpf_btf *btf, const struct lbpf_btf *base, void *data, u32 data_bytes);
/* Frees what @btf owns, not @btf itself. */
void lbpf_btf_release(struct lbpf_btf *btf);

/* --- types */

static inline u32 lbpf_btf_kind(const struct btf_type *type)
{
	return BTF_INFO_KIND(type->info);
}

static inline u32 lbpf_btf_vlen(const struct btf_type *type)
{
	return BTF_INFO_VLEN(type->info);
}

static inline bool lbpf_btf_kflag(const struct btf_type *type)
{
	return BTF_INFO_KFLAG(type->info);
}

/* Are the types of @base types of @btf too, by the same ids? */
static inline bool lbpf_btf_has_base(const struct lbpf_btf *btf, const struct lbpf_btf *base)
{
	return btf && (btf == base || btf->base == base);
}

/* struct or union */
bool lbpf_btf_is_struct(const struct btf_type *type);
/* typedef, const, volatile, restrict, type tag */
bool lbpf_btf_is_modifier(const struct btf_type *type);
/* enum or enum64 */
bool lbpf_btf_is_enum(const struct btf_type *type);
/* integer or enumeration, false for NULL */
bool lbpf_btf_is_number(const struct btf_type *type);

/* Type with @id (0: void), or NULL. */
const struct btf_type *lbpf_btf_type(const struct lbpf_btf *btf, u32 id);
/* Name at @off, "" for none, or NULL for an offset that is out of range. */
const char *lbpf_btf_name(const struct lbpf_btf *btf, u32 off);
/* Name of a type, never NULL. */
const char *lbpf_btf_type_name(const struct lbpf_btf *btf, const struct btf_type *type);
/* Word for a kind as the log prints it: "INT", "STRUCT". */
const char *lbpf_btf_kind_name(u32 kind);

/* Follows modifiers from @id.  @found_id may be NULL.  NULL: no such type. */
const struct btf_type *lbpf_btf_skip_mods(const struct lbpf_btf *btf, u32 id, u32 *found_id);
/*
 * Follows modifiers and variables from @id to a type that has a size.  @found_id and @bytes may
 * be NULL.  NULL: it has none (void, functions, forward declarations), or there is no such type.
 */
const struct btf_type *lbpf_btf_sized(const struct lbpf_btf *btf, u32 id, u32 *found_id,
				      u32 *bytes);
/*
 * Id of the first type of @kind (BTF_KIND_*) with @name, or -ENOENT.  Looks through all that have
 * no index.
 */
int lbpf_btf_find(const struct lbpf_btf *btf, const char *name, u32 kind);

/* Name of enumerator @index of @type, of either width, and its @value, with its sign. */
const char *lbpf_btf_enumerator(const struct lbpf_btf *btf, const struct btf_type *type,
				u32 index, u64 *value);

/* Length of a name without its flavor: of "a___b" that of "a". */
u32 lbpf_btf_essential_bytes(const char *name);
/* Id of the next type behind @id, not of the base, whose name is @name but for flavors; 0: none. */
u32 lbpf_btf_next_essential(const struct lbpf_btf *btf, const char *name, u32 id);
/* The same of BTF that has an index, but not of its base. */
int lbpf_btf_find_indexed(const struct lbpf_btf *btf, const char *name, u32 kind);

/* The 32 bits behind an INT: BTF_INT_ENCODING(), BTF_INT_OFFSET(), BTF_INT_BITS(). */
static inline u32 lbpf_btf_int(const struct btf_type *type)
{
	return *(const u32 *)(type + 1);
}

/* An int of 1, 2, 4, 8 or 16 bytes all of whose bits count. */
bool lbpf_btf_int_is_regular(const struct btf_type *type);

static inline const struct btf_array *lbpf_btf_array(const struct btf_type *type)
{
	return (const struct btf_array *)(type + 1);
}

static inline const struct btf_member *lbpf_btf_members(const struct btf_type *type)
{
	return (const struct btf_member *)(type + 1);
}

static inline const struct btf_param *lbpf_btf_params(const struct btf_type *type)
{
	return (const struct btf_param *)(type + 1);
}

static inline const struct btf_enum *lbpf_btf_enums(const struct btf_type *type)
{
	return (const struct btf_enum *)(type + 1);
}

static inline const struct btf_enum64 *lbpf_btf_enums64(const struct btf_type *type)
{
	return (const struct btf_enum64 *)(type + 1);
}

static inline const struct btf_var_secinfo *lbpf_btf_secinfos(const struct btf_type *type)
{
	return (const struct btf_var_secinfo *)(type + 1);
}

/* Offset of a member in its struct, bits. */
static inline u32 lbpf_btf_member_bit_off(const struct btf_type *type,
					  const struct btf_member *member)
{
	return lbpf_btf_kflag(type) ? BTF_MEMBER_BIT_OFFSET(member->offset) : member->offset;
}

/* Width of a bit field, bits; 0: the member is none (but its INT type may be: lbpf_btf_int()). */
static inline u32 lbpf_btf_member_bits(const struct btf_type *type,
				       const struct btf_member *member)
{
	return lbpf_btf_kflag(type) ? BTF_MEMBER_BITFIELD_SIZE(member->offset) : 0;
}

#define lbpf_btf_for_each_member(i, type, member)			\
	for ((i) = 0, (member) = lbpf_btf_members(type);		\
	     (i) < lbpf_btf_vlen(type); (i)++, (member)++)

#define lbpf_btf_for_each_secinfo(i, type, info)			\
	for ((i) = 0, (info) = lbpf_btf_secinfos(type);			\
	     (i) < lbpf_btf_vlen(type); (i)++, (info)++)

/* --- members of structs */

enum lbpf_btf_place_kind {
	LBPF_BTF_NUMBER,	/* or a pointer to what has no members */
	LBPF_BTF_POINTER,	/* pointer to the struct with that id */
	LBPF_BTF_STRUCT,	/* byte ->off of the struct with that id */
};

enum lbpf_btf_place_flag {
	LBPF_BTF_USER		= 1 << 0,	/* the pointer is one of userspace */
	LBPF_BTF_PERCPU		= 1 << 1,	/* ... one of each CPU */
};

/* Why nothing is found at an offset. */
enum lbpf_btf_miss {
	LBPF_BTF_MISS_NONE,
	LBPF_BTF_MISS_KIND,	/* no struct, or too many inside each other */
	LBPF_BTF_MISS_STRUCT,	/* behind its end */
	LBPF_BTF_MISS_MEMBER,	/* no member there */
	LBPF_BTF_MISS_SIZE,	/* the member has no size */
	LBPF_BTF_MISS_POINTER,	/* part of a pointer */
	LBPF_BTF_MISS_END,	/* reaches behind the end of the member */
};

/**
 * struct lbpf_btf_place - What lies at an offset of a struct
 * @kind: enum lbpf_btf_place_kind.
 * @id: Type that is pointed to, or of the struct that is the member.
 * @flags: Of pointers: OR of enum lbpf_btf_place_flag.
 * @off: STRUCT: where in it; on error: where in @parent.
 * @parent: Struct looked at last, or what was taken for one; NULL: no type at all.
 * @member: Its member looked at last.
 * @member_off: Where that member begins in @parent, or its element.
 * @member_end: Where it ends.
 * @miss: enum lbpf_btf_miss.
 */
struct lbpf_btf_place {
	u32				kind;
	u32				id;
	u32				flags;
	u32				off;
	const struct btf_type		*parent;
	const struct btf_member		*member;
	u32				member_off;
	u32				member_end;
	u32				miss;
};

/* What the pointer @type points to. */
void lbpf_btf_pointee(const struct lbpf_btf *btf, const struct btf_type *type,
		      struct lbpf_btf_place *place);
/* The member of struct @id that @size bytes at @off fall into: 0, -EINVAL, -EACCES. */
int lbpf_btf_step(const struct lbpf_btf *btf, u32 id, u32 off, u32 size,
		  struct lbpf_btf_place *place);
/* The same through structs that are members. */
int lbpf_btf_walk(const struct lbpf_btf *btf, u32 id, u32 off, u32 size,
		  struct lbpf_btf_place *place);
/* Is there a struct @wanted_id at @off of the struct @id (@is_strict: is it that one itself)? */
bool lbpf_btf_contains(const struct lbpf_btf *btf, u32 id, u32 off, u32 wanted_id,
		       bool is_strict);

/* --- fields of map values with a meaning of their own */

/**
 * struct lbpf_btf_field - A struct that gives a field its meaning
 * @name: "bpf_spin_lock", "bpf_timer".
 * @size_bytes: Its size; a struct of this name and another size is none.
 * @align_bytes: Its alignment.
 */
struct lbpf_btf_field {
	const char	*name;
	u32		size_bytes;
	u32		align_bytes;
};

/* How many kptrs a value may have.  Source: BPF_MAP_VALUE_OFF_MAX of Linux 6.1. */
#define LBPF_BTF_MAX_KPTRS	8

/**
 * struct lbpf_btf_kptr - A pointer to a kernel object in a value
 * @off: Where in the value, bytes.
 * @type_id: The struct it points to, in the BTF of the map.
 * @is_ref: It holds a reference ("kptr_ref", not "kptr").
 */
struct lbpf_btf_kptr {
	u32	off;
	u32	type_id;
	bool	is_ref;
};

/*
 * Where @field is in the struct or data section @id: offset in bytes, -ENOENT: nowhere,
 * -E2BIG: more than once, -EINVAL: at an offset it cannot have, or @id is no struct.
 */
int lbpf_btf_find_field(const struct lbpf_btf *btf, u32 id, const struct lbpf_btf_field *field);
/* Number of kptrs in @id, at most @max of which go to @kptrs; -E2BIG: more; -EINVAL: a bad one. */
int lbpf_btf_find_kptrs(const struct lbpf_btf *btf, u32 id, struct lbpf_btf_kptr *kptrs, u32 max);

#endif /* _LBPF_BTF_H */
