// SPDX-License-Identifier: GPL-2.0
/*
 * Programs written as instructions, loaded and run on either side.
 */
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include "prog_test.h"

const char * const side_name[2] = { "lbpf", "bpf(2)" };
char verifier_log[65536];

int side_bpf(enum test_side side, int cmd, union bpf_attr *attr)
{
	int ret = test_bpf(side, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : ret;
}

union bpf_attr load_attr(const struct bpf_insn *insns, unsigned int nr_insns)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = PTR(insns);
	attr.insn_cnt = nr_insns;
	attr.license = PTR("GPL");
	return attr;
}

int load_insns(enum test_side side, const struct bpf_insn *insns, unsigned int nr_insns)
{
	union bpf_attr attr = load_attr(insns, nr_insns);
	int fd;

	verifier_log[0] = 0;
	fd = side_bpf(side, BPF_PROG_LOAD, &attr);
	if (fd >= 0)
		return fd;
	attr.log_buf = PTR(verifier_log);
	attr.log_size = sizeof(verifier_log);
	attr.log_level = 1;
	return side_bpf(side, BPF_PROG_LOAD, &attr);
}

int try_load(enum test_side side, union bpf_attr *attr)
{
	int fd;

	attr->log_buf = PTR(verifier_log);
	attr->log_size = sizeof(verifier_log);
	attr->log_level = 1;
	verifier_log[0] = 0;
	fd = side_bpf(side, BPF_PROG_LOAD, attr);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

unsigned int run_insns(enum test_side side, const struct bpf_insn *insns, unsigned int nr_insns,
		       const void *packet, unsigned int packet_bytes)
{
	union bpf_attr attr;
	int fd = load_insns(side, insns, nr_insns);
	int err;

	if (fd < 0)
		ksft_exit_fail_msg("%s: load: %s\n%s\n", side_name[side], strerror(-fd),
				   verifier_log);
	memset(&attr, 0, sizeof(attr));
	attr.test.prog_fd = fd;
	attr.test.data_in = PTR(packet);
	attr.test.data_size_in = packet_bytes;
	err = side_bpf(side, BPF_PROG_TEST_RUN, &attr);
	if (err)
		ksft_exit_fail_msg("%s: run: %s\n", side_name[side], strerror(-err));
	close(fd);
	return attr.test.retval;
}

int make_map(enum test_side side, unsigned int type, unsigned int key_bytes,
	     unsigned int value_bytes, unsigned int nr_entries)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = type;
	attr.key_size = key_bytes;
	attr.value_size = value_bytes;
	attr.max_entries = nr_entries;
	return side_bpf(side, BPF_MAP_CREATE, &attr);
}

static int call_sock(int cmd, int sock, int prog)
{
	struct lbpf_sock_attach attr = {
		.sock_fd = sock,
		.prog_fd = prog,
		.hook = LBPF_SOCK_FILTER,
	};

	return test_bpf(SIDE_LBPF, cmd, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

int attach_sock(enum test_side side, int sock, int prog)
{
	if (side == SIDE_LBPF)
		return call_sock(LBPF_SOCK_ATTACH, sock, prog);
	return setsockopt(sock, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ? -errno : 0;
}

int detach_sock(enum test_side side, int sock)
{
	int none = 0;

	if (side == SIDE_LBPF)
		return call_sock(LBPF_SOCK_DETACH, sock, 0);
	return setsockopt(sock, SOL_SOCKET, SO_DETACH_BPF, &none, sizeof(none)) ? -errno : 0;
}

int attach_event(enum test_side side, int event, int prog)
{
	struct lbpf_perf_attach attach = { .perf_fd = event, .prog_fd = prog };

	if (side == SIDE_LBPF)
		return test_bpf(side, LBPF_PERF_ATTACH, &attach, sizeof(attach)) ? -errno : 0;
	return ioctl(event, PERF_EVENT_IOC_SET_BPF, prog) ? -errno : 0;
}

int read_number(const char *path)
{
	FILE *file = fopen(path, "r");
	int nr = -1;

	if (file && fscanf(file, "%d", &nr) != 1)
		nr = -1;
	if (file)
		fclose(file);
	return nr;
}

static void set_caps(bool want)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		ksft_exit_fail_msg("capget: %s\n", strerror(errno));
	for (int i = 0; i < 2; i++)
		data[i].effective = want ? data[i].permitted : 0;
	if (syscall(SYS_capset, &header, data))
		ksft_exit_fail_msg("capset: %s\n", strerror(errno));
}

void drop_caps(void)
{
	set_caps(false);
}

void restore_caps(void)
{
	set_caps(true);
}
