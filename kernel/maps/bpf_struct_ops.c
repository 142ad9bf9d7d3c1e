// SPDX-License-Identifier: GPL-2.0
/*
 * A kernel struct whose functions are programs, as the one element of a map.
 *
 * Layer: maps.
 *
 * Writing the element registers the struct with the kernel, deleting it takes it back; then it is
 * never registered again.  Who uses a registered struct holds its owner, a struct module: that is
 * one of the map's own, which no list of modules has, so its count is that of the users.  The map
 * is held while it is registered and as long as there are users; nothing tells when the last one
 * goes, so a worker looks.  Then, a grace period later (users read the struct under RCU, as they
 * do with modules that are unloaded), map and functions are freed.
 * Locks: ->lock guards ->value, ->kdata, ->entries and changes of ->state.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/string.h>

#include <lbpf/alloc.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/maps.h>
#include <lbpf/map.h>
#include <lbpf/prog.h>
#include <lbpf/struct_ops.h>

/* How often a worker looks whether there are users, jiffies. */
#define FIRST_LOOK	msecs_to_jiffies(10)
#define LAST_LOOK	HZ

/* Source: enum bpf_struct_ops_state of vmlinux BTF. */
enum state {
	STATE_INIT,
	STATE_INUSE,
	STATE_TOBEFREE,
};

/* How a value begins.  Source: struct bpf_struct_ops_tcp_congestion_ops of vmlinux BTF. */
struct value_head {
	u32	refcnt;
	u32	state;
};

/**
 * struct ops_map - Map of a struct of functions
 * @map: Head.
 * @ops: Kind of struct.
 * @btf: The kernel's types.
 * @value_type: Type of the value.
 * @type: Type of the struct.
 * @type_id: Its id.
 * @data_off: Where it is in the value, bytes.
 * @state: enum state.  Who reads INUSE without the lock reads what was written before.
 * @lock: See above.
 * @look: Looks for users after the struct was taken back.
 * @delay: Until the next look, jiffies.
 * @entries: For each member its function, or NULL.
 * @value: What userspace reads, but for its head: ids of programs in place of functions.
 * @kdata: The struct itself.
 * @owner: Who it belongs to: counts its users, and 1 more until it is taken back.
 */
struct ops_map {
	struct lbpf_map			map;
	const struct lbpf_struct_ops	*ops;
	const struct lbpf_btf		*btf;
	const struct btf_type		*value_type;
	const struct btf_type		*type;
	u32				type_id;
	u32				data_off;
	u32				state;
	struct mutex			lock; /* guards value, kdata, entries, changes of state */
	struct delayed_work		look;
	unsigned long			delay;
	void				**entries;
	void				*value;
	void				*kdata;
	struct module			owner;
};

static struct ops_map *ops_map_of(const struct lbpf_map *map)
{
	return container_of(map, struct ops_map, map);
}

static int ops_map_check(const union bpf_attr *attr)
{
	if (attr->key_size != sizeof(u32) || attr->max_entries != 1 || attr->map_flags ||
	    !attr->btf_vmlinux_value_type_id)
		return -EINVAL;
	return 0;
}

static void free_parts(struct ops_map *ops_map)
{
	lbpf_area_free(ops_map->entries);
	lbpf_area_free(ops_map->value);
	lbpf_area_free(ops_map->kdata);
	lbpf_area_free(ops_map);
}

static void look_for_users(struct work_struct *work);

static struct ops_map *alloc_parts(const struct lbpf_struct_ops *ops, u32 nr_members,
				   u32 value_bytes)
{
	struct ops_map *ops_map = lbpf_area_alloc(sizeof(*ops_map), NUMA_NO_NODE);

	if (!ops_map)
		return NULL;
	ops_map->entries = lbpf_area_alloc_array(nr_members, sizeof(*ops_map->entries),
						 NUMA_NO_NODE);
	ops_map->value = lbpf_area_alloc(value_bytes, NUMA_NO_NODE);
	ops_map->kdata = lbpf_area_alloc(ops->bytes, NUMA_NO_NODE);
	if (ops_map->entries && ops_map->value && ops_map->kdata)
		return ops_map;
	free_parts(ops_map);
	return NULL;
}

