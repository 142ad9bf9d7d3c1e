// SPDX-License-Identifier: GPL-2.0
/*
 * What all maps have in common: birth, death, freezing, mapping, description.
 *
 * Layer: core.
 * Locks: a freeze lock guards the writable mappings of the maps that hash to
 * it, and keeps the first of them apart from freezing.
 */
#include <linux/err.h>
#include <linux/rcupdate_trace.h>
#include <linux/file.h>
#include <linux/hash.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/poll.h>
#include <linux/seq_file.h>

#include <lbpf/alloc.h>
#include <lbpf/btf_object.h>
#include <lbpf/compat.h>
#include <lbpf/map.h>

#define FREEZE_LOCK_BITS	4

static struct mutex freeze_locks[1 << FREEZE_LOCK_BITS];

/**
 * lbpf_map_freeze_lock() - Find the lock that keeps freezing and mapping apart
 * @map: Map.
 *
 * Context: Any.
 * Return: The lock, shared with other maps.
 */
struct mutex *lbpf_map_freeze_lock(const struct lbpf_map *map)
{
	return &freeze_locks[hash_ptr(map, FREEZE_LOCK_BITS)];
}

/**
 * lbpf_map_init() - Fill in the head of a map
 * @map: Map, zeroed.
 * @ops: Its type.
 * @attr: Checked attributes of BPF_MAP_CREATE.
 *
 * Context: Any.
 */
void lbpf_map_init(struct lbpf_map *map, const struct lbpf_map_ops *ops,
		   const union bpf_attr *attr)
{
	map->ops = ops;
	map->map_type = attr->map_type;
	map->key_size = attr->key_size;
	map->value_size = attr->value_size;
	map->elem_size = round_up(attr->value_size, 8);
	map->max_entries = attr->max_entries;
	/* How a descriptor was opened is no property of the map. */
	map->map_flags = attr->map_flags & ~(BPF_F_RDONLY | BPF_F_WRONLY);
	map->map_extra = attr->map_extra;
	map->numa_node = attr->map_flags & BPF_F_NUMA_NODE ? (int)attr->numa_node : NUMA_NO_NODE;
	map->ifindex = attr->map_ifindex;
	map->spin_lock_off = -1;
	map->timer_off = -1;
	map->kptr_off = -1;
	map->btf_vmlinux_value_type_id = attr->btf_vmlinux_value_type_id;
	/* What follows the NUL is not part of it. */
	strscpy_pad(map->name, attr->map_name, sizeof(map->name));
}

/**
 * lbpf_map_create() - Make a map
 * @ops: Its type.
 * @attr: Checked attributes of BPF_MAP_CREATE.
 *
 * Context: A command; may sleep.
 * Return: Map with one user reference and no id yet, or ERR_PTR(-errno).
 */
struct lbpf_map *lbpf_map_create(const struct lbpf_map_ops *ops, const union bpf_attr *attr)
{
	struct lbpf_map *map = ops->alloc(attr);

	if (!IS_ERR(map))
		lbpf_object_init(&map->obj, LBPF_OBJ_MAP);
	return map;
}

/**
 * lbpf_map_meta_equal() - May a map be an inner map?
 * @meta: Template.
 * @map: Map.
 *
 * Context: Any.
 * Return: true if programs verified with @meta can use @map, as far as its length does not matter.
 */
bool lbpf_map_meta_equal(const struct lbpf_map *meta, const struct lbpf_map *map)
{
	return meta->map_type == map->map_type && meta->key_size == map->key_size &&
	       meta->value_size == map->value_size && meta->map_flags == map->map_flags &&
	       meta->spin_lock_off == map->spin_lock_off && meta->timer_off == map->timer_off &&
	       !meta->kptrs == !map->kptrs &&
	       (!map->kptrs || !memcmp(meta->kptrs, map->kptrs, sizeof(*map->kptrs)));
}

/**
 * lbpf_map_from_fd() - Take the map behind a descriptor
 * @fd: Descriptor of the current process.
 *
 * Context: Process context.
 * Return: Map with a new reference, ERR_PTR(-EBADF) or ERR_PTR(-EINVAL).
 */
