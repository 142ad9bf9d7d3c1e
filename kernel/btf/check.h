/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checking BTF: what the files of this folder share.
 *
 * Layer: btf (p, private).  Types are checked in three rounds: each by itself
 * (check_meta), then what they lead to (resolve), with the members of structs
 * checked against the types they have (check_member), then the order of tags.
 *
 * Source: the words of refusals are those that Linux 6.1 logs, and so is the
 * order of checks where it decides between two of them.
 */
#ifndef _LBPF_BTF_CHECK_H
#define _LBPF_BTF_CHECK_H

#include <lbpf/btf.h>
#include <lbpf/log.h>

/* Source: seen on Linux 6.1: the 33rd type that waits for another one is refused. */
#define MAX_RESOLVE_DEPTH	32

enum resolve_state {
	NOT_SEEN,
	WAITING,	/* on the stack */
	RESOLVED,
};

/*
 * What the types on the stack are asked for: pointers end the question for the size of a
 * struct, structs end the question what a pointer leads to.
 */
enum resolve_mode {
	WANT_ANY,
	WANT_POINTEE,
	WANT_SIZE,
};

/**
 * struct lbpf_btf_waiting - A type that waits for others
 * @type: The type.
 * @id: Its id.
 * @next_member: Of a struct or data section: where to go on.
 */
struct lbpf_btf_waiting {
	const struct btf_type	*type;
	u32			id;
	u32			next_member;
};

/**
 * struct lbpf_btf_check - A check under way
 * @btf: What is checked.
 * @log: Where refusals are explained.
 * @header: As loaded; what a short one leaves out is zero.
 * @states: By id: enum resolve_state.
 * @stack: Types under resolution.
 * @depth: Number of them.
 * @mode: enum resolve_mode.
 * @log_id: Id that messages begin with.
 * @is_meta: First round: parents of members are in the log already.
 */
struct lbpf_btf_check {
	struct lbpf_btf		*btf;
	struct lbpf_log		*log;
	struct btf_header	header;
	u8			*states;
	struct lbpf_btf_waiting	stack[MAX_RESOLVE_DEPTH];
	u32			depth;
	u32			mode;
	u32			log_id;
	bool			is_meta;
};

/**
 * struct lbpf_btf_member - A member against its type
 * @parent: Struct or union.
 * @member: Its member.  The type id may be one that it leads to.
 * @type: Type of the member.
 */
struct lbpf_btf_member {
	const struct btf_type	*parent;
	struct btf_member	member;
	const struct btf_type	*type;
};

/**
 * struct lbpf_btf_kind - A kind of type
 * @name: In the log.
 * @extra_bytes: What follows struct btf_type.
 * @item_bytes: And for each of its members, values, parameters.
 * @flags: OR of enum lbpf_btf_kind_flag.
 * @check_meta: The type alone; what follows it is known to be there.  0 or -errno.
 * @describe: Its details in the log; NULL: none.
 * @resolve: One step of following it: 0, also when it had to push another type, or -errno.
 * @check_member: May a struct have a member of it there?
 */
