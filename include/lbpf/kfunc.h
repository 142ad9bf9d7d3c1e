/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the kernel that programs call by their BTF id.
 *
 * Layer: core (p).  The types of arguments and result are those of the function of that name in
 * vmlinux BTF; the code is lbpf's own.
 */
#ifndef _LBPF_KFUNC_H
#define _LBPF_KFUNC_H

#include <linux/container_of.h>

#include <lbpf/proto.h>

enum lbpf_kfunc_flag {
	LBPF_KF_RET_NULL	= BIT(0),	/* the result may be NULL */
	LBPF_KF_KPTR_GET	= BIT(1),	/* argument 1 points to a kptr in a map value */
	LBPF_KF_TRUSTED		= BIT(2),	/* pointers must hold a reference */
};

/**
 * struct lbpf_kfunc - A function that programs call by its BTF id
 * @proto: Name, code and effects (LBPF_EFF_ACQUIRE, LBPF_EFF_RELEASE, LBPF_EFF_SLEEPS); always
 *	LBPF_EFF_VARARGS: arguments are known by BTF only.
 * @flags: OR of enum lbpf_kfunc_flag.
 * @result_bytes: Size of the struct that it returns a pointer to, as its code knows it; 0: it
 *	returns none.
 */
struct lbpf_kfunc {
	struct lbpf_proto	proto;
	u32			flags;
	u32			result_bytes;
};

static inline const struct lbpf_kfunc *lbpf_kfunc_of(const struct lbpf_proto *proto)
{
	return container_of(proto, struct lbpf_kfunc, proto);
}

#endif /* _LBPF_KFUNC_H */
