// SPDX-License-Identifier: GPL-2.0
/*
 * Array of sockets: those that a program may choose from for a packet to a reuseport group.
 *
 * Layer: maps.
 *
 * An array holds no references on its sockets.  sk_user_data of a socket points
 * at its slot, marked SK_USER_DATA_BPF, and by that the kernel itself clears the
 * slot when the socket leaves its group: when it is closed, at the latest.  So a
 * socket is in one slot of one array at most.
 *
 * Locks: ->lock keeps changes by userspace apart, and a socket that comes in is
 * locked (lock_sock()), so that it stays bound and in its group meanwhile.
 * sk_callback_lock of a socket guards its sk_user_data and, while that points at
 * a slot, the slot: the kernel clears both under it.  A socket out of whose hands
 * a slot was taken lives on until the end of the RCU section in which that was
 * done, and the slot has another value by then.
 * Source: BPF_MAP_TYPE_REUSEPORT_SOCKARRAY of bpf(2); SK_USER_DATA_* of <net/sock.h>.
 */
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/nospec.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sock_diag.h>
#include <net/sock.h>

#include <lbpf/alloc.h>
#include <lbpf/maps.h>
#include <lbpf/reuseport_array.h>

#include "array.h"

/**
 * struct reuseport_array - An array of sockets
 * @map: Head.
 * @lock: See above.
 * @slots: Sockets, or NULL; read under RCU.
 */
struct reuseport_array {
	struct lbpf_map		map;
	struct mutex		lock;	/* changes by userspace */
	struct sock __rcu	*slots[];
};

static struct reuseport_array *reuseport_of(const struct lbpf_map *map)
{
	return container_of(map, struct reuseport_array, map);
}

static int reuseport_alloc_check(const union bpf_attr *attr)
{
	int err;

	if (attr->value_size != sizeof(u32) && attr->value_size != sizeof(u64))
		return -EINVAL;
	if (attr->map_flags & (BPF_F_MMAPABLE | BPF_F_INNER_MAP))
		return -EINVAL;
	err = lbpf_array_alloc_check(attr);
	if (err)
		return err;
	return bpf_capable() ? 0 : -EPERM;
}

static struct lbpf_map *reuseport_alloc_map(const union bpf_attr *attr)
{
	struct reuseport_array *array;
	int node = attr->map_flags & BPF_F_NUMA_NODE ? attr->numa_node : NUMA_NO_NODE;

	array = lbpf_area_alloc(struct_size(array, slots, attr->max_entries), node);
	if (!array)
		return ERR_PTR(-ENOMEM);
	lbpf_map_init(&array->map, &lbpf_reuseport_array_ops, attr);
	mutex_init(&array->lock);
	return &array->map;
}

static void *mark_of(struct sock __rcu **slot)
{
	return (void *)((unsigned long)slot | SK_USER_DATA_NOCOPY | SK_USER_DATA_BPF);
}

/*
 * From here on the kernel leaves the slot alone.  Returns what was in it: it stays a socket until
 * the end of the RCU section.
 */
static struct sock *disown_slot(struct sock __rcu **slot)
{
	struct sock *sk = rcu_dereference(*slot);

	if (!sk)
		return NULL;
	write_lock_bh(&sk->sk_callback_lock);
	/* Otherwise the kernel has cleared the slot in between. */
	if (sk->sk_user_data == mark_of(slot))
		WRITE_ONCE(sk->sk_user_data, NULL);
	else
		sk = NULL;
	write_unlock_bh(&sk->sk_callback_lock);
	return sk;
}

static void clear_slot(struct sock __rcu **slot)
{
	rcu_read_lock();
	if (disown_slot(slot))
		RCU_INIT_POINTER(*slot, NULL);
	rcu_read_unlock();
}

static void reuseport_free(struct lbpf_map *map)
{
	struct reuseport_array *array = reuseport_of(map);
	u32 i;

	for (i = 0; i < map->max_entries; i++) {
		clear_slot(&array->slots[i]);
		cond_resched();
	}
	lbpf_area_free(array);
}

/**
 * lbpf_reuseport_array_get() - Find a socket
 * @map: Array.
 * @index: Its index.
 *
 * Context: Any, under rcu_read_lock().
 * Return: Socket, maybe on its way out of its group, or NULL.
 */
struct sock *lbpf_reuseport_array_get(const struct lbpf_map *map, u32 index)
{
	if (unlikely(index >= map->max_entries))
		return NULL;
	index = array_index_nospec(index, map->max_entries);
	return rcu_dereference(reuseport_of(map)->slots[index]);
}

static int reuseport_user_lookup(struct lbpf_map *map, const void *key, void *value, u64 flags)
{
	struct sock *sk;
	u32 halves[2];

	if (map->value_size != sizeof(u64))
		return -ENOSPC;
	rcu_read_lock();
	sk = lbpf_reuseport_array_get(map, *(const u32 *)key);
	if (sk)
		sock_diag_save_cookie(sk, halves);
	rcu_read_unlock();
	if (!sk)
		return -ENOENT;
	*(u64 *)value = (u64)halves[1] << 32 | halves[0];
	return 0;
}

