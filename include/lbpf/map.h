/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps, and what a map type is.
 *
 * Layer: core.  A map type is one file in kernel/maps/ with a table of
 * operations and no knowledge of ioctls; the commands copy keys and values from
 * and to userspace and call these.
 */
#ifndef _LBPF_MAP_H
#define _LBPF_MAP_H

#include <linux/bpf.h>
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <lbpf/jump_site.h>
#include <lbpf/btf.h>
#include <lbpf/object.h>
#include <lbpf/types.h>

#include <lbpf.h>

struct lbpf_ctx_field;
struct lbpf_btf;
struct lbpf_map;
struct file;
struct poll_table_struct;
struct lbpf_prog;
struct seq_file;
struct vm_area_struct;

/* Flags of an element that say whose value it is. */
#define LBPF_CPU_FLAGS	(LBPF_F_CPU | LBPF_F_ALL_CPUS | ~0ULL << LBPF_F_CPU_SHIFT)

/**
 * struct lbpf_map_cursor - Resumable position in a map
 * @pos: Meaning belongs to the map type; 0: before the first element.  Fits in 32 bits, which
 *	is what
 *	batch callers may give room for (in_batch, out_batch of a map with 4-byte keys).
 * @elem_flags: BPF_F_LOCK or 0, for each element.
 * @end: Set when there is nothing more.
 * @key: Types with ->cursor_is_key: the last key, where @pos is not 0; room for one.
 */
struct lbpf_map_cursor {
	u64	pos;
	u64	elem_flags;
	bool	end;
	void	*key;
};

/**
 * struct lbpf_map_row - Values one after the other, found by a 4-byte index
 * @base: Address of value 0; of a per-CPU map: its per-CPU address.
 * @elem_size: Distance of two values, bytes.
 * @nr: Number of values; other indices have none.
 * @index_mask: Indices are masked with it after the check, so that speculation stays
 *	inside; ~0: they are not.
 * @is_percpu: @base is a per-CPU address.
 * @is_object: A lookup gives the pointer that is the value, or NULL where that is.
 * @is_inner: The row of whatever map is like a template: @base_off counts instead of @base.
 * @base_off: Offset in such a map of the address of value 0.
 * @nr_off: ... of the number of values, of 4 bytes, which counts instead of @nr; 0: @nr does.
 * @mask_off: ... of the mask, of 4 bytes; 0: indices are not masked.
 */
struct lbpf_map_row {
	u64	base;
	u32	elem_size;
	u32	nr;
	u32	index_mask;
	bool	is_percpu;
	bool	is_object;
	bool	is_inner;
	u32	base_off;
	u32	nr_off;
	u32	mask_off;
};

/**
 * struct lbpf_map_table - A hash table that compiled programs look up in by themselves
 *
 * With M and F the words at @mask_off and @factor_off, and fold(a, b) the two
 * halves of the product of 64-bit numbers XORed, the hash of a key k of up to 8
 * bytes is fold(fold(k ^ M, F) ^ M, F); of 16 bytes k, l:
 * fold(fold(k ^ M, l ^ F) ^ M, F).  Its low bits choose a bucket; its top byte with
 * bit 7 set is the tag.  A bucket has a word of eight tags, a 4-byte ref for each,
 * a count of removals, and a word that is not 0 if it does not hold all of its
 * entries.  An element that is found is the key's if the count is the same before
 * and afterwards.
 *
 * @key_bytes: 4, 8 or 16.
 * @mask_off: Offset in the map of M.
 * @factor_off: ... of F.
 * @buckets_off: ... of the address of the buckets.
 * @elems_off: ... of the address of the elements, or of the addresses of chunks of them.
 * @bucket_mask: Number of buckets less one.
 * @bucket_mask_off: Offset in the map of that, 4 bytes, which counts instead; 0: @bucket_mask does.
 * @bucket_shift: log2 of the size of a bucket.
 * @seq_off: Offset in a bucket of the count of removals.
 * @tags_off: ... of the tags.
 * @refs_off: ... of the refs.
 * @chain_off: ... of the word that is 0 if all entries are in the bucket.
 * @elem_bytes: Size of an element; a ref is its index.
 * @is_chunked: Elements are in chunks,
 * @chunk_shift: ... of that many bits of a ref.
 * @key_off: Offset in an element of the key.
 * @value_off: ... of the value, or of its per-CPU address.
 * @mark_off: ... of a byte that a lookup sets to 1; 0: there is none.
 * @is_percpu: Values are per CPU.
 * @is_object: A lookup gives the pointer that is the value.
 */
