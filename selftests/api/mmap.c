// SPDX-License-Identifier: GPL-2.0
/*
 * Map values in the memory of a process: permissions, lifetime, beside bpf(2).
 */
#include <kselftest_harness.h>
#include <sys/mman.h>
#include "both.h"

#define PAGE_BYTES	4096
#define NR_PAGES	3

static const struct map_spec big = {
	BPF_MAP_TYPE_ARRAY, 4, 8, (NR_PAGES * PAGE_BYTES - 100) / 8, BPF_F_MMAPABLE
};

static int freeze(int side, int fd)
{
	union bpf_attr attr = { .map_fd = fd };

	return call(side, BPF_MAP_FREEZE, &attr);
}

static void *map_pages(int fd, size_t pages, int prot, int flags, off_t page)
{
	errno = 0;
	return mmap(NULL, pages * PAGE_BYTES, prot, flags, fd, page * PAGE_BYTES);
}

/* Every protection on every kind of map and descriptor; then mprotect() to every other. */
TEST(permissions)
{
	static const unsigned int flags[] = {
		0, BPF_F_MMAPABLE, BPF_F_MMAPABLE | BPF_F_RDONLY, BPF_F_MMAPABLE | BPF_F_WRONLY,
		BPF_F_MMAPABLE | BPF_F_RDONLY_PROG, BPF_F_MMAPABLE | BPF_F_WRONLY_PROG,
	};
	static const unsigned int types[] = { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH,
					      BPF_MAP_TYPE_PERCPU_ARRAY };
	unsigned int t, f, frozen, prot, kind, prot2;
	int fd[2], err[2], err2[2], side;
	struct map_spec spec = big;
	void *mem;

	for (t = 0; t < ARRAY_SIZE(types); t++)
	for (f = 0; f < ARRAY_SIZE(flags); f++)
	for (frozen = 0; frozen < 2; frozen++) {
		spec.type = types[t];
		spec.flags = flags[f];
		FOR_EACH_SIDE(side) {
			fd[side] = create(side, &spec);
			if (frozen && fd[side] >= 0)
				freeze(side, fd[side]);
		}
		ASSERT_EQ(fd[1] < 0, fd[0] < 0);
		if (fd[0] < 0)
			continue;
		for (prot = 0; prot < 8; prot++)
		for (kind = MAP_SHARED; kind <= MAP_PRIVATE; kind++)
		for (prot2 = 0; prot2 < 8; prot2++) {
			FOR_EACH_SIDE(side) {
				mem = map_pages(fd[side], 1, prot, kind, 0);
				err[side] = mem == MAP_FAILED ? errno : 0;
				err2[side] = 0;
				if (mem != MAP_FAILED && mprotect(mem, PAGE_BYTES, prot2))
					err2[side] = errno;
				if (mem != MAP_FAILED)
					munmap(mem, PAGE_BYTES);
			}
			EXPECT_EQ(err[1], err[0])
				TH_LOG("type %u flags %#x frozen %u prot %u kind %u", types[t],
				       flags[f], frozen, prot, kind);
			EXPECT_EQ(err2[1], err2[0])
				TH_LOG("type %u flags %#x frozen %u prot %u kind %u then %u",
				       types[t], flags[f], frozen, prot, kind, prot2);
		}
		close(fd[0]);
		close(fd[1]);
	}
}

/* Offsets and lengths around the end. */
TEST(extents)
{
	int fd[2], err[2], side;
	size_t pages;
	off_t page;
	void *mem;

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &big);
	for (page = 0; page < NR_PAGES + 2; page++)
	for (pages = 1; pages < NR_PAGES + 3; pages++) {
		FOR_EACH_SIDE(side) {
			mem = map_pages(fd[side], pages, PROT_READ, MAP_SHARED, page);
			err[side] = mem == MAP_FAILED ? errno : 0;
			if (mem != MAP_FAILED)
				munmap(mem, pages * PAGE_BYTES);
		}
		EXPECT_EQ(err[1], err[0]) TH_LOG("page %ld pages %zu", (long)page, pages);
	}
	FOR_EACH_SIDE(side) {
		mem = map_pages(fd[side], 1, PROT_READ, MAP_SHARED, 1L << 50);
		err[side] = mem == MAP_FAILED ? errno : 0;
	}
	EXPECT_EQ(err[1], err[0]);
}

