// SPDX-License-Identifier: GPL-2.0
/*
 * Accounted memory.
 *
 * Layer: lib.  Live allocations are counted per CPU, so that no line is shared
 * on the way; the sum is right while nothing is allocated or freed.
 * Locks: arm_lock guards who is armed and changes of the number.
 */
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>

#include <lbpf/alloc.h>
#include <lbpf/compat.h>

#define QUIETLY		(__GFP_NOWARN | __GFP_RETRY_MAYFAIL)

/* Allocations minus frees on this CPU; may be negative. */
static DEFINE_PER_CPU(s64, nr_live);

static DEFINE_SPINLOCK(arm_lock);
/* Task whose allocations are numbered, or NULL.  Written under arm_lock, read by anyone. */
static struct task_struct *armed_task;
/* Open file that armed it: closing that one disarms. */
static struct file *armed_file;
/* Allocations left until one fails, 0 when it has.  Written by armed_task, or under arm_lock. */
static u32 nr_left;

static struct dentry *debug_dir;

/**
 * lbpf_alloc_fails() - Number an allocation and tell whether it must fail
 *
 * Context: Any.
 * Return: true if this is the one that the current task asked to fail.
 */
bool lbpf_alloc_fails(void)
{
	if (likely(READ_ONCE(armed_task) != current) || !in_task() || !nr_left)
		return false;
	return --nr_left == 0;
}

static void *count(const void *ptr)
{
	if (ptr)
		this_cpu_inc(nr_live);
	return (void *)ptr;
}

/**
 * lbpf_alloc_uncount() - Count an allocation as gone
 *
 * Context: Any.
 */
void lbpf_alloc_uncount(void)
{
	this_cpu_dec(nr_live);
}

static void uncount(const void *ptr)
{
	if (ptr)
		lbpf_alloc_uncount();
}

static gfp_t accounted(gfp_t gfp)
{
	return gfpflags_allow_blocking(gfp) ? gfp | __GFP_ACCOUNT : gfp;
}

/**
 * lbpf_zalloc() - Allocate zeroed memory of the slab
 * @size_bytes: Size, bounded by the caller.
 * @gfp: GFP_KERNEL, or GFP_ATOMIC and the like.
 *
 * Context: As @gfp says.
 * Return: Memory for lbpf_free(), or NULL.
 */
void *lbpf_zalloc(size_t size_bytes, gfp_t gfp)
{
	if (lbpf_alloc_fails())
		return NULL;
	return count(kzalloc(size_bytes, accounted(gfp) | __GFP_NOWARN));
}

/**
 * lbpf_alloc_node() - Allocate memory of the slab near a node
 * @size_bytes: Size, bounded by the caller.
 * @gfp: GFP_KERNEL, or GFP_ATOMIC and the like; __GFP_ZERO for zeroed memory.
 * @numa_node: Node, or NUMA_NO_NODE.
 *
 * Context: As @gfp says.
 * Return: Memory for lbpf_free(), or NULL.
 */
void *lbpf_alloc_node(size_t size_bytes, gfp_t gfp, int numa_node)
{
	if (lbpf_alloc_fails())
		return NULL;
	return count(kmalloc_node(size_bytes, accounted(gfp) | __GFP_NOWARN, numa_node));
}

/**
 * lbpf_free() - Free memory of the slab
 * @ptr: From lbpf_zalloc() or lbpf_alloc_node(), or NULL.
 *
 * Context: Any but NMI.
 */
void lbpf_free(const void *ptr)
{
	uncount(ptr);
	kfree(ptr);
}

/*
 * The slab gives powers of two.  Where much of that would be left over, and cleared for nothing,
 * single pages do.
 */
static bool wastes_slab(size_t size_bytes)
{
	return size_bytes > PAGE_SIZE << PAGE_ALLOC_COSTLY_ORDER &&
	       roundup_pow_of_two(size_bytes) - size_bytes > size_bytes / 8;
}

static void *alloc_area(size_t size_bytes, gfp_t zero, int numa_node)
{
	gfp_t gfp = GFP_KERNEL_ACCOUNT | QUIETLY | zero;

	if (lbpf_alloc_fails())
		return NULL;
	/* kvmalloc() refuses more than INT_MAX. */
	if (size_bytes > INT_MAX || (numa_node == NUMA_NO_NODE && wastes_slab(size_bytes)))
		return count(__vmalloc(size_bytes, gfp));
	return count(kvmalloc_node(size_bytes, gfp, numa_node));
}

