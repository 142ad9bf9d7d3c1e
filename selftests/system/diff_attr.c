// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: the size of the attributes, and every byte of them.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

#define NR_CMDS		48	/* more than any kernel has */

static uint32_t key = 1, next_key, cursor;
static unsigned char value[4096];
static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT() };
static unsigned char data_in[64], data_out[64];

/* Each command with attributes of any size, on what is no object. */
static void sizes(void)
{
	static const uint32_t sizes[] = {
		0, 1, 3, 4, 7, 8, 12, 16, 24, 32, 44, 48, 72, 112, 120, 128, 136, 144, 145, 148,
		152, 160,
		256, 4095, 4096, 4097, 8192, 16383, 65536,
	};
	static unsigned char bytes[65536];
	unsigned int cmd, s, tail;

	for (cmd = 0; cmd < NR_CMDS; cmd++)
		for (s = 0; s < ARRAY_SIZE_OF(sizes); s++)
			for (tail = 0; tail < 2; tail++) {
				union bpf_attr *attr = (void *)bytes;
				int ret;

				/* An ioctl has no room for more; see foreign.c. */
				if (sizes[s] > 16383)
					continue;
				memset(bytes, 0, sizeof(bytes));
				attr->map_fd = 999;
				if (tail && sizes[s] > 160)
					bytes[sizes[s] - 1] = 1;
				ret = bpf_call(cmd, attr, sizes[s]);
				trace(ret < 0 ? error_name(errno) : "ok", "cmd %u size %u tail %u",
				      cmd,
				      sizes[s], tail);
			}
}

/* Attributes that are not there, or only in part. */
static void bad_attr(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned int cmd;

	munmap(page + 4096, 4096);
	for (cmd = 0; cmd < NR_CMDS; cmd++) {
		union bpf_attr *places[] = { NULL, (void *)0x1000, (void *)(page + 4096 - 16) };
		unsigned int p;

		for (p = 0; p < ARRAY_SIZE_OF(places); p++) {
			int ret = bpf_call(cmd, places[p], sizeof(union bpf_attr));

			trace(ret < 0 ? error_name(errno) : "ok", "cmd %u attr at place %u", cmd,
			      p);
			ret = bpf_call(cmd, places[p], 4097);
			trace(ret < 0 ? error_name(errno) : "ok", "cmd %u long attr at place %u",
			      cmd, p);
		}
	}
}

/* A template is made anew for each call, since calls change what they work on. */
static int map_fd, prog_fd;

static union bpf_attr elem_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	return attr;
}

static union bpf_attr batch_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.batch.map_fd = map_fd;
	attr.batch.keys = PTR(&next_key);
	attr.batch.values = PTR(value);
	attr.batch.out_batch = PTR(&cursor);
	attr.batch.count = 1;
	return attr;
}

static union bpf_attr create_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 8;
	attr.max_entries = 4;
	return attr;
}

static union bpf_attr load_template(void)
{
	return load_attr(ret0, ARRAY_SIZE_OF(ret0));
}

static union bpf_attr run_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = prog_fd;
	attr.test.data_in = PTR(data_in);
	attr.test.data_size_in = sizeof(data_in);
	attr.test.data_out = PTR(data_out);
	attr.test.data_size_out = sizeof(data_out);
	attr.test.repeat = 1;
	return attr;
}

static union bpf_attr info_template(void)
{
	static struct bpf_map_info info;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	memset(&info, 0, sizeof(info));
	attr.info.bpf_fd = map_fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = PTR(&info);
	return attr;
}

/* Only a descriptor or a number of the map: an unknown id. */
static union bpf_attr fd_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map_fd;
	return attr;
}

static union bpf_attr id_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_id = 0x7ffffff0;
	return attr;
}

static union bpf_attr bind_template(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_bind_map.prog_fd = prog_fd;
	attr.prog_bind_map.map_fd = map_fd;
	return attr;
}

