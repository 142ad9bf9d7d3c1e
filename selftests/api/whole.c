// SPDX-License-Identifier: GPL-2.0
/*
 * Maps as a whole: ids, information, fdinfo, freezing, counting, beside bpf(2).
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <kselftest_harness.h>
#include "../system/raw_types.h"
#include "both.h"

#define PAGE_BYTES	4096
#define NR_SPECS	6

static const struct map_spec specs[NR_SPECS] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_HASH, 5, 9, 10, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_ARRAY, 4, 3, 7, BPF_F_RDONLY },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE | BPF_F_RDONLY_PROG },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, BPF_F_WRONLY_PROG },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, BPF_F_WRONLY },
};

static int get_info(int side, int fd, void *info, unsigned int *len)
{
	union bpf_attr attr = { .info = { .bpf_fd = fd, .info = PTR(info), .info_len = *len } };
	int ret = call(side, BPF_OBJ_GET_INFO_BY_FD, &attr);

	*len = attr.info.info_len;
	return ret;
}

static unsigned int map_id(int side, int fd)
{
	struct bpf_map_info info = {};
	unsigned int len = sizeof(info);

	return get_info(side, fd, &info, &len) ? 0 : info.id;
}

static int by_id(int side, unsigned int id, unsigned int flags)
{
	union bpf_attr attr = { .map_id = id, .open_flags = flags };

	return call(side, BPF_MAP_GET_FD_BY_ID, &attr);
}

static int next_id(int side, unsigned int *id)
{
	union bpf_attr attr = { .start_id = *id };
	int ret = call(side, BPF_MAP_GET_NEXT_ID, &attr);

	if (!ret)
		*id = attr.next_id;
	return ret;
}

static int freeze(int side, int fd)
{
	union bpf_attr attr = { .map_fd = fd };

	return call(side, BPF_MAP_FREEZE, &attr);
}

TEST(information)
{
	struct bpf_map_info info[2];
	unsigned int s, len[2];
	int fd[2], side;

	for (s = 0; s < NR_SPECS; s++) {
		FOR_EACH_SIDE(side) {
			union bpf_attr attr = {
				.map_type = specs[s].type, .key_size = specs[s].key,
				.value_size = specs[s].value, .max_entries = specs[s].max,
				.map_flags = specs[s].flags, .map_name = "a.name_15chars_",
			};

			fd[side] = call(side, BPF_MAP_CREATE, &attr);
			ASSERT_LE(0, fd[side]);
			memset(&info[side], 0, sizeof(info[side]));
			len[side] = sizeof(info[side]);
			EXPECT_EQ(0, get_info(side, fd[side], &info[side], &len[side]));
			EXPECT_NE(0, info[side].id);
			info[side].id = 0;
		}
		EXPECT_EQ(len[1], len[0]);
		EXPECT_EQ(0, memcmp(&info[0], &info[1], sizeof(info[0])));
		close(fd[0]);
		close(fd[1]);
	}
}

/* Every size of the caller's struct, and what is behind it. */
TEST(information_sizes)
{
	static unsigned char buf[2][2 * PAGE_BYTES];
	unsigned int size, len[2], dirty;
	int fd[2], ret[2], side;

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &specs[0]);
	for (size = 0; size < 300; size++)
	for (dirty = 0; dirty < 2; dirty++) {
		FOR_EACH_SIDE(side) {
			memset(buf[side], 0, sizeof(buf[side]));
			if (dirty)
				memset(buf[side], 0xaa, size);
			len[side] = size;
			ret[side] = get_info(side, fd[side], buf[side], &len[side]);
			/* The ids differ. */
			memset(buf[side] + offsetof(struct bpf_map_info, id), 0, 4);
		}
		EXPECT_EQ(ret[1], ret[0]) TH_LOG("size %u dirty %u", size, dirty);
		EXPECT_EQ(len[1], len[0]) TH_LOG("size %u dirty %u", size, dirty);
		EXPECT_EQ(0, memcmp(buf[0], buf[1], sizeof(buf[0])))
			TH_LOG("size %u dirty %u", size, dirty);
	}
	for (size = PAGE_BYTES - 1; size <= PAGE_BYTES + 1; size++) {
		FOR_EACH_SIDE(side) {
			memset(buf[side], 0, sizeof(buf[side]));
			len[side] = size;
			ret[side] = get_info(side, fd[side], buf[side], &len[side]);
		}
		EXPECT_EQ(ret[1], ret[0]) TH_LOG("size %u", size);
	}
	FOR_EACH_SIDE(side) {
		len[side] = 80;
		ret[side] = get_info(side, fd[side], NULL, &len[side]);
	}
	EXPECT_EQ(ret[1], ret[0]);
	len[0] = 80;
	EXPECT_EQ(-EBADFD, get_info(SIDE_LBPF, 9999, buf[0], &len[0]));
	EXPECT_EQ(-EINVAL, get_info(SIDE_LBPF, lbpf_dev(), buf[0], &len[0]));
}

