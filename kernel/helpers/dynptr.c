// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on dynamic pointers: memory whose size is known when the program runs.
 *
 * Layer: helpers.  The verifier lets nothing but helpers at a dynamic pointer.
 *
 * Source: helpers with struct bpf_dynptr in bpf-helpers(7).
 */
#include <linux/bpf.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>

#include <lbpf/ringbuf.h>

#include "helper.h"
#include "protos.h"

/* Size of what one can point to, bytes; Linux keeps it in 24 bits. */
#define MAX_SIZE_BYTES	((1u << 24) - 1)

/**
 * struct dynptr - What is in the 16 bytes of a struct bpf_dynptr
 * @data: What it points to; NULL: nothing.
 * @size_bytes: Size of that.
 */
struct dynptr {
	void	*data;
	u64	size_bytes;
};

static_assert(sizeof(struct dynptr) == sizeof(struct bpf_dynptr));

static bool has_range(const struct dynptr *ptr, u32 off, u32 len)
{
	return len <= ptr->size_bytes && off <= ptr->size_bytes - len;
}

static long set(struct dynptr *ptr, void *data, u32 size)
{
	ptr->data = data;
	ptr->size_bytes = size;
	return 0;
}

static long set_null(struct dynptr *ptr, long err)
{
	set(ptr, NULL, 0);
	return err;
}

HELPER_4(dynptr_from_mem, void *, data, u32, size, u64, flags, struct dynptr *, ptr)
{
	if (size > MAX_SIZE_BYTES)
		return set_null(ptr, -E2BIG);
	if (flags)
		return set_null(ptr, -EINVAL);
	return set(ptr, data, size);
}

const struct lbpf_proto lbpf_dynptr_from_mem_proto = {
	.name		= "dynptr_from_mem",
	.id		= BPF_FUNC_dynptr_from_mem,
	.fn		= dynptr_from_mem,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_VALUE_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING,
			    LBPF_ARG_DYNPTR | LBPF_DYNPTR_LOCAL | LBPF_UNINIT },
};

HELPER_5(dynptr_read, void *, dst, u32, len, const struct dynptr *, src, u32, off, u64, flags)
{
	if (!src->data || flags)
		return -EINVAL;
	if (!has_range(src, off, len))
		return -E2BIG;
	memmove(dst, src->data + off, len);
	return 0;
}

const struct lbpf_proto lbpf_dynptr_read_proto = {
	.name		= "dynptr_read",
	.id		= BPF_FUNC_dynptr_read,
	.fn		= dynptr_read,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_UNINIT, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_DYNPTR, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING },
};

HELPER_5(dynptr_write, const struct dynptr *, dst, u32, off, const void *, src, u32, len,
	 u64, flags)
{
	if (!dst->data || flags)
		return -EINVAL;
	if (!has_range(dst, off, len))
		return -E2BIG;
	memmove(dst->data + off, src, len);
	return 0;
}

const struct lbpf_proto lbpf_dynptr_write_proto = {
	.name		= "dynptr_write",
	.id		= BPF_FUNC_dynptr_write,
	.fn		= dynptr_write,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_DYNPTR, LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_RDONLY,
			    LBPF_ARG_CONST_SIZE_OR_ZERO, LBPF_ARG_ANYTHING },
};

HELPER_3(dynptr_data, const struct dynptr *, ptr, u32, off, u32, len)
{
	if (!ptr->data || !has_range(ptr, off, len))
		return 0;
	return (u64)(unsigned long)(ptr->data + off);
}

const struct lbpf_proto lbpf_dynptr_data_proto = {
	.name		= "dynptr_data",
	.id		= BPF_FUNC_dynptr_data,
	.fn		= dynptr_data,
	.ret		= LBPF_RET_ALLOC_MEM | LBPF_MAYBE_NULL,
	.arg		= { LBPF_ARG_DYNPTR, LBPF_ARG_ANYTHING, LBPF_ARG_CONST_ALLOC_SIZE },
};

