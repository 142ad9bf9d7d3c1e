// SPDX-License-Identifier: GPL-2.0
/*
 * What 16-byte loads refer to: maps, values of maps, functions, kernel variables.
 *
 * Layer: verifier (pass) (p).
 */
#include <linux/bpf.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/uaccess.h>

#include <lbpf/map.h>

#include "env.h"

/**
 * lbpf_fd_array_read() - Read an entry of fd_array
 * @env: The run; the program has one.
 * @index: Which entry.
 * @fd: Result.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -EFAULT.
 */
int lbpf_fd_array_read(struct lbpf_env *env, u32 index, u32 *fd)
{
	u64 from = env->code->fd_array + (u64)index * sizeof(*fd);

	if (env->code->is_kernel ?
	    copy_from_kernel_nofault(fd, (const void *)(unsigned long)from, sizeof(*fd)) :
	    copy_from_user(fd, u64_to_user_ptr(from), sizeof(*fd)))
		return -EFAULT;
	return 0;
}

/* The descriptor of a map load that names an entry of fd_array. */
static int read_map_fd(struct lbpf_env *env, const struct bpf_insn *insn, u32 *fd)
{
	if (!env->code->fd_array)
		return reject(env, -EPROTO, "fd_idx without fd_array is invalid");
	return lbpf_fd_array_read(env, insn->imm, fd);
}

/* Holds a value of @map a lock, where no program may take one? */
static int check_lock(struct lbpf_env *env, const struct lbpf_map *map)
{
	u32 flags = env->code->pt->flags;

	if (map->spin_lock_off < 0)
		return 0;
	if (flags & LBPF_PT_NO_LOCK)
		return reject(env, -EINVAL, "socket filter progs cannot use bpf_spin_lock yet");
	if (flags & LBPF_PT_AT_EVENTS)
		return reject(env, -EINVAL, "tracing progs cannot use bpf_spin_lock yet");
	if (env->is_sleepable)
		return reject(env, -EINVAL, "sleepable progs cannot use bpf_spin_lock yet");
	return 0;
}

/* May the program use what the values of @map hold, those of its inner maps too? */
static int check_fields(struct lbpf_env *env, const struct lbpf_map *map)
{
	int err = 0;

	for (; map && !err; map = map->inner_map_meta) {
		err = check_lock(env, map);
		if (!err && map->timer_off >= 0 && env->code->pt->flags & LBPF_PT_AT_EVENTS)
			err = reject(env, -EINVAL, "tracing progs cannot use bpf_timer yet");
	}
	return err;
}

static int check_sleepable(struct lbpf_env *env, const struct lbpf_map *map)
{
	if (!env->is_sleepable || map->ops->uses & LBPF_USE_SLEEPABLE)
		return 0;
	return reject(env, -EINVAL,
		      "Sleepable programs can only use array, hash, and ringbuf maps");
}

/*
 * Makes @map one of the program's and drops the caller's reference when the
 * program has one already.  A program has few maps: a list is enough.
 */
static int use_map(struct lbpf_env *env, struct lbpf_map *map)
{
	struct lbpf_code *code = env->code;
	u32 i;

	if (!map->ops->uses) {
		lbpf_map_put(map);
		return reject(env, -EINVAL, "bpf_%s map cannot be used in prog", map->ops->name);
	}
	for (i = 0; i < code->nr_used_maps; i++) {
		if (code->used_maps[i] == map) {
			lbpf_map_put(map);
			return 0;
		}
	}
	if (code->nr_used_maps >= LBPF_MAX_USED_MAPS) {
		lbpf_map_put(map);
		return reject(env, -E2BIG,
			      "The total number of maps per program has reached the limit of %u",
			      LBPF_MAX_USED_MAPS);
	}
	code->used_maps[code->nr_used_maps++] = map;
	return 0;
}

