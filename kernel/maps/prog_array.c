// SPDX-License-Identifier: GPL-2.0
/*
 * Program array: where tail calls lead.
 *
 * Layer: maps.  Locks: lbpf_jump_sites::lock guards the programs, and the writing
 * of the targets that compiled code reads; owner_lock guards the owners of all
 * arrays.  The two are not nested.
 */
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/maps.h>
#include <lbpf/prog.h>

#include "array.h"

#define CREATE_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY)

/**
 * struct prog_array - A program array
 * @owner: Kind of program; guarded by owner_lock.
 * @progs: Program with each index, NULL for none; each holds a reference.
 * @nr_used: Programs in it.
 * @mem_bytes: Size of everything.
 * @jump: Head, and what compiled code reads; @jump.sites.lock guards the writing of @jump.targets,
 *	@progs and @nr_used.
 */
struct prog_array {
	struct lbpf_map_owner	owner;
	struct lbpf_prog	**progs;
	u32			nr_used;
	u64			mem_bytes;
	struct lbpf_jump_map	jump;
};

/* Owners are decided once for each array: one lock does. */
static DEFINE_MUTEX(owner_lock);

static struct prog_array *array_of(const struct lbpf_map *map)
{
	return container_of(map, struct prog_array, jump.map);
}

static int prog_array_alloc_check(const union bpf_attr *attr)
{
	if (attr->value_size != sizeof(u32))
		return -EINVAL;
	return lbpf_array_alloc_check(attr);
}

static struct lbpf_map *prog_array_alloc(const union bpf_attr *attr)
{
	int node = attr->map_flags & BPF_F_NUMA_NODE ? (int)attr->numa_node : NUMA_NO_NODE;
	struct prog_array *array;
	bool is_unpriv;
	u32 index_mask;
	u64 bytes, nr;

	is_unpriv = lbpf_array_shape(attr, &index_mask, &nr);
	bytes = sizeof(*array) + nr * sizeof(*array->jump.targets);
	array = lbpf_area_alloc(bytes, node);
	if (!array)
		return ERR_PTR(-ENOMEM);
	array->progs = lbpf_area_alloc_array(attr->max_entries, sizeof(*array->progs), node);
	if (!array->progs)
		goto free_array;
	lbpf_map_init(&array->jump.map, &lbpf_prog_array_ops, attr);
	lbpf_jump_sites_init(&array->jump.sites);
	array->jump.index_mask = index_mask;
	array->jump.map.unpriv_array = is_unpriv;
	array->jump.map.owner = &array->owner;
	array->mem_bytes = bytes + attr->max_entries * sizeof(*array->progs);
	return &array->jump.map;

free_array:
	lbpf_area_free(array);
	return ERR_PTR(-ENOMEM);
}

/* The last user reference has taken the programs along. */
static void prog_array_free(struct lbpf_map *map)
{
	struct prog_array *array = array_of(map);

	lbpf_jump_sites_exit(&array->jump.sites);
	lbpf_area_free(array->progs);
	lbpf_area_free(array);
}

/* Their contexts hold the same, and they are run in the same way. */
static bool is_same_kind(const struct lbpf_map_owner *a, const struct lbpf_map_owner *b)
{
	return a->type == b->type && a->has_frags == b->has_frags &&
	       a->expected_attach_type == b->expected_attach_type &&
	       a->is_sleepable == b->is_sleepable && a->tp_buffer_bytes == b->tp_buffer_bytes &&
	       a->attach_btf_id == b->attach_btf_id && a->attach_proto == b->attach_proto;
}

static bool prog_array_admit(struct lbpf_map *map, const struct lbpf_prog *prog)
{
	struct lbpf_map_owner *owner = map->owner;
	struct lbpf_map_owner kind = {
		.type			= prog->type,
		.expected_attach_type	= prog->expected_attach_type,
		.has_frags		= prog->prog_flags & BPF_F_XDP_HAS_FRAGS,
		.is_sleepable		= prog->is_sleepable,
		.tp_buffer_bytes	= prog->tp_buffer_bytes,
		.attach_btf_id		= lbpf_btf_id(prog->attach_btf),
		.attach_proto		= prog->attach_proto,
	};

	guard(mutex)(&owner_lock);
	if (owner->type == BPF_PROG_TYPE_UNSPEC)
		*owner = kind;
	return is_same_kind(owner, &kind);
}

static void *prog_array_fd_get(struct lbpf_map *map, u32 fd)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(fd);

	if (IS_ERR(prog) || prog_array_admit(map, prog))
		return prog;
	lbpf_prog_put(prog);
	return ERR_PTR(-EINVAL);
}

