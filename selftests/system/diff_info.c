// SPDX-License-Identifier: GPL-2.0
/*
 * Differential test: what is told of an object: info, fdinfo, ids.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "diff.h"
#include "insns.h"

static int get_info(int fd, void *info, uint32_t len, uint32_t *len_out)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = fd;
	attr.info.info_len = len;
	attr.info.info = PTR(info);
	ret = bpf_call(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr));
	*len_out = attr.info.info_len;
	return ret;
}

/* Keys of /proc/self/fdinfo/N, with the values of those named in @with_value. */
static void trace_fdinfo(int fd, const char * const *with_value, const char *what)
{
	char path[64], line[256];
	FILE *file;
	int i;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	if (!file)
		give_up("fdinfo");
	while (fgets(line, sizeof(line), file)) {
		char *rest = line, *key = strsep(&rest, ":");
		const char *shown = "any";

		if (rest)
			rest[strcspn(rest, "\n")] = '\0';
		for (i = 0; with_value[i]; i++)
			if (!strcmp(with_value[i], key))
				shown = rest;
		trace(shown, "%s fdinfo %s", what, key);
	}
	fclose(file);
}

static void map_info_of(int fd, const char *what)
{
	static const char * const with_value[] = {
		"flags", "map_type", "key_size", "value_size", "max_entries", "map_flags",
		"map_extra",
		"frozen", NULL,
	};
	struct bpf_map_info info = { };
	uint32_t len;
	int ret = get_info(fd, &info, sizeof(info), &len);

	trace(ret ? error_name(errno) : "ok", "%s info", what);
	trace(info.id ? "set" : "zero", "%s id", what);
	info.id = 0;
	trace_bytes(&info, sizeof(info), "%s info, %u bytes", what, len);
	trace_fdinfo(fd, with_value, what);
}

static void map_info(void)
{
	unsigned int t;
	char what[64];
	int fd;

	for (t = 0; t < ARRAY_SIZE_OF(diff_map_types); t++) {
		union bpf_attr attr = {
			.map_type = diff_map_types[t], .key_size = 4, .value_size = 12,
			.max_entries = 3,
			.map_name = "some_name.x", .map_flags = BPF_F_RDONLY_PROG,
		};

		snprintf(what, sizeof(what), "%s", map_type_name(diff_map_types[t]));
		fd = bpf_traced(BPF_MAP_CREATE, &attr, "%s", what);
		map_info_of(fd, what);
		attr.map_id = 0;
		memset(&attr, 0, sizeof(attr));
		attr.map_fd = fd;
		bpf_traced(BPF_MAP_FREEZE, &attr, "freeze %s", what);
		map_info_of(fd, what);
		close(fd);
	}
	map_info_of(make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 3, BPF_F_MMAPABLE | BPF_F_WRONLY),
		    "mmapable");
	map_info_of(make_map(BPF_MAP_TYPE_HASH, 4, 8, 3,
			     BPF_F_NO_PREALLOC | BPF_F_ZERO_SEED | BPF_F_RDONLY),
		    "no_prealloc");
}

static const struct bpf_insn ret0[] = { MOV_IMM(0, 0), EXIT() };

/* The room for info in every length, with and without something beyond. */
static void lengths_of(int fd, const char *what)
{
	static unsigned char info[8192];
	uint32_t len, len_out;
	int ret, beyond;
	char result[64];

	for (beyond = 0; beyond < 2; beyond++)
		for (len = 0; len <= 4104; len += len < 320 ? 1 : 8) {
			memset(info, 0, sizeof(info));
			if (beyond && len > 280)
				info[len - 1] = 1;
			ret = get_info(fd, info, len, &len_out);
			snprintf(result, sizeof(result), "%s, len %u",
				 ret ? error_name(errno) : "ok", len_out);
			trace(result, "%s room for %u, beyond %d", what, len, beyond);
		}
	ret = get_info(fd, NULL, 80, &len_out);
	trace(ret ? error_name(errno) : "ok", "%s no room", what);
	ret = get_info(fd, (void *)0x1000, 80, &len_out);
	trace(ret ? error_name(errno) : "ok", "%s bad room", what);
}

static void info_lengths(void)
{
	lengths_of(make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0), "map");
	lengths_of(make_prog(ret0, ARRAY_SIZE_OF(ret0)), "prog");
	lengths_of(0, "stdin");
	lengths_of(999, "closed");
}

