// SPDX-License-Identifier: GPL-2.0
/*
 * Hash map: creation, lookup, deletion, also for the other types on the hash table.
 *
 * Layer: maps (p).  Locks: see hash_lock(); the lock of a value (BPF_F_LOCK)
 * nests inside the lock of the bucket.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/value.h>

#include "hash_ops.h"

#define FIRST_ELEMS	64
#define COPY_TRIES	16
/* More would not have a position in 32 bits; Linux 6.1 has the same limit. */
#define MAX_ENTRIES	BIT(27)

static bool is_percpu_type(u32 type)
{
	return type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_lru_type(u32 type)
{
	return type == BPF_MAP_TYPE_LRU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static int check_flags(const union bpf_attr *attr)
{
	u32 both = BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG;
	bool has_node = attr->map_flags & BPF_F_NUMA_NODE && (int)attr->numa_node != NUMA_NO_NODE;
	bool is_lru = is_lru_type(attr->map_type);

	if ((attr->map_flags & both) == both)
		return -EINVAL;
	if (!is_lru && attr->map_flags & BPF_F_NO_COMMON_LRU)
		return -EINVAL;
	if (is_lru && attr->map_flags & BPF_F_NO_PREALLOC)
		return -ENOTSUPP;
	if (has_node && (is_percpu_type(attr->map_type) || attr->map_flags & BPF_F_NO_COMMON_LRU))
		return -EINVAL;
	return 0;
}

/**
 * lbpf_hash_alloc_check() - Check what a hash map is to be
 * @attr: Attributes of BPF_MAP_CREATE.
 *
 * Source: BPF_MAP_CREATE of BPF_MAP_TYPE_HASH and its relatives in Linux 6.1, observed.
 * Context: Process context.
 * Return: 0, -EPERM, -EINVAL, -ENOTSUPP, -E2BIG.
 */
int lbpf_hash_alloc_check(const union bpf_attr *attr)
{
	int err;

	if (is_lru_type(attr->map_type) && !bpf_capable())
		return -EPERM;
	if (attr->map_flags & BPF_F_ZERO_SEED && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	err = check_flags(attr);
	if (err)
		return err;
	if (!attr->max_entries || !attr->key_size || !attr->value_size)
		return -EINVAL;
	/* Userspace could not pass such elements in one piece. */
	if ((u64)attr->key_size + attr->value_size >= KMALLOC_MAX_SIZE - sizeof(struct lbpf_elem))
		return -E2BIG;
	if (is_percpu_type(attr->map_type) &&
	    round_up((u64)attr->value_size, 8) > PCPU_MIN_UNIT_SIZE)
		return -E2BIG;
	return attr->max_entries > MAX_ENTRIES ? -E2BIG : 0;
}

static u32 elem_bytes(u32 key_size, u32 value_size, bool is_percpu)
{
	u32 bytes = sizeof(struct lbpf_elem) + round_up(key_size, 8);

	bytes += is_percpu ? sizeof(void *) : round_up(value_size, 8);
	/* Small elements do not straddle cache lines. */
	return bytes <= SMP_CACHE_BYTES ? roundup_pow_of_two(bytes) : bytes;
}

/* What is the same in the pools of all maps of a kind, whatever their length. */
static struct lbpf_pool_spec spec_of_kind(u32 key_size, u32 value_size, u32 flags, bool is_percpu)
{
	return (struct lbpf_pool_spec){
		.elem_bytes = elem_bytes(key_size, value_size, is_percpu),
		.percpu_bytes = is_percpu ? round_up(value_size, 8) : 0,
		.percpu_off = round_up(key_size, 8),
		.is_lazy = flags & BPF_F_NO_PREALLOC,
	};
}

static int init_pool(struct lbpf_hash *h, const union bpf_attr *attr)
{
	struct lbpf_pool_spec spec = spec_of_kind(attr->key_size, attr->value_size,
						  attr->map_flags, h->is_percpu);
	u32 nr_spare = h->is_percpu ? 0 : num_possible_cpus();

	spec.nr_first = nr_spare + FIRST_ELEMS;
	spec.numa_node = h->map.numa_node;
	spec.nr_elems = h->map.max_entries + nr_spare;
	return lbpf_pool_init(&h->pool, &spec);
}

static int init_cpus(struct lbpf_hash *h)
{
	struct hash_cpu *cpu;
	int i;

	h->cpus = lbpf_percpu_alloc(sizeof(*h->cpus), 16, GFP_KERNEL);
	if (!h->cpus)
		return -ENOMEM;
	if (h->is_percpu)
		return 0;
	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(h->cpus, i);
		preempt_disable();
		cpu->spare = lbpf_pool_take(&h->pool);
		WRITE_ONCE(lbpf_pool_elem(&h->pool, cpu->spare)->next, NOT_IN_TABLE);
		preempt_enable();
	}
	return 0;
}

/**
 * lbpf_hash_alloc() - Make a hash map
 * @attr: Attributes that lbpf_hash_alloc_check() let pass.
 * @ops: Map type.
 *
 * Context: Process context, may sleep.
 * Return: Map, or ERR_PTR(-ENOMEM).
 */
struct lbpf_map *lbpf_hash_alloc(const union bpf_attr *attr, const struct lbpf_map_ops *ops)
{
	struct lbpf_hash *h = lbpf_zalloc(sizeof(*h), GFP_KERNEL);
	int err;

	if (!h)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&h->map, ops, attr);
	h->is_percpu = is_percpu_type(attr->map_type);
	/* Each CPU has the same share. */
	if (attr->map_flags & BPF_F_NO_COMMON_LRU)
		h->map.max_entries = roundup(attr->max_entries, num_possible_cpus());
	err = init_pool(h, attr);
	if (err)
		goto free_map;
	err = lbpf_table_init(&h->table, attr, &h->pool, h->map.numa_node);
	if (err)
		goto destroy_pool;
	err = init_cpus(h);
	if (err)
		goto destroy_table;
	err = is_lru_type(attr->map_type) ? lbpf_lru_init(h) : 0;
	if (err)
		goto free_cpus;
	return &h->map;

free_cpus:
	lbpf_percpu_free(h->cpus);
destroy_table:
	lbpf_table_destroy(&h->table);
destroy_pool:
	lbpf_pool_destroy(&h->pool);
free_map:
	lbpf_free(h);
	return ERR_PTR(err);
}

/**
 * lbpf_hash_release_user() - End the timers of all elements, also of those that are not in use
 * @map: Map without user references: no program can begin a timer now.
 *
 * Context: Process context, may sleep.
 */
void lbpf_hash_release_user(struct lbpf_map *map)
{
	struct lbpf_hash *h = hash_of(map);
	u32 ref, nr;

	if (map->timer_off < 0)
		return;
	nr = lbpf_pool_nr_backed(&h->pool);
	for (ref = 0; ref < nr; ref++) {
		lbpf_value_drop_timer(map, elem_value(&h->table, table_elem(&h->table, ref)));
		cond_resched();
	}
}

/* Elements that are not in use may have got one from a program that came late. */
static void drop_kptrs(struct lbpf_hash *h)
{
	u32 ref, nr = lbpf_pool_nr_backed(&h->pool);

	for (ref = 0; ref < nr; ref++) {
		lbpf_value_drop_kptrs(&h->map,
				      elem_value(&h->table, table_elem(&h->table, ref)));
		cond_resched();
	}
}

/**
 * lbpf_hash_free() - Free a hash map
 * @map: Map that nobody can see any more.
 *
 * Context: Process context, may sleep.
 */
void lbpf_hash_free(struct lbpf_map *map)
{
	struct lbpf_hash *h = hash_of(map);

	if (map->kptrs)
		drop_kptrs(h);
	lbpf_lru_destroy(h);
	lbpf_table_destroy(&h->table);
	lbpf_pool_destroy(&h->pool);
	lbpf_percpu_free(h->cpus);
	lbpf_free(h);
}

/**
 * lbpf_hash_count() - Number of entries
 * @map: Map.
 *
 * Context: Any.
 * Return: Exact while nobody changes the map.
 */
u64 lbpf_hash_count(const struct lbpf_map *map)
{
	const struct lbpf_hash *h = hash_of(map);
	s64 nr = 0;
	int i;

	for_each_possible_cpu(i)
		nr += READ_ONCE(per_cpu_ptr(h->cpus, i)->nr);
	return nr > 0 ? nr : 0;
}

/**
 * lbpf_hash_mem_bytes() - Memory in use
 * @map: Map.
 *
 * Context: Any.
 * Return: Bytes.
 */
u64 lbpf_hash_mem_bytes(const struct lbpf_map *map)
{
	const struct lbpf_hash *h = hash_of(map);

	return sizeof(*h) + lbpf_table_bytes(&h->table) + lbpf_pool_bytes(&h->pool) +
	       lbpf_lru_bytes(h) + sizeof(struct hash_cpu) * num_possible_cpus();
}

/**
 * lbpf_hash_remove() - Take an entry out
 * @h: Map.
 * @cpu: From hash_lock().
 * @b: Its bucket, locked.
 * @place: Where it is.
 *
 * Context: Any.
 */
void lbpf_hash_remove(struct lbpf_hash *h, struct hash_cpu *cpu, struct bucket *b,
		      const struct place *place)
{
	const struct hash_form form = { .is_lru = h->lru };

	remove_elem(h, cpu, b, place, form);
}

static int pop(struct lbpf_hash *h, const void *key, void *value, u64 flags)
{
	u64 hash = hash_of_key(h, key);
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct hash_cpu *cpu;
	struct place place;

	if (is_surely_missing(b, hash))
		return -ENOENT;
	if (unlikely(!hash_lock(h, b, &cpu, &irq_flags)))
		return -EBUSY;
	place = table_locate(&h->table, b, key, hash, KEY_ANY);
	if (place.elem) {
		lbpf_hash_copy_out(h, place.elem, value, flags);
		lbpf_hash_remove(h, cpu, b, &place);
	}
	hash_unlock(cpu, b, irq_flags);
	return place.elem ? 0 : -ENOENT;
}

/**
 * lbpf_hash_lookup_slow() - Lookup by a program in a bucket that has a chain or is being changed
 * @map: Map.
 * @key: Key.
 * @hash: Its hash.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Value, of this CPU if they are per CPU, or NULL.
 */
void *lbpf_hash_lookup_slow(struct lbpf_map *map, const void *key, u64 hash)
{
	const struct lbpf_hash *h = hash_of(map);
	struct lbpf_elem *elem = lbpf_table_find_slow(&h->table, key, hash);

	if (!elem)
		return NULL;
	if (h->lru)
		mark_used(elem);
	if (h->is_percpu)
		return this_cpu_ptr(elem_percpu(&h->table, elem));
	return elem_value(&h->table, elem);
}

static void copy_out_percpu(struct lbpf_hash *h, void __percpu *area, void *value)
{
	u32 bytes = h->map.elem_size;
	int i;

	for_each_possible_cpu(i) {
		lbpf_copy_words(value, per_cpu_ptr(area, i), bytes);
		value += bytes;
	}
}

/**
 * lbpf_hash_copy_out() - Copy the value of an element for userspace
 * @h: Map.
 * @elem: Element.
 * @value: Buffer, of user_value_bytes().
 * @flags: BPF_F_LOCK: under the lock in the value.
 *
 * Context: Any.
 */
void lbpf_hash_copy_out(struct lbpf_hash *h, struct lbpf_elem *elem, void *value, u64 flags)
{
	void *from = elem_value(&h->table, elem);

	if (h->is_percpu) {
		copy_out_percpu(h, elem_percpu(&h->table, elem), value);
		return;
	}
	if (flags & BPF_F_LOCK) {
		lbpf_value_copy_locked(&h->map, value, from, true);
		lbpf_value_clear_fields(&h->map, value);
		return;
	}
	lbpf_value_copy_out(&h->map, value, from);
}

/**
 * lbpf_hash_user_pop() - LOOKUP_AND_DELETE
 * @map: Map.
 * @key: Key.
 * @value: Buffer for the value as userspace sees it.
 * @flags: BPF_F_LOCK or 0.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -ENOENT, -EBUSY as hash_lock() says.
 */
int lbpf_hash_user_pop(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	int err;

	rcu_read_lock();
	err = READ_ONCE(map->frozen) ? -EPERM : pop(hash_of(map), key, value, flags);
	rcu_read_unlock();
	return err;
}

/* With the lock, so that it comes to an end also where the bucket always changes. */
static int lookup_locked(struct lbpf_hash *h, const void *key, u64 hash, void *value, u64 flags)
{
	struct bucket *b = table_bucket(&h->table, hash);
	unsigned long irq_flags;
	struct hash_cpu *cpu;
	struct place place;

	if (!hash_lock(h, b, &cpu, &irq_flags))
		return -EBUSY;
	place = table_locate(&h->table, b, key, hash, KEY_ANY);
	if (place.elem)
		lbpf_hash_copy_out(h, place.elem, value, flags);
	hash_unlock(cpu, b, irq_flags);
	return place.elem ? 0 : -ENOENT;
}

static int lookup_copy(struct lbpf_hash *h, const void *key, void *value, u64 flags)
{
	u64 hash = hash_of_key(h, key);
	const struct bucket *b = table_bucket(&h->table, hash);
	struct lbpf_elem *elem;
	u32 seq;
	int i;

	for (i = 0; i < COPY_TRIES; i++) {
		/* (A) of table.h. */
		seq = smp_load_acquire(&b->seq);
		elem = table_find(&h->table, key, hash, KEY_ANY);
		if (!elem)
			return -ENOENT;
		lbpf_hash_copy_out(h, elem, value, flags);
		/* A lock taken in an element that is another entry by now has done no harm. */
		if (is_unchanged(b, seq))
			return 0;
	}
	return lookup_locked(h, key, hash, value, flags);
}

/**
 * lbpf_hash_user_lookup() - Copy a value out
 * @map: Map.
 * @key: Key.
 * @value: Buffer for the value as userspace sees it.
 * @flags: BPF_F_LOCK or 0.
 *
 * The copy is of one update, never of two.
 *
 * Context: Process context, outside of RCU.
 * Return: 0, -ENOENT.
 */
int lbpf_hash_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	int err;

	rcu_read_lock();
	err = lookup_copy(hash_of(map), key, value, flags);
	rcu_read_unlock();
	return err;
}

