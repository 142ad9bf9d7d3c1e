// SPDX-License-Identifier: GPL-2.0
/*
 * Types of keys and values, and what they say of the fields of a value.
 *
 * Layer: api.
 */
#include <linux/capability.h>
#include <linux/err.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/kobject.h>
#include <lbpf/map.h>

#include "api.h"

static const struct lbpf_btf_field lock_field = {
	.name = "bpf_spin_lock",
	.size_bytes = sizeof(struct bpf_spin_lock),
	.align_bytes = __alignof__(struct bpf_spin_lock),
};

static const struct lbpf_btf_field timer_field = {
	.name = "bpf_timer",
	.size_bytes = sizeof(struct bpf_timer),
	.align_bytes = __alignof__(struct bpf_timer),
};

#define READ_ONLY_BY_ONE	(BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)

/* Offset of a field, or what is kept in its place. */
static s32 find_field(const struct lbpf_btf *btf, u32 value_id, const struct lbpf_btf_field *field)
{
	int off = lbpf_btf_find_field(btf, value_id, field);

	return off == -ENOENT || off == -EINVAL ? -1 : off;
}

/* What a kptr of the map's own types points to in those of the kernel, or of a module. */
static int find_target(const struct lbpf_btf *btf, const struct lbpf_btf_kptr *found,
		       struct lbpf_kptr *kptr)
{
	const struct btf_type *type = lbpf_btf_type(btf, found->type_id);
	const char *name;
	int id;

	if (!type || !lbpf_btf_is_struct(type))
		return -EINVAL;
	name = lbpf_btf_type_name(btf, type);
	id = lbpf_kernel_btf_find(name, lbpf_btf_kind(type), &kptr->btf);
	if (id < 0)
		return id;
	kptr->off = found->off;
	kptr->is_ref = found->is_ref;
	kptr->type_id = id;
	if (!kptr->is_ref)
		return 0;
	kptr->kobject = lbpf_kobject_find(name, lbpf_btf_type(kptr->btf, id)->size);
	if (kptr->kobject)
		return 0;
	lbpf_btf_put(kptr->btf);
	return -ENOENT;
}

static int fill_kptrs(struct lbpf_kptrs *kptrs, const struct lbpf_btf *btf,
		      const struct lbpf_btf_kptr *found, u32 nr)
{
	int err;

	for (; kptrs->nr < nr; kptrs->nr++) {
		err = find_target(btf, &found[kptrs->nr], &kptrs->kptr[kptrs->nr]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Where one of them cannot be, the value has none: such pointers are numbers to programs.
 * Source: Linux 6.1, observed.
 */
static int find_kptrs(struct lbpf_map *map, const struct lbpf_btf *btf, u32 value_id)
{
	struct lbpf_btf_kptr found[LBPF_BTF_MAX_KPTRS];
	int nr = lbpf_btf_find_kptrs(btf, value_id, found, LBPF_BTF_MAX_KPTRS), err;
	struct lbpf_kptrs *kptrs;

	if (nr <= 0)
		return 0;
	/* Zeroed, padding too: templates are compared byte by byte. */
	kptrs = lbpf_zalloc(sizeof(*kptrs), GFP_KERNEL);
	if (!kptrs)
		return -ENOMEM;
	err = fill_kptrs(kptrs, btf, found, nr);
	if (err) {
		lbpf_kptrs_free(kptrs);
		return err == -ENOMEM ? err : 0;
	}
	map->kptrs = kptrs;
	map->kptr_off = found[0].off;
	if (!bpf_capable())
		return -EPERM;
	if (map->map_flags & READ_ONLY_BY_ONE)
		return -EACCES;
	return map->ops->uses & LBPF_USE_VALUE_KPTR ? 0 : -EOPNOTSUPP;
}

/* Source: which types have it is what bpf(2) of Linux 6.1 says. */
static int find_fields(struct lbpf_map *map, const struct lbpf_btf *btf, u32 value_id)
{
	map->spin_lock_off = find_field(btf, value_id, &lock_field);
	if (map->spin_lock_off >= 0) {
		if (map->map_flags & BPF_F_RDONLY_PROG)
			return -EACCES;
		if (!(map->ops->uses & LBPF_USE_VALUE_LOCK))
			return -ENOTSUPP;
	}
	map->timer_off = find_field(btf, value_id, &timer_field);
	if (map->timer_off >= 0) {
		if (map->map_flags & BPF_F_RDONLY_PROG)
			return -EACCES;
		if (!(map->ops->uses & LBPF_USE_VALUE_TIMER))
			return -EOPNOTSUPP;
	}
	return find_kptrs(map, btf, value_id);
}

static bool has_size(const struct lbpf_btf *btf, u32 *id, u32 bytes)
{
	u32 type_bytes;

	return lbpf_btf_sized(btf, *id, id, &type_bytes) && type_bytes == bytes;
}

static int check_types(struct lbpf_map *map, const struct lbpf_btf *btf, u32 key_id, u32 value_id)
{
	int err;

	if (key_id && !has_size(btf, &key_id, map->key_size))
		return -EINVAL;
	if (!key_id && !map->ops->check_btf)
		return -EINVAL;
	if (!has_size(btf, &value_id, map->value_size))
		return -EINVAL;
	err = find_fields(map, btf, value_id);
	if (err || !map->ops->check_btf)
		return err;
	return map->ops->check_btf(map, btf, key_id, value_id);
}

/**
 * lbpf_map_take_types() - Give a new map the types of its keys and values
 * @map: Map that nobody else sees yet.
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -errno.
 */
int lbpf_map_take_types(struct lbpf_map *map, const union bpf_attr *attr)
{
	struct lbpf_btf *btf;
	int err;

	if (!attr->btf_key_type_id && !attr->btf_value_type_id && !attr->btf_vmlinux_value_type_id)
		return 0;
	btf = lbpf_btf_from_fd(attr->btf_fd);
	if (IS_ERR(btf))
		return PTR_ERR(btf);
	/* Dropped with the map. */
	map->btf = btf;
	if (lbpf_btf_object(btf)->is_kernel)
		return -EACCES;
	if (attr->btf_value_type_id) {
		err = check_types(map, btf, attr->btf_key_type_id, attr->btf_value_type_id);
		if (err)
			return err;
	}
	map->btf_key_type_id = attr->btf_key_type_id;
	map->btf_value_type_id = attr->btf_value_type_id;
	return 0;
}
