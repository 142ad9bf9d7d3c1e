// SPDX-License-Identifier: GPL-2.0
/*
 * Commands on elements: errors, and how a map was opened, beside bpf(2).
 */
#include <fcntl.h>
#include <kselftest_harness.h>
#include <sys/mman.h>
#include "both.h"

#define PAGE_BYTES	4096
#define VALUE_BYTES	(64 * 8)	/* a value of any map here on any machine */

static const struct map_spec specs[] = {
	{ BPF_MAP_TYPE_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_HASH, 4, 8, 4, BPF_F_NO_PREALLOC },
	{ BPF_MAP_TYPE_HASH, 13, 300, 4, 0 },
	{ BPF_MAP_TYPE_HASH, 100, 5, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 3, 4, 0 },
	{ BPF_MAP_TYPE_ARRAY, 4, 8, 4, BPF_F_MMAPABLE },
	{ BPF_MAP_TYPE_PERCPU_HASH, 4, 8, 4, 0 },
	{ BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 4, 0 },
};

static const int commands[] = {
	BPF_MAP_LOOKUP_ELEM, BPF_MAP_UPDATE_ELEM, BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_AND_DELETE_ELEM,
};

static const unsigned long long flags[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 1ULL << 32, ~0ULL };

FIXTURE(elem) {
	unsigned char key[128];
	unsigned char value[VALUE_BYTES];
	unsigned char got[2][VALUE_BYTES];
};

FIXTURE_SETUP(elem)
{
	memset(self, 0, sizeof(*self));
}

FIXTURE_TEARDOWN(elem)
{
}

/* LBPF_F_CPU, which came to later kernels. */
static bool is_cpu_flag(const struct map_spec *spec, unsigned long long flag)
{
	return flag == 8 && (spec->type == BPF_MAP_TYPE_PERCPU_HASH ||
			     spec->type == BPF_MAP_TYPE_PERCPU_ARRAY);
}

/* Every command with every flag on maps that go the same way. */
TEST_F(elem, flags)
{
	unsigned int s, c, f, round;
	int fd[2], ret[2], side;

	for (s = 0; s < ARRAY_SIZE(specs); s++) {
		FOR_EACH_SIDE(side)
			fd[side] = create(side, &specs[s]);
		ASSERT_LE(0, fd[0]);
		ASSERT_LE(0, fd[1]);
		for (round = 0; round < 3; round++)
		for (c = 0; c < ARRAY_SIZE(commands); c++)
		for (f = 0; f < ARRAY_SIZE(flags); f++) {
			if (is_cpu_flag(&specs[s], flags[f]))
				continue;
			self->key[0] = round;
			memset(self->value, c + f, sizeof(self->value));
			FOR_EACH_SIDE(side) {
				memcpy(self->got[side], self->value, VALUE_BYTES);
				ret[side] = elem(side, commands[c], fd[side], self->key,
						 self->got[side], flags[f]);
			}
			EXPECT_EQ(ret[SIDE_KERNEL], ret[SIDE_LBPF])
				TH_LOG("map %u command %d flags %llx", s, commands[c], flags[f]);
			EXPECT_EQ(0, memcmp(self->got[0], self->got[1], VALUE_BYTES))
				TH_LOG("map %u command %d flags %llx", s, commands[c], flags[f]);
		}
		close(fd[0]);
		close(fd[1]);
	}
}