static struct lbpf_map *ops_map_alloc(const union bpf_attr *attr)
{
	const struct lbpf_btf *btf = lbpf_kernel_btf();
	u32 value_id = attr->btf_vmlinux_value_type_id;
	const struct lbpf_struct_ops *ops;
	const struct btf_type *type;
	struct ops_map *ops_map;
	u32 id, data_off;

	if (!bpf_capable())
		return ERR_PTR(-EPERM);
	if (IS_ERR(btf))
		return PTR_ERR(btf) == -ENOENT ? ERR_PTR(-ENOTSUPP) : ERR_CAST(btf);
	ops = lbpf_struct_ops_of_value(btf, value_id, &id, &data_off);
	if (!ops || data_off < sizeof(struct value_head))
		return ERR_PTR(-ENOTSUPP);
	type = lbpf_btf_type(btf, id);
	if (attr->value_size != lbpf_btf_type(btf, value_id)->size)
		return ERR_PTR(-EINVAL);
	ops_map = alloc_parts(ops, lbpf_btf_vlen(type), attr->value_size);
	if (!ops_map)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&ops_map->map, &lbpf_struct_ops_map_ops, attr);
	ops_map->ops = ops;
	ops_map->btf = btf;
	ops_map->value_type = lbpf_btf_type(btf, value_id);
	ops_map->type = type;
	ops_map->type_id = id;
	ops_map->data_off = data_off;
	mutex_init(&ops_map->lock);
	INIT_DELAYED_WORK(&ops_map->look, look_for_users);
	return &ops_map->map;
}

static void free_entries(struct ops_map *ops_map)
{
	u32 i;

	for (i = 0; i < lbpf_btf_vlen(ops_map->type); i++) {
		if (ops_map->entries[i])
			ops_map->ops->entries->free(ops_map->entries[i]);
		ops_map->entries[i] = NULL;
	}
}

static void ops_map_free(struct lbpf_map *map)
{
	struct ops_map *ops_map = ops_map_of(map);

	free_entries(ops_map);
	free_parts(ops_map);
}

static int ops_map_next_key(struct lbpf_map *map, const void *key, void *next_key)
{
	if (key && !*(const u32 *)key)
		return -ENOENT;
	*(u32 *)next_key = 0;
	return 0;
}

static int ops_map_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct ops_map *ops_map = ops_map_of(map);
	struct value_head *head = value;
	u32 state;

	if (*(const u32 *)key)
		return -ENOENT;
	/* Pairs with smp_store_release() in ops_map_update(). */
	state = smp_load_acquire(&ops_map->state);
	if (state == STATE_INIT) {
		memset(value, 0, map->value_size);
		return 0;
	}
	memcpy(value, ops_map->value, map->value_size);
	head->state = state;
	head->refcnt = atomic_read(&ops_map->owner.refcnt);
	return 0;
}

static bool is_zero(const void *data, u32 bytes)
{
	return !bytes || !memchr_inv(data, 0, bytes);
}

/* Nothing lies between the members of a struct. */
static int check_holes(const struct lbpf_btf *btf, const struct btf_type *type, const void *data)
{
	const struct btf_member *member;
	u32 i, off, bytes, end = 0;

	lbpf_btf_for_each_member(i, type, member) {
		off = lbpf_btf_member_bit_off(type, member) / 8;
		if (!lbpf_btf_sized(btf, member->type, NULL, &bytes))
			return -EINVAL;
		if (off > end && !is_zero(data + end, off - end))
			return -EINVAL;
		end = off + bytes;
	}
	return type->size <= end || is_zero(data + end, type->size - end) ? 0 : -EINVAL;
}