static void read_fdinfo(int fd, char *text, size_t size)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "r");
	text[file ? fread(text, 1, size - 1, file) : 0] = '\0';
	if (file)
		fclose(file);
}

/* Cuts the value of a key out, since it may differ. */
static void blank(char *text, const char *key)
{
	char *value = strstr(text, key);
	char *end = value ? strchr(value, '\n') : NULL;

	if (end)
		memmove(value + strlen(key), end, strlen(end) + 1);
}

TEST(fdinfo)
{
	char text[2][1024];
	int fd[2], side;
	unsigned int s;

	for (s = 0; s < NR_SPECS; s++) {
		FOR_EACH_SIDE(side) {
			fd[side] = create(side, &specs[s]);
			if (!(specs[s].flags & (BPF_F_RDONLY | BPF_F_RDONLY_PROG | BPF_F_WRONLY)))
				ASSERT_EQ(0, freeze(side, fd[side]));
			read_fdinfo(fd[side], text[side], sizeof(text[side]));
			EXPECT_NE(NULL, strstr(text[side], "\nmap_id:"));
			blank(text[side], "map_id:");
			blank(text[side], "memlock:");
			blank(text[side], "ino:");
		}
		EXPECT_STREQ(text[1], text[0]);
		close(fd[0]);
		close(fd[1]);
	}
}

/* Of an object of types. */
TEST(fdinfo_of_types)
{
	struct raw_types types;
	union bpf_attr attr = { .btf = PTR(&types), .btf_size = sizeof(types) };
	char text[2][1024];
	int side, fd;

	make_raw_types(&types);
	FOR_EACH_SIDE(side) {
		fd = call(side, BPF_BTF_LOAD, &attr);
		ASSERT_LE(0, fd);
		read_fdinfo(fd, text[side], sizeof(text[side]));
		EXPECT_NE(NULL, strstr(text[side], "\nbtf_id:\t"));
		blank(text[side], "btf_id:");
		blank(text[side], "ino:");
		close(fd);
	}
	EXPECT_STREQ(text[1], text[0]);
}

