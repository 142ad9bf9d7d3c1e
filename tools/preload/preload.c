// SPDX-License-Identifier: GPL-2.0
/*
 * The calls of a program that take BPF to the kernel, taken to lbpf.
 *
 * syscall(__NR_bpf, ...)			the same command of /dev/lbpf
 * setsockopt(SOL_SOCKET, SO_ATTACH_BPF,
 *	SO_ATTACH_REUSEPORT_EBPF)		LBPF_SOCK_ATTACH for lbpf programs
 * ioctl(..., PERF_EVENT_IOC_SET_BPF, ...)	LBPF_PERF_ATTACH for lbpf programs
 * ioctl(..., PERF_EVENT_IOC_QUERY_BPF, ...)	LBPF_PERF_QUERY where the kernel has none
 * mount(..., "bpf", ...)			a mount of type "lbpf"
 * chroot()					opens the device before it is out of reach
 *
 * Not redirected: SO_DETACH_BPF, SO_DETACH_FILTER and SO_DETACH_REUSEPORT_BPF,
 * since the kernel's own work on what lbpf attached; netlink (tc, XDP); system
 * calls that a program makes without libc.
 *
 * A call that names an object of the real bpf(2) goes to the real bpf(2).
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include "preload.h"

#ifndef SO_ATTACH_REUSEPORT_EBPF
#define SO_ATTACH_REUSEPORT_EBPF 52
#endif

/* ENOTSUPP, an error of the kernel that has no name here. */
#define NOT_SUPPORTED	524

/* A command that no version of bpf(2) has. */
#define UNKNOWN_CMD	0x7f

#define EXPORT		__attribute__((visibility("default")))

long lbpf_syscall_failed(long ret);
long lbpf_redirect(long nr, int cmd, void *attr, unsigned int size_bytes);
long syscall(long nr, ...);
int setsockopt(int fd, int level, int name, const void *value, socklen_t len);
int ioctl(int fd, unsigned long request, ...);
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int chroot(const char *path);

/* What libc's functions return for the result @ret of a system call. */
__attribute__((used)) long lbpf_syscall_failed(long ret)
{
	errno = -ret;
	return -1;
}

static long libc_result(long ret)
{
	return (unsigned long)ret >= -4095UL ? lbpf_syscall_failed(ret) : ret;
}

/* bpf(2), as the program called it; @nr is not used. */
__attribute__((used)) long lbpf_redirect(long nr, int cmd, void *attr, unsigned int size_bytes)
{
	unsigned int number = cmd;
	long ret;

	/* The device's own commands have no number in bpf(2). */
	if (number >= LBPF_CMD_FIRST)
		number = UNKNOWN_CMD;
	if (cmd == BPF_PROG_LOAD)
		lbpf_dump_passes(attr, size_bytes);
	ret = lbpf_device_call(number, attr, size_bytes);
	if (cmd == BPF_TASK_FD_QUERY && (ret == -ENOENT || ret == -NOT_SUPPORTED)) {
		long kernel_ret = raw(nr, cmd, attr, size_bytes);

		ret = kernel_ret ? ret : 0;
	}
	/* How lbpf refuses what is no object of its own. */
	if ((ret == -EINVAL || ret == -EBADF) && lbpf_names_kernel_object(cmd, attr, size_bytes))
		ret = raw(nr, cmd, attr, size_bytes);
	return libc_result(ret);
}

/*
 * libc's syscall(), except for bpf(2).  In assembly, as libc has it, since a
 * child made by it may return on another stack or on the same one.
 */
asm(".pushsection .text\n"
    ".globl syscall\n"
    ".type syscall, @function\n"
    "syscall:\n"
    "	.cfi_startproc\n"
    "	endbr64\n"
    "	cmp	$321, %edi\n"	/* __NR_bpf */
    "	je	lbpf_redirect\n"
    "	mov	%rdi, %rax\n"
    "	mov	%rsi, %rdi\n"
    "	mov	%rdx, %rsi\n"
    "	mov	%rcx, %rdx\n"
    "	mov	%r8, %r10\n"
    "	mov	%r9, %r8\n"
    "	mov	8(%rsp), %r9\n"
    "	syscall\n"
    "	cmp	$-4095, %rax\n"
    "	jae	1f\n"
    "	ret\n"
    "1:	mov	%rax, %rdi\n"
    "	jmp	lbpf_syscall_failed\n"
    "	.cfi_endproc\n"
    ".size syscall, . - syscall\n"
    ".popsection\n");

