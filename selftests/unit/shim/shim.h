/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel services that files marked (p) use, for user space.
 *
 * Every header named in the file "headers" is a forwarder to this one.  A
 * service belongs here only if it is memory, text, or arithmetic; types that
 * appear as members of shared structs are here so that the structs compile.
 */
#ifndef _SHIM_H
#define _SHIM_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <ctype.h>
#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <asm/types.h>

/* Types. */
typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;
typedef u64 phys_addr_t;
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
struct rcu_head { void *next; void (*func)(struct rcu_head *head); };
struct file_operations;
struct file { const struct file_operations *f_op; unsigned int f_mode; void *private_data; };
struct inode { int unused; };
struct mutex { int unused; };
struct work_struct { void (*func)(struct work_struct *work); };
struct irq_work { void (*func)(struct irq_work *work); };
typedef struct { int unused; } spinlock_t;
typedef struct { u32 locked; } raw_spinlock_t;

#define U8_MAX		((u8)~0U)
#define U16_MAX		((u16)~0U)
#define U32_MAX		((u32)~0U)
#define U64_MAX		((u64)~0ULL)
#define S8_MAX		((s8)(U8_MAX >> 1))
#define S8_MIN		((s8)(-S8_MAX - 1))
#define S16_MAX		((s16)(U16_MAX >> 1))
#define S16_MIN		((s16)(-S16_MAX - 1))
#define S32_MAX		((s32)(U32_MAX >> 1))
#define S32_MIN		((s32)(-S32_MAX - 1))
#define S64_MAX		((s64)(U64_MAX >> 1))
#define S64_MIN		((s64)(-S64_MAX - 1))

#ifndef ENOTSUPP
#define ENOTSUPP	524
#endif

/* Annotations. */
#define __user
#define __percpu
#define __rcu
#define __iomem
#define __force
#define __must_check		__attribute__((warn_unused_result))
#define __maybe_unused		__attribute__((unused))
#define __always_unused		__attribute__((unused))
#ifndef __always_inline
#define __always_inline		inline __attribute__((always_inline))
#endif
#define noinline		__attribute__((noinline))
#define __packed		__attribute__((packed))
#define __aligned(n)		__attribute__((aligned(n)))
#define ____cacheline_aligned	__aligned(64)
#define ____cacheline_aligned_in_smp __aligned(64)
#define __cacheline_aligned	__aligned(64)
#define __printf(a, b)		__attribute__((format(printf, a, b)))
#define __ro_after_init
#define __read_mostly
#define __init
#define __exit
#define __cold
#define __pure			__attribute__((pure))
#define __acquires(x)
#define __releases(x)
#define fallthrough		__attribute__((fallthrough))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define OPTIMIZER_HIDE_VAR(v)	__asm__("" : "+r" (v))
#define EXPORT_SYMBOL_GPL(x)

/* Checks.  What warns in the kernel ends a test. */
#ifndef static_assert
#define static_assert		_Static_assert
#endif
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)
#define BUILD_BUG_ON_ZERO(e)	((int)(sizeof(struct { int : (-!!(e)); })))
#define shim_bad(text)		({ fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, text); abort(); })
#define WARN_ON(cond)		({ bool bad_ = !!(cond); if (bad_) shim_bad(#cond); bad_; })
#define WARN_ON_ONCE(cond)	WARN_ON(cond)
#define WARN_ONCE(cond, ...)	WARN_ON(cond)
#define WARN(cond, ...)		WARN_ON(cond)
#define BUG_ON(cond)		((void)WARN_ON(cond))
#define might_sleep()		((void)0)
#define cond_resched()		((void)0)