/* Of a program and a link to it. */
TEST(fdinfo_of_progs)
{
	static const char * const ids[] = { "ino:", "prog_id:", "link_id:", "memlock:", NULL };
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K }, { .code = BPF_JMP | BPF_EXIT },
	};
	char text[2][2][1024];
	int side, fds[2];
	unsigned int i, j;

	FOR_EACH_SIDE(side) {
		union bpf_attr attr = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
					.insns = PTR(insns), .insn_cnt = 2,
					.license = PTR("GPL") };

		fds[0] = call(side, BPF_PROG_LOAD, &attr);
		memset(&attr, 0, sizeof(attr));
		attr.raw_tracepoint.name = PTR("sys_enter");
		attr.raw_tracepoint.prog_fd = fds[0];
		fds[1] = call(side, BPF_RAW_TRACEPOINT_OPEN, &attr);
		ASSERT_LE(0, fds[1]);
		for (i = 0; i < 2; i++) {
			read_fdinfo(fds[i], text[side][i], sizeof(text[side][i]));
			EXPECT_NE(NULL, strstr(text[side][i], "\nprog_id:\t"));
			for (j = 0; ids[j]; j++)
				blank(text[side][i], ids[j]);
		}
		close(fds[1]);
		close(fds[0]);
	}
	EXPECT_STREQ(text[1][0], text[0][0]);
	EXPECT_STREQ(text[1][1], text[0][1]);
}

TEST(file_names)
{
	char path[64], text[64] = {};
	int fd = create(SIDE_LBPF, &specs[0]);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	EXPECT_LT(0, readlink(path, text, sizeof(text) - 1));
	EXPECT_STREQ("anon_inode:lbpf-map", text);
}

TEST(ids)
{
	unsigned int first, second, id = 0, seen = 0;
	int a = create(SIDE_LBPF, &specs[0]);
	int b = create(SIDE_LBPF, &specs[1]);
	int again;

	first = map_id(SIDE_LBPF, a);
	second = map_id(SIDE_LBPF, b);
	EXPECT_LT(0, first);
	EXPECT_EQ(first + 1, second);
	while (!next_id(SIDE_LBPF, &id))
		seen += id == first || id == second;
	EXPECT_EQ(2, seen);
	EXPECT_EQ(-ENOENT, next_id(SIDE_LBPF, &id));

	again = by_id(SIDE_LBPF, first, 0);
	ASSERT_LE(0, again);
	EXPECT_EQ(first, map_id(SIDE_LBPF, again));
	/* The map lives while one of its descriptors does. */
	close(a);
	EXPECT_EQ(first, map_id(SIDE_LBPF, again));
	close(again);
	EXPECT_EQ(-ENOENT, by_id(SIDE_LBPF, first, 0));
	id = first - 1;
	EXPECT_EQ(0, next_id(SIDE_LBPF, &id));
	EXPECT_EQ(second, id);
	/* Ids are not used again at once. */
	a = create(SIDE_LBPF, &specs[0]);
	EXPECT_EQ(second + 1, map_id(SIDE_LBPF, a));
}

TEST(id_errors)
{
	static const unsigned int ids[] = { 0, 0x7ffffffe, 0x7fffffff, 0x80000000, ~0U };
	unsigned int i, f, id;
	int want;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		for (f = 0; f < 32; f++)
			EXPECT_EQ(by_id(SIDE_KERNEL, ids[i], 1U << f),
				  by_id(SIDE_LBPF, ids[i], 1U << f))
				TH_LOG("id %u flag %u", ids[i], f);
		EXPECT_EQ(by_id(SIDE_KERNEL, ids[i], BPF_F_RDONLY | BPF_F_WRONLY),
			  by_id(SIDE_LBPF, ids[i], BPF_F_RDONLY | BPF_F_WRONLY));
		if (!i)
			continue;
		id = ids[i];
		want = next_id(SIDE_KERNEL, &id);
		id = ids[i];
		EXPECT_EQ(want, next_id(SIDE_LBPF, &id)) TH_LOG("id %u", ids[i]);
	}
}

