// SPDX-License-Identifier: GPL-2.0
/*
 * Accesses to memory: alignment, bounds, and what each kind of pointer allows.
 *
 * Layer: verifier (access).
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <lbpf/map.h>

#include "walk.h"

/* Bytes that the network stack puts before an IP header to align it. */
#define IP_ALIGN_BYTES	2

static int refuse_bounds(struct lbpf_env *env, u32 regno, s64 off, s32 size, u32 mem_size)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);

	switch (LBPF_TYPE_BASE(reg->type)) {
	case LBPF_PTR_MAP_KEY:
		return reject(env, -EACCES,
			      "invalid access to map key, key_size=%d off=%lld size=%d", mem_size,
			      off, size);
	case LBPF_PTR_MAP_VALUE:
		return reject(env, -EACCES,
			      "invalid access to map value, value_size=%d off=%lld size=%d",
			      mem_size, off, size);
	case LBPF_PTR_PACKET:
	case LBPF_PTR_PACKET_META:
	case LBPF_PTR_PACKET_END:
		return reject(env, -EACCES,
			      "invalid access to packet, off=%lld size=%d, R%d(id=%d,off=%lld,r=%d)",
			      off, size, regno, reg->id, off, mem_size);
	default:
		return reject(env, -EACCES,
			      "invalid access to memory, mem_size=%u off=%lld size=%d", mem_size,
			      off, size);
	}
}

static int check_bounds(struct lbpf_env *env, u32 regno, s64 off, s32 size, u32 mem_size,
			bool may_be_empty)
{
	bool is_size_ok = size > 0 || (!size && may_be_empty);

	if (off >= 0 && is_size_ok && (u64)off + size <= mem_size)
		return 0;
	return refuse_bounds(env, regno, off, size, mem_size);
}

/**
 * lbpf_access_region() - An access stays within memory of known size, whatever the variable offset
 * @env: The run.
 * @regno: Register with the address.
 * @off: Fixed offset, bytes.
 * @size: Bytes accessed.
 * @mem_size: Size of the memory, bytes.
 * @may_be_empty: A size of 0 is fine.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_region(struct lbpf_env *env, u32 regno, s32 off, s32 size, u32 mem_size,
		       bool may_be_empty)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	s64 smin = lbpf_scalar_smin(&reg->var);
	u64 umax = lbpf_scalar_umax(&reg->var);
	int err;

	if (smin < 0 && (smin == S64_MIN || off + smin != (s64)(s32)(off + smin) || smin + off < 0))
		return reject(env, -EACCES,
			      "R%d min value is negative, either use unsigned index or do a if (index >=0) check.",
			      regno);
	err = check_bounds(env, regno, smin + off, size, mem_size, may_be_empty);
	if (err)
		return reject(env, err, "R%d min value is outside of the allowed memory range",
			      regno);
	if (umax >= LBPF_MAX_VAR_OFF)
		return reject(env, -EACCES,
			      "R%d unbounded memory access, make sure to bounds check any such access",
			      regno);
	err = check_bounds(env, regno, umax + off, size, mem_size, may_be_empty);
	if (err)
		return reject(env, err, "R%d max value is outside of the allowed memory range",
			      regno);
	return 0;
}

/* Does [@off, @off + @size) with the variable part of @reg touch [@field, @field + @field_size)? */
static bool touches(const struct lbpf_reg *reg, s32 off, s32 size, s32 field, s32 field_size)
{
	s64 start = reg->off + off + lbpf_scalar_smin(&reg->var);
	s64 end = (s64)(reg->off + off + lbpf_scalar_umax(&reg->var)) + size;

	return field >= 0 && start < field + field_size && end > field;
}

static int check_map_value(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool may_be_empty,
			   bool is_direct)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	const struct lbpf_map *map = reg->map;
	int err = lbpf_access_region(env, regno, reg->off + off, size, map->value_size,
				     may_be_empty);

	if (err)
		return err;
	if (touches(reg, off, size, map->spin_lock_off, sizeof(struct bpf_spin_lock)))
		return reject(env, -EACCES,
			      "bpf_spin_lock cannot be accessed directly by load/store");
	if (touches(reg, off, size, map->timer_off, sizeof(struct bpf_timer)))
		return reject(env, -EACCES, "bpf_timer cannot be accessed directly by load/store");
	return lbpf_kptr_range(env, regno, reg->off + off, size, is_direct);
}

