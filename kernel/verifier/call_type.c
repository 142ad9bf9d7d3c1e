// SPDX-License-Identifier: GPL-2.0
/*
 * Which register types an argument may have.
 *
 * Layer: verifier (call).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include <lbpf/btf.h>

#include "call.h"

#define MAX_CHOICES	8

/* Types that fit an argument; 0 ends a row. */
static const u32 choices[LBPF_NR_ARG_TYPES][MAX_CHOICES + 1] = {
	[LBPF_ARG_CTX] = { LBPF_PTR_CTX },
	[LBPF_ARG_CONST_MAP] = { LBPF_PTR_CONST_MAP },
	[LBPF_ARG_MAP_KEY] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META,
			       LBPF_PTR_MAP_KEY, LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_MAP_VALUE] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META,
				 LBPF_PTR_MAP_KEY, LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_MEM] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META, LBPF_PTR_MAP_KEY,
			   LBPF_PTR_MAP_VALUE, LBPF_PTR_MEM, LBPF_PTR_MEM | LBPF_ALLOC,
			   LBPF_PTR_BUF },
	[LBPF_ARG_VALUE_MEM] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META,
				 LBPF_PTR_MAP_KEY, LBPF_PTR_MAP_VALUE, LBPF_PTR_MEM,
				 LBPF_PTR_MEM | LBPF_ALLOC, LBPF_PTR_BUF },
	[LBPF_ARG_CONST_SIZE] = { LBPF_SCALAR },
	[LBPF_ARG_CONST_SIZE_OR_ZERO] = { LBPF_SCALAR },
	[LBPF_ARG_CONST_ALLOC_SIZE] = { LBPF_SCALAR },
	[LBPF_ARG_ALLOC_MEM] = { LBPF_PTR_MEM | LBPF_ALLOC },
	[LBPF_ARG_SPIN_LOCK] = { LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_TIMER] = { LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_SOCKET] = { LBPF_PTR_SOCKET },
	[LBPF_ARG_SOCK_COMMON] = { LBPF_PTR_SOCK_COMMON, LBPF_PTR_SOCKET, LBPF_PTR_TCP_SOCK,
				   LBPF_PTR_XDP_SOCK },
	[LBPF_ARG_BTF_ID_SOCK_COMMON] = { LBPF_PTR_SOCK_COMMON, LBPF_PTR_SOCKET, LBPF_PTR_TCP_SOCK,
					  LBPF_PTR_XDP_SOCK, LBPF_PTR_BTF_ID },
	[LBPF_ARG_BTF_ID] = { LBPF_PTR_BTF_ID },
	[LBPF_ARG_PERCPU_BTF_ID] = { LBPF_PTR_BTF_ID | LBPF_PERCPU },
	[LBPF_ARG_INT_PTR] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META,
			       LBPF_PTR_MAP_KEY, LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_LONG_PTR] = { LBPF_PTR_STACK, LBPF_PTR_PACKET, LBPF_PTR_PACKET_META,
				LBPF_PTR_MAP_KEY, LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_FUNC] = { LBPF_PTR_FUNC },
	[LBPF_ARG_STACK] = { LBPF_PTR_STACK },
	[LBPF_ARG_CONST_STR] = { LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_KPTR] = { LBPF_PTR_MAP_VALUE },
	[LBPF_ARG_DYNPTR] = { LBPF_PTR_STACK, LBPF_DYNPTR | LBPF_DYNPTR_LOCAL },
};

static int refuse_type(struct lbpf_env *env, u32 regno, const u32 *row)
{
	const char *sep = "";

	verbose(env, "R%d type=%s expected=", regno,
		lbpf_type_name(env, lbpf_reg_of(env, regno)->type));
	for (; *row; row++, sep = ", ")
		verbose(env, "%s%s", sep, lbpf_type_name(env, *row));
	verbose(env, "\n");
	return -EACCES;
}

/**
 * lbpf_call_arg_type() - A register fits an argument
 * @env: The run.
 * @regno: Register.
 * @arg_type: enum lbpf_arg_type with flags.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_call_arg_type(struct lbpf_env *env, u32 regno, u32 arg_type)
{
	const u32 *row = choices[LBPF_TYPE_BASE(arg_type)];
	u32 type = lbpf_reg_of(env, regno)->type;
	const u32 *choice;

	type &= ~((arg_type & (LBPF_RDONLY | LBPF_MAYBE_NULL)) | LBPF_CUT);
	for (choice = row; *choice; choice++)
		if (*choice == type)
			break;
	if (!*choice)
		return refuse_type(env, regno, row);
	if (lbpf_call_may_be_moved(type) && LBPF_TYPE_BASE(arg_type) != LBPF_ARG_ALLOC_MEM)
		return 0;
	return lbpf_access_fixed_off(env, regno, type != LBPF_PTR_BTF_ID);
}

/**
 * lbpf_call_may_be_moved() - May an argument be given with an offset to a function with types?
 * @reg_type: Type of its register.
 *
 * Return: true for numbers, and for pointers to memory, whose offset the access check looks at.
 */
bool lbpf_call_may_be_moved(u32 reg_type)
{
	static const bool may_be_moved[LBPF_NR_REG_TYPES] = {
		[LBPF_SCALAR]		= true,
		[LBPF_PTR_STACK]	= true,
		[LBPF_PTR_PACKET]	= true,
		[LBPF_PTR_PACKET_META]	= true,
		[LBPF_PTR_MAP_KEY]	= true,
		[LBPF_PTR_MAP_VALUE]	= true,
		[LBPF_PTR_MEM]		= true,
		[LBPF_PTR_BUF]		= true,
	};

	return may_be_moved[LBPF_TYPE_BASE(reg_type)];
}

/**
 * lbpf_call_is_ctx() - Is a type the context of programs of a type?
 * @pt: Program type.
 * @btf: Where @type is.
 * @type: Type without modifiers, or NULL.
 *
 * Return: true for a struct with the name of the context.
 */
bool lbpf_call_is_ctx(const struct lbpf_progtype *pt, const struct lbpf_btf *btf,
		      const struct btf_type *type)
{
	const char *name;

	if (!type || lbpf_btf_kind(type) != BTF_KIND_STRUCT)
		return false;
	name = lbpf_btf_type_name(btf, type);
	return (pt->ctx_name && !strcmp(name, pt->ctx_name)) ||
	       (pt->ctx_alias && !strcmp(name, pt->ctx_alias));
}