struct lbpf_map_table {
	u32	key_bytes;
	u32	mask_off;
	u32	factor_off;
	u32	buckets_off;
	u32	elems_off;
	u32	bucket_mask;
	u32	bucket_mask_off;
	u32	bucket_shift;
	u32	seq_off;
	u32	tags_off;
	u32	refs_off;
	u32	chain_off;
	u32	elem_bytes;
	u32	key_off;
	u32	value_off;
	u32	mark_off;
	u8	chunk_shift;
	bool	is_chunked;
	bool	is_percpu;
	bool	is_object;
};

/* How elements are shown as text. */
enum lbpf_map_text {
	LBPF_TEXT_NONE,
	LBPF_TEXT_BY_INDEX,	/* the key is a number, whatever its type */
	LBPF_TEXT_BY_KEY,
	LBPF_TEXT_VALUE,	/* one value, of a type of the kernel, without its key */
};

/**
 * struct lbpf_map_ops - A map type
 * @type: BPF_MAP_TYPE_*.
 * @name: As bpftool prints it.
 * @uses: OR of enum lbpf_map_use: what programs may do with it.
 * @create_flags: map_flags it accepts.
 * @cursor_is_key: What batch callers keep (in_batch, out_batch) is a key.
 * @peek_reads: A peek, and a lookup by userspace, asks for the value it passes; it does not get
 *	one.
 * @alloc_check: Further checks of the attributes; 0 or -errno.  May be NULL.
 * @alloc: A new map (its private struct, lbpf_map first) for checked attributes.  The caller
 *	has set nothing;
 *	call lbpf_map_init() first.  ERR_PTR on error.
 * @release_user: Last user reference went (timers, program arrays).  May be NULL.
 * @free: Frees the map.  Called from a worker after every grace period it may be seen in.  May
 *	sleep.
 * @lookup: Pointer to the value of @key, or NULL.  Under rcu_read_lock(); any context.
 *	Programs call this.
 * @update: BPF_ANY, BPF_NOEXIST, BPF_EXIST (and BPF_F_LOCK).  Under rcu_read_lock(); any context.
 * @delete: Likewise.
 * @push: Queues and stacks: append a value.
 * @pop: Queues and stacks: take a value.
 * @peek: Queues and stacks: read the value that pop would take.
 * @lookup_percpu: Value of @key for one CPU.
 * @next_key: Key after @key (NULL or not found: the first).  Under rcu_read_lock().  -ENOENT
 *	at the end.
 *	The user_* operations and batch_walk are called in process context outside of RCU
 *	(they may sleep and take
 *	rcu_read_lock() themselves), with all arguments in kernel memory.
 * @user_value_bytes: Size of a value as userspace passes it; NULL: value_size.  Per-CPU maps:
 *	all CPUs.
 * @user_lookup: Copies the value of @key to the kernel buffer @value (user_value_bytes).
 *	Process context.  NULL: through @lookup.
 * @user_update: Reverse.  NULL: through @update.
 * @user_delete: NULL: through @delete.
 * @user_pop: LOOKUP_AND_DELETE: copies out and deletes at once.  NULL: the command answers
 *	ENOTSUPP.
 * @batch_walk: Next up to @nr elements from @cursor into kernel buffers; returns how many.
 *	Never fails because of
 *	the size of a bucket.  NULL: batch commands answer ENOTSUPP.
 * @has_batch: OR of BIT(BPF_MAP_*_BATCH) that the type offers.
 * @settles: A command that changes the map waits for the programs that run, once: none of them
 *	uses what was there before when it returns.
 * @count: Exact number of elements.
 * @mem_bytes: Memory in use, for fdinfo.
 * @row: Describes where the values lie, so that a lookup by index needs no call; false: it
 *	does.  May be NULL.
 * @inner_row: Likewise, of a template: of every map that is like it.  May be NULL.
 * @table: Describes the table that @lookup looks up in, of a template: of every map that is like
 *	it; false: it has another shape.  May be NULL.
 * @value_addr: Direct address of byte @off of the value area (BPF_PSEUDO_MAP_VALUE), 0 or -errno.
 * @value_off: Reverse of @value_addr, for dumps.
 * @mmap: Maps the values into a process.
 * @poll: Waits for what the map has to tell; NULL: poll(2) answers EPOLLERR.
 * @release_file: A descriptor of the map is closed: what was put in through @file may go.
 *	May sleep.  May be NULL.
 * @file_update: Like @user_update, for types that remember through which descriptor.
 *	May be NULL.
 * @check_btf: Are these key and value types right for the map?
 * @meta_equal: May @map be an inner map where @meta is the template?
 * @for_each: Calls @fn(map, &key, value, ctx, 0) for each element until it returns non-zero.
 * @fd_get: Maps of objects: reference the object behind a descriptor.
 * @fd_put: Maps of objects: drop it.
 * @admit: Maps of programs: may @prog be in the map, or use it?  NULL: any program may.
 * @fd_id: Maps of objects: its id.
 * @text: enum lbpf_map_text: how the pin filesystem shows elements.
 * @has_ids: Values as userspace gets them are ids: they are shown without types too.
 * @run_begin: A test run of a program that uses the map begins.  May be NULL.
 * @run_value: Storage of where the program runs, for bpf_get_local_storage(); never NULL.
 * @kernel_struct: What bpf(2) calls the map where a program reads it, "bpf_array"; NULL: "bpf_map".
 */
