// SPDX-License-Identifier: GPL-2.0
/*
 * The module goes and comes back while packets flow.
 *
 * Each round loads lbpf.ko, attaches a program that counts into a map to a
 * socket that receives packets all the time, sees that the module cannot be
 * unloaded, closes everything under traffic, and unloads.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <kselftest.h>
#include "lbpf_test.h"

#define NR_ROUNDS	50
#define MODULE		"/lbpf/lbpf.ko"
#define POLL_US		20000
#define NR_POLLS	1000

static struct sockaddr_in addr = { .sin_family = AF_INET };

/* Opened anew each round: the descriptor that lbpf_dev() keeps would hold the module. */
static int dev = -1;

static int command(int cmd, void *attr, unsigned int size_bytes)
{
	return ioctl(dev, LBPF_IOC(cmd, size_bytes), attr);
}

/* What the module was loaded with. */
static char unprivileged[sizeof("unprivileged=0")] = "unprivileged=0";

static void read_parameter(void)
{
	FILE *file = fopen("/sys/module/lbpf/parameters/unprivileged", "r");
	int value = file ? fgetc(file) : '0';

	if (file)
		fclose(file);
	unprivileged[sizeof(unprivileged) - 2] = value == 'Y' || value == '1' ? '1' : '0';
}

static bool load_module(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);
	long err = syscall(__NR_finit_module, fd, unprivileged, 0);

	close(fd);
	return !err;
}

/* Unloads within some grace periods. */
static bool unload_module(void)
{
	int i;

	for (i = 0; i < NR_POLLS; i++) {
		if (!syscall(__NR_delete_module, "lbpf", O_NONBLOCK))
			return true;
		if (errno != EWOULDBLOCK && errno != EBUSY)
			return false;
		usleep(POLL_US);
	}
	return false;
}

static int create_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 8, .max_entries = 1,
	};

	return command(BPF_MAP_CREATE, &attr, sizeof(attr));
}

/* Adds one to the map's only element for every packet, and lets it pass. */
static int load_prog(int map_fd)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = 1, .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = map_fd },
		{ },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = 0, .src_reg = 1,
		  .imm = BPF_ADD },
		{ .code = BPF_ALU | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_SOCKET_FILTER, .insns = (uintptr_t)insns,
		.insn_cnt = ARRAY_SIZE(insns), .license = (uintptr_t)"GPL",
	};

	return command(BPF_PROG_LOAD, &attr, sizeof(attr));
}

static int attach(int sock, int prog_fd)
{
	struct lbpf_sock_attach attr = { .sock_fd = sock, .prog_fd = prog_fd,
					 .hook = LBPF_SOCK_FILTER };

	return command(LBPF_SOCK_ATTACH, &attr, sizeof(attr));
}

static unsigned long long packets_counted(int map_fd)
{
	unsigned long long nr = 0;
	unsigned int key = 0;
	union bpf_attr attr = { .map_fd = map_fd, .key = (uintptr_t)&key, .value = (uintptr_t)&nr };

	return command(BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) ? 0 : nr;
}

/* Sends to the address for ever. */
static pid_t start_traffic(void)
{
	pid_t pid = fork();
	int sock;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	for (;;) {
		sendto(sock, "lbpf", 4, 0, (struct sockaddr *)&addr, sizeof(addr));
		usleep(200);
	}
}

static const char *run_attached(int sock)
{
	int map_fd, prog_fd, i;

	map_fd = create_map();
	if (map_fd < 0)
		return "map";
	prog_fd = load_prog(map_fd);
	if (prog_fd < 0)
		return "program";
	if (attach(sock, prog_fd))
		return "attach";
	for (i = 0; i < NR_POLLS && !packets_counted(map_fd); i++)
		usleep(POLL_US);
	if (i == NR_POLLS)
		return "no packet was counted";
	close(prog_fd);
	close(map_fd);
	close(dev);
	dev = -1;
	if (!syscall(__NR_delete_module, "lbpf", O_NONBLOCK))
		return "the module went while a program was attached";
	return NULL;
}

/* What went wrong in one round, or NULL. */
static const char *run_round(void)
{
	socklen_t len = sizeof(addr);
	const char *problem;
	int sock;

	if (!load_module())
		return "insmod";
	dev = open(LBPF_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return "device";
	sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (bind(sock, (struct sockaddr *)&addr, sizeof(addr)) ||
	    getsockname(sock, (struct sockaddr *)&addr, &len))
		return "bind";
	problem = run_attached(sock);
	close(sock);
	if (problem)
		return problem;
	return unload_module() ? NULL : "rmmod";
}

int main(void)
{
	const char *problem = NULL;
	pid_t traffic;
	int sock, i;
	socklen_t len = sizeof(addr);

	ksft_print_header();
	ksft_set_plan(3);
	read_parameter();
	/* lbpf-run leaves its pin filesystem mounted, which holds the module. */
	umount2("/sys/fs/lbpf", MNT_DETACH);

	/* A port that stays the same, for the sender. */
	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sock = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(sock, (struct sockaddr *)&addr, len) ||
	    getsockname(sock, (struct sockaddr *)&addr, &len))
		ksft_exit_fail_msg("bind: %s\n", strerror(errno));
	close(sock);
	traffic = start_traffic();

	ksft_test_result(unload_module(), "an idle module unloads\n");
	for (i = 0; i < NR_ROUNDS && !problem; i++)
		problem = run_round();
	if (problem)
		ksft_print_msg("round %d: %s: %s\n", i, problem, strerror(errno));
	ksft_test_result(!problem, "%d rounds of insmod, attach, count, close, rmmod\n", NR_ROUNDS);

	kill(traffic, SIGKILL);
	waitpid(traffic, NULL, 0);
	ksft_test_result(load_module() || problem, "the module is back\n");
	ksft_finished();
}