/* Bad addresses, alone and together, with and without the element. */
TEST_F(elem, addresses)
{
	unsigned char *page = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const void *keys[] = { self->key, NULL, (void *)8, (void *)-8L, page + PAGE_BYTES - 3 };
	void *values[] = { self->value, NULL, (void *)8, (void *)-8L, page + PAGE_BYTES - 2 };
	unsigned int s, c, k, v, with;
	int fd[2], ret[2], side;

	ASSERT_NE(MAP_FAILED, page);
	munmap(page + PAGE_BYTES, PAGE_BYTES);
	for (s = 0; s < ARRAY_SIZE(specs); s++)
	for (with = 0; with < 2; with++)
	for (c = 0; c < ARRAY_SIZE(commands); c++)
	for (k = 0; k < ARRAY_SIZE(keys); k++)
	for (v = 0; v < ARRAY_SIZE(values); v++) {
		FOR_EACH_SIDE(side) {
			fd[side] = create(side, &specs[s]);
			ASSERT_LE(0, fd[side]);
			if (with)
				ASSERT_EQ(0, elem(side, BPF_MAP_UPDATE_ELEM, fd[side], self->key,
						  self->value, 0));
			ret[side] = elem(side, commands[c], fd[side], keys[k], values[v], 0);
			close(fd[side]);
		}
		EXPECT_EQ(ret[SIDE_KERNEL], ret[SIDE_LBPF])
			TH_LOG("map %u with %u command %d key %p value %p", s, with, commands[c],
			       keys[k], values[v]);
	}
}

TEST_F(elem, wrong_files)
{
	const int files[] = { -1, 9999, open("/dev/null", O_RDWR), lbpf_dev() };
	unsigned int c, i;

	for (c = 0; c < ARRAY_SIZE(commands); c++)
	for (i = 0; i < ARRAY_SIZE(files); i++)
		EXPECT_EQ(elem(SIDE_KERNEL, commands[c], files[i], self->key, self->value, 0),
			  elem(SIDE_LBPF, commands[c], files[i], self->key, self->value, 0));
}

/* A map of the one is no map of the other. */
TEST_F(elem, each_others_maps)
{
	int fd[2], side;

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &specs[0]);
	FOR_EACH_SIDE(side)
	EXPECT_EQ(-EINVAL, elem(side, BPF_MAP_LOOKUP_ELEM, fd[!side], self->key, self->value, 0));
}

/* Read-only, write-only, both, and how that shows. */
TEST_F(elem, open_modes)
{
	static const unsigned int modes[] = { 0, BPF_F_RDONLY, BPF_F_WRONLY,
					      BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG };
	unsigned int s, m, c;
	struct map_spec spec;
	int fd[2], side;

	for (s = 0; s < ARRAY_SIZE(specs); s++)
	for (m = 0; m < ARRAY_SIZE(modes); m++) {
		spec = specs[s];
		spec.flags |= modes[m];
		FOR_EACH_SIDE(side) {
			fd[side] = create(side, &spec);
			ASSERT_LE(0, fd[side]);
		}
		EXPECT_EQ(fcntl(fd[SIDE_KERNEL], F_GETFL), fcntl(fd[SIDE_LBPF], F_GETFL));
		EXPECT_EQ(FD_CLOEXEC, fcntl(fd[SIDE_LBPF], F_GETFD));
		for (c = 0; c < ARRAY_SIZE(commands); c++)
			EXPECT_EQ(elem(SIDE_KERNEL, commands[c], fd[SIDE_KERNEL], self->key,
				       self->value, 0),
				  elem(SIDE_LBPF, commands[c], fd[SIDE_LBPF], self->key,
				       self->value, 0))
				TH_LOG("map %u mode %#x command %d", s, modes[m], commands[c]);
		close(fd[0]);
		close(fd[1]);
	}
}

/* What the file itself answers. */
TEST_F(elem, file_operations)
{
	int fd[2], side;
	char byte = 0;

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &specs[0]);
#define SAME(expr) do {							\
		long got_[2]; int err_[2];				\
		FOR_EACH_SIDE(side) {					\
			errno = 0;					\
			got_[side] = (expr);				\
			err_[side] = errno;				\
		}							\
		EXPECT_EQ(got_[1], got_[0]);				\
		EXPECT_EQ(err_[1], err_[0]);				\
	} while (0)
	SAME(read(fd[side], &byte, 1));
	SAME(write(fd[side], &byte, 1));
	SAME(pread(fd[side], &byte, 1, 0));
	SAME(lseek(fd[side], 1, SEEK_SET));
	SAME(ftruncate(fd[side], 0));
	SAME(fsync(fd[side]));
#undef SAME
}

TEST_HARNESS_MAIN
