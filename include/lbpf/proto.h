/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Prototypes of the functions that programs may call.
 *
 * Layer: core (p).  A helper is its prototype beside its code (kernel/helpers/).
 * Everything that the verifier or the rewriter must know of a helper is a field
 * or an effect here: neither knows a helper by name.
 */
#ifndef _LBPF_PROTO_H
#define _LBPF_PROTO_H

#include <lbpf/types.h>

struct lbpf_code;

#define LBPF_MAX_ARGS	5

/* What a call does beyond computing R0 from its arguments. */
enum lbpf_effect {
	LBPF_EFF_ACQUIRE	= BIT(0),	/* R0 is a reference that must be released */
	/* releases the reference in its OBJ_RELEASE argument */
	LBPF_EFF_RELEASE	= BIT(1),
	LBPF_EFF_PACKET_CHANGE	= BIT(2),	/* packet pointers are invalid afterwards */
	LBPF_EFF_LOCK		= BIT(3),	/* takes the lock in value that is argument 1 */
	LBPF_EFF_UNLOCK		= BIT(4),
	LBPF_EFF_TAIL_CALL	= BIT(5),	/* leaves the program when it succeeds */
	/* calls the LBPF_ARG_FUNC argument before it returns */
	LBPF_EFF_CALLBACK	= BIT(6),
	LBPF_EFF_ASYNC_CALLBACK	= BIT(7),	/* keeps it, and calls it later */
	LBPF_EFF_SLEEPS		= BIT(8),	/* sleepable programs only */
	LBPF_EFF_ERRNO		= BIT(9),	/* R0 is in -4095..0, or up to a size argument */
	LBPF_EFF_R0_MAX_SIZE	= BIT(10),	/* R0 is at most the size argument */
	LBPF_EFF_STACK_WALK	= BIT(11),	/* needs the call stack */
	/* R0 is argument 1 in another type, not a new reference */
	LBPF_EFF_PTR_CAST	= BIT(12),
	LBPF_EFF_CPU_ID		= BIT(13),	/* R0 is a CPU number */
	/* is given the program that calls it as one more argument */
	LBPF_EFF_PROG		= BIT(15),
	/* reads its kernel object with faults handled: any address will do */
	LBPF_EFF_PROBES		= BIT(16),
	/* asks what is kept for the run of a program, which nothing is when that has returned */
	LBPF_EFF_RUN		= BIT(17),
	/* looks at the registers behind its arguments too, set or not */
	LBPF_EFF_VARARGS	= BIT(14),
};

/**
 * struct lbpf_proto - Prototype of a helper
 * @name: As in bpf-helpers(7), without "bpf_": log, dumps.
 * @id: BPF_FUNC_* of <linux/bpf.h>.
 * @fn: Its code: u64 (*)(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5).
 * @gpl_only: Only for programs with a GPL-compatible license.
 * @pkt_access: Packet pointers may be passed as memory.
 * @effects: OR of enum lbpf_effect.
 * @map_use: enum lbpf_map_use of its map argument; 0 when it has none.
 * @ret: enum lbpf_ret_type with flags.
 * @arg: enum lbpf_arg_type with flags.
 * @arg_size: Size in bytes of an LBPF_FIXED_SIZE argument.
 * @arg_btf_name: Kernel struct that its LBPF_ARG_BTF_ID arguments point to, or NULL.
 * @allowed: May @code call it, beyond what its program type says?  NULL: it may.
 * @ret_btf_name: Kernel struct that LBPF_RET_BTF_ID points to, or NULL.
 * @callback_kind: How an LBPF_ARG_FUNC is called, enum lbpf_callback.
 * @check_format: Is the LBPF_ARG_CONST_STR argument a format for so many arguments, whose array's
 *	size is the last argument?  0 or -errno.  NULL: it is no format.
 * @inline_as: Rewriting kind that the rewriter may use instead of the call, enum lbpf_inline.
 * @inline_addr: LBPF_INLINE_LOAD: what it loads, in the kernel's memory.
 */
struct lbpf_proto {
	const char	*name;
	u32		id;
	const void	*fn;
	bool		gpl_only;
	bool		pkt_access;
	u32		effects;
	u32		map_use;
	u32		ret;
	u32		arg[LBPF_MAX_ARGS];
	u32		arg_size[LBPF_MAX_ARGS];
	const char	*arg_btf_name;
	bool		(*allowed)(const struct lbpf_code *code);
	const char	*ret_btf_name;
	int		(*check_format)(const char *fmt, u32 nr_args);
	u8		callback_kind;
	u8		inline_as;
	const void	*inline_addr;
};

/* Arguments a callback gets. */
enum lbpf_callback {
	LBPF_CB_NONE,
	LBPF_CB_FOR_EACH,	/* map, key, value, context */
	LBPF_CB_TIMER,		/* map, key, value */
	LBPF_CB_LOOP,		/* index, context */
	LBPF_CB_FIND_VMA,	/* task, vma, context */
	LBPF_CB_USER_RINGBUF,	/* dynptr, context */
};

enum lbpf_inline {
	LBPF_INLINE_NONE,
	/* call the map type's own function for map_use when the map is known */
	LBPF_INLINE_MAP_OP,
	LBPF_INLINE_CPU_ID,
	/* the first argument is a per-CPU address */
	LBPF_INLINE_THIS_CPU,
	LBPF_INLINE_TAIL_CALL,
	/* the 8 bytes at @inline_addr */
	LBPF_INLINE_LOAD,
	/* calls the function in the second argument as often as the first one says */
	LBPF_INLINE_LOOP,
};

/* Most calls of LBPF_INLINE_LOOP.  Source: bpf_loop() in bpf-helpers(7). */
#define LBPF_MAX_LOOPS	(8 * 1024 * 1024)

#endif /* _LBPF_PROTO_H */
