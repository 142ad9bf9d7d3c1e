// SPDX-License-Identifier: GPL-2.0
/*
 * Stack trace map: traces under the hash of their addresses.
 *
 * Layer: maps.  Locks: none.  A bucket changes by xchg; who takes a trace out
 * owns it.  A program that compares with a trace that another one replaces sees
 * some of both at worst, and takes it for different.
 *
 * The kernel exports a way to walk its own stack only.  That of the process is
 * walked here by frame pointers, from the registers at its entry to the kernel.
 * What would find the build id of a file is not exported: with BPF_F_STACK_BUILD_ID
 * each entry has the address (BPF_STACK_BUILD_ID_IP).
 *
 * Source: BPF_MAP_TYPE_STACK_TRACE, bpf_get_stackid() in <linux/bpf.h>.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/jhash.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <linux/uaccess.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/pool.h>
#include <lbpf/stack_map.h>

#include "array.h"

#define STACK_MAP_FLAGS	(BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_STACK_BUILD_ID)
#define STACKID_FLAGS	(BPF_F_SKIP_FIELD_MASK | BPF_F_USER_STACK | BPF_F_FAST_STACK_CMP | \
			 BPF_F_REUSE_STACKID)

/**
 * struct trace - A stack trace: data of a pool element
 * @hash: Of its addresses.
 * @nr: Addresses.
 * @data: As userspace sees it: addresses, or struct bpf_stack_build_id.
 */
struct trace {
	u32	hash;
	u32	nr;
	u8	data[] __aligned(8);
};

/**
 * struct stack_map - A map of stack traces
 * @map: Head.
 * @nr_buckets: A power of two.
 * @buckets: Ref plus 1 of the trace with an id, 0: none.
 * @entry_bytes: Of one address in a value.
 * @pool: Traces: one for each bucket, and one for each CPU that fills one in.
 */
struct stack_map {
	struct lbpf_map		map;
	u32			nr_buckets;
	u32			entry_bytes;
	u32			*buckets;
	struct lbpf_pool	pool;
};

static struct stack_map *stacks_of(const struct lbpf_map *map)
{
	return container_of(map, struct stack_map, map);
}

static struct trace *trace_of(struct stack_map *stacks, u32 ref)
{
	return (struct trace *)lbpf_pool_elem(&stacks->pool, ref)->data;
}

static u32 entry_bytes(const union bpf_attr *attr)
{
	return attr->map_flags & BPF_F_STACK_BUILD_ID ? sizeof(struct bpf_stack_build_id) :
							sizeof(u64);
}

static int stack_alloc_check(const union bpf_attr *attr)
{
	if (!bpf_capable())
		return -EPERM;
	if (!attr->max_entries || attr->key_size != sizeof(u32) || attr->value_size < sizeof(u64) ||
	    attr->value_size % sizeof(u64))
		return -EINVAL;
	if (attr->value_size % entry_bytes(attr) ||
	    attr->value_size / entry_bytes(attr) > LBPF_STACK_MAX)
		return -EINVAL;
	return attr->max_entries > 1U << 31 ? -E2BIG : 0;
}

static int fill_in(struct stack_map *stacks, const union bpf_attr *attr)
{
	struct lbpf_pool_spec spec = {
		.elem_bytes = sizeof(struct lbpf_elem) + sizeof(struct trace) + attr->value_size,
		.numa_node = stacks->map.numa_node,
	};
	u64 nr = roundup_pow_of_two((u64)attr->max_entries);
	int err;

	stacks->nr_buckets = nr;
	stacks->entry_bytes = entry_bytes(attr);
	nr += num_possible_cpus();
	if (nr > LBPF_POOL_MAX || lbpf_alloc_is_hopeless(nr * spec.elem_bytes))
		return -ENOMEM;
	stacks->buckets = lbpf_area_alloc_array(stacks->nr_buckets, sizeof(u32), spec.numa_node);
	if (!stacks->buckets)
		return -ENOMEM;
	spec.nr_elems = nr;
	err = lbpf_pool_init(&stacks->pool, &spec);
	if (err)
		lbpf_area_free(stacks->buckets);
	return err;
}

static struct lbpf_map *stack_alloc(const union bpf_attr *attr)
{
	struct stack_map *stacks = lbpf_zalloc(sizeof(*stacks), GFP_KERNEL);
	int err;

	if (!stacks)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&stacks->map, &lbpf_stack_map_ops, attr);
	err = fill_in(stacks, attr);
	if (err)
		goto free_map;
	return &stacks->map;