static void prog_array_fd_put(void *ptr)
{
	lbpf_prog_put(ptr);
}

static u32 prog_array_fd_id(void *ptr)
{
	const struct lbpf_prog *prog = ptr;

	return prog->obj.id;
}

/* Puts @prog, or nothing, at @index: what was there before, with its reference. */
static struct lbpf_prog *exchange(struct prog_array *array, u32 index, struct lbpf_prog *prog)
{
	const void *target = prog ? prog->tail_entry : NULL;
	struct lbpf_prog *old;

	lockdep_assert_held(&array->jump.sites.lock);
	index = array_index_nospec(index, array->jump.map.max_entries);
	old = array->progs[index];
	array->progs[index] = prog;
	array->nr_used += !!prog - !!old;
	WRITE_ONCE(array->jump.targets[index], target);
	lbpf_jump_sites_turn(&array->jump.sites, index, target);
	return old;
}

/*
 * Freezing waits for a grace period after it has forbidden writes, so that none
 * comes after it.
 */
static int exchange_unfrozen(struct prog_array *array, u32 index, struct lbpf_prog **prog)
{
	int err = -EPERM;

	guard(mutex)(&array->jump.sites.lock);
	rcu_read_lock();
	if (!READ_ONCE(array->jump.map.frozen)) {
		*prog = exchange(array, index, *prog);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

static int prog_array_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct prog_array *array = array_of(map);
	u32 index = *(const u32 *)key;
	struct lbpf_prog *prog;

	if (index >= map->max_entries)
		return -ENOENT;
	guard(mutex)(&array->jump.sites.lock);
	prog = array->progs[array_index_nospec(index, map->max_entries)];
	if (!prog)
		return -ENOENT;
	*(u32 *)value = prog_array_fd_id(prog);
	return 0;
}

static int prog_array_user_update(struct lbpf_map *map, const void *key, const void *value,
				  u64 flags)
{
	u32 index = *(const u32 *)key;
	struct lbpf_prog *prog;
	int err;

	if (flags != BPF_ANY)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	prog = prog_array_fd_get(map, *(const u32 *)value);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	err = exchange_unfrozen(array_of(map), index, &prog);
	/* The old one; or, after an error, the new one. */
	if (prog)
		prog_array_fd_put(prog);
	return err;
}

static int prog_array_user_delete(struct lbpf_map *map, const void *key)
{
	u32 index = *(const u32 *)key;
	struct lbpf_prog *prog = NULL;
	int err;

	if (index >= map->max_entries)
		return -E2BIG;
	err = exchange_unfrozen(array_of(map), index, &prog);
	if (err)
		return err;
	if (!prog)
		return -ENOENT;
	prog_array_fd_put(prog);
	return 0;
}

/*
 * Programs of the array may use the array: with nobody left to change it they
 * would keep each other alive.
 */
static void prog_array_release_user(struct lbpf_map *map)
{
	struct prog_array *array = array_of(map);
	struct lbpf_prog *prog;
	u32 i;

	for (i = 0; i < map->max_entries; i++) {
		mutex_lock(&array->jump.sites.lock);
		prog = array->nr_used ? exchange(array, i, NULL) : NULL;
		mutex_unlock(&array->jump.sites.lock);
		if (prog)
			prog_array_fd_put(prog);
		cond_resched();
	}
}

static u64 prog_array_count(const struct lbpf_map *map)
{
	return READ_ONCE(array_of(map)->nr_used);
}

static u64 prog_array_mem_bytes(const struct lbpf_map *map)
{
	return array_of(map)->mem_bytes;
}

const struct lbpf_map_ops lbpf_prog_array_ops = {
	.type = BPF_MAP_TYPE_PROG_ARRAY,
	.name = "prog_array",
	.text = LBPF_TEXT_BY_INDEX,
	.uses = LBPF_USE_TAIL_CALL,
	.create_flags = CREATE_FLAGS,
	.alloc_check = prog_array_alloc_check,
	.alloc = prog_array_alloc,
	.release_user = prog_array_release_user,
	.free = prog_array_free,
	.next_key = lbpf_array_next_key,
	.user_lookup = prog_array_user_lookup,
	.user_update = prog_array_user_update,
	.user_delete = prog_array_user_delete,
	.count = prog_array_count,
	.mem_bytes = prog_array_mem_bytes,
	.admit = prog_array_admit,
	.fd_get = prog_array_fd_get,
	.fd_put = prog_array_fd_put,
	.fd_id = prog_array_fd_id,
};