struct lbpf_map_ops {
	u32		type;
	const char	*name;
	u32		uses;
	u32		create_flags;
	u32		has_batch;
	bool		settles;
	bool		peek_reads;
	bool		cursor_is_key;

	int (*alloc_check)(const union bpf_attr *attr);
	struct lbpf_map *(*alloc)(const union bpf_attr *attr);
	void (*release_user)(struct lbpf_map *map);
	void (*free)(struct lbpf_map *map);

	void *(*lookup)(struct lbpf_map *map, const void *key);
	long (*update)(struct lbpf_map *map, const void *key, const void *value, u64 flags);
	long (*delete)(struct lbpf_map *map, const void *key);
	long (*push)(struct lbpf_map *map, const void *value, u64 flags);
	long (*pop)(struct lbpf_map *map, void *value);
	long (*peek)(struct lbpf_map *map, void *value);
	void *(*lookup_percpu)(struct lbpf_map *map, const void *key, u32 cpu);

	int (*next_key)(struct lbpf_map *map, const void *key, void *next_key);
	u32 (*user_value_bytes)(const struct lbpf_map *map);
	int (*user_lookup)(struct lbpf_map *map, const void *key, void *value, u64 flags);
	int (*user_update)(struct lbpf_map *map, const void *key, const void *value, u64 flags);
	int (*user_delete)(struct lbpf_map *map, const void *key);
	int (*user_pop)(struct lbpf_map *map, const void *key, void *value, u64 flags);
	int (*batch_walk)(struct lbpf_map *map, struct lbpf_map_cursor *cursor,
			  void *keys, void *values, u32 nr, bool delete);

	u64 (*count)(const struct lbpf_map *map);
	u64 (*mem_bytes)(const struct lbpf_map *map);
	bool (*row)(const struct lbpf_map *map, struct lbpf_map_row *row);
	bool (*inner_row)(const struct lbpf_map *meta, struct lbpf_map_row *row);
	bool (*table)(const struct lbpf_map *map, struct lbpf_map_table *table);
	int (*value_addr)(const struct lbpf_map *map, u64 *addr, u32 off);
	int (*value_off)(const struct lbpf_map *map, u64 addr, u32 *off);
	int (*mmap)(struct lbpf_map *map, struct vm_area_struct *vma);
	__poll_t (*poll)(struct lbpf_map *map, struct file *file,
			 struct poll_table_struct *wait);
	void (*release_file)(struct lbpf_map *map, struct file *file);
	int (*file_update)(struct lbpf_map *map, struct file *file, const void *key,
			   const void *value, u64 flags);
	int (*check_btf)(const struct lbpf_map *map, const struct lbpf_btf *btf,
			 u32 key_type_id, u32 value_type_id);
	bool (*meta_equal)(const struct lbpf_map *meta, const struct lbpf_map *map);
	long (*for_each)(struct lbpf_map *map, u64 (*fn)(u64, u64, u64, u64, u64),
			 void *ctx, u64 flags);
	void *(*fd_get)(struct lbpf_map *map, u32 fd);
	void (*fd_put)(void *ptr);
	bool (*admit)(struct lbpf_map *map, const struct lbpf_prog *prog);
	u32 (*fd_id)(void *ptr);
	u32		text;
	bool		has_ids;
	void (*run_begin)(struct lbpf_map *map);
	void *(*run_value)(struct lbpf_map *map);
	const char *kernel_struct;
};