/**
 * lbpf_access_map_value() - A helper's access stays within a map's value, and off its fields
 * @env: The run.
 * @regno: Register with the address.
 * @off: Offset in the instruction, bytes.
 * @size: Bytes accessed.
 * @may_be_empty: A size of 0 is fine.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_map_value(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool may_be_empty)
{
	return check_map_value(env, regno, off, size, may_be_empty, false);
}

/**
 * lbpf_access_map_type() - May programs read or write this map's values?
 * @env: The run.
 * @regno: Register with the address.
 * @off: Offset, for the message, bytes.
 * @size: Bytes accessed.
 * @is_write: Store.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_map_type(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool is_write)
{
	const struct lbpf_map *map = lbpf_reg_of(env, regno)->map;

	if (map->map_flags & (is_write ? BPF_F_RDONLY_PROG : BPF_F_WRONLY_PROG))
		return reject(env, -EACCES, "%s map forbidden, value_size=%d off=%d size=%d",
			      is_write ? "write into" : "read from", map->value_size, off, size);
	return 0;
}

/**
 * lbpf_access_packet() - An access stays within what was compared with the end of the packet
 * @env: The run.
 * @regno: Register with the address.
 * @off: Fixed offset, bytes.
 * @size: Bytes accessed.
 * @may_be_empty: A size of 0 is fine.
 *
 * Return: 0, -EACCES, -EINVAL.
 */
int lbpf_access_packet(struct lbpf_env *env, u32 regno, s32 off, s32 size, bool may_be_empty)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, regno);
	int err;

	if (lbpf_scalar_smin(&reg->var) < 0)
		return reject(env, -EACCES,
			      "R%d min value is negative, either use unsigned index or do a if (index >=0) check.",
			      regno);
	err = reg->range < 0 ? -EINVAL :
			       check_bounds(env, regno, off, size, reg->range, may_be_empty);
	if (err)
		return reject(env, err, "R%d offset is outside of the packet", regno);
	return 0;
}

static const char *const align_words[LBPF_NR_REG_TYPES] = {
	[LBPF_PTR_FLOW_KEYS]	= "flow keys ",
	[LBPF_PTR_MAP_KEY]	= "key ",
	[LBPF_PTR_MAP_VALUE]	= "value ",
	[LBPF_PTR_CTX]		= "context ",
	[LBPF_PTR_STACK]	= "stack ",
	[LBPF_PTR_SOCKET]	= "sock ",
	[LBPF_PTR_SOCK_COMMON]	= "sock_common ",
	[LBPF_PTR_TCP_SOCK]	= "tcp_sock ",
	[LBPF_PTR_XDP_SOCK]	= "xdp_sock ",
};

static bool is_aligned(const struct lbpf_reg *reg, s64 off, u32 size)
{
	struct lbpf_tnum at = lbpf_tnum_add(reg->var.bits, lbpf_tnum_const(off));

	return lbpf_tnum_is_aligned(at, size);
}

/**
 * lbpf_access_align() - The address of an access is a multiple of its size, where that is required
 * @env: The run.
 * @access: The access.
 *
 * Return: 0 or -EACCES.
 */
int lbpf_access_align(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	u32 base = LBPF_TYPE_BASE(reg->type);
	bool is_strict = env->is_strict || access->is_strict || base == LBPF_PTR_STACK;
	const char *word = align_words[base] ? align_words[base] : "";
	char var[64];

	if (!is_strict || access->size == 1)
		return 0;
	if (lbpf_type_is_packet(reg->type)) {
		if (is_aligned(reg, IP_ALIGN_BYTES + reg->off + access->off, access->size))
			return 0;
		lbpf_tnum_print(var, sizeof(var), reg->var.bits);
		return reject(env, -EACCES, "misaligned packet access off %d+%s+%d+%d size %d",
			      IP_ALIGN_BYTES, var, reg->off, access->off, access->size);
	}
	if (is_aligned(reg, reg->off + access->off, access->size))
		return 0;
	lbpf_tnum_print(var, sizeof(var), reg->var.bits);
	return reject(env, -EACCES, "misaligned %saccess off %s+%d+%d size %d",
		      word, var, reg->off, access->off, access->size);
}