/* What is the same in all maps of a kind, whatever their length. */
static void describe_kind(const struct lbpf_map *map, struct lbpf_map_table *table)
{
	bool is_percpu = is_percpu_type(map->map_type);
	struct lbpf_pool_spec spec = spec_of_kind(map->key_size, map->value_size, map->map_flags,
						  is_percpu);

	*table = (struct lbpf_map_table){
		.key_bytes	= map->key_size,
		.mask_off	= offsetof(struct lbpf_hash, table.seed.mask),
		.factor_off	= offsetof(struct lbpf_hash, table.seed.factor),
		.buckets_off	= offsetof(struct lbpf_hash, table.buckets),
		.elems_off	= spec.is_lazy ? offsetof(struct lbpf_hash, table.chunks) :
						 offsetof(struct lbpf_hash, table.flat),
		.bucket_mask_off = offsetof(struct lbpf_hash, table.mask),
		.bucket_shift	= ilog2(sizeof(struct bucket)),
		.seq_off	= offsetof(struct bucket, seq),
		.tags_off	= offsetof(struct bucket, tags),
		.refs_off	= offsetof(struct bucket, refs),
		.chain_off	= offsetof(struct bucket, chain),
		.elem_bytes	= spec.elem_bytes,
		.is_chunked	= spec.is_lazy,
		.chunk_shift	= lbpf_pool_chunk_shift(&spec),
		.key_off	= offsetof(struct lbpf_elem, data),
		.value_off	= offsetof(struct lbpf_elem, data) + round_up(map->key_size, 8),
		.mark_off	= is_lru_type(map->map_type) ? offsetof(struct lbpf_elem, mark) : 0,
		.is_percpu	= is_percpu,
	};
}