struct lbpf_btf_kind {
	const char	*name;
	u16		extra_bytes;
	u16		item_bytes;
	u32		flags;
	int		(*check_meta)(struct lbpf_btf_check *check, const struct btf_type *type);
	void		(*describe)(struct lbpf_btf_check *check, const struct btf_type *type);
	int		(*resolve)(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
	int		(*check_member)(struct lbpf_btf_check *check, struct lbpf_btf_member *use);
};

enum lbpf_btf_kind_flag {
	KIND_SIZED	= 1 << 0,	/* ->size is its size */
	KIND_MODIFIER	= 1 << 1,	/* ->type is what it modifies */
	KIND_RESOLVES	= 1 << 2,	/* leads to others */
	KIND_NO_SIZE	= 1 << 3,	/* can never be the type of a value */
	KIND_SOURCE	= 1 << 4,	/* nothing may lead to it */
};

/* kind.c: the table; NULL for a number that is no kind, and for 0. */
const struct lbpf_btf_kind *lbpf_btf_kind_row(u32 kind);

static inline bool has_kind_flag(const struct btf_type *type, u32 flags)
{
	const struct lbpf_btf_kind *row = lbpf_btf_kind_row(lbpf_btf_kind(type));

	return row && row->flags & flags;
}

static inline bool is_kind(const struct btf_type *type, u32 kind)
{
	return lbpf_btf_kind(type) == kind;
}

/* Neither missing, nor void, nor without size by its kind. */
static inline bool may_have_size(const struct btf_type *type)
{
	return type && !is_kind(type, BTF_KIND_UNKN) && !has_kind_flag(type, KIND_NO_SIZE);
}

/* report.c: these log, and return -EINVAL. */
__printf(3, 4) int lbpf_btf_refuse(struct lbpf_btf_check *check, const struct btf_type *type,
				   const char *fmt, ...);
/* Without the details of the type. */
__printf(3, 4) int lbpf_btf_refuse_brief(struct lbpf_btf_check *check, const struct btf_type *type,
					 const char *fmt, ...);
__printf(4, 5) int lbpf_btf_refuse_member(struct lbpf_btf_check *check,
					  const struct btf_type *parent,
					  const struct btf_member *member, const char *fmt, ...);
__printf(4, 5) int lbpf_btf_refuse_secinfo(struct lbpf_btf_check *check,
					   const struct btf_type *section,
					   const struct btf_var_secinfo *info,
					   const char *fmt, ...);
/* What was found, in the first round. */
void lbpf_btf_show(struct lbpf_btf_check *check, const struct btf_type *type);
void lbpf_btf_show_member(struct lbpf_btf_check *check, const struct btf_type *parent,
			  const struct btf_member *member);
void lbpf_btf_show_secinfo(struct lbpf_btf_check *check, const struct btf_type *section,
			   const struct btf_var_secinfo *info);
/* Name for the log. */
const char *lbpf_btf_log_name(const struct lbpf_btf *btf, u32 off);

/* trusted.c */

/* name.c */
bool lbpf_btf_name_is_there(const struct lbpf_btf *btf, u32 off);
bool lbpf_btf_name_is_identifier(const struct lbpf_btf *btf, u32 off);

/* resolve.c */
/* 0: @at waits for @id from here on; 1: no need to; or -errno. */
int lbpf_btf_await(struct lbpf_btf_check *check, u32 id);
/* The type on top leads to @id and, an array or variable, has @bytes. */
void lbpf_btf_settle(struct lbpf_btf_check *check, u32 id, u32 bytes);
bool lbpf_btf_is_settled(const struct lbpf_btf_check *check, u32 id);
int lbpf_btf_resolve_all(struct lbpf_btf_check *check);
int lbpf_btf_check_tags(struct lbpf_btf_check *check);

/* kind_*.c */
int lbpf_btf_check_int(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_float(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_enum(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_enum64(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_fwd(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_ref(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_array(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_struct(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_func(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_proto(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_var(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_datasec(struct lbpf_btf_check *check, const struct btf_type *type);
int lbpf_btf_check_decl_tag(struct lbpf_btf_check *check, const struct btf_type *type);

int lbpf_btf_resolve_modifier(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_pointer(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_array(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_struct(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_func(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_var(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_datasec(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
int lbpf_btf_resolve_decl_tag(struct lbpf_btf_check *check, struct lbpf_btf_waiting *at);
/* Return and parameter types, once all types are resolved as far as they were reached. */
int lbpf_btf_resolve_proto(struct lbpf_btf_check *check, const struct btf_type *type);

int lbpf_btf_int_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use);
int lbpf_btf_enum_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use);
int lbpf_btf_float_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use);
/* Pointers, arrays, structs. */
int lbpf_btf_whole_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use);
int lbpf_btf_modifier_member(struct lbpf_btf_check *check, struct lbpf_btf_member *use);

#endif /* _LBPF_BTF_CHECK_H */