/**
 * lbpf_area_alloc() - Allocate zeroed memory of any size
 * @size_bytes: Size, bounded by the caller.
 * @numa_node: Node, or NUMA_NO_NODE.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_area_free(), or NULL.
 */
void *lbpf_area_alloc(size_t size_bytes, int numa_node)
{
	return alloc_area(size_bytes, __GFP_ZERO, numa_node);
}

/**
 * lbpf_area_alloc_array() - Allocate a zeroed array of any size
 * @nr: Elements.
 * @size_bytes: Size of each.
 * @numa_node: Node, or NUMA_NO_NODE.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_area_free(), or NULL, also when the size overflows.
 */
void *lbpf_area_alloc_array(size_t nr, size_t size_bytes, int numa_node)
{
	size_t total_bytes;

	if (check_mul_overflow(nr, size_bytes, &total_bytes))
		return NULL;
	return lbpf_area_alloc(total_bytes, numa_node);
}

/**
 * lbpf_area_alloc_raw() - Allocate an array of any size that the caller fills in
 * @nr: Elements.
 * @size_bytes: Size of each.
 * @numa_node: Node, or NUMA_NO_NODE.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_area_free(), or NULL, also when the size overflows.
 */
void *lbpf_area_alloc_raw(size_t nr, size_t size_bytes, int numa_node)
{
	size_t total_bytes;

	if (check_mul_overflow(nr, size_bytes, &total_bytes))
		return NULL;
	return alloc_area(total_bytes, 0, numa_node);
}

/**
 * lbpf_area_free() - Free memory of any size
 * @ptr: From lbpf_area_alloc() and its kin, or NULL.
 *
 * Context: Process context, may sleep.
 */
void lbpf_area_free(const void *ptr)
{
	uncount(ptr);
	kvfree(ptr);
}

/**
 * lbpf_user_area_alloc() - Allocate zeroed pages that can be mapped into a process
 * @size_bytes: Size, bounded by the caller; whole pages are taken.
 * @numa_node: Not honoured: the kernel exports no way to have pages of a node both
 *	mapped contiguously and charged.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_user_area_free(), or NULL.
 */
void *lbpf_user_area_alloc(size_t size_bytes, int numa_node)
{
	if (lbpf_alloc_fails())
		return NULL;
	return count(__vmalloc(PAGE_ALIGN(size_bytes), GFP_KERNEL_ACCOUNT | __GFP_ZERO | QUIETLY));
}

/**
 * lbpf_user_area_free() - Free pages that may be mapped into processes
 * @ptr: From lbpf_user_area_alloc(), or NULL.  What is still mapped stays until unmapped.
 *
 * Context: Process context, may sleep.
 */
void lbpf_user_area_free(const void *ptr)
{
	uncount(ptr);
	vfree(ptr);
}

/**
 * lbpf_user_area_map() - Map pages into a process
 * @vma: Mapping under construction; ->vm_pgoff counts from the start of @area.
 * @area: From lbpf_user_area_alloc(), large enough for @vma.
 *
 * Context: Process context, in ->mmap, mmap_lock held for writing.
 * Return: 0, or -errno.
 */
int lbpf_user_area_map(struct vm_area_struct *vma, void *area)
{
	void *from = area + (vma->vm_pgoff << PAGE_SHIFT);
	unsigned long addr;
	int err;

	/* Pages are put in here and nowhere else: it cannot grow. */
	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);
	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE, from += PAGE_SIZE) {
		err = vm_insert_page(vma, addr, vmalloc_to_page(from));
		if (err)
			return err;
	}
	return 0;
}

/**
 * lbpf_percpu_alloc() - Allocate zeroed per-CPU memory
 * @size_bytes: Size for each CPU; what is too large for the allocator fails.
 * @align_bytes: Alignment, a power of two.
 * @gfp: GFP_KERNEL, or GFP_ATOMIC and the like.
 *
 * Context: As @gfp says.
 * Return: Memory for lbpf_percpu_free(), or NULL.
 */
void __percpu *lbpf_percpu_alloc(size_t size_bytes, size_t align_bytes, gfp_t gfp)
{
	void __percpu *ptr;

	if (lbpf_alloc_fails())
		return NULL;
	ptr = __alloc_percpu_gfp(size_bytes, align_bytes, accounted(gfp) | __GFP_NOWARN);
	if (ptr)
		this_cpu_inc(nr_live);
	return ptr;
}

/**
 * lbpf_percpu_free() - Free per-CPU memory
 * @ptr: From lbpf_percpu_alloc(), or NULL.
 *
 * Context: Any but NMI.
 */