/* Arithmetic. */
#define BITS_PER_LONG		64
#define BITS_PER_BYTE		8
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		((~0UL >> (63 - (h))) & (~0UL << (l)))
#define GENMASK_ULL(h, l)	GENMASK(h, l)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#define offsetofend(t, m)	(offsetof(t, m) + sizeof_field(t, m))
#define typeof_member(t, m)	__typeof__(((t *)0)->m)
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof(*(p)->m) * (size_t)(n))
#define flex_array_size(p, m, n) (sizeof(*(p)->m) * (size_t)(n))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define min(a, b)		({ __auto_type a_ = (a); __auto_type b_ = (b); a_ < b_ ? a_ : b_; })
#define max(a, b)		({ __auto_type a_ = (a); __auto_type b_ = (b); a_ > b_ ? a_ : b_; })
#define min_t(t, a, b)		({ t a_ = (a); t b_ = (b); a_ < b_ ? a_ : b_; })
#define max_t(t, a, b)		({ t a_ = (a); t b_ = (b); a_ > b_ ? a_ : b_; })
#define min3(a, b, c)		min(min(a, b), c)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp(v, lo, hi)	min(max(v, lo), hi)
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define swap(a, b)		({ __auto_type t_ = (a); (a) = (b); (b) = t_; })
#define round_up(x, y)		((((x) - 1) | ((__typeof__(x))((y) - 1))) + 1)
#define round_down(x, y)	((x) & ~((__typeof__(x))((y) - 1)))
#define roundup(x, y)		((((x) + (y) - 1) / (y)) * (y))
#define ALIGN(x, a)		round_up(x, a)
#define ALIGN_DOWN(x, a)	round_down(x, a)
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)
#define lower_32_bits(n)	((u32)(n))
#define upper_32_bits(n)	((u32)((u64)(n) >> 32))
#define is_power_of_2(n)	({ u64 n_ = (n); n_ && !(n_ & (n_ - 1)); })
#define abs(x)			({ __auto_type x_ = (x); x_ < 0 ? -x_ : x_; })

static inline size_t array_size(size_t a, size_t b)
{
	size_t bytes;

	return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t bytes;

	return __builtin_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t size_mul(size_t a, size_t b)
{
	return array_size(a, b);
}

static inline int fls(u32 x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}

#define __ffs(x)		((unsigned long)__builtin_ctzll(x))
#define __ffs64(x)		((unsigned long)__builtin_ctzll(x))
#define __fls(x)		((unsigned long)(63 - __builtin_clzll(x)))
#define ilog2(x)		(fls64(x) - 1)
#define hweight32(x)		((unsigned int)__builtin_popcount(x))
#define hweight64(x)		((unsigned long)__builtin_popcountll(x))
#define hweight_long(x)		hweight64(x)
#define order_base_2(x)		((x) > 1 ? ilog2((x) - 1) + 1 : 0)
#define roundup_pow_of_two(x)	(1UL << order_base_2(x))

static inline u64 div_u64(u64 a, u32 b)
{
	return a / b;
}

static inline u64 div64_u64(u64 a, u64 b)
{
	return a / b;
}

static inline s64 div64_s64(s64 a, s64 b)
{
	return a / b;
}

static inline u64 div64_u64_rem(u64 a, u64 b, u64 *rem)
{
	*rem = a % b;
	return a / b;
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(((unsigned __int128)a * b) >> shift);
}

static inline u32 hash_32(u32 v, unsigned int bits)
{
	return (v * 0x61C88647u) >> (32 - bits);
}

static inline u32 hash_64(u64 v, unsigned int bits)
{
	return (v * 0x61C8864680B583EBull) >> (64 - bits);
}

/* Byte order: little-endian hosts only. */
#define cpu_to_le16(x)		htole16(x)
#define cpu_to_le32(x)		htole32(x)
#define cpu_to_le64(x)		htole64(x)
#define cpu_to_be16(x)		htobe16(x)
#define cpu_to_be32(x)		htobe32(x)
#define cpu_to_be64(x)		htobe64(x)
#define le16_to_cpu(x)		le16toh(x)
#define le32_to_cpu(x)		le32toh(x)
#define le64_to_cpu(x)		le64toh(x)
#define be16_to_cpu(x)		be16toh(x)
#define be32_to_cpu(x)		be32toh(x)
#define be64_to_cpu(x)		be64toh(x)
#define swab16(x)		__builtin_bswap16(x)
#define swab32(x)		__builtin_bswap32(x)
#define swab64(x)		__builtin_bswap64(x)
#define get_unaligned(p)	({ __typeof__(*(p)) v_; memcpy(&v_, p, sizeof(v_)); v_; })
#define put_unaligned(v, p)	({ __typeof__(*(p)) v_ = (v); memcpy(p, &v_, sizeof(v_)); })

static inline u32 get_unaligned_le32(const void *p)
{
	u32 v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void put_unaligned_le32(u32 v, void *p)
{
	memcpy(p, &v, sizeof(v));
}

static inline void put_unaligned_le64(u64 v, void *p)
{
	memcpy(p, &v, sizeof(v));
}

/* Bitmaps. */
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, n)	unsigned long name[BITS_TO_LONGS(n)]
#define set_bit(n, map)		__set_bit(n, map)
#define clear_bit(n, map)	__clear_bit(n, map)

static inline void __set_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= BIT(n % BITS_PER_LONG);
}