/* A map opened by id as the caller wants. */
TEST(id_modes)
{
	static const unsigned int modes[] = { 0, BPF_F_RDONLY, BPF_F_WRONLY };
	unsigned int m, key = 0;
	unsigned long long value = 0;
	int fd[2], again[2], ret[2], side;

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &specs[3]);
	for (m = 0; m < ARRAY_SIZE(modes); m++) {
		FOR_EACH_SIDE(side)
			again[side] = by_id(side, map_id(side, fd[side]), modes[m]);
		FOR_EACH_SIDE(side)
			ret[side] = elem(side, BPF_MAP_UPDATE_ELEM, again[side], &key, &value, 0);
		EXPECT_EQ(ret[1], ret[0]);
		FOR_EACH_SIDE(side)
			ret[side] = elem(side, BPF_MAP_LOOKUP_ELEM, again[side], &key, &value, 0);
		EXPECT_EQ(ret[1], ret[0]);
		EXPECT_EQ(fcntl(again[1], F_GETFL), fcntl(again[0], F_GETFL));
	}
}

/* Freezing through each kind of descriptor, twice, and what still works. */
TEST(freezing)
{
	static const int commands[] = {
		BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM,
		BPF_MAP_GET_NEXT_KEY, BPF_MAP_LOOKUP_AND_DELETE_ELEM,
	};
	unsigned char key[8] = {}, value[512] = {};
	int fd[2], ret[2], side;
	unsigned int s, c;

	if (!test_kernel_is_reference())
		SKIP(return, "this kernel refuses to freeze through a read-only descriptor");
	for (s = 0; s < NR_SPECS; s++) {
		FOR_EACH_SIDE(side) {
			fd[side] = create(side, &specs[s]);
			elem(side, BPF_MAP_UPDATE_ELEM, fd[side], key, value, 0);
			ret[side] = freeze(side, fd[side]);
		}
		EXPECT_EQ(ret[1], ret[0]) TH_LOG("map %u", s);
		for (c = 0; c < ARRAY_SIZE(commands); c++) {
			FOR_EACH_SIDE(side)
				ret[side] = elem(side, commands[c], fd[side], key, value, 0);
			EXPECT_EQ(ret[1], ret[0]) TH_LOG("map %u command %d", s, commands[c]);
		}
		FOR_EACH_SIDE(side)
			ret[side] = freeze(side, fd[side]);
		EXPECT_EQ(ret[1], ret[0]) TH_LOG("map %u", s);
		close(fd[0]);
		close(fd[1]);
	}
	EXPECT_EQ(-EBADF, freeze(SIDE_LBPF, 9999));
	EXPECT_EQ(-EINVAL, freeze(SIDE_LBPF, lbpf_dev()));
}

TEST(counting)
{
	unsigned char key[8] = {}, value[512] = {};
	struct lbpf_map_count count = {};
	int is_array;
	unsigned int s;

	for (s = 0; s < NR_SPECS; s++) {
		count.map_fd = create(SIDE_LBPF, &specs[s]);
		elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, count.map_fd, key, value, 0);
		if (specs[s].flags & BPF_F_WRONLY) {
			EXPECT_EQ(-1, test_bpf(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)));
			EXPECT_EQ(EPERM, errno);
			continue;
		}
		ASSERT_EQ(0, test_bpf(SIDE_LBPF, LBPF_MAP_COUNT, &count, sizeof(count)));
		is_array = specs[s].type == BPF_MAP_TYPE_ARRAY ||
			   specs[s].type == BPF_MAP_TYPE_PERCPU_ARRAY;
		EXPECT_EQ(is_array ? specs[s].max : 1, count.count);
	}
}

/* Nothing is left of a map once its last descriptor is closed. */
TEST(balance)
{
	struct lbpf_stats before, now;
	int i, fd[32];

	lbpf_stats_begin(&before);
	ASSERT_EQ(0, before.nr_maps);
	for (i = 0; i < 32; i++)
		fd[i] = create(SIDE_LBPF, &specs[i % NR_SPECS]);
	lbpf_stats_read(&now);
	EXPECT_EQ(before.nr_maps + 32, now.nr_maps);
	EXPECT_LT(before.nr_allocs + 32, now.nr_allocs);
	for (i = 0; i < 32; i++)
		close(fd[i]);
	EXPECT_TRUE(lbpf_nothing_left(&before));
}

TEST_HARNESS_MAIN
