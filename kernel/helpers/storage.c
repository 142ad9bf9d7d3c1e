// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers on the storages of tasks, inodes and sockets.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/string.h>

#include <lbpf/code.h>
#include <lbpf/map.h>
#include <lbpf/owner_storage.h>

#include "helper.h"
#include "protos.h"

HELPER_4(get_storage, struct lbpf_map *, map, void *, owner, const void *, value, u64, flags)
{
	return (u64)(unsigned long)lbpf_storage_get(map, owner, value, flags);
}

HELPER_2(delete_storage, struct lbpf_map *, map, void *, owner)
{
	return lbpf_storage_delete(map, owner);
}

#define GET_PROTO(helper, use, owner_arg, ...)					\
	{									\
		.name		= #helper,					\
		.id		= BPF_FUNC_ ## helper,				\
		.fn		= get_storage,					\
		.map_use	= (use),					\
		.ret		= LBPF_RET_MAP_VALUE | LBPF_MAYBE_NULL,		\
		.arg		= { LBPF_ARG_CONST_MAP, (owner_arg),		\
				    LBPF_ARG_MAP_VALUE | LBPF_MAYBE_NULL,	\
				    LBPF_ARG_ANYTHING },			\
		__VA_ARGS__							\
	}

#define DELETE_PROTO(helper, use, owner_arg, ...)				\
	{									\
		.name		= #helper,					\
		.id		= BPF_FUNC_ ## helper,				\
		.fn		= delete_storage,				\
		.map_use	= (use),					\
		.ret		= LBPF_RET_INTEGER,				\
		.arg		= { LBPF_ARG_CONST_MAP, (owner_arg) },		\
		__VA_ARGS__							\
	}

const struct lbpf_proto lbpf_task_storage_get_proto =
	GET_PROTO(task_storage_get, LBPF_USE_TASK_STORAGE, LBPF_ARG_BTF_ID,
		  .arg_btf_name = "task_struct");
const struct lbpf_proto lbpf_task_storage_delete_proto =
	DELETE_PROTO(task_storage_delete, LBPF_USE_TASK_STORAGE, LBPF_ARG_BTF_ID,
		     .arg_btf_name = "task_struct");

const struct lbpf_proto lbpf_inode_storage_get_proto =
	GET_PROTO(inode_storage_get, LBPF_USE_INODE_STORAGE, LBPF_ARG_BTF_ID,
		  .arg_btf_name = "inode");
const struct lbpf_proto lbpf_inode_storage_delete_proto =
	DELETE_PROTO(inode_storage_delete, LBPF_USE_INODE_STORAGE, LBPF_ARG_BTF_ID,
		     .arg_btf_name = "inode");

const struct lbpf_proto lbpf_sk_storage_get_proto =
	GET_PROTO(sk_storage_get, LBPF_USE_SK_STORAGE, LBPF_ARG_BTF_ID_SOCK_COMMON);
const struct lbpf_proto lbpf_sk_storage_delete_proto =
	DELETE_PROTO(sk_storage_delete, LBPF_USE_SK_STORAGE, LBPF_ARG_BTF_ID_SOCK_COMMON);

/* Source: where bpf(2) of Linux 6.1 lets programs call it: not in its own storages of sockets. */
static bool may_have_sk_storage(const struct lbpf_code *code)
{
	switch (code->expected_attach_type) {
	case BPF_TRACE_ITER:
	case BPF_TRACE_RAW_TP:
		return true;
	case BPF_TRACE_FENTRY:
	case BPF_TRACE_FEXIT:
		return code->attach.name && !strstarts(code->attach.name, "bpf_sk_storage");
	default:
		return false;
	}
}

const struct lbpf_proto lbpf_traced_storage_get_proto =
	GET_PROTO(sk_storage_get, LBPF_USE_SK_STORAGE, LBPF_ARG_BTF_ID_SOCK_COMMON,
		  .allowed = may_have_sk_storage);
const struct lbpf_proto lbpf_traced_storage_delete_proto =
	DELETE_PROTO(sk_storage_delete, LBPF_USE_SK_STORAGE, LBPF_ARG_BTF_ID_SOCK_COMMON,
		     .allowed = may_have_sk_storage);

/* Of programs whose context is the socket. */
const struct lbpf_proto lbpf_ctx_storage_get_proto =
	GET_PROTO(sk_storage_get, LBPF_USE_SK_STORAGE, LBPF_ARG_CTX);