static void prog_info(void)
{
	static const char * const with_value[] = {
		"flags", "prog_type", "prog_jited", "prog_tag", "run_time_ns", "run_cnt",
		"recursion_misses",
		"verified_insns", NULL,
	};
	int map_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0);
	int map2_fd = make_map(BPF_MAP_TYPE_HASH, 4, 8, 3, 0);
	struct bpf_insn insns[] = {
		LD_MAP_FD(1, map_fd), LD_MAP_FD(2, map2_fd), LD_MAP_FD(3, map_fd), MOV_IMM(0, 1),
		EXIT(),
	};
	union bpf_attr attr = load_attr(insns, ARRAY_SIZE_OF(insns));
	struct bpf_prog_info info = { };
	uint32_t len, map_ids[4] = { };
	int fd, ret;

	strcpy(attr.prog_name, "a_name.0");
	fd = bpf_traced(BPF_PROG_LOAD, &attr, "load");
	info.nr_map_ids = 4;
	info.map_ids = PTR(map_ids);
	ret = get_info(fd, &info, sizeof(info), &len);
	trace(ret ? error_name(errno) : "ok", "info");
	trace_bytes(&info.type, sizeof(info.type), "type");
	trace_bytes(info.tag, sizeof(info.tag), "tag");
	trace_bytes(info.name, sizeof(info.name), "name");
	trace_bytes(&info.created_by_uid, sizeof(info.created_by_uid), "uid");
	trace_bytes(&info.nr_map_ids, sizeof(info.nr_map_ids), "nr_map_ids");
	trace(map_ids[0] && map_ids[1] && !map_ids[2] ? "two" : "other", "map_ids");
	trace(map_ids[0] < map_ids[1] ? "as used" : "other", "order of map_ids");
	trace(info.gpl_compatible ? "yes" : "no", "gpl_compatible");
	trace(info.xlated_prog_len ? "some" : "none", "xlated_prog_len");
	trace(info.jited_prog_len ? "some" : "none", "jited_prog_len");
	trace(info.load_time ? "some" : "none", "load_time");
	trace_bytes(&info.run_cnt, sizeof(info.run_cnt), "run_cnt");
	trace_bytes(&info.nr_jited_ksyms, sizeof(info.nr_jited_ksyms), "nr_jited_ksyms");
	trace_bytes(&info.nr_jited_func_lens, sizeof(info.nr_jited_func_lens),
		    "nr_jited_func_lens");
	trace_bytes(&info.btf_id, sizeof(info.btf_id), "btf_id");
	trace_bytes(&info.func_info_rec_size, sizeof(info.func_info_rec_size),
		    "func_info_rec_size");
	trace_bytes(&info.line_info_rec_size, sizeof(info.line_info_rec_size),
		    "line_info_rec_size");
	trace_bytes(&info.nr_prog_tags, sizeof(info.nr_prog_tags), "nr_prog_tags");
	trace_bytes(&info.verified_insns, sizeof(info.verified_insns), "verified_insns");
	trace_bytes(&len, sizeof(len), "length");
	trace_fdinfo(fd, with_value, "prog");
}

/* Dumps into too little room, and into bad memory. */
static void prog_dumps(void)
{
	int fd = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	static const uint32_t rooms[] = { 0, 1, 8, 15, 16, 17, 4096 };
	struct bpf_prog_info info;
	unsigned char dump[4096];
	unsigned int i, bad;
	uint32_t len;
	int ret;

	for (i = 0; i < ARRAY_SIZE_OF(rooms); i++)
		for (bad = 0; bad < 3; bad++) {
			memset(&info, 0, sizeof(info));
			memset(dump, 0, sizeof(dump));
			info.xlated_prog_len = rooms[i];
			info.xlated_prog_insns = bad == 0 ? PTR(dump) : bad == 1 ? 0 : 0x1000;
			ret = get_info(fd, &info, sizeof(info), &len);
			trace(ret ? error_name(errno) : "ok", "xlated room %u bad %u", rooms[i],
			      bad);
			trace_bytes(dump, 32, "xlated dump");
			memset(&info, 0, sizeof(info));
			info.jited_prog_len = rooms[i];
			info.jited_prog_insns = bad == 0 ? PTR(dump) : bad == 1 ? 0 : 0x1000;
			ret = get_info(fd, &info, sizeof(info), &len);
			trace(ret ? error_name(errno) : "ok", "jited room %u bad %u", rooms[i],
			      bad);
			memset(&info, 0, sizeof(info));
			info.nr_map_ids = rooms[i];
			info.map_ids = bad == 0 ? PTR(dump) : bad == 1 ? 0 : 0x1000;
			ret = get_info(fd, &info, sizeof(info), &len);
			trace(ret ? error_name(errno) : "ok", "map_ids room %u bad %u", rooms[i],
			      bad);
		}
}