HELPER_4(reserve_dynptr, struct lbpf_map *, map, u32, size, u64, flags, struct dynptr *, ptr)
{
	void *sample;

	if (flags)
		return set_null(ptr, -EINVAL);
	if (size > MAX_SIZE_BYTES)
		return set_null(ptr, -E2BIG);
	sample = lbpf_ringbuf_reserve(map, size);
	return sample ? set(ptr, sample, size) : set_null(ptr, -EINVAL);
}

const struct lbpf_proto lbpf_reserve_dynptr_proto = {
	.name		= "ringbuf_reserve_dynptr",
	.id		= BPF_FUNC_ringbuf_reserve_dynptr,
	.fn		= reserve_dynptr,
	.map_use	= LBPF_USE_RINGBUF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_ANYTHING, LBPF_ARG_ANYTHING,
			    LBPF_ARG_DYNPTR | LBPF_DYNPTR_RINGBUF | LBPF_UNINIT },
};

static void commit(struct dynptr *ptr, u64 flags, bool is_discarded)
{
	if (ptr->data)
		lbpf_ringbuf_commit(ptr->data, flags, is_discarded);
	set_null(ptr, 0);
}

HELPER_2(submit_dynptr, struct dynptr *, ptr, u64, flags)
{
	commit(ptr, flags, false);
	return 0;
}

const struct lbpf_proto lbpf_submit_dynptr_proto = {
	.name		= "ringbuf_submit_dynptr",
	.id		= BPF_FUNC_ringbuf_submit_dynptr,
	.fn		= submit_dynptr,
	.effects	= LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_DYNPTR | LBPF_DYNPTR_RINGBUF | LBPF_OBJ_RELEASE,
			    LBPF_ARG_ANYTHING },
};

HELPER_2(discard_dynptr, struct dynptr *, ptr, u64, flags)
{
	commit(ptr, flags, true);
	return 0;
}

const struct lbpf_proto lbpf_discard_dynptr_proto = {
	.name		= "ringbuf_discard_dynptr",
	.id		= BPF_FUNC_ringbuf_discard_dynptr,
	.fn		= discard_dynptr,
	.effects	= LBPF_EFF_RELEASE,
	.ret		= LBPF_RET_VOID,
	.arg		= { LBPF_ARG_DYNPTR | LBPF_DYNPTR_RINGBUF | LBPF_OBJ_RELEASE,
			    LBPF_ARG_ANYTHING },
};

typedef u64 (*sample_fn)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5);

/**
 * struct drain - A user ring buffer being drained by a program
 * @fn: Function of the program; 1 ends it.
 * @ctx: What the program gives it.
 */
struct drain {
	sample_fn	fn;
	void		*ctx;
};

static bool give_sample(void *data, u32 size_bytes, void *arg)
{
	const struct drain *drain = arg;
	struct dynptr ptr = { .data = data, .size_bytes = size_bytes };

	return !drain->fn((u64)(unsigned long)&ptr, (u64)(unsigned long)drain->ctx, 0, 0, 0);
}

HELPER_4(drain_ring, struct lbpf_map *, map, sample_fn, fn, void *, ctx, u64, flags)
{
	struct drain drain = { .fn = fn, .ctx = ctx };

	return lbpf_user_ringbuf_drain(map, flags, MAX_SIZE_BYTES, give_sample, &drain);
}

const struct lbpf_proto lbpf_user_ringbuf_drain_proto = {
	.name		= "user_ringbuf_drain",
	.id		= BPF_FUNC_user_ringbuf_drain,
	.fn		= drain_ring,
	.effects	= LBPF_EFF_CALLBACK,
	.map_use	= LBPF_USE_USER_RINGBUF,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_CONST_MAP, LBPF_ARG_FUNC, LBPF_ARG_STACK | LBPF_MAYBE_NULL,
			    LBPF_ARG_ANYTHING },
	.callback_kind	= LBPF_CB_USER_RINGBUF,
};
