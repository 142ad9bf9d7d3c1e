// SPDX-License-Identifier: GPL-2.0
/*
 * The library's own descriptor of /dev/lbpf.
 *
 * Opened at the first call, close-on-exec, at a number that programs do not
 * reach by themselves.  The program may still close it, put a file of its own
 * there, or share this memory but not its descriptors (vfork), so a number
 * that was once right proves nothing.  To keep one call one ioctl, that is
 * found out only when an ioctl fails: no other file answers these ioctls with
 * success.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "preload.h"

#define HIGH_FD_MAX	1000

/* Written by cmpxchg: the number tried next, -1 before the first open. */
static int device_fd = -1;
/* Valid while device_fd is not -1: a device number lives as long as its open files. */
static dev_t device_rdev;
/* Set by the first complaint of this process. */
static bool has_complained;

static void complain(long err)
{
	static const char gone[] =
		"lbpf: cannot open " LBPF_DEVICE ": no such device; is lbpf.ko loaded?\n";
	static const char other[] = "lbpf: cannot open " LBPF_DEVICE "\n";

	if (__atomic_exchange_n(&has_complained, true, __ATOMIC_RELAXED))
		return;
	if (err == -ENOSYS)
		raw(SYS_write, 2, gone, sizeof(gone) - 1);
	else
		raw(SYS_write, 2, other, sizeof(other) - 1);
}

/* A copy of @fd out of the way of the program; @fd itself when there is no room. */
static int move_high(int fd)
{
	struct rlimit lim;
	long low = 0, high;

	if (!raw(SYS_prlimit64, 0, RLIMIT_NOFILE, NULL, &lim))
		low = (lim.rlim_cur < HIGH_FD_MAX ? (long)lim.rlim_cur : HIGH_FD_MAX) - 32;
	high = raw(SYS_fcntl, fd, F_DUPFD_CLOEXEC, low > 3 ? low : 3);
	if (high < 0)
		return fd;
	raw(SYS_close, fd);
	return high;
}

static bool is_device(int fd)
{
	struct stat st;

	return fd >= 0 && !raw(SYS_fstat, fd, &st) && S_ISCHR(st.st_mode) &&
	       st.st_rdev == __atomic_load_n(&device_rdev, __ATOMIC_RELAXED);
}

/* Replaces the number @old, which is not the device (any more). */
static long open_device(int old)
{
	struct stat st;
	long fd, err;

	fd = raw(SYS_openat, AT_FDCWD, LBPF_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		err = fd == -ENOENT || fd == -ENXIO || fd == -ENODEV ? -ENOSYS : fd;
		complain(err);
		return err;
	}
	err = raw(SYS_fstat, fd, &st);
	if (err || !S_ISCHR(st.st_mode)) {
		raw(SYS_close, fd);
		complain(-ENOSYS);
		return -ENOSYS;
	}
	fd = move_high(fd);
	__atomic_store_n(&device_rdev, st.st_rdev, __ATOMIC_RELAXED);
	if (!__atomic_compare_exchange_n(&device_fd, &old, (int)fd, false,
					 __ATOMIC_RELEASE, __ATOMIC_ACQUIRE)) {
		/* Another thread was faster. */
		raw(SYS_close, fd);
		fd = old;
	}
	return fd;
}

/**
 * lbpf_device_call() - Make one call of /dev/lbpf
 * @cmd: bpf(2) or lbpf command, below 0x100.
 * @attr: Its attributes.
 * @size_bytes: Their size; what the ioctl number cannot hold is passed as its
 *	maximum, which is above every limit of the device too.
 *
 * Context: Any, signal handlers included.
 * Return: The result, or -errno; -ENOSYS when there is no device.
 */
long lbpf_device_call(unsigned int cmd, void *attr, unsigned int size_bytes)
{
	unsigned int size = size_bytes > _IOC_SIZEMASK ? _IOC_SIZEMASK : size_bytes;
	long fd = __atomic_load_n(&device_fd, __ATOMIC_ACQUIRE);
	long ret;

	if (fd >= 0) {
		ret = raw(SYS_ioctl, fd, LBPF_IOC(cmd, size), attr);
		/* What map operations answer all the time is the device's for sure. */
		if (ret >= 0 || ret == -ENOENT || ret == -EEXIST || ret == -E2BIG)
			return ret;
		if (is_device(fd))
			return ret;
	}
	fd = open_device(fd);
	if (fd < 0)
		return fd;
	return raw(SYS_ioctl, fd, LBPF_IOC(cmd, size), attr);
}

/**
 * lbpf_device_open_early() - Open the device while its path still leads to it
 */
void lbpf_device_open_early(void)
{
	int fd = __atomic_load_n(&device_fd, __ATOMIC_ACQUIRE);

	if (!is_device(fd) && !raw(SYS_access, LBPF_DEVICE, 0))
		open_device(fd);
}
