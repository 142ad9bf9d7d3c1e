// SPDX-License-Identifier: GPL-2.0
/*
 * The bench itself: the accounted allocator that unit tests run on.
 */
#include <lbpf/alloc.h>
#include <kselftest.h>

int main(void)
{
	void *first, *second;

	ksft_print_header();
	ksft_set_plan(3);
	shim_fail_alloc(2);
	first = lbpf_zalloc(8, GFP_KERNEL);
	second = lbpf_area_alloc(8, NUMA_NO_NODE);
	ksft_test_result(first && !second, "the second allocation fails\n");
	ksft_test_result(lbpf_alloc_count() == 1, "one allocation lives\n");
	lbpf_free(first);
	ksft_test_result(!lbpf_area_alloc_array(SIZE_MAX / 2, 4, NUMA_NO_NODE) &&
			 !lbpf_alloc_count(),
			 "a size that overflows is refused\n");
	ksft_finished();
}
