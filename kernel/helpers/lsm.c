// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of LSM programs.
 *
 * Layer: helpers.
 */
#include <linux/binfmts.h>
#include <linux/bpf.h>
#include <linux/errno.h>
#include <linux/ima.h>

#include <lbpf/code.h>

#include "helper.h"
#include "protos.h"

/* Shall the program that is being started not trust its environment? */
HELPER_2(set_bprm_opts, struct linux_binprm *, bprm, u64, flags)
{
	if (flags & ~(u64)BPF_F_BPRM_SECUREEXEC || !bprm)
		return -EINVAL;
	bprm->secureexec = flags & BPF_F_BPRM_SECUREEXEC;
	return 0;
}

const struct lbpf_proto lbpf_bprm_opts_proto = {
	.name		= "bprm_opts_set",
	.id		= BPF_FUNC_bprm_opts_set,
	.fn		= set_bprm_opts,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_ANYTHING },
	.arg_btf_name	= "linux_binprm",
};

/* Source: bpf-helpers(7): hashing a file may sleep. */
static bool may_hash(const struct lbpf_code *code)
{
	return code->prog_flags & BPF_F_SLEEPABLE;
}

HELPER_3(hash_inode, struct inode *, inode, char *, to, u32, size)
{
	return inode ? ima_inode_hash(inode, to, size) : -EINVAL;
}

HELPER_3(hash_file, struct file *, file, char *, to, u32, size)
{
	return file ? ima_file_hash(file, to, size) : -EINVAL;
}

#define HASH_PROTO(helper, function, object)				\
	{								\
		.name		= #helper,				\
		.id		= BPF_FUNC_ ## helper,			\
		.fn		= function,				\
		.effects	= LBPF_EFF_SLEEPS,			\
		.ret		= LBPF_RET_INTEGER,			\
		.arg		= { LBPF_ARG_BTF_ID, LBPF_ARG_MEM | LBPF_UNINIT,	\
				    LBPF_ARG_CONST_SIZE },		\
		.arg_btf_name	= object,				\
		.allowed	= may_hash,				\
	}

const struct lbpf_proto lbpf_ima_inode_proto = HASH_PROTO(ima_inode_hash, hash_inode, "inode");
const struct lbpf_proto lbpf_ima_file_proto = HASH_PROTO(ima_file_hash, hash_file, "file");
