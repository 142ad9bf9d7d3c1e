// SPDX-License-Identifier: GPL-2.0
/*
 * What the check of BTF says in the log.
 *
 * Layer: btf (p).
 *
 * Source: log_buf of BPF_BTF_LOAD on Linux 6.1: a line for each type, members
 * indented below it, and the reason at the end of the last one.
 */
#include <linux/errno.h>
#include <linux/stdarg.h>

#include "check.h"

/**
 * lbpf_btf_log_name() - Name as the log prints it
 * @btf: BTF.
 * @off: Offset of the name.
 *
 * Context: Any.
 * Return: Name.
 */
const char *lbpf_btf_log_name(const struct lbpf_btf *btf, u32 off)
{
	if (!off)
		return "(anon)";
	return lbpf_btf_name(btf, off) ?: "(invalid-name-offset)";
}

static void say_type(struct lbpf_btf_check *check, const struct btf_type *type, bool brief)
{
	const struct lbpf_btf_kind *row = lbpf_btf_kind_row(lbpf_btf_kind(type));

	lbpf_log(check->log, "[%u] %s %s", check->log_id, lbpf_btf_kind_name(lbpf_btf_kind(type)),
		 lbpf_btf_log_name(check->btf, type->name_off));
	if (brief)
		return;
	lbpf_log(check->log, " ");
	if (row && row->describe)
		row->describe(check, type);
}

static void say_member(struct lbpf_btf_check *check, const struct btf_type *parent,
		       const struct btf_member *member)
{
	const char *name = lbpf_btf_log_name(check->btf, member->name_off);

	if (!check->is_meta)
		lbpf_btf_show(check, parent);
	if (lbpf_btf_kflag(parent))
		lbpf_log(check->log, "\t%s type_id=%u bitfield_size=%u bits_offset=%u", name,
			 member->type, BTF_MEMBER_BITFIELD_SIZE(member->offset),
			 BTF_MEMBER_BIT_OFFSET(member->offset));
	else
		lbpf_log(check->log, "\t%s type_id=%u bits_offset=%u", name, member->type,
			 member->offset);
}

static void say_secinfo(struct lbpf_btf_check *check, const struct btf_type *section,
			const struct btf_var_secinfo *info)
{
	if (!check->is_meta)
		lbpf_btf_show(check, section);
	lbpf_log(check->log, "\t type_id=%u offset=%u size=%u", info->type, info->offset,
		 info->size);
}

static __printf(2, 0) void end_line(struct lbpf_btf_check *check, const char *fmt, va_list args)
{
	lbpf_log(check->log, " ");
	lbpf_vlog(check->log, fmt, args);
	lbpf_log(check->log, "\n");
}

/**
 * lbpf_btf_refuse() - Say why a type is refused
 * @check: Check.
 * @type: Type.
 * @fmt: Reason, and its arguments.
 *
 * Context: Process context, may sleep.
 * Return: -EINVAL.
 */
int lbpf_btf_refuse(struct lbpf_btf_check *check, const struct btf_type *type,
		    const char *fmt, ...)
{
	va_list args;

	say_type(check, type, false);
	va_start(args, fmt);
	end_line(check, fmt, args);
	va_end(args);
	return -EINVAL;
}

/**
 * lbpf_btf_refuse_brief() - Say why a type is refused whose details cannot be trusted
 * @check: Check.
 * @type: Type.
 * @fmt: Reason, and its arguments.
 *
 * Context: Process context, may sleep.
 * Return: -EINVAL.
 */
int lbpf_btf_refuse_brief(struct lbpf_btf_check *check, const struct btf_type *type,
			  const char *fmt, ...)
{
	va_list args;

	say_type(check, type, true);
	va_start(args, fmt);
	end_line(check, fmt, args);
	va_end(args);
	return -EINVAL;
}

/**
 * lbpf_btf_refuse_member() - Say why a member is refused
 * @check: Check.
 * @parent: Struct or union.
 * @member: Member.
 * @fmt: Reason, and its arguments.
 *
 * Context: Process context, may sleep.
 * Return: -EINVAL.
 */
int lbpf_btf_refuse_member(struct lbpf_btf_check *check, const struct btf_type *parent,
			   const struct btf_member *member, const char *fmt, ...)
{
	va_list args;

	say_member(check, parent, member);
	va_start(args, fmt);
	end_line(check, fmt, args);
	va_end(args);
	return -EINVAL;
}

/**
 * lbpf_btf_refuse_secinfo() - Say why a variable of a section is refused
 * @check: Check.
 * @section: Data section.
 * @info: Variable in it.
 * @fmt: Reason, and its arguments.
 *
 * Context: Process context, may sleep.
 * Return: -EINVAL.
 */
int lbpf_btf_refuse_secinfo(struct lbpf_btf_check *check, const struct btf_type *section,
			    const struct btf_var_secinfo *info, const char *fmt, ...)
{
	va_list args;

	say_secinfo(check, section, info);
	va_start(args, fmt);
	end_line(check, fmt, args);
	va_end(args);
	return -EINVAL;
}

/**
 * lbpf_btf_show() - Log a type
 * @check: Check.
 * @type: Type.
 *
 * Context: Process context, may sleep.
 */
void lbpf_btf_show(struct lbpf_btf_check *check, const struct btf_type *type)
{
	say_type(check, type, false);
	lbpf_log(check->log, "\n");
}

/**
 * lbpf_btf_show_member() - Log a member
 * @check: Check.
 * @parent: Struct or union.
 * @member: Member.
 *
 * Context: Process context, may sleep.
 */
void lbpf_btf_show_member(struct lbpf_btf_check *check, const struct btf_type *parent,
			  const struct btf_member *member)
{
	say_member(check, parent, member);
	lbpf_log(check->log, "\n");
}

/**
 * lbpf_btf_show_secinfo() - Log a variable of a section
 * @check: Check.
 * @section: Data section.
 * @info: Variable in it.
 *
 * Context: Process context, may sleep.
 */
void lbpf_btf_show_secinfo(struct lbpf_btf_check *check, const struct btf_type *section,
			   const struct btf_var_secinfo *info)
{
	say_secinfo(check, section, info);
	lbpf_log(check->log, "\n");
}
