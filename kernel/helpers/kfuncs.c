// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel functions that programs call by their BTF id.
 *
 * Layer: helpers.  Names and types are those of vmlinux BTF, the code is our own: keys, what
 * the kernel has for tests of such calls, and what TCP congestion control calls.
 */
#include <linux/bpf.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/key.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/verification.h>
#include <net/sock.h>
#include <net/tcp.h>

#include <lbpf/alloc.h>
#include <lbpf/helpers.h>
#include <lbpf/kfunc.h>
#include <lbpf/kobject.h>

static u64 add_four(struct sock *sk, u32 a, u64 b, u32 c, u64 d)
{
	return a + b + c + d;
}

static int add_two(struct sock *sk, u32 a, u32 b)
{
	return a + b;
}

static struct sock *same_sock(struct sock *sk)
{
	return sk;
}

static struct lbpf_test_object *get_object(unsigned long *number)
{
	return lbpf_test_object_get();
}

/* There is no such object by itself. */
static struct lbpf_test_part *get_part(void)
{
	return NULL;
}

static void put_part(struct lbpf_test_part *part)
{
}

static struct lbpf_test_object *get_object_at(struct lbpf_test_object **place, int a, int b)
{
	return READ_ONCE(*place) ? lbpf_test_object_get() : NULL;
}

static void take_pointer(const void *ptr)
{
}

static void take_memory(const void *ptr, int bytes)
{
}

#ifdef CONFIG_KEYS
/* Bits of @flags of bpf_lookup_user_key().  Source: flags of lookup_user_key(), <linux/key.h>. */
#define KEY_LOOKUP_FLAGS	(KEY_LOOKUP_CREATE | KEY_LOOKUP_PARTIAL)

static struct bpf_key *find_user_key(u32 serial, u64 flags)
{
	struct bpf_key *bkey;
	key_ref_t ref;

	if (flags & ~KEY_LOOKUP_FLAGS)
		return NULL;
	/* Permission is checked when the key is used. */
	ref = lookup_user_key(serial, flags, KEY_DEFER_PERM_CHECK);
	if (IS_ERR(ref))
		return NULL;
	bkey = lbpf_zalloc(sizeof(*bkey), GFP_KERNEL);
	if (!bkey) {
		key_put(key_ref_to_ptr(ref));
		return NULL;
	}
	bkey->key = key_ref_to_ptr(ref);
	bkey->has_ref = true;
	return bkey;
}

static struct bpf_key *find_system_key(u64 id)
{
	struct bpf_key *bkey;

	if (id > (unsigned long)VERIFY_USE_PLATFORM_KEYRING)
		return NULL;
	bkey = lbpf_zalloc(sizeof(*bkey), GFP_ATOMIC);
	if (!bkey)
		return NULL;
	bkey->key = (struct key *)(unsigned long)id;
	return bkey;
}

static void put_key(struct bpf_key *bkey)
{
	if (bkey->has_ref)
		key_put(bkey->key);
	lbpf_free(bkey);
}

#endif

#define KFUNC(text, code, effect, kf_flags, bytes)			\
	{								\
		.proto = { .name = text, .fn = (code), .effects = (effect) | LBPF_EFF_VARARGS }, \
		.flags = (kf_flags), .result_bytes = (bytes),		\
	}

#define OBJECT_BYTES	sizeof(struct lbpf_test_object)

