// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: where lbpf is meant to differ from the kernel.
 *
 * lbpf is like Linux 6.1 on every kernel; rows of "6.12" are 6.12's own changes.
 */
#include "diff.h"

/* Commands that lbpf answers as unknown ones. */
#define NOT_YET(cmd, why)	\
	{ "", "attr sizes: cmd " cmd " *", "*", "EINVAL", "not built yet: " why }

const struct known_diff known_diffs[] = {
	NOT_YET("[89]", "PROG_ATTACH, PROG_DETACH"),
	NOT_YET("1[67]", "PROG_QUERY, RAW_TRACEPOINT_OPEN"),
	NOT_YET("20", "TASK_FD_QUERY"),
	NOT_YET("2[89]", "LINK_CREATE, LINK_UPDATE"),
	NOT_YET("3[34]", "ITER_CREATE, LINK_DETACH"),
	{ "", "attr sizes: cmd 23 *", "ok", "ENOENT", "lbpf has no BTF object of the kernel" },
	{ "", "load wide_loads: src 3 *", "ENOENT", "EINVAL", "not built yet: ids of kernel BTF" },
	{ "", "run arguments: flag 0x4", "ok, *", "EINVAL, *",
	  "not built yet: BPF_F_TEST_SKB_CHECKSUM_COMPLETE, which came to 6.1 later" },
	{ "", "ctx reads: run read 2 at 18", "ok, 0x8", "ok, 0",
	  "the kernel reads the lower half of protocol in place of the upper one" },
	{ "", "batch arguments: *array lookup_batch pointer 2 at *", "EFAULT, count 4",
	  "EFAULT, count 0",
	  "the number of elements after the cursor could not be written" },
	{ "", "batch arguments: percpu_* elem_flags bit [34]", "EINVAL, *", "*",
	  "the values of one CPU (LBPF_F_CPU), in later kernels" },
	{ "", "elem flags: *percpu_* flag bit [34] *", "EINVAL", "*",
	  "the value of one CPU (LBPF_F_CPU), which came to later kernels" },
	{ "6.12", "create other_sizes: queue *", "E2BIG", "ENOMEM", "sizes beyond all memory" },
	{ "6.12", "create other_sizes: stack *", "E2BIG", "ENOMEM", "likewise" },
	{ "6.12", "func args: type 34 *", "ok", "EINVAL", "numbers of an enum64 may be given" },
	{ "6.12", "func bodies: type 34 *", "ok", "EINVAL", "numbers of an enum64 may be given" },
	{ "6.12", "func bodies: type 17 *", "EINVAL", "EACCES",
	  "the caller, which gives no context, is looked at before the function" },
	{ "6.12", "func bodies: type 29 *", "EINVAL", "EACCES", "likewise" },
	{ "6.12", "func bodies: type 31 *", "EINVAL", "EACCES", "likewise" },
	{ "6.12", "log branches: with*", "E2BIG", "EFAULT", "too many branches that wait" },
	{ "6.12", "access flags: * freeze", "EPERM", "EBUSY",
	  "a map that is frozen already refuses writing before it says so" },
	{ "6.12", "access flags: * freeze", "EPERM", "ok",
	  "a read-only descriptor may not freeze any more" },
	{ "6.12", "attr capabilities: freeze on *", "ok", "EPERM",
	  "freezing needs a writable descriptor, no capability" },
	{ "6.12", "attr sizes: cmd 5 *", "E2BIG", "EFAULT",
	  "the number of instructions is checked before the license is read" },
	{ "6.12", "attr bytes_*: create on * byte 7[2-9] = *", "ok", "EINVAL",
	  "value_type_btf_obj_fd, map_token_fd" },
	{ "6.12", "attr bytes_*: load on * byte 14[0-3] = *", "ok", "EINVAL", "prog_token_fd" },
	{ "6.12", "attr bytes_*: load on * byte 24 = 0x1", "ok", "EINVAL",
	  "a log level without a buffer: only log_true_size is wanted" },
	{ "6.12", "attr bytes_*: load on * byte 44 = 0x80", "ok", "EINVAL",
	  "prog_flags: BPF_F_TEST_REG_INVARIANTS" },
	{ "6.12", "load flags: flags 0x*", "ok", "EINVAL",
	  "BPF_F_XDP_DEV_BOUND_ONLY and BPF_F_TEST_REG_INVARIANTS" },
	{ "6.12", "load log_arguments: * level [1-7] *", "*", "EINVAL, log untouched",
	  "logs of any size, and without a buffer" },
	{ "6.12", "load log_arguments: * level 8 *", "*", "EINVAL, log untouched",
	  "BPF_LOG_FIXED" },
	{ "6.12", "load log_arguments: * level 15 *", "*", "EINVAL, log untouched",
	  "BPF_LOG_FIXED" },
	{ "6.12", "load reserved_fields: base 7 field 3 value 5", "ok", "EINVAL",
	  "bpf_get_current_task for socket filters" },
	{ "6.12", "btf_names: name 3[0-5]??*", "*", "*",
	  "names of data sections: whatever can be printed" },
	{ "6.12", "pin mount_options: stat *", "mode 41777 links 2 uid 1",
	  "mode 41777 links 2 uid 0", "the option uid=" },
	{ "6.12", "ctx writes: write * imm 1", "ok", "EACCES", "BPF_ST to the context" },
};

const unsigned int nr_known_diffs = ARRAY_SIZE_OF(known_diffs);