_Static_assert(SYS_bpf == 321, "the number in syscall() above");

/* The hook that the socket option @name attaches to, or -1. */
static int option_hook(int level, int name)
{
	if (level != SOL_SOCKET)
		return -1;
	if (name == SO_ATTACH_BPF)
		return LBPF_SOCK_FILTER;
	if (name == SO_ATTACH_REUSEPORT_EBPF)
		return LBPF_SOCK_REUSEPORT;
	return -1;
}

/**
 * setsockopt() - As setsockopt(2), with lbpf programs as BPF programs
 * @fd: Socket.
 * @level: Protocol level.
 * @name: Option.
 * @value: Its value.
 * @len: Size of the value in bytes.
 *
 * For what is no lbpf program the kernel's answer counts.
 */
EXPORT int setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	int hook = option_hook(level, name);
	long ret = raw(SYS_setsockopt, fd, level, name, value, len);
	struct lbpf_sock_attach attach = { .sock_fd = fd, .hook = hook };

	/* The kernel has read @value when it says this of four bytes. */
	if (hook < 0 || ret != -EINVAL || len != sizeof(attach.prog_fd))
		return libc_result(ret);
	attach.prog_fd = *(const __u32 *)value;
	ret = lbpf_device_call(LBPF_SOCK_ATTACH, &attach, sizeof(attach));
	if (ret == -ENOSYS || ret == -EBADF)
		ret = -EINVAL;
	return libc_result(ret);
}

static long attach_to_event(int fd, unsigned long prog_fd, long kernel_ret)
{
	struct lbpf_perf_attach attach = { .perf_fd = fd, .prog_fd = prog_fd };
	long ret;

	/* What the kernel says of a descriptor that is no program of its own. */
	if (kernel_ret != -EINVAL)
		return kernel_ret;
	ret = lbpf_device_call(LBPF_PERF_ATTACH, &attach, sizeof(attach));
	return ret == -ENOSYS || ret == -EBADF ? kernel_ret : ret;
}

/* Programs of the kernel count only where there are none of lbpf's. */
static long query_event(int fd, struct perf_event_query_bpf *query, long kernel_ret)
{
	struct lbpf_perf_query own = { .perf_fd = fd };
	long ret;

	if (kernel_ret || query->prog_cnt)
		return kernel_ret;
	own.nr_ids = query->ids_len;
	own.ids = (__u64)(unsigned long)query->ids;
	own.count = (__u64)(unsigned long)&query->prog_cnt;
	ret = lbpf_device_call(LBPF_PERF_QUERY, &own, sizeof(own));
	return ret == -ENOSYS ? kernel_ret : ret;
}

/**
 * ioctl() - As ioctl(2), with lbpf programs as BPF programs
 * @fd: Descriptor.
 * @request: Request.
 */
EXPORT int ioctl(int fd, unsigned long request, ...)
{
	unsigned long arg;
	va_list args;
	long ret;

	va_start(args, request);
	arg = va_arg(args, unsigned long);
	va_end(args);
	ret = raw(SYS_ioctl, fd, request, arg);
	if (request == PERF_EVENT_IOC_SET_BPF)
		ret = attach_to_event(fd, arg, ret);
	if (request == PERF_EVENT_IOC_QUERY_BPF)
		ret = query_event(fd, (struct perf_event_query_bpf *)arg, ret);
	return libc_result(ret);
}

/* Compared by hand: this may run before the C library is ready. */
static bool is_bpffs(const char *type)
{
	return type && type[0] == 'b' && type[1] == 'p' && type[2] == 'f' && !type[3];
}

/**
 * mount() - As mount(2), with lbpf's pin filesystem for the kernel's
 * @source: Device.
 * @target: Directory.
 * @type: Filesystem type, NULL for what needs none.
 * @flags: Flags.
 * @data: Options.
 */
EXPORT int mount(const char *source, const char *target, const char *type, unsigned long flags,
		 const void *data)
{
	if (is_bpffs(type))
		type = LBPF_FS_TYPE;
	return libc_result(raw(SYS_mount, source, target, type, flags, data));
}

/**
 * chroot() - As chroot(2)
 * @path: New root.
 */
EXPORT int chroot(const char *path)
{
	lbpf_device_open_early();
	return libc_result(raw(SYS_chroot, path));
}
