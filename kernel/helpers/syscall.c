// SPDX-License-Identifier: GPL-2.0
/*
 * Helpers of programs that are run for a system call: commands, types, descriptors.
 *
 * Layer: helpers.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/fdtable.h>
#include <linux/kernel.h>
#include <linux/user_namespace.h>

#include <lbpf/btf_object.h>
#include <lbpf/code.h>
#include <lbpf/command.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/kernel_var.h>

#include "helper.h"
#include "protos.h"

/* Source: bpf_sys_bpf() of Linux 6.1, observed: what makes objects and fills them. */
static bool is_command_allowed(u32 nr)
{
	static const u32 allowed[] = {
		BPF_MAP_CREATE, BPF_MAP_DELETE_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_FREEZE,
		BPF_MAP_GET_FD_BY_ID, BPF_PROG_LOAD, BPF_BTF_LOAD, BPF_LINK_CREATE,
		BPF_RAW_TRACEPOINT_OPEN,
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(allowed); i++)
		if (allowed[i] == nr)
			return true;
	return false;
}

HELPER_3(sys_bpf, u32, nr, const void *, attr, u32, attr_bytes)
{
	return is_command_allowed(nr) ? lbpf_command_run(nr, attr, attr_bytes) : -EINVAL;
}

static bool may_trace(const struct lbpf_code *code)
{
	return lbpf_code_may(code, LBPF_CAP_PERFMON);
}

const struct lbpf_proto lbpf_sys_bpf_proto = {
	.name		= "sys_bpf",
	.id		= BPF_FUNC_sys_bpf,
	.fn		= sys_bpf,
	.effects	= LBPF_EFF_SLEEPS,
	.allowed	= may_trace,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING, LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE },
};

/* A descriptor of types of a module, which takes over the reference; those of vmlinux need none. */
static int open_btf(const struct lbpf_btf *btf)
{
	struct lbpf_object *obj = &lbpf_btf_object(btf)->obj;
	int fd = 0;

	if (btf->base) {
		lbpf_object_get_user(obj);
		fd = lbpf_object_fd(obj, O_RDONLY);
		if (fd < 0)
			lbpf_object_put_user(obj);
	}
	lbpf_btf_put(btf);
	return fd;
}

/* Ends with a NUL, and does not begin with it. */
static bool is_name(const char *name, u32 bytes)
{
	return bytes > 1 && !name[bytes - 1];
}

HELPER_4(find_type, const char *, name, u32, name_bytes, u32, kind, u64, flags)
{
	const struct lbpf_btf *btf;
	int id, fd;

	if (flags || !is_name(name, name_bytes) || IS_ERR(lbpf_kernel_btf()))
		return -EINVAL;
	id = lbpf_kernel_btf_find(name, kind, &btf);
	if (id < 0)
		return id;
	fd = open_btf(btf);
	return fd < 0 ? fd : (u64)fd << 32 | id;
}

const struct lbpf_proto lbpf_find_type_proto = {
	.name		= "btf_find_by_name_kind",
	.id		= BPF_FUNC_btf_find_by_name_kind,
	.fn		= find_type,
	.effects	= LBPF_EFF_SLEEPS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE, LBPF_ARG_ANYTHING,
			    LBPF_ARG_ANYTHING },
};

HELPER_1(sys_close, u32, fd)
{
	return close_fd(fd);
}

const struct lbpf_proto lbpf_sys_close_proto = {
	.name		= "sys_close",
	.id		= BPF_FUNC_sys_close,
	.fn		= sys_close,
	.effects	= LBPF_EFF_SLEEPS,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_ANYTHING },
};

/* A module knows the addresses of exported variables only: ENOENT for others. */
HELPER_4(find_symbol, const char *, name, u32, name_bytes, u64, flags, u64 *, found)
{
	*found = 0;
	if (flags || !is_name(name, name_bytes))
		return -EINVAL;
	if (!ns_capable_noaudit(&init_user_ns, CAP_SYSLOG))
		return -EPERM;
	*found = (unsigned long)lbpf_kernel_var_find(name);
	return *found ? 0 : -ENOENT;
}

const struct lbpf_proto lbpf_find_symbol_proto = {
	.name		= "kallsyms_lookup_name",
	.id		= BPF_FUNC_kallsyms_lookup_name,
	.fn		= find_symbol,
	.ret		= LBPF_RET_INTEGER,
	.arg		= { LBPF_ARG_MEM | LBPF_RDONLY, LBPF_ARG_CONST_SIZE_OR_ZERO,
			    LBPF_ARG_ANYTHING, LBPF_ARG_LONG_PTR },
};
