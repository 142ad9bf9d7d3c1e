// SPDX-License-Identifier: GPL-2.0
/*
 * <lbpf/alloc.h> in user space: malloc, with a count and a failure by number.
 */
#include <lbpf/alloc.h>
#include <lbpf/kernel_btf.h>
#include <lbpf/kernel_var.h>

__thread int shim_cpu;

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
		__atomic_fetch_add(&nr_live, 1, __ATOMIC_RELAXED);
	return ptr;
}

static void give(const void *ptr)
{
	if (ptr)
		__atomic_fetch_sub(&nr_live, 1, __ATOMIC_RELAXED);
	free((void *)ptr);
}

void *lbpf_zalloc(size_t size_bytes, gfp_t gfp)
{
	return take(size_bytes);
}

void *lbpf_alloc_node(size_t size_bytes, gfp_t gfp, int numa_node)
{
	return take(size_bytes);
}

void *lbpf_percpu_alloc(size_t size_bytes, size_t align_bytes, gfp_t gfp)
{
	return size_bytes > SHIM_PERCPU_BYTES ? NULL : take(SHIM_CPUS * SHIM_PERCPU_BYTES);
}

void lbpf_percpu_free(void *ptr)
{
	give(ptr);
}

void lbpf_free(const void *ptr)
{
	give(ptr);
}

void *lbpf_area_alloc(size_t size_bytes, int numa_node)
{
	return take(size_bytes);
}

void *lbpf_area_alloc_raw(size_t nr, size_t size_bytes, int numa_node)
{
	void *ptr = lbpf_area_alloc_array(nr, size_bytes, numa_node);

	/* What is relied on without having been written shows. */
	if (ptr)
		memset(ptr, 0xa5, nr * size_bytes);
	return ptr;
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

/* The same in each run: xorshift64*. */
u64 get_random_u64(void)
{
	static u64 state = 0x9e3779b97f4a7c15ULL;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dULL;
}

/* There is no kernel here, unless a test says what it has. */
const struct lbpf_btf *shim_kernel_btf;

const struct lbpf_btf *lbpf_kernel_btf(void)
{
	return shim_kernel_btf ? shim_kernel_btf : ERR_PTR(-ENOENT);
}

const struct lbpf_btf *lbpf_kernel_btf_peek(void)
{
	return shim_kernel_btf;
}

const struct lbpf_btf *lbpf_kernel_btf_from_fd(u32 fd)
{
	return ERR_PTR(-EBADF);
}

const void *lbpf_kernel_var_find(const char *name)
{
	return NULL;
}

const void *lbpf_module_var_find(const struct module *module, const char *name)
{
	return NULL;
}

int lbpf_code_use_btf(struct lbpf_code *code, const struct lbpf_btf *btf, u32 fd_index)
{
	return -ENXIO;
}