struct lbpf_kobject;

/**
 * struct lbpf_kptr - A pointer to a kernel object in a value
 * @off: Where in the value, bytes.
 * @is_ref: It holds a reference.
 * @btf: Where its type is described, with a reference: BTF of vmlinux or of a module.
 * @type_id: Struct in @btf.
 * @kobject: How the reference is given up; @is_ref only.
 */
struct lbpf_kptr {
	u32				off;
	bool				is_ref;
	const struct lbpf_btf		*btf;
	u32				type_id;
	const struct lbpf_kobject	*kobject;
};

/**
 * struct lbpf_kptrs - All of those in a value
 * @nr: How many.
 * @kptr: In order of their offset.
 */
struct lbpf_kptrs {
	u32			nr;
	struct lbpf_kptr	kptr[LBPF_BTF_MAX_KPTRS];
};

/**
 * struct lbpf_map - Head of every map
 *
 * Three cache lines: what programs and commands read on each call, what is
 * rarely read, and what is written.  scripts/check-layout holds it to that.
 *
 * @ops: Map type.
 * @map_type: BPF_MAP_TYPE_*.
 * @key_size: Bytes.
 * @value_size: Bytes, as created.
 * @max_entries: As created.
 * @map_flags: As created.
 * @map_extra: As created.
 * @elem_size: Distance of two values in memory, bytes (value_size rounded up to 8).
 * @spin_lock_off: Offset of the bpf_spin_lock in a value, or -1.  Set before publication.
 * @timer_off: Offset of the bpf_timer, likewise.
 * @kptr_off: Offset of the first of @kptrs, or -1.
 * @kptrs: Pointers to kernel objects in a value, or NULL.  Belongs to the map.
 * @btf_key_type_id: As created.
 * @btf_value_type_id: As created.
 * @btf_vmlinux_value_type_id: As created.
 * @numa_node: Node of its memory, NUMA_NO_NODE for any.
 * @is_template: It is no map, but what inner maps of another are like: programs verified with
 *	it run with other maps.  Constant.
 * @unpriv_array: Its index is masked for speculation (created without CAP_BPF).  Constant.
 * @inner_map_meta: Template of inner maps; map-in-map only.
 * @btf: Types of key and value, or NULL.
 * @frozen: Userspace may not write any more.  Written under lbpf_map_freeze_lock(), read with
 *	READ_ONCE().
 * @name: As created.
 * @ifindex: Device it was created for, 0 for none.
 * @owner: Kind of program that a program array holds; guarded by the type's own lock.
 * @obj: Id and references.
 * @write_mappings: Writable mappings; freeze is refused while there are any.
 *	Guarded by lbpf_map_freeze_lock().  Writes by command need no count: they see
 *	@frozen under rcu_read_lock(), and freeze waits for a grace period.
 * @was_inner: It is or was in another map: programs may have found it there.
 * @rcu: Grace period after the last reference is gone.
 * @work: After the grace period: runs ops->free.
 */
struct lbpf_map {
	/* line 1: read by programs and commands */
	const struct lbpf_map_ops *ops;
	struct lbpf_map		*inner_map_meta;
	struct lbpf_btf		*btf;
	u32			map_type;
	u32			key_size;
	u32			value_size;
	u32			elem_size;
	u32			max_entries;
	u32			map_flags;
	s32			spin_lock_off;
	s32			timer_off;
	s32			kptr_off;
	bool			is_template;
	bool			unpriv_array;
	bool			frozen;

	/* line 2: rarely read */
	char			name[BPF_OBJ_NAME_LEN] ____cacheline_aligned;
	u64			map_extra;
	u32			btf_key_type_id;
	u32			btf_value_type_id;
	u32			btf_vmlinux_value_type_id;
	u32			ifindex;
	struct lbpf_map_owner	*owner;
	struct lbpf_kptrs	*kptrs;
	int			numa_node;

	/* line 3: written */
	struct lbpf_object	obj ____cacheline_aligned;
	union {
		struct rcu_head		rcu;
		struct work_struct	work;
	};
	u32			write_mappings;
	bool			was_inner;
};

