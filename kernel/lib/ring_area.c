// SPDX-License-Identifier: GPL-2.0
/*
 * Pages whose last part is mapped twice, so that what wraps around is contiguous.
 *
 * Layer: lib.
 */
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <lbpf/ring_area.h>

static void free_pages_of(struct lbpf_ring_area *area)
{
	u32 i, nr = area->nr_plain + area->nr_twice;

	for (i = 0; i < nr && area->pages[i]; i++)
		__free_page(area->pages[i]);
	lbpf_area_free(area->pages);
}

static int take_pages(struct lbpf_ring_area *area, int numa_node)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | __GFP_ZERO | __GFP_NOWARN | __GFP_RETRY_MAYFAIL;
	u32 i, nr = area->nr_plain + area->nr_twice;

	for (i = 0; i < nr; i++) {
		area->pages[i] = lbpf_alloc_fails() ? NULL : alloc_pages_node(numa_node, gfp, 0);
		if (!area->pages[i])
			return -ENOMEM;
		if (i >= area->nr_plain)
			area->pages[i + area->nr_twice] = area->pages[i];
	}
	return 0;
}

/**
 * lbpf_ring_area_init() - Allocate zeroed pages, some of them mapped twice
 * @area: Area.
 * @nr_plain: Pages at the start that are mapped once.
 * @nr_twice: Pages that follow, and follow once more.
 * @numa_node: Node, or NUMA_NO_NODE.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int lbpf_ring_area_init(struct lbpf_ring_area *area, u32 nr_plain, u32 nr_twice, int numa_node)
{
	u32 nr = nr_plain + 2 * nr_twice;

	area->nr_plain = nr_plain;
	area->nr_twice = nr_twice;
	if (lbpf_alloc_is_hopeless(((u64)nr_plain + nr_twice) << PAGE_SHIFT))
		return -ENOMEM;
	area->pages = lbpf_area_alloc_array(nr, sizeof(*area->pages), NUMA_NO_NODE);
	if (!area->pages)
		return -ENOMEM;
	if (take_pages(area, numa_node) || lbpf_alloc_fails())
		goto free_pages;
	area->start = vmap(area->pages, nr, VM_MAP | VM_USERMAP, PAGE_KERNEL);
	if (!area->start)
		goto free_pages;
	return 0;

free_pages:
	free_pages_of(area);
	return -ENOMEM;
}

/**
 * lbpf_ring_area_destroy() - Reverse of lbpf_ring_area_init()
 * @area: Area; what is still mapped by processes stays until unmapped.
 *
 * Context: Process context, may sleep.
 */
void lbpf_ring_area_destroy(struct lbpf_ring_area *area)
{
	vunmap(area->start);
	free_pages_of(area);
}

/**
 * lbpf_ring_area_map() - Map a part of it into a process
 * @vma: Mapping under construction; ->vm_pgoff counts from @first_page.
 * @area: Area.
 * @first_page: Pages at the start that no process sees.
 *
 * Context: Process context, in ->mmap, mmap_lock held for writing.
 * Return: 0, or -EINVAL where @vma goes beyond the end.
 */
int lbpf_ring_area_map(struct vm_area_struct *vma, const struct lbpf_ring_area *area,
		       u32 first_page)
{
	return remap_vmalloc_range(vma, area->start, vma->vm_pgoff + first_page);
}

/**
 * lbpf_ring_area_bytes() - Memory in use
 * @area: Area.
 *
 * Context: Any.
 * Return: Bytes of the pages and of their list.
 */
u64 lbpf_ring_area_bytes(const struct lbpf_ring_area *area)
{
	u64 nr = area->nr_plain + area->nr_twice;

	return (nr << PAGE_SHIFT) + (nr + area->nr_twice) * sizeof(*area->pages);
}