/* What is written in memory is the map's, and the other way round. */
TEST(contents)
{
	unsigned int key, last = big.max - 1;
	int fd = create(SIDE_LBPF, &big);
	unsigned long long value = 0, *mem;

	mem = map_pages(fd, NR_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	ASSERT_NE(MAP_FAILED, mem);
	for (key = 0; key < big.max; key++)
		EXPECT_EQ(0, mem[key]);
	mem[last] = 77;
	EXPECT_EQ(0, elem(SIDE_LBPF, BPF_MAP_LOOKUP_ELEM, fd, &last, &value, 0));
	EXPECT_EQ(77, value);
	value = 78;
	key = 513;
	EXPECT_EQ(0, elem(SIDE_LBPF, BPF_MAP_UPDATE_ELEM, fd, &key, &value, 0));
	EXPECT_EQ(78, mem[key]);
	EXPECT_EQ(78, ((unsigned long long *)map_pages(fd, 1, PROT_READ, MAP_SHARED, 1))[1]);
	/* The memory keeps the map. */
	close(fd);
	mem[3] = 5;
	EXPECT_EQ(5, mem[3]);
	EXPECT_EQ(77, mem[last]);
}

/* Writers are counted through splitting, forking and unmapping. */
TEST(freezing)
{
	int fd[2], side, i;
	char *mem[2];

	FOR_EACH_SIDE(side)
		fd[side] = create(side, &big);
	FOR_EACH_SIDE(side) {
		mem[side] = map_pages(fd[side], NR_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
		ASSERT_NE(MAP_FAILED, mem[side]);
		EXPECT_EQ(-EBUSY, freeze(side, fd[side]));
	}
	/* A hole splits it; what is left still counts. */
	FOR_EACH_SIDE(side) {
		munmap(mem[side] + PAGE_BYTES, PAGE_BYTES);
		EXPECT_EQ(-EBUSY, freeze(side, fd[side]));
		munmap(mem[side], PAGE_BYTES);
		EXPECT_EQ(-EBUSY, freeze(side, fd[side]));
	}
	for (i = 0; i < 2; i++) {
		int pid = fork(), status;

		if (!pid)
			_exit(0);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	}
	/* Taking the right to write away does not take the mapping away. */
	FOR_EACH_SIDE(side) {
		EXPECT_EQ(0, mprotect(mem[side] + 2 * PAGE_BYTES, PAGE_BYTES, PROT_READ));
		EXPECT_EQ(-EBUSY, freeze(side, fd[side]));
		munmap(mem[side] + 2 * PAGE_BYTES, PAGE_BYTES);
		EXPECT_EQ(0, freeze(side, fd[side]));
		EXPECT_EQ(MAP_FAILED,
			  map_pages(fd[side], 1, PROT_READ | PROT_WRITE, MAP_SHARED, 0));
		EXPECT_EQ(EPERM, errno);
		EXPECT_NE(MAP_FAILED, map_pages(fd[side], 1, PROT_READ, MAP_SHARED, 0));
	}
}

/* Other calls on such memory. */
TEST(memory_calls)
{
	int fd[2], side, err[2];
	char *mem[2];

#define SAME(expr) do {							\
		FOR_EACH_SIDE(side) {					\
			errno = 0;					\
			(void)!(expr);					\
			err[side] = errno;				\
		}							\
		EXPECT_EQ(err[1], err[0]);				\
	} while (0)
	FOR_EACH_SIDE(side) {
		fd[side] = create(side, &big);
		mem[side] = map_pages(fd[side], NR_PAGES, PROT_READ | PROT_WRITE, MAP_SHARED, 0);
	}
	SAME(mremap(mem[side], NR_PAGES * PAGE_BYTES, PAGE_BYTES, 0) == MAP_FAILED);
	SAME(mremap(mem[side], PAGE_BYTES, 2 * PAGE_BYTES, MREMAP_MAYMOVE) == MAP_FAILED);
	SAME(madvise(mem[side], PAGE_BYTES, MADV_DONTNEED));
	SAME(mlock(mem[side], PAGE_BYTES));
	SAME(msync(mem[side], PAGE_BYTES, MS_SYNC));
#undef SAME
}

TEST_HARNESS_MAIN