static inline void __clear_bit(unsigned long n, unsigned long *map)
{
	map[n / BITS_PER_LONG] &= ~BIT(n % BITS_PER_LONG);
}

static inline bool test_bit(unsigned long n, const unsigned long *map)
{
	return map[n / BITS_PER_LONG] & BIT(n % BITS_PER_LONG);
}

static inline bool __test_and_set_bit(unsigned long n, unsigned long *map)
{
	bool was = test_bit(n, map);

	__set_bit(n, map);
	return was;
}

static inline void bitmap_zero(unsigned long *map, unsigned int nr)
{
	memset(map, 0, BITS_TO_LONGS(nr) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from, unsigned int nr)
{
	memcpy(to, from, BITS_TO_LONGS(nr) * sizeof(long));
}

static inline unsigned long find_next_bit(const unsigned long *map, unsigned long nr,
					  unsigned long from)
{
	while (from < nr && !test_bit(from, map))
		from++;
	return from < nr ? from : nr;
}

#define find_first_bit(map, nr)	find_next_bit(map, nr, 0)
#define for_each_set_bit(n, map, nr) \
	for ((n) = find_first_bit(map, nr); (n) < (nr); (n) = find_next_bit(map, nr, (n) + 1))

/* Errors in pointers. */
#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

static inline void *ERR_PTR(long err)
{
	return (void *)err;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE(ptr);
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

static inline int PTR_ERR_OR_ZERO(const void *ptr)
{
	return IS_ERR(ptr) ? PTR_ERR(ptr) : 0;
}

/* Text. */
static inline int vscnprintf(char *buf, size_t size, const char *fmt, va_list args)
{
	int len = vsnprintf(buf, size, fmt, args);

	if (len < (int)size)
		return len;
	return size ? size - 1 : 0;
}

static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vscnprintf(buf, size, fmt, args);
	va_end(args);
	return len;
}

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (!size)
		return -E2BIG;
	if (len == size) {
		memcpy(to, from, size - 1);
		to[size - 1] = 0;
		return -E2BIG;
	}
	memcpy(to, from, len + 1);
	return len;
}

static inline void *memchr_inv(const void *from, int c, size_t size)
{
	const u8 *p = from;

	for (; size; size--, p++)
		if (*p != (u8)c)
			return (void *)p;
	return NULL;
}

#define pr_err(...)		fprintf(stderr, __VA_ARGS__)
#define pr_warn(...)		fprintf(stderr, __VA_ARGS__)
#define pr_info(...)		fprintf(stderr, __VA_ARGS__)
#define pr_debug(...)		((void)0)

/* Memory.  The accounted allocator of <lbpf/alloc.h> is in shim.c. */
#define GFP_KERNEL		1U
#define GFP_ATOMIC		2U
#define GFP_NOWAIT		4U
#define GFP_USER		8U
#define __GFP_ACCOUNT		16U
#define __GFP_NOWARN		32U
#define __GFP_ZERO		64U
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define NUMA_NO_NODE		(-1)
#define PAGE_SIZE		4096UL
#define PAGE_SHIFT		12
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PAGE_ALIGN(x)		ALIGN(x, PAGE_SIZE)
#define SMP_CACHE_BYTES		64

static inline unsigned long copy_to_user(void *to, const void *from, unsigned long size)
{
	memcpy(to, from, size);
	return 0;
}

static inline long copy_from_kernel_nofault(void *to, const void *from, size_t size)
{
	memcpy(to, from, size);
	return 0;
}

static inline unsigned long copy_from_user(void *to, const void *from, unsigned long size)
{
	memcpy(to, from, size);
	return 0;
}