static int refuse_leak(struct lbpf_env *env, const struct lbpf_access *access, const char *where)
{
	if (!access->is_write || access->value_regno < 0 ||
	    !lbpf_is_leak(env, lbpf_reg_of(env, access->value_regno)))
		return 0;
	return reject(env, -EACCES, "R%d leaks addr into %s", access->value_regno, where);
}

static int load_number(struct lbpf_env *env, const struct lbpf_access *access)
{
	if (!access->is_write && access->value_regno >= 0)
		lbpf_reg_set_unknown(env, lbpf_reg_of(env, access->value_regno));
	return 0;
}

/* A load from a frozen map that programs cannot write either is a constant. */
static bool load_frozen(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	struct lbpf_map *map = reg->map;
	u64 addr, value = 0;

	if (access->is_write || access->value_regno < 0 || !(map->map_flags & BPF_F_RDONLY_PROG) ||
	    !READ_ONCE(map->frozen) || !map->ops->value_addr ||
	    !lbpf_tnum_is_const(reg->var.bits) || map->max_entries != 1)
		return false;
	if (READ_ONCE(map->write_mappings) ||
	    map->ops->value_addr(map, &addr, reg->off + access->off + reg->var.bits.value))
		return false;
	memcpy(&value, (void *)(unsigned long)addr, access->size);
	lbpf_reg_set_const(env, lbpf_reg_of(env, access->value_regno), value);
	return true;
}

static const struct lbpf_kptr *find_kptr(const struct lbpf_reg *reg, s32 off)
{
	if (!reg->map->kptrs || !lbpf_tnum_is_const(reg->var.bits))
		return NULL;
	return lbpf_kptr_at(reg->map, reg->off + off + reg->var.bits.value);
}

static int access_map_value(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_kptr *kptr;
	int err = refuse_leak(env, access, "map");

	if (!err)
		err = lbpf_access_map_type(env, access->regno, access->off, access->size,
					   access->is_write);
	if (!err)
		err = check_map_value(env, access->regno, access->off, access->size, false, true);
	if (err)
		return err;
	kptr = find_kptr(lbpf_reg_of(env, access->regno), access->off);
	if (kptr)
		return lbpf_access_kptr(env, access, kptr);
	return load_frozen(env, access) ? 0 : load_number(env, access);
}

static int access_map_key(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	int err;

	if (access->is_write)
		return reject(env, -EACCES, "write to change key R%d not allowed", access->regno);
	err = lbpf_access_region(env, access->regno, reg->off + access->off, access->size,
				 reg->map->key_size, false);
	return err ? err : load_number(env, access);
}

static int access_mem(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	int err;

	if (access->is_write && reg->type & LBPF_RDONLY)
		return reject(env, -EACCES, "R%d cannot write into %s", access->regno,
			      lbpf_type_name(env, reg->type));
	err = refuse_leak(env, access, "mem");
	if (!err)
		err = lbpf_access_region(env, access->regno, reg->off + access->off, access->size,
					 reg->mem_size, false);
	return err ? err : load_number(env, access);
}

static int access_packet(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	int err;

	if (access->is_write && !(env->code->pt->flags & LBPF_PT_PKT_WRITE))
		return reject(env, -EACCES, "cannot write into packet");
	err = refuse_leak(env, access, "packet");
	if (!err)
		err = lbpf_access_packet(env, access->regno, reg->off + access->off, access->size,
					 false);
	if (err)
		return err;
	env->seen_direct_write |= access->is_write;
	return load_number(env, access);
}

