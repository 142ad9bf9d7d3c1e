// SPDX-License-Identifier: GPL-2.0
/*
 * BPF_MAP_CREATE: what is refused, and with which error, beside bpf(2).
 */
#include <sys/sysinfo.h>

#include <kselftest_harness.h>
#include "both.h"

#define HASH	BPF_MAP_TYPE_HASH
#define ARRAY	BPF_MAP_TYPE_ARRAY
#define PHASH	BPF_MAP_TYPE_PERCPU_HASH
#define PARRAY	BPF_MAP_TYPE_PERCPU_ARRAY

static const unsigned int types[] = { HASH, ARRAY, PHASH, PARRAY };

/* A created map counts as 0, so that both sides can be compared. */
static int try_attr(int side, union bpf_attr *attr)
{
	int fd = call(side, BPF_MAP_CREATE, attr);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

static int try_spec(int side, const struct map_spec *spec)
{
	int fd = create(side, spec);

	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

/* It would fit, and leave no memory for whoever runs this. */
static bool is_hog(const struct map_spec *spec)
{
	double bytes = (double)spec->value * spec->max;
	struct sysinfo info;

	sysinfo(&info);
	return bytes > info.totalram / 8 && bytes < info.totalram;
}

/* Every combination of sizes at which something may change. */
static void compare_sizes(struct __test_metadata *_metadata, unsigned int type)
{
	static const unsigned int keys[] = { 0, 1, 4, 5, 513, 0x7fffffff, ~0U };
	static const unsigned int values[] = { 0, 1, 9, 32768, 32769, (1 << 22) - 600,
					       1 << 22, 0x7fffffff, ~0U };
	static const unsigned int maxes[] = { 0, 1, 3, 0x7fffffff, 0x80000001, ~0U };
	unsigned int k, v, m;

	for (k = 0; k < ARRAY_SIZE(keys); k++)
	for (v = 0; v < ARRAY_SIZE(values); v++)
	for (m = 0; m < ARRAY_SIZE(maxes); m++) {
		struct map_spec spec = { type, keys[k], values[v], maxes[m], 0 };
		int want;

		if (is_hog(&spec))
			continue;
		want = try_spec(SIDE_KERNEL, &spec);
		EXPECT_EQ(want, try_spec(SIDE_LBPF, &spec))
			TH_LOG("type %u key %u value %u max %u", type, keys[k], values[v],
			       maxes[m]);
	}
}

TEST(hash_sizes)
{
	compare_sizes(_metadata, HASH);
}

TEST(array_sizes)
{
	compare_sizes(_metadata, ARRAY);
}

TEST(percpu_hash_sizes)
{
	compare_sizes(_metadata, PHASH);
}

TEST(percpu_array_sizes)
{
	compare_sizes(_metadata, PARRAY);
}

/* Every flag alone, and pairs of them. */
TEST(flags)
{
	unsigned int t, a, b;

	for (t = 0; t < ARRAY_SIZE(types); t++)
	for (a = 0; a < 32; a++)
	for (b = a; b < 32; b++) {
		struct map_spec spec = { types[t], 4, 8, 4, 1U << a | 1U << b };

		EXPECT_EQ(try_spec(SIDE_KERNEL, &spec), try_spec(SIDE_LBPF, &spec))
			TH_LOG("type %u flags %#x", types[t], spec.flags);
	}
}

TEST(nodes)
{
	static const unsigned int nodes[] = { 0, 1, 2, 63, 64, 1023, 1024, 0x7fffffff, ~0U,
					      ~0U - 1 };
	unsigned int t, n, with;

	for (t = 0; t < ARRAY_SIZE(types); t++)
	for (n = 0; n < ARRAY_SIZE(nodes); n++)
	for (with = 0; with < 2; with++) {
		union bpf_attr attr = { .map_type = types[t], .key_size = 4, .value_size = 4,
					.max_entries = 1, .numa_node = nodes[n],
					.map_flags = with ? BPF_F_NUMA_NODE : 0 };
		int want = try_attr(SIDE_KERNEL, &attr);

		EXPECT_EQ(want, try_attr(SIDE_LBPF, &attr))
			TH_LOG("type %u node %u flag %u", types[t], nodes[n], with);
	}
}

/* Each character at each place. */
TEST(names)
{
	union bpf_attr attr = { .map_type = ARRAY, .key_size = 4, .value_size = 4,
				.max_entries = 1 };
	unsigned int c, at;

	for (c = 0; c < 256; c++)
	for (at = 0; at < BPF_OBJ_NAME_LEN; at++) {
		memset(attr.map_name, 0, sizeof(attr.map_name));
		memset(attr.map_name, 'a', at);
		attr.map_name[at] = c;
		EXPECT_EQ(try_attr(SIDE_KERNEL, &attr), try_attr(SIDE_LBPF, &attr))
			TH_LOG("character %u at %u", c, at);
	}
	/* Something behind the end. */
	memset(attr.map_name, 0, sizeof(attr.map_name));
	memcpy(attr.map_name, "ab\0/", 4);
	EXPECT_EQ(try_attr(SIDE_KERNEL, &attr), try_attr(SIDE_LBPF, &attr));
}

/* Attributes that only other maps may have. */
TEST(strangers)
{
	union bpf_attr attr;
	unsigned int t, which;

	for (t = 0; t < ARRAY_SIZE(types); t++)
	for (which = 0; which < 9; which++) {
		memset(&attr, 0, sizeof(attr));
		attr.map_type = types[t];
		attr.key_size = 4;
		attr.value_size = 4;
		attr.max_entries = 1;
		attr.map_extra = which == 1;
		attr.btf_key_type_id = which == 2 || which == 4;
		attr.btf_value_type_id = which == 3 || which == 4;
		attr.btf_vmlinux_value_type_id = which == 5;
		attr.inner_map_fd = which == 6 ? 9999 : 0;
		attr.map_ifindex = which == 7 ? 1 : 0;
		attr.btf_fd = which >= 8 || which == 4 ? 9999 : 0;
		EXPECT_EQ(try_attr(SIDE_KERNEL, &attr), try_attr(SIDE_LBPF, &attr))
			TH_LOG("type %u case %u", types[t], which);
	}
}

TEST(no_types)
{
	struct map_spec spec = { 0, 4, 4, 1, 0 };
	unsigned int t;

	for (t = 100; t < 200; t++) {
		spec.type = t;
		EXPECT_EQ(-EINVAL, try_spec(SIDE_LBPF, &spec));
	}
	spec.type = 0;
	EXPECT_EQ(-EINVAL, try_spec(SIDE_LBPF, &spec));
	spec.type = ~0U;
	EXPECT_EQ(-EINVAL, try_spec(SIDE_LBPF, &spec));
}

TEST_HARNESS_MAIN