/**
 * lbpf_hash_describe() - Describe the table of a map to the JIT
 * @map: Map, or template of inner maps.
 * @table: Filled in.
 *
 * Context: Any.
 * Return: false where keys are of another size.
 */
bool lbpf_hash_describe(const struct lbpf_map *map, struct lbpf_map_table *table)
{
	const struct lbpf_hash *h = hash_of(map);

	if (map->key_size != 4 && map->key_size != 8 && map->key_size != 16)
		return false;
	describe_kind(map, table);
	if (map->is_template)
		return true;
	table->bucket_mask_off = 0;
	table->bucket_mask = h->table.mask;
	/* Values of a map of maps are not as long as userspace sees them. */
	table->elem_bytes = h->table.elem_bytes;
	table->chunk_shift = h->table.chunk_shift;
	return true;
}

HASH_FUNCS(4, KEY_4, false, false)
HASH_FUNCS(8, KEY_8, false, false)
HASH_FUNCS(16, KEY_16, false, false)
HASH_FUNCS(64, KEY_64, false, false)
HASH_FUNCS(any, KEY_ANY, false, false)
HASH_LAZY_LOOKUP(4)
HASH_LAZY_LOOKUP(8)
HASH_LAZY_LOOKUP(16)
HASH_LAZY_LOOKUP(64)
HASH_LAZY_LOOKUP(any)