#define put_user(v, p)		(*(p) = (v), 0)
#define get_user(v, p)		((v) = *(p), 0)
#define u64_to_user_ptr(x)	((void *)(uintptr_t)(x))

static inline void sort(void *base, size_t nr, size_t size, 
			int (*cmp)(const void *a, const void *b),
			void (*swap_fn)(void *a, void *b, int size))
{
	qsort(base, nr, size, cmp);
}

/* Lists. */
struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };

#define LIST_HEAD_INIT(name)	{ &(name), &(name) }
#define LIST_HEAD(name)		struct list_head name = LIST_HEAD_INIT(name)
#define list_entry(p, t, m)	container_of(p, t, m)
#define list_first_entry(h, t, m) list_entry((h)->next, t, m)
#define list_for_each_entry(p, h, m) \
	for ((p) = list_entry((h)->next, __typeof__(*(p)), m); &(p)->m != (h); \
	     (p) = list_entry((p)->m.next, __typeof__(*(p)), m))
#define list_for_each_entry_safe(p, n, h, m) \
	for ((p) = list_entry((h)->next, __typeof__(*(p)), m), \
	     (n) = list_entry((p)->m.next, __typeof__(*(p)), m); &(p)->m != (h); \
	     (p) = (n), (n) = list_entry((n)->m.next, __typeof__(*(n)), m))

static inline void INIT_LIST_HEAD(struct list_head *head)
{
	head->next = head;
	head->prev = head;
}

static inline void list_add(struct list_head *entry, struct list_head *head)
{
	entry->next = head->next;
	entry->prev = head;
	head->next->prev = entry;
	head->next = entry;
}

static inline void list_add_tail(struct list_head *entry, struct list_head *head)
{
	list_add(entry, head->prev);
}

static inline void list_del(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

static inline bool list_empty(const struct list_head *head)
{
	return head->next == head;
}

/* Single-threaded here. */
#define atomic_read(v)		((v)->counter)
#define atomic_set(v, n)	((v)->counter = (n))
#define atomic_inc(v)		((void)(v)->counter++)
#define atomic64_read(v)	((v)->counter)
#define atomic64_set(v, n)	((v)->counter = (n))
#define rcu_read_lock()		((void)0)
#define rcu_read_unlock()	((void)0)
#define rcu_dereference(p)	(p)
#define mutex_lock(m)		((void)(m))
#define mutex_unlock(m)		((void)(m))

/*
 * Several CPUs: each thread says which one it is (shim_cpu).  Interrupts do not come; what is
 * deferred is done at once.
 */
#define SHIM_CPUS		4
#define SHIM_PERCPU_BYTES	32768
extern __thread int shim_cpu;

#define PCPU_MIN_UNIT_SIZE	SHIM_PERCPU_BYTES
#define nr_cpu_ids		SHIM_CPUS
#define num_possible_cpus()	SHIM_CPUS
#define smp_processor_id()	shim_cpu
#define for_each_possible_cpu(i) for ((i) = 0; (i) < SHIM_CPUS; (i)++)
#define per_cpu_ptr(p, cpu)	((__typeof__(p))((char *)(p) + (size_t)(cpu) * SHIM_PERCPU_BYTES))
#define this_cpu_ptr(p)		per_cpu_ptr(p, shim_cpu)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define smp_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define smp_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define init_irq_work(w, f)	((w)->func = (f))
#define irq_work_queue(w)	((w)->func(w))
#define irq_work_sync(w)	((void)(w))
#define INIT_WORK(w, f)		((w)->func = (f))
#define schedule_work(w)	((w)->func(w))
#define cancel_work_sync(w)	((void)(w))
#define raw_spin_lock_init(l)	((l)->locked = 0)

static inline void raw_spin_lock(raw_spinlock_t *lock)
{
	while (__atomic_exchange_n(&lock->locked, 1, __ATOMIC_ACQUIRE))
		;
}

static inline void raw_spin_unlock(raw_spinlock_t *lock)
{
	__atomic_store_n(&lock->locked, 0, __ATOMIC_RELEASE);
}

u64 get_random_u64(void);

/* For tests: the n-th allocation from now on fails (1: the next one; 0: none). */
void shim_fail_alloc(unsigned long n);

#endif