/**
 * struct lbpf_map_owner - The kind of program that a map of programs belongs to
 *
 * Programs that jump to each other must agree in all of it.  The first one that
 * uses the map, or is put into it, decides.
 *
 * @type: BPF_PROG_TYPE_*; BPF_PROG_TYPE_UNSPEC: not decided.
 * @expected_attach_type: As loaded.
 * @has_frags: Loaded with BPF_F_XDP_HAS_FRAGS.
 * @is_sleepable: Loaded with BPF_F_SLEEPABLE.
 * @tp_buffer_bytes: What a tracepoint's buffer must have.
 * @attach_btf_id: Id of the BTF object that @attach_proto is of; 0: none.
 * @attach_proto: Its arguments are the context; to be compared only.
 */
struct lbpf_map_owner {
	u32			type;
	u32			expected_attach_type;
	bool			has_frags;
	bool			is_sleepable;
	u32			tp_buffer_bytes;
	u32			attach_btf_id;
	const struct btf_type	*attach_proto;
};

/**
 * struct lbpf_jump_map - What compiled code reads of a map that it jumps through
 * @map: Head.
 * @sites: Compiled jumps whose index is known.
 * @index_mask: A checked index is masked with it where lbpf_map::unpriv_array is set.
 * @targets: For each index where to jump, NULL: nowhere.  Written with WRITE_ONCE(); a target
 *	that is taken out lives on for a grace period.
 */
struct lbpf_jump_map {
	struct lbpf_map		map;
	struct lbpf_jump_sites	sites;
	u32			index_mask;
	const void		*targets[];
};

/* A slow-path lock for freeze and mappings is shared by hashed map address: it is rarely taken. */
struct mutex *lbpf_map_freeze_lock(const struct lbpf_map *map);

/* Fills in the head from checked attributes: every ops->alloc calls it first. */
void lbpf_map_init(struct lbpf_map *map, const struct lbpf_map_ops *ops,
		   const union bpf_attr *attr);

static inline struct lbpf_map *lbpf_map_of(struct lbpf_object *obj)
{
	return container_of(obj, struct lbpf_map, obj);
}

static inline void lbpf_map_get(struct lbpf_map *map)
{
	lbpf_object_get(&map->obj);
}

static inline void lbpf_map_put(struct lbpf_map *map)
{
	lbpf_object_put(&map->obj);
}

/*
 * A new map of type @ops for checked attributes, with one user reference, not yet visible.
 * ERR_PTR on error.
 */
struct lbpf_map *lbpf_map_create(const struct lbpf_map_ops *ops, const union bpf_attr *attr);
/* Map behind @fd with a new reference, or ERR_PTR(-EBADF / -EINVAL). */
struct lbpf_map *lbpf_map_from_fd(u32 fd);

/* File operations of a map's descriptors; ->private_data is the map's object. */
extern const struct file_operations lbpf_map_fops;

/* Map of @file, which the caller holds open, or ERR_PTR(-EBADF: NULL, -EINVAL: no map). */
static inline struct lbpf_map *lbpf_map_of_file(const struct file *file)
{
	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op != &lbpf_map_fops)
		return ERR_PTR(-EINVAL);
	return lbpf_map_of(file->private_data);
}

/* Bytes of a value as userspace passes it. */
static inline u32 lbpf_map_user_value_bytes(const struct lbpf_map *map)
{
	return map->ops->user_value_bytes ? map->ops->user_value_bytes(map) : map->value_size;
}

/* Can programs written for one of two maps of a type use the other, their sizes apart? */
bool lbpf_map_meta_equal(const struct lbpf_map *meta, const struct lbpf_map *map);

/* No more writes from userspace.  0, or -EBUSY while it is mapped for writing or frozen already. */
int lbpf_map_freeze(struct lbpf_map *map);

/* The row of @size bytes at @off of a map's own description that programs may read, or NULL. */
const struct lbpf_ctx_field *lbpf_map_row_find(u32 off, u32 size);

int lbpf_map_core_init(void);
void lbpf_map_core_exit(void);

/* A copy with references of its own, or NULL: no memory. */
struct lbpf_kptrs *lbpf_kptrs_copy(const struct lbpf_kptrs *kptrs);
/* NULL is fine. */
void lbpf_kptrs_free(struct lbpf_kptrs *kptrs);

/* The kptr at offset @off of the values of @map, or NULL. */
static inline const struct lbpf_kptr *lbpf_kptr_at(const struct lbpf_map *map, u64 off)
{
	u32 i;

	for (i = 0; map->kptrs && i < map->kptrs->nr; i++)
		if (map->kptrs->kptr[i].off == off)
			return &map->kptrs->kptr[i];
	return NULL;
}

#endif /* _LBPF_MAP_H */