static int check_value(const struct ops_map *ops_map, const void *value)
{
	const struct value_head *head = value;
	int err = check_holes(ops_map->btf, ops_map->value_type, value);

	err = err ?: check_holes(ops_map->btf, ops_map->type, value + ops_map->data_off);
	if (err)
		return err;
	return head->state || head->refcnt ? -EINVAL : 0;
}

/* The program behind @fd, if it is made for member @i. */
static struct lbpf_prog *get_prog(const struct ops_map *ops_map, u32 fd, u32 i)
{
	struct lbpf_prog *prog = lbpf_prog_from_fd(fd);

	if (IS_ERR(prog))
		return prog;
	if (prog->type == BPF_PROG_TYPE_STRUCT_OPS && prog->attach_btf == ops_map->btf &&
	    prog->attach_btf_id == ops_map->type_id && prog->expected_attach_type == i)
		return prog;
	lbpf_prog_put(prog);
	return ERR_PTR(-EINVAL);
}

/* Userspace gives a descriptor, and reads an id. */
static int set_function(struct ops_map *ops_map, u32 i, u32 off, const struct btf_type *proto)
{
	unsigned long *number = ops_map->value + ops_map->data_off + off;
	struct lbpf_prog *prog;
	void *entry;

	if (!(int)*number)
		return 0;
	prog = get_prog(ops_map, *number, i);
	if (IS_ERR(prog))
		return PTR_ERR(prog);
	entry = ops_map->ops->entries->make(prog, ops_map->btf, proto);
	if (!IS_ERR(entry)) {
		ops_map->entries[i] = entry;
		*(void **)(ops_map->kdata + off) = ops_map->ops->entries->addr(entry);
		*number = prog->obj.id;
	}
	lbpf_prog_put(prog);
	return PTR_ERR_OR_ZERO(entry);
}

static bool is_owner(const struct lbpf_btf *btf, const struct btf_member *member)
{
	const struct btf_type *type = lbpf_btf_skip_mods(btf, member->type, NULL);

	if (!type || lbpf_btf_kind(type) != BTF_KIND_PTR)
		return false;
	type = lbpf_btf_skip_mods(btf, type->type, NULL);
	return type && lbpf_btf_kind(type) == BTF_KIND_STRUCT &&
	       !strcmp(lbpf_btf_type_name(btf, type), "module");
}

static int set_member(struct ops_map *ops_map, u32 i, const struct btf_member *member)
{
	u32 off = lbpf_btf_member_bit_off(ops_map->type, member) / 8, bytes;
	void *data = ops_map->value + ops_map->data_off;
	const struct btf_type *proto;
	int ret;

	if (is_owner(ops_map->btf, member)) {
		*(struct module **)(ops_map->kdata + off) = &ops_map->owner;
		return *(void **)(data + off) ? -EINVAL : 0;
	}
	ret = ops_map->ops->init_member(off, ops_map->kdata, data);
	if (ret)
		return min(ret, 0);
	proto = lbpf_struct_ops_proto(ops_map->btf, member);
	if (proto)
		return set_function(ops_map, i, off, proto);
	if (!lbpf_btf_sized(ops_map->btf, member->type, NULL, &bytes))
		return -EINVAL;
	return is_zero(data + off, bytes) ? 0 : -EINVAL;
}

static int set_members(struct ops_map *ops_map)
{
	const struct btf_member *member;
	int err = 0;
	u32 i;

	lbpf_btf_for_each_member(i, ops_map->type, member) {
		err = set_member(ops_map, i, member);
		if (err)
			break;
	}
	return err;
}

