// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of the real bpf(2) in the attributes of a call.
 *
 * A descriptor may come from outside the process tree that is redirected
 * (inherited, or sent over a socket).  lbpf refuses it as any other wrong
 * file; only then is it found out whether the kernel knows it.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "preload.h"

#define FD_FIELDS_MAX	3
#define CHUNK_INSNS	64

/* Where the attributes of a command hold descriptors of BPF objects; 0xff: none. */
struct fd_fields {
	unsigned char cmd;
	unsigned char offs[FD_FIELDS_MAX];
};

#define AT(member)		offsetof(union bpf_attr, member)
#define ROW1(cmd, a)		{ cmd, { AT(a), 0xff, 0xff } }
#define ROW2(cmd, a, b)		{ cmd, { AT(a), AT(b), 0xff } }
#define ROW3(cmd, a, b, c)	{ cmd, { AT(a), AT(b), AT(c) } }

/* Source: the comment of each command in <linux/bpf.h>. */
static const struct fd_fields fd_fields[] = {
	ROW2(BPF_MAP_CREATE, inner_map_fd, btf_fd),
	ROW1(BPF_MAP_LOOKUP_ELEM, map_fd),
	ROW1(BPF_MAP_UPDATE_ELEM, map_fd),
	ROW1(BPF_MAP_DELETE_ELEM, map_fd),
	ROW1(BPF_MAP_GET_NEXT_KEY, map_fd),
	ROW2(BPF_PROG_LOAD, prog_btf_fd, attach_prog_fd),
	ROW1(BPF_OBJ_PIN, bpf_fd),
	ROW3(BPF_PROG_ATTACH, target_fd, attach_bpf_fd, replace_bpf_fd),
	ROW2(BPF_PROG_DETACH, target_fd, attach_bpf_fd),
	ROW1(BPF_PROG_TEST_RUN, test.prog_fd),
	ROW1(BPF_OBJ_GET_INFO_BY_FD, info.bpf_fd),
	ROW1(BPF_PROG_QUERY, query.target_fd),
	ROW1(BPF_RAW_TRACEPOINT_OPEN, raw_tracepoint.prog_fd),
	ROW1(BPF_MAP_LOOKUP_AND_DELETE_ELEM, map_fd),
	ROW1(BPF_MAP_FREEZE, map_fd),
	ROW1(BPF_MAP_LOOKUP_BATCH, batch.map_fd),
	ROW1(BPF_MAP_LOOKUP_AND_DELETE_BATCH, batch.map_fd),
	ROW1(BPF_MAP_UPDATE_BATCH, batch.map_fd),
	ROW1(BPF_MAP_DELETE_BATCH, batch.map_fd),
	ROW2(BPF_LINK_CREATE, link_create.prog_fd, link_create.target_fd),
	ROW3(BPF_LINK_UPDATE, link_update.link_fd, link_update.new_prog_fd,
	     link_update.old_prog_fd),
	ROW1(BPF_LINK_DETACH, link_detach.link_fd),
	ROW1(BPF_ITER_CREATE, iter_create.link_fd),
	ROW2(BPF_PROG_BIND_MAP, prog_bind_map.prog_fd, prog_bind_map.map_fd),
};

/* Copies from this process's memory; a bad address fails instead of faulting. */
static bool copy_own(void *dst, uint64_t src, size_t len_bytes)
{
	struct iovec to = { dst, len_bytes };
	struct iovec from = { (void *)(uintptr_t)src, len_bytes };
	long pid = raw(SYS_getpid);

	return raw(SYS_process_vm_readv, pid, &to, 1, &from, 1, 0) == (long)len_bytes;
}

static bool is_kernel_object(int fd)
{
	union bpf_attr attr = { .info.bpf_fd = fd };

	/* Room for no information at all: succeeds for every kind of object. */
	return fd >= 0 && !raw(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr.info));
}

static bool insn_names_kernel_map(const struct bpf_insn *insn, uint64_t fd_array)
{
	int fd = insn->imm;

	if (insn->code != (BPF_LD | BPF_IMM | BPF_DW))
		return false;
	switch (insn->src_reg) {
	case BPF_PSEUDO_MAP_IDX:
	case BPF_PSEUDO_MAP_IDX_VALUE:
		if (!copy_own(&fd, fd_array + insn->imm * sizeof(fd), sizeof(fd)))
			return false;
		return is_kernel_object(fd);
	case BPF_PSEUDO_MAP_FD:
	case BPF_PSEUDO_MAP_VALUE:
		return is_kernel_object(fd);
	}
	return false;
}

static bool insns_name_kernel_map(const union bpf_attr *attr)
{
	struct bpf_insn insns[CHUNK_INSNS];
	uint32_t i, n, done;

	for (done = 0; done < attr->insn_cnt; done += n) {
		n = attr->insn_cnt - done < CHUNK_INSNS ? attr->insn_cnt - done : CHUNK_INSNS;
		if (!copy_own(insns, attr->insns + (uint64_t)done * sizeof(*insns),
			      n * sizeof(*insns)))
			return false;
		for (i = 0; i < n; i++)
			if (insn_names_kernel_map(&insns[i], attr->fd_array))
				return true;
	}
	return false;
}

static bool fields_name_kernel_object(const struct fd_fields *row, const union bpf_attr *attr)
{
	const char *bytes = (const char *)attr;
	int i;

	for (i = 0; i < FD_FIELDS_MAX && row->offs[i] != 0xff; i++)
		if (is_kernel_object(*(const int *)(bytes + row->offs[i])))
			return true;
	return false;
}

/**
 * lbpf_names_kernel_object() - Tell whether a call is about an object of bpf(2)
 * @cmd: bpf(2) command.
 * @user_attr: Its attributes, as the program passed them.
 * @size_bytes: Their size.
 *
 * Context: Any, signal handlers included.
 * Return: true if one of the descriptors in it is a map, program, BTF or link
 * of the kernel.
 */
bool lbpf_names_kernel_object(int cmd, const void *user_attr, unsigned int size_bytes)
{
	union bpf_attr attr;
	unsigned int i, size = size_bytes < sizeof(attr) ? size_bytes : sizeof(attr);

	__builtin_memset(&attr, 0, sizeof(attr));
	if (!copy_own(&attr, (uintptr_t)user_attr, size))
		return false;
	for (i = 0; i < sizeof(fd_fields) / sizeof(fd_fields[0]); i++)
		if (fd_fields[i].cmd == cmd)
			return fields_name_kernel_object(&fd_fields[i], &attr) ||
			       (cmd == BPF_PROG_LOAD && insns_name_kernel_map(&attr));
	return false;
}
