/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a helper is written.
 *
 * Layer: helpers (private).  A program passes five 64-bit registers.
 * HELPER_n(name, type, arg, ...) { ... } defines name() with that signature and
 * gives its body the arguments in their own types, and the u64 that it returns
 * is R0.
 */
#ifndef _LBPF_HELPER_H
#define _LBPF_HELPER_H

#include <linux/types.h>

/* A register as @type: integers are cut, pointers are addresses. */
#define HELPER_ARG(type, reg)	((__force type)(unsigned long)(reg))

#define HELPER_0(name)							\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)
#define HELPER_1(name, t1, a1)						\
	static u64 name##_body(t1 a1);					\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)		\
	{								\
		return name##_body(HELPER_ARG(t1, r1));			\
	}								\
	static __always_inline u64 name##_body(t1 a1)
#define HELPER_2(name, t1, a1, t2, a2)					\
	static u64 name##_body(t1 a1, t2 a2);				\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)		\
	{								\
		return name##_body(HELPER_ARG(t1, r1), HELPER_ARG(t2, r2));	\
	}								\
	static __always_inline u64 name##_body(t1 a1, t2 a2)
#define HELPER_3(name, t1, a1, t2, a2, t3, a3)				\
	static u64 name##_body(t1 a1, t2 a2, t3 a3);			\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)		\
	{								\
		return name##_body(HELPER_ARG(t1, r1), HELPER_ARG(t2, r2),	\
				   HELPER_ARG(t3, r3));			\
	}								\
	static __always_inline u64 name##_body(t1 a1, t2 a2, t3 a3)
#define HELPER_4(name, t1, a1, t2, a2, t3, a3, t4, a4)			\
	static u64 name##_body(t1 a1, t2 a2, t3 a3, t4 a4);		\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)		\
	{								\
		return name##_body(HELPER_ARG(t1, r1), HELPER_ARG(t2, r2),	\
				   HELPER_ARG(t3, r3), HELPER_ARG(t4, r4));	\
	}								\
	static __always_inline u64 name##_body(t1 a1, t2 a2, t3 a3, t4 a4)
#define HELPER_5(name, t1, a1, t2, a2, t3, a3, t4, a4, t5, a5)		\
	static u64 name##_body(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5);	\
	static u64 name(u64 r1, u64 r2, u64 r3, u64 r4, u64 r5)		\
	{								\
		return name##_body(HELPER_ARG(t1, r1), HELPER_ARG(t2, r2),	\
				   HELPER_ARG(t3, r3), HELPER_ARG(t4, r4),	\
				   HELPER_ARG(t5, r5));			\
	}								\
	static __always_inline u64 name##_body(t1 a1, t2 a2, t3 a3, t4 a4, t5 a5)

#endif /* _LBPF_HELPER_H */