struct lbpf_map *lbpf_map_from_fd(u32 fd)
{
	struct lbpf_object *obj = lbpf_object_from_fd(fd, LBPF_OBJ_MAP);

	return IS_ERR(obj) ? ERR_CAST(obj) : lbpf_map_of(obj);
}

/**
 * lbpf_kptrs_copy() - Copy what is known of the kptrs of a value
 * @kptrs: Those of a map.
 *
 * Context: Process context, may sleep.
 * Return: Copy with references of its own, or NULL: no memory.
 */
struct lbpf_kptrs *lbpf_kptrs_copy(const struct lbpf_kptrs *kptrs)
{
	struct lbpf_kptrs *copy = lbpf_zalloc(sizeof(*copy), GFP_KERNEL);
	u32 i;

	if (!copy)
		return NULL;
	memcpy(copy, kptrs, sizeof(*copy));
	for (i = 0; i < copy->nr; i++)
		lbpf_btf_get(copy->kptr[i].btf);
	return copy;
}

/**
 * lbpf_kptrs_free() - Forget the kptrs of a value
 * @kptrs: Of lbpf_zalloc(); NULL is fine.
 *
 * Context: Any but NMI.
 */
void lbpf_kptrs_free(struct lbpf_kptrs *kptrs)
{
	u32 i;

	for (i = 0; kptrs && i < kptrs->nr; i++)
		lbpf_btf_put(kptrs->kptr[i].btf);
	lbpf_free(kptrs);
}

static void free_map(struct work_struct *work)
{
	struct lbpf_map *map = container_of(work, struct lbpf_map, work);

	struct lbpf_kptrs *kptrs = map->kptrs;

	map->ops->free(map);
	lbpf_kptrs_free(kptrs);
	lbpf_object_freed(LBPF_OBJ_MAP);
}

static void free_after_rcu(struct rcu_head *rcu)
{
	struct lbpf_map *map = container_of(rcu, struct lbpf_map, rcu);

	INIT_WORK(&map->work, free_map);
	lbpf_object_defer(&map->work);
}

static void free_after_tasks_trace(struct rcu_head *rcu)
{
	call_rcu(rcu, free_after_rcu);
}

/*
 * Programs may have found it in another map: they are waited for, those that sleep too.  They
 * never look at its types, whose id goes with the last descriptor of the map, as in Linux.
 */
static void end_map(struct lbpf_object *obj)
{
	struct lbpf_map *map = lbpf_map_of(obj);

	lbpf_btf_put(map->btf);
	if (map->was_inner)
		call_rcu_tasks_trace(&map->rcu, free_after_tasks_trace);
	else
		call_rcu(&map->rcu, free_after_rcu);
}

static void release_map_user(struct lbpf_object *obj)
{
	struct lbpf_map *map = lbpf_map_of(obj);

	if (map->ops->release_user)
		map->ops->release_user(map);
}

/**
 * lbpf_map_freeze() - Forbid userspace to write
 * @map: Map that the caller holds a reference on.
 *
 * Context: Process context, sleeps for a grace period.
 * Return: 0, or -EBUSY when it is mapped for writing, or is frozen.
 */
int lbpf_map_freeze(struct lbpf_map *map)
{
	scoped_guard(mutex, lbpf_map_freeze_lock(map)) {
		if (map->write_mappings || map->frozen)
			return -EBUSY;
		WRITE_ONCE(map->frozen, true);
	}
	/* Writers that saw it unfrozen are done after this: see struct lbpf_map. */
	synchronize_rcu_expedited();
	return 0;
}

/* A mapping of the same pages was split off or inherited. */
static void open_mapping(struct vm_area_struct *vma)
{
	struct lbpf_map *map = lbpf_map_of(vma->vm_file->private_data);

	if (!(vma->vm_flags & VM_MAYWRITE))
		return;
	guard(mutex)(lbpf_map_freeze_lock(map));
	map->write_mappings++;
}

static void close_mapping(struct vm_area_struct *vma)
{
	struct lbpf_map *map = lbpf_map_of(vma->vm_file->private_data);

	if (!(vma->vm_flags & VM_MAYWRITE))
		return;
	guard(mutex)(lbpf_map_freeze_lock(map));
	map->write_mappings--;
}