static int check_flags(const struct reuseport_array *array, u32 index, u64 flags)
{
	bool is_taken = rcu_access_pointer(array->slots[index]);

	if (flags == BPF_NOEXIST && is_taken)
		return -EEXIST;
	return flags == BPF_EXIST && !is_taken ? -ENOENT : 0;
}

/* The socket is bound, or listens, as one of a group. */
static int check_socket(struct sock *sk)
{
	sock_owned_by_me(sk);
	if ((sk->sk_protocol != IPPROTO_UDP && sk->sk_protocol != IPPROTO_TCP) ||
	    (sk->sk_family != AF_INET && sk->sk_family != AF_INET6) ||
	    (sk->sk_type != SOCK_STREAM && sk->sk_type != SOCK_DGRAM))
		return -ENOTSUPP;
	if (!sock_flag(sk, SOCK_RCU_FREE) || !sk_hashed(sk) ||
	    !rcu_access_pointer(sk->sk_reuseport_cb))
		return -EINVAL;
	return 0;
}

static int claim_socket(struct sock *sk, struct sock __rcu **slot)
{
	int err = -EBUSY;

	write_lock_bh(&sk->sk_callback_lock);
	if (!sk->sk_user_data) {
		WRITE_ONCE(sk->sk_user_data, mark_of(slot));
		err = 0;
	}
	write_unlock_bh(&sk->sk_callback_lock);
	return err;
}

static int put_socket(struct reuseport_array *array, u32 index, struct sock *sk, u64 flags)
{
	struct sock __rcu **slot = &array->slots[index];
	int err = check_flags(array, index, flags);

	lockdep_assert_held(&array->lock);
	if (!err)
		err = check_socket(sk);
	if (err)
		return err;
	rcu_read_lock();
	err = READ_ONCE(array->map.frozen) ? -EPERM : claim_socket(sk, slot);
	if (!err) {
		disown_slot(slot);
		rcu_assign_pointer(*slot, sk);
	}
	rcu_read_unlock();
	return err;
}

static int update_locked(struct lbpf_map *map, u32 index, struct sock *sk, u64 flags)
{
	struct reuseport_array *array = reuseport_of(map);
	int err;

	guard(mutex)(&array->lock);
	lock_sock(sk);
	err = put_socket(array, index, sk, flags);
	release_sock(sk);
	return err;
}

static int reuseport_user_update(struct lbpf_map *map, const void *key, const void *value,
				 u64 flags)
{
	u32 index = *(const u32 *)key;
	struct socket *sock;
	u64 fd;
	int err;

	if (flags > BPF_EXIST)
		return -EINVAL;
	if (index >= map->max_entries)
		return -E2BIG;
	fd = map->value_size == sizeof(u64) ? *(const u64 *)value : *(const u32 *)value;
	if (map->value_size == sizeof(u64) && fd > INT_MAX)
		return -EINVAL;
	/* Its file keeps the socket open. */
	sock = sockfd_lookup(fd, &err);
	if (!sock)
		return err;
	err = -EINVAL;
	if (sock->sk)
		err = update_locked(map, array_index_nospec(index, map->max_entries), sock->sk,
				    flags);
	sockfd_put(sock);
	return err;
}

static int reuseport_user_delete(struct lbpf_map *map, const void *key)
{
	struct reuseport_array *array = reuseport_of(map);
	u32 index = *(const u32 *)key;
	int err = -ENOENT;

	if (index >= map->max_entries)
		return -E2BIG;
	index = array_index_nospec(index, map->max_entries);
	guard(mutex)(&array->lock);
	rcu_read_lock();
	if (READ_ONCE(map->frozen)) {
		err = -EPERM;
	} else if (disown_slot(&array->slots[index])) {
		RCU_INIT_POINTER(array->slots[index], NULL);
		err = 0;
	}
	rcu_read_unlock();
	return err;
}

static u64 reuseport_count(const struct lbpf_map *map)
{
	u64 nr = 0;
	u32 i;

	for (i = 0; i < map->max_entries; i++)
		nr += !!rcu_access_pointer(reuseport_of(map)->slots[i]);
	return nr;
}

static u64 reuseport_mem_bytes(const struct lbpf_map *map)
{
	return struct_size(reuseport_of(map), slots, map->max_entries);
}

const struct lbpf_map_ops lbpf_reuseport_array_ops = {
	.type = BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
	.name = "reuseport_sockarray",
	.kernel_struct = "reuseport_array",
	.uses = LBPF_USE_SELECT_REUSEPORT,
	.create_flags = BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY | BPF_F_RDONLY_PROG |
			BPF_F_WRONLY_PROG,
	.alloc_check = reuseport_alloc_check,
	.alloc = reuseport_alloc_map,
	.free = reuseport_free,
	.next_key = lbpf_array_next_key,
	.user_lookup = reuseport_user_lookup,
	.user_update = reuseport_user_update,
	.user_delete = reuseport_user_delete,
	.count = reuseport_count,
	.mem_bytes = reuseport_mem_bytes,
	.meta_equal = lbpf_map_meta_equal,
};
