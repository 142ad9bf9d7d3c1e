// SPDX-License-Identifier: GPL-2.0
/*
 * Values of registers.
 *
 * Layer: verifier (state).
 */
#include <linux/kernel.h>
#include <linux/string.h>

#include "env.h"

static void reset(struct lbpf_reg *reg, u32 type)
{
	struct lbpf_reg *parent = reg->parent;
	u8 live = reg->live;

	memset(reg, 0, sizeof(*reg));
	reg->type = type;
	reg->parent = parent;
	reg->live = live;
}

/**
 * lbpf_reg_set_not_init() - A register that holds nothing that may be read
 * @reg: Register.
 */
void lbpf_reg_set_not_init(struct lbpf_reg *reg)
{
	reset(reg, LBPF_NOT_INIT);
	lbpf_scalar_set_unknown(&reg->var);
}

/**
 * lbpf_reg_set_unknown() - A register that holds some number
 * @env: The run; without CAP_BPF every number is compared exactly.
 * @reg: Register.
 */
void lbpf_reg_set_unknown(const struct lbpf_env *env, struct lbpf_reg *reg)
{
	reset(reg, LBPF_SCALAR);
	lbpf_scalar_set_unknown(&reg->var);
	reg->is_precise = !env->is_capable;
}

/**
 * lbpf_reg_set_const() - A register that holds one number
 * @env: The run.
 * @reg: Register.
 * @value: Number.
 */
void lbpf_reg_set_const(const struct lbpf_env *env, struct lbpf_reg *reg, u64 value)
{
	reset(reg, LBPF_SCALAR);
	lbpf_scalar_set_const(&reg->var, value);
	reg->is_precise = !env->is_capable;
}

/**
 * lbpf_reg_set_pointer() - A pointer with offset 0, no ids and no details
 * @reg: Register.
 * @type: enum lbpf_reg_type with flags.
 */
void lbpf_reg_set_pointer(struct lbpf_reg *reg, u32 type)
{
	reset(reg, type);
	lbpf_scalar_set_const(&reg->var, 0);
}

/**
 * lbpf_reg_assign() - Copy a value; liveness and parent stay with the place
 * @dst: Where to.
 * @src: What.
 */
void lbpf_reg_assign(struct lbpf_reg *dst, const struct lbpf_reg *src)
{
	struct lbpf_reg *parent = dst->parent;
	u8 live = dst->live;

	*dst = *src;
	dst->parent = parent;
	dst->live = live;
}

static const char *const type_names[LBPF_NR_REG_TYPES] = {
	[LBPF_NOT_INIT]		= "?",
	[LBPF_SCALAR]		= "scalar",
	[LBPF_PTR_CTX]		= "ctx",
	[LBPF_PTR_CONST_MAP]	= "map_ptr",
	[LBPF_PTR_MAP_VALUE]	= "map_value",
	[LBPF_PTR_MAP_KEY]	= "map_key",
	[LBPF_PTR_STACK]	= "fp",
	[LBPF_PTR_PACKET_META]	= "pkt_meta",
	[LBPF_PTR_PACKET]	= "pkt",
	[LBPF_PTR_PACKET_END]	= "pkt_end",
	[LBPF_PTR_FLOW_KEYS]	= "flow_keys",
	[LBPF_PTR_SOCKET]	= "sock",
	[LBPF_PTR_SOCK_COMMON]	= "sock_common",
	[LBPF_PTR_TCP_SOCK]	= "tcp_sock",
	[LBPF_PTR_TP_BUFFER]	= "tp_buffer",
	[LBPF_PTR_XDP_SOCK]	= "xdp_sock",
	[LBPF_PTR_BTF_ID]	= "ptr_",
	[LBPF_PTR_MEM]		= "mem",
	[LBPF_PTR_BUF]		= "buf",
	[LBPF_PTR_FUNC]		= "func",
	[LBPF_DYNPTR]		= "dynptr_ptr",
};

/**
 * lbpf_type_name() - Name of a register type as the log spells it
 * @env: The run; the text lives in it until the next call.
 * @type: enum lbpf_reg_type with flags.
 *
 * Return: For example "map_value_or_null".
 */
const char *lbpf_type_name(struct lbpf_env *env, u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);
	const char *or_null = "";

	if (type & LBPF_MAYBE_NULL)
		or_null = base == LBPF_PTR_BTF_ID ? "or_null_" : "_or_null";
	snprintf(env->type_text, sizeof(env->type_text), "%s%s%s%s%s%s%s",
		 type & LBPF_RDONLY ? "rdonly_" : "",
		 type & LBPF_ALLOC ? "alloc_" : "",
		 type & LBPF_USER ? "user_" : "",
		 type & LBPF_PERCPU ? "percpu_" : "",
		 type & LBPF_UNTRUSTED ? "untrusted_" : "",
		 base < LBPF_NR_REG_TYPES ? type_names[base] : "?", or_null);
	return env->type_text;
}