void lbpf_percpu_free(void __percpu *ptr)
{
	if (ptr)
		lbpf_alloc_uncount();
	free_percpu(ptr);
}

/**
 * lbpf_alloc_is_hopeless() - Tell whether so much memory cannot be had at all
 * @total_bytes: Sum of allocations that are going to be made.
 *
 * One large allocation fails by itself; many small ones would take all memory
 * first, and have the kernel kill processes for it.
 *
 * Context: Any.
 * Return: true if it is more than the machine has.
 */
bool lbpf_alloc_is_hopeless(u64 total_bytes)
{
	return total_bytes >> PAGE_SHIFT > totalram_pages();
}

/**
 * lbpf_dup_user() - Copy user memory into an area of its own
 * @src: User memory.
 * @size_bytes: Size, bounded by the caller.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_area_free(), or ERR_PTR(-ENOMEM), ERR_PTR(-EFAULT).
 */
void *lbpf_dup_user(const void __user *src, size_t size_bytes)
{
	void *dst = lbpf_area_alloc(size_bytes, NUMA_NO_NODE);

	if (!dst)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(dst, src, size_bytes)) {
		lbpf_area_free(dst);
		return ERR_PTR(-EFAULT);
	}
	return dst;
}

/**
 * lbpf_dup_kernel() - Copy kernel memory into an area of its own
 * @src: Its address, which may be none.
 * @size_bytes: Size, bounded by the caller.
 *
 * Context: Process context, may sleep.
 * Return: Memory for lbpf_area_free(), or ERR_PTR(-ENOMEM), ERR_PTR(-EFAULT).
 */
void *lbpf_dup_kernel(u64 src, size_t size_bytes)
{
	void *dst = lbpf_area_alloc(max_t(size_t, size_bytes, 1), NUMA_NO_NODE);

	if (!dst)
		return ERR_PTR(-ENOMEM);
	if (copy_from_kernel_nofault(dst, (const void *)(unsigned long)src, size_bytes)) {
		lbpf_area_free(dst);
		return ERR_PTR(-EFAULT);
	}
	return dst;
}

/**
 * lbpf_alloc_count() - Tell how many allocations are alive
 *
 * Context: Any.
 * Return: Their number; approximate while others allocate or free.
 */
u64 lbpf_alloc_count(void)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(*per_cpu_ptr(&nr_live, cpu));
	return max(sum, 0LL);
}

static void arm(struct file *file, struct task_struct *task, u32 nr)
{
	spin_lock(&arm_lock);
	if (task || armed_file == file) {
		WRITE_ONCE(armed_task, NULL);
		nr_left = nr;
		armed_file = task ? file : NULL;
		WRITE_ONCE(armed_task, task);
	}
	spin_unlock(&arm_lock);
}

static ssize_t read_left(struct file *file, char __user *ubuf, size_t len, loff_t *pos)
{
	char text[16];
	int text_len = scnprintf(text, sizeof(text), "%u\n", READ_ONCE(nr_left));

	return simple_read_from_buffer(ubuf, len, pos, text, text_len);
}

static ssize_t write_nth(struct file *file, const char __user *ubuf, size_t len, loff_t *pos)
{
	u32 nr;
	int err;

	err = kstrtou32_from_user(ubuf, len, 0, &nr);
	if (err)
		return err;
	/* The file may be re-read from its start after each write. */
	*pos = 0;
	arm(file, current, nr);
	return len;
}

static int release_nth(struct inode *inode, struct file *file)
{
	arm(file, NULL, 0);
	return 0;
}

static const struct file_operations fail_nth_fops = {
	.owner		= THIS_MODULE,
	.open		= simple_open,
	.read		= read_left,
	.write		= write_nth,
	.llseek		= default_llseek,
	.release	= release_nth,
};

/**
 * lbpf_alloc_init() - Show the control of failing allocations
 *
 * Context: Process context, may sleep.
 * Return: 0: without debugfs lbpf works just as well.
 */
int lbpf_alloc_init(void)
{
	debug_dir = debugfs_create_dir("lbpf", NULL);
	debugfs_create_file("fail_nth", 0600, debug_dir, NULL, &fail_nth_fops);
	return 0;
}

/**
 * lbpf_alloc_exit() - Take the control away
 *
 * Context: Process context, may sleep.
 */
void lbpf_alloc_exit(void)
{
	debugfs_remove(debug_dir);
	WARN_ON_ONCE(lbpf_alloc_count());
}