static struct lbpf_map *alloc(const union bpf_attr *attr);

#define OPS(suffix, lookup_fn) {						\
	HASH_OPS(suffix, lookup_fn),						\
	.type = BPF_MAP_TYPE_HASH,						\
	.name = "hash",								\
	.kernel_struct = "bpf_htab",						\
	.uses = LBPF_USE_SLEEPABLE | LBPF_USE_LOOKUP | LBPF_USE_UPDATE |	\
		LBPF_USE_DELETE |						\
		LBPF_USE_FOR_EACH | LBPF_USE_VALUE_LOCK |			\
		LBPF_USE_VALUE_TIMER | LBPF_USE_VALUE_KPTR,			\
	.text = LBPF_TEXT_BY_KEY,						\
	.create_flags = BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | BPF_F_RDONLY_PROG | \
			BPF_F_WRONLY_PROG | BPF_F_ZERO_SEED,			\
	.alloc = alloc,								\
	.user_update = lbpf_hash_user_update,					\
}

static const struct lbpf_map_ops ops_of_kind[] = {
	[KEY_4] = OPS(4, lookup_),
	[KEY_8] = OPS(8, lookup_),
	[KEY_16] = OPS(16, lookup_),
	[KEY_64] = OPS(64, lookup_),
	[KEY_ANY] = OPS(any, lookup_),
	[NR_KEY_KINDS + KEY_4] = OPS(4, lookup_lazy_),
	[NR_KEY_KINDS + KEY_8] = OPS(8, lookup_lazy_),
	[NR_KEY_KINDS + KEY_16] = OPS(16, lookup_lazy_),
	[NR_KEY_KINDS + KEY_64] = OPS(64, lookup_lazy_),
	[NR_KEY_KINDS + KEY_ANY] = OPS(any, lookup_lazy_),
};

static struct lbpf_map *alloc(const union bpf_attr *attr)
{
	return lbpf_hash_alloc(attr, &ops_of_kind[hash_kind_of(attr)]);
}

const struct lbpf_map_ops lbpf_hash_ops = OPS(any, lookup_);