free_map:
	lbpf_free(stacks);
	return ERR_PTR(err);
}

static void stack_free(struct lbpf_map *map)
{
	struct stack_map *stacks = stacks_of(map);

	lbpf_pool_destroy(&stacks->pool);
	lbpf_area_free(stacks->buckets);
	lbpf_free(stacks);
}

/* Addresses by frame pointers, which the process may have or not. */
static u32 walk_user(u64 *ips, u32 nr_max)
{
	struct { unsigned long next, ip; } frame;
	const struct pt_regs *regs;
	unsigned long at;
	u32 nr = 0;

	if (!current->mm || current->flags & PF_KTHREAD)
		return 0;
	regs = task_pt_regs(current);
	ips[nr++] = regs->ip;
	for (at = regs->bp; nr < nr_max; at = frame.next) {
		pagefault_disable();
		if (copy_from_user_nofault(&frame, (const void __user *)at, sizeof(frame)))
			frame.next = 0;
		pagefault_enable();
		if (frame.next <= at)
			break;
		ips[nr++] = frame.ip;
	}
	return nr;
}

/*
 * How many of the innermost addresses are of lbpf and the program itself: who asks wants to know
 * how it came to the event, from whichever helper.
 */
static u32 count_own(const u64 *ips, u32 nr)
{
	u32 i = 0;

	while (i < nr && within_module(ips[i], THIS_MODULE))
		i++;
	return i;
}

/**
 * lbpf_stack_walk() - Addresses on the current stack, the innermost first
 * @ips: Filled in; room for LBPF_STACK_MAX.
 * @nr_max: How many are wanted, LBPF_STACK_MAX at most.
 * @nr_skip: Innermost addresses to leave out.
 * @is_user: The stack of the process.
 *
 * Context: Any.
 * Return: Number of addresses.
 */
u32 lbpf_stack_walk(u64 *ips, u32 nr_max, u32 nr_skip, bool is_user)
{
	u32 nr;

	static_assert(sizeof(unsigned long) == sizeof(u64));
	if (is_user) {
		nr = walk_user(ips, nr_max);
	} else {
		nr = stack_trace_save((unsigned long *)ips, LBPF_STACK_MAX, 1);
		nr_skip += count_own(ips, nr);
	}
	if (nr <= nr_skip)
		return 0;
	nr = min(nr - nr_skip, nr_max);
	memmove(ips, ips + nr_skip, nr * sizeof(*ips));
	return nr;
}

/**
 * lbpf_stack_name_user() - Describe addresses of a process by struct bpf_stack_build_id
 * @ips: Addresses.
 * @nr: Their number.
 * @ids: Filled in.
 *
 * Context: Any.
 */
void lbpf_stack_name_user(const u64 *ips, u32 nr, void *ids)
{
	struct bpf_stack_build_id *id = ids;
	u32 i;

	for (i = 0; i < nr; i++) {
		memset(&id[i], 0, sizeof(id[i]));
		id[i].status = BPF_STACK_BUILD_ID_IP;
		id[i].ip = ips[i];
	}
}

static void write_trace(const struct stack_map *stacks, struct trace *trace, const u64 *ips, u32 nr)
{
	trace->nr = nr;
	if (stacks->map.map_flags & BPF_F_STACK_BUILD_ID)
		lbpf_stack_name_user(ips, nr, trace->data);
	else
		memcpy(trace->data, ips, nr * sizeof(*ips));
}

/* Is the trace in the bucket this one? */
static bool is_same_trace(struct stack_map *stacks, u32 ref, const struct trace *trace, u64 flags)
{
	const struct trace *old = trace_of(stacks, ref);

	if (READ_ONCE(old->hash) != trace->hash)
		return false;
	if (flags & BPF_F_FAST_STACK_CMP)
		return true;
	return old->nr == trace->nr &&
	       !memcmp(old->data, trace->data, trace->nr * stacks->entry_bytes);
}

static long put_trace(struct stack_map *stacks, u32 ref, u64 flags)
{
	struct trace *trace = trace_of(stacks, ref);
	u32 id = trace->hash & (stacks->nr_buckets - 1), old = READ_ONCE(stacks->buckets[id]);
	long err = id;

	if (old && is_same_trace(stacks, old - 1, trace, flags))
		goto give_back;
	err = -EEXIST;
	if (old && !(flags & BPF_F_REUSE_STACKID))
		goto give_back;
	old = xchg(&stacks->buckets[id], ref + 1);
	if (old)
		lbpf_pool_give(&stacks->pool, old - 1);
	return id;

give_back:
	lbpf_pool_give(&stacks->pool, ref);
	return err;
}