static int access_tp_buffer(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	s32 off = reg->off + access->off;
	char var[64];
	int err;

	if (off < 0)
		return reject(env, -EACCES, "R%d invalid tracepoint buffer access: off=%d, size=%d",
			      access->regno, off, access->size);
	if (!lbpf_tnum_is_const(reg->var.bits) || reg->var.bits.value) {
		lbpf_tnum_print(var, sizeof(var), reg->var.bits);
		return reject(env, -EACCES,
			      "R%d invalid variable buffer offset: off=%d, var_off=%s",
			      access->regno, off, var);
	}
	env->code->tp_buffer_bytes = max_t(u32, env->code->tp_buffer_bytes, off + access->size);
	err = refuse_leak(env, access, "mem");
	return err ? err : load_number(env, access);
}

static int access_flow_keys(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	s32 off = reg->off + access->off;
	int err = refuse_leak(env, access, "flow keys");

	if (err)
		return err;
	err = lbpf_access_fixed_off(env, access->regno, false);
	if (err)
		return err;
	if (off < 0 || off + access->size > sizeof(struct bpf_flow_keys))
		return reject(env, -EACCES, "invalid access to flow keys off=%d size=%d", off,
			      access->size);
	return load_number(env, access);
}

/* What may be done through a pointer of each base type without flags. */
static int (*const accesses[LBPF_NR_REG_TYPES])(struct lbpf_env *env,
						const struct lbpf_access *access) = {
	[LBPF_PTR_CTX]		= lbpf_access_ctx,
	[LBPF_PTR_MAP_VALUE]	= access_map_value,
	[LBPF_PTR_MAP_KEY]	= access_map_key,
	[LBPF_PTR_STACK]	= lbpf_stack_access,
	[LBPF_PTR_PACKET]	= access_packet,
	[LBPF_PTR_PACKET_META]	= access_packet,
	[LBPF_PTR_MEM]		= access_mem,
	[LBPF_PTR_SOCKET]	= lbpf_access_object,
	[LBPF_PTR_SOCK_COMMON]	= lbpf_access_object,
	[LBPF_PTR_TCP_SOCK]	= lbpf_access_object,
	[LBPF_PTR_XDP_SOCK]	= lbpf_access_object,
	[LBPF_PTR_TP_BUFFER]	= access_tp_buffer,
	[LBPF_PTR_FLOW_KEYS]	= access_flow_keys,
	[LBPF_PTR_CONST_MAP]	= lbpf_access_map,
	[LBPF_PTR_BTF_ID]	= lbpf_access_btf,
};

/* Flags that leave memory accessible; through pointers that may be anything, loads may fault. */
#define PLAIN_FLAGS	(LBPF_RDONLY | LBPF_ALLOC)
#define BTF_FLAGS	(LBPF_UNTRUSTED | LBPF_USER | LBPF_PERCPU | LBPF_CUT)

static bool is_accessible(u32 type)
{
	u32 base = LBPF_TYPE_BASE(type);
	u32 flags = base == LBPF_PTR_BTF_ID ? BTF_FLAGS : PLAIN_FLAGS;

	return !(LBPF_TYPE_FLAGS(type) & ~flags) && accesses[base];
}

/**
 * lbpf_access() - A load or store
 * @env: The run.
 * @access: The access.
 *
 * Return: 0, or -errno with the reason in the log.
 */
int lbpf_access(struct lbpf_env *env, const struct lbpf_access *access)
{
	const struct lbpf_reg *reg = lbpf_reg_of(env, access->regno);
	struct lbpf_reg *value;
	int err;

	env->judged_reg = access->regno;
	err = lbpf_access_align(env, access);
	if (err)
		return err;
	if (!is_accessible(reg->type))
		return reject(env, -EACCES, "R%d invalid mem access '%s'", access->regno,
			      lbpf_type_name(env, reg->type));
	err = accesses[LBPF_TYPE_BASE(reg->type)](env, access);
	if (err || access->is_write || access->value_regno < 0)
		return err;
	value = lbpf_reg_of(env, access->value_regno);
	if (value->type == LBPF_SCALAR && access->size < sizeof(u64)) {
		u64 most = ~0ULL >> (64 - access->size * BITS_PER_BYTE);

		if (lbpf_scalar_umax(&value->var) > most)
			value->id = 0;
		lbpf_scalar_truncate(&value->var, access->size);
	}
	return 0;
}
