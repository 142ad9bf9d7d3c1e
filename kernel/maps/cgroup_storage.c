// SPDX-License-Identifier: GPL-2.0
/*
 * Storage of cgroups: memory of a program where it is attached, plain or for each CPU.
 *
 * Layer: maps.  Locks: none; programs share the value as they like.
 *
 * Cgroups do not take programs of others, so that no storage of a cgroup ever
 * exists: userspace finds none.  A test run is given one, with zeros in it.
 */
#include <linux/bpf.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/numa.h>
#include <linux/percpu.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/btf.h>
#include <lbpf/map.h>
#include <lbpf/maps.h>

#define STORAGE_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG | \
			 BPF_F_WRONLY_PROG)
/*
 * Largest value of the plain type, as bpf(2) bounds it: less than a slab object by its own header.
 */
#define MAX_PLAIN_BYTES	(KMALLOC_MAX_SIZE - 512)
#define VALUE_ALIGN	8

/**
 * struct lbpf_cgroup_storage - A map of storages
 * @map: Head.
 * @plain: Value of a test run; NULL for each CPU.
 * @percpu: Values of a test run; NULL for the plain type.
 */
struct lbpf_cgroup_storage {
	struct lbpf_map	map;
	void		*plain;
	void __percpu	*percpu;
};

static struct lbpf_cgroup_storage *storage_of(const struct lbpf_map *map)
{
	return container_of(map, struct lbpf_cgroup_storage, map);
}

static bool is_percpu(const struct lbpf_map *map)
{
	return map->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
}

/* Source: BPF_MAP_CREATE of both types in Documentation/bpf/map_cgroup_storage.rst and in use. */
static int storage_alloc_check(const union bpf_attr *attr)
{
	bool is_whole = attr->key_size == sizeof(struct bpf_cgroup_storage_key);
	u32 max = attr->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE ? PCPU_MIN_UNIT_SIZE :
									MAX_PLAIN_BYTES;
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;

	if ((!is_whole && attr->key_size != sizeof(__u64)) || !attr->value_size)
		return -EINVAL;
	if (attr->value_size > max)
		return -E2BIG;
	return attr->max_entries || (attr->map_flags & both) == both ? -EINVAL : 0;
}

static void storage_free(struct lbpf_map *map)
{
	struct lbpf_cgroup_storage *storage = storage_of(map);

	if (is_percpu(map))
		lbpf_percpu_free(storage->percpu);
	else
		lbpf_area_free(storage->plain);
	lbpf_free(storage);
}

static struct lbpf_map *storage_alloc(const union bpf_attr *attr)
{
	struct lbpf_cgroup_storage *storage = lbpf_zalloc(sizeof(*storage), GFP_KERNEL);
	bool is_each = attr->map_type == BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE;
	struct lbpf_map *map;

	if (!storage)
		return ERR_PTR(-ENOMEM);
	map = &storage->map;
	lbpf_map_init(map, is_each ? &lbpf_percpu_cgroup_storage_ops : &lbpf_cgroup_storage_ops,
		      attr);
	if (is_each)
		storage->percpu = lbpf_percpu_alloc(map->elem_size, VALUE_ALIGN, GFP_KERNEL);
	else
		storage->plain = lbpf_area_alloc(map->elem_size, map->numa_node);
	if (!storage->percpu && !storage->plain) {
		lbpf_free(storage);
		return ERR_PTR(-ENOMEM);
	}
	return map;
}

static bool is_member(const struct lbpf_btf *btf, const struct btf_type *type, u32 i, u32 bit_off,
		      u32 bytes)
{
	const struct btf_member *member = lbpf_btf_members(type) + i;
	u32 member_bytes;

	return lbpf_btf_member_bit_off(type, member) == bit_off &&
	       lbpf_btf_sized(btf, member->type, NULL, &member_bytes) && member_bytes == bytes;
}

