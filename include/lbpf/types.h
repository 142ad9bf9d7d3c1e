/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types of registers, helper arguments and helper results.
 *
 * Layer: core (p).  The vocabulary in which helper prototypes, context rows and
 * the verifier's facts are written.  Values below LBPF_TYPE_FLAG are base types;
 * the flags are OR-ed to them.
 */
#ifndef _LBPF_TYPES_H
#define _LBPF_TYPES_H

#include <linux/bits.h>
#include <linux/types.h>

#define LBPF_TYPE_FLAG		BIT(8)
#define LBPF_TYPE_BASE(type)	((type) & (LBPF_TYPE_FLAG - 1))
#define LBPF_TYPE_FLAGS(type)	((type) & ~(LBPF_TYPE_FLAG - 1))

enum lbpf_type_flag {
	LBPF_MAYBE_NULL	= BIT(8),	/* must be compared with NULL before use */
	LBPF_RDONLY	= BIT(9),	/* memory that may only be read */
	/* argument: the helper writes it, it need not be initialised */
	LBPF_UNINIT	= BIT(10),
	/* memory of a ring buffer record and the like: must be released */
	LBPF_ALLOC	= BIT(11),
	LBPF_USER	= BIT(12),	/* user address */
	LBPF_PERCPU	= BIT(13),	/* per-CPU address */
	LBPF_UNTRUSTED	= BIT(14),	/* may be read with fault handling, not passed on */
	LBPF_OBJ_RELEASE = BIT(15),	/* argument: the helper releases this reference */
	LBPF_FIXED_SIZE	= BIT(16),	/* argument: size is in arg_size of the prototype */
	LBPF_KPTR_REF	= BIT(17),	/* referenced kernel pointer */
	LBPF_CUT	= BIT(18),	/* only some bytes of a pointer */
	/* dynamic pointer: to memory that needs no release, to a record of a ring buffer */
	LBPF_DYNPTR_LOCAL = BIT(20),
	LBPF_DYNPTR_RINGBUF = BIT(21),
};

enum lbpf_reg_type {
	LBPF_NOT_INIT,
	LBPF_SCALAR,
	LBPF_PTR_CTX,
	LBPF_PTR_CONST_MAP,
	LBPF_PTR_MAP_VALUE,
	LBPF_PTR_MAP_KEY,
	LBPF_PTR_STACK,
	LBPF_PTR_PACKET_META,
	LBPF_PTR_PACKET,
	LBPF_PTR_PACKET_END,
	LBPF_PTR_FLOW_KEYS,
	LBPF_PTR_SOCKET,
	LBPF_PTR_SOCK_COMMON,
	LBPF_PTR_TCP_SOCK,
	LBPF_PTR_TP_BUFFER,
	LBPF_PTR_XDP_SOCK,
	LBPF_PTR_BTF_ID,
	LBPF_PTR_MEM,
	LBPF_PTR_BUF,
	LBPF_PTR_FUNC,
	LBPF_DYNPTR,
	LBPF_NR_REG_TYPES,
};

enum lbpf_arg_type {
	LBPF_ARG_NONE,			/* unused: the helper takes fewer arguments */
	LBPF_ARG_ANYTHING,		/* any initialised value */
	LBPF_ARG_CTX,
	LBPF_ARG_CONST_MAP,
	LBPF_ARG_MAP_KEY,		/* key_size bytes of the map that came before */
	LBPF_ARG_MAP_VALUE,		/* value_size bytes, likewise */
	LBPF_ARG_MEM,			/* memory; its size is the next argument, or arg_size */
	LBPF_ARG_VALUE_MEM,		/* likewise, in a map's value */
	LBPF_ARG_CONST_SIZE,		/* 1 or more */
	LBPF_ARG_CONST_SIZE_OR_ZERO,
	LBPF_ARG_CONST_ALLOC_SIZE,	/* known constant: size of the memory returned */
	LBPF_ARG_ALLOC_MEM,
	LBPF_ARG_SPIN_LOCK,
	LBPF_ARG_TIMER,
	LBPF_ARG_SOCKET,
	LBPF_ARG_SOCK_COMMON,
	LBPF_ARG_BTF_ID_SOCK_COMMON,
	LBPF_ARG_BTF_ID,
	LBPF_ARG_PERCPU_BTF_ID,
	LBPF_ARG_INT_PTR,		/* 4 bytes, 4-byte aligned */
	LBPF_ARG_LONG_PTR,		/* 8 bytes, 8-byte aligned */
	LBPF_ARG_FUNC,
	LBPF_ARG_STACK,
	LBPF_ARG_CONST_STR,
	LBPF_ARG_KPTR,
	LBPF_ARG_DYNPTR,		/* LBPF_UNINIT: the helper makes it */
	LBPF_ARG_ZERO,			/* flags of which there are none yet */
	LBPF_NR_ARG_TYPES,
};

enum lbpf_ret_type {
	LBPF_RET_INTEGER,
	LBPF_RET_VOID,
	LBPF_RET_MAP_VALUE,
	LBPF_RET_SOCKET,
	LBPF_RET_TCP_SOCK,
	LBPF_RET_SOCK_COMMON,
	LBPF_RET_ALLOC_MEM,
	LBPF_RET_MEM_OR_BTF_ID,
	LBPF_RET_BTF_ID,
	LBPF_NR_RET_TYPES,
};

/* What a helper does with a map, or a map type allows to be done with it. */
enum lbpf_map_use {
	LBPF_USE_LOOKUP		= BIT(0),
	LBPF_USE_UPDATE		= BIT(1),
	LBPF_USE_DELETE		= BIT(2),
	LBPF_USE_PUSH		= BIT(3),
	LBPF_USE_POP		= BIT(4),
	LBPF_USE_PEEK		= BIT(5),
	LBPF_USE_LOOKUP_PERCPU	= BIT(6),
	LBPF_USE_FOR_EACH	= BIT(7),
	LBPF_USE_TAIL_CALL	= BIT(8),
	LBPF_USE_PERF		= BIT(9),
	LBPF_USE_RINGBUF	= BIT(10),
	LBPF_USE_STACK		= BIT(11),
	LBPF_USE_REDIRECT	= BIT(12),
	LBPF_USE_SOCK_UPDATE	= BIT(13),
	LBPF_USE_SOCK_REDIRECT	= BIT(14),
	LBPF_USE_SELECT_REUSEPORT = BIT(15),
	LBPF_USE_CGROUP		= BIT(16),
	LBPF_USE_LOCAL_STORAGE	= BIT(17),
	LBPF_USE_SK_STORAGE	= BIT(18),
	LBPF_USE_INODE_STORAGE	= BIT(19),
	LBPF_USE_TASK_STORAGE	= BIT(20),
	LBPF_USE_VALUE_LOCK	= BIT(21),	/* values may hold a bpf_spin_lock */
	LBPF_USE_VALUE_TIMER	= BIT(22),	/* ... a bpf_timer */
	LBPF_USE_VALUE_KPTR	= BIT(23),	/* ... pointers to kernel objects */
	LBPF_USE_USER_RINGBUF	= BIT(24),
	/* programs that sleep may use it: its memory stays until RCU tasks trace allows it to go */
	LBPF_USE_SLEEPABLE	= BIT(25),
};

#endif /* _LBPF_TYPES_H */