static const struct lbpf_kfunc for_tests[] = {
	KFUNC("bpf_kfunc_call_test1", add_four, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test2", add_two, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test3", same_sock, 0, 0, sizeof(struct sock)),
	KFUNC("bpf_kfunc_call_test_acquire", get_object, LBPF_EFF_ACQUIRE, LBPF_KF_RET_NULL,
	      OBJECT_BYTES),
	KFUNC("bpf_kfunc_call_memb_acquire", get_part, LBPF_EFF_ACQUIRE, LBPF_KF_RET_NULL,
	      sizeof(struct lbpf_test_part)),
	KFUNC("bpf_kfunc_call_test_release", lbpf_test_object_put, LBPF_EFF_RELEASE, 0, 0),
	KFUNC("bpf_kfunc_call_memb_release", put_part, LBPF_EFF_RELEASE, 0, 0),
	KFUNC("bpf_kfunc_call_memb1_release", put_part, LBPF_EFF_RELEASE, 0, 0),
	KFUNC("bpf_kfunc_call_test_kptr_get", get_object_at, LBPF_EFF_ACQUIRE,
	      LBPF_KF_RET_NULL | LBPF_KF_KPTR_GET, OBJECT_BYTES),
	KFUNC("bpf_kfunc_call_test_ref", take_pointer, 0, LBPF_KF_TRUSTED, 0),
	KFUNC("bpf_kfunc_call_test_pass_ctx", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_pass1", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_pass2", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_fail1", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_fail2", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_fail3", take_pointer, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_mem_len_pass1", take_memory, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_mem_len_fail1", take_memory, 0, 0, 0),
	KFUNC("bpf_kfunc_call_test_mem_len_fail2", take_memory, 0, 0, 0),
};

static const struct lbpf_kfunc on_keys[] = {
#ifdef CONFIG_KEYS
	KFUNC("bpf_lookup_user_key", find_user_key, LBPF_EFF_ACQUIRE | LBPF_EFF_SLEEPS,
	      LBPF_KF_RET_NULL, sizeof(struct bpf_key)),
	KFUNC("bpf_lookup_system_key", find_system_key, LBPF_EFF_ACQUIRE, LBPF_KF_RET_NULL,
	      sizeof(struct bpf_key)),
	KFUNC("bpf_key_put", put_key, LBPF_EFF_RELEASE, 0, 0),
#endif
};

/* The kernel's own code, for a socket that is there: one that was read from memory may not be. */
static void reno_cong_avoid(struct sock *sk, u32 ack, u32 acked)
{
	if (sk)
		tcp_reno_cong_avoid(sk, ack, acked);
}

static u32 reno_ssthresh(struct sock *sk)
{
	return sk ? tcp_reno_ssthresh(sk) : 0;
}

static u32 reno_undo_cwnd(struct sock *sk)
{
	return sk ? tcp_reno_undo_cwnd(sk) : 0;
}

static u32 slow_start(struct tcp_sock *tp, u32 acked)
{
	return tp ? tcp_slow_start(tp, acked) : 0;
}

static void cong_avoid_ai(struct tcp_sock *tp, u32 w, u32 acked)
{
	if (tp)
		tcp_cong_avoid_ai(tp, w, acked);
}

static const struct lbpf_kfunc on_tcp[] = {
	KFUNC("tcp_reno_cong_avoid", reno_cong_avoid, 0, 0, 0),
	KFUNC("tcp_reno_ssthresh", reno_ssthresh, 0, 0, 0),
	KFUNC("tcp_reno_undo_cwnd", reno_undo_cwnd, 0, 0, 0),
	KFUNC("tcp_slow_start", slow_start, 0, 0, 0),
	KFUNC("tcp_cong_avoid_ai", cong_avoid_ai, 0, 0, 0),
};

static const struct lbpf_kfunc *find(const struct lbpf_kfunc *rows, u32 nr, const char *name)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!strcmp(rows[i].proto.name, name))
			return &rows[i];
	return NULL;
}

/**
 * lbpf_tc_kfunc() - Find a kernel function of tc programs
 * @name: Its name.
 *
 * Context: Any.
 * Return: Its row, or NULL.
 */
const struct lbpf_kfunc *lbpf_tc_kfunc(const char *name)
{
	return find(for_tests, ARRAY_SIZE(for_tests), name);
}

/**
 * lbpf_tracing_kfunc() - Find a kernel function of tracing and LSM programs
 * @name: Its name.
 *
 * Context: Any.
 * Return: Its row, or NULL.
 */
const struct lbpf_kfunc *lbpf_tracing_kfunc(const char *name)
{
	const struct lbpf_kfunc *kfunc = find(on_keys, ARRAY_SIZE(on_keys), name);

	return kfunc ?: lbpf_tc_kfunc(name);
}

/**
 * lbpf_struct_ops_kfunc() - Find a kernel function of programs that implement kernel structs
 * @name: Its name.
 *
 * Context: Any.
 * Return: Its row, or NULL.
 */
const struct lbpf_kfunc *lbpf_struct_ops_kfunc(const char *name)
{
	return find(on_tcp, ARRAY_SIZE(on_tcp), name);
}