/**
 * lbpf_stack_map_store() - Put the current stack into a map
 * @map: Map.
 * @flags: As bpf_get_stackid() takes them.
 *
 * Source: bpf_get_stackid() in <linux/bpf.h>.
 * Context: Any, no migration.
 * Return: Id of the trace, -EINVAL, -EFAULT, -EEXIST, -ENOMEM.
 */
long lbpf_stack_map_store(struct lbpf_map *map, u64 flags)
{
	struct stack_map *stacks = stacks_of(map);
	u32 nr_max = map->value_size / stacks->entry_bytes, nr, ref;
	u64 ips[LBPF_STACK_MAX];

	if (flags & ~STACKID_FLAGS)
		return -EINVAL;
	nr = lbpf_stack_walk(ips, nr_max, flags & BPF_F_SKIP_FIELD_MASK, flags & BPF_F_USER_STACK);
	if (!nr)
		return -EFAULT;
	ref = lbpf_pool_take(&stacks->pool);
	if (ref == LBPF_POOL_NONE)
		return -ENOMEM;
	write_trace(stacks, trace_of(stacks, ref), ips, nr);
	trace_of(stacks, ref)->hash = jhash2((u32 *)ips, nr * 2, 0);
	return put_trace(stacks, ref, flags);
}

/* A trace is taken out while it is copied, so that nobody reuses it. */
static int stack_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct stack_map *stacks = stacks_of(map);
	u32 id = *(const u32 *)key, ref, bytes;

	if (id >= stacks->nr_buckets)
		return -ENOENT;
	ref = xchg(&stacks->buckets[id], 0);
	if (!ref)
		return -ENOENT;
	bytes = min(trace_of(stacks, ref - 1)->nr * stacks->entry_bytes, map->value_size);
	memcpy(value, trace_of(stacks, ref - 1)->data, bytes);
	memset(value + bytes, 0, map->value_size - bytes);
	/* A program may have stored another one meanwhile: the older one stays. */
	ref = xchg(&stacks->buckets[id], ref);
	preempt_disable();
	if (ref)
		lbpf_pool_give(&stacks->pool, ref - 1);
	preempt_enable();
	return 0;
}

static long stack_delete(struct lbpf_map *map, const void *key)
{
	struct stack_map *stacks = stacks_of(map);
	u32 id = *(const u32 *)key, ref;

	if (id >= stacks->nr_buckets)
		return -E2BIG;
	ref = xchg(&stacks->buckets[id], 0);
	if (!ref)
		return -ENOENT;
	preempt_disable();
	lbpf_pool_give(&stacks->pool, ref - 1);
	preempt_enable();
	return 0;
}

static int stack_user_update(struct lbpf_map *map, const void *key, const void *value, u64 flags)
{
	return -EINVAL;
}

static int stack_next_key(struct lbpf_map *map, const void *key, void *next_key)
{
	struct stack_map *stacks = stacks_of(map);
	u32 id = key ? *(const u32 *)key : stacks->nr_buckets;

	id = id < stacks->nr_buckets ? id + 1 : 0;
	while (id < stacks->nr_buckets && !READ_ONCE(stacks->buckets[id]))
		id++;
	if (id >= stacks->nr_buckets)
		return -ENOENT;
	*(u32 *)next_key = id;
	return 0;
}

static u64 stack_count(const struct lbpf_map *map)
{
	const struct stack_map *stacks = stacks_of(map);
	u64 nr = 0;
	u32 i;

	for (i = 0; i < stacks->nr_buckets; i++)
		nr += !!READ_ONCE(stacks->buckets[i]);
	return nr;
}

static u64 stack_mem_bytes(const struct lbpf_map *map)
{
	const struct stack_map *stacks = stacks_of(map);

	return sizeof(*stacks) + (u64)stacks->nr_buckets * sizeof(u32) +
	       lbpf_pool_bytes(&stacks->pool);
}

const struct lbpf_map_ops lbpf_stack_map_ops = {
	.type = BPF_MAP_TYPE_STACK_TRACE,
	.name = "stack_trace",
	.check_btf = lbpf_no_btf,
	.uses = LBPF_USE_STACK,
	.create_flags = STACK_MAP_FLAGS,
	.alloc_check = stack_alloc_check,
	.alloc = stack_alloc,
	.free = stack_free,
	.delete = stack_delete,
	.next_key = stack_next_key,
	.user_lookup = stack_user_lookup,
	.user_update = stack_user_update,
	.count = stack_count,
	.mem_bytes = stack_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
};