static const struct {
	int cmd;
	const char *name;
	union bpf_attr (*template)(void);
	/* The bytes here are left alone: types that lbpf does not have, sizes, millions of runs. */
	unsigned int free_from, free_to;
} commands[] = {
	{ BPF_MAP_CREATE, "create", create_template, 0, 16 },
	{ BPF_MAP_LOOKUP_ELEM, "lookup", elem_template, 0, 0 },
	{ BPF_MAP_UPDATE_ELEM, "update", elem_template, 0, 0 },
	{ BPF_MAP_DELETE_ELEM, "delete", elem_template, 0, 0 },
	{ BPF_MAP_GET_NEXT_KEY, "next", elem_template, 0, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_ELEM, "lookup_delete", elem_template, 0, 0 },
	{ BPF_MAP_FREEZE, "freeze", fd_template, 0, 0 },
	{ BPF_MAP_LOOKUP_BATCH, "lookup_batch", batch_template, 0, 0 },
	{ BPF_MAP_LOOKUP_AND_DELETE_BATCH, "lookup_delete_batch", batch_template, 0, 0 },
	{ BPF_MAP_UPDATE_BATCH, "update_batch", batch_template, 0, 0 },
	{ BPF_MAP_DELETE_BATCH, "delete_batch", batch_template, 0, 0 },
	{ BPF_PROG_LOAD, "load", load_template, 0, 4 },
	{ BPF_PROG_TEST_RUN, "test_run", run_template, 33, 36 },
	{ BPF_OBJ_GET_INFO_BY_FD, "info", info_template, 0, 0 },
	{ BPF_MAP_GET_NEXT_ID, "map_next_id", id_template, 0, 0 },
	{ BPF_PROG_GET_NEXT_ID, "prog_next_id", id_template, 0, 0 },
	{ BPF_MAP_GET_FD_BY_ID, "map_by_id", id_template, 0, 0 },
	{ BPF_PROG_GET_FD_BY_ID, "prog_by_id", id_template, 0, 0 },
	{ BPF_PROG_BIND_MAP, "bind_map", bind_template, 0, 0 },
};

static void make_objects(enum bpf_map_type type)
{
	/* No call changes the program. */
	if (!prog_fd)
		prog_fd = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	map_fd = make_map(type, 4, 8, 4, 0);
	elem_op(BPF_MAP_UPDATE_ELEM, map_fd, &key, value, 0);
}

/* One call that differs from a good one in one byte. */
static void change_byte(unsigned int c, enum bpf_map_type type, unsigned int byte,
			unsigned char changed)
{
	union bpf_attr attr;
	int fd;

	if (byte >= commands[c].free_from && byte < commands[c].free_to)
		return;
	make_objects(type);
	attr = commands[c].template();
	((unsigned char *)&attr)[byte] = changed;
	fd = bpf_traced(commands[c].cmd, &attr, "%s on %s byte %u = %#x", commands[c].name,
			map_type_name(type), byte, changed);
	if (fd > 2)
		close(fd);
	close(map_fd);
}

static void bytes_of(enum bpf_map_type type)
{
	static const unsigned char changed[] = { 0x01, 0x80 };
	unsigned int c, byte, i;

	for (c = 0; c < ARRAY_SIZE_OF(commands); c++)
		for (byte = 0; byte < 144; byte++)
			for (i = 0; i < ARRAY_SIZE_OF(changed); i++)
				change_byte(c, type, byte, changed[i]);
}

static void bytes_array(void)
{
	bytes_of(BPF_MAP_TYPE_ARRAY);
}

static void bytes_hash(void)
{
	bytes_of(BPF_MAP_TYPE_HASH);
}

/* Effective capabilities as the only ones. */
static void set_caps(uint64_t caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		give_up("capget");
	data[0].effective = caps;
	data[1].effective = caps >> 32;
	if (syscall(SYS_capset, &header, data))
		give_up("capset");
}

#define CAP(name)	(1ULL << CAP_##name)

/* Each command with each set of capabilities that matters. */
static void capabilities(void)
{
	static const uint64_t sets[] = {
		0, CAP(BPF), CAP(PERFMON), CAP(NET_ADMIN), CAP(SYS_ADMIN), CAP(BPF) | CAP(PERFMON),
		CAP(BPF) | CAP(NET_ADMIN),
	};
	unsigned int s, c, t;

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++)
		for (s = 0; s < ARRAY_SIZE_OF(sets); s++)
			for (c = 0; c < ARRAY_SIZE_OF(commands); c++) {
				union bpf_attr attr;
				int fd;

				make_objects(diff_map_types[t]);
				attr = commands[c].template();
				if (commands[c].cmd == BPF_MAP_CREATE)
					attr.map_type = diff_map_types[t];
				set_caps(sets[s]);
				fd = bpf_traced(commands[c].cmd, &attr, "%s on %s with caps %#llx",
						commands[c].name, map_type_name(diff_map_types[t]),
						(unsigned long long)sets[s]);
				set_caps(~0ULL >> (63 - CAP_LAST_CAP));
				if (fd > 2)
					close(fd);
				close(map_fd);
			}
}

const struct scenario attr_scenarios[] = {
	{ "attr sizes", sizes },
	{ "attr bad_attr", bad_attr },
	{ "attr bytes_array", bytes_array },
	{ "attr bytes_hash", bytes_hash },
	{ "attr capabilities", capabilities },
	{ }
};
