// SPDX-License-Identifier: GPL-2.0
/*
 * Under the preloaded library: descriptors of bpf(2) get the kernel's behaviour,
 * and the library's own descriptor survives what programs do to theirs.
 *
 * Run by clients.sh through lbpf-run; without it, a test that is skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kselftest.h>
#include "insns.h"
#include "lbpf_test.h"

#define PTR(p)	((uint64_t)(uintptr_t)(p))

static int nr_wrong;

static void expect(bool is_right, const char *what)
{
	if (is_right)
		return;
	printf("wrong: %s (%s)\n", what, strerror(errno));
	nr_wrong++;
}

/* bpf(2) itself, as from a program that is not redirected. */
static long real_bpf(int cmd, union bpf_attr *attr)
{
	long ret;

	asm volatile("syscall" : "=a"(ret) : "a"(SYS_bpf), "D"(cmd), "S"(attr), "d"(sizeof(*attr))
		     : "rcx", "r11", "memory");
	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* libc's way, which is redirected. */
static long redirected_bpf(int cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

static int create(long (*bpf)(int cmd, union bpf_attr *attr))
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 2;
	return bpf(BPF_MAP_CREATE, &attr);
}

static int elem(long (*bpf)(int cmd, union bpf_attr *attr), int cmd, int fd, uint32_t *value)
{
	uint32_t key = 1;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = fd;
	attr.key = PTR(&key);
	attr.value = PTR(value);
	return bpf(cmd, &attr);
}

static bool is_lbpf(int fd)
{
	char path[64], name[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, name, sizeof(name) - 1) > 0 && strstr(name, "lbpf-");
}

static int load(long (*bpf)(int cmd, union bpf_attr *attr), int map_fd)
{
	struct bpf_insn insns[] = { LD_MAP_FD(1, map_fd), MOV_IMM(0, -1), EXIT() };
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = ARRAY_SIZE(insns);
	attr.license = PTR("GPL");
	return bpf(BPF_PROG_LOAD, &attr);
}

static void test_objects(void)
{
	int kernel_map = create(real_bpf), lbpf_map = create(redirected_bpf), prog, sock;
	uint32_t value = 7, got = 0;

	expect(kernel_map >= 0 && !is_lbpf(kernel_map), "a map of the kernel");
	expect(lbpf_map >= 0 && is_lbpf(lbpf_map), "a map of lbpf");
	expect(!elem(redirected_bpf, BPF_MAP_UPDATE_ELEM, kernel_map, &value),
	       "update of the kernel's map");
	expect(!elem(real_bpf, BPF_MAP_LOOKUP_ELEM, kernel_map, &got) && got == 7,
	       "the kernel has it");
	expect(elem(real_bpf, BPF_MAP_LOOKUP_ELEM, lbpf_map, &got) && errno == EINVAL,
	       "bpf(2) does not know lbpf's map");
	prog = load(redirected_bpf, kernel_map);
	expect(prog >= 0 && !is_lbpf(prog), "a program on a map of the kernel is the kernel's");
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	expect(!setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)),
	       "attach of the kernel's program");
	close(prog);
	prog = load(redirected_bpf, lbpf_map);
	expect(prog >= 0 && is_lbpf(prog), "a program on a map of lbpf is lbpf's");
	expect(!setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)),
	       "attach of lbpf's program");
	expect(!setsockopt(sock, SOL_SOCKET, SO_DETACH_BPF, &prog, sizeof(prog)),
	       "detach of lbpf's program");
	expect(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &lbpf_map, sizeof(lbpf_map)) &&
	       errno == EINVAL,
	       "a map is no program");
	expect(setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, NULL, sizeof(prog)) && errno == EFAULT,
	       "no value");
	close(prog);
	close(sock);
	close(kernel_map);
	close(lbpf_map);
}

/* What the ioctl cannot hold is answered like bpf(2). */
static void test_numbers(void)
{
	static char big[70000];
	int cmds[] = { -1, 0x7f, 0x80, 0x83, 0xff, 0x100, 1 << 16 };
	unsigned int i;

	expect(syscall(__NR_bpf, BPF_MAP_CREATE, big, sizeof(big)) < 0 && errno == E2BIG,
	       "long attributes");
	expect(syscall(__NR_bpf, BPF_MAP_CREATE, big, 16384) < 0 && errno == E2BIG,
	       "16384 bytes of attributes");
	for (i = 0; i < ARRAY_SIZE(cmds); i++)
		expect(syscall(__NR_bpf, cmds[i], big, 64) < 0 && errno == EINVAL,
		       "unknown command");
	expect(syscall(__NR_getpid) == getpid(), "other system calls");
	expect(syscall(__NR_close, -1) < 0 && errno == EBADF, "errno of other system calls");
}

static void close_all(void)
{
	int fd;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
}

static void test_descriptor(void)
{
	int fd, status, first;
	pid_t pid;

	close_all();
	fd = create(redirected_bpf);
	expect(fd == 3, "a map after all was closed, at the lowest number");
	/* Files of other kinds on every number. */
	for (first = open("/dev/null", O_RDONLY), fd = 4; fd < 1000; fd++)
		dup2(first, fd);
	fd = create(redirected_bpf);
	expect(fd >= 0 && is_lbpf(fd), "a map after dup2() over every number");
	close_all();
	pid = fork();
	if (!pid) {
		close_all();
		_exit(create(redirected_bpf) == 3 ? 0 : 1);
	}
	expect(waitpid(pid, &status, 0) == pid && !status, "a map in a child");
	/* The child has this memory, but descriptors of its own. */
	close_all();
	pid = vfork();
	if (!pid) {
		create(redirected_bpf);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	fd = create(redirected_bpf);
	expect(fd >= 0 && is_lbpf(fd), "a map after a vforked child opened the device");
	close_all();
	expect(!chroot("/tmp"), "chroot");
	fd = create(redirected_bpf);
	expect(fd >= 0, "a map after chroot()");
}

int main(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (!preload || !strstr(preload, "liblbpf-preload.so")) {
		ksft_print_header();
		ksft_print_msg("needs lbpf-run: clients.sh runs it\n");
		ksft_exit_skip("without lbpf-run\n");
	}
	test_objects();
	test_numbers();
	test_descriptor();
	printf(nr_wrong ? "%d wrong\n" : "all as expected\n", nr_wrong);
	return nr_wrong ? 1 : 0;
}