static uint32_t own_id(int fd)
{
	/* The id is at the same place for programs. */
	struct bpf_map_info info = { };
	uint32_t len;

	if (get_info(fd, &info, sizeof(info), &len) || !info.id)
		give_up("id");
	return info.id;
}

static void trace_id(int cmd, uint32_t id, uint32_t flags, const char *what)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_id = id;
	attr.open_flags = flags;
	fd = bpf_traced(cmd, &attr, "%s", what);
	if (fd > 2)
		close(fd);
}

static void trace_next(int cmd, uint32_t start, uint32_t expected, const char *what)
{
	union bpf_attr attr;
	int ret;

	memset(&attr, 0, sizeof(attr));
	attr.start_id = start;
	ret = bpf_traced(cmd, &attr, "%s", what);
	if (!ret)
		trace(attr.next_id == expected ? "expected" : "other", "%s next_id", what);
}

static void ids(void)
{
	int map_fd = make_map(BPF_MAP_TYPE_ARRAY, 4, 8, 3, 0);
	int map2_fd = make_map(BPF_MAP_TYPE_HASH, 4, 8, 3, 0);
	int prog_fd = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	int prog2_fd = make_prog(ret0, ARRAY_SIZE_OF(ret0));
	uint32_t map = own_id(map_fd), map2 = own_id(map2_fd);
	uint32_t prog = own_id(prog_fd), prog2 = own_id(prog2_fd);

	trace_next(BPF_MAP_GET_NEXT_ID, map, map2, "map after the first");
	trace_next(BPF_MAP_GET_NEXT_ID, map2, 0, "map after the last");
	trace_next(BPF_PROG_GET_NEXT_ID, prog, prog2, "prog after the first");
	trace_next(BPF_PROG_GET_NEXT_ID, prog2, 0, "prog after the last");
	trace_next(BPF_MAP_GET_NEXT_ID, 0x7fffffff, 0, "map after INT_MAX");
	trace_next(BPF_MAP_GET_NEXT_ID, 0x7ffffffe, 0, "map after INT_MAX - 1");
	trace_next(BPF_MAP_GET_NEXT_ID, ~0U, 0, "map after UINT_MAX");
	trace_id(BPF_MAP_GET_FD_BY_ID, map, 0, "map");
	trace_id(BPF_MAP_GET_FD_BY_ID, 0, 0, "map 0");
	trace_id(BPF_MAP_GET_FD_BY_ID, ~0U, 0, "map UINT_MAX");
	trace_id(BPF_MAP_GET_FD_BY_ID, 0x80000000, 0, "map 1 << 31");
	trace_id(BPF_PROG_GET_FD_BY_ID, prog, 0, "prog");
	trace_id(BPF_PROG_GET_FD_BY_ID, prog, 1, "prog with flags");
	trace_id(BPF_PROG_GET_FD_BY_ID, 0, 0, "prog 0");
	trace_id(BPF_PROG_GET_FD_BY_ID, ~0U, 0, "prog UINT_MAX");
	close(map2_fd);
	close(prog2_fd);
	/* Freed after a grace period, but not to be found before that either. */
	trace_id(BPF_MAP_GET_FD_BY_ID, map2, 0, "closed map");
	trace_id(BPF_PROG_GET_FD_BY_ID, prog2, 0, "closed prog");
	trace_next(BPF_MAP_GET_NEXT_ID, map, 0, "map when it is closed");
}

const struct scenario info_scenarios[] = {
	{ "info map", map_info },
	{ "info prog", prog_info },
	{ "info prog_dumps", prog_dumps },
	{ "info lengths", info_lengths },
	{ "info ids", ids },
	{ }
};
