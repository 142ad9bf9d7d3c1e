/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Copies between user memory and the kernel that are mostly a few words long.
 *
 * Layer: lib.  A copy of a key of eight bytes should cost a load and a store, not
 * a call that first finds out how to copy.
 */
#ifndef _LBPF_USER_H
#define _LBPF_USER_H

#include <linux/types.h>
#include <linux/uaccess.h>

/* Longer copies are left to the kernel's own functions. */
#define LBPF_USER_SHORT_BYTES	160

/**
 * lbpf_user_read() - Copy from user memory
 * @dst: Kernel memory.
 * @src: User memory.
 * @size_bytes: Size, bounded by the caller.
 *
 * Context: Process context, may sleep.
 * Return: true if all of it was copied.
 */
static inline bool lbpf_user_read(void *dst, const void __user *src, size_t size_bytes)
{
	if (size_bytes > LBPF_USER_SHORT_BYTES)
		return !copy_from_user(dst, src, size_bytes);
	if (!user_read_access_begin(src, size_bytes))
		return false;
	for (; size_bytes >= sizeof(u64); size_bytes -= sizeof(u64)) {
		unsafe_get_user(*(u64 *)dst, (const u64 __user *)src, fault);
		dst += sizeof(u64);
		src += sizeof(u64);
	}
	if (size_bytes & sizeof(u32)) {
		unsafe_get_user(*(u32 *)dst, (const u32 __user *)src, fault);
		dst += sizeof(u32);
		src += sizeof(u32);
	}
	for (size_bytes &= sizeof(u32) - 1; size_bytes; size_bytes--)
		unsafe_get_user(*(u8 *)dst++, (const u8 __user *)src++, fault);
	user_read_access_end();
	return true;

fault:
	user_read_access_end();
	return false;
}

/**
 * lbpf_read() - Copy from where the maker of a command says
 * @dst: Kernel memory.
 * @src: Address.
 * @size_bytes: Size, bounded by the caller.
 * @is_kernel: @src is an address of kernel memory, which may be none: a program gave it.
 *
 * Context: Process context, may sleep.
 * Return: true if all of it was copied.
 */
static __always_inline bool lbpf_read(void *dst, u64 src, size_t size_bytes, bool is_kernel)
{
	if (unlikely(is_kernel))
		return !copy_from_kernel_nofault(dst, (const void *)(unsigned long)src,
						 size_bytes);
	return lbpf_user_read(dst, u64_to_user_ptr(src), size_bytes);
}

/**
 * lbpf_user_write() - Copy to user memory
 * @dst: User memory.
 * @src: Kernel memory.
 * @size_bytes: Size, bounded by the caller.
 *
 * Context: Process context, may sleep.
 * Return: true if all of it was copied.
 */
static inline bool lbpf_user_write(void __user *dst, const void *src, size_t size_bytes)
{
	if (size_bytes > LBPF_USER_SHORT_BYTES)
		return !copy_to_user(dst, src, size_bytes);
	if (!user_write_access_begin(dst, size_bytes))
		return false;
	for (; size_bytes >= sizeof(u64); size_bytes -= sizeof(u64)) {
		unsafe_put_user(*(const u64 *)src, (u64 __user *)dst, fault);
		dst += sizeof(u64);
		src += sizeof(u64);
	}
	if (size_bytes & sizeof(u32)) {
		unsafe_put_user(*(const u32 *)src, (u32 __user *)dst, fault);
		dst += sizeof(u32);
		src += sizeof(u32);
	}
	for (size_bytes &= sizeof(u32) - 1; size_bytes; size_bytes--)
		unsafe_put_user(*(const u8 *)src++, (u8 __user *)dst++, fault);
	user_write_access_end();
	return true;

fault:
	user_write_access_end();
	return false;
}

#endif /* _LBPF_USER_H */
