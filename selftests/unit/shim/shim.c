// SPDX-License-Identifier: GPL-2.0
/*
 * <lbpf/alloc.h> in user space: malloc, with a count and a failure by number.
 */
#include <lbpf/alloc.h>

static unsigned long fail_in;
static u64 nr_live;

void shim_fail_alloc(unsigned long n)
{
	fail_in = n;
}

static void *take(size_t size_bytes)
{
	void *ptr;

	if (fail_in && !--fail_in)
		return NULL;
	ptr = calloc(1, size_bytes ? size_bytes : 1);
	if (ptr)
		nr_live++;
	return ptr;
}

static void give(const void *ptr)
{
	if (ptr)
		nr_live--;
	free((void *)ptr);
}

void *lbpf_zalloc(size_t size_bytes, gfp_t gfp)
{
	return take(size_bytes);
}

void lbpf_free(const void *ptr)
{
	give(ptr);
}

void *lbpf_area_alloc(size_t size_bytes, int numa_node)
{
	return take(size_bytes);
}

void *lbpf_area_alloc_array(size_t nr, size_t size_bytes, int numa_node)
{
	size_t bytes = array_size(nr, size_bytes);

	return bytes == SIZE_MAX ? NULL : take(bytes);
}

void lbpf_area_free(const void *ptr)
{
	give(ptr);
}

u64 lbpf_alloc_count(void)
{
	return nr_live;
}