static int resolve_value(struct lbpf_env *env, u32 idx)
{
	struct lbpf_insn_aux *aux = &env->aux[idx];
	u32 off = env->insns[idx + 1].imm;
	struct lbpf_map *map = aux->map;
	u64 addr;
	int err;

	if (off >= LBPF_MAX_VAR_OFF)
		return reject(env, -EINVAL, "direct value offset of %u is not allowed", off);
	if (!map->ops->value_addr)
		return reject(env, -EINVAL, "no direct value access support for this map type");
	err = map->ops->value_addr(map, &addr, off);
	if (err)
		return reject(env, err, "invalid access to map value pointer, value_size=%u off=%u",
			      map->value_size, off);
	aux->key = off;
	aux->flags |= LBPF_INSN_MAP_VALUE_ADDR;
	return 0;
}

static int resolve_map(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];
	struct lbpf_insn_aux *aux = &env->aux[idx];
	u32 fd = insn->imm;
	struct lbpf_map *map;
	int err;

	if (insn->src_reg == BPF_PSEUDO_MAP_IDX || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE) {
		err = read_map_fd(env, insn, &fd);
		if (err)
			return err;
	}
	map = lbpf_map_from_fd(fd);
	if (IS_ERR(map))
		return reject(env, PTR_ERR(map), "fd %d is not pointing to valid bpf_map", (int)fd);
	err = check_fields(env, map) ?: check_sleepable(env, map);
	if (err) {
		lbpf_map_put(map);
		return err;
	}
	err = use_map(env, map);
	if (err)
		return err;
	aux->map = map;
	if (insn->src_reg == BPF_PSEUDO_MAP_VALUE || insn->src_reg == BPF_PSEUDO_MAP_IDX_VALUE)
		return resolve_value(env, idx);
	aux->flags |= LBPF_INSN_MAP_ADDR;
	return 0;
}

static int resolve_imm64(struct lbpf_env *env, u32 idx)
{
	const struct bpf_insn *insn = &env->insns[idx];

	if (idx + 1 == env->code->nr_insns || !lbpf_insn_is_imm64_tail(insn + 1))
		return reject(env, -EINVAL, "invalid bpf_ld_imm64 insn");
	env->info[idx + 1].flags |= LBPF_INFO_HIGH_HALF;
	switch (insn->src_reg) {
	case 0:
	case BPF_PSEUDO_FUNC:
		return 0;
	case BPF_PSEUDO_BTF_ID:
		return lbpf_var_resolve(env, idx);
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_IDX:
		if (insn[1].imm)
			break;
		return resolve_map(env, idx);
	case BPF_PSEUDO_MAP_VALUE:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		return resolve_map(env, idx);
	}
	return reject(env, -EINVAL, "unrecognized bpf_ld_imm64 insn");
}

/**
 * lbpf_pass_resolve() - Find what 16-byte loads refer to, and check all opcodes
 * @env: Run of the verifier, after lbpf_pass_subprogs().
 *
 * Fills in aux->map, aux->key, the flags LBPF_INSN_MAP_ADDR and
 * LBPF_INSN_MAP_VALUE_ADDR, LBPF_INFO_HIGH_HALF, and code->used_maps, which hold
 * a reference each.
 *
 * Source: BPF_PSEUDO_* in <linux/bpf.h>.
 * Context: Process context, may sleep.
 * Return: 0; -EINVAL for an instruction that is none; -EBADF or -EINVAL for a
 * descriptor that is no map; -E2BIG for too many maps; -EPROTO, -EFAULT for a
 * missing or unreadable fd_array.
 */
int lbpf_pass_resolve(struct lbpf_env *env)
{
	const struct bpf_insn *insn;
	int err;
	u32 i;

	for (i = 0; i < env->code->nr_insns; i++) {
		insn = &env->insns[i];
		switch (lbpf_insn_form(insn->code)) {
		case LBPF_FORM_UNKNOWN:
			if (BPF_CLASS(insn->code) == BPF_LDX)
				return reject(env, -EINVAL, "BPF_LDX uses reserved fields");
			return reject(env, -EINVAL, "unknown opcode %02x", insn->code);
		case LBPF_FORM_LDX:
			if (insn->imm)
				return reject(env, -EINVAL, "%s", lbpf_insn_check_fields(insn));
			break;
		case LBPF_FORM_LD_IMM64:
			err = resolve_imm64(env, i++);
			if (err)
				return err;
			break;
		default:
			break;
		}
	}
	return 0;
}