static const struct vm_operations_struct mapping_ops = {
	.open	= open_mapping,
	.close	= close_mapping,
};

static int check_writable(const struct lbpf_map *map, const struct vm_area_struct *vma)
{
	if (!(vma->vm_flags & VM_WRITE))
		return 0;
	if (map->frozen)
		return -EPERM;
	/* Programs rely on it that nobody writes. */
	return map->map_flags & BPF_F_RDONLY_PROG ? -EACCES : 0;
}

static int map_into_process(struct file *file, struct vm_area_struct *vma)
{
	struct lbpf_map *map = lbpf_map_of(file->private_data);
	int err;

	if (!map->ops->mmap || map->spin_lock_off >= 0 || map->timer_off >= 0 ||
	    map->kptrs)
		return -ENOTSUPP;
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;

	guard(mutex)(lbpf_map_freeze_lock(map));
	err = check_writable(map, vma);
	if (err)
		return err;
	vma->vm_ops = &mapping_ops;
	vm_flags_clear(vma, VM_MAYEXEC);
	/* What starts read-only stays so: writers are counted here and nowhere else. */
	if (!(vma->vm_flags & VM_WRITE))
		vm_flags_clear(vma, VM_MAYWRITE);

	err = map->ops->mmap(map, vma);
	if (!err && vma->vm_flags & VM_MAYWRITE)
		map->write_mappings++;
	return err;
}

/* Source: keys and their order are those of a map of bpf(2) in /proc/self/fdinfo. */
static void show_fdinfo(struct seq_file *seq, struct file *file)
{
	const struct lbpf_map *map = lbpf_map_of(file->private_data);

	seq_printf(seq,
		   "map_type:\t%u\n"
		   "key_size:\t%u\n"
		   "value_size:\t%u\n"
		   "max_entries:\t%u\n"
		   "map_flags:\t%#x\n"
		   "map_extra:\t%#llx\n"
		   "memlock:\t%llu\n"
		   "map_id:\t%u\n"
		   "frozen:\t%u\n",
		   map->map_type, map->key_size, map->value_size, map->max_entries,
		   map->map_flags, (unsigned long long)map->map_extra,
		   (unsigned long long)(map->ops->mem_bytes ? map->ops->mem_bytes(map) : 0),
		   map->obj.id, READ_ONCE(map->frozen));
	if (map->owner && READ_ONCE(map->owner->type))
		seq_printf(seq, "owner_prog_type:\t%u\nowner_jited:\t1\n", map->owner->type);
}

static __poll_t poll_map(struct file *file, struct poll_table_struct *wait)
{
	struct lbpf_map *map = lbpf_map_of(file->private_data);

	return map->ops->poll ? map->ops->poll(map, file, wait) : EPOLLERR;
}

static int release_map_file(struct inode *inode, struct file *file)
{
	struct lbpf_map *map = lbpf_map_of(file->private_data);

	if (map->ops->release_file)
		map->ops->release_file(map, file);
	return lbpf_object_release(inode, file);
}

/* Its address says that a file is a map. */
const struct file_operations lbpf_map_fops = {
	.owner		= THIS_MODULE,
	.release	= release_map_file,
	.poll		= poll_map,
	.mmap		= map_into_process,
	.show_fdinfo	= show_fdinfo,
};

static const struct lbpf_object_ops map_object_ops = {
	.name		= "lbpf-map",
	.fops		= &lbpf_map_fops,
	.release_user	= release_map_user,
	.free		= end_map,
};

/**
 * lbpf_map_core_init() - Register maps as a kind of object
 *
 * Context: Module init.
 * Return: 0.
 */
int lbpf_map_core_init(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(freeze_locks); i++)
		mutex_init(&freeze_locks[i]);
	lbpf_object_register(LBPF_OBJ_MAP, &map_object_ops);
	return 0;
}

/**
 * lbpf_map_core_exit() - Nothing is left to do once every object is gone
 *
 * Context: Module exit.
 */
void lbpf_map_core_exit(void)
{
}