/* The kernel gets it; the map is held for it. */
static int hand_over(struct ops_map *ops_map)
{
	int err;

	strscpy(ops_map->owner.name, "lbpf_struct_ops", sizeof(ops_map->owner.name));
	ops_map->owner.state = MODULE_STATE_LIVE;
	atomic_set(&ops_map->owner.refcnt, 1);
	lbpf_map_get(&ops_map->map);
	err = ops_map->ops->reg(ops_map->kdata);
	if (err)
		lbpf_map_put(&ops_map->map);
	return err;
}

static int register_value(struct ops_map *ops_map, const void *value)
{
	int err;

	memcpy(ops_map->value, value, ops_map->map.value_size);
	err = set_members(ops_map) ?: hand_over(ops_map);
	if (!err)
		return 0;
	free_entries(ops_map);
	memset(ops_map->value, 0, ops_map->map.value_size);
	memset(ops_map->kdata, 0, ops_map->ops->bytes);
	return err;
}

static int ops_map_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	struct ops_map *ops_map = ops_map_of(map);
	int err;

	if (flags)
		return -EINVAL;
	if (*(const u32 *)key)
		return -E2BIG;
	err = check_value(ops_map, value);
	if (err)
		return err;
	mutex_lock(&ops_map->lock);
	err = ops_map->state == STATE_INIT ? register_value(ops_map, value) : -EBUSY;
	if (!err)
		/* Pairs with smp_load_acquire() in ops_map_lookup(). */
		smp_store_release(&ops_map->state, STATE_INUSE);
	mutex_unlock(&ops_map->lock);
	return err;
}

/* Whoever was last is gone: nobody comes any more. */
static void look_for_users(struct work_struct *work)
{
	struct ops_map *ops_map = container_of(to_delayed_work(work), struct ops_map, look);

	if (!atomic_read(&ops_map->owner.refcnt)) {
		lbpf_map_put(&ops_map->map);
		return;
	}
	ops_map->delay = min_t(unsigned long, 2 * ops_map->delay, LAST_LOOK);
	lbpf_object_defer_later(&ops_map->look, ops_map->delay);
}

static int take_back(struct ops_map *ops_map)
{
	switch (ops_map->state) {
	case STATE_INIT:
		return -ENOENT;
	case STATE_TOBEFREE:
		return -EINPROGRESS;
	}
	WRITE_ONCE(ops_map->state, STATE_TOBEFREE);
	ops_map->ops->unreg(ops_map->kdata);
	if (atomic_dec_and_test(&ops_map->owner.refcnt)) {
		lbpf_map_put(&ops_map->map);
		return 0;
	}
	ops_map->delay = FIRST_LOOK;
	lbpf_object_defer_later(&ops_map->look, ops_map->delay);
	return 0;
}

static int ops_map_delete(struct lbpf_map *map, const void *key)
{
	struct ops_map *ops_map = ops_map_of(map);
	int err;

	mutex_lock(&ops_map->lock);
	err = take_back(ops_map);
	mutex_unlock(&ops_map->lock);
	return err;
}

static u64 ops_map_count(const struct lbpf_map *map)
{
	return READ_ONCE(ops_map_of(map)->state) != STATE_INIT;
}

static u64 ops_map_mem_bytes(const struct lbpf_map *map)
{
	const struct ops_map *ops_map = ops_map_of(map);

	return sizeof(*ops_map) + map->value_size + ops_map->ops->bytes +
	       lbpf_btf_vlen(ops_map->type) * sizeof(*ops_map->entries);
}

const struct lbpf_map_ops lbpf_struct_ops_map_ops = {
	.type = BPF_MAP_TYPE_STRUCT_OPS,
	.name = "struct_ops",
	.alloc_check = ops_map_check,
	.alloc = ops_map_alloc,
	.free = ops_map_free,
	.next_key = ops_map_next_key,
	.user_lookup = ops_map_lookup,
	.user_update = ops_map_update,
	.user_delete = ops_map_delete,
	.count = ops_map_count,
	.mem_bytes = ops_map_mem_bytes,
	.text = LBPF_TEXT_VALUE,
};