/* A key is the id of a cgroup, or a struct bpf_cgroup_storage_key. */
static int storage_check_btf(const struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id,
			     u32 value_id)
{
	const struct btf_type *key = lbpf_btf_type(btf, key_id);
	u32 type_bits = 8 * offsetof(struct bpf_cgroup_storage_key, attach_type);

	if (map->key_size == sizeof(__u64))
		return lbpf_btf_kind(key) == BTF_KIND_INT &&
		       BTF_INT_BITS(lbpf_btf_int(key)) == 64 ? 0 : -EINVAL;
	return lbpf_btf_kind(key) == BTF_KIND_STRUCT && lbpf_btf_vlen(key) == 2 &&
	       is_member(btf, key, 0, 0, sizeof(__u64)) &&
	       is_member(btf, key, 1, type_bits, sizeof(__u32)) ? 0 : -EINVAL;
}

static void *storage_value(struct lbpf_map *map)
{
	struct lbpf_cgroup_storage *storage = storage_of(map);

	return is_percpu(map) ? this_cpu_ptr(storage->percpu) : storage->plain;
}

/* Another run may hold the lock, or wait for it. */
static void clear_plain(const struct lbpf_map *map, void *value)
{
	u32 end = map->spin_lock_off + sizeof(struct bpf_spin_lock);

	if (map->spin_lock_off < 0) {
		memset(value, 0, map->elem_size);
		return;
	}
	memset(value, 0, map->spin_lock_off);
	memset(value + end, 0, map->elem_size - end);
}

static void storage_begin(struct lbpf_map *map)
{
	struct lbpf_cgroup_storage *storage = storage_of(map);
	int cpu;

	if (!is_percpu(map)) {
		clear_plain(map, storage->plain);
		return;
	}
	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(storage->percpu, cpu), 0, map->elem_size);
}

static int find_none(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	return -ENOENT;
}

static int update_none(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	return flags & ~(u64)(BPF_F_LOCK | BPF_EXIST) ? -EINVAL : -ENOENT;
}

static int delete_none(struct lbpf_map *map, const void *key)
{
	return -EINVAL;
}

static int next_none(struct lbpf_map *map, const void *key, void *next)
{
	return -ENOENT;
}

static u32 percpu_user_bytes(const struct lbpf_map *map)
{
	return map->elem_size * num_possible_cpus();
}

/* Userspace sees no element either. */
static u64 count_none(const struct lbpf_map *map)
{
	return 0;
}

static u64 storage_bytes(const struct lbpf_map *map)
{
	return sizeof(struct lbpf_cgroup_storage) +
	       (u64)map->elem_size * (is_percpu(map) ? num_possible_cpus() : 1);
}

#define STORAGE_OPS(id, text, more_uses, ...)					\
	{								\
		.type = (id),						\
		.name = text,						\
		.kernel_struct = "bpf_cgroup_storage_map",		\
		.uses = LBPF_USE_LOCAL_STORAGE | (more_uses),			\
		.create_flags = STORAGE_FLAGS,				\
		.alloc_check = storage_alloc_check,			\
		.alloc = storage_alloc,					\
		.check_btf = storage_check_btf,				\
		.free = storage_free,					\
		.run_begin = storage_begin,				\
		.run_value = storage_value,				\
		.next_key = next_none,					\
		.user_lookup = find_none,				\
		.user_update = update_none,				\
		.user_delete = delete_none,				\
		.count = count_none,					\
		.mem_bytes = storage_bytes,				\
		__VA_ARGS__						\
	}

const struct lbpf_map_ops lbpf_cgroup_storage_ops =
	STORAGE_OPS(BPF_MAP_TYPE_CGROUP_STORAGE, "cgroup_storage", LBPF_USE_VALUE_LOCK);
const struct lbpf_map_ops lbpf_percpu_cgroup_storage_ops =
	STORAGE_OPS(BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, "percpu_cgroup_storage", 0,
		    .user_value_bytes = percpu_user_bytes);
